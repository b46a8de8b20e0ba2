"""Print the built book as one PDF: python tools/make_pdf.py, after make book.

The pages of _build/html are put behind each other in the order of the contents, answers and solutions in an appendix of
their own, and Chromium prints them. Page numbers are known only then: they are read from the PDF, written into the
contents and the references, and the book is printed again. tools/check_pdf.py looks at the result.
"""

import io
import posixpath
import re
import shutil
import sys
import time
from collections import Counter
from html import escape
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import matplotlib
import pikepdf
from bs4 import BeautifulSoup
from check_pdf import destinations, wrong_in_document, wrong_in_pdf
from chromium import launch_options
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "_ext"))
from whole_book import offer  # noqa: E402

BOOK = ROOT / "_build" / "html"
WORK = ROOT / "_build" / "pdf"
NOT_ON_PAPER = {  # the drawing page works in a browser alone; the sheets have a PDF of their own: make_sheets.py
    "chapters/draw-a-digit.html", "chapters/sheets.html"}  # fmt: skip
LOOKED_UP = {"#chapters-glossary", "#chapters-references"}  # by name: their links stand behind words of the text
SCREEN_ONLY = "script, button, [hidden], .headerlink, .live-bar, .viewcode-link, .toctree-wrapper"
FOLDED = ".tag_hide-input > details.above-input"  # how a figure was drawn: on the page nobody sees it who does not ask
SPOKEN = '<img class="spoken" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7">'
# An empty dot that says the formula behind it: Chromium gives an alternative text to pictures alone.
WIDTH = 627  # of a line, in pixels: A4 less the margins of print.css
WIDE = """() => [...document.querySelectorAll("pre, table, .katex-display, img, dt")]
    .filter(e => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.outerHTML.slice(0, 200))"""
MOST_TIMES = 6
ANSWERS = "answers-and-solutions"
SHEET = Path(__file__).with_name("print.css")
PAGE = re.compile(r'<span class="page" data-to="([^"]*)">[^<]*</span>')
FACE = re.compile(r'font-family: "Book Serif";[^}]*?url\(fonts/(\S+)\.woff2\) format\("woff2"\);([^}]*)\}')
CODE = "".join(  # the one of code is the same on every machine: Matplotlib brings it along
    f"@font-face {{ font-family: Code; font-weight: {weight}; font-style: {style}; "
    f"src: url({Path(matplotlib.get_data_path(), 'fonts', 'ttf', f'DejaVuSansMono{name}.ttf').as_uri()}); }}\n"
    for name, weight, style in (("", 400, "normal"), ("-Bold", 700, "normal"), ("-Oblique", 400, "italic"),
                                ("-BoldOblique", 700, "italic"))
)


def parse(html):
    return BeautifulSoup(html, "html.parser")


def text_of(tag):
    return " ".join(tag.get_text().split())


def contents(html):
    """Return the parts of the book from a page's list of contents: pairs of a caption and its pages' addresses."""
    parts = []
    for item in parse(html).select("nav.bd-links .caption, nav.bd-links a.reference"):
        if "caption" in item["class"]:
            parts.append((text_of(item), []))
        elif not parts:
            parts.append(("", [item["href"]]))
        else:
            parts[-1][1].append(item["href"])
    return [(caption, [page for page in pages if page not in NOT_ON_PAPER]) for caption, pages in parts]


def name_of(page, anchor=""):
    """Return the id of a page, or of something on it, in the one document."""
    return re.sub(r"\W+", "-", page.removesuffix(".html")) + (f"--{anchor}" if anchor else "")


def address(link, page, pages, home):
    """Return where a link of a page leads in the one document; None where there is nothing to lead to."""
    if urlsplit(link).scheme:
        return link
    path, anchor = urldefrag(link)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    if path in pages:
        return "#" + name_of(path, anchor)
    return urljoin(home, path) + (f"#{anchor}" if anchor else "") if home else None


def elsewhere(target, page):
    """Whether a link leads to a chapter, a figure, an exercise of another page: on paper, one has to leaf to it."""
    return target.startswith("#") and target.partition("--")[0] not in (f"#{name_of(page)}", *LOOKED_UP)


def add_page(link):
    """Write behind a link on which page it leads, in parentheses unless it stands in some."""
    before = "".join(link.find_previous_siblings(string=True))
    form = ", {}" if before.count("(") > before.count(")") else " ({})"
    page = f'<span class="on-page">page {number(link["href"][1:])}</span>'
    link.insert_after(parse(form.format(page)))


def drop_empty_cells(article):
    """Leave no box where a cell was folded and printed nothing."""
    for cell in article.select(".tag_hide-input"):
        if not cell.get_text(strip=True) and not cell.img:
            cell.decompose()


