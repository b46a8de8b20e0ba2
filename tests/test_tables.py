"""The tables that come with nnlib: their files and note, and nnlib's results on them beside scikit-learn's."""

import hashlib
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from notebooks import CHAPTERS, ROOT, read, text

from nnlib import (
    SGD,
    Dense,
    MeanSquaredError,
    Sequential,
    SigmoidCrossEntropy,
    Standardizer,
    binary_accuracy,
    example_csv,
    one_hot,
    sigmoid,
)
from nnlib.tables import TABLES

REFERENCE = dict(np.load(Path(__file__).with_name("sklearn_reference.npz")))
CHAPTER = CHAPTERS / "21-regression-and-binary.ipynb"


def split(X, y, share):
    """The chapter's split, scaled by the training part."""
    test, train = np.split(np.random.default_rng(0).permutation(len(X)), [len(X) // share])
    Z = Standardizer(X[train]).transform(X)
    return Z[train], y[train], Z[test], y[test]


def penguins():
    numbers = np.genfromtxt(example_csv("penguins"), delimiter=",", skip_header=1, usecols=(2, 3, 4, 5))
    words = np.genfromtxt(example_csv("penguins"), delimiter=",", skip_header=1, usecols=(0, 6), dtype=str)
    whole = np.isfinite(numbers).all(axis=1) & (words != "NA").all(axis=1)
    kind = np.unique(words[whole, 0], return_inverse=True)[1]
    return np.hstack([numbers[whole, :3], one_hot(kind, 3), words[whole, 1:] == "male"]), numbers[whole, 3:]


def biopsies():
    table = np.genfromtxt(example_csv("breast_cancer"), delimiter=",", skip_header=1)
    return table[:, :-1], table[:, -1].astype(int)


# --- the files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_the_note_names_source_licence_and_exactly_this_file(name):
    content = example_csv(name).read_bytes()
    note = (ROOT / "nnlib" / "tables.md").read_text(encoding="utf-8")
    part = note.split(f"\n## {TABLES[name]}\n")[1].split("\n## ")[0]
    assert hashlib.sha256(content).hexdigest() in part
    assert all(word in part for word in ("**Source.**", "**Licence.**", "**What was changed.**", "creativecommons.org"))
    assert len(content) < 60_000 and b"\r" not in content


def test_the_files_are_installed_with_nnlib():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["nnlib"]
    for name in (*TABLES.values(), "tables.md"):
        assert any(Path(name).match(pattern) for pattern in patterns), name
    assert {"CC-BY-4.0", "CC0-1.0"} <= set(settings["project"]["license"].split())


def test_the_tables_hold_what_the_note_says():
    assert penguins()[0].shape == (333, 7) and np.isfinite(penguins()[0]).all()
    X, y = biopsies()
    assert X.shape == (569, 10) and np.isfinite(X).all() and y.sum() == 212 and (y == 0).sum() == 357


@pytest.mark.parametrize("name", ["titanic", "", None, 3, ["penguins"], "../mnist_sample.npz"])
def test_another_table_is_refused(name):
    with pytest.raises(ValueError, match="expected the name of a table, 'penguins' or 'breast_cancer', got "):
        example_csv(name)


# --- scikit-learn's results -----------------------------------------------------------------------


def test_linear_regression_by_steps_is_scikit_learns_by_equations():
    X, y, X_test, y_test = split(*penguins(), 5)
    grams = Standardizer(y)
    model = Sequential(Dense(7, 1, rng=np.random.default_rng(0)))
    model.fit(X, grams.transform(y), MeanSquaredError(), SGD(model.parameters(), lr=0.1), epochs=5000)
    predicted = grams.inverse(model.predict(X_test))
    np.testing.assert_allclose(predicted[:, 0], REFERENCE["line predicts"], atol=0.01)
    miss = predicted - y_test
    np.testing.assert_allclose([np.sqrt((miss**2).mean()), np.abs(miss).mean()], REFERENCE["line"], atol=0.01)


def test_scikit_learns_logistic_regression_is_where_the_loss_has_no_slope():
    X, y, X_test, y_test = split(*biopsies(), 4)
    layer, loss = Dense(10, 1, rng=np.random.default_rng(0)), SigmoidCrossEntropy()
    layer.W.data, layer.b.data = REFERENCE["logistic w"], REFERENCE["logistic b"]
    values = [loss.forward(layer.forward(X_test), y_test), loss.forward(layer.forward(X), y)]
    layer.backward(loss.backward())
    assert max(np.abs(layer.W.grad).max(), np.abs(layer.b.grad).max()) < 1e-8
    np.testing.assert_allclose(values[::-1], REFERENCE["logistic loss"], rtol=1e-12)
    np.testing.assert_allclose(sigmoid(layer.forward(X_test))[:, 0], REFERENCE["logistic p"], rtol=1e-9)
    called = layer.forward(X_test)[:, 0] > 0
    found = (called & (y_test == 1)).sum()
    measured = [binary_accuracy(layer.forward(X_test), y_test), found / called.sum(), found / y_test.sum()]
    np.testing.assert_allclose(measured, REFERENCE["logistic"][:3], rtol=1e-12)


def test_the_chapter_counts_the_area_below_the_roc_curve_as_scikit_learn_does():
    definition = next(text(cell["source"]) for cell in read(CHAPTER)["cells"] if "def roc(" in text(cell["source"]))
    names = {"np": np, "p": REFERENCE["logistic p"], "y_new": split(*biopsies(), 4)[3], "print": lambda *_: None}
    exec(definition, names)
    assert names["area"] == pytest.approx(REFERENCE["logistic"][3], rel=1e-12)
    assert names["pairs"] == pytest.approx(REFERENCE["logistic"][3], rel=1e-12)


def test_the_chapter_says_what_scikit_learn_found():
    source = "\n".join(text(cell["source"]) for cell in read(CHAPTER)["cells"])
    said = re.sub(r"\n# ", " ", " ".join(re.findall(r"# scikit-learn [^#]*\n# .*", source)))
    regressor, classifier = REFERENCE["net regressor"][:, 0], REFERENCE["net classifier"][:, 0]
    for part in (
        f"scikit-learn {REFERENCE['sklearn']}",
        f"LinearRegression {REFERENCE['line'][0]:.0f} g",
        f"ten seeds: {regressor.min():.0f} to {regressor.max():.0f} g",
        f"no penalty, {REFERENCE['logistic loss'][0]:.3f} and {REFERENCE['logistic'][0]:.1%}",
        f"ten seeds: {classifier.min():.1%} to {classifier.max():.1%}",
    ):
        assert part in said, f"scikit-learn has {part}"
