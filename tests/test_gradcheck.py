"""The tool that checks gradients, checked."""

import numpy as np
import pytest

from nnlib import (
    Dense,
    Layer,
    MeanSquaredError,
    ReLU,
    Sequential,
    check_gradients,
    numerical_gradient,
    relative_error,
)
from nnlib.gradcheck import WeightedSum

X = np.random.default_rng(0).uniform(0.2, 1, (4, 4))


def dense():
    return Dense(4, 4, rng=np.random.default_rng(1), dtype=np.float64)


def test_numerical_gradient_of_a_cubic():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    before = x.copy()
    np.testing.assert_allclose(numerical_gradient(lambda v: float((v**3).sum()), x), 3 * x**2, rtol=1e-8)
    np.testing.assert_array_equal(x, before)


def test_numerical_gradient_looks_both_ways():
    seen = []
    numerical_gradient(lambda v: seen.append(v.copy()) or 0.0, np.array([1.0, 2.0]), h=0.5)
    assert [v.tolist() for v in seen] == [[1.5, 2], [0.5, 2], [1, 2.5], [1, 1.5]]


def test_relative_error_is_the_largest_difference_over_the_largest_entry():
    assert relative_error(np.array([1.0, -4.0]), np.array([2.0, -4.0])) == 0.25
    assert relative_error(np.array([1.0, -4.0]), np.array([2.0, -8.0])) == 0.5
    assert relative_error(np.array([3.0]), np.array([-3.0])) == 2
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    with pytest.raises(ValueError, match=r"expected b of shape \(2,\), got \(2, 1\)"):
        relative_error(np.zeros(2), np.zeros((2, 1)))


def test_weighted_sum_has_its_weights_for_gradient():
    loss = WeightedSum()
    assert loss.forward(np.array([[1.0, 2.0], [3.0, 4.0]])) == -1 + 0 + 3 + 8
    np.testing.assert_array_equal(loss.backward(), [[-1, 0], [1, 2]])


class NoMask(ReLU):
    def backward(self, dy):
        return dy


class ForgottenTranspose(Dense):
    def backward(self, dy):
        self.fill_gradients(dy)
        return dy @ self.W.data


class MissingMean(MeanSquaredError):
    def backward(self):
        return 2 * self.difference


class HalfBias(Dense):
    def fill_gradients(self, dy):
        super().fill_gradients(dy)
        self.b.grad = dy.mean(axis=0)


@pytest.mark.parametrize(
    ("layer", "loss", "name"),
    [
        (NoMask(), None, "x"),
        (ForgottenTranspose(4, 4, rng=np.random.default_rng(0), dtype=np.float64), None, "x"),
        (HalfBias(4, 4, rng=np.random.default_rng(0), dtype=np.float64), None, r"parameter 1 \(4,\)"),
        (Layer(), MissingMean(), "x"),
    ],
)
def test_wrong_gradients_are_caught_and_both_are_shown(layer, loss, name):
    message = rf"(?s)expected the gradient of {name} within 1e-06 of the measured one, got .*computed:.*measured:"
    with pytest.raises(AssertionError, match=message):
        check_gradients(layer, X - 0.6, loss, X)


def test_a_loose_tolerance_passes_what_a_strict_one_rejects():
    class SlightlyOff(Layer):
        def backward(self, dy):
            return dy * 1.001

    assert check_gradients(SlightlyOff(), X, tolerance=1e-2)["x"] == pytest.approx(0.001, rel=0.01)
    with pytest.raises(AssertionError):
        check_gradients(SlightlyOff(), X)


def test_a_gradient_of_nan_is_caught():
    class Broken(Layer):
        def backward(self, dy):
            return dy * np.nan

    with pytest.raises(AssertionError, match="got nan"):
        check_gradients(Broken(), X)


def test_parameters_are_put_back_even_when_the_loss_fails():
    class Stumbles(WeightedSum):
        calls = 0

        def forward(self, prediction, target=None):
            self.calls += 1
            if self.calls > 40:
                raise ZeroDivisionError
            return super().forward(prediction, target)

    model = Sequential(dense(), dense())
    arrays = [parameter.data for parameter in model.parameters()]
    before = [array.copy() for array in arrays]
    with pytest.raises(ZeroDivisionError):
        check_gradients(model, X, Stumbles())
    for parameter, array, values in zip(model.parameters(), arrays, before):
        assert parameter.data is array
        np.testing.assert_array_equal(array, values)


def test_float32_is_refused():
    with pytest.raises(TypeError, match=r"expected float64 x, got float32; did you mean x.astype\(np.float64\)"):
        numerical_gradient(lambda v: 0.0, np.zeros(2, np.float32))
    with pytest.raises(TypeError, match="Layers take dtype=np.float64"):
        check_gradients(Dense(4, 4, rng=np.random.default_rng(0), dtype=np.float32), X)


def test_anything_but_floating_point_arrays_is_refused():
    with pytest.raises(TypeError, match="expected x as a NumPy array, got list"):
        numerical_gradient(lambda v: 0.0, [1.0, 2.0])
    with pytest.raises(TypeError, match="expected floating-point a, got int64"):
        relative_error(np.ones(2, np.int64), np.ones(2))
    with pytest.raises(RuntimeError, match="expected WeightedSum.forward before WeightedSum.backward"):
        WeightedSum().backward()


def test_a_step_of_zero_is_refused():
    with pytest.raises(ValueError, match="expected h above 0, got 0"):
        numerical_gradient(lambda v: 0.0, np.zeros(2), h=0)
