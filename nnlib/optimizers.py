"""The optimizers: ``step`` alone changes weights.

What an optimizer's constructor takes is a setting. All else that it keeps, a number or a list with one array
a parameter, is its memory: `save_weights` stores it, so that training can go on another day.
"""

import numpy as np

from nnlib.checks import check_fraction, check_positive, check_protocol


class Optimizer:
    """Move every parameter a small step against a direction: ``w -= lr · direction``.

    An optimizer of your own needs a `direction`; the gradient itself is the simplest.

    Parameters
    ----------
    parameters : list of Parameter
        What to change, usually ``model.parameters()``.
    lr : float
        The learning rate, above 0. It may be changed between steps.

    Raises
    ------
    TypeError, ValueError
        If `parameters` is anything but a list of different parameters, or `lr` is out of its range.
    """

    def __init__(self, parameters, lr):
        check_positive(0.1, lr=lr)
        check_parameters(parameters)
        self.parameters, self.lr = list(parameters), lr

    def step(self):
        """Change every parameter once, by its present gradient."""
        check_gradients_ready(self.parameters)
        for i, parameter in enumerate(self.parameters):
            direction = self.direction(i, parameter)
            parameter.data -= float(self.lr) * direction    # NumPy's float64 would widen float32

    def direction(self, i, parameter):
        """Return the direction that the i-th parameter moves against.

        Parameters
        ----------
        i : int
            Its place in `parameters`: whatever an optimizer remembers, it remembers by place.
        parameter : Parameter

        Returns
        -------
        ndarray, shape of the parameter
        """
        return parameter.grad


class SGD(Optimizer):
    """Move every parameter a small step against its gradient: ``w -= lr · dw``.

    With momentum, the step follows a running sum of past gradients, each older one weighted down once
    more: ``v = momentum · v + dw``, then ``w -= lr · v``.

    Parameters
    ----------
    parameters, lr
        See `Optimizer`.
    momentum : float, default 0
        From 0 up to but not including 1.

    Notes
    -----
    Gradient descent: :cite:t:`cauchy1847`. Momentum ("heavy ball"): :cite:t:`polyak1964`, in PyTorch's form.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> w.grad = np.array([0.5])
    >>> SGD([w], lr=0.1).step()
    >>> w.data
    array([0.95])
    """

    def __init__(self, parameters, lr, momentum=0.0):
        check_fraction(momentum=momentum)
        super().__init__(parameters, lr)
        self.momentum = float(momentum)           # NumPy's float64 would widen float32
        self.velocities = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def direction(self, i, parameter):
        """Return the gradient, or with momentum the running sum ``v = momentum · v + dw``."""
        if not self.momentum:
            return parameter.grad
        self.velocities[i] = self.momentum * self.velocities[i] + parameter.grad
        return self.velocities[i]


def check_parameters(parameters):
    """Raise unless `parameters` is a list of different parameters, and not empty."""
    if not isinstance(parameters, (list, tuple)):
        raise TypeError(f"expected a list of parameters, got {type(parameters).__name__}; {_as_list(parameters)}")
    if not parameters:
        raise ValueError(
            "expected parameters to change, got an empty list; did you mean model.parameters()? "
            "A network without a Dense layer has none"
        )
    for parameter in parameters:
        if not (hasattr(parameter, "data") and hasattr(parameter, "grad")):
            raise TypeError(
                f"expected a list of parameters, got {type(parameter).__name__} in it; "
                "an array becomes one by Parameter(array), a network lists its own by model.parameters()"
            )
    if len(set(map(id, parameters))) < len(parameters):
        raise ValueError("expected different parameters, got one of them twice: every step would move it twice")


def _as_list(parameters):
    """Return how to make a list of what was given instead."""
    if callable(getattr(parameters, "parameters", None)):
        return "did you mean model.parameters()?"
    if callable(parameters):
        return "call it: model.parameters()"
    return f"did you mean {'list(parameters)' if hasattr(parameters, '__iter__') else '[parameter]'}?"


def check_gradients_ready(parameters):
    """Raise unless every parameter has a gradient to descend, of its own shape and dtype."""
    for i, parameter in enumerate(parameters):
        data, grad = parameter.data, parameter.grad
        if isinstance(grad, np.ndarray) and grad.shape == data.shape and grad.dtype == data.dtype:
            continue
        got = f"{grad.dtype} of shape {grad.shape}" if isinstance(grad, np.ndarray) else type(grad).__name__
        fix = "did you call backward first, and does it fill this one?" if grad is None else "look at its backward"
        raise (RuntimeError if grad is None else ValueError)(
            f"expected the gradient of parameter {i} before step, {data.dtype} of shape {data.shape}, got {got}; {fix}"
        )


def check_optimizer(optimizer, model):
    """Raise unless the optimizer changes every parameter of this very model, and nothing else."""
    check_protocol("optimizer", optimizer, "step")
    if not isinstance(getattr(optimizer, "parameters", None), list):
        raise TypeError(
            "expected an optimizer with a list named parameters, which says what it changes, "
            f"got {type(optimizer).__name__} without; did you mean class {type(optimizer).__name__}(Optimizer)?"
        )
    own, held = model.parameters(), set(map(id, optimizer.parameters))
    missing = [f"{i} {parameter.data.shape}" for i, parameter in enumerate(own) if id(parameter) not in held]
    again = f"make it once the network is complete: {type(optimizer).__name__}(model.parameters(), ...)"
    if missing and len(missing) == len(own):
        raise ValueError(f"expected this network's optimizer, got one that holds none of its parameters; {again}")
    if missing:
        raise ValueError(
            f"expected an optimizer for all parameters of the network, got one that would leave {', '.join(missing)} "
            f"as they are; was a layer added later? {again}. To keep the first layers as they are on purpose, "
            "train a network of the others on what the first ones predict"
        )
    if len(held) > len(own):
        raise ValueError(f"expected an optimizer for this network alone, got one that changes others, too; {again}")
