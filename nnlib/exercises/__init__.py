"""The book's exercises: `check` tells whether an answer is right, and if it is not, what may be wrong.

A module a chapter says what the exercises ask: on which inputs an answer is tried, what must come out, and the wrong
answers that people really give, each with its hint. The tasks and the solutions stand in the chapters.
"""

from nnlib.exercises.checking import check

__all__ = ["check"]
