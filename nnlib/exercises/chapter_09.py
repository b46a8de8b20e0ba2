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



def valley(theta):
    """The square of the distance from 2, 2, ..., weighted so that no two knobs are alike."""
    return float((np.arange(1, len(theta) + 1) * (theta - 2.0) ** 2).sum())


def search(answer, theta, tries, size, seed):
    return answer(theta, valley, tries, size, np.random.default_rng(seed))


def nudge(helps=lambda loss, lowest: loss < lowest, from_start=False, keep_lowest=False):
    def walk(theta, loss_of, tries, size, rng):
        start, lowest = theta, loss_of(theta)
        for _ in range(tries):
            moved = (start if from_start else theta) + size * rng.standard_normal(len(theta))
            loss = loss_of(moved)
            if helps(loss, lowest):
                theta, lowest = moved, lowest if keep_lowest else loss
        return theta

    return walk


SHIFTED = np.array([[1.0, 2.5, -0.5], [3.0, 0.5, 1.0]])


def change(answer):
    """How long the change of the biases is, and by how much a probability changes at most."""
    step = np.array(answer, dtype=float)
    if step.shape != (3,):
        return f"Expected three numbers, got the shape {step.shape}."
    return [float(np.linalg.norm(step)), float(np.abs(softmax(SHIFTED + step) - softmax(SHIFTED)).max())]


def not_sideways(shown):
    if isinstance(shown, str):
        return shown
    length, moved = shown
    if length < 1:
        return f"Your step has a length of {length:.2f}. Make it at least 1."
    return f"A probability changes by {moved:.2f}. None should." if moved > 1e-9 else None


def way_down(*, sign=-1, turn_back=True, unit=True):
    def step(theta, loss_of, size):
        here, turned, slopes = loss_of(theta), theta.copy(), np.zeros(len(theta))
        for k in range(len(theta)):
            turned[k] += 1e-6
            slopes[k] = (loss_of(turned) - here) / 1e-6
            if turn_back:
                turned[k] = theta[k]
        return theta + sign * size * slopes / (np.linalg.norm(slopes) if unit else 1)

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
            (67, "A layer is missing: from 8 to 8 there are weights, too."),
        ],
        learned="So many dimensions has the space in which this network is one point.",
    ),
    Write(
        "9.2",
        start="A weighted sum, ReLU, another weighted sum, softmax along the rows.",
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
            (forward(b2=0), "The biases of the second layer are missing."),
            (forward(b1=0), "The biases of the first layer are missing."),
        ],
        learned="A whole network in four lines: two weighted sums, what stands between them, and softmax.",
    ),
    Write(
        "9.3",
        start="In a loop: move all knobs a little at random; if the loss is lower there, stay there.",
        inputs=[(np.array([0.0, 1.0, 3.0]), 40, 0.3, 0), (np.array([4.0, 0.0]), 25, 0.5, 1)],
        right=nudge(),
        use=search,
        tolerance=1e-9,
        wrong=[
            (nudge(helps=lambda loss, lowest: True), "Every step is kept, also those that make it worse."),
            (nudge(helps=lambda loss, lowest: loss > lowest), "You keep what makes the loss higher."),
            (nudge(from_start=True), "Each step begins at the first place. It should begin at the best one so far."),
            (
                nudge(keep_lowest=True),
                "You compare with the loss of the first place for ever. When a step helps, its loss is the new mark.",
            ),
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
        start="For each knob: turn it by something tiny, see how the loss changes, turn it back. Then one step against "
        "all slopes.",
        inputs=[(np.array([0.0, 1.0, 3.0]), valley, 0.1), (np.array([4.0, 0.5]), valley, 0.3)],
        right=way_down(),
        tolerance=1e-4,
        wrong=[
            (way_down(sign=1), "You walk uphill. The slopes say where it rises; go the other way."),
            (
                way_down(unit=False),
                "The direction is right, the length is not: divide by the length of all slopes together.",
            ),
            (
                way_down(turn_back=False),
                "Is every knob turned back before the next one is turned? Measure from the same place each time.",
            ),
        ],
        learned="No luck is left in this step. Part II finds all slopes at once, however many knobs there are.",
    ),
]
