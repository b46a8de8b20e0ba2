"""Give every id of a page once: citations in docstrings are numbered from one in each of them."""

from itertools import count

from docutils.nodes import Element


def number_again(app, doctree, page):
    """Rename the ids that an earlier part of the page has; nothing leads to them."""
    seen = set()
    for node in doctree.findall(Element):
        for place, name in enumerate(node.get("ids", ())):
            if name in seen:
                name = next(f"{name}-{n}" for n in count(2) if f"{name}-{n}" not in seen)
                node["ids"][place] = name
            seen.add(name)


def setup(app):
    app.connect("doctree-resolved", number_again)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
