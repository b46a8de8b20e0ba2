"""Read 98 % of the test digits after less than ten seconds of training on one core: python tools/fast98.py [SEEDS]."""

import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one core, and a clock that counts what it computes

import numpy as np  # noqa: E402

from nnlib import (  # noqa: E402
    SGD,
    Dense,
    ReLU,
    Scheduled,
    Sequential,
    SoftmaxCrossEntropy,
    accuracy,
    cosine,
    load_mnist,
)

EPOCHS, BATCH = 10, 128


def train(X, y, seed):
    rng = np.random.default_rng(seed)
    network = Sequential(Dense(784, 256, rng=rng, dtype=X.dtype), ReLU(), Dense(256, 10, rng=rng, dtype=X.dtype))
    steps = EPOCHS * -(-len(X) // BATCH)
    optimizer = Scheduled(SGD(network.parameters(), lr=0.1, momentum=0.9), lambda t: cosine(t, steps))
    network.fit(X, y, SoftmaxCrossEntropy(), optimizer, epochs=EPOCHS, batch_size=BATCH, rng=rng)
    return network


if __name__ == "__main__":
    (X, y), (X_test, y_test) = load_mnist(dtype=np.float32)
    for seed in range(int(sys.argv[1]) if sys.argv[1:] else 1):
        start, cpu = time.perf_counter(), time.process_time()
        network = train(X, y, seed)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        print(f"seed {seed}: {accuracy(network.predict(X_test), y_test):.2%} of the test digits "
              f"after {seconds:.1f} s of training, {cpu:.1f} s of one core")
