"""Batches and the small data sets."""

import nnfs.datasets
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import Standardizer, batches, clusters, folds, reproducible, spiral, vertical, xor


@given(st.integers(1, 40), st.integers(1, 50), st.booleans())
def test_batches_hold_every_sample_once_and_its_label(n, batch_size, shuffled):
    X, y = np.arange(2 * n).reshape(n, 2), np.arange(n)
    rng = np.random.default_rng(0) if shuffled else None
    cut = list(batches(X, y, batch_size, rng))
    assert [len(x) for x, _ in cut[:-1]] == [batch_size] * (len(cut) - 1)
    assert 1 <= len(cut[-1][0]) <= batch_size
    together = np.concatenate([t for _, t in cut])
    np.testing.assert_array_equal(np.sort(together), y)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in cut]), X[together])
    if not shuffled:
        np.testing.assert_array_equal(together, y)


def test_shuffling_differs_from_pass_to_pass_and_repeats_with_the_seed():
    X, rng = np.arange(100), np.random.default_rng(0)
    first, second = ([*batches(X, X, 100, rng)][0][0] for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal([*batches(X, X, 100, np.random.default_rng(0))][0][0], first)


@given(st.data())
def test_folds_hold_back_every_sample_once_and_learn_from_all_others(data):
    n = data.draw(st.integers(2, 30))
    k = data.draw(st.integers(2, n))
    X, y = np.arange(2 * n).reshape(n, 2), np.arange(n)
    cut = list(folds(X, y, k, np.random.default_rng(0)))
    sizes = [len(held[1]) for _, held in cut]
    assert len(cut) == k and max(sizes) - min(sizes) <= 1
    np.testing.assert_array_equal(np.sort(np.concatenate([held[1] for _, held in cut])), y)
    for rest, held in cut:
        np.testing.assert_array_equal(np.sort(np.concatenate([rest[1], held[1]])), y)
        for features, labels in (rest, held):
            np.testing.assert_array_equal(features, X[labels])       # each with its own label


def test_folds_are_shuffled_by_the_generator_and_leave_the_data_alone():
    X, y = np.arange(40.0).reshape(20, 2), np.arange(20)
    first, again, other = ([held[1].tolist() for _, held in folds(X, y, 4, np.random.default_rng(seed))]
                           for seed in (0, 0, 1))
    assert first == again and first != other
    assert first != np.arange(20).reshape(4, 5).tolist()
    for rest, held in folds(X, y, 4, np.random.default_rng(0)):
        rest[0][:] = held[0][:] = -1
    np.testing.assert_array_equal(X, np.arange(40.0).reshape(20, 2))


def test_folds_keep_what_they_are_given():
    X = reproducible(np.zeros((4, 2)))
    for rest, held in folds(X, np.arange(4), 2, np.random.default_rng(0)):
        assert type(rest[0]) is type(held[0]) is type(X)


@pytest.mark.parametrize("k, message", [
    (1, "expected k from 2 to 3, the number of samples, got 1; try k=3"),
    (4, "expected k from 2 to 3, the number of samples, got 4; try k=3"),
    (0, "expected k as a whole number of at least 1, got 0"),
    (2.0, "expected k as a whole number of at least 1, got 2.0"),
    (True, "expected k as a whole number of at least 1, got True"),
])
def test_folds_that_cannot_be(k, message):
    with pytest.raises(ValueError, match=message):
        next(folds(np.zeros((3, 1)), np.zeros(3), k, np.random.default_rng(0)))


def test_folds_of_bad_data():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="expected at least two samples, so that one can be held back .* got 1"):
        next(folds(np.zeros((1, 1)), np.zeros(1), 2, rng))
    with pytest.raises(ValueError, match="expected as many rows in X as in y, but X has 3, y has 4"):
        next(folds(np.zeros((3, 1)), np.zeros(4), 2, rng))
    with pytest.raises(TypeError, match="expected rng as a random generator, got None"):
        next(folds(np.zeros((3, 1)), np.zeros(3), 2, None))


