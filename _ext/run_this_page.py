"""Give every notebook's page its button "Run this page", and lay beside the book what the button loads.

The page itself gets the button and a line of script; `live/` in the built book holds the rest: Python, as
tools/get_pyodide.py left it in the user's cache, this environment's nnlib and nnfs, the notebooks without their
pictures. Where the cache is empty no page has the button.

The introduction has one training of its own: its code in a block of the class `source-0`, what it prints in one of the
class `printed-0`, both in a cell like a notebook's. Its button loads Python and runs it at once.
"""

import hashlib
import importlib.util
import json
import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

ALL_DIGITS = "it needs all 70,000 digits, more than a page can hold"
TOO_MUCH = {  # the notebooks that a page cannot run, and why
    "chapters/20-tuning": "it computes in several processes, which a page cannot start",
    "chapters/24-mnist": ALL_DIGITS,
    "chapters/25-climb": ALL_DIGITS,
    "chapters/26-convolution": "a page computes its large network 20 times slower than your machine",
    "chapters/28-pytorch-and-keras": "PyTorch does not run in a page",
    "chapters/reproducibility-inside": "it starts Python anew on other processors, which a page cannot",
}
SETUP = "import nnlib\nfrom nnlib import plots\n\nplots.use_book_style()"  # the setup cell, less its installing
BUTTON = """\
<div class="live-bar" hidden data-page="{page}"><button type="button">Run this page</button>
<span role="status">Change the code and run it, here. Loads 17 MB.</span></div>
<script>{{ const bar = document.currentScript.previousElementSibling, go = bar.querySelector("button");
bar.hidden = false;
go.onclick = () => document.head.append(
  Object.assign(document.createElement("script"), {{ src: "{live}page.js?" + Date.now() }})); }}
</script>"""
TRAINING = '<div class="cell training">'
RUNS = {  # the button of the introduction
    'data-page="': 'data-runs="yes" data-page="',
    "Run this page": "Train it here",
    "Change the code and run it, here. Loads 17 MB.": "Loads 17 MB of Python and trains: ten seconds to a minute.",
}
NO_BUTTON = '<p class="live-bar">This chapter runs in Jupyter, not on its page: {reason}.</p>'
logger = logging.getLogger(__name__)


def find_python(app, config):
    """Remember the folder with Python for the pages; without it the book is built as before, with a word."""
    app.live, app.tool = None, load(Path(app.srcdir, "tools", "get_pyodide.py"))
    if app.tool:
        app.live = app.tool.folder() if app.tool.folder().exists() else None
        if not app.live:
            logger.info('No button "Run this page": python tools/get_pyodide.py fetches what it needs')
    config.python_for_pages = bool(app.live)  # what has changed since the last build is written anew


def load(path):
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def name_cells(app, doctree, page):
    """Mark the code of every cell and what it prints with the cell's place in the notebook."""
    for cell in doctree.findall(nodes.container) if app.live else ():
        if cell.get("nb_element") != "cell_code":
            continue
        for part in cell.findall(nodes.container):
            if part.get("nb_element") == "cell_code_output":
                part["classes"].append(f"output-{cell['cell_index']}")
            if part.get("nb_element") == "cell_code_source":
                for block in part.findall(nodes.literal_block):
                    block["classes"].append(f"source-{cell['cell_index']}")


def add_button(app, page, template, context, doctree):
    """Put the button below the title of a notebook's page, or the reason why there is none."""
    if not app.live or "body" not in context:
        return
    live = context["pathto"]("live/", 1)
    bar = BUTTON.format(page=escape(page), live=live)
    if not notebook(app, page).exists():
        for words, others in RUNS.items():
            bar = bar.replace(words, others)
        context["body"] = context["body"].replace(TRAINING, bar + TRAINING, 1)
        return
    if page in TOO_MUCH:
        bar = NO_BUTTON.format(reason=TOO_MUCH[page])
    context["body"] = context["body"].replace("</h1>", "</h1>" + bar, 1)


def notebook(app, page):
    return Path(app.srcdir, page + ".ipynb")


