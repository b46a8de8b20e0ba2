"""How much, and yes or no."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.functions import sigmoid


def entropy(z, y, *, yes=1.0, sign=1, mean_gradient=True, mean_loss=True, yes_back=None, flat=False, clip=None):
    """The loss on logits and its gradient, and what can go wrong with them."""
    y = y if flat else y[:, None]
    yes_back = yes if yes_back is None else yes_back
    if clip is None:
        losses = yes * y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)
    else:
        p = np.clip(1 / (1 + np.exp(-z)), clip, 1 - clip)
        losses = -(yes * y * np.log(p) + (1 - y) * np.log(1 - p))
    slopes = sign * (yes_back * y * (sigmoid(z) - 1) + (1 - y) * sigmoid(z))
    loss = losses.mean() if mean_loss else losses.sum()
    return [float(loss), slopes / len(z) if mean_gradient else slopes]


def with_settings(**settings):
    return lambda z, y: entropy(z, y, **settings)


def weighted(*, all_of_it=False, by_weights=False, **settings):
    class Loss:
        def __init__(self, yes):
            self.yes = yes

        def forward(self, z, y):
            chosen = {"yes": 1.0 if all_of_it else self.yes, **settings}
            loss, self.gradient = entropy(z, y, **chosen)
            scale = self.yes if all_of_it else 1.0
            if by_weights:
                scale = len(y) / (self.yes * y + 1 - y).sum()
            self.gradient = self.gradient * scale
            return loss * scale

        def backward(self):
            return self.gradient

    return Loss


def loss_and_slopes(answer, yes, z, y):
    loss = answer(yes)
    value = loss if loss is ... else loss.forward(z, y)
    return ... if value is ... else [value, loss.backward()]


Z, Y = np.array([[0.4], [-1.3], [2.1], [0.7], [-0.2]]), np.array([1, 0, 0, 1, 1])
FAR = np.array([[-800.0], [900.0], [1.5]]), np.array([1, 0, 1])


def inverse(miss, std=410.0, mean=4200.0):
    return miss * std + mean


SAID, TRUE = np.array([[0.5], [-1.2], [1.9], [0.1]]), np.array([[0.9], [-1.0], [1.1], [0.4]])


def missed(*, std_of=lambda std: std, plus=0.0, root=True, absolute=False):
    def miss(prediction, target, mean, std):
        away = prediction - target
        miss = np.abs(away).mean() if absolute else (away**2).mean()
        return float(miss ** (0.5 if root and not absolute else 1) * std_of(std) + plus * mean)

    return miss


ILL = np.array([1, 1, 1, 0, 0, 0])


def ranked(answer):
    """The share of pairs in which the ill one has the higher p, and the share that is right at one half."""
    p = np.array(answer, dtype=float)
    if p.shape != (6,):
        return f"Expected six numbers, got the shape {p.shape}."
    if not ((0 < p) & (p < 1)).all():
        return "A probability is between 0 and 1."
    return [float((p[:3, None] > p[3:]).mean()), float(((p > 0.5) == ILL).mean())]


def not_torn(shown):
    if isinstance(shown, str):
        return shown
    area, right = shown
    if area < 1:
        return f"The area is {area:.2f}. In all nine pairs the ill one should have the higher probability."
    return f"{right:.0%} are right at one half. It should be 50 %." if abs(right - 0.5) > 0.01 else None


EXERCISES = [
    OnPaper(
        "21.1",
        start="Type the three shares as a list in place of the `...`: recall, precision, accuracy.",
        right=[0.75, 0.5, 0.96],
        wrong=[
            ([0.5, 0.75, 0.96], "Recall is the share of the ill who are found, precision the share of the called."),
            ([0.75, 0.5, 0.97], "These are 30 mistakes. Those who were not found are mistakes, too."),
            ([0.75, 0.5, 0.99], "Those who were called and are healthy are mistakes, too."),
            ([0.75, 0.5, 0.03], "Right are also all those who are healthy and were not called."),
            ([0.75, 0.5, 0.94], "60 were called, but 30 of them rightly. How many mistakes are there in all?"),
        ],
        learned="Forty mistakes in a thousand, and as many if nobody is called: accuracy does not tell them apart.",
    ),
    Predict(
        "21.2",
        start='Type "recall", "precision", "both" or "neither" in place of the `...`.',
        right="recall",
        choices={
            "recall": "With a lower threshold nobody who was found is lost, so recall stays or rises. Precision may go "
            "either way.",
            "precision": "If the surest of all is healthy, what is the precision at a threshold just below?",
            "both": "Recall cannot fall. But each newly called person may be healthy: what becomes of precision?",
            "neither": "Precision may fall. But can somebody who was called at the higher threshold be lost at a "
            "lower?",
        },
    ),
    Write(
        "21.3",
        start="The label as a column, the larger of z and 0, minus z times y, and the logarithm. Then the slope, "
        "divided "
        "by N.",
        inputs=[(Z, Y), FAR],
        right=with_settings(),
        wrong=[
            (with_settings(clip=0), "A large logit gives infinity, or nan. Never form the probability on the way."),
            (
                with_settings(clip=1e-7),
                "A clipped probability hides how wrong a sure answer is: for z = -800 and a yes the loss is 800.",
            ),
            (with_settings(sign=-1), "The loss is right. The slope is predicted minus true."),
            (with_settings(mean_gradient=False), "The loss is a mean, so its slopes are divided by N."),
            (
                with_settings(mean_loss=False, mean_gradient=False),
                "That is the sum over the batch. The loss is its mean.",
            ),
            (
                with_settings(flat=True),
                "Labels of shape (N,) and logits of shape (N, 1) make a table of all pairs. Give the labels a second "
                "axis.",
            ),
        ],
        learned="Two lines, and they hold for a logit of 1 as for one of 900.",
    ),
    Write(
        "21.4",
        start="Let every prediction be perfect: what does the function say then?",
        inputs=[(SAID, TRUE, 4200.0, 810.0), (TRUE, 2 * SAID, 3000.0, 500.0)],
        right=missed(),
        wrong=[
            (missed(plus=1), "Let every prediction be perfect: what does the function say then?"),
            (missed(std_of=lambda std: 1.0), "That is in standard deviations. Grams are asked for."),
            (missed(std_of=lambda std: std, root=False), "Standard deviation times a square is no number of grams."),
            (missed(std_of=lambda std: std**2, root=False), "These are square grams. Take the root."),
            (missed(absolute=True), "That is the mean of the misses. The typical miss is a root of squares."),
            (missed(std_of=lambda std: 1 / std), "To scale, you divided. What is the way back?"),
        ],
        again="It is the last line.",
        learned="A difference of two masses knows nothing of where zero is: the mean falls out of it.",
    ),
    Reach(
        "21.5",
        start="Type six probabilities in place of the `...`: three for the ill, then three for the healthy.",
        show=ranked,
        missing=not_torn,
        wrong=[
            ([0.9, 0.8, 0.7, 0.3, 0.2, 0.1], "The order is perfect, and so is the accuracy. Spoil only the accuracy."),
            ([0.1, 0.2, 0.3, 0.7, 0.8, 0.9], "That is the order turned round: everything is wrong."),
            ([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], "Half are right, but nobody is ahead of anybody. The ill have to be."),
        ],
        learned="The area judges the order alone, accuracy a single line that somebody drew through it.",
    ),
    Write(
        "21.6",
        start="The weight multiplies the loss of every yes, and nothing else; then the mean. The slopes follow.",
        inputs=[(3.0, Z, Y), (0.25, Z[:4], 1 - Y[:4]), (7.0, *FAR)],
        right=weighted(),
        use=loss_and_slopes,
        wrong=[
            (weighted(yes=1.0), "The weight does nothing: that is the loss of the chapter."),
            (weighted(all_of_it=True), "You weight every sample. A weight on all of them is a learning rate."),
            (weighted(yes_back=1.0), "The loss is right. Its slopes do not know the weight."),
            (
                weighted(by_weights=True),
                "You divide by the sum of the weights. Here it is divided by N, as in PyTorch.",
            ),
            (weighted(mean_gradient=False), "The slopes have to be divided by N, as the loss is."),
            (weighted(clip=0), "A large logit gives infinity, or nan. Never form the probability on the way."),
        ],
        tolerance=1e-6,
        learned="What a missed case costs stands in the loss, and gradient descent finds its own balance.",
    ),
]
