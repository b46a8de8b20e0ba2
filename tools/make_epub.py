"""Pack the built book into an EPUB, for readers of paper's size: python tools/make_epub.py, after make book.

A page of _build/html becomes a chapter, with its formulas as MathML; what only a browser can do stays out. Hints and
solutions stay folded where the reader's program can fold.
"""

import mimetypes
import posixpath
import re
import zipfile
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import urldefrag, urlsplit
from uuid import NAMESPACE_URL, uuid5

from make_pdf import BOOK, FOLDED, SCREEN_ONLY, contents, drop_empty_cells, first_page, offer, parse, text_of

SHEET = Path(__file__).with_name("epub.css")
XML = '<?xml version="1.0" encoding="utf-8"?>\n'
PAGE = XML + """<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><title>{title}</title><link rel="stylesheet" type="text/css" href="{home}book.css"/></head>
<body>{body}</body></html>"""
CONTAINER = XML + """<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = XML + """<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">urn:uuid:{name}</dc:identifier>
<dc:title>{title}</dc:title><dc:language>en</dc:language><dc:rights>{licence}</dc:rights>
<meta property="dcterms:modified">{now}</meta>
<meta property="schema:accessMode">textual</meta><meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityHazard">none</meta></metadata>
<manifest>{manifest}</manifest><spine>{spine}</spine></package>"""


def xhtml(page):
    return re.sub(r"\.html$", ".xhtml", page)


def chapter(article, page, pages):
    """Change an article in place to what an EPUB may hold; return the addresses of its pictures."""
    for part in article.select(f"{SCREEN_ONLY}, {FOLDED}"):
        part.decompose()
    drop_empty_cells(article)
    for fold in article.select("details.below-input"):
        fold.summary.decompose()
        fold.name = "div"
    for summary in article.select("details.hide > summary"):
        summary.string = text_of(summary.select_one(".collapsed"))
        del summary["aria-label"]
    for formula in article.select(".katex"):
        math = formula.math.extract()
        math["alttext"] = text_of(math.annotation)
        if formula.find_parent(class_="katex-display"):
            math["display"] = "block"
        math.annotation.decompose()
        formula.replace_with(math)
    for link in article.select("a[href]"):
        path, anchor = urldefrag(link["href"])
        here = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        if link.find("img") or not urlsplit(path).scheme and here not in pages:
            link.unwrap()
        elif not urlsplit(path).scheme:
            link["href"] = xhtml(path) + (f"#{anchor}" if anchor else "")
    strict(article)
    pictures = set()
    for picture in article.select("img"):
        pictures.add(posixpath.normpath(posixpath.join(posixpath.dirname(page), picture["src"])))
        for attribute in ("loading", "decoding", "style"):
            del picture[attribute]
    return pictures


def strict(article):
    """Mend what browsers forgive and epubcheck does not, and leave out what is drawn for a wide page alone."""
    for arcs in article.select("svg[aria-hidden=true]"):
        arcs.decompose()
    for paragraph in article.select("p:has(> :is(p, ul, ol, dl))"):
        paragraph.unwrap()
    for table in article.select("[columnspacing='']"):
        del table["columnspacing"]
    for source in article.select("[role=doc-biblioentry]"):
        del source["role"]


def navigation(parts, titles):
    """Return the list of contents, the parts' captions above their chapters."""
    items = ""
    for caption, pages in parts:
        links = "".join(f'<li><a href="{xhtml(page)}">{escape(titles[page])}</a></li>' for page in pages)
        items += f"<li><span>{escape(caption)}</span><ol>{links}</ol></li>" if caption else links
    return f'<nav epub:type="toc"><h1>Contents</h1><ol>{items}</ol></nav>'


def pack(book, target):
    """Write the EPUB of a built book."""
    root, first, title, licence = first_page(book)
    parts = [("", [root]), *contents(str(first))]
    pages = [page for _, listed in parts for page in listed]
    titles, files, math = {}, {}, set()
    for page in pages:
        article = parse((book / page).read_text(encoding="utf-8")).find("article")
        pictures = chapter(article, page, set(pages))
        titles[page] = text_of(article.h1)
        files |= {picture: (book / picture).read_bytes() for picture in pictures}
        if article.find("math"):
            math.add(xhtml(page))
        text = PAGE.format(title=escape(titles[page]), home="../" * page.count("/"), body=article.decode_contents())
        files[xhtml(page)] = text.encode()
    files["book.css"] = SHEET.read_bytes()
    files["nav.xhtml"] = PAGE.format(title="Contents", home="", body=navigation(parts, titles)).encode()
    manifest = ""
    for number, name in enumerate(sorted(files)):
        kind = "application/xhtml+xml" if name.endswith("xhtml") else mimetypes.guess_type(name)[0]
        says = {"nav.xhtml": ' properties="nav"'}.get(name, ' properties="mathml"' if name in math else "")
        manifest += f'<item id="f{number}" href="{name}" media-type="{kind}"{says}/>\n'
    places = {name: number for number, name in enumerate(sorted(files))}
    spine = "".join(f'<itemref idref="f{places[xhtml(page)]}"/>' for page in [root, "nav.html", *pages[1:]])
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    package = PACKAGE.format(name=uuid5(NAMESPACE_URL, title), title=escape(title), licence=escape(licence), now=now,
                             manifest=manifest, spine=spine)  # fmt: skip
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as epub:
        epub.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        epub.writestr("META-INF/container.xml", CONTAINER)
        epub.writestr("EPUB/package.opf", package)
        for name, content in files.items():
            epub.writestr(f"EPUB/{name}", content)


if __name__ == "__main__":
    pack(BOOK, BOOK / "book.epub")
    offer(BOOK)
    print(f"{BOOK / 'book.epub'}: {(BOOK / 'book.epub').stat().st_size / 1e6:.1f} MB")
