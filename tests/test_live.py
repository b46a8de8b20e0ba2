"""Run this page: the cells of the built pages, run in a real browser and compared with what the book prints.

On every change: a chapter more in the same Python, and all that a reader can press. `make live` runs every
chapter by its button: in Chromium from a server and from a disk, and in Firefox and WebKit, where they are found;
with LIVE_BROWSERS=required, as `make release` has it, one that is not there is a failure.
"""

import os
import re
import shutil

import pytest
from notebooks import CHAPTERS, merge_streams, read, text
from test_pages import AXE, AXE_IN_THE_DARK, BOOK, PHONE, SCREEN, address, browser, need  # noqa: F401  (fixtures)

LIVE = BOOK / "live"
NAMES = sorted(path.stem for path in (LIVE / "chapters").glob("*.js"))
QUICK = [name for name in NAMES if name.startswith("12")]  # two seconds; CHAPTER runs by its button
EVERYTHING = os.environ.get("LIVE_TESTS") == "all"
PATIENCE = 600_000  # milliseconds: the longest chapter takes a minute, on a machine with other things to do many
SHOWN = """([kind, text]) => [kind, text.replace(/^.*\\r(?=[^\\n])/gm, "")]"""
FRESH = f"""cell => (cell.fresh ?? []).filter(({{kind}}) => kind !== "hint").map(({{kind, text}}) => kind === "figure" ?
    [kind, ""] : ({SHOWN})([kind, text]))"""
CELLS = f"() => document.querySelector('.live-bar').cells.map({FRESH})"
FIGURES = "[...document.querySelectorAll('figure')].map(figure => [figure.id, figure.innerText])"

# Another chapter's cells in this page's Python, each chapter in a namespace of its own.
IN_ONE_PYTHON = """async sources => {
    const worker = document.querySelector(".live-bar").worker(), results = [];
    const run = (source, id) => new Promise(done => {
        const shown = [];
        const hear = ({data}) => {
            if (data.id !== id) return;
            if (data.kind && data.kind !== "hint") {
                const last = shown.at(-1);
                if (last?.[0] === data.kind && data.kind.startsWith("std")) last[1] += data.text;
                else shown.push([data.kind, data.kind === "figure" ? "" : data.text]);
            }
            if (data.done) { worker.removeEventListener("message", hear); done(shown); }
        };
        worker.addEventListener("message", hear);
        worker.postMessage({id, source, name: `<cell ${id}>`});
    });
    await run("import sys, run_cell; run_cell.page = sys.modules['__main__']; run_cell.begin()", 0);
    for (const [place, source] of sources.entries()) results.push(await run(source, place + 1));
    await run("import sys, run_cell; sys.modules['__main__'] = run_cell.page", 0);  // what the page's cells defined
    return results;
}"""


def stored(name):
    """What the book prints, cell by cell: pairs of kind and text, of figures the kind alone."""
    return [list(shown(cell)) for cell in read(CHAPTERS / f"{name}.ipynb")["cells"] if cell["cell_type"] == "code"]


def shown(cell):
    for output in merge_streams(cell["outputs"]):
        if output["output_type"] == "stream":
            yield [output["name"], output["text"]]
        elif output["output_type"] == "error":
            yield ["error", text(output["traceback"])]
        elif "image/png" in output["data"]:
            yield ["figure", ""]
        elif "text/markdown" in output["data"]:
            yield ["markdown", text(output["data"]["text/markdown"])]
        else:
            yield ["result", text(output["data"]["text/plain"])]


def sources(name):
    """What a page runs: the cells, of the setup cell what follows the installing."""
    code = [cell for cell in read(CHAPTERS / f"{name}.ipynb")["cells"] if cell["cell_type"] == "code"]
    setup = "from nnlib import plots\nplots.use_book_style()"
    return [setup if "setup" in cell["metadata"].get("tags", ()) else text(cell["source"]) for cell in code]


def differences(found, name):
    """The cells that do not print what the book does."""
    expected = stored(name)
    assert len(found) == len(expected)
    return [(number, was, now) for number, (was, now) in enumerate(zip(expected, found), 1) if was != now]


