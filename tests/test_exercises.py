"""Every exercise: its data, which has to hold what it says, and its place in the chapter."""

import copy
import importlib.util
import json
import re
import sys

import numpy as np
import pytest
from exercises import as_cells, as_text, section, separate_ends
from notebooks import CHAPTERS, ROOT, SOLUTION_TITLE, normalise, read, text

from nnlib.exercises import check, checking
from nnlib.exercises.comparing import difference, shortly
from nnlib.exercises.kinds import OnPaper, Predict, Reach, Write
from nnlib.exercises.running import MEANS, MOST_LINES

MODULES = sorted((ROOT / "nnlib" / "exercises").glob("chapter_*.py"))
ALL = [exercise for module in MODULES for exercise in checking.of_chapter(module.stem[-2:]).values()]
NOTEBOOKS = {path.stem[:2]: path for path in sorted(CHAPTERS.glob("[0-9][0-9]-*.ipynb"))}
KINDS = ("on paper", "from memory", "find the mistake", "predict", "break it", "beyond the page", "try it")
HEADING = re.compile(r"### Exercise (\d+\.\d): (.+)\n\n\*(★{1,3}) · (\d+) minutes · (.+)\*\n\n(?=.)")
SAID = re.compile(r"(?s)(not yet|right)\. (.*)")

each_exercise = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: f"{exercise.number:0>4}")
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)


@pytest.fixture(autouse=True)
def asked_for_the_first_time():
    checking.failures.clear()


def said(capsys):
    return " ".join(capsys.readouterr().out.split())


def written(path):
    """The exercises of a chapter as the page has them: from heading to heading, the cells of each."""
    parts = []
    cells = read(path)["cells"]
    for cell in cells[slice(*section(cells))]:
        if parts and text(cell["source"]).startswith("## "):  # a project, which has a rubric instead of a check
            break
        if text(cell["source"]).startswith("### Exercise"):
            parts.append([])
        if parts:
            parts[-1].append(cell)
    return parts


def printed(cell):
    """The last thing that a cell says, on one line."""
    return " ".join("".join(text(output.get("text", "")) for output in cell["outputs"]).split())


# The data


@each_exercise
def test_each_wrong_answer_gets_its_own_hint_and_no_other(exercise):
    assert len(exercise.wrong) >= (2 if isinstance(exercise, Predict) else 3), "too few wrong answers that people give"
    hints = [hint for _, hint in exercise.wrong]
    assert len(set(hints)) == len(hints)
    for answer, hint in exercise.wrong:
        assert exercise.verdict(answer) == (False, hint)


@each_exercise
def test_the_right_answer_is_right_and_dots_are_not(exercise):
    if not isinstance(exercise, Reach):  # the chapter's solution shows that it can be reached
        assert exercise.verdict(exercise.right) == (True, exercise.learned)
    assert exercise.verdict(...) == (False, exercise.start)
    if isinstance(exercise, Write):
        assert exercise.verdict(lambda *arguments, **named: ...) == (False, exercise.start)


NONSENSE = [None, "a word", 3, [], [[]], {}, np.nan, np.zeros((7, 2)), ["a"], {1}, iter([]), print, type]
NONSENSE += [lambda *_: 1 / 0, lambda *_: np.nan, lambda *_: (x for x in [1]), lambda *_: {1}, lambda *_: object]


@each_exercise
@pytest.mark.parametrize("answer", NONSENSE, ids=range(len(NONSENSE)))  # a repr has addresses: no two workers agree
def test_nonsense_gets_a_sentence(exercise, answer, capsys):
    check(exercise.number, answer)
    first, _, rest = said(capsys).partition("not yet. ")
    assert rest.endswith((".", "?"))


@each_exercise
def test_what_is_said_is_made_of_sentences(exercise):
    for sentence in (exercise.start, exercise.learned, *(hint for _, hint in exercise.wrong)):
        assert re.match(r"[A-Z`0-9]", sentence) and sentence.endswith((".", "?")), sentence
        assert len(sentence) < 260, f"too long for a hint: {sentence}"


@each_exercise
def test_looking_at_an_answer_changes_no_data(exercise):
    data = copy.deepcopy([getattr(exercise, "inputs", None), exercise.wrong])
    for answer, _ in exercise.wrong:
        exercise.verdict(answer)
    assert difference(data[0], getattr(exercise, "inputs", None)) is None
    for (before, _), (after, _) in zip(data[1], exercise.wrong):
        assert difference(before, after) is None


