"""Let plain Markdown links, which Jupyter follows, too, lead to what otherwise takes a role.

    [dot product](glossary.md#dot-product)        a term: its words in lower case, joined by hyphens
    [He et al., 2015](references.md#he2015)       a source: its key in references.bib
    [Figure 5.2](06-spiral-data.ipynb#fig-ruler)  a figure, see captions.py

A link to a name that is not there stops the build, as one to an unknown heading does.
"""

from docutils import nodes


def offer_names(app, doctree):
    """Put terms, sources and figures beside the headings that a link to this page may name."""
    offered = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for name, node in doctree.ids.items():
        if isinstance(node, (nodes.term, nodes.citation, nodes.figure)):
            offered.setdefault(name.removeprefix("term-").lower(), (node.line, name, node.astext()))


def setup(app):
    app.connect("doctree-read", offer_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
