"""Sequential: its passes, its training loop, and its files."""

import math
import pickle
import re
import sys
import types

import numpy as np
import pytest

from nnlib import (
    SGD,
    Dense,
    Layer,
    MeanSquaredError,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    clusters,
)


def blobs(samples=30, dtype=np.float64):
    return clusters(samples, [(0, 0), (5, 5), (-5, 5)], rng=np.random.RandomState(42), dtype=dtype)


def network(seed=0, hidden=10, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return Sequential(Dense(2, hidden, rng=rng, dtype=dtype), ReLU(), Dense(hidden, 3, rng=rng, dtype=dtype))


def weights(model):
    return [parameter.data.copy() for parameter in model.parameters()]


def fit(model, X, y, *, lr=0.01, momentum=0.0, epochs=20, **options):
    return model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), lr, momentum), epochs=epochs, **options)


def test_the_clusters_of_the_book_reproduce_to_four_decimals():
    """All but the first loss: the source adds 1e-15 to every probability, which hides how wrong the start is."""
    state = np.random.RandomState(42)
    X, y = clusters(100, [(0, 0), (5, 5), (-5, 5)], rng=state, dtype=np.float64)
    model = Sequential(Dense(2, 10, rng=state, dtype=np.float64), ReLU(), Dense(10, 3, rng=state, dtype=np.float64))
    history = fit(model, X, y, epochs=1000)
    losses = [12.2161, 0.4240, 0.2610, 0.1921, 0.1568, 0.1315, 0.1124, 0.0976, 0.0859, 0.0764]
    assert [round(loss, 4) for loss in history["loss"][::100]] == losses
    assert accuracy(model.predict(X), y) == 1


def test_passes_run_through_the_layers_in_order():
    model, x = network(), np.ones((4, 2))
    first, relu, last = model.layers
    y = model.forward(x)
    np.testing.assert_array_equal(y, last.forward(relu.forward(first.forward(x))))
    dx = model.backward(np.ones_like(y))
    np.testing.assert_array_equal(dx, first.backward(relu.backward(last.backward(np.ones_like(y)))))
    assert model.parameters() == [first.W, first.b, last.W, last.b]


def test_an_empty_network_passes_everything_through():
    x = np.ones((4, 2))
    assert Sequential().forward(x) is x
    assert Sequential().backward(x) is x
    assert Sequential().parameters() == []
    assert Sequential().fill_gradients(x) is None


def two_dense_in_a_row():
    rng = np.random.default_rng(0)
    return Sequential(Dense(2, 4, rng=rng, dtype=np.float64), Dense(4, 3, rng=rng, dtype=np.float64))


@pytest.mark.parametrize("make", [network, two_dense_in_a_row, lambda: Sequential(network(), Tanh())])
def test_fill_gradients_agrees_with_backward(make):
    a, b, (X, _) = make(), make(), blobs()
    dy = np.ones_like(a.forward(X))
    b.forward(X)
    a.backward(dy)
    b.fill_gradients(dy)
    for p, q in zip(a.parameters(), b.parameters()):
        np.testing.assert_array_equal(p.grad, q.grad)


def test_fit_is_the_loop_written_out():
    X, y = blobs()
    by_fit, by_hand = network(), network()
    history = fit(by_fit, X, y, lr=0.05, epochs=2, batch_size=40, rng=np.random.default_rng(7))
    rng, loss, optimizer = np.random.default_rng(7), SoftmaxCrossEntropy(), SGD(by_hand.parameters(), 0.05)
    for epoch in range(2):
        order, total = rng.permutation(90), 0.0
        for rows in (order[:40], order[40:80], order[80:]):
            total += len(rows) * loss.forward(by_hand.forward(X[rows]), y[rows])
            by_hand.backward(loss.backward())
            optimizer.step()
        assert history["loss"][epoch] == pytest.approx(total / 90, rel=1e-12)
    for a, b in zip(weights(by_fit), weights(by_hand)):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_history_has_one_number_an_epoch_under_each_name():
    X, y = blobs()
    model = network()
    history = fit(model, X, y, epochs=3, validation=(X[::2], y[::2]), metrics=accuracy)
    assert history is model.history
    assert {name: len(values) for name, values in history.items()} == {
        "loss": 3, "accuracy": 3, "val_loss": 3, "val_accuracy": 3,
    }
    measured = model.evaluate(X[::2], y[::2], SoftmaxCrossEntropy(), accuracy)
    assert measured == {"loss": history["val_loss"][-1], "accuracy": history["val_accuracy"][-1]}
    assert list(fit(model, X, y, epochs=1)) == ["loss"]


