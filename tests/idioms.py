"""The idioms of Python and NumPy that the book introduces, each with the chapter where a reader first meets it.

That chapter explains the idiom, in a sentence at least; the visible code of an earlier one does without. An idiom that
no chapter introduces is used by none: whoever needs it enters it here, below a chapter that explains it.
Chapters go by their slugs, in the order of the book. What stands beside the chapters, the appendices, may use all.
"""

import ast

ORDER = """
neuron layer dot-product batches layers spiral-data activations loss forward-pass derivatives backprop-by-hand
backprop-in-layers gradient-checking wrong-gradient training two-hundred-xors mini-batches optimizers generalisation
tuning regression-and-binary why-is-it-not-learning meet-mnist mnist climb convolution autograd pytorch-and-keras
""".split()

INTRODUCED = {
    "neuron": """def; for; range; zip; list comprehension; unpacking: a, b = ...; +=; assert; dict; f-string;
        format beyond .4f; slice; x[i] = in place; .copy(); *args; print(end=, sep=);
        x if ... else y; import math or decimal""",
    "dot-product": """slice with a step; X[i, j]; np.array; np.dot; @; .shape; .T; reshape; np.sqrt; np.sin;
        np.allclose; sum, mean; axis=; np.random; rng.""",
    "layers": "class; keyword-only argument; np.zeros; np.maximum; x[-1]; np.abs",
    "spiral-data": "default argument; if; dtype; boolean mask; stacking; np.linspace; argmax; << >> & | ~",
    "activations": "a = b = ...; with; keepdims=; generator; cumsum, diff; np.exp; np.tanh; np.where; np.errstate",
    "loss": "fancy indexing; X[:, None]; // and %; np.log",
    "forward-pass": "dict comprehension; slice object; np.linalg; np.unique",
    "derivatives": "lambda; np.zeros_like; np.ndindex",
    "backprop-by-hand": "**kwargs; enumerate",
    "backprop-in-layers": "inheritance; raise; getattr, setattr; __special__ method; reversed, sorted; np.sign",
    "gradient-checking": "super(); try",
    "training": "std, var; class C(C); map, filter; isinstance; x[...]; transpose of stacks",
    "mini-batches": "yield",
    "generalisation": "break, continue",
    "convolution": "np.pad",
    "autograd": "while",
}


BITWISE = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor, ast.Invert)


