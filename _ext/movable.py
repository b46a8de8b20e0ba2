"""Figures that move: below a printed figure with a script of its name in figures/, a button that loads the script.

Before the button is pressed nothing is asked for. Without scripts there is no button, and paper, Jupyter and Colab show
the picture. `figures/figure.js` is what all share; a figure that works on the book's data finds them as `DATA`.
"""

import json
import shutil
from pathlib import Path

import figure_data
from docutils import nodes
from docutils.transforms import Transform

HERE = Path(__file__).parent / "figures"
FOLDER = "_static/figures"
PARTS = {  # what some figures have in common stands before their own text
    "fig-training-xor-inside": ["random_state", "network"],
    "fig-training-spiral": ["generator", "network"],
    "fig-forward-curves": ["generator", "network"],
}
BUTTON = '<button type="button" class="move" hidden>Move this figure</button>'
SCRIPT = '<script>({start})("{folder}", "{name}")</script>'


class Movable(Transform):
    """Put the button below the picture of each figure that has a script."""

    default_priority = 101  # after Captions has made the figures

    def apply(self):
        for figure in self.document.findall(nodes.figure):
            name = next(iter(figure["names"]), None)
            if name and Path(HERE, f"{name}.js").exists():
                self.add_button(figure, name)

    def add_button(self, figure, name):
        page = self.document.settings.env.docname
        start = Path(HERE, "start.js").read_text(encoding="utf-8").strip().rstrip(";")
        script = SCRIPT.format(start=start, folder="../" * page.count("/") + FOLDER, name=name)
        figure.insert(1, nodes.raw("", BUTTON + script, format="html"))


def copy(app, error):
    """Write the scripts, each behind the book's data that it works on."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir, FOLDER)
    out.mkdir(parents=True, exist_ok=True)
    for name in ["figure.js", "figures.css"]:
        shutil.copy(HERE / name, out)
    for source in HERE.glob("fig-*.js"):
        name = source.stem
        data = getattr(figure_data, name.replace("-", "_"), None)
        constant = [f"const DATA = {json.dumps(data(), separators=(',', ':'))};\n"] if data else []
        parts = [Path(HERE, f"{part}.js").read_text(encoding="utf-8") for part in [*PARTS.get(name, []), name]]
        text = "".join(["{\n", *constant, *parts, "}\n"])  # a block, for the names in it are its own
        Path(out, source.name).write_text(text, encoding="utf-8", newline="\n")


def setup(app):
    app.add_transform(Movable)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
