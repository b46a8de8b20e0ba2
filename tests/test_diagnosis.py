"""Networks that do not learn, each for one reason, and others that do: diagnose finds the ones, leaves the others."""

import copy

import numpy as np
import pytest

from nnlib import (
    L2,
    SGD,
    Adam,
    Dense,
    Dropout,
    Layer,
    LeakyReLU,
    MeanSquaredError,
    ReLU,
    Sequential,
    Sigmoid,
    SigmoidCrossEntropy,
    Softmax,
    SoftmaxCrossEntropy,
    Tanh,
    clusters,
    load_mnist_sample,
    one_hot,
    reproducible,
    spiral,
    xor,
)
from nnlib.diagnosis import diagnose, examine, flat_share

# --- the patients ---------------------------------------------------------------------------------


def arms(rng, samples=100):
    """Three arms, shuffled."""
    X, y = spiral(samples, 3, rng=rng)
    order = rng.permutation(len(X))
    return reproducible(X[order]), y[order]


def relu_network(rng, sizes=(2, 32, 32, 3), std=None, make=ReLU):
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [Dense(n_in, n_out, rng=rng, std=std), make()]
    return Sequential(*layers[:-1])


def sgd(model, lr=0.1, momentum=0.9):
    return SGD(model.parameters(), lr, momentum)


def rate_too_large(rng):
    X, y = arms(rng)
    model = relu_network(rng)
    return model, X, y, SoftmaxCrossEntropy(), sgd(model, lr=10.0)


def rate_too_small(rng):
    X, y = arms(rng)
    model = relu_network(rng)
    return model, X, y, SoftmaxCrossEntropy(), sgd(model, lr=1e-5)


def huge_inputs(rng):
    X, y = arms(rng)
    model = relu_network(rng)
    return model, X * np.array([1.0, 1000.0]), y, SoftmaxCrossEntropy(), sgd(model)


def dead_units(rng):
    X, y = arms(rng)
    model = relu_network(rng)
    first = sgd(model, lr=1.0)
    for parameter in model.parameters():
        parameter.grad = np.ones_like(parameter.data)
        if parameter.data.ndim == 1:
            parameter.grad *= 5
    first.step()                                  # one step that is far too long
    return model, X, y, SoftmaxCrossEntropy(), sgd(model)


def saturated_sigmoids(rng):
    X, y = arms(rng)
    model = Sequential(Dense(2, 32, rng=rng, std=20), Sigmoid(), Dense(32, 3, rng=rng, std=20), Sigmoid())
    return model, X, one_hot(y, 3), MeanSquaredError(), sgd(model)


def start_too_small(rng):
    X, y = arms(rng)
    model = relu_network(rng, (2, *[32] * 19, 3), std=0.01)
    return model, X, y, SoftmaxCrossEntropy(), sgd(model)


def shifted_labels(rng):
    X, y = arms(rng)
    model = relu_network(rng)
    return model, X[1:], y[:-1], SoftmaxCrossEntropy(), sgd(model)


def softmax_twice(rng):
    X, y = arms(rng)
    model = Sequential(*relu_network(rng).layers, Softmax())
    return model, X, y, SoftmaxCrossEntropy(), sgd(model)


class Backwards(MeanSquaredError):
    def backward(self):
        return -super().backward()


def wrong_sign(rng):
    X, y = arms(rng)
    model = relu_network(rng)
    return model, X, one_hot(y, 3), Backwards(), sgd(model)


def no_shuffle(rng):
    X, y = spiral(100, 3, rng=rng)
    model = relu_network(rng)
    return model, reproducible(X), y, SoftmaxCrossEntropy(), sgd(model), {"batch_size": 10}


class Hasty(ReLU):
    """Lets a gradient pass where the gradient is positive, not where the output was."""

    def backward(self, dy):
        return dy * (dy > 0)


class Transposed(Dense):
    """Multiplies by the wrong matrix of the right shape."""

    def backward(self, dy):
        self.fill_gradients(dy)
        return dy @ self.W.data


