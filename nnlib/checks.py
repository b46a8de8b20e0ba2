"""The shared guards behind the error messages: what was expected, what came, the likely fix.

Each guard is one statement, ``check_…(…)``, that returns nothing or raises. They are the library's
own; the chapters leave them out of the classes they quote. A guard with one caller stands with its caller.
"""

import math
import numbers

import numpy as np


def check_ndarray(name, array):
    """Raise unless `array` is a NumPy array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected {name} as a NumPy array, got {type(array).__name__}; did you mean np.array({name})?")


def check_array(name, array):
    """Raise unless `array` is a NumPy array of floating-point numbers."""
    check_ndarray(name, array)
    if array.dtype.kind != "f":
        fix = f"{name}.astype(np.float32)" + (" / 255" if array.dtype == np.uint8 else "")
        raise TypeError(f"expected floating-point {name}, got {array.dtype}; did you mean {fix}?")


def check_batch(x, n_in):
    """Raise unless `x` has shape (N, n_in), N ≥ 1, in floating point: one row per sample."""
    if isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[1] == n_in and len(x) and x.dtype.kind == "f":
        return
    check_array("x", x)
    fix = "."
    if x.ndim == 2 and len(x) == 0:
        fix = ": an empty batch."
    elif x.ndim == 2 and x.shape[0] == n_in:
        fix = "; did you mean x.T?"
    elif x.ndim == 1 and len(x) == n_in:
        fix = "; did you mean x.reshape(1, -1)?"
    elif x.ndim > 2 and math.prod(x.shape[1:]) == n_in:
        fix = "; did you mean x.reshape(len(x), -1)?"
    raise ValueError(f"expected x of shape (N, {n_in}), got {x.shape}{fix} One row per sample.")


def check_same_shape(name, array, shape):
    """Raise unless `array` is a floating-point array of exactly this shape: nothing is broadcast."""
    check_array(name, array)
    if array.shape != shape:
        fix = f"; did you mean {name}.reshape{shape}?" if array.size == math.prod(shape) else ""
        raise ValueError(f"expected {name} of shape {shape}, got {array.shape}{fix}")
    if array.size == 0:
        raise ValueError(f"expected at least one sample, got {name} of shape {shape}; the batch is empty")


def check_labels(labels, n_classes):
    """Raise unless `labels` is a 1-D array of integers from 0 to ``n_classes - 1``."""
    check_ndarray("labels", labels)
    if labels.ndim != 1:
        fix = "; these look one-hot: did you mean labels.argmax(axis=1)?" if labels.ndim == 2 else ""
        raise ValueError(f"expected labels of shape (N,), got {labels.shape}{fix}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"expected integer labels, got {labels.dtype}; did you mean labels.astype(int)?")
    if len(labels) and (labels.min() < 0 or labels.max() >= n_classes):
        raise ValueError(
            f"expected labels from 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}; "
            f"the network has {n_classes} outputs, one a class"
        )


def check_scores(scores, labels):
    """Raise unless `scores` has shape (N, C) and `labels` are N integers from 0 to C - 1."""
    check_array("scores", scores)
    if scores.ndim != 2 or scores.size == 0:
        raise ValueError(f"expected scores of shape (N, C), one row per sample, at least one, got {scores.shape}")
    check_labels(labels, scores.shape[1])
    check_lengths(scores=scores, labels=labels)


def check_lengths(**arrays):
    """Raise unless all the named arrays have the same number of rows, and at least one."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        got = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        shapes = {name: np.shape(array) for name, array in arrays.items()}
        turned = [name for name, shape in shapes.items() if len(shape) == 2 and shape[1] in lengths.values()]
        fix = f"; did you mean {turned[0]}.T? One row per sample" if turned else ""
        raise ValueError(f"expected as many rows in {' as in '.join(lengths)}, but {got}{fix}")
    if 0 in lengths.values():
        empty = "is empty" if len(lengths) == 1 else "are empty"
        raise ValueError(f"expected at least one sample, but {' and '.join(lengths)} {empty}")


def check_finite(name, array):
    """Raise unless `array` is a NumPy array without NaN or infinity; name the first row that has one."""
    check_ndarray(name, array)
    finite = np.isfinite(array)
    if not finite.all():
        row = int(np.argwhere(~finite)[0][0])
        raise ValueError(
            f"expected finite numbers in {name}, got {int((~finite).sum())} NaN or infinite, the first in row {row}; "
            f"did you mean {name}[np.isfinite({name}).all(axis=1)]?"
        )


def check_positive(usual, **values):
    """Raise unless every named value is a finite number above zero; advise the usual one."""
    for name, value in values.items():
        if not isinstance(value, numbers.Real) or not 0 < value < math.inf:
            raise ValueError(f"expected {name} above 0, got {value!r}; try {name}={usual}")


def check_count(**values):
    """Raise unless every named value is a whole number of at least 1."""
    for name, value in values.items():
        if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"expected {name} as a whole number of at least 1, got {value!r}")


def check_fraction(**values):
    """Raise unless every named value lies in [0, 1)."""
    for name, value in values.items():
        if not isinstance(value, numbers.Real) or not 0 <= value < 1:
            raise ValueError(f"expected {name} from 0 up to but not including 1, got {value!r}")


def check_rng(rng):
    """Raise unless `rng` can draw numbers: a Generator or a RandomState."""
    if not hasattr(rng, "standard_normal"):
        seed = rng if isinstance(rng, numbers.Integral) and rng >= 0 else 0
        raise TypeError(f"expected rng as a random generator, got {rng!r}; did you mean np.random.default_rng({seed})?")


def check_forward_ran(module, kept):
    """Raise unless the module's forward has run and kept what backward reads."""
    if kept not in vars(module):
        name = type(module).__name__
        raise RuntimeError(f"expected {name}.forward before {name}.backward: backward reads what forward keeps")


def check_protocol(name, thing, methods):
    """Raise unless `thing` is an object, not a class, that has all these methods."""
    if isinstance(thing, type):
        raise TypeError(f"expected {name} as an object, got the class {thing.__name__}; call it: {thing.__name__}(...)")
    missing = [method for method in methods.split() if not callable(getattr(thing, method, None))]
    if missing:
        raise TypeError(
            f"expected {name} with the methods {', '.join(methods.split())}, "
            f"got an object of type {type(thing).__name__} without {', '.join(missing)}"
        )


def check_same_dtype(name, array, dtype):
    """Raise unless `array` has exactly this dtype: float32 and float64 are not mixed in silence."""
    if array.dtype != dtype:
        raise TypeError(
            f"expected {name} in {dtype}, as what it meets, got {array.dtype}; did you mean "
            f"{name}.astype(np.{dtype})? To compute in {array.dtype}, build every layer with dtype=np.{array.dtype}"
        )


def check_classes(scores):
    """Raise if `scores` has a single column: a softmax over one score is 1, whatever the score."""
    if np.ndim(scores) == 2 and np.shape(scores)[1] == 1:
        raise ValueError(
            f"expected scores of at least 2 classes, got shape {scores.shape}: a softmax over one score is always 1; "
            "give the network 2 outputs, or end it in Sigmoid() and train it with MeanSquaredError()"
        )
