"""The engine against measured slopes, on every operation and on expressions that nobody thought of."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebooks import CHAPTERS, read, text

from nnlib import (
    SGD,
    Adam,
    Dense,
    Dropout,
    LeakyReLU,
    MeanAbsoluteError,
    MeanSquaredError,
    ReLU,
    Sequential,
    Sigmoid,
    SigmoidCrossEntropy,
    Softmax,
    SoftmaxCrossEntropy,
    Tanh,
    fingerprint,
    numerical_gradient,
    relative_error,
    reproducible,
    spiral,
)
from nnlib.autograd import Tensor, unbroadcast, zero_grad

rng = np.random.default_rng(0)
A, B = rng.uniform(0.5, 2, (3, 4)), rng.uniform(0.5, 2, (4, 2))
row, column, one = rng.uniform(0.5, 2, 4), rng.uniform(0.5, 2, (3, 1)), np.array(1.5)

EXPRESSIONS = {
    "a + b": (lambda a, b: a + b, A, A[::-1]),
    "a + row": (lambda a, b: a + b, A, row),
    "column * row": (lambda a, b: a * b, column, row),
    "a - one": (lambda a, b: a - b, A, one),
    "a / row": (lambda a, b: a / b, A, row),
    "one / column": (lambda a, b: a / b, one, column),
    "a @ b": (lambda a, b: a @ b, A, B),
    "a ** 3 + b ** -2": (lambda a, b: a**3 + b**-2, A, row),
    "exp(-a) log(b)": (lambda a, b: (-a).exp() * b.log(), A, column),
    "relu(a - b)": (lambda a, b: (a - b).relu(), A, row),
    "sigmoid(a) b": (lambda a, b: a.sigmoid() * b, A, row),
    "log_softmax(a) b": (lambda a, b: a.log_softmax() * b, A, row),
    "sums": (lambda a, b: a.sum(axis=0) * b + a.sum(axis=1, keepdims=True) * a.sum(axis=(0, 1)), A, row),
    "sums of rows": (lambda a, b: a.sum(axis=1) * b.sum(axis=-1), A, A[::-1] ** 2),
    "mean": (lambda a, b: a.mean() * b, A, row),
    "places": (lambda a, b: a[[0, 1, 1], [2, 0, 0]] * b[:3], A, row),
    "used twice": (lambda a, b: a * a + a * b, A, row),
    "from the right": (lambda a, b: 2.0 - a + 3.0 / b + 2.0 * a + np.float64(1) * b + 1.0, A, row),
    "array and tensor": (lambda a, b: A * a + a / A - (A - b), A, row),
    "array @ tensor": (lambda a, b: A.T @ a + B @ b, A, rng.uniform(0.5, 2, (2, 4))),
}
WEIGHTS = rng.uniform(0.5, 2, (4, 4))


def weighted(y):
    """One number that depends on every entry in its own way."""
    y = y * WEIGHTS.ravel()[: np.size(y.data)].reshape(y.data.shape)
    return y.sum()


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_operation_has_the_slope_that_is_measured(name):
    compute, *arrays = EXPRESSIONS[name]
    tensors = [Tensor(array.copy()) for array in arrays]
    weighted(compute(*tensors)).backward()
    for i, (tensor, array) in enumerate(zip(tensors, arrays)):
        def value(x, i=i):
            return float(weighted(compute(*[Tensor(x if i == j else other) for j, other in enumerate(arrays)])).data)
        assert tensor.grad.shape == array.shape
        assert relative_error(np.asarray(tensor.grad), numerical_gradient(value, array.copy())) < 1e-7, i


LEAVES = {"a": A, "row": row, "column": column, "one": one}
leaf = st.sampled_from(sorted(LEAVES))
TWO = {"+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / (y * y + 1.0)}
ONE = {
    "exp": lambda x: (-(x * x)).exp(), "log": lambda x: (x * x + 1.0).log(), "sigmoid": lambda x: x.sigmoid(),
    "sum": lambda x: x.sum(axis=-1, keepdims=True) if x.data.ndim else x, "square": lambda x: x**2 * 0.1,
}
expressions = st.recursive(
    leaf,
    lambda part: st.tuples(st.sampled_from(sorted(TWO)), part, part) | st.tuples(st.sampled_from(sorted(ONE)), part),
    max_leaves=8,
)


def compute(expression, tensors):
    if isinstance(expression, str):
        return tensors[expression]
    name, *parts = expression
    parts = [compute(part, tensors) for part in parts]
    return TWO[name](*parts) if len(parts) == 2 else ONE[name](*parts)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(expressions)
def test_an_expression_that_nobody_thought_of(expression):
    tensors = {name: Tensor(array.copy()) for name, array in LEAVES.items()}
    compute(expression, tensors).sum().backward()
    for name, tensor in tensors.items():
        if tensor.grad is None:
            assert f"'{name}'" not in repr(expression)
            continue

        def value(x, name=name):
            return float(compute(expression, {n: Tensor(x if n == name else v) for n, v in LEAVES.items()}).sum().data)

        measured = numerical_gradient(value, LEAVES[name].copy())
        np.testing.assert_allclose(tensor.grad, measured, rtol=1e-5, atol=1e-7)


def tensors_of(model):
    return [Tensor(parameter.data.copy()) for parameter in model.parameters()]


@pytest.mark.parametrize("kind", [np.asarray, reproducible])
def test_training_with_squares_equals_the_layers_bit_for_bit(kind):
    X, y = kind(rng.standard_normal((64, 2))), kind(rng.standard_normal((64, 1)))
    start = np.random.default_rng(1)
    model = Sequential(Dense(2, 8, rng=start), ReLU(), Dense(8, 1, rng=start))
    weights = tensors_of(model)
    model.fit(X, y, MeanSquaredError(), SGD(model.parameters(), 0.1), epochs=30, progress=False)
    for _ in range(30):
        W1, b1, W2, b2 = weights
        miss = (Tensor(X) @ W1 + b1).relu() @ W2 + b2 - Tensor(y)
        zero_grad(weights)
        (miss * miss).mean().backward()
        for tensor in weights:
            tensor.data = tensor.data - 0.1 * tensor.grad
    for parameter, tensor in zip(model.parameters(), weights):
        np.testing.assert_array_equal(np.asarray(parameter.data), np.asarray(tensor.data))


DROPOUT = Dropout(0.5, rng=np.random.default_rng(0))
LAYERS = {
    "ReLU": (ReLU(), lambda x: x.relu()),
    "LeakyReLU": (LeakyReLU(), lambda x: x.relu() - 0.01 * (-x).relu()),
    "Sigmoid": (Sigmoid(), lambda x: x.sigmoid()),
    "Tanh": (Tanh(), lambda x: 2.0 * (2.0 * x).sigmoid() - 1.0),
    "Softmax": (Softmax(), lambda x: x.log_softmax().exp()),
    "Dropout": (DROPOUT, lambda x: x * DROPOUT.mask),
}
X, Y = rng.standard_normal((6, 3)), rng.standard_normal((6, 3))


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_the_engines_gradient(name):
    layer, compute = LAYERS[name]
    y, dx, x = layer.forward(X), layer.backward(Y), Tensor(X)
    result = compute(x)
    (result * Y).sum().backward()
    np.testing.assert_allclose(result.data, y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(x.grad, dx, rtol=1e-10, atol=1e-14)


def test_a_dense_layer_has_the_engines_gradients_bit_for_bit():
    layer = Dense(3, 4, rng=rng)
    x, W, b = (Tensor(array) for array in (X, layer.W.data, layer.b.data))
    layer.forward(X)
    dx = layer.backward(X @ WEIGHTS[:3])
    ((x @ W + b) * (X @ WEIGHTS[:3])).sum().backward()
    for tensor, expected in zip((x, W, b), (dx, layer.W.grad, layer.b.grad)):
        np.testing.assert_array_equal(tensor.grad, expected)


LABELS, YES = np.array([0, 1, 2, 2, 1, 0]), np.array([0, 1, 1, 0, 1, 0])


def magnitude(x):
    return x.relu() + (-x).relu()


LOSSES = {
    "SoftmaxCrossEntropy": (SoftmaxCrossEntropy(), LABELS, lambda z: -z.log_softmax()[np.arange(6), LABELS].mean()),
    "SigmoidCrossEntropy": (
        SigmoidCrossEntropy(), YES, lambda z: (z.relu() - z * YES[:, None] + (1 + (-magnitude(z)).exp()).log()).mean(),
    ),
    "MeanSquaredError": (MeanSquaredError(), Y, lambda z: ((z - Y) ** 2).mean()),
    "MeanAbsoluteError": (MeanAbsoluteError(), Y, lambda z: magnitude(z - Y).mean()),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_the_engines_gradient(name):
    loss, target, compute = LOSSES[name]
    array = X[:, :1] if name == "SigmoidCrossEntropy" else X
    value, z = loss.forward(array, target), Tensor(array)
    result = compute(z)
    result.backward()
    assert float(result.data) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(z.grad, loss.backward(), rtol=1e-10, atol=1e-14)


def cross_entropy(scores, labels):
    """The fused loss as an operation of the engine's."""
    loss = SoftmaxCrossEntropy()
    value = loss.forward(scores.data, labels)
    return Tensor(value, [(scores, lambda dy: dy * loss.backward())])


