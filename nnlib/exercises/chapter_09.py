"""A forward pass."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.functions import softmax

rng = np.random.default_rng(9)
BATCH = rng.standard_normal((3, 2)).round(2)
W1, B1 = rng.standard_normal((2, 4)).round(2), rng.standard_normal(4).round(2)
W2, B2 = rng.standard_normal((4, 3)).round(2), rng.standard_normal(3).round(2)
NETWORK = (BATCH, W1, B1, W2, B2)


def forward(*, between=lambda z: np.maximum(z, 0), last=softmax, b1=1, b2=1):
    return lambda X, W1, b_1, W2, b_2: last(between(X @ W1 + b1 * b_1) @ W2 + b2 * b_2)


def columns(z):
    return softmax(z.T).T


def shares(**along):
    """A softmax of one's own, as people write it."""
    return lambda z: np.exp(z) / np.exp(z).sum(**along)


def valley(theta):
    """The square of the distance from 2, 2, ..., weighted so that no two knobs are alike."""
    return float((np.arange(1, len(theta) + 1) * (theta - 2.0) ** 2).sum())


def search(answer, theta, tries, size, seed):
    return answer(theta, valley, tries, size, np.random.default_rng(seed))


def nudge(
    helps=lambda loss, lowest: loss < lowest,
    begin="best",
    keep_lowest=False,
    sized=True,
    each=True,
    first=0,
    last=None,
    mark=lambda loss: loss,
    back=lambda theta, lowest: theta,
):
    """The search, with what people do otherwise."""

    def walk(theta, loss_of, tries, size, rng):
        places, lowest = {"start": theta, "best": theta, "last": theta, "zero": 0 * theta}, mark(loss_of(theta))
        for _ in range(first, last or tries):
            step = (size if sized else 1) * rng.standard_normal(len(theta) if each else None)
            places["last"] = places[begin] + step
            loss = loss_of(places["last"])
            if helps(loss, lowest):
                places["best"], lowest = places["last"], lowest if keep_lowest else loss
        return back(places["best"], lowest)

    return walk


SHIFTED = np.array([[1.0, 2.5, -0.5], [3.0, 0.5, 1.0]])


def change(answer):
    """How long the change of the biases is, and by how much a probability changes at most."""
    step = np.array(answer, dtype=float)
    if step.shape != (3,):
        return f"Expected three numbers in one pair of square brackets, got the shape {step.shape}."
    return [float(np.linalg.norm(step)), float(np.abs(softmax(SHIFTED + step) - softmax(SHIFTED)).max())]


def not_sideways(shown):
    if isinstance(shown, str):
        return shown
    length, moved = shown
    if length < 1:
        return f"Your step has a length of {length:.2f}. Make it at least 1."
    return f"A probability changes by {moved:.2g}. None should." if moved > 1e-9 else None


def way_down(*, sign=-1, turn_back=True, unit=np.linalg.norm, tiny=1e-6, stay=1, first=None, by=None):
    def step(theta, loss_of, size):
        here, turned, slopes, little = loss_of(theta), theta.copy(), np.zeros(len(theta)), tiny or size
        for k in range(len(theta))[:first]:
            turned[k] += little
            slopes[k] = (loss_of(turned) - here) / little
            if turn_back:
                turned[k] = theta[k]
        return stay * theta + sign * (by or size) * slopes / unit(slopes)

    return step


