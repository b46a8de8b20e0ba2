"""Which operation is carried out how: the tables, and the function that reads them.

What is on no table is refused. What is on one, a test compares with NumPy, case by case.
"""

import functools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlib.reproducibility.elementary import FORMULAS
from nnlib.reproducibility.refusals import MEMORY, not_reproducible
from nnlib.reproducibility.sums_and_products import dot, inner, matmul, norm, reduce_in_order, vdot

# A single operation of IEEE 754 for each entry, or one on truth values. (x**0 calls _ones_like.)
EXACT = set(
    "add subtract multiply divide negative positive absolute fabs sqrt square reciprocal sign floor ceil trunc rint "
    "floor_divide remainder heaviside equal not_equal less less_equal greater greater_equal isnan isinf isfinite "
    "signbit logical_and logical_or logical_xor logical_not _ones_like".split()
)
CHOICES = {"maximum", "minimum", "fmax", "fmin", "clip"}
COMPUTED = {formula.__name__: formula for formula in FORMULAS}
# Methods of the exact operations: all and any, cumsum and cumprod, and adding at places that may repeat.
METHODS = {"reduce": {"logical_and", "logical_or"}, "accumulate": {"add", "multiply"}, "at": {"add", "subtract"}}
# Functions that move or choose entries, count, print or save, or that go through the operations above.
HARMLESS = {sliding_window_view} | {getattr(np, name) for name in (
    "reshape ravel transpose moveaxis swapaxes expand_dims squeeze atleast_1d atleast_2d broadcast_to broadcast_arrays "
    "concatenate stack vstack hstack column_stack split array_split tile repeat flip fliplr flipud roll rot90 append "
    "take take_along_axis put_along_axis diag diagonal fill_diagonal tril triu trace copy copyto where meshgrid "
    "linspace zeros_like ones_like full_like sort argsort argmax argmin nonzero flatnonzero "
    "argwhere count_nonzero max min amax amin nanmax nanmin clip round around sum prod cumsum cumprod mean var std "
    "diff outer all any allclose isclose array_equal shape size ndim result_type can_cast iscomplexobj shares_memory "
    "may_share_memory array_repr array_str save savez savez_compressed savetxt"
).split()}


@functools.cache
def operation(ufunc, method, slices):
    """Return the function that carries out one of NumPy's ufuncs, or a method of it, everywhere alike."""
    name = ufunc.__name__
    if method == "reduce" and name in ("add", "multiply"):
        return with_out(name, functools.partial(reduce_in_order, ufunc), "axis dtype keepdims initial where")
    if method == "__call__" and name == "matmul":
        return with_out(name, functools.partial(matmul, slices=slices))
    if method == "__call__" and name in COMPUTED:
        return with_out(name, COMPUTED[name])
    if method == "__call__" and name in CHOICES:
        return choose(known_options(name, ufunc, "casting dtype"))
    if method == "reduce" and name in CHOICES:
        return choose(known_options(name, ufunc.reduce, "axis dtype keepdims initial where"))
    if method == "__call__" and name in EXACT:
        return known_options(name, ufunc, "casting dtype subok where")
    if name in METHODS.get(method, ()):
        return getattr(ufunc, method)
    raise not_reproducible(f"np.{name}" if method == "__call__" else f"np.{name}.{method}")


def known_options(name, function, known):
    """Return `function`, but for options that nobody has tried, or that leave entries to chance."""
    known = {"out", *known.split()}

    def checked(*inputs, **options):
        for option in options.keys() - known:
            raise not_reproducible(f"np.{name} with {option}=")
        if "where" in options and "out" not in options and isinstance(function, np.ufunc):
            raise not_reproducible(f"np.{name} with where=", MEMORY)
        return function(*inputs, **options)

    return checked


def with_out(name, function, known=""):
    """Return `function` with an argument ``out``, a tuple of one array for the result, and no unknown options."""
    function = known_options(name, function, known)

    def stored(*inputs, out=None, **options):
        result = function(*inputs, **options)
        if out is None:
            return result
        if out[0].shape != np.shape(result):
            raise ValueError(f"expected out of shape {np.shape(result)} for np.{name}, got {out[0].shape}")
        np.copyto(*out, result, casting="same_kind")
        return out[0]

    return stored


def choose(pick):
    """Return `pick`, which is ``maximum`` or its like, so that of 0.0 and -0.0 it always gives 0.0.

    The two are equal, so processors may give either.
    """

    def chosen(*inputs, **options):
        result = pick(*inputs, **options)
        result += result.dtype.type(0)
        return result

    return chosen


def zeros_like(prototype, *args, **options):
    """Return zeros: memory that nobody has written to is not the same on any two machines."""
    return np.zeros_like(np.asarray(prototype), *args, **options)


def pad(array, pad_width, mode="constant", **options):
    """Pad with a constant as ``np.pad`` does."""
    if mode != "constant":
        raise not_reproducible(f'np.pad with mode="{mode}"')
    return np.pad(np.asarray(array), pad_width, mode, **options)


def histogram(a, bins=10, range=None, density=None, weights=None):
    """Count as ``np.histogram`` does."""
    if isinstance(bins, str):
        raise not_reproducible(f'np.histogram with bins="{bins}"')
    if weights is not None:
        raise not_reproducible("np.histogram with weights=")
    return np.histogram(np.asarray(a), np.asarray(bins)[()], range, density)


def array2string(a, *args, **options):
    """Write as ``np.array2string`` does: it looks at single entries, and those of a plain array know their dtype."""
    return np.array2string(np.asarray(a), *args, **options)


FUNCTIONS = {
    np.dot: dot,
    np.inner: inner,
    np.vdot: vdot,
    np.linalg.norm: norm,
    np.pad: pad,
    np.empty_like: zeros_like,
    np.histogram: histogram,
    np.array2string: array2string,
}