# The chapters


def test_every_chapter_with_exercises_has_their_data():
    with_section = {number for number, path in NOTEBOOKS.items() if written(path)}
    assert with_section == {module.stem[-2:] for module in MODULES}


@each_module
def test_a_chapter_has_its_exercises_in_order_and_of_all_kinds(module):
    number = int(module.stem[-2:])
    parts = written(NOTEBOOKS[module.stem[-2:]])
    headings = [HEADING.match(text(part[0]["source"])) for part in parts]
    assert all(headings), "'### Exercise 3.1: title', '*★★ · 15 minutes · from memory*', the task"
    assert [heading[1] for heading in headings] == [f"{number}.{count}" for count in range(1, len(parts) + 1)]
    assert [heading[1] for heading in headings] == list(checking.of_chapter(number))
    assert 4 <= len(parts) <= 6
    kinds = [heading[5] for heading in headings]
    assert set(kinds) <= set(KINDS), f"expected kinds out of {KINDS}, got {kinds}"
    assert {"from memory", "break it", "beyond the page"} <= set(kinds)
    stars = [len(heading[3]) for heading in headings]
    assert stars[0] == 1, "begin with an easy one"


@each_module
def test_an_exercise_has_a_stub_folded_help_and_a_solution(module):
    exercises = checking.of_chapter(module.stem[-2:])
    for part, exercise in zip(written(NOTEBOOKS[module.stem[-2:]]), exercises.values()):
        codes = {(cell["metadata"].get("tags") or ["cell"])[0]: cell for cell in part if cell["cell_type"] == "code"}
        help = "\n".join(text(cell["source"]) for cell in part[1:] if cell["cell_type"] == "markdown")
        stub, solution = codes["exercise"], codes["solution"]
        assert f'check("{exercise.number}", ' in text(stub["source"]).splitlines()[-1], "a stub ends in its check"
        assert printed(stub) == f"not yet. {exercise.start}"
        assert f'check("{exercise.number}", ' in text(solution["source"]).splitlines()[-1], "so does a solution"
        assert printed(solution).endswith(f"right. {exercise.learned}")
        order = [cell["metadata"].get("tags", [""])[0] for cell in part if cell["cell_type"] == "code"]
        assert order.index("exercise") < order.index("solution") == len(order) - 1
        summaries = re.findall(r"<summary>(.+?)</summary>", help)
        assert summaries == ["A hint", "The explanation"], f"exercise {exercise.number}: {summaries}"
        assert help.count('<details class="answer">') == 2 and re.search(r"</details>\n\n</details>\s*$", help)


# The machinery, on exercises made for this test

