"""The neural network library that the book builds up: small, and NumPy only."""

from nnlib.bits import fingerprint, round_to_grid
from nnlib.convolution import BatchNorm, Conv2D, Flatten, MaxPool2D, Unflatten
from nnlib.data import Standardizer, batches, clusters, folds, spiral, vertical, xor
from nnlib.diagnosis import diagnose, examine
from nnlib.digit_network import trained_digit_network
from nnlib.distortions import distort
from nnlib.functions import accuracy, binary_accuracy, log_softmax, one_hot, relu, sigmoid, softmax
from nnlib.gradcheck import check_gradients, numerical_gradient, relative_error
from nnlib.layers import Dense, Dropout, Layer, LeakyReLU, Parameter, ReLU, Sigmoid, Softmax, Tanh
from nnlib.losses import Loss, MeanAbsoluteError, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
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
from nnlib.own_digits import own_digit
from nnlib.penalties import L1, L2, Penalty
from nnlib.reproducibility import precise, reproducible
from nnlib.tables import example_csv
from nnlib.trained import load_answers, load_record, load_trained
from nnlib.versions import show_versions
from nnlib.weights import load_weights, save_weights

__all__ = [
    "L1",
    "L2",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Loss",
    "MaxPool2D",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MnistError",
    "Optimizer",
    "Parameter",
    "Penalty",
    "RMSprop",
    "ReLU",
    "Scheduled",
    "Sequential",
    "Sigmoid",
    "SigmoidCrossEntropy",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Standardizer",
    "Tanh",
    "Unflatten",
    "accuracy",
    "batches",
    "binary_accuracy",
    "check_gradients",
    "clip_gradients",
    "clusters",
    "cosine",
    "diagnose",
    "distort",
    "examine",
    "example_csv",
    "fingerprint",
    "folds",
    "load_answers",
    "load_mnist",
    "load_mnist_sample",
    "load_record",
    "load_trained",
    "load_weights",
    "log_softmax",
    "numerical_gradient",
    "one_hot",
    "own_digit",
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
    "trained_digit_network",
    "vertical",
    "warm_up",
    "xor",
]
