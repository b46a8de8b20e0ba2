"""Layers that know what a picture is: small filters that slide over it, pooling, and batch normalisation.

Pictures have the shape (N, H, W, C): samples, rows, columns, channels, the channels last. So the C numbers of a pixel
lie side by side in memory, and so do the k · C numbers of a row of a window: copying windows out is fast. And each
pixel is a row of C numbers, as each sample is in the rest of the book.
"""

import functools
import math
import numbers

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlib.bits import round_to_grid
from nnlib.checks import (
    check_array,
    check_batch,
    check_count,
    check_dtype,
    check_forward_ran,
    check_fraction,
    check_positive,
    check_rng,
    check_same_dtype,
    check_same_shape,
)
from nnlib.layers import Layer, Parameter


def windows(x, size, stride=1):                   # (N, H, W, C) -> (N, H', W', size, size, C)
    """Show every window of size × size pixels, one every `stride` pixels down and across.

    Parameters
    ----------
    x : ndarray, shape (N, H, W, C)
    size, stride : int

    Returns
    -------
    ndarray, shape (N, H', W', size, size, C)
        A view: nothing is copied. ``H' = (H − size) // stride + 1``, and W' likewise.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> windows(x, 2)[0, 1, 1, :, :, 0]
    array([[4., 5.],
           [7., 8.]])
    """
    every = sliding_window_view(x, (size, size), axis=(1, 2))     # (N, H - size + 1, W - size + 1, C, size, size)
    every = every[:, ::stride, ::stride]
    return every.transpose(0, 1, 2, 4, 5, 3)


