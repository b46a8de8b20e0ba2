"""The book as a PDF and an EPUB: what they hold, where links lead, what is refused. `make pdf` makes all of it."""

import os
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Error, sync_playwright

REQUIRED = os.environ.get("BROWSER_TESTS") == "required"
if not REQUIRED:
    pytest.importorskip("pikepdf", reason="make pdf installs pikepdf: pip install -r tools/pdf.txt")

import check_pdf  # noqa: E402
import make_epub  # noqa: E402
import make_pdf  # noqa: E402
import pikepdf  # noqa: E402
from chromium import launch_options  # noqa: E402

sys.path.append(str(Path(__file__).parents[1] / "_ext"))
from whole_book import with_entry  # noqa: E402

PAGES = {"intro.html", "chapters/01-one.html", "chapters/02-two.html"}
NAV = """<nav class="bd-links"><p class="caption"><span>I · Forward</span></p><ul>
<li><a class="reference internal" href="chapters/01-one.html">1. One</a></li></ul>
<p class="caption"><span>II · Back</span></p><ul>
<li><a class="reference internal" href="chapters/02-two.html">2. Two</a></li>
<li><a class="reference internal" href="chapters/draw-a-digit.html">Draw a digit</a></li></ul></nav>"""
PAGE = """<html><head><title>{title} — The book</title><link rel="stylesheet" href="_static/book.min.css?v=1" /></head>
<body>{nav}<article class="bd-article"><section id="top"><h1>{title}<a class="headerlink" href="#top">#</a></h1>
{text}</section></article><div class="extra_footer">Free.</div></body></html>"""
FIGURE = """<figure id="fig-a"><a href="../_images/a.png"><img loading="lazy" alt="A" src="../_images/a.png"/></a>
<figcaption><p><span class="caption-number">Figure 1.1 </span>A</p></figcaption></figure>"""
FORMULA = r"""<span class="katex"><span class="katex-mathml"><math><annotation>\sigma</annotation></math></span>
<span class="katex-html">σ</span></span>"""
FOLDED = """<div class="cell tag_hide-input tag_hide-output"><details class="hide above-input">
<summary>Show the source</summary><pre>draw()</pre></details>
<details class="hide below-input"><summary>Show</summary>drawn</details></div>
<div class="cell tag_hide-input"><details class="above-input hide"><summary>Show</summary>
<pre>only_code()</pre></details></div>
<div class="cell tag_hide-output"><pre>ask()</pre><details class="below-input hide">
<summary>Show what it prints</summary><div class="cell_output">42</div></details></div>"""
EXERCISE = """<section id="exercise-1-1"><h2>Exercise 1.1: a <em>sum</em></h2><p>Add.</p><pre>...</pre>
<details class="answer"><summary>A hint</summary><p>Look at <a href="02-two.html#top">the next</a>.</p>
<details class="answer"><summary>The explanation</summary><p>It is 3.</p></details></details>
<div class="cell tag_solution tag_hide-cell"><details class="hide"><summary>
<p class="collapsed">Show a solution</p><p>Hide it</p></summary><pre>1 + 2</pre></details></div>
</section>"""


def article(text, page="chapters/01-one.html", **options):
    return make_pdf.for_paper(make_pdf.parse(f"<article>{text}</article>").article, page, PAGES, **options)


def test_the_contents_are_those_beside_the_pages_less_what_needs_a_browser():
    found = make_pdf.contents(NAV)
    assert found == [("I · Forward", ["chapters/01-one.html"]), ("II · Back", ["chapters/02-two.html"])]


@pytest.mark.parametrize("link, home, leads", [
    ("#here", "", "#chapters-01-one--here"),
    ("02-two.html#fig-b", "", "#chapters-02-two--fig-b"),
    ("../intro.html", "", "#intro"),
    ("https://example.org/a#b", "", "https://example.org/a#b"),
    ("draw-a-digit.html", "https://a.b/book/", "https://a.b/book/chapters/draw-a-digit.html"),
    ("draw-a-digit.html", "", None),
])  # fmt: skip
def test_a_link_leads_to_its_place_in_the_one_document_or_to_the_published_page_or_is_none(link, home, leads):
    assert make_pdf.address(link, "chapters/01-one.html", PAGES, home) == leads


