"""The shared guards behind the error messages: what was expected, what came, the likely fix.

Each guard is one statement, ``check_…(…)``, that returns nothing or raises. They are the library's
own; the chapters leave them out of the classes they quote. A guard with one caller stands with its caller.

A hint, "did you mean …?", is given only where it is right to follow it to the letter: a test follows each.
"""

import math
import numbers

import numpy as np

COMPUTE_OTHERWISE = (np.ma.MaskedArray, np.matrix)
LABELS_OF_WORDS = "; did you mean np.unique({name}, return_inverse=True)[1]?"


def check_ndarray(name, array):
    """Raise unless `array` is a NumPy array, and not one of the two subclasses that compute otherwise."""
    if not isinstance(array, np.ndarray) or isinstance(array, COMPUTE_OTHERWISE):
        raise TypeError(f"expected {name} as a NumPy array, got {type(array).__name__}{_way_to_an_array(name, array)}")


def _way_to_an_array(name, value):
    """Return the hint that makes a plain array of `value`; without one, an empty string."""
    if np.ma.is_masked(value):
        keep = _rows_where(f"(~np.ma.getmaskarray({name}))", value.ndim)
        return f"; did you mean keep = {keep}, then np.asarray({name}[keep]) and the same rows of what goes with it?"
    if isinstance(value, np.ndarray):
        return f"; did you mean np.asarray({name})?"
    if hasattr(value, "to_numpy"):                # pandas, polars
        return f"; did you mean {name}.to_numpy()?"
    if hasattr(value, "toarray"):                 # SciPy's sparse matrices
        return f"; did you mean {name}.toarray()?"
    if hasattr(value, "detach"):                  # PyTorch
        return f"; did you mean {name}.detach().cpu().numpy()?"
    if isinstance(value, numbers.Number):
        return f"; did you mean np.array([{name}])?"
    try:
        array = np.array(value)
    except ValueError:
        return ", whose rows are not of one length"
    except (TypeError, RuntimeError):             # a library that has its own way, which is unknown here
        return ""
    return "" if array.ndim == 0 or array.dtype == object else f"; did you mean np.array({name})?"


def _rows_where(test, ndim):
    """Return the expression that tells which rows pass a test of every entry."""
    axes = {0: "", 1: "", 2: ".all(axis=1)"}
    return test + axes.get(ndim, f".all(axis={tuple(range(1, ndim))})")


def _becomes(array, dtype):
    """Tell whether an array of words or objects can be turned into numbers, all of them finite."""
    try:
        return bool(np.isfinite(array.astype(dtype)).all())
    except (TypeError, ValueError):
        return False


def check_array(name, array):
    """Raise unless `array` is a NumPy array of float32 or float64.

    Half precision is refused: a sum over 60,000 samples exceeds its largest number, 65,504.
    """
    check_ndarray(name, array)
    if array.dtype.char not in "fd":
        raise TypeError(f"expected floating-point {name}, got {array.dtype}{_way_to_floats(name, array)}")


def _way_to_floats(name, array):
    """Return the hint that makes floats of an array of something else; without one, an empty string."""
    if array.dtype == np.uint8 and name in ("x", "X") and array.max(initial=0) > 1:     # pixels
        return f"; did you mean {name}.astype(np.float64) / 255?"
    if array.dtype == np.float16:
        return f", too coarse to add up in; did you mean {name}.astype(np.float64)?"
    if array.dtype.kind == "c":
        return "" if array.imag.any() else f"; did you mean {name}.real?"
    able = array.dtype.kind in "biufOUS" and _becomes(array, np.float64)
    return f"; did you mean {name}.astype(np.float64)?" if able else ""


def check_numbers(name, x):
    """Raise unless `x` is a number, or an array of float32 or float64."""
    if not isinstance(x, (int, float, np.float32)) or isinstance(x, bool):
        check_array(name, x)


def check_rows(name, x):
    """Raise unless `x` is an array of float32 or float64 with at least one number a row."""
    check_array(name, x)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(f"expected {name} of shape (N, C), at least one number a row, got {x.shape}")


def check_batch(x, n_in):
    """Raise unless `x` has shape (N, n_in), N ≥ 1, in floating point: one row per sample."""
    check_array("x", x)
    if x.ndim == 2 and x.shape[1] == n_in and len(x):
        return
    fix = "."
    if x.ndim == 2 and x.shape[1] == n_in:
        fix = ": an empty batch."
    elif x.ndim == 2 and x.shape[0] == n_in:
        fix = "; did you mean x.T?"
    elif x.ndim == 1 and n_in == 1 and len(x):
        fix = "; did you mean x.reshape(-1, 1)?"
    elif x.size == n_in:
        fix = "; did you mean x.reshape(1, -1)?"
    elif x.ndim > 2 and len(x) and math.prod(x.shape[1:]) == n_in:
        fix = "; did you mean x.reshape(len(x), -1)?"
    raise ValueError(f"expected x of shape (N, {n_in}), got {x.shape}{fix} One row per sample.")


