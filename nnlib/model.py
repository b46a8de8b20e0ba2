"""The network: layers in a row, and the loop that trains them."""

import contextlib
import math
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from nnlib.checks import (
    check_count,
    check_finite,
    check_learnable,
    check_lengths,
    check_loss,
    check_shuffle,
    check_weights,
)
from nnlib.data import batches
from nnlib.layers import Layer


class Sequential(Layer):
    """Run layers one after another, each on the output of the one before.

    A `Sequential` is itself a layer, so networks can be nested.

    Parameters
    ----------
    *layers : Layer
        From the input to the output.

    Attributes
    ----------
    layers : list of Layer
    history : dict of list
        What the last `fit` recorded, one number an epoch; also there after a `fit` that failed.

    Examples
    --------
    >>> from nnlib import Dense, ReLU, SGD, SoftmaxCrossEntropy
    >>> rng = np.random.default_rng(0)
    >>> X, y = np.eye(2), np.array([0, 1])
    >>> model = Sequential(Dense(2, 8, rng=rng), ReLU(), Dense(8, 2, rng=rng))
    >>> history = model.fit(X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), lr=0.5), epochs=50)
    >>> model.predict(X).argmax(axis=1)
    array([0, 1])
    """

    def __init__(self, *layers):
        self.layers = list(layers)
        self.history = {}

    def forward(self, x):                         # (N, n_in) -> (N, n_out)
        """Return the output of the last layer."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dy):                       # (N, n_out) -> (N, n_in)
        """Return the gradient of the input, and fill the gradients of every parameter."""
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy

    def fill_gradients(self, dy):                 # (N, n_out)
        """Fill the gradients of every parameter; the first layer's input needs none."""
        for layer in reversed(self.layers[1:]):
            dy = layer.backward(dy)
        for layer in self.layers[:1]:
            layer.fill_gradients(dy)

    def parameters(self):
        """Return the parameters of all layers, first layer first."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def fit(self, X, y, loss, optimizer, *, epochs, batch_size=None, rng=None, validation=None, metrics=None,
            progress=True):
        """Train: in every epoch, learn once from every batch, and record how it went.

        Parameters
        ----------
        X : ndarray of float, shape (N, n_in)
        y : ndarray, N rows
            The targets, as `loss` wants them.
        loss : SoftmaxCrossEntropy, MeanSquaredError or another with forward and backward
        optimizer : SGD or another with step
        epochs : int
            How many times to go through the data.
        batch_size : int, optional
            Samples a step; the default is all of them ("full batch").
        rng : Generator or RandomState, optional
            Shuffles the samples anew in every epoch; needed with `batch_size`.
        validation : (X, y), optional
            Data to evaluate, and not to learn from, after every epoch.
        metrics : function of (prediction, y), or dict of functions by name, optional
            Recorded beside the loss: a function under its own name, as `accuracy` is.
        progress : bool, default True
            Show a progress bar, where tqdm is installed.

        Returns
        -------
        dict of list
            One number an epoch under "loss" (the mean over the epoch's samples, each measured before its
            step) and each metric's name, and with `validation` under "val_loss" and so on.

        Raises
        ------
        TypeError, ValueError
            If the data, their lengths or a setting do not fit. No weight has been changed then.
        FloatingPointError
            If the loss turns NaN or infinite. `history` keeps the epochs before.
        """
        check_learnable(self, loss, X, y, validation)
        check_count(epochs=epochs)
        check_shuffle(batch_size, rng)
        self.history = {}
        for epoch in progress_bar(range(1, epochs + 1), progress):
            cut = batches(X, y, batch_size or len(X), rng)
            with np.errstate(over="ignore", invalid="ignore"):    # check_loss says it better
                means = self._train_epoch(epoch, cut, loss, optimizer, metrics)
            if validation is not None:
                measured = self.evaluate(*validation, loss, metrics)
                means.update({f"val_{name}": value for name, value in measured.items()})
            for name, value in means.items():
                self.history.setdefault(name, []).append(value)
        return self.history

    def _train_epoch(self, epoch, batches, loss, optimizer, metrics):
        """Learn once from every batch; return the means over the samples."""
        sizes, records = [], []
        for step, (x, y) in enumerate(batches, start=1):
            records.append(measure(self.forward(x), y, loss, metrics))
            sizes.append(len(x))
            check_loss(records[-1]["loss"], epoch, step)
            self.fill_gradients(loss.backward())
            optimizer.step()
        return {name: weighted_mean([record[name] for record in records], sizes) for name in records[0]}

    def predict(self, X, batch_size=1000):
        """Run the network forward over any number of samples, a thousand at a time.

        Parameters
        ----------
        X : ndarray of float, shape (N, n_in)
        batch_size : int, default 1000
            Samples a pass: a bound on the memory needed.

        Returns
        -------
        ndarray, shape (N, n_out)
            What the last layer gives: for a classifier, usually scores.

        Raises
        ------
        TypeError, ValueError
            If `X` is empty, has another shape, or holds NaN or infinity.
        """
        check_lengths(X=X)
        check_finite("X", X)
        check_count(batch_size=batch_size)
        return np.concatenate([self.forward(x) for x, _ in batches(X, X, batch_size)])

    def evaluate(self, X, y, loss, metrics=None):
        """Measure the loss, and the metrics if given, without learning.

        Parameters
        ----------
        X, y, loss, metrics
            See `fit`.

        Returns
        -------
        dict of float
            Under "loss" and each metric's name.
        """
        check_lengths(X=X, y=y)
        return measure(self.predict(X), y, loss, metrics)

    def save(self, path):
        """Write all parameters to a file: a NumPy ``.npz`` archive, without pickle.

        The file appears whole or not at all: it is written beside `path` and then renamed.

        Parameters
        ----------
        path : str or Path

        Examples
        --------
        >>> from nnlib import Dense
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "weights.npz"
        >>> model = Sequential(Dense(2, 1, rng=np.random.default_rng(0)))
        >>> model.save(path)
        >>> other = Sequential(Dense(2, 1, rng=np.random.default_rng(1)))
        >>> other.load(path)
        >>> bool((other.layers[0].W.data == model.layers[0].W.data).all())
        True
        >>> folder.cleanup()
        """
        arrays = {f"parameter_{i}": parameter.data for i, parameter in enumerate(self.parameters())}
        path = Path(path)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=path.name) as folder:
            np.savez(Path(folder) / "weights.npz", architecture=repr(self), **arrays)
            os.replace(Path(folder) / "weights.npz", path)

    def load(self, path):
        """Read the parameters that `save` wrote into a network of the same architecture.

        Parameters
        ----------
        path : str or Path

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged, of another kind, holds a pickle, or belongs to another architecture.
            No weight has been changed then.
        """
        arrays = read_weights(path)
        check_weights(path, arrays, self)
        for i, parameter in enumerate(self.parameters()):
            parameter.data[...] = arrays[f"parameter_{i}"]

    def __repr__(self):
        return f"Sequential({', '.join(map(repr, self.layers))})"


def measure(prediction, y, loss, metrics):
    """Return the loss and the metrics by name."""
    if callable(metrics):
        metrics = {metrics.__name__: metrics}
    return {"loss": loss.forward(prediction, y), **{name: f(prediction, y) for name, f in (metrics or {}).items()}}


def weighted_mean(values, weights):
    """Return ``Σ weight · value / Σ weight``, the sum rounded once, so that no machine gets another last digit."""
    return math.fsum(weight * value for value, weight in zip(values, weights)) / sum(weights)


def progress_bar(steps, show):
    """Return `steps` behind a progress bar, or as they are where `show` is false or tqdm is missing."""
    with contextlib.suppress(ModuleNotFoundError):
        if show:
            from tqdm import tqdm

            return tqdm(steps, desc="epoch", leave=False)
    return steps


def read_weights(path):
    """Return the arrays of a weights file by name; raise ValueError if it is damaged or another kind of file."""
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive}
        except (zipfile.BadZipFile, ValueError, TypeError, AttributeError, EOFError, OSError) as error:
            raise ValueError(
                f"expected weights written by Sequential.save, got {path}, which is damaged or another kind of file"
            ) from error
