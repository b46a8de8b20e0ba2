"""Train a small convolutional network with nnlib and with PyTorch, and time a step of each.

The same network, float32, batches of 128 made-up digits, SGD; one thread each, if the environment says so, as
`make bench` does. Each library has a process of its own, and every round times both, one after the other, so that a
busy moment of the machine hits each sooner or later. The table shows the medians of the processor's time.
"""

import argparse
import multiprocessing
import os
import time

import numpy as np
from turns import medians

BATCH, STEPS, LR = 128, 20, 0.01
NETWORKS = {  # size of the filters, padding, numbers that are left for the dense layer
    "5 x 5": (5, 0, 512),
    "3 x 3, padded": (3, 1, 1568),
}


def digits():
    rng = np.random.default_rng(0)
    return rng.random((BATCH, 28, 28, 1), dtype=np.float32), rng.integers(0, 10, BATCH)


def with_nnlib(size, padding, left, normalised):
    from nnlib import SGD, BatchNorm, Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, SoftmaxCrossEntropy

    settings = {"rng": np.random.default_rng(0), "dtype": np.float32}

    def block(channels, filters):
        norm = [BatchNorm(filters, dtype=np.float32)] if normalised else []
        return [Conv2D(channels, filters, size, padding=padding, **settings), *norm, ReLU(), MaxPool2D(2)]

    model = Sequential(*block(1, 16), *block(16, 32), Flatten(),
                       Dense(left, 128, **settings), ReLU(), Dense(128, 10, **settings))
    (x, y), loss, optimizer = digits(), SoftmaxCrossEntropy(), SGD(model.parameters(), LR)

    def step():
        loss.forward(model.forward(x), y)
        model.fill_gradients(loss.backward())
        optimizer.step()

    return step


def with_pytorch(size, padding, left, normalised):
    import torch
    from torch import nn

    def block(channels, filters):
        norm = [nn.BatchNorm2d(filters)] if normalised else []
        return [nn.Conv2d(channels, filters, size, padding=padding), *norm, nn.ReLU(), nn.MaxPool2d(2)]

    model = nn.Sequential(*block(1, 16), *block(16, 32), nn.Flatten(), nn.Linear(left, 128), nn.ReLU(),
                          nn.Linear(128, 10))
    x, y = digits()
    x, y = torch.from_numpy(x.transpose(0, 3, 1, 2).copy()), torch.from_numpy(y)
    loss, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), LR)

    def step():
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return step


PEERS = {"nnlib": with_nnlib, "PyTorch": with_pytorch}


def serve(name, network, normalised, orders):
    """Train when asked, in a process of its own, and answer with the milliseconds a step took."""
    step = PEERS[name](*NETWORKS[network], normalised)
    for _ in range(3):                            # the first ones warm up
        step()
    while orders.recv():
        start = time.process_time()
        for _ in range(STEPS):
            step()
        orders.send(1000 * (time.process_time() - start) / STEPS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    multiprocessing.set_start_method("spawn")
    print(f"medians of {rounds} rounds of {STEPS} steps, {os.environ.get('OMP_NUM_THREADS', 'all')} thread(s)")
    print(f"{'filters':14} {'BatchNorm':>9} {'nnlib':>8} {'PyTorch':>8} {'ratio':>6}")
    for network in NETWORKS:
        for normalised in (False, True):
            found = medians(serve, PEERS, (network, normalised), rounds)
            print(f"{network:14} {'with' if normalised else 'without':>9} {found['nnlib']:5.1f} ms"
                  f" {found['PyTorch']:5.1f} ms {found['nnlib'] / found['PyTorch']:5.2f}x", flush=True)


if __name__ == "__main__":
    main()
