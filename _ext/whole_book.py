"""Offer the whole book, as a PDF and as an EPUB, in the download menu of every page, where it is beside the pages.

`make pdf` and `make epub` make it of the built pages, and so after them: they call `offer` again.
"""

import re
from pathlib import Path

MENU = re.compile(r'(<a href="([^"]*)_sources/.*?</li>)', re.DOTALL)  # the page's source, the first in the menu
ENTRY = """
<li><a href="{home}book.{kind}" class="btn btn-sm btn-download-book dropdown-item" title="Download the whole book">
<span class="btn__icon-container"><i class="fas fa-file"></i></span>
<span class="btn__text-container">the whole book, .{kind}</span></a></li>"""
OLD = re.compile(re.escape(ENTRY).replace(re.escape("{home}"), '[^"]*').replace(re.escape("{kind}"), r"\w+"))


def with_entry(html, kinds):
    """Return a page whose menu offers the book in these kinds, and in no others."""
    html = OLD.sub("", html)
    entries = [ENTRY.replace("{kind}", kind) for kind in kinds]
    return MENU.sub(lambda source: source[1] + "".join(entries).replace("{home}", source[2]), html, count=1)


def offer(book):
    """Have all pages of a built book offer what there is of the whole of it."""
    kinds = [kind for kind in ("pdf", "epub") if Path(book, f"book.{kind}").exists()]
    for path in Path(book).rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        if (changed := with_entry(html, kinds)) != html:
            path.write_text(changed, encoding="utf-8", newline="\n")


def after_the_pages(app, error):
    if not error and app.builder.format == "html":
        offer(app.outdir)


def setup(app):
    app.connect("build-finished", after_the_pages, priority=950)  # after light_pages has written them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
