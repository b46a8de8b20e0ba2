"""The optimizers: ``step`` alone changes weights; and what is done to a learning rate or a gradient before it.

What an optimizer's constructor takes is a setting. All else that it keeps, a number or a list with one array
a parameter, is its memory: `save_weights` stores it, so that training can go on another day.
"""

import math
import numbers

import numpy as np

from nnlib.bits import round_to_grid
from nnlib.checks import check_count, check_fraction, check_positive, check_protocol


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
    more: ``v = momentum · v + dw``, then ``w -= lr · v``. Nesterov's form is a step ahead of it, by the
    speed that will be kept: ``w -= lr · (dw + momentum · v)``.

    Parameters
    ----------
    parameters, lr
        See `Optimizer`.
    momentum : float, default 0
        From 0 up to but not including 1.
    nesterov : bool, default False
        Look ahead; needs a momentum above 0.

    Notes
    -----
    Gradient descent: :cite:t:`cauchy1847`. Momentum ("heavy ball"): :cite:t:`polyak1964`, in PyTorch's form.
    Looking ahead: :cite:t:`nesterov1983`, as a form of momentum :cite:t:`sutskever2013`.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> w.grad = np.array([0.5])
    >>> SGD([w], lr=0.1).step()
    >>> w.data
    array([0.95])
    """

    def __init__(self, parameters, lr, momentum=0.0, nesterov=False):
        check_fraction(momentum=momentum)
        check_nesterov(nesterov, momentum)
        super().__init__(parameters, lr)
        self.momentum = float(momentum)           # NumPy's float64 would widen float32
        self.nesterov = nesterov
        self.velocities = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def direction(self, i, parameter):
        """Return the gradient, or with momentum the running sum ``v = momentum · v + dw``, or what is ahead of it."""
        if not self.momentum:
            return parameter.grad
        self.velocities[i] = self.momentum * self.velocities[i] + parameter.grad
        if self.nesterov:
            return parameter.grad + self.momentum * self.velocities[i]
        return self.velocities[i]


class AdaGrad(Optimizer):
    """Divide every gradient by the root of the sum of its past squares: ``s += dw²``, ``w -= lr · dw / (√s + eps)``.

    Every entry gets a step size of its own, which only ever shrinks.

    Parameters
    ----------
    parameters, lr
        See `Optimizer`.
    eps : float, default 1e-10
        Above 0; keeps an entry whose gradient has always been 0 from 0 / 0.

    Notes
    -----
    :cite:t:`duchi2011`; the place of `eps` and its default are PyTorch's.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> w = Parameter(np.array([1.0, 1.0]))
    >>> w.grad = np.array([500.0, 0.5])
    >>> AdaGrad([w], lr=0.1).step()
    >>> w.data
    array([0.9, 0.9])
    """

    def __init__(self, parameters, lr, eps=1e-10):
        check_positive(1e-10, eps=eps)
        super().__init__(parameters, lr)
        self.eps = float(eps)
        self.squares = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def direction(self, i, parameter):
        """Return the gradient divided by the root of the sum of all its squares so far."""
        self.squares[i] = self.squares[i] + parameter.grad**2
        return parameter.grad / (np.sqrt(self.squares[i]) + self.eps)


class RMSprop(Optimizer):
    """Divide every gradient by the root of a running mean of its squares: `AdaGrad` that forgets.

    ``s = alpha · s + (1 − alpha) · dw²``, then ``w -= lr · dw / (√s + eps)``.

    Parameters
    ----------
    parameters, lr
        See `Optimizer`.
    alpha : float, default 0.99
        How much of the mean is kept at each step, from 0 up to but not including 1.
    eps : float, default 1e-8
        Above 0; keeps an entry whose gradient has always been 0 from 0 / 0.

    Notes
    -----
    :cite:t:`tieleman2012`, a slide of a lecture; names and defaults are PyTorch's.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> w = Parameter(np.array([1.0, 1.0]))
    >>> w.grad = np.array([500.0, 0.5])
    >>> RMSprop([w], lr=0.1, alpha=0.75).step()         # the mean begins at 0: the first step is twice as long
    >>> w.data.round(6)
    array([0.8, 0.8])
    """

    def __init__(self, parameters, lr, alpha=0.99, eps=1e-8):
        check_fraction(alpha=alpha)
        check_positive(1e-8, eps=eps)
        super().__init__(parameters, lr)
        self.alpha, self.eps = float(alpha), float(eps)
        self.squares = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def direction(self, i, parameter):
        """Return the gradient divided by the root of the running mean of its squares."""
        self.squares[i] = self.alpha * self.squares[i] + (1 - self.alpha) * parameter.grad**2
        return parameter.grad / (np.sqrt(self.squares[i]) + self.eps)


class Adam(Optimizer):
    """Divide a running mean of the gradient by the root of a running mean of its squares: momentum and `RMSprop`.

    ``m = β₁ · m + (1 − β₁) · dw`` and ``s = β₂ · s + (1 − β₂) · dw²``. Both begin at 0, and after t steps a
    share βᵗ of that 0 is still in them; so each is divided by ``1 − βᵗ``. Then ``w -= lr · m / (√s + eps)``.

    Parameters
    ----------
    parameters, lr
        See `Optimizer`.
    betas : (float, float), default (0.9, 0.999)
        How much of the two means is kept at each step, each from 0 up to but not including 1.
    eps : float, default 1e-8
        Above 0; keeps an entry whose gradient has always been 0 from 0 / 0.

    Notes
    -----
    :cite:t:`kingma2014`, algorithm 1.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> w = Parameter(np.array([1.0, 1.0]))
    >>> w.grad = np.array([500.0, 0.5])
    >>> Adam([w], lr=0.1).step()
    >>> w.data.round(6)
    array([0.9, 0.9])
    """

    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        check_betas(betas)
        check_positive(1e-8, eps=eps)
        super().__init__(parameters, lr)
        self.betas, self.eps = [float(beta) for beta in betas], float(eps)
        self.zero1, self.zero2 = 1.0, 1.0         # β₁ᵗ and β₂ᵗ; a power may differ in its last bit, a product may not
        self.means = [np.zeros_like(parameter.data) for parameter in self.parameters]
        self.squares = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def step(self):
        """Change every parameter once, by its present gradient."""
        check_gradients_ready(self.parameters)
        beta1, beta2 = self.betas
        self.zero1, self.zero2 = beta1 * self.zero1, beta2 * self.zero2
        super().step()

    def direction(self, i, parameter):
        """Return the mean gradient divided by the root of the mean square, both freed of the 0 they began with."""
        beta1, beta2 = self.betas
        self.means[i] = beta1 * self.means[i] + (1 - beta1) * parameter.grad
        self.squares[i] = beta2 * self.squares[i] + (1 - beta2) * parameter.grad**2
        mean = self.means[i] / (1 - self.zero1)
        square = self.squares[i] / (1 - self.zero2)
        return mean / (np.sqrt(square) + self.eps)


class AdamW(Adam):
    """Step as `Adam` does, and shrink every weight by the same share: ``w -= lr · (Adam's direction + decay · w)``.

    Parameters
    ----------
    parameters, lr, betas, eps
        See `Adam`.
    weight_decay : float, default 0.01
        At least 0. A step takes ``lr · weight_decay`` of every weight away, and of every bias.

    Notes
    -----
    :cite:t:`loshchilov2019`, in PyTorch's form, where the decay is multiplied by `lr`.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> w = Parameter(np.array([1.0, 1.0]))
    >>> w.grad = np.array([0.5, 0.0])
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.data.round(6)
    array([0.85, 0.95])
    """

    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        check_decay(weight_decay)
        super().__init__(parameters, lr, betas, eps)
        self.weight_decay = float(weight_decay)

    def direction(self, i, parameter):
        """Return Adam's direction and, beside it, the weight times its decay."""
        return super().direction(i, parameter) + self.weight_decay * parameter.data


class Scheduled(Optimizer):
    """Let another optimizer step, each time with a learning rate of that step: ``lr · schedule(step)``.

    The step is that of the optimizer, not the epoch; the first has number 0.

    Parameters
    ----------
    optimizer : Optimizer
        Its `lr` becomes the full rate, which `Scheduled` keeps; `optimizer.lr` is then that of the last step.
    schedule : function of int, returning float
        The share of the full rate, at least 0: `cosine`, `step_decay`, `warm_up`, a product of them, or your own.

    Notes
    -----
    PyTorch's ``LambdaLR``. `save_weights` stores what the optimizer remembers, and the number of steps made.

    Examples
    --------
    >>> from nnlib import SGD, Parameter
    >>> w = Parameter(np.array([1.0]))
    >>> optimizer = Scheduled(SGD([w], lr=0.1), lambda step: warm_up(step, 2))
    >>> for _ in range(3):
    ...     w.grad = np.array([1.0])
    ...     optimizer.step()
    ...     print(optimizer.optimizer.lr, w.data.round(6))
    0.05 [0.95]
    0.1 [0.85]
    0.1 [0.75]
    """

    def __init__(self, optimizer, schedule):
        check_schedulable(optimizer, schedule)
        super().__init__(optimizer.parameters, optimizer.lr)
        self.optimizer, self.schedule, self.steps = optimizer, schedule, 0

    def step(self):
        """Set the learning rate of this step, and let the optimizer step."""
        share = self.schedule(self.steps)
        check_share(share, self.steps)
        self.optimizer.lr = self.lr * share
        self.optimizer.step()
        self.steps += 1


def cosine(step, steps):
    """Fall from 1 to 0 along half a wave: ``(1 + cos(π · step / steps)) / 2``, and stay at 0.

    Parameters
    ----------
    step : int
        From 0.
    steps : int
        How many steps the fall takes.

    Returns
    -------
    float

    Notes
    -----
    :cite:t:`loshchilov2017`, without restarts. Rounded to a multiple of 2⁻²⁴, since machines differ in a cosine.

    Examples
    --------
    >>> [round(cosine(step, 4), 4) for step in range(6)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    """
    check_count(steps=steps)
    wave = math.cos(math.pi * min(step / steps, 1))
    return float(round_to_grid((1 + wave) / 2))


def step_decay(step, every, gamma=0.1):
    """Multiply by `gamma` after every so many steps: ``gamma ** (step // every)``.

    Parameters
    ----------
    step : int
        From 0.
    every : int
        Steps between two drops.
    gamma : float, default 0.1
        Above 0 and at most 1.

    Returns
    -------
    float

    Examples
    --------
    >>> [step_decay(step, every=2, gamma=0.5) for step in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    check_count(every=every)
    check_gamma(gamma)
    return math.prod([float(gamma)] * (step // every), start=1.0)    # a power may differ in its last bit


def warm_up(step, steps):
    """Rise from ``1 / steps`` to 1 along a straight line: ``(step + 1) / steps``, and stay at 1.

    Parameters
    ----------
    step : int
        From 0.
    steps : int
        How many steps the rise takes.

    Returns
    -------
    float

    Notes
    -----
    :cite:t:`goyal2017`. It is multiplied with what comes after it.

    Examples
    --------
    >>> [warm_up(step, 4) for step in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    >>> [round(warm_up(step, 2) * cosine(step, 4), 4) for step in range(5)]
    [0.5, 0.8536, 0.5, 0.1464, 0.0]
    """
    check_count(steps=steps)
    return min((step + 1) / steps, 1.0)


def clip_gradients(parameters, norm):
    """Shorten the gradient, all parameters' together, to length `norm` if it is longer: ``dw · norm / length``.

    It keeps its direction. Call it between backward and step.

    Parameters
    ----------
    parameters : list of Parameter
    norm : float
        The greatest length allowed, above 0.

    Returns
    -------
    float
        The length before: the root of the sum of all squares.

    Raises
    ------
    FloatingPointError
        If the gradient holds NaN or is too long to be measured.

    Notes
    -----
    :cite:t:`pascanu2013`.

    Examples
    --------
    >>> from nnlib import Parameter
    >>> v, w = Parameter(np.zeros(1)), Parameter(np.zeros(1))
    >>> v.grad, w.grad = np.array([3.0]), np.array([4.0])
    >>> clip_gradients([v, w], norm=1), v.grad, w.grad
    (5.0, array([0.6]), array([0.8]))
    """
    check_positive(1.0, norm=norm)
    check_parameters(parameters)
    check_gradients_ready(parameters)
    length = math.sqrt(sum(float((parameter.grad**2).sum()) for parameter in parameters))
    check_length(length)
    for parameter in parameters:
        parameter.grad = parameter.grad * (float(norm) / max(length, float(norm)))
    return length


def check_nesterov(nesterov, momentum):
    """Raise if there is no speed to look ahead with."""
    if nesterov and not momentum:
        raise ValueError("expected a momentum above 0 with nesterov, got 0: nothing to look ahead by; try momentum=0.9")


def check_betas(betas):
    """Raise unless `betas` are two numbers from 0 up to but not including 1."""
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise ValueError(f"expected betas as two numbers, got {betas!r}; try betas=(0.9, 0.999)")
    check_fraction(beta1=betas[0], beta2=betas[1])


def check_decay(weight_decay):
    """Raise unless `weight_decay` is a finite number, at least 0."""
    if not isinstance(weight_decay, numbers.Real) or not 0 <= weight_decay < math.inf:
        raise ValueError(f"expected weight_decay of at least 0, got {weight_decay!r}; try weight_decay=0.01")


def check_schedulable(optimizer, schedule):
    """Raise unless the one is an optimizer with a rate to change, and the other a function."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"expected an optimizer first, got {type(optimizer).__name__}; "
                        "a schedule goes around one: Scheduled(SGD(model.parameters(), lr=0.1), schedule)")
    if not callable(schedule):
        raise TypeError(f"expected schedule as a function of the step, got {schedule!r}; "
                        "try lambda step: cosine(step, 1000)")


def check_share(share, step):
    """Raise unless what a schedule returned is a finite number, at least 0."""
    if not isinstance(share, numbers.Real) or not 0 <= share < math.inf:
        raise ValueError(f"expected the schedule to return a share of lr, at least 0, got {share!r} at step {step}")


def check_gamma(gamma):
    """Raise unless `gamma` is above 0 and at most 1."""
    if not isinstance(gamma, numbers.Real) or not 0 < gamma <= 1:
        raise ValueError(f"expected gamma above 0 and at most 1, got {gamma!r}; try gamma=0.1")


def check_length(length):
    """Raise unless a gradient has a length."""
    if not math.isfinite(length):
        raise FloatingPointError(f"expected a gradient of finite length, got {length}: training has blown up; "
                                 "start from fresh weights with a lower learning rate")


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
    kind = type(getattr(optimizer, "optimizer", optimizer)).__name__     # a schedule is around another one
    again = f"make it once the network is complete: {kind}(model.parameters(), ...)"
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
