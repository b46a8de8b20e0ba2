"""New digits from old ones: turned, slanted, made larger or smaller, and bent as if drawn on rubber."""

import numpy as np

SIDE = 28


def distort(X, rng, *, turn=15.0, zoom=0.15, shear=0.15, shift=0.0, bend=1.0, grain=3.5):
    """Return every image with its pixels fetched from somewhere near: ``new[p] = old[A (p − c) + c + bend · d(p)]``.

    Each image has a matrix A and a field d of its own. A turns, slants and stretches about the centre c of the
    square. d is noise on a coarse grid, smoothed until neighbours move alike. Between pixels, brightness is
    interpolated; from outside the square comes paper.

    Parameters
    ----------
    X : ndarray of float, shape (N, 784)
        Square images, a row each.
    rng : Generator
    turn : float, default 15
        The largest angle, in degrees, to either side.
    zoom : float, default 0.15
        The largest change of height and of width, as a share; each is drawn by itself.
    shear : float, default 0.15
        The largest slant: how many pixels the top moves for each pixel of height.
    shift : float, default 0
        The largest shift in pixels, down or up and right or left.
    bend : float, default 1
        The spread (standard deviation) of the field d, in pixels; 0 bends nothing.
    grain : float, default 3.5
        Over how many pixels the field is smooth.

    Returns
    -------
    ndarray, shape (N, 784)
        Of X's dtype.

    References
    ----------
    P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for convolutional neural networks applied to
    visual document analysis", ICDAR 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlib import load_mnist_sample
    >>> X = load_mnist_sample(dtype=np.float64)[0][0][:2]
    >>> new = distort(X, np.random.default_rng(0))
    >>> new.shape, bool((new == X).all())
    ((2, 784), False)
    """
    side = round(X.shape[1] ** 0.5)
    y, x = places(len(X), side, rng, turn, zoom, shear, shift, X.dtype)         # (N, side, side) each
    if bend:
        smooth = smoothing(side, grain, X.dtype)
        for axis in y, x:
            noise = rng.standard_normal((len(X), smooth.shape[1], smooth.shape[1]), dtype=X.dtype)
            axis += X.dtype.type(bend) * (smooth @ noise @ smooth.T)
    return fetch(X.reshape(-1, side, side), y, x).reshape(X.shape)


def places(n, side, rng, turn, zoom, shear, shift, dtype):
    """Return where each pixel comes from, in rows and columns, before anything is bent."""
    angle = np.radians(rng.uniform(-turn, turn, n))
    slant = rng.uniform(-shear, shear, n)
    tall, wide = np.exp(rng.uniform(-1, 1, (2, n)) * np.log1p(zoom))
    down, right = rng.uniform(-shift, shift, (2, n))
    c, s = np.cos(angle), np.sin(angle)
    grid = (np.arange(side) - (side - 1) / 2).astype(dtype)
    row, column = grid[:, np.newaxis], grid       # (side, 1), (side,)

    def mix(a, b, offset):
        a, b, offset = (v.astype(dtype)[:, np.newaxis, np.newaxis] for v in (a, b, offset))
        return a * row + b * column + offset + dtype.type((side - 1) / 2)

    return mix(c * tall, s * wide, down), mix((slant * c - s) * tall, (c + slant * s) * wide, right)


def smoothing(side, grain, dtype):
    """Return the matrix from a coarse grid of noise to smooth values at every pixel, each of variance one."""
    grid = np.arange(-grain, side + grain, grain)                 # knots, some of them outside
    pixels = np.arange(side)[:, np.newaxis]
    weights = np.exp(-(((pixels - grid) / grain) ** 2) / 2)       # (side, knots): bells around the knots
    return (weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(dtype)


def fetch(images, y, x):
    """Return the brightness of every image at the places (y, x), interpolated between the four pixels around."""
    n, side = len(images), images.shape[1]
    framed = np.zeros((n, side + 2, side + 2), images.dtype)      # paper around it
    framed[:, 1:-1, 1:-1] = images
    y, x = (np.clip(axis + 1, 0, side + 0.999) for axis in (y, x))
    top, left = y.astype(np.int32), x.astype(np.int32)
    y -= top
    x -= left
    first = top * (side + 2) + left + np.arange(n, dtype=np.int32)[:, np.newaxis, np.newaxis] * (side + 2) ** 2
    pixels = framed.ravel()
    above = pixels[first] * (1 - x) + pixels[first + 1] * x
    below = pixels[first + side + 2] * (1 - x) + pixels[first + side + 3] * x
    return above * (1 - y) + below * y
