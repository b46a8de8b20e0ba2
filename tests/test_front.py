"""The front page, the ten questions and the page for teachers: what they say is true, what can be pressed works."""

import contextlib
import io
import json
import math
import os
import re
import sys

import numpy as np
import pytest
from PIL import Image
from test_pages import AXE, AXE_IN_THE_DARK, BOOK, OVERFLOW, PHONE, ROOT, SCREEN, browser, need  # noqa: F401

from nnlib import Dense, ReLU, Sequential, numerical_gradient, softmax

sys.path.append(str(ROOT / "_ext"))
import by_chapter  # noqa: E402

CHAPTERS = ROOT / "chapters"
NOTEBOOKS = sorted(CHAPTERS.glob("[0-9][0-9]-*.ipynb"))
INTRO = (ROOT / "intro.md").read_text(encoding="utf-8")
CLASS = (CHAPTERS / "for-a-class.md").read_text(encoding="utf-8")
TEST = (CHAPTERS / "where-to-begin.md").read_text(encoding="utf-8")
QUESTION = r"\*\*(\d+)\.\*\* (.+)\n\n((?:- .+\n)+)\n<details>.*\n\n\*\*(.+?)\*\*.*?\[Chapter (\d+)\]\("
QUESTIONS = re.findall(QUESTION, TEST)
CODE, PRINTED = re.findall(r"```\{code-block\} \w+\n(?::class: [^\n]+\n)?(.*?)```", INTRO, re.DOTALL)


def head(path):
    return "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])


def minutes(first, last):
    these = [head(path) for path in NOTEBOOKS if first <= int(path.name[:2]) <= last]
    return sum(int(re.search(r"(\d+) minutes", text)[1]) for text in these)


def words(path):
    """A built page without its tags."""
    if not path.exists():
        need("the book is not built", "run `make book` first")
    text = path.read_text(encoding="utf-8")
    return " ".join(re.sub("<[^>]+>|&nbsp;", " ", text[text.index("<article") :]).split())


# ---- What the pages say of chapters


def test_the_chapters_are_read_as_their_first_cells_say():
    known = by_chapter.chapters(CHAPTERS)
    assert [chapter["name"] for chapter in known.values()] == [path.name for path in NOTEBOOKS]
    for path, chapter in zip(NOTEBOOKS, known.values()):
        line = next(line for line in head(path).splitlines() if " minutes · " in line)
        assert line.startswith(f"*{chapter['minutes']} minutes")
        assert chapter["before"] == [int(n) for n in re.findall(r"\((\d\d)-", line)]
        assert all(before < int(path.name[:2]) for before in chapter["before"])


@pytest.mark.parametrize(("first", "last"), [(1, 9), (10, 16), (17, 22), (23, 26), (27, 28), (1, 28)])
def test_the_minutes_of_a_part_are_those_of_its_chapters(first, last):
    assert f"<!-- minutes {first}-{last} -->" in INTRO
    said = by_chapter.minutes_of(by_chapter.chapters(CHAPTERS), first, last)
    hours, rest = re.search(r"(?:(\d+) h)? ?(?:(\d+) min)? to read", said).groups() if said else (0, 0)
    assert 60 * int(hours or 0) + int(rest or 0) == minutes(first, last)


def test_fourteen_weeks_hold_every_chapter_once():
    weeks = [(int(first), int(last)) for first, last in re.findall(r"<!-- week (\d+)-(\d+) -->", CLASS)]
    assert len(weeks) == 14
    assert [n for first, last in weeks for n in range(first, last + 1)] == list(range(1, 29))


def test_a_week_counts_its_reading_and_its_exercises():
    texts = " ".join(path.read_text(encoding="utf-8") for path in NOTEBOOKS[:3])
    tasks = [int(number) for number in re.findall(r"★ · (\d+) minutes", texts)]
    exercises = list(by_chapter.headings(CHAPTERS))
    links, read, done = by_chapter.week_of(by_chapter.chapters(CHAPTERS), exercises, 1, 3, "").split(" | ")
    assert links == "[1](01-neuron.ipynb), [2](02-layer.ipynb), [3](03-dot-product.ipynb)"
    assert read == f"{minutes(1, 3)}&nbsp;min"
    assert done == f"{len(tasks)}:&nbsp;{sum(tasks)}&nbsp;min"


