"""The search, from a disk: what readers type leads to the right section first, and gives no answer away."""

import functools
import json
import re
from pathlib import Path

import pytest
from test_pages import AXE, AXE_IN_THE_DARK, BOOK, OVERFLOW, PHONE, ROOT, SCREEN, address, browser, need  # noqa: F401

QUERIES = [line.rsplit(" | ", 1) for line in (ROOT / "tests" / "queries.txt").read_text(encoding="utf-8").splitlines()
           if " | " in line]  # fmt: skip
SCRIPT = BOOK / "_static" / "search" / "search.js"
PAGE = "chapters/04-batches.html"

# What is below the field of the page of results, after each of some queries.
FOUND = """async queries => {
    const field = document.querySelector("main [name=q]"), box = document.querySelector("#search-results");
    const answers = {};
    for (const query of queries) {
        field.value = query;
        const shown = new Promise(done => new MutationObserver((_, watch) => { watch.disconnect(); done(); })
            .observe(box, { childList: true, subtree: true }));
        field.dispatchEvent(new Event("input", { bubbles: true }));
        await shown;
        answers[query] = {
            said: box.querySelector("[role=status]").textContent,
            text: box.innerText,
            places: [...box.querySelectorAll("li")].map(found => ({
                link: found.querySelector("a").href,
                where: found.querySelector("a").textContent,
                line: found.querySelector("p").textContent,
                marked: [...found.querySelectorAll("mark")].map(mark => mark.textContent.toLowerCase()),
            })),
        };
    }
    return answers;
}"""


@pytest.fixture(scope="module")
def pages(browser):  # noqa: F811
    """A function that opens an address on a page of its own; what the page asked for and complained of is with it."""
    if not SCRIPT.exists():
        need("the book is not built", "run `make book` first")
    context = browser.new_context(reduced_motion="reduce", color_scheme="light", viewport=SCREEN)

    def go(url):
        page = context.new_page()
        page.asked, page.trouble = [], []
        page.on("request", lambda asked: page.asked.append(asked.url))
        page.on("console", lambda line: line.type in ("error", "warning") and page.trouble.append(line.text))
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.goto(url)
        page.wait_for_function("document.documentElement.dataset.scripts")
        return page

    yield go
    context.close()


@pytest.fixture(scope="module")
def found(pages):
    """What the page of results shows for each query, opened from a disk."""
    page = pages((BOOK / "search.html").as_uri() + "?q=neuron")
    page.wait_for_selector("#search-results li a")
    more = ["xyzzy plugh", "relu", "accuracies", "gufunc"]
    answers = page.evaluate(FOUND, [query for query, _ in QUERIES] + more)
    assert page.trouble == []
    return answers


def press_until_it_opens(press, page):
    """Open the search: the theme listens to keys and buttons a moment after the page has loaded."""
    for _ in range(100):
        if page.locator("#pst-search-dialog").is_visible():
            return
        press()
        page.wait_for_timeout(50)
    pytest.fail("the search does not open")


@functools.cache
def entries():
    """All that can be found: page, anchor and what is said there."""
    text = re.search(r"^const BOOK = (.*);$", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)[1]
    return [(page["page"], entry) for page in json.loads(text) for entry in page["entries"]]


def place(link):
    """The address of a result as queries.txt writes it."""
    return re.sub(r".*/|\.html", "", link)


@pytest.mark.parametrize("query, places", QUERIES, ids=[query for query, _ in QUERIES])
def test_what_readers_type_leads_to_its_section_first(found, query, places):
    """A page named without a section stands for all of its sections."""
    first = place(found[query]["places"][0]["link"])
    assert {first, first.partition("#")[0]} & set(places.split()), first


def test_every_result_says_where_it_is_and_shows_a_line_with_the_words_marked(found):
    results = [result for answer in found.values() for result in answer["places"]]
    assert len(results) > 500
    assert all(result["line"] for result in results)
    assert [result for result in results if not result["marked"]] == []
    first = found["transpose"]["places"][0]
    assert first["where"] == "4. Batches › Why the transpose" and "transpose" in first["marked"]
    assert "In an error: gufunc" in found["gufunc"]["text"]


def test_capitals_and_plurals_find_the_same(found):
    assert "relu" in found["relu"]["places"][0]["marked"]
    assert "accuracy" in found["accuracies"]["places"][0]["marked"]