def for_paper(article, page, pages, home="", deeper=0):
    """Change an article in place: nothing that only a screen needs, its ids and links those of the one document."""
    for part in article.select(f"{SCREEN_ONLY}, {FOLDED}"):
        part.decompose()
    drop_empty_cells(article)
    for fold in article.select("details.hide"):
        fold.summary.decompose()
        fold.name, fold["class"] = "div", "unfolded"
    for part in article.select("[id]"):
        part["id"] = name_of(page, part["id"])
    for link in article.select("a[href]"):
        target = None if link.find("img") else address(link["href"], page, pages, home)
        if target:
            link["href"] = target
            if elsewhere(target, page) and not link.find_parent(re.compile(r"h\d")):
                add_page(link)
        else:
            link.unwrap()
    for picture in article.select("img"):
        del picture["loading"], picture["decoding"]
        picture["src"] = "../html/" + posixpath.normpath(posixpath.join(posixpath.dirname(page), picture["src"]))
    for formula in article.select(".katex"):
        spoken = parse(SPOKEN).img
        spoken["alt"] = formula.annotation.get_text()
        formula.select_one(".katex-mathml").replace_with(spoken)
    for heading in article.select("h1, h2, h3, h4, h5") if deeper else ():
        heading.name = f"h{int(heading.name[1]) + deeper}"
    return article


def unfold(fold):
    """Make of a fold and the line that opens it a paragraph and what it is about."""
    fold.summary["class"] = "kind"
    fold.summary.name, fold.name = "p", "div"


def names_of(parts):
    """Return what stands on the folds: a hint, the explanation, a solution."""
    return [text_of(summary) for part in parts for summary in part.select("summary")]


def questions(article):
    """Return the folds of an article, a list for each question: the second "The answer" of a section is to another."""
    lists = []
    for part in article.select("details, .tag_solution"):
        section = part.find_parent("section")
        if part.find_parent("details"):
            continue
        last = lists[-1] if lists and lists[-1][0].find_parent("section") is section else []
        if not last or set(names_of([part])) & set(names_of(last)):
            lists.append([])
        lists[-1].append(part)
    return lists


def take_answers(article):
    """Take hints, answers and solutions out of an article, leave references, and return the appendix' sections."""
    sections, many = [], Counter()
    for parts in questions(article):
        section = parts[0].find_parent("section")
        heading = text_of(section.find(re.compile(r"h\d")))
        many[heading] += 1
        here = f"asked--{section['id']}--{many[heading]}"
        answer = here.replace("asked", "answer", 1)
        names = names_of(parts) + ["A solution" for part in parts if not part.select("summary")]
        names = ", ".join([names[0], *(name[0].lower() + name[1:] for name in names[1:])])
        asked = f'<p class="answer-on" id="{here}"><a href="#{answer}">{names}: page {number(answer)}</a></p>'
        parts[0].insert_before(parse(asked))
        heading = escape(heading) + (f" · {many[heading]}" if many[heading] > 1 else "")
        body = parse(f'<section id="{answer}"><h3>{heading}</h3><p class="back"><a href="#{here}">'
                     f"Asked on page {number(here)}</a></p></section>")  # fmt: skip
        for part in parts:
            body.section.append(part.extract())
        for fold in body.select("details"):
            unfold(fold)
        for cell in body.select(".tag_solution"):
            cell.insert_before(parse('<p class="kind">A solution</p>'))
        sections.append(str(body))
    return sections


def number(name):
    """Return the place where the page number of an id will stand."""
    return f'<span class="page" data-to="{name}">000</span>'


def line(name, title, level):
    return f'<li class="level-{level}"><a href="#{name}"><span>{title}</span><i></i>{number(name)}</a></li>'


def listing(lines):
    return f'<ul class="contents">{lines}</ul>'


def common(entry, seen):
    """Whether a section of this name stands in many chapters, so that the contents need not list it."""
    return 'level-3' in entry and seen[text_of(parse(entry).span)] > 3


def chapter(name, title, body):
    """Return a chapter's section and the rule for its running head."""
    quoted = title.replace("\\", r"\\").replace('"', r"\"")
    rule = f'@page {name} {{ @top-right {{ content: "{quoted}"; }} }}\n'
    return f'<section class="chapter" id="{name}" style="page: {name}">{body}</section>', rule


def serif():
    """Return the rules of the pages' serif in two weights; Chromium takes a variable font apart into drawings."""
    rules = ""
    for name, characters in FACE.findall((ROOT / "_static" / "book.css").read_text(encoding="utf-8")):
        for weight in (400, 650):
            file = WORK / f"{name}-{weight}.ttf"
            if not file.exists():
                font = TTFont(ROOT / "_static" / "fonts" / f"{name}.woff2")
                font.flavor = None
                instantiateVariableFont(font, {"wght": weight}).save(file)
            style = "italic" if "italic" in name else "normal"
            rules += f'@font-face {{ font-family: "Print Serif"; font-weight: {weight}; font-style: {style}; '
            rules += f"src: url({file.name});{characters}}}\n"
    return rules


def first_page(book):
    """Return the address of the book's first page, the page, the book's title and the line about licences."""
    root = re.search(r"url=([^\"]*)", (book / "index.html").read_text(encoding="utf-8"))[1]
    first = parse((book / root).read_text(encoding="utf-8"))
    title = first.title.get_text().partition(" — ")[2] or first.title.get_text()
    footer = first.select_one(".extra_footer")
    return root, first, title, text_of(footer) if footer else ""


