"""Batches."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Reach, Write

TWO = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.5, 4.0], [-2.0, 1.0]])
NETS = [
    (np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]]), TWO[0], np.array([0.5, -2.0]), TWO[1], np.array([3.0, 0.25])),
    (
        np.array([[1.0, -2.0, 0.5], [2.0, 0.5, 3.0]]),
        np.array([[1.0, 0.0, 2.0, -1.0], [3.0, 1.0, -2.0, 0.5], [0.5, 2.0, 1.0, 4.0]]),
        np.array([0.5, -1.0, 2.0, 3.0]),
        np.array([[1.0, 2.0], [-1.0, 0.5], [3.0, -2.0], [0.5, 1.5]]),
        np.array([-0.5, 1.0]),
    ),
]
LAYERS = [
    (np.array([[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]]), TWO[0], np.array([0.5, -2.0])),
    (
        np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]]),
        np.array([[1.0, 4.0, 2.0], [0.0, 3.0, -1.0]]),
        np.array([0.5, -2.0]),
    ),
]
PAIRS = [
    (np.array([[0.0, 3.0], [4.0, 1.0]]), np.array([[1.0, 1.0], [2.0, -5.0]])),
    (np.array([[0.0, 3.0], [4.0, 1.0], [2.0, 2.0]]), np.array([[1.0, 1.0], [2.0, -5.0]])),
]
MEND = "The shapes are right, the numbers are not. Print W and V for a small W: where are the weights of neuron 0?"


def by_sums(X, W1, b1, W2, b2):
    H = np.array([[sum(x * W1[:, j]) + b1[j] for j in range(len(b1))] for x in X])
    return np.array([[sum(h * W2[:, j]) + b2[j] for j in range(len(b2))] for h in H])


def what_stands_between(between):
    """What a function makes of the numbers between two layers: a straight line's outputs, or a bend."""
    H = np.array([[-2.0, 1.0, 3.0], [0.5, -1.0, 2.0], [4.0, 2.5, -3.0]])
    middle = [np.asarray(between(t * H[0] + (1 - t) * H[1]), dtype=float) for t in (0.0, 0.5, 1.0)]
    if middle[0].shape != H[0].shape:
        return "another shape"
    if np.isnan(middle).any():
        return "nan"
    if not np.allclose(middle[0] - 2 * middle[1] + middle[2], 0):
        return "bends"
    if np.allclose(middle[0], middle[2]):
        return "constant"
    return "straight, through zero" if np.allclose(between(0 * H[0]), 0) else "straight"


def not_bent(shown):
    if shown == "another shape":
        return "What goes on to the second layer has to have the shape of H."
    if shown == "nan":
        return "Something that is not a number comes out: H has negative numbers, too, and they have no root."
    if shown != "bends":
        return "Still one layer: between two points, your function goes along a straight line."


