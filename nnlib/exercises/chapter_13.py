"""Gradient checking."""

import functools
import numbers

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.gradcheck import check_gradients, numerical_gradient, relative_error
from nnlib.layers import Dense, Layer, Softmax, Tanh
from nnlib.losses import SoftmaxCrossEntropy
from nnlib.model import Sequential

X13 = np.array([[1.5, -0.4, 2.0], [-1.1, 0.8, 0.3]])
Y13 = np.array([1, 0])


class MeanBias(Dense):
    def fill_gradients(self, dy):
        super().fill_gradients(dy)
        self.b.grad = dy.mean(axis=0)


class Faint(Layer):
    def forward(self, x):
        return 1e-7 * x

    def backward(self, dy):
        return 3e-7 * dy


def made(name):
    if name in ("Dense", "MeanBias"):
        return {"Dense": Dense, "MeanBias": MeanBias}[name](3, 2, rng=np.random.default_rng(0))
    return {"Softmax": Softmax, "Faint": Faint}[name]()


def judged(answer, layer):
    """What a check says of the arrays of a layer, right or broken, and whether its parameters are as they were."""
    built = made(layer)
    before = [parameter.data.copy() for parameter in built.parameters()]
    errors = answer(built, X13.copy())
    if not isinstance(errors, (list, tuple, np.ndarray)):
        return errors
    after = [parameter.data for parameter in built.parameters()]
    moved = [not np.allclose(one, other, rtol=0, atol=1e-9) for one, other in zip(before, after)]
    names = ["x", *(f"parameter {i}" for i in range(len(errors) - 1))]
    verdicts = [verdict(name, error) for name, error in zip(names, errors)]
    return [verdicts, "a parameter has moved" if any(moved) else "all is put back"]


def verdict(name, error):
    if np.ndim(error):
        return f"{name} has {np.size(error)} errors"
    return f"{name} is refused" if error > 1e-6 else f"{name} passes"


def spread(y):
    return np.linspace(-1, 2, y.size).reshape(y.shape)


def checker(
    *,
    weigh=spread,
    hand=None,
    compare=relative_error,
    left=0.0,
    which=lambda boxes: boxes,
    move=True,
    order=lambda errors: errors,
):
    def check(layer, x):
        weights = weigh(layer.forward(x))
        dx = layer.backward((hand or weigh)(weights))
        errors = [compare(dx, numerical_gradient(lambda moved: (weights * layer.forward(moved)).sum(), x))]
        for parameter in which(layer.parameters()):
            data = parameter.data

            def at(moved, parameter=parameter):
                parameter.data = moved if move else parameter.data
                return (weights * layer.forward(x)).sum()

            errors.append(compare(parameter.grad, numerical_gradient(at, data)))
            parameter.data = data + left
        return order(errors)

    return check


def by_the_book(layer, x):
    return list(check_gradients(layer, x).values())


def squares(slope=2.0, *, share=lambda off: len(off), total=lambda off: len(off)):
    """A loss like the stub's, with other divisors: of what backward gives, and of what forward adds up."""

    class Loss:
        def forward(self, prediction, target):
            self.off = prediction - target
            return float((self.off**2).sum() / total(self.off))

        def backward(self):
            return slope * self.off / share(self.off)

    return Loss


def there_and_back(answer, prediction, target):
    loss = answer()
    if not (hasattr(loss, "forward") and hasattr(loss, "backward")):
        return ...
    return {"forward": loss.forward(prediction, target), "backward": loss.backward()}


def one(off):
    return 1


WEIGHTS = spread(np.empty((2, 3)))


def masked(answer):
    """What the broken ReLU hands back for a batch, and what is measured."""
    X = np.array(answer, dtype=float)
    if X.shape != (2, 3):
        return f"Expected two rows of three numbers, got the shape {X.shape}."
    measured = numerical_gradient(lambda moved: float((WEIGHTS * np.maximum(moved, 0)).sum()), X)
    return [WEIGHTS * (WEIGHTS > 0), measured.round(4)]


def not_hidden(shown):
    if isinstance(shown, str):
        return shown
    computed, measured = shown
    apart = np.argwhere(np.abs(computed - measured) > 1e-3).tolist()
    for row, column in apart[:1]:
        one, other = computed[row, column], measured[row, column]
        if 0.001 < abs(other) < 0.999 * abs(WEIGHTS[row, column]):
            return f"There is a kink too near to the number at [{row}, {column}]. Move it away from 0."
        slopes = f"at [{row}, {column}] it gives {one + 0:.2g}, and {other + 0:.2g} is measured"
        return f"It is refused in {len(apart)} of 6 places: {slopes}."