@pytest.mark.parametrize("text, printed", [
    ('In <a href="02-two.html#fig-b">chapter 2</a>, so.', "In chapter 2 (page 000), so."),
    ('So (<a href="02-two.html">it</a>, <a href="../intro.html">here</a>).', "So (it, page 000, here, page 000)."),
    ('One (or two) <a href="02-two.html">here</a>', "One (or two) here (page 000)"),
    ('<a href="#fig-a">Figure 1.1</a>', "Figure 1.1"),
    ('<a href="https://example.org">there</a>', "there"),
    ('a <a href="glossary.html#word">word</a>', "a word"),
    ('<h2>After <a href="02-two.html">two</a></h2>', "After two"),
])  # fmt: skip
def test_a_reference_to_another_chapter_says_on_which_page(text, printed):
    pages = PAGES | {"chapters/glossary.html"}
    text = make_pdf.parse(f"<article><p>{text}</p></article>").article
    assert make_pdf.for_paper(text, "chapters/01-one.html", pages).get_text() == printed


def test_what_is_folded_for_a_guess_is_shown_and_how_a_figure_was_drawn_is_not():
    text = article(FOLDED + "<button>Run</button><p class='live-bar'>Run this page</p>")
    said = text.get_text(" ", strip=True)
    assert said.split() == ["drawn", "ask()", "42"]
    assert len(text.select(".cell")) == 2  # none is left empty
    assert not text.select("details, summary")


def test_a_formula_is_read_aloud_as_it_was_written():
    [formula] = article(f'<a href="#b">{FORMULA}</a>').select("a .katex")
    assert formula.img["alt"] == r"\sigma" and formula.img["src"].startswith("data:")
    assert formula.get_text(strip=True) == "σ"


def test_a_figure_keeps_its_number_and_its_words_and_is_no_link():
    text = article(FIGURE)
    assert text.img.attrs == {"alt": "A", "src": "../html/_images/a.png"}
    assert not text.select("a") and text.figure["id"] == "chapters-01-one--fig-a"
    assert "Figure 1.1 A" in text.get_text()


def test_answers_move_and_references_lead_both_ways():
    text = article(EXERCISE)
    [answer] = make_pdf.take_answers(text)
    answer, here = make_pdf.parse(answer).section, "chapters-01-one--exercise-1-1"
    asked = text.select_one(".answer-on a")
    assert asked.get_text() == "A hint, the explanation, a solution: page 000"
    assert asked["href"] == "#" + answer["id"]
    assert answer.select_one(".back a")["href"] == "#" + asked.parent["id"]
    assert asked.find_parent("section")["id"] == here
    assert [kind.get_text() for kind in answer.select(".kind")] == ["A hint", "The explanation", "A solution"]
    assert "1 + 2" in answer.get_text() and "It is 3." in answer.get_text() and "a sum" in answer.h3.get_text()
    assert "1 + 2" not in text.get_text() and "It is 3." not in text.get_text() and "Add." in text.get_text()


def test_an_answer_outside_the_exercises_moves_too():
    asked = "<p>{}?</p><details><summary>The answer</summary>{}.</details>"
    text = article(f'<section id="top"><h1>One</h1>{asked.format("Why", "So")}{asked.format("How", "Thus")}</section>')
    first, second = make_pdf.take_answers(text)
    assert "So." in first and "Thus." in second and "<h3>One · 2</h3>" in second
    assert text.get_text() == "OneWhy?The answer: page 000How?The answer: page 000"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=intro.html" />', encoding="utf-8")
    one = ('1. "One"', FIGURE + FORMULA + FOLDED + EXERCISE)
    texts = {"intro": ("The book", ""), "chapters/01-one": one, "chapters/02-two": ("2. Two", "")}
    for name, (title, text) in texts.items():
        html = PAGE.format(title=title, nav=NAV, text=text)
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "a.png").write_bytes(b"a picture")
    return tmp_path


