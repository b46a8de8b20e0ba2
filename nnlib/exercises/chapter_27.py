"""Autograd."""

import math

import numpy as np

from nnlib.autograd import in_order
from nnlib.exercises.kinds import OnPaper, Reach, Write

ONCE = "and should be used once. What is computed from it you may use as you like."
NO_FURTHER = "One step back, and no further. Does a sum name its sources? And do you begin with the last value?"
TWO_WAYS = "and that is right. Which value must have two ways to the end?"


class Value:
    """The chapter's scalar engine."""

    def __init__(self, data, sources=()):
        self.data, self.sources, self.grad = data, sources, 0.0

    def __add__(self, other):
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __sub__(self, other):
        return Value(self.data - other.data, [(self, 1.0), (other, -1.0)])

    def __mul__(self, other):
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    def __pow__(self, n):
        return Value(self.data**n, [(self, n * self.data ** (n - 1))])

    def sigmoid(self):
        y = 1 / (1 + math.exp(-self.data))
        return Value(y, [(self, y * (1 - y))])

    def backward(self):
        walk_back(self)


def walk_back(last, overwrite=False):
    """Fill the gradients of all that `last` was computed from; with `overwrite`, as if `+=` were `=`."""
    last.grad = 1.0
    for value in reversed(in_order(last)):
        for source, rate in value.sources:
            source.grad = rate * value.grad + (0.0 if overwrite else source.grad)


def use_function(answer, number):
    """The result of a function of one value, and its slope."""
    x = Value(number)
    y = answer(x)
    if y is ... or not hasattr(y, "sources"):
        return y
    walk_back(y)
    return [y.data, x.grad]


def tanh(value=math.tanh, rate=lambda x, y: 1 - y * y):
    """The tanh as one operation, with what people do otherwise."""

    def function(x):
        y = value(x.data)
        return Value(y, [(x, rate(x.data, y))])

    return function


def tanh_of_sigmoid(x):
    return Value(2.0) * (x * Value(2.0)).sigmoid() - Value(1.0)


def copies_counted(dy, shape):
    """The sum over the copies: number the entries, copy the numbers, and count each entry's share."""
    total = np.zeros(math.prod(shape))
    np.add.at(total, np.broadcast_to(np.arange(total.size).reshape(shape), dy.shape).ravel(), dy.ravel())
    return total.reshape(shape)


def joined(dy, shape, join=np.sum, keep=True, new=True, stretched=True):
    """As the chapter does it, with what people do otherwise."""
    while new and dy.ndim > len(shape):
        dy = join(dy, axis=0)
    axes = tuple(axis for axis, length in enumerate(shape) if length == 1 and dy.shape[axis] > 1)
    return join(dy, axis=axes, keepdims=keep) if axes and stretched else dy


def first_copy(dy, shape):
    while dy.ndim > len(shape):
        dy = dy[0]
    return dy[tuple(slice(0, length) for length in shape)]


def otherwise(**what):
    return lambda dy, shape: joined(dy, shape, **what)


def blind_spot(answer):
    """How often x is used, its slope, and its slope if the engine overwrites."""
    slopes = []
    for overwrite in (False, True):
        x = Value(3.0)
        y = answer(x)
        if y is ...:
            return ...
        if not hasattr(y, "sources"):
            return "Return a Value: what is computed from x with + and *."
        uses = sum(source is x for value in in_order(y) for source, _ in value.sources)
        walk_back(y, overwrite)
        slopes.append(x.grad)
    return [uses, *slopes]


def not_blind(shown):
    if isinstance(shown, str):
        return shown
    uses, right, wrong = shown
    if uses != 1:
        return f"`x` is used {uses} times, {ONCE}"
    return f"The engine gets {right:g}, {TWO_WAYS}" if right == wrong else None


def engine(add=True, order=True, factors="other", one=1.0, sources=True, seed=1.0, scale=True, again=False):
    """A class like `Value`, with what people do otherwise."""

    class Engine:
        def __init__(self, data, sources=()):
            self.data, self.sources, self.grad = data, sources, 0.0

        def __add__(self, other):
            return Engine(self.data + other.data, [(self, one), (other, one)] if sources else ())

        def __mul__(self, other):
            rates = {"other": (other.data, self.data), "own": (self.data, other.data), "one": (1.0, 1.0)}[factors]
            return Engine(self.data * other.data, list(zip((self, other), rates)))

        def backward(self):
            self.grad = seed
            if again:
                return self.hand_on()
            for value in reversed(in_order(self)) if order else self.as_met():
                for source, rate in value.sources:
                    source.grad = (source.grad if add else 0.0) + rate * (value.grad if scale else 1.0)

        def hand_on(self):
            for source, rate in self.sources:
                source.grad += rate * self.grad
                source.hand_on()

        def as_met(self):
            waiting = [self]
            for value in waiting:
                waiting += [source for source, _ in value.sources if source not in waiting]
            return waiting

    return Engine


