"""Spiral data."""

import numpy as np

from nnlib.data import spiral
from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write

X6 = np.array([[0.5, 1.0], [-1.0, 2.0], [2.0, -1.5], [0.3, 0.2], [-0.7, -0.1], [1.1, 3.0], [-2.0, -1.0]])
Y6 = np.array([2, 0, 2, 1, 2, 2, 0])


def drawn(answer, samples, classes, seed):
    shown = answer(samples, classes, np.random.default_rng(seed))
    if shown is ... or not isinstance(shown, tuple) or len(shown) != 2:
        return shown
    return [np.array(shown[0]), np.array(shown[1])]


def like_spiral(*, noise=0.2, start=4, swap=False, labels=np.repeat, end=1.0, per_arm=True):
    def draw(samples, classes, rng):
        radius, points = np.linspace(0, end, samples), []
        for arm in range(classes):
            angle = 2.5 * (np.linspace(start * arm, start * arm + 4, samples) + noise * rng.standard_normal(samples))
            pair = [radius * np.sin(angle), radius * np.cos(angle)]
            points.append(np.column_stack(pair[::-1] if swap else pair))
        return np.concatenate(points), labels(np.arange(classes), samples)

    return draw


def best_ruler(points, wanted):
    """The most answers that any straight line gets right: the directions between which the order changes are few."""
    between = (points[:, np.newaxis] - points).reshape(-1, 2)
    normals = np.arctan2(between[:, 0], -between[:, 1])
    turns = np.sort(np.unique(np.round(np.concatenate([normals, normals + np.pi]) % (2 * np.pi), 9)))
    turns = np.concatenate([(turns + np.roll(turns, -1)) / 2, turns + 1e-4, turns - 1e-4])
    best = max(wanted.sum(), (~wanted).sum())
    for turn in turns:
        reach = points @ np.array([np.cos(turn), np.sin(turn)])
        for b in reach:
            best = max(best, int(((reach > b) == wanted).sum()))
    return int(best)


def against_the_ruler(answer):
    """How many different points there are, how many of class 1, and how many the best ruler has right."""
    points, labels = answer
    points, labels = np.array(points, dtype=float), np.array(labels)
    if points.shape != (6, 2) or labels.shape != (6,):
        return points.shape, labels.shape
    return len(np.unique(points, axis=0)), int((labels == 1).sum()), best_ruler(points, labels == 1)


def too_good(shown):
    if len(shown) == 2:
        return f"Expected six points and six classes, got the shapes {shown[0]} and {shown[1]}."
    different, ones, right = shown
    if different < 6:
        return "Two of your points are the same. Put them at six different places."
    if ones != 3:
        return f"{ones} of the points are of class 1. Make it three."
    return None if right <= 4 else f"There is a ruler that has {right} of the 6 right."


BAND = np.array([-1.0, 0.0, 0.8, 1.2, 2.0, 2.8, 3.2, 4.0, 5.0])


def band(answer):
    """Where the network says class 1 among nine places along a line."""
    (w1, b1), (w2, b2), (v1, v2, c) = answer
    score = v1 * np.maximum(w1 * BAND + b1, 0) + v2 * np.maximum(w2 * BAND + b2, 0) + c
    return [float(x) for x, s in zip(BAND, score) if s > 1e-9]


def not_the_band(shown):
    return None if shown == [1.2, 2.0, 2.8] else f"Your network says class 1 at {shown}; wanted are 1.2, 2.0 and 2.8."


