"""Train what chapter 25 shows: python tools/climb.py [ladder | NAME …], which takes hours with all names.

`ladder` measures every rung over three seeds; a NAME of CLIMBS trains one network as long as it takes; without any,
all of it. Broken off, it goes on where it was: the ladder after every run, a climb after every epoch, whose weights
and optimizer are kept in _build/climb/. Each epoch has a seed of its own, so that what comes after does not depend on
when one stopped. What is ready is stored in nnlib/climbs/, from where the chapter reads it.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import (
    L2,
    SGD,
    Dense,
    Dropout,
    ReLU,
    Scheduled,
    Sequential,
    SoftmaxCrossEntropy,
    accuracy,
    cosine,
    fingerprint,
    load_mnist,
    log_softmax,
    softmax,
    warm_up,
)
from nnlib.distortions import distort

ROOT = Path(__file__).parents[1]
KEPT, STORED = ROOT / "_build" / "climb", ROOT / "nnlib" / "climbs"
BATCH = 128
WARM_UP = 1000  # steps

CLIMBS = {f"dense-{seed}": {"hidden": [1000, 500], "epochs": 160, "lr": 0.1, "fade": 0.1, "seed": seed}
          for seed in range(5)}  # fmt: skip
WEIGHTS = {"dense-0"}  # of the others, only what they say of the test digits is stored: weights take 1.2 MB each

SEEDS = 0, 1, 2
START = {"hidden": [256], "lr": 0.1, "momentum": 0.9, "decay": 0.0, "dropout": 0.0, "smoothing": 0.0,
         "shift": 0.0, "turn": 0.0, "zoom": 0.0, "shear": 0.0, "bend": 0.0, "epochs": 20,
         "digits": 10_000}  # fmt: skip
RUNGS = {  # what each changes in the settings kept before it; with momentum comes the cosine
    "ten seconds": {},
    "500 neurons": {"hidden": [500]},
    "a constant rate": {"lr": 0.5, "momentum": 0.0},
    "500 and 250": {"hidden": [500, 250]},
    "weight decay": {"decay": 1e-4},
    "dropout": {"dropout": 0.2},
    "label smoothing": {"smoothing": 0.1},
    "shifts": {"shift": 1.5},
    "turns, slants, sizes": {"turn": 15.0, "zoom": 0.15, "shear": 0.15},
    "bends": {"bend": 1.0},
    "1000 and 500": {"hidden": [1000, 500]},
    "less, if it can be": {"decay": 0.0, "dropout": 0.0, "smoothing": 0.0, "shift": 0.0},  # stays if it costs nothing
    "bends, again": {"bend": 1.0},  # what did not help before may help now
}


class Smoothed(SoftmaxCrossEntropy):
    """Cross-entropy against targets of which a share is spread evenly over all classes, as PyTorch defines it."""

    def __init__(self, share):
        self.share = share

    def forward(self, logits, labels):            # (N, C), (N,) -> float
        even = -float(log_softmax(logits).mean())
        return (1 - self.share) * super().forward(logits, labels) + self.share * even

    def backward(self):                           # -> (N, C)
        n, classes = self.log_p.shape
        even = (np.exp(self.log_p) - 1 / classes) / n
        return (1 - self.share) * super().backward() + self.share * even


def network(hidden, rng, dropout=0.0):
    sizes, layers = [784, *hidden, 10], []
    for n_in, n_out in zip(sizes, sizes[1:], strict=False):
        layers += [Dense(n_in, n_out, rng=rng, dtype=np.float32), ReLU()]
        layers += [Dropout(dropout, rng=rng)] if dropout else []
    return Sequential(*layers[: -2 if dropout else -1])


def digits():
    """All of MNIST in three parts: 55,000 digits to learn from, 5,000 to choose by, and the test digits."""
    (X, y), test = load_mnist(dtype=np.float32)
    return (X[:55000], y[:55000]), (X[55000:], y[55000:]), test


def fresh(X, seed, epoch, **settings):
    """Every image distorted anew; a thousand at a time, which fit into the processor's cache."""
    rng = np.random.default_rng([seed, epoch, 1])
    return np.concatenate([distort(X[i : i + 1000], rng, **settings) for i in range(0, len(X), 1000)])