def use_engine(answer, a, b, c):
    """The gradients of two formulas that use values twice, one of them with its long way second."""
    results = []
    for long_first in (True, False):
        x, y, z = answer(a), answer(b), answer(c)
        made = x * y + z
        if made is ... or made is None:
            return ...
        square = made * made
        last = (square + made * z if long_first else made * z + square) * x
        if last.backward() is ...:
            return ...
        results += [last.data, x.grad, y.grad, z.grad]
    return results


class Deep:
    """A value whose rates are values."""

    def __init__(self, data, sources=()):
        self.data, self.sources = data, sources

    def __add__(self, other):
        return Deep(self.data + other.data, [(self, Deep(1.0)), (other, Deep(1.0))])

    def __mul__(self, other):
        return Deep(self.data * other.data, [(self, other), (other, self)])


def along_paths(last, x):
    """The slope, added up over every path."""
    total = Deep(1.0 if last is x else 0.0)
    for source, rate in last.sources:
        total = total + rate * along_paths(source, x)
    return total


def along_the_last_path(last, x):
    slope = Deep(1.0 if last is x else 0.0)
    for source, rate in last.sources:
        if x in in_order(source):
            slope = rate * along_the_last_path(source, x)
    return slope


def use_slope(answer, number):
    """The first and the second slope of x³ + 4 x²."""
    x = Deep(number)
    y = x * x * x + Deep(4.0) * (x * x)
    first = answer(y, x)
    if first is ...:
        return ...
    if not hasattr(first, "sources"):
        return [first]
    return [first.data, getattr(answer(first, x), "data", None)]


