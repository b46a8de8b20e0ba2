"""Reproducible arrays: the same bits everywhere."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from calls import results
from samples import A32, B32, BOTTOM, SPECIAL, STACK, TOP, WIDE, A, B

from nnlib.reproducibility import precise, reproducible


def digest(*results):
    """Return the beginning of the SHA-256 of arrays; NaN counts as one number, whatever its sign."""
    sha = hashlib.sha256()
    for x in results:
        x = np.array(x)
        if x.dtype.kind == "f":
            x[np.isnan(x)] = np.nan
        sha.update(f"{x.dtype} {x.shape}".encode() + x.tobytes())
    return sha.hexdigest()[:16]


def softmax_loss(x):
    """Return what a classifier computes: log-softmax, loss and gradient."""
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[np.arange(len(x)), np.arange(len(x)) % x.shape[1]].mean()
    gradient = np.exp(log_p)
    gradient[np.arange(len(x)), np.arange(len(x)) % x.shape[1]] -= 1
    return loss, gradient / len(x)


def train(kind, steps=60, dtype=np.float64):
    """Train a small network with Adam on two rings, in plain NumPy code; return its weights."""
    random = np.random.RandomState(1).random_sample
    X, P = kind(random((60, 2)).astype(dtype) - 0.5), []
    y = (np.square(np.asarray(X)).sum(axis=1) > 0.1).astype(int)
    for n_in, n_out in [(2, 16), (16, 16), (16, 2)]:
        P += [(random((n_in, n_out)).astype(dtype) - 0.5) * 1.5, np.zeros(n_out, dtype)]
    m, v, decay1, decay2 = [np.zeros_like(p) for p in P], [np.zeros_like(p) for p in P], 1.0, 1.0
    for _ in range(steps):
        h1 = np.maximum(X @ P[0] + P[1], 0)
        h2 = np.tanh(h1 @ P[2] + P[3])
        z = h2 @ P[4] + P[5]
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(60), y] -= 1
        dz = p / 60
        d2 = dz @ P[4].T * (1 - h2**2)
        d1 = d2 @ P[2].T * (h1 > 0)
        gradients = [X.T @ d1, d1.sum(axis=0), h1.T @ d2, d2.sum(axis=0), h2.T @ dz, dz.sum(axis=0)]
        decay1, decay2 = 0.9 * decay1, 0.999 * decay2
        for i, g in enumerate(gradients):
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g**2
            P[i] -= 0.05 * (m[i] / (1 - decay1)) / (np.sqrt(v[i] / (1 - decay2)) + 1e-7)
    return P


def step(W):
    """Take a step of the size that a schedule worked out, in NumPy's own kind of number."""
    W -= np.float64(0.1) * np.square(W)
    return W


def added_at(x):
    """Add up rows by place, as the gradient of an embedding does."""
    total = np.zeros_like(x[:5])
    np.add.at(total, np.arange(len(x)) ** 2 % 5, x)
    return total


