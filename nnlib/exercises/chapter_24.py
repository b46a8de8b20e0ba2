"""All of MNIST."""

import functools

import numpy as np

from nnlib.exercises.kinds import OnPaper, Reach, Write
from nnlib.mnist import load_mnist_sample
from nnlib.own_digits import own_digit

TRUTH, SAID = np.array([2, 0, 1, 2, 2, 0, 1, 2]), np.array([2, 1, 1, 0, 0, 0, 1, 2])


def counted(*, turn=False, once=False, share=False):
    def table(truth, said, classes):
        counts = np.zeros((classes, classes))
        for true, answer in zip(truth, said):
            counts[true, answer] = 1 if once else counts[true, answer] + 1
        counts = counts.T if turn else counts
        return counts / counts.sum() if share else counts

    return table


def pairs_after(answer, n, seed):
    """Whether each row still has its label, whether any was lost, and whether the order has changed."""
    X = np.arange(2.0 * n).reshape(n, 2)
    shown = answer(X, np.arange(n) * 10, np.random.default_rng(seed))
    if shown is ... or not isinstance(shown, (tuple, list)) or len(shown) != 2:
        return shown
    X_new, y_new = np.array(shown[0]), np.array(shown[1])
    if X_new.shape != X.shape or y_new.shape != (n,):
        return [X_new.shape, y_new.shape]
    return [
        bool((X_new[:, 0] * 5 == y_new).all()), bool((np.sort(y_new) == np.arange(n) * 10).all()),
        bool((X_new == X).all()), bool((y_new == np.arange(n) * 10).all()),
    ]


def together(X, y, rng):
    order = rng.permutation(len(X))
    return X[order], y[order]


def apart(X, y, rng):
    return X[rng.permutation(len(X))], y[rng.permutation(len(X))]


DIGITS = np.arange(1.0, 33.0).reshape(2, 4, 4)


def moved(*, wrap=False, swap=False, sign=1):
    def shift(images, down, right):
        down, right = (right, down) if swap else (down, right)
        result = np.roll(images, (sign * down, sign * right), axis=(1, 2))
        if not wrap:
            rows = np.arange(images.shape[1]) - sign * down
            columns = np.arange(images.shape[2]) - sign * right
            inside = (0 <= rows) & (rows < images.shape[1])
            result = result * inside[:, None] * ((0 <= columns) & (columns < images.shape[2]))
        return result

    return shift


@functools.cache
def sample():
    return load_mnist_sample(dtype=np.float64)[0]


def read(answer):
    """Which labels the five nearest training digits have, for a drawing."""
    X, y = sample()
    return y[((X - own_digit(answer)) ** 2).sum(axis=1).argsort(kind="stable")[:5]].tolist()


def not_a_seven(shown):
    if shown.count(7) < 3:
        return f"The five digits of the sample that are nearest to your drawing are {shown}. At least three should be "
        "7."


def strokes(*ends):
    """A page of 20 by 20 with straight strokes on it."""
    page = np.zeros((20, 20))
    for (top, left), (bottom, right) in ends:
        for t in np.linspace(0, 1, 60):
            row, column = round(top + t * (bottom - top)), round(left + t * (right - left))
            page[row : row + 2, column : column + 2] = 1
    return page


EXERCISES = [
    OnPaper(
        "24.1",
        start="Type the number that you found in place of the `...`.",
        right=4300,
        tolerance=1e-9,
        wrong=[
            (4290, "The last, smaller batch of every epoch is a step, too."),
            (4297, "The steps of an epoch are a whole number; count them first, then multiply."),
            (430, "That is one epoch."),
            (4690, "You count all 60,000 digits. 5,000 of them are set aside for choosing."),
        ],
        learned="Each epoch ends with a batch that is smaller than the others, and it is a step like any other.",
    ),
    Write(
        "24.2",
        start="A table of zeros; for each pair of truth and answer, one more in the row of the truth and the answer's "
        "column.",
        inputs=[(TRUTH, SAID, 3), (SAID[:5], TRUTH[:5], 4)],
        right=counted(),
        wrong=[
            (counted(turn=True), "Rows and columns are exchanged: a row is what the digit was."),
            (
                counted(once=True),
                "No count is above 1. `counts[truth, said] += 1` adds to each place once, however often it occurs: "
                "use a "
                "loop, or np.add.at.",
            ),
            (counted(share=True), "These are shares. Counts are asked for."),
            (
                lambda truth, said, classes: counted()(truth, said, classes) * np.eye(classes),
                "The mistakes are missing: they stand beside the diagonal.",
            ),
        ],
        learned="One table, and each mistake has its place in it.",
    ),
    Write(
        "24.3",
        start="Let it shuffle three rows and three labels, and look whether each row still has its own label.",
        again="It is the third line: whose order does it draw?",
        inputs=[(12, 0), (9, 1)],
        right=together,
        use=pairs_after,
        wrong=[
            (apart, "Let it shuffle three rows and three labels, and look whether each row still has its own label."),
            (
                lambda X, y, rng: (X[rng.permutation(len(X))], y),
                "The rows move and their labels stay. Both have to go the same way.",
            ),
            (
                lambda X, y, rng: (X, y[rng.permutation(len(X))]),
                "The labels move and their rows stay. Both have to go the same way.",
            ),
            (
                lambda X, y, rng: (lambda places: (X[places], y[places]))(rng.integers(len(X), size=len(X))),
                "Some rows come twice and others not at all. `permutation` draws an order, `integers` draws with luck.",
            ),
            (lambda X, y, rng: (X, y), "Nothing moves."),
        ],
        learned="One order for both. A network given shuffled labels learns nothing, and no error says why.",
    ),
    Reach(
        "24.4",
        start="Begin with page = np.zeros((20, 20)); then page[4:6, 4:16] = 1 is a stroke from left to right.",
        show=read,
        missing=not_a_seven,
        wrong=[
            (
                strokes(((3, 10), (16, 10))),
                "The nearest digits of the sample are ones: your 7 has no stroke at its top.",
            ),
            (
                strokes(((3, 5), (3, 14)), ((3, 5), (16, 5)), ((16, 5), (16, 14)), ((3, 14), (16, 14))),
                "A closed shape has the 0 for its neighbour. A 7 is open.",
            ),
            (
                strokes(((3, 5), (9, 5)), ((9, 5), (9, 14)), ((3, 14), (16, 14))),
                "Two strokes down and one across: that is a 4.",
            ),
        ],
        learned="You have written a digit that MNIST's own writers would know.",
    ),
    Write(
        "24.5",
        start="A table of zeros of the same shape; then one assignment of a part of the images to a part of it.",
        inputs=[(DIGITS, 1, 0), (DIGITS, 0, -1), (DIGITS, -2, 1), (DIGITS, 0, 0)],
        right=moved(),
        wrong=[
            (moved(wrap=True), "What leaves on one side comes back on the other. Paper should come in."),
            (moved(swap=True), "Down and right are exchanged: the rows are axis 1, the columns axis 2."),
            (moved(sign=-1), "It goes up and left where it should go down and right."),
            (lambda images, down, right: images, "Nothing has moved."),
        ],
        learned="So each digit becomes five: the same label, and for a dense layer quite other pixels.",
    ),
]