def check_same_shape(name, array, shape):
    """Raise unless `array` is a floating-point array of exactly this shape: nothing is broadcast."""
    check_ndarray(name, array)
    if array.dtype.kind in "iu" and array.shape == shape[:1] and len(shape) == 2 and shape[1] > 1:
        raise ValueError(f"expected {name} of shape {shape}, got labels {array.shape}; "
                         f"did you mean one_hot({name}, {shape[1]})?")
    check_array(name, array)
    if array.shape != shape:
        raise ValueError(f"expected {name} of shape {shape}, got {array.shape}{_way_to_shape(name, array, shape)}")
    if array.size == 0:
        raise ValueError(f"expected at least one sample, got {name} of shape {shape}; the batch is empty")


def _way_to_shape(name, array, shape):
    """Return the hint that gives an array another shape without moving an entry to another sample."""
    if [n for n in array.shape if n > 1] == [n for n in shape if n > 1]:
        return f"; did you mean {name}.reshape{shape}?"
    return f"; did you mean {name}.T?" if array.T.shape == shape else ""


def check_labels(labels, n_classes):
    """Raise unless `labels` is a 1-D array of integers from 0 to ``n_classes - 1``."""
    check_ndarray("labels", labels)
    if labels.ndim != 1:
        raise ValueError(f"expected labels of shape (N,), got {labels.shape}"
                         + _way_to_one_label_a_row(labels, n_classes))
    if labels.dtype.kind not in "iu":
        raise TypeError(f"expected integer labels, got {labels.dtype}{_way_to_integers(labels)}")
    if len(labels) and (labels.min() < 0 or labels.max() >= n_classes):
        fix = "; did you mean labels - 1?" if labels.min() == 1 and labels.max() == n_classes else ""
        raise ValueError(
            f"expected labels from 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}; "
            f"the network has {n_classes} outputs, one a class{fix}"
        )


def _way_to_one_label_a_row(labels, n_classes):
    """Return the hint that makes one label of every row; without one, an empty string."""
    line = labels.ndim == 0 or labels.ndim == 2 and 1 in labels.shape
    if labels.ndim == 2 and labels.dtype.kind in "biuf" and (not line or labels.shape == (1, n_classes)):
        for axis in (1, 0) if len(labels) > 1 else (1,):
            if ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=axis) == 1).all() and labels.size:
                return (f"; these look one-hot: did you mean labels.argmax(axis={axis})? As a metric of fit: "
                        f"metrics={{'accuracy': lambda scores, y: accuracy(scores, y.argmax(axis={axis}))}}")
    return "; did you mean labels.ravel()?" if line else ""


def _way_to_integers(labels):
    """Return the hint that makes class numbers of labels of another type; without one, an empty string."""
    if labels.dtype.kind in "bfO" and _becomes(labels, float) and (labels == np.floor(labels.astype(float))).all():
        return "; did you mean labels.astype(int)?"
    if labels.dtype.kind in "US" and _becomes(labels, int):
        return "; did you mean labels.astype(int)?"
    if labels.dtype.kind in "US" or labels.dtype == object and all(isinstance(label, str) for label in labels):
        return LABELS_OF_WORDS.format(name="labels")
    return ""


def check_scores(scores, labels):
    """Raise unless `scores` has shape (N, C), C ≥ 2, and `labels` are N integers from 0 to C - 1."""
    check_ndarray("scores", scores)
    check_ndarray("labels", labels)
    if scores.ndim == 1 and scores.shape == labels.shape and scores.dtype.kind in "iu":
        raise ValueError(f"expected scores of shape (N, C), got one class a sample, {scores.shape}; "
                         "did you mean (scores == labels).mean()?")
    check_array("scores", scores)
    if scores.ndim != 2 or scores.size == 0:
        raise ValueError(f"expected scores of shape (N, C), one row per sample, at least one, got {scores.shape}")
    check_classes(scores)
    check_labels(labels, scores.shape[1])
    if len(scores) != len(labels):                # asked first: every step of training comes by
        check_lengths(scores=scores, labels=labels)


