"""Number figures and formulas by chapter: the second of `05-spiral-data` is 5.2, whatever comes before it.

Sphinx would count through the whole book, and every number would move when a chapter is added.
"""

import re
from itertools import count


def number_by_chapter(app, builder):
    """Put the chapter's number before each count that starts with the page; without one, the count alone."""
    for page, kinds in app.env.toc_fignumbers.items():
        chapter = re.match(r"chapters/0*(\d+)-", page)
        for numbers in kinds.values():
            for name, place in zip(list(numbers), count(1)):
                numbers[name] = (int(chapter[1]), place) if chapter else (place,)


def setup(app):
    app.connect("write-started", number_by_chapter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
