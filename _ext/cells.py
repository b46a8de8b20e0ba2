"""How a notebook's cells look on their page: folded parts, figures in the dark theme, fingerprints."""

import re

from docutils.nodes import Element, Text, container, image, literal_block
from myst_nb.sphinx_ import HideCodeCellNode

COLOURED = re.compile(r"\b(digits|confusion|imshow|matshow|contourf|pcolormesh|imread)\(")
SOLUTION_TITLE = "# @title A solution\n"  # for Colab alone; on the page the fold says so
VERDICT = re.compile(r"^(?:not yet|right)\. .*", re.MULTILINE | re.DOTALL)
FINGERPRINT = re.compile(r"(fingerprint:? )?[0-9a-f]{16}")


def cells(doctree):
    return [node for node in doctree.findall(container) if "cell" in node["classes"]]


def fold(cell):
    """Return what hides the cell's source, if something does."""
    return next((part for part in cell.children if isinstance(part, HideCodeCellNode)), None) if cell.children else None


def merge_bars(doctree):
    """Where a folded source without an output stands before another one, make one fold of both."""
    for cell in cells(doctree):
        after = cell.next_node(Element, descend=False, siblings=True)
        if len(cell.children) != 1 or not fold(cell) or after not in cells(doctree) or not fold(after):
            continue
        if "above-input" in fold(cell)["classes"] and "above-input" in fold(after)["classes"]:
            fold(after).children[0].children[:0] = fold(cell).children[0].children
            cell.parent.remove(cell)


def name_folded_outputs(doctree):
    """An output that is folded is an answer: the reader may guess before looking."""
    for part in doctree.findall(HideCodeCellNode):
        if "below-input" in part["classes"]:
            part["prompt_show"], part["prompt_hide"] = "Show what it prints", "Hide what it prints"


def keep_colours(doctree):
    """Mark the pictures whose colours are what they show; lines and labels follow the theme."""
    for cell in cells(doctree):
        if any(COLOURED.search(block.astext()) for block in cell.findall(literal_block)):
            for picture in cell.findall(image):
                picture["classes"].append("keeps-colours")


def quiet_fingerprints(doctree):
    """Mark the outputs that are a fingerprint and nothing else."""
    for block in doctree.findall(literal_block):
        if FINGERPRINT.fullmatch(block.astext().strip()):
            block["classes"].append("fingerprint")


def let_verdicts_flow(doctree):
    """Let what an exercise's check says break where the screen ends, and take the title off solutions."""
    for block in doctree.findall(literal_block):
        said = block.astext()
        flowing = VERDICT.sub(lambda verdict: " ".join(verdict[0].split()), said.removeprefix(SOLUTION_TITLE))
        if flowing != said:
            block["classes"] += ["verdict"] if VERDICT.search(said) else []
            block.rawsource, block.children = flowing, []
            block += Text(flowing)


def dress(app, doctree, page):
    for change in (keep_colours, merge_bars, name_folded_outputs, quiet_fingerprints, let_verdicts_flow):
        change(doctree)


def setup(app):
    app.connect("doctree-resolved", dress)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