HALF = Write(
    "0.1",
    start="Take a half.",
    inputs=[(4.0,), (7.0,)],
    right=lambda x: x / 2,
    wrong=[(lambda x: x // 2, "A half is no whole number."), (lambda x: x * 2, "That is twice as much.")],
    learned="A half.",
)
THIRDS = Write(
    "0.1",
    start="Go.",
    learned="So.",
    inputs=[(3, 0), (12, 0)],
    right=lambda n, rng: np.arange(n) / 3,
    use=lambda answer, n, seed: answer(n, np.random.default_rng(seed)),
)
ARRAY = Write("0.2", start="Begin.", inputs=[(np.ones((2, 3)),)], right=lambda X: X.sum(axis=0), learned="A sum.")


def in_place(x):
    x += 1
    return x.sum(axis=0)


def endless(x):
    while True:
        pass


def half_written(x):
    y = ...
    return x + y


def deep(x):
    return deep(x)


def leave(x):
    sys.exit("bye")


TRIED = [
    (HALF, lambda x: 0.5 * x, "A half."),
    (HALF, lambda x: x // 2, "A half is no whole number."),
    (HALF, lambda x: 1.0, "With x = 4: Expected 2, got 1."),
    (HALF, lambda x: x / 2 if x < 5 else 9.0, "With x = 7: Expected 3.5, got 9."),
    (HALF, lambda x: None, "With x = 4: Nothing comes back (None). Does the function end in `return`?"),
    (HALF, lambda x: np.nan, "With x = 4: There is a nan"),
    (HALF, lambda x: "2", "With x = 4: Expected a number, got a text: '2'. Leave the quotation marks out."),
    (HALF, lambda x: [x / 2], "With x = 4: Expected a number, got a list: [2]. Its first entry is right. Return that"),
    (HALF, lambda x: (x, x / 2), "With x = 4: Expected a number, got a list: [4, 2]."),
    (HALF, lambda x: np.full(1, x / 2), "With x = 4: Expected a number, got an array: [2]."),
    (HALF, lambda x: np.array(x / 2), "A half."),
    (HALF, lambda x: 1 / 0, "With x = 4: Line "),
    (HALF, lambda x, y: x, "With x = 4: Your answer cannot be tried: TypeError: "),
    (HALF, half_written, "Take a half."),
    (HALF, endless, f"With x = 4: After {MOST_LINES:,} lines your code still ran"),
    (HALF, deep, "With x = 4: Line "),
    (HALF, leave, "With x = 4: Line "),
    (HALF, lambda x: x.real.size, "With x = 4: Line "),
    (HALF, "half", "check needs the function itself: its name without brackets or quotes."),
    (ARRAY, in_place, "Your code changes what it was given."),
    (ARRAY, lambda X: X.sum(axis=1), "Expected the shape (3,), got (2,)."),
    (ARRAY, lambda X: list(X.sum(axis=0)), "got a list: [2, 2, 2]. `np.array(...)` makes an array of it."),
    (ARRAY, lambda X: X.sum(axis=0) + 1, "Expected [2, 2, 2], got [3, 3, 3]."),
    (THIRDS, lambda n, rng: (np.arange(n) / 3).round(2), "With n = 3, seed = 0: Expected [0, 0.333333, 0.666667], got"
     " [0, 0.33, 0.67]. Return it as it is, without rounding."),
    (
        THIRDS,
        lambda n, rng: np.arange(n) / 3 + (np.arange(n) > 9),
        "With n = 12, seed = 0: 2 of 12 numbers differ. At [10], expected 3.33333, got 4.33333.",
    ),
]


@pytest.mark.parametrize(("exercise", "answer", "hint"), TRIED)
def test_a_function_ends_in_a_sentence_whatever_it_does(exercise, answer, hint):
    sentence = exercise.verdict(answer)[1]
    assert hint in sentence and (hint.startswith("With") or not sentence.startswith("With") or "X" in sentence)


class Half:
    def store():
        pass

    def read(self):
        return self.x


def unset(x):
    y = total  # noqa: F821
    total = y
    return total


MEANT = [
    (lambda x: np.zeros(2, 3), "brackets of its own"),
    (lambda x: print() * x, "`return`"),
    (lambda x: print < x, "brackets are missing"),
    (lambda x: [x].shape, "makes an array of a list"),
    (lambda x: Half().read(), "what is stored in `self`"),
    (lambda x: Half().store(), "begins with `self`"),
    (lambda: 2, "Are the names behind `def`"),
    (lambda x: x(2), "or a `*`"),
    (lambda x: list(3), "`range(n)` counts"),
    (lambda x: [x][1], "from 0 to n - 1"),
    (lambda x: np.ones(2)[2], "from 0 to n - 1"),
    (lambda x: [x][x], "not their places"),
    (lambda x: np.ones(2) @ np.ones(3), "Print both shapes"),
    (lambda x: np.ones(2) + np.ones(3), "Print both shapes"),
    (deep, "calls itself"),
    (lambda x: Half(x), "two underscores"),
    (lambda x: deep(y=x), "Are the names behind `def`"),
    (unset, "before any of its lines has set it"),
    (lambda x: np.array([[1, 2], [3]]), "not of one length"),
]


@pytest.mark.parametrize(("answer", "meaning"), MEANT)
def test_what_python_says_is_followed_by_what_it_mostly_means(answer, meaning):
    sentence = HALF.verdict(answer)[1]
    assert meaning in sentence and sentence.endswith((".", "?"))


def test_each_saying_of_python_has_its_case():
    assert all(any(means in HALF.verdict(answer)[1] for answer, _ in MEANT) for means in MEANS.values())


def test_any_refusal_is_one_and_what_comes_behind_it_is_tried(capsys):
    def halves(x):
        if x < 0:
            raise ValueError
        return x / 2

    def asserting(x):
        assert x >= 0
        return x / 2

    exercise = Write("0.6", start="Go.", learned="So.", inputs=[(-1.0,), (-2.0,), (4.0,)], right=halves)
    assert exercise.verdict(asserting) == (True, "So.")
    assert exercise.verdict(lambda x: halves(x) if x > -2 else x)[1].endswith("Expected an error, and there is none.")
    assert "With x = 4: Expected 2, got 4." in exercise.verdict(lambda x: 2 * halves(x))[1]
    assert "NameError" in exercise.verdict(lambda x: nothing)[1]  # noqa: F821


def test_two_mistakes_in_a_list_get_the_hint_of_one():
    exercise = OnPaper(
        "0.3",
        start="Begin.",
        right=[(2, 3), (2,), ()],
        wrong=[([(3, 2), (2,), ()], "Turned."), ([(2, 3), (2, 1), ()], "No column."), ([1, 1, 1], "All 1.")],
        learned="Shapes.",
    )
    assert exercise.verdict([(2, 3), (2, 1), 5]) == (False, "No column.")
    assert exercise.verdict([(3, 2), (2, 1), ()]) == (False, "Turned.")
    assert exercise.verdict([1, 1, 1]) == (False, "All 1.")
    sentence = "It is not [(2, 3), (4,), ()]: number 2 is not right. Look again, or open the hint."
    assert exercise.verdict([(2, 3), (4,), ()]) == (False, sentence)
    assert exercise.verdict([(2, 3), (2,)]) == (False, "Expected 3 entries, got 2: [(2, 3), (2,)].")


def test_a_nan_reaches_nothing():
    exercise = Reach("0.4", start="Begin.", learned="Far.", show=lambda x: [float(x)], missing=lambda x: None)
    assert exercise.verdict(2) == (True, "Far.")
    exercise.show = len
    for answer in [np.nan, [1.0, np.nan], {"x": -np.inf}, np.array([np.inf]), (1, [np.float32("nan")])]:
        assert exercise.verdict(answer) == (False, "A nan or an infinity is no number to answer with. Begin.")
    for answer in [[1, 2.0], np.array(["nan"]), {"x": "inf"}, "nan", [None], np.array([1])]:
        assert exercise.verdict(answer) == (True, "Far.")


def test_a_prediction_may_end_in_a_full_stop():
    exercise = Predict("0.5", start="Type.", right="no", choices={"no": "No.", "yes": "Yes.", "maybe": "Maybe."})
    assert exercise.verdict(" No. ") == (True, "No.") and exercise.verdict("'yes'") == (False, "Yes.")


def test_code_that_asks_for_an_exception_does_not_catch_the_end_of_its_time():
    def stubborn(x):
        while True:
            try:
                x += 1
            except Exception:
                pass

    assert "lines your code still ran" in HALF.verdict(stubborn)[1]


def test_a_try_leaves_random_numbers_settings_and_tracers_alone(capsys):
    def messy(x):
        print("hello")
        np.random.seed(0)
        np.seterr(all="raise")
        return x / 2

    def tracer(frame, event, argument):
        return None

    before, errors, traced = np.random.get_state()[1].tolist(), np.geterr(), sys.gettrace()
    sys.settrace(tracer)
    try:
        assert HALF.verdict(messy)[0]
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(traced)
    assert np.random.get_state()[1].tolist() == before and np.geterr() == errors
    assert capsys.readouterr().out == "hello\n" * 2


def test_numbers_on_paper_are_compared_with_their_digits():
    exercise = OnPaper("0.3", start="Add.", right=[1.5, -2.0], wrong=[([1.5, 2.0], "A sign.")], learned="Sums.")
    assert exercise.verdict((1.5, -2)) == exercise.verdict(np.array([1.5, -2.001])) == (True, "Sums.")
    assert exercise.verdict([1.5, 2]) == (False, "A sign.")
    first = "It is not [1, -2]: number 1 is not right. Look again, or open the hint."
    assert exercise.verdict([1.0, -2]) == (False, first)
    assert exercise.verdict([1.5]) == (False, "Expected 2 entries, got 1: [1.5].")
    assert exercise.verdict(1.5) == (False, "Expected a list, got a number: 1.5.")


def test_a_goal_is_looked_at_without_a_change_of_the_answer():
    exercise = Reach("0.4", start="Begin.", learned="Sorted.", show=lambda xs: xs.sort() or xs, missing=lambda xs: None)
    answer = [3, 1, 2]
    assert exercise.verdict(answer) == (True, "Sorted.") and answer == [3, 1, 2]
    assert exercise.verdict(3) == (False, "With 3 it cannot be tried. Begin.")


def test_who_asks_twice_gets_a_second_hint_and_who_is_right_begins_anew(monkeypatch, capsys):
    exercise = copy.copy(HALF)
    exercise.again = "Look at line 2."
    monkeypatch.setattr(checking, "of_chapter", lambda chapter: {"0.1": exercise})
    for answer, hint in [
        (0, "check needs the function itself: its name without brackets or quotes."),
        (lambda x: 2 * x, "That is twice as much. Look at line 2."),
        (lambda x: x / 2, "A half."),
        (lambda x: 2 * x, "That is twice as much."),
    ]:
        check("0.1", answer)
        assert SAID.match(said(capsys))[2] == hint


@pytest.mark.parametrize(
    ("number", "hint"),
    [("1.9", "There is no exercise 1.9, only 1.1"), ("99.1", "There is no exercise 99.1."), (None, "exercise None.")],
)
def test_an_exercise_that_is_not_there_is_told(number, hint, capsys):
    check(number, 1)
    assert hint in said(capsys)


def test_a_hint_is_no_wider_than_a_phone(capsys):
    for exercise in ALL:
        check(exercise.number, ...)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 64


def test_difference_knows_what_is_alike():
    assert difference([1, (2.0, "a")], (1.0, [2, "a"])) is None
    assert difference({"a": 1, "b": np.ones(2)}, {"a": 1, "b": np.ones(2)}) is None
    assert difference({"a": 1}, {"b": 1}) == "Expected the keys a, got b."
    assert difference([1.0, 2.0], np.array([1.0, 2.0])) is None
    assert difference(np.nan, np.nan) is None and difference(np.inf, 1.0) == "Expected inf, got 1."
    assert difference(1.0, 1.0 + 1e-8) and difference(1.0, 1.0 + 1e-8, 1e-6) is None
    assert shortly(np.zeros((50, 2))) == "an array of shape (50, 2)" and len(shortly("x" * 99)) == 60


def test_the_table_of_all_exercises_is_made_of_their_headings(tmp_path):
    spec = importlib.util.spec_from_file_location("exercise_table", ROOT / "_ext" / "exercise_table.py")
    spec.loader.exec_module(extension := importlib.util.module_from_spec(spec))
    assert [row[2] for row in extension.headings(CHAPTERS)] == [exercise.number for exercise in ALL]
    assert extension.PLACE in (CHAPTERS / "exercises.md").read_text(encoding="utf-8")
    nb = {"cells": list(as_cells(PAGE))}
    (tmp_path / "01-one.ipynb").write_text(json.dumps(nb), encoding="utf-8")
    assert extension.table(tmp_path).endswith("| 1.1 | [one](01-one.ipynb#exercise-11-one) | ★ | 1 | on paper |")


# The tool that turns a text file into cells

PAGE = """\
## Exercises

Some words.

```python cell
from nnlib.exercises import check
```

### Exercise 1.1: one

*★ · 1 minutes · on paper*

A task, with

```python
code in it
```

```python exercise
check("1.1", ...)
```

```python solution
check("1.1", -1.5)
```
"""


def test_a_text_file_becomes_cells_and_comes_back():
    cells = list(as_cells(PAGE))
    assert [cell["metadata"].get("tags") for cell in cells if cell["cell_type"] == "code"] == [
        [],
        ["exercise"],
        ["solution"],
    ]
    nb = normalise({"cells": cells, "metadata": {}})
    solution = nb["cells"][-1]
    assert solution["metadata"]["tags"] == ["solution", "hide-cell"]
    assert solution["metadata"]["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
    assert solution["metadata"]["mystnb"]["code_prompt_show"] == "Show a solution"
    assert solution["metadata"]["cellView"] == "form" and text(solution["source"]).startswith(SOLUTION_TITLE + "\n")
    assert normalise(nb) == nb
    assert "\n\n".join(as_text(nb["cells"])) + "\n" == PAGE


def test_exercises_find_their_place_before_next():
    end = {"cell_type": "markdown", "metadata": {}, "source": "## What you can do now\n\n- X.\n\n## Next\n\n*Next*"}
    cells = list(separate_ends([end]))
    assert [text(cell["source"]) for cell in cells] == ["## What you can do now\n\n- X.", "## Next\n\n*Next*"]
    assert section(cells) == (1, 1)
    cells[1:1] = as_cells(PAGE)
    assert section(cells) == (1, len(cells) - 1)