EXERCISES = [
    OnPaper(
        "9.1",
        start="Type the number that you found in place of the `...`.",
        right=139,
        tolerance=1e-9,
        wrong=[
            (120, "These are the weights. Each neuron has a bias, too; how many neurons are there?"),
            (768, "The layers stand one behind the other: add their numbers of weights, where you multiply."),
            (143, "The four inputs are no neurons, and have no biases."),
            (123, "The hidden neurons have biases, too, as many as there are of them."),
            (136, "The last three biases are missing: the outputs are neurons, too."),
            (131, "Two layers of 8 are not one of 16: between them there are weights as well."),
            (23, "That is how many neurons and inputs there are. The knobs are on the lines between them."),
            (67, "A layer is missing: from 8 to 8 there are weights, too."),
        ],
        learned="So many dimensions has the space in which this network is one point.",
    ),
    Write(
        "9.2",
        start="Begin with what reaches the hidden neurons: a weighted sum for each, and its bias.",
        inputs=[NETWORK, (2 * BATCH[:2], W1, B1, W2, -B2)],
        right=forward(),
        wrong=[
            (forward(between=lambda z: z), "ReLU is missing: your two layers are one."),
            (forward(last=columns), "The columns add up to 1. Each row is a sample, with its own probabilities."),
            (forward(last=lambda z: z), "These are the scores. Probabilities are asked for."),
            (
                forward(last=lambda z: softmax(np.maximum(z, 0))),
                "ReLU stands between the layers, not behind the last one.",
            ),
            (forward(b1=0, b2=0), "The weighted sums are there, and the biases are not."),
            (forward(last=shares()), "All numbers together add up to 1. Each row should by itself: axis=1."),
            (
                forward(last=shares(axis=1)),
                "The sums of the rows lie down as a row and divide columns. keepdims=True leaves them standing.",
            ),
            (
                lambda X, W1, b1, W2, b2: softmax((np.maximum(X @ W1, 0) + b1) @ W2 + b2),
                "The bias belongs to the sum, so it is added before ReLU looks at it.",
            ),
            (forward(between=softmax), "Softmax stands at the end alone. Between the layers it is ReLU."),
            (
                lambda *given: forward()(*given).argmax(axis=1),
                "These are the classes. The probabilities that they come from are asked for.",
            ),
            (forward(b2=0), "The biases of the second layer are missing."),
            (forward(b1=0), "The biases of the first layer are missing."),
        ],
        learned="A whole network in four lines: two weighted sums, what stands between them, and softmax.",
    ),
    Write(
        "9.3",
        start="Begin with the loss where you stand. It is the mark that a try has to beat.",
        inputs=[
            (np.array([0.0, 1.0, 3.0]), 40, 0.3, 0),
            (np.array([4.0, 0.0]), 25, 0.5, 1),
            (np.array([4.0, 0.5]), 1, 0.5, 1),  # this one try helps
        ],
        right=nudge(),
        use=search,
        tolerance=1e-9,
        wrong=[
            (nudge(helps=lambda loss, lowest: True), "Every step is kept, also those that make it worse."),
            (nudge(helps=lambda loss, lowest: loss > lowest), "You keep what makes the loss higher."),
            (nudge(begin="start"), "Each step begins at the first place. It should begin at the best one so far."),
            (
                nudge(keep_lowest=True),
                "You compare with the loss of the first place for ever. When a step helps, its loss is the new mark.",
            ),
            (nudge(begin="last"), "Each try goes on from the last try, whether that helped or not."),
            (nudge(begin="zero"), "Each try is a guess from nowhere. It should be a step away from the best place."),
            (nudge(sized=False), "The steps are not multiplied by size."),
            (nudge(each=False), "One random number moves all knobs alike. Each needs its own: len(theta) of them."),
            (nudge(first=1), "One try is missing: range(1, tries) begins at 1."),
            (nudge(last=1), "Only one try is made. Does `return` stand inside the loop?"),
            (
                nudge(mark=lambda loss: np.inf),
                "The first try is always kept. It should have to beat the loss of the place where you began.",
            ),
            (nudge(back=lambda theta, lowest: lowest), "That is the loss of the best place. Return the place."),
            (nudge(helps=lambda loss, lowest: False), "You come back from where you started: no step is ever kept."),
        ],
        learned="Try, compare, keep: it needs no slope, and it is what a network with many knobs cannot afford.",
    ),
    Predict(
        "9.4",
        start='Type "no", "a little" or "a lot" in place of the `...`.',
        right="no",
        choices={
            "no": "Each neuron took its bias and its weights to the next layer along: the same sums, in another "
            "order. So "
            "every network with 5 hidden neurons has 119 twins.",
            "a little": "What would change? Each neuron computes what it did, and has the same say in each score.",
            "a lot": "It would if only the incoming weights were exchanged. But the outgoing ones move along.",
        },
    ),
    Reach(
        "9.5",
        start="Type three numbers in place of the `...`: what is added to the bias of each output.",
        show=change,
        missing=not_sideways,
        wrong=[
            ([1.0, 0.0, 0.0], "One score rises and the others stay: its share grows. What must the others do?"),
            ([0.0, 0.0, 0.0], "That is no step. Its length should be at least 1."),
            ([1.0, -1.0, 0.0], "The sum of the scores stays, and their distances do not. Softmax sees only distances."),
        ],
        learned="Along this direction the loss is flat everywhere: every softmax has one knob too many.",
    ),
    Write(
        "9.6",
        start="Begin with the slopes: one knob at a time is turned by something tiny. How much does the loss change?",
        inputs=[(np.array([0.3, 1.1, 2.9]), valley, 0.2), (np.array([4.0, 0.5]), valley, 0.3)],
        right=way_down(),
        tolerance=1e-4,
        wrong=[
            (way_down(sign=1), "You walk uphill. The slopes say where it rises; go the other way."),
            (
                way_down(unit=lambda slopes: 1),
                "The direction is right, the length is not: divide by the length of all slopes together.",
            ),
            (
                way_down(turn_back=False),
                "Is every knob turned back before the next one is turned? Measure from the same place each time.",
            ),
            (way_down(stay=0), "That is the step. The new place is theta plus it."),
            (way_down(unit=lambda slopes: 1e6), "A slope is the change of the loss divided by the tiny turn."),
            (way_down(tiny=None), "You turn each knob by size. A slope is measured with something much smaller."),
            (way_down(by=0.1), "Your step has the chapter's length, 0.1. Take the size that comes in."),
            (way_down(first=1), "Only the first knob has a slope. Does `return` stand inside the loop?"),
            (
                way_down(unit=abs),
                "Every knob moves by size, whatever its slope. The steeper ones should move more.",
            ),
        ],
        learned="No luck is left in this step. Part II finds all slopes at once, however many knobs there are.",
    ),
]