def spots(x, size, stride=1):                     # (N, H, W, C) -> size² of (N, H', W', C)
    """Show the pixels at each spot of a window, for all windows at once: first those at the top left of theirs.

    What is stored in them is stored in `x`, so ``spot += …`` adds to pixels: the way back through `windows`.

    Parameters
    ----------
    x : ndarray, shape (N, H, W, C)
    size, stride : int

    Returns
    -------
    list of size² ndarrays, shape (N, H', W', C)
        Views: nothing is copied. Row by row, as ``windows(x, size, stride)[:, :, :, i, j]`` are.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> [spot.ravel().tolist() for spot in spots(x, 2)[:2]]
    [[0.0, 1.0, 3.0, 4.0], [1.0, 2.0, 4.0, 5.0]]
    """
    rows, columns = ((n - size) // stride * stride + 1 for n in x.shape[1:3])
    corners = [(i, j) for i in range(size) for j in range(size)]
    return [x[:, i : i + rows : stride, j : j + columns : stride] for i, j in corners]


class Conv2D(Layer):
    """Slide filters over a picture; at each place the output is the weighted sum of the window, plus a bias.

    With ``p`` pixels of zeros around the picture and steps of ``s``,
    ``y[n, r, c, o] = Σ x[n, r·s + i − p, c·s + j − p, m] · W[i, j, m, o] + b[o]``, the sum running over the window's
    rows i, its columns j and the channels m. (Mathematicians flip the filter and call this a cross-correlation.)

    Parameters
    ----------
    in_channels, out_channels : int
        Numbers a pixel of the input has, and of the output: one a filter.
    kernel_size : int
        Rows, and columns, of a filter.
    stride : int, default 1
        How far the window moves.
    padding : int, default 0
        Pixels of zeros around the picture. ``kernel_size // 2``, for an odd size, keeps the picture's size.
    rng : Generator or RandomState
        Draws the initial weights as `Dense` does: normal, spread ``sqrt(2 / n)``, n = numbers in a window.
    dtype : float64 or float32, default float64

    Attributes
    ----------
    W : Parameter, shape (kernel_size, kernel_size, in_channels, out_channels)
        ``W.data[:, :, m, o]`` is what filter o looks for in channel m.
    b : Parameter, shape (out_channels,)

    Raises
    ------
    TypeError, ValueError
        If a setting is out of its range, or an input is no batch of pictures with `in_channels` channels, is smaller
        than a filter, or has another dtype.

    Notes
    -----
    The windows, a row each, make a matrix ("im2col", :cite:t:`chellapilla2006`), and then this is a `Dense`:
    ``dW = windowsᵀ dy``. A pixel lies in several windows, at another spot of each, so its gradient is a sum over the
    spots: ``dx[spot (i, j)] += dy W[i, j]ᵀ``.
    :cite:t:`lecun1998`.

    Examples
    --------
    >>> layer = Conv2D(1, 8, 5, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((2, 28, 28, 1))).shape
    (2, 24, 24, 8)
    >>> layer.forward(np.ones((2, 28, 28)))
    Traceback (most recent call last):
        ...
    ValueError: expected x of shape (N, H, W, 1), got (2, 28, 28); did you mean x[:, :, :, np.newaxis]?
    """

    def __init__(self, in_channels, out_channels, kernel_size, *, stride=1, padding=0, rng, dtype=np.float64):
        check_count(in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size, stride=stride)
        check_padding(padding)
        check_rng(rng)
        check_dtype(dtype)
        self.stride, self.padding = stride, padding
        shape = (kernel_size, kernel_size, in_channels, out_channels)
        std = math.sqrt(2 / (kernel_size**2 * in_channels))
        noise = round_to_grid(rng.standard_normal(shape))
        self.W = Parameter((std * noise).astype(dtype))
        self.b = Parameter(np.zeros(out_channels, dtype))

    def forward(self, x):                         # (N, H, W, C) -> (N, H', W', out_channels)
        """Return the weighted sums of all windows."""
        size, _, channels, out_channels = self.W.data.shape
        check_pictures(x, channels, size, self.padding)
        check_same_dtype("x", x, self.W.data.dtype)
        p = self.padding
        x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
        cut = windows(x, size, self.stride)       # (N, H', W', size, size, C)
        self.windows = cut.reshape(-1, size * size * channels)
        self.x_shape, self.y_shape = x.shape, (*cut.shape[:3], out_channels)
        y = self.windows @ self.W.data.reshape(-1, out_channels)
        return (y + self.b.data).reshape(self.y_shape)

    def backward(self, dy):                       # (N, H', W', out_channels) -> (N, H, W, C)
        """Return what every pixel's windows say of it, and fill the gradients of `W` and `b`."""
        self.fill_gradients(dy)
        size, _, channels, out_channels = self.W.data.shape
        dx, rows = np.zeros_like(dy, shape=self.x_shape), dy.reshape(-1, out_channels)
        filters = self.W.data.reshape(-1, channels, out_channels)
        for spot, W in zip(spots(dx, size, self.stride), filters):
            spot += (rows @ W.T).reshape(spot.shape)
        p = self.padding
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p]

    def fill_gradients(self, dy):                 # (N, H', W', out_channels)
        """Set ``W.grad = windowsᵀ dy`` and ``b.grad = Σ dy``, the sums running over all windows of all samples."""
        check_forward_ran(self, "windows")
        check_same_shape("dy", dy, self.y_shape)
        check_same_dtype("dy", dy, self.W.data.dtype)
        dy = dy.reshape(-1, dy.shape[3])          # (N·H'·W', out_channels)
        self.W.grad = (self.windows.T @ dy).reshape(self.W.data.shape)
        self.b.grad = dy.sum(axis=0)

    def parameters(self):
        """Return ``[W, b]``."""
        return [self.W, self.b]

    def __repr__(self):
        size, _, channels, out_channels = self.W.data.shape
        return f"Conv2D({channels}, {out_channels}, {size}, stride={self.stride}, padding={self.padding})"


