"""Networks that were trained for longer than a chapter may run, and the records of their training."""

import json
from importlib import resources

import numpy as np

from nnlib.bits import fingerprint

STORED = resources.files(__package__).joinpath("climbs")


def load_trained(name):
    """Return the parameters of a stored network, each weight a whole number times its column's scale: ``W = q · s``.

    Parameters
    ----------
    name : str
        Such as "dense-0": a file of ``nnlib/climbs``.

    Returns
    -------
    list of ndarray of float64
        In the order of ``network.parameters()``.

    Raises
    ------
    FileNotFoundError
        Where nothing is stored, as in a page that runs.
    ValueError
        If there is no network of that name, or if the arrays have not the fingerprint that its record holds.

    See Also
    --------
    load_record : how it was trained.

    Notes
    -----
    A weight takes one byte, from -127 to 127, and a column of weights four more for its scale; biases are float32.
    ``tools/climb.py`` trains and stores; ``climbs.md`` beside the files says what is in them.

    Examples
    --------
    >>> from nnlib import load_trained
    >>> [array.shape for array in load_trained("dense-0")]
    [(784, 1000), (1000,), (1000, 500), (500,), (500, 10), (10,)]
    """
    check_stored(name, ".npz", ".json")
    with STORED.joinpath(f"{name}.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        arrays = [stored[f"q{i}"] * stored[f"s{i}"].astype(np.float64) for i in range(len(stored) // 2)]
    check_fingerprint(name, arrays)
    return arrays


def load_record(name):
    """Return how a stored network was trained, or the rungs of the ladder: settings, seeds, results and times.

    Parameters
    ----------
    name : str
        Such as "dense-0" or "ladder": a file of ``nnlib/climbs``.

    Returns
    -------
    dict or list

    Raises
    ------
    ValueError
        If there is no record of that name.

    Examples
    --------
    >>> from nnlib import load_record
    >>> load_record("dense-0")["hidden"]
    [1000, 500]
    """
    check_stored(name, ".json")
    return json.loads(STORED.joinpath(f"{name}.json").read_text(encoding="utf-8"))


def load_answers():
    """Return what each stored network says of MNIST's 10,000 test digits, in steps of 1 / 255.

    Returns
    -------
    dict of ndarray of uint8, shape (10000, 10)
        By the networks' names; divided by 255, the probabilities of the ten classes.

    Examples
    --------
    >>> from nnlib import load_answers
    >>> load_answers()["dense-0"].shape
    (10000, 10)
    """
    check_there()
    with STORED.joinpath("answers.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in sorted(stored)}


def check_stored(name, *kinds):
    """Raise unless there are files of that name, one of each kind."""
    check_there()
    files = {path.name for path in STORED.iterdir()}
    known = sorted(
        file[:-5] for file in files if file.endswith(".json") and {file[:-5] + kind for kind in kinds} <= files
    )
    if name not in known:
        raise ValueError(f"expected the name of what is stored, {' or '.join(map(repr, known))}, got {name!r}")


def check_there():
    """Raise unless what is stored has come along, as it does with an installed nnlib."""
    if not STORED.is_dir():
        raise FileNotFoundError("expected the folder nnlib/climbs with the stored networks, which a running page does "
                                "without; run the chapter in Jupyter or Colab, or install nnlib anew")


def check_fingerprint(name, arrays):
    """Raise unless these are, bit by bit, the parameters of which the record speaks."""
    expected, found = load_record(name)["fingerprint"], fingerprint(*arrays)
    if found != expected:
        raise ValueError(f"expected the parameters of {name} with the fingerprint {expected}, got {found}: "
                         "the file is damaged or of another version; install nnlib anew")