def sideways(answer, seed):
    """What an answer finds along one direction, in a network with a wrong gradient, and whether all is put back."""
    rng = np.random.default_rng(0)
    network, loss = Sequential(Dense(3, 4, rng=rng), Tanh(), Dense(4, 2, rng=rng)), SoftmaxCrossEntropy()

    def loss_of():
        return loss.forward(network.forward(X13), Y13)

    loss_of()
    network.backward(loss.backward())
    parameters = network.parameters()
    parameters[0].grad = 1.5 * parameters[0].grad  # or else two different sums would agree
    before = [parameter.data.copy() for parameter in parameters]
    pair = answer(parameters, loss_of, np.random.default_rng(seed))
    moved = [np.abs(one - parameter.data).max() > 1e-9 for one, parameter in zip(before, parameters)]
    left = "moved" if any(moved) else "as before"
    if isinstance(pair, numbers.Number):
        return "one number"
    return [*pair, left] if isinstance(pair, (tuple, list, np.ndarray)) else pair


def along(
    *,
    weigh=lambda way, grad: way * grad,
    again=False,
    below=True,
    divisor=2e-5,
    back=True,
    each=True,
    unit=False,
    order=lambda *pair: pair,
):
    def check(parameters, loss_of, rng):
        start = [parameter.data for parameter in parameters]
        ways = [rng.standard_normal(parameter.data.shape if each else None) for parameter in parameters]
        if unit:
            length = np.sqrt(sum((way**2).sum() for way in ways))
            ways = [way / length for way in ways]
        computed = sum(float(weigh(way, parameter.grad).sum()) for way, parameter in zip(ways, parameters))
        if again:
            ways = [rng.standard_normal(parameter.data.shape) for parameter in parameters]
        losses = []
        for h in (1e-5, -1e-5 if below else 0.0):
            for parameter, data, way in zip(parameters, start, ways):
                parameter.data = data + h * way
            losses.append(loss_of())
        for parameter, data in zip(parameters, start):
            parameter.data = data if back else parameter.data
        return order(computed, (losses[0] - losses[1]) / divisor)

    return check


