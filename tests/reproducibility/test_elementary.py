"""exp, log, tanh and their like: right, and as precise as they say."""

import decimal
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import same_bits

from nnlib.reproducibility import reproducible
from nnlib.reproducibility.arrays import plain
from nnlib.reproducibility.elementary import COTH_SERIES, LN2, LN2_REST

decimal.getcontext().prec = 50
Decimal = decimal.Decimal


def series(*coefficients):
    return lambda x: sum(Decimal(c) * x**i for i, c in enumerate(coefficients, 1))


SMALL = Decimal("1e-8")                                    # below it the power series is used: no digits cancel
HIGH_PRECISION = {
    "exp": lambda x: x.exp(),
    "expm1": lambda x: x.exp() - 1 if abs(x) > SMALL else series(1, 1 / 2, 1 / 6, 1 / 24)(x),
    "log": lambda x: x.ln(),
    "log2": lambda x: x.ln() / Decimal(2).ln(),
    "log10": lambda x: x.log10(),
    "log1p": lambda x: (1 + x).ln() if abs(x) > SMALL else series(1, -1 / 2, 1 / 3, -1 / 4)(x),
    "tanh": lambda x: 1 - 2 / ((2 * x).exp() + 1) if abs(x) > SMALL else series(1, 0, -1 / 3)(x),
}
# in units in the last place
PROMISED = {"exp": 1, "expm1": 2.5, "log": 1, "log2": 2.5, "log10": 2.5, "log1p": 2, "tanh": 3}
ARGUMENTS = {
    "exp": [st.floats(-745, 709.7), st.floats(-2, 2)],
    "expm1": [st.floats(-60, 709.7), st.floats(-2, 2), st.floats(-1e-5, 1e-5)],
    "log": [st.floats(0, exclude_min=True, allow_infinity=False), st.floats(0.5, 2)],
    "log2": [st.floats(1e-300, 1e300), st.floats(0.5, 2)],
    "log10": [st.floats(1e-300, 1e300), st.floats(0.5, 2)],
    "log1p": [st.floats(-1, exclude_min=True, allow_infinity=False), st.floats(-0.5, 2), st.floats(-1e-5, 1e-5)],
    "tanh": [st.floats(-30, 30), st.floats(-1, 1), st.floats(-1e-5, 1e-5)],
}


@pytest.mark.parametrize("name", PROMISED)
@settings(max_examples=100)
@given(data=st.data())
def test_functions_are_as_precise_as_they_say(name, data):
    x = data.draw(st.one_of(ARGUMENTS[name]))
    exact = HIGH_PRECISION[name](Decimal(x))
    result = getattr(np, name)(reproducible([x])).item()
    assert abs(Decimal(result) - exact) <= Decimal(PROMISED[name]) * Decimal(math.ulp(float(exact)))


@pytest.mark.parametrize("name", PROMISED)
def test_float32_is_float64_rounded(name):
    x = np.linspace(0.01, 80, 999, dtype=np.float32)
    expected = getattr(np, name)(reproducible(x.astype(np.float64))).astype(np.float32)
    assert same_bits(getattr(np, name)(reproducible(x)), expected)


@pytest.mark.parametrize("name", PROMISED)
def test_functions_over_their_whole_range(name):
    low, high = {"exp": (-745, 709.7), "expm1": (-50, 700), "tanh": (-21, 21)}.get(name, (-0.999, 9))
    low += 1 if name in ("log", "log2", "log10") else 0
    x = np.linspace(low, high, 801)
    result = getattr(np, name)(reproducible(x))
    for value, y in zip(x.tolist(), result.tolist()):
        exact = HIGH_PRECISION[name](Decimal(value))
        assert abs(Decimal(y) - exact) <= Decimal(PROMISED[name]) * Decimal(math.ulp(float(exact)))
    assert (np.diff(plain(result)) >= 0).all()                               # as the functions do, it never falls


@pytest.mark.parametrize("name", PROMISED)
def test_special_values_are_numpys(name):
    x = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 5e-324, 1.7e308, -1.7e308, 746, -746, 711, 1e-300])
    with np.errstate(all="ignore"):
        result, expected = getattr(np, name)(reproducible(x)), getattr(np, name)(x)
    np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-15)
    assert same_bits(np.isinf(result), np.isinf(expected))
    assert np.exp(reproducible([0.0])) == 1 and np.log(reproducible([1.0])) == 0


def test_blocks_and_layout_do_not_matter():
    x = reproducible(np.linspace(-3, 3, 10_000)).reshape(100, 100)
    x[50, 50] = np.nan                                                         # sends one block the slow way
    y = np.exp(x)
    assert np.isnan(y[50, 50]) and np.isnan(y).sum() == 1
    assert same_bits(np.exp(x.T).T, y) and same_bits(np.exp(x[::2, ::3]), y[::2, ::3])
    assert [same_bits(np.exp(x[i, i]), y[i, i]) for i in range(0, 50, 7)] == [True] * 8


def test_numpy_warns_where_it_would():
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in log"):
        np.log(reproducible([0.0]))
    with pytest.warns(RuntimeWarning, match="overflow encountered in exp"):
        np.exp(reproducible([1000.0]))
    with pytest.warns(RuntimeWarning, match="invalid value encountered in log"):
        np.log(reproducible([-1.0]))


def test_constants():
    ln2 = Decimal(2).ln()
    assert (LN2 * 2**32).is_integer() and abs(Decimal(LN2) + Decimal(LN2_REST) - ln2) < Decimal(2) ** -86


def test_the_series_of_the_exponential_has_the_bernoulli_numbers():
    bernoulli = [Fraction(1)]
    for n in range(1, 2 * len(COTH_SERIES) + 1):
        bernoulli.append(-sum(math.comb(n + 1, i) * b for i, b in enumerate(bernoulli)) / (n + 1))
    assert COTH_SERIES == tuple(float(2 * bernoulli[n] / math.factorial(n)) for n in range(2, len(bernoulli), 2))


def test_logaddexp_and_power():
    a, b = np.array([[0.0, -1000, np.inf, -np.inf, np.inf, np.nan], [1.0, -1000, np.inf, -np.inf, -np.inf, 0]])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(np.asarray(np.logaddexp(reproducible(a), b)), np.logaddexp(a, b), rtol=1e-15)
    x = np.array([-2.5, 3.0, 0.1])
    for n in (0, 1, 2, 3, 7, -1, -2, 10, 2.0, np.int64(3)):
        np.testing.assert_allclose(np.asarray(reproducible(x) ** n), x**n, rtol=2e-15)
        np.testing.assert_allclose(np.asarray(np.power(reproducible(x), n)), np.power(x, float(n)), rtol=2e-15)
    for root in (reproducible([2.0]) ** 0.5, np.power(reproducible([2.0]), 0.5)):      # NumPy goes two ways here
        assert same_bits(root, np.sqrt(np.array([2.0])))
    assert (reproducible(np.float32([2])) ** 3).dtype == np.float32