def training(doctree):
    """The training of a page of text as a notebook of one cell; None where the page has none."""
    said = {name: block.astext() for block in doctree.findall(nodes.literal_block) for name in block["classes"]}
    if "source-0" not in said:
        return None
    output = {"output_type": "stream", "name": "stdout", "text": said["printed-0"] + "\n"}
    cell = {"cell_type": "code", "id": "training", "metadata": {}, "source": said["source-0"],
            "outputs": [output], "execution_count": 1}  # fmt: skip
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def without_pictures(nb):
    """The notebook as the page needs it: its cells to run, with the text they print; all of it to download."""
    cells, number = [], 0
    for index, cell in enumerate(nb["cells"]):
        if cell["cell_type"] == "code":
            number += 1
            tags = cell["metadata"].get("tags", [])
            cells.append({
                "index": index,
                "number": number,
                "id": cell["id"],
                "source": SETUP if "setup" in tags else "".join(cell["source"]),
                "stored": list(texts(cell["outputs"])),
                "setup": "setup" in tags,
                "raises": "raises-exception" in tags,
                "exercise": "exercise" in tags,
            })  # fmt: skip
    bare = [cell | {"outputs": [], "execution_count": None} if "outputs" in cell else cell for cell in nb["cells"]]
    return {"cells": cells, "notebook": nb | {"cells": bare}}


def texts(outputs):
    """Yield what a cell prints, as pairs of kind and text, without the figures."""
    for output in outputs:
        if output["output_type"] == "stream":
            yield output["name"], "".join(output["text"])
        elif output["output_type"] == "error":
            yield "error", "".join(output["traceback"])
        elif "image/png" not in output["data"]:
            kind = "markdown" if "text/markdown" in output["data"] else "plain"
            yield "result" if kind == "plain" else kind, "".join(output["data"][f"text/{kind}"])


def packages(app):
    """Yield the files of the book's own Python: nnlib, nnfs, and what runs a cell.

    Not nnlib/climbs, two megabytes of trained networks: the one chapter that loads them runs in no page.
    """
    for package in (Path(app.srcdir, "nnlib"), Path(importlib.util.find_spec("nnfs").origin).parent):
        for path in sorted(package.rglob("*")):
            if path.is_file() and path.suffix != ".pyc" and path.parent.name != "climbs":
                yield path.relative_to(package.parent).as_posix(), path.read_bytes()
    for name in ("keep_compiled.py", "page_figures.py", "run_cell.py"):
        yield name, Path(app.srcdir, "live", name).read_bytes()


def lay_beside(app, error):
    """Write the folder live/ of the built book, every address with the mark of its content."""
    source, out = Path(app.srcdir, "live"), Path(app.outdir, "live")
    shutil.rmtree(out, ignore_errors=True)  # what an earlier build left
    if error or not app.live:
        return
    (out / "chapters").mkdir(parents=True, exist_ok=True)
    pinned, files = app.tool.pins(), {}

    def put(name, path, content):
        (out / path).write_bytes(content)
        files[name] = f"{path}?{hashlib.sha256(content).hexdigest()[:8]}"

    for path in sorted(app.live.iterdir()):
        if path.suffix == ".js":
            put(path.stem, path.name, path.read_bytes())
        else:
            shutil.copy(path, out)
    python = list(files)
    put("book.tar", "book.tar.js", app.tool.script("book.tar", app.tool.pack(packages(app))).encode())
    put("editor", "editor.js", (source / "editor" / "editor.min.js").read_bytes())
    put("style", "live.css", (source / "live.css").read_bytes())
    shutil.copy(source / "editor" / "LICENSE", out / "LICENSE-editor.txt")
    files["version"] = "".join(files[name] for name in ("book.tar", "packages.tar", "python_stdlib.zip"))
    for page in sorted(app.env.found_docs - set(TOO_MUCH)):
        if notebook(app, page).exists():
            nb = json.loads(notebook(app, page).read_text(encoding="utf-8"))
        else:
            nb = training(app.env.get_doctree(page))
        if nb:
            content = json.dumps(without_pictures(nb), ensure_ascii=False).encode()
            put(page, f"{page}.js", app.tool.script("notebook", content).encode())
    settings = {key: pinned[key] for key in ("version", "abi", "platform", "python")}
    worker = f"const PINS = {json.dumps(settings)};\n" + (source / "worker.js").read_text(encoding="utf-8")
    known = {"files": files, "python": python, "worker": worker}
    script = f"NNLIVE_FILES = {json.dumps(known)};\n" + (source / "page.js").read_text(encoding="utf-8")
    (out / "page.js").write_text(script, encoding="utf-8", newline="\n")


def setup(app):
    app.add_config_value("python_for_pages", False, "env")
    app.connect("config-inited", find_python)
    app.connect("doctree-resolved", name_cells, priority=400)  # before cells.py joins two folds
    app.connect("html-page-context", add_button)
    app.connect("build-finished", lay_beside)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
