"""Offer the whole book as a PDF in the download menu of every page, where there is one beside the pages.

`make pdf` prints it from the built pages, and so after them: tools/make_pdf.py calls `offer` again.
"""

import re
from pathlib import Path

MENU = re.compile(r'(<a href="([^"]*)_sources/.*?</li>)', re.DOTALL)  # the page's source, the first in the menu
ENTRY = """
<li><a href="{home}book.pdf" class="btn btn-sm btn-download-book dropdown-item" title="Download the book to print">
<span class="btn__icon-container"><i class="fas fa-file-pdf"></i></span>
<span class="btn__text-container">the whole book</span></a></li>"""
OLD = re.compile(re.escape(ENTRY).replace(re.escape("{home}"), '[^"]*'))


def with_entry(html, there):
    """Return a page whose menu offers the PDF, or does not."""
    html = OLD.sub("", html)
    return MENU.sub(lambda source: source[1] + ENTRY.format(home=source[2]), html, count=1) if there else html


def offer(book):
    """Have all pages of a built book offer its PDF if it is there, and none if it is not."""
    there = Path(book, "book.pdf").exists()
    for path in Path(book).rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        if (changed := with_entry(html, there)) != html:
            path.write_text(changed, encoding="utf-8", newline="\n")


def after_the_pages(app, error):
    if not error and app.builder.format == "html":
        offer(app.outdir)


def setup(app):
    app.connect("build-finished", after_the_pages, priority=950)  # after light_pages has written them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
