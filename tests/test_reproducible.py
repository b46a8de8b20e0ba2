"""Reproducible arrays: the bits, the accuracy, the special values, the errors."""

import copy
import decimal
import functools
import hashlib
import io
import math
import os
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnlib.data import clusters, spiral, vertical
from nnlib.gradcheck import check_gradients, numerical_gradient, relative_error
from nnlib.layers import Dense, ReLU, Sigmoid, Tanh
from nnlib.losses import MeanSquaredError, SoftmaxCrossEntropy
from nnlib.model import Sequential
from nnlib.optimizers import SGD
from nnlib.reproducible import (
    COTH_SERIES,
    EXACT,
    LN2,
    LN2_REST,
    dot,
    fingerprint,
    largest,
    matmul,
    plain,
    precise,
    reproducible,
    round_to_grid,
    times_power_of_two,
    to_grid,
)

KINDS = [reproducible, precise]


def same_bits(a, b):
    """Tell whether two arrays agree in dtype, shape and every bit, the sign of zero included."""
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def digest(*results):
    """Return the beginning of the SHA-256 of arrays; NaN counts as one number, whatever its sign."""
    sha = hashlib.sha256()
    for x in results:
        x = np.array(x)
        x[np.isnan(x)] = np.nan
        sha.update(f"{x.dtype} {x.shape}".encode() + x.tobytes())
    return sha.hexdigest()[:16]


# -------------------------------------------------------------------- the same bits everywhere

draw = np.random.RandomState(0).random_sample              # uniform numbers are the same on every machine
A, B = reproducible(draw((37, 211)) - 0.5), reproducible(draw((211, 23)) - 0.5)
STACK = reproducible(draw((3, 5, 7)))
WIDE = reproducible(np.concatenate([(draw(200) - 0.5) * 10.0**k for k in range(-6, 4)]))
A32, B32 = A.astype(np.float32), B.astype(np.float32)
TOP, BOTTOM = reproducible(709 + 0.78 * draw(200)), reproducible(-700 - 45 * draw(200))
SPECIAL = reproducible([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1.7e308, -1.7e308])


def softmax_loss(x):
    """Return what a classifier computes: log-softmax, loss and gradient."""
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[np.arange(len(x)), np.arange(len(x)) % x.shape[1]].mean()
    gradient = np.exp(log_p)
    gradient[np.arange(len(x)), np.arange(len(x)) % x.shape[1]] -= 1
    return loss, gradient / len(x)


def train(kind, steps=60, dtype=np.float64):
    """Train a small network with Adam on two rings, in plain NumPy code; return its weights."""
    random = np.random.RandomState(1).random_sample
    X, P = kind(random((60, 2)).astype(dtype) - 0.5), []
    y = (np.square(np.asarray(X)).sum(axis=1) > 0.1).astype(int)
    for n_in, n_out in [(2, 16), (16, 16), (16, 2)]:
        P += [(random((n_in, n_out)).astype(dtype) - 0.5) * 1.5, np.zeros(n_out, dtype)]
    m, v, decay1, decay2 = [np.zeros_like(p) for p in P], [np.zeros_like(p) for p in P], 1.0, 1.0
    for _ in range(steps):
        h1 = np.maximum(X @ P[0] + P[1], 0)
        h2 = np.tanh(h1 @ P[2] + P[3])
        z = h2 @ P[4] + P[5]
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(60), y] -= 1
        dz = p / 60
        d2 = dz @ P[4].T * (1 - h2**2)
        d1 = d2 @ P[2].T * (h1 > 0)
        gradients = [X.T @ d1, d1.sum(axis=0), h1.T @ d2, d2.sum(axis=0), h2.T @ dz, dz.sum(axis=0)]
        decay1, decay2 = 0.9 * decay1, 0.999 * decay2
        for i, g in enumerate(gradients):
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g**2
            P[i] -= 0.05 * (m[i] / (1 - decay1)) / (np.sqrt(v[i] / (1 - decay2)) + 1e-7)
    return P