@pytest.mark.parametrize("make", [lambda p: SGD(p, 0.1, momentum=0.9), lambda p: Adam(p, 0.01)])
def test_the_books_optimizers_move_tensors_as_they_move_parameters(make):
    start = np.random.default_rng(4)
    X, y = spiral(30, 3, rng=start)
    X, model = reproducible(X), Sequential(Dense(2, 8, rng=start), ReLU(), Dense(8, 3, rng=start))
    W1, b1, W2, b2 = weights = tensors_of(model)
    optimizer = make(weights)
    model.fit(X, y, SoftmaxCrossEntropy(), make(model.parameters()), epochs=40, progress=False)
    for _ in range(40):
        zero_grad(weights)
        cross_entropy((X @ W1 + b1).relu() @ W2 + b2, y).backward()
        optimizer.step()
    assert fingerprint(*[tensor.data for tensor in weights]) == fingerprint(model)


def test_the_network_of_chapter_11():
    x, W, V = Tensor([[2.0, -1.0]]), Tensor([[0.5, -0.4], [0.3, 0.6]]), Tensor([[0.7], [-0.9]])
    b, c = Tensor([0.1, 0.2]), Tensor([-0.2])
    ((((x @ W + b).sigmoid() @ V + c).sigmoid() - 1.0) ** 2).sum().backward()
    slopes = np.concatenate([tensor.grad.ravel() for tensor in (W, b, V, c, x)])
    printed = "-71975 76958 35987 -38479 -35987 38479 -165827 -55632 -240338 -33385 12291"
    assert (1e6 * slopes).round().astype(int).tolist() == [int(number) for number in printed.split()]


