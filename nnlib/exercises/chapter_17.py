"""Mini-batches."""

import math
from itertools import combinations, islice

import numpy as np

from nnlib import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, batches, clusters, reproducible
from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write

rng = np.random.default_rng(17)
SEVEN, LABELS = rng.standard_normal((7, 2)).round(2), np.arange(10, 17)
FIVE = rng.standard_normal((5, 3)).round(2)


def portions(answer, X, y, batch_size, seed):
    """The batches as lists; a hundred at most."""
    return [[x, labels] for x, labels in islice(answer(X, y, batch_size, np.random.default_rng(seed)), 100)]


def cut(X, y, batch_size, rng):
    order, cuts = rng.permutation(len(X)), range(batch_size, len(X), batch_size)
    return zip(np.split(X[order], cuts), np.split(y[order], cuts))


def in_order(X, y, batch_size, rng):
    return batches(X, y, batch_size)


def shuffled_apart(X, y, batch_size, rng):
    return batches(X[rng.permutation(len(X))], y[rng.permutation(len(y))], batch_size)


def labels_left_behind(X, y, batch_size, rng):
    return batches(X[rng.permutation(len(X))], y, batch_size)


def without_the_rest(X, y, batch_size, rng):
    return (batch for batch in cut(X, y, batch_size, rng) if len(batch[0]) == batch_size)


def with_repeats(X, y, batch_size, rng):
    for _ in range(0, len(X), batch_size):
        rows = rng.integers(0, len(X), batch_size)
        yield X[rows], y[rows]


def shuffled_again(X, y, batch_size, rng):
    for start in range(0, len(X), batch_size):
        rows = rng.permutation(len(X))[start:start + batch_size]
        yield X[rows], y[rows]


WEIGHTS = np.array([0.5, -1.5])


def small_gradient(x, t):
    """The mean gradient of a squared error, of three samples at most."""
    if len(x) > 3:
        raise MemoryError(f"there is room for 3 samples at once, and these are {len(x)}")
    return 2 * (x @ WEIGHTS - t) @ x / len(x)


def pieced(join):
    def large_gradient(gradient_of, X, t, size):
        parts = [gradient_of(x, wanted) * (len(x) if join == "sum" else 1) for x, wanted in batches(X, t, size)]
        return {"mean": np.mean(parts, axis=0), "last": parts[-1]}.get(join, np.sum(parts, axis=0))

    return large_gradient


def ruin(answer):
    """Size, rate, and whether two epochs of the chapter's network end above a loss of 1; None if they were not run."""
    size, lr = answer
    size, lr = int(size), float(lr)
    if not 8 <= size <= 2048 or not math.isclose(128 * lr, size):
        return size, lr, None
    X, y = clusters(512, [(-1, -1), (1, 1), (-1, 1), (1, -1)], std=0.5, rng=np.random.default_rng(0))
    X, y, draws, loss = reproducible(X), y // 2, np.random.default_rng(0), SoftmaxCrossEntropy()
    model = Sequential(Dense(2, 16, rng=draws), ReLU(), Dense(16, 2, rng=draws))
    try:
        model.fit(X, y, loss, SGD(model.parameters(), lr), epochs=2, batch_size=size, rng=draws)
    except FloatingPointError:
        return size, lr, True
    return size, lr, model.evaluate(X, y, loss)["loss"] > 1


def not_ruined(shown):
    size, lr, ruined = shown
    if not 8 <= size <= 2048:
        return f"A batch size from 8 to 2048, please; yours is {size}."
    if ruined is None:
        return f"Your quotient is {lr / size:.6g}. It should be 1/128, which is 0.0078125."
    return None if ruined else "With these the training goes well, or well enough: the loss ends below 1."


def by_trying_all(G, size):
    """The noise as the chapter measures it, over all batches that there are."""
    means = np.array([G[list(rows)].mean(axis=0) for rows in combinations(range(len(G)), size)])
    return math.sqrt(((means - G.mean(axis=0)) ** 2).sum(axis=1).mean())


def noise(factor, root=True):
    def formula(G, size):
        one = ((G - G.mean(axis=0)) ** 2).sum(axis=1).mean()
        square = one / size * factor(len(G), size)
        return math.sqrt(square) if root else square

    return formula


