"""Everything that is let in gives what NumPy gives: the values, the dtype, the shape, the error."""

import itertools

import numpy as np
import pytest
from calls import CALLS, OPERANDS, outcome, silence
from numpy.exceptions import AxisError

from nnlib.reproducibility import precise, reproducible
from nnlib.reproducibility.operations import CHOICES, COMPUTED, EXACT, FUNCTIONS, HARMLESS

BY_MATMUL = {"matmul", "dot", "inner", "vdot"}


def agree(result, expected, name):
    """Tell whether a result is NumPy's, but for the digits that the promise costs."""
    result, expected = np.asarray(result), np.asarray(expected)
    if result.dtype.kind in "biuU":
        return result.dtype.kind == expected.dtype.kind and np.array_equal(result, expected)
    finite = np.abs(expected[np.isfinite(expected)])
    close = 1e-12 if expected.dtype == np.float64 and name not in BY_MATMUL else 1e-5
    return (result.dtype == expected.dtype and result.shape == expected.shape
            and np.allclose(result, expected, rtol=close, atol=close * finite.max(initial=1), equal_nan=True))


def labelled(result, kind):
    """Tell whether floats carry the promise, and nothing else does."""
    is_float = isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind == "f"
    return isinstance(result, kind) if is_float else not isinstance(result, kind)


@pytest.mark.parametrize("kind", [reproducible, precise])
@pytest.mark.parametrize("name", CALLS)
def test_what_is_let_in_is_numpys(name, kind):
    worked = 0
    with silence():
        for (label, (x, y)), call in itertools.product(OPERANDS.items(), CALLS[name]):
            expected, result = outcome(call, x, y), outcome(call, kind(x), kind(y))
            if isinstance(expected, type):
                same = AxisError if expected is AxisError and result is not TypeError else Exception
                assert isinstance(result, type) and issubclass(result, same), (label, call, expected, result)
            elif not (name in ("dot", "inner") and y.ndim > 2 and result is TypeError):      # these are refused
                assert isinstance(result, list) and len(result) == len(expected), (label, call, expected, result)
                assert all(agree(r, e, name) for r, e in zip(result, expected)), (label, call, expected, result)
                assert all(labelled(r, kind) for r in result), (label, call, result)
                worked += 1
    assert worked >= 8


def test_everything_that_is_let_in_is_swept():
    functions = {function.__name__ for function in HARMLESS | set(FUNCTIONS)}
    assert set(CALLS) == EXACT | CHOICES | set(COMPUTED) | functions | {"matmul", "indexing", "astype"}
