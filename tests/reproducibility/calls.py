"""Every call that reproducible arrays let in, and every kind of operand, for the tests that go through all of them."""

import contextlib
import functools
import io
import warnings

import numpy as np

from nnlib.reproducibility.operations import CHOICES, COMPUTED, EXACT

uniform = np.random.RandomState(7).random_sample
SPECIAL = np.array([[0.0, -0.0, 1.0, -1.5], [np.inf, -np.inf, np.nan, 2e5], [-0.0, 0.0, 3e-5, -2.0]])


def operands():
    """Return pairs of arrays by name: numbers to three dimensions, empty ones, special values, both dtypes."""
    ordinary = [(uniform(s) * 4 - 2, uniform(s) + 0.5) for s in [(), (1,), (40,), (4, 5), (2, 3, 4), (0,), (0, 3)]]
    ties = np.tile([1.0, -0.0, 0.0, -1.0], (3, 10))
    pairs = [*ordinary, (SPECIAL, SPECIAL[::-1]), (SPECIAL.ravel(), SPECIAL.ravel()[::-1]), (ties, ties[:, ::-1])]
    pairs += [(uniform((6, 8))[::2, ::-3], uniform((3, 3)).T)]              # not in one piece of memory
    return {f"{i} {np.shape(a)} {dtype}": (np.asarray(a, dtype), np.asarray(b, dtype))
            for i, (a, b) in enumerate(pairs) for dtype in ("f4", "f8")}


def number(x):
    """Return the first entry, as what indexing gives, or a fixed one of the same dtype where there is none."""
    return x.ravel()[0] if x.size else np.exp(x).sum() + x.dtype.type(2)


def positive(x):
    return np.abs(x) + x.dtype.type(0.25)


def saved(save, x):
    file = io.BytesIO()
    save(file, x)
    return len(file.getvalue())


@functools.cache
def compiled(call):
    """Return the statements of a call, and the expression after the last semicolon."""
    before, _, expression = call.rpartition(";")
    return compile(before, call, "exec"), compile(expression.strip(), call, "eval")


