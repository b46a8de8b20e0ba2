"""A convolutional network that has learned all of MNIST; training it takes half an hour, so its weights are here."""

from pathlib import Path

import numpy as np

from nnlib.convolution import BatchNorm, Conv2D, Flatten, MaxPool2D, Unflatten
from nnlib.layers import Dense, Dropout, ReLU
from nnlib.model import Sequential
from nnlib.weights import state

FILE = Path(__file__).parent / "digit_network.npz"


def digit_network(rng):
    """Return the network with fresh weights, in float32: three convolutions, two poolings, two dense layers.

    Parameters
    ----------
    rng : Generator

    Returns
    -------
    Sequential
        From rows of 784 pixels to ten scores.
    """
    settings = {"rng": rng, "dtype": np.float32}
    return Sequential(
        Unflatten((28, 28, 1)),                                                        # (N, 28, 28, 1)
        Conv2D(1, 16, 5, **settings), MaxPool2D(2), BatchNorm(16, dtype=np.float32), ReLU(),   # (N, 12, 12, 16)
        Conv2D(16, 32, 3, **settings), BatchNorm(32, dtype=np.float32), ReLU(),                # (N, 10, 10, 32)
        Conv2D(32, 64, 3, **settings), MaxPool2D(2), BatchNorm(64, dtype=np.float32), ReLU(),  # (N, 4, 4, 64)
        Flatten(), Dropout(0.3, rng=rng), Dense(1024, 128, **settings), ReLU(),                # (N, 128)
        Dropout(0.3, rng=rng), Dense(128, 10, **settings),                                     # (N, 10)
    )


def trained_digit_network():
    """Return the network with what it has learned from 55,000 digits of MNIST and their distorted copies.

    The weights are stored in half precision, which halves the file and changes none of its answers to the test digits.
    How they came about, and how many of the test digits they read, is in ``nnlib/digit_network.json``;
    ``tools/climb_convolution.py`` trains it anew.

    Returns
    -------
    Sequential
        In evaluation mode, in float32: from rows of 784 pixels, 0 to 1, to ten scores.

    Examples
    --------
    >>> from nnlib import load_mnist_sample
    >>> X, y = load_mnist_sample(dtype=np.float32)[1]
    >>> trained_digit_network().predict(X[:5]).argmax(axis=1) == y[:5]
    array([ True,  True,  True,  True,  True])
    """
    network = digit_network(np.random.default_rng(0))
    with np.load(FILE, allow_pickle=False) as stored:
        for name, own in state(network).items():
            own[...] = stored[name]
    network.eval()
    return network
