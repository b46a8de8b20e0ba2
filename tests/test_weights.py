"""Weights in files: they come back to the bit, or nothing changes and an error says why."""

import os
import pickle

import numpy as np
import pytest

from nnlib import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Dense,
    MeanSquaredError,
    ReLU,
    RMSprop,
    Scheduled,
    Sequential,
    SoftmaxCrossEntropy,
    clusters,
    cosine,
    load_weights,
    reproducible,
    save_weights,
)


def network(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return Sequential(Dense(2, 10, rng=rng, dtype=dtype), ReLU(), Dense(10, 3, rng=rng, dtype=dtype))


def weights(model):
    return [parameter.data.copy() for parameter in model.parameters()]


def train(model, optimizer, epochs, wrap=np.asarray):
    X, y = clusters(30, [(0, 0), (5, 5), (-5, 5)], rng=np.random.RandomState(42))
    return model.fit(wrap(X), y, SoftmaxCrossEntropy(), optimizer, epochs=epochs)["loss"]


OPTIMIZERS = {
    "momentum": lambda parameters: SGD(parameters, 0.02, momentum=0.9),
    "nesterov": lambda parameters: SGD(parameters, 0.02, momentum=0.9, nesterov=True),
    "AdaGrad": lambda parameters: AdaGrad(parameters, 0.02),
    "RMSprop": lambda parameters: RMSprop(parameters, 0.02),
    "Adam": lambda parameters: Adam(parameters, 0.02),
    "AdamW": lambda parameters: AdamW(parameters, 0.02),
    "Scheduled": lambda parameters: Scheduled(Adam(parameters, 0.02), lambda step: cosine(step, 20)),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("wrap", [np.asarray, reproducible])
def test_training_goes_on_as_if_it_had_never_stopped(tmp_path, make, wrap):
    model = network()
    whole = train(model, make(model.parameters()), 20, wrap)
    first = network()
    optimizer = make(first.parameters())
    train(first, optimizer, 12, wrap)
    save_weights(tmp_path / "w.npz", first, optimizer)
    second = network(1)
    resumed = make(second.parameters())
    load_weights(tmp_path / "w.npz", second, resumed)
    assert train(second, resumed, 8, wrap) == whole[12:]
    for a, b in zip(weights(model), weights(second)):
        np.testing.assert_array_equal(a, b)
    forgetful = network(1)
    load_weights(tmp_path / "w.npz", forgetful)   # without its memory the same file leads elsewhere
    assert train(forgetful, make(forgetful.parameters()), 8, wrap) != whole[12:]


def test_settings_are_the_readers_and_are_not_loaded(tmp_path):
    model = network()
    save_weights(tmp_path / "w.npz", model, SGD(model.parameters(), 0.02, momentum=0.9))
    other = SGD(model.parameters(), 0.5, momentum=0.25)
    load_weights(tmp_path / "w.npz", model, other)
    assert (other.lr, other.momentum) == (0.5, 0.25)


def test_a_memory_of_another_kind_changes_nothing(tmp_path):
    path, model, other = tmp_path / "w.npz", network(), network(1)
    before = weights(other)
    save_weights(path, model)
    with pytest.raises(ValueError, match=r"expected SGD.velocities_0 in .*, got none; was another kind of optimizer"):
        load_weights(path, other, SGD(other.parameters(), 0.1))
    save_weights(path, model, Adam(model.parameters(), 0.1))
    with pytest.raises(ValueError, match=r"expected SGD.velocities_0 in .*, got none"):
        load_weights(path, other, SGD(other.parameters(), 0.1))
    for act in (save_weights, load_weights):
        with pytest.raises(ValueError, match="expected this network's optimizer, got one that holds none"):
            act(path, other, SGD(model.parameters(), 0.1))
    for a, b in zip(weights(other), before):
        np.testing.assert_array_equal(a, b)


def test_a_schedule_is_part_of_the_memory(tmp_path):
    """With its count of steps; without it the same weights would be trained at the rate of the beginning."""
    model = network()
    save_weights(tmp_path / "w.npz", model, Adam(model.parameters(), 0.02))
    with pytest.raises(ValueError, match="expected Scheduled.steps in .*, got none; was another kind of optimizer"):
        load_weights(tmp_path / "w.npz", model, OPTIMIZERS["Scheduled"](model.parameters()))


def test_a_memory_that_no_file_can_hold(tmp_path):
    model = network()
    optimizer = SGD(model.parameters(), 0.1)
    optimizer.schedule = lambda epoch: 0.1
    with pytest.raises(TypeError, match="expected SGD.schedule as numbers, or a list with an array a parameter"):
        save_weights(tmp_path / "w.npz", model, optimizer)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_not_written(tmp_path, value):
    path, model = tmp_path / "w.npz", network()
    optimizer = SGD(model.parameters(), 0.1)
    save_weights(path, model, optimizer)
    whole = path.read_bytes()
    optimizer.velocities[3][0] = value
    with pytest.raises(ValueError, match=r"expected finite numbers in SGD.velocities_3, got NaN or infinity"):
        save_weights(path, model, optimizer)
    model.parameters()[1].data[0] = value
    with pytest.raises(ValueError, match="expected finite numbers in parameter_1"):
        model.save(path)
    assert path.read_bytes() == whole


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "w.npz"
    link.symlink_to(tmp_path / "elsewhere" / "real.npz")
    save_weights(link, network())
    assert link.is_symlink()
    load_weights(tmp_path / "elsewhere" / "real.npz", network(1))


def test_home_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    save_weights("~/w.npz", network())
    load_weights("~/w.npz", network(1))
    assert [file.name for file in tmp_path.iterdir()] == ["w.npz"]


def test_a_folder_that_is_missing_is_named_and_the_hint_makes_it(tmp_path):
    path = tmp_path / "runs" / "today" / "w.npz"
    with pytest.raises(FileNotFoundError, match=r"expected a folder that is there, got .*today; make it") as caught:
        save_weights(path, network())
    exec("from pathlib import Path; " + str(caught.value).split("make it first: ")[1])
    save_weights(path, network())
    with pytest.raises(IsADirectoryError, match="expected the name of a file, got a folder; did you mean .*npz"):
        save_weights(path.parent, network())


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(PermissionError, match=f"expected a folder that may be written to, got {tmp_path}"):
        save_weights(tmp_path / "w.npz", network())


def test_nested_networks_are_another_architecture(tmp_path):
    def layers():
        rng = np.random.default_rng(0)
        return Dense(2, 3, rng=rng), ReLU(), Dense(3, 3, rng=rng)

    a, b, c = layers()
    save_weights(tmp_path / "w.npz", Sequential(Sequential(a, b), c))
    load_weights(tmp_path / "w.npz", Sequential(Sequential(*layers()[:2]), layers()[2]))
    a, b, c = layers()
    for other in (Sequential(a, b, c), Sequential(a, Sequential(b, c)), Sequential(Sequential(a, b, c))):
        with pytest.raises(ValueError, match=r"got Sequential\(Sequential\(Dense\(2, 3\), ReLU\(\)\), Dense\(3, 3\)\)"):
            load_weights(tmp_path / "w.npz", other)


def test_dtypes_are_not_mixed(tmp_path):
    save_weights(tmp_path / "w.npz", network(dtype=np.float32))
    with pytest.raises(ValueError, match=r"expected parameter_0 in float64, got float32 in .*with dtype=np.float32"):
        load_weights(tmp_path / "w.npz", network())
    load_weights(tmp_path / "w.npz", network(dtype=np.float32))


def test_whichever_byte_is_damaged_the_weights_are_right_or_untouched(tmp_path):
    path, model = tmp_path / "w.npz", Sequential(Dense(1, 1, rng=np.random.default_rng(0)))
    save_weights(path, model)
    whole, saved, refused = path.read_bytes(), weights(model), 0
    for i in range(0, len(whole), 3):              # every field has more than three
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :])
        other = Sequential(Dense(1, 1, rng=np.random.default_rng(1)))
        expected = saved
        try:
            load_weights(path, other)
        except ValueError:
            expected, refused = weights(Sequential(Dense(1, 1, rng=np.random.default_rng(1)))), refused + 1
        for a, b in zip(weights(other), expected):
            np.testing.assert_array_equal(a, b)
    assert refused > len(whole) / 6


