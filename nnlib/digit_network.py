"""A convolutional network that has learned all of MNIST; training it takes half an hour, so its weights are here."""

from pathlib import Path

import numpy as np

from nnlib.convolution import BatchNorm, Conv2D, Flatten, MaxPool2D, Unflatten
from nnlib.layers import Dense, ReLU
from nnlib.model import Sequential

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
        Flatten(), Dense(1024, 128, **settings), ReLU(), Dense(128, 10, **settings),           # (N, 10)
    )