def bug_in_backward(rng):
    X, y = arms(rng)
    model = Sequential(Dense(2, 32, rng=rng), ReLU(), Dense(32, 32, rng=rng), Hasty(), Dense(32, 3, rng=rng))
    return model, X, y, SoftmaxCrossEntropy(), sgd(model)


PATIENTS = {
    rate_too_large: "a learning rate that is too large",
    huge_inputs: "inputs on a large scale",
    dead_units: "dead units",
    saturated_sigmoids: "saturated units",
    start_too_small: "a start that is too small",
    shifted_labels: "targets shifted by a row",
    softmax_twice: "softmax twice",
    wrong_sign: "a wrong sign in the gradient",
    no_shuffle: "rows in order, and no shuffle",
    bug_in_backward: "a bug in a backward",
    rate_too_small: "a learning rate that is too small",
}

# --- the healthy ----------------------------------------------------------------------------------


def healthy_spiral(rng):
    X, y = arms(rng)
    model = relu_network(rng)
    return model, X, y, SoftmaxCrossEntropy(), sgd(model)


def ordered_but_shuffled(rng):
    X, y = spiral(100, 3, rng=rng)
    model = relu_network(rng, (2, 64, 3))
    return model, X, y, SoftmaxCrossEntropy(), Adam(model.parameters(), 0.01), {"batch_size": 32, "rng": rng}


def regression(rng):
    X = rng.standard_normal((200, 3))
    y = np.tanh(X @ np.array([[1.0], [-2.0], [0.5]])) + 0.3 * rng.standard_normal((200, 1))
    model = relu_network(rng, (3, 16, 1))
    return model, X, y, MeanSquaredError(), sgd(model, 0.03)


def deep_relu(rng):
    X, y = clusters(60, [(0, 0), (2, 2), (-2, 2)], rng=rng)
    model = relu_network(rng, (2, *[32] * 9, 3))
    return model, X, y, SoftmaxCrossEntropy(), Adam(model.parameters(), 0.001)


def deep_tanh(rng):
    X, y = arms(rng)
    layers = []
    for n_in, n_out in [(2, 32), (32, 32), (32, 32), (32, 32), (32, 3)]:
        layers += [Dense(n_in, n_out, rng=rng, std=n_in**-0.5), Tanh()]
    model = Sequential(*layers[:-1])
    return model, X, y, SoftmaxCrossEntropy(), sgd(model)


def shallow_sigmoid(rng):
    X, y = clusters(50, [(0, 0), (3, 3)], rng=rng)
    model = Sequential(Dense(2, 8, rng=rng), Sigmoid(), Dense(8, 1, rng=rng), Sigmoid())
    return model, X, y[:, None].astype(float), MeanSquaredError(), sgd(model, 0.5)


def four_corners(rng):
    X, y = xor()
    model = Sequential(Dense(2, 16, rng=rng), LeakyReLU(0.1), Dense(16, 2, rng=rng))
    return model, X, y, SoftmaxCrossEntropy(), sgd(model)


def unbalanced(rng):
    X, y = clusters(200, [(0, 0), (2.5, 2.5)], rng=rng)
    rows = rng.permutation(np.concatenate([np.arange(200), 200 + np.arange(12)]))
    model = relu_network(rng, (2, 16, 2))
    return model, X[rows], y[rows], SoftmaxCrossEntropy(), sgd(model)


def digits(rng):
    X, y = load_mnist_sample(dtype=np.float32)[0]
    X, rows = X.reshape(len(X), -1), rng.permutation(len(X))[:500]
    model = Sequential(Dense(784, 32, rng=rng, dtype=np.float32), ReLU(), Dense(32, 10, rng=rng, dtype=np.float32))
    return model, X[rows], y[rows], SoftmaxCrossEntropy(), Adam(model.parameters(), 0.001), {"batch_size": 50}


class Scale(Layer):
    """A layer of the reader's own, with a constant and without guards."""

    def __init__(self, X):
        self.mean, self.std = X.mean(axis=0), X.std(axis=0)

    def forward(self, x):
        return (x - self.mean) / self.std

    def backward(self, dy):
        return dy / self.std


