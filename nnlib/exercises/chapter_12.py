"""Backpropagation in layers."""

import math

import numpy as np

from nnlib.exercises.kinds import Reach, Write
from nnlib.functions import one_hot, sigmoid, softmax
from nnlib.gradcheck import numerical_gradient

rng = np.random.default_rng(12)


def some(*shape):
    return rng.standard_normal(shape).round(2)


def there_and_back(layer, x, dy, *names):
    """What a layer gives forward and backward, and its arrays of these names; `...` if it is not finished."""
    y = layer.forward(x)
    dx = layer.backward(dy)
    parts = [getattr(layer, name, f"no self.{name}") for name in names]
    return ... if y is ... or dx is ... else [y, dx, *parts]


def measured(f, place):
    return numerical_gradient(lambda moved: float(f(moved).sum()), place)


# On paper

NAMES, RIGHT = ["dW[0, 0]", "dW[1, 0]", "db[0]", "dx[0, 1]"], [13.0, 19.0, 11.0, 50.0]
MISTAKES = [  # which of the four, what people write, hint
    (0, 6.5, "`dW[0, 0]`: you took the mean over the samples. What is used twice is summed."),
    (0, 10.0, "`dW[0, 0]`: that is the share of the first sample. The second one counts, too."),
    (0, 12.0, "`dW[0, 0]`: you went along a row of x. Which numbers does this weight meet?"),
    (1, 21.0, "`dW[1, 0]`: the second sample has a minus."),
    (1, 29.0, "`dW[1, 0]`: you went along a row of x. Which numbers does this weight meet?"),
    (2, 5.5, "`db[0]`: a mean over the samples. What is copied forward is summed backward."),
    (2, 2.0, "`db[0]`: how much the two copies are minded, and not how many there are."),
    (2, 10.0, "`db[0]`: the bias was copied into both rows. Both copies count."),
    (3, 20.0, "`dx[0, 1]`: an input gets the weight times what arrives. You took the input itself."),
    (3, 5.0, "`dx[0, 1]`: the weight is right. What arrives at the first sample?"),
    (3, 70.0, "`dx[0, 1]`: you summed over the weights. Input 1 has only one of them."),
]


def four_numbers(answer):
    return [float(number) for number in answer]


def first_wrong(shown):
    if len(shown) != 4:
        return f"There are four entries to find, and you have {len(shown)}."
    for k, (right, got) in enumerate(zip(RIGHT, shown)):
        if not abs(got - right) < 1e-6:
            hints = [hint for place, value, hint in MISTAKES if place == k and value == got]
            return hints[0] if hints else f"`{NAMES[k]}` is not {got:g}. Which outputs move if its number grows by 1?"


# Dense


def dense(dx=lambda x, W, dy: dy @ W.T, dW=lambda x, dy: x.T @ dy, db=lambda dy: dy.sum(axis=0), rate=0.0):
    class Dense:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dy):
            self.dW, self.db = dW(self.x, dy), db(dy)
            below = dx(self.x, self.W, dy)
            self.W = self.W - rate * self.dW
            return below

    return Dense


def use_dense(answer, x, W, b, dy):
    layer = answer(W, b)
    return there_and_back(layer, x, dy, "dW", "db", "W") if hasattr(layer, "forward") else ...


# A transpose that nobody misses


def hides(answer):
    W = np.array(answer, dtype=float)
    if W.ndim != 2:
        return "Type a table: a list of rows, each in square brackets."
    return [*W.shape, len(np.unique(W)), float(np.abs(W - W.T).max()) if W.shape[0] == W.shape[1] else 0.0]


def does_not_hide(shown):
    if isinstance(shown, str):
        return shown
    n_in, n_out, different, off = shown
    if n_in != n_out:
        return f"With {n_in:g} inputs and {n_out:g} neurons, `dy @ W` stops with an error. That nobody overlooks."
    if off:
        return f"A slope comes out wrong, by up to {off:g} times its `dy`. Which entries of W meet in W.T?"
    return None if different > 2 else "It is hidden, but by a table with few numbers. Use three different ones or more."


# Layers of one's own


def scale(dx=lambda x, g, dy: dy * g, dg=lambda x, g, dy: (dy * x).sum(axis=0)):
    class Scale:
        def __init__(self, n):
            self.g = np.ones(n)

        def forward(self, x):
            self.x = x
            return x * self.g

        def backward(self, dy):
            self.dg = dg(self.x, self.g, dy)
            return dx(self.x, self.g, dy)

    return Scale


def scale_measured(x, g, dy):
    by_x = measured(lambda moved: dy * moved * g, x)
    return [np.ones(len(g)), x * g, by_x, measured(lambda moved: dy * x * moved, g)]


def use_scale(answer, x, g, dy):
    layer = answer(len(g))
    if not hasattr(layer, "g"):
        return ...
    start, layer.g = layer.g, g
    result = there_and_back(layer, x, dy, "dg")
    return result if result is ... else [start, *result]


def stable(x):
    return np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))


def naive(x):
    return np.log(1 + np.exp(x))


