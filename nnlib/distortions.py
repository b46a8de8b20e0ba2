"""New digits from old ones: turned, slanted, made larger or smaller, and bent as if drawn on rubber."""

import math
import numbers

import numpy as np

from nnlib.checks import check_array, check_positive, check_rng
from nnlib.reproducibility import reproducible


def distort(X, rng, *, turn=15.0, zoom=0.15, shear=0.15, shift=0.0, bend=1.0, grain=3.5):
    """Fetch every pixel of every image from somewhere near: ``new(p) = old(A (p − c) + c + s + bend · d(p))``.

    Each image has a matrix A, a shift s and a field d of its own. A turns, slants and stretches about the centre c
    of the square. d is random, and so smooth that neighbours move alike. Between pixels, brightness is interpolated;
    from outside the square comes paper, 0.

    Parameters
    ----------
    X : ndarray of float, shape (N, side²)
        Square images, one a row.
    rng : Generator
        Draws all of it, for the whole batch at once.
    turn : float, default 15
        The largest angle, in degrees, to either side.
    zoom : float, default 0.15
        The largest change of height and of width, each by itself: factors from 1 / (1 + zoom) to 1 + zoom.
    shear : float, default 0.15
        The largest slant: how many pixels aside for each pixel of height.
    shift : float, default 0
        The largest shift in pixels, down or up and right or left.
    bend : float, default 1
        How far the field moves a pixel, down or up and right or left: its standard deviation, in pixels.
    grain : float, default 3.5
        Over how many pixels the field is smooth.

    Returns
    -------
    ndarray, shape (N, side²)
        Of X's dtype; the labels stay what they were. With all strengths at 0, X again.

    Raises
    ------
    TypeError, ValueError
        If `X` is not a batch of square images, or a strength is out of its range.

    Notes
    -----
    Affine and elastic distortions: :cite:t:`simard2003`, who smooth a field of uniform noise by a Gaussian. Here the
    noise is normal and drawn on a coarse grid, one knot for `grain` pixels, which is ten times less work.
    The same generator gives the same digits only up to the last bits on another machine, as cosines and exponentials
    differ there; so reproducible arrays are refused.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlib import load_mnist_sample
    >>> X = load_mnist_sample(dtype=np.float64)[0][0][:2]
    >>> new = distort(X, np.random.default_rng(0))
    >>> new.shape, bool((new == X).all())
    ((2, 784), False)
    """
    check_images(X)
    check_generator(rng)
    check_strengths(turn=turn, zoom=zoom, shear=shear, shift=shift, bend=bend)
    check_positive(3.5, grain=grain)
    side = math.isqrt(X.shape[1])
    y, x = places(len(X), side, rng, turn, zoom, shear, shift, X.dtype)       # (N, side, side) each
    if bend:
        smooth = smoothing(side, grain, X.dtype)                              # (side, knots)
        knots = smooth.shape[1]
        for axis in y, x:
            noise = rng.standard_normal((len(X), knots, knots), dtype=X.dtype.type)
            axis += float(bend) * (smooth @ noise @ smooth.T)
    return fetch(X.reshape(-1, side, side), y, x).reshape(X.shape)


def places(n, side, rng, turn, zoom, shear, shift, dtype):
    """Return where each new pixel of `n` images comes from: ``A (p − c) + c + s``, before anything is bent.

    Parameters
    ----------
    n, side : int
    rng, turn, zoom, shear, shift
        See `distort`.
    dtype : data-type

    Returns
    -------
    y, x : ndarray, shape (n, side, side)
        Row and column in the old image, for every pixel of the new one; whole numbers are the middles of pixels.

    Examples
    --------
    >>> y, x = places(1, 4, np.random.default_rng(0), 0, 0, 0, 0, np.float64)
    >>> y[0, :, 0], x[0, 0]
    (array([0., 1., 2., 3.]), array([0., 1., 2., 3.]))
    """
    angle = np.radians(rng.uniform(-turn, turn, n))
    slant = rng.uniform(-shear, shear, n)
    tall, wide = np.exp(rng.uniform(-1, 1, (2, n)) * np.log1p(zoom))
    down, right = rng.uniform(-shift, shift, (2, n))
    c, s = np.cos(angle), np.sin(angle)
    column = (np.arange(side) - (side - 1) / 2).astype(dtype)                 # from the centre, (side,)
    row = column[:, np.newaxis]                                               # (side, 1)

    def mix(*numbers):                            # three numbers an image -> (n, side, side)
        a, b, offset = (v.astype(dtype)[:, np.newaxis, np.newaxis] for v in numbers)
        return a * row + b * column + offset + (side - 1) / 2

    return mix(c * tall, s * wide, down), mix((slant * c - s) * tall, (c + slant * s) * wide, right)


