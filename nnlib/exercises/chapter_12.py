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
    """What a layer gives forward and backward, and those of its arrays that it has; `...` if it is not finished."""
    y = layer.forward(x)
    dx = layer.backward(dy)
    parts = {f"self.{name}": getattr(layer, name) for name in names if hasattr(layer, name)}
    return ... if y is ... or dx is ... else {"forward": y, "backward": dx, **parts}


def measured(f, place):
    return numerical_gradient(lambda moved: float(f(moved).sum()), place)


# On paper

NAMES, RIGHT = ["dW[0, 0]", "dW[1, 0]", "db[0]", "dx[0, 1]"], [13.0, 19.0, 11.0, 50.0]
MISTAKES = [  # which of the four, what people write, hint
    (0, 6.5, "`dW[0, 0]`: you took the mean over the samples. What is used twice is summed."),
    (0, 10.0, "`dW[0, 0]`: that is the share of the first sample. The second one counts, too."),
    (0, 12.0, "`dW[0, 0]`: you went along a row of x. Which numbers does this weight meet?"),
    (1, 20.0, "`dW[1, 0]`: that is the share of the first sample. The second one counts, too."),
    (1, 21.0, "`dW[1, 0]`: the second sample has a minus."),
    (1, 29.0, "`dW[1, 0]`: you went along a row of x. Which numbers does this weight meet?"),
    (2, 5.5, "`db[0]`: a mean over the samples. What is copied forward is summed backward."),
    (2, 2.0, "`db[0]`: how much the two copies are minded, and not how many there are."),
    (2, 10.0, "`db[0]`: the bias was copied into both rows. Both copies count."),
    (2, 1.0, "`db[0]`: that is what arrives at the second sample. The bias was copied into both rows."),
    (3, 40.0, "`dx[0, 1]`: that is the other input of this sample. The sample stands first, then the input."),
    (3, 4.0, "`dx[0, 1]`: that is `dx[1, 0]`. The sample stands first, then the input."),
    (3, 55.0, "`dx[0, 1]`: the input of one sample. What arrives at the other does not touch it."),
    (3, 20.0, "`dx[0, 1]`: an input gets the weight times what arrives. You took the input itself."),
    (3, 5.0, "`dx[0, 1]`: the weight is right. What arrives at the first sample?"),
    (3, 90.0, "`dx[0, 1]`: you summed over the weights. Input 1 has only one of them."),
]


def four_numbers(answer):
    return [float(number) for number in answer]


def first_wrong(shown):
    if len(shown) != 4:
        return f"There are four entries to find, and you have {len(shown)}."
    for k, (right, got) in enumerate(zip(RIGHT, shown)):
        if not abs(got - right) < 1e-6:
            hints = [hint for place, value, hint in MISTAKES if place == k and value == got]
            return (
                hints[0]
                if hints
                else f"`{NAMES[k]}` is not {got:g}. Which outputs move if `{NAMES[k][1:]}` grows by 1?"
            )


# Dense


def dense(
    dx=lambda x, W, dy: dy @ W.T,
    dW=lambda x, dy: x.T @ dy,
    db=lambda dy: dy.sum(axis=0),
    rate=0.0,
    bias=True,
    keep=True,
    hand=lambda dx, dW, db: dx,
):
    class Dense:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + bias * self.b

        def backward(self, dy):
            of_W, of_b = dW(self.x, dy), db(dy)
            below = dx(self.x, self.W, dy)
            if keep:
                self.dW, self.db = of_W, of_b
            self.W = self.W - rate * of_W if rate else self.W
            return hand(below, of_W, of_b)

    return Dense


def use_dense(answer, x, W, b, dy):
    layer = answer(W, b)
    return there_and_back(layer, x, dy, "dW", "db", "W") if hasattr(layer, "forward") else ...


# A transpose that nobody misses


def hides(answer):
    return np.array(answer, dtype=float)