class Softplus(Layer):
    def forward(self, x):
        self.x = x
        return np.log(1 + np.exp(x))

    def backward(self, dy):
        return dy / (1 + np.exp(-self.x))


def layers_of_ones_own(rng):
    X, y = arms(rng)
    X = 500 + 300 * X
    model = Sequential(Scale(X), Sequential(Dense(2, 32, rng=rng), Softplus()), Dense(32, 3, rng=rng))
    return model, X, y, SoftmaxCrossEntropy(), Adam(model.parameters(), 0.01)


def dropping(rng):
    X, y = arms(rng)
    few, half = (Dropout(p, rng=np.random.default_rng(1)) for p in (0.3, 0.5))
    model = Sequential(Dense(2, 64, rng=rng), ReLU(), few, Dense(64, 32, rng=rng), ReLU(), half, Dense(32, 3, rng=rng))
    return model, X, y, SoftmaxCrossEntropy(), sgd(model)


def two_classes(rng):
    X, y = clusters(80, [(0, 0), (2, 2)], rng=rng)
    rows = rng.permutation(len(X))
    model = relu_network(rng, (2, 16, 1))
    return model, X[rows], y[rows], SigmoidCrossEntropy(), sgd(model)


HEALTHY = [
    healthy_spiral, ordered_but_shuffled, regression, deep_relu, deep_tanh, shallow_sigmoid, four_corners, unbalanced,
    digits, layers_of_ones_own, dropping, two_classes,
]

# --- found, and left alone ------------------------------------------------------------------------


def made(make, seed):
    """A case: what diagnose takes, and its settings."""
    parts = make(np.random.default_rng(seed))
    return parts[:5], parts[5] if len(parts) > 5 else {}


def everything(parts):
    """All that a diagnosis may not change: weights, gradients, caches, memories, as text."""
    model, X, y, loss, optimizer = parts
    kept = [vars(leaf) for leaf in model.layers] + [vars(loss), vars(optimizer)]
    return repr([contents(kept), X.tolist(), y.tolist()])