def test_fit_with_another_loss():
    x = np.linspace(-1, 1, 20)[:, None]
    rng = np.random.default_rng(0)
    model = Sequential(Dense(1, 8, rng=rng, dtype=np.float64), Tanh(), Dense(8, 1, rng=rng, dtype=np.float64))
    history = model.fit(x, x**2, MeanSquaredError(), SGD(model.parameters(), 0.1, 0.9), epochs=300, progress=False)
    assert history["loss"][-1] < 0.01 * history["loss"][0]


def test_a_progress_bar_counts_the_epochs_unless_told_not_to(monkeypatch):
    counted = []
    tqdm = types.SimpleNamespace(tqdm=lambda steps, **look: counted.append(list(steps)) or steps)
    monkeypatch.setitem(sys.modules, "tqdm", tqdm)
    fit(network(), *blobs(), epochs=3, progress=False)
    assert counted == []
    fit(network(), *blobs(), epochs=3)
    assert counted == [[1, 2, 3]]


def test_fit_works_where_tqdm_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert len(fit(network(), *blobs(), epochs=3)["loss"]) == 3


def test_settings_of_fit_are_passed_by_name():
    model, (X, y) = network(), blobs()
    with pytest.raises(TypeError, match="positional"):
        model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), 0.1), 3)


def test_predict_runs_a_thousand_rows_at_a_time():
    class Counting(Layer):
        sizes = []

        def forward(self, x):
            self.sizes.append(len(x))
            return x

    X = np.arange(5000.0).reshape(2500, 2)
    np.testing.assert_array_equal(Sequential(Counting()).predict(X), X)
    assert Counting.sizes == [1000, 1000, 500]


def test_predict_in_pieces_equals_forward():
    X, _ = blobs()
    model = network()
    np.testing.assert_allclose(model.predict(X, batch_size=7), model.forward(X), rtol=1e-12)


def test_float32_stays_float32():
    X, y = blobs(dtype=np.float32)
    model = network(dtype=np.float32)
    fit(model, X, y, epochs=2, momentum=0.9)
    assert {array.dtype for array in weights(model)} == {np.dtype(np.float32)}
    assert model.predict(X).dtype == np.float32


def test_repr_is_the_architecture():
    assert repr(network()) == "Sequential(Dense(2, 10), ReLU(), Dense(10, 3))"


def spoilt(X, row, value):
    X = X.copy()
    X[row, 1] = value
    return X


