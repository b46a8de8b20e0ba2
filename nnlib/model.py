"""The network: layers in a row, and the loop that trains them."""

import contextlib
import math
import numbers
import sys

import numpy as np

from nnlib.checks import check_count, check_finite, check_lengths, check_protocol, check_rng
from nnlib.data import batches
from nnlib.layers import Layer, Parameter, layers_within
from nnlib.optimizers import check_optimizer
from nnlib.weights import load_weights, save_weights, state


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
    training : bool
        What `train` and `eval` have said last, to this network and all layers within. True at first.

    Raises
    ------
    TypeError, ValueError
        If something else than layers is given, or one layer twice.

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

    training = True

    def __init__(self, *layers):
        check_layers(layers)
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
            penalty=None, patience=None, progress=None):
        """Train: in every epoch, learn once from every batch, and record how it went.

        Parameters
        ----------
        X : ndarray of float, shape (N, n_in)
        y : ndarray, N rows
            The targets, as `loss` wants them.
        loss : Loss
        optimizer : Optimizer
            For all the parameters of this network.
        epochs : int
            How many times to go through the data.
        batch_size : int, optional
            Samples a step; the default is all of them ("full batch").
        rng : Generator or RandomState, optional
            Shuffles the samples anew in every epoch; needed with `batch_size`.
        validation : (X, y), optional
            Data to evaluate, and not to learn from, after every epoch.
        metrics : function of (prediction, y), or dict of functions by name, optional
            Recorded beside the loss: a function under its own name, as `accuracy` is. Each returns a number.
        penalty : Penalty, optional
            `L2` or `L1`: its slopes are added to the gradients before every step. The losses recorded are without it,
            so that "loss" and "val_loss" can be compared; `penalty.value` tells it.
        patience : int, optional
            Stop early: once "val_loss" has not gone below its lowest for so many epochs. In the end the network has
            the weights of the epoch with the lowest, the first one if there are several: that of the smallest
            "val_loss". Needs `validation`. What the optimizer remembers is not taken back.
        progress : bool, optional
            Show a progress bar, where tqdm is installed. The default shows it in a terminal only: a stored
            notebook or a log would be littered.

        Returns
        -------
        dict of list
            One number an epoch under "loss" (the mean over the epoch's samples, each measured before its
            step, as the network then was: with `Dropout`, while it drops) and each metric's name, and with `validation`
            under "val_loss" and so on, measured as `evaluate` does: without dropping.

        Raises
        ------
        TypeError, ValueError
            If the data, their lengths or a setting do not fit. No weight has been changed then.
        FloatingPointError
            If the loss turns NaN or infinite. `history` keeps the epochs before.

        Notes
        -----
        Layers that behave differently in training, such as `Dropout`, are told by `train` and `eval`. After `fit` the
        network is in evaluation mode; a training loop of your own calls ``model.train()`` first.

        To keep the first layers as they are, train a network of the others, ``Sequential(*layers[2:])``, on what
        the first ones give, ``Sequential(*layers[:2]).predict(X)``.
        """
        check_parts(self, loss, optimizer)
        check_validation(validation)
        check_learnable(self, loss, X, y, validation)
        check_count(epochs=epochs)
        check_shuffle(batch_size, rng)
        check_metrics(metrics)
        check_penalty(penalty, self)
        check_patience(patience, validation)
        self.history, best = {}, []
        for epoch in progress_bar(range(1, epochs + 1), progress):
            cut = batches(X, y, batch_size or len(X), rng)
            with np.errstate(over="ignore", invalid="ignore"):    # check_loss says it better
                means = self._train_epoch(epoch, cut, loss, optimizer, metrics, penalty)
            if validation is not None:
                measured = self.evaluate(*validation, loss, metrics)
                means.update({f"val_{name}": value for name, value in measured.items()})
            for name, value in means.items():
                self.history.setdefault(name, []).append(value)
            if patience is not None:
                check_loss(means["val_loss"], f"on the validation data after epoch {epoch}")
                since_best = epoch - 1 - np.argmin(self.history["val_loss"])
                if since_best == 0:
                    best = [a.copy() for a in state(self).values()]
                if since_best == patience:
                    break
        for array, kept in zip(state(self).values(), best):
            array[...] = kept
        return self.history

    def _train_epoch(self, epoch, batches, loss, optimizer, metrics, penalty):
        """Learn once from every batch; return the means over the samples."""
        self.train()
        records = []
        for step, (x, y) in enumerate(batches, start=1):
            prediction = self.forward(x)
            record = {"loss": loss.forward(prediction, y)}
            check_loss(record["loss"], f"at epoch {epoch}, step {step}")
            self.fill_gradients(loss.backward())
            measured = measure(prediction, y, metrics)    # after the gradients: a metric may use the network
            records.append((len(x), record | measured))
            if penalty is not None:
                penalty.add_gradients(self.parameters())
            optimizer.step()
        self.eval()
        return weighted_means(records)

    def predict(self, X, batch_size=1000):
        """Run the network forward over any number of samples, a thousand at a time, in evaluation mode.

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
        training = self.training
        self.eval()
        try:
            return np.concatenate([self.forward(x) for x, _ in batches(X, X, batch_size)])
        finally:
            self.train(training)

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
        check_protocol("loss", loss, "forward backward")
        check_metrics(metrics)
        check_lengths(X=X, y=y)
        prediction = self.predict(X)
        return {"loss": loss.forward(prediction, y), **measure(prediction, y, metrics)}

    def train(self, training=True):
        """Tell every layer within, however deep, whether this is training: `Dropout` drops only then.

        Parameters
        ----------
        training : bool, default True

        Examples
        --------
        >>> from nnlib import Dropout
        >>> model = Sequential(Dropout(0.5, rng=np.random.default_rng(0)))
        >>> model.forward(np.ones((1, 4)))
        array([[2., 0., 0., 0.]])
        >>> model.eval()
        >>> model.forward(np.ones((1, 4)))
        array([[1., 1., 1., 1.]])
        """
        for layer in layers_within(self):
            layer.training = training

    def eval(self):
        """Tell every layer within that this is not training, but use."""
        self.train(False)

    def save(self, path, optimizer=None):
        """Write all parameters to a file: see `save_weights`."""
        save_weights(path, self, optimizer)

    def load(self, path, optimizer=None):
        """Read the parameters that `save` wrote into a network of the same architecture: see `load_weights`."""
        load_weights(path, self, optimizer)

    def __repr__(self):
        return f"Sequential({', '.join(map(repr, self.layers))})"


def measure(prediction, y, metrics):
    """Return the metrics by name; a function without a name given goes by its own."""
    if callable(metrics):
        metrics = {metrics.__name__: metrics}
    values = {name: metric(prediction, y) for name, metric in (metrics or {}).items()}
    check_measured(values)
    return values


def weighted_means(records):
    """Return ``Σ size · value / Σ size`` by name, the sum rounded once, so that no machine gets another last digit."""
    total = sum(size for size, _ in records)
    return {name: math.fsum(size * record[name] for size, record in records) / total for name in records[0][1]}


def progress_bar(steps, show=None):
    """Return `steps` behind a progress bar, or as they are where nobody watches or tqdm is missing."""
    if show is None:
        show = sys.stderr is not None and sys.stderr.isatty()
    with contextlib.suppress(ModuleNotFoundError):
        if show:
            from tqdm import tqdm

            return tqdm(steps, desc="epoch", leave=False)
    return steps


def check_layers(layers, seen=()):
    """Raise unless these are layers, each there once: a layer keeps what its backward reads, one forward at a time."""
    if len(layers) == 1 and isinstance(layers[0], (list, tuple)):
        raise TypeError(f"expected layers, got a {type(layers[0]).__name__}; did you mean Sequential(*layers)?")
    seen = list(seen)
    for layer in _walk(layers):
        check_protocol("a layer", layer, "forward backward fill_gradients parameters")
        if any(layer is other for other in seen):
            raise ValueError(
                f"expected every layer once, got the same {type(layer).__name__} twice; make another one, "
                "for a layer remembers one forward until its backward"
            )
        seen.append(layer)


def _walk(layers):
    """Yield all layers, and those of networks among them after each."""
    for layer in layers:
        yield layer
        yield from _walk(layer.layers if isinstance(layer, Sequential) else [])


def check_parts(model, loss, optimizer):
    """Raise unless network, loss and optimizer are complete and belong together."""
    check_protocol("loss", loss, "forward backward")
    check_layers(model.layers, seen=[model])
    check_listed(model)
    check_optimizer(optimizer, model)


def check_listed(model):
    """Raise if a layer keeps a parameter that no ``parameters()`` lists, or if two layers share one."""
    listed = list(map(id, model.parameters()))
    for layer in _walk(model.layers):
        for name, parameter in _kept_parameters(layer):
            if id(parameter) not in listed:
                raise ValueError(
                    f"expected {type(layer).__name__}.parameters() to list the parameter in self.{name}: "
                    "no optimizer finds it otherwise"
                )
    if len(set(listed)) < len(listed):
        raise ValueError(
            "expected every parameter once, got one that two layers share: each would overwrite the other's gradient"
        )


def _kept_parameters(layer, seen=()):
    """Yield the name of an attribute and the parameter in it, also those in lists and of layers within layers."""
    for name, value in getattr(layer, "__dict__", {}).items():
        for part in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(part, Parameter):
                yield name, part
            elif isinstance(part, Layer) and part not in seen:
                yield from ((f"{name}.{inner}", found) for inner, found in _kept_parameters(part, [*seen, layer, part]))


def check_validation(validation):
    """Raise unless `validation` is a pair (X, y)."""
    if validation is not None and not (isinstance(validation, (list, tuple)) and len(validation) == 2):
        raise TypeError(
            f"expected validation as a pair (X, y) of data held back, got {type(validation).__name__}; split them "
            "yourself: order = np.random.default_rng(0).permutation(len(X)); held, rest = np.split(order, "
            "[len(X) // 5]); fit(X[rest], y[rest], ..., validation=(X[held], y[held]))"
        )


def check_metrics(metrics):
    """Raise unless `metrics` is a function with a name, or a dict of functions by names that are free."""
    if metrics is None:
        return
    named = {getattr(metrics, "__name__", "<no name>"): metrics} if callable(metrics) else metrics
    if not isinstance(named, dict):
        raise TypeError(
            f"expected metrics as a function or a dict of functions by name, got {metrics!r}; "
            "did you mean metrics=accuracy, or metrics={'accuracy': accuracy}?"
        )
    for name, metric in named.items():
        if not callable(metric) or isinstance(metric, type):
            raise TypeError(f"expected a function of (prediction, y) as the metric {name!r}, got {metric!r}")
        if not isinstance(name, str) or name.startswith("<"):
            raise TypeError(f"expected a name for the metric {metric!r}; did you mean metrics={{'my metric': ...}}?")
        if name == "loss" or name.startswith("val_"):
            raise ValueError(
                f"expected another name than {name!r}, which fit uses; did you mean metrics={{'my metric': ...}}?"
            )


def check_measured(values):
    """Raise unless every metric returned a number."""
    for name, value in values.items():
        if np.shape(value) != () or np.asarray(value).dtype.kind not in "biuf":
            raise TypeError(f"expected one number from the metric {name!r}, got {value!r}; did you forget a mean()?")


def check_learnable(model, loss, X, y, validation):
    """Raise unless the model and the loss take every row of the data: before a weight changes, not after.

    One row goes through the model; its output, repeated, lets the loss look at all the targets.
    """
    for features, targets in [(X, y)] if validation is None else [(X, y), validation]:
        check_lengths(X=features, y=targets)
        check_finite("X", features)
        check_finite("y", targets)
        prediction = model.predict(features[:1])  # which draws no random numbers
        loss.forward(np.broadcast_to(prediction, (len(features), *prediction.shape[1:])), targets)


def check_loss(value, place):
    """Raise unless the loss is one finite number, before it reaches a weight."""
    if not isinstance(value, numbers.Real) and np.shape(value) != ():
        raise TypeError(f"expected the loss as one number, got an array of shape {np.shape(value)}; take its mean()")
    if not math.isfinite(value):
        raise FloatingPointError(
            f"expected a finite loss, got {value} {place}; start from fresh weights with a lower "
            "learning rate, or with X scaled to numbers near 1 (model.history keeps the epochs before)"
        )


def check_penalty(penalty, model):
    """Raise unless `penalty` is one, and the model has weights that it can charge."""
    if penalty is None:
        return
    if isinstance(penalty, numbers.Real) and not isinstance(penalty, bool) and 0 < penalty < math.inf:
        raise TypeError(f"expected a penalty, got the number {penalty!r}; did you mean penalty=L2({penalty!r})?")
    check_protocol("penalty", penalty, "value add_gradients")
    penalty.value(model.parameters())


def check_patience(patience, validation):
    """Raise unless `patience` is a whole number of epochs, and there is a validation loss to wait for."""
    if patience is None:
        return
    check_count(patience=patience)
    if validation is None:
        raise ValueError(
            "expected validation data with patience, got none: the training loss tells nobody when to stop; hold some "
            "back, fit(..., validation=(X_held, y_held))"
        )


def check_shuffle(batch_size, rng):
    """Raise unless mini-batches come with a whole-number size and a generator to shuffle them."""
    if batch_size is not None:
        check_count(batch_size=batch_size)
    check_rng(rng, optional=batch_size is None)
