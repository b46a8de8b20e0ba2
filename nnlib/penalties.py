"""The penalties: a charge on large weights, which ``fit`` adds to the gradients before each step.

Weights are charged, biases are not. A bias moves a neuron's kink and makes nothing steeper, and there are few of them.
"""

import math
import numbers

import numpy as np

from nnlib.optimizers import check_gradients_ready, check_parameters


class Penalty:
    """Charge every weight, and add the slope of the charge to its gradient: ``dw += strength · slope(w)``.

    A penalty of your own needs a `charge` and its `slope`.

    Parameters
    ----------
    strength : float
        What the charge is multiplied by, at least 0.

    Raises
    ------
    TypeError, ValueError
        If `strength` is out of its range, or there is no weight to charge.
    """

    def __init__(self, strength):
        check_strength(strength)
        self.strength = float(strength)           # NumPy's float64 would widen float32

    def value(self, parameters):
        """Return the charge on all weights, a number that adds to the loss.

        Parameters
        ----------
        parameters : list of Parameter

        Returns
        -------
        float
        """
        check_weights_among(parameters)
        return self.strength * sum(self.charge(parameter.data) for parameter in weights_among(parameters))

    def add_gradients(self, parameters):
        """Add the slope of the charge to the gradient of every weight.

        Parameters
        ----------
        parameters : list of Parameter
        """
        check_weights_among(parameters)
        check_gradients_ready(parameters)
        for parameter in weights_among(parameters):
            parameter.grad = parameter.grad + self.strength * self.slope(parameter.data)

    def charge(self, W):
        """Return the charge on the weights of one layer, at strength 1."""
        raise NotImplementedError(f"expected {type(self).__name__} to have a charge of its own")

    def slope(self, W):
        """Return the slope of the charge along each weight, at strength 1: an array like `W`."""
        raise NotImplementedError(f"expected {type(self).__name__} to have a slope of its own")

    def __repr__(self):
        return f"{type(self).__name__}({self.strength})"


class L2(Penalty):
    """Charge half the square of every weight: ``strength · Σ w² / 2``, so ``dw += strength · w``.

    Notes
    -----
    Plain SGD then shrinks every weight by a share of ``lr · strength`` in each step: weight decay
    :cite:p:`krogh1992`. Inside Adam the two differ; see `AdamW`.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> w = Parameter(np.array([[3.0, -4.0]]))
    >>> L2(0.1).value([w])
    1.25
    >>> w.grad = np.zeros((1, 2))
    >>> L2(0.1).add_gradients([w])
    >>> w.grad.round(6)
    array([[ 0.3, -0.4]])
    """

    def charge(self, W):
        """Return ``Σ w² / 2``."""
        return float((W**2).sum()) / 2

    def slope(self, W):
        """Return `W`."""
        return W


class L1(Penalty):
    """Charge the size of every weight: ``strength · Σ |w|``, so ``dw += strength · sign(w)``.

    Notes
    -----
    The pull towards 0 is as strong near it as far away: weights that the data does not hold end there
    :cite:p:`tibshirani1996`. At exactly 0, where ``|w|`` has a kink, the slope is taken to be 0.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> w = Parameter(np.array([[3.0, -4.0]]))
    >>> round(L1(0.1).value([w]), 6)
    0.7
    >>> w.grad = np.zeros((1, 2))
    >>> L1(0.1).add_gradients([w])
    >>> w.grad
    array([[ 0.1, -0.1]])
    """

    def charge(self, W):
        """Return ``Σ |w|``."""
        return float(np.abs(W).sum())

    def slope(self, W):
        """Return ``sign(w)`` of every weight."""
        return np.sign(W)


def weights_among(parameters):
    """Return the parameters that are weights: those of two or more dimensions. A bias has one.

    Parameters
    ----------
    parameters : list of Parameter

    Returns
    -------
    list of Parameter

    Examples
    --------
    >>> from nnlib import Dense
    >>> [weight.data.shape for weight in weights_among(Dense(2, 3, rng=np.random.default_rng(0)).parameters())]
    [(2, 3)]
    """
    return [parameter for parameter in parameters if parameter.data.ndim > 1]


def check_strength(strength):
    """Raise unless `strength` is a finite number, at least 0."""
    if not isinstance(strength, numbers.Real) or isinstance(strength, bool) or not 0 <= strength < math.inf:
        raise ValueError(f"expected strength of at least 0, got {strength!r}; try strength=0.001")


def check_weights_among(parameters):
    """Raise unless there is a weight to charge among the parameters."""
    check_parameters(parameters)
    if not weights_among(parameters):
        shapes = ", ".join(str(parameter.data.shape) for parameter in parameters)
        raise ValueError(f"expected weights to charge, of two or more dimensions, got parameters of shape {shapes}; "
                         "a penalty leaves biases, which have one, as they are")