@pytest.fixture
def book(folder):
    return make_pdf.assemble(folder)


def test_the_pages_are_one_document_that_the_check_passes(book):
    whole = make_pdf.fill_in(book, dict.fromkeys(make_pdf.PAGE.findall(book), 7))
    assert list(check_pdf.wrong_in_document(whole)) == []
    assert '@page chapters-01-one { @top-right { content: "1. \\"One\\""; } }' in whole
    text = make_pdf.parse(whole)
    assert [h.get_text() for h in text.select("h1")] == [
        "Contents", "About this book", "I · Forward", "II · Back", "Answers and solutions"]  # fmt: skip
    entries = [" ".join(entry.get_text(" ").split()) for entry in text.select(".contents-pages li")]
    assert entries == ["About this book 7", "I · Forward 7", '1. "One" 7', "Exercise 1.1: a sum 7", "II · Back 7",
                       "2. Two 7", "Answers and solutions 7"]  # fmt: skip


@pytest.mark.parametrize("old, new, complaint", [
    ('class="caption-number">Figure 1.1 ', "", "the figure chapters-01-one--fig-a has no number"),
    ('href="#chapters-02-two--top"', 'href="#gone"', "a link leads nowhere: #gone"),
    ('id="chapters-02-two--top"', 'id="chapters-01-one--top"', "two places are called chapters-01-one--top"),
    ('data-to="chapters-02-two">7', 'data-to="chapters-02-two">?', "the page of chapters-02-two is not known"),
])  # fmt: skip
def test_the_check_refuses_a_document(book, old, new, complaint):
    whole = make_pdf.fill_in(book, dict.fromkeys(make_pdf.PAGE.findall(book), 7))
    assert old in whole
    assert complaint in check_pdf.wrong_in_document(whole.replace(old, new))


def sound():
    """Write a PDF of one empty page that claims to have all that the check asks for."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.Root.Outlines = pikepdf.Dictionary(First=pdf.make_indirect(pikepdf.Dictionary(Title="One")))
    pdf.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
    pdf.Root.StructTreeRoot = pikepdf.Dictionary(K=pikepdf.Array([pikepdf.Dictionary(S=pikepdf.Name.Document)]))
    pdf.Root.Dests = pikepdf.Dictionary({"/here": pikepdf.Array([pdf.pages[0].obj, pikepdf.Name.Fit])})
    return pdf


def link(**target):
    return lambda pdf: pdf.pages[0].__setattr__("Annots", pikepdf.Array([
        pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, **target)]))  # fmt: skip


def uri(address):
    return link(A=pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String(address)))


def loose_font(pdf):
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Courier)
    pdf.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))


@pytest.mark.parametrize("harm, complaint", [
    (lambda pdf: None, None),
    (link(Dest=pikepdf.Name("/here")), None),
    (uri("https://example.org"), None),
    (lambda pdf: pdf.Root.__delattr__("Outlines"), "expected an outline, got none"),
    (lambda pdf: pdf.Root.__delattr__("MarkInfo"), "expected tags for screen readers, got none"),
    (loose_font, "expected every font in the file, /Courier is not"),
    (link(Dest=pikepdf.Name("/gone")), "a link leads nowhere: /gone on page 1"),
    (uri("file:///home/ada/intro.html"), "a link leads nowhere: file:///home/ada/intro.html on page 1"),
])  # fmt: skip
def test_the_check_refuses_a_pdf(tmp_path, harm, complaint):
    pdf = sound()
    harm(pdf)
    pdf.save(tmp_path / "book.pdf")
    assert list(check_pdf.wrong_in_pdf(tmp_path / "book.pdf")) == ([complaint] if complaint else [])
    assert check_pdf.destinations(pdf) == {"here": 1}


def test_the_check_refuses_a_pdf_that_is_too_large(tmp_path, monkeypatch):
    sound().save(tmp_path / "book.pdf")
    monkeypatch.setattr(check_pdf, "MOST", 100)
    assert "expected at most 0 MB" in next(check_pdf.wrong_in_pdf(tmp_path / "book.pdf"))


def test_a_browser_prints_the_pages_of_places_and_says_what_is_wider_than_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(make_pdf, "WORK", tmp_path)
    style = "@page { size: A4; margin: 22mm } body { margin: 0 } pre { overflow: hidden } h2 { break-before: page }"
    html = f"""<html lang="en"><style>{style}</style><a href="#two">2</a><h1>One</h1><pre>{"short " * 9}</pre>
