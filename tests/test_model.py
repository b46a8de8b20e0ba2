"""Sequential: its passes, its training loop, and its files."""

import functools
import math
import re
import sys
import types

import numpy as np
import pytest

from nnlib import (
    L1,
    L2,
    SGD,
    Adam,
    Dense,
    Dropout,
    Layer,
    MeanSquaredError,
    Optimizer,
    Parameter,
    ReLU,
    Scheduled,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    check_gradients,
    clusters,
    cosine,
    reproducible,
)
from nnlib.model import layers_within


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
    fit(network(), *blobs(), epochs=3, progress=True)
    assert counted == [[1, 2, 3]]


def test_fit_works_where_tqdm_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert len(fit(network(), *blobs(), epochs=3, progress=True)["loss"]) == 3


def test_settings_of_fit_are_passed_by_name():
    model, (X, y) = network(), blobs()
    with pytest.raises(TypeError, match="positional"):
        model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), 0.1), 3)
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'epochs'"):
        model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), 0.1))


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
    "bytes": (lambda X, y: {"X": X.astype(np.uint8) | 2}, r"did you mean x.astype\(np.float64\) / 255"),
    "a list": (lambda X, y: {"X": X.tolist()}, r"expected X as a NumPy array, got list; did you mean np.array\(X\)"),
    "validation as a share": (lambda X, y: {"validation": 0.2}, r"expected validation as a pair \(X, y\).* got float"),
    "validation of three": (lambda X, y: {"validation": (X, y, y)}, r"expected validation as a pair \(X, y\)"),
    "a seed": (lambda X, y: {"rng": 42}, r"expected rng as a random generator, got 42; did you mean .*_rng\(42\)"),
    "a seed and batches": (lambda X, y: {"rng": 42, "batch_size": 9}, r"got 42; did you mean .*default_rng\(42\)"),
    "metric by string": (lambda X, y: {"metrics": "accuracy"}, "got 'accuracy'; did you mean metrics=accuracy"),
    "metrics in a list": (lambda X, y: {"metrics": [accuracy]}, r"a dict of functions by name, got \[<function"),
    "a nameless metric": (lambda X, y: {"metrics": lambda p, t: 0.0}, "expected a name for the metric <func.*lambda"),
    "a partial metric": (lambda X, y: {"metrics": functools.partial(accuracy)}, "expected a name for the metric"),
    "a metric called loss": (lambda X, y: {"metrics": {"loss": accuracy}}, "expected another name than 'loss'"),
    "a metric called val_": (lambda X, y: {"metrics": {"val_loss": accuracy}}, "expected another name than 'val_loss'"),
    "a metric by number": (lambda X, y: {"metrics": {1: accuracy}}, "expected a name for the metric <func"),
    "a class for a metric": (lambda X, y: {"metrics": ReLU}, "expected a function of .* as the metric 'ReLU'"),
    "a metric of many numbers": (lambda X, y: {"metrics": {"hits": lambda p, t: t == 0}}, "expected one number from"),
    "another dtype": (lambda X, y: {"X": X.astype(np.float32)}, r"expected x in float64, .* got float32; did you"),
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
    message = r"expected dy of shape \(4, 3\), got \(3, 4\); did you mean dy.T\?"
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
    message = r"expected a finite loss, got (nan|inf) at epoch \d+, step \d; start from fresh weights with a lower"
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


def test_a_target_that_is_not_finite_is_named_before_the_loss_is():
    model, y = network(), np.ones((4, 3))
    y[2, 1] = np.nan
    with pytest.raises(ValueError, match="expected finite numbers in y, got 1 NaN or infinite, the first in row 2"):
        model.fit(np.ones((4, 2)), y, MeanSquaredError(), SGD(model.parameters(), 0.1), epochs=1)


