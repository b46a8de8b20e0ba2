"""What every notebook must look like before it is worth executing: nbval does not ask for any of this."""

import base64
import re
import unicodedata
from pathlib import Path

import pytest
import yaml
from notebooks import (
    BRIDGES,
    CAPTION,
    CHAPTERS,
    NEED_BRIDGES,
    NEED_MNIST,
    ROOT,
    SETUP_CODE,
    address,
    normalise,
    read,
    text,
    to_json,
)

NOTEBOOKS = sorted(CHAPTERS.glob("*.ipynb"))
PAGES = [*NOTEBOOKS, *sorted(ROOT.glob("*.md")), *sorted(CHAPTERS.glob("*.md"))]
NUMBERED = [path for path in NOTEBOOKS if path.name[:2].isdigit()]
FIGURE_BYTES = 120_000
CELL_LINES, QUOTATION_LINES = 15, 30
TAGS = {"nnlib", "raises-exception", "hide-input", "hide-output", "remove-input", "remove-cell"}
TAGS |= {"exercise", "solution", "hide-cell"}
OPTIONS = {"image", "markdown_format", "code_prompt_show", "code_prompt_hide"}  # of a cell, in its metadata mystnb

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


def cells(path, kind):
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == kind]


def tags(cell):
    return cell["metadata"].get("tags", [])


def outputs(path):
    """Every output of a notebook, with its cell and the place to look for it."""
    for number, cell in enumerate(cells(path, "code"), 1):
        for output in cell["outputs"]:
            yield f"code cell {number}", cell, output


def markdown(path):
    """The text of a page, a notebook's cells one after another."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(text(cell["source"]) for cell in cells(path, "markdown"))


def prose(path):
    """The text of a page without its code, mathematics and comments."""
    page = re.sub(r"```.*?```|<!--.*?-->|\$\$.*?\$\$", "", markdown(path), flags=re.DOTALL)
    return re.sub(r"`[^`\n]*`|\$[^$\n]+\$", "", page)


@each_notebook
def test_is_stored_in_its_normal_form(path):
    stored = path.read_text(encoding="utf-8")
    assert stored == to_json(normalise(read(path))), f"run: python tools/execute.py chapters/{path.name}"


@each_notebook
def test_every_cell_was_executed_in_order(path):
    counts = [cell["execution_count"] for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1)), f"run: python tools/execute.py chapters/{path.name}"


@each_notebook
def test_cell_ids_are_unique(path):
    ids = [cell.get("id") for cell in read(path)["cells"]]
    assert len(ids) == len(set(ids))


@each_notebook
def test_begins_with_the_setup_cell(path):
    first, *others = cells(path, "code")
    assert tags(first) == ["setup", "remove-cell"], f"run: python tools/execute.py chapters/{path.name}"
    assert text(first["source"]) == SETUP_CODE.format(address=address()), "run: make address URL=..."
    assert first["outputs"] == []
    assert not any("setup" in tags(cell) for cell in others)


@each_notebook
def test_errors_are_where_they_are_meant_to_be(path):
    for number, cell in enumerate(cells(path, "code"), 1):
        failed = any(output["output_type"] == "error" for output in cell["outputs"])
        assert failed == ("raises-exception" in tags(cell)), f"code cell {number}"


@each_notebook
def test_shows_nothing_of_the_machine_it_ran_on(path):
    telltale = re.compile(
        r"\b0x[0-9a-f]{6,}|(?<![\w.])/(home|Users|root|tmp|private|usr|opt|var|mnt|work|content)/"
        r"|\b[A-Z]:\\|site-packages|ipykernel|\x1b\["
    )
    for where, _, output in outputs(path):
        assert output.get("name") != "stderr", f"{where} stores output on stderr"
        shown = [output.get("text", ""), output.get("traceback", "")]
        shown += [value for kind, value in output.get("data", {}).items() if "image/" not in kind]
        found = telltale.search("\n".join(map(text, shown)))
        assert not found, f"{where} stores {found[0]!r}"


@each_notebook
def test_figures_are_described_captioned_and_small(path):
    notebook = read(path)["cells"]
    for number, (cell, below) in enumerate(zip(notebook, [*notebook[1:], {"source": ""}]), 1):
        kinds = [kind for output in cell.get("outputs", ()) for kind in output.get("data", {}) if "image/" in kind]
        options, caption = cell["metadata"].get("mystnb", {}), CAPTION.match(text(below["source"]))
        described = {"image", "figure"} & set(options)
        assert described == ({"image"} if kinds else set()), f"cell {number}: mystnb.image, and only for a figure"
        assert bool(kinds) == bool(caption), f"cell {number}: a figure and a caption below it (_ext/captions.py)"
        assert kinds in ([], ["image/png"]), f"cell {number}: one figure a cell, stored as PNG, not {kinds}"
        if kinds:
            alt, words = options["image"].get("alt", ""), text(below["source"])[caption.end() :].strip()
            assert len(alt) > 20, f"cell {number}: no mystnb.image.alt that says what the figure shows"
            assert words and "\n\n" not in words, f"cell {number + 1}: a caption is one paragraph"
            assert alt != words, f"cell {number}: the alt text repeats the caption"
            data = next(output["data"] for output in cell["outputs"] if "image/png" in output.get("data", {}))
            size = len(base64.b64decode(data["image/png"]))
            assert size < FIGURE_BYTES, f"cell {number}: a figure of {size:,} bytes"


def captions():
    """Every figure of the book: its notebook, the words that name it, its anchor."""
    for path in NOTEBOOKS:
        for cell in cells(path, "markdown"):
            if caption := CAPTION.match(text(cell["source"])):
                yield path.name, caption[0].split("**")[1].rstrip("."), caption[2]


def test_figure_names_are_unique_in_the_book():
    names = [name for _, _, name in captions()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name, begin", [("references.bib", "@"), ("chapters/glossary.md", "<a id=")])
def test_an_empty_line_parts_the_entries_that_merges_put_side_by_side(name, begin):
    assert re.findall(rf".+\n{begin}.*", (ROOT / name).read_text(encoding="utf-8")) == []


@each_page
def test_links_to_figures_and_sources_say_what_they_lead_to(path):
    figures = {f"{file}#{name}": number for file, number, name in captions()}
    for words, target, anchor in re.findall(r"\[([^\]\n]+)\]\(([\w.-]*)#([\w-]+)\)", markdown(path)):
        if anchor.startswith("fig-"):
            number = figures.get(f"{target or path.name}#{anchor}", "nothing")
            assert number.lower() in words.lower(), f"[{words}] leads to {number}"
        elif target == "references.md":
            author, year = re.fullmatch(r"([a-z]+)(\d+)", anchor).groups()
            said = "".join(filter(str.isalnum, unicodedata.normalize("NFD", words).lower()))
            assert said.startswith(author) and said.endswith(year), f"[{words}] leads to {anchor}"


def needs(path):
    """What a notebook says that it needs beside the book's own packages."""
    if path.stem in NEED_BRIDGES:
        return {"needs": "bridges"}
    return {"needs": "mnist"} if path.stem in NEED_MNIST else {}


