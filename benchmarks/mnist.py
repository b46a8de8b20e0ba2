"""Train 784-128-10 on all of MNIST with nnlib, PyTorch and scikit-learn, and time an epoch of each.

Plain SGD, float32, batches of 32 and 128, the same digits; nnlib in float64 and on reproducible data, too, which are
float64. Each has a process of its own, for the threads of one library go on spinning for a while and would slow the
next. Every round times all of them one after another; the table shows the medians, and the ratios of each to nnlib, to
PyTorch and to the bare products: the five matrix products of a step and nothing else.

Measure on a machine that does nothing else. Taking turns spreads a busy moment over all of them, and yet it does not
hit them alike: the bare products stay in the processor's cache, while training reads all the pixels, 200 MB, from
memory that the whole machine shares.
"""

import argparse
import multiprocessing
import os
import platform
import time
import warnings
from importlib import metadata

import numpy as np
from turns import medians

from nnlib import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, load_mnist, reproducible

HIDDEN, LR, EPOCHS = 128, 0.1, 3


def bare_products(X, y, batch_size):
    """The five matrix products of every step: two forward, three back."""
    rng = np.random.default_rng(0)
    W1, W2 = (rng.standard_normal(shape, dtype=np.float32) for shape in ((784, HIDDEN), (HIDDEN, 10)))
    x = X[:batch_size].copy()
    h, dy = x @ W1, rng.standard_normal((batch_size, 10), dtype=np.float32)

    def train():
        for _ in range(EPOCHS * len(X) // batch_size):
            x @ W1
            h @ W2
            h.T @ dy
            dh = dy @ W2.T
            x.T @ dh

    return train


def with_nnlib(X, y, batch_size):
    rng = np.random.default_rng(0)
    settings = {"rng": rng, "dtype": X.dtype}
    model = Sequential(Dense(784, HIDDEN, **settings), ReLU(), Dense(HIDDEN, 10, **settings))
    loss, optimizer = SoftmaxCrossEntropy(), SGD(model.parameters(), LR)
    return lambda: model.fit(X, y, loss, optimizer, epochs=EPOCHS, batch_size=batch_size, rng=rng, progress=False)


def in_float64(X, y, batch_size):
    return with_nnlib(X.astype(np.float64), y, batch_size)


def on_reproducible(X, y, batch_size):
    return with_nnlib(reproducible(X.astype(np.float64)), y, batch_size)


def with_pytorch(X, y, batch_size):
    import torch

    X, y = torch.from_numpy(X), torch.from_numpy(y)
    model = torch.nn.Sequential(torch.nn.Linear(784, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10))
    loss, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), LR)

    def train():
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(X)).split(batch_size):
                optimizer.zero_grad()
                loss(model(X[rows]), y[rows]).backward()
                optimizer.step()

    return train


def with_sklearn(X, y, batch_size):
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")               # that so few epochs do not converge is no surprise
    model = MLPClassifier((HIDDEN,), solver="sgd", alpha=0, batch_size=batch_size, learning_rate_init=LR, momentum=0,
                          nesterovs_momentum=False, max_iter=EPOCHS, warm_start=True, random_state=0)
    return lambda: model.fit(X, y)


PEERS = {"bare products": bare_products, "nnlib": with_nnlib, "float64": in_float64, "reproducible": on_reproducible,
         "PyTorch": with_pytorch, "scikit-learn": with_sklearn}


def serve(name, batch_size, orders):
    """Train when asked, in a process of its own, and answer with the seconds an epoch took."""
    train = PEERS[name](*load_mnist(dtype=np.float32)[0], batch_size)
    train()                                       # the first time warms up
    while orders.recv():
        start = time.perf_counter()
        train()
        orders.send((time.perf_counter() - start) / EPOCHS)


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
    multiprocessing.set_start_method("spawn")
    load_mnist()                                  # downloads it, where it has to, once
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "torch", "scikit-learn"))
    print(f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}")
    print(f"medians of {rounds} rounds of {EPOCHS} epochs")
    print(f"{'batch':>5}  {'':13}  {'s/epoch':>7}  {'of nnlib':>8}  {'of PyTorch':>10}  {'of bare products':>16}")
    for batch_size in (32, 128):
        found = medians(serve, PEERS, (batch_size,), rounds)
        for name, seconds in found.items():
            print(f"{batch_size:5}  {name:13}  {seconds:7.3f}  {seconds / found['nnlib']:7.2f}x"
                  f"  {seconds / found['PyTorch']:9.2f}x  {seconds / found['bare products']:15.2f}x", flush=True)


if __name__ == "__main__":
    main()
