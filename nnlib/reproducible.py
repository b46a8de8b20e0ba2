"""Arrays that compute the same bits on every machine.

Two processors need not agree on the last digit of ``X @ W``, ``z.sum()`` or ``np.exp(z)``: each adds in the
order that suits it, and NumPy has more than one exponential. Training amplifies the difference until the
second decimal of the loss differs. Wrap the data once, ``X = reproducible(X)``, and it cannot arise:

- ``+ - * /``, ``sqrt`` and comparisons are fixed to the bit by IEEE 754. NumPy does them.
- A sum depends on its order, so one order is kept everywhere: `reduce_in_order`.
- A matrix product is left to a library that chooses its own order, so the order is made not to matter: both
  matrices are rounded to whole numbers so small that every sum of their products is exact: `matmul`.
- ``exp``, ``log``, ``tanh`` and their like are computed here, from ``+ - * /`` alone.
- Anything else raises an error, rather than breaking the promise in silence.
"""

import functools
import hashlib
import math

import numpy as np


class reproducible(np.ndarray):  # noqa: N801 - in lower case because it is used like np.array
    """Wrap an array, so that whatever is computed from it has the same bits on every machine.

    The promise is contagious. An operation gives a reproducible result as soon as one operand is
    reproducible, also when it stores the result in a plain array: after ``W -= lr * gradient`` the name W
    stands for a reproducible array. Wrapping the data is therefore enough for a whole training run.

    A sum or a single element is a reproducible number: an array without dimensions that cannot be changed
    and otherwise behaves like a float. Comparisons, counts and positions are plain.

    Parameters
    ----------
    array : array_like of float32 or float64
        It is not copied: both names see the same memory.

    Returns
    -------
    reproducible
        Same shape and dtype. Results keep the dtype, as NumPy's do.

    Raises
    ------
    TypeError
        If `array` holds anything but float32 or float64. Later, from every operation that has no
        reproducible form: the error names it and the way out, ``np.asarray(x)``.

    See Also
    --------
    precise : The same, with matrix products nearly as exact as plain float64 ones.

    Notes
    -----
    Ways out: ``np.asarray(x)``, ``np.array(x)``, ``float(x)``, ``x.item()``, ``x.tolist()``. Out of its hands
    are plain arrays that never meet a reproducible one, Python's own ``math.exp`` and ``**``, complex
    numbers (which are plain), NumPy's random functions, casts of numbers too large for an integer, and the
    sign of a NaN (which is never printed).

    Digits are lost in matrix products alone: they are about as precise as float32, whatever the dtype
    (see `matmul`). That is enough to train with, not to measure slopes with: for gradient checks take
    `precise`.

    Examples
    --------
    >>> x = reproducible([[1.0, 2.0], [3.0, 4.0]])
    >>> np.exp(x @ x - 7).sum(axis=1)
    reproducible([2.10855369e+01, 3.27199833e+06])
    >>> print(f"{x.mean():.4f}", x[0] > 1)
    2.5000 [False  True]
    >>> np.sinh(x)
    Traceback (most recent call last):
        ...
    TypeError: np.sinh has no reproducible form: the last digits may differ between machines; write it with \
+ - * / @ sum exp log tanh sqrt, or give up the promise: np.sinh(np.asarray(x))
    """

    slices = 1

    def __new__(cls, array):
        array = np.asarray(array)
        if array.dtype.kind in "biu":
            raise TypeError(
                f"expected floats, got {array.dtype}; labels and masks are reproducible as they are, "
                "for data did you mean array.astype(np.float64)?"
            )
        if array.dtype.char not in "fd":
            raise wrong_dtype(array.dtype)
        return array.view(cls)

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
        """Carry out what NumPy does entry by entry, its reductions, and ``@``."""
        carry_out = operation(ufunc, method, self.slices)
        inputs = [plain(x) for x in inputs]
        if not out:
            return promised(carry_out(*inputs, **options), type(self))
        if is_number(out[0]):                     # total += 1 makes a new number and leaves the old one alone
            return promised(carry_out(*inputs, out=(np.array(out[0]),), **options)[()], type(self))
        result = carry_out(*inputs, out=tuple([plain(x) for x in out]), **options)
        return out[0] if isinstance(out[0], reproducible) and len(out) == 1 else promised(result, type(self))

    def __array_function__(self, function, types, args, kwargs):
        """Carry out NumPy's other functions."""
        if function in FUNCTIONS:
            return FUNCTIONS[function](*args, **kwargs)
        if function.__name__ not in HARMLESS:
            raise not_reproducible(f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1))
        return promised(super().__array_function__(function, types, args, kwargs), type(self))

    def __getitem__(self, key):
        item = super().__getitem__(key)
        return item if isinstance(item, np.ndarray) else promised(item, type(self))

    def __round__(self, digits=None):
        return int(self.round()) if digits is None else self.round(digits)

    def dot(self, b, out=None):
        """Multiply as ``np.dot`` does."""
        return dot(self, b, out)

    def argsort(self, axis=-1, kind=None, order=None, **options):
        """Sort stably, whatever `kind` says: the other ways order equal entries as the processor likes."""
        return np.asarray(self).argsort(axis, kind="stable")

    def partition(self, kth, axis=-1, **options):
        """Sort: more than is asked for, but in one order."""
        self.sort(axis)

    def argpartition(self, kth, axis=-1, **options):
        """Sort stably: more than is asked for, but in one order."""
        return self.argsort(axis)