BATTERY = {
    "matmul": lambda: [A @ B, B.T @ A.T, A[0] @ B, A @ B[:, 0], A[0] @ A[1], A @ A.T, A[:, ::2] @ B[::2]],
    "matmul float32": lambda: [A32 @ B32, A32 @ B, A32.T[:50] @ A32, A32[0] @ A32[1]],
    "matmul stacked": lambda: [STACK @ STACK.transpose(0, 2, 1), STACK @ STACK[0].T, STACK[0] @ STACK[1].T],
    "matmul precise": lambda: [precise(A) @ B, A[0] @ precise(B), precise(A32) @ B32],
    "matmul special": lambda: [SPECIAL[:, None] @ SPECIAL[None, :4], SPECIAL @ SPECIAL, SPECIAL[:4] @ SPECIAL[:4]],
    "dot": lambda: [np.dot(A, B), A.dot(B[:, 0]), np.inner(A, A), np.vdot(A, A), np.outer(A[0], A[1])],
    "sum": lambda: [A.sum(), A.sum(axis=0), A.sum(axis=1, keepdims=True), STACK.sum(axis=(0, 2)), WIDE.sum()],
    "sum float32": lambda: [A32.sum(), A32.sum(axis=0), A32.T.sum(axis=0), np.sum(A32, dtype=np.float64)],
    "mean var std": lambda: [A.mean(), A.mean(axis=0), A.var(), A.var(axis=1), A.std(axis=0, ddof=1), A32.std()],
    "max min": lambda: [A.max(), A.min(axis=1), np.maximum(A, 0), np.clip(A, -0.1, 0.1), SPECIAL[:2].max()],
    "prod cumsum norm": lambda: [A[0].prod(), A.cumsum(), np.cumprod(A, axis=1), np.linalg.norm(A), np.trace(A)],
    "exp": lambda: [np.exp(WIDE), np.exp(A32), np.exp(A.sum()), np.exp(reproducible(np.arange(-745.0, 710.0)))],
    "exp to its ends": lambda: [np.exp(TOP), np.exp(BOTTOM), np.expm1(TOP)],
    "log": lambda: [np.log(np.abs(WIDE)), np.log(A32**2), np.log(reproducible(2.0 ** np.arange(-1074.0, 1024.0)))],
    "expm1 log1p": lambda: [np.expm1(WIDE[:1800]), np.log1p(np.abs(WIDE)), np.log1p(A32), np.expm1(A32)],
    "log2 log10": lambda: [np.log2(np.abs(WIDE)), np.log10(A32**2)],
    "log10 and log1p below 1": lambda: [np.log10(np.abs(A)), np.log1p(A)],
    "tanh logaddexp": lambda: [np.tanh(WIDE), np.tanh(A32), np.logaddexp(A, -A), 1 / (1 + np.exp(-A))],
    "power": lambda: [A**2, A**3, A**-1, np.abs(A) ** 0.5, np.power(A32, 7), A**0, A**-3],
    "softmax": lambda: [*softmax_loss(A @ B), *softmax_loss(A32 @ B32)],
    "scalars of float64": lambda: [A32 * np.float64(0.1), A32 ** np.int64(2), A32 ** np.float64(0.5), step(A32.copy())],
    "places that repeat": lambda: [added_at(A), added_at(A32)],
    "everything let in": lambda: results(reproducible),
    "training": lambda: train(reproducible),
    "training float32": lambda: train(reproducible, dtype=np.float32),
    "training precise": lambda: train(precise),
}
EXPECTED = {
    "matmul": "546f5595839fbf38",
    "matmul float32": "151955fdba178514",
    "matmul stacked": "86b795ee61289762",
    "matmul precise": "6e23d5d4e7572485",
    "matmul special": "2712b1b695f56338",
    "dot": "73a5e48f6dc19074",
    "sum": "f46fcee8b00552da",
    "sum float32": "dc30568fe771f5c0",
    "mean var std": "baca17d971b1c070",
    "max min": "48da436762def806",
    "prod cumsum norm": "343756544dfc2e39",
    "exp": "d4aaa0d5439e39b6",
    "exp to its ends": "e4bb36aaa07f34a9",
    "log": "cbc4693f8d4a9d8d",
    "expm1 log1p": "d6295e236f4241a8",
    "log2 log10": "0bfaa5b9c74b7749",
    "log10 and log1p below 1": "be0e791eaa79546b",
    "tanh logaddexp": "f742e255f7d30404",
    "power": "425883adcae1d7e1",
    "softmax": "697ea3c126f61bfb",
    "scalars of float64": "9c3511d6e597b700",
    "places that repeat": "4a371f670538acc3",
    "everything let in": "e3d830e5979d49d4",
    "training": "5501aa1d1c20dccc",
    "training float32": "95e00f51ba8c6728",
    "training precise": "d879204987f3f4f8",
}


def battery():
    """Compute everything, with NumPy silent about infinities."""
    with np.errstate(all="ignore"):
        return {name: digest(*compute()) for name, compute in BATTERY.items()}


@pytest.mark.parametrize("name", BATTERY)
def test_bits(name):
    with np.errstate(all="ignore"):
        assert digest(*BATTERY[name]()) == EXPECTED[name]


if __name__ == "__main__":                                 # what the next test runs as if on another machine
    print(battery())


@pytest.mark.parametrize(
    "machine",
    [
        {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "1"},
        {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"},
        {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL"},
    ],
    ids=["an old BLAS", "no vector code", "no vector code, by its newer names"],
)
def test_bits_on_another_machine(machine):
    run = subprocess.run(
        [sys.executable, "-W", "ignore", str(Path(__file__))],
        env={**os.environ, **machine}, capture_output=True, text=True, encoding="utf-8", check=True,
    )
    assert run.stdout.strip() == str(EXPECTED)