class MaxPool2D(Layer):
    """Keep the largest number of every window, in each channel by itself.

    Parameters
    ----------
    kernel_size : int
        Rows, and columns, of a window.
    stride : int, optional
        How far the window moves; the default is `kernel_size`: windows side by side.

    Raises
    ------
    ValueError
        If a setting is no whole number of at least 1, or a picture is smaller than a window.

    Notes
    -----
    The gradient is a mask: ``dy`` goes to the pixel that was the largest, to the first of several, 0 to the rest.
    Rows and columns that fill no window are left out, as in PyTorch.

    Examples
    --------
    >>> x = np.array([[1.0, 2, 0, 0], [4, 3, 0, 5]]).reshape(1, 2, 4, 1)
    >>> MaxPool2D(2).forward(x)[0, :, :, 0]
    array([[4., 5.]])
    """

    def __init__(self, kernel_size, stride=None):
        stride = kernel_size if stride is None else stride
        check_count(kernel_size=kernel_size, stride=stride)
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x):                         # (N, H, W, C) -> (N, H', W', C)
        """Return the largest number of every window."""
        check_pictures(x, None, self.kernel_size)
        found = spots(x, self.kernel_size, self.stride)
        y = functools.reduce(np.maximum, found)
        self.x_shape, self.masks = x.shape, first_equal(found, y)
        return y

    def backward(self, dy):                       # (N, H', W', C) -> (N, H, W, C)
        """Return `dy` where the largest number was, 0 elsewhere."""
        check_forward_ran(self, "masks")
        check_same_shape("dy", dy, self.masks[0].shape)
        dx = np.zeros_like(dy, shape=self.x_shape)
        for spot, mask in zip(spots(dx, self.kernel_size, self.stride), self.masks):
            spot += dy * mask
        return dx

    def __repr__(self):
        return f"MaxPool2D({self.kernel_size}, stride={self.stride})"


def first_equal(arrays, y):
    """Tell for every entry of `y` in which array it stands: one mask an array, and each entry in the first that has it.

    Parameters
    ----------
    arrays : list of ndarray
    y : ndarray
        All of one shape.

    Returns
    -------
    list of ndarray of bool, that shape

    Examples
    --------
    >>> first_equal([np.array([3.0, 1.0]), np.array([3.0, 2.0])], np.array([3.0, 2.0]))
    [array([ True, False]), array([False,  True])]
    """
    masks, free = [], np.ones(y.shape, bool)
    for array in arrays:
        masks.append((array == y) & free)
        free &= ~masks[-1]
    return masks


class Flatten(Layer):
    """Lay all numbers of a sample in one row: the way from pictures to `Dense`.

    Examples
    --------
    >>> Flatten().forward(np.ones((5, 4, 4, 8))).shape
    (5, 128)
    """

    def forward(self, x):                         # (N, H, W, C) -> (N, H·W·C)
        """Return one row per sample."""
        check_samples(x)
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy):                       # (N, H·W·C) -> (N, H, W, C)
        """Return `dy` in the shape that came."""
        check_forward_ran(self, "shape")
        check_same_shape("dy", dy, (self.shape[0], math.prod(self.shape[1:])))
        return dy.reshape(self.shape)


class Unflatten(Layer):
    """Give every row of numbers the shape of a picture: the way from 784 pixels to ``(28, 28, 1)``.

    Parameters
    ----------
    shape : (H, W, C)
        Of one sample.

    Raises
    ------
    ValueError
        If the shape is none, or a row has another number of numbers.

    Examples
    --------
    >>> Unflatten((28, 28, 1)).forward(np.ones((5, 784))).shape
    (5, 28, 28, 1)
    """

    def __init__(self, shape):
        check_shape(shape)
        self.shape = tuple(shape)

    def forward(self, x):                         # (N, H·W·C) -> (N, H, W, C)
        """Return one picture per sample."""
        check_batch(x, math.prod(self.shape))
        return x.reshape(-1, *self.shape)

    def backward(self, dy):                       # (N, H, W, C) -> (N, H·W·C)
        """Return one row per sample."""
        check_samples(dy, "dy")
        check_same_shape("dy", dy, (len(dy), *self.shape))
        return dy.reshape(len(dy), -1)

    def __repr__(self):
        return f"Unflatten({self.shape})"