<h2 id="two">Two</h2><pre>{"long " * 99}</pre></html>"""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(**launch_options())
        except Error as error:
            (pytest.fail if REQUIRED else pytest.skip)(error.message.strip())
        pdf, wide = make_pdf.print_pages(browser, html)
        browser.close()
    assert check_pdf.destinations(pdf) == {"two": 2}
    assert len(wide) == 1 and "long" in wide[0]
    pdf.save(tmp_path / "book.pdf")
    assert list(check_pdf.wrong_in_pdf(tmp_path / "book.pdf")) == []


def test_the_epub_is_well_formed_and_lists_all_that_is_in_it(folder):
    make_epub.pack(folder, folder / "book.epub")
    with zipfile.ZipFile(folder / "book.epub") as epub:
        first, *names = epub.namelist()
        assert (first, epub.read(first)) == ("mimetype", b"application/epub+zip")
        trees = {name: ElementTree.fromstring(epub.read(name)) for name in names if not name.endswith((".css", ".png"))}
        one = epub.read("EPUB/chapters/01-one.xhtml").decode()
    items = [item.attrib for item in trees["EPUB/package.opf"].iter("{http://www.idpf.org/2007/opf}item")]
    assert {f"EPUB/{item['href']}" for item in items} == set(names) - {"EPUB/package.opf", "META-INF/container.xml"}
    assert {item["href"]: item.get("properties") for item in items if "properties" in item} == {
        "nav.xhtml": "nav", "chapters/01-one.xhtml": "mathml"}  # fmt: skip
    assert r'<math alttext="\sigma">' in one and "katex" not in one
    assert 'href="02-two.xhtml#top"' in one and "42" in one and "draw()" not in one
    assert one.count("<details") == 3  # what is printed is not folded
    assert "<summary>A hint</summary>" in one and "<summary>Show a solution</summary>" in one and "1 + 2" in one


def test_what_browsers_forgive_is_mended():
    table, arcs = "<math><mtable columnspacing=''></mtable></math>", "<svg aria-hidden='true'></svg>"
    article = make_pdf.parse(f"<div><p><ul><li>a</li></ul></p>{table}{arcs}</div>")
    make_epub.strict(article)
    assert str(article) == "<div><ul><li>a</li></ul><math><mtable></mtable></math></div>"


@pytest.mark.parametrize("home", ["../", "/engine/"])
def test_the_menu_offers_the_book_where_it_is_and_nothing_where_it_is_not(home):
    page = f'<ul>\n<li><a href="{home}_sources/chapters/01-one.ipynb" class="btn">.ipynb</a>\n</li>\n<li>.pdf</li></ul>'
    offered = with_entry(page, ["pdf"])
    assert f'<a href="{home}book.pdf"' in offered and "book.epub" not in offered
    assert with_entry(offered, ["pdf"]) == offered  # once
    assert f'<a href="{home}book.epub"' in with_entry(offered, ["pdf", "epub"])
    assert with_entry(offered, []) == page == with_entry(page, [])
    assert with_entry("<p>no menu</p>", ["pdf"]) == "<p>no menu</p>"