BATTERY = {
    "matmul": lambda: [A @ B, B.T @ A.T, A[0] @ B, A @ B[:, 0], A[0] @ A[1], A @ A.T, A[:, ::2] @ B[::2]],
    "matmul float32": lambda: [A32 @ B32, A32 @ B, A32.T[:50] @ A32, A32[0] @ A32[1]],
    "matmul stacked": lambda: [STACK @ STACK.transpose(0, 2, 1), STACK @ STACK[0].T, STACK[0] @ STACK[1].T],
    "matmul precise": lambda: [precise(A) @ B, A[0] @ precise(B), precise(A32) @ B32],
    "matmul special": lambda: [SPECIAL[:, None] @ SPECIAL[None, :4], SPECIAL @ SPECIAL, SPECIAL[:4] @ SPECIAL[:4]],
    "dot": lambda: [np.dot(A, B), A.dot(B[:, 0]), np.inner(A, A), np.vdot(A, A), np.outer(A[0], A[1])],
    "sum": lambda: [A.sum(), A.sum(axis=0), A.sum(axis=1, keepdims=True), STACK.sum(axis=(0, 2)), WIDE.sum()],
    "sum float32": lambda: [A32.sum(), A32.sum(axis=0), A32.T.sum(axis=0), np.sum(A32, dtype=np.float64)],
    "mean var std": lambda: [A.mean(), A.mean(axis=0), A.var(), A.var(axis=1), A.std(axis=0, ddof=1), A32.std()],
    "max min": lambda: [A.max(), A.min(axis=1), np.maximum(A, 0), np.clip(A, -0.1, 0.1), SPECIAL[:2].max()],
    "prod cumsum norm": lambda: [A[0].prod(), A.cumsum(), np.cumprod(A, axis=1), np.linalg.norm(A), np.trace(A)],
    "exp": lambda: [np.exp(WIDE), np.exp(A32), np.exp(A.sum()), np.exp(reproducible(np.arange(-745.0, 710.0)))],
    "exp to its ends": lambda: [np.exp(TOP), np.exp(BOTTOM), np.expm1(TOP)],
    "log": lambda: [np.log(np.abs(WIDE)), np.log(A32**2), np.log(reproducible(2.0 ** np.arange(-1074.0, 1024.0)))],
    "expm1 log1p": lambda: [np.expm1(WIDE[:1800]), np.log1p(np.abs(WIDE)), np.log1p(A32), np.expm1(A32)],
    "log2 log10 hypot": lambda: [np.log2(np.abs(WIDE)), np.log10(A32**2), np.hypot(WIDE, 1.0)],
    "log10 and log1p below 1": lambda: [np.log10(np.abs(A)), np.log1p(A)],
    "tanh logaddexp": lambda: [np.tanh(WIDE), np.tanh(A32), np.logaddexp(A, -A), 1 / (1 + np.exp(-A))],
    "power": lambda: [A**2, A**3, A**-1, np.abs(A) ** 0.5, np.power(A32, 7), A**0, A**-3],
    "softmax": lambda: [*softmax_loss(A @ B), *softmax_loss(A32 @ B32)],
    "training": lambda: train(reproducible),
    "training float32": lambda: train(reproducible, dtype=np.float32),
    "training precise": lambda: train(precise),
}
EXPECTED = {
    "matmul": "546f5595839fbf38",
    "matmul float32": "151955fdba178514",
    "matmul stacked": "86b795ee61289762",
    "matmul precise": "6e23d5d4e7572485",
    "matmul special": "2712b1b695f56338",
    "dot": "73a5e48f6dc19074",
    "sum": "f46fcee8b00552da",
    "sum float32": "dc30568fe771f5c0",
    "mean var std": "baca17d971b1c070",
    "max min": "48da436762def806",
    "prod cumsum norm": "343756544dfc2e39",
    "exp": "d4aaa0d5439e39b6",
    "exp to its ends": "e4bb36aaa07f34a9",
    "log": "cbc4693f8d4a9d8d",
    "expm1 log1p": "d6295e236f4241a8",
    "log2 log10 hypot": "93acd6d9c4543313",
    "log10 and log1p below 1": "be0e791eaa79546b",
    "tanh logaddexp": "f742e255f7d30404",
    "power": "425883adcae1d7e1",
    "softmax": "697ea3c126f61bfb",
    "training": "5501aa1d1c20dccc",
    "training float32": "95e00f51ba8c6728",
    "training precise": "d879204987f3f4f8",
}


def battery():
    """Compute everything, with NumPy silent about infinities."""
    with np.errstate(all="ignore"):
        return {name: digest(*compute()) for name, compute in BATTERY.items()}


@pytest.mark.parametrize("name", BATTERY)
def test_bits(name):
    with np.errstate(all="ignore"):
        assert digest(*BATTERY[name]()) == EXPECTED[name]


if __name__ == "__main__":                                 # what the next test runs as if on another machine
    print(battery())


