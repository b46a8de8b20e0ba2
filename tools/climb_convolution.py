"""Train the convolutional network of chapter 26: python tools/climb_convolution.py, which takes half an hour.

Broken off, it goes on where it was: after every epoch weights and optimizer are kept in _build/climb/. Each epoch has
a seed of its own, so that what comes after does not depend on when one stopped. The last 5,000 training digits are
held back, to choose by; the test digits are not looked at before the end.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import SGD, Scheduled, SoftmaxCrossEntropy, accuracy, cosine, load_mnist, warm_up
from nnlib.digit_network import digit_network
from nnlib.distortions import distort

KEPT = Path(__file__).parents[1] / "_build" / "climb"
EPOCHS, BATCH, LR, SEED = 30, 128, 0.1, 0
WARM_UP = 1000  # steps
FADE = 0.15  # the share of the epochs, the last ones, over which the distortions fade
DISTORTIONS = {"turn": 10, "zoom": 0.1, "shear": 0.1, "shift": 1, "bend": 0.7}


def fresh(X, epoch):
    """Every image distorted anew; a thousand at a time, which fit into the processor's cache."""
    rng, strength = np.random.default_rng([SEED, epoch, 1]), min(1, (EPOCHS - epoch) / (FADE * EPOCHS))
    settings = {name: strength * value for name, value in DISTORTIONS.items()}
    return np.concatenate([distort(X[i : i + 1000], rng, **settings) for i in range(0, len(X), 1000)])


def climb():
    """Train to the end, from where it was broken off; return the network."""
    (X, y), _ = load_mnist(dtype=np.float32)
    (X, y), (X_val, y_val) = (X[:55000], y[:55000]), (X[55000:], y[55000:])
    model, steps = digit_network(np.random.default_rng(SEED)), -(-len(X) // BATCH)
    optimizer = SGD(model.parameters(), LR, momentum=0.9, nesterov=True)
    optimizer = Scheduled(optimizer, lambda t: warm_up(t, WARM_UP) * cosine(t, EPOCHS * steps))
    weights, log = KEPT / "convolution.npz", KEPT / "convolution.json"
    KEPT.mkdir(parents=True, exist_ok=True)
    records = json.loads(log.read_text(encoding="utf-8")) if log.exists() else []
    if records:
        model.load(weights, optimizer)
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(fresh, X, len(records))
        for epoch in tqdm(range(len(records), EPOCHS), initial=len(records), total=EPOCHS):
            start, cpu = time.time(), time.process_time()
            bent, coming = coming.result(), ahead.submit(fresh, X, epoch + 1)
            history = model.fit(bent, y, SoftmaxCrossEntropy(), optimizer, epochs=1, batch_size=BATCH,
                                rng=np.random.default_rng([SEED, epoch, 2]), progress=False)
            records.append({"epoch": epoch + 1, "loss": round(history["loss"][0], 4),
                            "val": round(accuracy(model.predict(X_val), y_val), 4),
                            "seconds": round(time.time() - start, 1), "cpu": round(time.process_time() - cpu, 1)})
            model.save(weights, optimizer)
            log.write_text(json.dumps(records), encoding="utf-8")
    return model


if __name__ == "__main__":
    climb()
