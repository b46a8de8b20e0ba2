"""The guards: what passes, what is refused, in which words. Whether their hints are right: test_hints.py."""

import re
from pathlib import Path

import numpy as np
import pytest

import nnlib
from nnlib import precise, reproducible
from nnlib.checks import (
    check_array,
    check_batch,
    check_classes,
    check_comparable,
    check_count,
    check_dtype,
    check_finite,
    check_forward_ran,
    check_fraction,
    check_labels,
    check_lengths,
    check_ndarray,
    check_numbers,
    check_positive,
    check_rng,
    check_rows,
    check_same_dtype,
    check_same_shape,
    check_scores,
)

NAN, INF = float("nan"), float("inf")
RNG = np.random.default_rng(0)
X = np.ones((3, 2))


def says(message, check, *arguments, **named):
    """Assert that the guard raises TypeError or ValueError with exactly this message, and return which."""
    with pytest.raises((TypeError, ValueError)) as caught:
        check(*arguments, **named)
    assert str(caught.value) == message
    return caught.type


@pytest.mark.parametrize("array", [
    X, X[:0], X.astype(np.float32), X.T, np.array(1.0), X.astype(">f8"), reproducible(X), precise(X), X[::-1, ::2]
])
def test_arrays_that_layers_compute_with(array):
    check_ndarray("x", array)
    check_array("x", array)
    check_numbers("x", array)
    check_finite("x", array)


def test_a_file_mapped_into_memory_is_an_array(tmp_path):
    check_array("x", np.memmap(tmp_path / "x", dtype=float, shape=(2, 2), mode="w+"))


@pytest.mark.parametrize("number", [3, 3.0, NAN, np.float64(3), np.float32(3)])
def test_numbers_that_formulas_take(number):
    check_numbers("x", number)


@pytest.mark.parametrize("thing", [True, None, "3", np.float16(3), 3j, np.array(3), [3.0], np.bool_(True)])
def test_what_is_no_number(thing):
    with pytest.raises(TypeError, match=r"expected (floating-point x|x as a NumPy array), got "):
        check_numbers("x", thing)


def test_what_is_no_array_and_has_no_way_to_one():
    for thing, kind in [(None, "NoneType"), ("abc", "str"), ({}, "dict"), ([None, 1], "list"), (print, "builtin_"
                        "function_or_method"), (object(), "object"), ({1, 2}, "set")]:
        assert says(f"expected x as a NumPy array, got {kind}", check_array, "x", thing) is TypeError
    class Foreign:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("Implicit conversion is not allowed")

    says("expected x as a NumPy array, got Foreign", check_array, "x", Foreign())
    says("expected x as a NumPy array, got list, whose rows are not of one length", check_array, "x", [[1, 2], [3]])


def test_half_precision_is_refused_everywhere_alike():
    half = np.ones((3, 2), np.float16)
    message = "expected floating-point {}, got float16, too coarse to add up in; did you mean {}.astype(np.float64)?"
    says(message.format("x", "x"), check_array, "x", half)
    says(message.format("x", "x"), check_batch, half, 2)
    says(message.format("scores", "scores"), check_scores, half, np.array([0, 1, 1]))
    says(message.format("target", "target"), check_same_shape, "target", half, (3, 2))
    with np.errstate(over="ignore"):
        assert np.isinf(np.ones(70_000, np.float16).sum())                # the reason


def test_types_that_are_no_numbers():
    for array in (np.array([b"1", b"b"]), np.array(["a"]), np.array([None, 1.0]), np.array([{}, 1.0]),
                  np.array(["NaT"], "M8[Y]"), np.array([1 + 2j]), np.array([(1, 2)], "i,i")):
        assert says(f"expected floating-point y, got {array.dtype}", check_array, "y", array) is TypeError
    says("expected floating-point y, got complex128; did you mean y.real?", check_array, "y", np.array([1 + 0j]))


def test_uint8_is_divided_by_255_where_it_can_be_pixels():
    for name, values, hint in [
        ("x", [0, 255], "x.astype(np.float64) / 255"),
        ("X", [2, 0], "X.astype(np.float64) / 255"),
        ("x", [0, 1], "x.astype(np.float64)"),
        ("x", [], "x.astype(np.float64)"),
        ("target", [0, 255], "target.astype(np.float64)"),
    ]:
        array = np.array(values, np.uint8)
        says(f"expected floating-point {name}, got uint8; did you mean {hint}?", check_array, name, array)
    says("expected floating-point x, got int8; did you mean x.astype(np.float64)?", check_array, "x", np.int8([2]))


