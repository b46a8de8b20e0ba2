"""Every loss: its formula, its gradient over all entries, what must hold for any input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlib
from nnlib import (
    Layer,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SoftmaxCrossEntropy,
    check_gradients,
    one_hot,
    softmax,
)

RNG = np.random.default_rng(0)
LOGITS, LABELS = RNG.standard_normal((5, 3)), np.array([2, 0, 1, 1, 2])
PREDICTION = RNG.standard_normal((5, 3))
TARGET = PREDICTION + np.where(np.arange(15).reshape(5, 3) % 2, 0.7, -0.4)
LOSSES = [(SoftmaxCrossEntropy, LOGITS, LABELS), (MeanSquaredError, PREDICTION, TARGET),
          (MeanAbsoluteError, PREDICTION, TARGET)]


def test_every_loss_of_the_library_is_tested_and_exported():
    written = {it for it in vars(nnlib.losses).values() if isinstance(it, type) and issubclass(it, Loss)}
    assert written - {Loss} == {loss for loss, _, _ in LOSSES}, "a new loss belongs in LOSSES"
    assert {loss.__name__ for loss in written} <= set(nnlib.__all__), "export it in nnlib/__init__.py"


@pytest.mark.parametrize(("loss", "prediction", "target"), LOSSES)
def test_gradient_of_every_loss(loss, prediction, target):
    assert check_gradients(Layer(), prediction, loss(), target)["x"] < 1e-6


@pytest.mark.parametrize(("loss", "prediction", "target"), LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_out_dtype_kept_nothing_modified(loss, prediction, target, dtype):
    loss, prediction = loss(), prediction.astype(dtype)
    target = target if target.dtype.kind == "i" else target.astype(dtype)
    before = prediction.copy(), target.copy()
    assert type(loss.forward(prediction, target)) is float
    first = loss.backward()
    assert first.dtype == dtype
    np.testing.assert_array_equal(loss.backward(), first)
    np.testing.assert_array_equal(prediction, before[0])
    np.testing.assert_array_equal(target, before[1])


@pytest.mark.parametrize(("loss", "prediction", "target"), LOSSES)
def test_every_loss_refuses_what_does_not_fit(loss, prediction, target):
    with pytest.raises(RuntimeError, match=f"expected {loss.__name__}.forward before {loss.__name__}.backward"):
        loss().backward()
    with pytest.raises(TypeError, match="expected floating-point (scores|prediction), got int64"):
        loss().forward(prediction.astype(np.int64), target)
    with pytest.raises(ValueError, match="expected (as many rows|target of shape)"):
        loss().forward(prediction, target[:1])


@pytest.mark.parametrize(("loss", "prediction", "target"), LOSSES)
def test_order_of_samples_does_not_matter(loss, prediction, target):
    order = np.array([3, 1, 4, 0, 2])
    assert loss().forward(prediction[order], target[order]) == pytest.approx(loss().forward(prediction, target))


@given(st.integers(1, 50), st.integers(2, 50), st.floats(-1e4, 1e4))
def test_equal_scores_cost_ln_c(n, n_classes, score):
    labels = np.arange(n) % n_classes
    value = SoftmaxCrossEntropy().forward(np.full((n, n_classes), score), labels)
    assert value == pytest.approx(math.log(n_classes), abs=1e-12)


def test_cross_entropy_is_minus_the_mean_log_probability():
    loss = SoftmaxCrossEntropy()
    p = softmax(LOGITS)
    expected = -sum(math.log(p[i, label]) for i, label in enumerate(LABELS)) / len(LABELS)
    assert loss.forward(LOGITS, LABELS) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(loss.backward(), (p - one_hot(LABELS, 3, np.float64)) / 5, atol=1e-16)


def test_cross_entropy_of_the_book():
    p = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4], [0.02, 1e-300, 0.98]])
    assert SoftmaxCrossEntropy().forward(np.log(p), np.array([0, 1, 2])) == pytest.approx(0.35667494, abs=5e-9)


def test_a_hopeless_score_costs_its_distance_not_infinity():
    loss = SoftmaxCrossEntropy()
    assert loss.forward(np.array([[0.0, 1000.0]]), np.array([0])) == 1000
    np.testing.assert_array_equal(loss.backward(), [[-1, 1]])


def test_mean_errors_by_hand():
    prediction, target = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 4.0], [3.0, 1.0]])
    squared, absolute = MeanSquaredError(), MeanAbsoluteError()
    assert squared.forward(prediction, target) == (1 + 4 + 0 + 16) / 4
    assert absolute.forward(prediction, target) == (1 + 2 + 0 + 4) / 4
    np.testing.assert_array_equal(squared.backward(), [[0.5, -1], [0, 2]])
    np.testing.assert_array_equal(absolute.backward(), [[0.25, -0.25], [0, 0.25]])


@pytest.mark.parametrize(("loss", "prediction", "target"), LOSSES)
def test_the_value_is_of_the_last_forward_and_so_is_the_gradient(loss, prediction, target):
    loss, fresh = loss(), loss()
    loss.forward(2 * prediction, target)
    assert loss.forward(prediction, target) == fresh.forward(prediction, target)
    np.testing.assert_array_equal(loss.backward(), fresh.backward())


@pytest.mark.parametrize(("loss", "prediction", "target"), LOSSES)
def test_twice_the_batch_is_the_same_mean(loss, prediction, target):
    loss, twice = loss(), loss()
    value = loss.forward(prediction, target)
    assert twice.forward(np.concatenate([prediction] * 2), np.concatenate([target] * 2)) == pytest.approx(value)
    np.testing.assert_allclose(twice.backward()[:5], loss.backward() / 2)


@pytest.mark.parametrize("loss", [MeanSquaredError, MeanAbsoluteError])
def test_targets_of_another_dtype_are_refused_and_the_hint_works(loss):
    message = r"expected target in float32, as what it meets, got float64; did you mean target.astype\(np.float32\)"
    with pytest.raises(TypeError, match=message):
        loss().forward(PREDICTION.astype(np.float32), TARGET)
    assert loss().forward(PREDICTION.astype(np.float32), TARGET.astype(np.float32)) > 0


def test_one_score_has_no_softmax():
    with pytest.raises(ValueError, match=r"expected scores of at least 2 classes, got shape \(4, 1\): a softmax"):
        SoftmaxCrossEntropy().forward(np.ones((4, 1)), np.zeros(4, int))


def test_a_loss_without_its_methods_says_which():
    class Half(Loss):
        pass

    with pytest.raises(NotImplementedError, match="expected Half to have a forward of its own"):
        Half().forward(PREDICTION, TARGET)
    with pytest.raises(NotImplementedError, match="expected Half to have a backward of its own"):
        Half().backward()
