"""The chapters quote the library: a cell tagged `nnlib` holds what nnlib holds, or a test shows what differs.

Docstrings, annotations and the guards' `check_...()` statements are dropped on both sides; all else counts.
"""

import ast
import difflib
import functools

import pytest
from notebooks import CHAPTERS, ROOT, read, text

# The chapter (its number, or an appendix's name) that quotes each name. Once it exists, it has to.
QUOTED_IN = {
    "06": "spiral clusters vertical xor",
    "07": "relu sigmoid softmax",
    "08": "log_softmax one_hot accuracy",
    "10": "numerical_gradient",
    "12": "Layer ReLU LeakyReLU Sigmoid Tanh Softmax Loss SoftmaxCrossEntropy MeanSquaredError MeanAbsoluteError",
    "13": "relative_error WeightedSum check_gradients",
    "15": "Parameter Dense Optimizer SGD Sequential measure weighted_means",
    "17": "batches",
    "18": "AdaGrad RMSprop Adam AdamW Scheduled cosine step_decay warm_up clip_gradients",
    "19": "Dropout Penalty L2 L1 weights_among",
    "20": "folds",
    "21": "Standardizer SigmoidCrossEntropy binary_accuracy",
    "22": "size slopes_of targets_around agreement",
    "24": "paper ink cut_out areas scale center own_digit",
    "25": "fetch places smoothing distort",
    "26": "windows spots Conv2D MaxPool2D first_equal Flatten Unflatten BatchNorm channel_mean digit_network",
    "27": "Tensor as_tensor unbroadcast zero_grad",
    "reproducibility-inside": "largest to_grid round_to_grid fingerprint",
}
# Where a later chapter goes on with a class, and the chapter that began it: methods of the same name take the place of
# the earlier forms, and the two chapters together are what the library holds.
CONTINUED = {("19", "Sequential"): "15"}
# The names, or whole files, that no chapter quotes, and why.
EXEMPT = {
    "mnist.py": "files, mirrors and checksums teach nothing about networks",
    "tables.py": "files teach nothing about networks",
    "trained.py": "files teach nothing about networks",
    "weights.py": "files teach nothing about networks",
    "diagnosis.py": "the chapter builds what it measures, and says of each question how it is asked; the rest is words",
    "versions.py": "what a machine has installed teaches nothing about networks",
    "plots.py": "its pictures are explained where they stand, not how they are drawn",
    "arrays.py": "NumPy's hooks: the appendix shows on one small class what they do",
    "elementary.py": "the appendix shows on small numbers what it does: arithmetic, case by case",
    "operations.py": "tables",
    "refusals.py": "messages explain themselves",
    "sums_and_products.py": "the appendix quotes its heart and shows the rest on small numbers: arithmetic",
    "as_floats": "kinds of numbers teach nothing about gradients",
    "brightness": "files and colours teach nothing about networks",
    "progress_bar": "looks, not learning",
    "trained_digit_network": "files teach nothing about networks",
    "in_order": "the chapter has one that calls itself, and shows where that ends: a loop with a stack of its own",
    "layers_within": "a walk through attributes and lists, not learning",
}
# Methods that a quotation of their class leaves out, and why.
OTHER_SIDE = "the chapter says when Python calls it; it turns the two round"
EXEMPT_METHODS = {
    "Sequential": {"save": "files teach nothing about networks", "load": "the same"},
    "Tensor": dict.fromkeys(["__radd__", "__rmul__", "__rsub__", "__rtruediv__", "__rmatmul__"], OTHER_SIDE)
    | dict.fromkeys(["__array__", "__array_function__"], "messages explain themselves") | {"__repr__": "looks"},
}
HOMES = {name: home for home, names in QUOTED_IN.items() for name in names.split()}
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


@functools.cache
def library():
    """The file and the definition of every public name. Guards are not among them: their messages explain them."""
    return {
        node.name: (module.name, node)
        for module in sorted((ROOT / "nnlib").rglob("*.py"))
        if module.parent.name != "exercises"  # what tries the readers' code, and wrong answers
        for node in definitions(ast.parse(module.read_text(encoding="utf-8")))
        if not node.name.startswith("_") and not is_guard(node.name)
    }


