"""The book's settings and local extensions, tried on a book of two pages."""

import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "_ext"))
import published_at  # noqa: E402

PLACEHOLDER = "https://github.com/OWNER/REPO"
PICTURE = (  # one white pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8//8/AwAI/AL+hc2rNAAAAABJRU5ErkJggg=="
)
PAGE = "chapters/07-loss.html"
RUN = "from jupyter_book.cli.main import main; main()"
TOC = "format: jb-book\nroot: intro\nchapters:\n- file: chapters/07-loss\n"
INTRO = """\
# Welcome

To {cite}`rosenblatt1958`.

```{bibliography}
```

<a id="large-word"></a><a id="big-word"></a>**large word, big word**\\
A long one, at `https://HUB/git-pull?repo=https://github.com/OWNER/REPO&urlpath=lab/tree/REPO/chapters`.
"""
CODE = {"cell_type": "code", "id": "code", "source": "plot()", "execution_count": 1}
PRINTED = [{"output_type": "stream", "name": "stdout", "text": "fingerprint 0123456789abcdef"}]
TEXT = """\
# 7. Loss

See [Figure 7.1](#fig-white), a [word](../intro.md#big-word) of [a source](../intro.md#rosenblatt1958), {eq}`eq-one`.

*72 minutes · builds on nothing · adds nothing to nnlib*

$$ x = 1 $$ (eq-one)

$$ a &= 1 \\\\ b &= 2 $$
"""
CAPTION = '<a id="fig-white"></a>**Figure 7.1.** *Nothing* at all, [see](#fig-white).'


SOLUTION = "# @title A solution\nsolve()"
SOLVED = {"tags": ["solution", "hide-cell"], "mystnb": {"code_prompt_show": "Show a solution"}}
VERDICT = [{"output_type": "stream", "name": "stdout", "text": "1\n2\nright. It\nflows.\n"}]


