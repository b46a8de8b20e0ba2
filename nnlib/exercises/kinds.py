"""The kinds of exercises. A chapter's module fills them with data.

Wrong answers are recognised by what they do, never by how they are written: an answer that gives on every input what a
known wrong answer gives gets the hint of that one.
"""

import copy
import inspect
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field

from nnlib.exercises.comparing import difference, endless, kind, shortly, simple
from nnlib.exercises.running import Failed, attempt

# How people refuse what they are given. Other errors are slips.
REFUSALS = ("ValueError", "AssertionError", "IndexError")


def refused(result):
    """All refusals are alike, whatever the error is called."""
    return Failed("refused", result.sentence) if getattr(result, "kind", None) in REFUSALS else result


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
            return Failed("no function", "check needs the function itself: its name without brackets or quotes.")
        results = []
        for arguments in self.inputs:
            fresh = copy.deepcopy(arguments)
            result = attempt(lambda fresh=fresh: self.use(answer, *fresh), answer)
            if not isinstance(result, Failed) and difference(arguments, fresh) is not None:
                result = Failed("changed", "Your code changes what it was given. Work on a copy, or on new names.")
            if isinstance(result, Failed) and not isinstance(self.wanted(arguments), Failed):
                return [*results, result]
            results.append(refused(result))
        return results

    def wanted(self, arguments):
        return attempt(lambda: self.use(self.right, *copy.deepcopy(arguments)), self.right)

    def problem(self, outcome):
        if isinstance(outcome, Failed):
            return outcome.sentence
        for arguments, result in zip(self.inputs, outcome):
            if result is ... or isinstance(result, Failed) and result.kind == "dots":
                return self.start
            if (problem := difference(refused(self.wanted(arguments)), result, self.tolerance)) is not None:
                return self.with_arguments(arguments) + problem
        return None

    def with_arguments(self, arguments):
        taken = inspect.signature(self.use)
        names = list(taken.parameters)[1:]
        if "*" in str(taken):  # it hands over what comes
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

    def verdict(self, answer):
        """As ever; and in a list, a mistake is known by its own entries, whatever else is wrong."""
        right, sentence = super().verdict(answer)
        if right or answer is ... or sentence in [hint for _, hint in self.wrong]:
            return right, sentence
        return False, next((hint for wrong, hint in self.wrong if self.made(wrong, answer)), sentence)

    def made(self, wrong, answer):
        """Whether the answer has every entry that is not right in `wrong`, and others that are right there."""
        whole = [simple(value) for value in (self.right, wrong, answer)]
        if not all(isinstance(value, list) and len(value) == len(whole[0]) for value in whole):
            return False
        wanted = [(bad, got) for good, bad, got in zip(*whole) if difference(good, bad, self.tolerance)]
        return len(wanted) < len(whole[0]) and not any(difference(*pair, self.tolerance) for pair in wanted)

    def problem(self, outcome):
        found, right, got = difference(self.right, outcome, self.tolerance), simple(self.right), simple(outcome)
        if found is None or kind(got) != kind(right) or isinstance(right, list) and len(got) != len(right):
            return found
        where = ""  # what is right is not told
        if isinstance(right, list):
            first = next(at for at, pair in enumerate(zip(right, got)) if difference(*pair, self.tolerance))
            where = f": number {first + 1} is not right"
        return f"It is not {shortly(outcome)}{where}. Look again, or open the hint."


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
        return str(answer).lower().strip(" .\n'\"")

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
        if endless(answer):
            return Failed("endless", f"A nan or an infinity is no number to answer with. {self.start}")
        shown = attempt(lambda: self.show(answer if callable(answer) else copy.deepcopy(answer)), answer)
        if isinstance(shown, Failed) and shown.kind != "dots" and not callable(answer):  # no line of a reader failed
            return Failed(shown.kind, f"With {shortly(answer)} it cannot be tried. {self.start}")
        return shown

    def problem(self, outcome):
        if outcome is ... or isinstance(outcome, Failed) and outcome.kind == "dots":
            return self.start
        return outcome.sentence if isinstance(outcome, Failed) else self.missing(outcome)
