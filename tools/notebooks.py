"""The one form in which notebooks are stored, so that a diff shows only what really changed.

python tools/notebooks.py [notebooks] looks whether they have it, changes nothing, and runs nothing.
"""

import base64
import copy
import hashlib
import importlib.util
import json
import os
import re
import struct
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
CONFIG = ROOT / "_config.yml"

# Without what these need, pytest skips them, and no others.
NEED_MNIST = {"24-mnist", "25-climb", "26-convolution"}  # all of it
NEED_BRIDGES = {"28-pytorch-and-keras"}  # what bridges.txt pins
BRIDGES = ["torch", "keras", "sklearn"]  # as they are imported
# What JupyterLab and nbconvert need, less Python's version: JupyterLab adds the reader's own, a change of one line.
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
NOTEBOOK_METADATA = {"nnlib", "mystnb", "orphan"}  # all else is volatile, or says nothing to a reader
CELL_METADATA = {"tags", "mystnb", "jupyter", "cellView"}
# What the page folds by a tag, JupyterLab folds by `jupyter` (and adds `collapsed`) and Colab by `cellView`.
FOLDED_CODE, FOLDED_OUTPUTS = {"hide-input", "remove-input", "hide-cell"}, {"hide-output", "hide-cell"}
SOLUTION_TITLE = "# @title A solution"  # Colab shows it in place of the code
SOLUTION_PROMPTS = {"code_prompt_show": "Show a solution", "code_prompt_hide": "Hide the solution"}
SETUP_CODE = """\
try:
    import nnlib
except ModuleNotFoundError:
    %pip install -q "nnlib[book] @ git+{address}"
    import nnlib
from nnlib import plots
plots.use_book_style()"""
CAPTION = re.compile(r'(<a id="(fig-[a-z0-9-]+)"></a>)\*\*Figure[^*\n]*\*\*')  # its form: _ext/captions.py
FIGURE_LINK = re.compile(r"\[([Ff]igure)[^\]\n]*\]\(#(fig-[a-z0-9-]+)\)")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def address(config=CONFIG):
    """The book's repository, which is written down in _config.yml alone."""
    return yaml.safe_load(Path(config).read_text(encoding="utf-8"))["repository"]["url"]


def bridges_missing():
    """Which of the other frameworks is not installed, and what installs it; None if all are."""
    absent = [name for name in BRIDGES if importlib.util.find_spec(name) is None]
    return f"Not installed: {', '.join(absent)}; make bridges, or pip install -r bridges.txt" if absent else None


def stamp(nb, url):
    """The notebook with the setup cell in its place: right behind the title."""
    setup = {
        "cell_type": "code",
        "metadata": {"tags": ["setup", "remove-cell"]},
        "source": SETUP_CODE.format(address=url),
        "outputs": [],
    }
    cells = [cell for cell in nb["cells"] if "setup" not in cell["metadata"].get("tags", [])]
    executed = any(cell.get("execution_count") for cell in cells)
    at = 1 if cells and cells[0]["cell_type"] == "markdown" else 0
    return {**nb, "cells": [*cells[:at], {**setup, "execution_count": 1 if executed else None}, *cells[at:]]}


def normalise(nb):
    """The notebook in its normal form; what is in it already comes back unchanged."""
    metadata = {key: value for key, value in nb["metadata"].items() if key in NOTEBOOK_METADATA}
    cells = [normal_cell(cell) for cell in nb["cells"] if text(cell["source"]).strip()]
    number_figures([cell for cell in cells if cell["cell_type"] == "markdown"])
    seen = {}
    for cell in cells:
        cell["id"] = hashlib.sha256(text(cell["source"]).encode()).hexdigest()[:8]
        seen[cell["id"]] = seen.get(cell["id"], 0) + 1
        if seen[cell["id"]] > 1:
            cell["id"] += f"-{seen[cell['id']]}"
    executed = [cell for cell in cells if cell.get("execution_count") is not None]
    for count, cell in enumerate(executed, 1):
        cell["execution_count"] = count
        for output in cell["outputs"]:
            if output["output_type"] == "execute_result":
                output["execution_count"] = count
    return {"cells": cells, "metadata": {**metadata, **KERNEL}, "nbformat": 4, "nbformat_minor": 5}


def number_figures(cells):
    """Write into captions, and into links to them, the number that the page gives a figure: chapter and count."""
    chapter = re.match(r"# (\d+\.)", text(cells[0]["source"])) if cells else None
    captions = [caption for cell in cells if (caption := CAPTION.match(text(cell["source"])))]
    numbers = {caption[2]: f"{chapter[1] if chapter else ''}{count}" for count, caption in enumerate(captions, 1)}
    for cell in cells:
        source = CAPTION.sub(lambda found: f"{found[1]}**Figure {numbers[found[2]]}.**", text(cell["source"]), count=1)
        source = FIGURE_LINK.sub(lambda link: f"[{link[1]} {numbers.get(link[2], '?')}](#{link[2]})", source)
        cell["source"] = lines(source)