def contents(value):
    if isinstance(value, dict):
        return {name: contents(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [contents(part) for part in value]
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, type(value).__name__, value.tobytes()
    return contents(vars(value)) if hasattr(value, "__dict__") and not isinstance(value, type) else repr(value)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("make", PATIENTS, ids=lambda make: make.__name__)
def test_every_patient_is_found_before_training(make, seed, capsys):
    parts, settings = made(make, seed)
    assert diagnose(*parts, **settings) == [PATIENTS[make]]
    assert f"Suspect: {PATIENTS[make]}." in capsys.readouterr().out


@pytest.mark.parametrize("make", HEALTHY, ids=lambda make: make.__name__)
def test_the_healthy_are_left_alone_before_during_and_after_training(make, capsys):
    parts, settings = made(make, 0)
    model, X, y, loss, optimizer = parts
    for epochs in 3, 40:
        assert diagnose(*parts, **settings) == []
        model.fit(X, y, loss, optimizer, epochs=epochs, rng=np.random.default_rng(0),
                  batch_size=settings.get("batch_size"))
    assert diagnose(*parts, **settings) == []
    assert "Suspect" not in capsys.readouterr().out


@pytest.mark.parametrize("make", [huge_inputs, shifted_labels, softmax_twice, bug_in_backward, saturated_sigmoids])
def test_a_patient_is_still_found_after_some_training(make, capsys):
    parts, _ = made(make, 0)
    model, X, y, loss, optimizer = parts
    model.fit(X, y, loss, optimizer, epochs=20)
    assert diagnose(*parts) == [PATIENTS[make]]


def test_a_network_that_has_converged_is_left_alone(capsys):
    (model, X, y, loss, optimizer), _ = made(four_corners, 0)
    model.fit(X, y, loss, optimizer, epochs=5000)
    assert examine(model, X, y, loss)[0]["gradient"] < 1e-3
    assert diagnose(model, X, y, loss, optimizer) == []


def test_one_that_has_learned_may_be_saturated(capsys):
    (model, X, y, loss, _), _ = made(shallow_sigmoid, 0)
    optimizer = sgd(model, lr=5)
    model.fit(X, y, loss, optimizer, epochs=500)
    assert examine(model, X, y, loss)[-1]["flat"] > 0.7
    assert diagnose(model, X, y, loss, optimizer) == []


@pytest.mark.parametrize("make", [healthy_spiral, rate_too_large, dead_units, layers_of_ones_own, dropping])
def test_nothing_is_changed(make, capsys):
    parts, _ = made(make, 0)
    for _ in range(2):
        before = everything(parts)
        diagnose(*parts)
        examine(*parts)
        assert everything(parts) == before
        parts[0].fit(*parts[1:], epochs=2)        # now there are caches and a momentum to be left alone


def test_nothing_random_is_drawn_from_a_layer(capsys):
    class Noise(Layer):
        def __init__(self, rng):
            self.rng = rng

        def forward(self, x):
            self.mask = (self.rng.random(x.shape) > 0.2) / 0.8
            return x * self.mask

        def backward(self, dy):
            return dy * self.mask

    (model, *rest, _), _ = made(healthy_spiral, 0)
    model.layers.insert(2, Noise(np.random.default_rng(0)))
    optimizer = sgd(model)
    assert diagnose(model, *rest, optimizer) == []                   # its dice are no bug in a backward
    assert model.layers[2].rng.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_dropout_drops_nothing_meanwhile_and_stays_as_it_is(mode, capsys):
    (model, *rest), _ = made(dropping, 0)
    getattr(model, mode)()
    twin = copy.deepcopy(model)
    assert diagnose(model, *rest) == []
    still = copy.deepcopy(model)
    still.eval()
    assert examine(model, *rest[:3]) == examine(still, *rest[:3])
    assert [vars(part)["training"] for part in (model, model.layers[2])] == [mode == "train"] * 2
    assert (model.forward(rest[0]) == twin.forward(rest[0])).all()   # the next mask is the one it would have been


def test_a_penalty_is_no_bug_and_no_bad_start(capsys):
    (model, X, y, loss, optimizer), _ = made(healthy_spiral, 0)
    model.fit(X, y, loss, optimizer, epochs=60, penalty=L2(0.003))
    assert diagnose(model, X, y, loss, optimizer) == []


# --- what else it can see, and what it must not see -----------------------------------------------


def suspects(model, X, y, loss, optimizer=None, **settings):
    return diagnose(model, X, y, loss, optimizer, table=False, **settings)


class Climbing(SGD):
    def direction(self, i, parameter):
        return -super().direction(i, parameter)


def test_a_step_that_climbs(capsys):
    (model, X, y, loss, _), _ = made(healthy_spiral, 0)
    optimizer = Climbing(model.parameters(), 0.1, 0.9)
    assert suspects(model, X, y, loss, optimizer) == ["a wrong sign in the step"]
    steady = Adam(model.parameters(), 0.01)
    model.fit(X, y, loss, steady, epochs=5)
    for parameter, mean in zip(model.parameters(), steady.means):
        parameter.data += 0.1 * mean              # a memory that points uphill is no wrong sign
    assert suspects(model, X, y, loss, steady) == []


def test_which_layers_a_bug_can_be_in(capsys):
    for place, (layer, named) in {
        2: (Transposed(32, 32, rng=np.random.default_rng(1)), "0 Dense(2, 32), 1 ReLU(), 2 Dense(32, 32)"),
        3: (Hasty(), "2 Dense(32, 32), 3 Hasty(), 4 Dense(32, 3)"),
    }.items():
        (model, X, y, loss, _), _ = made(healthy_spiral, 0)
        model.layers[place] = layer
        assert suspects(model, X, y, loss) == ["a bug in a backward"]
        said = " ".join(capsys.readouterr().out.split())
        assert f"each of these alone: {named}." in said


class Halved(SoftmaxCrossEntropy):
    def backward(self):
        return super().backward() / 2


class Silent(Dense):
    def fill_gradients(self, dy):
        pass


def test_a_layer_that_fills_no_gradient_is_refused():
    (model, X, y, loss, optimizer), _ = made(healthy_spiral, 0)
    model.fit(X, y, loss, optimizer, epochs=1)
    model.layers[2] = Silent(32, 32, rng=np.random.default_rng(0))
    with pytest.raises(RuntimeError, match="the gradient of parameter 2"):
        diagnose(model, X, y, loss)


def test_a_loss_with_another_gradient(capsys):
    (model, X, y, _, _), _ = made(healthy_spiral, 0)
    assert suspects(model, X, y, Halved()) == ["a bug in a backward"]
    assert "4 Dense(32, 3), the loss." in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("shift", [-3, -1, 1, 2])
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_shifted_targets_of_both_kinds(kind, shift, capsys):
    make, loss = (healthy_spiral, SoftmaxCrossEntropy()) if kind == "classes" else (regression, MeanSquaredError())
    (model, X, y, _, _), _ = made(make, 0)
    found = suspects(model, X, np.roll(y, shift, axis=0), loss)
    assert found == [f"targets shifted by {'a row' if abs(shift) == 1 else f'{abs(shift)} rows'}"]
    assert f"np.roll(y, {-shift}, axis=0)" in " ".join(capsys.readouterr().out.split())


def test_targets_that_have_nothing_to_do_with_the_rows_are_not_called_shifted(capsys):
    for seed in range(10):
        (model, X, y, loss, _), _ = made(healthy_spiral, seed)
        assert suspects(model, X, np.random.default_rng(seed).permutation(y), loss) == []


def test_order_matters_only_where_batches_are_cut_from_it(capsys):
    (model, X, y, loss, optimizer), _ = made(no_shuffle, 0)
    assert suspects(model, X, y, loss, optimizer) == []
    assert suspects(model, X, y, loss, optimizer, batch_size=10, rng=np.random.default_rng(0)) == []
    assert suspects(model, X, y, loss, optimizer, batch_size=300) == []
    order = np.random.default_rng(0).permutation(300)
    assert suspects(model, X[order], y[order], loss, optimizer, batch_size=10) == []


@pytest.mark.parametrize("epochs", [0, 20])
def test_sigmoid_twice(epochs, capsys):
    (healthy, X, y, loss, _), _ = made(two_classes, 0)
    model = Sequential(*healthy.layers, Sequential(Sigmoid()))
    optimizer = sgd(model)
    if epochs:
        model.fit(X, y, loss, optimizer, epochs=epochs)
    assert suspects(model, X, y, loss, optimizer) == ["sigmoid twice"]
    assert suspects(Sequential(*healthy.layers, ReLU()), X, y, loss) == []
    assert suspects(model, X, y[:, None].astype(float), MeanSquaredError()) == []


def test_neurons_that_start_the_same(capsys):
    (model, X, y, loss, _), _ = made(healthy_spiral, 0)
    model.layers[2].W.data[:] = 0.1
    assert suspects(model, X, y, loss) == ["neurons that are all the same"]


def test_a_start_that_is_too_large(capsys):
    (_, X, y, loss, _), _ = made(healthy_spiral, 0)
    model = relu_network(np.random.default_rng(1), (2, *[32] * 9, 3), std=1.0)
    assert suspects(model, X, y, loss) == ["a start that is too large"]


def test_tiny_inputs(capsys):
    (model, X, y, loss, _), _ = made(healthy_spiral, 0)
    assert suspects(model, X / 1000, y, loss) == ["inputs on a small scale"]


def test_weights_that_are_lost(capsys):
    (model, X, y, loss, optimizer), _ = made(healthy_spiral, 0)
    model.layers[0].W.data[0, 0] = np.nan
    assert suspects(model, X, y, loss, optimizer) == ["training has blown up"]


def test_float32_is_measured_in_float64(capsys):
    (model, X, y, loss, _), _ = made(digits, 0)
    assert suspects(model, X, y, loss) == []
    model.layers[1] = Hasty()
    assert suspects(model, X, y, loss) == ["a bug in a backward"]


# --- the measurements -----------------------------------------------------------------------------


def test_examine_against_the_plain_formulas():
    (model, X, y, loss, optimizer), _ = made(healthy_spiral, 0)
    X = np.asarray(X)
    first, relu, *_, last = examine(model, X, y, loss, optimizer)
    h = X @ model.layers[0].W.data
    assert first["output"] == pytest.approx(np.sqrt((h**2).mean()))
    assert relu["flat"] == pytest.approx((h <= 0).all(axis=0).mean())
    assert relu["gradient"] is relu["update"] is first["flat"] is None
    loss.forward(model.forward(X), y)
    model.backward(loss.backward())
    W, b = model.layers[-1].parameters()
    grads = np.concatenate([W.grad.ravel(), b.grad])
    weights = np.concatenate([W.data.ravel(), b.data])
    assert last["gradient"] == pytest.approx(np.sqrt((grads**2).mean()))
    assert last["update"] == pytest.approx(0.1 * np.linalg.norm(grads) / np.linalg.norm(weights))


def test_without_an_optimizer_there_are_no_steps(capsys):
    (model, X, y, loss, _), _ = made(rate_too_small, 0)
    assert [row["update"] for row in examine(model, X, y, loss)] == [None] * 5
    assert diagnose(model, X, y, loss) == []
    assert "rate" not in capsys.readouterr().out


def test_flat_shares():
    x = np.array([[-9.0, -1.0, 0.5], [-9.0, 1.0, 9.0]])
    assert flat_share(ReLU(), x) == pytest.approx(1 / 3)
    assert flat_share(LeakyReLU(0.01), x) == pytest.approx(1 / 3)
    assert flat_share(Sigmoid(), x) == pytest.approx(3 / 6)
    assert flat_share(Tanh(), x) == pytest.approx(3 / 6)
    assert flat_share(Softplus(), x) == pytest.approx(2 / 6)
    assert flat_share(Softmax(), x) is None
    assert flat_share(Scale(x + np.arange(6).reshape(2, 3) ** 2), x) == 0


def test_nested_networks_and_single_layers_are_taken_apart():
    rng = np.random.default_rng(0)
    inner = Sequential(Dense(2, 4, rng=rng), ReLU())
    X, y = xor()
    rows = examine(Sequential(inner, Dense(4, 2, rng=rng)), X, y, SoftmaxCrossEntropy())
    assert [row["layer"] for row in rows] == ["0 Dense(2, 4)", "1 ReLU()", "2 Dense(4, 2)"]
    assert len(examine(Dense(2, 2, rng=rng), X, y, SoftmaxCrossEntropy())) == 1


def test_reports_keep_to_76_columns(capsys):
    for make in PATIENTS:
        parts, settings = made(make, 0)
        diagnose(*parts, **settings)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 76


# --- what does not fit ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"model": ReLU()}, ValueError, "nothing to learn"),
        ({"model": Dense}, TypeError, "call it"),
        ({"loss": SoftmaxCrossEntropy}, TypeError, "call it"),
        ({"X": np.full((4, 2), np.nan)}, ValueError, "finite numbers in X"),
        ({"y": np.array([0, 1])}, ValueError, "as many rows"),
        ({"y": np.array([0, 1, 2, 5])}, ValueError, "labels from 0 to 1"),
        ({"X": np.ones((4, 3))}, ValueError, "shape"),
        ({"optimizer": SGD([Dense(2, 2, rng=np.random.default_rng(0)).W], 0.1)}, ValueError, "optimizer"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"rng": 42}, TypeError, "rng"),
    ],
)
def test_what_does_not_fit_is_refused(change, error, words):
    X, y = xor()
    model = Sequential(Dense(2, 2, rng=np.random.default_rng(0)))
    with pytest.raises(error, match=words):
        diagnose(**{"model": model, "X": X, "y": y, "loss": SoftmaxCrossEntropy(), **change})


def test_what_cannot_be_copied_is_refused():
    X, y = xor()
    model = Sequential(Dense(2, 2, rng=np.random.default_rng(0)))
    model.layers[0].generator = (i for i in range(3))
    with pytest.raises(TypeError, match="can copy"):
        diagnose(model, X, y, SoftmaxCrossEntropy())