class BatchNorm(Layer):
    """Shift and stretch every channel to mean 0 and variance 1, then to a mean and spread that are learned.

    ``y = γ · (x − mean) / sqrt(variance + eps) + β``. In training, mean and variance are those of the batch, over all
    its samples and, in pictures, all their pixels. In use, they are running averages of what training saw, so that a
    sample's output does not depend on its company.

    Parameters
    ----------
    channels : int
        Length of the input's last axis: channels of a picture, or numbers in a row.
    momentum : float, default 0.1
        How much of the running averages each batch replaces, as in PyTorch: from 0 up to but not including 1.
    eps : float, default 1e-5
        Added to the variance, so that no channel is divided by zero.
    dtype : float64 or float32, default float64

    Attributes
    ----------
    gamma, beta : Parameter, shape (channels,)
        Ones and zeros at first.
    running_mean, running_variance : ndarray, shape (channels,)
        Zeros and ones at first. They are saved with the weights: see `buffers`.
    training : bool
        True at first. `Sequential.train` and `Sequential.eval` set it.

    Raises
    ------
    TypeError, ValueError
        If a setting is out of its range, an input has another number of channels or another dtype, or a batch in
        training has a single number a channel, which has no spread.

    Notes
    -----
    Moving all x of a channel by one step moves their mean by the same, and y by nothing; this is what the way back
    takes off: ``dx = γ / sqrt(variance + eps) · (dy − mean(dy) − n · mean(dy · n))``, where n is the normalised x.
    In use, mean and variance are constants, and only the first term stays. :cite:t:`ioffe2015`.

    Examples
    --------
    >>> layer = BatchNorm(2)
    >>> layer.forward(np.array([[1.0, 100.0], [3.0, 300.0]])).round(3)
    array([[-1., -1.],
           [ 1.,  1.]])
    >>> layer.running_mean
    array([ 0.2, 20. ])
    """

    def __init__(self, channels, *, momentum=0.1, eps=1e-5, dtype=np.float64):
        check_count(channels=channels)
        check_fraction(momentum=momentum)
        check_positive(1e-5, eps=eps)
        check_dtype(dtype)
        self.momentum, self.eps = float(momentum), float(eps)
        self.training = True
        self.gamma = Parameter(np.ones(channels, dtype))
        self.beta = Parameter(np.zeros(channels, dtype))
        self.running_mean = np.zeros(channels, dtype)
        self.running_variance = np.ones(channels, dtype)

    def forward(self, x):                         # (..., C) -> (..., C)
        """Return ``γ · normalised x + β``."""
        check_channels(x, self.gamma.data, self.training)
        mean, variance = self.running_mean, self.running_variance
        if self.training:
            mean, variance = self.statistics(x)
        self.scale = 1 / np.sqrt(variance + self.eps)
        self.normalised = (x - mean) * self.scale
        self.in_training = self.training
        return self.gamma.data * self.normalised + self.beta.data

    def statistics(self, x):                      # (..., C) -> (C,), (C,)
        """Return the batch's mean and variance by channel, and let the running averages take their part of them."""
        mean, count = channel_mean(x), x.size // x.shape[-1]
        variance = channel_mean((x - mean) ** 2)
        unbiased = variance * (count / (count - 1))
        m = self.momentum
        self.running_mean += m * (mean - self.running_mean)
        self.running_variance += m * (unbiased - self.running_variance)
        return mean, variance

    def backward(self, dy):                       # (..., C) -> (..., C)
        """Return the gradient of the input, and fill those of `gamma` and `beta`."""
        check_forward_ran(self, "normalised")
        check_same_shape("dy", dy, self.normalised.shape)
        check_same_dtype("dy", dy, self.gamma.data.dtype)
        n, count = self.normalised, dy.size // dy.shape[-1]
        mean, slope = channel_mean(dy), channel_mean(dy * n)
        self.beta.grad, self.gamma.grad = count * mean, count * slope
        if self.in_training:                      # then x moved the batch's mean and variance, too
            dy = dy - mean - n * slope
        return self.gamma.data * self.scale * dy

    def parameters(self):
        """Return ``[gamma, beta]``."""
        return [self.gamma, self.beta]

    def buffers(self):
        """Return ``[running_mean, running_variance]``: not learned, and yet saved with the weights."""
        return [self.running_mean, self.running_variance]

    def __repr__(self):
        return f"BatchNorm({len(self.gamma.data)})"


