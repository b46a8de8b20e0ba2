"""The sheets, a page of paper a chapter: they say what their chapter says, and each fits its page."""

import ast
import functools
import re
import sys

import idioms
import pytest
from test_pages import BOOK, ROOT, browser, need  # noqa: F401
from test_writing import CHAPTERS, KNOWN, WIDTH, cells, claims_of, is_shown, shown_numbers, slug, text

sys.path.append(str(ROOT / "_ext"))
import sheets  # noqa: E402

SOURCE = (CHAPTERS / "sheets.md").read_text(encoding="utf-8")
BODIES = sheets.sheets(SOURCE)
NOTEBOOKS = sorted(CHAPTERS.glob("[0-9][0-9]-*.ipynb"))
BLOCK = re.compile(r"```(python|text)\n(.*?)\n```", re.DOTALL)
PAGE = re.compile(rb"/Type\s*/Page\b")


@functools.cache
def notebook(path):
    """The cells of a chapter, and every number that they show."""
    return sheets.cells_of(path), set(shown_numbers(path))


@functools.cache
def words(path):
    """All that a chapter's cells say, as they stand in it: code, text and outputs."""
    said = [text(cell["source"]) for cell in notebook(path)[0]]
    for cell in cells(path, "code"):
        said += [text(out.get("text", out.get("traceback", ""))) for out in cell["outputs"]]
    return "\n".join(said)


def made(path, body):
    """A sheet's text with what is taken from the chapter in its place; its title and its foot are the chapter's own."""
    chapter = {"name": path.name, "title": "", "promise": "", "minutes": 0}
    return sheets.sheet(notebook(path)[0], int(path.name[:2]), chapter, [], body)


def blocks(path, body, kind):
    return [lines for language, lines in BLOCK.findall(made(path, body)) if language == kind]


def parts_that_are_missing(path, body):
    """A sheet has the ideas, a table, code of its chapter, a picture, one question and its answer."""
    at_most = {"\n|---": 2, "<!-- code": 2, "<!-- figure": 1, "**Without looking.**": 1, '<details class="answer">': 1}
    yield from (part for part, most in at_most.items() if not 1 <= body.count(part) <= most)
    ideas = len(sheets.TAKEN.sub("", body).partition("\n|")[0].split())
    if not 50 <= ideas <= 200:
        yield f"{ideas} words before the table"


def lines_that_are_not_the_chapters(path, body):
    """No line of code or of output is typed: each is taken from a cell of the chapter."""
    if "```" in body:
        yield "```"
    known = {line.strip() for line in words(path).splitlines()}
    for _, lines in BLOCK.findall(made(path, body)):
        yield from (line for line in lines.splitlines() if line.strip() and line.strip() not in known)


def lines_that_are_too_wide(path, body):
    yield from (line for block in blocks(path, body, "python") for line in block.splitlines() if len(line) > WIDTH)


def idioms_before_their_chapter(path, body):
    for block in blocks(path, body, "python"):
        yield from sorted(idioms.used(ast.parse(block)) - idioms.known_in(slug(path)))


def numbers_that_the_chapter_does_not_show(path, body):
    for number, before, after in claims_of(sheets.TAKEN.sub("", body)):
        if not {(slug(path), number), ("*", number)} & KNOWN and not is_shown(number, after, notebook(path)[1]):
            yield f"{number}: ... {' '.join(f'{before}{number}{after}'.split())} ..."


def names_that_the_chapter_does_not_know(path, body):
    """What stands in the text as code is spelled as in the chapter."""
    for code in re.findall(r"`([^`\n]+)`", sheets.TAKEN.sub("", body)):
        yield from (name for name in re.findall(r"[A-Za-z_]\w+", code) if not re.search(rf"\b{name}\b", words(path)))


RULES = [
    parts_that_are_missing,
    lines_that_are_not_the_chapters,
    lines_that_are_too_wide,
    idioms_before_their_chapter,
    numbers_that_the_chapter_does_not_show,
    names_that_the_chapter_does_not_know,
]


