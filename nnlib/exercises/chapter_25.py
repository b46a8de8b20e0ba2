"""The climb."""

import functools

import numpy as np

from nnlib.distortions import distort
from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.mnist import load_mnist_sample
from nnlib.trained import load_trained

LABELS = np.array([2, 0, 1, 2])


def softened(*, right=lambda share, classes: 1 - share + share / classes, other=lambda share, classes: share / classes):
    def targets(labels, classes, share):
        rows = np.full((len(labels), classes), float(other(share, classes)))
        rows[np.arange(len(labels)), labels] = right(share, classes)
        return rows

    return targets


# Three networks, five digits, four classes: on each digit the ways to vote differ.
VOTES = np.array([
    [[0.1, 0.8, 0.1, 0.0], [0.4, 0.3, 0.3, 0.0], [0.0, 0.1, 0.0, 0.9], [0.6, 0.4, 0.0, 0.0], [0.0, 0.0, 0.9, 0.1]],
    [[0.2, 0.1, 0.1, 0.6], [0.4, 0.0, 0.3, 0.3], [0.6, 0.2, 0.0, 0.2], [0.6, 0.4, 0.0, 0.0], [0.2, 0.5, 0.3, 0.0]],
    [[0.1, 0.2, 0.1, 0.6], [0.0, 0.1, 0.0, 0.9], [0.6, 0.3, 0.1, 0.0], [0.0, 0.9, 0.1, 0.0], [0.2, 0.5, 0.0, 0.3]],
])  # fmt: skip


def mean_class(P):
    return np.round(P.argmax(axis=2).mean(axis=0)).astype(int)


def majority(P):
    said = P.argmax(axis=2)
    return np.array([np.bincount(column, minlength=P.shape[2]).argmax() for column in said.T])


def surest(P):
    return P.max(axis=0).argmax(axis=1)


@functools.cache
def parts():
    return load_trained("dense-0"), load_mnist_sample(dtype=np.float64)[0][0][:300]


def still_read(strengths):
    """Which strengths are used, and how many of a hundred images are read as they were before."""
    if not isinstance(strengths, dict) or not set(strengths) <= {"turn", "zoom", "shear", "shift", "bend"}:
        return "no strengths"
    off = dict.fromkeys(("turn", "zoom", "shear", "shift", "bend"), 0.0)
    parameters, X = parts()
    changed = distort(X, np.random.default_rng(25), **off | strengths)
    before, after = said(parameters, X), said(parameters, changed)
    return [sorted(name for name in strengths if strengths[name]), 100 * float((before == after).mean())]


def said(parameters, x):
    W1, b1, W2, b2, W3, b3 = parameters
    return (np.maximum(np.maximum(x @ W1 + b1, 0) @ W2 + b2, 0) @ W3 + b3).argmax(axis=1)


def missing(shown):
    if shown == "no strengths":
        return 'A dictionary is asked for, such as {"bend": 1.0}. The names are turn, zoom, shear, shift and bend.'
    names, share = shown
    if len(names) != 1:
        return f"One strength above 0 is asked for, and you use {len(names)}."
    if names == ["bend"]:
        return "Bends were what the chapter showed. Find one of the others that does it."
    if share >= 50:
        return f"It still reads {share:.0f} of 100 as it did before. At most half is asked for: go further."
    return None


def running(*, start=lambda steps, keep: steps[0], weights=lambda keep: (keep, 1 - keep)):
    def averaged(steps, keep):
        mean = 1.0 * start(steps, keep)
        for step in steps[1:] if start(steps, keep) is steps[0] else steps:
            old, new = weights(keep)
            mean = old * mean + new * step
        return mean

    return averaged


STEPS = [np.array([4.0, -2.0]), np.array([1.0, 3.0]), np.array([7.0, 0.5]), np.array([2.0, 9.0])]

