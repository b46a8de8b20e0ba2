"""Gradients measured instead of derived, to hold every formula against."""

import numpy as np

from nnlib.checks import check_array, check_forward_ran, check_positive, check_protocol, check_same_shape

# What rounding does to the measured slope of a loss near 1: its last digit over h, and a margin of ten.
ROUNDING = 10 * np.finfo(np.float64).eps / 1e-5


def numerical_gradient(f, x, h=1e-5):
    """Move one entry a little up and a little down, see how much f changes, divide; do so for every entry.

    Parameters
    ----------
    f : function of an ndarray, returning a float
    x : ndarray of float64, any shape
        Where to measure. It is copied, not changed.
    h : float, default 1e-5
        How far to move.

    Returns
    -------
    ndarray
        Same shape as `x`: the slope of f along each entry.

    Raises
    ------
    TypeError
        If `x` is not a float64 array: in float32 the difference would be mostly rounding.

    Notes
    -----
    Central differences, ``(f(x + h) - f(x - h)) / 2h``: the error of the formula shrinks with h², the
    error of rounding grows with 1/h; in float64 the two meet near h = 1e-5 :cite:p:`higham2002`.

    Examples
    --------
    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    check_array("x", x)
    check_float64("x", x)
    check_positive(1e-5, h=h)
    moved = x.copy()
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        moved[i] = x[i] + h
        above = f(moved)
        moved[i] = x[i] - h
        gradient[i] = (above - f(moved)) / (2 * h)
        moved[i] = x[i]
    return gradient


def relative_error(a, b):
    """Divide the largest difference between two gradients by their largest entry.

    An entry that is exactly zero in both does no harm, as it would if every entry were divided by itself.

    Parameters
    ----------
    a, b : ndarray of float, one shape

    Returns
    -------
    float
        0 when equal, 2 when one is the negative of the other.

    Raises
    ------
    TypeError, ValueError
        If the two are not floating-point arrays of one shape.

    Examples
    --------
    >>> relative_error(np.array([3.0, 4.0]), np.array([3.0, 3.0]))
    0.25
    """
    check_array("a", a)
    check_same_shape("b", b, a.shape)
    largest = max(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(a - b).max() / largest) if largest else 0.0


class WeightedSum:
    """Add up all entries of a prediction, each with a weight of its own: a loss for layers that stand alone.

    A plain sum would hide mistakes: the rows of a softmax, for one, always sum to 1.

    Examples
    --------
    >>> WeightedSum().forward(np.array([[1.0, 1.0, 1.0]]))
    1.5
    """

    def forward(self, prediction, target=None):   # any shape -> float
        """Return the weighted sum; the weights run evenly from -1 to 2."""
        self.weights = np.linspace(-1, 2, prediction.size).reshape(prediction.shape)
        return float((self.weights * prediction).sum())

    def backward(self):
        """Return the weights: they are the gradient."""
        check_forward_ran(self, "weights")
        return self.weights


def check_gradients(layer, x, loss=None, target=None, tolerance=1e-6):
    """Hold every gradient that backward computes against the measured one, entry by entry.

    Parameters
    ----------
    layer : Layer
        A layer or a whole network, its parameters in float64. ``Layer()`` passes its input through, so
        ``check_gradients(Layer(), prediction, loss, target)`` checks a loss alone.
    x : ndarray of float64, shape (N, n_in)
        A batch. Keep it away from kinks: at the bend of a ReLU there is no slope to measure.
    loss : a loss, optional
        The default is a weighted sum of the output.
    target : ndarray, optional
        What the loss compares with.
    tolerance : float, default 1e-6
        The largest relative error that passes.

    Returns
    -------
    dict of float
        The relative error of the input's gradient, under "x", and of every parameter's.

    Raises
    ------
    AssertionError
        If a gradient is off by more than `tolerance`, and by more than rounding explains. Both are printed.
    TypeError
        If `x` or a parameter is not float64.
    ValueError
        If the layer gives another output each time, as `Dropout` does in training.

    Examples
    --------
    >>> from nnlib import Dense
    >>> layer = Dense(3, 2, rng=np.random.default_rng(0), dtype=np.float64)
    >>> errors = check_gradients(layer, np.random.default_rng(1).standard_normal((4, 3)))
    >>> [name for name, error in errors.items() if error < 1e-6]
    ['x', 'parameter 0 (3, 2)', 'parameter 1 (2,)']
    """
    check_measurable(layer, x, loss)
    check_repeatable(layer, x)
    loss = WeightedSum() if loss is None else loss
    loss.forward(layer.forward(x), target)
    computed = {"x": layer.backward(loss.backward())}
    measured = {"x": numerical_gradient(lambda moved: loss.forward(layer.forward(moved), target), x)}
    for i, parameter in enumerate(layer.parameters()):
        name = f"parameter {i} {parameter.data.shape}"
        computed[name] = parameter.grad
        measured[name] = _measure_parameter(parameter, lambda: loss.forward(layer.forward(x), target))
    errors = {name: relative_error(computed[name], measured[name]) for name in computed}
    for name, error in errors.items():
        check_agreement(name, error, tolerance, computed[name], measured[name])
    return errors


def _measure_parameter(parameter, loss):
    """Return the numerical gradient along one parameter, which is put back as it was."""
    data = parameter.data

    def loss_at(moved):
        parameter.data = moved
        return loss()

    try:
        return numerical_gradient(loss_at, data)
    finally:
        parameter.data = data


def check_measurable(layer, x, loss):
    """Raise unless the layer and the loss are objects, and all numbers are float64."""
    check_protocol("layer", layer, "forward backward parameters")
    if loss is not None:
        check_protocol("loss", loss, "forward backward")
    check_array("x", x)
    check_float64("x", x)
    for i, parameter in enumerate(layer.parameters()):
        check_float64(f"parameter {i}", parameter.data)


def check_repeatable(layer, x):
    """Raise if the layer gives another output for the same input: a slope between two draws of dice means nothing."""
    if not np.array_equal(layer.forward(x), layer.forward(x), equal_nan=True):
        raise ValueError(
            "expected the same output for the same input, got another: a layer draws random numbers. Call eval() on "
            "the network to check it without them; to check it with them, let every forward draw the same"
        )


def check_float64(name, array):
    """Raise unless `array` is float64, precise enough for measuring slopes."""
    if array.dtype != np.float64:
        raise TypeError(
            f"expected float64 {name}, got {array.dtype}: rounding would drown the slopes; "
            "arrays take .astype(np.float64), layers dtype=np.float64"
        )


def check_agreement(name, error, tolerance, computed, measured):
    """Raise if a computed gradient is further than `tolerance` from the measured one, showing both.

    Where gradients are small, as after long training, rounding alone parts the two by more. Up to 1e-4 it is
    believed to be that, where the difference is no larger than what rounding makes of a loss near 1.
    """
    drowned = np.abs(computed - measured).max() <= ROUNDING
    if error <= tolerance or (drowned and error <= 1e-4):
        return
    advice = "it is too small to be measured here: check with other weights" if drowned else "look at this backward"
    raise AssertionError(
        f"expected the gradient of {name} within {tolerance:g} of the measured one, got {error:.2g}; "
        f"{advice}\ncomputed:\n{computed}\nmeasured:\n{measured}"
    )
