"""Spiral data."""

import numpy as np

from nnlib.data import spiral
from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write

# Shares of 3/5 and 1/3: no two ways to count agree on both.
RIGHT = [0.5, -1.0, 2.0, 0.3, -0.7, 1.1, -2.0, 0.9, -0.6]
UP = [1.0, 2.0, -1.5, 0.2, -0.1, 3.0, -1.0, 0.3, -0.4]
X6, Y6 = np.column_stack([RIGHT, UP]), np.array([2, 0, 2, 1, 2, 2, 0, 2, 0])


def drawn(answer, samples, classes, seed):
    shown = answer(samples, classes, np.random.default_rng(seed))
    if isinstance(shown, (tuple, list)) and len(shown) == 2:
        return [np.array(shown[0]), np.array(shown[1])]
    return "points alone" if np.shape(shown) == (classes * samples, 2) else shown


def drawn_anew(rng, samples):
    return rng.standard_normal(samples)


def like_spiral(
    *,
    noise=0.2,
    start=4,
    span=4,
    factor=2.5,
    outside=1.0,
    draw_noise=drawn_anew,
    once=False,
    steps=lambda samples: np.linspace(0, 1, samples),
    beside=np.column_stack,
    join=np.concatenate,
    labels=np.repeat,
    arms=None,
    result=lambda points, labels: (points, labels),
):
    """The spiral as people write it: `outside` is the noise's factor where it does not stand in the brackets."""

    def draw(samples, classes, rng):
        radius, points = steps(samples), []
        same = draw_noise(rng, samples) if once else None
        for arm in range(classes)[:arms]:
            turning = np.linspace(start * arm, start * arm + span, samples)
            angle = factor * turning + (factor * outside * noise) * (same if once else draw_noise(rng, samples))
            points.append(beside([radius * np.sin(angle), radius * np.cos(angle)]))
        return result(join(points), labels(np.arange(classes)[:arms], samples))

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
    if len(np.unique(labels)) != 2:
        return (len(np.unique(labels)),)
    return len(np.unique(points, axis=0)), int((labels == 1).sum()), best_ruler(points, labels == 1)


def too_good(shown):
    if len(shown) == 1:
        return f"Your points are of {shown[0]} classes. Make it two, three points of each."
    if len(shown) == 2:
        return f"Expected six points and six classes, got the shapes {shown[0]} and {shown[1]}."
    different, ones, right = shown
    if different < 6:
        return "Two of your points are the same. Put them at six different places."
    if ones != 3:
        return f"{ones} of the points are of class 1. Make it three."
    return None if right <= 4 else f"There is a ruler that has {right} of the 6 right."


BAND = np.array([-2.0, -1.0, 0.0, 0.8, 1.2, 2.0, 2.8, 3.2, 4.0, 5.0])


def band(answer):
    """Where the network says class 1 among ten places along a line."""
    (w1, b1), (w2, b2), (v1, v2, c) = answer
    score = v1 * np.maximum(w1 * BAND + b1, 0) + v2 * np.maximum(w2 * BAND + b2, 0) + c
    return [float(x) for x, s in zip(BAND, score) if s > 1e-9]


def not_the_band(shown):
    if not shown:
        return "Your network says class 1 nowhere: its result is never above 0. What does the last bias do?"
    return None if shown == [1.2, 2.0, 2.8] else f"Your network says class 1 at {shown}; wanted are 1.2, 2.0 and 2.8."