EXERCISES = [
    OnPaper(
        "17.1",
        start="Type two numbers in square brackets, the steps and the size, in place of the `...`.",
        right=[469, 96],
        tolerance=1e-9,
        wrong=[
            ([468, 96], "What is left makes a batch, too, and a batch is a step."),
            ([468, 128], "128 times 468 is less than 60,000. What happens to the rest?"),
            ([469, 128], "The number of steps is right. Are there enough pictures for a full last batch?"),
            ([469, 32], "So many are missing from the last batch. How many are in it?"),
            ([468.75, 128], "There is no three quarters of a step. What does `batches` do with what is left?"),
        ],
        learned="Round up for the steps; what is left over is the last batch.",
    ),
    Write(
        "17.2",
        start="Draw one order of all row numbers; walk along it in portions; `yield` those rows of both.",
        inputs=[(SEVEN, LABELS, 3, 0), (FIVE, LABELS[:5], 2, 4)],
        right=cut,
        use=portions,
        wrong=[
            (in_order, "The samples come in their own order. Shuffle them: `rng.permutation(len(X))`."),
            (shuffled_apart, "X and y are shuffled apart, each in an order of its own. Whose label is whose?"),
            (labels_left_behind, "You shuffle X, and y stays as it was."),
            (without_the_rest, "The last samples are missing when the batches don't come out even."),
            (with_repeats, "Some samples come twice in an epoch, others never: you draw row numbers, again and again."),
            (shuffled_again, "You shuffle anew for every batch, so that some samples come twice and others never."),
        ],
        learned="One order, shared by samples and labels, cut into portions.",
    ),
    Predict(
        "17.3",
        start='Type "shuffled", "in order" or "in between" in place of the `...`.',
        right="shuffled",
        choices={
            "shuffled": "Every batch is a mixture, and that was what counted. That all epochs have the same batches is "
            "no harm here.",
            "in order": "In order, a batch was of one class. What is in a batch of these?",
            "in between": "The order repeats, that is true. But is any batch worse than one that is drawn anew?",
        },
    ),
    Write(
        "17.4",
        start="Which of the batches has the loudest voice in the mean, for each sample in it?",
        inputs=[(small_gradient, SEVEN, LABELS / 10, 3), (small_gradient, SEVEN[:5], LABELS[:5] / 10, 2)],
        right=lambda gradient_of, X, t, size: 2 * (X @ WEIGHTS - t) @ X / len(X),
        wrong=[
            (pieced("mean"), "Which of the batches has the loudest voice in the mean, for each sample in it?"),
            (pieced("all"), "You add up means. The more batches, the longer your gradient."),
            (pieced("sum"), "That is the sum over all samples. The mean was asked for."),
            (pieced("last"), "Only the last batch is left: each one has replaced what came before."),
        ],
        again="It is in line 3.",
        learned="A batch that is too large for the memory can be put together from small ones.",
    ),
    Reach(
        "17.5",
        start="Type a batch size and a learning rate in square brackets, such as [32, 1/4], in place of the `...`.",
        show=ruin,
        missing=not_ruined,
        wrong=[
            ([32, 1 / 4], "This is the pair that works. Move both by the same factor, and far."),
            ([32, 4], "Large steps, no doubt. But the quotient has changed: move the size along."),
            ([128, 1], "Four times both, and still as good: so the rule says. Go on."),
            ([512, 4], "It begins to waver. Go on."),
            ([2048, 1 / 4], "The size alone does no harm, it is only slow. Move the rate along."),
        ],
        learned="The rule ends where the step is longer than the valley is wide. No batch is large enough to mend "
        "that.",
    ),
    Write(
        "17.6",
        start="Measure for a size near N what the chapter's rule gives, and what it should be. Then look for the "
        "factor.",
        inputs=[(FIVE, 2), (SEVEN, 5), (FIVE, 4), (FIVE, 5), (SEVEN, 1)],
        right=by_trying_all,
        wrong=[
            (noise(lambda N, B: 1), "The chapter's rule. But with all samples in the batch nothing is left to chance."),
            (
                noise(lambda N, B: (N - B) / N),
                "It vanishes at B = N, as it should. But at B = 1 it has to be the noise of a single sample.",
            ),
            (
                noise(lambda N, B: (N - B) / (N - 1), root=False),
                "That is the mean of the squares. The noise is its root.",
            ),
            (
                noise(lambda N, B: ((N - B) / (N - 1)) ** 2),
                "Right at both ends, but too small in between: the factor belongs to the square of the noise.",
            ),
            (noise(lambda N, B: 1 / B), "You divide the noise by B. Only the square of the noise falls so fast."),
        ],
        learned="Drawing without putting back is better than dice: the last samples have less and less to add.",
    ),
]
