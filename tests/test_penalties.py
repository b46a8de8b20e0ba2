"""The penalties: their charge, its slope over all entries, and what fit makes of them."""

import math

import numpy as np
import pytest

import nnlib
from nnlib import (
    L1,
    L2,
    SGD,
    Adam,
    Dense,
    MeanSquaredError,
    Parameter,
    Penalty,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    clusters,
    numerical_gradient,
    relative_error,
)

PENALTIES = [L2(0.3), L1(0.3)]


def network(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return Sequential(Dense(2, 5, rng=rng, dtype=dtype), ReLU(), Dense(5, 3, rng=rng, dtype=dtype))


def with_gradients(model, X, y):
    loss = SoftmaxCrossEntropy()
    loss.forward(model.forward(X), y)
    model.backward(loss.backward())
    return [parameter.grad.copy() for parameter in model.parameters()]


def blobs(dtype=np.float64):
    return clusters(10, [(0, 0), (3, 3), (-3, 3)], rng=np.random.default_rng(1), dtype=dtype)


def test_every_penalty_is_tested_and_exported():
    written = {it for it in vars(nnlib.penalties).values() if isinstance(it, type) and issubclass(it, Penalty)}
    assert written - {Penalty} == set(map(type, PENALTIES)), "a new penalty belongs in PENALTIES"
    assert {penalty.__name__ for penalty in written} <= set(nnlib.__all__), "export it in nnlib/__init__.py"


def test_the_charges_written_out():
    a, b = Parameter(np.array([[1.0, -2.0], [0.0, 3.0]])), Parameter(np.array([100.0, -100.0]))
    assert L2(0.5).value([a, b]) == 0.5 * (1 + 4 + 0 + 9) / 2
    assert L1(0.5).value([a, b]) == 0.5 * (1 + 2 + 0 + 3)
    two = [a, b, Parameter(np.array([[[10.0]]]))]
    assert L2(0.5).value(two) == 0.5 * (14 + 100) / 2
    assert L1(0.5).value(two) == 0.5 * (6 + 10)


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_the_gradient_of_loss_and_charge_together_is_the_measured_one(penalty):
    """Over all weights and biases, away from the kink of |w|."""
    model, (X, y), loss = network(), blobs(), SoftmaxCrossEntropy()
    with_gradients(model, X, y)
    assert min(np.abs(layer.W.data).min() for layer in model.layers[::2]) > 1e-3
    penalty.add_gradients(model.parameters())
    for parameter in model.parameters():
        data = parameter.data

        def total(moved, parameter=parameter):
            parameter.data = moved
            return loss.forward(model.forward(X), y) + penalty.value(model.parameters())

        measured = numerical_gradient(total, data)
        parameter.data = data
        assert relative_error(parameter.grad, measured) < 1e-6


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_biases_are_left_as_they_are_and_no_weight_changes(penalty):
    model, (X, y) = network(), blobs()
    before = with_gradients(model, X, y)
    weights = [parameter.data.copy() for parameter in model.parameters()]
    arrays = [parameter.grad for parameter in model.parameters()]
    penalty.add_gradients(model.parameters())
    for parameter, grad, weight, array in zip(model.parameters(), before, weights, arrays):
        assert (parameter.grad == grad).all() == (parameter.data.ndim == 1)
        np.testing.assert_array_equal(parameter.data, weight)
        np.testing.assert_array_equal(array, grad)           # a gradient that somebody else holds is not changed


def test_at_zero_the_slope_of_l1_is_zero():
    np.testing.assert_array_equal(L1(2).slope(np.array([[0.0, -0.5, 1e-300]])), [[0, -1, 1]])


def shrink(penalty, steps, lr=0.1, start=1.0):
    """What SGD makes of a weight that the data says nothing about."""
    w = Parameter(np.array([[start]]))
    optimizer = SGD([w], lr)
    for _ in range(steps):
        w.grad = np.zeros((1, 1))
        penalty.add_gradients([w])
        optimizer.step()
    return w.data.item()


def test_with_plain_sgd_l2_is_weight_decay_and_l1_a_steady_pull():
    assert shrink(L2(0.5), 30) == pytest.approx((1 - 0.1 * 0.5) ** 30, rel=1e-12)
    assert shrink(L1(0.5), 15) == pytest.approx(1 - 15 * 0.1 * 0.5, rel=1e-12)
    assert abs(shrink(L1(0.5), 300)) < 0.1 * 0.5 + 1e-12     # and then about zero, a step to and fro


def test_fit_descends_loss_and_charge_and_records_the_loss_alone():
    X, y = blobs()
    by_fit, by_hand, loss, penalty = network(), network(), SoftmaxCrossEntropy(), L2(0.1)
    history = by_fit.fit(X, y, loss, SGD(by_fit.parameters(), 0.1), epochs=4, penalty=penalty, validation=(X, y))
    optimizer = SGD(by_hand.parameters(), 0.1)
    for epoch in range(4):
        assert history["loss"][epoch] == pytest.approx(loss.forward(by_hand.forward(X), y), rel=1e-12)
        by_hand.backward(loss.backward())
        for layer in by_hand.layers[::2]:
            layer.W.grad = layer.W.grad + 0.1 * layer.W.data
        optimizer.step()
    for a, b in zip(by_fit.parameters(), by_hand.parameters()):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-12)
    assert history["val_loss"][-1] == pytest.approx(loss.forward(by_hand.forward(X), y), rel=1e-12)


