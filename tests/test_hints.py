"""Two sweeps. Every hint in the library is followed to the letter, and must lead to a right result. And whatever
is given in place of an array, the answer is right, or an error of our own: never NumPy's from deep inside.
"""

import ast
import functools
import itertools
import re
import traceback
import types
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import nnlib
from nnlib import (
    L2,
    SGD,
    BatchNorm,
    Conv2D,
    Dense,
    MaxPool2D,
    MeanAbsoluteError,
    MeanSquaredError,
    Optimizer,
    Parameter,
    ReLU,
    Sequential,
    SigmoidCrossEntropy,
    Softmax,
    SoftmaxCrossEntropy,
    Standardizer,
    Unflatten,
    accuracy,
    autograd,
    batches,
    binary_accuracy,
    clusters,
    distort,
    folds,
    load_mnist_sample,
    numerical_gradient,
    one_hot,
    plots,
    relative_error,
    relu,
    reproducible,
    sigmoid,
    softmax,
    spiral,
    vertical,
    xor,
)

LIBRARY = Path(nnlib.__file__).parent
SCORES = np.array([[3.0, 1, 0], [0, 2, 1], [1, 0, 4], [5, 0, 2], [0, 1, 0], [0, 3, 4]])
LABELS = np.array([0, 1, 2, 1, 1, 2])                  # five of six are right
TARGETS = np.eye(3)[LABELS]
X = np.random.default_rng(0).uniform(0, 1, (6, 2))
WORDS = np.array(["ant", "bee", "cow"])[LABELS]


class Frame:
    """What is needed of a DataFrame or a Series here."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return self.values

    def to_numpy(self):
        return self.values


class Sparse:
    """What is needed of SciPy's sparse matrices: they have no length."""

    def __init__(self, values):
        self.values, self.shape, self.dtype = values, values.shape, values.dtype

    def __len__(self):
        raise TypeError("sparse array length is ambiguous; use getnnz()")

    def toarray(self):
        return self.values


