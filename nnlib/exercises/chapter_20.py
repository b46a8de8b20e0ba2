"""Tuning."""

import numpy as np

from nnlib.data import folds
from nnlib.exercises.kinds import OnPaper, Reach, Write


def shares(answer, low, high):
    """What part of 2,000 rates lies below a quarter, a half and three quarters of the way, counted in exponents."""
    rates = answer(low, high, 2000, np.random.default_rng(20))
    if rates is ...:
        return ...
    rates = np.asarray(rates, dtype=float)
    if rates.shape != (2000,):
        return f"Expected 2000 rates, got the shape {rates.shape}."
    inside = bool(((rates >= low * (1 - 1e-9)) & (rates <= high * (1 + 1e-9))).all())
    below = [(rates < low * (high / low) ** way).mean() for way in (0.25, 0.5, 0.75)]
    return "all between the bounds" if inside else "some beyond the bounds", below


def cut(answer, n, k):
    """Who learns and who is examined in each part, as far as it does not depend on the dice."""
    X, y = np.arange(3.0, n + 3)[:, None] * [1.0, 2.0], 10 * np.arange(3, n + 3)
    parts = answer(X, y, k, np.random.default_rng(3))
    if parts is ...:
        return ...
    parts = list(parts)
    held = np.concatenate([exam[0][:, 0] for _, exam in parts])
    together = all((10 * part[0][:, 0] == part[1]).all() for pair in parts for part in pair)
    apart = all(not set(rest[0][:, 0]) & set(exam[0][:, 0]) for rest, exam in parts)
    return {
        "learn and examined": [(len(rest[0]), len(exam[0])) for rest, exam in parts],
        "each is examined once": sorted(held) == sorted(X[:, 0]),
        "nobody is examined on what was learned": apart,
        "rows and labels together": together,
        "shuffled": sorted(held) != list(held),
    }


