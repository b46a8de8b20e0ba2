"""The kinds of exercises. A chapter's module fills them with data.

Wrong answers are recognised by what they do, never by how they are written: an answer that gives on every input what a
known wrong answer gives gets the hint of that one.
"""

import copy
import inspect
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field

from nnlib.exercises.comparing import difference, kind, shortly, simple
from nnlib.exercises.running import Failed, attempt


@dataclass
class Exercise:
    """What all kinds have: a number, what is said to whoever has not begun, what is learned, and wrong answers."""

    number: str
    _: KW_ONLY
    start: str  # the hint for the stub, in which `...` stands for the reader's lines
    learned: str  # one sentence, said behind `right.`
    wrong: list = field(default_factory=list)  # pairs: an answer that people give, and the hint for it
    again: str = ""  # said in addition to whoever asks a second time, such as the line of a mistake
    tolerance: float = 1e-6  # relative to the numbers expected

    def verdict(self, answer):
        """Whether the answer is right, and the sentence that says so."""
        if answer is ...:
            return False, self.start
        outcome = self.look(answer)
        problem = self.problem(outcome)
        if problem in (None, self.start):
            return problem is None, problem or self.learned
        for wrong, hint in self.wrong:
            if difference(self.look(wrong), outcome, self.tolerance) is None:
                return False, hint
        return False, problem

    def look(self, answer):
        """What the answer does, as something to compare."""
        raise NotImplementedError

    def problem(self, outcome):
        """What is not right with that, in a sentence; None if nothing is."""
        raise NotImplementedError


def call(answer, *arguments):
    return answer(*arguments)


@dataclass(kw_only=True)
class Write(Exercise):
    """A function or a class to write or to mend: tried on every input, and compared with another way to compute it."""

    inputs: list  # one tuple of arguments a try; every try gets fresh ones
    right: Callable  # the same by other means than the solution's, where there are any
    use: Callable = call  # what is done with the answer: use(answer, *arguments)

    def look(self, answer):
        if not callable(answer):
            return Failed("no function", "check needs the function itself, so its name without brackets behind it.")
        results = []
        for arguments in self.inputs:
            fresh = copy.deepcopy(arguments)
            result = attempt(lambda fresh=fresh: self.use(answer, *fresh), answer)
            if not isinstance(result, Failed) and difference(arguments, fresh) is not None:
                result = Failed("changed", "Your code changes what it was given. Work on a copy, or on new names.")
            results.append(result)
            if isinstance(result, Failed):
                break
        return results

    def problem(self, outcome):
        if isinstance(outcome, Failed):
            return outcome.sentence
        for arguments, result in zip(self.inputs, outcome):
            if result is ... or isinstance(result, Failed) and result.kind == "dots":
                return self.start
            wanted = attempt(lambda given=arguments: self.use(self.right, *copy.deepcopy(given)), self.right)
            if (problem := difference(wanted, result, self.tolerance)) is not None:
                return self.with_arguments(arguments) + problem
        return None

    def with_arguments(self, arguments):
        names = inspect.signature(self.right).parameters if inspect.isfunction(self.right) else ()
        said = ", ".join(f"{name} = {shortly(value)}" for name, value in zip(names, arguments))
        return f"With {said}: " if said and len(said) < 120 else ""


@dataclass(kw_only=True)
class OnPaper(Exercise):
    """A number, or several, found with a pencil."""

    right: object
    tolerance: float = 1e-3

    def look(self, answer):
        return answer

    def problem(self, outcome):
        found = difference(self.right, outcome, self.tolerance)
        if found is None or kind(simple(outcome)) != kind(simple(self.right)):
            return found
        return f"It is not {shortly(outcome)}. " + self.start  # what is right is not told


@dataclass(kw_only=True)
class Predict(Exercise):
    """A choice to be made before the experiment runs; every choice has its explanation."""

    right: str
    choices: dict  # what the reader may type, and what is to be said about it
    learned: str = ""  # the explanation of the right choice

    def __post_init__(self):
        self.learned = self.choices[self.right]
        self.wrong = [(choice, said) for choice, said in self.choices.items() if choice != self.right]

    def look(self, answer):
        return str(answer).strip().lower()

    def problem(self, outcome):
        if outcome in self.choices:
            return None if outcome == self.right else self.choices[outcome]
        return f"Type one of these: {', '.join(map(repr, self.choices))}."


@dataclass(kw_only=True)
class Reach(Exercise):
    """A goal that many answers reach: what they lead to is looked at, not what they are."""

    show: Callable  # what the answer leads to: show(answer)
    missing: Callable  # what is missing in that, in a sentence; None if nothing is

    def look(self, answer):
        return attempt(lambda: self.show(answer if callable(answer) else copy.deepcopy(answer)), answer)

    def problem(self, outcome):
        if isinstance(outcome, Failed):
            return self.start if outcome.kind == "dots" else outcome.sentence
        return self.start if outcome is ... else self.missing(outcome)