class precise(reproducible):  # noqa: N801
    """Wrap an array as `reproducible` does, with matrix products good to 12 digits or more instead of 6.

    Where it meets `reproducible`, the result is precise. Training takes about twice as long.

    Parameters
    ----------
    array : array_like of float32 or float64

    Returns
    -------
    precise
        Same shape and dtype.

    Examples
    --------
    >>> a, b = np.array([[1.0, 1e-9]]), np.array([[1.0], [1.0]])
    >>> print((reproducible(a) @ b - 1).item(), (precise(a) @ b - 1).item())
    0.0 1.000000082740371e-09
    """

    slices = 2


def plain(x):
    """Return a reproducible array as an ordinary one, anything else as it is."""
    return x.view(np.ndarray) if isinstance(x, reproducible) else x


def promised(result, kind):
    """Return floats as arrays of this kind, also inside a tuple or a list, and anything else as it is."""
    if isinstance(result, np.ndarray) and result.dtype.char in "df":
        return result.view(kind)
    if isinstance(result, np.floating):
        number = np.array(result)
        number.flags.writeable = False
        return promised(number, kind)
    if isinstance(result, (tuple, list)):
        return type(result)([promised(x, kind) for x in result])
    if isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind == "f":      # half or long double
        raise wrong_dtype(result.dtype)
    return plain(result)


def is_number(x):
    """Tell a number, as an element or a sum is, from an array that happens to have no dimensions."""
    return isinstance(x, reproducible) and x.ndim == 0 and not x.flags.writeable


def wrong_dtype(dtype):
    """Return the error for numbers of a kind that the promise does not cover."""
    return TypeError(f"expected float32 or float64, got {dtype}; give up the promise with np.asarray(x)")


def not_reproducible(name):
    """Return the error for an operation that the promise does not cover."""
    return TypeError(
        f"{name} has no reproducible form: the last digits may differ between machines; write it with "
        f"+ - * / @ sum exp log tanh sqrt, or give up the promise: {name.partition(' ')[0]}(np.asarray(x))"
    )


# -------------------------------------------------------------------- which operation is carried out how


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


# -------------------------------------------------------------------- sums and matrix products


def reduce_in_order(ufunc, x, axis=0, dtype=None, keepdims=False, initial=None, where=True):
    """Add up (or multiply) in one order: fold the second half onto the first, and so on; the last few in a row.

    Every step adds entry by entry, which IEEE 754 fixes to the bit. An entry takes part in few additions,
    not in n, so the error grows as slowly with n as in NumPy's own sums.
    """
    x = np.asarray(x, dtype)
    identity = x.dtype.type(ufunc.identity)
    initial = identity if initial is None else x.dtype.type(initial)
    if x.dtype.kind != "f":                       # whole numbers: every order gives the same
        return ufunc.reduce(x, axis, keepdims=keepdims, initial=initial, where=where)
    if where is not True:
        x = np.where(where, x, identity)
    axes = [range(x.ndim)[i] for i in (range(x.ndim) if axis is None else np.atleast_1d(axis))]
    others = [i for i in range(x.ndim) if i not in axes]
    n, shape = math.prod(x.shape[i] for i in axes), [x.shape[i] for i in others]
    x = x.transpose(axes + others).reshape(n, *shape)
    while len(x) > 32:
        half = len(x) // 2
        folded = ufunc(x[:half], x[half:2 * half])
        if len(x) % 2:
            folded[:1] = ufunc(folded[:1], x[-1:])
        x = folded
    total = ufunc.accumulate(x)[-1] if n else np.full(shape, identity)[()]
    if initial != identity:
        total = ufunc(initial, total)
    return np.expand_dims(total, tuple(axes)) if keepdims else total


