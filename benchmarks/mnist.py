"""Train 784-128-10 on all of MNIST with nnlib, PyTorch and scikit-learn, and time an epoch of each.

Plain SGD, float32, batches of 32 and 128, the same digits. Every round times all of them one after
another, so that a busy moment of the machine hits them alike; the table shows the medians, and the
ratios of each to nnlib. The bare products are the five matrix products of a step and nothing else.
"""

import argparse
import platform
import statistics
import time
import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from nnlib import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, load_mnist

HIDDEN, LR = 128, 0.1


def bare_products(X, y, batch_size):
    """The five matrix products of every step: two forward, three back."""
    rng = np.random.default_rng(0)
    W1, W2 = (rng.standard_normal(shape, dtype=np.float32) for shape in ((784, HIDDEN), (HIDDEN, 10)))
    x = X[:batch_size].copy()
    h, dy = x @ W1, rng.standard_normal((batch_size, 10), dtype=np.float32)

    def epoch():
        for _ in range(len(X) // batch_size):
            x @ W1
            h @ W2
            h.T @ dy
            dh = dy @ W2.T
            x.T @ dh

    return epoch


def with_nnlib(X, y, batch_size):
    rng = np.random.default_rng(0)
    model = Sequential(Dense(784, HIDDEN, rng=rng), ReLU(), Dense(HIDDEN, 10, rng=rng))
    loss, optimizer = SoftmaxCrossEntropy(), SGD(model.parameters(), LR)
    return lambda: model.fit(X, y, loss, optimizer, epochs=1, batch_size=batch_size, rng=rng, progress=False)


def with_pytorch(X, y, batch_size):
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    model = torch.nn.Sequential(torch.nn.Linear(784, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10))
    loss, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), LR)

    def epoch():
        for rows in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss(model(X[rows]), y[rows]).backward()
            optimizer.step()

    return epoch


def with_sklearn(X, y, batch_size):
    model = MLPClassifier((HIDDEN,), solver="sgd", alpha=0, batch_size=batch_size, learning_rate_init=LR, momentum=0,
                          nesterovs_momentum=False, max_iter=1, warm_start=True, random_state=0)
    return lambda: model.fit(X, y)


PEERS = {"bare products": bare_products, "nnlib": with_nnlib, "PyTorch": with_pytorch, "scikit-learn": with_sklearn}


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def processor():
    """The processor's name, as far as the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore", ConvergenceWarning)       # one epoch a fit is what is timed
    (X, y), _ = load_mnist(dtype=np.float32)
    print(f"{processor()}, {torch.get_num_threads()} threads; Python {platform.python_version()}, "
          f"NumPy {np.__version__}, PyTorch {torch.__version__}; medians of {rounds} epochs")
    print(f"{'batch':>5}  {'':13}  {'s/epoch':>7}  {'fastest':>7}  {'of nnlib':>8}")
    for batch_size in (32, 128):
        epochs = {name: make(X, y, batch_size) for name, make in PEERS.items()}
        times = {name: [] for name in PEERS}
        for number in range(rounds + 1):
            for name, epoch in epochs.items():
                times[name].append(seconds(epoch))
            if number == 0:                                   # the first epoch warms up
                times = {name: [] for name in PEERS}
        medians = {name: statistics.median(values) for name, values in times.items()}
        for name, median in medians.items():
            ratio = median / medians["nnlib"]
            print(f"{batch_size:5}  {name:13}  {median:7.3f}  {min(times[name]):7.3f}  {ratio:7.2f}x")


if __name__ == "__main__":
    main()
