"""Optimizers."""

import math

import numpy as np

from nnlib import SGD, Optimizer, Parameter
from nnlib.exercises.kinds import OnPaper, Reach, Write

rng = np.random.default_rng(18)
GRADIENTS = [(rng.standard_normal((2, 3)).round(2), rng.standard_normal(2).round(2)) for _ in range(4)]


def walk(answer, lr, beta1, beta2, eps):
    """Where two parameters stand after each of four steps."""
    parameters = [Parameter(np.zeros((2, 3))), Parameter(np.zeros(2))]
    optimizer, places = answer(parameters, lr, betas=(beta1, beta2), eps=eps), []
    if not hasattr(optimizer, "step"):
        return ...
    for gradients in GRADIENTS:
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient.copy()
        optimizer.step()
        places.append(np.concatenate([parameter.data.ravel() for parameter in parameters]))
    return places


class AtOnce:
    """Adam without anything kept: every mean is worked out from all gradients so far."""

    def __init__(self, parameters, lr, betas, eps):
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.seen = [[] for _ in parameters]

    def step(self):
        for parameter, seen in zip(self.parameters, self.seen):
            seen.append(parameter.grad)
            mean = self.mean(seen, self.betas[0])
            square = self.mean([gradient**2 for gradient in seen], self.betas[1])
            parameter.data -= self.lr * mean / (np.sqrt(square) + self.eps)

    def mean(self, values, beta):
        weights = [beta ** (len(values) - k - 1) for k in range(len(values))]
        return sum(weight * value for weight, value in zip(weights, values)) / sum(weights)


def adam(*, correct=(1, 1), swap=False, root=np.sqrt, inside=False, sign=1, count_each=False, whole=False):
    """Adam with a mistake."""

    class Mistaken(Optimizer):
        def __init__(self, parameters, lr, betas, eps):
            super().__init__(parameters, lr)
            self.betas, self.eps, self.steps = betas[::-1] if swap else betas, eps, 0
            self.means, self.squares = [0.0] * len(parameters), [0.0] * len(parameters)

        def step(self):
            self.steps += not count_each
            super().step()

        def direction(self, i, parameter):
            beta1, beta2 = self.betas
            self.steps += count_each
            self.means[i] = beta1 * self.means[i] + (1 if whole else 1 - beta1) * parameter.grad
            self.squares[i] = beta2 * self.squares[i] + (1 if whole else 1 - beta2) * parameter.grad**2
            mean = self.means[i] / (1 - correct[0] * beta1**self.steps)
            square = self.squares[i] / (1 - correct[1] * beta2**self.steps)
            return sign * mean / (np.sqrt(square + self.eps) if inside else root(square) + self.eps)

    return Mistaken


def shares(answer, step, warm, steps, floor):
    found = [answer(one, warm, steps, floor) for one in step]
    return ... if ... in found else found


def schedule(*, begin=1, late=True, floor=None, stay=True):
    def share(step, warm, steps, lowest):
        lowest = lowest if floor is None else floor
        if step < warm:
            return (step + begin) / warm
        part = (step - warm) / (steps - warm) if late else step / steps
        return lowest + (1 - lowest) * (1 + math.cos(math.pi * (min(part, 1) if stay else part))) / 2

    return share


def squared_wave(step, warm, steps, floor):
    part = min(max(step - warm, 0) / (steps - warm), 1)
    return min((step + 1) / warm, floor + (1 - floor) * math.cos(math.pi / 2 * part) ** 2)


def clip(gradients, norm):
    """A list of gradients, shortened together."""
    whole = np.concatenate([gradient.ravel() for gradient in gradients])
    factor = min(1.0, norm / np.linalg.norm(whole))
    return [factor * gradient for gradient in gradients]


def one_by_one(gradients, norm):
    return [gradient * (norm / max(np.linalg.norm(gradient), norm)) for gradient in gradients]


def always(gradients, norm):
    length = math.sqrt(sum((gradient**2).sum() for gradient in gradients))
    return [gradient * norm / length for gradient in gradients]


def squared(gradients, norm):
    length = sum((gradient**2).sum() for gradient in gradients)
    return [gradient * (norm / max(length, norm)) for gradient in gradients]


def each_entry(gradients, norm):
    return [np.clip(gradient, -norm, norm) for gradient in gradients]


