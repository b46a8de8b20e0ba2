"""The layers: each computes its output forward and hands the gradient back.

The protocol: ``y = layer.forward(x)`` returns the result and keeps only what ``backward`` reads;
``dx = layer.backward(dy)`` fills ``parameter.grad`` for every parameter of the layer and returns the
gradient of its input. Gradients are overwritten, not accumulated. One row per sample throughout.
"""

import math
import numbers

import numpy as np

from nnlib.bits import round_to_grid
from nnlib.checks import (
    check_array,
    check_batch,
    check_classes,
    check_count,
    check_dtype,
    check_forward_ran,
    check_fraction,
    check_rng,
    check_same_dtype,
    check_same_shape,
)
from nnlib.functions import relu, sigmoid, softmax


class Parameter:
    """Hold an array that is learned, and beside it the gradient of the loss.

    Parameters
    ----------
    data : ndarray of float
        The values. Only an optimizer's ``step`` changes them.

    Attributes
    ----------
    data : ndarray of float
    grad : ndarray of float, or None
        The slope of the loss along each entry of `data`, same shape; None until the first ``backward``.

    Examples
    --------
    >>> Parameter(np.zeros(3)).data
    array([0., 0., 0.])
    """

    def __init__(self, data):
        check_array("data", data)
        self.data = data
        self.grad = None


class Layer:
    """Pass everything through unchanged: what a layer does unless its class says otherwise.

    Examples
    --------
    >>> Layer().parameters()
    []
    """

    def forward(self, x):
        """Return the layer's output for a batch.

        Parameters
        ----------
        x : ndarray of float, shape (N, n_in)

        Returns
        -------
        ndarray, shape (N, n_out)
        """
        return x

    def backward(self, dy):
        """Return the gradient of the layer's input, and fill the gradients of its parameters.

        Parameters
        ----------
        dy : ndarray of float, shape (N, n_out)
            The gradient of the loss with respect to the layer's output.

        Returns
        -------
        ndarray, shape (N, n_in)
        """
        return dy

    def fill_gradients(self, dy):
        """Fill the gradients of the parameters: all that the first layer of a network is asked for.

        A layer that can save itself the gradient of its input does so here, as `Dense` does.

        Parameters
        ----------
        dy : ndarray of float, shape (N, n_out)
        """
        self.backward(dy)

    def parameters(self):
        """Return the layer's parameters as a list, always in the same order.

        Returns
        -------
        list of Parameter
        """
        return []

    def __repr__(self):
        return f"{type(self).__name__}()"


class Dense(Layer):
    """Give every output its own weighted sum of all the inputs, plus a bias: ``y = x W + b``.

    Parameters
    ----------
    n_in, n_out : int
        Number of inputs and of outputs (neurons).
    rng : Generator or RandomState
        Draws the initial weights from a normal distribution around zero, rounded as `round_to_grid` does
        so that every machine draws the same. Biases start at zero.
    std : float, optional
        Standard deviation of the initial weights, at least 0. The default is ``sqrt(2 / n_in)``, which keeps the
        spread of the signal steady through a stack of ReLU layers :cite:p:`he2015`.
    dtype : float64 or float32, default float64
        Of the weights and biases, and of all that runs through.

    Attributes
    ----------
    W : Parameter, shape (n_in, n_out)
        One column per neuron.
    b : Parameter, shape (n_out,)

    Raises
    ------
    TypeError, ValueError
        If a setting is out of its range, or an input has another shape than (N, n_in) or another dtype.

    Notes
    -----
    The gradients: ``dW = xᵀ dy``, ``db = Σ dy`` over the rows, ``dx = dy Wᵀ`` :cite:p:`rumelhart1986`.

    Examples
    --------
    >>> layer = Dense(4, 3, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((2, 4))).shape
    (2, 3)
    >>> layer.forward(np.ones((4, 2)))
    Traceback (most recent call last):
        ...
    ValueError: expected x of shape (N, 4), got (4, 2); did you mean x.T? One row per sample.
    """

    def __init__(self, n_in, n_out, *, rng, std=None, dtype=np.float64):
        check_count(n_in=n_in, n_out=n_out)
        check_rng(rng)
        check_std(std)
        check_dtype(dtype)
        std = math.sqrt(2 / n_in) if std is None else std
        noise = round_to_grid(rng.standard_normal((n_in, n_out)))
        self.W = Parameter((std * noise).astype(dtype))
        self.b = Parameter(np.zeros(n_out, dtype))

    def forward(self, x):                         # (N, n_in) -> (N, n_out)
        """Return ``x W + b``."""
        check_batch(x, len(self.W.data))
        check_same_dtype("x", x, self.W.data.dtype)
        self.x = x
        return x @ self.W.data + self.b.data

    def backward(self, dy):                       # (N, n_out) -> (N, n_in)
        """Return ``dy Wᵀ``, and fill the gradients of `W` and `b`."""
        self.fill_gradients(dy)
        return dy @ self.W.data.T

    def fill_gradients(self, dy):                 # (N, n_out)
        """Set ``W.grad = xᵀ dy`` and ``b.grad = Σ dy``, the sum running over the rows."""
        check_forward_ran(self, "x")
        check_same_shape("dy", dy, (len(self.x), len(self.b.data)))
        check_same_dtype("dy", dy, self.W.data.dtype)
        self.W.grad = self.x.T @ dy               # (n_in, n_out)
        self.b.grad = dy.sum(axis=0)              # (n_out,)

    def parameters(self):
        """Return ``[W, b]``."""
        return [self.W, self.b]

    def __repr__(self):
        return "Dense({}, {})".format(*self.W.data.shape)


