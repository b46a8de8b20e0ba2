"""Which operation is carried out how: the tables, and the function that reads them."""

import functools

import numpy as np

from nnlib.reproducibility.elementary import FORMULAS
from nnlib.reproducibility.refusals import not_reproducible
from nnlib.reproducibility.sums_and_products import dot, matmul, norm, reduce_in_order

# A single operation of IEEE 754 for each entry, or one on whole numbers and truth values.
EXACT = set(
    "add subtract multiply divide negative positive absolute fabs sqrt square reciprocal sign copysign floor ceil "
    "trunc rint modf frexp floor_divide remainder fmod divmod nextafter spacing heaviside conjugate "
    "equal not_equal less less_equal greater greater_equal isnan isinf isfinite signbit "
    "logical_and logical_or logical_xor logical_not _ones_like".split()
)
CHOICES = {"maximum", "minimum", "fmax", "fmin", "clip"}
COMPUTED = {formula.__name__: formula for formula in FORMULAS}
# Functions that move or choose entries, count, print or save, or that go through the operations above.
HARMLESS = set(
    "reshape ravel transpose moveaxis rollaxis swapaxes expand_dims squeeze atleast_1d atleast_2d atleast_3d "
    "broadcast_to broadcast_arrays concatenate stack vstack hstack dstack column_stack block split array_split "
    "hsplit vsplit dsplit tile repeat flip fliplr flipud roll rot90 take take_along_axis put_along_axis put "
    "compress extract delete insert append resize diag diagonal diagflat tril triu trace copy copyto where "
    "select choose place putmask fill_diagonal meshgrid linspace sliding_window_view as_strided zeros_like "
    "ones_like empty_like full_like sort argsort partition argpartition median percentile quantile argmax "
    "argmin nanargmax nanargmin searchsorted digitize unique isin nonzero flatnonzero argwhere count_nonzero "
    "histogram histogram_bin_edges bincount max min amax amin nanmax nanmin ptp clip round around fix "
    "nan_to_num sum prod nansum cumsum cumprod mean average var std diff outer cross all any allclose isclose "
    "array_equal array_equiv isreal iscomplex isrealobj iscomplexobj isposinf isneginf real imag shape size "
    "ndim result_type can_cast common_type min_scalar_type shares_memory may_share_memory array_repr array_str "
    "array2string save savez savez_compressed savetxt histogram2d histogramdd "
    "apply_along_axis".split()
)


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
    if method in ("__call__", "reduce") and name in CHOICES:
        return choose(getattr(ufunc, method))
    if method != "reduceat" and name in EXACT:
        return getattr(ufunc, method)
    raise not_reproducible(f"np.{name}" if method == "__call__" else f"np.{name}.{method}")


def with_out(name, function, known=""):
    """Return `function` with an argument ``out``, a tuple of one array for the result, and no unknown options."""

    def stored(*inputs, out=None, **options):
        for option in set(options) - set(known.split()):
            raise not_reproducible(f"np.{name} with {option}=")
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


def pad(array, pad_width, mode="constant", **options):
    """Pad as ``np.pad`` does, except with means: it would work them out from plain copies."""
    if mode == "mean":
        raise not_reproducible('np.pad with mode="mean"')
    return np.pad(np.asarray(array), pad_width, mode, **options)


FUNCTIONS = {
    np.dot: dot,
    np.inner: lambda a, b: dot(a, np.transpose(b)),
    np.vdot: lambda a, b: dot(np.ravel(a), np.ravel(b)),
    np.linalg.norm: norm,
    np.pad: pad,
}