def test_every_chapter_has_a_sheet():
    assert list(BODIES) == [int(path.name[:2]) for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_sheet_says_what_its_chapter_says(path):
    body = BODIES[int(path.name[:2])]
    problems = {rule.__name__: list(rule(path, body)) for rule in RULES}
    assert not any(problems.values()), {name: found for name, found in problems.items() if found}


BROKEN = [
    (parts_that_are_missing, "**Without looking.** Why?", "\n|---"),
    (lines_that_are_not_the_chapters, "```python\nx = 1\n```", "```"),
    (lines_that_are_too_wide, "```python\n" + "x" * 77 + "\n```", "x" * 77),
    (idioms_before_their_chapter, "```python\nwhile True: pass\n```", "while"),
    (numbers_that_the_chapter_does_not_show, "It is 0.7443.", "0.7443: ... It is 0.7443. ..."),
    (names_that_the_chapter_does_not_know, "Call `backwards`.", "backwards"),
]


@pytest.mark.parametrize(("rule", "body", "problem"), BROKEN, ids=[rule.__name__ for rule, *_ in BROKEN])
def test_a_broken_sheet_is_noticed(rule, body, problem):
    assert next(rule(NOTEBOOKS[0], body)) == problem


def test_what_no_cell_or_more_than_one_begins_with_is_refused():
    for wanted, times in ("def nobody", "0"), ("total", "[2-9]"), ("def neuron ... nothing", "0"):
        with pytest.raises(ValueError, match=f"got {times}, for sheet 1"):
            made(NOTEBOOKS[0], f"<!-- code\n{wanted}\n-->")
    with pytest.raises(ValueError, match="expected a figure of 01-neuron.ipynb, got fig-nobody"):
        made(NOTEBOOKS[0], "<!-- figure fig-nobody 40 -->")


def test_pieces_of_code_are_taken_as_they_stand():
    cells = [
        {"cell_type": "code", "metadata": {}, "source": "x = 1\nif x:\n    y = [1,\n         2]\n    z = y\n"},
        {"cell_type": "code", "metadata": {"tags": ["nnlib"]}, "source": "def f():\n    return 1"},
        {"cell_type": "code", "metadata": {}, "source": "def f():\n    return 2"},
        {"cell_type": "code", "metadata": {"tags": ["hide-input"]}, "source": "hidden = 1"},
    ]
    assert sheets.code(cells, "y = [1 ... z\n\ndef f") == "y = [1,\n     2]\nz = y\n\ndef f():\n    return 1"
    assert sheets.code(cells, "cell if x") == cells[0]["source"]
    with pytest.raises(ValueError, match="got 0"):
        sheets.code(cells, "hidden")


@pytest.fixture(scope="module")
def printed(browser):  # noqa: F811
    """The built page in a browser that has one look at it for all tests."""
    path = BOOK / f"{sheets.PAGE}.html"
    if not path.exists():
        need("the book is not built", "run `make book` first")
    page = browser.new_page()
    page.goto(path.as_uri())
    yield page
    page.close()


def test_each_sheet_fits_on_one_page(printed):
    """Printed from the page itself, as a teacher does who presses the keys for it."""
    pdf = printed.pdf(prefer_css_page_size=True)
    assert len(PAGE.findall(pdf)) == len(NOTEBOOKS), "make sheets, and look at _build/html/sheets.pdf"


def test_every_picture_of_a_sheet_is_that_of_its_chapter(printed):
    drawn = """() => Promise.all([...document.querySelectorAll(".sheet img")].map(async image => {
        image.loading = "eager";
        await image.decode().catch(() => {});
        return [image.getAttribute("src"), image.naturalWidth, image.width > 0];
    }))"""
    found = printed.evaluate(drawn)
    assert len(found) == len(NOTEBOOKS)
    assert not [source for source, width, shown in found if not width or not shown]