EXERCISES = [
    OnPaper(
        "6.1",
        start="Type the number that you found in place of the `...`.",
        right=600,
        tolerance=1e-9,
        wrong=[
            (150, "`samples` is the number of points of each class."),
            (1200, "That is how many numbers X holds. A point is a row, with two of them."),
            (154, "The classes do not add points: each has all of them."),
            (300, "X has two columns whatever you ask for. What decides on the number of rows?"),
        ],
        learned="So many points of each class, one row a point.",
    ),
    Write(
        "6.2",
        start="Two masks: one for the class, one for the upper half. The first chooses rows, the second is counted.",
        inputs=[(X6, Y6, 2), (X6, Y6, 0)],
        right=lambda X, y, k: (X[y == k, 1] > 0).mean(),
        wrong=[
            (lambda X, y, k: (X[y == k, 0] > 0).mean(), "Column 0 says how far right a point lies, not how far up."),
            (
                lambda X, y, k: ((y == k) & (X[:, 1] > 0)).mean(),
                "That is the share of all points that are both. Asked for is the share among those of class k.",
            ),
            (
                lambda X, y, k: (y[X[:, 1] > 0] == k).mean(),
                "The other way round: you take the upper points and ask how many are of class k.",
            ),
            (lambda X, y, k: (X[y == k, 1] > 0).sum(), "That is how many there are. The share is a mean."),
        ],
        learned="A mask chooses, another one counts: most questions about data are made of these two.",
    ),
    Write(
        "6.3",
        start="For each arm: a radius from 0 to 1, an angle that goes on where the last arm's stopped, sine, cosine.",
        inputs=[(5, 3, 0), (8, 2, 1)],
        right=lambda samples, classes, rng: spiral(samples, classes, rng=rng),
        use=drawn,
        tolerance=1e-5,
        wrong=[
            (like_spiral(noise=0), "The arms are smooth: the noise is missing."),
            (like_spiral(start=0), "All arms lie on top of each other. Where does arm 1 begin to turn?"),
            (like_spiral(swap=True), "Your points are mirrored: the sine says how far right, the first column."),
            (like_spiral(labels=np.tile), "The points are right, the labels are not: an arm's points have one number."),
            (
                like_spiral(end=2.0),
                "The arms are too long: the radius goes from 0 to 1, it is the turning that goes further.",
            ),
            (like_spiral(noise=1.0), "The noise is too strong: only a fifth of what standard_normal draws."),
        ],
        learned="Walk outward, turn, shake: the recipe is yours, and you can change it.",
    ),
    Predict(
        "6.4",
        start='Type "two", "three" or "four" in place of the `...`.',
        right="three",
        choices={
            "two": "One corner can always be cut off, and with it three of the answers are right.",
            "three": "Turn the sheet, and each ruler turns with it: what a straight line can do does not depend on how "
            "the data lie.",
            "four": "Points of one class still sit across from each other. A turn takes a line to a line.",
        },
    ),
    Reach(
        "6.5",
        start="In place of the `...` belong two lists: six points such as [0, 1], and their classes.",
        show=against_the_ruler,
        missing=too_good,
        wrong=[
            (
                ([[0, 0], [1, 0], [2, 0], [0, 5], [1, 5], [2, 5]], [0, 0, 0, 1, 1, 1]),
                "A ruler has all six right: the classes lie apart. Mix them.",
            ),
            (
                ([[0, 0], [0, 1], [1, 0], [1, 1], [3, 1], [-2, 0]], [0, 1, 1, 0, 1, 0]),
                "A ruler still has five right. XOR is a good beginning; how would it go on along a line?",
            ),
            (
                ([[0, 0], [0, 1], [1, 0], [1, 1], [3, 1], [3, 0]], [0, 1, 1, 0, 0, 0]),
                "Four points are of one class and two of the other. Make it three of each.",
            ),
        ],
        learned="Three classes of one kind between three of the other: the spiral does the same, all along each arm.",
    ),
    Reach(
        "6.6",
        start="Two pairs for the hidden neurons, weight and bias; for the last neuron two weights and a bias.",
        show=band,
        missing=not_the_band,
        wrong=[
            (
                [[1, -2], [-1, 2], [1, 1, -1]],
                "The crease is right, at 2, and the answers are the wrong way round: class 1 is near the crease.",
            ),
            (
                [[1, 0], [-1, 0], [-1, -1, 1]],
                "This folds at 0. The band has its middle at 2: which bias makes a neuron zero there?",
            ),
            (
                [[1, -2], [1, -2], [-1, -1, 1]],
                "Both neurons flatten the same side. The second has to rise where the first is flat.",
            ),
            ([[1, -2], [-1, 2], [-1, -1, 0]], "Folded at the right place, but the last bias leaves nothing above 0."),
        ],
        learned="Two neurons fold a line at the middle of a band, and one cut through the fold makes two borders.",
    ),
]
