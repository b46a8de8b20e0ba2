"""A layer."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Reach, Write


def strict_layer(inputs, W, biases):
    return [sum((x * w for x, w in zip(inputs, row, strict=True)), b) for row, b in zip(W, biases, strict=True)]


def lax_layer(inputs, W, biases):
    return [sum((x * w for x, w in zip(inputs, row)), bias) for row, bias in zip(W, biases)]


def bias_in_the_loop(inputs, W, biases):
    return [sum(x * w + b for x, w in zip(inputs, row, strict=True)) for row, b in zip(W, biases, strict=True)]


def collected(*, inside=False, swapped=False, adds=True, whole=True):
    """A layer that collects its outputs in a list, with the slips that people make then."""

    def layer(inputs, W, biases):
        outputs = []
        for j, bias in zip(range(len(W)), biases, strict=True):
            outputs, total = outputs if whole else [], bias
            for i, x in enumerate(inputs):
                total = (total if adds else bias) + x * (W[i][j] if swapped else W[j][i])
                if inside:
                    outputs.append(total)
            if not inside:
                outputs.append(total)
        return outputs

    return layer


def lax_outside(inputs, W, biases):
    return [sum((x * w for x, w in zip(inputs, row, strict=True)), b) for row, b in zip(W, biases)]


def total_never_reset(inputs, W, biases):
    total, outputs = 0, []
    for row, bias in zip(W, biases, strict=True):
        for x, w in zip(inputs, row, strict=True):
            total += x * w
        outputs.append(total + bias)
    return outputs


def one_list(W):
    table = [[0] * len(W)] * len(W[0])
    for j in range(len(W)):
        for i in range(len(W[0])):
            table[i][j] = W[j][i]
    return table


TRUE_W, BIASES = [[1.0, -2.0, 0.5], [0.5, 1.0, -1.0]], [0.5, -1.0]


def unseen(W):
    """Whether a test with the inputs [2, 1, 0] passes, and whether the layer is the right one nevertheless."""
    if [len(row) for row in W] == [2, 2]:
        return "An input of the test has no weight. Keep three weights in each row."
    tested, others = [2.0, 1.0, 0.0], [3.0, 1.0, 4.0]
    wanted, got = lax_layer(tested, TRUE_W, BIASES), lax_layer(tested, W, BIASES)
    return got == wanted, len(got), lax_layer(others, W, BIASES) == lax_layer(others, TRUE_W, BIASES)


def not_unseen(shown):
    if isinstance(shown, str):
        return shown
    passes, _, right_elsewhere = shown
    if not passes or right_elsewhere:
        return "The test passes, and so would any other." if passes else "The test notices: an output has changed."


SEEN, FORGETFUL = [3.0, 2.0, 4.0], [[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]


def twin(inputs):
    """The layer's outputs, and whether the inputs are those already known."""
    outputs = np.array(FORGETFUL) @ np.array(inputs, dtype=float)
    return np.round(outputs - np.array(FORGETFUL) @ SEEN, 9).tolist(), np.allclose(inputs, SEEN)


def not_twin(shown):
    (first, second), known = shown
    if (first, second) == (0, 0) and not known:
        return None
    return f"The outputs differ from those wanted by {first:g} and {second:g}."