def does_not_hide(W):
    if W.ndim != 2:
        return "Type a table: a list of rows, each in square brackets."
    n_in, n_out = W.shape
    if n_in != n_out:
        return f"With {n_in} inputs and {n_out} neurons, `dy @ W` stops with an error. That nobody overlooks."
    for k, j in np.argwhere(W != W.T)[:1].tolist():
        return f"Some slopes come out wrong: `W[{k}, {j}]` is {W[k, j]:g}, and `W.T[{k}, {j}]` is {W[j, k]:g}."
    if len(np.unique(W)) < 3:
        return "It is hidden, but by a table with few numbers. Use three different ones or more."


# Layers of one's own


def scale(
    dx=lambda x, g, dy: dy * g,
    dg=lambda x, g, dy: (dy * x).sum(axis=0),
    first=np.ones,
    y=lambda x, g: x * g,
    rate=0.0,
    keep=True,
):
    class Scale:
        def __init__(self, n):
            self.g = first(n)

        def forward(self, x):
            self.x = x
            return y(x, self.g)

        def backward(self, dy):
            of_g = dg(self.x, self.g, dy)
            if keep:
                self.dg = of_g
            self.g = self.g - rate * of_g if rate else self.g
            return dx(self.x, self.g, dy)

    return Scale


def scale_measured(x, g, dy):
    by_x = measured(lambda moved: dy * moved * g, x)
    by_g = measured(lambda moved: dy * x * moved, g)
    return {
        "self.g at the beginning": np.ones(len(g)),
        "forward": x * g,
        "backward": by_x,
        "self.dg": by_g,
        "self.g": g,
    }


def use_scale(answer, x, g, dy):
    layer = answer(len(g))
    if not hasattr(layer, "g"):
        return ...
    start, layer.g = layer.g, g
    result = there_and_back(layer, x, dy, "dg", "g")
    return result if result is ... else {"self.g at the beginning": start, **result}


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
    by_x = measured(lambda moved: dy * np.logaddexp(0, moved), x)
    return {"forward": np.logaddexp(0, x), "backward": by_x}


def use_softplus(answer, x, dy):
    layer = answer()
    return there_and_back(layer, x, dy) if hasattr(layer, "forward") else ...


def by_measuring(use, right):
    """The right answer as `use` sees it: measured, without a class."""
    return lambda answer, *arguments: right(*arguments) if answer is right else use(answer, *arguments)


# A whole network


def he(n_in):
    return math.sqrt(2 / n_in)


def whole(
    *,
    divide=len,
    mask=lambda dh, h: h > 0,
    truth=1,
    sign=1,
    shares=softmax,
    std=he,
    inner=lambda z: np.maximum(z, 0),
    relu_last=False,
    last_first=False,
    hand=lambda p, scores: p,
    in_place=False,
    biases=lambda dz: dz.sum(axis=0),
    same_std=False,
    zeros=np.zeros,
    keep=True,
):
    class Network:
        def __init__(self, n_in, n_hidden, n_out, *, rng):
            if last_first:
                self.W2 = std(n_hidden) * rng.standard_normal((n_hidden, n_out))
            self.W1 = std(n_in) * rng.standard_normal((n_in, n_hidden))
            if not last_first:
                self.W2 = std(n_in if same_std else n_hidden) * rng.standard_normal((n_hidden, n_out))
            self.b1, self.b2 = zeros(n_hidden), zeros(n_out)

        def forward(self, x):
            self.x, self.h = x, inner(x @ self.W1 + self.b1)
            scores = self.h @ self.W2 + self.b2
            self.p = shares(np.maximum(scores, 0) if relu_last else scores)
            return hand(self.p, scores)

        def backward(self, labels):
            if not keep:
                return
            off = sign * (self.p - truth * one_hot(labels, self.p.shape[1]))
            if in_place:
                self.p[:] = off
            dz2 = off / divide(off)
            self.dW2, self.db2 = self.h.T @ dz2, biases(dz2)
            dh = dz2 @ self.W2.T
            dz1 = dh * mask(dh, self.h)
            self.dW1, self.db1 = self.x.T @ dz1, biases(dz1)

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
    return named(fresh, p, slopes)