def printed(slug):
    cells = read(CHAPTERS / f"{slug}.ipynb")["cells"]
    return "".join(text(output.get("text", "")) for cell in cells for output in cell.get("outputs", ()))


def test_what_chapter_27_repeats_stands_in_chapters_11_and_15():
    ours = printed("27-autograd")
    rows = re.findall(r"^(d\w+) +(-?[\d.]+) +(-?[\d.]+)$", ours, re.MULTILINE)
    theirs = dict(re.findall(r"^(d\w+) +(-?\d\.\d{6}) ", printed("11-backprop-by-hand"), re.MULTILINE))
    assert {name: engine for name, engine, _ in rows} == theirs and len(rows) == 11
    assert re.search(r"engine: (\w{16})", ours)[1] in printed("15-training")


def test_gradients_accumulate_until_they_are_forgotten():
    x = Tensor([1.0, 2.0])
    for times in 1, 2, 3:
        (x * x).sum().backward()
        np.testing.assert_array_equal(x.grad, times * np.array([2.0, 4.0]))
    zero_grad([x])
    assert x.grad is None


def test_a_long_graph_does_not_exhaust_the_stack():
    x = y = Tensor(1.0)
    for _ in range(5000):
        y = y + 1.0
    y.backward()
    assert x.grad == 1