def normal_cell(cell):
    metadata = {key: value for key, value in cell["metadata"].items() if key in CELL_METADATA and value}
    metadata = copy.deepcopy(metadata)
    metadata.get("mystnb", {}).get("image", {}).pop("width", None)  # figsize alone decides, see normal_output
    source = text(cell["source"]).strip("\n").rstrip()
    if "solution" in metadata.get("tags", ()):
        metadata["tags"], metadata["mystnb"] = ["solution", "hide-cell"], {**SOLUTION_PROMPTS}
        source = SOLUTION_TITLE + "\n" + source.removeprefix(SOLUTION_TITLE).lstrip("\n")
    if FOLDED_CODE & set(metadata.get("tags", ())):
        metadata.setdefault("jupyter", {})["source_hidden"] = True
        metadata["cellView"] = "form"
    if FOLDED_OUTPUTS & set(metadata.get("tags", ())):
        metadata.setdefault("jupyter", {})["outputs_hidden"] = metadata["collapsed"] = True
    normal = {
        "cell_type": cell["cell_type"],
        "metadata": metadata,
        "source": lines(source),
    }
    if cell["cell_type"] == "code":
        normal["execution_count"] = cell["execution_count"]
        normal["outputs"] = [normal_output(output) for output in merge_streams(cell["outputs"])]
    return normal


def normal_output(output):
    kind = output["output_type"]
    if kind == "stream":
        return {"output_type": kind, "name": output["name"], "text": lines(text(output["text"]))}
    if kind == "error":  # the traceback names files and lines of this machine: its last line is what matters
        name, value = output["ename"], ANSI.sub("", output["evalue"])
        traceback = f"{name}: {value}" if value else name
        return {"output_type": kind, "ename": name, "evalue": value, "traceback": [traceback]}
    normal = {"output_type": kind, "data": {}, "metadata": {}}
    for mime, value in output["data"].items():
        if mime == "image/png":  # drawn at twice its size, shown at its size, in Jupyter and in the book
            normal["data"][mime] = "".join(text(value).split())
            normal["metadata"] = {mime: {"width": png_size(normal["data"][mime])[0] // 2}}
        else:
            normal["data"][mime] = lines(text(value)) if mime.startswith("text/") else value
    if kind == "execute_result":
        normal["execution_count"] = None  # set with the cell's
    return normal


def merge_streams(outputs):
    """Neighbouring pieces of one stream as one: where the kernel cut them is an accident of timing.

    What a carriage return overwrites is gone. Outputs of different kinds keep their order.
    """
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += text(output["text"])
        elif output["output_type"] == "stream":
            merged.append(type(output)(output, text=text(output["text"])))
        else:
            merged.append(output)
    for output in merged:
        if output["output_type"] == "stream":
            output["text"] = re.sub(r"^.*\r(?=[^\n])", "", output["text"], flags=re.MULTILINE)
    return merged


def text(value):
    """A string of the notebook format, which may be stored as a list of lines."""
    return value if isinstance(value, str) else "".join(value)


def lines(value):
    return value.splitlines(keepends=True)


def drawn_by(image):
    """The version of Matplotlib that a picture names in its tag, or None."""
    tag = re.fullmatch(r"Matplotlib version(\d+\.\d+\S*), https://matplotlib\.org/", image.info.get("Software", ""))
    return tag and tag[1]


def pinned_matplotlib(root=ROOT):
    """The versions of Matplotlib that may have drawn what the notebooks store: those that requirements.txt pins."""
    return re.findall(r"(?m)^matplotlib==([^\s;]+)", (root / "requirements.txt").read_text(encoding="utf-8"))


def png_size(encoded):
    """Width and height of a base64-encoded PNG, read from its header."""
    return struct.unpack(">II", base64.b64decode(encoded[:32])[16:24])


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def to_json(nb):
    return json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def store(nb, path):
    """Write the notebook if that changes it, whole or not at all; return whether it did."""
    path, new = Path(path), to_json(nb)
    if path.read_bytes() == new.encode():
        return False
    temporary = path.with_suffix(".part")
    try:
        temporary.write_text(new, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def is_stored_as_executed(path):
    """Whether a notebook is stored in its normal form, setup cell and all, every code cell executed."""
    nb = read(path)
    executed = all(cell["execution_count"] for cell in nb["cells"] if cell["cell_type"] == "code")
    return executed and Path(path).read_text(encoding="utf-8") == to_json(normalise(stamp(nb, address())))


if __name__ == "__main__":
    strays = [path for path in sys.argv[1:] or sorted(CHAPTERS.glob("*.ipynb")) if not is_stored_as_executed(path)]
    for path in strays:
        print(f"{path} is not stored as executed; run: python tools/execute.py {path}")
    sys.exit(bool(strays))
