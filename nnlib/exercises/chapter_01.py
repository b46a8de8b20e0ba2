"""One neuron."""

import math

from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write


def by_loop(inputs, weights, bias):
    total = 0
    for x, w in zip(inputs, weights):
        total += x * w + bias
    return total


def orders(numbers):
    """The two sums of three numbers, as far as it matters which they are."""
    a, b, c = numbers
    if math.isnan(a + b + c) or math.isinf(a + b + c):
        return "infinite"
    if (a + b) + c != a + (b + c):
        return "broken"
    return "whole" if all(float(x).is_integer() for x in numbers) else "equal"


def not_broken(shown):
    if shown != "broken":
        return "Both orders give the same. Try decimals that have no place among the floats, such as 0.1."


def yes_or_no(neurons):
    """What three neurons with a threshold answer to the four points of XOR, and whether one hits zero exactly."""
    points, on_the_line = [(0, 0), (0, 1), (1, 0), (1, 1)], False
    answers = []
    for point in points:
        first, second = (w1 * point[0] + w2 * point[1] + b for w1, w2, b in neurons[:2])
        w1, w2, b = neurons[2]
        last = w1 * (first > 0) + w2 * (second > 0) + b
        on_the_line |= 0 in (first, second, last)
        answers.append((int(first > 0), int(second > 0), int(last > 0)))
    return answers, on_the_line


def not_xor(shown):
    answers, on_the_line = shown
    got = [last for _, _, last in answers]
    if got == [0, 1, 1, 0]:
        return None
    if on_the_line:
        return "One of the sums is exactly 0, and 0 is a no. Shift a bias, so that no point lies on a line."
    return f"For (0, 0), (0, 1), (1, 0), (1, 1) the last neuron answers {got}; wanted are [0, 1, 1, 0]."


EXERCISES = [
    OnPaper(
        "1.1",
        start="Type the number that you found in place of the `...`.",
        right=-1.5,
        wrong=[
            (-3.0, "That is the sum without the bias. No input brings it, it is added whatever they are."),
            (4.5, "Look at the signs: a negative input times a positive weight pulls the output down."),
            (1.5, "The bias comes once for the neuron, not once for every input."),
            (3.75, "Multiply first, each input by its own weight; only then add up."),
        ],
        learned="Three products, one sum, one bias: a neuron is no more than this.",
    ),
    Write(
        "1.2",
        start="Begin with a total of 0, let a loop over zip(inputs, weights) add to it, then add the bias.",
        inputs=[([1.0, 2.0], [3.0, -1.0], 0.5), ([2.0], [4.0], 3.0), ([2.5, 1.8, 0.7], [0.6, -0.4, 1.2], 0.8)],
        right=lambda inputs, weights, bias: bias + sum(map(float.__mul__, inputs, weights)),
        wrong=[
            (lambda inputs, weights, bias: sum(map(float.__mul__, inputs, weights)), "Where is the bias?"),
            (by_loop, "The bias is added once for every input. Move it out of the loop."),
            (
                lambda inputs, weights, bias: inputs[-1] * weights[-1] + bias,
                "Only the last product arrives: `=` replaces the total, `+=` adds to it.",
            ),
            (
                lambda inputs, weights, bias: inputs[0] * weights[0] + bias,
                "Only the first product arrives: `return` ends the function, loop and all. It belongs behind the loop.",
            ),
            (
                lambda inputs, weights, bias: sum(inputs) * sum(weights) + bias,
                "Each input has its own weight. You add first and multiply then; it goes the other way round.",
            ),
        ],
        learned="You have written a neuron for any number of inputs, from memory.",
    ),
    Predict(
        "1.3",
        start='Type "turns", "shifts" or "stays" in place of the `...`.',
        right="stays",
        choices={
            "turns": "One weight by itself turns the line. Here both grow alike, and the line's direction depends on "
            "how they compare.",
            "shifts": "The bias by itself shifts the line. Here the weights grow with it, and where one input is 0, "
            "the line is at -bias / weight.",
            "stays": "Twice zero is zero: the line stays, and on both sides of it the outputs grow. A neuron's line "
            "tells less than the neuron does.",
        },
    ),
    Reach(
        "1.4",
        start="Type three numbers in place of the `...`, with commas between them.",
        show=orders,
        missing=not_broken,
        wrong=[
            ([1, 2, 3], "Whole numbers of this size are stored exactly, and so are their sums. Try decimals."),
            (
                [0.5, 0.25, 0.125],
                "Here both orders agree, as for all sums of powers of two. Which decimals are not stored exactly?",
            ),
            (
                [math.inf, 1, -math.inf],
                "That is beyond all numbers, where nothing is equal to anything. It works with everyday numbers, too.",
            ),
        ],
        learned="On paper a sum has no order; in floats it has, and you have found three numbers that show it.",
    ),
    Reach(
        "1.5",
        start="Each `...` is one neuron: two weights and a bias, such as [1, 1, -0.5].",
        show=yes_or_no,
        missing=not_xor,
        wrong=[
            (
                [[1, 1, -0.5], [1, 1, -0.5], [1, 1, -0.5]],
                "Your first two neurons say the same at every point, so the last one sees no more than one of them.",
            ),
            (
                [[1, 1, -0.5], [1, 1, -1.5], [1, 1, -0.5]],
                "Or and and are the right pair. But the last neuron has to say no where the second says yes: give it "
                "a negative weight there.",
            ),
            (
                [[1, 1, -0.5], [-1, -1, 1.5], [1, 1, -0.5]],
                "Or and not-both are the right pair. The last neuron has to ask for both of them at once, not for one.",
            ),
        ],
        learned="What one line cannot part, three neurons with a yes or no between them can: hence layers.",
    ),
]
