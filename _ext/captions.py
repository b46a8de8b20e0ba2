"""Captions that the page and Jupyter both show: a Markdown cell of its own, right below the figure's cell.

    <a id="fig-learning-rate"></a>**Figure 13.4.** Three learning rates, one loss. The largest one ...

One paragraph, which may hold emphasis, code, formulas and links. `tools/execute.py` writes the number: chapter
and count. What the figure shows to those who do not see it stays in the metadata of its cell: `mystnb.image.alt`.
The text refers to a figure by a plain link, `[Figure 13.4](#fig-learning-rate)` in the same notebook,
`[Figure 13.4](13-training.ipynb#fig-learning-rate)` from another; a link to an unknown name stops the build.

On the page picture and caption become one figure, which Sphinx numbers and figure_numbers.py by chapter.
"""

import re

from docutils import nodes
from docutils.transforms import Transform
from sphinx.util import logging

ANCHOR = re.compile(r'<a id="(fig-[a-z0-9-]+)">')
logger = logging.getLogger(__name__)


class Captions(Transform):
    """Make one figure of a picture and the paragraph below it that begins with `<a id="fig-...">`."""

    default_priority = 100  # before names become targets and links look for them

    def apply(self):
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if anchor := ANCHOR.match(paragraph.rawsource or ""):
                self.make_figure(paragraph, anchor[1])

    def make_figure(self, paragraph, name):
        above = paragraph.parent[paragraph.parent.index(paragraph) - 1]
        pictures = list(above.findall(nodes.image)) if "cell" in above.get("classes", []) else []
        if len(pictures) != 1:
            found = f"expected one picture above the caption {name}, found {len(pictures)}"
            logger.warning(found, location=paragraph)
            return
        number = next(paragraph.findall(nodes.strong))  # Sphinx writes it, and a space behind it
        first, *others = paragraph[paragraph.index(number) + 1 :]
        figure = nodes.figure("", nodes.caption("", "", nodes.Text(first.lstrip()), *others), names=[name])
        pictures[0].replace_self(figure)
        figure.insert(0, pictures[0])
        paragraph.parent.remove(paragraph)
        self.document.note_explicit_target(figure, figure)


def setup(app):
    app.add_transform(Captions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
