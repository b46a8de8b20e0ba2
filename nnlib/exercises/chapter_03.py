"""The dot product."""

import numpy as np

from nnlib.exercises.kinds import OnPaper, Reach, Write

SQUARE = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.0, 4.0], [5.0, 2.0]])
FITTING = np.array([[1.0, 2.0, 0.5], [3.0, -1.0, 2.0]]), np.array([[2.0, 1.0], [0.0, -3.0], [4.0, 5.0]])


def products(A, B):
    """Entry by entry, without @."""
    return np.array([[sum(row * column) for column in B.T] for row in A])


def turned_index(A, B):
    return np.array([[sum(A[i, k] * B[j, k] for k in range(len(B))) for j in range(len(B.T))] for i in range(len(A))])


def turned_round(S):
    """What there is to say about a matrix S, and whether S @ v and v @ S differ for some v."""
    S = np.array(S, dtype=float)
    if S.shape != (2, 2):
        return f"shape {S.shape}"
    if (S == S[0, 0]).all():
        return "all alike"
    if not S.all():
        return "a zero"
    return "same" if np.allclose(S, S.T) else "differs"


def told(shown):
    if shown.startswith("shape"):
        return "S needs two rows of two numbers, and yours has another shape."
    if shown != "same":
        return "Try it with v = [1, 0]: S @ v is a column of S, v @ S is a row. When are they alike?"


def lengths_of(X):
    return np.linalg.norm(X, axis=1)


def cosines(X):
    lengths = lengths_of(X).reshape(-1, 1)
    return (X / lengths) @ (X / lengths).T