def named(fresh, p, slopes):
    """The parts of a network by the names that a hint may say."""
    first = {f"self.{name} at the beginning": part for name, part in zip(ARRAYS, fresh)}
    return {**first, "forward": p, **{f"self.d{name}": part for name, part in zip(ARRAYS, slopes)}}


def row(part):
    return np.ravel(part) if np.ndim(part) else part  # a table of one row will do for a bias


def use_network(answer, x, labels, sizes):
    network = answer(*sizes, rng=np.random.default_rng(5))
    if not all(hasattr(network, name) for name in ARRAYS):
        return ...
    fresh = [getattr(network, name) for name in ARRAYS]
    network.b1, network.b2 = network.b1 + 0.3, network.b2 + np.arange(sizes[2])
    p = network.forward(x)
    network.backward(labels)
    if p is ... or not all(hasattr(network, f"d{name}") for name in ARRAYS):
        return ... if p is ... else "no gradients"
    slopes = [getattr(network, f"d{name}") for name in ARRAYS]
    both = [[row(part) if name[0] == "b" else part for name, part in zip(ARRAYS, parts)] for parts in (fresh, slopes)]
    return named(both[0], p, both[1])


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
            (dense(dW=lambda x, dy: dy.T @ x), "Your dW lies on its side: it should have the shape of W."),
            (dense(db=lambda dy: dy.sum(axis=1)), "Your db sums along the rows. Sum down the columns, over samples."),
            (dense(db=lambda dy: dy.sum()), "Your db is a single number. Each neuron has a bias of its own."),
            (dense(bias=False), "`forward` forgets the bias."),
            (
                dense(keep=False),
                "The gradients get lost: `dW` alone is a name inside `backward`, `self.dW` stays in the layer.",
            ),
            (
                dense(keep=False, hand=lambda *all_three: all_three),
                "You return all three. Return dx alone; the other two stay in self.dW and self.db.",
            ),
            (
                dense(hand=lambda *all_three: all_three),
                "You return all three. The layer before wants dx and nothing else.",
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
            ([[2, 1], [1, 2]], "It is hidden, but by a table with few numbers. Use three different ones or more."),
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
            (scale(dg=lambda x, g, dy: (dy * x).sum(axis=1)), "Your dg sums along the rows. Sum down each column."),
            (
                scale(dg=lambda x, g, dy: x.T @ dy),
                "Your dg is a table, as for a Dense. Here a column meets its own factor and no other.",
            ),
            (scale(dg=lambda x, g, dy: x.sum(axis=0)), "Your dg does not ask how much the loss minds: where is dy?"),
            (
                scale(dg=lambda x, g, dy: (dy * x * g).sum(axis=0)),
                "Your dg has g in it. Did you keep the output, where the input is needed?",
            ),
            (scale(keep=False), "The gradient gets lost: `dg` is a name inside `backward`, `self.dg` stays."),
            (scale(rate=0.1), "`backward` changes g. It computes; the step is taken elsewhere."),
            (scale(first=np.zeros), "Your factors begin at 0, as biases do. Then nothing passes; they begin at 1."),
            (scale(first=lambda n: 1.0), "Your g is a single number. There are n factors, one for each column."),
            (scale(first=lambda n: np.ones((1, n))), "Your g is a table of one row. np.ones(n) has the shape (n,)."),
            (scale(y=lambda x, g: x @ g), "`x @ g` adds the columns up. Multiply with `*`, and each stays by itself."),
            (scale(dx=lambda x, g, dy: dy @ g), "`dy @ g` adds the columns up. Each input has one factor: `*`."),
            (scale(dx=lambda x, g, dy: dy / g), "You divide by the factors. The way back undoes nothing."),
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
            (softplus(slope=lambda x, y: x > 0), "The mask is a ReLU's. Here the slope has values between 0 and 1."),
            (
                softplus(forward=naive, slope=lambda x, y: x > 0),
                "That is the mask of a ReLU. Derive the slope of the logarithm, step by step.",
            ),
            (
                softplus(slope=lambda x, y: sigmoid(x) * (1 - sigmoid(x))),
                "That is the slope of a sigmoid. Of your curve it is the slope's slope.",
            ),
            (
                softplus(forward=lambda x: stable(np.clip(x, -500, 500))),
                "It survives, but the curve ends at 500. Far to the right it is nearly x.",
            ),
            (
                softplus(forward=lambda x: x.max() + np.log(np.exp(-x.max()) + np.exp(x - x.max()))),
                "One maximum for the whole batch: beside a 1000 the other entries vanish. Each needs its own.",
            ),
            (
                softplus(forward=lambda x: np.log(1 + np.exp(x - x.max()))),
                "You subtract the largest entry. A softmax does not mind that, this curve does.",
            ),
            (
                softplus(forward=lambda x: np.log(1 + np.exp(-x))),
                "`forward` falls where it should rise: a minus too many in the exponent.",
            ),
            (
                softplus(forward=lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-x))),
                "`forward` is right where x is positive. What does the exponential become for a negative x?",
            ),
            (
                softplus(forward=lambda x: np.maximum(x, 0) + np.log(1 + np.exp(np.abs(x)))),
                "`forward` is too large on both sides: the exponential should never exceed 1.",
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
            (whole(divide=lambda off: 1), "The slopes grow with the batch: the 1/N is missing."),
            (whole(mask=lambda dh, h: 1), "On the way back the first layer gets what ReLU should have stopped."),
            (whole(truth=0), "What you said, minus what was true: the labels are missing in `backward`."),
            (whole(shares=lambda z: softmax(z.T).T), "The columns of the probabilities add up to 1. A row should."),
            (whole(divide=lambda off: len(off) ** 2), "The slopes are too small: the 1/N is there twice."),
            (
                whole(divide=np.size),
                "Divided by all entries. This mean is over the samples; only a squared error counts entries.",
            ),
            (whole(sign=-1), "All slopes have the wrong sign: what you said comes first, minus what was true."),
            (
                whole(mask=lambda dh, h: dh > 0),
                "ReLU's mask is made on the way forward. The sign of what arrives plays no part.",
            ),
            (
                whole(inner=lambda z: z, mask=lambda dh, h: 1),
                "There is no ReLU in the middle: two layers are then one.",
            ),
            (whole(inner=lambda z: z), "`forward` has no ReLU in the middle."),
            (whole(hand=lambda p, scores: scores), "`forward` returns scores. The softmax has to come first."),
            (
                whole(shares=lambda z: np.exp(z) / np.exp(z).sum()),
                "All probabilities together add up to 1. A row should.",
            ),
            (whole(zeros=lambda n: 0.0), "Your biases are single numbers. Each neuron has one of its own."),
            (
                whole(keep=False),
                "After `backward` a gradient is missing: self.dW1, self.db1, self.dW2 and self.db2 have to stay.",
            ),
            (
                whole(in_place=True),
                "`backward` changes the probabilities that `forward` has returned. Subtract in a copy.",
            ),
            (whole(biases=lambda dz: dz.sum(axis=1)), "Your db1 and db2 sum along the rows. Sum down the columns."),
            (whole(same_std=True), "He's factor asks for the inputs of the layer. What are those of the second one?"),
            (whole(std=lambda n_in: 1.0), "The weights are as large as they are drawn. He's factor is missing."),
            (whole(std=lambda n_in: 0.01), "These weights are all small. Use He's factor, as Dense does."),
            (whole(std=lambda n_in: 2 / n_in), "He's factor is a root."),
            (whole(last_first=True), "Draw W1 before W2, as a stack of layers would: then the numbers are the same."),
            (whole(relu_last=True), "A ReLU stands behind the second layer. Only the softmax belongs there."),
        ],
        learned="A classifier from an empty cell, and every slope of it measured. Chapter 15 trains such a one.",
    ),
]