def lengths_added(gradients, norm):
    length = sum(np.linalg.norm(gradient) for gradient in gradients)
    return [gradient * (norm / max(length, norm)) for gradient in gradients]


PAIR = [np.array([[3.0, -1.0], [0.5, 2.0]]), np.array([0.4, -0.2])]


def last_steps(gradients):
    """The last step of AdaGrad and of RMSprop with alpha 0.9, both at a rate of 1; how many gradients, and the last."""
    numbers = np.array(gradients, dtype=float)
    if numbers.ndim != 1 or not 2 <= numbers.size <= 200:
        return f"Expected a list of 2 to 200 numbers, got the shape {numbers.shape}."
    if np.any(numbers < 1) or numbers[-1] != 1:
        return "No gradient is below 1, and the last one is 1."
    mean = 0.0
    for number in numbers:
        mean = 0.9 * mean + 0.1 * number**2
    return [float(1 / np.sqrt((numbers**2).sum())), float(1 / np.sqrt(mean))]


def not_stalled(shown):
    if isinstance(shown, str):
        return shown
    adagrad, rmsprop = shown
    if adagrad > 0.001:
        return f"AdaGrad's last step is {adagrad:.4f}. It should be below 0.001."
    return f"RMSprop's last step is {rmsprop:.4f}. It should be above 0.5." if rmsprop < 0.5 else None


def rates(answer, losses, patience, factor):
    """The learning rate after each of these losses."""
    optimizer = SGD([Parameter(np.zeros(1))], lr=0.8)
    plateau, seen = answer(optimizer, patience, factor), []
    if not (hasattr(plateau, "look") and vars(plateau)):
        return ...  # the stub keeps nothing
    for loss in losses:
        plateau.look(loss)
        seen.append(optimizer.lr)
    return seen


class Backwards:
    """By looking back: is the lowest loss older than it may be, and the last change, too?"""

    def __init__(self, optimizer, patience, factor):
        self.optimizer, self.patience, self.factor, self.losses, self.changed = optimizer, patience, factor, [], 0

    def look(self, loss):
        self.losses.append(loss)
        lowest = self.losses.index(min(self.losses)) + 1
        if len(self.losses) - max(lowest, self.changed) >= self.patience:
            self.optimizer.lr, self.changed = self.optimizer.lr * self.factor, len(self.losses)


def plateau(*, against_last=False, anew=True, reset=True, equal=False, extra=0):
    class Plateau:
        def __init__(self, optimizer, patience, factor):
            self.optimizer, self.patience, self.factor = optimizer, patience, factor
            self.lowest, self.waited = math.inf, 0

        def look(self, loss):
            if loss < self.lowest or equal and loss == self.lowest:
                self.lowest, self.waited = loss, 0 if reset else self.waited
            else:
                self.waited += 1
            if against_last:
                self.lowest = loss
            if self.waited >= self.patience + extra:
                self.optimizer.lr *= self.factor
                self.waited = 0 if anew else self.waited

    return Plateau


LOSSES = [2.0, 1.5, 1.7, 1.6, 1.2, 1.3, 1.2, 1.25, 1.22, 1.21, 1.0, 1.1, 1.05, 0.9, 0.95, 0.92, 0.94, 0.96, 0.97]
CLIPPING = "Print what becomes of a long gradient and a short one. Which way do both together point now?"

