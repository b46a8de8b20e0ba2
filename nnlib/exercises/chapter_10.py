"""Derivatives."""

import numpy as np

from nnlib.exercises.kinds import Predict, Reach, Write
from nnlib.gradcheck import numerical_gradient

SLOPES = [20.0, 30.0, 28.0, -0.25]
MISTAKES = [  # which of the four, what people write, hint
    (0, 10.0, "The first: the factor stays. What is the slope of a square at 2, and five times that?"),
    (1, 10.0, "The second is a chain. How fast does 3x - 1 itself change?"),
    (1, 12.0, "In the second the square never sees the 2. Which number arrives there?"),
    (2, 4.0, "The slope of a product is not the product of the slopes. It has two strips."),
    (2, 24.0, "In the third you moved the first factor. The second moves, too."),
    (3, -0.0625, "The last is a chain: 4 arrives at the reciprocal, and moves how fast?"),
    (3, -1.0, "The last: the reciprocal's rate is taken at the 4 that arrives, not at 2."),
    (3, 0.25, "The last curve falls, so its slope is below 0."),
]


def four_numbers(answer):
    return [float(number) for number in answer]


def first_wrong(shown):
    if len(shown) != 4:
        return f"There are four slopes, and you have {len(shown)}."
    for k, (right, got) in enumerate(zip(SLOPES, shown)):
        if not abs(got - right) < 1e-6:
            hints = [hint for place, value, hint in MISTAKES if place == k and value == got]
            which = ["first", "second", "third", "last"][k]
            return hints[0] if hints else f"The {which} is not {got:g}. Which lines of the table does it need?"


def cubic(x):
    """A loss that bends, with another slope along every entry, which depends on the others."""
    return float((np.arange(1, x.size + 1).reshape(x.shape) * x**3).sum() + x.sum() ** 3)


POINT = np.array([2.0, -1.0, 0.5])
TABLE = np.array([[1.0, -2.0, 0.5], [3.0, 0.7, -1.5]])


def measure(*, divide_by=2, one_sided=False, put_back=True, alone=True, flat=False):
    def gradient(f, x, h):
        moved, slopes = x.copy(), np.zeros_like(x)
        for place in np.ndindex(x.shape):
            at = place if alone else ...
            moved[at] = x[at] + h
            above = f(moved)
            moved[at] = x[at] - (0 if one_sided else h)
            slopes[place] = (above - f(moved)) / ((1 if one_sided else divide_by) * h)
            if put_back:
                moved[at] = x[at]
        return slopes.ravel() if flat else slopes

    return gradient


def parabola(w):
    return w * w - 6 * w + 5


def hyperbola(w):
    return 4 / w + w


def slope(rate):
    return lambda f, w, h: rate(f(w + h) - f(w - h), h)


def rises(w):
    return w**3 - 3 * w + 4


def walk(start):
    """The first step, and the loss after at most 50 of them with the learning rate 0.05."""
    w = start = float(start)
    for _ in range(50):
        w = w - 0.05 * (3 * w * w - 3)
        if rises(w) < -1000:
            break
    return [w - start, rises(w)]


def two_walks(answer):
    still, falling = answer
    return [float(still), *walk(still), float(falling), *walk(falling)]


def not_both(shown):
    still, moved, loss, falling, _, last = shown
    if abs(moved) > 1e-9:
        return f"The first start, {still:g}, moves: its loss is {loss:.4g} in the end. Where is the curve level?"
    if abs(still - 1) < 1e-9:
        return "At 1 nothing moves, but that is the bottom of the valley. There is one more level place."
    if last >= -1000:
        return f"From {falling:g} the loss comes to {last:.4g}. Look at the curve left of the hill."


def newton(*, sign=-1, step=lambda slope, bend: slope / bend, bend=lambda f, w, h: f(w + h) - 2 * f(w) + f(w - h)):
    def find(f, w, steps):
        h = 1e-4
        for _ in range(steps):
            w = w + sign * step((f(w + h) - f(w - h)) / (2 * h), bend(f, w, h) / h**2)
        return w

    return find


def quartic(w):
    return w**4 / 4 + w * w - 3 * w


