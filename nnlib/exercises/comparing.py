"""Compare what an answer gives with what was expected, and say in words how they differ."""

import numbers

import numpy as np

MOST = 60  # characters of a value


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
        cure = " Leave the quotation marks out." if kind(got) == "text" else ""
        if isinstance(expected, np.ndarray) and isinstance(got, list) and len(got) == len(expected):
            cure = " `np.array(...)` makes an array of it."
        if isinstance(got, list) and got and difference(expected, got[0], tolerance) is None:
            cure = " Its first entry is right. Return that alone."
        return f"Expected {a(kind(expected))}, got {a(kind(got))}: {shortly(got)}." + cure
    if isinstance(expected, dict):
        if list(map(str, expected)) != list(map(str, got)):
            return f"Expected the keys {', '.join(map(str, expected))}, got {', '.join(map(str, got))}."
        expected, got = list(expected.values()), list(got.values())
    if isinstance(expected, list):
        if len(expected) != len(got):
            return f"Expected {len(expected)} entries, got {len(got)}: {shortly(got)}."
        pairs = [found for one, other in zip(expected, got) if (found := difference(one, other, tolerance))]
        plain = all(kind(entry) == "number" for entry in expected + got)
        return of_numbers(np.array(expected), np.array(got), tolerance) if plain else next(iter(pairs), None)
    if kind(expected) in ("number", "array"):
        return of_numbers(np.asarray(expected), np.asarray(got), tolerance)
    return None if expected == got else f"Expected {shortly(expected)}, got {shortly(got)}."


def of_numbers(expected, got, tolerance):
    if expected.shape != got.shape:
        return f"Expected the shape {expected.shape}, got {got.shape}."
    if np.isnan(got).any() and not np.isnan(expected).any():
        return "There is a nan, not a number, in what comes back: a 0 / 0, or the logarithm of something negative?"
    scale = tolerance * np.max(np.abs(expected[np.isfinite(expected)]), initial=0)
    apart = ~np.isclose(expected, got, rtol=0, atol=scale + 1e-12, equal_nan=True)
    if not apart.any():
        return None
    cure = " Return it as it is, without rounding." if rounded(expected, got) else ""
    if expected.size > 9 or len(digits(expected.tolist())) > MOST:  # too many to be shown: where they differ first
        at = tuple(np.argwhere(apart)[0].tolist())
        number = f"{apart.sum()} of {apart.size} numbers differ. At [{', '.join(map(str, at))}], expected"
        return f"{number} {shortly(expected[at])}, got {shortly(got[at])}." + cure
    return f"Expected {shortly(expected)}, got {shortly(got)}." + cure


def rounded(expected, got):
    """Whether `got` is what was expected, rounded to a few decimals."""
    return expected.dtype.kind == "f" and any(np.array_equal(expected.round(places), got) for places in range(1, 6))


def endless(value):
    """Whether a nan or an infinity is among numbers: in an array, or in a list or dict of them."""
    if isinstance(value, (list, tuple, dict)):
        return any(map(endless, value.values() if isinstance(value, dict) else value))
    value = np.asarray(value) if isinstance(value, (float, np.ndarray, np.generic)) else np.zeros(1)
    return value.dtype.kind in "fc" and not np.isfinite(value).all()


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
    if isinstance(value, np.ndarray) and value.size > 9:
        return f"an array of shape {value.shape}"
    said = digits(value)
    return said if len(said) <= MOST else said[: MOST - 3] + "..."


def digits(value):
    if isinstance(value, tuple):
        return f"({', '.join(map(digits, value))}{',' * (len(value) == 1)})"
    value = simple(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if value is ...:
        return "..."
    if isinstance(value, list):
        return f"[{', '.join(map(digits, value))}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return getattr(value, "__name__", None) or repr(value)