EXERCISES = [
    OnPaper(
        "2.1",
        start="Type the number that you found in place of the `...`.",
        right=7850,
        tolerance=1e-9,
        wrong=[
            (7840, "These are the weights. Every neuron has a bias, too."),
            (794, "Every neuron has a weight for every input: multiply, where you add."),
            (8624, "A bias belongs to a neuron, not to an input."),
        ],
        learned="Rows times columns, and one bias a row.",
    ),
    Write(
        "2.2",
        start="Begin with the outer loop: it takes a row of W and its bias, neuron by neuron.",
        inputs=[
            ([1.0, 2.0], [[3.0, -1.0], [0.5, 2.0]], [0.5, -1.0]),
            ([2.1, 1.7, 3.3], [[0.5, -0.2, 0.9], [0.7, 0.4, -0.6]], [1.5, 2.2]),
            ([1.0, 2.0, 3.0], [[1.0, 2.0], [3.0, 4.0]], [0.0, 1.0]),
            ([1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]], [0.5]),
        ],
        right=strict_layer,
        wrong=[
            (lax_layer, "Right, until the lengths do not match: then a list is cut off without a word. Be strict."),
            (lax_outside, "Right, but for a bias too few: then a row of W is left out without a word."),
            (collected(inside=True), "The list grows with every input. Append behind the inner loop, once a neuron."),
            (collected(whole=False), "Only the last neuron is in the list: it begins anew for each of them."),
            (collected(adds=False), "Only the last product is left: add them up, with `+=`."),
            (collected(swapped=True), "W[i][j] is row i. The row belongs to the neuron, and comes first."),
            (bias_in_the_loop, "The bias is added once for every input. It belongs behind the inner loop."),
            (total_never_reset, "Each neuron begins with what the one before it has left. Where does total become 0?"),
            (
                lambda inputs, W, biases: strict_layer(inputs, W[:1], biases[:1]),
                "Only the first neuron answers: `return` stands within the outer loop.",
            ),
            (
                lambda inputs, W, biases: strict_layer(inputs, W, [0.0] * len(biases)),
                "Where are the biases?",
            ),
            (
                lambda inputs, W, biases: strict_layer(inputs, W, biases)[-1],
                "Only the last neuron's output comes back. Collect them in a list with append.",
            ),
        ],
        learned="You have written a layer from memory, and it refuses lists that do not fit.",
    ),
    Write(
        "2.3",
        start="Call it with a small table, such as [[1, 2], [3, 4]], and look at what comes back: which row was "
        "filled last, and which of them shows it?",
        again="It is the first line of the function: how many lists does the outer multiplication make?",
        inputs=[([[1, 2], [3, 4]],), ([[1, 2, 3], [4, 5, 6]],), ([[7], [8]],)],
        right=lambda W: [list(column) for column in zip(*W)],
        wrong=[
            (
                one_list,
                "Call it with a small table, such as [[1, 2], [3, 4]], and look at what comes back: which row was "
                "filled last, and which of them shows it?",
            ),
            (lambda W: [list(row) for row in W], "That is W as it was. Row j, column i has to become row i, column j."),
            (
                lambda W: [list(column) for column in zip(*W)][::-1],
                "The rows come in the wrong order: the first column of W becomes the first row.",
            ),
        ],
        learned="Each row has a list of its own now. Multiplying a list of lists copies arrows, not lists.",
    ),
    Reach(
        "2.4",
        start="Copy the table of weights into the cell, two rows of three, and change one of them.",
        show=unseen,
        missing=not_unseen,
        wrong=[
            (TRUE_W, "That is the right layer: the test passes and ought to. Make it a wrong one."),
            (
                [[1.0, -2.0, 0.5]],
                "A row is missing, and the test sees that a number is. Keep two rows.",
            ),
            (
                [[1.1, -2.0, 0.5], [0.5, 1.0, -1.0]],
                "The test notices: an output has changed. Which input of the test makes its weight count for nothing?",
            ),
        ],
        learned="An input of 0 tests none of its weights. Test with numbers that differ and are neither 0 nor 1.",
    ),
    Reach(
        "2.5",
        start="Type three numbers in place of the `...`, others than 3, 2 and 4.",
        show=twin,
        missing=not_twin,
        wrong=[
            ([3.0, 2.0, 4.0], "These are the inputs that the layer has seen already. Find others."),
            ([6.0, 4.0, 8.0], "Twice the inputs give twice the sums. Which changes of the inputs cancel out instead?"),
            ([4.0, 2.0, 4.0], "The second output has stayed, the first has not. Which other input can make up for it?"),
        ],
        learned="Two sums cannot remember three numbers: a layer with fewer neurons than inputs forgets something.",
    ),
]
