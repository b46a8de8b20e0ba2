"""A wrong gradient."""

import functools

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.functions import sigmoid, softmax
from nnlib.gradcheck import relative_error


def network(seed, n_samples, n_in, n_hidden, n_out):
    rng = np.random.default_rng(seed)
    shapes = [(n_samples, n_in), (n_samples, n_out), (n_in, n_hidden), (n_hidden,), (n_hidden, n_out), (n_out,)]
    return tuple(rng.standard_normal(shape).round(2) for shape in shapes)


def backward(*, last=True, hidden=True, within=True, through=True, share=1):
    """The gradients of the two sigmoid layers; where the slopes of the last one are left out, or come too late."""

    def gradients(X, y, W1, b1, W2, b2):
        A1 = sigmoid(X @ W1 + b1)
        A2 = sigmoid(A1 @ W2 + b2)
        slopes = A2 * (1 - A2)
        dZ2 = (A2 - y) * (slopes if last and within else 1)
        dZ1 = (dZ2 if through else A2 - y) @ W2.T * (A1 * (1 - A1) if hidden else 1)
        dW2 = A1.T @ dZ2 * (1 if within else slopes)
        divisor = len(X) if share != 1 else 1
        return X.T @ dZ1 / divisor, dZ1.sum(axis=0) / divisor, dW2 / divisor, dZ2.sum(axis=0) / divisor

    return gradients


def four_arrays(answer, *arguments):
    """What comes back, with biases of one axis or of two."""
    found = answer(*arguments)
    if not isinstance(found, tuple | list) or len(found) != 4:
        return found
    dW1, db1, dW2, db2 = found
    return [dW1, np.ravel(db1), dW2, np.ravel(db2)] if not any(part is ... for part in found) else ...


def softmax_layer(way_back):
    class Layer:
        def forward(self, x):
            self.y = softmax(x)
            return self.y

        def backward(self, dy):
            return way_back(self.y, dy)

    return Layer


def there_and_back(answer, x, dy):
    layer = answer()
    if not (hasattr(layer, "forward") and hasattr(layer, "backward")):
        return ...
    return [layer.forward(x), layer.backward(dy)]


