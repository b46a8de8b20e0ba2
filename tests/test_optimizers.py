"""SGD against the rule written out by hand."""

import numpy as np
import pytest

from nnlib import SGD, Parameter


def quadratic(momentum, steps, lr=0.1):
    """Where `steps` steps on w² / 2, whose slope is w, lead from w = 1."""
    w = Parameter(np.array([1.0]))
    optimizer = SGD([w], lr, momentum)
    path = []
    for _ in range(steps):
        w.grad = w.data.copy()
        optimizer.step()
        path.append(float(w.data[0]))
    return path


def test_plain_steps_go_against_the_gradient():
    np.testing.assert_allclose(quadratic(momentum=0, steps=3), [0.9, 0.81, 0.729])


def test_momentum_adds_up_past_gradients():
    w, v, expected = 1.0, 0.0, []
    for _ in range(5):
        v = 0.9 * v + w
        w -= 0.1 * v
        expected.append(w)
    np.testing.assert_allclose(quadratic(momentum=0.9, steps=5), expected)


def test_step_changes_every_parameter_in_place_and_no_gradient():
    parameters = [Parameter(np.ones((2, 2), np.float32)), Parameter(np.ones(2, np.float32))]
    arrays = [parameter.data for parameter in parameters]
    for parameter in parameters:
        parameter.grad = np.full_like(parameter.data, 2)
    optimizer = SGD(parameters, lr=0.5, momentum=0.5)
    optimizer.step()
    for parameter, array in zip(parameters, arrays):
        assert parameter.data is array
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, 0)
        np.testing.assert_array_equal(parameter.grad, 2)


@pytest.mark.parametrize("lr", [0, -0.1, float("nan"), float("inf"), "0.1"])
def test_learning_rates_that_cannot_be(lr):
    with pytest.raises(ValueError, match=r"expected lr above 0, got .*; try lr=0\.1"):
        SGD([Parameter(np.ones(1))], lr)


@pytest.mark.parametrize("momentum", [-0.1, 1, float("nan"), None])
def test_momenta_that_cannot_be(momentum):
    with pytest.raises(ValueError, match="expected momentum from 0 up to but not including 1, got"):
        SGD([Parameter(np.ones(1))], 0.1, momentum)


def test_step_before_backward():
    with pytest.raises(RuntimeError, match="expected gradients before step; did you call backward first"):
        SGD([Parameter(np.zeros(1))], 0.1).step()
