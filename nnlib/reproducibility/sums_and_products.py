"""Sums in one order, and matrix products in which the order does not matter."""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from nnlib.reproducibility.refusals import check_dtype, not_reproducible


def reduce_in_order(ufunc, x, axis=0, dtype=None, keepdims=False, initial=None, where=True):
    """Add up (or multiply) in one order: fold the second half onto the first, and so on; the last few in a row.

    Every step adds entry by entry, which IEEE 754 fixes to the bit. An entry takes part in few additions,
    not in n, so the error grows as slowly with n as in NumPy's own sums.
    """
    x = np.asarray(x, dtype)
    check_dtype(x.dtype)
    if x.dtype.kind != "f":                       # whole numbers: every order gives the same
        initial = ufunc.identity if initial is None else initial
        return ufunc.reduce(x, axis, keepdims=keepdims, initial=initial, where=where)
    every = axis is None or x.ndim == 0 and axis in (0, -1)           # of a number, NumPy takes these axes, too
    axes = list(range(x.ndim) if every else normalize_axis_tuple(axis, x.ndim))
    if where is not True:
        x = np.where(np.broadcast_to(where, x.shape), x, x.dtype.type(ufunc.identity))
    others = [i for i in range(x.ndim) if i not in axes]
    n, shape = math.prod(x.shape[i] for i in axes), [x.shape[i] for i in others]
    x = x.transpose(axes + others).reshape(n, *shape)
    while len(x) > 32:
        half = len(x) // 2
        folded = ufunc(x[:half], x[half:2 * half])
        if len(x) % 2:
            folded[:1] = ufunc(folded[:1], x[-1:])
        x = folded
    total = ufunc.accumulate(x)[-1] if n else np.full(shape, ufunc.identity, x.dtype)[()]
    if initial is not None:
        total = ufunc(x.dtype.type(initial), total)
    return np.expand_dims(total, tuple(axes)) if keepdims else total


SMALL, LARGE = 2.0**-400, 2.0**400                # between these no product of two steps is out of range


def matmul(a, b, slices=1):
    """Multiply matrices exactly, after rounding each to a grid so coarse that no sum can lose anything.

    Whole numbers add up without error, in any order, while no sum exceeds 2⁵³. Where the matrices hold whole
    numbers up to 2ᵇ, a sum of K products is at most ``K · 2²ᵇ``: so there is room for ``(53 - log2 K) / 2``
    bits, which is 21 for K = 784, 23 for K = 64 and 26 for K = 2.

    Every entry is kept to within 2⁻ᵇ of the largest entry of its array, so entries far smaller than the
    largest lose digits, and those smaller still count as zero. A stack of matrices is one array: a single huge
    matrix takes digits from all the others. With two slices, what the first rounding
    takes away is rounded to a second grid 2ᵇ⁺¹ times finer, and multiplied as well. The result is within
    ``K · 2²⁻ᵇ`` (two slices: ``K · 2²⁻²ᵇ``) of the exact one, times the largest entry of a and that of b. Most
    of that cancels: with normal random matrices the largest error is 1.5e-6 of the product's largest entry for
    K = 784 and 1.5e-7 for K = 64, where plain float32 has 8e-7 and 2e-7. Two slices: 1e-12 and 2e-14.
    """
    a, b = np.asarray(a), np.asarray(b)
    dtype = np.result_type(a, b)
    if a.ndim == 0 or b.ndim == 0 or a.size == 0 or b.size == 0 or dtype.char not in "df":
        check_dtype(dtype)
        return np.matmul(a, b)                    # whole numbers, nothing, or an error
    largest_a, largest_b = largest(a), largest(b)
    if not (math.isfinite(largest_a) and math.isfinite(largest_b)):
        return matmul_infinite(a, b, slices)
    if not (SMALL <= largest_a <= LARGE and SMALL <= largest_b <= LARGE):
        return matmul_scaled(a, largest_a, b, largest_b, slices)
    bits = (53 - (a.shape[-1] - 1).bit_length()) // 2
    a, a_rest = to_grid(a, largest_a, bits, slices)
    b, b_rest = to_grid(b, largest_b, bits, slices)
    product = np.matmul(a, b)
    if slices == 2:
        product += np.matmul(a_rest, b) + np.matmul(a, b_rest)
    product += 0                                  # some libraries leave -0.0 where others leave 0.0
    return product.astype(dtype, copy=False)