@pytest.fixture(scope="module")
def go(browser, address):  # noqa: F811
    """A function that opens a chapter, and notes what the page asks for and what goes wrong."""
    if not NAMES:
        how = "run `python tools/get_pyodide.py` where PyPI can be reached, then `make book`"
        (need if EVERYTHING else lambda *why: pytest.skip(": ".join(why)))("the pages have no Python", how)
    context = browser.new_context(reduced_motion="reduce", color_scheme="light", viewport=SCREEN)
    context.set_default_timeout(60_000)

    def go(name, home=address):
        page = context.new_page()
        page.asked, page.trouble = [], []
        page.on("request", lambda asked: page.asked.append(asked.url))
        page.on("requestfailed", lambda asked: page.trouble.append(asked.url))
        page.on("console", lambda line: line.type in ("error", "warning") and page.trouble.append(line.text))
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.goto(f"{home}chapters/{name}.html")
        return page

    yield go
    context.close()


def press(page):
    page.get_by_role("button", name="Run this page").click()
    page.locator(".live-bar[data-open]").wait_for()


def run_all(page):
    page.get_by_role("button", name="Run all").click()
    page.locator(".live-bar[data-done]").wait_for(timeout=PATIENCE)


def cell(page, number):
    """The editor of a cell, its buttons, and what it shows."""
    index = page.evaluate("n => document.querySelector('.live-bar').cells[n - 1].index", number)
    editor = page.get_by_role("textbox", name=f"Code of cell {number}", exact=True)
    return editor, page.locator(f".source-{index} ~ .live-tools"), page.locator(f".output-{index}")


def write(page, number, source):
    editor, tools, output = cell(page, number)
    editor.fill(source)
    editor.press("Shift+Enter")
    ended = "([n, source]) => document.querySelector('.live-bar').cells[n - 1].ran === source"
    page.wait_for_function(ended, arg=[number, source])
    return tools.inner_text(), output.inner_text()