def test_the_count_is_said_and_for_nonsense_there_is_a_hint(found):
    assert found["relu"]["said"] == "25 places or more found. Enter opens the first."
    assert found["gufunc"]["said"] == f"{len(found['gufunc']['places'])} places found. Enter opens the first."
    nothing = found["xyzzy plugh"]
    assert nothing["places"] == [] and nothing["said"] == "Nothing found for “xyzzy plugh”."
    assert "Try a single word of it" in nothing["text"] and "glossary" in nothing["text"]


def test_every_entry_is_where_it_says(pages):
    @functools.cache
    def ids(page):
        return {""} | set(re.findall(r' id="([^"]+)"', (BOOK / f"{page}.html").read_text(encoding="utf-8")))

    lost = [f"{page}#{entry['at']}" for page, entry in entries() if entry.get("at", "") not in ids(page)]
    assert lost == []
    kinds = [entry["kind"] for _, entry in entries()]
    assert {"section", "word", "name", "exercise"} == set(kinds)


def test_every_chapter_word_and_name_can_be_found(pages):
    import nnlib

    titles = {entry["title"] for _, entry in entries()}
    glossary = (ROOT / "chapters" / "glossary.md").read_text(encoding="utf-8")
    words = set(re.findall(r"</a>\*\*(.+?)\*\*\\\n", glossary))
    assert len(words) > 100 and {word.replace("'", "’") for word in words} <= titles
    assert {name for name in nnlib.__all__ if isinstance(getattr(nnlib, name), type)} <= titles
    chapters = {f"chapters/{path.stem}" for path in (ROOT / "chapters").iterdir()}
    assert chapters <= {page for page, _ in entries()}


def test_what_is_folded_is_not_in_the_index(pages):
    """No line of a result gives away a hint, an explanation, a solution, or what a cell prints."""
    words = functools.partial(re.findall, r"\w+")
    index = " ".join(words(" ".join(entry["title"] + " " + entry.get("text", "") for _, entry in entries())))
    hidden = 0
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        inside = 0
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code":
                continue
            for block in re.split(r"\n\n+", source):
                if inside and len(words(block)) > 12 and not re.search(r"[$`<\[*_\"']", block):
                    hidden += 1
                    assert " ".join(words(block)) not in index, (path.name, block)
                inside += block.count("<details") - block.count("</details")
    assert hidden > 100


def test_the_index_is_small_enough():
    assert SCRIPT.stat().st_size < 800_000  # the book's text, and 86 KB of MiniSearch; with gzip a third


def test_the_keyboard_does_it_all_and_nothing_is_loaded_before(pages, address):  # noqa: F811
    page = pages(address + PAGE)
    assert not [url for url in page.asked if "search" in url]
    press_until_it_opens(lambda: page.keyboard.press("Control+k"), page)
    page.keyboard.type("dead relu")
    page.wait_for_selector("#pst-search-dialog li a")
    assert [Path(url).name.partition("?")[0] for url in page.asked if "search" in url] == ["search.css", "search.js"]
    links = page.locator("#pst-search-dialog li a")
    active = "document.activeElement.textContent || document.activeElement.name"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(active) == links.nth(0).text_content()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(active) == links.nth(1).text_content()
    for key in ("ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate(active) == "q"
    page.keyboard.press("Escape")
    assert not page.locator("#pst-search-dialog").is_visible()
    page.keyboard.press("Control+k")
    page.keyboard.press("Control+a")
    page.keyboard.type("why the transpose")
    page.keyboard.press("Enter")  # without waiting for what is found
    page.wait_for_url(address + PAGE + "#why-the-transpose")
    assert not page.locator("#pst-search-dialog").is_visible()
    assert page.trouble == []
    page.close()


def test_the_dialog_is_legible_in_both_themes_and_fits_a_phone(pages):
    from axe_playwright_python.sync_playwright import Axe

    def complaints(options):
        found = Axe().run(page, {"include": [["#pst-search-dialog"]]}, options).response["violations"]
        return [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]

    page = pages((BOOK / PAGE).as_uri())
    page.set_viewport_size(PHONE)
    press_until_it_opens(page.locator(".search-button__button:visible").first.click, page)
    page.keyboard.type("xavier")
    page.wait_for_selector("#pst-search-dialog li a")
    box = page.locator("#pst-search-dialog .found").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] and box["y"] + box["height"] <= PHONE["height"]
    assert page.evaluate(OVERFLOW, PHONE["width"]) == []
    assert complaints(AXE) == []
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert complaints(AXE_IN_THE_DARK) == []
    page.close()


def test_without_scripts_the_page_of_results_says_so(pages):
    page = (BOOK / "search.html").read_text(encoding="utf-8")
    assert "JavaScript" in re.search(r"(?s)<noscript>\s*<div.*?</noscript>", page)[0]
