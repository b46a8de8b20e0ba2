"""Every layer: its formula, its gradient over all entries, its protocol."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlib
from nnlib import (
    Dense,
    Dropout,
    Layer,
    LeakyReLU,
    Parameter,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    check_gradients,
)

ELEMENTWISE = [ReLU, LeakyReLU, lambda: LeakyReLU(0.3), Sigmoid, Tanh]
sizes = st.integers(1, 5)


def away_from_kinks(*shape, seed=0):
    """Numbers from -2 to 2, none nearer to zero than 0.1."""
    x = np.random.default_rng(seed).uniform(0.1, 2, shape)
    return x * np.where(np.arange(x.size).reshape(shape) % 3 == 0, -1, 1)


def dense(n_in, n_out, seed=0, dtype=np.float64):
    layer = Dense(n_in, n_out, rng=np.random.default_rng(seed), dtype=dtype)
    layer.b.data += np.arange(n_out)
    return layer


@given(sizes, sizes, sizes)
def test_dense_is_a_weighted_sum_plus_bias(n, n_in, n_out):
    layer, x = dense(n_in, n_out), away_from_kinks(n, n_in)
    W, b = layer.W.data.tolist(), layer.b.data.tolist()
    expected = [[sum(row[i] * W[i][j] for i in range(n_in)) + b[j] for j in range(n_out)] for row in x.tolist()]
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-12, atol=1e-12)


class SameMask(Dropout):
    """Drop the same at every forward, so that a slope can be measured."""

    def forward(self, x):
        self.rng = np.random.default_rng(7)
        return super().forward(x)


def same_mask(p=0.5):
    return SameMask(p, rng=np.random.default_rng(0))


LAYERS = [*ELEMENTWISE, Softmax, Layer, lambda: dense(3, 4), same_mask, lambda: same_mask(0.2)]


def test_every_layer_of_the_library_is_tested_and_exported():
    written = {it for it in vars(nnlib.layers).values() if isinstance(it, type) and issubclass(it, Layer)}
    made = {type(make()) for make in LAYERS}
    assert written == made - {SameMask} | {Dropout}, "a new layer belongs in LAYERS, or in ELEMENTWISE above"
    assert {layer.__name__ for layer in written} <= set(nnlib.__all__), "export it in nnlib/__init__.py"


@pytest.mark.parametrize("make", LAYERS)
def test_gradients_of_every_layer(make):
    assert max(check_gradients(make(), away_from_kinks(5, 3)).values()) < 1e-6


def test_gradients_through_a_nested_network():
    inner = Sequential(dense(4, 3, 1), Tanh())
    model = Sequential(dense(3, 4, 2), Sigmoid(), inner, Softmax(), dense(3, 2, 3))
    errors = check_gradients(model, away_from_kinks(5, 3))
    assert len(errors) == 1 + 6
    assert max(errors.values()) < 1e-6


def test_the_formulas_of_the_activations():
    x = np.array([[-2.0, -0.5, 0.0, 0.5, 2.0]])
    np.testing.assert_array_equal(ReLU().forward(x), [[0, 0, 0, 0.5, 2]])
    np.testing.assert_array_equal(LeakyReLU(0.5).forward(x), [[-1, -0.25, 0, 0.5, 2]])
    np.testing.assert_allclose(LeakyReLU().forward(x), [[-0.02, -0.005, 0, 0.5, 2]])
    np.testing.assert_allclose(Sigmoid().forward(x), 0.5 * (1 + np.tanh(x / 2)), rtol=1e-12)
    np.testing.assert_allclose(Tanh().forward(x), (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1), rtol=1e-12)
    np.testing.assert_allclose(Softmax().forward(x), np.exp(x) / np.exp(x).sum(), rtol=1e-12)


def test_at_the_kink_the_slope_is_the_left_one():
    x, dy = np.zeros((1, 2)), np.ones((1, 2))
    for layer, slope in ((ReLU(), 0), (LeakyReLU(0.1), 0.1)):
        layer.forward(x)
        np.testing.assert_array_equal(layer.backward(dy), slope * dy)


@pytest.mark.parametrize("make", [*ELEMENTWISE, Softmax, lambda: dense(4, 3), lambda: in_use(same_mask())])
def test_arguments_are_not_modified_and_order_of_samples_does_not_matter(make):
    x = away_from_kinks(6, 4)
    layer, order = make(), np.random.default_rng(0).permutation(6)
    y = layer.forward(x)
    dy = away_from_kinks(*y.shape, seed=1)
    before = x.copy(), dy.copy()
    dx = layer.backward(dy)
    grads = [parameter.grad for parameter in layer.parameters()]
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(dy, before[1])
    np.testing.assert_allclose(layer.forward(x[order]), y[order], rtol=1e-12)
    np.testing.assert_allclose(layer.backward(dy[order]), dx[order], rtol=1e-12)
    for parameter, grad in zip(layer.parameters(), grads):
        np.testing.assert_allclose(parameter.grad, grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", [*ELEMENTWISE, Softmax, None, same_mask, lambda: in_use(same_mask())])
def test_dtype_is_preserved_both_ways(make, dtype):
    layer = make() if make else dense(4, 3, dtype=dtype)
    y = layer.forward(away_from_kinks(6, 4).astype(dtype))
    assert y.dtype == dtype
    assert layer.backward(np.ones_like(y)).dtype == dtype
    assert all(parameter.grad.dtype == dtype for parameter in layer.parameters())


def test_gradients_are_overwritten_not_accumulated():
    layer, x = dense(3, 2), away_from_kinks(4, 3)
    for _ in range(2):
        layer.forward(x)
        layer.backward(np.ones((4, 2)))
    np.testing.assert_allclose(layer.W.grad, np.tile(x.sum(axis=0)[:, None], 2))
    np.testing.assert_array_equal(layer.b.grad, [4, 4])


def test_fill_gradients_does_all_of_backward_but_the_input():
    a, b, x = dense(3, 2), dense(3, 2), away_from_kinks(4, 3)
    dy = away_from_kinks(4, 2, seed=1)
    a.forward(x), b.forward(x)
    a.backward(dy)
    assert b.fill_gradients(dy) is None
    np.testing.assert_array_equal(a.W.grad, b.W.grad)
    np.testing.assert_array_equal(a.b.grad, b.b.grad)


def test_a_layer_without_fill_gradients_of_its_own_runs_its_backward():
    class Noting(Layer):
        def backward(self, dy):
            self.seen = dy
            return dy

    layer, dy = Noting(), np.ones((2, 3))
    assert layer.fill_gradients(dy) is None
    assert layer.seen is dy


def in_use(layer):
    layer.training = False
    return layer


def test_dropout_leaves_its_arguments_alone():
    layer, x = same_mask(), away_from_kinks(6, 4)
    dy = away_from_kinks(6, 4, seed=1)
    before = x.copy(), dy.copy()
    layer.forward(x), layer.backward(dy)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(dy, before[1])


@pytest.mark.parametrize("p", [0, 0.2, 0.5, 0.9])
def test_dropout_drops_a_share_of_p_and_scales_up_the_rest(p):
    """Inverted scaling, as PyTorch's: what is kept is divided by 1 - p, so that the mean stays."""
    x = away_from_kinks(200, 500)
    y = Dropout(p, rng=np.random.default_rng(3)).forward(x)
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] / (1 - p), rtol=1e-15)
    assert abs(kept.mean() - (1 - p)) <= 4 * math.sqrt(p * (1 - p) / x.size)
    assert abs((y / x).mean() - 1) <= 4 * math.sqrt(p / (1 - p) / x.size) + 1e-12
    assert p == 0 or 0 < kept[0].mean() < 1 > kept[:, 0].mean() > 0      # neither whole rows nor whole columns


