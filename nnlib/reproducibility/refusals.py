"""What the promise does not cover, and the errors that say so."""


def wrong_dtype(dtype):
    """Return the error for numbers of a kind that the promise does not cover."""
    return TypeError(f"expected float32 or float64, got {dtype}; give up the promise with np.asarray(x)")


def not_reproducible(name):
    """Return the error for an operation that the promise does not cover."""
    return TypeError(
        f"{name} has no reproducible form: the last digits may differ between machines; write it with "
        f"+ - * / @ sum exp log tanh sqrt, or give up the promise: {name.partition(' ')[0]}(np.asarray(x))"
    )
