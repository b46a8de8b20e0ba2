"""Layers."""

import math

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write


def dense(std, turned=False, row=False, own=False, out=False, adds=1):
    """A class like Dense, whose weights have the spread std(n_in)."""

    class Layer:
        def __init__(self, n_in, n_out, *, rng):
            shape = (n_out, n_in) if turned else (n_in, n_out)
            rng = np.random.default_rng(0) if own else rng
            self.W = std(n_out if out else n_in) * rng.standard_normal(shape)
            self.b = np.zeros((1, n_out) if row else n_out)

        def forward(self, x):
            return x @ (self.W.T if turned else self.W) + adds * self.b

    return Layer


def he(n_in):
    return math.sqrt(2 / n_in)


def build_and_use(answer, n_in, n_out, x):
    """A layer's weights, its biases and what it makes of x, with biases that are not zero."""
    layer = answer(n_in, n_out, rng=np.random.default_rng(3))
    if not (hasattr(layer, "W") and hasattr(layer, "b")):
        return ...
    W, b = np.array(layer.W), np.array(layer.b)
    if b.size != n_out:
        return [W.shape, b, "", ""]
    layer.b = layer.b + np.arange(1.0, n_out + 1)
    return [W.shape, b, W.ravel(), layer.forward(x)]


def forgetful(draw):
    """A class whose forward uses the weights that draw(layer) gives."""

    class Layer:
        def __init__(self, n_in, n_out, *, rng):
            self.rng, self.shape, self.b = rng, (n_in, n_out), np.zeros(n_out)
            self.state = rng.bit_generator.state

        def forward(self, x):
            return x @ draw(self) + self.b

    return Layer


def kept(layer):
    """The weights as they would have been drawn at the beginning."""
    layer.rng.bit_generator.state = layer.state
    return 0.5 * layer.rng.standard_normal(layer.shape)


def twice(answer, seed):
    """What two calls of a layer give, less its first: a layer that remembers gives zeros; and the first."""
    x = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
    layer = answer(3, 2, rng=np.random.default_rng(seed))
    if not hasattr(layer, "forward"):
        return ...
    first = layer.forward(x)
    return [layer.forward(x) - first, first]


def both_ways(X):
    """Whether a layer with three inputs takes X and X turned, and whether it answers alike."""
    X = np.array(X, dtype=float)
    fits = [part.ndim == 2 and part.shape[1] == 3 for part in (X, X.T)]
    if not all(fits):
        return fits, X.shape
    W = np.array([[1.0, 2.0], [-3.0, 5.0], [0.5, -1.0]])
    return fits, bool(np.allclose(X @ W, X.T @ W))


def not_both_ways(shown):
    fits, alike = shown
    if all(fits):
        return "The layer answers alike, either way, and nothing goes wrong. Choose numbers that do." if alike else None
    return f"The shape {alike} fits only one way, or none: the layer would say so."


class Plus:
    """A layer for trying: it multiplies by w, adds b and counts."""

    def __init__(self, w, b):
        self.w, self.b, self.calls = w, b, 0

    def forward(self, x):
        self.calls += 1
        return self.w * x + self.b


def stack(run):
    class Stack:
        def __init__(self, layers):
            self.layers = layers

        def forward(self, x):
            return run(self.layers, x)

    return Stack


def in_turn(layers, x):
    for layer in layers:
        x = layer.forward(x)
    return x


def last_alone(layers, x):
    for layer in layers:
        y = layer.forward(x)
    return y


def emptied(layers, x):
    while layers:
        x = layers.pop(0).forward(x)
    return x


def unkept(layers, x):
    for layer in layers:
        layer.forward(x)
    return x


def use_stack(answer, layers, x):
    layers = [Plus(w, b) for w, b in layers]
    network = answer(layers)
    if not hasattr(network, "forward"):
        return ...
    y = network.forward(x)
    if y is ...:
        return ...
    return [y, network.forward(y), [layer.calls for layer in layers]]


