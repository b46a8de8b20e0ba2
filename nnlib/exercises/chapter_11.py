"""Backpropagation by hand."""

import math

import numpy as np

from nnlib.exercises.kinds import Predict, Reach, Write
from nnlib.gradcheck import numerical_gradient

X, W = [2.0, -1.0], [0.5, -0.4, 0.3, 0.6, 0.1, 0.2, 0.7, -0.9, -0.2]
OTHER = [0.8, -1.1, -0.5, 0.4, 0.3, -0.6, 1.2, 0.9, 0.25]


def squash(z):
    return 1 / (1 + math.exp(min(-z, 700)))


def network(x, w):
    """The sums, the hidden values and the prediction of the chapter's network."""
    z1, z2 = w[0] * x[0] + w[2] * x[1] + w[4], w[1] * x[0] + w[3] * x[1] + w[5]
    h1, h2 = squash(z1), squash(z2)
    return z1, z2, h1, h2, squash(w[6] * h1 + w[7] * h2 + w[8])


def measured(x, t, w):
    return numerical_gradient(lambda moved: (network(x, moved)[4] - t) ** 2, np.array(w)).tolist()


def mixed_up(x, w):
    """Forward with w12 for w21 and the other way round."""
    return network(x, [w[0], w[2], w[1], *w[3:]])


def unbiased(x, w):
    return network(x, [*w[:4], 0, 0, *w[6:8], 0])


def inputs_too(w, slopes):
    dz1, dz2 = slopes[4:6]
    return [*slopes, dz1 * w[0] + dz2 * w[1], dz1 * w[2] + dz2 * w[3]]


def walk_back(
    *,
    two=2,
    outer=True,
    inner="h",
    order=(0, 1, 2, 3),
    own=False,
    target=None,
    forward=network,
    through=True,
    back=lambda w, slopes: slopes,
):
    """The way back, with what people do otherwise."""

    def backward(x, t, w):
        z1, z2, h1, h2, p = forward(x, w)
        ds = two * (p - (target or t)) * (p * (1 - p) if outer else 1)
        rates = {"h": (h1 * (1 - h1), h2 * (1 - h2)), "z": (z1 * (1 - z1), z2 * (1 - z2)), None: (1, 1)}[inner]
        dz1, dz2 = ds * (w[6] if through else 1) * rates[0], ds * (w[7] if through else 1) * rates[1]
        first = [dz1 * x[0], dz2 * x[0], dz1 * x[1], dz2 * x[1]]
        last = [ds * w[6], ds * w[7]] if own else [ds * h1, ds * h2]
        return back(w, [first[k] for k in order] + [dz1, dz2, *last, ds])

    return backward