class Tensor:
    """What is needed of a PyTorch tensor that learns: it refuses to become an array before it is detached."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    def detach(self):
        return types.SimpleNamespace(cpu=lambda: types.SimpleNamespace(numpy=lambda: self.values))


def masked(array, rows):
    mask = np.zeros(array.shape, bool)
    mask[rows] = True
    return np.ma.MaskedArray(array, mask)


def matrix(array):
    return np.atleast_2d(array).view(np.matrix)


def spoilt(array, row):
    array = np.array(array, float)
    array[row] = np.nan
    return array


# --- every hint is followed -----------------------------------------------------------------------


def double(x):
    """Run a layer that doubles every input and adds the first to the second."""
    layer = Dense(2, 2, rng=np.random.default_rng(0))
    layer.W.data = np.array([[2.0, 1.0], [0.0, 2.0]])
    return layer.forward(x)


def column(x):
    """Run a layer with a single input, which is doubled."""
    layer = Dense(1, 1, rng=np.random.default_rng(0))
    layer.W.data = np.array([[2.0]])
    return layer.forward(x)


def filtered(x, channels=1):
    """Run a convolution of ones: the sum of every window."""
    layer = Conv2D(channels, 1, 2, rng=np.random.default_rng(0))
    layer.W.data[...] = 1
    return layer.forward(x)


def squared(prediction, target):
    return MeanSquaredError().forward(prediction, target)


def cross_entropy(scores, labels):
    return SoftmaxCrossEntropy().forward(scores, labels)


def yes_or_no(logits, labels):
    return SigmoidCrossEntropy().forward(logits, labels)


def standardized(X):
    return Standardizer(X).transform(X)


def trained(X, y, loss=SoftmaxCrossEntropy, n_out=3, **options):
    """The last loss of a small network."""
    rng = np.random.default_rng(0)
    model = Sequential(Dense(2, 4, rng=rng), ReLU(), Dense(4, n_out, rng=rng))
    options = {"metrics": None, **options}
    return model.fit(X, y, loss(), SGD(model.parameters(), 0.1), epochs=3, progress=False, **options)["loss"][-1]


def held_back(X, y, k):
    return np.concatenate([held[0] for _, held in folds(X, y, k, np.random.default_rng(0))])


def drawn(X, y):
    plots.points(X, y)
    return plt.gca().collections[0].get_offsets().tolist()


def counted(labels, predicted):
    return [text.get_text() for text in plots.confusion(labels, predicted, 3).texts]


def shown(images):
    return plots.digits(images)[0, 0].images[0].get_array()


def moved(lr):
    w = Parameter(np.array([1.0]))
    w.grad = np.array([2.0])
    SGD([w], lr).step()
    return w.data


def slope(x, h=1e-5):
    return numerical_gradient(lambda x: (x**2).sum(), x, h).round(5)


def distorted(X, rng=None, **strengths):
    return distort(X, rng or np.random.default_rng(0), **strengths)


DOUBLE = np.column_stack([2 * X[:, 0], X[:, 0] + 2 * X[:, 1]])
EXACT = np.array([[0.5, 0.25], [1.0, 2.0]])
DOUBLED = np.array([[1.0, 1.0], [2.0, 5.0]])
PIXELS = np.array([[255, 0], [51, 102]], np.uint8)
ERROR = ((SCORES - TARGETS) ** 2).mean()
PICTURES = np.arange(32.0).reshape(2, 4, 4, 1)
COLOURS = np.arange(24.0).reshape(1, 2, 4, 3)
KEEP = [0, 2, 3, 4, 5]
LOGITS, YES = SCORES[:, :1] - 0.5, np.array([1, 0, 1, 1, 0, 1])      # five of six are right
STANDARD = (X - X.mean(axis=0)) / X.std(axis=0)
IMAGES = np.random.default_rng(0).uniform(0, 1, (3, 16))

# What is called, with which arguments, and what is right: found by other means, or with proper arguments.
CASES = {
    # accuracy and the loss on labels of every kind: five of six are right
    **{f"accuracy, labels {name}": (accuracy, {"scores": SCORES, "labels": labels}, 5 / 6) for name, labels in {
        "(N, 1)": LABELS[:, None], "(1, N)": LABELS[None], "one-hot": TARGETS, "one-hot integers": TARGETS.astype(int),
        "one-hot booleans": TARGETS == 1, "one-hot, turned": TARGETS.T, "floats": LABELS / 1,
        "objects": LABELS.astype(object),
        "strings of digits": LABELS.astype(str), "words": WORDS, "words as objects": WORDS.astype(object),
        "from 1": LABELS + 1, "a list": LABELS.tolist(), "a tuple": tuple(LABELS), "a list of words": WORDS.tolist(),
        "a list of lists": LABELS[:, None].tolist(), "a Series": Frame(LABELS), "a Series of words": Frame(WORDS),
        "a DataFrame": Frame(LABELS[:, None]), "a dummy DataFrame": Frame(TARGETS == 1),
        "sparse one-hot": Sparse(TARGETS),
        "a tensor": Tensor(LABELS), "a matrix": matrix(LABELS), "a matrix of a column": matrix(LABELS[:, None]),
        "masked nowhere": np.ma.array(LABELS),
    }.items()},
    "accuracy, one label": (accuracy, {"scores": SCORES[:1], "labels": np.array(0)}, 1),
    "accuracy, one label, one-hot": (accuracy, {"scores": SCORES[1:2], "labels": TARGETS[1:2]}, 1),
    "accuracy, two labels, (N, 1)": (accuracy, {"scores": SCORES[:2], "labels": LABELS[:2, None]}, 1),
    "accuracy, labels from 1, (N, 1)": (accuracy, {"scores": SCORES, "labels": LABELS[:, None] + 1}, 5 / 6),
    "accuracy, masked labels": (accuracy, {"scores": SCORES, "labels": masked(LABELS, [1, 2])}, 3 / 4),
    "accuracy, masked scores": (accuracy, {"scores": masked(SCORES, ([1, 2], [0, 1])), "labels": LABELS}, 3 / 4),
    "accuracy, two kinds of wrong": (accuracy, {"scores": SCORES.T.tolist(), "labels": WORDS[:, None]}, 5 / 6),
    "accuracy of classes": (accuracy, {"scores": SCORES.argmax(axis=1), "labels": LABELS}, 5 / 6),
    **{f"accuracy, scores {name}": (accuracy, {"scores": scores, "labels": LABELS}, 5 / 6) for name, scores in {
        "turned": SCORES.T, "a list": SCORES.tolist(),
        "integers": SCORES.astype(int),
        "half": SCORES.astype(np.float16),
        "uint8": SCORES.astype(np.uint8), "long": SCORES.astype(np.longdouble),
        "strings": SCORES.astype(str),
        "objects": SCORES.astype(object), "complex": SCORES + 0j, "a DataFrame": Frame(SCORES),
        "sparse": Sparse(SCORES),
        "a matrix": matrix(SCORES), "a tensor": Tensor(SCORES), "big-endian ints": SCORES.astype(">i4"),
    }.items()},
    **{f"cross-entropy, labels {name}": (
        cross_entropy, {"scores": SCORES, "labels": labels}, cross_entropy(SCORES, LABELS)) for name, labels in {
        "(N, 1)": LABELS[:, None], "one-hot": TARGETS, "words": WORDS, "from 1": LABELS + 1}.items()},
    "cross-entropy, masked": (
        cross_entropy, {"scores": SCORES, "labels": masked(LABELS, 1)}, cross_entropy(SCORES[KEEP], LABELS[KEEP])),
    # a layer on batches of every kind
    **{f"Dense, x {name}": (double, {"x": x}, DOUBLE) for name, x in {
        "turned": X.T, "in a stack": X[:, :, None], "a list": X.tolist(), "strings": X.astype(str),
        "complex": X + 0j,
        "objects": X.astype(object), "a DataFrame": Frame(X), "sparse": Sparse(X), "a matrix": matrix(X),
        "a turned list": X.T.tolist(),
    }.items()},
    "Dense, x in half": (double, {"x": EXACT.astype(np.float16)}, DOUBLED),
    "Dense, x in single": (double, {"x": EXACT.astype(np.float32)}, DOUBLED),
    "Dense, x in long": (double, {"x": EXACT.astype(np.longdouble)}, DOUBLED),
    "Dense, x of pixels": (double, {"x": PIXELS}, [[2, 1], [0.4, 1]]),
    "Dense, x of bits": (double, {"x": np.array([[1, 0]], np.uint8)}, [[2, 1]]),
    "Dense, x of booleans": (double, {"x": np.array([[True, False]])}, [[2, 1]]),
    "Dense, x of one sample": (double, {"x": X[0]}, DOUBLE[:1]),
    "Dense, x of a column": (column, {"x": X[:, 0]}, DOUBLE[:, :1]),
    "Dense, x of a number": (column, {"x": 3}, [[6]]),
    "Dense, masked x": (double, {"x": masked(X, (1, 0))}, DOUBLE[KEEP]),
    # pictures
    **{f"Conv2D, x {name}": (filtered, {"x": x}, filtered(PICTURES)) for name, x in {
        "without channels": PICTURES[..., 0], "channels second": PICTURES.transpose(0, 3, 1, 2),
        "in rows": PICTURES.reshape(2, 16), "integers": PICTURES.astype(int), "a list": PICTURES.tolist()}.items()},
    "Conv2D, one picture": (functools.partial(filtered, channels=3), {"x": COLOURS[0]}, filtered(COLOURS, 3)),
    "Conv2D, colours first": (functools.partial(filtered, channels=3), {"x": COLOURS.transpose(0, 3, 1, 2)},
                              filtered(COLOURS, 3)),
    "MaxPool2D, x in rows": (MaxPool2D(2).forward, {"x": PICTURES.reshape(2, 16)}, MaxPool2D(2).forward(PICTURES)),
    "Unflatten, a number": (lambda shape: Unflatten(shape).forward(np.ones((2, 784))), {"shape": 784},
                            np.ones((2, 28, 28, 1))),
    "Unflatten, pictures": (Unflatten((4, 4, 1)).forward, {"x": PICTURES}, PICTURES),
    "BatchNorm, eps": (lambda eps: BatchNorm(2, eps=eps).eps, {"eps": 0}, 1e-5),
    "BatchNorm, another dtype": (BatchNorm(2).forward, {"x": EXACT.astype(np.float32)}, BatchNorm(2).forward(EXACT)),
    # yes or no
    **{f"yes or no, labels {name}": (yes_or_no, {"logits": LOGITS, "labels": labels}, yes_or_no(LOGITS, YES))
       for name, labels in {
        "1 and 2": YES + 1, "-1 and 1": 2 * YES - 1, "0 and 255": (255 * YES).astype(np.uint8), "(N, 1)": YES[:, None],
        "from 1, (N, 1)": YES[:, None] + 1, "one-hot": np.eye(2)[YES], "booleans": YES == 1, "floats": YES / 1,
        "words": np.array(["no", "yes"])[YES], "a list": YES.tolist(), "a Series": Frame(YES)}.items()},
    "yes or no, flat logits": (binary_accuracy, {"logits": LOGITS[:, 0], "labels": YES}, 5 / 6),
    "yes or no, flat logits, labels 1 and 2": (binary_accuracy, {"logits": LOGITS[:, 0], "labels": YES + 1}, 5 / 6),
    "fit, yes or no, words": (
        functools.partial(trained, loss=SigmoidCrossEntropy, n_out=1, metrics=binary_accuracy),
        {"X": X, "y": np.array(["no", "yes"])[YES]}, trained(X, YES, SigmoidCrossEntropy, 1)),
    # scaling
    "Standardizer, (N,)": (standardized, {"X": X[:, 0]}, STANDARD[:, :1]),
    "Standardizer, a constant column": (standardized, {"X": np.hstack([X, np.full((6, 1), 0.1)])}, STANDARD),
    "Standardizer, integers": (standardized, {"X": (9 * X).astype(int)}, standardized((9 * X) // 1)),
    "Standardizer, NaN": (standardized, {"X": spoilt(X, (1, 0))}, standardized(X[KEEP])),
    # regression
    "squared error, labels": (squared, {"prediction": SCORES, "target": LABELS}, ERROR),
    "squared error, a list of labels": (squared, {"prediction": SCORES, "target": LABELS.tolist()}, ERROR),
    "squared error, integers": (squared, {"prediction": SCORES, "target": TARGETS.astype(int)}, ERROR),
    "squared error, pixels": (squared, {"prediction": EXACT, "target": PIXELS}, ((EXACT - PIXELS) ** 2).mean()),
    "squared error, turned": (squared, {"prediction": SCORES, "target": TARGETS.T}, ERROR),
    "squared error, another dtype": (squared, {"prediction": SCORES, "target": TARGETS.astype(np.float32)}, ERROR),
    "squared error, (N,)": (squared, {"prediction": X[:, :1], "target": 0 * X[:, 0]}, (X[:, 0] ** 2).mean()),
    "squared error, (1, N)": (squared, {"prediction": X[:, :1], "target": 0 * X[None, :, 0]}, (X[:, 0] ** 2).mean()),
    "squared error, masked": (
        squared, {"prediction": SCORES, "target": masked(TARGETS, (1, 1))}, ((SCORES - TARGETS)[KEEP] ** 2).mean()),
    # fit
    "fit, lists": (trained, {"X": X.tolist(), "y": LABELS.tolist()}, trained(X, LABELS)),
    "fit, DataFrames": (trained, {"X": Frame(X), "y": Frame(WORDS)}, trained(X, LABELS)),
    "fit, words": (trained, {"X": X, "y": WORDS}, trained(X, LABELS)),
    "fit, X turned": (trained, {"X": X.T, "y": LABELS}, trained(X, LABELS)),
    "fit, y turned": (
        functools.partial(trained, loss=MeanSquaredError), {"X": np.hstack([X, X])[:, :2], "y": TARGETS.T},
        trained(X, TARGETS, MeanSquaredError)),
    "fit, NaN in X": (trained, {"X": spoilt(X, (1, 0)), "y": LABELS}, trained(X[KEEP], LABELS[KEEP])),
    "fit, NaN in y": (trained, {"X": X, "y": spoilt(LABELS, 1)}, trained(X[KEEP], LABELS[KEEP])),
    "fit, masked X and y": (trained, {"X": masked(X, (1, 1)), "y": masked(LABELS, 1)}, trained(X[KEEP], LABELS[KEEP])),
    "fit, single X": (trained, {"X": EXACT.astype(np.float32), "y": LABELS[:2]}, trained(EXACT, LABELS[:2])),
    # settings
    "lr": (moved, {"lr": -1}, [0.8]),
    "h": (slope, {"x": X, "h": 0}, (2 * X).round(5)),
    "std": (lambda std: clusters(9, [(0, 0)], rng=np.random.default_rng(0), std=std)[0], {"std": -1},
            clusters(9, [(0, 0)], rng=np.random.default_rng(0))[0]),
    "rng": (lambda rng: spiral(5, 2, rng=rng)[0], {"rng": 42}, spiral(5, 2, rng=np.random.default_rng(42))[0]),
    "no rng": (lambda rng: spiral(5, 2, rng=rng)[0], {"rng": None}, spiral(5, 2, rng=np.random.default_rng(0))[0]),
    "k": (lambda k: held_back(X, LABELS, k), {"k": 1}, held_back(X, LABELS, 5)),
    "k, three samples": (lambda k: held_back(X[:3], LABELS[:3], k), {"k": 4}, held_back(X[:3], LABELS[:3], 3)),
    "dtype": (lambda dtype: xor(dtype)[0], {"dtype": int}, xor()[0]),
    "dtype of pixels": (lambda dtype: load_mnist_sample(dtype=dtype)[0][0][:3], {"dtype": np.float16},
                        load_mnist_sample(dtype=np.float64)[0][0][:3]),
    "reproducible integers": (lambda array: np.asarray(reproducible(array)), {"array": LABELS}, LABELS),
    # distortions
    "distort, images": (distorted, {"X": IMAGES.reshape(3, 4, 4)}, distorted(IMAGES)),
    "distort, one image": (distorted, {"X": IMAGES[0]}, distorted(IMAGES[:1])),
    "distort, reproducible": (distorted, {"X": reproducible(IMAGES)}, distorted(IMAGES)),
    "distort, pixels": (distorted, {"X": np.uint8(255 * IMAGES)}, distorted(np.uint8(255 * IMAGES) / 255)),
    "distort, an older generator": (distorted, {"X": IMAGES, "rng": np.random.RandomState(0)}, distorted(IMAGES)),
    "distort, no turn": (distorted, {"X": IMAGES, "turn": -1}, distorted(IMAGES, turn=0)),
    "grain": (distorted, {"X": IMAGES, "grain": 0}, distorted(IMAGES)),
    # plots
    "points, turned": (drawn, {"X": X.T, "y": LABELS}, X),
    "points, (N, 1)": (drawn, {"X": X, "y": LABELS[:, None]}, X),
    "points, NaN": (drawn, {"X": spoilt(X, (1, 1)), "y": LABELS}, X[KEEP]),
    "confusion of scores": (counted, {"labels": LABELS, "predicted": SCORES}, counted(LABELS, SCORES.argmax(axis=1))),
    "one digit": (shown, {"images": np.arange(784.0)}, np.arange(784.0).reshape(28, 28)),
    "a square digit": (shown, {"images": np.arange(784.0).reshape(28, 28)}, np.arange(784.0).reshape(28, 28)),
    "digits with NaN": (shown, {"images": spoilt(np.ones((2, 28, 28)), (0, 3, 3))}, np.ones((28, 28))),
    # the model and what belongs to it
    "a list of layers": (lambda layers: Sequential(layers), {"layers": [ReLU(), Softmax()]}, None),
    "a metric in a list": (functools.partial(trained, X, LABELS), {"metrics": [accuracy]}, trained(X, LABELS)),
    "a metric without a name": (functools.partial(trained, X, LABELS), {"metrics": lambda scores, y: 1.0},
                                trained(X, LABELS)),
    "a metric named loss": (functools.partial(trained, X, LABELS), {"metrics": {"loss": accuracy}}, trained(X, LABELS)),
    "a number for a penalty": (functools.partial(trained, X, LABELS), {"penalty": 0.5},
                               trained(X, LABELS, penalty=L2(0.5))),
    "a penalty that pays": (lambda strength: L2(strength).value([Parameter(SCORES)]), {"strength": -1},
                            0.0005 * (SCORES**2).sum()),
    "no parameters": (lambda parameters, model: SGD(parameters, 0.1).step, {
        "parameters": [], "model": Sequential(Dense(2, 2, rng=np.random.default_rng(0)))}, None),
    "a model for parameters": (lambda parameters, model: SGD(parameters, 0.1).step, {
        "parameters": Sequential(), "model": Sequential(Dense(2, 2, rng=np.random.default_rng(0)))}, None),
    "parameters in a generator": (lambda parameters: len(SGD(parameters, 0.1).parameters), {
        "parameters": (Parameter(X) for _ in range(2))}, 2),
    "one parameter": (lambda parameter: len(SGD(parameter, 0.1).parameters), {"parameter": Parameter(X)}, 1),
}
NAMESPACE = vars(nnlib) | {"np": np, "plots": plots}
HINT = re.compile(r"did you mean (?P<mean>.+?)\?(?= |$)|; try (?P<try>\w+=\S+)$")


def attempt(call, arguments):
    """Return the result and no message, or no result and the message."""
    try:
        return call(**arguments), None
    except (TypeError, ValueError) as error:
        return None, str(error)


def follow(message, hint, arguments):
    """Change the arguments as the hint says; return the result where the hint is the whole way to it."""
    names = NAMESPACE | arguments
    if "y" in arguments:                          # what fit calls X and y is x, labels or target further inside
        hint = re.sub(r"\b(labels|target)\b", "y", re.sub(r"\bx\b", "X", hint))
    if keep := re.match(r"keep = (.+?), then", hint):
        rows = eval(keep[1], names)
        for name, value in arguments.items():
            if np.shape(value)[:1] == rows.shape:
                arguments[name] = np.asarray(value)[rows]
        return None
    hint = hint.split(", or ")[0].replace("...", "accuracy")
    assigned = re.match(r"(\w+)=(.+)", hint)
    mentioned = [name for name in arguments if re.search(rf"\b{name}\b", assigned[2] if assigned else hint)]
    name = assigned[1] if assigned else (mentioned or re.findall(r"expected (\w+)", message))[0]
    value = eval(assigned[2] if assigned else hint, names)
    if hint == "Sequential(*layers)" or len(mentioned) == 2:
        return value
    arguments["parameters" if hint == "model.parameters()" else name] = value
    return None


@functools.cache
def story(case):
    """Follow the hints of a case until it works; return the messages and the result."""
    call, arguments, _ = CASES[case]
    arguments, messages, result = dict(arguments), [], None
    for _ in range(5):
        result, message = attempt(call, arguments)
        if message is None:
            return messages, result
        messages.append(message)
        found = HINT.search(message)
        assert found, f"no way on: {message}"
        result = follow(message, found["mean"] or found["try"], arguments)
        if result is not None:
            return messages, result
    raise AssertionError(f"the hints go round in circles: {messages}")


@pytest.mark.parametrize("case", CASES)
def test_a_hint_that_is_followed_leads_to_a_right_result(case):
    messages, result = story(case)
    assert messages, "this was no mistake"
    right = CASES[case][2]
    if right is not None and isinstance(np.ravel(right)[0], str):
        assert result == right
    elif right is not None:
        np.testing.assert_allclose(result, right, rtol=1e-12)
    plt.close("all")


def test_one_hot_targets_accuracy_and_squared_error_go_together():
    with pytest.raises(ValueError, match="these look one-hot") as caught:
        trained(X, TARGETS, MeanSquaredError, metrics=accuracy)
    metrics = eval(re.search(r"metrics=(\{.*\})", str(caught.value))[1], NAMESPACE)
    rng = np.random.default_rng(0)
    model = Sequential(Dense(2, 3, rng=rng))
    history = model.fit(X, TARGETS, MeanSquaredError(), SGD(model.parameters(), 0.0001), epochs=1, metrics=metrics)
    assert history["accuracy"] == pytest.approx([accuracy(model.predict(X), LABELS)])


def test_an_optimizer_that_is_none_may_become_one():
    class Mine:
        def __init__(self, parameters, lr):
            pass

        def step(self):
            pass

    model = Sequential(Dense(2, 3, rng=np.random.default_rng(0)))
    with pytest.raises(TypeError, match=r"did you mean class Mine\(Optimizer\)\?"):
        model.fit(X, LABELS, SoftmaxCrossEntropy(), Mine(model.parameters(), 0.1), epochs=1)
    optimizer = type("Mine", (Optimizer,), {})(model.parameters(), 0.1)
    assert len(model.fit(X, LABELS, SoftmaxCrossEntropy(), optimizer, epochs=2)["loss"]) == 2


def test_a_folder_may_become_a_file(tmp_path):
    model = Sequential(Dense(2, 3, rng=np.random.default_rng(0)))
    with pytest.raises(IsADirectoryError) as caught:
        model.save(tmp_path)
    path = Path(HINT.search(str(caught.value))["mean"])
    model.save(path)
    model.load(path)
    assert path.parent == tmp_path


def test_numpys_functions_of_a_tensor_become_its_own():
    def slope(formula):
        x = autograd.Tensor([0.5, 2.0])
        result = eval(formula, {"np": np, "x": x})
        result.sum().backward()
        return [result.data.tolist(), x.grad.tolist()]

    with pytest.raises(TypeError, match="expected an array, got a Tensor") as caught:
        slope("np.exp(x)")
    found = re.findall(r"(x\.\w+\(\)) for (np\.\w+\(.*?\)),", str(caught.value))
    right = [np.exp([[0.5, 2], [0.5, 2]]), [2.5, [1, 1]], [[0.5, 2], [1, 1]]]
    assert len(found) == len(right)
    for (ours, numpys), expected in zip(found, right):
        with pytest.raises(TypeError, match=re.escape(str(caught.value))):
            slope(numpys)
        for result, by_hand in zip(slope(ours), expected):
            np.testing.assert_allclose(result, by_hand, rtol=1e-15)


ELSEWHERE = {
    r"did you mean class .+?\(Optimizer\)\?": test_an_optimizer_that_is_none_may_become_one,
    "did you mean .+?\\?": test_a_folder_may_become_a_file,
}


def hints_in_the_sources():
    """Every hint that the library's sources can give, as a pattern, and where it stands."""
    for path in sorted(LIBRARY.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if id(node) in docstrings | inside:
                continue
            for text in texts(node):
                for hint in re.findall(r"did you mean [^?]*\?|; try \0=\0", text):
                    pattern = ".+?".join(map(re.escape, re.split(r"\0|\{\w+\}", hint)))
                    yield pattern.replace(r"\ ", " "), f"{path.name}:{node.lineno}"


def texts(node):
    """The texts that a string in the sources can become, with a zero byte for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [[part.value] if isinstance(part, ast.Constant) else filled(part.value) for part in node.values]
        yield from map("".join, itertools.product(*parts))


def filled(value):
    if isinstance(value, ast.IfExp) and isinstance(value.body, ast.Constant) and isinstance(value.orelse, ast.Constant):
        return [value.body.value, value.orelse.value]
    return ["\0"]


def test_every_hint_in_the_library_is_followed_by_a_test():
    given = [message for case in CASES for message in story(case)[0]]
    sources = dict(hints_in_the_sources())
    assert len(sources) > 30
    missing = {pattern: place for pattern, place in sources.items()
               if not any(re.search(pattern, message) for message in given) and pattern not in ELSEWHERE}
    assert missing == {}, "add a case for each of these hints to CASES"


def test_no_hint_installs_a_package_that_this_project_does_not_need():
    """There is a package named nnlib on PyPI. It is somebody else's."""
    known = {"pooch", "tqdm", "matplotlib"}
    for path in LIBRARY.rglob("*.py"):
        for advice in re.findall(r"pip install ([^\n\"',.]*)", path.read_text(encoding="utf-8")):
            assert set(advice.split()) <= known, f"{path.name}: {advice}"


# --- and whatever comes instead of an array -------------------------------------------------------

VALUES = {
    "a list": lambda a: a.tolist(),
    "a tuple": lambda a: tuple(a.tolist()),
    "a ragged list": lambda a: [[1.0, 2.0], [3.0]],
    "a DataFrame": Frame,
    "sparse": Sparse,
    "a tensor": Tensor,
    "masked": lambda a: masked(a, 1),
    "masked nowhere": np.ma.array,
    "a matrix": matrix,
    "objects": lambda a: a.astype(object),
    "mixed objects": lambda a: np.array([None, "a", 1.0], object),
    "strings": lambda a: a.astype(str),
    "words": lambda a: WORDS,
    "dates": lambda a: np.arange(6).astype("M8[D]"),
    "records": lambda a: np.zeros(6, "i4,f4"),
    "half": lambda a: a.astype(np.float16),
    "long": lambda a: a.astype(np.longdouble),
    "complex": lambda a: a + 1j,
    "booleans": lambda a: a > 1,
    "uint8": lambda a: a.astype(np.uint8),
    "int64": lambda a: a.astype(np.int64),
    "float32": lambda a: a.astype(np.float32),
    "float64": lambda a: a.astype(np.float64),
    "big-endian": lambda a: a.astype(">f8"),
    "reproducible": lambda a: reproducible(a / 1),
    "empty": lambda a: a[:0],
    "without columns": lambda a: np.ones((6, 0)),
    "empty list": lambda a: [],
    "0-d": lambda a: np.array(1.5),
    "one row": lambda a: a[0],
    "turned": lambda a: a.T,
    "a stack": lambda a: a[None] / 1,
    "a column": lambda a: a.reshape(-1, 1),
    "NaN": lambda a: spoilt(a, 2),
    "infinite": lambda a: spoilt(a, 2) * 0 + np.inf,
    "negative": lambda a: -a - 1,
    "huge": lambda a: a * 10**17,
    "None": lambda a: None,
    "a number": lambda a: 3.0,
    "a whole number": lambda a: 3,
    "a truth": lambda a: True,
    "text": lambda a: "abc",
    "a dict": lambda a: {"x": a},
    "a set": lambda a: {1, 2},
    "a generator": iter,
    "a function": lambda a: np.sum,
    "a class": lambda a: np.ndarray,
}
LAYER = Dense(3, 2, rng=np.random.default_rng(0))
MODEL = Sequential(LAYER)
SEED = 0


def rng():
    return np.random.default_rng(SEED)


def rows(softened):
    """The same in Python, row by row."""
    return lambda x: np.reshape([softened([float(v) for v in row]) for row in np.reshape(x, (-1, np.shape(x)[-1]))],
                                np.shape(x))


def each(formula):
    return lambda x: np.reshape([formula(float(v)) for v in np.ravel(x)], np.shape(x))


def soft(row):
    exponentials = [np.exp(v - max(row)) for v in row] if not np.isnan(row).any() else [np.nan for _ in row]
    return [e / sum(exponentials) for e in exponentials]


def anything(*arguments):
    """Where every accepted value is fine, as there is nothing to compute."""


# A function of one value, a good value for it, and the right answer; None where a good type is all that is asked.
FUZZED = {
    "relu": (relu, SCORES, each(lambda v: v if v > 0 or v != v else 0.0)),
    "sigmoid": (sigmoid, SCORES, each(lambda v: 1 / (1 + np.exp(-v)))),
    "softmax": (softmax, SCORES, rows(soft)),
    "log_softmax": (nnlib.log_softmax, SCORES, None),
    "one_hot labels": (lambda v: one_hot(v, 3), LABELS,
                      lambda v: np.reshape([[float(k == label) for k in range(3)] for label in v], (len(v), 3))),
    "one_hot n_classes": (
        lambda v: one_hot(LABELS, v), 3, lambda v: [[float(k == y) for k in range(v)] for y in LABELS]),
    "one_hot dtype": (lambda v: one_hot(LABELS, 3, v), np.float32, anything),
    "accuracy scores": (lambda v: accuracy(v, LABELS), SCORES,
                        lambda v: sum(max(row) == row[y] for row, y in zip(v, LABELS)) / len(v)),
    "accuracy labels": (lambda v: accuracy(SCORES, v), LABELS, lambda v: sum(
        max(row) == row[y] for row, y in zip(SCORES, v)) / len(v)),
    "binary_accuracy logits": (lambda v: binary_accuracy(v, YES), LOGITS, anything),
    "binary_accuracy labels": (lambda v: binary_accuracy(LOGITS, v), YES, anything),
    "SigmoidCrossEntropy logits": (lambda v: yes_or_no(v, YES), LOGITS, None),
    "SigmoidCrossEntropy labels": (lambda v: yes_or_no(LOGITS, v), YES, anything),
    "Standardizer X": (lambda v: Standardizer(v).std.shape, X, lambda v: v.shape[1:]),
    "Standardizer x": (lambda v: Standardizer(X).transform(v), X, None),
    "Standardizer inverse": (lambda v: Standardizer(X).inverse(v), X, None),
    "batches X": (lambda v: np.concatenate([x for x, _ in batches(v, LABELS, 4)]), SCORES, lambda v: v),
    "batches y": (lambda v: np.concatenate([y for _, y in batches(SCORES, v, 4, rng())]), LABELS,
                  lambda v: v[rng().permutation(6)]),
    "batches batch_size": (lambda v: sum(len(x) for x, _ in batches(X, X, v)), 4, lambda v: 6),
    "batches rng": (lambda v: sum(len(x) for x, _ in batches(X, X, 4, v)), rng(), lambda v: 6),
    "folds X": (lambda v: np.concatenate([held[0] for _, held in folds(v, LABELS, 3, rng())]), SCORES,
                lambda v: np.asarray(v)[rng().permutation(6)]),
    "folds y": (lambda v: np.concatenate([held[1] for _, held in folds(SCORES, v, 3, rng())]), LABELS,
                lambda v: v[rng().permutation(6)]),
    "folds k": (lambda v: sum(len(held[0]) for _, held in folds(X, X, v, rng())), 4, lambda v: 6),
    "folds rng": (lambda v: sum(len(held[0]) for _, held in folds(X, X, 4, v)), rng(), lambda v: 6),
    "spiral samples": (lambda v: len(spiral(v, 2, rng=rng())[0]), 4, lambda v: 2 * v),
    "spiral classes": (lambda v: len(spiral(2, v, rng=rng())[0]), 4, lambda v: 2 * v),
    "spiral rng": (lambda v: len(spiral(2, 2, rng=v)[0]), rng(), lambda v: 4),
    "spiral dtype": (lambda v: spiral(2, 2, rng=rng(), dtype=v)[0].dtype, np.float32, np.dtype),
    "vertical samples": (lambda v: len(vertical(v, 2, rng=rng())[0]), 4, lambda v: 2 * v),
    "vertical classes": (lambda v: len(vertical(2, v, rng=rng())[0]), 4, lambda v: 2 * v),
    "vertical dtype": (lambda v: vertical(2, 2, rng=rng(), dtype=v)[0].dtype, np.float32, np.dtype),
    "clusters samples": (lambda v: len(clusters(v, X, rng=rng())[0]), 4, lambda v: 6 * v),
    "clusters centres": (lambda v: clusters(1, v, rng=rng(), std=1e-300)[0], X, lambda v: np.array(v, float)),
    "clusters std": (lambda v: clusters(1, X, rng=rng(), std=v)[0].shape, 0.5, lambda v: (6, 2)),
    "clusters rng": (lambda v: len(clusters(2, X, rng=v)[0]), rng(), lambda v: 12),
    "clusters dtype": (lambda v: clusters(2, X, rng=rng(), dtype=v)[0].dtype, np.float32, np.dtype),
    "xor dtype": (lambda v: xor(v)[0].dtype, np.float32, np.dtype),
    "distort X": (lambda v: distort(v, rng()), np.ones((6, 4)), anything),
    "distort rng": (lambda v: distort(np.ones((6, 4)), v).shape, rng(), lambda v: (6, 4)),
    "distort bend": (lambda v: distort(np.ones((6, 4)), rng(), bend=v).shape, 0.5, lambda v: (6, 4)),
    "numerical_gradient x": (lambda v: numerical_gradient(lambda x: (x * x).sum(), v), SCORES, None),
    "numerical_gradient h": (lambda v: numerical_gradient(lambda x: (x * x).sum(), X, v).shape, 0.1, lambda v: (6, 2)),
    "relative_error a": (lambda v: relative_error(v, SCORES + 1), SCORES, None),
    "relative_error b": (lambda v: relative_error(SCORES + 1, v), SCORES, None),
    "Dense x": (lambda v: LAYER.forward(v), SCORES, None),
    "SoftmaxCrossEntropy logits": (lambda v: SoftmaxCrossEntropy().forward(v, LABELS), SCORES, None),
    "SoftmaxCrossEntropy labels": (lambda v: SoftmaxCrossEntropy().forward(SCORES, v), LABELS, anything),
    "MeanSquaredError prediction": (lambda v: MeanSquaredError().forward(v, SCORES), SCORES, None),
    "MeanAbsoluteError target": (lambda v: MeanAbsoluteError().forward(SCORES, v), SCORES, None),
    "predict X": (lambda v: MODEL.predict(v), SCORES, None),
    "evaluate y": (lambda v: MODEL.evaluate(SCORES, v, SoftmaxCrossEntropy()), LABELS // 2, anything),
    "points X": (lambda v: plots.points(v).collections[0].get_offsets(), X, lambda v: v),
    "points y": (lambda v: plots.points(X, v), LABELS, anything),
    "points names": (lambda v: plots.points(X, LABELS, names=v), ["a", "b", "c"], anything),
    "points every": (lambda v: plots.points(X, every=v), 2, anything),
    "decision_regions X": (lambda v: plots.decision_regions(lambda p: p, v, LABELS, steps=3), X, anything),
    "decision_regions y": (lambda v: plots.decision_regions(lambda p: p, X, v, steps=3), LABELS, anything),
    "decision_regions predict": (lambda v: plots.decision_regions(lambda p: v, X, LABELS, steps=3),
                                 np.ones((9, 2)), anything),
    "digits images": (lambda v: plots.digits(v), np.ones((6, 784)), anything),
    "digits columns": (lambda v: plots.digits(np.ones((6, 784)), columns=v), 4, anything),
    "confusion labels": (lambda v: plots.confusion(v, LABELS), LABELS, anything),
    "confusion predicted": (lambda v: plots.confusion(LABELS, v), LABELS, anything),
    "confusion n_classes": (lambda v: plots.confusion(LABELS, LABELS, v), 3, anything),
    "curves history": (lambda v: plots.curves(v), {"loss": [1, 2]}, anything),
    "curves names": (lambda v: plots.curves({"loss": [1, 2]}, v), ["loss"], anything),
    "network sizes": (lambda v: plots.network(v), [1, 2], anything),
    "matrix_product left": (lambda v: plots.matrix_product(v, (1, 2)), (2, 3), anything),
    "matrix_product right": (lambda v: plots.matrix_product((1, 2), v), (2, 3), anything),
}
PLAIN = {"float32", "float64", "big-endian", "reproducible", "empty", "without columns", "0-d", "one row", "turned",
         "a stack", "a column", "NaN", "infinite", "negative", "huge"}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NaN and infinity may be computed with, and are
@pytest.mark.parametrize("function", FUZZED)
def test_any_value_gives_a_right_result_or_an_error_of_our_own(function):
    call, good, right = FUZZED[function]
    call(good)
    for name, make in VALUES.items():
        value = make(good if isinstance(good, np.ndarray) else SCORES)
        try:
            result = call(value)
        except (TypeError, ValueError) as error:
            raised = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
            assert LIBRARY in raised.parents and re.match("expected .*(got|but)", str(error), re.S), (name, error)
        else:
            expected = result if right is None else right(make(good if isinstance(good, np.ndarray) else SCORES))
            assert right is not None or name in PLAIN, f"{function} took {name}"
            if expected is not None:
                if isinstance(result, np.dtype) or np.asarray(result).dtype.kind != "f":
                    np.testing.assert_array_equal(result, expected, name)
                else:
                    np.testing.assert_allclose(result, expected, rtol=1e-7, atol=1e-99, err_msg=name)
        finally:
            plt.close("all")
