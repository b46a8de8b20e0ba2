"""Ten networks that do not learn, each for one reason, and ten that do: diagnose finds the ones and leaves the others."""

import copy

import numpy as np
import pytest

from nnlib import (
    SGD,
    Adam,
    Dense,
    Layer,
    LeakyReLU,
    Loss,
    MeanSquaredError,
    Optimizer,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    clusters,
    fingerprint,
    load_mnist_sample,
    one_hot,
    reproducible,
    spiral,
    xor,
)
from nnlib.diagnosis import ROWS, diagnose, examine, flat_share

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


class Forgetful(Dense):
    """A Dense whose backward multiplies by the wrong matrix, of the right shape."""

    def backward(self, dy):
        self.fill_gradients(dy)
        return dy @ self.W.data


def bug_in_backward(rng):
    X, y = arms(rng)
    model = Sequential(Dense(2, 32, rng=rng), ReLU(), Forgetful(32, 32, rng=rng), ReLU(), Dense(32, 3, rng=rng))
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


HEALTHY = [healthy_spiral, ordered_but_shuffled, regression, deep_relu, deep_tanh, shallow_sigmoid, four_corners,
           unbalanced, digits, layers_of_ones_own]