def calls(node, *names):
    """Whether this is a call of a function or method of one of these names."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", getattr(function, "id", None)) in names


def keyword(node, name):
    return isinstance(node, ast.Call) and any(given.arg == name for given in node.keywords)


def numpy(*names):
    """A detector of np.name, called or handed on."""
    return lambda node: isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "np"


def method(*names):
    return lambda node: isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) != "np"


def method_or_numpy(*names):
    return lambda node: isinstance(node, ast.Attribute) and node.attr in names


def syntax(*kinds):
    return lambda node: isinstance(node, kinds)


def indices(node):
    """What stands between the square brackets, one entry an axis."""
    if not isinstance(node, ast.Subscript):
        return []
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def function_with(part):
    return lambda node: isinstance(node, ast.FunctionDef | ast.Lambda) and bool(getattr(node.args, part))


def format_beyond(*plain):
    def found(node):
        return getattr(node, "format_spec", None) and node.format_spec.values[0].value not in plain

    return found


def is_mask(node):
    """An index that is a comparison, as in X[y == 1]."""
    return any(isinstance(index, ast.Compare | ast.Invert) for index in indices(node))


def is_fancy(node):
    """Several places at once: X[[0, 2]], or one a row: P[np.arange(N), y]."""
    return any(isinstance(index, ast.List) or calls(index, "arange") for index in indices(node))


DETECTORS = {
    "lambda": syntax(ast.Lambda),
    "def": syntax(ast.FunctionDef),
    "default argument": function_with("defaults"),
    "keyword-only argument": function_with("kwonlyargs"),
    "*args": lambda node: function_with("vararg")(node) or isinstance(node, ast.Starred),
    "**kwargs": lambda node: function_with("kwarg")(node) or isinstance(node, ast.keyword) and node.arg is None,
    "class": syntax(ast.ClassDef),
    "inheritance": lambda node: isinstance(node, ast.ClassDef) and bool(node.bases),
    "super()": lambda node: calls(node, "super"),
    "class C(C)": lambda node: isinstance(node, ast.ClassDef) and node.name in map(ast.unparse, node.bases),
    "decorator": lambda node: bool(getattr(node, "decorator_list", ())),
    "isinstance": lambda node: calls(node, "isinstance"),
    "getattr, setattr": lambda node: calls(node, "getattr", "setattr", "hasattr", "vars"),
    "__special__ method": lambda node: (
        isinstance(node, ast.FunctionDef) and node.name.startswith("__") and node.name != "__init__"
    ),
    "for": syntax(ast.For),
    "while": syntax(ast.While),
    "if": syntax(ast.If),
    "x if ... else y": syntax(ast.IfExp),
    "break, continue": syntax(ast.Break, ast.Continue),
    "for ... else": lambda node: isinstance(node, ast.For) and bool(node.orelse),
    "range": lambda node: calls(node, "range"),
    "zip": lambda node: calls(node, "zip"),
    "enumerate": lambda node: calls(node, "enumerate"),
    "reversed, sorted": lambda node: calls(node, "reversed", "sorted"),
    "map, filter": lambda node: calls(node, "map", "filter"),
    "any, all": lambda node: isinstance(node, ast.Name) and node.id in ("any", "all"),
    "list comprehension": syntax(ast.ListComp),
    "dict comprehension": syntax(ast.DictComp, ast.SetComp),
    "generator": syntax(ast.GeneratorExp),
    "yield": syntax(ast.Yield, ast.YieldFrom),
    "dict": syntax(ast.Dict),
    "set": syntax(ast.Set),
    "unpacking: a, b = ...": lambda node: (
        isinstance(node, ast.Assign | ast.For)
        and any(isinstance(t, ast.Tuple) for t in getattr(node, "targets", [getattr(node, "target", None)]))
    ),
    "unpacking into a list: [a, b] = ...": lambda node: isinstance(node, ast.List) and isinstance(node.ctx, ast.Store),
    "a = b = ...": lambda node: isinstance(node, ast.Assign) and len(node.targets) > 1,
    "a < b < c": lambda node: isinstance(node, ast.Compare) and len(node.ops) > 1,
    "+=": syntax(ast.AugAssign),
    ":=": syntax(ast.NamedExpr),
    "assert": syntax(ast.Assert),
    "raise": syntax(ast.Raise),
    "try": syntax(ast.Try),
    "with": syntax(ast.With),
    "global, nonlocal": syntax(ast.Global, ast.Nonlocal),
    "del": syntax(ast.Delete),
    "match": syntax(ast.Match),
    "f-string": syntax(ast.JoinedStr),
    "format beyond .4f": format_beyond("", ".1f", ".2f", ".3f", ".4f"),
    "f-string with =": lambda node: (
        isinstance(node, ast.JoinedStr)
        and any(isinstance(v, ast.Constant) and str(v.value).endswith("=") for v in node.values)
        and any(isinstance(v, ast.FormattedValue) and v.conversion == 114 for v in node.values)
    ),
    "print(end=, sep=)": lambda node: calls(node, "print") and (keyword(node, "end") or keyword(node, "sep")),
    "// and %": lambda node: (
        isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.FloorDiv | ast.Mod)
    ),
    "<< >> & | ~": lambda node: isinstance(getattr(node, "op", None), BITWISE),
    "slice": syntax(ast.Slice),
    "slice with a step": lambda node: isinstance(node, ast.Slice) and node.step is not None,
    "x[-1]": lambda node: any(isinstance(i, ast.UnaryOp) for i in indices(node)),
    "X[i, j]": lambda node: len(indices(node)) > 1,
    "x[...]": lambda node: any(ast.unparse(i) == "..." for i in indices(node)),
    "X[:, None]": lambda node: any(ast.unparse(i) in ("None", "np.newaxis") for i in indices(node)),
    "slice object": lambda node: calls(node, "slice"),
    "boolean mask": is_mask,
    "fancy indexing": is_fancy,
    "np.array": numpy("array", "asarray"),
    "np.dot": numpy("dot"),
    "@": lambda node: isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult),
    ".shape": method("shape"),
    ".T": method("T"),
    "transpose of stacks": lambda node: (
        calls(node, "swapaxes", "moveaxis") or calls(node, "transpose") and len(node.args) > 1
    ),
    "axis=": lambda node: keyword(node, "axis"),
    "keepdims=": lambda node: keyword(node, "keepdims"),
    "dtype": lambda node: (
        keyword(node, "dtype") or isinstance(node, ast.Attribute) and node.attr in ("dtype", "astype")
    ),
    "reshape": method("reshape", "ravel", "flatten"),
    "stacking": numpy("concatenate", "stack", "vstack", "hstack", "column_stack", "c_", "r_"),
    "np.zeros": numpy("zeros", "ones", "full", "empty", "eye"),
    "np.zeros_like": numpy("zeros_like", "ones_like", "full_like", "empty_like"),
    "np.linspace": numpy("linspace", "arange"),
    "np.meshgrid": numpy("meshgrid"),
    "np.exp": numpy("exp", "expm1"),
    "np.log": numpy("log", "log1p", "log2", "log10"),
    "np.sqrt": numpy("sqrt"),
    "np.sin": numpy("sin", "cos", "tan", "arctan2", "pi"),
    "np.tanh": numpy("tanh", "cosh"),
    "np.abs": numpy("abs"),
    "np.maximum": numpy("maximum", "minimum", "clip"),
    "np.sign": numpy("sign", "copysign"),
    "np.where": numpy("where"),
    "np.allclose": numpy("allclose", "isclose", "array_equal"),
    "sum, mean": method_or_numpy("sum", "mean"),
    "std, var": method_or_numpy("std", "var"),
    "argmax": method_or_numpy("argmax", "argmin", "argsort"),
    "cumsum, diff": numpy("cumsum", "diff", "convolve", "cumprod"),
    "einsum": numpy("einsum"),
    "np.linalg": numpy("linalg"),
    "np.ndindex": numpy("nditer", "ndindex", "ndenumerate"),
    "np.random": numpy("random"),
    "rng.": lambda node: isinstance(node, ast.Attribute) and ast.unparse(node.value) == "rng",
    "np.errstate": numpy("errstate", "seterr"),
    "np.pad": numpy("pad"),
    "sliding windows": method_or_numpy("sliding_window_view", "as_strided"),
    "np.unique": numpy("unique", "bincount"),
    "out=": lambda node: keyword(node, "out"),
    ".copy()": lambda node: calls(node, "copy"),
    "x[i] = in place": lambda node: isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store),
    "import math or decimal": lambda node: (
        isinstance(node, ast.Import | ast.ImportFrom)
        and ast.unparse(node).split()[1] in ("decimal", "fractions", "math")
    ),
}


def used(tree):
    """The idioms that a syntax tree uses."""
    nodes = list(ast.walk(tree))
    return {idiom for idiom, found in DETECTORS.items() if any(map(found, nodes))}


def known_in(slug):
    """The idioms that a reader knows at the end of a chapter."""
    chapters = ORDER[: ORDER.index(slug) + 1]
    return {idiom.strip() for chapter in chapters for idiom in INTRODUCED.get(chapter, "").split(";") if idiom.strip()}
