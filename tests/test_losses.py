"""Every loss: its formula, its gradient over all entries, what must hold for any input."""

import math
from pathlib import Path

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
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    binary_accuracy,
    check_gradients,
    one_hot,
    reproducible,
    sigmoid,
    softmax,
)

RNG = np.random.default_rng(0)
LOGITS, LABELS = RNG.standard_normal((5, 3)), np.array([2, 0, 1, 1, 2])
PREDICTION = RNG.standard_normal((5, 3))
TARGET = PREDICTION + np.where(np.arange(15).reshape(5, 3) % 2, 0.7, -0.4)
LOSSES = [(SoftmaxCrossEntropy, LOGITS, LABELS), (MeanSquaredError, PREDICTION, TARGET),
          (MeanAbsoluteError, PREDICTION, TARGET), (SigmoidCrossEntropy, LOGITS[:, :1], LABELS % 2)]


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
    with pytest.raises(TypeError, match="expected floating-point (scores|prediction|logits), got int64"):
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


# --- yes or no ------------------------------------------------------------------------------------

REFERENCE = dict(np.load(Path(__file__).with_name("sklearn_reference.npz")))


def test_sigmoid_cross_entropy_is_minus_the_mean_log_probability():
    loss, z, y = SigmoidCrossEntropy(), LOGITS[:, :1], LABELS % 2
    p = 1 / (1 + np.exp(-z[:, 0]))
    expected = -sum(math.log(p[i] if label else 1 - p[i]) for i, label in enumerate(y)) / 5
    assert loss.forward(z, y) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(loss.backward()[:, 0], (p - y) / 5, atol=1e-16)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("wrap", [np.asarray, reproducible])
def test_sigmoid_cross_entropy_is_pytorchs(label, wrap):
    theirs = [REFERENCE[name] for name in ("logits", f"loss of {label}", f"gradient of {label}")]
    for z, value, gradient in zip(*theirs):
        loss = SigmoidCrossEntropy()
        assert loss.forward(wrap(np.array([[z]])), np.array([label])) == pytest.approx(value, rel=1e-12, abs=1e-15)
        assert loss.backward().item() == pytest.approx(gradient, rel=1e-9, abs=1e-15)


@given(st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.integers(0, 1)), min_size=1, max_size=9))
def test_a_sigmoid_is_a_softmax_over_two(rows):
    scores, labels = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
    two, one = SoftmaxCrossEntropy(), SigmoidCrossEntropy()
    value = two.forward(scores, labels)
    assert one.forward(scores[:, 1:] - scores[:, :1], labels) == pytest.approx(value, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(one.backward(), two.backward()[:, 1:], atol=1e-9)


def test_a_very_sure_yes_that_is_right_costs_what_is_left_and_no_rounded_zero():
    value = SigmoidCrossEntropy().forward(np.array([[50.0]]), np.array([1]))
    assert value == pytest.approx(math.exp(-50), rel=1e-12, abs=0)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8])
def test_labels_of_any_whole_kind_give_the_same_loss_and_gradient(dtype):
    loss, labels = SigmoidCrossEntropy(), np.array([0, 1])
    value, gradient = loss.forward(np.array([[2.0], [3.0]]), labels), loss.backward()
    assert loss.forward(np.array([[2.0], [3.0]]), labels.astype(dtype)) == value
    np.testing.assert_array_equal(loss.backward(), gradient)


def test_binary_accuracy_agrees_with_the_probability_of_one_half_and_is_no_metric_for_two_columns():
    z, y = np.array([[3.0], [-1e-9], [0.0], [1e-9], [-np.inf]]), np.array([1, 1, 0, 1, 0])
    assert binary_accuracy(z, y) == 0.8
    assert binary_accuracy(8 * LOGITS[:, :1], LABELS % 2) == ((sigmoid(8 * LOGITS[:, 0]) > 0.5) == LABELS % 2).mean()
    assert type(binary_accuracy(z, y)) is float
    with pytest.raises(ValueError, match="expected logits that can be compared, got 1 NaN or infinite"):
        binary_accuracy(np.array([[np.nan]]), np.array([1]))


REFUSED = {
    "two columns": (LOGITS[:, :2], LABELS % 2, r"expected logits of shape \(N, 1\).*learns from SoftmaxCrossEntropy"),
    "no rows": (LOGITS[:0, :1], LABELS[:0], "at least one, got"),
    "flat": (LOGITS[:, 0], LABELS % 2, r"did you mean logits.reshape\(-1, 1\)"),
    "1 and 2": (LOGITS[:, :1], LABELS % 2 + 1, r"expected labels 0 and 1, got 1, 2; did you mean \(labels == 2\)"),
    "-1 and 1": (LOGITS[:, :1], LABELS % 2 * 2 - 1, r"got -1, 1; did you mean \(labels == 1\).astype\(int\)"),
    "three": (LOGITS[:, :1], LABELS, "expected labels 0 and 1, got 0, 1, 2$"),
    "many": (LOGITS[:, :1], np.arange(5), r"expected labels 0 and 1, got 0, 1, 2, 3, \.\.\.$"),
    "all the same": (LOGITS[:, :1], np.full(5, 7), "expected labels 0 and 1, got 7$"),
    "a column": (LOGITS[:, :1], LABELS[:, None] % 2, r"did you mean labels.ravel\(\)"),
    "words": (LOGITS[:, :1], np.array(["no", "yes", "no", "no", "yes"]), "return_inverse"),
    "truths": (LOGITS[:, :1], LABELS == 1, r"expected integer labels, got bool; did you mean labels.astype\(int\)"),
    "shares": (LOGITS[:, :1], np.full(5, 0.3), "expected integer labels, got float64$"),
}


@pytest.mark.parametrize("function", [lambda z, y: SigmoidCrossEntropy().forward(z, y), binary_accuracy])
@pytest.mark.parametrize("case", REFUSED)
def test_yes_or_no_refuses_what_does_not_fit(function, case):
    logits, labels, message = REFUSED[case]
    with pytest.raises((TypeError, ValueError), match=message):
        function(logits, labels)