BAD = {
    "transposed": (lambda X, y: {"X": X.T}, "but X has 2, y has 90; did you mean X.T. One row per sample"),
    "unequal lengths": (lambda X, y: {"y": y[:-1]}, "expected as many rows in X as in y, but X has 90, y has 89"),
    "empty": (lambda X, y: {"X": X[:0], "y": y[:0]}, "expected at least one sample, but X and y are empty"),
    "too wide": (lambda X, y: {"X": np.ones((90, 3))}, r"expected x of shape \(N, 2\), got \(1, 3\)\. One row"),
    "one-hot": (lambda X, y: {"y": np.eye(3)[y]}, r"these look one-hot: did you mean labels.argmax\(axis=1\)"),
    "float labels": (lambda X, y: {"y": y * 1.0}, r"expected integer labels, got float64; did you mean labels.astype"),
    "negative label": (lambda X, y: {"y": y - 1}, "expected labels from 0 to 2, got -1 to 1"),
    "label too large": (lambda X, y: {"y": y + 1}, "expected labels from 0 to 2, got 1 to 3; the network has 3"),
    "NaN": (lambda X, y: {"X": spoilt(X, 7, np.nan)}, "got 1 NaN or infinite, the first in row 7"),
    "infinity": (lambda X, y: {"X": spoilt(X, 0, np.inf)}, "expected finite numbers in X, got 1 NaN or infinite"),
    "integers": (lambda X, y: {"X": X.astype(np.int64)}, r"expected floating-point x, got int64; did you mean x"),
    "bytes": (lambda X, y: {"X": X.astype(np.uint8)}, r"did you mean x.astype\(np.float32\) / 255"),
    "a list": (lambda X, y: {"X": X.tolist()}, r"expected X as a NumPy array, got list; did you mean np.array\(X\)"),
    "no epochs": (lambda X, y: {"epochs": 0}, "expected epochs as a whole number of at least 1, got 0"),
    "half an epoch": (lambda X, y: {"epochs": 0.5}, "expected epochs as a whole number of at least 1, got 0.5"),
    "batch of none": (lambda X, y: {"batch_size": 0}, "expected batch_size as a whole number of at least 1, got 0"),
    "negative batch": (lambda X, y: {"batch_size": -5}, "expected batch_size as a whole number of at least 1, got -5"),
    "unshuffled": (lambda X, y: {"batch_size": 10}, r"expected rng as a random generator, got None"),
    "one bad label in the last batch": (
        lambda X, y: {"y": np.append(y[:-1], 3), "batch_size": 10, "rng": np.random.RandomState(0)},
        "expected labels from 0 to 2, got 0 to 3",
    ),
    "bad label in validation": (lambda X, y: {"validation": (X, y + 1)}, "expected labels from 0 to 2, got 1 to 3"),
    "NaN in validation": (lambda X, y: {"validation": (spoilt(X, 7, np.nan), y)}, "expected finite numbers in X"),
    "bad validation": (lambda X, y: {"validation": (X, y[:-1])}, "expected as many rows in X as in y, but X has 90"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_a_weight_changes(name):
    X, y = blobs()
    change, message = BAD[name]
    model = network()
    before = weights(model)
    options = {"X": X, "y": y, "epochs": 2, **change(X, y)}
    with pytest.raises((TypeError, ValueError), match=message):
        fit(model, **options)
    for a, b in zip(weights(model), before):
        np.testing.assert_array_equal(a, b)


def test_transposed_and_misshapen_batches_meet_the_fix():
    layer = Dense(2, 3, rng=np.random.default_rng(0))
    for x, fix in [
        (np.ones((2, 7)), r"expected x of shape (N, 2), got (2, 7); did you mean x.T? One row per sample."),
        (np.ones(2), r"got (2,); did you mean x.reshape(1, -1)? One row per sample."),
        (np.ones((5, 2, 1)), r"got (5, 2, 1); did you mean x.reshape(len(x), -1)? One row per sample."),
        (np.ones((0, 2)), r"got (0, 2): an empty batch. One row per sample."),
        (np.ones((4, 4)), r"got (4, 4). One row per sample."),
    ]:
        with pytest.raises(ValueError, match=re.escape(fix) + "$"):
            layer.forward(x)
    with pytest.raises(TypeError, match=r"expected x as a NumPy array, got list; did you mean np.array\(x\)"):
        layer.forward([[1.0, 2.0]])


@pytest.mark.parametrize("make", [lambda: Dense(2, 3, rng=np.random.default_rng(0)), ReLU, Tanh, SoftmaxCrossEntropy])
def test_backward_before_forward(make):
    module = make()
    dy = () if isinstance(module, SoftmaxCrossEntropy) else (np.ones((4, 3)),)
    with pytest.raises(RuntimeError, match=r"expected (\w+).forward before \1.backward"):
        module.backward(*dy)


def test_a_gradient_of_the_wrong_shape():
    layer = Dense(2, 3, rng=np.random.default_rng(0))
    layer.forward(np.ones((4, 2)))
    message = r"expected dy of shape \(4, 3\), got \(3, 4\); did you mean dy.reshape\(4, 3\)"
    with pytest.raises(ValueError, match=message):
        layer.backward(np.ones((3, 4)))


def test_targets_are_not_broadcast():
    message = r"expected target of shape \(4, 1\), got \(4,\); did you mean target.reshape\(4, 1\)"
    with pytest.raises(ValueError, match=message):
        MeanSquaredError().forward(np.ones((4, 1)), np.ones(4))
    with pytest.raises(ValueError, match="the batch is empty"):
        MeanSquaredError().forward(np.ones((0, 1)), np.ones((0, 1)))
    with pytest.raises(ValueError, match="expected scores of shape"):
        SoftmaxCrossEntropy().forward(np.ones((0, 3)), np.ones(0, int))


def test_a_loss_that_blows_up_stops_names_the_step_and_keeps_the_history():
    X, y = blobs()
    model = network()
    message = r"expected a finite loss, got (nan|inf) at epoch \d+, step \d; lower the learning rate"
    with pytest.raises(FloatingPointError, match=message) as caught:
        fit(model, X * 1e100, y, lr=1e200, epochs=20, batch_size=30, rng=np.random.default_rng(0))
    epoch = int(re.search(r"epoch (\d+)", str(caught.value)).group(1))
    assert len(model.history.get("loss", [])) == epoch - 1


def test_a_loss_that_is_not_finite_never_reaches_a_weight():
    class Infinite(MeanSquaredError):
        def forward(self, prediction, target):
            super().forward(prediction, target)
            return math.inf

    model, x = network(), np.ones((4, 2))
    before = weights(model)
    with pytest.raises(FloatingPointError, match="got inf at epoch 1, step 1"):
        model.fit(x, np.ones((4, 3)), Infinite(), SGD(model.parameters(), 0.1), epochs=1)
    assert model.history == {}
    for a, b in zip(weights(model), before):
        np.testing.assert_array_equal(a, b)


def test_the_loss_of_every_batch_is_watched():
    class InfiniteForOneRow(MeanSquaredError):
        def forward(self, prediction, target):
            value = super().forward(prediction, target)
            return math.inf if len(prediction) == 1 else value

    model, options = network(), {"epochs": 1, "batch_size": 3, "rng": np.random.default_rng(0)}
    with pytest.raises(FloatingPointError, match="got inf at epoch 1, step 2"):
        model.fit(np.ones((4, 2)), np.ones((4, 3)), InfiniteForOneRow(), SGD(model.parameters(), 0.1), **options)


def test_predict_refuses_what_fit_refuses():
    X, _ = blobs()
    with pytest.raises(ValueError, match="expected finite numbers in X"):
        network().predict(spoilt(X, 3, np.inf))
    with pytest.raises(ValueError, match="expected batch_size"):
        network().predict(X, batch_size=0)
    with pytest.raises(ValueError, match="expected at least one sample, but X are empty"):
        network().predict(X[:0])
    with pytest.raises(ValueError, match="expected as many rows in X as in y, but X has 90, y has 89"):
        network().evaluate(X, np.zeros(89, int), SoftmaxCrossEntropy())


def test_saved_weights_load_into_the_same_architecture(tmp_path):
    model, other = network(0), network(1)
    path = tmp_path / "weights.npz"
    model.save(path)
    arrays = [parameter.data for parameter in other.parameters()]
    other.load(path)
    for parameter, array, saved in zip(other.parameters(), arrays, weights(model)):
        assert parameter.data is array
        np.testing.assert_array_equal(array, saved)
    assert [file.name for file in tmp_path.iterdir()] == ["weights.npz"]


def test_a_name_without_ending_is_kept(tmp_path):
    network().save(str(tmp_path / "weights"))
    network().load(str(tmp_path / "weights"))
    assert [file.name for file in tmp_path.iterdir()] == ["weights"]


def test_saving_never_leaves_half_a_file(tmp_path, monkeypatch):
    path = tmp_path / "weights.npz"
    network(0).save(path)
    whole = path.read_bytes()

    def half(file, **arrays):
        file.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="no space left"):
        network(1).save(path)
    assert path.read_bytes() == whole
    assert [file.name for file in tmp_path.iterdir()] == ["weights.npz"]


def damaged(kind, path):
    network().save(path)
    whole = path.read_bytes()
    if kind == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "one byte changed":
        i = len(whole) // 3
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :])
    elif kind == "text":
        path.write_text("<html>404</html>", encoding="utf-8")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"W": 1}))
    elif kind == "plain array":
        with open(path, "wb") as file:
            np.save(file, np.ones(3))
    elif kind == "pickle inside":
        np.savez(path, architecture=repr(network()), parameter_0=np.array([{"W": 1}], dtype=object))


