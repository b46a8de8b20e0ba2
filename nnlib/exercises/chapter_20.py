"""Tuning."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Reach, Write


def draw(dice):
    return {"lr": round(10 ** dice.uniform(-3, 0), 4), "width": int(dice.integers(4, 65))}


def score(setting, seed):
    """A stand-in for a training: best at a rate of 0.03, better with width, and a little luck that hangs on the "
    "seed."""
    luck = 0.01 * (seed * 7 % 5)
    return float(0.9 - 0.1 * abs(np.log10(setting["lr"] / 0.03)) + setting["width"] / 1000 + luck)


def written(answer, runs, seed):
    log = answer(draw, score, runs, np.random.default_rng(seed))
    if log is ...:
        return ...
    return [[entry.get(name, -1.0) for name in ("lr", "width", "seed", "right")] for entry in log]


def search(*, seeds=True, first_seed=0, order=-1, keep=None, one_setting=False, one_dict=False, name="right"):
    def look(draw, score, runs, dice):
        log, setting = [], draw(dice) if one_setting or one_dict else None
        for run in range(runs):
            if not one_setting:
                drawn = draw(dice)
                setting = setting if one_dict else drawn
                setting.update(drawn)
            seed = run if seeds else first_seed
            entry = setting if one_dict else dict(setting)
            entry.update(seed=seed, right=score(setting, seed))
            log.append(entry)
        return sorted(log, key=lambda entry: order * entry["right"])[:keep] if order else log

    return look


def hits(cells):
    """How many different cells of the map these are, and how many of the 15 grids meet one."""
    cells = {(int(row), int(column)) for row, column in cells}
    if not all(0 <= row < 7 and 0 <= column < 13 for row, column in cells):
        return "The map has rows 0 to 6 and columns 0 to 12."
    met = sum(
        any((r + 2 * i, c + 4 * j) in cells for i in range(3) for j in range(3)) for r in range(3) for c in range(5)
    )
    return [len(cells), met]


def still_found(shown):
    if isinstance(shown, str):
        return shown
    number, met = shown
    if number != 9:
        return f"These are {number} different cells. Nine are to be good."
    return f"{met} of the 15 grids meet a good cell. Leave only one that does." if met > 1 else None


def held_back(answer, n, k, seed):
    """What is counted in the folds: how many, how large, what is missing, what is in both, what has lost its label."""
    X = np.arange(2.0 * n).reshape(n, 2)
    made = answer(X, np.arange(n), k, np.random.default_rng(seed))
    if made is ...:
        return ...
    pairs = list(made)
    held = np.concatenate([y_held for _, (_, y_held) in pairs])
    return [
        len(pairs),
        sorted(len(y_held) for _, (_, y_held) in pairs),
        sorted(len(y_rest) for (_, y_rest), _ in pairs),
        len(np.unique(held)),
        sum(len(np.intersect1d(y_rest, y_held)) for (_, y_rest), (_, y_held) in pairs),
        sum(int((X_part[:, 0] != 2 * y_part).sum() > 0) for pair in pairs for X_part, y_part in pair),
        int((np.sort(held) == held).all()),
    ]


def cut(*, shuffled=True, both=True, turned=False, all_rows=False, first=None, floor=False):
    def parts_of(X, y, k, rng):
        order = rng.permutation(len(X)) if shuffled else np.arange(len(X))
        size = len(X) // k
        parts = [order[i * size : (i + 1) * size] for i in range(k)] if floor else np.array_split(order, k)
        labels = y if both else y[rng.permutation(len(y))]
        made = []
        for i, held in enumerate(parts[:first]):
            rest = order if all_rows else np.concatenate([part for j, part in enumerate(parts) if j != i])
            pair = (X[rest], labels[rest]), (X[held], labels[held])
            made.append(pair[::-1] if turned else pair)
        return made

    return parts_of


SPEEDS = np.array([0.9, 0.05, 0.4, 0.3, 0.6, 0.15, 0.2, 0.7, 0.1])
CEILINGS = np.array([0.61, 0.99, 0.85, 0.93, 0.7, 0.97, 0.95, 0.66, 0.98])


def knocked_out(answer, settings, epochs, rounds):
    spent = []

    def race(setting, epochs):
        spent.append(epochs)
        return float(CEILINGS[setting] * (1 - np.exp(-SPEEDS[setting] * epochs)))

    winner = answer(list(settings), race, epochs, rounds)
    return ... if winner is ... else [winner, len(spent), sum(spent)]