def test_rows_have_at_least_one_number():
    for shape in [(3,), (0, 3), (2, 3, 4), (1, 1)]:
        check_rows("x", np.ones(shape))
    for shape in [(), (0,), (3, 0)]:
        says(f"expected x of shape (N, C), at least one number a row, got {shape}", check_rows, "x", np.ones(shape))


@pytest.mark.parametrize(("shape", "n_in", "rest"), [
    ((2, 7), 2, "; did you mean x.T?"),
    ((2, 1), 2, "; did you mean x.T?"),
    ((5,), 1, "; did you mean x.reshape(-1, 1)?"),
    ((2,), 2, "; did you mean x.reshape(1, -1)?"),
    ((28, 28), 784, "; did you mean x.reshape(1, -1)?"),
    ((), 1, "; did you mean x.reshape(1, -1)?"),
    ((5, 2, 1), 2, "; did you mean x.reshape(len(x), -1)?"),
    ((0, 2), 2, ": an empty batch."),
    ((0, 2, 1), 2, "."),
    ((0,), 1, "."),
    ((4, 4), 2, "."),
    ((3,), 2, "."),
])
def test_a_batch_of_another_shape(shape, n_in, rest):
    says(f"expected x of shape (N, {n_in}), got {shape}{rest} One row per sample.", check_batch, np.ones(shape), n_in)


def test_a_batch_that_fits():
    check_batch(X, 2)
    check_batch(X.astype(np.float32), 2)


def test_nothing_is_reshaped_into_other_samples():
    def misfit(got, expected):
        with pytest.raises(ValueError) as caught:
            check_same_shape("y", np.ones(got), expected)
        return str(caught.value).removeprefix(f"expected y of shape {expected}, got {got}")

    assert misfit((3,), (3, 1)) == "; did you mean y.reshape(3, 1)?"
    assert misfit((1, 3), (3, 1)) == "; did you mean y.reshape(3, 1)?"
    assert misfit((3, 4, 1), (3, 4)) == "; did you mean y.reshape(3, 4)?"
    assert misfit((3, 4), (4, 3)) == "; did you mean y.T?"
    assert misfit((12,), (4, 3)) == misfit((2, 6), (4, 3)) == misfit((3,), (4, 3)) == ""
    check_same_shape("y", X, (3, 2))
    says("expected at least one sample, got y of shape (0, 2); the batch is empty",
         check_same_shape, "y", X[:0], (0, 2))


def test_labels_where_one_hot_rows_are_expected():
    message = "expected y of shape (3, 2), got labels (3,); did you mean one_hot(y, 2)?"
    says(message, check_same_shape, "y", np.array([0, 1, 1]), (3, 2))
    message = "expected floating-point y, got int64; did you mean y.astype(np.float64)?"
    for y, shape in [(np.array([0, 1]), (3, 2)), (np.array([0, 1, 1]), (3, 1))]:
        says(message, check_same_shape, "y", y, shape)


@pytest.mark.parametrize("labels", [
    np.array([0, 2]), np.array([], int), np.array([1], np.uint8), np.array([2, 1, 0], np.int8), np.array([2], np.uint64)
])
def test_labels_that_fit(labels):
    check_labels(labels, 3)


def one_label_a_row(labels):
    with pytest.raises(ValueError, match=re.escape(f"expected labels of shape (N,), got {labels.shape}")) as caught:
        check_labels(labels, 3)
    return (re.search(r"did you mean (.*?)\?", str(caught.value)) or ["", ""])[1]


def test_labels_of_two_dimensions_are_one_hot_only_where_each_row_holds_one_1():
    eye = np.eye(3, dtype=int)
    for labels in (eye, eye[:, :2][:2], eye[[0, 1, 1, 2]], eye == 1, eye.astype(float), eye.astype(np.uint8)):
        assert one_label_a_row(labels) == "labels.argmax(axis=1)"
    assert one_label_a_row(eye[[0, 1, 1, 2]].T) == "labels.argmax(axis=0)"
    assert one_label_a_row(eye[1:2]) == "labels.argmax(axis=1)"
    for column in map(np.array, ([[0], [1], [2]], [[0, 1, 2]], 2, [[1]], [[0], [1]], [[1, 1, 1]], [[0, 1]])):
        assert one_label_a_row(column) == "labels.ravel()"
    for other in (np.ones((3, 3)), 2 * eye, 0 * eye, eye / 2 + 0.25, np.ones((0, 3)), eye[None], np.full((2, 2), "a"),
                  *map(np.array, ([[0.9, 0.1], [0, 1]], [[NAN, 1], [1, 0]], [[1, -1], [0, 1]]))):
        assert one_label_a_row(other) == ""