EXERCISES = [
    OnPaper(
        "18.1",
        start="Type the length of the second step in place of the `...`.",
        right=0.8,
        wrong=[
            (1.0, "That is the first step. In the second one the sum has a past."),
            (4 / 7, "The sum is one of squares, and the root is taken of it. You have added the gradients."),
            (4 / 25, "The root is missing: the sum of the squares has been divided by as it is."),
            (0.6, "On top stands the gradient of now, the second."),
            (4.0, "That is how far SGD would go. What does AdaGrad divide by?"),
        ],
        learned="Only how a gradient compares with its past is left: 30 and 40 would have given the same.",
    ),
    Write(
        "18.2",
        start="In `__init__`: settings, and two arrays of zeros a parameter. In `direction`: two means, two "
        "corrections, one division.",
        inputs=[(0.1, 0.7, 0.9, 0.5), (0.3, 0.5, 0.8, 0.01)],
        right=AtOnce,
        use=walk,
        wrong=[
            (adam(correct=(0, 0)), "Nothing is corrected: both means begin at 0, and the first steps tell."),
            (adam(correct=(0, 1)), "The mean of the squares is corrected, the mean of the gradients is not."),
            (adam(correct=(1, 0)), "The mean of the gradients is corrected, the mean of the squares is not."),
            (adam(count_each=True), "You count a step for every parameter. All of them take the same step."),
            (adam(swap=True), "Which beta is whose? The first belongs to the gradients, the second to the squares."),
            (adam(root=lambda square: square), "You divide by the mean square. Its root has the gradient's own unit."),
            (adam(inside=True), "The eps stands under the root. Here it is added to the root."),
            (adam(sign=-1), "It walks uphill. `Optimizer.step` already moves against what `direction` returns."),
            (adam(whole=True), "A sum that fades is no mean: what is new gets the share 1 - beta."),
        ],
        learned="Two running means, two corrections, one division: you need no framework for Adam.",
    ),
    Write(
        "18.3",
        start=CLIPPING,
        inputs=[(PAIR, 1.0), (PAIR, 100.0), ([4 * PAIR[0], PAIR[1], PAIR[1] + 2], 2.0)],
        right=clip,
        wrong=[
            (one_by_one, CLIPPING),
            (always, "Now short gradients become longer. A limit is only for what is above it."),
            (squared, "You compare the square of the length with the limit."),
            (each_entry, "Each entry by itself: so the large ones lose most, and the direction turns again."),
            (lengths_added, "Lengths of parts don't add up: 3 and 4, at right angles, are 5. What does add up?"),
        ],
        again="It is in lines 2 to 5: whose length is measured?",
        learned="One length for all, one factor for all: the direction stays.",
    ),
    Write(
        "18.4",
        start="Two cases: below `warm` a straight line, from there on half a wave between 1 and the floor.",
        inputs=[([0, 1, 2, 3, 4, 8, 9, 10, 12], 3, 10, 0.1), ([0, 2, 3, 4, 5, 7, 9, 20], 4, 9, 0.25)],
        right=squared_wave,
        use=shares,
        wrong=[
            (
                schedule(begin=0),
                "Your first share is 0: a step that goes nowhere. `warm_up` begins at 1/warm.",
            ),
            (schedule(late=False), "The wave has begun while you warmed up. It starts at 1, when the warm-up is over."),
            (schedule(floor=0.0), "Your wave runs down to 0. Where is the floor?"),
            (schedule(stay=False), "After the last step your rate rises again. Keep it on the floor."),
            (
                lambda step, warm, steps, floor: max(schedule(floor=0.0)(step, warm, steps, floor), floor),
                "You cut the wave off at the floor. It should be squeezed in between 1 and the floor.",
            ),
        ],
        learned="A schedule is a function from the step to a share, and `Scheduled` does the rest.",
    ),
    Reach(
        "18.5",
        start="Type a list of gradients in place of the `...`: at most 200, none below 1, the last one 1.",
        show=last_steps,
        missing=not_stalled,
        wrong=[
            ([1] * 200, "AdaGrad tires, but slowly: 200 small gradients are not enough. What would make its sum huge?"),
            ([1000, 1], "AdaGrad has stalled. RMSprop hasn't forgotten the shock yet: give it time."),
            ([1000] + [1] * 20, "RMSprop forgets a tenth in each step, and a million takes more than twenty of them."),
            ([100] + [1] * 150, "RMSprop has forgotten it. But for AdaGrad this was not shock enough."),
        ],
        learned="One bad batch, and AdaGrad never takes a proper step again. RMSprop gets over it.",
    ),
    Write(
        "18.6",
        start="Keep the lowest loss so far, and how many losses in a row have not been below it.",
        inputs=[(LOSSES, 3, 0.5), (LOSSES, 2, 0.1)],
        right=Backwards,
        use=rates,
        wrong=[
            (plateau(against_last=True), "You compare with the loss before. Compare with the lowest of all so far."),
            (plateau(anew=False), "After the first cut you cut again at every look. Count anew after a cut."),
            (plateau(reset=False), "A new lowest loss should set your count back to 0."),
            (plateau(equal=True), "A loss that is as low as the lowest is not below it."),
            (plateau(extra=1), "One look too late: with a patience of 3 the third loss in vain brings the cut."),
        ],
        learned="A schedule that listens: it lowers the rate when the loss asks for it, not when the clock says so.",
    ),
]