EXERCISES = [
    OnPaper(
        "4.1",
        start="Type three shapes in place of the `...`, such as [(5, 3), ...].",
        right=[(5, 3), (6, 4), (3, 3)],
        wrong=[
            (
                [(5, 3), (6, 4), (3, 1)],
                "The last one: a missing length counts as 1, on the left. Then both are repeated.",
            ),
            ([(5, 3), (6, 4), (3,)], "The last one: (3,) is (1, 3), a row, and beside it stands a column."),
            ([(5, 3), (6, 1), (3, 3)], "The second one: (4,) is (1, 4), and the 1 of (6, 1) is repeated four times."),
            ([(5, 3), (4, 6), (3, 3)], "The second one: align at the right, so the 4 stands below the 1, last."),
        ],
        learned="Align at the right, a missing length is 1, and what is 1 is repeated. Nothing else happens.",
    ),
    Write(
        "4.2",
        start="Two lines: H is what the first layer makes of X, and the second layer is given H.",
        inputs=NETS,
        right=by_sums,
        wrong=[
            (
                lambda X, W1, b1, W2, b2: X @ W1 @ W2 + b2,
                "The first layer's bias is missing. The second layer's weights multiply it, too.",
            ),
            (lambda X, W1, b1, W2, b2: (X @ W1 + b1) @ W2, "The second layer's bias is missing."),
            (lambda X, W1, b1, W2, b2: X @ W1 @ W2, "Both biases are missing."),
            (
                lambda X, W1, b1, W2, b2: X @ W1 + b1,
                "That is the first layer. Its outputs are the inputs of the second.",
            ),
            (
                lambda X, W1, b1, W2, b2: (X @ W1.T + b1) @ W2.T + b2,
                "These weights are stored with a column for each neuron. Nothing has to be turned over.",
            ),
            (
                lambda X, W1, b1, W2, b2: X @ W1 @ W2 + b1 @ W1 + b2,
                "The first bias is added before the first layer. It comes behind it.",
            ),
        ],
        learned="A network forwards a batch, from memory, in two lines and without a transpose.",
    ),
    Write(
        "4.3",
        start=MEND,
        again="It is the first line of the function: which command swaps rows and columns?",
        inputs=LAYERS,
        right=lambda X, W, b: np.array([[sum(x * w) + bias for w, bias in zip(W, b)] for x in X]),
        wrong=[
            (lambda X, W, b: X @ W.reshape(W.shape[1], W.shape[0]) + b, MEND),
            (lambda X, W, b: X @ W + b, "Now the columns of W are taken for neurons, but this W has a row for each."),
            (lambda X, W, b: (X @ W.T + b).T, "The numbers are right, turned over: a row for each sample, please."),
            (lambda X, W, b: X @ W.T, "The bias has gone on the way."),
        ],
        learned="A transpose swaps rows and columns; a reshape only cuts the same row of numbers anew.",
    ),
    Reach(
        "4.4",
        start="Return something made of H, with its shape, such as 2 * H. That is a beginning, and not yet enough.",
        show=what_stands_between,
        missing=not_bent,
        wrong=[
            (
                lambda H: 2 * H,
                "Still one layer: the second layer's weights can multiply as well. What can no table of weights do?",
            ),
            (lambda H: H + 1, "Still one layer: what is added can go into a bias."),
            (lambda H: 0 * H + 1, "Now the second layer sees always the same, and the network has become a constant."),
        ],
        learned="Whatever bends keeps two layers from becoming one. Networks live on it, as chapter 7 shows.",
    ),
    Write(
        "4.5",
        start="Multiply out (x - y) @ (x - y): three terms. The first needs a column of numbers, the second a row, the "
        "third is a matrix product.",
        inputs=PAIRS,
        right=lambda X, Y: np.array([[sum((x - y) ** 2) for y in Y] for x in X]),
        wrong=[
            (
                lambda X, Y: (X * X).sum(axis=1) + (Y * Y).sum(axis=1) - 2 * X @ Y.T,
                "The squares of X belong to rows: make them a column by reshape(-1, 1).",
            ),
            (
                lambda X, Y: (X * X).sum(axis=1).reshape(-1, 1) + (Y * Y).sum(axis=1) - X @ Y.T,
                "The mixed term comes twice: x @ y and y @ x.",
            ),
            (
                lambda X, Y: (X * X).sum(axis=1).reshape(-1, 1) + (Y * Y).sum(axis=1) + 2 * X @ Y.T,
                "Look at the sign of the mixed term: vectors that point alike are close.",
            ),
            (
                lambda X, Y: (X * X).sum(axis=0).reshape(-1, 1) + (Y * Y).sum(axis=0) - 2 * X @ Y.T,
                "You add up along columns. A point is a row here: axis=1.",
            ),
            (
                lambda X, Y: np.sqrt((X * X).sum(axis=1).reshape(-1, 1) + (Y * Y).sum(axis=1) - 2 * X @ Y.T),
                "These are the distances. Their squares are asked for: leave the root out.",
            ),
        ],
        learned="A column plus a row is a whole table, and all distances cost one matrix product.",
    ),
]