def test_a_loss_of_many_numbers_never_reaches_a_weight():
    class EachRow(MeanSquaredError):
        def forward(self, prediction, target):
            super().forward(prediction, target)
            return (self.difference**2).mean(axis=1)

    model, X = network(), np.ones((4, 2))
    with pytest.raises(TypeError, match=r"expected the loss as one number, got an array of shape \(4,\); take"):
        model.fit(X, np.ones((4, 3)), EachRow(), SGD(model.parameters(), 0.1), epochs=1)


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
    with pytest.raises(ValueError, match="expected at least one sample, but X is empty"):
        network().predict(X[:0])
    with pytest.raises(ValueError, match="expected as many rows in X as in y, but X has 90, y has 89"):
        network().evaluate(X, np.zeros(89, int), SoftmaxCrossEntropy())


def refused(model, optimizer=None, loss=None):
    """The message with which fit refuses, having changed nothing."""
    X, y = blobs()
    optimizer = optimizer or SGD(model.parameters(), 0.1)
    before = weights(model)
    with pytest.raises((TypeError, ValueError)) as caught:
        model.fit(X, y, loss or SoftmaxCrossEntropy(), optimizer, epochs=1)
    for a, b in zip(weights(model), before):
        np.testing.assert_array_equal(a, b)
    return str(caught.value)


def test_the_optimizer_of_another_network_is_refused():
    model, earlier = network(), network()
    message = refused(model, SGD(earlier.parameters(), 0.1))
    assert "expected this network's optimizer, got one that holds none of its parameters" in message
    assert "SGD(model.parameters(), ...)" in message


def test_an_optimizer_made_before_a_layer_was_added_is_refused():
    model = network()
    optimizer = SGD(model.parameters(), 0.1)
    model.layers.append(Dense(3, 3, rng=np.random.default_rng(1)))
    message = refused(model, optimizer)
    assert "would leave 4 (3, 3), 5 (3,) as they are; was a layer added later?" in message
    assert len(fit(model, *blobs(), epochs=1)["loss"]) == 1    # the hint: made once the network is complete


def test_an_optimizer_that_changes_more_than_the_network_is_refused():
    model = network()
    message = refused(model, SGD([*model.parameters(), Parameter(np.ones(1))], 0.1))
    assert "got one that changes others, too" in message


def test_first_layers_stay_as_they_are_where_the_others_learn_from_them():
    X, y = blobs()
    model = network()
    assert "train a network of the others on what the first ones predict" in refused(
        model, SGD(model.layers[2].parameters(), 0.1)
    )
    before = weights(model)
    fit(Sequential(*model.layers[2:]), Sequential(*model.layers[:2]).predict(X), y)
    changed = [not np.array_equal(a, b) for a, b in zip(weights(model), before)]
    assert changed == [False, False, True, True]


def test_an_optimizer_of_ones_own():
    class Sign(Optimizer):
        def direction(self, i, parameter):
            return np.sign(parameter.grad)

    class Alone:
        def __init__(self, parameters):
            self.held = parameters

        def step(self):
            pass

    model = network()
    history = model.fit(*blobs(), SoftmaxCrossEntropy(), Sign(model.parameters(), 0.01), epochs=20)
    assert history["loss"][-1] < history["loss"][0]
    assert "did you mean class Alone(Optimizer)?" in refused(model, Alone(model.parameters()))


def test_classes_in_the_place_of_objects():
    model = network()
    assert "expected optimizer as an object, got the class SGD; call it: SGD(...)" in refused(model, SGD)
    assert "expected loss as an object, got the class MeanSq" in refused(model, loss=MeanSquaredError)
    assert "expected loss with the methods forward, backward, got an object of type str" in refused(model, loss="mse")
    with pytest.raises(TypeError, match="expected loss as an object, got the class MeanSquaredError"):
        model.evaluate(*blobs(), MeanSquaredError)
    with pytest.raises(TypeError, match=r"expected a layer as an object, got the class ReLU; call it: ReLU\(...\)"):
        Sequential(ReLU)
    with pytest.raises(TypeError, match=r"expected layers, got a list; did you mean Sequential\(\*layers\)\?"):
        Sequential([ReLU()])
    with pytest.raises(TypeError, match="expected a layer with the methods .*, got an object of type function without"):
        Sequential(accuracy)


