"""Time a training step on spirals, plain, on reproducible and on precise data, in float64, and print the ratios.

Plain SGD on all points at once. The more there is to compute, the less the wrappers cost: for each size the three
take turns, and the table shows the medians.
"""

import statistics
import time

import numpy as np

from nnlib import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, precise, reproducible, spiral

STEPS, ROUNDS = 200, 9
NETWORKS = [(300, [64]), (300, [128]), (300, [28, 28]), (900, [64]), (1500, [64]), (3000, [64])]


def seconds(wrap, points, hidden):
    """Return the seconds that a step takes, three classes and `points` points in all."""
    rng = np.random.default_rng(0)
    X, y = spiral(points // 3, 3, rng=rng, dtype=np.float64)
    layers, sizes = [], [2, *hidden, 3]
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [Dense(n_in, n_out, rng=rng, dtype=np.float64), ReLU()]
    model = Sequential(*layers[:-1])
    start = time.perf_counter()
    model.fit(wrap(X), y, SoftmaxCrossEntropy(), SGD(model.parameters(), 0.1), epochs=STEPS, progress=False)
    return (time.perf_counter() - start) / STEPS


def main():
    print(f"{'points':>6}  {'network':9}  {'plain':>8}  {'reproducible':>12}  {'precise':>8}")
    for points, hidden in NETWORKS:
        times = {wrap: [] for wrap in (np.asarray, reproducible, precise)}
        for _ in range(ROUNDS):
            for wrap, found in times.items():
                found.append(seconds(wrap, points, hidden))
        plain, *wrapped = (statistics.median(found) for found in times.values())
        name = "-".join(map(str, [2, *hidden, 3]))
        print(f"{points:6}  {name:9}  {plain * 1e6:5.0f} µs  {wrapped[0] / plain:11.2f}x  {wrapped[1] / plain:7.2f}x",
              flush=True)


if __name__ == "__main__":
    main()
