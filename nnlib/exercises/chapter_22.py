"""Why is it not learning?"""

import contextlib
import copy
import io

import numpy as np

from nnlib.data import spiral
from nnlib.diagnosis import diagnose, size
from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.functions import accuracy
from nnlib.layers import Dense, ReLU, Tanh
from nnlib.losses import SoftmaxCrossEntropy
from nnlib.model import Sequential
from nnlib.optimizers import SGD
from nnlib.reproducibility import reproducible


def network(sizes, seed=4, std=None, between=ReLU):
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [Dense(n_in, n_out, rng=rng, std=std), between()]
    return Sequential(*layers[:-1])


def after_a_pass(answer, seed, lr):
    """What the answer says of a step of a small network whose gradients are there."""
    model, rng = network((3, 5, 2), seed), np.random.default_rng(seed)
    loss = SoftmaxCrossEntropy()
    loss.forward(model.forward(rng.standard_normal((8, 3))), rng.integers(0, 2, 8))
    model.fill_gradients(loss.backward())
    return answer(model, SGD(model.parameters(), lr))


def share(*, copies=True, weights=slice(None), by=0, of="before", upside_down=False):
    def measure(model, optimizer):
        parameters = model.parameters()[weights]
        before = [parameter.data.copy() if copies else parameter.data for parameter in parameters]
        optimizer.step()
        moved = size([parameter.data - data for parameter, data in zip(parameters, before)])
        whole = size(before) if of == "before" else size([parameter.data for parameter in parameters])
        return whole / moved if upside_down else moved / (whole if by == 0 else by)

    return measure


def case(kind, rng):
    """A network, its data, its loss and its optimizer, with what the name says."""
    model, X, y = network((2, 20, 20, 3)), rng.standard_normal((30, 2)), rng.integers(0, 3, 30)
    lr = 20.0 if kind in ("rate", "huge and fast") else 0.1
    if kind in ("huge", "huge and fast"):
        X = X * np.array([0.1, 12.0])             # one column, and not the average of all
    if kind == "dead":
        model.layers[2].b.data -= 50.0
    if kind == "resting":                         # silent for most rows, and dead for none
        model, X = network((2, 8, 3)), np.repeat(np.eye(4), 8, axis=0)[:, :2]
        model.layers[0].W.data[...] = np.eye(2).repeat(4, axis=1)
        y = rng.integers(0, 3, len(X))
    return model, X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), lr)


def on_the_ward(answer, kind):
    """What the answer calls it, and whether it has left the network alone."""
    model, *rest = case(kind, np.random.default_rng(22))
    before = [parameter.data.copy() for parameter in model.parameters()]
    word = answer(model, *rest)
    if word is ...:
        return ...
    same = all((parameter.data == data).all() for parameter, data in zip(model.parameters(), before))
    return word, "the network as it was" if same else "the network changed"


def doctor(*, column=True, every_row=True, copied=True, order=("inputs", "dead", "rate"), layers=slice(None)):
    def examined(model, X, y, loss, optimizer):
        if copied:
            model, loss, optimizer = copy.deepcopy((model, loss, optimizer))
        loss.forward(model.forward(X), y)
        model.fill_gradients(loss.backward())
        before = [parameter.data.copy() for parameter in model.parameters()]
        x, silent = X, []
        for layer in model.layers:
            x = layer.forward(x)
            if not layer.parameters():
                silent.append((x == 0).all(axis=0).mean() if every_row else (x == 0).mean())
        optimizer.step()
        moved = [parameter.data - data for parameter, data in zip(model.parameters(), before)]
        found = {
            "inputs": (np.sqrt((X**2).mean(axis=0)).max() if column else size([X])) > 10,
            "dead": max(silent[layers]) > 0.7,
            "rate": size(moved) / size(before) > 0.5,
        }
        return next((word for word in order if found[word]), "healthy")

    return examined


def training(answer):
    """What diagnose finds in a network of these sizes, and whether it learns three arms."""
    if not isinstance(answer, (list, tuple)) or len(answer) < 2 or any(type(n) is not int for n in answer):
        return "Expected the sizes of the layers in brackets, such as (2, 32, 32, 3)."
    if answer[0] != 2:
        return f"The points have two numbers each; your first layer expects {answer[0]}."
    if answer[-1] != 3:
        return f"There are three arms; your last layer gives {answer[-1]} scores."
    if not 0 < min(answer) <= max(answer) <= 64 or len(answer) > 7:
        return "Take from 1 to 64 neurons a layer, and at most six layers."
    rng = np.random.default_rng(0)
    X, y = spiral(30, 3, rng=rng)
    rows = rng.permutation(len(X))
    X, y = reproducible(X[rows]), y[rows]
    model, loss = network(answer), SoftmaxCrossEntropy()
    optimizer = SGD(model.parameters(), 0.3, momentum=0.9)
    with contextlib.redirect_stdout(io.StringIO()):
        found = diagnose(model, X, y, loss, optimizer, table=False)
    model.fit(X, y, loss, optimizer, epochs=200)
    return found, bool(accuracy(model.predict(X), y) < 0.65)


def not_overlooked(shown):
    if isinstance(shown, str):
        return shown
    found, bad = shown
    if found:
        return f"diagnose has a suspect: {found[0]}."
    return None if bad else "It learns: 65 % or more are right. Take something away from it."


