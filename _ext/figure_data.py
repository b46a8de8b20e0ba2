"""The book's data that movable figures work on: a function a figure, called as the figure is, with `_` for `-`."""

import numpy as np

from nnlib import clusters, spiral, vertical, xor


def short(numbers):
    """As lists, with the digits that a picture and a percentage need."""
    return np.round(numbers, 6).tolist()


def fig_spiral_fold():
    """Chapter 6: two classes of four sets."""
    sets = {
        "clusters": clusters(100, [(0, 0), (5, 5), (-5, 5)], rng=np.random.RandomState(42)),
        "vertical": vertical(320, 3, rng=np.random.default_rng(0)),
        "xor": xor(),
        "spiral": spiral(320, 5, rng=np.random.RandomState(0)),
    }
    return {name: {"X": short(X[y < 2]), "y": y[y < 2].tolist()} for name, (X, y) in sets.items()}


def fig_layers_start():
    """Chapter 5: the size of the signal after each of twenty layers with He's weights. Other weights only scale it."""
    rng = np.random.default_rng(0)
    signal, sizes = rng.standard_normal((200, 100)), []
    for _ in range(21):
        sizes.append(float((signal**2).mean() ** 0.5))
        signal = np.maximum(signal @ (np.sqrt(2 / 100) * rng.standard_normal((100, 100))), 0)
    return sizes


def fig_forward_curves():
    """Chapter 9: the two tasks, a hundred points a class."""
    bands, _ = vertical(100, 3, rng=np.random.RandomState(0))
    arms, _ = spiral(100, 5, rng=np.random.RandomState(0))
    return {"bands": bands.ravel().round(9).tolist(), "spiral": arms.ravel().round(9).tolist()}