def test_dropout_throws_anew_at_every_forward_and_the_same_from_the_same_seed():
    a, b = (Dropout(0.5, rng=np.random.default_rng(5)) for _ in range(2))
    x = np.ones((20, 20))
    first, second = a.forward(x), a.forward(x)
    assert (first != second).any()
    np.testing.assert_array_equal(b.forward(x), first)
    np.testing.assert_array_equal(b.forward(x), second)


def test_the_way_back_takes_the_mask_of_the_last_forward():
    layer, x, dy = Dropout(0.5, rng=np.random.default_rng(5)), np.ones((20, 20)), away_from_kinks(20, 20)
    for _ in range(2):
        y = layer.forward(x)
        np.testing.assert_array_equal(layer.backward(dy), dy * y)


def test_in_use_nothing_is_dropped_and_no_number_drawn():
    rng = np.random.default_rng(5)
    layer, x = in_use(Dropout(0.9, rng=rng)), away_from_kinks(6, 4)
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)
    assert rng.random() == np.random.default_rng(5).random()


def test_backward_leaves_the_weights_alone():
    layer = dense(3, 2)
    before = layer.W.data.copy(), layer.b.data.copy()
    layer.forward(away_from_kinks(4, 3))
    layer.backward(np.ones((4, 2)))
    np.testing.assert_array_equal(layer.W.data, before[0])
    np.testing.assert_array_equal(layer.b.data, before[1])