X14 = np.array([[0.0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
Y14 = np.array([[0.0, 1], [1, 0], [1, 0], [0, 1]])
STATE = np.random.RandomState(42)
W1, B1, STARTING, B2 = [STATE.rand(*shape) - 0.5 for shape in [(3, 4), (1, 4), (4, 2), (1, 2)]]
A1 = sigmoid(X14 @ W1 + B1)


def of_weights(answer):
    """How far the published gradient of W2 is from the true one, and how large that is."""
    W2 = np.array(answer, dtype=float)
    if W2.shape != (4, 2):
        return f"Expected four rows of two numbers, got the shape {W2.shape}."
    A2 = sigmoid(A1 @ W2 + B2)
    slopes = A2 * (1 - A2)
    right = A1.T @ ((A2 - Y14) * slopes)
    return [relative_error(A1.T @ (A2 - Y14) * slopes, right), float(np.abs(right).max())]


def still_seen(shown):
    if isinstance(shown, str):
        return shown
    error, largest = shown
    if not largest > 1e-4:
        return "All slopes are below 0.0001: too small to be measured, and no proof of anything. Find other weights."
    return None if error < 1e-6 else f"The check sees it: the error of W2.grad is {error:.2g}."


FIELDS = [
    lambda place: 2 * place,
    lambda place: np.array([-place[1], place[0]]),
    lambda place: np.array([place[0] * place[1], place[0] ** 2]),
]


def trip(*, ways=((1, 0), (0, 1), (-1, 0), (0, -1)), signed=True, stepwise=True, moves=True):
    def climb(slopes, corner, steps):
        place, total = np.array(corner, dtype=float), 0.0
        for way in np.array(ways, dtype=float):
            for _ in range(steps):
                middle = place + way / (2 * steps) if moves else np.array(corner, dtype=float)
                gain = slopes(middle) @ (way if signed else np.abs(way))
                total += gain / (steps if stepwise else 1)
                place = place + way / steps
        return float(total)

    return climb


def three_trips(answer, corner, steps):
    climbs = [answer(slopes, np.array(corner), steps) for slopes in FIELDS]
    return ... if climbs[0] is ... else None if climbs[0] is None else np.array(climbs, dtype=float)


EXERCISES = [
    OnPaper(
        "14.1",
        start="Type a list of the layers' numbers, in order, in place of the `...`.",
        right=[1, 2],
        tolerance=1e-9,
        wrong=[
            (
                [0],
                "Three arrays are worked out there, W.grad, b.grad and dx, and one wrong line spoils one of them. All "
                "three are wrong: what have they in common?",
            ),
            ([1], "That is one. A Dense computes three arrays, and only two of those of layer 2 are parameters'."),
            ([2], "That is one. Is there another layer between the last right parameter and the first wrong one?"),
            ([0, 1], "For layer 0 it would take three mistakes at once. Look at what stands further back."),
            ([2, 3], "Parameters 2 and 3 both belong to layer 2, for Tanh and Sigmoid have none. And they are right."),
            ([0, 1, 2], "One of these would need three mistakes at once."),
        ],
        learned="From the end, it lies between the last array that is right and the first that is wrong.",
    ),
    Write(
        "14.2",
        start="Forward: A1, then A2. Back from the end: dZ2 with its slopes, two gradients; dZ1 with its slopes, two "
        "gradients.",
        inputs=[network(0, 4, 3, 4, 2), network(1, 5, 2, 3, 4)],
        right=backward(),
        use=four_arrays,
        wrong=[
            (
                backward(last=False, within=False),
                "These are the published ones. The slopes of the last sigmoids belong to the samples: inside dZ2.",
            ),
            (backward(last=False), "These are the gradients of the cross-entropy. What is behind the last sigmoid?"),
            (backward(hidden=False), "The last layer is right. The hidden neurons are sigmoids, too: their slopes?"),
            (
                backward(through=False),
                "The last layer is right. What goes back through W2 is the gradient before the last sigmoids.",
            ),
            (
                backward(share="mean"),
                "Right for a mean over the samples. This loss is half the sum of the squares.",
            ),
        ],
        learned="Each slope is multiplied in while there is still a row for each sample.",
    ),
    Write(
        "14.3",
        start="Check it. Then ask: if one score of a row rises, does only its own probability change?",
        again="It is the last line, which would be right for a sigmoid.",
        inputs=[
            (
                np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0], [1.5, 0.2, 0.7]]),
                np.array([[0.4, -1.0, 2.0], [1.1, 0.6, -0.3], [-0.7, 0.9, 1.6]]),
            ),
            (np.array([[1.0, -0.5, 0.2, 2.0], [0.1, 1.3, 0.8, -1.0]]), np.array([[1.0, 2, -1, 0.5], [3, -2, 1, 0.7]])),
        ],
        right=softmax_layer(lambda y, dy: np.array([(np.diag(p) - np.outer(p, p)) @ d for p, d in zip(y, dy)])),
        use=there_and_back,
        wrong=[
            (
                softmax_layer(lambda y, dy: dy * y * (1 - y)),
                "Check it. Then ask: if one score of a row rises, does only its own probability change?",
            ),
            (
                softmax_layer(lambda y, dy: y * (dy - (dy * y).sum(axis=0))),
                "You add up along the columns. The probabilities that depend on one another stand in a row.",
            ),
            (
                softmax_layer(lambda y, dy: y * (dy - (dy * y).sum(axis=1))),
                "With as many rows as columns it runs, and each row's sum goes to another row: keepdims.",
            ),
            (
                softmax_layer(lambda y, dy: y * (dy - dy.sum(axis=1, keepdims=True))),
                "Nearly. In that sum each dy counts by how much its probability can give: multiply before you add.",
            ),
            (
                softmax_layer(lambda y, dy: dy * y),
                "That is how a probability grows with its own exponential. The row's sum in the divisor grows, too.",
            ),
        ],
        learned="What one class gains the others lose: every slope of a softmax knows the whole row.",
    ),
    Predict(
        "14.4",
        start='Type "faster", "the same" or "it breaks" in place of the `...`.',
        right="it breaks",
        choices={
            "it breaks": "The forgotten division makes the steps 1500 times as long. With 15 points that was luck, "
            "with 1500 it is a learning rate of 15.",
            "faster": "It was, with 15 points. How long are the steps now?",
            "the same": "The right loss learns as before, for it takes a mean. What grows with the points if you do "
            "not?",
        },
    ),
    Reach(
        "14.5",
        start="Type a table of four rows, two numbers each, in place of the `...`.",
        show=of_weights,
        missing=still_seen,
        wrong=[
            (
                [[1, 1], [1, 1], [1, 1], [1, 1]],
                "Now the two outputs are much alike, and the samples are not. It is their slopes that must not differ.",
            ),
            (
                [[1, -1], [1, -1], [1, -1], [1, -1]],
                "Two outputs that mirror each other have the same slopes. But each still differs from row to row.",
            ),
            (
                [[100, 100], [100, 100], [100, 100], [100, 100]],
                "All outputs are 1 to the last bit, and all slopes are 0. There is nothing to be measured.",
            ),
            (
                [[1, 0], [0, 1], [1, 0], [0, 1]],
                "Which samples have which outputs depends on the weights. When does an output not depend on the "
                "sample at all?",
            ),
        ],
        learned="Where all samples have one slope, it hardly matters whose. Tidy weights are bad weights for a check.",
    ),
    Write(
        "14.6",
        start="Four sides, each in small steps: go half a step, ask for the slopes, add gain; go the other half.",
        inputs=[([1.0, 2.0], 200), ([3.0, -1.0], 150)],
        right=functools.partial(trip()),  # nameless arguments: the inputs are other ones
        use=three_trips,
        tolerance=0.01,
        wrong=[
            (
                trip(signed=False),
                "On the way back west and south you go down where it rises: these count with a minus.",
            ),
            (trip(ways=((0, 1), (1, 0), (0, -1), (-1, 0))), "You go round the other way: first east, then north."),
            (trip(ways=((1, 0), (0, 1))), "You stop in the far corner. Come back, along the other two sides."),
            (trip(stepwise=False), "Each slope counts for a step only: multiply by its length."),
            (trip(moves=False), "You ask for the slopes of the first corner every time. Ask where you are."),
        ],
        learned="Home again, and higher than before: no landscape does that. Where there is one, every round ends at "
        "0.",
    ),
]