def labels_of_another_type(labels):
    with pytest.raises(TypeError, match="expected integer labels, got ") as caught:
        check_labels(labels, 3)
    return (re.search(r"did you mean (.*?)\?", str(caught.value)) or ["", ""])[1]


def test_labels_of_another_type_become_integers_only_where_nothing_is_lost():
    for labels in (np.array([0.0, 2.0]), np.array([True, False]), np.array(["0", "2"]), np.array([0, 2], object)):
        assert labels_of_another_type(labels) == "labels.astype(int)"
    for labels in (np.array(["cat", "dog"]), np.array(["cat", "dog"], object), np.array(["1", "dog"])):
        assert labels_of_another_type(labels) == "np.unique(labels, return_inverse=True)[1]"
    for labels in (np.array([0.5, 1]), np.array([NAN, 1]), np.array([INF, 1]), np.array([1j, 0]), np.array([None, 1])):
        assert labels_of_another_type(labels) == ""


def test_labels_out_of_range():
    message = "expected labels from 0 to 2, got {}; the network has 3 outputs, one a class{}"
    for labels, got, rest in [([1, 2, 3], "1 to 3", "; did you mean labels - 1?"), ([1, 4], "1 to 4", ""),
                              ([0, 3], "0 to 3", ""), ([-1, 1], "-1 to 1", ""), ([2, 3], "2 to 3", "")]:
        says(message.format(got, rest), check_labels, np.array(labels), 3)


def test_scores_that_fit_and_that_do_not():
    labels = np.array([0, 1, 1])
    check_scores(X, labels)
    assert says("expected scores of shape (N, C), one row per sample, at least one, got (0, 2)",
                check_scores, X[:0], labels[:0]) is ValueError
    says("expected scores of shape (N, C), one row per sample, at least one, got (3,)", check_scores, X[:, 0], labels)
    says("expected scores of shape (N, C), got one class a sample, (3,); did you mean (scores == labels).mean()?",
         check_scores, labels, labels)
    says("expected as many rows in scores as in labels, but scores has 2, labels has 3; did you mean scores.T? "
         "One row per sample", check_scores, X.T, labels)
    says("expected labels as a NumPy array, got NoneType", check_scores, X, None)
    with pytest.raises(ValueError, match=r"expected scores of at least 2 classes, got shape \(3, 1\): a softmax over"):
        check_scores(X[:, :1], 0 * labels)
    check_classes(X)


def test_scores_that_cannot_be_compared():
    message = ("expected scores that can be compared, got {} NaN or infinite, the first in row {}; the network's "
               "weights are lost: start from fresh ones, with a lower learning rate")
    check_comparable("scores", np.array([[-INF, 0.0]]))                   # the logarithm of a probability of 0
    says(message.format(1, 1), check_comparable, "scores", np.array([[0, 1], [1, NAN]]))
    says(message.format(3, 0), check_comparable, "scores", np.array([[0, INF], [NAN, NAN]]))
    says(message.format(1, 0), check_comparable, "scores", np.array([[INF, 0]]))


def test_lengths():
    check_lengths(X=X, y=X[:, 0])
    check_lengths(X=X)
    says("expected as many rows in X as in y, but X has 3, y has 4", check_lengths, X=X, y=np.ones(4))
    says("expected as many rows in X as in y, but X has 2, y has 3; did you mean X.T? One row per sample",
         check_lengths, X=X.T, y=np.ones(3))
    says("expected as many rows in X as in y, but X has 3, y has 2; did you mean y.T? One row per sample",
         check_lengths, X=np.ones((3, 4)), y=X.T)
    says("expected as many rows in X as in y, but X has 3, y has 2", check_lengths, X=X, y=X.T)        # which one?
    says("expected at least one sample, but X is empty", check_lengths, X=X[:0])
    says("expected at least one sample, but X and y are empty", check_lengths, X=X[:0], y=X[:0])
    says("expected y as a NumPy array, got NoneType", check_lengths, X=X, y=None)
    says("expected rows in y, got the single number 3.0", check_lengths, X=X, y=np.array(3.0))