def softplus(forward=stable, slope=lambda x, y: sigmoid(x), arriving=True):
    class Softplus:
        def forward(self, x):
            self.x, self.y = x, forward(x)
            return self.y

        def backward(self, dy):
            return slope(self.x, self.y) * (dy if arriving else 1)

    return Softplus


def softplus_measured(x, dy):
    return [np.logaddexp(0, x), measured(lambda moved: dy * np.logaddexp(0, moved), x)]


def use_softplus(answer, x, dy):
    layer = answer()
    return there_and_back(layer, x, dy) if hasattr(layer, "forward") else ...


def by_measuring(use, right):
    """The right answer as `use` sees it: measured, without a class."""
    return lambda answer, *arguments: right(*arguments) if answer is right else use(answer, *arguments)


# A whole network


def he(n_in):
    return math.sqrt(2 / n_in)


def whole(*, divide=True, mask=True, truth=1, shares=softmax, std=he, relu_last=False, last_first=False):
    class Network:
        def __init__(self, n_in, n_hidden, n_out, *, rng):
            if last_first:
                self.W2 = std(n_hidden) * rng.standard_normal((n_hidden, n_out))
            self.W1 = std(n_in) * rng.standard_normal((n_in, n_hidden))
            if not last_first:
                self.W2 = std(n_hidden) * rng.standard_normal((n_hidden, n_out))
            self.b1, self.b2 = np.zeros(n_hidden), np.zeros(n_out)

        def forward(self, x):
            self.x, self.h = x, np.maximum(x @ self.W1 + self.b1, 0)
            scores = self.h @ self.W2 + self.b2
            self.p = shares(np.maximum(scores, 0) if relu_last else scores)
            return self.p

        def backward(self, labels):
            dz2 = (self.p - truth * one_hot(labels, self.p.shape[1])) / (len(labels) if divide else 1)
            self.dW2, self.db2 = self.h.T @ dz2, dz2.sum(axis=0)
            dz1 = dz2 @ self.W2.T * (self.h > 0 if mask else 1)
            self.dW1, self.db1 = self.x.T @ dz1, dz1.sum(axis=0)

    return Network


ARRAYS = ("W1", "b1", "W2", "b2")


def network_measured(x, labels, sizes):
    """The arrays of a fresh network and, with other biases, its probabilities and the measured slopes of its loss."""
    network = whole()(*sizes, rng=np.random.default_rng(5))
    fresh = [getattr(network, name) for name in ARRAYS]
    network.b1, network.b2 = network.b1 + 0.3, network.b2 + np.arange(sizes[2])
    p, slopes = network.forward(x), []
    for name in ARRAYS:

        def loss(moved, name=name):
            setattr(network, name, moved)
            return -np.log(network.forward(x)[np.arange(len(labels)), labels]).mean()

        kept = getattr(network, name)
        slopes.append(numerical_gradient(loss, kept))
        setattr(network, name, kept)
    return [*fresh, p, *slopes]


def use_network(answer, x, labels, sizes):
    network = answer(*sizes, rng=np.random.default_rng(5))
    if not all(hasattr(network, name) for name in ARRAYS):
        return ...
    fresh = [getattr(network, name) for name in ARRAYS]
    network.b1, network.b2 = network.b1 + 0.3, network.b2 + np.arange(sizes[2])
    p = network.forward(x)
    network.backward(labels)
    if p is ...:
        return ...
    flat = [np.ravel(part) if np.ndim(part) else part for part in (fresh[1], fresh[3])]  # a row will do for a bias
    slopes = [getattr(network, f"d{name}", f"no self.d{name}") for name in ARRAYS]
    slopes = [np.ravel(part) if name[0] == "b" and np.ndim(part) else part for name, part in zip(ARRAYS, slopes)]
    return [fresh[0], flat[0], fresh[2], flat[1], p, *slopes]


