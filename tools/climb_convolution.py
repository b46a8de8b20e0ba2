"""Train the convolutional network of chapter 26: python tools/climb_convolution.py, which takes half an hour.

Broken off, it goes on where it was: after every epoch weights and optimizer are kept in _build/climb/. Each epoch has
a seed of its own, so that what comes after does not depend on when one stopped. The last 5,000 training digits are
held back, to choose by; the test digits are not looked at before the end. Then the network is stored in half
precision: nnlib/digit_network.npz, and beside it how it came about, digit_network.json.
"""

import json
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import SGD, Dropout, Scheduled, SoftmaxCrossEntropy, accuracy, cosine, fingerprint, load_mnist, warm_up
from nnlib.digit_network import FILE, digit_network, trained_digit_network
from nnlib.distortions import distort
from nnlib.weights import state

KEPT = Path(__file__).parents[1] / "_build" / "climb"
EPOCHS, BATCH, LR, SEED = 50, 128, 0.1, 0
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
            for layer in model.layers:
                if isinstance(layer, Dropout):
                    layer.rng = np.random.default_rng([SEED, epoch, 3])
            history = model.fit(bent, y, SoftmaxCrossEntropy(), optimizer, epochs=1, batch_size=BATCH,
                                rng=np.random.default_rng([SEED, epoch, 2]), progress=False)
            scores = model.predict(X_val)
            records.append({"epoch": epoch + 1, "loss": round(history["loss"][0], 4),
                            "val": round(accuracy(scores, y_val), 4),
                            "val loss": round(SoftmaxCrossEntropy().forward(scores, y_val), 4),
                            "seconds": round(time.time() - start, 1), "cpu": round(time.process_time() - cpu, 1)})
            model.save(weights, optimizer)
            log.write_text(json.dumps(records), encoding="utf-8")
    return model


def store(model):
    """Write the network in half precision, and how it came about."""
    np.savez_compressed(FILE, **{name: array.astype(np.float16) for name, array in state(model).items()})
    X_test, y_test = load_mnist(dtype=np.float32)[1]
    full, stored = model.predict(X_test), trained_digit_network().predict(X_test)
    records = json.loads((KEPT / "convolution.json").read_text(encoding="utf-8"))
    facts = {
        "made by": "tools/climb_convolution.py", "numpy": np.__version__, "python": platform.python_version(),
        "epochs": EPOCHS, "batch": BATCH, "lr": LR, "momentum": 0.9, "warm-up steps": WARM_UP, "fade": FADE,
        "seed": SEED, "distortions": DISTORTIONS, "cpu seconds": round(sum(record["cpu"] for record in records)),
        "validation accuracy": records[-1]["val"], "test accuracy": accuracy(stored, y_test),
        "test accuracy in float32": accuracy(full, y_test),
        "answers that differ": int((stored.argmax(axis=1) != full.argmax(axis=1)).sum()),
        "fingerprint in float32": fingerprint(model), "fingerprint": fingerprint(trained_digit_network()),
        "parameters": sum(parameter.data.size for parameter in model.parameters()), "log": records,
    }
    FILE.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes, test accuracy {facts['test accuracy']:.2%}")


if __name__ == "__main__":
    store(climb())
