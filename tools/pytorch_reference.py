"""Let PyTorch take a hundred steps with each of its optimizers: python tools/pytorch_reference.py

Writes tests/pytorch_reference.npz, against which tests/test_optimizers.py compares nnlib's; only this script needs
PyTorch, and no reader does. Made with pip install torch==2.13.0 numpy. The file holds the settings, the starting
points and the data as well, so that the two sides cannot mean different ones.
"""

import json
from pathlib import Path

import numpy as np
import torch

FILE = Path(__file__).resolve().parents[1] / "tests" / "pytorch_reference.npz"
STEPS = [*range(1, 11), *range(20, 101, 10)]
NAMES = {"AdaGrad": "Adagrad"}                    # nnlib's, where PyTorch writes another
CASES = {
    "plain": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("AdaGrad", {}),
    "adagrad, eps": ("AdaGrad", {"eps": 0.5}),
    "rmsprop": ("RMSprop", {}),
    "rmsprop, all": ("RMSprop", {"alpha": 0.9, "eps": 0.5}),
    "adam": ("Adam", {}),
    "adam, all": ("Adam", {"betas": [0.8, 0.95], "eps": 0.5}),
    "adamw": ("AdamW", {}),
    "adamw, decay": ("AdamW", {"weight_decay": 0.5}),
}
RATES = {"valley": {"SGD": 0.002, "other": 0.05}, "banana": {"SGD": 0.0002, "other": 0.02},
         "network": {"SGD": 0.1, "other": 0.005}}


def starts():
    """The parameters at the beginning and the data of every problem."""
    rng = np.random.default_rng(0)
    network = [rng.normal(size=shape) for shape in ((2, 4), (4,), (4, 3), (3,))]
    return {"valley": [np.array([-4.0, 1.0])], "banana": [np.array([-1.2, 1.0])], "network": network}, {
        "X": rng.normal(size=(12, 2)), "y": rng.integers(0, 3, 12)}


def losses(data):
    """The loss of every problem as a function of its parameters."""
    X, y = (torch.tensor(array) for array in data.values())
    return {
        "valley": lambda w: w[0] ** 2 + 100 * w[1] ** 2,
        "banana": lambda w: (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2,
        "network": lambda W1, b1, W2, b2: torch.nn.functional.cross_entropy(torch.tanh(X @ W1 + b1) @ W2 + b2, y),
    }


def steps(problem, start, loss, kind, settings, schedule=None):
    """All the parameters in one row, after each of STEPS."""
    parameters = [torch.tensor(array, requires_grad=True) for array in start]
    lr = RATES[problem]["SGD" if kind == "SGD" else "other"]
    optimizer = getattr(torch.optim, NAMES.get(kind, kind))(parameters, lr=lr, **settings)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule or (lambda step: 1.0))
    rows = []
    for step in range(1, STEPS[-1] + 1):
        optimizer.zero_grad()
        loss(*parameters).backward()
        optimizer.step()
        scheduler.step()
        if step in STEPS:
            rows.append(torch.cat([parameter.detach().ravel() for parameter in parameters]).numpy())
    return np.array(rows)


def shapes():
    """What PyTorch's own schedulers do to a learning rate of 1 in 30 steps; and a gradient that it clips."""
    made = {}
    for name, make in {
        "cosine": lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30),
        "step_decay": lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.5),
        "warm_up": lambda optimizer: torch.optim.lr_scheduler.LinearLR(optimizer, 1 / 10, 1, total_iters=9),
    }.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler, rates = make(optimizer), []
        for _ in range(30):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        made[name] = np.array(rates)
    long = [torch.zeros(2, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)]
    long[0].grad, long[1].grad = torch.tensor([3.0, -4.0]).double(), torch.tensor([12.0]).double()
    made["clip length"] = torch.nn.utils.clip_grad_norm_(long, 2.0).numpy()
    made["clip"] = torch.cat([parameter.grad for parameter in long]).numpy()
    return made


def main():
    start, data = starts()
    arrays = {"torch": torch.__version__, "cases": json.dumps(CASES), "rates": json.dumps(RATES), "steps": STEPS}
    arrays |= data | shapes()
    for problem, loss in losses(data).items():
        arrays |= {f"{problem} start {i}": array for i, array in enumerate(start[problem])}
        for case, (kind, settings) in CASES.items():
            arrays[f"{problem} {case}"] = steps(problem, start[problem], loss, kind, settings)
        arrays[f"{problem} scheduled"] = steps(problem, start[problem], loss, "Adam", {}, falling)
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes by PyTorch {torch.__version__}")


def falling(step):
    """A schedule of exact numbers."""
    return 1 / (1 + step / 8)


if __name__ == "__main__":
    main()