EXERCISES = [
    OnPaper(
        "25.1",
        start="First go right along the upper two pixels, then along the lower two; then go down between the results.",
        right=0.624,
        wrong=[
            (0.424, "Down and right are exchanged: the place is near the lower two pixels, and near the left two."),
            (0.396, "0.8 of the way down is near the lower two pixels: between above and below, below weighs more."),
            (0.336, "0.3 of the way to the right is near the left two pixels: in each row, the left one weighs more."),
            (0.444, "The weights are the wrong way round: the nearer pixel has the larger weight."),
            (1.0, "That is the nearest pixel alone."),
            (0.45, "That is the plain mean of the four. The place is not in their middle."),
        ],
        learned="Four pixels, each with the weight of its nearness. The four weights add up to 1.",
    ),
    Predict(
        "25.2",
        start="Type your choice in quotes before you look at the experiment.",
        right="nothing",
        choices={
            "nothing": "A thousand other images are a thousand images: the network knows them by heart as soon, and "
            "they are no better than those that people wrote. What helps is that no image comes twice.",
            "half": "Distorted images are no better than others if there are as many of them. Ask what the network can "
            "learn by heart.",
            "all": "It would have a thousand images to learn by heart, as before. What was different in the chapter?",
        },
    ),
    Write(
        "25.3",
        start="A table in which every entry is the share divided by the number of classes; then one place in each row.",
        inputs=[(LABELS, 3, 0.1), (LABELS[:2], 5, 0.4)],
        right=softened(),
        wrong=[
            (
                softened(right=lambda share, classes: 1 - share),
                "The rows do not add up to 1. The right class gets its part of what is spread, too.",
            ),
            (
                softened(right=lambda share, classes: 1 - share, other=lambda share, classes: share / (classes - 1)),
                "You spread the share over the other classes alone. In the chapter's formula the sum runs over all.",
            ),
            (softened(right=lambda *_: 1, other=lambda *_: 0), "Nothing is smoothed: these are the old targets."),
            (
                lambda labels, classes, share: softened()(labels, classes, share).T,
                "One row a sample is asked for.",
            ),
        ],
        learned="With a share of 0 it is one_hot.",
    ),
    Write(
        "25.4",
        start="Let two networks say 3 and one say 9. What does it make of that?",
        again="It is the second line: of what is the mean taken?",
        inputs=[(VOTES,), (VOTES[:2],), (VOTES[1:],)],
        right=lambda P: P.sum(axis=0).argmax(axis=1),
        wrong=[
            (mean_class, "Let two networks say 3 and one say 9. What does it make of that?"),
            (
                majority,
                "A vote counts heads. Then it makes no difference whether one of them is nearly sure or hardly.",
            ),
            (surest, "You follow whoever is surest. The mean listens to all."),
            (
                lambda P: P.mean(axis=0),
                "These are the mean probabilities. A class for each digit is asked for.",
            ),
        ],
        learned="Average the probabilities, then choose. A class is a name, and names have no mean.",
    ),
    Reach(
        "25.5",
        start='Begin with strengths = {"turn": 15.0}, the strength of the training, and go up.',
        show=still_read,
        missing=missing,
        wrong=[
            ({"turn": 15.0}, "At this strength it has learned to read. Go far beyond it."),
            ({"shift": 0.5}, "Half a pixel it takes easily. Go further."),
            (
                {"turn": 90.0, "shift": 9.0},
                "It reads little of that, and nobody knows why: change one strength alone.",
            ),
        ],
        learned="It has learned to read what is turned and bent. In its training, hardly a digit was off the middle.",
    ),
    Write(
        "25.6",
        start="The mean begins at the first weights; each later step pulls it a little way towards its own.",
        inputs=[(STEPS, 0.9), (STEPS[:2], 0.5), (STEPS[1:], 0.25)],
        right=running(),
        wrong=[
            (
                running(start=lambda steps, keep: np.zeros_like(steps[0])),
                "The mean begins at 0, and after a few steps it is still too small. Begin at the first weights.",
            ),
            (
                running(weights=lambda keep: (1 - keep, keep)),
                "What is kept and what is new are exchanged: `keep` is the share of the old mean.",
            ),
            (lambda steps, keep: np.mean(steps, axis=0), "That is the plain mean of all steps, whatever `keep` is."),
            (lambda steps, keep: steps[-1], "These are the last weights. Nothing is averaged."),
            (running(weights=lambda keep: (keep, 1)), "A sum of shares that is above 1 makes the mean grow."),
        ],
        learned="One line a step, one array more in memory, and the noise of about 1 / (1 - keep) steps averages out.",
    ),
]