def channel_mean(x):                              # (..., C) -> (C,)
    """Average every channel over all samples, then over all pixels: so NumPy adds up long rows, not short ones.

    Parameters
    ----------
    x : ndarray, shape (..., C)

    Returns
    -------
    ndarray, shape (C,)

    Examples
    --------
    >>> channel_mean(np.array([[[1.0, 10.0], [3.0, 30.0]]]))
    array([ 2., 20.])
    """
    return x.mean(axis=0).reshape(-1, x.shape[-1]).mean(axis=0)


def check_padding(padding):
    """Raise unless `padding` is a whole number of at least 0."""
    if not isinstance(padding, numbers.Integral) or isinstance(padding, bool) or padding < 0:
        raise ValueError(f"expected padding as a whole number of at least 0, got {padding!r}")


def check_shape(shape):
    """Raise unless `shape` is a tuple or a list of three whole numbers of at least 1."""
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ValueError(f"expected shape as (H, W, C), got {shape!r}; did you mean shape=(28, 28, 1)?")
    check_count(**dict(zip("HWC", shape)))


def check_samples(x, name="x"):
    """Raise unless `x` is a floating-point array of at least one sample, each with at least one number."""
    check_array(name, x)
    if x.ndim < 2 or x.size == 0:
        raise ValueError(f"expected {name} of shape (N, ...), at least one sample, got {x.shape}")


def check_pictures(x, channels, size, padding=0):
    """Raise unless `x` has shape (N, H, W, channels), N ≥ 1, and a window fits in; None are any channels."""
    check_array("x", x)
    wanted = "C" if channels is None else channels
    if x.ndim != 4 or x.size == 0 or channels not in (None, x.shape[3]):
        raise ValueError(f"expected x of shape (N, H, W, {wanted}), got {x.shape}{_way_to_pictures(x, channels)}")
    if min(x.shape[1:3]) + 2 * padding < size:
        raise ValueError(f"expected pictures of at least {size} x {size} pixels, padding included, got {x.shape[1]} x "
                         f"{x.shape[2]} and {padding} around; pool less before, or pad more")


def _way_to_pictures(x, channels):
    """Return the hint that makes pictures of `x`, channels last; without one, an empty string."""
    if x.size == 0:
        return ": an empty batch"
    if x.ndim == 3 and channels == 1:
        return "; did you mean x[:, :, :, np.newaxis]?"
    if x.ndim == 3 and x.shape[2] == channels:
        return "; did you mean x[np.newaxis]?"
    if x.ndim == 4 and x.shape[1] == channels:
        return "; did you mean x.transpose(0, 2, 3, 1)? Channels last"
    side = math.isqrt(x.shape[-1] // (channels or 1)) if x.ndim == 2 else 0
    square = side and side * side * (channels or 1) == x.shape[1]
    return f"; did you mean x.reshape(-1, {side}, {side}, {channels or 1})?" if square else ""


def check_channels(x, gamma, training):
    """Raise unless `x` has as many channels as `gamma` on its last axis, its dtype, and in training a spread."""
    check_samples(x)
    if x.shape[-1] != len(gamma):
        raise ValueError(f"expected x with {len(gamma)} channels on its last axis, got {x.shape}")
    check_same_dtype("x", x, gamma.dtype)
    if training and x.size == len(gamma):
        raise ValueError(
            f"expected more than one number a channel in training, got {x.shape}: a single one has no spread; "
            "take larger batches, or call model.eval() before using the network"
        )
