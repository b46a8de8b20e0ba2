"""Loss."""

import math

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.functions import log_softmax, softmax
from nnlib.losses import SoftmaxCrossEntropy

SCORES = np.array([[1.0, 2.5, -0.5], [3.0, 0.5, 1.0], [0.0, -2.0, 0.7], [1.5, 1.0, 2.0]])
LABELS = np.array([1, 0, 0, 2])
P = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4], [0.25, 0.05, 0.7]])
RIGHT = np.array([0, 2, 2])


def of_scores(reduce=np.mean, logs=log_softmax, every_row=False, sign=-1):
    def loss(scores, labels):
        rows = slice(None) if every_row else np.arange(len(labels))
        return float(sign * reduce(logs(scores)[rows, labels]))

    return loss


def unshifted(scores):
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def picked(p, labels):
    return p[np.arange(len(labels)), labels]


def compared(answer):
    """Of two tables, how often each one's largest probability is the right one's, and their losses."""
    facts = []
    for table in answer:
        table = np.array(table, dtype=float)
        if table.shape != (3, 2):
            return f"Expected two tables of three rows and two columns, got the shape {table.shape}."
        if (table <= 0).any() or (abs(table.sum(axis=1) - 1) > 1e-9).any():
            return "Each row holds two probabilities above 0 that add up to 1."
        facts += [int((table[:, 0] > table[:, 1]).sum()), float(-np.log(table[:, 0]).mean())]
    return facts if len(facts) == 4 else "Expected two tables."


def not_torn(shown):
    if isinstance(shown, str):
        return shown
    more, dear, fewer, cheap = shown
    if more <= fewer:
        return f"The first table has {more} right answers and the second {fewer}. The first should have more."
    if dear <= cheap:
        return f"The first table has more right answers, and the lower loss, too: {dear:.2f} against {cheap:.2f}."


def smoothed(weigh):
    def loss(scores, labels, eps):
        logs = log_softmax(scores)
        return float(-weigh(picked(logs, labels), logs, eps).mean())

    return loss