BOXES = {"z1": 2, "z2": -4, "h1": 2, "h2": -2, "p": 5, "L": 9, "dp": 6, "dh1": 18, "dh2": -6, "dz1": 18, "dz2": -3}
BOXES |= {"dv2": -12, "dw12": -9, "dx1": 21}
MISTAKES = [  # box, what people write into it, hint
    ("z1", -1, "`z1`: the bias is missing."),
    ("z1", 8, "`z1`: the second index names the neuron. w21 leads into z1, w12 into z2."),
    ("z1", 10, "`z1`: the second input is -2, and w21 times it is below 0."),
    ("z2", 5, "`z2`: the second index names the neuron. w12 leads into z2, w21 into z1."),
    ("z2", 0, "`z2`: the second input is -2, and w22 times it is below 0."),
    ("h1", 1, "`h1`: z1 is above 0. Only what is below is halved."),
    ("h2", 2, "`h2`: half of something below 0 is still below 0."),
    ("p", 8, "`p`: the bias c is missing."),
    ("L", -9, "`L`: a square is never below 0."),
    ("dh1", 12, "`dh1`: h1 is multiplied by v1, so its rate is v1. You took the factor h1 itself."),
    ("dv2", -24, "`dv2`: the input of v2 is h2, what has come through the ReLU, not z2."),
    ("dw12", -18, "`dw12`: what arrives at the weight is dz2. You took dh2, which has not come through the ReLU yet."),
    ("dx1", 3, "`dx1`: x1 went two ways, and you came back on the second alone."),
    ("dx1", 24, "`dx1`: what comes back through the weights is dz1 and dz2. You took dh2, not dz2."),
    ("z2", -5, "`z2`: the bias is missing."),
    ("h2", -4, "`h2`: z2 is below 0. What does the leaky ReLU do with it?"),
    ("h2", 0, "`h2`: this ReLU leaks, and half of it passes."),
    ("p", 1, "`p`: both v2 and h2 are below 0. What is their product?"),
    ("L", 3, "`L`: that is by how much p is too large. The loss is its square."),
    ("dp", 3, "`dp`: the rate of a square is twice what is squared."),
    ("dp", -6, "`dp`: p is too large, so a larger p makes the loss larger. Prediction minus target."),
    ("dh2", -12, "`dh2`: h2 is multiplied by v2, so its rate is v2. You took the factor h2 itself."),
    ("dz1", 36, "`dz1`: where z is above 0, the leaky ReLU hands on as much as it gets: its rate is 1, not z."),
    ("dz2", -6, "`dz2`: half passed on the way forward. So how much passes on the way back?"),
    ("dz2", 0, "`dz2`: this ReLU leaks. Its rate below 0 is not 0."),
    ("dz2", 12, "`dz2`: the rate of the leaky ReLU is its slope, and not its value."),
    ("dv2", -6, "`dv2`: a weight gets its input times what arrives at its output. What is the input of v2?"),
    ("dw12", 3, "`dw12`: its input times what arrives. You took the weight itself."),
    ("dw12", 6, "`dw12`: the first index names the input. You took the other one."),
    ("dw12", 54, "`dw12`: the second index names the neuron. You took what arrives at the other one."),
    ("dx1", 18, "`dx1`: x1 went two ways, and you came back on one."),
    ("dx1", 12, "`dx1`: which two weights does x1 meet? You took those of the first neuron."),
    ("dx1", 15, "`dx1`: minus times minus is plus."),
]


def filled(answer):
    """The boxes that have a number; `...` if none has."""
    if not isinstance(answer, dict) or list(answer) != list(BOXES):
        return "Leave the names as they are, and replace dots by numbers."
    return {name: float(value) for name, value in answer.items() if value is not ...} or ...


def first_wrong_or_empty(shown):
    if isinstance(shown, str):
        return shown
    for name, value in shown.items():
        if abs(value - BOXES[name]) > 1e-9:
            hints = [hint for box, wrong, hint in MISTAKES if box == name and wrong == value]
            return hints[0] if hints else f"`{name}` is not {value:g}. From which boxes does it come?"
    empty = [name for name in BOXES if name not in shown]
    return f"All right so far. The next box is `{empty[0]}`." if empty else None


def tied(*, first=1, second=1):
    def slope(w, x, t):
        h = squash(w * x)
        dp = 2 * (w * h - t)
        return first * dp * h + second * dp * w * h * (1 - h) * x

    return slope


def wrong_and_still(answer):
    w = [float(number) for number in answer]
    if len(w) != 9:
        return f"There are nine numbers to choose, and you have {len(w)}."
    return [(network(X, w)[4] - 1) ** 2, max(map(abs, walk_back()(X, 1.0, w)))]


def not_stuck(shown):
    if isinstance(shown, str):
        return shown
    loss, largest = shown
    if loss < 0.9:
        return f"The loss is {loss:.2f}, and should be above 0.9: let the network say 0, where 1 is wanted."
    return f"The largest slope is still {largest:.3f}: go further the same way." if largest > 0.001 else None


