"""What is stored of long trainings: packaged, small, exactly what the record says, and as good as it says."""

import json
import tomllib
from pathlib import Path

import climb
import numpy as np
import pytest
from notebooks import ROOT

from nnlib import fingerprint, load_answers, load_mnist_sample, load_record, load_trained, softmax, trained
from nnlib.gradcheck import numerical_gradient, relative_error

SAMPLE, LABELS = load_mnist_sample(dtype=np.float64)[1]  # digits that the network has learned from


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The stored files in a folder where they can be spoilt."""
    for path in trained.STORED.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(trained, "STORED", tmp_path)
    return tmp_path


def test_the_stored_network_has_the_fingerprint_and_reads_the_sample():
    W1, b1, W2, b2, W3, b3 = parameters = load_trained("dense-0")
    assert fingerprint(*parameters) == load_record("dense-0")["fingerprint"]
    scores = np.maximum(np.maximum(SAMPLE @ W1 + b1, 0) @ W2 + b2, 0) @ W3 + b3
    assert (scores.argmax(axis=1) == LABELS).mean() > 0.998


def test_weights_are_whole_numbers_times_a_scale_for_each_column():
    for W in load_trained("dense-0")[::2]:
        scale = np.abs(W).max(axis=0) / 127
        np.testing.assert_allclose(W / scale, np.rint(W / scale), atol=1e-9)


def test_a_record_says_how_it_came_about():
    record = load_record("dense-0")
    assert {"hidden", "lr", "seed", "epochs", "cpu", "val", "val_exact", "val_stored", "fingerprint"} <= set(record)
    assert len(record["val"]) == len(record["cpu"]) == record["epochs"]
    assert record["val"][-1] == pytest.approx(record["val_exact"], abs=1e-4)
    assert abs(record["val_stored"] - record["val_exact"]) < 0.001, "a byte a weight is enough"


def test_the_ladder_holds_every_rung_that_was_tried_over_all_seeds():
    *rungs, together = load_record("ladder")
    for rung in rungs:
        assert [run["seed"] for run in rung["runs"]] == list(climb.SEEDS), rung["rung"]
        assert all(run["fingerprint"] and run["cpu"] < 120 for run in rung["runs"])
    kept = rungs[0]
    for rung in rungs[1:]:
        assert rung["kept"] == climb.helps(rung, kept, simpler="less" in rung["rung"])
        kept = rung if rung["kept"] else kept
    assert together["val"] >= min(run["val"] for run in kept["runs"])


def test_answers_are_probabilities_of_ten_classes():
    answers = load_answers()
    assert "dense-0" in answers
    for says in answers.values():
        assert says.shape == (10000, 10) and says.dtype == np.uint8
        assert (np.abs(says.sum(axis=1, dtype=int) - 255) <= 5).all()


def test_the_files_are_small_installed_and_named_in_the_note():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["nnlib"]
    folder = ROOT / "nnlib" / "climbs"
    note = (folder / "climbs.md").read_text(encoding="utf-8")
    for path in folder.iterdir():
        assert any(Path("climbs", path.name).match(pattern) for pattern in patterns), path.name
        assert path.name == "climbs.md" or path.name in note or "dense-" in path.name, path.name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000


def test_a_file_that_was_changed_is_refused(copied):
    record = json.loads((copied / "dense-0.json").read_text(encoding="utf-8"))
    (copied / "dense-0.json").write_text(json.dumps(record | {"fingerprint": "0" * 16}), encoding="utf-8")
    with pytest.raises(ValueError, match="expected the parameters of dense-0 with the fingerprint 0000000000000000"):
        load_trained("dense-0")


@pytest.mark.parametrize("name", ["dense-9", "answers", "ladder", "../mnist_sample", "", None, 3])
def test_a_name_that_is_not_stored_is_answered_with_those_that_are(name):
    with pytest.raises(ValueError, match="expected the name of what is stored, .*'dense-0'.*, got"):
        load_trained(name)


@pytest.mark.parametrize("load", [load_answers, lambda: load_trained("dense-0"), lambda: load_record("ladder")])
def test_where_nothing_is_stored_the_error_says_where_it_is(tmp_path, monkeypatch, load):
    monkeypatch.setattr(trained, "STORED", tmp_path / "climbs")
    with pytest.raises(FileNotFoundError, match="expected the folder nnlib/climbs .* in Jupyter or Colab"):
        load()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_smoothed_targets_as_pytorch_defines_them(share):
    rng = np.random.default_rng(0)
    scores, labels = 3 * rng.standard_normal((6, 10)), rng.integers(0, 10, 6)
    targets = (1 - share) * np.eye(10)[labels] + share / 10
    loss = climb.Smoothed(share)
    assert loss.forward(scores, labels) == pytest.approx(-(targets * np.log(softmax(scores))).sum(axis=1).mean())
    gradient = loss.backward()
    np.testing.assert_allclose(gradient, (softmax(scores) - targets) / 6, atol=1e-12)
    assert relative_error(gradient, numerical_gradient(lambda s: loss.forward(s, labels), scores)) < 1e-6


def test_a_rung_is_kept_if_it_helps_by_more_than_the_spread_and_a_simpler_one_if_it_costs_less():
    def rung(*vals):
        return {"runs": [{"val": val} for val in vals]}

    low, high = rung(0.980, 0.981, 0.982), rung(0.982, 0.983, 0.984)
    assert climb.helps(high, low) and climb.helps(low, None)
    assert not climb.helps(rung(0.980, 0.982, 0.9835), low), "higher, within the spread"
    assert not climb.helps(low, high) and not climb.helps(low, high, simpler=True)
    assert climb.helps(rung(0.9815, 0.9825, 0.9835), high, simpler=True), "lower, within the spread"