@pytest.mark.parametrize(
    "machine",
    [
        {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "1"},
        {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"},
        {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL"},
    ],
    ids=["an old BLAS", "no vector code", "no vector code, by its newer names"],
)
def test_bits_on_another_machine(machine):
    run = subprocess.run(
        [sys.executable, "-W", "ignore", str(Path(__file__))],
        env={**os.environ, **machine}, capture_output=True, text=True, encoding="utf-8", check=True,
    )
    assert run.stdout.strip() == str(EXPECTED)


# -------------------------------------------------------------------- sums and products: right, and as said

numbers = st.floats(-1e6, 1e6)
ordinary = st.floats(-1e6, 1e6, width=32)
small_arrays = arrays(np.float64, array_shapes(min_dims=1, max_dims=3, max_side=9), elements=numbers)


@given(st.lists(numbers, max_size=300))
def test_sum_is_as_good_as_numpys(values):
    total = reproducible(np.array(values, dtype=float)).sum()
    assert abs(total - math.fsum(values)) <= 40 * 2.0**-53 * math.fsum(map(abs, values))


@given(small_arrays, st.data())
def test_reductions_agree_with_numpy_over_any_axes(x, data):
    axes = data.draw(st.one_of(st.none(), st.integers(-x.ndim, x.ndim - 1),
                               st.lists(st.integers(0, x.ndim - 1), unique=True).map(tuple)))
    keepdims = data.draw(st.booleans())
    for name in ("sum", "mean", "var", "std", "max", "min", "any", "all"):
        expected = getattr(x, name)(axis=axes, keepdims=keepdims)
        result = getattr(reproducible(x), name)(axis=axes, keepdims=keepdims)
        np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-12, atol=1e-7)
        assert result.shape == np.shape(expected) and result.dtype == np.asarray(expected).dtype
        assert isinstance(result, reproducible) or name in ("any", "all")


def test_sum_does_not_depend_on_the_layout_in_memory():
    x = np.asfortranarray(np.asarray(A))
    for axis in (None, 0, 1, (0, 1)):
        assert same_bits(reproducible(x).sum(axis=axis), A.sum(axis=axis))
    assert same_bits(A.T.sum(axis=0), A.sum(axis=1)) and same_bits(A[::2, ::3].sum(), A[::2, ::3].copy().sum())


@pytest.mark.parametrize("n", [0, 1, 2, 3, 31, 32, 33, 34, 63, 64, 65, 66, 67, 100, 1001])
def test_every_entry_is_counted_once(n):
    powers = reproducible(2.0 ** (np.arange(n) % 50))
    assert powers.sum() == sum(2 ** (i % 50) for i in range(n))
    assert reproducible(np.ones((n, 3))).sum(axis=0).tolist() == [n] * 3
    assert reproducible(np.ones((3, n))).sum(axis=1).tolist() == [n] * 3


@pytest.mark.parametrize("n", [1, 31, 32, 33, 63, 64, 65, 66, 1001])
def test_sum_keeps_the_order_it_says(n):
    values = A.ravel()[:n].tolist()
    while len(values) > 32:                                               # fold the second half onto the first
        half = len(values) // 2
        folded = [p + q for p, q in zip(values[:half], values[half:])]
        folded[0] += values[-1] if len(values) % 2 else 0
        values = folded
    assert A.ravel()[:n].sum().item() == functools.reduce(lambda p, q: p + q, values)


def test_sum_takes_every_option_of_numpys():
    x, mask = A[:4, :3], np.array([[True], [False], [True], [True]])
    np.testing.assert_allclose(x.sum(axis=0, where=mask), plain(x).sum(axis=0, where=mask), rtol=1e-15)
    assert same_bits(np.add.reduce(x), x.sum(axis=0)) and same_bits(np.multiply.reduce(x), x.prod(axis=0))
    assert x.sum(where=False) == 0 and x.sum(where=True) == x.sum()
    assert x.sum(initial=5.0) == x.sum() + 5
    assert x.sum(dtype=np.float32).dtype == np.float32
    assert reproducible(np.zeros((0, 2))).sum(axis=0, initial=3.0).tolist() == [3.0, 3.0]
    assert x.prod(where=mask).item() == pytest.approx(plain(x).prod(where=mask), rel=1e-14)
    assert type(x.astype(int).sum()) is type(plain(x).astype(int).sum())
    assert x.astype(int).sum(initial=2) == 2
    out = np.zeros(3)
    assert isinstance(x.sum(axis=0, out=out), reproducible) and same_bits(out, x.sum(axis=0))
    with pytest.raises((IndexError, ValueError)):
        x.sum(axis=2)
    with pytest.raises(ValueError):
        x.sum(axis=(0, 0))


def test_to_grid_by_hand():
    rounded, rest = to_grid(np.array([0.3, 0.7, -0.2, 0.0]), 0.7, bits=3, slices=2)
    assert (rounded * 8).tolist() == [2, 6, -2, 0]                        # eighths: 2.4, 5.6, -1.6, 0
    assert (rest * 128).tolist() == [6, -6, 6, 0]                         # sixteenths of an eighth: 6.4, -6.4, 6.4
    assert to_grid(np.array([0.5, 1.0]), 1.0, bits=1)[0].tolist() == [0, 1]             # a tie goes to the even step
    assert to_grid(np.array([0.3], np.float32), 0.3, bits=20)[0].dtype == np.float64


@given(arrays(np.float64, (4, 70), elements=ordinary), arrays(np.float64, (70, 3), elements=ordinary), st.randoms())
def test_matmul_is_exact_on_its_grid_so_the_order_does_not_matter(a, b, random):
    bits = (53 - 7) // 2
    ga, gb = (to_grid(x, largest(x), bits)[0] for x in (a, b))
    for x, on_grid in (a, ga), (b, gb):
        step = 2.0 ** (math.frexp(largest(x))[1] - bits)
        assert (on_grid / step == np.rint(on_grid / step)).all() and np.abs(on_grid / step).max() <= 2**bits
        assert np.abs(on_grid - x).max() <= step / 2
    exact = [[float(sum(Fraction(p) * Fraction(q) for p, q in zip(row, column))) for column in gb.T] for row in ga]
    assert (matmul(a, b) == np.array(exact)).all()
    order = random.sample(range(70), 70)
    for slices in (1, 2):
        assert same_bits(matmul(a[:, order], b[order], slices), matmul(a, b, slices))
        assert same_bits(matmul(b.T, a.T, slices).T, matmul(a, b, slices))


@pytest.mark.parametrize("slices", [1, 2])
@given(data=st.data())
def test_matmul_is_as_precise_as_it_says(slices, data):
    m, k, n = (data.draw(st.integers(1, size)) for size in (4, 40, 4))
    wide = st.builds(lambda x, e: x * 10.0**e, st.floats(-1, 1), st.integers(-12, 12))
    a, b = (data.draw(arrays(np.float64, shape, elements=wide)) for shape in [(m, k), (k, n)])
    bits = (53 - (k - 1).bit_length()) // 2
    bound = Fraction(k) * Fraction(2) ** (2 - slices * bits) * Fraction(np.abs(a).max()) * Fraction(np.abs(b).max())
    result = matmul(a, b, slices)
    for i in range(m):
        for j in range(n):
            exact = sum(Fraction(p) * Fraction(q) for p, q in zip(a[i], b[:, j]))
            assert abs(Fraction(result[i, j]) - exact) <= bound + Fraction(5e-324)


def test_matmul_is_about_as_precise_as_float32_and_precise_as_float64():
    random = np.random.RandomState(0)
    a, b = random.standard_normal((64, 784)), random.standard_normal((784, 32))
    exact = np.array([[math.fsum(row * column) for column in b.T] for row in a])

    def error(product):
        return np.abs(np.asarray(product, dtype=np.float64) - exact).max() / np.abs(exact).max()

    assert error(reproducible(a) @ b) < 2e-6
    assert error(reproducible(a.astype(np.float32)) @ b.astype(np.float32)) < 2e-6
    assert error(precise(a) @ b) < 2e-12


def test_small_entries_beside_large_ones_are_lost_and_that_is_said():
    a, ones = np.array([[1.0, 1e-9]]), np.array([[1.0], [1.0]])
    assert (reproducible(a) @ ones).item() == 1 and abs((precise(a) @ ones).item() - 1 - 1e-9) < 1e-15


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-20, 1e20, 1e200, 1e307])
def test_matmul_from_subnormals_to_overflow(kind, scale):
    with np.errstate(over="ignore"):
        assert ((kind([[scale, -scale]]) @ [[1.0], [3.0]]) / scale + 2).item() == pytest.approx(0, abs=1e-5)
        assert (kind([[1.0, 3.0]]) @ [[scale], [-scale]] / scale).item() == pytest.approx(-2, abs=1e-5)
        square = (kind([[scale]]) @ kind([[scale]])).item()
    assert square == pytest.approx(scale * scale)                         # 0 or inf where float64 ends


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 64, 65, 128, 129, 211])
def test_matmul_keeps_as_many_bits_as_a_sum_of_k_products_has_room_for(k):
    bits = max(b for b in range(53) if k * 4**b <= 2**53)
    a, first = plain(A).ravel()[:k], np.eye(k)[0]
    assert matmul(a, first) == to_grid(a, largest(a), bits)[0][0]


