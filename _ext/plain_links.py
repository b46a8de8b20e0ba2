"""Let plain Markdown links, which Jupyter follows, too, lead to what otherwise takes a role.

    [dot product](glossary.md#dot-product)        a term
    [He et al., 2015](references.md#he2015)       a source: its key in references.bib
    [Figure 5.2](06-spiral-data.ipynb#fig-ruler)  a figure, see captions.py

A term is a paragraph that begins with its name, or names: `<a id="dot-product"></a>**dot product**`.
A link to a name that is not there stops the build, as one to an unknown heading does.
"""

import re

from docutils import nodes
from docutils.transforms import Transform

ANCHORS = re.compile(r'(?:<a id="(?!fig-)[a-z0-9-]+"></a>)+')


class Anchors(Transform):
    """Make names that links find of the anchors at the beginning of a paragraph."""

    default_priority = 100  # before links look for them

    def apply(self):
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if anchors := ANCHORS.match(paragraph.rawsource or ""):
                self.replace(paragraph, re.findall('"(.*?)"', anchors[0]))

    def replace(self, paragraph, names):
        del paragraph[: 2 * len(names)]  # <a id="..."> and </a>, as they are
        for name in reversed(names):
            target = nodes.target("", "", names=[name], classes=["anchor"])
            paragraph.insert(0, target)
            self.document.note_explicit_target(target, paragraph)


def offer_names(app, doctree):
    """Put terms, sources and figures beside the headings that a link to this page may name."""
    offered = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for name, node in doctree.ids.items():
        if isinstance(node, (nodes.citation, nodes.figure)) or "anchor" in node.get("classes", ()):
            offered.setdefault(name.lower(), (node.line, name, node.astext()))


def setup(app):
    app.add_transform(Anchors)
    app.connect("doctree-read", offer_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