def twice(kind):
    relu, rng = ReLU(), np.random.default_rng(0)
    dense = Dense(2, 2, rng=rng)
    if kind == "activation":
        return [Dense(2, 2, rng=rng), relu, Dense(2, 3, rng=rng), relu]
    if kind == "nested":
        return [Dense(2, 2, rng=rng), relu, Sequential(Dense(2, 3, rng=rng), relu)]
    return [dense, Tanh(), dense, Dense(2, 3, rng=rng)]


@pytest.mark.parametrize("kind", ["activation", "nested", "dense"])
def test_one_layer_used_twice_is_refused_when_made_and_when_trained(kind):
    with pytest.raises(ValueError, match="expected every layer once, got the same .* twice; make another one"):
        Sequential(*twice(kind))
    model = Sequential()
    model.layers += twice(kind)
    optimizer = SGD(list(dict.fromkeys(model.parameters())), 0.1)
    assert "expected every layer once" in refused(model, optimizer)


def test_a_network_inside_itself_is_refused():
    model = network()
    optimizer = SGD(model.parameters(), 0.1)
    model.layers.append(model)
    with pytest.raises(ValueError, match="expected every layer once"):
        model.fit(*blobs(), SoftmaxCrossEntropy(), optimizer, epochs=1)


class Scale(Layer):
    """A reader's first layer: forward, backward and parameters, nothing else."""

    def __init__(self):
        self.factor = Parameter(np.ones(1))

    def forward(self, x):
        self.x = x
        return self.factor.data * x

    def backward(self, dy):
        self.factor.grad = (dy * self.x).sum().reshape(1)
        return self.factor.data * dy

    def parameters(self):
        return [self.factor]


def test_a_first_layer_of_ones_own_learns():
    scale, (X, y) = Scale(), blobs()
    fit(Sequential(scale, *network().layers), X, y, epochs=3)
    by_hand, loss = Sequential(Scale(), *network().layers), SoftmaxCrossEntropy()
    optimizer = SGD(by_hand.parameters(), 0.01)
    for _ in range(3):
        loss.forward(by_hand.forward(X), y)
        by_hand.backward(loss.backward())
        optimizer.step()
    assert scale.factor.data != 1
    np.testing.assert_array_equal(scale.factor.data, by_hand.layers[0].factor.data)


@pytest.mark.parametrize("where", ["attribute", "list", "layer within"])
def test_a_parameter_that_no_one_lists_is_refused(where):
    class Forgetful(Layer):
        def __init__(self):
            factor = Parameter(np.ones(1))
            if where == "layer within":
                self.inner = Scale()
            else:
                self.factor = factor if where == "attribute" else [factor]

    name = "inner.factor" if where == "layer within" else "factor"
    model = Sequential(Forgetful(), *network().layers)
    assert f"expected Forgetful.parameters() to list the parameter in self.{name}" in refused(model)


def test_layers_that_know_each_other_are_looked_through_once():
    a, b = Scale(), Scale()
    a.next, b.previous = b, a
    history = fit(Sequential(a, b, *network().layers), *blobs(), epochs=1)
    assert len(history["loss"]) == 1


def test_the_hint_for_a_loss_that_blows_up():
    """The most usual cause: columns in the thousands. Scaled, the same network learns at the same rate."""
    X, y = blobs()
    with pytest.raises(FloatingPointError, match="or with X scaled to numbers near 1"):
        fit(network(), X * 1e200, y, lr=0.1)
    assert fit(network(), X / 5, y, lr=0.1, epochs=50)["loss"][-1] < 0.5