class ReLU(Layer):
    """Keep what is positive, replace the rest by zero: ``y = max(x, 0)``.

    Notes
    -----
    The gradient is a mask: ``dx = dy`` where the output is positive, 0 elsewhere. At exactly 0, where
    the curve has a kink and no slope, 0 is taken.

    Examples
    --------
    >>> ReLU().forward(np.array([[-1.0, 2.0]]))
    array([[0., 2.]])
    """

    def forward(self, x):                         # (N, n) -> (N, n)
        """Return ``max(x, 0)``."""
        check_array("x", x)
        self.y = relu(x)
        return self.y

    def backward(self, dy):                       # (N, n) -> (N, n)
        """Return `dy` where the output was positive, 0 elsewhere."""
        check_forward_ran(self, "y")
        check_same_shape("dy", dy, self.y.shape)
        return dy * (self.y > 0)


class LeakyReLU(Layer):
    """Keep what is positive, shrink the rest: ``y = x`` where x is positive, ``slope · x`` elsewhere.

    Parameters
    ----------
    slope : float, default 0.01
        What a negative input is multiplied by, from 0 up to but not including 1.

    Notes
    -----
    A neuron whose inputs are all negative still has a slope, so it can recover :cite:p:`maas2013`.

    Examples
    --------
    >>> LeakyReLU(0.1).forward(np.array([[-1.0, 2.0]]))
    array([[-0.1,  2. ]])
    """

    def __init__(self, slope=0.01):
        check_fraction(slope=slope)
        self.slope = float(slope)

    def forward(self, x):                         # (N, n) -> (N, n)
        """Return `x` where it is positive, ``slope · x`` elsewhere."""
        check_array("x", x)
        self.x = x
        return np.where(x > 0, x, self.slope * x)

    def backward(self, dy):                       # (N, n) -> (N, n)
        """Return `dy` where the input was positive, ``slope · dy`` elsewhere."""
        check_forward_ran(self, "x")
        check_same_shape("dy", dy, self.x.shape)
        return np.where(self.x > 0, dy, self.slope * dy)

    def __repr__(self):
        return f"LeakyReLU({self.slope})"


class Sigmoid(Layer):
    """Squash each input into (0, 1): ``y = 1 / (1 + exp(-x))``.

    Notes
    -----
    The gradient needs only the output: ``dx = dy · y (1 - y)``.

    Examples
    --------
    >>> Sigmoid().forward(np.array([[0.0, 1000.0]]))
    array([[0.5, 1. ]])
    """

    def forward(self, x):                         # (N, n) -> (N, n)
        """Return ``1 / (1 + exp(-x))``."""
        check_array("x", x)
        self.y = sigmoid(x)
        return self.y

    def backward(self, dy):                       # (N, n) -> (N, n)
        """Return ``dy · y (1 - y)``."""
        check_forward_ran(self, "y")
        check_same_shape("dy", dy, self.y.shape)
        return dy * self.y * (1 - self.y)