EXERCISES = [
    OnPaper(
        "3.1",
        start="Type four shapes in place of the `...`, such as [(7, 1), (4,), ...]; a number alone has the shape ().",
        right=[(5, 2), (5,), (), (5, 3)],
        wrong=[
            ([(5, 2), (5,), (), (5,)], "The last one: `*` multiplies and does not add."),
            ([(5, 2), (5, 1), (), (5, 3)], "A vector is no column: its second length vanishes with the first."),
            ([(5, 2), (1, 5), (), (5, 3)], "A vector is no row either: its one length vanishes, and (5,) is left."),
            ([(5, 2), 5, (), (5, 3)], "A shape of one length has a comma, (5,): to Python (5) is the number 5."),
            ([(5, 2), (5,), 1, (5, 3)], "One number, yes, and its shape is (), for it has no direction."),
            ([(5, 2), (5,), (1, 1), (5, 3)], "A row and a column would give (1, 1), but u and v are vectors."),
            ([(5, 2), (5,), (3,), (5, 3)], "With `*` there would be three entries. `@` adds them up."),
            ([(5, 2), (5,), (1,), (5, 3)], "The dot product of two vectors is a number, with no direction at all."),
            ([(2, 5), (5,), (), (5, 3)], "The outer lengths remain, in their order: rows of the first come first."),
            ([(3, 3), (5,), (), (5, 3)], "The inner lengths are those that vanish. The outer ones remain."),
        ],
        learned="You can say what comes out before you run it, which is how mistakes are found.",
    ),
    Write(
        "3.2",
        start="Entry (i, j) is the dot product of row i of A with column j of B.",
        inputs=[SQUARE, FITTING],
        right=products,
        wrong=[
            (lambda A, B: A * B, "`*` multiplies entry by entry. A row has to meet a column, and the products add up."),
            (lambda A, B: A @ B.T, "Your rows of A meet rows of B. They have to meet its columns."),
            (turned_index, "What k counts has to run down a column of B, so it is the first index there."),
            (lambda A, B: B @ A, "That is B @ A. The rows are those of A, the columns those of B."),
            (lambda A, B: (A @ B).T, "The entries are right and lie turned over: the rows of A give rows."),
            (lambda A, B: (A @ B).ravel(), "All numbers are there, in one row. Each row of A begins a new list."),
            (lambda A, B: np.outer(A[:, -1], B[-1]), "Only the last product is left: add them up, with `+=`."),
            (
                lambda A, B: np.cumsum(A @ B).reshape(len(A), -1),
                "The sum goes on from one entry to the next. Each entry begins at 0.",
            ),
            (
                lambda A, B: (A @ B) * (np.arange(len(A)) < 1)[:, None],
                "Only the first row is filled. Does `return` stand inside the loop?",
            ),
            (
                lambda A, B: np.pad((A @ B)[:-1, :-1], (0, 1)),
                "The last row and column stay empty: range(n) ends before n by itself, so no - 1 is needed.",
            ),
            (lambda A, B: A[0] @ B, "Only one row comes back. The loop over the rows of A goes around all others."),
        ],
        learned="All entries are dot products, a row with a column, and nothing more is in the symbol @.",
    ),
    Write(
        "3.3",
        start="It is as far from the origin as the shadow reaches. In which direction?",
        inputs=[
            (np.array([4.0, 3.0]), np.array([2.0, 4.0])),
            (np.array([1.0, -2.0, 2.0]), np.array([3.0, 1.0, 0.5])),
            (np.array([4.0, 3.0]), np.array([-2.0, -2.0])),
        ],
        right=lambda w, x: np.linalg.multi_dot([np.outer(w, w), x]) / np.linalg.norm(w) ** 2,
        wrong=[
            (
                lambda w, x: w @ x / np.sqrt(w @ w),
                "That is how far the shadow reaches, a number. Where it ends is a point, with as many entries as w.",
            ),
            (
                lambda w, x: w @ x / np.sqrt(w @ w) * w,
                "The reach times w goes too far, for w is longer than 1. Divide by its length once more.",
            ),
            (lambda w, x: w @ x / (x @ x) * x, "That is the shadow of w on x. Which of the two is the ground?"),
            (
                lambda w, x: (w @ x) * w,
                "The direction is right. Now the length: the dot product counts that of w twice.",
            ),
            (
                lambda w, x: w @ x / np.sqrt(w @ w) * x / np.sqrt(x @ x),
                "So far along x. But the shadow lies on the line of w.",
            ),
            (lambda w, x: x - w @ x / (w @ w) * w, "That is the way from the shadow's end to the tip of x."),
            (lambda w, x: abs(w @ x) / (w @ w) * w, "A shadow that falls backwards ends behind the origin."),
            (
                lambda w, x: w @ x / w @ w * w,
                "Python works from left to right, so it divides by the first w alone. Put brackets around w @ w.",
            ),
            (
                lambda w, x: 4.0 * w / np.sqrt(w @ w),
                "That is the chapter's own shadow. Compute with the w and x that come in.",
            ),
            (lambda w, x: w @ x / (w @ w), "That says how many times w the shadow is. Go that many times along w."),
        ],
        learned="Divide by w @ w, not by the length alone: once for the reach, and once to make a step of w one unit.",
    ),
    Reach(
        "3.4",
        start="Type a matrix in place of the `...`: two rows of two numbers, none of them 0 and not all alike.",
        show=turned_round,
        missing=told,
        wrong=[
            ([[1, 0], [0, 2]], "Right for this one, but a 0 hides much. Find one without."),
            ([[1, 1], [1, 1]], "Right, but too easy: not all four may be alike."),
            ([[1, 2], [3, 4]], "Try it with v = [1, 0]: S @ v is a column of S, v @ S is a row. When are they alike?"),
        ],
        learned="A symmetric matrix cannot tell the two orders apart: never test with one.",
    ),
    Write(
        "3.5",
        start="Begin with the table of all dot products. Then each has to be divided by two lengths.",
        inputs=[(np.array([[3.0, 4.0], [1.0, -2.0]]),), (np.array([[1.0, 2.0], [2.0, 4.0], [-3.0, 1.0]]),)],
        right=cosines,
        wrong=[
            (lambda X: X @ X.T, "These are the dot products. They still answer to the lengths: divide by both."),
            (
                lambda X: X @ X.T / np.sqrt((X * X).sum(axis=1)),
                "You divide each column by a length. The rows want the same: a column of lengths, by reshape(-1, 1).",
            ),
            (
                lambda X: X @ X.T / np.sqrt((X * X).sum(axis=1)).reshape(-1, 1),
                "You divide each row by a length. The columns want the same: divide by the lengths as a row, too.",
            ),
            (
                lambda X: X @ X.T / (np.sqrt(X @ X) * np.sqrt(X @ X)),
                "The chapter's length is for one vector. For all rows: (X * X).sum(axis=1) has the squares.",
            ),
            (
                lambda X: X @ X.T / np.outer((X * X).sum(axis=1), (X * X).sum(axis=1)),
                "You divide by the squares of the lengths. A root is missing.",
            ),
            (
                lambda X: X @ X.T / lengths_of(X).reshape(-1, 1) * lengths_of(X),
                "Python reads a / b * c as a / b, times c. Put brackets around what you divide by.",
            ),
            (
                lambda X: np.arccos(np.clip(cosines(X), -1, 1)),
                "These are the angles. The cosines were right before you turned them into angles.",
            ),
            (
                lambda X: X @ X.T / (X * X).sum(axis=1),
                "You divide each column by its length twice. It is once by the column's length and once by the row's.",
            ),
            (
                lambda X: X @ X.T / np.sqrt((X * X).sum(axis=0)) / np.sqrt((X * X).sum(axis=0)).reshape(-1, 1),
                "The lengths are those of columns. A vector is a row here, so add along it: axis=1.",
            ),
            (lambda X: cosines(X.T), "These are the cosines of the columns. A vector is a row here."),
            (
                lambda X: X @ X.T / (X * X).sum(),
                "You divide by one number for all. Each vector has a length of its own: axis=1.",
            ),
        ],
        learned="A table of cosines says which rows point alike. Search engines compare texts in this way.",
    ),
]
