"""From nnlib to PyTorch and Keras. The checks want NumPy alone."""

import math

import numpy as np

from nnlib import Optimizer, Parameter
from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write

rng = np.random.default_rng(28)
ARRAYS = [rng.standard_normal(shape).round(2) for shape in ((2, 3), (3,), (3, 3), (3,), (3, 4), (4,))]


def named(arrays, *, turned=True, step=2, order=("weight", "bias"), first=0):
    """The arrays by the names that PyTorch gives them, or by wrong ones."""
    state = {}
    for i, (W, b) in enumerate(zip(arrays[0::2], arrays[1::2])):
        pair = {"weight": W.T if turned else W, "bias": b}
        state |= {f"{first + step * i}.{part}": pair[part] for part in order}
    return state


def from_the_end(arrays):
    """The same, pair by pair from the last to the first."""
    state = {}
    for i in reversed(range(0, len(arrays), 2)):
        state = {f"{i}.weight": arrays[i].transpose(), f"{i}.bias": arrays[i + 1]} | state
    return state


def walk(answer, rates, momentum):
    """Where two parameters stand after steps at these rates."""
    parameters = [Parameter(np.zeros((2, 2))), Parameter(np.zeros(2))]
    optimizer, places = answer(parameters, rates[0], momentum), []
    if not (hasattr(optimizer, "step") and len(vars(optimizer)) > 2):
        return ...  # the stub keeps nothing of its own
    for t, lr in enumerate(rates):
        optimizer.lr = lr
        for parameter in parameters:
            parameter.grad = np.cos(t + np.arange(float(parameter.data.size))).reshape(parameter.data.shape)
        optimizer.step()
        places.append(np.concatenate([parameter.data.ravel() for parameter in parameters]))
    return places


