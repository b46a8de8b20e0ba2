"""MNIST, 70,000 handwritten digits: the whole set from disk or download, and 5,000 of them in the package.

Nobody has to trust a mirror, a cache or a colleague's folder: wherever a file comes from, the SHA-256 of its
uncompressed content is compared with the published one before a single pixel is used.
"""

import gzip
import hashlib
import io
import os
import tempfile
import warnings
import zlib
from contextlib import nullcontext, suppress
from importlib import resources
from pathlib import Path

import numpy as np

# SHA-256 of the uncompressed files: a mirror may compress them anew, which changes the .gz alone.
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
WAY_OUT = f"""
To use files of your own, get {', '.join(f'{name}.gz' for name in FILES)}
from {' or '.join(MIRRORS)}, put them in one folder
and name it: load_mnist("that/folder"), or set the environment variable NNLIB_MNIST to it.
Without any file, load_mnist_sample() gives 5,000 of the digits."""


class MnistError(RuntimeError):
    """MNIST could not be had; the message says why, and what to do about it."""


def load_mnist(folder=None, *, dtype=np.uint8, download=True, progress=True):
    """Return all of MNIST: 60,000 digits to train with and 10,000 to test with, one digit a row.

    The files are taken from `folder`; else from the folder that the environment variable ``NNLIB_MNIST``
    names; else from your user cache; else they are downloaded into that cache (11 MB, once; 55 MB on disk).
    Whatever the source, the SHA-256 of every file is checked, and no partial or wrong download is kept.
    The files of a folder may be compressed with gzip or not, and are known by their content, whatever their names.

    Parameters
    ----------
    folder : str or path-like, optional
        Folder that holds the four files.
    dtype : data-type, default uint8
        ``uint8`` gives the pixels as they were stored, 0 (paper) to 255 (ink);
        ``float64`` and ``float32`` give them divided by 255, in [0, 1].
    download : bool, default True
        Whether to download what the cache lacks; if not, a missing file is an error.
    progress : bool, default True
        Whether a download shows a progress bar.

    Returns
    -------
    train, test : tuple of (ndarray, ndarray)
        ``(X_train, y_train), (X_test, y_test)``: `X` of shape (N, 784) and type `dtype`, one image a row;
        `y` of shape (N,) and type int64, the digits 0 to 9. To look at an image: ``X[0].reshape(28, 28)``.

    Raises
    ------
    MnistError
        If a file is missing, cut short, damaged or another than the published one; if no mirror can be
        reached, the folder cannot be read or the cache cannot be written. The message names the way out.
    ModuleNotFoundError
        If no folder is named and pooch or tqdm, which the download needs, is not installed.
    TypeError
        If `dtype` is not uint8, float32 or float64.

    See Also
    --------
    load_mnist_sample : 5,000 of the digits, for which no network is needed.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998). The data: Y. LeCun, C. Cortes and C. J. C. Burges, CC BY-SA 3.0.

    Examples
    --------
    >>> (X_train, y_train), (X_test, y_test) = load_mnist()  # doctest: +SKIP
    >>> X_train.shape, X_test.shape  # doctest: +SKIP
    ((60000, 784), (10000, 784))
    """
    check_pixel_dtype(dtype)
    folder = folder or os.environ.get("NNLIB_MNIST") or ""
    check_folder(folder)
    contents = _read_folder(folder) if folder else _read_cache(download, progress)
    # A file is a header, of 16 bytes for images and 8 for labels, and then a byte a pixel or a label.
    X_train, y_train, X_test, y_test = (
        np.frombuffer(content, np.uint8, offset=16 if "images" in name else 8)
        for name, content in contents.items()
    )
    return (_rows(X_train, dtype), y_train.astype(np.int64)), (_rows(X_test, dtype), y_test.astype(np.int64))


def load_mnist_sample(*, dtype=np.uint8):
    """Return 5,000 digits of MNIST, 4,000 to train with and 1,000 to test with, one digit a row.

    They are part of nnlib, so this needs no network. Every class has 400 digits in the first part and 100 in
    the second, in an order shuffled once and for all. All 5,000 are from MNIST's *training* set: a network
    that was trained on :func:`load_mnist` has seen this sample's test digits already.

    Parameters
    ----------
    dtype : data-type, default uint8
        As in :func:`load_mnist`: ``uint8`` for pixels 0 to 255, ``float64`` or ``float32`` for pixels in [0, 1].

    Returns
    -------
    train, test : tuple of (ndarray, ndarray)
        ``(X_train, y_train), (X_test, y_test)``, as from :func:`load_mnist`.

    Raises
    ------
    TypeError
        If `dtype` is not uint8, float32 or float64.

    References
    ----------
    ``mnist_sample.md`` beside this file says where the digits come from and under which licence.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlib import load_mnist_sample
    >>> (X_train, y_train), (X_test, y_test) = load_mnist_sample(dtype=np.float64)
    >>> X_train.shape, y_train.shape, X_test.shape, y_test.shape
    ((4000, 784), (4000,), (1000, 784), (1000,))
    >>> print(np.bincount(y_test))
    [100 100 100 100 100 100 100 100 100 100]
    """
    check_pixel_dtype(dtype)
    sample = resources.files(__package__).joinpath("mnist_sample.npz")
    with sample.open("rb") as file, np.load(file, allow_pickle=False) as part:
        train = _rows(part["X_train"], dtype), part["y_train"].astype(np.int64)
        test = _rows(part["X_test"], dtype), part["y_test"].astype(np.int64)
    return train, test