class Tanh(Layer):
    """Squash each input into (-1, 1) with the hyperbolic tangent: ``y = tanh(x)``.

    Notes
    -----
    The gradient needs only the output: ``dx = dy · (1 - y²)``.

    Examples
    --------
    >>> Tanh().forward(np.array([[0.0, 1000.0]]))
    array([[0., 1.]])
    """

    def forward(self, x):                         # (N, n) -> (N, n)
        """Return ``tanh(x)``."""
        check_array("x", x)
        self.y = np.tanh(x)
        return self.y

    def backward(self, dy):                       # (N, n) -> (N, n)
        """Return ``dy · (1 - y²)``."""
        check_forward_ran(self, "y")
        check_same_shape("dy", dy, self.y.shape)
        return dy * (1 - self.y**2)


class Softmax(Layer):
    """Turn each row of scores into probabilities: exponentiate, divide by the row's sum.

    To train a classifier, leave this layer out and use `SoftmaxCrossEntropy` on the scores.

    Notes
    -----
    Every output of a row depends on every input of that row: ``∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ - yⱼ)``. Summed
    against `dy` this is ``dx = y · (dy - Σ dy y)``, the sum running over the row.

    Examples
    --------
    >>> Softmax().forward(np.array([[0.0, 0.0]]))
    array([[0.5, 0.5]])
    """

    def forward(self, x):                         # (N, C) -> (N, C)
        """Return probabilities, one row per sample."""
        check_array("x", x)
        check_classes(x)
        self.y = softmax(x)
        return self.y

    def backward(self, dy):                       # (N, C) -> (N, C)
        """Return ``y · (dy - Σ dy y)``, the sum running over each row."""
        check_forward_ran(self, "y")
        check_same_shape("dy", dy, self.y.shape)
        return self.y * (dy - (dy * self.y).sum(axis=1, keepdims=True))


class Dropout(Layer):
    """While training, set each input to 0 with probability p, and divide the rest by 1 − p; otherwise ``y = x``.

    The division keeps the expected output: ``E[y] = (1 − p) · x / (1 − p) = x`` ("inverted" dropout).

    Parameters
    ----------
    p : float, default 0.5
        The share that is dropped, as in PyTorch: from 0 up to but not including 1.
    rng : Generator or RandomState
        Draws what is dropped, anew at every forward.

    Attributes
    ----------
    training : bool
        True at first. `Sequential.train` and `Sequential.eval` set it for a whole network; `Sequential.fit` does so by
        itself, and `Sequential.predict` never drops.

    Notes
    -----
    The gradient takes the same mask: ``dx = dy · mask``. :cite:t:`srivastava2014`.

    Examples
    --------
    >>> layer = Dropout(0.5, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((2, 4)))
    array([[2., 0., 0., 0.],
           [2., 2., 2., 2.]])
    >>> layer.training = False
    >>> layer.forward(np.ones((1, 4)))
    array([[1., 1., 1., 1.]])
    """

    def __init__(self, p=0.5, *, rng):
        check_fraction(p=p)
        check_rng(rng)
        self.p, self.rng, self.training = float(p), rng, True

    def forward(self, x):                         # (N, n) -> (N, n)
        """Return ``x · mask``, where the mask is 0 or ``1 / (1 − p)`` in training, and 1 otherwise."""
        check_array("x", x)
        self.mask = np.ones(x.shape, x.dtype)
        if self.training:
            kept = self.rng.random(x.shape) >= self.p
            self.mask = kept.astype(x.dtype) / (1 - self.p)
        return x * self.mask

    def backward(self, dy):                       # (N, n) -> (N, n)
        """Return ``dy · mask``: what was dropped has no part in the loss."""
        check_forward_ran(self, "mask")
        check_same_shape("dy", dy, self.mask.shape)
        return dy * self.mask

    def __repr__(self):
        return f"Dropout({self.p})"


def layers_within(layer):
    """Return a layer and all layers that it keeps, in attributes and lists, however deep; each once."""
    found = [layer]
    for outer in found:                           # which grows meanwhile
        for value in getattr(outer, "__dict__", {}).values():
            for part in value if isinstance(value, (list, tuple)) else [value]:
                is_layer = hasattr(part, "forward") and not isinstance(part, type)
                if is_layer and not any(part is other for other in found):
                    found.append(part)
    return found


def check_std(std):
    """Raise unless `std` is None, or a finite number of at least zero."""
    if std is not None and (not isinstance(std, numbers.Real) or not 0 <= std < math.inf):
        raise ValueError(f"expected std at least 0, got {std!r}; leave it out for the usual sqrt(2 / n_in)")