def test_a_trained_regression_predicts_the_same_after_loading(tmp_path):
    x = np.linspace(-1, 1, 20)[:, None]
    model, other = (Sequential(Dense(1, 1, rng=np.random.default_rng(seed))) for seed in (0, 1))
    model.fit(x, 2 * x, MeanSquaredError(), SGD(model.parameters(), 0.1), epochs=10)
    model.save(tmp_path / "w.npz")
    other.load(tmp_path / "w.npz")
    np.testing.assert_array_equal(other.predict(x), model.predict(x))


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
    message = "expected weights written by save_weights, got .*weights.npz, which is damaged"
    with pytest.raises(ValueError, match=message):
        model.load(path)
    for a, b in zip(weights(model), before):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "expected weights of Sequential.*, got something else in"),
        ({"architecture": "Sequential(Dense(2, 3))"}, r"got Sequential\(Dense\(2, 3\)\) in .*; build the network"),
        ({"parameter_3": np.ones(4)}, r"parameter_3 as finite numbers of shape \(3,\), got float64 of shape \(4,\)"),
        ({"parameter_3": np.array([1, 2, np.nan])}, "expected parameter_3 as finite numbers"),
        ({"parameter_3": None}, "expected parameter_3 as finite numbers"),
        ({"parameter_3": np.array(["a", "b", "c"])}, "expected parameter_3 as finite numbers"),
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