@each_notebook
def test_readers_see_what_is_compared_and_nothing_else(path):
    nb = read(path)
    assert nb["metadata"].get("nnlib", {}) == needs(path)
    assert "mystnb" not in nb["metadata"], "a setting for the whole notebook"
    for number, cell in enumerate(nb["cells"], 1):
        kind = cell["cell_type"]
        assert kind in ("code", "markdown"), f"cell {number} is {kind}: nothing runs it, and pages pass it on as it is"
        allowed = TAGS if kind == "code" else set()
        assert "setup" in tags(cell) or set(tags(cell)) <= allowed, f"cell {number}: {set(tags(cell)) - allowed}"
        others = set(cell["metadata"].get("mystnb", {})) - OPTIONS
        assert not others, f"cell {number}: mystnb has {others}"
        assert not (kind == "markdown" and re.search(r"(?i)<(script|style|iframe|img)", text(cell["source"])))


@each_notebook
def test_who_loads_all_of_mnist_says_so_and_nobody_else(path):
    loads = any("load_mnist(" in text(cell["source"]) for cell in cells(path, "code"))
    assert loads == (path.stem in NEED_MNIST), "NEED_MNIST in tools/notebooks.py lists the notebooks that load it"


@each_notebook
def test_who_imports_another_framework_says_so_and_nobody_else(path):
    imported = re.compile(rf"(?m)^\s*(import|from) ({'|'.join(BRIDGES)})\b")
    imports = any(imported.search(text(cell["source"])) for cell in cells(path, "code"))
    assert imports == (path.stem in NEED_BRIDGES), "NEED_BRIDGES in tools/notebooks.py lists the notebooks that do"