def test_ridge_regression_ends_where_its_formula_says():
    """One layer, the squared error, L2: (XᵀX / N · 2 + λ) w = 2 Xᵀt / N, solved."""
    rng = np.random.default_rng(0)
    X, strength = rng.standard_normal((30, 3)), 0.4
    X -= X.mean(axis=0)
    t = X @ np.array([[1.0], [-2.0], [0.5]]) + rng.standard_normal((30, 1))
    model = Sequential(Dense(3, 1, rng=rng))
    model.fit(X, t, MeanSquaredError(), SGD(model.parameters(), 0.1), epochs=500, penalty=L2(strength))
    solved = np.linalg.solve(2 * X.T @ X / 30 + strength * np.eye(3), 2 * X.T @ t / 30)
    np.testing.assert_allclose(model.layers[0].W.data, solved, rtol=1e-9)
    np.testing.assert_allclose(model.layers[0].b.data, t.mean(), rtol=1e-9)     # not drawn towards zero


def test_a_strength_of_zero_charges_nothing():
    X, y = blobs()
    a, b = network(), network()
    a.fit(X, y, SoftmaxCrossEntropy(), Adam(a.parameters(), 0.1), epochs=3, penalty=L1(0))
    b.fit(X, y, SoftmaxCrossEntropy(), Adam(b.parameters(), 0.1), epochs=3)
    for p, q in zip(a.parameters(), b.parameters()):
        np.testing.assert_array_equal(p.data, q.data)


def test_float32_stays_float32():
    X, y = blobs(np.float32)
    model = network(dtype=np.float32)
    for penalty in (L2(np.float64(0.1)), L1(np.float64(0.1))):
        model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), 0.1), epochs=2, penalty=penalty)
    assert {parameter.data.dtype for parameter in model.parameters()} == {np.dtype(np.float32)}


def test_a_penalty_of_your_own_needs_two_methods():
    class Fourth(Penalty):
        def charge(self, W):
            return float((W**4).sum()) / 4

        def slope(self, W):
            return W**3

    assert Fourth(0.1).value([Parameter(np.full((1, 2), 2.0))]) == pytest.approx(0.8)
    for call in (Penalty(1).charge, Penalty(1).slope):
        with pytest.raises(NotImplementedError, match="expected Penalty to have a (charge|slope) of its own"):
            call(np.ones((1, 1)))
    assert list(map(repr, PENALTIES)) == ["L2(0.3)", "L1(0.3)"]


def test_penalties_that_cannot_be():
    for strength in (-1, math.nan, math.inf, "strong", None, True):
        for kind in (L1, L2):
            with pytest.raises(ValueError, match="expected strength of at least 0, got .*; try strength=0.001"):
                kind(strength)
    bias = Parameter(np.ones(3))
    bias.grad = np.ones(3)
    for call in (L2(1).value, L2(1).add_gradients):
        with pytest.raises(ValueError, match=r"expected weights to charge, of two or more .* shape \(3,\); a penalty"):
            call([bias])
        with pytest.raises(TypeError, match=r"expected a list of parameters, got Sequential; did you mean model.param"):
            call(network())
    with pytest.raises(RuntimeError, match="expected the gradient of parameter 0 before step"):
        L2(1).add_gradients(network().parameters())


def test_fit_refuses_what_is_no_penalty():
    X, y = blobs()
    model = network()
    before = [parameter.data.copy() for parameter in model.parameters()]
    for penalty, message in [
        (0.01, r"expected a penalty, got the number 0.01; did you mean penalty=L2\(0.01\)\?"),
        (-1, "expected penalty with the methods value, add_gradients, got an object of type int"),
        ("l2", "expected penalty with the methods value, add_gradients, got an object of type str"),
        (L2, r"expected penalty as an object, got the class L2; call it: L2\(...\)"),
    ]:
        with pytest.raises(TypeError, match=message):
            model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), 0.1), epochs=1, penalty=penalty)
    for parameter, data in zip(model.parameters(), before):
        np.testing.assert_array_equal(parameter.data, data)
