"""Weights in files: NumPy's ``.npz``, without pickle, whole or not at all."""

import inspect
import os
import tempfile
from pathlib import Path

import numpy as np

from nnlib.layers import layers_within
from nnlib.optimizers import check_optimizer


def save_weights(path, model, optimizer=None):
    """Write all parameters of a network to a file, its running averages, and what its optimizer remembers.

    The file appears whole or not at all: it is written beside `path` and then renamed.

    Parameters
    ----------
    path : str or Path
        ``~`` is the home folder. A symbolic link stays one; what it points to is written.
    model : Sequential
    optimizer : Optimizer, optional
        With it, training can go on later as if it had never stopped. Its settings, such as `lr`, are not
        written, nor is the state of a generator that shuffles.

    Raises
    ------
    ValueError
        If a number to be written is NaN or infinite. The file is left as it was.
    FileNotFoundError
        If there is no such folder.

    Examples
    --------
    >>> from nnlib import Dense, Sequential
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "weights.npz"
    >>> model, other = (Sequential(Dense(2, 1, rng=np.random.default_rng(seed))) for seed in (0, 1))
    >>> save_weights(path, model)
    >>> load_weights(path, other)
    >>> bool((other.layers[0].W.data == model.layers[0].W.data).all())
    True
    >>> folder.cleanup()
    """
    path = Path(path).expanduser().resolve()
    arrays = contents(model, optimizer)
    check_writable(path)
    check_storable(arrays)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".saving-") as folder:
        np.savez(Path(folder) / "weights.npz", architecture=repr(model), **arrays)
        os.replace(Path(folder) / "weights.npz", path)


def load_weights(path, model, optimizer=None):
    """Read what `save_weights` wrote into a network of the same architecture, and into its optimizer.

    Parameters
    ----------
    path : str or Path
    model : Sequential
    optimizer : Optimizer, optional
        Of the kind that was saved, made for this model.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, of another kind, holds a pickle, or belongs to another architecture or
        optimizer. Nothing has been changed then.
    """
    arrays = read_weights(Path(path).expanduser())
    check_weights(path, arrays, model, contents(model, optimizer))
    for name, own in state(model).items():
        own[...] = arrays[name]
    remember(optimizer, arrays)


def contents(model, optimizer):
    """Return all that a file holds, by name: the network, and what the optimizer remembers of each parameter."""
    if optimizer is not None:
        check_optimizer(optimizer, model)
    arrays = state(model)
    for name, (_, _, value) in memory(optimizer).items():
        arrays |= {f"{name}_{i}": array for i, array in enumerate(value)} if isinstance(value, list) else {name: value}
    return {name: np.asarray(array) for name, array in arrays.items()}


def state(model):
    """Return all that makes a network what it is, by name: its parameters, and what `BatchNorm` has averaged."""
    parameters = [parameter.data for parameter in model.parameters()]
    buffers = [array for layer in layers_within(model) if hasattr(layer, "buffers") for array in layer.buffers()]
    kinds = {"parameter": parameters, "buffer": buffers}
    return {f"{kind}_{i}": array for kind, arrays in kinds.items() for i, array in enumerate(arrays)}


def memory(optimizer):
    """Return what an optimizer keeps beside its settings, owner, attribute and value, by their name in a file.

    The owner is the optimizer itself, or one inside it: `Scheduled` lets another one step.
    """
    if optimizer is None:
        return {}
    kind, settings = type(optimizer), {"parameters", "lr", *inspect.signature(type(optimizer)).parameters}
    kept = {name: value for name, value in vars(optimizer).items() if name not in settings}
    own = {f"{kind.__name__}.{name}": (optimizer, name, value) for name, value in kept.items()}
    return own | memory(getattr(optimizer, "optimizer", None))


def remember(optimizer, arrays):
    """Put what a file holds in the place of what the optimizer remembers: numbers, and lists of arrays."""
    for name, (owner, attribute, value) in memory(optimizer).items():
        if isinstance(value, list):
            value[:] = [arrays[f"{name}_{i}"] for i in range(len(value))]
        else:
            setattr(owner, attribute, arrays[name].item())


def read_weights(path):
    """Return the arrays of a weights file by name; raise ValueError if it is damaged or another kind of file."""
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive}
        except Exception as error:  # there is no end to what zipfile and NumPy raise over a damaged file
            raise ValueError(
                f"expected weights written by save_weights, got {path}, which is damaged or another kind of file"
            ) from error


def check_writable(path):
    """Raise unless a file can be written there."""
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"expected a folder that is there, got {path.parent}; "
            f"make it first: Path({str(path.parent)!r}).mkdir(parents=True)"
        )
    if path.is_dir():
        raise IsADirectoryError(f"expected the name of a file, got a folder; did you mean {path / 'weights.npz'}?")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"expected a folder that may be written to, got {path.parent}; choose another")


def check_storable(arrays):
    """Raise unless every array holds finite numbers."""
    for name, array in arrays.items():
        if array.dtype.kind not in "iuf":
            raise TypeError(f"expected {name} as numbers, or a list with an array a parameter, got {array.dtype}")
        if not np.isfinite(array).all():
            raise ValueError(
                f"expected finite numbers in {name}, got NaN or infinity: training has blown up; "
                "start from fresh weights with a lower learning rate. Nothing has been written"
            )


def check_weights(path, arrays, model, wanted):
    """Raise unless the arrays read from a file are what this very network, and its optimizer, would write."""
    found = str(arrays.get("architecture", "something else"))
    if found != repr(model):
        raise ValueError(f"expected weights of {model!r}, got {found} in {path}; build the network that was saved")
    for name, own in wanted.items():
        if name not in arrays and not name.startswith(("parameter_", "buffer_")):
            raise ValueError(f"expected {name} in {path}, got none; was another kind of optimizer saved, or none?")
        array = arrays.get(name, np.empty(0))
        if array.shape != own.shape or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
            raise ValueError(
                f"expected {name} as finite numbers of shape {own.shape}, got {array.dtype} "
                f"of shape {array.shape} in {path}; the file is damaged, save it again"
            )
        if array.dtype != own.dtype:
            raise ValueError(
                f"expected {name} in {own.dtype}, got {array.dtype} in {path}; "
                f"build the network with dtype=np.{array.dtype}"
            )
