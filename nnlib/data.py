"""Small data sets to learn on, and the way to cut any data set into batches."""

import numpy as np

from nnlib.bits import round_to_grid
from nnlib.checks import (
    check_array,
    check_batch,
    check_count,
    check_dtype,
    check_finite,
    check_lengths,
    check_ndarray,
    check_positive,
    check_rng,
    check_same_dtype,
)


def batches(X, y, batch_size, rng=None):
    """Cut the samples into batches of `batch_size`; the last one holds what is left.

    Parameters
    ----------
    X, y : ndarray, N rows each
    batch_size : int
        Samples a batch.
    rng : Generator or RandomState, optional
        Shuffles the samples first, X and y alike. Without it they come in their own order.

    Yields
    ------
    tuple of ndarray
        Up to `batch_size` rows of `X`, and the same rows of `y`.

    Raises
    ------
    TypeError, ValueError
        If `X` and `y` are not arrays, differ in length or are empty, or a setting does not fit.

    Examples
    --------
    >>> for x, t in batches(np.arange(10).reshape(5, 2), np.arange(5), batch_size=2):
    ...     print(x.shape, t)
    (2, 2) [0 1]
    (2, 2) [2 3]
    (1, 2) [4]
    """
    check_lengths(X=X, y=y)
    check_count(batch_size=batch_size)
    check_rng(rng, optional=True)
    order = None if rng is None else rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = slice(start, start + batch_size)
        if order is not None:
            rows = order[rows]
        yield X[rows], y[rows]


def folds(X, y, k, rng):
    """Hold back each k-th of the shuffled samples once, and give the rest to learn from: k-fold cross-validation.

    Parameters
    ----------
    X, y : ndarray, N rows each
    k : int
        Number of parts, from 2 to N; their sizes differ by one at most.
    rng : Generator or RandomState
        Shuffles the samples first, X and y alike.

    Yields
    ------
    rest, held : tuple of (ndarray, ndarray)
        Two pairs (X, y): what to learn from, and what to measure on. Every sample is held back exactly once.

    Raises
    ------
    TypeError, ValueError
        If `X` and `y` are not arrays, differ in length or are empty, or a setting does not fit.

    Notes
    -----
    :cite:t:`stone1974`. Train a new network on each `rest`: one that has learned from the last knows what is held back.

    Examples
    --------
    >>> X, y = np.arange(10).reshape(5, 2), np.arange(5)
    >>> for rest, held in folds(X, y, k=2, rng=np.random.default_rng(0)):
    ...     print("learn from", rest[1], "measure on", held[1])
    learn from [0 1] measure on [2 4 3]
    learn from [2 4 3] measure on [0 1]
    """
    check_lengths(X=X, y=y)
    check_folds(k, len(X))
    check_rng(rng)
    parts = np.array_split(rng.permutation(len(X)), k)
    for i, held in enumerate(parts):
        rest = np.concatenate(parts[:i] + parts[i + 1:])
        yield (X[rest], y[rest]), (X[held], y[held])


def spiral(samples, classes, *, rng, dtype=np.float64):
    """Draw arms that wind out of the middle, one a class: easy for an eye, hard for a straight line.

    Parameters
    ----------
    samples : int
        Points **per class**.
    classes : int
        Number of arms.
    rng : Generator or RandomState
        Draws the noise along the arm.
    dtype : dtype, default float64

    Returns
    -------
    X : ndarray, shape (samples · classes, 2)
        Points inside the unit circle, one row each, class after class.
    y : ndarray of int, shape (samples · classes,)
        The arm each point belongs to.

    Notes
    -----
    Arm k leaves the middle with its radius growing evenly from 0 to 1, while its angle runs from 4k to
    4(k + 1), disturbed by normal noise of 0.2, and is then multiplied by 2.5 (in radians). The same
    recipe, and with ``np.random.RandomState`` the same points, as ``nnfs.datasets.spiral_data``
    :cite:p:`kinsley2020`, but rounded to multiples of 2⁻²⁴, so that every machine draws the same ones:
    see `round_to_grid`.

    Examples
    --------
    >>> X, y = spiral(100, 3, rng=np.random.default_rng(0))
    >>> X.shape, y.shape
    ((300, 2), (300,))
    """
    check_count(samples=samples, classes=classes)
    check_rng(rng)
    check_dtype(dtype)
    radius = np.linspace(0, 1, samples)
    arms = []
    for arm in range(classes):
        angle = 2.5 * (np.linspace(4 * arm, 4 * (arm + 1), samples) + 0.2 * rng.standard_normal(samples))
        arms.append(np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]))
    points = round_to_grid(np.concatenate(arms)).astype(dtype)
    return points, np.repeat(np.arange(classes), samples)


def vertical(samples, classes, *, rng, dtype=np.float64):
    """Draw upright bands of points side by side, one a class: easy for a straight line.

    Parameters
    ----------
    samples : int
        Points per class.
    classes : int
        Number of bands.
    rng : Generator or RandomState
        Draws the points around the middle of each band.
    dtype : dtype, default float64

    Returns
    -------
    X : ndarray, shape (samples · classes, 2)
        Band k is centred on (k / classes, 1/2), with a standard deviation of 0.1 both ways.
    y : ndarray of int, shape (samples · classes,)

    Examples
    --------
    >>> X, y = vertical(100, 3, rng=np.random.default_rng(0))
    >>> X.shape, y.shape
    ((300, 2), (300,))
    """
    check_count(classes=classes)
    centres = np.column_stack([np.arange(classes) / classes, np.full(classes, 0.5)])
    return clusters(samples, centres, rng=rng, std=0.1, dtype=dtype)