def test_large_scores_do_not_overflow():
    scores = Tensor([[1000.0, 0.0], [-1000.0, 0.0]])
    loss = -scores.log_softmax()[[0, 1], [0, 1]].mean()
    loss.backward()
    assert np.isfinite(scores.grad).all()


@pytest.mark.parametrize(("n", "slopes"), [(0, [0, 0]), (0.0, [0, 0]), (1, [1, 1]), (2, [0, 4])])
def test_a_power_at_zero(n, slopes):
    x = Tensor([0.0, 2.0])
    (x**n).sum().backward()
    np.testing.assert_array_equal(x.grad, slopes)


def test_neither_data_nor_gradients_are_shared_with_the_reader():
    x = np.array([1.0, 2.0])
    t = Tensor(x)
    (t * 1.0).sum().backward()
    first = t.grad
    (t * 1.0).sum().backward()
    np.testing.assert_array_equal(first, [1, 1])
    np.testing.assert_array_equal(x, [1, 2])


@pytest.mark.parametrize("shape", [(), (4,), (1, 4), (3, 1), (1, 1), (3, 4)])
def test_what_was_copied_forward_is_summed_on_the_way_back(shape):
    dy = rng.standard_normal((3, 4))
    np.testing.assert_allclose(unbroadcast(dy, shape).sum(), dy.sum())
    assert unbroadcast(dy, shape).shape == shape


def test_what_two_tensors_were_handed_is_not_one_array():
    a, b = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    (a + b).sum().backward()
    a.grad *= 2                                   # such as clipping in place
    np.testing.assert_array_equal(b.grad, [1, 1])


def test_backward_twice_on_one_graph_doubles_everything():
    x = Tensor([1.0, 2.0])
    square = x * x
    loss = square.sum()
    loss.backward()
    loss.backward()
    np.testing.assert_array_equal(square.grad, [2, 2])
    np.testing.assert_array_equal(x.grad, [4, 8])


def test_new_weights_do_not_change_the_way_back_of_the_old():
    w, v = Tensor([2.0]), Tensor([3.0])
    loss = (w * v).sum()
    w.data = w.data - 1.0
    loss.backward()
    assert v.grad == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    x = Tensor(A.astype(dtype))
    scores = 2 - (x * 2.0 / 3 + 1).sigmoid().log() ** 2 @ np.ones((4, 2), dtype)
    loss = scores.log_softmax()[:, 1:].mean()
    loss.backward()
    assert loss.data.dtype == x.grad.dtype == dtype


def test_a_sure_sigmoid_is_finite():
    x = Tensor([-1000.0, 0.0, 1000.0])
    x.sigmoid().sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 0.25, 0])


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: Tensor([1.0, 2.0]).backward(), ValueError, r"the loss, got shape \(2,\); did you forget .sum"),
        (lambda: Tensor(["a"]), TypeError, "expected numbers in float64 or float32, got <U1"),
        (lambda: Tensor(A) * None, TypeError, "expected numbers in float64 or float32, got object"),
        (lambda: Tensor(A.astype(np.float16)), TypeError, "float64 or float32, got float16"),
        (lambda: Tensor(A) + A.astype(np.float32), TypeError, "expected one dtype, got float64 and float32; turn one"),
        (lambda: Tensor(A) + Tensor(A[:2]), ValueError, "could not be broadcast"),
        (lambda: Tensor(A) @ row, ValueError, r"got \(3, 4\) @ \(4,\); a single sample is a row"),
        (lambda: Tensor(A) @ A, ValueError, r"got \(3, 4\) @ \(3, 4\)"),
        (lambda: Tensor(A) ** Tensor(2.0), TypeError, r"for a tensor write \(exponent \* x.log\(\)\).exp\(\)"),
        (lambda: Tensor(A) ** "2", TypeError, "expected a number as the exponent, got str"),
        (lambda: np.multiply(A, Tensor(A)), TypeError, "expected an array, got a Tensor"),
        (lambda: np.asarray(Tensor(A)), TypeError, "x.data for the numbers alone"),
    ],
)
def test_what_makes_no_sense_is_refused(do, error, words):
    with pytest.raises(error, match=words):
        do()
