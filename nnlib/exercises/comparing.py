"""Compare what an answer gives with what was expected, and say in words how they differ."""

import numbers

import numpy as np


def difference(expected, got, tolerance=1e-9):
    """How `got` differs from `expected`, in a sentence; None if it does not. Two that are nan are alike."""
    expected, got = simple(expected), simple(got)
    sentence = getattr(got, "sentence", None)  # of a try that failed
    if sentence or hasattr(expected, "sentence"):
        alike = type(expected) is type(got) and expected == got
        return None if alike else sentence or "Expected an error, and there is none."
    if got is None and expected is not None:
        return "Nothing comes back (None). Does the function end in `return`?"
    if isinstance(expected, list) and isinstance(got, np.ndarray):
        got = got.tolist()  # who knows arrays already may use them
    if kind(expected) != kind(got):
        return f"Expected {a(kind(expected))}, got {a(kind(got))}: {shortly(got)}."
    if isinstance(expected, dict):
        if list(map(str, expected)) != list(map(str, got)):
            return f"Expected the keys {', '.join(map(str, expected))}, got {', '.join(map(str, got))}."
        expected, got = list(expected.values()), list(got.values())
    if isinstance(expected, list):
        if len(expected) != len(got):
            return f"Expected {len(expected)} entries, got {len(got)}: {shortly(got)}."
        pairs = [found for one, other in zip(expected, got) if (found := difference(one, other, tolerance))]
        plain = all(kind(entry) == "number" for entry in expected + got)
        return f"Expected {shortly(expected)}, got {shortly(got)}." if pairs and plain else next(iter(pairs), None)
    if kind(expected) in ("number", "array"):
        return of_numbers(np.asarray(expected), np.asarray(got), tolerance)
    return None if expected == got else f"Expected {shortly(expected)}, got {shortly(got)}."


def of_numbers(expected, got, tolerance):
    if expected.shape != got.shape:
        return f"Expected the shape {expected.shape}, got {got.shape}."
    if np.isnan(got).any() and not np.isnan(expected).any():
        return "There is a nan, not a number, in what comes back: a 0 / 0, or the logarithm of something negative?"
    scale = tolerance * np.max(np.abs(expected[np.isfinite(expected)]), initial=0)
    if np.allclose(expected, got, rtol=0, atol=scale + 1e-12, equal_nan=True):
        return None
    return f"Expected {shortly(expected)}, got {shortly(got)}."


def simple(value):
    """A tuple as a list, an array of one number or of text without its array, else the value itself."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, np.ndarray):
        numeric = value.dtype.kind in "biufc"
        return np.asarray(value) if numeric and value.ndim else value.item() if value.ndim == 0 else value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def kind(value):
    if isinstance(value, numbers.Number):
        return "number"
    names = {list: "list", np.ndarray: "array", str: "text", dict: "dict"}
    return "function" if callable(value) else names.get(type(value), type(value).__name__)


def a(word):
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def shortly(value):
    """A value in few characters, its numbers with six digits."""
    value = simple(value)
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.size <= 9 else f"an array of shape {value.shape}"
    said = value if isinstance(value, str) and value.startswith("an array") else digits(value)
    return said if len(said) <= 60 else said[:57] + "..."


def digits(value):
    value = simple(value)
    if isinstance(value, list):
        return f"[{', '.join(map(digits, value))}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return getattr(value, "__name__", None) or repr(value)