EXERCISES = [
    OnPaper(
        "5.1",
        start="Type the number that you found in place of the `...`.",
        right=4,
        tolerance=1e-9,
        wrong=[
            (3, "Each press of `left` counts, also the one that is written the long way."),
            (1, "There are two objects, and each has a count of its own. Which one is pressed how often?"),
            (5, "The press of `right` changes the count of `right` alone."),
            (0, "`__init__` runs once, when the counter is made, and not again when it is pressed."),
        ],
        learned="`left.add()` and `Counter.add(left)` are two ways to write one thing.",
    ),
    Write(
        "5.2",
        start="`__init__` stores self.W and self.b; `forward` is one line that finds them there.",
        inputs=[
            (4, 3, np.array([[2.1, 1.7, 3.3, 0.8], [0.5, -1.2, 2.0, 1.1]])),
            (2, 5, np.array([[1.5, -0.5], [0.3, 2.0], [-1.0, 0.7]])),
        ],
        right=dense(he),
        use=build_and_use,
        wrong=[
            (dense(lambda n_in: 1.0), "The weights are as large as they are drawn. By what must they be multiplied?"),
            (dense(lambda n_in: 2 / n_in), "A root is missing: the standard deviation is the root of 2 / n_in."),
            (dense(lambda n_in: math.sqrt(1 / n_in)), "The 2 is missing: it makes up for the half that becomes zero."),
            (
                dense(he, turned=True),
                "Your W is turned: here it has a row for each input and a column for each neuron, so that x @ W needs "
                "no transpose.",
            ),
            (dense(he, own=True), "All layers get the same weights: the generator that is handed in is not used."),
            (dense(he, out=True), "What grows is the sum over the inputs, so it is n_in that counts."),
            (dense(he, adds=0), "The bias is stored, and nothing is done with it."),
            (dense(he, row=True), "It works, but keep b as one axis of n_out numbers: a bias is no row of a batch."),
        ],
        learned="You have written the layer that the rest of the book is built from.",
    ),
    Write(
        "5.3",
        start="Make one layer and call forward twice with the same batch. What ought to be the same, and is not?",
        again="Look at the first line of forward: what does it do at every call?",
        inputs=[(0,), (1,)],
        right=forgetful(kept),
        use=twice,
        tolerance=1e-9,
        wrong=[
            (
                forgetful(lambda layer: 0.5 * layer.rng.standard_normal(layer.shape)),
                "Make one layer and call forward twice with the same batch. What ought to be the same, and is not?",
            ),
            (
                forgetful(lambda layer: 0.5 * np.random.default_rng(0).standard_normal(layer.shape)),
                "Now it answers the same every time, but every layer has the same weights: the generator that was "
                "handed in is not used.",
            ),
            (
                forgetful(lambda layer: 2 * he(layer.shape[0]) * kept(layer)),
                "Now it remembers. But its weights have another size than before: keep the 0.5.",
            ),
            (
                forgetful(lambda layer: 0.5 * np.ones(layer.shape)),
                "All weights are equal, so all neurons say the same. Keep the random ones.",
            ),
        ],
        learned="What is drawn in __init__ and kept in self is there at every call: that is what the class is for.",
    ),
    Reach(
        "5.4",
        start="Type a table of numbers, such as [[1, 2, 3], [4, 5, 6]], in place of the `...`.",
        show=both_ways,
        missing=not_both_ways,
        wrong=[
            (
                [[1, 2, 3], [4, 5, 6]],
                "Turned, it has two columns where the layer has three inputs: nnlib would notice. How many rows go "
                "unnoticed?",
            ),
            (
                [[1, 2, 3], [2, 4, 5], [3, 5, 6]],
                "This batch is the same after turning, for it is symmetric. Change one number.",
            ),
            ([1, 2, 3], "One sample without a batch is refused, as you have seen. Give it two axes."),
        ],
        learned="As many samples as inputs, and no check of shapes can help. Your own tests: sizes that all differ.",
    ),
    Predict(
        "5.5",
        start='Type "the same", "different" or "an error" in place of the `...`.',
        right="the same",
        choices={
            "the same": "Each call makes a new generator with the seed 0, and both begin with the same numbers. Make "
            "one generator and hand it to all layers.",
            "different": "They would be, had one generator served both. Here each layer gets a new one, with the same "
            "seed.",
            "an error": "Nothing is wrong with it as far as Python can tell, which is why it happens to many.",
        },
    ),
    Write(
        "5.6",
        start="`__init__` stores the list. `forward` lets x go through one layer after the other, in a loop.",
        inputs=[([(2.0, 1.0), (3.0, -1.0)], 1.5), ([(0.5, 2.0), (4.0, 0.5), (-1.0, 3.0)], 2.0), ([], 7.0)],
        right=stack(in_turn),
        use=use_stack,
        wrong=[
            (
                stack(last_alone),
                "Every layer gets the first input. Each has to get what the one before it has given.",
            ),
            (
                stack(lambda layers, x: layers[0].forward(x) if layers else None),
                "Only the first layer is asked: does `return` stand within the loop?",
            ),
            (stack(emptied), "Asked again, it has no layers left: leave them in the list."),
            (
                stack(unkept),
                "What a layer gives is not kept. It has to become the x of the next one.",
            ),
            (
                stack(lambda layers, x: in_turn(layers[::-1], x)),
                "The layers run from the last to the first.",
            ),
            (
                stack(lambda layers, x: sum(layer.forward(x) for layer in layers) if layers else x),
                "The outputs are added. They belong one into the other.",
            ),
        ],
        learned="A network is a layer made of layers. nnlib calls it Sequential.",
    ),
]
