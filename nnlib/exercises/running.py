"""Run a reader's code so that whatever it does ends in a result or in a sentence."""

import re
import sys
from dataclasses import dataclass, field

import numpy as np

# Lines of the reader's own code in one try. An alarm would need a Unix and the main thread; lines can be counted on
# every system, in threads and in a browser, and on each machine the same code is stopped at the same line. It makes the
# reader's lines about ten times as slow, those of nnlib and NumPy not. Only a bare `except:` within the loop escapes.
MOST_LINES = 500_000


# What Python and NumPy say, and what beginners have mostly done then.
MEANS = {
    r"Cannot interpret '.*' as a data type": "A shape has brackets of its own: `np.zeros((2, 3))`.",
    r"'NoneType'": "A None is what a function without `return` hands back.",
    r"'(function|method|type|\w*_or_method)'": "A function stands where its result belongs: brackets are missing.",
    r"'list' object has no attribute": "`np.array(...)` makes an array of a list.",
    r"has no attribute": "An object has what its class defines, and what is stored in `self`. Spelling?",
    r"\(\) takes no arguments": "Has `__init__` two underscores on either side? And an x goes to `forward`.",
    r"positional argument|unexpected keyword": "Are the names behind `def` the task's? A method begins with `self`.",
    r"is not callable": "Only a function is called by ( ). Is `.forward` missing, or a `*`, or were [ ] meant?",
    r"'int' object is not iterable": "A number cannot be gone through: `range(n)` counts.",
    r"index .*out of ": "A list of n entries has the indices from 0 to n - 1, and an empty one has none.",
    r"indices must be integers": "`for` hands out the entries themselves, not their places.",
    r"core dimension|broadcast|cannot reshape": "Print both shapes. Is one an array of the chapter by mistake?",
    r"recursion depth": "The function calls itself, and so on without end.",
    r"local variable": "The function reads it before any of its lines has set it.",
    r"inhomogeneous": "The rows of the list are not of one length.",
}


class TooManyLines(BaseException):
    """No Exception, lest the reader's own `except Exception` catches it."""


@dataclass(frozen=True)
class Failed:
    """A try without a result: how it ended, in a word to compare and in a sentence to read."""

    kind: str
    sentence: str = field(compare=False)


def attempt(run, answer):
    """What `run()` returns, or how it failed. NumPy's settings and random state come back as they were."""
    home = getattr(answer, "__module__", None)
    random, tracer = np.random.get_state(), sys.gettrace()
    sys.settrace(line_counter(home))
    try:
        with np.errstate(all="ignore"):  # a nan is spoken of in the hint
            return run()
    except TooManyLines:
        return Failed("endless", f"After {MOST_LINES:,} lines your code still ran: is there a loop that does not end?")
    except (Exception, SystemExit) as error:  # noqa: B014  (SystemExit is no Exception)
        return failure(error, home)
    finally:
        sys.settrace(tracer)
        np.random.set_state(random)


def line_counter(home):
    """A tracer that stops code of the module `home`, a notebook's cells say, after so many lines."""
    left = MOST_LINES

    def count(frame, event, argument):
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TooManyLines
        return count

    return lambda frame, event, argument: count if frame.f_globals.get("__name__") == home else None


def failure(error, home):
    """An exception as a sentence, with the line of the reader's code where it arose."""
    if "ellipsis" in str(error).lower():
        return Failed("dots", "There is still a `...` where a line of yours belongs.")
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_globals.get("__name__") == home:
            line = trace.tb_lineno
        trace = trace.tb_next
    said = " ".join(f"{type(error).__name__}: {error}".split())
    where = f"Line {line} of your cell stops with" if line else "Your answer cannot be tried:"
    means = next((f" {means}" for pattern, means in MEANS.items() if re.search(pattern, said)), "")
    return Failed(type(error).__name__, f"{where} {said[:200].removesuffix('.')}.{means}")
