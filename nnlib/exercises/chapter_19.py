"""Generalisation."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write


def stopped(answer, losses, epochs, patience):
    """How many epochs are trained, what comes back, and the weights at the end: each epoch adds 1 and 10 to them."""
    weights, trained = np.zeros(2), 0

    def train_epoch():
        nonlocal trained
        trained += 1
        weights[0] += 1
        weights[1] += 10

    shown = answer(weights, train_epoch, lambda: losses[trained - 1], epochs, patience)
    return shown if shown is ... else [shown, trained, *weights.tolist()]


def stopping(*, put_back=True, reset=True, longer=0, wait=True, previous=False):
    def walk(weights, train_epoch, val_loss, epochs, patience):
        lowest, best, since = np.inf, weights.copy(), 0
        epoch = 0
        while epoch < epochs:
            epoch += 1
            train_epoch()
            loss = val_loss()
            if loss < lowest:
                lowest, best, since = loss, weights.copy(), 0 if reset else since
            else:
                since += 1
            if previous:
                lowest = loss
            if wait and since == patience + longer:
                break
        if put_back:
            weights[...] = best
        return epoch

    return walk


def dropout(*, back=lambda dy, mask, p, rng: dy * mask, scale=lambda p: 1 / (1 - p), off=True):
    class Layer:
        def __init__(self, p, *, rng):
            self.p, self.rng, self.training = p, rng, True

        def forward(self, x):
            self.mask = np.ones(x.shape)
            if self.training or not off:
                self.mask = (self.rng.random(x.shape) >= self.p) * scale(self.p)
            return x * self.mask

        def backward(self, dy):
            return back(dy, self.mask, self.p, self.rng)

    return Layer


def there_and_back(answer, x, dy, p, training):
    layer = answer(p, rng=np.random.default_rng(19))
    if layer is ...:
        return ...
    layer.training = training
    return [layer.forward(x), layer.backward(dy)]


draws = np.random.default_rng(19)
X, DY = draws.uniform(1, 2, (3, 8)).round(2), draws.uniform(1, 2, (3, 8)).round(2)

# Twenty rows, each of which comes twice; what is written beside them was thrown.
TABLE = np.concatenate([draws.integers(0, 100, (20, 4))] * 2)
THROWN = np.concatenate([draws.integers(0, 10, 20)] * 2)


def nearest(answer):
    """How many rows are held back, and how many of them the nearest of the others names rightly."""
    held = np.unique(np.array(answer, dtype=int).ravel())
    if len(held) == 0 or held.min() < 0 or held.max() > 39:
        return "Name rows from 0 to 39."
    rest = np.setdiff1d(np.arange(40), held)
    if len(rest) == 0:
        return "No row is left to learn from."
    away = np.abs(TABLE[held][:, None] - TABLE[rest]).sum(axis=2)
    return [len(held), int((THROWN[rest[away.argmin(axis=1)]] == THROWN[held]).sum())]


def not_twins(shown):
    if isinstance(shown, str):
        return shown
    rows, right = shown
    if rows != 10:
        return f"There are {rows} different rows in your pile. Hold back 10."
    return f"Of the 10, {right} are right. All of them should be." if right < 10 else None


P = draws.uniform(0.2, 1, (4, 5, 3))
P = P / P.sum(axis=2, keepdims=True)
LABELS = np.array([2, 0, 1, 1, 2])


def of_labels(p, y):
    return float(-np.log(p[np.arange(len(y)), y]).mean())


EXERCISES = [
    Predict(
        "19.1",
        start='Type "larger", "dropout" or "earlier" in place of the `...`.',
        right="larger",
        choices={
            "larger": "There is no gap to close. Both losses are high, and a network that bends more brings them down.",
            "dropout": "Dropout closes a gap between the two losses. How large is the gap here?",
            "earlier": "Stopping earlier helps where the validation loss rises again. Has it fallen far enough to do "
            "so?",
        },
    ),
    OnPaper(
        "19.2",
        start="Type the two new weights as a list in place of the `...`: with L2, then with L1.",
        right=[-3.04, -3.08],
        wrong=[
            ([-3.19, -3.16], "You have added the charge itself. To the gradient belongs its slope."),
            ([-3.04, -3.12], "The weight is negative: what is the sign of the slope of L1 there?"),
            ([-2.98, -3.08], "Where has the 2 of the square gone? The charge is half the square."),
            ([-2.8, -3.0], "The charge's slope is part of the gradient: the learning rate multiplies it, too."),
            ([-2.96, -2.92], "You walk uphill: the step goes against the gradient."),
            ([-3.16, -3.12], "A charge pulls a negative weight upwards, to 0. Which sign has its slope?"),
        ],
        learned="The data pushes the weight away from 0, the charge pulls it back; here the data is stronger.",
    ),
    Write(
        "19.3",
        start="In a loop: an epoch, then the validation loss. Remember the lowest, a copy of its weights, and how "
        "long ago "
        "it was.",
        inputs=[
            ([0.9, 0.7, 0.8, 0.6, 0.75, 0.65, 0.7, 0.5, 0.4], 9, 3),
            ([0.9, 0.8, 0.85, 0.95, 0.9, 0.7, 0.6, 0.75, 0.5], 8, 4),
            ([0.5, 0.6, 0.55, 0.58, 0.52, 0.3, 0.2], 7, 2),
            ([0.9, 0.5, 0.6, 0.7, 0.8, 0.4], 6, 3),
        ],
        right=stopping(),
        use=stopped,
        wrong=[
            (
                stopping(put_back=False),
                "The last weights stay. Are the best ones put back, into `weights[...]`, and were they kept as a copy?",
            ),
            (stopping(reset=False), "A new best starts the waiting from 0. You count all the bad epochs together."),
            (stopping(longer=1), "You wait one epoch too long."),
            (stopping(longer=-1), "You stop one epoch too early."),
            (stopping(wait=False), "You never stop: all epochs are trained."),
            (
                stopping(previous=True),
                "You compare with the epoch before. The mark to beat is the lowest loss so far.",
            ),
        ],
        learned="Three things are remembered: the lowest loss, a copy of its weights, and how long ago it was.",
    ),
    Write(
        "19.4",
        start="Let a mask of `forward` be 0 and 2: by how much does y change when x changes by 1? And what does "
        "`backward` "
        "say?",
        inputs=[(X, DY, 0.5, True), (X, DY, 0.25, True), (X, DY, 0.25, False)],
        right=dropout(),
        use=there_and_back,
        wrong=[
            (
                dropout(back=lambda dy, mask, p, rng: dy * (mask > 0)),
                "Let a mask of `forward` be 0 and 2: by how much does y change when x changes by 1? And what does "
                "`backward` say?",
            ),
            (
                dropout(back=lambda dy, mask, p, rng: dy * (rng.random(dy.shape) >= p) / (1 - p)),
                "Your `backward` throws again. The way back has to go through the gates of the way there.",
            ),
            (
                dropout(back=lambda dy, mask, p, rng: dy * (mask > 0) / (1 - p)),
                "While training that is right. In use nothing is dropped: what is the slope then?",
            ),
            (
                dropout(back=lambda dy, mask, p, rng: dy * mask / (1 - p)),
                "The mask holds the division already. You divide twice.",
            ),
            (
                dropout(scale=lambda p: 1.0),
                "Now `backward` fits `forward`, but the sums in training are smaller than those in use.",
            ),
            (dropout(back=lambda dy, mask, p, rng: dy), "A number that was dropped has no say in the loss."),
        ],
        again="It is the last line.",
        learned="The slope of x times the mask is the mask, with all that it holds.",
    ),
    Reach(
        "19.5",
        start="Type a list of ten rows from 0 to 39 in place of the `...`.",
        show=nearest,
        missing=not_twins,
        wrong=[
            (
                [0, 1, 2, 3, 4, 20, 21, 22, 23, 24],
                "Twins are held back together, as they should be: nobody is left to copy from. Do the opposite.",
            ),
            (list(range(20)), "All of them are right, and that is the idea. But hold back only 10."),
            ([0, 20], "Two rows are too few, and they are twins."),
        ],
        learned="Nothing was there to be understood, and the validation set reports a full success: it had been seen.",
    ),
    Write(
        "19.6",
        start="First the mean of the probabilities over the networks, then the loss of this mean.",
        inputs=[(P, LABELS), (P[:2, :4, ::-1], LABELS[:4])],
        right=lambda p, y: of_labels(p.mean(axis=0), y),
        wrong=[
            (
                lambda p, y: float(np.mean([of_labels(one, y) for one in p])),
                "That is the mean of the losses. Let the networks agree first, and then ask what that costs.",
            ),
            (lambda p, y: of_labels(p[0], y), "Only the first network has a say."),
            (lambda p, y: of_labels(p.max(axis=0), y), "You take the surest answer for every class. Take the mean."),
            (lambda p, y: -of_labels(p.mean(axis=0), y), "A loss is not negative: the logarithm of a probability is."),
            (lambda p, y: len(y) * of_labels(p.mean(axis=0), y), "That is the sum over the samples. Take the mean."),
            (
                lambda p, y: of_labels(p.sum(axis=0), y),
                "You have added the probabilities up. A mean is divided by how many there are.",
            ),
        ],
        learned="This loss is never above the mean of the single ones: one that is certain and wrong is outvoted.",
    ),
]
