"""What the promise does not cover, and the errors that say so."""

DIGITS = "the last digits may differ between machines; write it with + - * / @ sum exp log tanh sqrt"
SUMS = "it adds in an order that differs between machines; write it with reshape, transpose, * and sum, or with @"
TIES = "it may take equal numbers, such as 0.0 and -0.0, in another order on another machine; start from np.sort"
MEMORY = "entries that are left out would be whatever was in memory; give it out=, or use np.where"
UNTRIED = "nobody has tried whether all machines give the same bits; write it with what has been tried"
REASONS = {
    DIGITS: "sin cos tan sinh cosh arcsin arccos arctan arctan2 arcsinh arccosh arctanh exp2 cbrt power float_power "
            "hypot logaddexp2 sinc",
    SUMS: "einsum tensordot kron convolve correlate average cov corrcoef nansum nanmean nanvar nanstd trapezoid",
    TIES: "unique median percentile quantile partition argpartition searchsorted digitize isin histogram histogram2d "
          "histogramdd histogram_bin_edges",
}


def not_reproducible(name, why=None):
    """Return the error for an operation that the promise does not cover: what was asked, why not, what to do."""
    operation = name.partition(" ")[0]
    library = operation.startswith(("np.linalg.", "np.fft."))
    known = {f"np.{each}": reason for reason, names in REASONS.items() for each in names.split()}
    why = why or (DIGITS if library else known.get(operation, UNTRIED))
    return TypeError(f"{name} has no reproducible form: {why}, or give up the promise: {operation}(np.asarray(x))")


def wrong_dtype(dtype):
    """Return the error for numbers of a kind that the promise does not cover."""
    return TypeError(f"expected float32 or float64, got {dtype}; give up the promise with np.asarray(x)")


def check_dtype(dtype):
    """Refuse what is neither float64 nor float32, nor made of whole numbers, for which every order gives the same."""
    if dtype.char not in "df" and dtype.kind not in "biu":
        raise wrong_dtype(dtype)