@pytest.mark.parametrize("seed", [0, 1])
def test_spiral_is_the_one_of_nnfs(seed):
    np.random.seed(seed)
    X, y = nnfs.datasets.spiral_data(samples=100, classes=5)
    ours, labels = spiral(100, 5, rng=np.random.RandomState(seed), dtype=np.float64)
    np.testing.assert_allclose(ours, X, atol=2.0**-25, rtol=0)            # half a step of the grid
    np.testing.assert_array_equal(ours * 2**24, np.rint(ours * 2**24))
    np.testing.assert_array_equal(labels, y)


def test_vertical_is_the_one_of_nnfs():
    np.random.seed(0)
    X, y = nnfs.datasets.vertical_data(samples=50, classes=3)
    state = np.random.RandomState(0)
    ours, labels = vertical(50, 3, rng=state, dtype=np.float64)
    assert ours.shape == X.shape
    np.testing.assert_array_equal(labels, y)
    for k in range(3):
        np.testing.assert_allclose(ours[y == k].mean(axis=0), [k / 3, 0.5], atol=0.05)
        np.testing.assert_allclose(ours[y == k].std(axis=0), 0.1, atol=0.03)


def test_clusters_lie_about_their_centres():
    X, y = clusters(500, [(0, 0), (5, -5)], rng=np.random.default_rng(0), std=2, dtype=np.float64)
    assert X.shape == (1000, 2)
    assert y.tolist() == [0] * 500 + [1] * 500
    np.testing.assert_allclose(X[500:].mean(axis=0), (5, -5), atol=0.3)
    np.testing.assert_allclose(X.std(axis=0) ** 2, 2**2 + 2.5**2, rtol=0.15)


def test_clusters_follow_the_legacy_stream():
    np.random.seed(42)
    expected = np.vstack([np.random.randn(100, 2) + c for c in ([0, 0], [5, 5], [-5, 5])])
    X, _ = clusters(100, [(0, 0), (5, 5), (-5, 5)], rng=np.random.RandomState(42), dtype=np.float64)
    np.testing.assert_allclose(X, expected, atol=2.0**-25, rtol=0)        # half a step of the grid


def test_xor():
    X, y = xor()
    assert [(*row, label) for row, label in zip(X.tolist(), y.tolist())] == [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    assert X.dtype == np.float64


@pytest.mark.parametrize("make", [spiral, vertical, lambda n, c, **kw: clusters(n, [(0, 0)] * c, **kw)])
def test_makers_share_their_manners(make):
    X, y = make(7, 3, rng=np.random.default_rng(0))
    assert X.dtype == np.float64
    assert X.shape == (21, 2)
    assert np.bincount(y).tolist() == [7, 7, 7]
    with pytest.raises(ValueError, match="expected samples as a whole number of at least 1, got 0"):
        make(0, 3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="expected (classes as a|centres as pairs).* at least (1|one), got"):
        make(3, 0, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"expected rng as a random generator, got 0; did you mean np.random"):
        make(3, 3, rng=0)


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, None, True])
def test_batch_sizes_that_cannot_be(batch_size):
    with pytest.raises(ValueError, match="expected batch_size as a whole number of at least 1, got"):
        next(batches(np.zeros((3, 1)), np.zeros(3), batch_size))


def test_batches_of_unequal_or_no_samples():
    with pytest.raises(ValueError, match="expected as many rows in X as in y, but X has 3, y has 4"):
        next(batches(np.zeros((3, 1)), np.zeros(4), 1))
    with pytest.raises(ValueError, match="expected at least one sample, but X and y are empty"):
        next(batches(np.zeros((0, 1)), np.zeros(0), 1))


def test_batches_shuffle_with_a_generator_or_not_at_all():
    X = np.zeros((3, 1))
    for rng in (0, np.random):
        with pytest.raises(TypeError, match="expected rng as a random generator, got"):
            next(batches(X, X, 1, rng))
    with pytest.raises(TypeError, match="expected y as a NumPy array, got list"):
        next(batches(X, [1, 2, 3], 1))


@pytest.mark.parametrize("make", [spiral, vertical, lambda n, c, **kw: clusters(n, [(0, 0)] * c, **kw)])
def test_makers_give_float32_where_asked_and_nothing_but_floats(make):
    assert make(2, 2, rng=np.random.default_rng(0), dtype=np.float32)[0].dtype == np.float32
    with pytest.raises(TypeError, match="expected dtype as np.float64 or np.float32, got <class 'int'>"):
        make(2, 2, rng=np.random.default_rng(0), dtype=int)
    with pytest.raises(TypeError, match="expected dtype"):
        xor(int)