EXERCISES = [
    Reach(
        "10.1",
        start="Type four numbers in square brackets in place of the `...`.",
        show=four_numbers,
        missing=first_wrong,
        wrong=[(SLOPES[:k] + [value] + SLOPES[k + 1 :], hint) for k, value, hint in MISTAKES],
        learned="A line of the table for each formula, and each taken at the value that arrives there.",
    ),
    Write(
        "10.2",
        start="For each place: a little up, a little down, divide by the way between, put it back.",
        inputs=[(cubic, POINT, 0.1), (cubic, TABLE, 0.01)],
        right=numerical_gradient,
        wrong=[
            (measure(one_sided=True), "You look to one side only. The chapter looks to both."),
            (measure(divide_by=1), "Twice the slope. How far is it from the lower place to the upper one?"),
            (measure(put_back=False), "Only the first slope is right: what happens to an entry after its turn?"),
            (measure(alone=False), "All entries move together. Move one, and hold the others still."),
            (measure(flat=True), "The numbers are right. The slopes of a table should be a table of its shape."),
        ],
        learned="Eight lines that know no calculus, and judge every formula of this book.",
    ),
    Write(
        "10.3",
        start="As it stands, the slope comes out far too small. Print it for h = 1 and for h = 0.1, and compare.",
        inputs=[(parabola, 5.0, 0.1), (hyperbola, 2.0, 0.01)],
        right=slope(lambda rise, h: rise / h / 2),
        again="It is the last line.",
        wrong=[
            (
                slope(lambda rise, h: rise / 2 * h),
                "As it stands, the slope comes out far too small. Print it for h = 1 and for h = 0.1, and compare.",
            ),
            (slope(lambda rise, h: rise / h), "Now it is twice the slope."),
            (slope(lambda rise, h: rise / 2), "The run has gone: a rise alone is no slope."),
            (slope(lambda rise, h: -rise / (2 * h)), "The sign has turned: right minus left, as it was."),
        ],
        learned="`a / 2 * h` is (a / 2) times h. A run of two factors needs brackets.",
    ),
    Predict(
        "10.4",
        start='Type "the same", "shorter" or "longer" in place of the `...`.',
        right="the same",
        choices={
            "the same": "Twice the slope times half the rate is the same step, and so is every step after it. A "
            "learning rate means nothing without the loss that it belongs to.",
            "shorter": "The rate is halved. But what happens to the slopes, when all heights are doubled?",
            "longer": "All slopes are doubled. But what are they multiplied by?",
        },
    ),
    Reach(
        "10.5",
        start="Two starts in square brackets: the one that stays, the one that falls for ever.",
        show=two_walks,
        missing=not_both,
        wrong=[
            ([1.0, -2.0], "At 1 nothing moves, but that is the bottom of the valley. There is one more level place."),
            ([-2.0, -1.0], "These two are right the other way round."),
            ([-1.0, 0.0], "From 0 it finds the valley. Start on the other side of the hill."),
            ([0.0, -2.0], "At 0 the curve is steep, with a slope of -3. Where does the formula give a slope of 0?"),
            ([-1.0, -1.0], "On the hill it stays. Which way does it go from a little left of it?"),
        ],
        learned="Descent follows the slope from where it starts. It knows of no bottom, and needs none to go on.",
    ),
    Write(
        "10.6",
        start="Measure the slope and how fast the slope changes; the step is the one divided by the other.",
        inputs=[(rises, 1.8, 1), (rises, 1.8, 3), (quartic, 2.0, 2)],
        right=newton(),
        tolerance=5e-4,
        wrong=[
            (newton(sign=1), "You walk uphill."),
            (newton(step=lambda slope, bend: slope * bend), "You multiply. Where the curve bends much, go less far."),
            (newton(step=lambda slope, bend: bend / slope), "That is upside down: the slope stands above."),
            (newton(step=lambda slope, bend: slope), "These are steps with a learning rate of 1. The bend is missing."),
            (
                newton(step=lambda slope, bend: 2 * slope / bend),
                "Your steps are twice too long. By which run did you divide the change of the slope?",
            ),
            (
                newton(step=lambda slope, bend: slope / bend / 2),
                "Your steps are half as long as they should be: the bend comes out twice too large.",
            ),
        ],
        learned="The bend of the curve is the learning rate that nobody has to choose.",
    ),
]