def test_chapters_that_are_not_written_are_left_out(tmp_path):
    (tmp_path / NOTEBOOKS[0].name).write_bytes(NOTEBOOKS[0].read_bytes())
    known = by_chapter.chapters(tmp_path)
    assert list(known) == [1]
    assert by_chapter.minutes_of(known, 27, 28) == ""
    assert by_chapter.week_of(known, [], 27, 28, "") == " |  | "
    assert by_chapter.find_figure(tmp_path, "fig-training-spiral") is None


def test_the_map_links_every_chapter_and_has_an_arc_for_each_that_it_builds_on():
    known = by_chapter.chapters(CHAPTERS)
    said = by_chapter.map_of(known, {1: "I · Forward"}, "chapters/")
    assert re.findall(r"\(chapters/([\w-]+\.ipynb)\)", said) == [path.name for path in NOTEBOOKS]
    assert said.count("<path") == sum(len(chapter["before"]) for chapter in known.values())
    line = next(line for line in said.splitlines() if "(chapters/24-" in line)
    assert line.endswith("min, builds on 17 and 23*")
    assert "builds on 13, 15 and 18*" in said


def test_built_pages_hold_what_was_to_be_filled_in():
    front, weeks = words(BOOK / "intro.html"), words(BOOK / "chapters" / "for-a-class.html")
    for first, last in [(1, 9), (10, 16), (17, 22)]:
        assert f"{last - first + 1} chapters, {by_chapter.duration(minutes(first, last))} to read" in front
    assert f" {minutes(1, 3)} min " in weeks
    for page in ("intro.html", "chapters/for-a-class.html"):
        assert not re.search("<!-- (map|minutes|week|picture)", (BOOK / page).read_text(encoding="utf-8"))


def test_the_pictures_are_small_sized_and_described():
    page = (BOOK / "intro.html").read_text(encoding="utf-8")
    sized = r'<img src="(_static/parts/[^"]+)" width="(\d+)" height="(\d+)" loading="lazy"[^>]* alt="([^"]+)"'
    pictures = re.findall(sized, page)
    known = [name for name in re.findall("<!-- picture (.+?) -->", INTRO) if by_chapter.find_figure(CHAPTERS, name)]
    assert [path for path, *_ in pictures] == [f"_static/parts/{name}.png" for name in known]
    assert len(known) >= 4
    for path, width, height, alt in pictures:
        with Image.open(BOOK / path) as picture:
            assert picture.size == (int(width), int(height))
        assert (BOOK / path).stat().st_size <= 25_000
        assert len(alt.split()) > 8


# ---- The training of the front page


def test_the_training_prints_what_stands_below_it_and_in_chapter_15():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(CODE, {})
    assert out.getvalue() == PRINTED
    cells = json.loads((CHAPTERS / "15-training.ipynb").read_text(encoding="utf-8"))["cells"]
    said = ["".join(out.get("text", "")) for cell in cells for out in cell.get("outputs", ())]
    assert PRINTED in said


# ---- The ten questions


def answers():
    """The right answers, computed."""
    rng = np.random.default_rng(0)
    X, W, b = rng.standard_normal((5, 3)), rng.standard_normal((3, 4)), rng.standard_normal(4)
    layer, network = Dense(3, 4, rng=rng), Sequential(Dense(2, 64, rng=rng), ReLU(), Dense(64, 5, rng=rng))
    dy, scores = rng.standard_normal((5, 4)), rng.standard_normal((1, 3))
    twice = (X @ W) @ W.T
    assert np.allclose(twice, X @ (W @ W.T))
    assert np.allclose(softmax(scores), softmax(scores + 100))
    assert np.allclose(X.T @ dy, numerical_gradient(lambda W: ((X @ W) * dy).sum(), W))
    yield f"{2 * 1 + -1 * 4 + 3}"
    yield f"{layer.W.data.size} weights and {layer.b.data.size} biases"
    yield f"{np.array([1, 2, 3]) @ np.array([4, 5, 6])}"
    yield f"an array of shape {(X @ W + b).shape}"
    yield "nothing"
    yield "the same probabilities as before"
    yield f"{-math.log(0.5):.2f}"
    yield f"{sum(parameter.data.size for parameter in network.parameters())}"
    yield f"{3.001**2 - 3**2:.3f}"
    yield "x.T @ dy"