EXERCISES = [
    OnPaper(
        "13.1",
        start="Type the number that you found in place of the `...`.",
        right=0.2,
        wrong=[
            (2.0, "That is the largest difference. What is it to be divided by?"),
            (0.25, "You divide by the largest entry of one of the gradients. Look at both."),
            (0.5, "You divide an entry by itself. The chapter has one number for the whole array."),
            (1.0, "You divide the last entry by itself. The chapter has one number for the whole array."),
            (0.3, "You add the differences up. Only the largest one counts."),
            (0.1, "That is the mean difference. Only the largest one counts."),
            (3 / 14, "You divide sum by sum. The chapter takes the largest difference and the largest entry."),
            (1 / 9, "You add the two largest entries. Divide by the larger one alone."),
            (20, "As a share, please, and not in percent."),
            (-0.2, "An error has no sign: take the differences without theirs."),
        ],
        learned="The largest difference by the largest entry: a fifth. No rounding is as rough as that.",
    ),
    Write(
        "13.2",
        start="Weigh the output and add it up; compare what backward hands back with what is measured; then each box.",
        inputs=[("Dense",), ("MeanBias",), ("Softmax",), ("Faint",)],
        right=checker(),
        use=judged,
        wrong=[
            (
                checker(weigh=np.ones_like),
                "Each row of a Softmax sums to 1, so its plain sum has no slopes. Give the entries different weights.",
            ),
            (
                checker(hand=np.ones_like),
                "A right Dense is refused: backward has to begin with the slope of the very number that you measure.",
            ),
            (
                checker(compare=lambda a, b: float(np.abs(a - b).max())),
                "A layer with slopes below 1e-6 gets through, though it hands back three times too much. Divide.",
            ),
            (checker(which=lambda boxes: []), "You check the gradient of x alone. Where are those of the parameters?"),
            (
                checker(which=lambda boxes: boxes[:1]),
                "Only the first parameter is looked at. Does `return` stand inside the loop?",
            ),
            (
                checker(move=False),
                "The moved copy never gets into the layer, so its slopes are 0. Put it in the box before forward runs.",
            ),
            (
                checker(order=lambda errors: errors[1:] + errors[:1]),
                "The parameters come first in your list. Begin with the gradient of x.",
            ),
            (
                checker(compare=lambda a, b: relative_error(a, b) < 1e-6),
                "You return verdicts. The errors themselves are asked for.",
            ),
            (
                checker(compare=lambda a, b: np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))),
                "There is an error for each entry. One number for the whole array: which entry is it divided by?",
            ),
            (by_the_book, "The book's tool stops at a broken layer. Write your own, which returns the errors."),
            (checker(left=1e-5), "You leave the parameters moved. Put each one back as it was."),
        ],
        learned="Every backward that you will ever write can be held against this.",
    ),
    Write(
        "13.3",
        start="Check it with batches of 2 and of 4 samples, and divide what is computed by what is measured.",
        again="Look at the last line: which step of forward has it forgotten?",
        inputs=[
            (np.array([[1.0, 4.0, 2.0, 0.5], [2.5, 3.0, 1.5, -1.0]]), np.array([[0.3, 1, 2.5, 1], [1.7, 5, 0.4, 2]])),
            (np.array([[0.7, 2.0], [3.0, -1.0], [1.2, 4.0]]), np.array([[1.1, 0.6], [2.2, 1.9], [-0.5, 1.3]])),
        ],
        right=squares(),
        use=there_and_back,
        wrong=[
            (
                squares(share=one),
                "Check it with batches of 2 and of 4 samples, and divide what is computed by what is measured.",
            ),
            (
                squares(share=one, total=one),
                "Now the check passes, and you have another loss: forward was right, backward is to follow it.",
            ),
            (
                squares(share=np.size),
                "Too small now: forward takes the mean over the samples, and a sum within each of them.",
            ),
            (squares(share=lambda off: off.shape[1]), "You divide by the number of columns. Which are the samples?"),
            (squares(share=lambda off: 2), "Right for 2 samples and for no others. Divide by how many there are."),
            (squares(share=lambda off: len(off) ** 2), "Too small now: the mean is taken twice."),
            (squares(slope=-2.0), "The sign is wrong: a prediction that is too high has a positive slope."),
            (
                squares(share=np.size, total=np.size),
                "Forward and backward agree, and it is another loss. Leave forward as it was.",
            ),
            (
                squares(share=one, total=lambda off: off.shape[1]),
                "Forward adds up along the wrong way now, and it was right. Leave it as it was.",
            ),
            (
                squares(total=lambda off: len(off) ** 3),
                "You divide inside forward, and square that, too. Leave forward as it was.",
            ),
            (squares(slope=1.0), "The mean is there. What is the slope of a square?"),
        ],
        learned="A factor that changes with the batch is a mean that one way knows and the other does not.",
    ),
    Predict(
        "13.4",
        start='Type "passes", "slightly off" or "far off" in place of the `...`.',
        right="far off",
        choices={
            "far off": "Each look at the loss sees another noise, and the difference of two looks is divided by "
            "0.00002. A check needs a function that stays the same while it is measured.",
            "passes": "It would if the same noise came each time. Here it comes anew, for the upper and for the lower "
            "loss.",
            "slightly off": "The noise is small beside x. But what is it beside a step of 0.00001?",
        },
    ),
    Reach(
        "13.5",
        start="Type two rows of three numbers in place of the `...`.",
        show=masked,
        missing=not_hidden,
        wrong=[
            (
                [[1, 2, 3], [4, 5, 6]],
                "Two slopes differ: where dy is negative, and the mask of a true ReLU would let it pass.",
            ),
            (
                [[-1, -2, -3], [-4, -5, -6]],
                "Nothing should pass, and this layer lets through each positive dy. There are four of them.",
            ),
            ([[-1, -2, -3], [4, 5, 6]], "One slope is left. Compare the rows with the weights once more."),
            ([[1, 2, -3], [-4, -5, -6]], "As wrong as can be: each of the six is let through or stopped wrongly."),
            ([[0, 0, 3], [4, 5, 6]], "Nearly. At 0 there is a kink, and half a slope is measured: move away from it."),
        ],
        learned="A check measures at one place. Draw x at random, and check at a second place.",
    ),
    Write(
        "13.6",
        start="Draw a direction for each box. Computed: the sum of all grad * direction. Measured: move all boxes at "
        "once.",
        inputs=[(3,), (4,)],
        right=functools.partial(along()),  # nameless arguments: the inputs are other ones
        use=sideways,
        wrong=[
            (
                along(divisor=1e-5),
                "What you measure is twice too much: from the lower place to the upper one it is two steps.",
            ),
            (
                along(below=False, divisor=1e-5),
                "You measure to one side only; that is good to few digits. Go down as well as up.",
            ),
            (along(back=False), "The numbers are right, and the weights are left where you moved them."),
            (
                along(again=True),
                "You draw twice, and compare the slope along one direction with the slope along another.",
            ),
            (
                along(below=False),
                "What you measure is half: is the second place below, or the one where you began?",
            ),
            (
                along(order=lambda one, other: (other, one)),
                "The two are the wrong way round: first the slope computed.",
            ),
            (along(divisor=-2e-5), "What you measure has the wrong sign: up minus down."),
            (
                along(each=False),
                "One random number for a whole box moves its entries alike. Draw an array of the box's shape.",
            ),
            (along(unit=True), "The slopes agree, along a direction of length 1. Take it as it was drawn."),
            (
                along(order=lambda one, other: abs(one - other)),
                "That is one number. Return both slopes: the one computed, the one measured.",
            ),
            (
                along(weigh=lambda way, grad: grad**2),
                "You take the gradient for a direction. Each slope counts by how far its parameter moves.",
            ),
            (
                along(weigh=lambda way, grad: grad),
                "You add the gradients up. Each slope counts by how far its parameter moves, and in which direction.",
            ),
        ],
        learned="Two forward passes, however many parameters: the first thing to try on a network that is too large.",
    ),
]
