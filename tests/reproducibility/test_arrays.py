"""Reproducible arrays behave like arrays, and are contagious."""

import copy
import io
import math
import pickle

import numpy as np
import pytest
from samples import KINDS, STACK, A, B, same_bits

from nnlib.gradcheck import check_gradients, numerical_gradient, relative_error
from nnlib.layers import Dense, ReLU, Sigmoid, Tanh
from nnlib.losses import MeanSquaredError, SoftmaxCrossEntropy
from nnlib.model import Sequential
from nnlib.optimizers import SGD
from nnlib.reproducibility import precise, reproducible
from nnlib.reproducibility.arrays import plain


@pytest.mark.parametrize("kind", KINDS)
def test_contagion(kind):
    x, p = kind([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    results = [
        x + p, p + x, p @ x, x @ p, 2 * x, x / 2, 1 - x, np.float64(2) * x, x * np.float32(2), [1, 2] + x, -x, abs(x),
        x % 2, x // 2, x.T, x[0], x[0, 1], x[[0, 1], [1, 0]], x[x > 1], x[..., None], x.sum(), x.mean(),
        x.std(axis=0), np.exp(x.sum()), np.sqrt(x.max()), np.where(x > 1, x, 0), np.concatenate([p, x]),
        np.stack([p, x]), np.vstack([x, p]), np.clip(x, 1, 2), np.zeros_like(x), np.copy(x), x.copy(), x.reshape(-1),
        x.astype(np.float32), x.round(1), x.sum().round(1), round(x.mean(), 1), np.linspace(x.min(), x.max(), 3),
        np.meshgrid(x[0], x[1])[0], np.split(x, 2)[0], x.take(0), x.trace(), sum(x[0]),
        np.linalg.norm(x), np.add.accumulate(x), next(iter(x[0])), np.pad(x, 1), np.diff(x), np.histogram(x)[1],
    ]
    assert {type(result) for result in results} == {kind}
    others = [
        x > 1, x == p, np.isnan(x), x.argmax(), np.argmax(x, axis=1), np.argsort(x), x.any(), np.allclose(x, p),
        np.asarray(x), np.array(x), x.tolist(), x.item(0), float(x.sum()), np.count_nonzero(x), np.where(x > 1)[0],
        x.astype(int), np.histogram(x)[0],
    ]
    assert not any(isinstance(result, reproducible) for result in others)


@pytest.mark.parametrize("lose, keep", [
    (lambda x: np.array([x, x]), lambda x: np.stack([x, x])),
    (lambda x: np.exp([x, x]), lambda x: np.exp(np.stack([x, x]))),
    (lambda x: np.full(3, x[0]), lambda x: np.zeros_like(x, shape=3) + x[0]),
    (lambda x: np.random.RandomState(0).permutation(x), lambda x: x[np.random.RandomState(0).permutation(len(x))]),
    (lambda x: next(x.flat), lambda x: x.ravel()[0]),
    (lambda x: np.ascontiguousarray(x), lambda x: x.copy()),
    (lambda x: np.lib.stride_tricks.as_strided(x, (1, 2)), lambda x: np.lib.stride_tricks.sliding_window_view(x, 2)),
])
def test_how_the_promise_is_lost_without_an_error_and_what_to_write_instead(lose, keep):
    x = reproducible([1.0, 2.0])
    assert not isinstance(lose(x), reproducible) and isinstance(keep(x), reproducible)
    np.testing.assert_allclose(np.asarray(keep(x)), lose(x))


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
    with pytest.raises(TypeError, match="Cannot cast"):
        np.matmul(A, B, out=np.zeros((37, 23), int))
    with pytest.raises(ValueError, match=r"expected out of shape \(37, 23\) for np.matmul, got \(2, 37, 23\)"):
        np.matmul(A, B, out=np.zeros((2, 37, 23)))
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
    assert A.argsort(axis=0).tolist() == plain(A).argsort(axis=0).tolist()
    assert STACK.argsort().tolist() == plain(STACK).argsort(axis=-1).tolist()
    x = STACK.copy()
    assert x.sort() is None and same_bits(x, np.sort(STACK)) and same_bits(x, np.sort(plain(STACK)))
    x.sort(axis=0)
    assert same_bits(x, np.sort(np.sort(STACK, axis=-1), axis=0))


def test_sorting_leaves_zeros_in_the_order_in_which_they_come():
    zeros = reproducible(np.tile([0.0, -0.0, 0.0], 333))
    x = zeros.copy()
    x.sort(kind="quicksort")
    assert same_bits(x, zeros) and same_bits(np.sort(zeros), zeros) and same_bits(np.sort(zeros, stable=False), zeros)


def test_bins_may_be_reproducible():
    counts, edges = np.histogram(reproducible([0.0, 1.0, 2.0]), bins=reproducible([-1.0, 0.5, 3.0]))
    assert counts.tolist() == [1, 2] and type(counts) is np.ndarray and type(edges) is reproducible


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
    axes[2, 2].axhline(y.mean())
    axes[2, 2].errorbar(x, y, yerr=y)
    axes[2, 2].set_xlim(x.min(), x.max())
    axes[3, 0].loglog(x + 1, y + 1)
    axes[3, 0].set_ylim(y[3], y[-1] + 1)
    axes[0, 3].barh(np.arange(20), y)
    axes[1, 3].step(x, y)
    axes[2, 3].annotate("here", (x[0], y[0]), (x[9], y[9]))
    axes[3, 3].violinplot([x, y])
    figure.colorbar(axes[0, 2].images[0])
    axes[3, 2].contour(x, y, grid)
    figure.savefig(io.BytesIO())
    plt.close(figure)


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