def clusters(samples, centres, *, rng, std=1.0, dtype=np.float64):
    """Draw a round cloud of points about each centre, one a class.

    Parameters
    ----------
    samples : int
        Points per class.
    centres : sequence of (float, float)
        The middle of each cloud.
    rng : Generator or RandomState
        Draws the points.
    std : float, default 1
        Standard deviation of each cloud, the same in both directions.
    dtype : dtype, default float64

    Returns
    -------
    X : ndarray, shape (samples · classes, 2)
        One row a point, class after class.
    y : ndarray of int, shape (samples · classes,)

    Examples
    --------
    >>> X, y = clusters(100, [(0, 0), (5, 5), (-5, 5)], rng=np.random.default_rng(0))
    >>> X.shape, y.shape
    ((300, 2), (300,))
    """
    check_centres(centres)
    check_count(samples=samples)
    check_positive(1.0, std=std)
    check_rng(rng)
    check_dtype(dtype)
    clouds = [np.asarray(centre) + std * round_to_grid(rng.standard_normal((samples, 2))) for centre in centres]
    return np.concatenate(clouds).astype(dtype), np.repeat(np.arange(len(centres)), samples)


def xor(dtype=np.float64):
    """Return the four corners of the unit square, labelled 1 where exactly one coordinate is 1.

    Parameters
    ----------
    dtype : dtype, default float64

    Returns
    -------
    X : ndarray, shape (4, 2)
    y : ndarray of int, shape (4,)

    Notes
    -----
    The smallest task that no straight line can do :cite:p:`minsky1969`.

    Examples
    --------
    >>> X, y = xor()
    >>> y
    array([0, 1, 1, 0])
    """
    check_dtype(dtype)
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype), np.array([0, 1, 1, 0])


class Standardizer:
    """Subtract each column's mean and divide by its standard deviation; and undo it.

    Mean and deviation are those of the data given here, once: of what the network trains on. All other data,
    that of the test too, goes through `transform` with the same numbers.

    Parameters
    ----------
    X : ndarray of float, shape (N, n)
        Inputs, or targets of a regression, one row per sample.

    Attributes
    ----------
    mean, std : ndarray
        One number a column.

    Raises
    ------
    TypeError, ValueError
        If `X` is not of that shape, holds NaN or infinity, or has a column that never changes.

    Examples
    --------
    >>> scaler = Standardizer(np.array([[1.0, 100.0], [3.0, 500.0]]))
    >>> Z = scaler.transform(np.array([[3.0, 300.0]]))
    >>> Z
    array([[1., 0.]])
    >>> scaler.inverse(Z)
    array([[  3., 300.]])
    """

    def __init__(self, X):                        # (N, n)
        check_columns(X)
        self.mean = X.mean(axis=0)
        self.std = X.std(axis=0)

    def transform(self, x):                       # (N, n) -> (N, n)
        """Return ``(x - mean) / std``: in the training data, of mean 0 and deviation 1 in every column."""
        check_batch(x, len(self.mean))
        check_same_dtype("x", x, self.mean.dtype)
        return (x - self.mean) / self.std

    def inverse(self, x):                         # (N, n) -> (N, n)
        """Return ``x · std + mean``: back in the units of the data."""
        check_batch(x, len(self.mean))
        check_same_dtype("x", x, self.mean.dtype)
        return x * self.std + self.mean


def check_columns(X):
    """Raise unless `X` has shape (N, n), is finite, and no column of it is constant."""
    check_array("X", X)
    if X.ndim != 2 or X.size == 0:
        fix = "; did you mean X.reshape(-1, 1)?" if X.ndim == 1 and X.size else ""
        raise ValueError(f"expected X of shape (N, n), one row per sample, got {X.shape}{fix}")
    if len(X) == 1:
        raise ValueError("expected at least 2 rows in X, got 1, which deviates from nothing: a sample alone goes "
                         "through the transform of the Standardizer that was made from the training data")
    check_finite("X", X)
    constant = np.flatnonzero(X.max(axis=0) == X.min(axis=0))
    if len(constant):
        fix = "; did you mean X[:, X.max(axis=0) > X.min(axis=0)]?" if len(constant) < X.shape[1] else ""
        raise ValueError(
            f"expected columns that vary, got column {constant[0]} with {X[0, constant[0]]} in all {len(X)} rows: it "
            f"tells no sample from another, and its standard deviation is 0{fix}"
        )


def check_folds(k, n):
    """Raise unless `n` samples can be cut into `k` parts, one to hold back and at least one to learn from."""
    check_count(k=k)
    if n < 2:
        raise ValueError(f"expected at least two samples, so that one can be held back from the rest, got {n}")
    if not 2 <= k <= n:
        raise ValueError(f"expected k from 2 to {n}, the number of samples, got {k}; try k={min(5, n)}")


def check_centres(centres):
    """Raise unless `centres` are pairs of finite numbers, at least one."""
    if not isinstance(centres, (list, tuple)):
        check_ndarray("centres", centres)
    try:
        array = np.array(centres, np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0 or np.asarray(centres).dtype.kind not in "iuf":
        raise ValueError(f"expected centres as pairs of numbers, at least one, got {centres!r}")
    check_finite("centres", array)