SMALL, LARGE = 2.0**-400, 2.0**400                # between these no product of two steps is out of range


def matmul(a, b, slices=1):
    """Multiply matrices exactly, after rounding each to a grid so coarse that no sum can lose anything.

    Whole numbers add up without error, in any order, while no sum exceeds 2⁵³. Where the matrices hold whole
    numbers up to 2ᵇ, a sum of K products is at most ``K · 2²ᵇ``: so there is room for ``(53 - log2 K) / 2``
    bits, which is 21 for K = 784, 23 for K = 64 and 26 for K = 2.

    Every entry is kept to within 2⁻ᵇ of the largest entry of its matrix, so entries far smaller than the
    largest lose digits, and those smaller still count as zero. With two slices, what the first rounding
    takes away is rounded to a second grid 2ᵇ⁺¹ times finer, and multiplied as well. The result is within
    ``K · 2²⁻ᵇ`` (two slices: ``K · 2²⁻²ᵇ``) of the exact one, times the largest entry of a and that of b. Most
    of that cancels: with normal random matrices the largest error is 1.5e-6 of the product's largest entry for
    K = 784 and 1.5e-7 for K = 64, where plain float32 has 8e-7 and 2e-7. Two slices: 1e-12 and 2e-14.
    """
    a, b = np.asarray(a), np.asarray(b)
    dtype = np.result_type(a, b)
    if a.ndim == 0 or b.ndim == 0 or a.size == 0 or b.size == 0 or dtype.kind != "f":
        return np.matmul(a, b)
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
    if np.ndim(b) > 2:
        raise not_reproducible("np.dot with more than two dimensions on the right")
    return (np.matmul if np.ndim(a) and np.ndim(b) else np.multiply)(a, b, out=out)


def norm(x, ord=None, axis=None, keepdims=False):
    """Return the square root of the sum of the squares."""
    if ord is not None:
        raise not_reproducible(f"np.linalg.norm with ord={ord}")
    return np.sqrt(np.square(x).sum(axis=axis, keepdims=keepdims))


def pad(array, pad_width, mode="constant", **options):
    """Pad as ``np.pad`` does, except with means: it would work them out from plain copies."""
    if mode == "mean":
        raise not_reproducible('np.pad with mode="mean"')
    return promised(np.pad(plain(array), pad_width, mode, **options), type(array))


# -------------------------------------------------------------------- exp, log and their like

LOG2_E = 1.4426950408889634                       # 1 / ln 2
LN2 = 0.6931471806019545                          # ln 2 to 32 bits, so that a whole number times it is exact
LN2_REST = -4.2009150726810846e-11                # ln 2 - LN2
# x coth(x/2) = 2 + x²/6 - x⁴/360 + …, without the 2: twice the Bernoulli numbers over (2n)!
COTH_SERIES = (1 / 6, -1 / 360, 1 / 15120, -1 / 604800, 1 / 23950080, -691 / 653837184000)
# log((1 + s) / (1 - s)) = 2s + s (2s²/3 + 2s⁴/5 + …): the series in brackets, over s²
LOG_SERIES = tuple(2 / n for n in range(3, 23, 2))


def elementwise(low, high):
    """Let a function of float64 numbers between `low` and `high` take arrays of any shape and any numbers.

    Outside, and for NaN, no digit is in doubt (0, 1, inf or NaN): NumPy gives it, with its own warnings.
    """

    def decorate(function):
        @functools.wraps(function)
        def anywhere(x):
            x = np.asarray(x)
            flat = x.astype(np.float64, copy=False).reshape(-1)
            result = np.empty(flat.shape)
            for i in range(0, len(flat), 4096):   # so few at a time that they stay in the processor's cache
                block = flat[i:i + 4096]
                if low <= np.minimum.reduce(block) and np.maximum.reduce(block) <= high:
                    result[i:i + 4096] = function(block)
                else:
                    inside = (low <= block) & (block <= high)
                    result[i:i + 4096] = getattr(np, function.__name__)(block)
                    result[i:i + 4096][inside] = function(block[inside])
            return result.reshape(x.shape).astype(x.dtype if x.dtype.kind == "f" else np.float64, copy=False)

        return anywhere

    return decorate