def check_pixel_dtype(dtype):
    """Raise unless `dtype` is one that pixels can be given in."""
    try:
        known = dtype is not None and np.dtype(dtype).char in "Bfd"
    except (TypeError, ValueError):
        known = False
    if not known:
        raise TypeError(
            "expected dtype uint8 (pixels 0 to 255), or float64 or float32 (pixels in [0, 1]), "
            f"got {dtype!r}; did you mean np.float64?"
        )


def check_folder(folder):
    """Raise unless `folder` can be the name of one."""
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"expected folder as a str or a path, got {folder!r}")


def _rows(pixels, dtype):
    """Return the pixels as rows of 784, of the type asked for."""
    rows = pixels.reshape(-1, 784).astype(dtype)  # a copy, which the caller may write to
    return rows if rows.dtype == np.uint8 else np.divide(rows, 255, out=rows)


def _read_folder(folder):
    """Return the verified content of the four files of a folder, by name."""
    try:
        folder = Path(folder).expanduser()
        if not folder.is_dir():
            raise MnistError(f"expected a folder of MNIST files, got {folder}, which is no folder")
        try:
            return {name: _read(folder, name) for name in FILES}
        except MnistError:                        # sites and programs name the files as they like
            known = _known_files(folder)
            if not known.keys() >= set(FILES.values()):
                raise
            return {name: known[checksum] for name, checksum in FILES.items()}
    except MnistError as error:
        raise MnistError(f"{error}.{WAY_OUT}") from None
    except (OSError, RuntimeError, ValueError) as error:      # no permission; no such home; no possible name
        raise MnistError(f"cannot read {folder}: {error}.{WAY_OUT}") from None


def _read_cache(download, progress):
    """Return the verified content of the four files, by name; download what the cache lacks."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tqdm asks for widgets that a notebook can do without
            import pooch
            import tqdm  # noqa: F401  (used by _fetch, but missed here, before anything is asked of a mirror)
    except ModuleNotFoundError as error:
        fix = "pip install pooch tqdm, or name a folder that holds the files"
        raise ModuleNotFoundError(f"{error}, which load_mnist needs: {fix}", name=error.name) from None
    cache, contents = Path(pooch.os_cache("nnlib")), {}
    try:
        for name in FILES:
            with suppress(MnistError):  # the file is not there, or not what it should be
                contents[name] = _read(cache, name)
            if name not in contents and not download:
                raise MnistError(f"{cache} does not hold MNIST yet: load_mnist() downloads it.{WAY_OUT}")
            if name not in contents:
                contents[name] = _download(name, cache, progress)
    except OSError as error:
        raise MnistError(f"cannot use the cache ({error}): make {cache} writable.{WAY_OUT}") from None
    return contents


def _read(folder, name):
    """Return the verified content of one file of a folder, plain or compressed."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return _verified(name, path.read_bytes(), path)
    raise MnistError(f"{folder} holds neither {name}.gz nor {name}, nor a file of another name with that content")


def _known_files(folder):
    """Return the content of every file of a folder that is in MNIST's format, by its checksum."""
    contents = {}
    for path in filter(Path.is_file, folder.iterdir()):
        with suppress(OSError, EOFError, zlib.error), path.open("rb") as file:      # private, or damaged
            opened = gzip.GzipFile(fileobj=file) if file.peek().startswith(b"\x1f\x8b") else file
            start = opened.read(4)                # so that no film is read in search of a digit
            if start[:3] == b"\0\0\x08":
                content = start + opened.read(2**26)
                contents[hashlib.sha256(content).hexdigest()] = content
    return contents


def _download(name, cache, progress):
    """Put one file into the cache, from the first mirror that gives it, and return its verified content."""
    cache.mkdir(parents=True, exist_ok=True)
    # Nothing half written is ever outside this folder, which vanishes with the block.
    with tempfile.TemporaryDirectory(prefix="incomplete-", dir=cache) as unfinished:
        problems = []
        for mirror in MIRRORS:
            try:
                content = _verified(name, _fetch(f"{mirror}{name}.gz", progress), f"{mirror}{name}.gz")
            except MnistError as error:
                problems.append(f"\n- {error}")
                continue
            path = Path(unfinished, name)
            path.write_bytes(content)
            path.replace(cache / name)
            return content
    raise MnistError(f"MNIST could not be downloaded:{''.join(problems)}{WAY_OUT}")


def _fetch(url, progress):
    """Return what is found under `url`, as bytes."""
    import pooch
    import requests
    from tqdm import tqdm

    received = io.BytesIO()
    try:
        # total=1 until pooch hears the true one from the server: a bar without a total has no truth value.
        name = url.rpartition("/")[2]
        with tqdm(desc=name, total=1, unit="B", unit_scale=True) if progress else nullcontext() as bar:
            pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16)(url, received, None)
    except requests.HTTPError as error:
        raise MnistError(f"{url} answered {error.response.status_code} {error.response.reason}") from None
    except requests.exceptions.ChunkedEncodingError:
        raise MnistError(f"{url} broke off: the download is truncated") from None
    except requests.RequestException as error:
        raise MnistError(f"{url} cannot be reached ({type(error).__name__}): are you offline?") from None
    return received.getvalue()


def _verified(name, data, source):
    """Return the uncompressed content of `data`, or raise if that is not the published file `name`."""
    try:
        content = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (EOFError, OSError, zlib.error):
        problem = f"is truncated or damaged: its {len(data):,} bytes cannot be uncompressed"
        raise MnistError(f"{source} {problem}") from None
    checksum = hashlib.sha256(content).hexdigest()
    if checksum == FILES[name]:
        return content
    if content.lstrip().startswith(b"<"):
        raise MnistError(f"{source} is an HTML page (a login or an error page?) instead of the file")
    raise MnistError(
        f"{source} has the wrong checksum: expected SHA-256 {FILES[name]}, got {checksum} "
        f"of {len(content):,} uncompressed bytes"
    )