def test_products_out_of_range_may_cancel():
    assert matmul(np.array([2.0**600, 2.0**600]), np.array([2.0**600, -(2.0**600)])) == 0


@pytest.mark.parametrize("slices", [1, 2])
@pytest.mark.parametrize("k", [-990, -500, -401, -400, 400, 401, 900])
def test_a_power_of_two_goes_through_matmul_unchanged(k, slices):
    a, b = plain(A), plain(B)
    product = matmul(a, b, slices)
    assert same_bits(matmul(a * 2.0**k, b, slices), product * 2.0**k)
    assert same_bits(matmul(a, b * 2.0**k, slices), product * 2.0**k)
    assert same_bits(matmul(a * 2.0**-k, b * 2.0**k, slices), product)


@pytest.mark.parametrize("slices", [1, 2])
def test_a_product_of_two_tiny_numbers_keeps_its_digits(slices):
    a, b = np.abs(plain(A)), np.abs(plain(B))
    assert same_bits(matmul(a * 2.0**-500, b * 2.0**-515, slices), matmul(a, b, slices) * 2.0**-1015)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-2100, 2020))
def test_times_power_of_two_rounds_once(x, k):
    x = np.rint(math.frexp(x)[0] * 2**30)                                 # a whole number, as on the grid
    with np.errstate(over="ignore"):
        result = times_power_of_two(np.array([x]), k).item()
    exact = Fraction(x) * Fraction(2) ** k
    assert result == (float(exact) if abs(exact) < Fraction(2) ** 1024 else math.copysign(math.inf, x))