@pytest.mark.parametrize("centres", [[(0, 0, 0)], [0, 1], [], "ab", [("a", "b")], [("1", "2")], [(0, None)], None, 3,
                                     np.empty((0, 2))])
def test_centres_are_pairs_of_numbers(centres):
    with pytest.raises((TypeError, ValueError), match="expected centres as (pairs of numbers|a NumPy array).* got"):
        clusters(2, centres, rng=np.random.default_rng(0))


@pytest.mark.parametrize("make", [spiral, vertical])
@pytest.mark.parametrize("classes", [0, 2.5, "3"])
def test_classes_are_counted(make, classes):
    with pytest.raises(ValueError, match="expected classes as a whole number of at least 1, got"):
        make(2, classes, rng=np.random.default_rng(0))


def test_centres_and_their_spread_are_finite():
    with pytest.raises(ValueError, match="expected finite numbers in centres"):
        clusters(2, [(0, np.nan)], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="expected std above 0, got -1; try std=1.0"):
        clusters(2, [(0, 0)], rng=np.random.default_rng(0), std=-1)


# --- Standardizer ---------------------------------------------------------------------------------

TABLE = np.array([[1.0, 100.0, -3.0], [3.0, 500.0, -3.5], [2.0, 400.0, 9.0], [8.0, 100.0, 0.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("wrap", [np.asarray, reproducible])
def test_a_standardizer_gives_mean_0_and_deviation_1_and_takes_it_back(dtype, wrap):
    X = wrap(TABLE.astype(dtype))
    scaler = Standardizer(X)
    Z = scaler.transform(X)
    assert Z.dtype == scaler.inverse(Z).dtype == dtype and type(Z) is type(X)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose((np.asarray(Z) ** 2).mean(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(scaler.inverse(Z), TABLE, rtol=1e-5, atol=1e-5)


def test_a_standardizer_keeps_the_numbers_of_its_own_data():
    scaler, before = Standardizer(TABLE), TABLE.copy()
    np.testing.assert_allclose(scaler.transform(TABLE[:1] + [[1, 0, 0]]), scaler.transform(TABLE[:1])
                               + [[1 / np.sqrt(((TABLE[:, 0] - 3.5) ** 2).sum() / 4), 0, 0]])
    np.testing.assert_array_equal(scaler.transform(TABLE[2:])[0], scaler.transform(TABLE)[2])
    np.testing.assert_array_equal(TABLE, before)


@pytest.mark.parametrize(("X", "message"), [
    (TABLE[0], r"expected X of shape \(N, n\), one row per sample, got \(3,\); did you mean X.reshape\(-1, 1\)"),
    (TABLE[:0], "one row per sample, got"),
    (TABLE[:1], "expected at least 2 rows in X, got 1, which deviates from nothing"),
    (TABLE[None], "expected X of shape"),
    (np.hstack([TABLE, np.full((4, 1), 0.1)]), r"got column 3 with 0.1 in all 4 rows: .* did you mean X\[:, X.max"),
    (np.array([[1.0, 0.1], [2, 0.1], [4, 0.1]]), "got column 1 with 0.1"),       # whose computed deviation is not 0
    (np.ones((4, 1)), "got column 0 with 1.0 in all 4 rows: .* deviation is 0$"),
    (np.where(TABLE == 9, np.inf, TABLE), "expected finite numbers in X, got 1 NaN or infinite, the first in row 2"),
])
def test_a_standardizer_refuses_what_it_cannot_scale(X, message):
    with pytest.raises(ValueError, match=message):
        Standardizer(X)


@pytest.mark.parametrize("method", ["transform", "inverse"])
def test_a_standardizer_refuses_other_columns_and_another_dtype(method):
    call = getattr(Standardizer(TABLE), method)
    with pytest.raises(ValueError, match=r"expected x of shape \(N, 3\), got \(4, 2\)"):
        call(TABLE[:, :2])
    with pytest.raises(ValueError, match=r"did you mean x.reshape\(1, -1\)"):
        call(TABLE[0])
    with pytest.raises(TypeError, match="expected x in float64, as what it meets, got float32"):
        call(TABLE.astype(np.float32))
