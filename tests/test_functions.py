"""The formulas against independent ones, and what must hold for any input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib import accuracy, log_softmax, one_hot, relu, sigmoid, softmax

scores = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.floats(-300, 300))
D2 = np.array([[1, 2, 3, 2.5], [2, 5, -1, 2], [-1.5, 2.7, 3.3, -0.8]])


@given(scores)
def test_each_formula_agrees_with_pure_python(x):
    rows = x.tolist()
    np.testing.assert_array_equal(relu(x), [[v if v > 0 else 0.0 for v in row] for row in rows])
    np.testing.assert_allclose(sigmoid(x), [[1 / (1 + math.exp(-v)) for v in row] for row in rows], rtol=1e-14)
    sums = [math.fsum(math.exp(v - max(row)) for v in row) for row in rows]
    expected = [[math.exp(v - max(row)) / s for v in row] for row, s in zip(rows, sums)]
    np.testing.assert_allclose(softmax(x), expected, rtol=1e-13)
    expected = [[v - max(row) - math.log(s) for v in row] for row, s in zip(rows, sums)]
    np.testing.assert_allclose(log_softmax(x), expected, rtol=1e-12, atol=1e-12)


@given(scores, st.floats(-100, 100))
def test_softmax_gives_probabilities_that_a_shift_does_not_change(x, shift):
    p = softmax(x)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(softmax(x + shift), p, atol=1e-11)
    np.testing.assert_allclose(np.exp(log_softmax(x)), p, rtol=1e-12)


@given(scores)
def test_softmax_runs_along_the_last_axis_of_a_row_a_batch_or_a_stack(x):
    for function in (softmax, log_softmax):
        np.testing.assert_allclose(function(x[0]), function(x)[0], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(function(np.stack([x, -x])), [function(x), function(-x)], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("function", [relu, sigmoid, softmax, log_softmax])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_input_are_preserved(function, dtype):
    x = D2.astype(dtype)
    before = x.copy()
    y = function(x)
    assert y.dtype == dtype
    assert y is not x
    np.testing.assert_array_equal(x, before)


def test_nothing_overflows():
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid(np.array([-1e4, 1e4])).tolist() == [0, 1]
        assert softmax(np.array([[1e4, 0.0]])).tolist() == [[1, 0]]
        assert log_softmax(np.array([[1e4, 0.0]])).tolist() == [[0, -1e4]]


def test_softmax_of_the_book():
    expected = [
        [0.06414769, 0.17437149, 0.47399085, 0.28748998],
        [0.04517666, 0.90739747, 0.00224921, 0.04517666],
        [0.00522984, 0.34875873, 0.63547983, 0.0105316],
    ]
    np.testing.assert_allclose(softmax(D2), expected, atol=5e-9)


def test_one_hot_marks_the_label_and_nothing_else():
    assert one_hot(np.array([2, 0, 2]), 3).tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert one_hot(np.array([0]), 1).dtype == np.float64
    assert one_hot(np.array([0]), 1, dtype=np.float64).dtype == np.float64


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="expected labels from 0 to 2, got -1 to 2"):
        one_hot(np.array([-1, 2]), 3)
    with pytest.raises(TypeError, match="expected integer labels, got float64"):
        accuracy(np.eye(3), np.array([0.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match="expected as many rows in scores as in labels"):
        accuracy(np.eye(3), np.array([0]))


def test_accuracy_counts_the_largest_score():
    scores = np.array([[0.1, 0.9], [0.8, 0.2], [-3.0, -4.0], [5.0, 7.0]])
    assert accuracy(scores, np.array([1, 0, 1, 1])) == 0.75
    assert isinstance(accuracy(scores, np.array([1, 0, 1, 1])), float)
