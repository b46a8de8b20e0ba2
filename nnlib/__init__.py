"""The neural network library that the book builds up: small, and NumPy only."""

from nnlib.bits import fingerprint, round_to_grid
from nnlib.data import batches, clusters, folds, spiral, vertical, xor
from nnlib.functions import accuracy, log_softmax, one_hot, relu, sigmoid, softmax
from nnlib.gradcheck import check_gradients, numerical_gradient, relative_error
from nnlib.layers import Dense, Layer, LeakyReLU, Parameter, ReLU, Sigmoid, Softmax, Tanh
from nnlib.losses import Loss, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from nnlib.mnist import MnistError, load_mnist, load_mnist_sample
from nnlib.model import Sequential
from nnlib.optimizers import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Optimizer,
    RMSprop,
    Scheduled,
    clip_gradients,
    cosine,
    step_decay,
    warm_up,
)
from nnlib.reproducibility import precise, reproducible
from nnlib.versions import show_versions
from nnlib.weights import load_weights, save_weights

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Dense",
    "Layer",
    "LeakyReLU",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MnistError",
    "Optimizer",
    "Parameter",
    "RMSprop",
    "ReLU",
    "Scheduled",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Tanh",
    "accuracy",
    "batches",
    "check_gradients",
    "clip_gradients",
    "clusters",
    "cosine",
    "fingerprint",
    "folds",
    "load_mnist",
    "load_mnist_sample",
    "load_weights",
    "log_softmax",
    "numerical_gradient",
    "one_hot",
    "precise",
    "relative_error",
    "relu",
    "reproducible",
    "round_to_grid",
    "save_weights",
    "show_versions",
    "sigmoid",
    "softmax",
    "spiral",
    "step_decay",
    "vertical",
    "warm_up",
    "xor",
]
