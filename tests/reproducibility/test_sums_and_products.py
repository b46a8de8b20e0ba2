"""Sums and matrix products: right, and as precise as they say."""

import functools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from samples import KINDS, STACK, A, B, same_bits

from nnlib.reproducibility import precise, reproducible
from nnlib.reproducibility.arrays import plain
from nnlib.reproducibility.sums_and_products import dot, largest, matmul, times_power_of_two, to_grid

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
    assert x.sum(dtype=int) == 0 and x.sum(dtype=int, initial=2) == 2 and type(x.sum(dtype=int)) is np.int64
    tens = (x * 10).astype(int)
    assert np.prod(x * 10, dtype=int, initial=3, axis=1).tolist() == (np.prod(tens, axis=1) * 3).tolist()
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
    assert same_bits(np.inner(2.0, STACK), STACK * 2) and same_bits(np.dot(STACK, 2.0), STACK * 2)
    assert same_bits(np.vdot(x, y), x.ravel() @ y.ravel())
    assert same_bits(np.linalg.norm(x, axis=1, keepdims=True), np.sqrt((x**2).sum(axis=1, keepdims=True)))
    out = np.zeros((3, 3))
    assert isinstance(np.dot(x, y.T, out=out), reproducible) and same_bits(out, x @ y.T)