def quoted_cells():
    """The chapter and the syntax tree of every cell that quotes the library."""
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        for cell in read(path)["cells"]:
            if "nnlib" in cell["metadata"].get("tags", []):
                yield chapter(path), ast.parse(text(cell["source"]))


def quotations():
    """Every quoted definition by chapter and name. A class may come in instalments: `class C(C)` adds methods."""
    quoted = {}
    for home, tree in quoted_cells():
        for node in definitions(tree):
            began = CONTINUED.get((home, node.name), home)
            first = quoted.setdefault((began, node.name), node)
            if began != home:
                replaced = {getattr(inner, "name", None) for inner in node.body}
                first.body = [inner for inner in first.body if getattr(inner, "name", "") not in replaced]
            if first is not node:
                first.body += node.body
    return quoted


def definitions(tree):
    return [node for node in tree.body if isinstance(node, DEFINITIONS)]


def chapter(path):
    return path.stem[:2] if path.stem[:2].isdigit() else path.stem


def is_guard(name):
    return name.startswith("check_") and name != "check_gradients"


class Essence(ast.NodeTransformer):
    """Drop what a quotation may leave out."""

    def visit_Expr(self, node):
        call = node.value
        if isinstance(call, ast.Call):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            return None if is_guard(name) else node
        return None if isinstance(call, ast.Constant) else node  # a docstring, or a `...`

    def visit_Pass(self, node):
        return None

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        return ast.Assign([node.target], node.value) if node.value else None

    def visit_FunctionDef(self, node):
        node.returns = None
        return self.generic_visit(node)


def essence(node):
    """The code of a definition as it counts, in one spelling."""
    tree = Essence().visit(ast.parse(ast.unparse(node)))
    left_out = EXEMPT_METHODS.get(node.name, {})
    tree.body[0].body = [inner for inner in tree.body[0].body if getattr(inner, "name", None) not in left_out]
    if node.name in {name for _, name in CONTINUED}:          # whose methods come in the order of two chapters
        tree.body[0].body.sort(key=lambda inner: getattr(inner, "name", ""))
    for inner in ast.walk(tree):
        if isinstance(inner, (*DEFINITIONS, ast.If, ast.For, ast.While, ast.With)) and not inner.body:
            inner.body = [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(tree))


QUOTATIONS = quotations()


@pytest.mark.parametrize("quotation", QUOTATIONS.values(), ids=["-".join(key) for key in QUOTATIONS])
def test_a_quotation_is_what_the_library_holds(quotation):
    assert quotation.name in library(), f"nnlib has no {quotation.name}"
    _, original = library()[quotation.name]
    ours, theirs = essence(original).splitlines(), essence(quotation).splitlines()
    difference = "\n".join(difflib.unified_diff(ours, theirs, "nnlib", "the chapter", lineterm=""))
    assert not difference, f"the chapter quotes {quotation.name} wrongly:\n{difference}"


def test_quoting_cells_hold_definitions_and_imports_only():
    for home, tree in quoted_cells():
        for node in tree.body:
            assert isinstance(node, (*DEFINITIONS, ast.Import, ast.ImportFrom)), (
                f"{home}: move this out of the cell tagged nnlib: {ast.unparse(node)}"
            )


def test_every_public_name_has_one_place():
    files = {name: file for name, (file, _) in library().items()}
    missing = [name for name, file in files.items() if not {name, file} & (set(HOMES) | set(EXEMPT))]
    assert missing == [], "add these to QUOTED_IN, or to EXEMPT with a reason"
    stale = (set(HOMES) | set(EXEMPT)) - set(files) - set(files.values())
    assert sorted(stale) == [], "nnlib no longer has these: take them off the lists"
    assert sorted(set(HOMES) & set(EXEMPT)) == []


def test_every_public_name_is_quoted_where_the_list_says():
    quoted = [(name, home) for home, name in QUOTATIONS]
    written = set(map(chapter, CHAPTERS.glob("*.ipynb")))
    expected = [(name, home) for name, home in HOMES.items() if home in written]
    assert sorted(set(quoted) - set(expected)) == [], "these cells are tagged nnlib, and QUOTED_IN does not say so"
    assert sorted(set(expected) - set(quoted)) == [], "QUOTED_IN says so, and no cell tagged nnlib holds these"