def halve(*, keep=lambda ranked: ranked[: len(ranked) // 3], longer=3, sign=-1, rank=True):
    def tournament(settings, score, epochs, rounds):
        for _ in range(rounds):
            scores = {setting: score(setting, epochs) for setting in settings}
            settings = keep(sorted(settings, key=lambda setting: sign * scores[setting]) if rank else settings)
            epochs *= longer
        return settings[0]

    return tournament


EXERCISES = [
    OnPaper(
        "20.1",
        start="Type the number of trainings in place of the `...`.",
        right=5120,
        tolerance=1e-9,
        wrong=[
            (1024, "So many settings there are. Each of them is trained more than once."),
            (100, "The knobs multiply: each value of the first goes with each value of the second, and so on."),
            (3125, "You have exchanged knobs and values: five knobs, each with four values."),
            (1029, "Every setting needs its own five trainings. They multiply, too."),
            (20, "This is what one knob at a time would cost, without the folds."),
        ],
        learned="At a tenth of a second each that is nearly nine minutes, at a minute each three and a half days.",
    ),
    Write(
        "20.2",
        start="A loop over the runs: draw, score, append a dict of its own. At the end, sort.",
        inputs=[(6, 0), (4, 1)],
        right=search(),
        use=written,
        tolerance=1e-9,
        wrong=[
            (search(order=0), "The log stands in the order of the runs. The best is to stand first."),
            (search(order=1), "The worst stands first. `sorted` goes upwards, unless you turn it round."),
            (search(keep=1), "Only the best is left. A log keeps the others, too: what they have in common is news."),
            (search(seeds=False), "All runs have the same seed. Use the number of the run."),
            (search(one_setting=True), "It is the same setting in every line. Draw anew in every run."),
            (
                search(one_dict=True),
                "All lines of your log are one and the same dict, with the numbers of the last run. Make a new one "
                "in every run.",
            ),
        ],
        learned="A loop and a sort, and every run in the log can be repeated.",
    ),
    Reach(
        "20.3",
        start="Type nine pairs `(row, column)` in a list in place of the `...`.",
        show=hits,
        missing=still_found,
        wrong=[
            (
                [(row, column) for row in (1, 2, 3) for column in (1, 2, 3)],
                "An island in one piece: many grids meet it, which is what they are for. Cut it into pieces.",
            ),
            ([(3, column) for column in range(9)], "A whole row is met by every grid that has a line in it."),
            (
                [(row, column) for row in (0, 2, 4) for column in (0, 4, 8)],
                "Right idea: it is a grid itself. But rows 2 and 4 belong to two of the three sets of rows, and "
                "columns 4 and 8 to two of the five sets of columns.",
            ),
        ],
        learned="One grid in 15 finds a good cell, and nine cells drawn at random do so in six cases of ten: dice have "
        "no rhythm that a map could match.",
    ),
    OnPaper(
        "20.4",
        start="Type the probability, or a calculation, in place of the `...`.",
        right=1 - (31 / 32) ** 20,
        tolerance=0.012,
        wrong=[
            (1 / 32, "This is one guesser. There are twenty chances that somebody has luck."),
            (20 / 32, "With 40 guessers this sum would be more than 1. Two of them may be lucky at the same time."),
            ((31 / 32) ** 20, "This is the probability that nobody has them all right."),
            ((1 / 32) ** 20, "So rarely have all twenty all answers right. One is enough."),
        ],
        learned="Nearly every other time somebody who knows nothing has 100%.",
    ),
    Write(
        "20.5",
        start="Shuffle the rows, cut them into `k` parts, and yield for each part what is left and the part.",
        inputs=[(11, 4, 0), (15, 5, 1)],
        right=cut(),
        use=held_back,
        wrong=[
            (cut(shuffled=False), "The rows are cut as they stand. If they are sorted by class, a part has one class."),
            (cut(both=False), "X and y no longer belong together: both need the same rows."),
            (cut(turned=True), "What is to be learned from and what is held back have changed places."),
            (cut(all_rows=True), "What is held back is learned from, too. Leave it out of the rest."),
            (cut(first=1), "Only one part is ever held back. Every part has its turn."),
            (cut(floor=True), "Where `k` does not divide the number of rows, some are lost at the end."),
        ],
        learned="Every sample is held back once, and learned from in all other folds.",
    ),
    Write(
        "20.6",
        start="In each round: score what is left, sort, keep the better third, and triple the epochs.",
        inputs=[(range(9), 1, 2), (range(8, -1, -1), 2, 2), ([3, 7, 1], 4, 1)],
        right=halve(),
        use=knocked_out,
        wrong=[
            (halve(longer=1), "Every round has the same epochs. What is left deserves three times as many."),
            (halve(sign=1), "You keep the worst third."),
            (halve(rank=False), "You keep the first third as it stands, whatever its scores. Sort first."),
            (
                halve(keep=lambda ranked: ranked[:1]),
                "One round, and only one setting is left: that is choosing by the first epochs alone.",
            ),
            (
                halve(keep=lambda ranked: ranked[: (len(ranked) + 1) // 2]),
                "A half is kept in every round, so more than one setting is left. Here it is to be a third.",
            ),
        ],
        learned="Each round costs the same: a third of the settings, three times the epochs.",
    ),
]
