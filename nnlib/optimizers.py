"""The optimizers: ``step`` alone changes weights."""

import numpy as np

from nnlib.checks import check_fraction, check_gradients_ready, check_positive


class SGD:
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
        check_positive(lr=lr)
        check_fraction(momentum=momentum)
        self.parameters, self.lr, self.momentum = list(parameters), lr, momentum
        self.velocities = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def step(self):
        """Change every parameter once, by its present gradient."""
        check_gradients_ready(self.parameters)
        for i, parameter in enumerate(self.parameters):
            direction = parameter.grad
            if self.momentum:
                direction = self.velocities[i] = self.momentum * self.velocities[i] + parameter.grad
            parameter.data -= self.lr * direction
