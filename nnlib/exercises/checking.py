"""check(number, answer): whether an answer to an exercise is right, in words."""

import textwrap
from importlib import import_module

WIDTH = 64  # a phone shows that many characters
failures = {}  # how often in a row each exercise was answered wrong: who asks twice gets a second hint


def check(number, answer=...):
    """Print `right.` and what was learned, or `not yet.` and a hint for this very mistake; never raise.

    Parameters
    ----------
    number : str
        The exercise, as its heading has it: chapter, point, count.
    answer : object
        What the exercise asks for: a function (itself, not its result), a number, a word. With ``...`` for an answer,
        the hint says how to begin.

    Examples
    --------
    >>> check("1.1", -3)
    not yet. That is the sum without the bias. No input brings it,
    it is added whatever they are.
    """
    exercises = of_chapter(str(number).partition(".")[0])
    if str(number) not in exercises:
        return say(f"There is no exercise {number}" + (f", only {', '.join(exercises)}." if exercises else "."))
    exercise = exercises[str(number)]
    right, sentence = exercise.verdict(answer)
    failures[exercise.number] = 0 if right else failures.get(exercise.number, 0) + 1
    if failures[exercise.number] > 1 and exercise.again:
        sentence += " " + exercise.again
    say(("right. " if right else "not yet. ") + sentence)


def of_chapter(chapter):
    """The exercises of a chapter by their numbers; none if it has none."""
    try:
        module = import_module(f"nnlib.exercises.chapter_{int(chapter):02}")
    except (ValueError, ModuleNotFoundError):
        return {}
    return {exercise.number: exercise for exercise in module.EXERCISES}


def say(sentence):
    print(textwrap.fill(sentence, WIDTH, break_long_words=False, break_on_hyphens=False))
