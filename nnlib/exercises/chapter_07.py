"""Activation functions."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.functions import sigmoid, softmax

ROWS = np.array([[1.0, 2.0, 3.0], [2.0, 5.0, -1.0], [-1.5, 2.5, 0.5]])
WIDE = np.array([[0.5, 1.5, -2.0, 3.0], [4.0, 1.0, 0.0, -1.0]])


def shares(axis=1, keepdims=True, shift=True):
    def compute(scores):
        e = np.exp(scores - scores.max() * shift)
        return e / e.sum(axis=axis, keepdims=keepdims)

    return compute


def unshifted_whole(scores):
    return np.exp(scores) / np.exp(scores).sum()


def sums_down(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1)


def largest_down(scores):
    e = np.exp(scores - scores.max(axis=1))
    return e / e.sum(axis=1, keepdims=True)


def no_powers(scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted / shifted.sum(axis=1, keepdims=True)


PLACES = np.array([-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0])


def curve(answer):
    where, change = (np.array(part, dtype=float) for part in answer)
    if where.ndim != 1 or change.ndim != 1:
        return "Both are lists, in square brackets: the places of the kinks, and the changes."
    if where.shape != change.shape:
        return f"Each kink has a place and a change: you have {where.size} and {change.size}."
    return [float(y) for y in np.maximum(PLACES.reshape(-1, 1) - where, 0) @ change]


def not_the_ramp(shown):
    if isinstance(shown, str):
        return shown
    for x, y, wanted in zip(PLACES, shown, [0, 0, 0, 1, 2, 2, 2]):
        if abs(y - wanted) > 1e-9:
            return f"At {x:g} your curve is at {y:g}; wanted is {wanted}."


def naive(scores):
    """Whether all exponentials are finite, and the sum of what the softmax without a shift makes of them."""
    powers = np.exp(np.array(scores, dtype=float))
    return bool(np.isfinite(powers).all()), powers.size, float((powers / powers.sum()).sum())


def adds_up(shown):
    finite, size, total = shown
    if size < 2:
        return "Type at least two scores."
    if not finite:
        return "One of the exponentials is infinite by itself. Keep each of them finite: scores below 709.78."
    return "These probabilities add up to 1, as they ought to." if abs(total - 1) < 1e-6 else None


Z = np.array([-5.0, -1.3, 0.0, 0.4, 2.0, 6.0])

EXERCISES = [
    OnPaper(
        "7.1",
        start="Type two numbers in square brackets, the weight and the bias, in place of the `...`.",
        right=[-6.0, 7.0],
        wrong=[
            ([-6.0, 4.0], "The first bias goes through the second layer, too: it is multiplied by the second weight."),
            ([-6.0, 3.0], "The biases are not added as they are: the first one meets the second weight on its way."),
            ([-6.0, 1.0], "Minus times minus is plus: look at the product of the first bias and the second weight."),
            ([-1.0, 3.0], "The second layer multiplies what the first one gives; it does not add its weight to it."),
        ],
        learned="Two layers with nothing between them are one layer.",
    ),
    Write(
        "7.2",
        start="Subtract the largest score of every row, take the exponential, divide by the sum of the row.",
        inputs=[(ROWS,), (WIDE,), (1000 * WIDE,)],
        right=lambda scores: softmax(scores),  # so that a hint calls them as the stub does
        wrong=[
            (shares(shift=False), "Right for small scores. With scores in the thousands it gives nan. Shift first."),
            (
                shares(),
                "You subtract the largest score of the whole batch. Then another row's exponentials may all become 0, "
                "and 0 / 0 is nan.",
            ),
            (shares(axis=0), "The columns add up to 1. A sample is a row: which axis has its classes?"),
            (
                shares(keepdims=False),
                "The sums lie down as a row, so that each column is divided by one of them. How do they stay a column?",
            ),
            (unshifted_whole, "All numbers together add up to 1. Each row should by itself: axis=1."),
            (sums_down, "The sums of the rows lie down and divide columns. keepdims=True leaves them standing."),
            (largest_down, "The largest of each row lie down, too, and are taken from columns. keepdims=True."),
            (no_powers, "The exponential is missing: shares of the scores themselves can be below 0."),
            (shares(axis=None), "All probabilities together add up to 1. Each row should."),
        ],
        learned="Exponentiate, divide by the row's sum, and shift first, which changes nothing but the overflow.",
    ),
    Reach(
        "7.3",
        start="Two lists of the same length: where the kinks are, and by how much the slope changes at each.",
        show=curve,
        missing=not_the_ramp,
        wrong=[
            (([1.0], [1.0]), "It rises at 1 and never stops. The slope has to change back to 0 somewhere."),
            (([1.0, 2.0], [1.0, -1.0]), "It levels off at 2, at half the height. Where is the top of the ramp?"),
            (([1.0, 3.0], [2.0, -2.0]), "It rises too steeply: from 0 to 2 on a way of 2."),
            (([1.0, 3.0], [1.0, -2.0]), "After 3 it falls: you took away more slope than there was."),
        ],
        learned="The place of a kink is a bias, the change of slope a weight: you have trained a network by hand.",
    ),
    Predict(
        "7.4",
        start='Type "0", "1" or "it depends" in place of the `...`.',
        right="1",
        choices={
            "0": "That would be so for a curve that is turned about 0, as tanh is. The sigmoid is turned about its "
            "middle, which is at a half.",
            "1": "The shares of two classes with the scores x and 0 add up to 1, and these two are they. So "
            "sigmoid(-x) is 1 - sigmoid(x).",
            "it depends": "It looks as if it should. Try 0, where each of them is a half, and then 5.",
        },
    ),
    Reach(
        "7.5",
        start="Type a list of scores in place of the `...`.",
        show=naive,
        missing=adds_up,
        wrong=[
            (
                [1000.0, 1001.0, 1002.0],
                "Their exponentials are infinite one by one. Stay below 709.78 with each; what else can overflow?",
            ),
            ([1.0, 2.0, 3.0], "Nothing overflows here. Go to the edge of what a float can hold."),
            ([709.0, 0.0], "At the edge, but alone there. How large may the sum of the exponentials be?"),
        ],
        learned="Each exponential is finite and their sum is not, or all are 0: the shift takes care of both.",
    ),
    Write(
        "7.6",
        start="Measure the slope at some points as the chapter does, and look for a formula of x and s that gives it.",
        inputs=[(Z,), (np.array([-0.7, 1.1]),)],
        right=lambda x: sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x)),
        wrong=[
            (lambda x: sigmoid(x) * (1 - sigmoid(x)), "That is the slope of the sigmoid alone."),
            (lambda x: x * sigmoid(x) * (1 - sigmoid(x)), "You moved x within the sigmoid. The x in front moves, too."),
            (
                lambda x: x * sigmoid(x) * sigmoid(x) * (1 - sigmoid(x)),
                "You multiplied the two slopes. They belong to two factors, and not to links of a chain.",
            ),
            (
                lambda x: x * sigmoid(x) * (1 - x * sigmoid(x)),
                "With s (1 - s) you take x sigmoid(x) for a sigmoid, which it is not.",
            ),
            (sigmoid, "You moved the x in front. The sigmoid behind it moves, too."),
            (lambda x: x * sigmoid(x), "That is the function itself."),
            (lambda x: sigmoid(x) * (1 - x * sigmoid(x)), "Close: how does the slope begin, when x is 0? With a half."),
        ],
        tolerance=1e-4,
        learned="Where two factors move, the slope has two parts, one for each: chapter 10 calls it the product rule.",
    ),
]