class Unrolled:
    """Keras' momentum without a velocity: every step is worked out from all gradients and rates so far."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr, self.momentum, self.seen = parameters, lr, momentum, []

    def step(self):
        self.seen.append((self.lr, [parameter.grad for parameter in self.parameters]))
        for i, parameter in enumerate(self.parameters):
            for age, (lr, gradients) in enumerate(reversed(self.seen)):
                parameter.data = parameter.data - self.momentum**age * lr * gradients[i]


def momentum(*, inside=True, frozen=False, sign=1, keep=True, twice=False, fresh=1):
    class Mistaken(Optimizer):
        def __init__(self, parameters, lr, momentum):
            super().__init__(parameters, lr)
            self.first = lr
            self.momentum, self.velocities = momentum, [np.zeros_like(parameter.data) for parameter in parameters]

        def step(self):
            for i, parameter in enumerate(self.parameters):
                share = (self.first if frozen else self.lr) if inside else 1
                new = 1 - self.momentum if fresh is None else fresh
                self.velocities[i] = (self.momentum if keep else 0) * self.velocities[i] - new * share * parameter.grad
                rate = self.lr if twice or not inside else 1
                parameter.data = parameter.data + sign * rate * self.velocities[i]

    return Mistaken


def both_ways(W):
    """Whether a matrix multiplies alike turned and not turned; how many of its numbers differ; how many rows."""
    W = np.array(W, dtype=float)
    if W.ndim != 2 or W.shape[0] != W.shape[1]:
        return f"Expected as many rows as columns, got the shape {W.shape}. Else the mistake shows itself."
    X = np.arange(3.0 * len(W)).reshape(3, -1) ** 2
    return [bool(np.allclose(X @ W, X @ W.T)), len(np.unique(W)), len(W)]


def hidden_from_the_test(shown):
    if isinstance(shown, str):
        return shown
    alike, different, rows = shown
    if rows != 3:
        return f"Three rows and three columns are asked for. You have {rows}."
    if not alike:
        return "Turned, it gives other outputs, so the comparison finds the mistake. Which numbers change places?"
    return None if different >= 6 else f"It has {different} different numbers; at least 6 are asked for."


EXERCISES = [
    OnPaper(
        "28.1",
        start="A list of three numbers: rows, columns, and all numbers of the layer.",
        right=[10, 784, 7850],
        tolerance=1e-6,  # 785 is not 784
        wrong=[
            ([784, 10, 7850], "That is the shape in nnlib and in Keras. PyTorch keeps one row for each neuron."),
            ([10, 784, 7840], "The biases are numbers of the layer, too."),
            ([10, 785, 7850], "The bias is an array of its own, not one more column of `weight`."),
            ([10, 784, 8624], "A bias belongs to a neuron, not to an input: there are as many as outputs."),
        ],
        learned="One row a neuron, as in chapter 2 of this book.",
    ),
    OnPaper(
        "28.2",
        start="Scores between 0 and 1, ten of them: which give the lowest loss, and how low is it?",
        right=math.log(math.e + 9) - 1,
        tolerance=3e-3,  # 2.3 and 0.55 are known, too
        wrong=[
            (math.log(math.e + 2) - 1, "That is for three classes. How many terms has the sum for ten?"),
            (math.e / (math.e + 9), "That is the probability of the right class. The loss is minus its logarithm."),
            (1 - math.log(math.e + 9), "Minus the logarithm: no probability is above 1, so no loss is below 0."),
            (math.log(math.e + 10) - 1, "Ten classes: the right one, and how many others?"),
            (math.log(math.e + 9), "That is the logarithm of the sum. The score of the right class comes off it."),
            (math.log(10), "That is what a network gives that knows nothing. Here it is as sure as can be."),
            (0.0, "With one softmax, yes. The second one gets 1 and nine times 0, and makes probabilities of them."),
        ],
        learned="A loss that stops at 1.46 with ten classes has been through two softmaxes.",
    ),
    Write(
        "28.3",
        start="Take the arrays in pairs. The layers with weights are numbers 0, 2, 4, ..., since ReLUs count, too.",
        inputs=[(ARRAYS,), (ARRAYS[:2],), (ARRAYS[2:],)],
        right=from_the_end,
        wrong=[
            (lambda arrays: named(arrays, turned=False), "In PyTorch's `weight` there is one row for each neuron."),
            (lambda arrays: named(arrays, step=1), "A ReLU between two layers has a number, too, though no weights."),
            (lambda arrays: named(arrays, first=1, step=1), "PyTorch counts from 0, and it counts the ReLUs, too."),
            (lambda arrays: named(arrays, first=1), "PyTorch counts from 0."),
            (
                lambda arrays: named(arrays, order=("bias", "weight")),
                "First the weight, then the bias, layer by layer.",
            ),
        ],
        learned="`net.load_state_dict` takes this, as soon as each array has become a tensor.",
    ),
    Predict(
        "28.4",
        start="Type the word between quotes, in place of the `...`.",
        right="biases",
        choices={
            "weights": "A weight at 1 is charged alike by both: the page prints it. What else has a layer?",
            "biases": "PyTorch charges every box that it is handed, nnlib only the weights.",
            "neither": "For the weights that is so. But what else is in `net.parameters()`?",
        },
    ),
    Reach(
        "28.5",
        start="Type a list of three rows with three numbers each in place of the `...`.",
        show=both_ways,
        missing=hidden_from_the_test,
        wrong=[
            ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], "It hides the mistake, with two different numbers. Find one with six."),
            ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], "Its first row is 1, 2, 3, its first column 1, 4, 7: it shows."),
            ([[1, 2, 3], [2, 1, 2], [3, 2, 1]], "It hides the mistake, and has three different numbers. What is free?"),
        ],
        learned="A symmetric matrix is its own transpose. So compare with weights that look random.",
    ),
    Write(
        "28.6",
        start="In `__init__`: the momentum, and an array of zeros a parameter. In `step`: the two formulas of Keras.",
        inputs=[([0.1, 0.1, 0.1, 0.02, 0.02], 0.9), ([0.5, 0.2, 0.05, 0.3], 0.5)],
        right=Unrolled,
        use=walk,
        wrong=[
            (momentum(inside=False), "That is PyTorch's: after a change of the rate, old gradients get the new one."),
            (momentum(frozen=True), "It keeps the rate it began with. Look up `self.lr` anew in every step."),
            (momentum(sign=-1), "It walks uphill. The velocity has its minus inside, so it is added."),
            (momentum(keep=False), "Nothing is kept of the last velocity."),
            (momentum(twice=True), "The rate is in the velocity already, and you multiply by it again."),
            (momentum(fresh=None), "The gradient comes in whole, not with the share 1 - momentum."),
        ],
        learned="The old rate lives on in the velocity until the momentum has forgotten it.",
    ),
]