def test_a_parameter_that_two_layers_share_is_refused():
    rng = np.random.default_rng(0)
    a, b = Dense(2, 2, rng=rng), Dense(2, 2, rng=rng)
    b.W = a.W
    model = Sequential(a, b, Dense(2, 3, rng=rng))
    optimizer = SGD(list(dict.fromkeys(model.parameters())), 0.1)
    assert "expected every parameter once, got one that two layers share" in refused(model, optimizer)


def test_a_metric_may_use_the_network_and_the_loss():
    X, y = blobs()
    plain, curious, loss = network(), network(), SoftmaxCrossEntropy()

    def on_others(prediction, target):
        loss.forward(curious.predict(X[::-1]), y[::-1])    # as many rows as the batch, in another order
        return accuracy(curious.predict(X[:5]), y[:5])

    expected = fit(plain, X, y, epochs=5)["loss"]
    optimizer = SGD(curious.parameters(), 0.01)
    history = curious.fit(X, y, loss, optimizer, epochs=5, metrics={"others": on_others})
    assert history["loss"] == expected
    assert len(history["others"]) == 5
    for a, b in zip(weights(plain), weights(curious)):
        np.testing.assert_array_equal(a, b)


def test_a_metric_sees_what_the_loss_saw_before_the_step():
    X, y = blobs()
    before = accuracy(network().predict(X), y)
    assert fit(network(), X, y, lr=1.0, epochs=1, metrics=accuracy)["accuracy"] == [pytest.approx(before)]


def test_means_weigh_every_sample_alike():
    X, y = blobs()
    history = fit(network(), X, y, epochs=1, batch_size=40, rng=np.random.default_rng(0),
                  metrics={"rows": lambda p, t: len(p), "first": accuracy})
    assert history["rows"] == [(40 * 40 + 40 * 40 + 10 * 10) / 90]
    assert list(history) == ["loss", "rows", "first"]


def test_metrics_by_name_and_objects_that_can_be_called():
    class Share:
        def __call__(self, prediction, target):
            return np.float32((prediction.argmax(axis=1) == target).mean())

    X, y = blobs()
    metrics = {"share": Share(), "part": functools.partial(accuracy)}
    measured = network().evaluate(X, y, SoftmaxCrossEntropy(), metrics)
    assert measured["share"] == pytest.approx(measured["part"])
    with pytest.raises(TypeError, match="expected a name for the metric"):
        network().evaluate(X, y, SoftmaxCrossEntropy(), Share())


def test_the_hint_for_validation_followed_to_the_letter():
    X, y = blobs()
    model = network()
    with pytest.raises(TypeError) as caught:
        fit(model, X, y, validation=0.2)
    split, call = str(caught.value).split("yourself: ")[1].rsplit("; ", 1)
    names = {"np": np, "X": X, "y": y}
    exec(split, names)
    names["fit"] = lambda X, y, validation: fit(model, X, y, epochs=1, validation=validation)
    history = eval(call.replace("..., ", ""), names)
    assert (len(names["held"]), len(names["rest"]), len(history["val_loss"])) == (18, 72, 1)
    assert set(y[names["held"]]) == {0, 1, 2}


def test_no_bar_where_nobody_watches(monkeypatch, capsys):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    fit(network(), *blobs(), epochs=3)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys, "stderr", None)
    fit(network(), *blobs(), epochs=3)
    counted = []
    tqdm = types.SimpleNamespace(tqdm=lambda steps, **look: counted.append(list(steps)) or steps)
    monkeypatch.setitem(sys.modules, "tqdm", tqdm)
    monkeypatch.setattr(sys, "stderr", types.SimpleNamespace(isatty=lambda: True, write=print, flush=print))
    fit(network(), *blobs(), epochs=3)
    assert counted == [[1, 2, 3]]