@pytest.mark.parametrize(
    "kind", ["truncated", "one byte changed", "text", "empty", "pickle", "plain array", "pickle inside"]
)
def test_damaged_and_foreign_files_change_nothing(tmp_path, kind):
    path = tmp_path / "weights.npz"
    damaged(kind, path)
    model = network(1)
    before = weights(model)
    message = "expected weights written by Sequential.save, got .*weights.npz, which is damaged"
    with pytest.raises(ValueError, match=message):
        model.load(path)
    for a, b in zip(weights(model), before):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "expected weights of Sequential.*, got something else in"),
        ({"architecture": "Sequential(Dense(2, 3))"}, r"got Sequential\(Dense\(2, 3\)\) in .*; build the network"),
        ({"parameter_3": np.ones(4)}, r"parameter 3 as finite numbers of shape \(3,\), got float64 of shape \(4,\)"),
        ({"parameter_3": np.array([1, 2, np.nan])}, "expected parameter 3 as finite numbers"),
        ({"parameter_3": None}, "expected parameter 3 as finite numbers"),
        ({"parameter_3": np.array(["a", "b", "c"])}, "expected parameter 3 as finite numbers"),
    ],
)
def test_weights_of_another_architecture_change_nothing(tmp_path, arrays, message):
    path = tmp_path / "weights.npz"
    model = network(1)
    if any(name.startswith("parameter") for name in arrays):
        whole = {"architecture": repr(model), **{f"parameter_{i}": array + 1 for i, array in enumerate(weights(model))}}
        arrays = {name: array for name, array in {**whole, **arrays}.items() if array is not None}
    np.savez(path, **arrays)
    before = weights(model)
    with pytest.raises(ValueError, match=message):
        model.load(path)
    for a, b in zip(weights(model), before):
        np.testing.assert_array_equal(a, b)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        network().load(tmp_path / "nowhere.npz")
