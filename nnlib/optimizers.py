"""The optimizers: ``step`` alone changes weights."""

import numpy as np

from nnlib.checks import check_fraction, check_gradients_ready, check_positive


class Optimizer:
    """Move every parameter a small step along a direction: ``w -= lr · direction``.

    An optimizer of your own needs a `direction`; the gradient itself is the simplest.

    Parameters
    ----------
    parameters : list of Parameter
        What to change, usually ``model.parameters()``.
    lr : float
        The learning rate, above 0. It may be changed between steps.

    Raises
    ------
    ValueError
        If `lr` is out of its range.
    """

    def __init__(self, parameters, lr):
        check_positive(lr=lr)
        self.parameters, self.lr = list(parameters), lr

    def step(self):
        """Change every parameter once, by its present gradient."""
        check_gradients_ready(self.parameters)
        for i, parameter in enumerate(self.parameters):
            parameter.data -= self.lr * self.direction(i, parameter)

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
    parameters : list of Parameter
        What to change, usually ``model.parameters()``.
    lr : float
        The learning rate, above 0.
    momentum : float, default 0
        From 0 up to but not including 1.

    Raises
    ------
    ValueError
        If `lr` or `momentum` is out of its range.

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
        self.momentum = momentum
        self.velocities = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def direction(self, i, parameter):
        """Return the gradient, or with momentum the running sum ``v = momentum · v + dw``."""
        if not self.momentum:
            return parameter.grad
        self.velocities[i] = self.momentum * self.velocities[i] + parameter.grad
        return self.velocities[i]