def smoothing(side, grain, dtype):
    """Return the matrix S that makes smooth fields of coarse noise, ``S @ noise @ S.T``: bells around the knots.

    Its rows have length 1, so that each entry of such a field has the variance of the noise.

    Parameters
    ----------
    side : int
        Of the square, in pixels.
    grain : float
        From knot to knot, and the width of the bells, in pixels.
    dtype : data-type

    Returns
    -------
    ndarray, shape (side, knots)

    Examples
    --------
    >>> smoothing(28, 3.5, np.float64).shape
    (28, 10)
    """
    knots = np.arange(-grain, side + grain, grain)                            # some of them outside
    pixels = np.arange(side)[:, np.newaxis]
    bells = np.exp(-(((pixels - knots) / grain) ** 2) / 2)                    # (side, knots)
    lengths = np.sqrt((bells**2).sum(axis=1, keepdims=True))
    return (bells / lengths).astype(dtype)


def fetch(images, y, x):
    """Return the brightness of every image at the places (y, x), weighted between the four pixels around each.

    Parameters
    ----------
    images : ndarray of float, shape (N, side, side)
    y, x : ndarray of float, shape (N, side, side)
        Rows and columns; outside the square is paper.

    Returns
    -------
    ndarray, shape (N, side, side)

    Examples
    --------
    >>> image = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    >>> y, x = np.indices((2, 2))[:, np.newaxis] / 1
    >>> fetch(image, y, x + 0.25)[0]
    array([[0.25, 0.75],
           [0.  , 0.  ]])
    """
    n, side = len(images), images.shape[1]
    framed = np.zeros((n, side + 2, side + 2), images.dtype)                  # paper around it
    framed[:, 1:-1, 1:-1] = images
    y, x = (np.clip(axis + 1, 0, side + 0.999) for axis in (y, x))
    top, left = y.astype(int), x.astype(int)
    y, x = y - top.astype(y.dtype), x - left.astype(x.dtype)                  # between 0 and 1
    which = np.arange(n)[:, np.newaxis, np.newaxis]
    above = framed[which, top, left] * (1 - x) + framed[which, top, left + 1] * x
    below = framed[which, top + 1, left] * (1 - x) + framed[which, top + 1, left + 1] * x
    return above * (1 - y) + below * y


def check_images(X):
    """Raise unless `X` is a plain batch of square images, one a row, of at least one pixel."""
    check_array("X", X)
    if isinstance(X, reproducible):
        raise TypeError("expected a plain array X, got a reproducible one, whose promise no cosine keeps; "
                        "did you mean np.asarray(X)?")
    if X.ndim != 2 or X.size == 0 or math.isqrt(X.shape[1]) ** 2 != X.shape[1]:
        fix = "; did you mean X.reshape(len(X), -1)?" if X.ndim == 3 and X.shape[1:] == X.shape[-1:] * 2 else ""
        fix = "; did you mean X.reshape(1, -1)?" if X.ndim == 1 and math.isqrt(X.size) ** 2 == X.size > 0 else fix
        raise ValueError(f"expected X of shape (N, side²), a square image a row, at least one, got {X.shape}{fix}")


def check_generator(rng):
    """Raise unless `rng` is a Generator; the older RandomState does not draw in float32."""
    check_rng(rng)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"expected rng as a Generator, got a {type(rng).__name__}; "
                        "did you mean np.random.default_rng(0)?")


def check_strengths(**strengths):
    """Raise unless every named strength is a finite number of at least 0."""
    for name, value in strengths.items():
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not 0 <= value < math.inf:
            raise ValueError(f"expected {name} of at least 0, the largest to either side, got {value!r}; try {name}=0")
