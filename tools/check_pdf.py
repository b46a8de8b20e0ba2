"""Refuse a PDF of the book that a reader could not use: python tools/check_pdf.py [FILE], and at the end of make pdf.

Fonts are embedded, links lead somewhere, there is an outline, tags for screen readers, and no more than 25 MB.
Of the document that was printed: every figure has its number, every reference its page, nothing is wider than the page.
"""

import re
import sys
from pathlib import Path

import pikepdf

FILE = Path(__file__).parents[1] / "_build" / "html" / "book.pdf"
MOST = 25_000_000  # bytes
FIGURE = re.compile(r'<figure\b[^>]*\bid="([^"]*)"[^>]*>(.*?)</figure>', re.DOTALL)
NUMBER = re.compile(r'class="caption-number">Figure (\d+\.)?\d+ ')


def destinations(pdf):
    """Return the page, from one, of every named place."""
    pages = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
    return {name[1:]: pages[place[0].objgen] for name, place in pdf.Root.get("/Dests", {}).items()}


def fonts_outside(pdf):
    """Yield the names of the fonts that the file only names; those of Type 3 are drawings in it, of Type 0 a frame."""
    for font in pdf.objects:
        if isinstance(font, pikepdf.Dictionary) and font.get("/Type") == "/Font":
            described = font.get("/FontDescriptor", {})
            if font.Subtype not in ("/Type3", "/Type0") and not any(f"/FontFile{n}" in described for n in ("", 2, 3)):
                yield str(font.get("/BaseFont"))


def dead_links(pdf):
    """Yield where links of the PDF lead that lead nowhere, or to the disk of whoever made it."""
    places = pdf.Root.get("/Dests", {})
    for number, page in enumerate(pdf.pages, 1):
        for link in page.get("/Annots", []):
            if link.get("/Subtype") != "/Link":
                continue
            place, uri = link.get("/Dest"), str(link.get("/A", {}).get("/URI", ""))
            if place is not None and str(place) not in places or place is None and not re.match("https?:|mailto:", uri):
                yield f"{place if place is not None else uri or 'nowhere'} on page {number}"


def wrong_in_pdf(path):
    """Yield what is wrong with a file."""
    if path.stat().st_size > MOST:
        yield f"expected at most {MOST / 1e6:.0f} MB, got {path.stat().st_size / 1e6:.1f}"
    with pikepdf.open(path) as pdf:
        root = pdf.Root
        if not root.get("/Outlines", {}).get("/First"):
            yield "expected an outline, got none"
        if not root.get("/MarkInfo", {}).get("/Marked") or not root.get("/StructTreeRoot", {}).get("/K"):
            yield "expected tags for screen readers, got none"
        yield from (f"expected every font in the file, {font} is not" for font in sorted(set(fonts_outside(pdf))))
        yield from (f"a link leads nowhere: {link}" for link in dead_links(pdf))


def wrong_in_document(html):
    """Yield what is wrong with the document that was printed."""
    ids = re.findall(r'\bid="([^"]*)"', html)
    yield from (f"two places are called {name}" for name in sorted({name for name in ids if ids.count(name) > 1}))
    links = set(re.findall(r'href="#([^"]*)"', html))
    yield from (f"a link leads nowhere: #{name}" for name in sorted(links - set(ids)))
    for name, figure in FIGURE.findall(html):
        if not NUMBER.search(figure):
            yield f"the figure {name} has no number"
    yield from (f"the page of {name} is not known" for name in re.findall(r'data-to="([^"]*)">\?<', html))


def main():
    wrong = list(wrong_in_pdf(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE))
    sys.exit("\n".join(wrong) or None)


if __name__ == "__main__":
    main()