def carried(*, two=2, outer=True, inner=True, strips=(1, 1), biases=1, order=(0, 1, 2, 3), target=None, shift=0):
    """The slope by number k, carried forward."""

    def slope(x, t, w, k):
        _, _, h1, h2, p = network(x, w)
        m = [float((k - shift) % 9 == j) for j in (*order, 4, 5, 6, 7, 8)]
        h1_moves = (h1 * (1 - h1) if inner else 1) * (m[0] * x[0] + m[2] * x[1] + biases * m[4])
        h2_moves = (h2 * (1 - h2) if inner else 1) * (m[1] * x[0] + m[3] * x[1] + biases * m[5])
        s_moves = strips[0] * (m[6] * h1 + m[7] * h2) + strips[1] * (w[6] * h1_moves + w[7] * h2_moves) + biases * m[8]
        return (two * (p - (target or t)) if two else 1) * (p * (1 - p) if outer else 1) * s_moves

    return slope


def moved_by_one(x, t, w, k):
    return (network(x, [number + (j == k) for j, number in enumerate(w)])[4] - t) ** 2 - (network(x, w)[4] - t) ** 2


def set_to_one(x, t, w, k):
    return (network(x, [1 if j == k else number for j, number in enumerate(w)])[4] - t) ** 2


EXERCISES = [
    Predict(
        "11.1",
        start='Type a number, such as "0" or "9", in place of the `...`.',
        right="2",
        choices={
            "0": "A weight gets its input times what arrives at its output. Whose input is 0?",
            "1": "There is more than one weight that x1 goes into.",
            "2": "The weights w11 and w12 have the input 0, so they had no part in the result. The biases b1 and b2 "
            "had: they are added whatever the input is.",
            "3": "Two of them are weights of x1. Which third do you mean? A bias does not depend on an input.",
            "4": "Two of the four belong to x2, which is not 0.",
            "6": "Two of the six belong to x2, and the two behind the hidden neurons see h1 and h2, which are not 0.",
            "7": "So many are not 0. The question is how many are.",
            "9": "The output is wrong, and something arrives everywhere. Which weights have an input of 0?",
        },
    ),
    Reach(
        "11.2",
        start="Begin with z1. You may fill in a few boxes and ask: each is looked at by itself.",
        show=filled,
        missing=first_wrong_or_empty,
        wrong=[(BOXES | {name: value}, hint) for name, value, hint in MISTAKES],
        learned="Values forward, slopes back, each box from the one beside it: that is all of backpropagation.",
    ),
    Write(
        "11.3",
        start="Begin with the way forward. The way back needs what it computes.",
        inputs=[(X, 1.0, W), ([0.7, 1.6], 0.25, OTHER)],
        right=measured,
        wrong=[
            (walk_back(two=1), "Half of what it should be: the rate of a square has a factor in front."),
            (walk_back(two=-2), "All the signs are turned. The rate of the square is made of prediction minus target."),
            (walk_back(outer=False), "The output has a sigmoid, too. Its rate is missing between dp and ds."),
            (walk_back(inner=None), "The hidden neurons have sigmoids. Their rates are missing between dh and dz."),
            (walk_back(inner="z"), "The rate of a sigmoid is made of its value, h. You put in what came into it, z."),
            (walk_back(order=(0, 2, 1, 3)), "The numbers are right, in another order: w12 comes before w21."),
            (
                walk_back(own=True),
                "The slopes of v1 and v2 have v1 and v2 in them. What is the input of such a weight?",
            ),
            (walk_back(target=1.0), "You use the chapter's target. Take the t that comes in."),
            (
                walk_back(forward=lambda x, w: network(X, W)),
                "You go back with the chapter's h1, h2 and p. Go forward first, with the x and w that come in.",
            ),
            (walk_back(forward=mixed_up), "On your way forward, w12 and w21 have changed places."),
            (walk_back(forward=unbiased), "On your way forward, the biases are missing."),
            (
                walk_back(back=inputs_too),
                "The inputs are data, and not among the nine numbers: leave out what comes back to them.",
            ),
            (walk_back(through=False), "What arrives at h1 has come through v1. That factor is missing, and v2 too."),
            (
                walk_back(back=lambda w, slopes: [number - 0.5 * slope for number, slope in zip(w, slopes)]),
                "You have taken the step, too. The slopes alone are asked for.",
            ),
        ],
        learned="Forward, then back, and every number of the way forward is needed on the way back.",
    ),
    Write(
        "11.4",
        start="As it stands, the measured slope is another one. How many ways lead from w to p?",
        inputs=[(0.8, 1.5, 1.0), (-1.2, 0.5, 0.25)],
        right=tied(),
        again="It is the line that says `dw = ` for the second time.",
        wrong=[
            (tied(first=0), "As it stands, the measured slope is another one. How many ways lead from w to p?"),
            (tied(second=0), "Now you come back on the second way alone. There is the one through the sigmoid, too."),
            (tied(first=0.5, second=0.5), "That is the mean of both ways. Is it what the loss feels?"),
            (tied(second=-1), "Subtracted, the two ways would work against each other. Do they?"),
            (
                lambda w, x, t: tied(second=0)(w, x, t) * tied(first=0)(w, x, t),
                "Along one way, rates are multiplied. What is done with two ways?",
            ),
            (
                lambda w, x, t: (tied(second=0)(w, x, t), tied(first=0)(w, x, t)),
                "Both ways are there. But one weight has one slope: what does the loss feel of the two?",
            ),
            (tied(first=-1), "The two ways are subtracted."),
        ],
        learned="A weight in two places gets a slope from each, and they add up: `+=`, where many write `=`.",
    ),
    Reach(
        "11.5",
        start="Type nine numbers in square brackets, in the order of the list `w`, or make them out of `w`.",
        show=wrong_and_still,
        missing=not_stuck,
        wrong=[
            (W, "These are the numbers of the chapter. They learn."),
            (
                [0.0] * 9,
                "The network says 0.5: half wrong, and in no way stuck. It should be sure, and wrong.",
            ),
            (W[:8] + [-4.0], "Wrong enough, and not sure enough: it can still be moved. Go further the same way."),
            (W[:8] + [10.0], "No slopes, but no mistake either: the network is right, and has nothing to learn."),
        ],
        learned="With the squared error behind a sigmoid, the surer a wrong answer is, the less is learned from it.",
    ),
    Write(
        "11.6",
        start="For every value, write down how fast it moves when number k is turned. Number k itself moves at 1.",
        inputs=[(X, 1.0, W, k) for k in (1, 2, 5, 6, 8)] + [([0.7, 1.6], 0.25, OTHER, 4)],
        right=lambda x, t, w, k: measured(x, t, w)[k],
        wrong=[
            (carried(strips=(0, 1)), "Right for the first layer. In v1 h1 both factors can move: here h1 is held."),
            (carried(strips=(1, 0)), "Right for the output. If w12 is turned, h2 moves, and v2 hands that on to s."),
            (carried(target=1.0), "You use the chapter's target. Take the t that comes in."),
            (carried(inner=False), "The sigmoids of the hidden neurons are missing, between z and h."),
            (carried(two=0), "That is how fast p moves. One link is left, from p to the loss."),
            (carried(shift=1), "You count the nine numbers from 1. In Python the first one is number 0."),
            (moved_by_one, "You turn number k by 1, which is far. Its rate is 1: how fast do the others move?"),
            (set_to_one, "Number k keeps its value. It is its rate that is 1."),
            (lambda x, t, w, k: walk_back()(x, t, w), "These are all the slopes. That of number k is asked for."),
            (carried(biases=0), "A bias moves its sum, too, at the rate 1."),
            (carried(outer=False), "The last sigmoid is missing, between s and p."),
            (carried(two=1), "Half of what it should be: the rate of a square has a factor in front."),
            (carried(two=-2), "The sign is turned: prediction minus target."),
            (carried(order=(0, 2, 1, 3)), "You read w12 where w21 stands, or the other way round."),
        ],
        learned="Forward, one sweep gives the slope of one number; backward, one sweep gives them all.",
    ),
]