def check_logits(logits, labels):
    """Raise unless `logits` has shape (N, 1), N ≥ 1, and `labels` are N integers, 0 or 1."""
    check_ndarray("labels", labels)
    check_array("logits", logits)
    if logits.ndim != 2 or logits.shape[1] != 1 or len(logits) == 0:
        fix = "; did you mean logits.reshape(-1, 1)?" if logits.ndim == 1 and len(logits) else ""
        if logits.ndim == 2 and logits.shape[1] > 1:
            fix = "; a network with an output for each class learns from SoftmaxCrossEntropy()"
        raise ValueError(f"expected logits of shape (N, 1), one number a sample, at least one, got {logits.shape}{fix}")
    check_two_classes(labels)
    check_labels(labels, 2)
    check_lengths(logits=logits, labels=labels)


def check_two_classes(labels):
    """Raise if `labels` are whole numbers, one a sample, and others than 0 and 1."""
    if labels.ndim == 1 and labels.dtype.kind in "iu" and not ((labels == 0) | (labels == 1)).all():
        found = np.unique(labels)
        fix = f"; did you mean (labels == {found[1]}).astype(int)?" if len(found) == 2 else ""
        raise ValueError(f"expected labels 0 and 1, got {', '.join(map(str, found[:4]))}"
                         f"{', ...' if len(found) > 4 else ''}{fix}")


def check_comparable(name, scores):
    """Raise if a score is NaN or infinite: the largest of a row would then be chance."""
    if not (scores < math.inf).all():
        bad = ~(scores < math.inf)
        raise ValueError(
            f"expected {name} that can be compared, got {int(bad.sum())} NaN or infinite, the first in row "
            f"{int(np.argwhere(bad)[0][0])}; the network's weights are lost: start from fresh ones, "
            "with a lower learning rate"
        )


def check_lengths(**arrays):
    """Raise unless all the named values are arrays with the same number of rows, and at least one."""
    for name, array in arrays.items():
        check_ndarray(name, array)
        if array.ndim == 0:
            raise ValueError(f"expected rows in {name}, got the single number {array}")
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        got = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        turned = [name for name, array in arrays.items() if array.ndim == 2 and array.shape[1] in lengths.values()]
        fix = f"; did you mean {turned[0]}.T? One row per sample" if len(turned) == 1 else ""
        raise ValueError(f"expected as many rows in {' as in '.join(lengths)}, but {got}{fix}")
    if 0 in lengths.values():
        are = "are" if len(lengths) > 1 else "is"
        raise ValueError(f"expected at least one sample, but {' and '.join(lengths)} {are} empty")


def check_finite(name, array):
    """Raise unless `array` is a NumPy array of numbers without NaN or infinity; name the first row that has one."""
    check_ndarray(name, array)
    if array.dtype.kind not in "biuf":
        words = array.ndim == 1 and array.dtype.kind in "US"
        fix = _way_to_floats(name, array) or (LABELS_OF_WORDS.format(name=name) if words else "")
        raise TypeError(f"expected numbers in {name}, got {array.dtype}{fix}")
    finite = np.atleast_1d(np.isfinite(array))
    if not finite.all():
        row = int(np.argwhere(~finite)[0][0])
        keep = _rows_where(f"np.isfinite({name})", array.ndim)
        raise ValueError(
            f"expected finite numbers in {name}, got {int((~finite).sum())} NaN or infinite, the first in row {row}; "
            f"did you mean keep = {keep}, then {name}[keep] and the same rows of what goes with it?"
        )


def check_positive(usual, **values):
    """Raise unless every named value is a finite number above zero; advise the usual one, if there is one."""
    for name, value in values.items():
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not 0 < value < math.inf:
            advice = "" if usual is None else f"; try {name}={usual}"
            raise ValueError(f"expected {name} above 0, got {value!r}{advice}")


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


def check_dtype(dtype):
    """Raise unless `dtype` is float64 or float32."""
    try:
        known = dtype is not None and np.dtype(dtype).char in "fd"
    except (TypeError, ValueError):
        known = False
    if not known:
        raise TypeError(f"expected dtype as np.float64 or np.float32, got {dtype!r}; did you mean dtype=np.float64?")


def check_rng(rng, optional=False):
    """Raise unless `rng` is a random generator of its own, or `optional` and None."""
    if optional and rng is None:
        return
    if not isinstance(rng, (np.random.Generator, np.random.RandomState)):
        seed = rng if isinstance(rng, numbers.Integral) and not isinstance(rng, bool) and rng >= 0 else 0
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
    if scores.ndim == 2 and scores.shape[1] == 1:
        raise ValueError(
            f"expected scores of at least 2 classes, got shape {scores.shape}: a softmax over one score is always 1; "
            "give the network 2 outputs, or keep the one, without Softmax(), and use SigmoidCrossEntropy() and "
            "binary_accuracy"
        )