def to_grid(x, largest, bits, slices=1):
    """Round to multiples of a step so coarse that none is larger than 2ᵇ steps: return them, and the rest.

    Float64 numbers between 2⁵² and 2⁵³ steps are one step apart: adding such a number rounds x to whole
    steps, and taking it away again loses nothing. The rest (for two slices) is rounded to steps 2ᵇ⁺¹ times finer.

    Examples
    --------
    >>> to_grid(np.array([0.3, 0.7, -0.2]), 0.7, bits=3)      # steps of 1/8
    (array([ 0.25,  0.75, -0.25]), None)
    """
    far = 1.5 * 2.0 ** (52 + math.frexp(largest)[1] - bits)
    rounded = np.add(x, far, dtype=np.float64)
    rounded -= far
    if slices == 1:
        return rounded, None
    far *= 2.0 ** (-bits - 1)
    return rounded, (x - rounded + far) - far


def largest(x):
    """Return the largest absolute value, as a float; NaN if there is one, and 1 where all are zero."""
    return max(float(np.maximum.reduce(x, None)), -float(np.minimum.reduce(x, None))) or 1.0


def times_power_of_two(x, k):
    """Return ``x * 2**k`` in float64: in three steps, for ``2**k`` may be out of range where the result is not."""
    return x.astype(np.float64) * 2.0 ** (k // 3) * 2.0 ** (k // 3) * 2.0 ** (k - 2 * (k // 3))


def matmul_scaled(a, largest_a, b, largest_b, slices):
    """Multiply matrices of very large or very small numbers, brought near 1 and back by powers of two."""
    k_a, k_b = math.frexp(largest_a)[1], math.frexp(largest_b)[1]
    product = matmul(times_power_of_two(a, -k_a), times_power_of_two(b, -k_b), slices)
    return times_power_of_two(product, k_a + k_b).astype(np.result_type(a, b), copy=False) + 0


def matmul_infinite(a, b, slices):
    """Multiply matrices of which one holds inf or NaN, which spreads as it does in NumPy."""
    finite = matmul(*(np.where(np.isfinite(x), x, x.dtype.type(0)) for x in (a, b)), slices)
    with np.errstate(invalid="ignore"):
        signs = [np.where(np.isfinite(x), np.sign(x), x) for x in (a, b)]     # all that counts beside an inf
        spread = np.matmul(*signs, dtype=np.longdouble)      # in NumPy's own loop: some libraries skip zeros
    return np.where(np.isfinite(spread), finite, spread.astype(finite.dtype))


def dot(a, b, out=None):
    """Multiply as ``np.dot`` does: ``@``, except that numbers scale."""
    a, b = np.asanyarray(a), np.asanyarray(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b, out=out)
    if b.ndim > 2:
        raise not_reproducible("np.dot with more than two dimensions on the right")
    return np.matmul(a, b, out=out)


def inner(a, b):
    """Multiply as ``np.inner`` does: ``a @ b.T``, except that numbers scale."""
    if np.ndim(a) and np.ndim(b) > 2:
        raise not_reproducible("np.inner with more than two dimensions on the right")
    return dot(a, np.transpose(b) if np.ndim(a) else b)


def vdot(a, b):
    """Multiply as ``np.vdot`` does: all entries with all entries, in a row."""
    return dot(np.ravel(a), np.ravel(b))


def norm(x, ord=None, axis=None, keepdims=False):
    """Return the square root of the sum of the squares."""
    if ord is not None:
        raise not_reproducible(f"np.linalg.norm with ord={ord}")
    axis = axis if axis is None else normalize_axis_tuple(axis, np.ndim(x))
    return np.sqrt(np.square(x).sum(axis=axis, keepdims=keepdims))
