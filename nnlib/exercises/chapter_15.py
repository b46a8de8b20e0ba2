"""Training."""

import functools
import math

import numpy as np

from nnlib.data import clusters
from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.functions import one_hot, softmax
from nnlib.layers import Dense, Parameter, ReLU
from nnlib.losses import SoftmaxCrossEntropy
from nnlib.model import Sequential
from nnlib.optimizers import SGD, Optimizer
from nnlib.reproducibility import reproducible


def points_of(seed, n_in, n_out):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((7, n_in)).round(2), np.arange(7) % n_out


def trained(answer, seed, epochs):
    """The losses that a loop returns, and the weights that it leaves behind."""
    X, y = points_of(seed, 2, 3)
    rng = np.random.default_rng(seed)
    model = Sequential(Dense(2, 4, rng=rng), ReLU(), Dense(4, 3, rng=rng))
    losses = answer(model, X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), lr=0.3), epochs)
    if losses is ... or losses is None:
        return losses
    return [losses, *(parameter.data for parameter in model.parameters())]


def fit_of_nnlib(model, X, y, loss, optimizer, epochs):
    return model.fit(X, y, loss, optimizer, epochs=epochs)["loss"]


def loop(*, looks=True, back=True, steps=1, late=False, last=False, rounds=range, first=False, anew=False, alone=False):
    def training(model, X, y, loss, optimizer, epochs):
        losses = [loss.forward(model.forward(X), y)] if first else []
        for epoch in rounds(epochs):
            losses = [] if anew else losses
            for i in range(len(X) - 1) if alone else ():
                loss.forward(model.forward(X[i : i + 1]), y[i : i + 1])
                model.backward(loss.backward())
                optimizer.step()
            X_now, y_now = (X[-1:], y[-1:]) if alone else (X, y)
            if looks or epoch == 0:
                prediction = model.forward(X_now)
            before = loss.forward(prediction, y_now)
            if back:
                model.backward(loss.backward())
            for _ in range(steps):
                optimizer.step()
            losses.append(loss.forward(model.forward(X), y) if late or first else before)
        return losses[-1] if last else losses

    return training


@functools.cache
def silenced(lr):
    """Of the 300 points of the three clouds, how many wake no neuron after 30 epochs at this rate; and the loss."""
    state = np.random.RandomState(43)
    X, y = clusters(100, [(0, 0), (5, 5), (-5, 5)], rng=state)
    X = reproducible(X)
    model = Sequential(Dense(2, 10, rng=state), ReLU(), Dense(10, 3, rng=state))
    try:
        loss = model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), lr), epochs=30)["loss"][-1]
    except FloatingPointError:
        return "At this rate fit does complain: the loss is not finite any more."
    return [int((model.layers[1].forward(model.layers[0].forward(X)) == 0).all(axis=1).sum()), float(loss)]


def not_silent(shown):
    if isinstance(shown, str):
        return shown
    silent, loss = shown
    if silent <= 150 and loss > 1000:
        return f"{silent} of 300 points wake no neuron, and the loss has {len(f'{loss:.0f}')} digits. Go down again."
    if silent <= 150:
        return f"{silent} of 300 points wake no neuron, and the loss is {loss:.3g}. Wanted are more than 150 points."


def he(n_in):
    return math.sqrt(2 / n_in)


def mean_loss(p, y):
    return -np.log(p[np.arange(len(y)), y]).mean()


def network(
    *,
    std=he,
    same_std=False,
    last_first=False,
    relu=True,
    early=False,
    share=True,
    mask=True,
    biases=np.sum,
    sign=1,
    rate=None,
    keep=1,
    first_learns=True,
    targets=one_hot,
    measure=mean_loss,
    late=False,
    last=False,
    answers=lambda p: p.argmax(axis=1),
):
    class Network:
        def __init__(self, n_in, n_mid, n_out, rng):
            shapes = [(n_in, n_mid), (n_mid, n_out)][:: -1 if last_first else 1]
            tables = [std(n_in if same_std else shape[0]) * rng.standard_normal(shape) for shape in shapes]
            self.W1, self.W2 = tables[:: -1 if last_first else 1]
            self.b1, self.b2 = np.zeros(n_mid), np.zeros(n_out)

        def forward(self, X):
            self.h = X @ self.W1 + self.b1
            self.h = np.maximum(self.h, 0) if relu else self.h
            return softmax(self.h @ self.W2 + self.b2)

        def loss(self, X, y):
            return float(measure(self.forward(X), y))

        def train(self, X, y, lr, epochs):
            lr = sign * (rate or lr)
            losses = []
            for _ in range(epochs):
                losses.append(self.loss(X, y))
                p = self.forward(X)
                dlogits = (p - targets(y, p.shape[1])) / (len(X) if share else 1)
                through = self.W2 - (lr * self.h.T @ dlogits if early else 0)
                dz = dlogits @ through.T * ((self.h > 0) if mask else 1)
                self.W2 = keep * self.W2 - lr * self.h.T @ dlogits
                self.b2 = keep * self.b2 - lr * biases(dlogits, axis=0)
                if first_learns:
                    self.W1 = keep * self.W1 - lr * X.T @ dz
                    self.b1 = keep * self.b1 - lr * biases(dz, axis=0)
                if late:
                    losses[-1] = self.loss(X, y)
            return losses[-1] if last else losses

        def predict(self, X):
            return answers(self.forward(X))

    return Network