def test_one_score_is_refused_and_both_ways_out_lead_somewhere():
    rng = np.random.default_rng(0)
    X, y = clusters(30, [(-2, 0), (2, 0)], rng=rng)
    one = Sequential(Dense(2, 1, rng=rng))
    with pytest.raises(ValueError, match="softmax over one score is always 1; give the network 2 outputs, or"):
        fit(one, X, y)
    two = Sequential(Dense(2, 2, rng=rng))
    fit(two, X, y, lr=0.5, epochs=200)
    assert accuracy(two.predict(X), y) > 0.9
    model = Sequential(Dense(2, 1, rng=rng), Sigmoid())
    model.fit(X, y.reshape(-1, 1) * 1.0, MeanSquaredError(), SGD(model.parameters(), 1.0), epochs=200)
    assert ((model.predict(X)[:, 0] > 0.5) == y).mean() > 0.9


def test_predict_keeps_a_last_batch_of_one_row():
    X, _ = blobs()
    model = network()
    assert model.predict(X, batch_size=89).shape == (90, 3)
    np.testing.assert_allclose(model.predict(X, batch_size=89)[-1:], model.forward(X[-1:]))


def test_repr_shows_networks_within_networks():
    rng = np.random.default_rng(0)
    model = Sequential(Sequential(Dense(2, 3, rng=rng)), ReLU())
    assert repr(model) == "Sequential(Sequential(Dense(2, 3)), ReLU())"


class Noting(Layer):
    """Note at every forward how many rows came, and whether this was training."""

    def __init__(self):
        self.seen, self.training = [], True

    def forward(self, x):
        self.seen.append((len(x), self.training))
        return x


def noting_network():
    note, rng = Noting(), np.random.default_rng(0)
    return note, Sequential(note, Dense(2, 4, rng=rng), ReLU(), Dense(4, 3, rng=rng))


def test_fit_trains_in_training_mode_and_measures_in_evaluation_mode():
    (note, model), (X, y) = noting_network(), blobs()
    fit(model, X, y, epochs=2, batch_size=60, rng=np.random.default_rng(0), validation=(X[:50], y[:50]))
    trial = [(1, False), (1, False)]                         # one row of the data and one of the validation data
    assert note.seen == trial + 2 * [(60, True), (30, True), (50, False)]
    assert (model.training, note.training) == (False, False)


def test_a_metric_that_predicts_does_not_end_the_training_mode():
    (note, model), (X, y) = noting_network(), blobs()
    fit(model, X, y, epochs=1, batch_size=60, rng=np.random.default_rng(0),
        metrics={"other": lambda prediction, target: accuracy(model.predict(X[:7]), y[:7])})
    assert note.seen[1:] == [(60, True), (7, False), (30, True), (7, False)]


@pytest.mark.parametrize("training", [True, False])
def test_predict_and_evaluate_leave_the_mode_as_it_was(training):
    (note, model), (X, y) = noting_network(), blobs()
    model.train(training)
    model.predict(X, batch_size=50)
    model.evaluate(X, y, SoftmaxCrossEntropy())
    assert note.seen == [(50, False), (40, False), (90, False)]
    assert (model.training, note.training) == (training, training)
    with pytest.raises(ValueError, match="expected x of shape"):
        model.predict(np.ones((5, 3)))
    assert (model.training, note.training) == (training, training)


def test_the_mode_reaches_every_layer_however_deep():
    class Around(Layer):
        def __init__(self, *inner):
            self.inner, self.first = list(inner), inner[0]
            self.outer = self                                # a circle
            self.kind = Dropout                              # a class is not a layer

    class Duck:                                              # a layer by its methods
        forward = backward = fill_gradients = staticmethod(lambda x: x)
        parameters = staticmethod(list)

    deep, duck = Noting(), Duck()
    model = Sequential(Sequential(Around(Sequential(deep), ReLU())), duck)
    found = layers_within(model)
    assert len(found) == len(set(map(id, found))) == 7
    for training in (False, True):
        model.train(training)
        assert {layer.training for layer in found} == {deep.training, duck.training} == {training}
    model.eval()
    assert not deep.training
    assert not hasattr(Dropout, "training"), "nothing global is changed"


