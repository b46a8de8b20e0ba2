"""Convolution."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write

rng = np.random.default_rng(26)
PICTURE = rng.integers(-4, 5, (7, 6)) + 0.25
WEIGHTS, OTHER = rng.integers(1, 9, (3, 3)) + 0.5, rng.integers(-5, 5, (2, 2)) + 0.75
PIXELS = rng.standard_normal((2, 4, 6, 3)).round(2)
SLOPES = rng.standard_normal((2, 2, 3, 3)).round(2)


def convolution(*, turned=False, crossed=False, stride=True, ends=1, biased=True, whole=True):
    """The sums of a filter's windows, with what people do otherwise."""

    def sums(picture, weights, bias, step):
        k = len(weights)
        weights = weights[::-1, ::-1] if turned else weights.T if crossed else weights
        rows, columns = ((n - k) // step + ends for n in picture.shape)
        move = step if stride else 1
        windows = [[picture[r * move : r * move + k, c * move : c * move + k] for c in range(columns)]
                   for r in range(rows)]
        return np.array([[((w * weights).sum() if whole else (w * weights).max()) + biased * bias for w in row]
                         for row in windows])

    return sums


def stepped(picture, weights, bias, step):
    """The stride in the reading, but not in the counting."""
    k, (height, width) = len(weights), picture.shape
    y = np.zeros((height - k + 1, width - k + 1))
    for r in range(0, height - k + 1, step):
        for c in range(0, width - k + 1, step):
            y[r, c] = (picture[r : r + k, c : c + k] * weights).sum() + bias
    return y


def squares(x):
    """The squares of 2 by 2, with axes of their own."""
    return x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2, -1)


def average(*, pick=lambda x: squares(x).mean(axis=(2, 4)), part=0.25, spread=lambda dy: dy.repeat(2, 1).repeat(2, 2)):
    class Layer:
        def forward(self, x):
            return pick(x)

        def backward(self, dy):
            return part * spread(dy)

    return Layer


def first_only(dy):
    dx = np.zeros((len(dy), 2 * dy.shape[1], 2 * dy.shape[2], dy.shape[3]))
    dx[:, ::2, ::2] = dy
    return dx


def there_and_back(answer, x, dy):
    layer = answer()
    if not hasattr(layer, "forward") or not hasattr(layer, "backward"):
        return ...
    y = layer.forward(x)
    if y is ...:
        return ...
    dx = layer.backward(dy)
    return ... if dx is ... else [y, dx]


def said_of_three(answer):
    """What batch normalisation makes of the number 3 in each of two companies, in training."""
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        return "Expected two companies, each a list of numbers."
    said = []
    for company in answer:
        batch = np.array([3.0, *np.ravel(company)], float)
        if len(batch) < 2 or not np.isfinite(batch).all():
            return "Expected at least one finite number in each company."
        said.append(float(((batch - batch.mean()) / np.sqrt(batch.var() + 1e-5))[0]))
    return said


def not_both_ways(said):
    if isinstance(said, str):
        return said
    if said[0] <= 2:
        return f"In the first company the 3 becomes {said[0]:.2f}, which is not above 2. What has to lie around it?"
    if said[1] >= -2:
        return f"In the second company the 3 becomes {said[1]:.2f}, which is not below −2."
    return None


EXERCISES = [
    OnPaper(
        "26.1",
        start="Type three numbers in square brackets in place of the `...`: rows, columns, channels.",
        right=[5, 5, 16],
        tolerance=1e-9,
        wrong=[
            ([4, 4, 16], "How many windows fit in a row? Padding is on both sides, and the first window stands at 0."),
            ([10, 10, 16], "That is what the convolution gives. The pooling is missing."),
            ([14, 14, 16], "The stride is missing: so many would it be with windows at every pixel."),
            ([5, 5, 1], "Each filter gives a channel of its own."),
            ([5, 5, 400], "A filter adds up its 25 products. How many numbers does that leave at one place?"),
            ([16, 5, 5], "The right numbers, with the channels first. Here they come last."),
        ],
        learned="28 becomes 10, 10 becomes 5: counting, before anything runs.",
    ),
    Predict(
        "26.2",
        start='Type "nothing", "as always" or "twice as much" in place of the `...`.',
        right="nothing",
        choices={
            "nothing": "A bias moves a whole channel, and batch normalisation subtracts the channel's mean. Its β is "
            "the "
            "bias.",
            "as always": "What does the next layer subtract from every number of the channel?",
            "twice as much": "The bias and β do the same work. Which of the two is taken away again by the layer "
            "between?",
        },
    ),
    Write(
        "26.3",
        start="How many windows fit, down and across? Make an array of zeros of that shape first.",
        inputs=[(PICTURE, WEIGHTS, 0.5, 1), (PICTURE, WEIGHTS, -2.0, 2), (PICTURE, OTHER, 1.5, 3)],
        right=convolution(),
        wrong=[
            (
                convolution(turned=True),
                "You turn the filter upside down, as mathematicians do. Here it is laid on as it is.",
            ),
            (convolution(crossed=True), "Rows of the filter meet columns of the window."),
            (convolution(biased=False), "The bias is missing."),
            (
                convolution(stride=False),
                "You count with the stride, but read as if it were 1: where does window r begin?",
            ),
            (stepped, "You move by the stride, but the sums belong side by side: window number r goes to row r."),
            (convolution(ends=0), "A window is missing at the end: the first stands at 0, so there is one more."),
        ],
        learned="Window, multiply, add up, move on: the whole of a convolution.",
    ),
    Reach(
        "26.4",
        start="Two lists of numbers in place of the `...`: the company that makes the 3 large, and the one that makes "
        "it "
        "small.",
        show=said_of_three,
        missing=not_both_ways,
        wrong=[
            (
                [[3.0, 3.0], [3.0, 3.0]],
                "Nothing varies, so every number is the mean. The company has to differ from the 3.",
            ),
            ([[8.0, 9.0], [1.0, 2.0]], "The other way round: among larger numbers the 3 is small."),
            ([[1.0], [5.0]], "With a single companion the 3 is always one spread from the mean, never more."),
        ],
        learned="In training no number has a value of its own: the batch decides. So in use the averages stand still.",
    ),
    Write(
        "26.5",
        start="Forward: the mean of every square of 2 by 2. Back: what does a pixel contribute to the mean of its "
        "square?",
        inputs=[(PIXELS, SLOPES), (3 * PIXELS[:1], SLOPES[:1])],
        right=average(),
        use=there_and_back,
        wrong=[
            (average(part=1), "Each pixel has a part in the mean. How large is it?"),
            (average(spread=first_only), "All four pixels of a square have moved its mean, not the first alone."),
            (average(spread=first_only, part=1), "That is a mask, as for the largest. All four have moved the mean."),
            (average(pick=lambda x: squares(x).max(axis=(2, 4))), "That is the largest of each square, not the mean."),
            (average(pick=lambda x: squares(x).sum(axis=(2, 4))), "That is the sum of each square, not the mean."),
            (average(part=0.5), "A square of 2 by 2 has four pixels, not two."),
        ],
        learned="No mask, no winner: the slope is shared out. It is a convolution whose weights are fixed.",
    ),
]