def assemble(book, typefaces=""):
    """Return the whole book as one document."""
    root, first, title, licence = first_page(book)
    canonical = first.find("link", rel="canonical")
    home = canonical["href"].removesuffix(root) if canonical else ""
    parts = [("", [root]), *contents(str(first))]
    pages = {page for _, listed in parts for page in listed}
    body, rules, lines, answers, seen = [], [], [], [], Counter()
    for caption, listed in parts:
        part = name_of(f"part {caption}")
        inside, texts = [], []
        for page in listed:
            article = parse((book / page).read_text(encoding="utf-8")).find("article")
            for_paper(article, page, pages, home, deeper=1 if caption else 0)
            heading = article.find(re.compile(r"h[12]"))
            if text_of(heading) == title:
                heading.string = "About this book"
            words, name = text_of(heading), name_of(page)
            if sections := take_answers(article):
                answers.append(f'<section class="answers"><h2>{escape(words)}</h2>{"".join(sections)}</section>')
            text, rule = chapter(name, words, article.decode_contents())
            inside.append(line(name, escape(words), 2 if caption else 1))
            sections = article.select("section > h3" if caption else "section > h2")
            inside += [line(h.parent["id"], escape(text_of(h)), 3) for h in sections if len(text_of(h)) > 1]
            seen.update(map(text_of, sections))
            texts.append(text)
            rules.append(rule)
        if caption:
            own = "".join(entry for entry in inside if 'class="level-2"' in entry)
            opener = f'<section class="part" id="{part}"><h1>{escape(caption)}</h1>{listing(own)}</section>'
            texts.insert(0, opener)
            inside.insert(0, line(part, escape(caption), 1))
        body += texts
        lines += inside
    if answers:
        text, rule = chapter(ANSWERS, "Answers and solutions", "<h1>Answers and solutions</h1>" + "".join(answers))
        body.append(text)
        rules.append(rule)
        lines.append(line(ANSWERS, "Answers and solutions", 1))
    lines = "".join(entry for entry in lines if not common(entry, seen))
    front = f"""<section class="title-page"><img src="../html/_static/logo.svg" alt="" />
<p class="title">{escape(title)}</p><p class="licence">{licence}</p></section>
<section class="contents-pages"><h1>Contents</h1>{listing(lines)}</section>"""
    style = f"""{typefaces}{SHEET.read_text(encoding="utf-8")}
@page {{ @top-left {{ content: "{title}"; }} }}
{"".join(rules)}"""
    return document(first, title, style, front + "".join(body))


def document(first, title, style, body):
    """Return an article as a document of its own, with the style of a page of the book and more."""
    sheet = first.find("link", rel="stylesheet")["href"].removeprefix("../")
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{escape(title)}</title>
<link rel="stylesheet" href="../html/{sheet}">
<style>{style}</style></head>
<body><main class="bd-main"><article class="bd-article">{body}</article></main></body>
</html>"""


def fill_in(html, places):
    """Return the document with the number of each page that it names."""
    return PAGE.sub(lambda page: f'<span class="page" data-to="{page[1]}">{places.get(page[1], "?")}</span>', html)


def print_pages(browser, html):
    """Return the PDF of a document, and what is wider than the page."""
    file = WORK / "book.html"
    file.write_text(html, encoding="utf-8", newline="\n")
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    page.set_default_timeout(600_000)
    page.emulate_media(media="print")
    page.goto(file.as_uri())
    page.evaluate("() => document.fonts.ready")
    wide = page.evaluate(WIDE)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    page.close()
    return pikepdf.open(io.BytesIO(pdf)), wide


def main():
    start = time.time()
    WORK.mkdir(parents=True, exist_ok=True)
    document, places, before = assemble(BOOK, serif() + CODE), {}, None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(), args=["--host-resolver-rules=MAP * ~NOTFOUND"])
        for _ in range(MOST_TIMES):  # the numbers themselves may move a line: as a rule the second time is the last
            html = fill_in(document, places) if places else document  # three zeros take a number's room
            pdf, wide = print_pages(browser, html)
            before, places = places, destinations(pdf)
            print(f"{len(pdf.pages)} pages after {time.time() - start:.0f} s", flush=True)
            if places == before:
                break
        else:
            sys.exit(f"printed {MOST_TIMES} times, and page numbers still move")
        browser.close()
    pdf.Root.PageMode = pikepdf.Name.UseOutlines  # a reader's program opens it with the outline beside it
    pdf.save(WORK / "book.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate)  # half the size: many tags
    wrong = [*wrong_in_document(html), *(f"wider than the page: {part}" for part in wide)]
    wrong += wrong_in_pdf(WORK / "book.pdf")
    if wrong:
        sys.exit("\n".join(wrong))
    shutil.copy(WORK / "book.pdf", BOOK)
    offer(BOOK)
    print(f"{BOOK / 'book.pdf'}: {(BOOK / 'book.pdf').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