def test_finite():
    for array in (X, X.astype(int), X > 0, np.array(1.0), X[:0]):
        check_finite("X", array)
    rest = ", then X[keep] and the same rows of what goes with it?"
    for array, got, keep in [
        (np.array([0, NAN, INF]), "2 NaN or infinite, the first in row 1", "np.isfinite(X)"),
        (np.array([[0, 1], [0, -INF]]), "1 NaN or infinite, the first in row 1", "np.isfinite(X).all(axis=1)"),
        (np.full((2, 1, 1), NAN), "2 NaN or infinite, the first in row 0", "np.isfinite(X).all(axis=(1, 2))"),
        (np.array(NAN), "1 NaN or infinite, the first in row 0", "np.isfinite(X)"),
    ]:
        says(f"expected finite numbers in X, got {got}; did you mean keep = {keep}{rest}", check_finite, "X", array)
    for array, rest in [(np.array(["a", "b"]), "<U1; did you mean np.unique(X, return_inverse=True)[1]?"),
                        (np.array(["1", "2"]), "<U1; did you mean X.astype(np.float64)?"),
                        (np.array([1, 2], object), "object; did you mean X.astype(np.float64)?"),
                        (np.array([["a", "b"]]), "<U1"), (np.array([1, None]), "object")]:
        assert says(f"expected numbers in X, got {rest}", check_finite, "X", array) is TypeError


@pytest.mark.parametrize("value", [0, -1, NAN, INF, "1", None, True, 1j, [1]])
def test_what_is_not_positive(value):
    says(f"expected lr above 0, got {value!r}; try lr=0.1", check_positive, 0.1, lr=value)
    says(f"expected eps above 0, got {value!r}", check_positive, None, eps=value)


@pytest.mark.parametrize("value", [0, -1, 2.0, NAN, "1", None, True, [1]])
def test_what_is_no_count(value):
    says(f"expected n as a whole number of at least 1, got {value!r}", check_count, m=1, n=value)


@pytest.mark.parametrize("value", [1, -0.1, NAN, INF, "0", None, [0]])
def test_what_is_no_fraction(value):
    says(f"expected p from 0 up to but not including 1, got {value!r}", check_fraction, p=value)


def test_settings_that_fit():
    for value in (0.1, 3, np.float32(0.1), np.float64(1e-300)):
        check_positive(0.1, lr=value)
    for value in (1, np.int64(3), np.uint8(1)):
        check_count(n=value)
    for value in (0, 0.0, 0.999, np.float32(0.5)):
        check_fraction(p=value)
    for dtype in (float, "float32", np.float64, np.dtype(np.float32), "d"):
        check_dtype(dtype)
    for rng in (RNG, np.random.RandomState(0)):
        check_rng(rng)
    check_rng(None, optional=True)
    check_rng(RNG, optional=True)


@pytest.mark.parametrize("dtype", [int, bool, complex, np.float16, np.longdouble, "pixels", 3, None, object])
def test_other_dtypes(dtype):
    message = f"expected dtype as np.float64 or np.float32, got {dtype!r}; did you mean dtype=np.float64?"
    says(message, check_dtype, dtype)


@pytest.mark.parametrize(("rng", "seed"), [(42, 42), (np.int64(7), 7), (-1, 0), (True, 0), (None, 0), ("42", 0),
                                           (np.random, 0), (np.random.default_rng, 0), (4.2, 0)])
def test_what_is_no_generator(rng, seed):
    message = f"expected rng as a random generator, got {rng!r}; did you mean np.random.default_rng({seed})?"
    says(message, check_rng, rng)
    if rng is not None:
        says(message, check_rng, rng, optional=True)


def test_backward_needs_what_forward_keeps():
    class Thing:
        pass

    thing = Thing()
    with pytest.raises(RuntimeError, match="expected Thing.forward before Thing.backward"):
        check_forward_ran(thing, "x")
    thing.x = None
    check_forward_ran(thing, "x")


def test_dtypes_are_not_mixed():
    check_same_dtype("x", X, np.float64)
    with pytest.raises(TypeError, match=r"expected x in float32, .* float64; did you mean x.astype\(np.float32\)\?"):
        check_same_dtype("x", X, np.dtype(np.float32))


def test_what_is_public_stands_in_one_list():
    """Not in one a module: the package says what it offers, an underscore or check_ marks what is its own."""
    for path in Path(nnlib.__file__).parent.rglob("*.py"):
        assert path.name == "__init__.py" or "__all__" not in path.read_text(encoding="utf-8")
    assert sorted(nnlib.__all__) == sorted(set(nnlib.__all__))
    assert all(hasattr(nnlib, name) for name in nnlib.__all__)
