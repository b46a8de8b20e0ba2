"""A digit of your own, from a drawing or a photo to the 784 pixels of MNIST.

MNIST's digits were all made the same way: cut out, scaled to fit a box of 20 by 20 pixels, and put into 28 by 28
with their centre of mass in the middle. A network that learned from them reads yours if it is made that way, too.
"""

from os import PathLike
from pathlib import Path

import numpy as np

DRAWINGS = Path(__file__).with_name("drawings")  # twenty digits and a page like a photo, to try it with


def own_digit(image):
    """Return the ink of an image, cut out, scaled to 20 pixels and centred in 28 by 28, as one row of pixels.

    The steps one by one are :func:`ink`, :func:`cut_out`, :func:`scale` and :func:`center`.

    Parameters
    ----------
    image : str, path-like or array_like, shape (H, W), (H, W, 3) or (H, W, 4)
        A file that Matplotlib can read (PNG; JPEG and others, too), or its pixels: 0 to 255 where they are integers,
        0 to 1 where they are floats. Dark on light or light on dark; one digit and nothing else.

    Returns
    -------
    ndarray of float64, shape (784,)
        The digit as ``load_mnist(dtype=np.float64)`` gives its own: 0 for paper, up to 1 for ink.

    Raises
    ------
    TypeError
        If the pixels are no numbers.
    ValueError
        If the image has another shape, values out of range, NaN, or no ink on it.
    OSError
        If there is no such file, or it is no image.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998), section III.A.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlib import own_digit
    >>> paper = np.full((60, 40), 255, dtype=np.uint8)
    >>> paper[10:50, 18:22] = 0  # a 1, dark on light
    >>> print(own_digit(paper).reshape(28, 28)[3:6, 12:16])
    [[0. 0. 0. 0.]
     [0. 0. 1. 1.]
     [0. 0. 1. 1.]]
    """
    return center(scale(cut_out(ink(image)))).ravel()


def ink(image):
    """Return how far every pixel is from the paper's brightness, as a share of the ink's distance.

    The paper is taken as a plane over the image, since light mostly comes from one side. What stands out from it
    no more than its own grain does, or by less than 0.05 of the ink, counts as paper. Light ink on dark paper gives
    the same as dark ink on light.

    Parameters
    ----------
    image : str, path-like or array_like
        As for :func:`own_digit`.

    Returns
    -------
    ndarray of float64, shape (H, W)
        From 0, paper, to 1, ink.
    """
    grey = brightness(image)
    if max(grey.shape) > 400:                     # more shows the grain
        grey = scale(grey, 400)
    darker = paper(grey) - grey                   # (H, W)
    if (darker**3).sum() < 0:                     # chalk on a blackboard
        darker = -darker
    check_contrast(darker)
    stroke = np.median(darker[darker > darker.max() / 2])
    grain = 7 * np.median(np.abs(darker))         # hardly any paper is more
    share = np.minimum(darker / stroke, 1)
    return np.where(share < max(0.05, min(grain / stroke, 0.5)), 0, share)


def cut_out(image):
    """Return the smallest part of an image that holds all of its ink.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Ink, as from :func:`ink`.

    Returns
    -------
    ndarray, shape (h, w)
    """
    rows = np.flatnonzero(image.any(axis=1))
    columns = np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scale(image, size=20):
    """Return the image with its longer side made `size` pixels, each the mean of the area that it covers.

    Parameters
    ----------
    image : ndarray, shape (h, w)
    size : int, default 20
        What the longer side shall measure; the shorter one keeps its proportion.

    Returns
    -------
    ndarray of float64, shape (H, W)
        With ``max(H, W) == size``.
    """
    height, width = image.shape
    part = size / max(height, width)
    rows = areas(max(1, round(height * part)), height)            # (H, h)
    columns = areas(max(1, round(width * part)), width)           # (W, w)
    return rows @ image @ columns.T               # (H, w), then (H, W)


def center(image, side=28):
    """Return a square image with the centre of mass of `image` on the pixel in row 14 and column 14.

    Pixels count from 0, and the place is rounded to whole ones. That this is MNIST's middle, and not the edge between
    13 and 14, its digits say themselves: chapter 24 measures them.

    Parameters
    ----------
    image : ndarray, shape (h, w)
        No larger than the square.
    side : int, default 28

    Returns
    -------
    ndarray of float64, shape (side, side)
    """
    height, width = image.shape
    # The centre of mass. But a long tail must not leave the square.
    row = image.sum(axis=1) @ np.arange(height) / image.sum()
    column = image.sum(axis=0) @ np.arange(width) / image.sum()
    top = min(max(round(side // 2 - row), 0), side - height)
    left = min(max(round(side // 2 - column), 0), side - width)
    square = np.zeros((side, side))
    square[top : top + height, left : left + width] = image
    return square


def check_contrast(darker):
    """Raise if nothing on an image stands out from its paper."""
    if darker.max() < 0.05:
        raise ValueError(
            "expected an image with a digit on it, got one where nothing stands out from the paper by more than "
            f"{darker.max():.0%} of white; is it empty, or the stroke too faint?"
        )


def brightness(image):
    """Return the image as one number a pixel, from 0 for black to 1 for white; transparent pixels lie on white."""
    if isinstance(image, (str, PathLike)):
        from matplotlib.image import imread

        image = imread(image)
    pixels = np.asarray(image)
    if pixels.dtype.kind not in "biuf":
        raise TypeError(f"expected the pixels as numbers, got an array of {pixels.dtype}")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)) or min(pixels.shape[:2]) < 2:
        raise ValueError(
            f"expected an image of shape (H, W), (H, W, 3) or (H, W, 4), got {pixels.shape}; "
            "a row of 784 pixels becomes one by reshape(28, 28)"
        )
    top = 255 if pixels.dtype.kind in "iu" else 1
    if not (pixels.min() >= 0 and pixels.max() <= top):        # which NaN fails, too
        raise ValueError(
            f"expected pixels from 0 to {top} in an array of {pixels.dtype}, got {pixels.min()} to {pixels.max()}; "
            "integers count to 255, floats to 1"
        )
    pixels = pixels.astype(np.float64) / top      # a file's come in float32
    if pixels.ndim == 2:
        return pixels
    color = pixels[..., :3].mean(axis=2)          # (H, W)
    return color if pixels.shape[2] == 3 else color * pixels[..., 3] + 1 - pixels[..., 3]


def paper(grey):
    """Return the brightness of the paper at every pixel: a plane, fitted to the pixels that lie closest to it."""
    rows, columns = np.indices(grey.shape)
    ones = np.ones(grey.size)                     # (H * W,)
    plane = np.stack([ones, rows.ravel(), columns.ravel()], axis=1)
    grey = grey.ravel()
    near = np.full(grey.size, True)
    for _ in range(5):
        slopes = np.linalg.lstsq(plane[near], grey[near], rcond=None)[0]
        distance = np.abs(plane @ slopes - grey)
        near = distance <= np.median(distance)
    return (plane @ slopes).reshape(rows.shape)


def areas(new, old):
    """Return the matrix that turns `old` pixels into `new` ones: each row holds the shares of the pixels it covers."""
    size = old / new                              # of a new pixel
    begin = np.arange(new)[:, np.newaxis] * size  # (new, 1)
    pixel = np.arange(old)                        # (old,): from i to i + 1
    shared = np.minimum(begin + size, pixel + 1) - np.maximum(begin, pixel)
    return np.maximum(shared, 0) / size           # (new, old)