def climb(name, hidden, epochs, lr, fade, seed, shift=0.0, dropout=0.0, smoothing=0.0):
    (X, y), (X_val, y_val), (X_test, y_test) = digits()
    model = network(hidden, np.random.default_rng(seed), dropout)
    loss = Smoothed(smoothing) if smoothing else SoftmaxCrossEntropy()
    steps = -(-len(X) // BATCH)
    optimizer = SGD(model.parameters(), lr, momentum=0.9, nesterov=True)
    optimizer = Scheduled(optimizer, lambda t: warm_up(t, WARM_UP) * cosine(t, epochs * steps))
    log = KEPT / f"{name}.json"
    records = json.loads(log.read_text(encoding="utf-8")) if log.exists() else []
    if records:
        model.load(KEPT / f"{name}.npz", optimizer)

    def bent_at(epoch):
        strength = min(1, (epochs - epoch) / (fade * epochs))
        return fresh(X, seed, epoch, turn=15 * strength, zoom=0.15 * strength, shear=0.15 * strength,
                     shift=shift * strength, bend=strength)

    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(bent_at, len(records))
        for epoch in tqdm(range(len(records), epochs), desc=name, initial=len(records), total=epochs):
            start, cpu = time.time(), time.process_time()
            bent = coming.result()
            coming = ahead.submit(bent_at, epoch + 1)
            for layer in model.layers:
                if isinstance(layer, Dropout):
                    layer.rng = np.random.default_rng([seed, epoch, 3])
            history = model.fit(bent, y, loss, optimizer, epochs=1, batch_size=BATCH,
                                rng=np.random.default_rng([seed, epoch, 2]), progress=False)
            records.append({"epoch": epoch + 1, "loss": round(history["loss"][0], 4),
                            "val": round(accuracy(model.predict(X_val), y_val), 4),
                            "test": round(accuracy(model.predict(X_test), y_test), 4),
                            "seconds": round(time.time() - start, 1), "cpu": round(time.process_time() - cpu, 1)})
            KEPT.mkdir(parents=True, exist_ok=True)
            model.save(KEPT / f"{name}.npz", optimizer)
            log.write_text(json.dumps(records), encoding="utf-8")
    record = {**CLIMBS[name], **{column: [row[column] for row in records] for column in ("loss", "val", "cpu")}}
    store(name, model, record, X_val, y_val, X_test)


def store(name, model, record, X_val, y_val, X_test):
    """Store a network in a byte a weight, what it says of the test digits in a byte a class, and its record."""
    STORED.mkdir(exist_ok=True)
    arrays, files = [], {}
    for i, parameter in enumerate(model.parameters()):
        q, s = parameter.data, np.float32(1)      # a bias stays as it is
        if q.ndim > 1:
            s = np.abs(q).max(axis=tuple(range(q.ndim - 1))) / 127
            q = np.rint(q / s).astype(np.int8)
        files |= {f"q{i}": q, f"s{i}": s}
        arrays.append(q * s.astype(np.float64))
    exact = accuracy(model.predict(X_val), y_val)
    for parameter, array in zip(model.parameters(), arrays):
        parameter.data = array
    record |= {"val_exact": exact, "val_stored": accuracy(model.predict(X_val.astype(np.float64)), y_val),
               "fingerprint": fingerprint(*arrays)}
    if name in WEIGHTS:
        np.savez_compressed(STORED / f"{name}.npz", **files)
    keep_answers({name: softmax(model.predict(X_test.astype(np.float64)))})
    (STORED / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")


def keep_answers(probabilities):
    """Store what networks say of the test digits, in steps of 1 / 255, beside what others say."""
    path = STORED / "answers.npz"
    answers = dict(np.load(path)) if path.exists() else {}
    answers |= {name: np.rint(255 * p).astype(np.uint8) for name, p in probabilities.items()}
    np.savez_compressed(path, **answers)


def ladder():
    """Measure every rung over the seeds, on the validation digits; keep it if it helps by more than the spread."""
    STORED.mkdir(exist_ok=True)
    log, data = STORED / "ladder.json", digits()
    stored = [old for old in json.loads(log.read_text(encoding="utf-8")) if "runs" in old] if log.exists() else []
    settings, best, rungs = START, None, []
    for name, changes in tqdm(RUNGS.items(), desc="rungs"):
        if changes.items() <= settings.items() and rungs:
            continue                              # what it would take away was never kept
        rung = {"rung": name, "settings": settings | changes, "runs": []}
        rungs.append(next((old for old in stored if old["settings"] == rung["settings"]), rung))
        rungs[-1]["rung"] = name
        for seed in SEEDS[len(rungs[-1]["runs"]) :]:
            rungs[-1]["runs"].append(run(name, seed, data, **rung["settings"]))
            later = [old for old in stored if old not in rungs]
            log.write_text(json.dumps([*rungs, *later], indent=1), encoding="utf-8")
        rungs[-1]["kept"] = helps(rungs[-1], best, simpler="less" in name)
        if rungs[-1]["kept"]:
            settings, best = rung["settings"], rungs[-1]
    three = [np.load(KEPT / f"{best['rung']}-{seed}.npz") for seed in SEEDS]
    together = {"rung": "three together", "val": accuracy(np.mean([one["val"] for one in three], axis=0), data[1][1])}
    log.write_text(json.dumps([*rungs, together], indent=1), encoding="utf-8")
    keep_answers({f"short-{seed}": one["test"] for seed, one in zip(SEEDS, three)})  # chosen without a look at them


def helps(rung, best, simpler=False):
    """Whether the mean over the seeds is higher by more than the spread; for what is simpler, not lower by more."""
    if best is None:
        return True
    new, old = ([run["val"] for run in each["runs"]] for each in (rung, best))
    spread = max(np.std(new, ddof=1), np.std(old, ddof=1))
    return bool(np.mean(new) - np.mean(old) > (-spread if simpler else spread))


def run(name, seed, data, hidden, lr, momentum, decay, dropout, smoothing, epochs, digits, **distortion):
    (X, y), (X_val, y_val), (X_test, _) = data
    X, y = X[:digits], y[:digits]
    start, cpu = time.time(), time.process_time()
    model = network(hidden, np.random.default_rng(seed), dropout)
    optimizer = SGD(model.parameters(), lr, momentum=momentum, nesterov=momentum > 0)
    if momentum:
        steps = epochs * -(-len(X) // BATCH)
        optimizer = Scheduled(optimizer, lambda t: warm_up(t, 100) * cosine(t, steps))
    loss = Smoothed(smoothing) if smoothing else SoftmaxCrossEntropy()
    late = []                                     # the weights after each of the last three epochs
    for epoch in range(epochs):
        seen = fresh(X, seed, epoch, **distortion) if any(distortion.values()) else X
        model.fit(seen, y, loss, optimizer, epochs=1, batch_size=BATCH, penalty=L2(decay) if decay else None,
                  rng=np.random.default_rng([seed, epoch, 2]), progress=False)
        late = [*late[-2:], [parameter.data.copy() for parameter in model.parameters()]]
    scores = model.predict(X_val)
    result = {"seed": seed, "val": accuracy(scores, y_val), "fingerprint": fingerprint(model)}
    KEPT.mkdir(parents=True, exist_ok=True)
    np.savez(KEPT / f"{name}-{seed}.npz", val=softmax(scores), test=softmax(model.predict(X_test)))
    for parameter, *three in zip(model.parameters(), *late):
        parameter.data[...] = np.mean(three, axis=0)
    averaged = accuracy(model.predict(X_val), y_val)
    return result | {"averaged": averaged, "seconds": round(time.time() - start, 1),
                     "cpu": round(time.process_time() - cpu, 1)}


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ["ladder", *CLIMBS]:
        ladder() if chosen == "ladder" else climb(chosen, **CLIMBS[chosen])