EXERCISES = [
    Reach(
        "12.1",
        start="Type four numbers in square brackets in place of the `...`.",
        show=four_numbers,
        missing=first_wrong,
        wrong=[(RIGHT[:k] + [value] + RIGHT[k + 1 :], hint) for k, value, hint in MISTAKES],
        learned="Over the samples for a weight and a bias, over the neurons for an input.",
    ),
    Write(
        "12.2",
        start="`forward` keeps x and is one line; `backward` fills self.dW and self.db and returns dx.",
        inputs=[(some(4, 3), some(3, 3), some(3), some(4, 3)), (some(5, 2), some(2, 3), some(3), some(5, 3))],
        right=dense(),
        use=use_dense,
        wrong=[
            (
                dense(dx=lambda x, W, dy: dy @ W),
                "What you return fits only if there are as many inputs as neurons, and is wrong even then.",
            ),
            (
                dense(dW=lambda x, dy: x.T @ dy / len(x)),
                "Your dW is a mean over the samples. The loss has taken the mean already.",
            ),
            (
                dense(db=lambda dy: dy.mean(axis=0)),
                "Your db is a mean over the samples. What is copied forward is summed backward.",
            ),
            (dense(db=lambda dy: dy), "Your db has a row for each sample. One bias, one slope."),
            (
                dense(db=lambda dy: dy.sum(axis=0, keepdims=True)),
                "Your db is a table of one row. A gradient has the shape of the thing it belongs to.",
            ),
            (dense(rate=0.1), "`backward` changes W. It computes; the step is taken elsewhere."),
        ],
        learned="Three products of what came and what arrives: all that a layer with weights has to know.",
    ),
    Reach(
        "12.3",
        start="Type a table, such as [[1, 2], [3, 4]], in place of the `...`.",
        show=hides,
        missing=does_not_hide,
        wrong=[
            ([[1, 2], [3, 4]], "The shapes fit, and the numbers do not: 2 and 3 change places in W.T."),
            ([[1, 2, 3], [4, 5, 6]], "With other shapes NumPy stops, and says so. The mistake must run."),
            ([[1, 0], [0, 1]], "It is hidden, but that layer does nothing. Use three different numbers or more."),
            ([[1, 2], [-2, 3]], "Close: the signs of the two that change places differ."),
        ],
        learned="A table that is its own mirror image hides a forgotten `.T`. Measure with different sizes.",
    ),
    Write(
        "12.4",
        start="`__init__` makes self.g out of ones; `forward` keeps x; `backward` fills self.dg and returns dx.",
        inputs=[(some(4, 3), some(3), some(4, 3)), (some(3, 3), some(3), some(3, 3))],
        right=scale_measured,
        use=by_measuring(use_scale, scale_measured),
        wrong=[
            (
                scale(dg=lambda x, g, dy: dy * x),
                "Your dg has a row for each sample. The factor of a column is used by all of them.",
            ),
            (scale(dg=lambda x, g, dy: (dy * x).mean(axis=0)), "Your dg is a mean over the samples. Sum or mean?"),
            (
                scale(dg=lambda x, g, dy: dy.sum(axis=0)),
                "Your dg is that of a bias, which is added. What is the rate of a factor?",
            ),
            (scale(dg=lambda x, g, dy: (dy * x).sum()), "Your dg is one number. There is a factor for each column."),
            (scale(dx=lambda x, g, dy: dy * x), "Your dx has x in it. An input is multiplied by what, going forward?"),
            (scale(dx=lambda x, g, dy: dy), "Your dx is dy as it came. The factors are missing."),
        ],
        learned="A factor for each column: copied to all samples, so summed over all samples.",
    ),
    Write(
        "12.5",
        start="`forward` computes and keeps what `backward` needs; `backward` multiplies dy by the slope.",
        inputs=[(some(3, 4), some(3, 4)), (np.array([[1000.0, -1000.0], [2.0, -0.5]]), some(2, 2))],
        right=softplus_measured,
        use=by_measuring(use_softplus, softplus_measured),
        wrong=[
            (softplus(forward=naive), "Right for small numbers. For 1000 the exponential is infinite in `forward`."),
            (
                softplus(forward=naive, slope=lambda x, y: np.exp(x) / (1 + np.exp(x))),
                "Right for small numbers. For 1000 both ways overflow; the book's sigmoid does not.",
            ),
            (
                softplus(slope=lambda x, y: np.exp(x) / (1 + np.exp(x))),
                "The way back is nan for 1000. Which function of the book is this slope?",
            ),
            (softplus(slope=lambda x, y: 1 - sigmoid(x)), "The curve is level on the left and steep on the right."),
            (softplus(slope=lambda x, y: sigmoid(y)), "You put in the output. This slope is made of the input."),
            (softplus(slope=lambda x, y: y * (1 - y)), "That is the slope of a sigmoid with the output y."),
            (softplus(arriving=False), "That is the slope alone. What arrives is missing."),
        ],
        learned="A ReLU without a kink, and its slope is the sigmoid. The check has measured every entry.",
    ),
    Write(
        "12.6",
        start="Four arrays first: self.W1, self.b1, self.W2, self.b2. Then `forward`, then `backward`.",
        inputs=[
            (some(6, 3), np.array([0, 3, 1, 2, 2, 1]), (3, 5, 4)),
            (some(4, 2), np.array([2, 0, 1, 1]), (2, 6, 3)),
        ],
        right=network_measured,
        use=by_measuring(use_network, network_measured),
        wrong=[
            (whole(divide=False), "The slopes grow with the batch: the 1/N is missing."),
            (whole(mask=False), "On the way back the first layer gets what ReLU should have stopped."),
            (whole(truth=0), "What you said, minus what was true: the labels are missing in `backward`."),
            (whole(shares=lambda z: softmax(z.T).T), "The columns of the probabilities add up to 1. A row should."),
            (whole(std=lambda n_in: 1.0), "The weights are as large as they are drawn. He's factor is missing."),
            (whole(std=lambda n_in: 0.01), "These weights are all small. Use He's factor, as Dense does."),
            (whole(std=lambda n_in: 2 / n_in), "He's factor is a root."),
            (whole(last_first=True), "Draw W1 before W2, as a stack of layers would: then the numbers are the same."),
            (whole(relu_last=True), "A ReLU stands behind the second layer. Only the softmax belongs there."),
        ],
        learned="A classifier from an empty cell, and every slope of it measured. Chapter 15 trains such a one.",
    ),
]