def cutting(*, shuffle="once", rest_is_all=False, remainder=True, labels=True):
    def parts_of(X, y, k, rng):
        order = rng.permutation(len(X)) if shuffle == "once" else np.arange(len(X))
        for i in range(k):
            if shuffle == "each":
                order = rng.permutation(len(X))
            parts = np.array_split(order if remainder else order[: len(X) // k * k], k)
            rest = order if rest_is_all else np.concatenate(parts[:i] + parts[i + 1 :])
            named = y if labels else y[rng.permutation(len(y))]
            yield (X[rest], named[rest]), (X[parts[i]], named[parts[i]])

    return parts_of


def best_coin(coins):
    """The best of so many coins on 20 questions, on average over 200 exams."""
    if type(coins) is not int or coins < 1:
        return "Expected a whole number of coins."
    if coins > 3000:
        return "So many coins are not needed: stay below 3,000."
    exams = np.random.default_rng(20)
    return float(np.mean([(exams.random((coins, 20)) < 0.5).mean(axis=1).max() for _ in range(200)]))


def not_eighty(shown):
    if isinstance(shown, str):
        return shown
    if 0.8 <= shown <= 0.85:
        return None
    return f"The best of yours has {shown:.0%}. {'More' if shown < 0.8 else 'Fewer'} coins."


def learning_curve(setting, epochs):
    """The first number of a setting says what it comes to, the second how many epochs that takes."""
    end, slow = setting
    return end * (1 - 2.0 ** (-epochs / slow))


def search(answer, settings, epochs):
    """What is left, and how many epochs that took."""
    bill = []

    def score(setting, epochs):
        bill.append(epochs)
        return learning_curve(setting, epochs)

    left = answer(settings, score, epochs)
    return ... if left is ... else (left, sum(bill))


def halve(*, better=True, twice=True, once=False, keep=lambda n: n // 2, of_score=False):
    def halving(settings, score, epochs):
        while len(settings) > 1:
            ranked = sorted(settings, key=lambda setting: score(setting, epochs), reverse=better)
            settings = ranked[: 1 if once else keep(len(ranked))]
            epochs = 2 * epochs if twice else epochs
        return learning_curve(settings[0], epochs) if of_score else settings[0]

    return halving


SETTINGS = [(0.9, 9.0), (0.5, 1.0), (0.7, 3.0), (0.95, 30.0), (0.6, 2.0), (0.4, 0.8), (0.85, 6.0), (0.55, 5.0)]

EXERCISES = [
    OnPaper(
        "20.1",
        start="Type the number that you found in place of the `...`.",
        right=48.6,
        wrong=[
            (3, "You have added: 15 runs. But each value of one knob meets each value of all the others."),
            (25, "That is five to the power of three. Which of the two numbers is multiplied by itself?"),
            (2916, "Those are seconds."),
            (243, "So many runs it is. How long do they take?"),
        ],
        learned="A grid multiplies: every further knob with three values triples the bill.",
    ),
    Write(
        "20.2",
        start="Most of the rates are large: drawn evenly, nine tenths of them lie in the last power of ten.",
        again="It is the only line. What should be even is the exponent.",
        inputs=[(1e-4, 1.0), (1e-3, 0.1)],
        right=lambda low, high, n, dice: low * (high / low) ** dice.random(n),
        use=shares,
        tolerance=0.2,
        wrong=[
            (
                lambda low, high, n, dice: dice.uniform(low, high, n),
                "Most of the rates are large: drawn evenly, nine tenths of them lie in the last power of ten.",
            ),
            (
                lambda low, high, n, dice: dice.uniform(np.log10(low), np.log10(high), n),
                "These are the exponents. Ten to the power of them are the rates.",
            ),
            (
                lambda low, high, n, dice: np.exp(dice.uniform(np.log10(low), np.log10(high), n)),
                "`np.exp` and `np.log10` do not belong together: one has e for its base, the other 10.",
            ),
            (
                lambda low, high, n, dice: 10 ** dice.uniform(low, high, n),
                "`low` and `high` are rates. The exponents are their logarithms.",
            ),
        ],
        learned="What multiplies is drawn by its exponent.",
    ),
    Write(
        "20.3",
        start="Shuffle the row numbers once, cut them into parts, and yield two pairs for each part.",
        inputs=[(11, 3), (8, 4)],
        right=folds,
        use=cut,
        wrong=[
            (cutting(shuffle="no"), "Nothing is shuffled. Sorted data would hold back one class at a time."),
            (
                cutting(shuffle="each"),
                "The order is drawn anew for every part: some rows are examined twice, and others never.",
            ),
            (cutting(rest_is_all=True), "What is held back is also learned from. That is no exam."),
            (cutting(remainder=False), "Eleven rows in three parts: where have the last two gone?"),
            (cutting(labels=False), "A row's label is another row's. Use the same numbers for `X` and for `y`."),
        ],
        learned="Every sample is examined once, by a network that has never seen it.",
    ),
    Reach(
        "20.4",
        start="Type a whole number in place of the `...`, look at what the best has, and try another.",
        show=best_coin,
        missing=not_eighty,
        wrong=[
            (20, "As many coins as questions are too few. Multiply rather than add."),
            (100, "Near, and not there yet. The best of so many has not quite 80%."),
            (2000, "So many are not needed: the best of them has more than 85%."),
        ],
        learned="They know nothing, and the best of them has eight answers in ten.",
    ),
    Write(
        "20.5",
        start="As long as there is more than one: score all, keep the better half, double the epochs.",
        inputs=[(SETTINGS, 2), (SETTINGS[:5], 3), (SETTINGS[1:4], 1)],
        right=halve(),
        use=search,
        wrong=[
            (halve(better=False), "The worse half is kept."),
            (halve(twice=False), "Every round gets the same number of epochs. Those that remain should get more."),
            (halve(once=True), "One round decides everything. Keep half of them, and look again, longer."),
            (halve(keep=lambda n: (n + 1) // 2 if n > 2 else 1), "Of five, three are kept. The task keeps two."),
            (halve(of_score=True), "That is a score. Asked for is the setting that is left."),
        ],
        learned="Bad settings are cheap to recognise, and the epochs go to those that are still in doubt.",
    ),
]