def notebook(text=TEXT, caption=CAPTION):
    output = {"output_type": "display_data", "data": {"image/png": PICTURE}, "metadata": {}}
    cells = [
        {"cell_type": "markdown", "id": "text", "metadata": {}, "source": text},
        CODE | {"metadata": {"mystnb": {"image": {"alt": "White"}}}, "outputs": [output]},
        {"cell_type": "markdown", "id": "caption", "metadata": {}, "source": caption},
        CODE | {"id": "digits", "source": "digits(X)", "metadata": {}, "outputs": [output]},
        CODE | {"id": "guess", "metadata": {"tags": ["hide-output"]}, "outputs": PRINTED},
        CODE | {"id": "first", "source": "a = 1", "metadata": {"tags": ["hide-input"]}, "outputs": []},
        CODE | {"id": "second", "source": "a + 1", "metadata": {"tags": ["hide-input"]}, "outputs": PRINTED},
        {"cell_type": "markdown", "id": "below", "metadata": {}, "source": "## Exercises"},
        CODE | {"id": "solution", "source": SOLUTION, "metadata": SOLVED, "outputs": VERDICT},
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def build(folder, address=PLACEHOLDER, intro=INTRO, page=None):
    """Build a book of two pages, one of them a notebook, under the real settings; return the finished process."""
    for name in ("_static", "_ext"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("references.bib", "404.md"):
        shutil.copy(ROOT / name, folder)
    settings = (ROOT / "_config.yml").read_text(encoding="utf-8")
    settings = re.sub(r"(?m)^  url: \S+$", f"  url: {address}", settings)
    (folder / "_config.yml").write_text(settings, encoding="utf-8")
    (folder / "_toc.yml").write_text(TOC, encoding="utf-8")
    (folder / "intro.md").write_text(intro, encoding="utf-8")
    (folder / "chapters").mkdir()
    (folder / "chapters" / "07-loss.ipynb").write_text(json.dumps(page or notebook()), encoding="utf-8")
    for name in ("venv/lib/site-packages/pkg/LICENSE.md", "chapters/07-loss-Copy1.ipynb"):  # lie about, are no pages
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / ("intro.md" if name.endswith(".md") else "chapters/07-loss.ipynb"), folder / name)
    # Run in the folder: on Windows jupyter-book cannot build on another drive than the one it is run from.
    command = [sys.executable, "-c", RUN, "build", ".", "-W", "-n", "--keep-going"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace")


@pytest.fixture(scope="module", params=[PLACEHOLDER, "https://github.com/ada/engine"])
def tiny(request, tmp_path_factory):
    """The address, and the folder of the book that was built with it."""
    folder = tmp_path_factory.mktemp("book")
    done = build(folder, request.param)
    assert done.returncode == 0, done.stdout + done.stderr
    return request.param, folder / "_build" / "html"


def read(tiny, name=PAGE):
    return (tiny[1] / name).read_text(encoding="utf-8")


def test_buttons_lead_to_the_repository_or_are_not_there(tiny):
    address = tiny[0]
    found = set(re.findall(r'<a[^>]* href="(https?://[^"]*)"', read(tiny)))
    if address == PLACEHOLDER:
        assert found == set()
    else:
        assert found == {
            address,
            f"{address}/edit/main/chapters/07-loss.ipynb",
            f"{address}/issues/new?title=Issue%20on%20page%20%2F{PAGE}&body=Your%20issue%20content%20here.",
            "https://colab.research.google.com/github/ada/engine/blob/main/chapters/07-loss.ipynb",
        }


def test_addresses_to_copy_name_the_repository(tiny):
    owner, name = tiny[0].split("/")[-2:]
    said = re.sub("<[^>]*>", "", read(tiny, "intro.html"))
    assert f"https://HUB/git-pull?repo=https://github.com/{owner}/{name}&amp;urlpath=lab/tree/{name}/chapters" in said


def test_a_solution_is_folded_without_its_title_and_its_verdict_flows(tiny):
    fold = re.search(r"<details[^>]*>((?!</details>).)*Show a solution.*?</details>", read(tiny), re.DOTALL)[0]
    words = re.sub(r"<[^>]+>", "", fold)
    assert "solve()" in words and "@title" not in words
    assert "1\n2\nright. It flows." in words and re.search(r'class="[^"]*\bverdict\b', fold)


def test_the_404_page_finds_its_files_under_the_books_path(tiny):
    home = "/" if tiny[0] == PLACEHOLDER else "/engine/"
    page = read(tiny, "404.html")
    assert f'href="{home}_static/book.min.css' in page
    assert f'href="{home}_static/fonts/' in page
    assert page.count(f'href="{home}intro.html"') > 1  # around the text and in it
    assert 'href="intro.html"' not in page


def test_only_what_is_in_the_contents_becomes_a_page(tiny):
    pages = {path.relative_to(tiny[1]).as_posix() for path in tiny[1].rglob("*.html") if "_static" not in path.parts}
    assert pages == {"index.html", "intro.html", PAGE, "404.html", "search.html", "genindex.html"}


def test_previews_and_the_site_map_come_with_the_address(tiny):
    page, home = read(tiny), "https://ada.github.io/engine/"
    assert '<meta name="description" content="See Figure 7.1, a word of a source, (7.1)." />' in page
    published = tiny[0] != PLACEHOLDER
    assert (f'<link rel="canonical" href="{home}{PAGE}"' in page) == published
    assert (f'<meta property="og:url" content="{home}{PAGE}" />' in page) == published
    assert ('<meta property="og:title" content="7. Loss" />' in page) == published
    assert (tiny[1] / "sitemap.xml").exists() == published
    assert (f'<meta property="og:image" content="{home}_static/preview.png" />' in page) == published
    front = read(tiny, "index.html")  # what shows links does not follow its redirect
    assert "url=intro.html" in front and ('<meta property="og:title" content="Welcome" />' in front) == published
    assert not (tiny[1] / "robots.txt").exists()  # no robot looks for it below the root of a host
    if published:
        assert f"<loc>{home}{PAGE}</loc>" in read(tiny, "sitemap.xml")
        assert "404" not in read(tiny, "sitemap.xml")
        assert "og:" not in read(tiny, "404.html")


def test_the_preview_is_as_large_as_is_said_and_no_heavier_than_it_has_to_be():
    picture = ROOT / "_static" / "preview.png"
    with Image.open(picture) as opened:
        said = published_at.PICTURE["og:image:width"], published_at.PICTURE["og:image:height"]
        assert opened.size == (1200, 630) == tuple(map(int, said))
    assert picture.stat().st_size <= 150_000


def structured(page):
    return [json.loads(data) for data in re.findall(r'(?s)<script type="application/ld\+json">(.*?)</script>', page)]


def test_search_engines_are_told_of_a_free_course_where_there_is_an_address(tiny):
    found = structured(read(tiny)), structured(read(tiny, "intro.html"))
    assert structured(read(tiny, "404.html")) == structured(read(tiny, "search.html")) == []
    if tiny[0] == PLACEHOLDER:
        assert found == ([], [])
        return
    home = "https://ada.github.io/engine/"
    [chapter], [whole] = found
    assert (chapter["@id"], chapter["name"], chapter["timeRequired"]) == (home + PAGE, "Loss", "PT1H12M")
    assert chapter["description"] == "See Figure 7.1, a word of a source, (7.1)."
    book, course = whole["@graph"]
    assert chapter["isPartOf"]["@id"] == book["@id"] and book["hasPart"][0]["@id"] == chapter["@id"]
    assert course["timeRequired"] == course["hasCourseInstance"]["courseWorkload"] == "PT1H12M"
    assert course["image"] == home + "_static/preview.png" and course["description"] == "To [Rosenblatt, 1958]."


@pytest.fixture
def robot(tmp_path):
    """A function that has the map of a book at an address written, and returns what is said to robots, if anything."""
    def ask(home):
        (tmp_path / "intro.html").touch()
        config = SimpleNamespace(html_baseurl=home, root_doc="intro")
        published_at.map_site(SimpleNamespace(config=config, outdir=tmp_path, builder=SimpleNamespace(format="html"),
                                              env=SimpleNamespace(found_docs={"intro", "404"})), None)
        path = tmp_path / "robots.txt"
        return path.read_text(encoding="utf-8") if path.exists() else None
    return ask


def test_a_robot_is_told_of_the_map_where_it_asks(robot):
    assert robot("https://ada.github.io/engine/") is None
    assert robot("https://ada.github.io/").endswith("Sitemap: https://ada.github.io/sitemap.xml\n")


def test_there_is_one_style_sheet_of_what_is_used(tiny):
    assert re.findall(r'rel="stylesheet"[^>]*href="([^"?]*)', read(tiny)) == ["../_static/book.min.css"]
    css = read(tiny, "_static/book.min.css")
    assert ".katex-html" in css and "pst-back-to-top" in css and "--pst-color-link:" in css
    for unused in (".carousel", "@font-face{font-family:\"Font Awesome", "@import"):
        assert css.count(unused) == 0, unused
    for file in re.findall(r"url\(([^)]*woff2)\)", css):
        assert (tiny[1] / "_static" / file).exists(), file


def test_no_script_comes_before_the_page(tiny):
    assert not re.search("<script[^>]* src=", read(tiny))
    sent = set(re.findall(r'"[^" ]*/([\w.-]+\.js)', read(tiny)))
    assert {"book.js", "copybutton.js"} <= sent
    assert not sent & {"bootstrap.js", "searchindex.js", "fontawesome.js"}
    assert "copybutton.js" not in read(tiny, "intro.html")


def test_the_search_knows_the_sections_and_nothing_that_is_folded(tiny):
    """And waits until it is opened, under an address that changes with what it knows."""
    assert not re.search(r"src=\"[^\"]*/search\.js", read(tiny))
    [mark] = re.findall(r"'\.\./_static/search/search\.js\?v=(\w+)'", read(tiny))
    script = (tiny[1] / "_static" / "search" / "search.js").read_bytes()
    assert sha256(script).hexdigest()[:8] == mark
    pages = json.loads(re.search(rb"\nconst BOOK = (.*);\n", script)[1])
    [[entry]] = [page["entries"] for page in pages if page["chapter"] == "7. Loss"]  # no entry for Exercises
    assert "See Figure 7.1, a word of a source" in entry["text"] and "Nothing at all, see." in entry["text"]
    assert "digits" in entry["code"] and not {"solve", "right"} & set(re.findall(r"\w+", json.dumps(entry)))


def test_folded_sources_in_a_row_are_one_and_a_folded_output_is_an_answer(tiny):
    page = read(tiny)
    assert page.count("Show the source") == 1
    assert page.partition("Show the source")[2].partition("</details>")[0].count("<pre>") == 2
    assert page.count("Show what it prints") == 1


def test_colours_are_kept_where_they_are_what_a_figure_shows(tiny):
    assert re.findall(r'<img[^>]*class="([^"]*keeps-colours)"', read(tiny)) == ["keeps-colours"]


def test_a_fingerprint_alone_is_quiet(tiny):
    assert len(re.findall(r'class="[^"]*fingerprint', read(tiny))) == 2


def test_figures_and_formulas_are_numbered_by_chapter(tiny):
    page = read(tiny).partition("<article")[2]
    assert page.count("Figure 7.1") == 2  # the caption and the reference
    assert page.count("(7.1)") == 2


def test_a_formula_needs_no_script(tiny):
    page = read(tiny)
    assert "<math" in page and 'class="katex-html"' in page
    assert not re.search("<script[^>]*(mathjax|katex)", page, re.IGNORECASE)


def test_lines_of_a_formula_are_aligned(tiny):
    assert "<mtable" in read(tiny)


def test_a_wrong_formula_fails_the_build(tmp_path):
    """And says where it stands."""
    formulas = [r"\frac{1", r"\nosuch", "é = 1"]
    done = build(tmp_path, intro="# Welcome\n\n" + "\n".join(f"A slip: ${formula}$." for formula in formulas))
    assert done.returncode != 0
    for formula in formulas:
        said = rf"intro.md.*KaTeX parse error.* in the formula {re.escape(formula)}"
        assert re.search(said, done.stderr), done.stderr


def test_a_picture_and_the_paragraph_below_it_are_a_figure(tiny):
    [figure] = re.findall(r"(?s)<figure.*?</figure>", read(tiny))
    assert 'id="fig-white"' in figure and 'alt="White"' in figure
    assert '<span class="caption-text"><em>Nothing</em> at all, <a' in figure
    assert read(tiny).count('id="fig-white"') == 1


def test_plain_links_lead_to_figures_terms_and_sources(tiny):
    page, intro = read(tiny), read(tiny, "intro.html")
    for path, name in (("", "fig-white"), ("../intro.html", "big-word"), ("../intro.html", "rosenblatt1958")):
        assert f'href="{path}#{name}"' in page and f'id="{name}"' in page + intro


def test_a_plain_link_that_leads_nowhere_and_a_lost_caption_stop_the_build(tmp_path):
    text = "# 7. Loss\n\n[a](#fig-black), [b](../intro.md#small-word), [c](../intro.md#nobody1958)\n\n" + CAPTION
    done = build(tmp_path, page=notebook(text, "Just a remark."))
    assert done.returncode != 0
    for name in ("fig-black", "small-word", "nobody1958"):
        assert re.search(f"(target|local id) not found.*'{name}'", done.stderr), done.stderr
    assert "expected one picture above the caption fig-white, found 0" in done.stderr


def test_every_icon_is_drawn_by_the_books_own_style(tiny):
    classes = " ".join(re.findall(r'class="([^"]*)"', "".join(read(tiny, name) for name in (PAGE, "search.html"))))
    used = set(re.findall(r"(?<!\S)fa-[\w-]+", classes))
    drawn = set(re.findall(r"\.(fa-[\w-]+)", (ROOT / "_static" / "icons.css").read_text(encoding="utf-8")))
    assert len(used) > 8
    assert used <= drawn


def test_the_api_page_has_every_module_of_the_library():
    page = (ROOT / "chapters" / "api.md").read_text(encoding="utf-8")
    modules = {f"nnlib.{file.stem}" for file in (ROOT / "nnlib").glob("[!_]*")
               if file.suffix == ".py" or (file / "__init__.py").is_file()}
    assert set(re.findall(r"automodule:: (\S+)", page)) == modules