def test_every_answer_is_true_and_one_of_the_choices():
    assert [right for *_, right, _ in QUESTIONS] == list(answers())
    for _, _, choices, right, _ in QUESTIONS:
        choices = [choice.removeprefix("- ") for choice in choices.splitlines()]
        assert len(choices) == len(set(choices)) == 3
        assert choices.count(right) == 1


def test_ten_questions_in_the_order_of_the_chapters_with_the_right_answer_anywhere():
    assert [int(number) for number, *_ in QUESTIONS] == list(range(1, 11))
    places = [choices.splitlines().index(f"- {right}") for _, _, choices, right, _ in QUESTIONS]
    assert set(places) == {0, 1, 2}
    begins = [int(chapter) for *_, chapter in QUESTIONS]
    assert begins == sorted(begins)
    assert begins[7] == 9 and begins[8] == 10, "the first eight ask for the forward pass"


@pytest.fixture(scope="module")
def go(browser):  # noqa: F811
    """A function that opens a page of the book from the disk, and notes what it asks for and what goes wrong."""
    if not (BOOK / "intro.html").exists():
        need("the book is not built", "run `make book` first")
    context = browser.new_context(reduced_motion="reduce", color_scheme="light", viewport=SCREEN)
    context.set_default_timeout(60_000)

    def go(name):
        page = context.new_page()
        page.asked, page.trouble = [], []
        page.on("request", lambda asked: page.asked.append(asked.url))
        page.on("console", lambda line: line.type in ("error", "warning") and page.trouble.append(line.text))
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.goto((BOOK / name).as_uri())
        return page

    yield go
    context.close()


@pytest.fixture(scope="module")
def questions(go):
    return go("chapters/where-to-begin.html")


@pytest.fixture(scope="module")
def front(go):
    return go("intro.html")


def answer(page, wrong=(), unknown=()):
    for number, _, choices, right, _ in QUESTIONS:
        other = next(choice[2:] for choice in choices.splitlines() if choice[2:] != right)
        text = other if int(number) in wrong else "I do not know" if int(number) in unknown else right
        page.locator("fieldset").nth(int(number) - 1).get_by_label(text, exact=True).check()
    return page.locator(".begin-with")


@pytest.mark.parametrize(
    ("wrong", "unknown", "said", "chapter"),
    [
        ((), (), "10 of 10 are right. Begin with chapter 13.", "13-gradient-checking"),
        ((9, 10), (), "8 of 10 are right. Begin with chapter 10.", "10-derivatives"),
        ((10,), (4, 6), "7 of 10 are right. Begin with chapter 4.", "04-batches"),
        ((1,), (), "9 of 10 are right. Begin with chapter 1.", "01-neuron"),
    ],
)
def test_the_questions_say_where_to_begin(questions, wrong, unknown, said, chapter):
    result = answer(questions, wrong, unknown)
    assert result.inner_text() == said
    assert result.get_by_role("link").get_attribute("href").endswith(f"/chapters/{chapter}.html")
    assert questions.trouble == []


def test_questions_left_out_are_counted(go):
    page = go("chapters/where-to-begin.html")
    assert page.locator(".begin-with").inner_text() == "0 of 10 answered."
    page.get_by_label("32", exact=True).check()
    assert page.locator(".begin-with").inner_text() == "1 of 10 answered."
    page.close()