def polynomial(x, coefficients):
    """Return ``c0 + c1 x + c2 x² + …``, worked out from the last coefficient to the first."""
    *lower, total = coefficients
    for coefficient in reversed(lower):
        total = total * x
        total += coefficient
    return total


def exp_parts(x):
    """Return a whole k and a small e with ``exp(x) = 2**k (1 + e)``.

    k tells how often ln 2 goes into x, and r what is left: at most 0.35 either way. Then
    ``e = exp(r) - 1 = 2r / (r coth(r/2) - r)``, rearranged so that its largest part, r, is added last.
    """
    k = np.rint(x * LOG2_E)
    r = (x - k * LN2) - k * LN2_REST
    square = r * r
    c = r - square * polynomial(square, COTH_SERIES)
    return k.astype(np.int64), r + r * c / (2 - c)


def power_of_two(k):
    """Return ``2**k`` for whole k from -1022 to 1023, written where a float64 keeps its exponent."""
    return ((k + 1023) << 52).view(np.float64)


def scaled(x, k):
    """Return ``x * 2**k`` for an array k: in two steps, for ``2**k`` may be out of range where the result is not."""
    half = k >> 1
    return x * power_of_two(half) * power_of_two(k - half)


@elementwise(-746, 710)
def exp(x):
    """Return e to the power x, within 1 unit in the last place."""
    k, e = exp_parts(x)
    return scaled(1 + e, k)


@elementwise(-np.inf, 710)
def expm1(x):
    """Return ``exp(x) - 1`` with all the digits of a small x, within 2.5 units in the last place."""
    k, e = exp_parts(np.maximum(x, -50))          # below -50 it is -1
    return scaled(e + (1 - power_of_two(-np.minimum(k, 60))), k)


@elementwise(-np.inf, np.inf)
def tanh(x):
    """Return ``(exp(2x) - 1) / (exp(2x) + 1)``, within 3 units in the last place.

    Computed for the negative of x and -x, whose exponential cannot overflow.
    """
    e = expm1(-2 * np.abs(x))
    return np.copysign(e / (e + 2), x)


@elementwise(5e-324, np.finfo(np.float64).max)
def log(x):
    """Return the natural logarithm, within 1 unit in the last place.

    With ``x = 2**k m`` and m near 1 it is ``k ln 2 + log(m)``. With ``f = m - 1`` and ``s = f / (2 + f)``, at
    most 0.172, ``log(m) = log((1 + s) / (1 - s))``, whose series is rearranged so that its largest part, f, is
    added last.
    """
    m, k = np.frexp(x)
    low = m < math.sqrt(0.5)
    f, k = np.where(low, 2 * m, m) - 1, k - low
    s = f / (2 + f)
    square = s * s
    series = square * polynomial(square, LOG_SERIES)
    return k * LN2 + (f - (s * (f - series) - k * LN2_REST))


@elementwise(math.nextafter(-1, 0), np.finfo(np.float64).max)
def log1p(x):
    """Return ``log(1 + x)`` within 2 units in the last place: the digits of x that ``1 + x`` loses are put back."""
    whole = 1 + x
    return log(whole) + (x - (whole - 1)) / whole


@elementwise(5e-324, np.finfo(np.float64).max)
def log2(x):
    """Return ``log(x) / log(2)``, within 2.5 units in the last place."""
    return log(x) / 0.6931471805599453


@elementwise(5e-324, np.finfo(np.float64).max)
def log10(x):
    """Return ``log(x) / log(10)``, within 2.5 units in the last place."""
    return log(x) / 2.302585092994046


def hypot(a, b):
    """Return ``sqrt(a² + b²)``; squares are not kept from overflowing."""
    return np.sqrt(np.square(a) + np.square(b))


def logaddexp(a, b):
    """Return ``log(exp(a) + exp(b))``: the larger of the two, and what the difference adds to it."""
    with np.errstate(invalid="ignore"):           # inf - inf
        gap = np.where(np.equal(a, b), 0.0, np.abs(np.subtract(a, b)))
    return choose(np.maximum)(a, b) + log1p(exp(-gap))