def dropping(p=0.5, seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(Dense(2, 20, rng=rng), ReLU(), Dropout(p, rng=rng), Dense(20, 3, rng=rng))


def test_dropout_drops_in_training_and_never_in_what_is_measured():
    (X, y), model = blobs(), dropping()
    assert (model.forward(X) != model.forward(X)).any()
    np.testing.assert_array_equal(model.predict(X), model.predict(X))
    history = fit(model, X, y, epochs=3, validation=(X, y))
    np.testing.assert_array_equal(model.forward(X), model.predict(X))
    assert history["val_loss"][-1] == SoftmaxCrossEntropy().forward(model.forward(X), y)


def test_the_data_that_is_looked_at_before_training_uses_no_random_number():
    """fit is the loop written out, with dropout, too: the masks are those of its steps and no others."""
    X, y = blobs()
    by_fit, by_hand, loss = dropping(), dropping(), SoftmaxCrossEntropy()
    history = fit(by_fit, X, y, lr=0.05, epochs=3)
    optimizer = SGD(by_hand.parameters(), 0.05)
    for epoch in range(3):
        assert history["loss"][epoch] == pytest.approx(loss.forward(by_hand.forward(X), y), rel=1e-12)
        by_hand.backward(loss.backward())
        optimizer.step()
    for a, b in zip(weights(by_fit), weights(by_hand)):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_gradient_check_refuses_what_draws_and_checks_what_is_in_use():
    x, model = np.random.default_rng(1).standard_normal((4, 2)), dropping()
    with pytest.raises(ValueError, match=r"expected the same output for the same input, got another: .* Call eval\(\)"):
        check_gradients(model, x)
    model.eval()
    assert max(check_gradients(model, x).values()) < 1e-6


def test_a_network_with_dropout_is_saved_and_loaded(tmp_path):
    X, y = blobs()
    model, other = dropping(), dropping(seed=1)
    fit(model, X, y, epochs=2)
    model.save(tmp_path / "weights.npz")
    other.load(tmp_path / "weights.npz")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    with pytest.raises(ValueError, match=r"expected weights of .*Dropout\(0.25\).* got .*Dropout\(0.5\)"):
        dropping(0.25).load(tmp_path / "weights.npz")


class Scripted(SoftmaxCrossEntropy):
    """Give the validation data, which have 7 rows, the losses of a script."""

    def __init__(self, losses):
        self.losses = iter(losses)

    def forward(self, logits, labels):
        loss = super().forward(logits, labels)
        return next(self.losses) if len(labels) == 7 else loss


def scripted(losses, patience, epochs=20, **options):
    """Train by a script; return the network, and its weights after every epoch."""
    (X, y), model, after = blobs(), network(), []
    held = X[:7], y[:7]
    note = {"note": lambda prediction, target: after.append(weights(model)) or 0.0}
    history = model.fit(X, y, Scripted([0.0, *losses]), SGD(model.parameters(), 0.05), epochs=epochs, validation=held,
                        metrics=note, patience=patience, **options)
    return model, history, after[1::2]                       # the metric is asked twice an epoch, last after its steps


@pytest.mark.parametrize("losses, patience, stopped, best", [
    ([5, 4, 3, 4, 4, 4, 2], 3, 6, 3),                        # the 2 comes too late
    ([5, 4, 3, 4, 4, 2, 3, 3, 3], 3, 9, 6),
    ([5, 4, 4, 4, 4], 2, 4, 2),                              # as low is not lower; the first counts
    ([1, 2, 3], 1, 2, 1),
    ([5, 4, 3, 2, 1], 2, 5, 5),                              # the epochs end first
    ([5, 1, 2], 9, 3, 2),
])
def test_early_stopping_waits_and_puts_the_best_weights_back(losses, patience, stopped, best):
    model, history, after = scripted(losses, patience, epochs=len(losses))
    assert len(history["loss"]) == len(history["val_loss"]) == stopped
    assert np.argmin(history["val_loss"]) + 1 == best
    for a, b in zip(weights(model), after[best - 1]):
        np.testing.assert_array_equal(a, b)
    assert best == len(after) or any((a != b).any() for a, b in zip(weights(model), after[-1]))


def test_the_weights_are_put_back_in_place():
    """An optimizer, and whoever else holds an array, goes on with the same one."""
    (X, y), model = blobs(), network()
    arrays = [parameter.data for parameter in model.parameters()]
    model.fit(X, y, Scripted([0, 1, 2, 3]), SGD(model.parameters(), 0.05), epochs=3, validation=(X[:7], y[:7]),
              patience=1)
    assert all(parameter.data is array for parameter, array in zip(model.parameters(), arrays))


def test_without_patience_the_last_weights_stay():
    (X, y), model, other = blobs(), network(), network()
    model.fit(X, y, Scripted([0, 1, 2, 3]), SGD(model.parameters(), 0.05), epochs=3, validation=(X[:7], y[:7]))
    other.fit(X, y, SoftmaxCrossEntropy(), SGD(other.parameters(), 0.05), epochs=3)
    for a, b in zip(weights(model), weights(other)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_validation_loss_that_is_not_finite_is_never_the_best(value):
    with pytest.raises(FloatingPointError, match=r"expected a finite loss, got (nan|inf) on the validation data after "
                                                 "epoch 3; start from fresh weights"):
        scripted([2.0, 1.0, value], 5)


def test_patience_needs_something_to_wait_for():
    (X, y), model = blobs(), network()
    before = weights(model)
    with pytest.raises(ValueError, match=r"expected validation data with patience, got none: .* validation=\(X_held"):
        fit(model, X, y, patience=3)
    for patience in (0, -1, 2.5, True, "long"):
        with pytest.raises(ValueError, match="expected patience as a whole number of at least 1"):
            fit(model, X, y, patience=patience, validation=(X, y))
    for a, b in zip(weights(model), before):
        np.testing.assert_array_equal(a, b)


def test_everything_together_trains_twice_to_the_same_bits(tmp_path):
    X, y = blobs()
    X = reproducible(X)
    runs = []
    for _ in range(2):
        model, rng = dropping(0.2), np.random.default_rng(3)
        optimizer = Scheduled(Adam(model.parameters(), 0.05), lambda step: cosine(step, 60))
        history = model.fit(X, y, SoftmaxCrossEntropy(), optimizer, epochs=30, batch_size=30, rng=rng, progress=True,
                            validation=(X[::3], y[::3]), metrics=accuracy, penalty=L1(0.001), patience=4)
        assert min(history["val_loss"]) == model.evaluate(X[::3], y[::3], SoftmaxCrossEntropy())["loss"]
        model.save(tmp_path / "weights.npz", optimizer)
        runs.append((weights(model), history))
    for a, b in zip(*(run[0] for run in runs)):
        np.testing.assert_array_equal(a, b)
    assert runs[0][1] == runs[1][1]
    assert set(runs[0][1]) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_a_network_within_a_network_is_charged_too():
    (X, y), rng = blobs(), np.random.default_rng(0)
    inner = Sequential(Dense(4, 4, rng=rng), Tanh())
    model = Sequential(Dense(2, 4, rng=rng), inner, Dense(4, 3, rng=rng))
    before = [L2(1).value([layer.W]) for layer in (model.layers[0], inner.layers[0], model.layers[2])]
    fit(model, X, y, lr=0.1, epochs=20, penalty=L2(5.0))
    after = [L2(1).value([layer.W]) for layer in (model.layers[0], inner.layers[0], model.layers[2])]
    assert all(a < 0.01 * b for a, b in zip(after, before))