def test_without_scripts_there_are_ten_folded_answers_and_nothing_that_does_not_work(browser):  # noqa: F811
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((BOOK / "chapters/where-to-begin.html").as_uri())
    assert page.locator(".self-test details:visible").count() == page.locator(".self-test ul:visible").count() == 10
    assert page.locator(".self-test input").count() == 0
    page.goto((BOOK / "intro.html").as_uri())
    assert page.locator("article button:visible, article .draw:visible").count() == 0
    assert page.locator(".map li a:visible").count() == len(NOTEBOOKS)
    context.close()


# ---- What can be pressed on the front page


def test_nothing_that_a_button_loads_is_loaded_before_it_is_pressed(front):
    assert [url for url in front.asked if "/html/live/" in url or "_static/digit/" in url] == []


def test_arcs_end_at_the_chapters(front):
    """The rows are equally high, so that the drawing behind them meets the dots; also where a row is two lines."""
    off = """() => {
        const svg = document.querySelector(".map svg").getBoundingClientRect();
        const rows = [...document.querySelectorAll(".map li")], high = svg.height / rows.length;
        return Math.max(...rows.map((row, i) => {
            const { top, height } = row.getBoundingClientRect(), says = row.firstElementChild.getBoundingClientRect();
            return Math.max(Math.abs(top + height / 2 - svg.top - (i + 0.5) * high), says.height - height);
        }));
    }"""
    for size in SCREEN, PHONE:
        front.set_viewport_size(size)
        assert front.evaluate(off) < 2
    front.set_viewport_size(SCREEN)


def test_a_digit_drawn_on_the_front_page_is_read(front):
    front.get_by_role("button", name="Draw one yourself, here").click()
    front.get_by_role("button", name="Example: a 3").click()
    assert front.locator(".draw-says").inner_text().startswith("3")
    assert front.locator(".draw-most .draw-digit").inner_text() == "3"
    front.set_viewport_size(PHONE)
    assert front.evaluate(OVERFLOW, PHONE["width"]) == []
    front.set_viewport_size(SCREEN)


def train(page):
    if not (BOOK / "live" / "page.js").exists():
        pytest.skip("the pages have no Python: run `python tools/get_pyodide.py` where PyPI can be reached")
    page.get_by_role("button", name="Train it here").click()
    page.locator(".live-bar[data-done]").wait_for(timeout=300_000)
    assert page.locator(".output-0").inner_text().split() == PRINTED.split()
    assert page.get_by_text("the same numbers as in the book").count() == 1
    assert page.trouble == []


@pytest.mark.skipif(os.environ.get("LIVE_TESTS") != "all", reason="make live: it trains as long as a reader does")
def test_the_training_leaves_the_same_fingerprint_in_the_page(go):
    page = go("intro.html")
    train(page)
    page.close()


def test_the_training_runs_in_the_page_and_is_compared(front):
    """As a reader's edit of an earlier visit: it trains for one epoch, and prints what a thousand would."""
    edit = CODE.replace("epochs=1000", "epochs=1").partition("print(")[0] + f"print({PRINTED.strip()!r})"
    assert "epochs=1)" in edit
    front.evaluate("code => localStorage.setItem('nnlib-book intro training', code)", edit)
    train(front)
    editor = front.get_by_role("textbox", name="Code of cell 1")
    assert editor.inner_text().split() == edit.split()
    assert "mono" in editor.evaluate("e => getComputedStyle(e).fontFamily")
    front.get_by_role("button", name="Reset cell 1").click()
    assert editor.inner_text().split() == CODE.split()
    editor.fill('print("94% right")\nprint("daa0fa8a809a42f2")')
    editor.press("Shift+Enter")
    front.get_by_text("daa0fa8a809a42f2", exact=False).last.wait_for()
    front.wait_for_function("document.querySelector('.live-bar').cells[0].ran?.includes('42f2')")
    assert front.get_by_text("the same numbers as in the book").count() == 0
    assert front.trouble == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_the_buttons_have_opened(front, questions, theme):
    from axe_playwright_python.sync_playwright import Axe

    for page in front, questions:
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        options = AXE if theme == "light" else AXE_IN_THE_DARK
        found = Axe().run(page, {"include": [["article"]]}, options).response["violations"]
        assert [f"{rule['id']} {node['html'][:150]}" for rule in found for node in rule["nodes"]] == []