def power(x, n):
    """Multiply x by itself n times, squaring on the way; a half is a square root, a negative n an inverse."""
    if np.ndim(n) or not (n == 0.5 or float(n).is_integer()):
        raise not_reproducible("np.power with an exponent other than 0.5 or a whole number")
    if n < 0:
        return 1 / power(x, -n)
    if n == 0.5:
        return np.sqrt(x)
    result, n = np.ones_like(x), int(n)
    while n:
        if n % 2:
            result = result * x
        n //= 2
        x = x * x if n else x
    return result


# -------------------------------------------------------------------- the tables

# A single operation of IEEE 754 for each entry, or one on whole numbers and truth values.
EXACT = set(
    "add subtract multiply divide negative positive absolute fabs sqrt square reciprocal sign copysign floor ceil "
    "trunc rint modf frexp floor_divide remainder fmod divmod nextafter spacing heaviside conjugate "
    "equal not_equal less less_equal greater greater_equal isnan isinf isfinite signbit "
    "logical_and logical_or logical_xor logical_not _ones_like".split()
)
CHOICES = {"maximum", "minimum", "fmax", "fmin", "clip"}
FORMULAS = (power, exp, expm1, log, log1p, log2, log10, logaddexp, tanh, hypot)
COMPUTED = {function.__name__: function for function in FORMULAS}
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
FUNCTIONS = {
    np.dot: dot,
    np.inner: lambda a, b: dot(a, np.transpose(b)),
    np.vdot: lambda a, b: dot(np.ravel(a), np.ravel(b)),
    np.linalg.norm: norm,
    np.pad: pad,
}


def operator(name):
    """Return an operator for reproducible arrays: what `__array_ufunc__` comes to, in half the time."""
    carry_out = getattr(np.ndarray, name)

    def new(self, other):
        kind = type(other) if isinstance(other, type(self)) else type(self)      # the more precise of the two
        return promised(carry_out(self.view(np.ndarray), plain(other)), kind)

    def in_place(self, other):
        if is_number(self):
            return NotImplemented                 # so that Python makes a new number
        carry_out(self.view(np.ndarray), plain(other))
        return self

    return in_place if name.startswith("__i") else new


for name in "add radd iadd sub rsub isub mul rmul imul truediv rtruediv itruediv gt ge lt le eq ne".split():
    setattr(reproducible, f"__{name}__", operator(f"__{name}__"))


def wrapped(name):
    """Return a method of reproducible arrays that gives a reproducible number where ndarray's gives a plain one."""
    carry_out = getattr(np.ndarray, name)
    return lambda self, *args, **options: promised(carry_out(self, *args, **options), type(self))


for name in "round take trace".split():
    setattr(reproducible, name, wrapped(name))


def round_to_grid(x, bits=24):
    """Round to the nearest multiple of ``2**-bits``, to rid random draws of digits in which machines differ.

    A normal random number passes through the platform's ``log`` now and then, and a spiral through its
    ``sin``, so two machines may differ in the last bit. Rounded to a grid 2²⁹ times coarser than that bit
    they agree, but for one such difference in 10⁸, which happens to straddle the middle of two grid points.

    Parameters
    ----------
    x : array_like of float
        Of ordinary size, around 1: round before multiplying by a standard deviation.
    bits : int, default 24
        A multiple of 2⁻²⁴, which is 6e-8, is what float32 resolves between 1/2 and 1; there, and above,
        float32 numbers are not changed.

    Returns
    -------
    ndarray
        Same shape and dtype.

    Examples
    --------
    >>> round_to_grid(np.array([0.1, 0.7]), bits=3)
    array([0.125, 0.75 ])
    """
    x = np.asanyarray(x)
    return np.rint(x * 2.0**bits) / 2.0**bits + 0.0    # + 0.0: a zero of either sign becomes 0.0


def fingerprint(*trained):
    """Digest weights into 64 hexadecimal digits, which no two sets of weights share unless every bit is the same.

    Parameters
    ----------
    *trained : Layer or array_like
        Networks, of which all parameters count, or arrays.

    Returns
    -------
    str
        The SHA-256 of the dtypes, the shapes and the numbers, in their order.

    Examples
    --------
    >>> fingerprint(np.zeros(2))[:8], fingerprint(np.array([0.0, 5e-324]))[:8]
    ('cdead7b1', 'da6810f7')
    """
    digest = hashlib.sha256()
    for part in trained:
        is_layer = hasattr(part, "parameters")
        for array in [p.data for p in part.parameters()] if is_layer else [part]:
            array = np.asarray(array)
            array = array.astype(array.dtype.newbyteorder("<"))
            digest.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()
