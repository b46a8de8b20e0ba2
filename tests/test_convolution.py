"""Convolution, pooling and batch normalisation: against loops, against measured slopes, against PyTorch."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlib
from nnlib import (
    SGD,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Unflatten,
    accuracy,
    check_gradients,
    reproducible,
)
from nnlib.convolution import channel_mean, first_equal, spots, windows

REFERENCE = dict(np.load(Path(__file__).with_name("pytorch_convolution.npz")))
REFERENCE_CASES = json.loads(str(REFERENCE["cases"]))
KINDS = {"Conv2d": Conv2D, "MaxPool2d": MaxPool2D, "BatchNorm2d": BatchNorm}


def pictures(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def conv(*sizes, seed=0, **settings):
    layer = Conv2D(*sizes, rng=np.random.default_rng(seed), **settings)
    layer.b.data += np.arange(len(layer.b.data))
    return layer


def norm(channels=2, in_use=False, **settings):
    """A normalisation whose learned and running numbers are no zeros and ones."""
    layer = BatchNorm(channels, **settings)
    for i, array in enumerate([layer.gamma.data, layer.beta.data, *layer.buffers()]):
        array[...] = np.random.default_rng(i).uniform(0.5, 2, channels)
    layer.training = not in_use
    return layer


def convolved(x, W, b, stride, padding):
    """The convolution as its formula says, one number at a time; what lies outside the picture is zero."""
    size, _, channels, n_out = W.shape
    rows, columns = ((n + 2 * padding - size) // stride + 1 for n in x.shape[1:3])
    y = np.zeros((len(x), rows, columns, n_out))
    for n, r, c, o, i, j, m in np.ndindex(*y.shape, size, size, channels):
        row, column = r * stride + i - padding, c * stride + j - padding
        if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
            y[n, r, c, o] += x[n, row, column, m] * W[i, j, m, o]
    return y + b


def pooled(x, size, stride):
    rows, columns = ((n - size) // stride + 1 for n in x.shape[1:3])
    y = np.zeros((len(x), rows, columns, x.shape[3]))
    for n, r, c, m in np.ndindex(y.shape):
        y[n, r, c, m] = x[n, r * stride : r * stride + size, c * stride : c * stride + size, m].max()
    return y


LAYERS = {
    "conv": lambda: conv(2, 3, 3), "conv, stride": lambda: conv(2, 3, 3, stride=2),
    "conv, padding": lambda: conv(2, 3, 3, padding=1), "conv, all": lambda: conv(2, 2, 4, stride=3, padding=2),
    "conv, one pixel": lambda: conv(2, 3, 1), "pool": lambda: MaxPool2D(2), "pool, apart": lambda: MaxPool2D(1, 2),
    "pool, overlapping": lambda: MaxPool2D(3, stride=2), "flatten": Flatten, "norm": norm,
    "norm in use": lambda: norm(in_use=True), "unflatten": lambda: Sequential(Flatten(), Unflatten((6, 5, 2))),
}


def test_every_layer_of_the_file_is_tested_and_exported():
    written = {it for it in vars(nnlib.convolution).values() if isinstance(it, type) and it.__module__.endswith("tion")}
    made = {type(make()) for make in LAYERS.values()} - {Sequential} | {Unflatten}
    assert written == made, "a new layer belongs in LAYERS, above"
    assert {layer.__name__ for layer in written} <= set(nnlib.__all__), "export it in nnlib/__init__.py"


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_of_every_layer(name):
    layer = LAYERS[name]()
    errors = check_gradients(layer, pictures(3, 6, 5, 2))
    assert len(errors) == 1 + len(layer.parameters())
    assert max(errors.values()) < 1e-6


@pytest.mark.parametrize("in_use", [False, True])
def test_gradients_of_a_normalisation_of_rows(in_use):
    assert max(check_gradients(norm(3, in_use), pictures(5, 3)).values()) < 1e-6


def test_gradients_through_a_whole_network():
    model = Sequential(Unflatten((6, 6, 1)), conv(1, 2, 3, padding=1), ReLU(), MaxPool2D(2), norm(), conv(2, 3, 2),
                       ReLU(), norm(3), Flatten(), Dense(12, 3, rng=np.random.default_rng(1)))
    errors = check_gradients(model, pictures(4, 36), SoftmaxCrossEntropy(), np.array([0, 1, 2, 0]))
    assert len(errors) == 1 + 10
    assert max(errors.values()) < 1e-6


sizes = st.integers(1, 3)


@given(n=sizes, rows=st.integers(1, 6), columns=st.integers(1, 6), channels=sizes, n_out=sizes, size=sizes,
       stride=sizes, padding=st.integers(0, 2))
def test_a_convolution_is_what_its_formula_says(n, rows, columns, channels, n_out, size, stride, padding):
    x, layer = pictures(n, rows, columns, channels), conv(channels, n_out, size, stride=stride, padding=padding)
    if min(rows, columns) + 2 * padding < size:
        with pytest.raises(ValueError, match=f"expected pictures of at least {size} x {size} pixels"):
            layer.forward(x)
        return
    y = layer.forward(x)
    expected = convolved(x, layer.W.data, layer.b.data, stride, padding)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    # A convolution without bias is linear, so Σ dy y = Σ dx x, and dW likewise: the way back against the way there.
    dy = pictures(*y.shape, seed=1)
    dx = layer.backward(dy)
    assert dx.shape == x.shape
    without_bias = (dy * (y - layer.b.data)).sum()
    assert (dx * x).sum() == pytest.approx(without_bias, rel=1e-9, abs=1e-9)
    assert (layer.W.grad * layer.W.data).sum() == pytest.approx(without_bias, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(layer.b.grad, dy.sum(axis=(0, 1, 2)))


@given(n=sizes, rows=st.integers(1, 6), columns=st.integers(1, 6), channels=sizes, size=sizes, stride=sizes)
def test_pooling_takes_the_largest_and_gives_back_to_it_alone(n, rows, columns, channels, size, stride):
    x, layer = pictures(n, rows, columns, channels).round(), MaxPool2D(size, stride)      # rounded: with ties
    if min(rows, columns) < size:
        with pytest.raises(ValueError, match="expected pictures of at least"):
            layer.forward(x)
        return
    y = layer.forward(x)
    np.testing.assert_array_equal(y, pooled(x, size, stride))
    assert (sum(mask.astype(int) for mask in layer.masks) == 1).all()       # one winner a window
    dy = pictures(*y.shape, seed=1)
    np.testing.assert_allclose(layer.backward(dy).sum(), dy.sum(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", REFERENCE_CASES)
def test_layers_agree_with_pytorch(case):
    kind, sizes, settings = REFERENCE_CASES[case]
    more = {"rng": np.random.default_rng(0)} if kind == "Conv2d" else {}
    layer = KINDS[kind](*sizes, **settings, **more)
    for i, parameter in enumerate(layer.parameters()):
        parameter.data[...] = REFERENCE[f"{case} {i}"]
    np.testing.assert_allclose(layer.forward(REFERENCE["x"]), REFERENCE[f"{case} y"], rtol=1e-10, atol=1e-10)
    dx = layer.backward(REFERENCE[f"{case} dy"])
    np.testing.assert_allclose(dx, REFERENCE[f"{case} dx"], rtol=1e-10, atol=1e-10)
    for i, parameter in enumerate(layer.parameters()):
        np.testing.assert_allclose(parameter.grad, REFERENCE[f"{case} grad {i}"], rtol=1e-10, atol=1e-10)
    if kind == "BatchNorm2d":
        np.testing.assert_allclose(layer.running_mean, REFERENCE[f"{case} mean"], rtol=1e-10)
        np.testing.assert_allclose(layer.running_variance, REFERENCE[f"{case} variance"], rtol=1e-10)
        layer.training = False
        np.testing.assert_allclose(layer.forward(REFERENCE["x"]), REFERENCE[f"{case} in use"], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("size, stride", [(1, 1), (2, 1), (2, 2), (3, 2), (2, 3)])
def test_windows_and_spots_show_the_same_pixels(size, stride):
    x = pictures(2, 7, 6, 3)
    cut = windows(x, size, stride)
    shown = spots(x, size, stride)
    assert all(np.shares_memory(view, x) for view in [cut, *shown])
    for n, (i, j) in enumerate(np.ndindex(size, size)):
        np.testing.assert_array_equal(cut[:, :, :, i, j], shown[n])


def test_of_several_largest_the_first_gets_the_gradient():
    layer, x = MaxPool2D(2), np.zeros((1, 2, 2, 1))
    layer.forward(x)
    np.testing.assert_array_equal(layer.backward(np.ones((1, 1, 1, 1))).squeeze(), [[1, 0], [0, 0]])
    assert [mask.tolist() for mask in first_equal([np.array([1.0]), np.array([1.0])], np.array([1.0]))] == [
        [True], [False]]


def test_a_lost_number_is_not_pooled_away():
    x = np.ones((1, 2, 2, 1))
    x[0, 0, 1] = np.nan
    assert np.isnan(MaxPool2D(2).forward(x)).all()


def test_a_shifted_picture_gives_a_shifted_output():
    layer, x = conv(1, 3, 3), np.zeros((1, 12, 12, 1))
    x[:, 3:7, 3:7] = pictures(1, 4, 4, 1)
    np.testing.assert_allclose(layer.forward(np.roll(x, 2, axis=2))[:, :, 2:], layer.forward(x)[:, :, :-2])


def test_initial_filters_spread_as_he_says():
    layer = Conv2D(20, 50, 5, rng=np.random.default_rng(0))
    assert layer.W.data.shape == (5, 5, 20, 50)
    assert layer.W.data.std() == pytest.approx((2 / 500) ** 0.5, rel=0.02)
    assert not layer.b.data.any()


# --- batch normalisation --------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(64, 3), (8, 5, 4, 3)])
def test_in_training_every_channel_gets_mean_0_and_variance_1(shape):
    y = BatchNorm(3).forward(5 * pictures(*shape) + [0, 10, -100])
    rows = y.reshape(-1, 3)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(rows.var(axis=0), 1, rtol=1e-5)


def test_running_averages_approach_those_of_the_data():
    layer, x = BatchNorm(3), 5 * pictures(200, 3) + [0, 10, -100]
    for _ in range(200):
        layer.forward(x)
    np.testing.assert_allclose(layer.running_mean, x.mean(axis=0), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(layer.running_variance, x.var(axis=0, ddof=1), rtol=1e-6)
    layer.training = False
    before = [array.copy() for array in layer.buffers()]
    first = layer.forward(x)[:1]
    np.testing.assert_allclose(layer.forward(x[:1]), first)       # a sample's output does not depend on its company
    for array, kept in zip(layer.buffers(), before):
        np.testing.assert_array_equal(array, kept)                # nor does use change anything


def test_the_way_back_is_that_of_the_last_forward_whatever_the_mode_is_now():
    layer, x, dy = norm(), pictures(3, 4, 4, 2), pictures(3, 4, 4, 2, seed=1)
    layer.forward(x)
    expected = layer.backward(dy)
    layer.training = False
    np.testing.assert_array_equal(layer.backward(dy), expected)


def test_a_mean_by_channel_is_one():
    for shape in ((6, 3), (4, 5, 3), (4, 2, 5, 3)):
        x = pictures(*shape)
        np.testing.assert_allclose(channel_mean(x), x.reshape(-1, 3).mean(axis=0))


def test_a_bias_before_a_normalisation_moves_nothing():
    model = Sequential(conv(2, 3, 3), norm(3))
    y = model.forward(pictures(3, 6, 5, 2))
    model.backward(pictures(*y.shape, seed=1))
    np.testing.assert_allclose(model.layers[0].b.grad, 0, atol=1e-12)


def small(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return Sequential(Unflatten((6, 6, 1)), Conv2D(1, 4, 3, rng=rng, dtype=dtype), BatchNorm(4, dtype=dtype), ReLU(),
                      MaxPool2D(2), Flatten(), Dense(16, 2, rng=rng, dtype=dtype))


def bars(n=40, dtype=np.float64):
    """Upright and lying bars, anywhere."""
    X, y = np.zeros((n, 6, 6), dtype), np.arange(n) % 2
    for picture, lying, place in zip(X, y, np.random.default_rng(0).integers(0, 6, n)):
        (picture if lying else picture.T)[place] = 1
    return X.reshape(n, 36), y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_learns_bars_and_is_saved_with_its_running_averages(tmp_path, dtype):
    (X, y), model, other = bars(dtype=dtype), small(dtype=dtype), small(seed=1, dtype=dtype)
    model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), 0.1), epochs=30, batch_size=10,
              rng=np.random.default_rng(0), progress=False)
    assert accuracy(model.predict(X), y) == 1
    assert model.predict(X).dtype == dtype
    model.save(tmp_path / "weights.npz")
    other.load(tmp_path / "weights.npz")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    assert (other.layers[2].running_mean != 0).all()


def test_early_stopping_takes_the_running_averages_back_too():
    (X, y), model = bars(), small()
    seen = []

    def noting(scores, labels):                    # called last in every epoch: on the validation data
        seen.append([array.copy() for array in model.layers[2].buffers()])
        return accuracy(scores, labels)

    history = model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), 1.0), epochs=40, patience=2, batch_size=8,
                        rng=np.random.default_rng(0), validation=(X[:4] + 0.3, 1 - y[:4]), metrics=noting,
                        progress=False)
    best = int(np.argmin(history["val_loss"]))
    steps = len(seen) // len(history["loss"])
    assert best < len(history["loss"]) - 1, "expected a best epoch that is not the last one"
    for array, kept in zip(model.layers[2].buffers(), seen[(best + 1) * steps - 1]):
        np.testing.assert_array_equal(array, kept)


def test_what_is_computed_from_reproducible_data_is_reproducible():
    (X, y), model = bars(), small()
    model.fit(reproducible(X), y, SoftmaxCrossEntropy(), SGD(model.parameters(), 0.1), epochs=2, batch_size=10,
              rng=np.random.default_rng(0), progress=False)
    kept = [p.data for p in model.parameters()] + [p.grad for p in model.parameters()] + model.layers[2].buffers()
    assert all(isinstance(array, reproducible) for array in kept)
    x = reproducible(X.reshape(-1, 6, 6, 1))
    for layer in (conv(1, 2, 3, padding=1), MaxPool2D(2), norm(1), norm(1, in_use=True), Flatten()):
        y = layer.forward(x)
        assert isinstance(y, reproducible)
        assert isinstance(layer.backward(y), reproducible)


# --- the rules of the house -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [name for name in LAYERS if name != "norm in use"])
def test_dtype_is_preserved_and_nothing_modified(name, dtype):
    layer = LAYERS[name]() if "pool" in name or "flatten" in name else {
        "conv": lambda: conv(2, 3, 3, dtype=dtype), "norm": lambda: norm(dtype=dtype)}[name.split(",")[0]]()
    x = pictures(3, 6, 5, 2).astype(dtype)
    y = layer.forward(x)
    dy = pictures(*y.shape, seed=1).astype(dtype)
    before = x.copy(), dy.copy(), [parameter.data.copy() for parameter in layer.parameters()]
    dx = layer.backward(dy)
    assert y.dtype == dx.dtype == dtype
    assert all(parameter.grad.dtype == dtype for parameter in layer.parameters())
    assert all(array.dtype == dtype for array in getattr(layer, "buffers", list)())
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(dy, before[1])
    for parameter, data in zip(layer.parameters(), before[2]):
        np.testing.assert_array_equal(parameter.data, data)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "unflatten"])
def test_every_layer_refuses_what_does_not_fit(name):
    layer = LAYERS[name]()
    with pytest.raises(RuntimeError, match=r"expected (\w+)\.forward before \1\.backward"):
        layer.backward(np.ones((3, 6, 5, 2)))
    with pytest.raises(TypeError, match="expected floating-point x, got int64"):
        layer.forward(np.ones((3, 6, 5, 2), np.int64))
    with pytest.raises(TypeError, match="expected x as a NumPy array, got list"):
        layer.forward([[1.0]])
    for shape in ((0, 6, 5, 2), (3,), ()):
        with pytest.raises(ValueError, match="expected x"):
            layer.forward(np.ones(shape))
    y = layer.forward(pictures(3, 6, 5, 2))
    for dy in (y[:1], y[..., :1], y[0]):           # NumPy would stretch them to fit
        with pytest.raises(ValueError, match="expected dy of shape"):
            layer.backward(dy)


def test_unflatten_refuses_what_does_not_fit():
    layer = Unflatten((2, 3, 1))
    with pytest.raises(ValueError, match=r"expected x of shape \(N, 6\), got \(4, 5\)"):
        layer.forward(np.ones((4, 5)))
    with pytest.raises(ValueError, match=r"did you mean x.reshape\(len\(x\), -1\)"):
        layer.forward(np.ones((4, 2, 3, 1)))
    with pytest.raises(ValueError, match=r"expected dy of shape \(4, 2, 3, 1\), got \(4, 3, 2, 1\)"):
        layer.backward(np.ones((4, 3, 2, 1)))
    for shape in (784, (28, 28), "28x28", (28, 28, 0), (28, 2.5, 1)):
        with pytest.raises(ValueError, match="expected shape as|as a whole number of at least 1"):
            Unflatten(shape)


def test_pictures_of_a_wrong_shape():
    for shape, hint in [((5, 28, 28), r"did you mean x\[:, :, :, np.newaxis\]\?"),
                        ((5, 1, 28, 28), r"did you mean x\.transpose\(0, 2, 3, 1\)\? Channels last"),
                        ((5, 784), r"did you mean x\.reshape\(-1, 28, 28, 1\)\?"), ((5, 700), r"\(5, 700\)$"),
                        ((0, 28, 28, 1), "an empty batch")]:
        with pytest.raises(ValueError, match=r"expected x of shape \(N, H, W, 1\), got .*" + hint):
            conv(1, 2, 3).forward(np.ones(shape))
    with pytest.raises(ValueError, match=r"expected x of shape \(N, H, W, 3\), got .*did you mean x\[np.newaxis\]\?"):
        conv(3, 2, 3).forward(np.ones((8, 8, 3)))
    with pytest.raises(ValueError, match=r"expected x of shape \(N, H, W, C\), got \(5, 784\); did you mean"):
        MaxPool2D(2).forward(np.ones((5, 784)))
    with pytest.raises(ValueError, match="expected pictures of at least 5 x 5 pixels, padding included, got 2 x"):
        conv(1, 2, 5, padding=1).forward(np.ones((1, 2, 9, 1)))
    with pytest.raises(ValueError, match="expected x with 2 channels on its last axis, got"):
        BatchNorm(2).forward(np.ones((5, 3)))


def test_settings_that_cannot_be():
    rng = np.random.default_rng(0)
    for sizes, settings, name in [((0, 1, 3), {}, "in_channels"), ((1, 2.5, 3), {}, "out_channels"),
                                  ((1, 1, (3, 3)), {}, "kernel_size"), ((1, 1, 3), {"stride": 0}, "stride")]:
        with pytest.raises(ValueError, match=f"expected {name} as a whole number of at least 1"):
            Conv2D(*sizes, rng=rng, **settings)
    for padding in (-1, 1.5, True, "same"):
        with pytest.raises(ValueError, match="expected padding as a whole number of at least 0"):
            Conv2D(1, 1, 3, padding=padding, rng=rng)
    with pytest.raises(TypeError, match="expected rng as a random generator, got 0"):
        Conv2D(1, 1, 3, rng=0)
    for make in (lambda dtype: Conv2D(1, 1, 3, rng=rng, dtype=dtype), lambda dtype: BatchNorm(1, dtype=dtype)):
        with pytest.raises(TypeError, match="expected dtype as np.float64 or np.float32"):
            make(np.float16)
    for arguments in ((0,), (2, 0), ("2",)):
        with pytest.raises(ValueError, match="as a whole number of at least 1"):
            MaxPool2D(*arguments)
    with pytest.raises(ValueError, match="expected channels as a whole number"):
        BatchNorm(0)
    with pytest.raises(ValueError, match="expected momentum from 0 up to but not including 1"):
        BatchNorm(1, momentum=1)
    with pytest.raises(ValueError, match="expected eps above 0, got 0; try eps=1e-05"):
        BatchNorm(1, eps=0)


def test_a_single_number_has_no_spread():
    layer = BatchNorm(2)
    with pytest.raises(ValueError, match="expected more than one number a channel in training, got"):
        layer.forward(np.ones((1, 2)))
    assert layer.forward(np.ones((1, 1, 2, 2))).shape == (1, 1, 2, 2)
    layer.training = False
    assert layer.forward(np.ones((1, 2))).shape == (1, 2)


def test_float32_and_float64_do_not_meet_in_silence():
    single = np.float32
    for layer in (conv(2, 3, 3), BatchNorm(2)):
        with pytest.raises(TypeError, match="expected x in float64, as what it meets, got float32"):
            layer.forward(np.ones((3, 6, 5, 2), single))
        y = layer.forward(pictures(3, 6, 5, 2))
        with pytest.raises(TypeError, match="expected dy in float64, as what it meets, got float32"):
            layer.backward(y.astype(single))


def test_gradients_are_overwritten_and_filled_alike():
    x = pictures(3, 6, 5, 2)
    for make in (lambda: conv(2, 3, 3), norm):
        a, b = make(), make()
        dy = pictures(*a.forward(x).shape, seed=1)
        b.forward(x)
        a.backward(dy), a.backward(dy)
        assert b.fill_gradients(dy) is None
        for one, other in zip(a.parameters(), b.parameters()):
            np.testing.assert_array_equal(one.grad, other.grad)


def test_a_layer_keeps_only_what_backward_reads():
    settings = {"W", "b", "stride", "padding"}
    batch = {"gamma", "beta", "running_mean", "running_variance", "momentum", "eps", "training"}
    for layer, kept in [(conv(2, 3, 3), settings | {"windows", "x_shape", "y_shape"}), (Flatten(), {"shape"}),
                        (MaxPool2D(2), {"kernel_size", "stride", "x_shape", "masks"}),
                        (norm(), batch | {"normalised", "scale", "in_training"})]:
        layer.forward(pictures(3, 6, 5, 2))
        assert set(vars(layer)) == kept


def test_layers_name_themselves_and_tell_their_base():
    layers = [conv(1, 8, 5, padding=2), MaxPool2D(3, 2), Flatten(), Unflatten([28, 28, 1]), BatchNorm(8)]
    assert list(map(repr, layers)) == ["Conv2D(1, 8, 5, stride=1, padding=2)", "MaxPool2D(3, stride=2)", "Flatten()",
                                       "Unflatten((28, 28, 1))", "BatchNorm(8)"]
    assert all(isinstance(layer, Layer) for layer in layers)