def axe(page, theme, parts, rules):
    """What axe finds in these parts of a page."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    page.wait_for_timeout(200)  # colours fade
    found = Axe().run(page, {"include": [[part] for part in parts], "exclude": [[".katex-html"]]}, rules)
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found.response["violations"]]


# A chapter with exercises and a figure that moves; cells of it: one that prints something, under a fold, the same if
# it runs again at the end; the one that draws that figure; an exercise.
CHAPTER, PRINTS, DRAWS, FIGURE, EXERCISE = "03-dot-product", 28, 11, "fig-dot-shadow", 38


@pytest.fixture(scope="module")
def page(go):
    """A chapter whose cells have run, all of them, once."""
    page = go(CHAPTER)
    page.before = list(page.asked), page.evaluate(FIGURES)
    press(page)
    run_all(page)
    return page


def test_a_page_that_is_read_loads_nothing_of_it(page, address):  # noqa: F811
    before, _ = page.before
    assert not [url for url in before if "/live/" in url]
    assert [url for url in page.asked if "/live/" in url]


def test_nothing_comes_from_another_host_and_nothing_goes_wrong(page, address):  # noqa: F811
    assert [url for url in page.asked if not url.startswith((address, "blob:", "data:"))] == []
    assert page.trouble == []


def test_every_cell_prints_what_the_book_does(page):
    assert differences(page.evaluate(CELLS), CHAPTER) == []
    cells = [cell for cell in read(CHAPTERS / f"{CHAPTER}.ipynb")["cells"] if cell["cell_type"] == "code"]
    compared = [cell for cell in cells if "exercise" not in cell["metadata"].get("tags", ())]
    printing = [cell for cell in compared if any(kind != "figure" for kind, _ in shown(cell))]
    assert page.get_by_text("the same numbers as in the book").count() == len(printing)
    assert f"{len(printing)} of {len(printing)}" in page.locator(".live-bar").inner_text()


def test_figures_keep_their_places_numbers_and_captions(page):
    assert page.evaluate(FIGURES) == page.before[1] != []
    drawn = "[...document.querySelectorAll('figure img')].every(i => i.src.startsWith('blob:') && i.naturalWidth > 100)"
    assert page.evaluate(drawn)


def test_an_exercise_answers_in_the_page(page):
    answer = "def my_product(A, B):\n    {}\n\n\ncheck('3.2', my_product)"
    for body, hint in ("return A * B", "not yet. `*` multiplies"), ("while True: A = B", "loop that does not end?"):
        assert hint in " ".join(write(page, EXERCISE, answer.format(body))[1].split())
    said, printed = write(page, EXERCISE, answer.format("return A @ B"))
    assert printed.startswith("right.") and "same numbers" not in said
    cell(page, EXERCISE)[1].get_by_role("button", name="Reset").click()


@pytest.mark.parametrize("name", QUICK or ["none"])
def test_a_quick_chapter_prints_what_the_book_does(page, name):
    assert differences(page.evaluate(IN_ONE_PYTHON, sources(name)), name) == []


def test_what_is_edited_runs_and_can_be_taken_back(page):
    editor, tools, output = cell(page, PRINTS)
    before = output.locator("pre").text_content().strip()
    said, printed = write(page, PRINTS, "for i in range(3):\n    print(i * 10)\n1 / 0")
    assert printed.split("\n") == ["0", "10", "20", "ZeroDivisionError: division by zero", "In line 3 of this cell."]
    assert "same numbers" not in said and "stopped by an error" in said
    tools.get_by_role("button", name="Reset").click()
    assert output.locator("pre").text_content().strip() == before
    editor.press("Shift+Enter")
    tools.get_by_text("the same numbers as in the book").wait_for()


def test_too_much_memory_is_refused_and_python_goes_on(page):
    said, printed = write(page, PRINTS, "import numpy as np\nones = [np.ones(10_000_000) for _ in range(7)]")
    assert "MemoryError" in printed and "512 MB" in printed
    assert "2" in write(page, PRINTS, "print(1 + 1)")[1]


def test_a_loop_without_an_end_prints_only_so_much_and_can_be_stopped(page):
    editor, tools, output = cell(page, PRINTS)
    editor.fill("while True:\n    print('again')")
    editor.press("Shift+Enter")
    output.get_by_text("(the rest is not shown)").wait_for()
    tools.get_by_role("button", name="Stop").click()
    assert write(page, PRINTS, "import keep_compiled\nprint(keep_compiled.found > 30)")[1].strip() == "True"
    write(page, PRINTS, "print('on it goes')")
    assert output.inner_text().strip() == "on it goes"
    assert "stopped" not in tools.inner_text()


def test_a_figure_that_has_been_moved_and_its_cell_leave_each_other_alone(page):
    figure = page.locator(f"#{FIGURE}")
    picture, said = figure.locator("img"), figure.locator(".movable output")
    before = picture.get_attribute("src")
    page.locator("div.cell", has=figure).locator("summary").first.click()  # its code is folded
    figure.locator("button.move").click()
    figure.get_by_role("slider", name=re.compile("Tip of x")).press("ArrowLeft")
    moved = said.inner_text()
    _, printed = write(page, DRAWS, "plt.plot([1, 3, 2])\nplt.show()\nprint('drawn anew')")
    assert said.inner_text() == moved in printed and "drawn anew" in printed
    assert not picture.is_visible() and picture.get_attribute("src") != before
    figure.get_by_role("button", name="Back to the print").click()
    assert picture.is_visible() and picture.evaluate("image => image.naturalWidth > 100")
    assert picture.get_attribute("alt") == "What your code draws"
    cell(page, DRAWS)[1].get_by_role("button", name="Reset").click()
    assert picture.get_attribute("alt") != "What your code draws"


def test_the_notebook_is_downloaded_as_edited(page):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my notebook").click()
    mine = read(download.value.path())
    book = read(CHAPTERS / f"{CHAPTER}.ipynb")
    assert download.value.suggested_filename == f"{CHAPTER}.ipynb"
    pairs = [(text(cell["source"]), text(old["source"])) for cell, old in zip(mine["cells"], book["cells"])]
    assert [source for source, old in pairs if source != old] == ["print('on it goes')"]


def test_edits_are_there_after_a_reload_until_they_are_taken_back(page):
    page.evaluate("key => localStorage.setItem(key, `print(1)`)", f"nnlib-book chapters/{CHAPTER} gone")
    page.reload()
    press(page)  # the editors come before Python does,
    page.evaluate("document.querySelector('.live-bar').worker().terminate()")  # which nothing here waits for
    editor, _, output = cell(page, PRINTS)
    assert editor.inner_text() == "print('on it goes')"
    lost = page.get_by_text("The book has changed cells that you had edited.")
    lost.click()
    assert page.locator(".live-lost pre").all_inner_texts() == ["print(1)"]
    for theme, rules in ("dark", AXE_IN_THE_DARK), ("light", AXE):
        assert axe(page, theme, [".live-lost"], rules) == []
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Back to the book").click()
    assert editor.inner_text() == sources(CHAPTER)[PRINTS - 1]
    assert lost.count() == 0
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('nnlib-book'))") == []


# Axe looks at every word of every cell, and the cells look alike: show it the first.
FIRST = """most => document.querySelectorAll("div.cell").forEach((cell, place) => {
    cell.style.display = place < most ? "" : "none";
})"""
THEMES = [("light", SCREEN, AXE), ("dark", PHONE, AXE_IN_THE_DARK)]


@pytest.mark.parametrize("theme, size, rules", THEMES, ids=["light", "dark"])
def test_axe_finds_nothing_on_a_page_that_runs(page, theme, size, rules):
    page.set_viewport_size(size)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]
    page.evaluate(FIRST, DRAWS)
    assert axe(page, theme, [".live-bar", "div.cell"], rules) == []
    page.evaluate(FIRST, 1000)


def test_the_tab_key_leaves_an_editor(page):
    editor, tools, _ = cell(page, PRINTS)
    editor.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run"


def test_without_scripts_and_on_paper_there_is_no_button(browser, address, go):  # noqa: F811
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}chapters/{CHAPTER}.html")
    assert page.locator(".live-bar").count() == 1 and not page.locator(".live-bar").is_visible()
    context.close()
    page = go(CHAPTER)
    assert page.locator(".live-bar").is_visible()
    page.emulate_media(media="print")
    assert not page.locator(".live-bar").is_visible()
    page.close()


def test_a_page_that_runs_has_no_buttons_on_paper(page):
    page.emulate_media(media="print")
    assert page.locator("article :is(button, input, .live-bar, .live-tools):visible").count() == 0
    assert page.locator("article .live-editor:visible").count() > 10  # the code is there
    page.emulate_media(media="screen")


def test_python_starts_from_a_disk(go):
    page = go(CHAPTER, f"{BOOK.as_uri()}/")
    press(page)
    page.locator(".live-bar[data-ready]").wait_for()
    assert "Python is ready." in page.locator(".live-bar").inner_text()
    assert page.trouble == []
    page.close()


def test_every_notebook_has_the_button_or_says_why_not(go):
    for path in CHAPTERS.glob("*.ipynb"):
        html = (BOOK / "chapters" / f"{path.stem}.html").read_text(encoding="utf-8")
        button, reason = ">Run this page</button>" in html, "This chapter runs in Jupyter, not on its page:" in html
        assert (button, reason) == (path.stem in NAMES, path.stem not in NAMES)


@pytest.mark.skipif(not EVERYTHING, reason="make live: an hour")
@pytest.mark.parametrize("name", NAMES or ["none"])
@pytest.mark.parametrize("home", ["server", "disk"])
def test_a_chapter_runs_by_its_button(go, address, name, home):  # noqa: F811
    page = go(name, address if home == "server" else f"{BOOK.as_uri()}/")
    press(page)
    run_all(page)
    assert differences(page.evaluate(CELLS), name) == []
    assert page.trouble == []
    page.close()


# What a reader does, for a browser that can be asked to evaluate and nothing else.
PRESS_AND_RUN_ALL = """(async () => {
    const bar = document.querySelector(".live-bar"), wait = () => new Promise(done => setTimeout(done, 100));
    const begun = performance.now();
    bar.querySelector("button").click();
    while (!bar.dataset.ready) await wait();
    const ready = performance.now() - begun;
    [...bar.querySelectorAll("button")].find(button => button.textContent === "Run all").click();
    while (!bar.dataset.done) await wait();
    return { ready, cells: bar.cells.map(FRESH) };
})()""".replace("FRESH", FRESH)


def find(variable, *names):
    """The program of a browser: the one that the variable names, or on the path; else the test is skipped, or fails."""
    program = os.environ.get(variable) or next(filter(None, map(shutil.which, names)), None)
    absent = pytest.fail if os.environ.get("LIVE_BROWSERS") == "required" else pytest.skip
    return program or absent(f"no {names[0]}: install it, or name its program in the variable {variable}")


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    from firefox import Firefox

    firefox = Firefox(find("FIREFOX", "firefox", "firefox-esr"), tmp_path_factory.mktemp("firefox"), PATIENCE / 1000)
    yield firefox
    firefox.close()


@pytest.fixture(scope="module")
def webkit():
    """Debian's webkit2gtk-driver, and xvfb where there is no screen."""
    from webkit import WebKit

    webkit = WebKit(find("WEBKIT", "WebKitWebDriver"), PATIENCE // 1000)
    yield webkit
    webkit.close()


@pytest.mark.skipif(not EVERYTHING, reason="make live: an hour")
@pytest.mark.parametrize("name", NAMES or ["none"])
@pytest.mark.parametrize("kind", ["firefox", "webkit"])
def test_a_chapter_runs_in_another_browser(request, address, kind, name):  # noqa: F811
    other = request.getfixturevalue(kind)
    other.goto(f"{address}chapters/{name}.html")
    result = other.evaluate(PRESS_AND_RUN_ALL)
    print(f"{name} ready after {result['ready'] / 1000:.1f} seconds")
    assert differences(result["cells"], name) == []