EXERCISES = [
    OnPaper(
        "8.1",
        start="Type the number that you found in place of the `...`; three decimals will do.",
        right=2 * math.log(2),
        wrong=[
            (4 * math.log(2), "That is the sum. The loss is the mean over the samples."),
            (-2 * math.log(2), "Logarithms of probabilities are negative. What does the loss do about it?"),
            (2.0, "That is to the base 2. The book's logarithm is the natural one, to the base e."),
            (-math.log(0.3125), "You took the mean first and the logarithm then. Each sample has its own logarithm."),
        ],
        learned="An eighth is a half three times, so it costs three times as much.",
    ),
    Write(
        "8.2",
        start="First log_softmax with its shift, then pick each row's right class, then the mean, then the minus.",
        inputs=[(SCORES, LABELS), (SCORES[:2, :2], np.array([1, 0])), (1000 + SCORES, LABELS), (2000 * SCORES, LABELS)],
        right=lambda scores, labels: SoftmaxCrossEntropy().forward(scores, labels),
        wrong=[
            (
                of_scores(logs=unshifted),
                "Right for small scores. With scores in the thousands it overflows. Shift first.",
            ),
            (
                of_scores(logs=lambda scores: np.log(softmax(scores))),
                "Right for small scores. With scores in the thousands a probability becomes 0, and its logarithm "
                "infinite: "
                "do not write the probability down.",
            ),
            (of_scores(every_row=True), "You take every row with every label. np.arange(len(labels)) pairs them."),
            (of_scores(sign=1), "The sign is wrong: a loss is not negative."),
            (
                of_scores(reduce=np.sum),
                "You add the samples up. Twice as many would cost twice as much; take the mean.",
            ),
            (of_scores(logs=softmax), "These are probabilities. Where is the logarithm?"),
        ],
        learned="Straight from scores to the loss, and no probability is written down on the way.",
    ),
    Write(
        "8.3",
        start="Two samples, two labels: print what `right` holds, and its shape. How many numbers should it be?",
        again="It is the line that makes `right`.",
        inputs=[(P, RIGHT), (P[:2], RIGHT[:2])],
        right=lambda p, labels: float(-np.log(picked(p, labels)).mean()),
        wrong=[
            (
                lambda p, labels: float(-np.log(p[:, labels]).mean()),
                "Two samples, two labels: print what `right` holds, and its shape. How many numbers should it be?",
            ),
            (
                lambda p, labels: float(-np.log(p.max(axis=1)).mean()),
                "You take the largest probability of each row. The right class's may be another, when the network is "
                "wrong.",
            ),
            (
                lambda p, labels: float(-np.log(p).mean()),
                "Now all nine probabilities count. Only the right ones should.",
            ),
            (lambda p, labels: float(-np.log(picked(p, labels)).sum()), "The mean was right, the sum is not."),
        ],
        learned="A colon takes every row; to pair rows with labels both have to be lists.",
    ),
    Predict(
        "8.4",
        start='Type "falls", "rises" or "stays" in place of the `...`.',
        right="falls",
        choices={
            "falls": "Every lead is doubled, so each right class gets more. It goes on like this: a network that is "
            "right "
            "everywhere can lower its loss by mere shouting.",
            "rises": "It would on samples that are wrong: there the wrong class's lead is doubled. Here none is.",
            "stays": "The answers stay, and with them the accuracy. But the probabilities move apart.",
        },
    ),
    Reach(
        "8.5",
        start="In place of the dots belong two tables of three rows, two probabilities each; class 0 is always right.",
        show=compared,
        missing=not_torn,
        wrong=[
            (
                ([[0.9, 0.1]] * 3, [[0.6, 0.4], [0.6, 0.4], [0.4, 0.6]]),
                "The first table is better in both. Let it be right more often, and once be terribly sure and wrong.",
            ),
            (
                ([[0.6, 0.4]] * 3, [[0.9, 0.1]] * 3),
                "Both are right everywhere. The second has to be wrong more often than the first.",
            ),
            (
                ([[0.4, 0.6]] * 3, [[0.6, 0.4]] * 3),
                "The wrong way round: the first table should have the more right answers, and the higher loss.",
            ),
        ],
        learned="Accuracy counts mistakes, the loss weighs them, and one grave mistake outweighs several small ones.",
    ),
    Write(
        "8.6",
        start="Two parts: 1 - eps times the logarithm of the right class, and eps times the mean over all classes' "
        "logarithms.",
        inputs=[(SCORES, LABELS, 0.1), (SCORES, LABELS, 0.3), (SCORES[:2], LABELS[:2], 0.0)],
        right=smoothed(lambda right, logs, eps: (1 - eps) * right + eps * logs.mean(axis=1)),
        wrong=[
            (
                smoothed(lambda right, logs, eps: (1 - eps) * right),
                "What you took from the right class has to go somewhere: eps is shared among all classes.",
            ),
            (
                smoothed(lambda right, logs, eps: (1 - eps) * right + eps * logs.sum(axis=1)),
                "Every class gets all of eps. They share it: eps divided by the number of classes for each.",
            ),
            (
                smoothed(lambda right, logs, eps: right + eps * logs.mean(axis=1)),
                "The targets of a row add up to more than 1: the right class has to give something away first.",
            ),
            (smoothed(lambda right, logs, eps: right), "That is the usual loss. Where does eps come in?"),
            (
                smoothed(lambda right, logs, eps: (1 - eps) * right + eps * (logs.sum(axis=1) - right) / 2),
                "You share eps among the wrong classes only. In the task the right one gets its part of it, too.",
            ),
        ],
        learned="Asked for a little less than certainty, a network has a best answer that is not infinitely loud.",
    ),
]