def test_initial_weights_spread_as_he_says_and_biases_are_zero():
    layer = Dense(400, 300, rng=np.random.default_rng(0))
    assert layer.W.data.shape == (400, 300)
    assert layer.W.data.dtype == np.float64
    assert abs(layer.W.data.mean()) < 1e-3
    assert layer.W.data.std() == pytest.approx((2 / 400) ** 0.5, rel=0.01)
    assert not layer.b.data.any()
    assert Dense(400, 300, rng=np.random.default_rng(0), std=0.01).W.data.std() == pytest.approx(0.01, rel=0.01)


def test_either_kind_of_generator_gives_its_own_weights_again():
    for make in (np.random.default_rng, np.random.RandomState):
        first, again, other = (Dense(3, 2, rng=make(seed)).W.data for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert (first != other).all()


@pytest.mark.parametrize("make", [*ELEMENTWISE, Softmax, lambda: dense(3, 4), lambda: in_use(same_mask()), same_mask])
def test_every_layer_refuses_what_does_not_fit(make):
    layer = make()
    with pytest.raises(RuntimeError, match=r"expected (\w+)\.forward before \1\.backward"):
        layer.backward(np.ones((5, 3)))
    with pytest.raises(TypeError, match="expected floating-point x, got int64"):
        layer.forward(np.ones((5, 3), np.int64))
    with pytest.raises(TypeError, match="expected x as a NumPy array, got float"):
        layer.forward(1.0)
    y = layer.forward(np.ones((5, 3)))
    for dy in (y[:1], y[:, :1], y[0]):            # NumPy would stretch them to fit
        with pytest.raises(ValueError, match="expected dy of shape"):
            layer.backward(dy)


def test_layers_that_cannot_be():
    for n_in, n_out, name in ((0, 3, "n_in"), (2.5, 3, "n_in"), (3, -1, "n_out")):
        with pytest.raises(ValueError, match=f"expected {name} as a whole number of at least 1"):
            Dense(n_in, n_out, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="expected rng as a random generator, got 0"):
        Dense(3, 2, rng=0)
    for std in (-1, math.nan, math.inf, "he"):
        with pytest.raises(ValueError, match=r"expected std at least 0, got .*; leave it out for the usual"):
            Dense(3, 2, rng=np.random.default_rng(0), std=std)
    for dtype in (int, np.float16, "half", complex, None):
        with pytest.raises(TypeError, match=r"expected dtype as np.float64 or np.float32, got .*; did you mean"):
            Dense(3, 2, rng=np.random.default_rng(0), dtype=dtype)
    for dtype in (float, np.float64, np.dtype("float64"), "float64"):
        assert Dense(3, 2, rng=np.random.default_rng(0), dtype=dtype).b.data.dtype == np.float64
    for p in (-0.1, 1, "half", math.nan):
        with pytest.raises(ValueError, match="expected p from 0 up to but not including 1"):
            Dropout(p, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="expected rng as a random generator, got 7; did you mean np.random"):
        Dropout(0.5, rng=7)
    for slope in (-0.1, 1):
        with pytest.raises(ValueError, match="expected slope from 0 up to but not including 1"):
            LeakyReLU(slope)


def test_a_spread_of_zero_is_no_spread():
    layer = Dense(3, 2, rng=np.random.default_rng(0), std=0)
    assert not layer.W.data.any()


def test_float32_and_float64_do_not_meet_in_silence():
    layer, x = dense(3, 2), np.ones((4, 3), np.float32)
    message = (
        r"expected x in float64, as what it meets, got float32; did you mean x.astype\(np.float64\)\? "
        r"To compute in float32, build every layer with dtype=np.float32"
    )
    with pytest.raises(TypeError, match=message):
        layer.forward(x)
    assert layer.forward(x.astype(np.float64)).dtype == np.float64         # both ways out
    assert dense(3, 2, dtype=np.float32).forward(x).dtype == np.float32
    with pytest.raises(TypeError, match="expected dy in float64, as what it meets, got float32"):
        layer.backward(np.ones((4, 2), np.float32))
    assert layer.W.grad is None


def test_the_slope_of_a_leaky_relu_does_not_widen_what_runs_through():
    layer = LeakyReLU(np.float64(0.5))
    assert layer.forward(np.array([[-2.0, 2.0]], np.float32)).dtype == np.float32
    assert layer.backward(np.ones((1, 2), np.float32)).dtype == np.float32
    assert repr(layer) == "LeakyReLU(0.5)"
    dropout = Dropout(np.float64(0.5), rng=np.random.default_rng(0))
    assert dropout.forward(np.ones((2, 2), np.float32)).dtype == np.float32
    assert repr(dropout) == "Dropout(0.5)"


def test_a_softmax_over_one_score_is_refused():
    with pytest.raises(ValueError, match=r"expected scores of at least 2 classes, got shape \(4, 1\)"):
        Softmax().forward(np.ones((4, 1)))


def test_a_parameter_holds_fractions():
    with pytest.raises(TypeError, match="expected floating-point data, got int64"):
        Parameter(np.ones(2, np.int64))
    with pytest.raises(TypeError, match="expected data as a NumPy array, got list"):
        Parameter([1.0])


def test_a_layer_keeps_only_what_backward_reads():
    for make, kept in [(ReLU, {"y"}), (LeakyReLU, {"x", "slope"}), (Sigmoid, {"y"}), (Tanh, {"y"}), (Softmax, {"y"}),
                       (lambda: dense(3, 4), {"x", "W", "b"}), (same_mask, {"mask", "p", "rng", "training"})]:
        layer = make()
        layer.forward(np.ones((5, 3)))
        assert set(vars(layer)) == kept


def test_the_generator_is_passed_by_name():
    with pytest.raises(TypeError, match="positional"):
        Dense(3, 2, np.random.default_rng(0))


def test_layers_name_themselves():
    layers = [Layer(), Dense(2, 3, rng=np.random.default_rng(0)), ReLU(), LeakyReLU(0.1), Sigmoid(), Tanh(), Softmax()]
    assert list(map(repr, layers)) == [
        "Layer()", "Dense(2, 3)", "ReLU()", "LeakyReLU(0.1)", "Sigmoid()", "Tanh()", "Softmax()",
    ]


def test_a_parameter_starts_without_gradient():
    assert Parameter(np.zeros(2)).grad is None
    assert Layer().parameters() == []
