"""Train the best networks of chapters 25 and 26: python tools/climb.py [NAME …], which takes an hour or more.

Broken off, it goes on where it was: after every epoch weights and optimizer are kept in _build/climb/. Each epoch has
a seed of its own, so that what comes after does not depend on when one stopped.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import SGD, Dense, ReLU, Scheduled, Sequential, SoftmaxCrossEntropy, accuracy, cosine, load_mnist, warm_up
from nnlib.distortions import distort

KEPT = Path(__file__).parents[1] / "_build" / "climb"
BATCH = 128
WARM_UP = 1000  # steps

CLIMBS = {
    "dense-0": {"hidden": [1000, 500], "epochs": 160, "lr": 0.1, "fade": 0.1, "seed": 0},
}


def network(hidden, rng):
    sizes = [784, *hidden, 10]
    layers = [make for n_in, n_out in zip(sizes, sizes[1:], strict=False)
              for make in (Dense(n_in, n_out, rng=rng, dtype=np.float32), ReLU())]
    return Sequential(*layers[:-1])


def fresh(X, seed, epoch, strength):
    """Every image distorted anew; a thousand at a time, which fit into the processor's cache."""
    rng = np.random.default_rng([seed, epoch, 1])
    settings = {"turn": 15 * strength, "zoom": 0.15 * strength, "shear": 0.15 * strength, "bend": strength}
    return np.concatenate([distort(X[i : i + 1000], rng, **settings) for i in range(0, len(X), 1000)])


def climb(name, hidden, epochs, lr, fade, seed):
    (X, y), (X_test, y_test) = load_mnist(dtype=np.float32)
    (X, y), (X_val, y_val) = (X[:55000], y[:55000]), (X[55000:], y[55000:])
    model = network(hidden, np.random.default_rng(seed))
    steps = -(-len(X) // BATCH)
    optimizer = SGD(model.parameters(), lr, momentum=0.9, nesterov=True)
    optimizer = Scheduled(optimizer, lambda t: warm_up(t, WARM_UP) * cosine(t, epochs * steps))
    log = KEPT / f"{name}.json"
    records = json.loads(log.read_text(encoding="utf-8")) if log.exists() else []
    if records:
        model.load(KEPT / f"{name}.npz", optimizer)
    strength = lambda epoch: min(1, (epochs - epoch) / (fade * epochs))  # noqa: E731
    loss = SoftmaxCrossEntropy()
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(fresh, X, seed, len(records), strength(len(records)))
        for epoch in tqdm(range(len(records), epochs), desc=name, initial=len(records), total=epochs):
            start, cpu = time.time(), time.process_time()
            bent = coming.result()
            coming = ahead.submit(fresh, X, seed, epoch + 1, strength(epoch + 1))
            history = model.fit(bent, y, loss, optimizer, epochs=1, batch_size=BATCH,
                                rng=np.random.default_rng([seed, epoch, 2]), progress=False)
            records.append({"epoch": epoch + 1, "loss": round(history["loss"][0], 4),
                            "val": round(accuracy(model.predict(X_val), y_val), 4),
                            "test": round(accuracy(model.predict(X_test), y_test), 4),
                            "seconds": round(time.time() - start, 1), "cpu": round(time.process_time() - cpu, 1)})
            KEPT.mkdir(parents=True, exist_ok=True)
            model.save(KEPT / f"{name}.npz", optimizer)
            log.write_text(json.dumps(records), encoding="utf-8")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or CLIMBS:
        climb(chosen, **CLIMBS[chosen])
