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


def loop(*, looks=True, back=True, step=True, late=False, last=False):
    def training(model, X, y, loss, optimizer, epochs):
        losses = []
        for epoch in range(epochs):
            if looks or epoch == 0:
                prediction = model.forward(X)
            before = loss.forward(prediction, y)
            if back:
                model.backward(loss.backward())
            if step:
                optimizer.step()
            losses.append(loss.forward(model.forward(X), y) if late else before)
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
    if silent <= 150:
        return f"{silent} of 300 points wake no neuron, and the loss is {loss:.3g}. Wanted are more than 150 points."


def he(n_in):
    return math.sqrt(2 / n_in)


def network(*, std=he, early=False, share=True, mask=True, biases=True, late=False, classes=True):
    class Network:
        def __init__(self, n_in, n_hidden, n_out, rng):
            self.W1 = std(n_in) * rng.standard_normal((n_in, n_hidden))
            self.W2 = std(n_hidden) * rng.standard_normal((n_hidden, n_out))
            self.b1, self.b2 = np.zeros(n_hidden), np.zeros(n_out)

        def forward(self, X):
            self.h = np.maximum(X @ self.W1 + self.b1, 0)
            return softmax(self.h @ self.W2 + self.b2)

        def loss(self, X, y):
            return float(-np.log(self.forward(X)[np.arange(len(y)), y]).mean())

        def train(self, X, y, lr, epochs):
            losses = []
            for _ in range(epochs):
                losses.append(self.loss(X, y))
                p = self.forward(X)
                dlogits = (p - one_hot(y, p.shape[1])) / (len(X) if share else 1)
                through = self.W2 - (lr * self.h.T @ dlogits if early else 0)
                dz = dlogits @ through.T * ((self.h > 0) if mask else 1)
                self.W2 = self.W2 - lr * self.h.T @ dlogits
                self.W1 = self.W1 - lr * X.T @ dz
                self.b2 = self.b2 - lr * biases * dlogits.sum(axis=0)
                self.b1 = self.b1 - lr * biases * dz.sum(axis=0)
                if late:
                    losses[-1] = self.loss(X, y)
            return losses

        def predict(self, X):
            p = self.forward(X)
            return p.argmax(axis=1) if classes else p

    return Network


def learned(answer, n_in, n_hidden, n_out, lr, epochs):
    """The losses while it learns, and its answers afterwards."""
    if not (hasattr(answer, "train") and hasattr(answer, "predict")):
        return ...
    X, y = points_of(n_hidden, n_in, n_out)
    model = answer(n_in, n_hidden, n_out, rng=np.random.default_rng(n_hidden))
    losses = model.train(X, y, lr, epochs)
    return ... if losses is ... else [list(losses), model.predict(X)]


def stepped(answer, gradients, limit):
    """The weights, zeros at first, after two steps of an optimizer with a rate of 0.5."""
    boxes = [Parameter(np.zeros(len(gradient))) for gradient in gradients]
    optimizer = answer(boxes, 0.5, limit)
    if not (hasattr(optimizer, "parameters") and hasattr(optimizer, "step")):
        return ...
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
            (3.8, "The slope enters the velocity undiminished: only what was there before is halved."),
            (4.0, "That is one step. Take another."),
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
            (loop(step=False), "All losses are equal, for no weight moves. Who takes the step?"),
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
            (network(biases=False), "The biases stay 0. They learn as well."),
            (network(std=lambda n_in: 1.0), "The first loss differs: are the weights of He's size, for both layers?"),
            (network(std=lambda n_in: 0.01), "The weights begin too small. He's size depends on a layer's inputs."),
            (network(late=True), "The network is right. Note each loss before the step, as the chapter does."),
            (network(classes=False), "The losses are right; predict gives probabilities. Which class is the answer?"),
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
            (shortened(lambda every, own, limit: own), "Nothing is shortened. What is the limit for?"),
        ],
        learned="The way stays, only its length is bounded. nnlib has it as clip_gradients.",
    ),
]