def learned(answer, n_in, n_mid, n_out, lr, epochs):
    """The losses while it learns, and its answers afterwards."""
    if not (hasattr(answer, "train") and hasattr(answer, "predict")):
        return ...
    X, y = points_of(n_mid, n_in, n_out)
    model = answer(n_in, n_mid, n_out, rng=np.random.default_rng(n_mid))
    losses = model.train(X, y, lr, epochs)
    return losses if losses is ... or losses is None else {"train": losses, "predict": model.predict(X)}


def stepped(answer, gradients, limit):
    """The weights, zeros at first, after two steps of an optimizer with a rate of 0.5."""
    boxes = [Parameter(np.zeros(len(gradient))) for gradient in gradients]
    optimizer = answer(boxes, 0.5, limit)
    for _ in range(2):
        for box, gradient in zip(boxes, gradients):
            box.grad = np.array(gradient)
        if optimizer.step() is ...:
            return ...
    return [box.data for box in boxes]


def shortened(scale):
    """An optimizer whose step goes along scale(all gradients, this gradient, limit)."""

    class Clipped(Optimizer):
        def __init__(self, parameters, lr, limit):
            super().__init__(parameters, lr)
            self.limit = limit

        def direction(self, i, parameter):
            return scale(np.concatenate([box.grad for box in self.parameters]), parameter.grad, self.limit)

    return Clipped


def stepping(move):
    """An optimizer whose step is move(boxes, lr, limit)."""

    class Clipped(Optimizer):
        def __init__(self, parameters, lr, limit):
            super().__init__(parameters, lr)
            self.limit = limit

        def step(self):
            move(self.parameters, self.lr, self.limit)

    return Clipped


def length_of(boxes):
    return math.sqrt(sum((box.grad**2).sum() for box in boxes))


def scaled(factor, rate=None):
    def move(boxes, lr, limit):
        scale = (rate or lr) * factor(boxes, limit)
        for box in boxes:
            box.data = box.data - scale * box.grad

    return stepping(move)


def one_by_one(boxes, lr, limit):
    for box in boxes:
        box.grad = no_longer(box.grad, length_of(boxes), limit)
        box.data = box.data - lr * box.grad


def move_to(boxes, lr, limit):
    factor = min(1, limit / length_of(boxes))
    for box in boxes:
        box.data = -lr * factor * box.grad


def no_longer(gradient, length, limit):
    return gradient * min(1, limit / length)


