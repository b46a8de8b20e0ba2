"""exp, log, tanh and their like, from ``+ - * /`` alone."""

import functools
import math

import numpy as np

from nnlib.reproducibility.refusals import check_dtype, not_reproducible

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
            check_dtype(x.dtype)
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


def logaddexp(a, b):
    """Return ``log(exp(a) + exp(b))``: the larger of the two, and what the difference adds to it."""
    with np.errstate(invalid="ignore"):           # inf - inf
        gap = np.where(np.equal(a, b), 0.0, np.abs(np.subtract(a, b)))
    return np.maximum(a, b) + log1p(exp(-gap))


def power(x, n):
    """Multiply x by itself n times, squaring on the way; a half is a square root, a negative n an inverse."""
    if np.ndim(n) or not (n == 0.5 or float(n).is_integer()):
        raise not_reproducible("np.power with an exponent other than 0.5 or a whole number")
    x = np.asarray(x, np.result_type(x, n))       # which NumPy, for some n, did not always do
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


FORMULAS = (power, exp, expm1, log, log1p, log2, log10, logaddexp, tanh)