@each_notebook
def test_code_cells_are_short_and_hide_nothing_from_the_tests(path):
    for number, cell in enumerate(cells(path, "code"), 1):
        source = text(cell["source"])
        most = QUOTATION_LINES if {"nnlib", "solution"} & set(tags(cell)) else CELL_LINES
        is_folded = {"hide-input", "remove-input"} & set(tags(cell))
        assert ("hide-cell" in tags(cell)) == ("solution" in tags(cell)), f"code cell {number}: no solution, yet hidden"
        assert is_folded or source.count("\n") < most, f"code cell {number} has more than {most} lines"
        assert not source.rstrip().endswith(";"), f"code cell {number} ends in ';': end with plt.show()"
        unfit = re.search(r"(?m)^\s*[%!].*|clear_output|NBVAL_|PYTEST_VALIDATE", source)
        assert "setup" in tags(cell) or not unfit, f"code cell {number} has {unfit[0]!r}: it cannot be compared"


@each_notebook
def test_has_one_title_and_no_empty_heading(path):
    page = re.sub(r"```.*?```", "", book_order(path), flags=re.DOTALL)
    headings = [(len(match[1]), match.end(), match[2]) for match in re.finditer(r"(?m)^(#+) (.+)$", page)]
    assert [level for level, _, _ in headings].count(1) == 1 and headings[0][0] == 1
    following = [*headings[1:], (1, None, "")]
    for (level, end, title), (next_level, next_end, next_title) in zip(headings, following):
        below = page[end:next_end].removesuffix(f"{'#' * next_level} {next_title}").strip()
        assert below or next_level > level, f"nothing below the heading {title!r}"
        assert next_level <= level + 1, f"{next_title!r} skips a level"


def book_order(path):
    """The markdown of a notebook with a word for each code cell, so that these count as content."""
    return "\n\n".join(
        text(cell["source"]) if cell["cell_type"] == "markdown" else "(code)" for cell in read(path)["cells"]
    )


@each_chapter
def test_has_the_form_of_a_chapter(path):
    page = markdown(path)
    title, promise, line, *_ = page.split("\n\n")
    assert re.match(rf"# {int(path.name[:2])}\. \S", title), "the title begins with the number: '# 3. ...'"
    assert re.fullmatch(r"[^#*].*\.", promise, re.DOTALL), "below the title, a sentence of promise"
    assert re.fullmatch(r"\*\d+ minutes · builds on .+ · adds .+\*", line.replace("\n", " ")), (
        f"expected '*12 minutes · builds on ... · adds ...*', got {line!r}"
    )
    assert re.search(r"(?m)^## What you can do now$", page)
    assert re.match(r"\*Next: \[.+\]\(.+\).*\*$", page.split("\n\n")[-1]), "ends in '*Next: [...](...)*'"


@each_page
def test_prose_promises_nothing_and_shouts_nowhere(path):
    page = prose(path)
    assert not re.findall(r"(?i)\b(?:simply|obviously|trivially)\b", page)
    assert not re.findall(r".{0,30}[\w)\"”]!(?=\s|$|[)\"”*_])", page)


def test_the_table_of_contents_has_every_chapter_and_no_other():
    def files(node):
        if isinstance(node, dict):
            yield from (node[key] for key in ("root", "file") if key in node)
            node = list(node.values())
        for child in node if isinstance(node, list) else ():
            yield from files(child)

    listed = list(files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))))
    assert len(listed) == len(set(listed))
    missing = [name for name in listed if not list(ROOT.glob(f"{name}.*"))]
    assert not missing, f"in _toc.yml, but not on disk: {missing}"
    on_disk = {path.relative_to(ROOT).with_suffix("").as_posix() for path in PAGES if path.parent == CHAPTERS}
    assert on_disk <= set(listed), f"on disk, but not in _toc.yml: {on_disk - set(listed)}"
    elsewhere = [name for name in listed if (ROOT / f"{name}.ipynb").exists() and name not in on_disk]
    assert not elsewhere, f"notebooks that no test looks at, for they are not in chapters/: {elsewhere}"


def test_chapters_follow_one_another_in_the_contents():
    listed = re.findall(r"file: (chapters/\d\d-[\w-]+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert listed == sorted(listed)
    for here, there in zip(listed, listed[1:]):
        last = markdown(ROOT / f"{here}.ipynb").split("\n\n")[-1]
        assert f"({Path(there).name}.ipynb)" in last, f"{here} does not end in a link to {there}: {last}"