def balanced(answer, sizes, factor, between):
    """The sizes of what every layer gives, after the answer has been at it."""
    model, X = network(sizes, 7, 0.3, between), factor * np.random.default_rng(22).standard_normal((20, sizes[0]))
    if answer(model, X) is ...:
        return ...
    outputs, x = [], X
    for layer in model.layers:
        x = layer.forward(x)
        outputs.append(size([x]))
    return outputs


def balancing(*, first_all=False, multiply=False, activation=True, measure=size):
    def balance(model, X):
        denses = [layer for layer in model.layers if layer.parameters()]
        x, old = X, []
        for layer in model.layers:
            if layer.parameters():
                old.append(measure([layer.forward(x)]))
                if not first_all:
                    layer.W.data[...] *= old[-1] if multiply else 1 / old[-1]
                x = layer.forward(x)
            elif activation:
                x = layer.forward(x)
        if first_all:
            for layer, by in zip(denses, old):
                layer.W.data[...] /= by

    return balance


EXERCISES = [
    OnPaper(
        "22.1",
        start="Type the number that you found in place of the `...`.",
        right=0.004,
        wrong=[
            (0.4, "The rate is missing: SGD subtracts the rate times the gradient."),
            (0.002, "That is the size of the step. How large is it compared with the weights?"),
            (250, "This is weight to update. The step is what you divide."),
            (0.001, "You multiply by the size of the weights. A comparison divides."),
        ],
        learned="A step of four thousandths: with numbers like these a layer learns without being thrown about.",
    ),
    Predict(
        "22.2",
        start='Type "shifted", "rate", "gradients" or "nothing" in place of the `...`.',
        right="nothing",
        choices={
            "shifted": "No shift brings the labels of neighbours together: these were dealt out, not moved.",
            "rate": "The steps are as long as ever, and the loss even falls a little at this rate: there is something "
            "to be learned by heart.",
            "gradients": "They are the slopes of the loss, whatever the labels say. It is the loss that means nothing.",
            "nothing": "Every part works. What it works on is chance, and that is not in any of the measurements.",
        },
    ),
    Write(
        "22.3",
        start="It says 0 for every step. What is in `before` when the step is over?",
        again="It is the first line: the list holds the arrays that the step changes.",
        inputs=[(1, 0.5), (2, 3.0)],
        right=share(),
        use=after_a_pass,
        wrong=[
            (share(copies=False), "It says 0 for every step. What is in `before` when the step is over?"),
            (share(of="after"), "You divide by the weights after the step. Compare with those before it."),
            (share(weights=slice(None, None, 2)), "The biases are parameters, too, and they move."),
            (share(by=1), "That is the size of the step. Compare it with the weights."),
            (share(upside_down=True), "The fraction stands on its head: the step is what you divide."),
        ],
        learned="What measures must not share memory with what is measured.",
    ),
    Write(
        "22.4",
        start="Copy all three together, measure one thing after another, and return the first word that fits.",
        inputs=[("healthy",), ("huge",), ("dead",), ("rate",), ("huge and fast",), ("resting",)],
        right=doctor(),
        use=on_the_ward,
        wrong=[
            (doctor(column=False), "One column alone can be large. The size of all of `X` hides it; look at each."),
            (
                doctor(every_row=False),
                "A ReLU that is 0 for most rows is at work in the others. Dead is a unit that is 0 for every row.",
            ),
            (doctor(copied=False), "The right words, but the network is another one afterwards: it made your step."),
            (
                doctor(order=("rate", "inputs", "dead")),
                "Large inputs make large steps, too. Ask about the cause before the consequence.",
            ),
            (doctor(layers=slice(0, 1)), "You look at the first layer of ReLUs. The dead may lie further back."),
        ],
        learned="One number, one limit, one word, and an order: that is all there is to the big one, too.",
    ),
    Reach(
        "22.5",
        start="Type the sizes of the layers in place of the `...`: (2, 32, 32, 3) is the healthy network.",
        show=training,
        missing=not_overlooked,
        wrong=[
            ((2, 32, 32, 3), "That network learns. What can be missing in one in which nothing is broken?"),
            ((2, 32, 32), "The last layer has one neuron an arm, so the last size is 3."),
            ((3, 3), "The points have two numbers each, so the first size is 2."),
        ],
        learned="Nothing is broken, and it cannot learn: being too small is no disease that measuring shows.",
    ),
    Write(
        "22.6",
        start="Go through the layers with an `x`: a layer with weights is measured, divided, and run again.",
        inputs=[((3, 16, 16, 4), 1.5, ReLU), ((2, 12, 12, 12, 3), 0.2, Tanh)],
        right=balancing(),
        use=balanced,
        wrong=[
            (
                balancing(first_all=True),
                "Each size is measured with the old layers in front. Measure the second when the first is divided.",
            ),
            (balancing(multiply=True), "You multiply by the size. What was too large gets larger still."),
            (balancing(activation=False), "The layers between are left out: the next `Dense` sees what they give."),
            (
                balancing(measure=lambda arrays: arrays[0].std()),
                "That divides by the standard deviation. Asked for is the size: the root of the mean of the squares.",
            ),
        ],
        learned="Whatever the layers are: where no formula is known, a start can be measured.",
    ),
]
