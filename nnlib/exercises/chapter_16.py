"""Two hundred XORs."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.functions import one_hot, softmax

rng = np.random.default_rng(16)


def stacked(networks, samples, hidden):
    """Weights and biases of networks with three inputs and two classes, and samples with their labels."""
    shapes = (networks, 3, hidden), (networks, 1, hidden), (networks, hidden, 2), (networks, 1, 2), (samples, 3)
    return *(rng.standard_normal(shape).round(2) for shape in shapes), rng.integers(0, 2, samples)


def one_by_one(W1, b1, W2, b2, X, labels):
    """The gradients of each network by itself."""
    found = [[], [], [], []]
    for first, bias1, last, bias2 in zip(W1, b1, W2, b2):
        hidden = np.maximum(X @ first + bias1, 0)
        at_scores = (softmax(hidden @ last + bias2) - one_hot(labels, 2)) / len(X)
        at_hidden = np.where(hidden > 0, at_scores @ last.T, 0)
        gradients = X.T @ at_hidden, at_hidden.sum(axis=0)[None], hidden.T @ at_scores, at_scores.sum(axis=0)[None]
        for stack, gradient in zip(found, gradients):
            stack.append(gradient)
    return [np.array(stack) for stack in found]


def together(*, mean=True, mask=True, axis=1, keepdims=True, sign=1, target=1):
    def compute(W1, b1, W2, b2, X, labels):
        h = np.maximum(X @ W1 + b1, 0)
        dlogits = sign * (softmax(h @ W2 + b2) - target * one_hot(labels, 2)) / (len(X) if mean else 1)
        dz = dlogits @ W2.mT * ((h > 0) if mask else 1)
        biases = (d.sum(axis=axis, keepdims=keepdims) for d in (dz, dlogits))
        return X.T @ dz, next(biases), h.mT @ dlogits, next(biases)

    return compute


def silent(answer="all", axis=1, turned=True):
    return lambda h: getattr(h > 0, answer)(axis=axis) ^ turned


SEEN = np.maximum(np.random.default_rng(5).standard_normal((2, 4, 3)).round(1), 0)
SEEN[0, :, 1] = SEEN[1, :, 2] = SEEN[0, 2] = 0.0
SEEN[1, :, 0] = [0.5, 1.5, 0.2, 2.0]

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def table(answer):
    """What the hidden neurons say about the four corners."""
    W, b = (np.array(part, dtype=float) for part in answer)
    if W.ndim != 2 or W.shape != (2, b.size) or b.ndim != 1:
        return f"Expected weights of shape (2, n) and n biases, got {W.shape} and {b.shape}."
    return np.maximum(CORNERS @ W + b, 0)


def not_blind(h):
    if isinstance(h, str):
        return h
    fires = (h > 0).sum(axis=0)
    if set(fires.tolist()) & {0, 4}:
        n = int(np.isin(fires, [0, 4]).argmax())
        return f"Neuron {n} fires for {fires[n]} of the corners. Each should fire for some and be silent for some."
    if len({tuple(row) for row in h.round(9).tolist()}) < 4:
        return "Two corners have the same row: that network is blind. Here no two rows are alike."
    way, across = np.linspace(h[0], h[3], 401), h[2] - h[1]      # from (0, 0) to (1, 1); from (0, 1) to (1, 0)
    along = np.clip((way - h[1]) @ across / (across @ across), 0, 1)
    gap = np.linalg.norm(way - h[1] - along[:, None] * across, axis=1).min()
    return "Some output layer tells these rows apart: your network can learn XOR." if gap > 0.005 * np.ptp(h) else None


# How many of the chapter's 200 networks are stuck, for 2 to 6 hidden neurons: counted with its `count_stuck`.
STUCK = {
    ("relu", 0): [151, 104, 59, 40, 17],
    ("relu", -1): [140, 55, 17, 15, 2],
    ("leaky", 0): [83, 24, 7, 0, 0],
    ("leaky", -1): [126, 40, 12, 8, 2],
    ("tanh", 0): [85, 16, 1, 1, 0],
    ("tanh", -1): [53, 5, 0, 0, 0],
}


def look_up(answer):
    hidden, activation, low = answer
    if (activation, low) not in STUCK or hidden not in range(2, 7):
        return 'Type 2 to 6 neurons; "relu", "leaky" or "tanh"; and 0 or -1. Nothing else was counted.'
    return [hidden, activation, low, STUCK[activation, low][hidden - 2]]


def not_smallest(shown):
    if isinstance(shown, str):
        return shown
    hidden, *_, stuck = shown
    if stuck:
        return f"Of 200 such networks {stuck} get stuck."
    return "None of them gets stuck. But there is a smaller one that never does." if hidden > 4 else None


EXERCISES = [
    OnPaper(
        "16.1",
        start="Type the number that you found in place of the `...`.",
        right=-(4 * np.log(0.8) + np.log(0.2)) / 10,
        tolerance=2e-3,
        wrong=[
            (
                -(4 * np.log(0.8) + np.log(0.2)) / 5,
                "You take the mean over five samples. The other five count, too, with a loss of 0.",
            ),
            (
                5 * np.log(2) / 10,
                "A half each is not the best it can say, when the classes are not equally many.",
            ),
            (-(4 * np.log(0.2) + np.log(0.8)) / 10, "The shares are exchanged: which class has four of the five?"),
            (-np.log(0.2) / 10, "The four of the larger class cost something, too: they get less than 1."),
            (-(4 * np.log(0.8) + np.log(0.2)), "That is the sum. The loss is a mean."),
        ],
        learned="So a loss that comes to rest at an odd number can tell you how many samples a network confuses.",
    ),
    Predict(
        "16.2",
        start='Type "fewer", "as many" or "more" in place of the `...`.',
        right="fewer",
        choices={
            "fewer": "Every neuron now fires for three corners, so all begin with a slope. Those that still get stuck "
            "have lost every bend: all their neurons fire for all four.",
            "as many": "A quarter of all neurons was born dead. What does that become?",
            "more": "It looks as if neurons that fire for the same corners had nothing to tell apart. But do they fire "
            "equally much?",
        },
    ),
    Write(
        "16.3",
        start="Forward, softmax, minus one-hot, through the last layer, through the mask, through the first.",
        inputs=[stacked(6, 4, 5), stacked(3, 7, 2)],
        right=one_by_one,
        wrong=[
            (together(mean=False), "Is the loss a sum over the samples, or a mean? Your gradients are too long."),
            (together(mask=False), "ReLU's mask is missing: a silent neuron hands nothing back."),
            (together(keepdims=False), "Right numbers. But a bias has a row of its own, (1, n), in every network."),
            (together(axis=0), "You add up the networks. For a bias, add up the samples: which axis is theirs?"),
            (together(sign=-1), "All signs are turned. You have labels minus probabilities."),
            (together(target=0), "Where are the labels? So every class is pushed down, also the right one."),
        ],
        learned="The backward pass of one network, and a number in front of every shape.",
    ),
    Write(
        "16.4",
        start="One neuron, one network: for which samples does it fire? Along which axis do these stand in `h`?",
        inputs=[(SEEN,), (SEEN[:, 1:],)],
        right=lambda h: (h == 0).all(axis=1),
        wrong=[
            (
                silent("any", 2),
                "One neuron, one network: for which samples does it fire? Along which axis do these stand in `h`?",
            ),
            (silent("any", 0), "That goes through the networks. Each network is to be asked by itself."),
            (silent("all", 1), "These are the neurons that are silent for at least one sample. A dead one is for all."),
            (silent("any", 1, turned=False), "That is where a neuron fires for some sample: those that live."),
            (silent("any", (1, 2)), "Now there is one answer a network. There should be one a neuron."),
        ],
        again="It is in line 3.",
        learned="The axis that you ask along is the one that disappears: of (S, N, H), the samples.",
    ),
    Reach(
        "16.5",
        start="Type a list of two lists of weights, and a list of biases, in place of the `...`.",
        show=table,
        missing=not_blind,
        wrong=[
            (
                ([[1, 1], [1, 1]], [0, -1]),
                "This is XOR's own solution: two corners with the same row, but they are of the same class.",
            ),
            (
                ([[1, -1], [-1, 1]], [0, 0]),
                "Each neuron finds one corner of class 1, and the output layer adds them. That network works.",
            ),
            (([[1, 2], [3, 5]], [1, 1]), "Both neurons fire for every corner. Take the biases away, to begin with."),
            (([[-1, -2], [-3, -1]], [0, 0]), "Both are dead. Each neuron should fire for some corner."),
        ],
        learned="Silence is not enough. A line has to separate corners that a straight cut through the plane cannot.",
    ),
    Reach(
        "16.6",
        start='Type three things in square brackets, such as [6, "relu", 0], in place of the `...`.',
        show=look_up,
        missing=not_smallest,
        wrong=[
            ([2, "tanh", -1], "Two can do it, and most of these do. 53 of 200 don't: give them room."),
            ([3, "tanh", -1], "Close: 5 of 200 get stuck. Never means none."),
            (
                [5, "leaky", 0],
                "None of 200. And yet there is a smaller one: is it the leak that helps most, or the bend?",
            ),
            ([4, "tanh", 0], "One of 200 gets stuck. What else did the chapter change, which costs nothing?"),
            ([6, "tanh", 0], "None of 200, but larger than it need be."),
        ],
        learned="Neurons that cannot die, inputs around zero, and two neurons to spare.",
    ),
]