@pytest.mark.parametrize("kind", KINDS)
def test_nan_and_inf_spread_as_in_numpy(kind):
    values = np.array([0.0, 1.0, -2.0, np.inf, -np.inf, np.nan])
    a, b = np.meshgrid(values, values)
    a, b = np.stack([a.ravel(), np.ones(36)], axis=1), np.stack([b.ravel(), np.full(36, 2.0)])
    with np.errstate(invalid="ignore"):
        expected = np.array([[p[0] * q[0] + p[1] * q[1] for q in b.T] for p in a])
        np.testing.assert_array_equal(np.asarray(kind(a) @ b), expected)
        np.testing.assert_array_equal(np.asarray(kind(a[3]) @ b), expected[3])
        np.testing.assert_array_equal(np.asarray(kind(a)[None] @ b)[0], expected)
        assert (kind([0.0, 1.0]) @ [np.inf, 1.0]).dtype == np.float64
    assert (kind(np.float32([[np.inf]])) @ np.float32([[2]])).dtype == np.float32
    x, ones = kind([[np.inf, 1e-9], [2e-9, 3e-9]]), [1.0, 1.0]
    assert (x @ ones).tolist() == [np.inf, (x[1:] @ ones).item()]         # the finite row is what it would have been


def test_shapes_of_products_and_their_errors():
    for a, b in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3, 4)), ((5, 1, 2, 3), (4, 3, 2)),
                 ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3, 0))]:
        a, b = np.ones(a), np.ones(b)
        for product in (reproducible(a) @ b, a @ reproducible(b), np.matmul(reproducible(a), b)):
            assert isinstance(product, reproducible) and product.tolist() == (a @ b).tolist()
            assert product.shape == np.shape(a @ b)
    for a, b in [((2, 3), (2, 3)), ((2, 3), (2,)), ((2, 3), ()), ((), (2, 3))]:
        with pytest.raises(ValueError):
            reproducible(np.ones(a)) @ np.ones(b)


def test_zeros_have_one_sign():
    negative = reproducible([[-0.0, 0.0]])
    for zero in (negative @ [[1.0], [-1.0]], negative.max(), negative.min(axis=1), np.maximum(negative, -0.0),
                 np.clip(negative, -0.0, 1), reproducible([-1e-300]) @ reproducible([1e-300])):
        assert zero.tobytes() == bytes(zero.nbytes)


def test_dot_and_norm():
    x, y = A[:3, :4], A[5:8, :4]
    assert same_bits(np.dot(x, y.T), x @ y.T) and same_bits(x.dot(y.T), x @ y.T) and same_bits(np.inner(x, y), x @ y.T)
    assert same_bits(np.dot(x, 2.0), x * 2) and same_bits(dot(3.0, x), x * 3)
    assert same_bits(np.vdot(x, y), x.ravel() @ y.ravel())
    assert same_bits(np.linalg.norm(x, axis=1, keepdims=True), np.sqrt((x**2).sum(axis=1, keepdims=True)))
    out = np.zeros((3, 3))
    assert isinstance(np.dot(x, y.T, out=out), reproducible) and same_bits(out, x @ y.T)


# -------------------------------------------------------------------- exp, log, tanh: right, and as said

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


# -------------------------------------------------------------------- it behaves like an array, and is contagious