EXERCISES = [
    OnPaper(
        "15.1",
        start="Type the number that you found in place of the `...`.",
        right=2.7,
        wrong=[
            (3.2, "That is without momentum. In the second step, a half of the first velocity goes on."),
            (2.5, "The second slope is that of the place where the ball is now, not where it began."),
            (
                3.8,
                "Your slopes are too small by half: the slope is 2w, and it enters the velocity undiminished.",
            ),
            (4.0, "That is one step. Take another."),
            (2.2, "Your ball keeps all of its speed. A momentum of 0.5 keeps a half."),
            (7.7, "The ball rolls uphill. A velocity is subtracted from the place."),
            (1.3, "That is the way of the second step. Where does it end?"),
            (13.0, "That is the velocity of the second step. Where is the ball?"),
            (-13.0, "The learning rate is missing."),
        ],
        learned="Without momentum the second step would be 0.8 long; with it, it is 1.3.",
    ),
    Write(
        "15.2",
        start="In a loop over the epochs: forward, loss, backward, step; and a list that keeps each loss.",
        inputs=[(0, 4), (1, 3)],
        right=functools.partial(fit_of_nnlib),  # nameless arguments: the inputs are other ones
        use=trained,
        tolerance=1e-6,
        wrong=[
            (loop(looks=False), "The network is run once, before the loop. After each step its answers are others."),
            (loop(back=False), "A step needs gradients. Who computes them, and when?"),
            (loop(steps=0), "All losses are equal, for no weight moves. Who takes the step?"),
            (loop(steps=2), "Two steps are taken along one gradient, where there should be one."),
            (
                loop(rounds=lambda epochs: range(1)),
                "Only one epoch runs. Does `return` stand inside the loop?",
            ),
            (
                loop(rounds=lambda epochs: range(1, epochs)),
                "One epoch is missing: range(1, epochs) and range(epochs - 1) are both too short.",
            ),
            (loop(anew=True), "Only the last loss is in your list. Is the list made anew in every epoch?"),
            (loop(first=True), "There is one loss too many: as many as epochs, each before its step."),
            (
                loop(alone=True),
                "You take a step for every sample. Here all of them go through at once, and one step follows.",
            ),
            (loop(late=True), "Your weights are right. Each loss is to be the one before its step, as in the chapter."),
            (loop(last=True), "That is the last loss. Keep all of them, in a list."),
        ],
        learned="Forward, loss, backward, step: the same four, for all networks in the book.",
    ),
    Predict(
        "15.3",
        start='Type "the same", "faster" or "slower" in place of the `...`.',
        right="the same",
        choices={
            "the same": "Twice as many samples, each with half the weight in the mean: the same loss, the same "
            "gradients.",
            "faster": "It would if the samples' gradients were added up. The loss is a mean.",
            "slower": "Each epoch takes longer to compute. But a step is a step, and what is its gradient?",
        },
    ),
    Reach(
        "15.4",
        start="Type a learning rate in place of the `...`.",
        show=lambda lr: silenced(float(lr)),
        missing=not_silent,
        wrong=[
            (0.1, "All points wake a neuron, and all is well. The chapter has broken this network: go up."),
            (1, "A restless beginning, and a good end: nearly all points wake a neuron. Go further."),
            (3, "138 points are silent, as in the chapter. More than 150 are wanted; try the rates around it."),
            (100, "Too far: the neurons fire and the loss has 106 digits. Go down again, to where it looks harmless."),
            (1e6, "Here fit complains. You look for a rate at which it does not."),
        ],
        learned="No error, a loss that looks harmless, and most points can't be told apart any more.",
    ),
    Write(
        "15.5",
        start="Three methods: __init__ draws W1, then W2; train is the loop at the beginning of the chapter; predict.",
        inputs=[(2, 5, 3, 0.5, 6), (3, 4, 2, 0.3, 5)],
        right=network(),
        use=learned,
        tolerance=1e-5,
        wrong=[
            (
                network(early=True),
                "Is W2 moved before it has handed the gradient back? First all gradients, then steps.",
            ),
            (network(share=False), "Your steps grow with the number of samples: the loss is a mean over them."),
            (network(mask=False), "The way back goes through ReLU, too: where a neuron was silent, nothing passes."),
            (network(biases=lambda dz, axis: 0), "The biases stay 0. They learn as well."),
            (
                network(biases=np.mean),
                "The biases move too little: a mean over the samples, where the mean has been taken already.",
            ),
            (network(sign=-1), "The losses grow: your steps go uphill."),
            (network(rate=0.01), "Your steps have a rate of 0.01, whatever lr is asked for."),
            (network(keep=0), "The weights become the step. They are to be moved by it: `-=`."),
            (network(first_learns=False), "Only the second layer learns. W1 and b1 have gradients, too."),
            (network(relu=False, mask=False), "There is no ReLU in the middle."),
            (network(relu=False), "There is no ReLU on the way forward."),
            (
                network(targets=lambda y, n_out: y[:, np.newaxis]),
                "You subtract the class numbers. What was true is a 1 at the right class and 0 elsewhere.",
            ),
            (network(measure=lambda p, y: len(y) * mean_loss(p, y)), "Your losses are sums. The loss is a mean."),
            (network(measure=lambda p, y: -mean_loss(p, y)), "Your losses are negative: a minus is missing."),
            (
                network(measure=lambda p, y: mean_loss(p, y) / p.shape[1]),
                "Your losses are too small: divide by the number of samples, not by that of all entries.",
            ),
            (
                network(measure=lambda p, y: -np.log(p[:, y]).mean()),
                "`p[:, y]` has a row of numbers for each sample. Take one from each row, that of its class.",
            ),
            (
                network(measure=lambda p, y: -np.log(p).mean()),
                "Your losses count all classes. What probability did the right one get?",
            ),
            (network(last=True), "That is the last loss. Keep all of them, in a list."),
            (
                network(answers=lambda p: p.argmax(axis=0)),
                "The losses are right; predict looks down the columns. Which class is largest in each row?",
            ),
            (
                network(answers=lambda p: p.argmax()),
                "The losses are right; predict gives one number for all samples. Look along each row.",
            ),
            (network(last_first=True), "Draw W1 before W2. The first loss shows that you did not."),
            (network(same_std=True), "He's size depends on a layer's own inputs. What are those of the second one?"),
            (network(std=lambda n_in: 2 / n_in), "He's size is a root."),
            (network(std=lambda n_in: 1.0), "The first loss differs: are the weights of He's size, for both layers?"),
            (network(std=lambda n_in: 0.01), "The weights begin too small. He's size depends on a layer's inputs."),
            (network(late=True), "The network is right. Note each loss before the step, as the chapter does."),
            (
                network(answers=lambda p: p),
                "The losses are right; predict gives probabilities. Which class is the answer?",
            ),
        ],
        learned="A network that learns, from an empty cell. Nothing in the book is further down than this.",
    ),
    Write(
        "15.6",
        start="One length for all gradients together: the root of the sum of all squares. If it is above the limit, "
        "shorten.",
        inputs=[([[3.0, -4.0], [12.0]], 1.0), ([[0.3, 0.1], [-0.2]], 1.5), ([[0.2, 0.7], [4.0]], 2.0)],
        right=shortened(lambda every, own, limit: no_longer(own, np.linalg.norm(every), limit)),
        use=stepped,
        wrong=[
            (
                shortened(lambda every, own, limit: no_longer(own, np.linalg.norm(own), limit)),
                "Each box is shortened by itself, which turns the direction. Take one length for all of them.",
            ),
            (
                shortened(lambda every, own, limit: own.clip(-limit, limit)),
                "Each entry is cut off by itself, which turns the direction. Shorten all by one factor.",
            ),
            (
                shortened(lambda every, own, limit: own * limit / np.linalg.norm(every)),
                "Short gradients get longer. They are to stay as they are.",
            ),
            (
                shortened(lambda every, own, limit: no_longer(own, (every**2).sum(), limit)),
                "A root is missing: a length is the root of the sum of the squares.",
            ),
            (
                shortened(lambda every, own, limit: no_longer(own, np.abs(every).max(), limit)),
                "That is the largest entry. A length is the root of the sum of all squares.",
            ),
            (
                scaled(lambda boxes, limit: min(1, limit / sum(length_of([box]) for box in boxes))),
                "You add lengths. Add the squares of all entries, and take one root at the end.",
            ),
            (
                shortened(lambda every, own, limit: own * max(1, np.linalg.norm(every) / limit)),
                "Your factor is upside down: long gradients get longer.",
            ),
            (
                shortened(
                    lambda every, own, limit: own / (np.linalg.norm(every) if np.linalg.norm(every) > limit else 1)
                ),
                "What is too long becomes 1 long. It is to become as long as the limit.",
            ),
            (
                shortened(lambda every, own, limit: own * (np.linalg.norm(every) <= limit)),
                "A step that is too long is left out. Take it, shortened.",
            ),
            (shortened(lambda every, own, limit: -no_longer(own, np.linalg.norm(every), limit)), "You step uphill."),
            (
                scaled(lambda boxes, limit: min(1, limit / length_of(boxes)), rate=1),
                "The gradients are shortened as they should be. Where is the learning rate?",
            ),
            (stepping(lambda boxes, lr, limit: None), "No weight moves. Who takes the step?"),
            (
                stepping(one_by_one),
                "Once the first box is shortened, the length is another. Measure it before you change anything.",
            ),
            (stepping(move_to), "The weights become the step. They are to be moved by it: `-=`."),
            (shortened(lambda every, own, limit: own), "Nothing is shortened. What is the limit for?"),
        ],
        learned="The way stays, only its length is bounded. nnlib has it as clip_gradients.",
    ),
]