EXERCISES = [
    OnPaper(
        "27.1",
        start="Begin at the end: the slope of y along itself is 1. How often does s enter y?",
        right=[-12, 36, -23],
        wrong=[
            ([-6, 18, -11], "`s` is multiplied by itself, and enters y by two ways. You came back on one."),
            ([-12, 36, -24], "`b` enters y twice: through s, and by itself at the end."),
            ([-12, 36, 1], "That is b's way through the last sum alone. What comes through s is to be added to it."),
            ([-12, -24, 37], "In a product, the rate of each factor is the *other* factor."),
            ([36, -108, 73], "You took the value of s times s for its slope."),
            ([12, -36, 25], "`s` is below 0. What is twice s?"),
        ],
        learned="Two ways, two shares, one sum: for s, and for b as well.",
    ),
    Write(
        "27.2",
        start="A new operation is a result and a rate: `Value(result, [(x, rate)])`.",
        inputs=[(0.5,), (-1.3,), (2.0,)],
        right=tanh_of_sigmoid,
        use=use_function,
        wrong=[
            (tanh(rate=lambda x, y: 1 - x * x), "The value is right. The rate is made of the result, and you took x."),
            (tanh(rate=lambda x, y: 1 - y), "The value is right. In the rate, something is missing at the y."),
            (tanh(rate=lambda x, y: y * (1 - y)), "The value is right. That is the rate of another curve."),
            (tanh(rate=lambda x, y: 1 + y * y), "The value is right. With your rate it would never flatten out."),
            (tanh(rate=lambda x, y: y), "The value is right. The rate of tanh at 0 is 1, and yours is 0."),
            (tanh(rate=lambda x, y: 1.0), "The value is right. The rate is 1 in one place only."),
            (tanh(rate=lambda x, y: y * y - 1), "The value is right. It rises everywhere, so no rate is below 0."),
            (lambda x: math.tanh(x.data), "That is a plain number: it does not remember where it came from."),
            (lambda x: Value(math.tanh(x.data)), "The value is right. It has no sources, so nothing comes back to x."),
            (
                lambda x: x.sigmoid(),
                "That is the sigmoid. The two are related, but tanh runs from -1 to 1.",
            ),
        ],
        learned="A value and a rate: that is all the engine wants to know of a function.",
    ),
    Write(
        "27.3",
        start="Which axes of dy does the small array not have, and which has it with length 1?",
        inputs=[
            (np.arange(12.0).reshape(4, 3) ** 2, (3,)),
            (np.arange(12.0).reshape(4, 3) ** 2, (4, 1)),
            (np.arange(24.0).reshape(2, 4, 3) ** 2, (4, 1)),
            (np.arange(9.0).reshape(3, 3) ** 2, (1, 3)),
            (np.arange(6.0).reshape(2, 3) ** 2, (2, 3)),
        ],
        right=copies_counted,
        wrong=[
            (otherwise(join=np.mean), "That is the mean over the copies. Each copy moves the loss by its whole share."),
            (otherwise(join=np.max), "You keep one copy's share alone. All of them come back."),
            (first_copy, "You keep the share of the first copy. The others went forward, too."),
            (otherwise(keep=False), "Right, but for the shape: an axis of length 1 is to stay."),
            (otherwise(stretched=False), "New axes in front are gone. What about those of length 1?"),
            (otherwise(new=False), "A small array with fewer axes has been copied along new ones in front."),
            (lambda dy, shape: dy, "That is dy as it came. A gradient has the shape of what it belongs to."),
            (lambda dy, shape: dy.sum(axis=0), "You always sum over the first axis. It depends on the shape."),
            (lambda dy, shape: np.full(shape, dy.sum()), "You add up all. Each entry gets the sum of its own copies."),
        ],
        learned="Align the two shapes at the right: whatever was copied, new axis or stretched one, is summed.",
    ),
    Reach(
        "27.4",
        start="Compute something from x, and use that.",
        show=blind_spot,
        missing=not_blind,
        wrong=[
            (lambda x: x * x, f"`x` is used 2 times, {ONCE}"),
            (lambda x: x + Value(2.0), f"The engine gets 1, {TWO_WAYS}"),
            (lambda x: x * Value(2.0) + Value(5.0), f"The engine gets 2, {TWO_WAYS}"),
            (lambda x: Value(2.0), f"`x` is used 0 times, {ONCE}"),
            (lambda x: x.data * 2, "Return a Value: what is computed from x with + and *."),
        ],
        learned="It is not x that has to be used twice: one value on the way is enough, and all before it is wrong.",
    ),
    Write(
        "27.5",
        start="Begin with `__init__`: three things to keep. Then `+` and `*`, each with its rates.",
        inputs=[(2.0, -3.0, 5.0), (0.5, 1.5, -4.0)],
        right=Value,
        use=use_engine,
        wrong=[
            (engine(add=False), "A value that is used twice keeps the last share alone."),
            (engine(order=False), "A value hands on before all that use it have handed on to it. Think of the order."),
            (engine(again=True), "What a value has handed on, it hands on again at the next visit. Visit each once."),
            (engine(factors="own"), "In a product you give each factor itself for its rate."),
            (engine(factors="one"), "In a product you give both factors the rate 1. That is the sum's."),
            # the same happens to whoever walks from the front
            (engine(sources=False), NO_FURTHER),
            (engine(seed=0.0), "Every gradient is 0. With what does the way back begin?"),
            (engine(scale=False), "You add the rates. Each has to be multiplied by what arrives."),
            (engine(one=0.5), "In a sum, each part moves the result one to one."),
        ],
        learned="The engine is yours: values that remember, an order, and one line that multiplies and adds.",
    ),
    Write(
        "27.6",
        start="Walk as `backward` does, but keep what arrives as a `Deep`, and compute it with `Deep`s.",
        inputs=[(2.0,), (-1.5,)],
        right=along_paths,
        use=use_slope,
        wrong=[
            (
                lambda last, x: Deep(along_paths(last, x).data),
                "The first slope is right. It does not remember how it was computed, so it has no slope of its own.",
            ),
            (lambda last, x: along_paths(last, x).data, "That is a plain number. Return a Deep, which remembers."),
            (along_the_last_path, "`x` is used more than once. You come back on one way only."),
            (
                lambda last, x: along_paths(along_paths(last, x), x),
                "You have taken the slope twice. The check does that by calling your function twice.",
            ),
            (lambda last, x: Deep(0.0), "Nothing arrives at x. With what does the way back begin?"),
            (lambda last, x: last, "That is the value itself. Its slope along x is asked for."),
        ],
        learned="A way back that is made of the engine's own operations has a way back.",
    ),
]