@contextlib.contextmanager
def silence():
    """Let NumPy compute with infinities and NaN without a word."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def outcome(call, x, y):
    """Return what a call gives, as a list of results, or the kind of error; statements come before a semicolon."""
    before, expression = compiled(call)
    x = x.copy() if ";" in call else x
    names = {"np": np, "x": x, "y": y, "number": number, "positive": positive, "saved": saved}
    try:
        exec(before, names)
        result = eval(expression, names)
    except Exception as error:
        return type(error)
    return list(result) if isinstance(result, (tuple, list)) else [result]


def unary(f):
    return [f"{f}(x)", f"{f}(number(x))", f"{f}(positive(x))", f"{f}(x, out=np.zeros_like({f}(x)))"]


def binary(f):
    others = ["2", "-1.5", "0.0", "True", "np.float32(0.1)", "np.float64(0.1)", "np.int64(3)", "number(y)",
              "np.asarray(y)", "y.astype(np.float64)", "np.arange(y.size).reshape(y.shape)", "y.tolist()"]
    return [f"{f}(x, y)", f"{f}(x[..., None], y[..., None, :])", f"{f}(x, y, out=np.zeros_like({f}(x, y)))",
            *(f"{f}(x, {c})" for c in others), *(f"{f}({c}, x)" for c in others)]


def along(f, *more):
    """Return the calls of a reduction, as a method and as a function, over every axis and with every option."""
    axes = ["", "axis=None", "axis=0", "axis=-1", "axis=1", "axis=(0, 1)", "axis=(0, -1)"]
    options = [f"{axis}, {option}".strip(", ") for axis in axes for option in ("", "keepdims=True", *more)]
    return [*(f"x.{f}({each})" for each in options), *(f"np.{f}(x, {each})" for each in options),
            f"np.{f}(x, axis=0, out=np.zeros_like(np.{f}(x, axis=0)))"]


DTYPES, MASK = ("dtype=np.float32", "dtype=np.float64"), "where=np.asarray(x) > 0"
ELEMENTWISE = sorted((EXACT | CHOICES | set(COMPUTED)) - {"_ones_like", "clip", "power"})
CALLS = {name: (unary if getattr(np, name).nin == 1 else binary)(f"np.{name}") for name in ELEMENTWISE}
CALLS["add"] += ["x + y", "2 + x", "x + np.float64(0.1)", "x += y; x", "np.add.accumulate(x)", "np.add.reduce(x)",
                 "np.add(x, y, dtype=np.float64)", "np.add(x, y, out=np.ones_like(x), where=np.asarray(x) > 0)",
                 "np.add.at(x, [0, -1, 0, 0], number(y)); x"]
CALLS["subtract"] += ["x - y", "2 - x", "x -= y; x", "np.subtract.at(x, ([0, -1, 0], [0, 1, 0]), number(y)); x"]
CALLS["multiply"] += ["x * y", "2 * x", "x *= y; x", "np.multiply.reduce(x)", "np.multiply.accumulate(x)"]
CALLS["divide"] += ["x / y", "2 / x", "x /= y; x", "np.divide(x, y, out=np.zeros_like(x), where=np.asarray(y) != 0)"]
CALLS["maximum"] += ["np.maximum.reduce(x)", "np.maximum.reduce(x, axis=None, initial=0.5)"]
CALLS["minimum"] += ["np.minimum.reduce(x)"]
CALLS |= {
    "_ones_like": ["x ** 0"],
    "power": [*(f"x ** {n}" for n in (0, 1, 2, 3, -1, -2, 0.5, 2.0, 10)),
              *(f"np.power(x, {n})" for n in (0, 1, 2.0, 3, -1)),
              "np.power(positive(x), 0.5)", "np.power(x, 2, out=np.zeros_like(x))", "x **= 3; x",
              "np.arange(1, 20) ** (number(x) * 0 + 30)", "2.0 ** (number(x) * 0 + 3)"],
    "matmul": ["x @ y", "x @ np.swapaxes(y, -1, -2)", "np.swapaxes(x, -1, -2) @ y", "x.T @ y", "x @ y[..., 0]",
               "x[0] @ y[1]", "np.asarray(x).T @ y", "x[None] @ y.T", "x.T @ y.astype(np.float64)",
               "np.matmul(x.T, y, out=np.zeros_like(x.T @ y))", "x.T @ np.ones(len(x), int)", "2 @ x",
               "x @ number(x)"],
    "dot": ["np.dot(x, y)", "x.dot(y.T)", "np.dot(x.T, y)", "np.dot(2.0, x)", "np.dot(x, 2)",
            "np.dot(number(positive(x)), y)", "np.dot(x.T, y, out=np.zeros_like(np.dot(x.T, y)))"],
    "inner": ["np.inner(x, y)", "np.inner(2.0, x)", "np.inner(x, 2.0)", "np.inner(positive(x)[0], y)",
              "np.inner(x, positive(y)[0])", "np.inner(number(positive(x)), y)"],
    "vdot": ["np.vdot(x, y)", "np.vdot(x.T, y.T)", "np.vdot(number(x), number(y))"],
    "outer": ["np.outer(x, y)", "np.outer(x, 2)", "np.outer([1, 2], y)"],
    "norm": ["np.linalg.norm(x)", "np.linalg.norm(x, axis=-1)", "np.linalg.norm(x, axis=0, keepdims=True)",
             "np.linalg.norm(x, axis=(0, 1))"],
    "sum": along("sum", *DTYPES, MASK, "initial=np.float64(2.1)"),
    "prod": along("prod", *DTYPES, "initial=2.0"),
    "mean": along("mean", *DTYPES, MASK),
    "var": along("var", "ddof=1"),
    "std": along("std", "ddof=1"),
    "max": along("max", "initial=-3.0", "initial=-3.0, where=True"),
    "min": along("min", "initial=3.0"),
    "all": along("all"),
    "any": along("any"),
    "amax": ["np.amax(x)", "np.amax(x, axis=0)"],
    "amin": ["np.amin(x)", "np.amin(x, axis=0)"],
    "nanmax": ["np.nanmax(x)", "np.nanmax(x, axis=0)"],
    "nanmin": ["np.nanmin(x)", "np.nanmin(x, axis=0)"],
    "cumsum": ["x.cumsum()", "np.cumsum(x, axis=-1)", "x.cumsum(0, dtype=np.float64)"],
    "cumprod": ["x.cumprod()", "np.cumprod(x, axis=0)"],
    "clip": ["np.clip(x, -0.5, 0.5)", "x.clip(0)", "x.clip(max=1)", "np.clip(x, -y, y)",
             "np.clip(x, 0, 1, out=np.zeros_like(x))", "np.clip(number(x), 0, 1)"],
    "round": ["x.round(1)", "np.round(x)", "np.round(x * 100, -1)", "number(x).round(1)",
              "np.round(x, 2, out=np.zeros_like(x))"],
    "around": ["np.around(x, 1)"],
    "argmax": ["x.argmax()", "np.argmax(x, axis=-1)", "x.argmax(axis=0, keepdims=True)"],
    "argmin": ["x.argmin()", "np.argmin(x, axis=-1)"],
    "sort": ["np.sort(x)", "np.sort(x, axis=0)", "np.sort(x, axis=None)", "x.sort(); x"],
    "argsort": ['np.argsort(x, kind="stable")', 'x.argsort(axis=0, kind="stable")'],
    "diff": ["np.diff(x)", "np.diff(x, n=2, axis=0)", "np.diff(x, prepend=0)"],
    "histogram": ["np.histogram(x)", "np.histogram(x, bins=5, range=(-1, 1))", "np.histogram(x, [-1, 0, 1])",
                  "np.histogram(x, 4, density=True)"],
    "reshape": ["x.reshape(-1)", "np.reshape(x, (-1, 1))", 'x.reshape(x.shape[::-1], order="F")'],
    "ravel": ["np.ravel(x)", 'x.ravel("F")', "x.flatten()"],
    "transpose": ["x.T", "np.transpose(x)", "x.transpose()"],
    "moveaxis": ["np.moveaxis(x, 0, -1)"],
    "swapaxes": ["np.swapaxes(x, 0, -1)"],
    "expand_dims": ["np.expand_dims(x, 0)"],
    "squeeze": ["np.squeeze(x[None])", "x.squeeze()"],
    "atleast_1d": ["np.atleast_1d(x)"],
    "atleast_2d": ["np.atleast_2d(x)"],
    "broadcast_to": ["np.broadcast_to(x, (2, *x.shape))"],
    "broadcast_arrays": ["np.broadcast_arrays(x, y[None])"],
    "concatenate": ["np.concatenate([x, y])", "np.concatenate([x, np.asarray(y)], axis=-1)"],
    "stack": ["np.stack([x, y], axis=-1)", "np.stack([number(x), number(y)])"],
    "vstack": ["np.vstack([x, y])"],
    "hstack": ["np.hstack([x, y])"],
    "column_stack": ["np.column_stack([x, y])"],
    "append": ["np.append(x, y)", "np.append(x, 1)"],
    "split": ["np.split(x, 2)", "np.split(x, [1])"],
    "array_split": ["np.array_split(x, 3)"],
    "tile": ["np.tile(x, 2)"],
    "repeat": ["np.repeat(x, 2, axis=-1)", "x.repeat(3)"],
    "flip": ["np.flip(x)"],
    "fliplr": ["np.fliplr(x)"],
    "flipud": ["np.flipud(x)"],
    "roll": ["np.roll(x, 2)"],
    "rot90": ["np.rot90(x)"],
    "take": ["np.take(x, [0, 1])", "x.take(0)", "np.take(x, [1], axis=0)"],
    "take_along_axis": ['np.take_along_axis(x, np.argsort(y, axis=-1, kind="stable"), axis=-1)'],
    "put_along_axis": ["np.put_along_axis(x, np.argmax(y, axis=-1, keepdims=True), 7, axis=-1); x"],
    "diag": ["np.diag(x)"],
    "diagonal": ["np.diagonal(x)", "x.diagonal()"],
    "fill_diagonal": ["np.fill_diagonal(x, 5); x"],
    "tril": ["np.tril(x)"],
    "triu": ["np.triu(x, 1)"],
    "trace": ["np.trace(x)", "x.trace()"],
    "copy": ["np.copy(x)", "x.copy()"],
    "copyto": ["np.copyto(x, y, where=np.asarray(y) > 0.7); x"],
    "where": ["np.where(x > y, x, y)", "np.where(x > 0, x, 0)", "np.where(np.atleast_1d(x) > 0)",
              "np.where(x > 0, 1.0, y)"],
    "meshgrid": ["np.meshgrid(x, y)", 'np.meshgrid(x, [1, 2], indexing="ij")'],
    "linspace": ["np.linspace(number(x), number(y), 5)", "np.linspace(0, number(y), 3, endpoint=False)"],
    "sliding_window_view": ["np.lib.stride_tricks.sliding_window_view(x, 2, axis=-1)"],
    "zeros_like": ["np.zeros_like(x)", "np.zeros_like(x, dtype=int)", "np.zeros_like(x, shape=3)"],
    "ones_like": ["np.ones_like(x)"],
    "full_like": ["np.full_like(x, 0.1)", "np.full_like(x, number(y))"],
    "empty_like": ["np.zeros_like(x) * np.empty_like(x).size", "np.empty_like(x, dtype=bool).shape"],
    "pad": ["np.pad(x, 1)", "np.pad(x, (1, 0), constant_values=2)"],
    "nonzero": ["np.nonzero(np.atleast_1d(x))", "x.ravel().nonzero()"],
    "flatnonzero": ["np.flatnonzero(x)"],
    "argwhere": ["np.argwhere(x)"],
    "count_nonzero": ["np.count_nonzero(x, axis=0)"],
    "allclose": ["np.allclose(x, y)", "np.allclose(x, x + 1e-09, equal_nan=True)"],
    "isclose": ["np.isclose(x, y)", "np.isclose(x, 0)"],
    "array_equal": ["np.array_equal(x, y)", "np.array_equal(x, x)"],
    "shape": ["np.shape(x)"],
    "size": ["np.size(x)", "np.size(x, 0)"],
    "ndim": ["np.ndim(x)"],
    "result_type": ["np.result_type(x, 1).itemsize"],
    "can_cast": ["np.can_cast(x.dtype, float)"],
    "iscomplexobj": ["np.iscomplexobj(x)"],
    "shares_memory": ["np.shares_memory(x, x.T)"],
    "may_share_memory": ["np.may_share_memory(x, y)"],
    "array_repr": ['np.array_repr(x).partition("(")[2].split()'],
    "array_str": ["np.array_str(x)"],
    "array2string": ["np.array2string(x)"],
    "save": ["saved(np.save, x)"],
    "savez": ["saved(np.savez, x)"],
    "savez_compressed": ["saved(np.savez_compressed, x) > 0"],
    "savetxt": ["saved(np.savetxt, x)"],
    "indexing": ["x[0]", "x[..., -1]", "x[::2]", "x[x > 0]", "x[[0, 0]]", "x[()]", "list(x)",
                 "x.__setitem__(0, y[-1]); x"],
    "astype": ["x.astype(np.float32)", "x.astype(float)", "(x > 0).astype(int)"],
}


OPERANDS = operands()


def results(kind):
    """Return everything that all calls give, on arrays of one kind."""
    pairs = [(kind(x), kind(y)) for x, y in OPERANDS.values()]
    with silence():
        outcomes = [outcome(call, x, y) for calls in CALLS.values() for call in calls for x, y in pairs]
    return [result for each in outcomes if isinstance(each, list) for result in each]