@pytest.mark.parametrize("kind", KINDS)
def test_contagion(kind):
    x, p = kind([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    results = [
        x + p, p + x, p @ x, x @ p, 2 * x, x / 2, 1 - x, np.float64(2) * x, x * np.float32(2), [1, 2] + x, -x, abs(x),
        x % 2, x // 2, x.T, x[0], x[0, 1], x[[0, 1], [1, 0]], x[x > 1], x[..., None], x.sum(), x.mean(),
        x.std(axis=0), np.exp(x.sum()), np.sqrt(x.max()), np.where(x > 1, x, 0), np.concatenate([p, x]),
        np.stack([p, x]), np.vstack([x, p]), np.clip(x, 1, 2), np.zeros_like(x), np.copy(x), x.copy(), x.reshape(-1),
        x.astype(np.float32), x.round(1), x.sum().round(1), round(x.mean(), 1), np.linspace(x.min(), x.max(), 3),
        np.meshgrid(x[0], x[1])[0], np.split(x, 2)[0], np.modf(x)[0], divmod(x, 2)[1], x.take(0), x.trace(), sum(x[0]),
        np.linalg.norm(x), np.subtract.outer(x[0], x[1]), np.add.accumulate(x), next(iter(x[0])), np.pad(x, 1),
        np.average(x, weights=p), np.diff(x),
    ]
    assert {type(result) for result in results} == {kind}
    others = [
        x > 1, x == p, np.isnan(x), x.argmax(), np.argmax(x, axis=1), np.argsort(x), x.any(), np.allclose(x, p),
        np.asarray(x), np.array(x), x.tolist(), x.item(0), float(x.sum()), np.count_nonzero(x), np.where(x > 1)[0],
        x * 1j,
    ]
    assert not any(isinstance(result, reproducible) for result in others)


def test_precise_prevails():
    x, y = reproducible([[1.0]]), precise([[1.0]])
    assert type(x @ y) is type(y @ x) is type(x + y) is type(y - x) is precise
    assert type(np.concatenate([x, y])) is precise


def test_it_shares_memory_and_the_argument_stays_plain():
    data = np.arange(3.0)
    x = reproducible(data)
    x[0] = 7
    assert data[0] == 7 and type(data) is np.ndarray and np.shares_memory(x[1:], data)


def test_in_place():
    W, g = np.ones((2, 2)), reproducible(np.full((2, 2), 0.5))
    memory = W
    W -= 0.1 * g
    assert isinstance(W, reproducible) and memory[0, 0] == 0.95 and np.shares_memory(W, memory)
    V = W
    V *= 2
    V += g
    V /= g
    V -= 1
    V **= 2
    np.maximum(V, 1, out=V)
    assert V is W and memory[0, 0] == pytest.approx(((0.95 * 2 + 0.5) / 0.5 - 1) ** 2)
    p = reproducible([[0.1, 0.9], [0.5, 0.5]])
    p[np.arange(2), [1, 0]] -= 1
    np.testing.assert_allclose(np.asarray(p), [[0.1, -0.1], [-0.5, 0.5]])
    np.add.at(p, [0, 0], 1.0)
    np.testing.assert_allclose(np.asarray(p[0]), [2.1, 1.9])


def test_out():
    for out in (np.zeros((37, 23)), reproducible(np.zeros((37, 23)))):
        result = np.matmul(A, B, out=out)
        assert isinstance(result, reproducible) and same_bits(out, A @ B) and np.shares_memory(result, out)
    assert same_bits(np.matmul(plain(A), plain(B), out=out), A @ B)           # a reproducible out is enough
    assert np.exp(A, out=reproducible(np.zeros(A.shape))) is not None
    assert same_bits(np.matmul(A, B, out=np.zeros((37, 23), np.float32)), (A @ B).astype(np.float32))
    with pytest.raises(ValueError, match=r"expected out of shape \(37, 23\) for np.matmul, got \(2, 37, 23\)"):
        np.matmul(A, B, out=np.zeros((2, 37, 23)))
    fraction, whole = np.modf(reproducible([1.5]), out=(np.zeros(1), np.zeros(1)))
    assert type(fraction) is type(whole) is reproducible and whole == 1
    half = np.divide(A, 2, out=np.ones(A.shape), where=plain(A) > 0)
    assert (half[plain(A) <= 0] == 1).all() and isinstance(half, reproducible)


def test_numbers_are_numbers():
    total = before = reproducible([1.5, 2.25]).sum()
    total += 1
    total *= 2
    assert before == 3.75 and total == 9.5 and isinstance(total, reproducible)
    assert f"{before:.1f}" == "3.8" and f"{before}" == str(before) == "3.75" and format(before, "8.3f") == "   3.750"
    assert float(before) == 3.75 and int(before) == 3 and round(before) == 4 and round(before, 1) == 3.8
    assert math.isfinite(before) and before < 4 and bool(before) and max([before, 1]) is before
    assert total.dtype == np.float64 and reproducible(np.float32([1, 2])).mean().dtype == np.float32
    array = reproducible(np.array(1.0))                                       # this one is an array, and changes
    same = array
    array += 1
    assert same == 2


def test_printing():
    x = reproducible([[1.0, 2.5]])
    assert repr(x) == "reproducible([[1. , 2.5]])" and str(x) == "[[1.  2.5]]"
    assert repr(reproducible(np.float32([1]))) == "reproducible([1.], dtype=float32)"
    assert repr([x.sum()]) == "[reproducible(3.5)]" and repr(precise([1.0])) == "precise([1.])"


@pytest.mark.parametrize("kind", KINDS)
def test_copies_and_files(kind):
    x = kind([[1.0, 2.0]])
    for other in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert type(other) is kind and same_bits(other, x) and not np.shares_memory(other, x)
    assert copy.deepcopy(x.sum()) == 3
    file = io.BytesIO()
    np.savez(file, x=x)
    file.seek(0)
    assert same_bits(np.load(file, allow_pickle=False)["x"], x)


def test_sorting_is_stable():
    ties = reproducible(np.tile([1.0, 0.0], 500))
    for order in (ties.argsort(), np.argsort(ties), np.argsort(ties, kind="quicksort")):
        assert order.tolist() == [*range(1, 1000, 2), *range(0, 1000, 2)]
    assert np.argpartition(ties, 3).tolist() == ties.argsort().tolist()
    assert same_bits(np.partition(A, 3, axis=0), np.sort(A, axis=0))
    assert same_bits(np.median(A, axis=1), np.sort(A, axis=1)[:, 105])
    assert np.percentile(reproducible([1.0, 4.0]), 50) == 2.5
    assert A.argsort(axis=0).tolist() == plain(A).argsort(axis=0).tolist()
    assert STACK.argpartition(2).tolist() == STACK.argsort().tolist() == plain(STACK).argsort(axis=-1).tolist()
    x = STACK.copy()
    x.partition(2)
    assert same_bits(x, np.sort(STACK, axis=-1))


def test_matplotlib_accepts_it():
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, axes = plt.subplots(4, 4)
    x, y = reproducible(np.linspace(0, 1, 20)), reproducible(np.linspace(0, 1, 20)) ** 2
    grid = reproducible(np.outer(np.linspace(0, 1, 20), np.linspace(-1, 1, 20)))
    axes[0, 0].plot(x, y, label=f"{y.mean():.2f}")
    axes[0, 1].scatter(x, y, c=y, s=10 * y)
    axes[0, 2].imshow(grid)
    axes[1, 0].contourf(x, y, grid, levels=np.linspace(grid.min(), grid.max(), 5))
    axes[1, 1].hist(y, bins=5)
    axes[1, 2].bar(np.arange(20), y)
    axes[2, 0].fill_between(x, y, 1 - y)
    axes[2, 1].pcolormesh(x, y, grid)
    axes[2, 2].quiver(x, y, x, y)
    axes[2, 2].axhline(y.mean())
    axes[2, 2].errorbar(x, y, yerr=y)
    axes[2, 2].set_xlim(x.min(), x.max())
    axes[3, 0].loglog(x + 1, y + 1)
    axes[3, 1].boxplot([x, y])
    axes[3, 0].set_ylim(y[3], y[-1] + 1)
    axes[0, 3].barh(np.arange(20), y)
    axes[1, 3].streamplot(x, x, grid, grid + 0.1)
    axes[2, 3].arrow(x[0], y[0], x[9], y[9])
    axes[3, 3].hist2d(x, y)
    figure.colorbar(axes[0, 2].images[0])
    axes[3, 2].contour(x, y, grid)
    figure.savefig(io.BytesIO())
    plt.close(figure)


# -------------------------------------------------------------------- what cannot be promised is refused

REFUSED = {
    "np.sin": lambda x: np.sin(x),
    "np.arctan2": lambda x: np.arctan2(1.0, x),
    "np.power": lambda x: x**0.3,
    "np.power ": lambda x: 2**x,
    "np.add.reduceat": lambda x: np.add.reduceat(x, [0]),
    "np.maximum.accumulate": lambda x: np.maximum.accumulate(x),
    "np.einsum": lambda x: np.einsum("ij,jk", x, x),
    "np.tensordot": lambda x: np.tensordot(x, x),
    "np.linalg.inv": lambda x: np.linalg.inv(x),
    "np.linalg.norm with ord=1": lambda x: np.linalg.norm(x, 1),
    "np.fft.fft": lambda x: np.fft.fft(x),
    "np.convolve": lambda x: np.convolve(x[0], x[1]),
    "np.dot with more than two": lambda x: np.dot(x, np.ones((2, 2, 2))),
    "np.exp with where=": lambda x: np.exp(x, where=np.ones((2, 2), bool)),
    'np.pad with mode="mean"': lambda x: np.pad(x, 1, mode="mean"),
    "np.matmul with dtype=": lambda x: np.matmul(x, x, dtype=np.float32),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_operation_and_the_way_out(name):
    with pytest.raises(TypeError) as error:
        REFUSED[name](reproducible([[1.0, 2.0], [3.0, 4.0]]))
    message = str(error.value)
    assert message.startswith(name.strip()) and "machines" in message
    assert message.endswith(f"give up the promise: {name.split()[0]}(np.asarray(x))")


@pytest.mark.parametrize("make", [
    lambda: reproducible([1j]), lambda: reproducible(np.longdouble(1)), lambda: reproducible(["a"]),
    lambda: reproducible(np.float16([1])), lambda: A + np.ones(211, np.longdouble),
])
def test_other_kinds_of_number_are_refused(make):
    with pytest.raises(TypeError, match="expected float32 or float64, got .*np.asarray"):
        make()


@pytest.mark.parametrize("array", [[1, 2], [True], np.zeros(2, np.uint8)])
def test_integers_need_no_wrapping(array):
    with pytest.raises(TypeError, match="labels and masks are reproducible as they are"):
        reproducible(array)


@pytest.mark.parametrize("name", sorted(EXACT - {"_ones_like", "conjugate", "modf", "frexp", "divmod"}))
def test_exact_operations_are_numpys_own(name):
    ufunc = getattr(np, name)
    x, y = np.array([1.5, -2.25, 0.1]), np.array([0.3, 4.0, -1.0])
    with np.errstate(invalid="ignore"):
        assert same_bits(ufunc(*[reproducible(x), y][: ufunc.nin]), ufunc(*[x, y][: ufunc.nin]))


# -------------------------------------------------------------------- random numbers, and the library on top


def test_round_to_grid():
    x = np.array([0.3, -0.3, 1e-12, -1e-12, 0.0, -0.0, 5.7, np.inf, np.nan])
    rounded = round_to_grid(x)
    assert rounded[:2].tolist() == [round(0.3 * 2**24) / 2**24, -round(0.3 * 2**24) / 2**24]
    assert rounded[2:6].tobytes() == bytes(32)                                # zeros of one sign
    assert np.abs(rounded[:7] - x[:7]).max() <= 2.0**-25 and np.isinf(rounded[7]) and np.isnan(rounded[8])
    assert same_bits(round_to_grid(rounded), rounded)
    assert round_to_grid(np.array([0.1, 0.7]), bits=3).tolist() == [0.125, 0.75]
    single = np.random.RandomState(0).standard_normal(1000).astype(np.float32)
    assert round_to_grid(single).dtype == np.float32
    assert same_bits(round_to_grid(single)[np.abs(single) >= 0.5], single[np.abs(single) >= 0.5])
    assert type(round_to_grid(reproducible([0.1]))) is reproducible


@given(arrays(np.float64, 20, elements=st.floats(-8, 8)), st.integers(0, 2**20))
def test_round_to_grid_forgets_the_last_bit(x, seed):
    neighbour = np.nextafter(x, np.random.RandomState(seed).choice([-np.inf, np.inf], 20))
    middle = np.abs(np.abs(x * 2**24 % 1) - 0.5) < 1e-6
    assert same_bits(round_to_grid(x)[~middle], round_to_grid(neighbour)[~middle])


class NextDoor:
    """A generator on another machine: every normal number it draws is the next float64."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def standard_normal(self, size):
        return np.nextafter(self.rng.standard_normal(size), np.inf)


@pytest.mark.parametrize("draw", [
    lambda rng: spiral(100, 3, rng=rng, dtype=np.float64)[0],
    lambda rng: vertical(100, 3, rng=rng, dtype=np.float64)[0],
    lambda rng: clusters(100, [(0, 0), (5, 5)], rng=rng, dtype=np.float64)[0],
    lambda rng: Dense(30, 20, rng=rng, dtype=np.float64).W.data,
])
def test_data_and_first_weights_do_not_depend_on_the_last_digit_of_random_numbers(draw):
    assert same_bits(draw(np.random.default_rng(0)), draw(NextDoor(0)))
    assert not same_bits(draw(np.random.default_rng(0)), draw(np.random.default_rng(1)))


def test_a_fingerprint_changes_with_any_bit_and_nothing_else():
    layer = Dense(2, 3, rng=np.random.default_rng(0))
    before = fingerprint(layer)
    assert before == fingerprint(layer.W.data, layer.b.data) == fingerprint(reproducible(layer.W.data), layer.b.data)
    assert before == fingerprint(np.asfortranarray(layer.W.data), layer.b.data.astype(">f4"))
    assert len({before, fingerprint(layer.b.data, layer.W.data), fingerprint(layer.W.data), fingerprint(),
                fingerprint(layer.W.data.reshape(3, 2), layer.b.data),
                fingerprint(layer.W.data.astype(np.float64), layer.b.data)}) == 6
    layer.W.data[1, 1] = np.nextafter(layer.W.data[1, 1], np.float32(1))
    assert fingerprint(layer) != before


def network(dtype):
    rng = np.random.RandomState(0)
    return Sequential(Dense(2, 8, rng=rng, dtype=dtype), ReLU(), Dense(8, 8, rng=rng, dtype=dtype), Tanh(),
                      Dense(8, 3, rng=rng, dtype=dtype), Sigmoid(), Dense(3, 3, rng=rng, dtype=dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_library_is_reproducible_when_the_data_are(dtype, tmp_path):
    X, y = plain(A[:, :2]).astype(dtype), np.arange(37) % 3
    losses = []
    for data in (X, reproducible(X)):
        model, loss = network(dtype), SoftmaxCrossEntropy()
        history = model.fit(data, y, loss, SGD(model.parameters(), lr=0.1, momentum=0.9), epochs=20, batch_size=10,
                            rng=np.random.RandomState(0), validation=(data, y), progress=False)
        losses.append(history["val_loss"][-1])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4) and type(losses[1]) is float
    for parameter in model.parameters():
        assert isinstance(parameter.data, reproducible) and parameter.data.dtype == dtype
    model.save(tmp_path / "weights.npz")
    again = network(dtype)
    again.load(tmp_path / "weights.npz")
    assert same_bits(again.predict(reproducible(X)), model.predict(X))


def test_gradients_can_be_checked_on_precise_data():
    X = precise(A[:5, :2])
    check_gradients(network(np.float64), X, SoftmaxCrossEntropy(), np.arange(5) % 3)
    check_gradients(network(np.float64), X, MeanSquaredError(), A[:5, :3])
    f = lambda x: float((np.tanh(x @ precise(B[:2, :3])) ** 2).sum())  # noqa: E731
    x = np.asarray(A[:4, :2])
    t = np.tanh(x @ plain(B[:2, :3]))
    assert relative_error(2 * t * (1 - t**2) @ plain(B[:2, :3]).T, numerical_gradient(f, x)) < 1e-7
