"""Meet MNIST."""

import math

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Write

rng = np.random.default_rng(23)
A0 = rng.uniform(0, 1, (5, 6)).round(2)
Y = np.eye(3)[[0, 1, 2, 2, 1, 0]].T
W1, B1 = rng.standard_normal((4, 5)).round(2), rng.standard_normal((4, 1)).round(2)
W2, B2 = rng.standard_normal((3, 4)).round(2), rng.standard_normal((3, 1)).round(2)


def columns(*, m=6, mask=True, turned=True, keepdims=True, axis=1, softmax_axis=0):
    def gradients(A0, Y, W1, b1, W2, b2):
        Z1 = W1 @ A0 + b1
        A1 = np.maximum(Z1, 0)
        powers = np.exp(W2 @ A1 + b2)
        dZ2 = powers / powers.sum(axis=softmax_axis, keepdims=True) - Y
        dZ1 = (W2.T if turned else np.linalg.pinv(W2)) @ dZ2 * ((Z1 > 0) if mask else 1)
        parts = [dZ1 @ A0.T, dZ1.sum(axis=axis, keepdims=keepdims), dZ2 @ A1.T, dZ2.sum(axis=axis, keepdims=keepdims)]
        return [part / m for part in parts]

    return gradients


def step(answer, *given):
    shown = answer(*given)
    return shown if shown is ... or not isinstance(shown, (tuple, list)) else list(shown)



KNOWN = np.array([[0.0, 0.2, 1.0], [1.0, 0.9, 0.1], [0.5, 0.5, 0.5], [0.1, 0.0, 0.7], [1.0, 0.0, 0.0]])
NAMES = np.array([7, 1, 4, 7, 7])
NEW = np.array([[0.9, 1.0, 0.3], [0.1, 0.3, 0.8], [0.6, 0.4, 0.4], [0.45, 0.0, 1.0], [0.95, 0.1, 0.1]])


def by(distance, choose=np.argmin):
    return lambda X, labels, new: np.array([labels[choose([distance(x - known) for known in X])] for x in new])


def by_class(X, labels, new):
    kinds = np.unique(labels)
    means = np.array([X[labels == kind].mean(axis=0) for kind in kinds])
    return np.array([kinds[((means - x) ** 2).sum(axis=1).argmin()] for x in new])


EXERCISES = [
    OnPaper(
        "23.1",
        start="Type the number that you found in place of the `...`.",
        right=341,
        tolerance=1e-9,
        wrong=[
            (152, "Rows are laid behind each other, not columns: which of the two numbers is to be multiplied by 28?"),
            (369, "Rows count from 0: before row 12 there are twelve of them."),
            (342, "Columns count from 0: in column 0 the position is a multiple of 28."),
            (313, "Before row 12 there are twelve rows, from row 0 to row 11."),
        ],
        learned="Row times 28, plus column: so a grid becomes a row, and `reshape` goes both ways.",
    ),
    OnPaper(
        "23.2",
        start="Type the spread as a share in place of the `...`, such as 0.01 for one per cent.",
        right=0.003,
        tolerance=0.02,
        wrong=[
            (0.3, "That is the spread of a single toss. Of ten thousand, the mean spreads less."),
            (0.09 / 10_000, "A root is missing."),
            (math.sqrt(0.9 / 10_000), "There are two ways to be off: p is to be multiplied by what is missing to 1."),
            (0.09 / 100, "The root belongs over the whole fraction, not over n alone."),
        ],
        learned="Two networks that differ by 0.2 per cent on ten thousand digits have not shown which is better.",
    ),
    Predict(
        "23.3",
        start='Type "nearly as many", "one in ten" or "none" in place of the `...`.',
        right="nearly as many",
        choices={
            "nearly as many": "All hidden sums grow alike, ReLU lets them, and the largest score stays the largest; "
            "only the "
            "biases do not grow. The loss is another story: it is 75.",
            "one in ten": "That would be so if the scores lost their order. What does ReLU make of a sum that is 255 "
            "times "
            "as large?",
            "none": "To be always wrong one has to know something. And what does a larger input do to the order of the "
            "scores?",
        },
    ),
    Write(
        "23.4",
        start="Forward: Z1, A1, Z2, A2. Back: dZ2, dW2, db2, dZ1, dW1, db1. Return dW1, db1, dW2, db2.",
        inputs=[(A0, Y, W1, B1, W2, B2), (A0[:, :5], Y[:, :5], -W1, B1, W2, B2)],
        right=lambda A0, Y, W1, b1, W2, b2: columns(m=A0.shape[1])(A0, Y, W1, b1, W2, b2),
        use=step,
        wrong=[
            (
                columns(m=1),
                "The mean over the samples is missing: each of the four is divided by m, the number of columns.",
            ),
            (
                lambda A0, *others: columns(m=len(A0))(A0, *others),
                "You divide by the number of inputs. A column is a sample here, so m is A0.shape[1].",
            ),
            (
                lambda A0, *others: columns(m=A0.shape[1], mask=False)(A0, *others),
                "The way back through ReLU is missing: where Z1 is negative nothing gets through.",
            ),
            (
                lambda A0, *others: columns(m=A0.shape[1], keepdims=False)(A0, *others),
                "The biases are columns, (n, 1), and so are their gradients: keepdims=True.",
            ),
            (
                lambda A0, *others: columns(m=A0.shape[1], softmax_axis=1)(A0, *others),
                "Your softmax goes along the rows. Here a sample is a column.",
            ),
        ],
        learned="The same gradients as in rows, turned: dW = dZ Aᵀ instead of Xᵀ dZ.",
    ),
    Write(
        "23.5",
        start="For each new row: the distances to all known rows, the place of the smallest, and the label found "
        "there.",
        inputs=[(KNOWN, NAMES, NEW), (KNOWN[:3], NAMES[:3], NEW[:2])],
        right=by(lambda gap: (gap**2).sum()),
        wrong=[
            (by(lambda gap: (gap**2).sum(), np.argmax), "You take the farthest."),
            (by(lambda gap: gap.sum()), "Differences of both signs cancel out. Square them first."),
            (by_class, "That is the nearest average. Here each known digit speaks for itself."),
            (
                lambda X, labels, new: np.array([((X - x) ** 2).sum(axis=1).argmin() for x in new]),
                "That is the place of the nearest one. Which label stands there?",
            ),
        ],
        learned="It learns nothing, keeps everything, and reads more of these digits than the ten neurons do.",
    ),
]