EXERCISES = [
    OnPaper(
        "6.1",
        start="Type the number that you found in place of the `...`.",
        right=600,
        tolerance=1e-9,
        wrong=[
            ([600, 2], "That is the shape. Which of its two numbers counts the rows?"),
            (37.5, "The classes do not share the 150. Each has as many."),
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
            (
                lambda X, y, k: (X[:, 1] > 0 and y == k).mean(),
                "Masks are combined with `&`, and each comparison needs its own brackets.",
            ),
            (
                lambda X, y, k: (X[:, 1] > 0).mean(),
                "That is the share among all points. Choose the rows of class k first.",
            ),
            (lambda X, y, k: (X[y == 2, 1] > 0).mean(), "Right for class 2, whatever class is asked for. Where is k?"),
            (lambda X, y, k: (X[y == k] > 0).mean(), "You ask both columns. Which one says how far up a point lies?"),
            (lambda X, y, k: (X[y == k][1] > 0).mean(), "`[1]` is a row, one point. The second column is `[:, 1]`."),
            (lambda X, y, k: (X[1] > 0).mean(), "`X[1]` is a row, one point. The second column is `X[:, 1]`."),
            (lambda X, y, k: X[y == k, 1].mean(), "That is how far up they lie in the mean. How many lie above 0?"),
            (lambda X, y, k: (X[y == k, 1] < 0).mean(), "That is the share in the lower half."),
            (lambda X, y, k: 100 * (X[y == k, 1] > 0).mean(), "As a share, please, and not in percent."),
            (lambda X, y, k: X[y == k, 1] > 0, "That is the mask, an answer for each point. Its mean is the share."),
            (
                lambda X, y, k: ((y == k) & (X[:, 1] > 0)).sum() // (y == k).sum(),
                "`//` leaves out the fraction, and a share is nothing else. Divide with `/`.",
            ),
            (
                lambda X, y, k: len(X[y == k, 1] > 0) / len(X[y == k]),
                "`len` counts the entries of a mask, also the False ones. `.sum()` counts the True ones.",
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
            (
                like_spiral(beside=lambda pair: np.column_stack(pair[::-1])),
                "Your points are mirrored: the sine says how far right, the first column.",
            ),
            (like_spiral(labels=np.tile), "The points are right, the labels are not: an arm's points have one number."),
            (
                like_spiral(steps=lambda samples: np.linspace(0, 2, samples)),
                "The arms are too long: the radius goes from 0 to 1, it is the turning that goes further.",
            ),
            (
                like_spiral(steps=lambda samples: np.arange(samples) / samples),
                "The arms end before 1. There are n points, and so n - 1 steps between them.",
            ),
            (like_spiral(factor=1, noise=0.2), "The arms turn too little: something stands before the bracket."),
            (
                like_spiral(outside=1 / 2.5),
                "The noise is too weak. It belongs into the bracket: what stands before that multiplies it, too.",
            ),
            (like_spiral(span=1), "An arm turns by 1 only. It goes on until the next one begins, at 4 more."),
            (like_spiral(start=1), "The arms begin too close to each other. Where did the last one's turning stop?"),
            (
                like_spiral(draw_noise=lambda rng, samples: rng.random(samples)),
                "The noise has one sign. rng.standard_normal(samples) shakes to both sides.",
            ),
            (
                like_spiral(draw_noise=lambda rng, samples: rng.standard_normal()),
                "One random number turns the whole arm. Each of its points needs one of its own.",
            ),
            (like_spiral(once=True), "All arms shake alike. Draw the noise inside the loop, anew for each arm."),
            (
                like_spiral(labels=lambda arms, samples: np.repeat(np.arange(samples), len(arms))),
                "The points are right. In np.repeat, what is repeated comes first: the classes.",
            ),
            (
                like_spiral(join=np.array),
                "The arms lie in layers, one on the other. np.concatenate joins them into one table.",
            ),
            (
                like_spiral(beside=np.array),
                "An arm lies on its side: a row for right, a row for up. np.column_stack makes columns of them.",
            ),
            (
                like_spiral(arms=1),
                "Only one arm comes back. Does `return` stand inside the loop?",
            ),
            (
                like_spiral(result=lambda points, labels: "points alone"),
                "The points are there. Return their labels, too.",
            ),
            (
                like_spiral(labels=lambda arms, samples: np.repeat(arms + 1, samples)),
                "The points are right. Classes are counted from 0.",
            ),
            (
                like_spiral(labels=lambda arms, samples: arms),
                "The points are right. Each of them needs a label, and you have one for each arm.",
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
                ([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [5, 0]], [0, 1, 2, 1, 0, 1]),
                "Your points are of 3 classes. Make it two, three points of each.",
            ),
            (
                ([[0, 0], [0, 1], [1, 0], [1, 1], [3, 1], [-2, 0]], [0, 1, 1, 0, 1, 0]),
                "A ruler still has five right. Put all six on one line: how often should the classes change along it?",
            ),
            (
                ([[0, 0], [0, 1], [1, 0], [1, 1], [3, 1], [3, 0]], [0, 1, 1, 0, 0, 0]),
                "Four points are of one class and two of the other. Make it three of each.",
            ),
        ],
        learned="Three points of one class between three of the other: the spiral does the same, all along each arm.",
    ),
    Reach(
        "6.6",
        start="Two pairs for the hidden neurons, weight and bias; for the last neuron two weights and a bias.",
        show=band,
        missing=not_the_band,
        wrong=[
            (
                [[1, -2], [-1, 2], [1, 1, -1]],
                "The answers are the wrong way round: your class 1 is outside the band.",
            ),
            (
                [[1, 0], [-1, 0], [-1, -1, 1]],
                "This folds at 0. The band has its middle at 2: which bias makes a neuron zero there?",
            ),
            (
                [[1, -2], [1, -2], [-1, -1, 1]],
                "Both neurons flatten the same side. The second has to rise where the first is flat.",
            ),
            (
                [[1, -2], [-1, 2], [-1, -1, 0]],
                "Your network says class 1 nowhere: its result is never above 0. What does the last bias do?",
            ),
            ([[1, 2], [-1, -2], [-1, -1, 1]], "This folds at -2. Which bias, added to x, makes 0 at 2?"),
            (
                [[1, -2], [-1, 2], [-1, -1, 2]],
                "Your band is too wide: outside its borders, at 1 and 3, the result has to be below 0.",
            ),
            (
                [[1, -1], [1, -3], [1, -1, 0]],
                "It rises at 1 and stays up for ever. Behind the band it has to come down below 0.",
            ),
        ],
        learned="Two neurons fold a line at the middle of a band, and one cut through the fold makes two borders.",
    ),
]
