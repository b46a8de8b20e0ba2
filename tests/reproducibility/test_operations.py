"""What cannot be promised is refused by name, and the rest is NumPy's own."""

import re

import numpy as np
import pytest
from calls import OPERANDS, silence
from samples import A, same_bits

from nnlib.reproducibility import reproducible
from nnlib.reproducibility.operations import CHOICES, COMPUTED, EXACT, FUNCTIONS, HARMLESS
from nnlib.reproducibility.refusals import REASONS

REFUSED = {
    "np.sin": lambda x: np.sin(x),
    "np.arctan2": lambda x: np.arctan2(1.0, x),
    "np.power": lambda x: x**0.3,
    "np.power ": lambda x: 2**x,
    "np.add.reduceat": lambda x: np.add.reduceat(x, [0]),
    "np.maximum.accumulate": lambda x: np.maximum.accumulate(x),
    "np.einsum": lambda x: np.einsum("ij,jk", x, x),
    "np.tensordot": lambda x: np.tensordot(x, x),
    "np.linalg.inv": lambda x: np.linalg.inv(x),
    "np.linalg.norm with ord=1": lambda x: np.linalg.norm(x, 1),
    "np.fft.fft": lambda x: np.fft.fft(x),
    "np.convolve": lambda x: np.convolve(x[0], x[1]),
    "np.dot with more than two": lambda x: np.dot(x, np.ones((2, 2, 2))),
    "np.exp with where=": lambda x: np.exp(x, where=np.ones((2, 2), bool)),
    'np.pad with mode="mean"': lambda x: np.pad(x, 1, mode="mean"),
    "np.matmul with dtype=": lambda x: np.matmul(x, x, dtype=np.float32),
    "np.inner with more than two": lambda x: np.inner(x, np.ones((2, 2, 2))),
    "np.hypot": lambda x: np.hypot(x, x),
    "np.tensordot ": lambda x: np.tensordot(x, x, 1),
    "np.fft.rfft": lambda x: np.fft.rfft(x),
    # equal numbers in the order that suits the processor
    "np.partition": lambda x: np.partition(x, 1),
    "np.partition ": lambda x: x.partition(1),
    "np.argpartition": lambda x: x.argpartition(1),
    "np.median": lambda x: np.median(x),
    "np.quantile": lambda x: np.quantile(x, 0.1),
    "np.unique": lambda x: np.unique(x),
    "np.searchsorted": lambda x: x[0].searchsorted(1.0),
    "np.histogram with weights=": lambda x: np.histogram(x, weights=x),
    'np.histogram with bins="auto"': lambda x: np.histogram(x, "auto"),
    # memory that nobody has written to
    "np.add with where=": lambda x: np.add(x, 1, where=np.asarray(x) > 1),
    "np.frexp": lambda x: np.frexp(x),
    # exact, or as good as: but nobody needs them, so nobody has tried
    "np.modf": lambda x: np.modf(x),
    "np.subtract.outer": lambda x: np.subtract.outer(x[0], x[1]),
    "np.multiply.at": lambda x: np.multiply.at(x, 0, 2),
    "np.subtract.reduce": lambda x: np.subtract.reduce(x),
    "np.insert": lambda x: np.insert(x, 0, 1),
    "np.maximum with where=": lambda x: np.maximum(x, 0, out=x, where=True),
    "np.add with order=": lambda x: np.add(x, 1, order="F"),
    "np.apply_along_axis": lambda x: np.apply_along_axis(sum, 0, x),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_operation_and_the_way_out(name):
    with pytest.raises(TypeError) as error:
        REFUSED[name](reproducible([[1.0, 2.0], [3.0, 4.0]]))
    message = str(error.value)
    assert message.startswith(f"{name.strip()}") and re.search("machine|memory", message)
    assert message.endswith(f"give up the promise: {name.split()[0]}(np.asarray(x))")


def test_refusals_say_why():
    x = reproducible([1.0])
    for call, why in {
        lambda: np.sin(x): "last digits",
        lambda: np.linalg.inv(x[None]): "last digits",
        lambda: np.fft.fft(x): "last digits",
        lambda: np.einsum("i,i", x, x): "adds in an order",
        lambda: np.median(x): "equal numbers.*np.sort",
        lambda: np.add(x, 1, where=True): "give it out=",
        lambda: np.modf(x): "nobody has tried",
    }.items():
        with pytest.raises(TypeError, match=f"has no reproducible form: .*{why}.*, or give up the promise"):
            call()


def test_the_reasons_are_of_operations_that_are_refused():
    names = [name for names in REASONS.values() for name in names.split()]
    assert len(names) == len(set(names)) and set(names) & LET_IN == {"histogram", "power"}      # in some forms
    assert all(hasattr(np, name) for name in names)


LET_IN = EXACT | CHOICES | set(COMPUTED) | {"matmul"} | {function.__name__ for function in HARMLESS | set(FUNCTIONS)}


def hooked():
    """Return every ufunc and every function of NumPy that asks the array how to carry it out."""
    modules = (np, np.linalg, np.fft, np.lib.stride_tricks, np.strings)
    found = {f for module in modules for f in vars(module).values() if callable(f)}
    return [f for f in found if isinstance(f, np.ufunc) or hasattr(f, "_implementation")]


def test_whatever_is_not_let_in_is_refused():
    x, refused = reproducible([[1.0, 2.0], [3.0, 4.0]]), 0
    for f in hooked():
        if f in HARMLESS or f in FUNCTIONS or isinstance(f, np.ufunc) and f.__name__ in LET_IN:
            continue
        with pytest.raises(TypeError, match=f"{f.__name__} has no reproducible form"):
            x.__array_ufunc__(f, "__call__", x) if isinstance(f, np.ufunc) else x.__array_function__(f, (), (x,), {})
        refused += 1
    assert refused > 200


@pytest.mark.parametrize("make", [
    lambda: reproducible([1j]), lambda: reproducible(np.longdouble(1)), lambda: reproducible(["a"]),
    lambda: reproducible(np.float16([1])), lambda: A + np.ones(211, np.longdouble),
    lambda: A * 1j, lambda: 1j - A, lambda: A @ np.ones((211, 2), complex), lambda: A @ np.ones((211, 0), complex),
    lambda: np.dot(A, 1j), lambda: np.logaddexp(A, 1j), lambda: A.sum(dtype=complex), lambda: A.mean(dtype=np.float16),
    lambda: np.prod(A, dtype=np.longdouble), lambda: np.add(A, A, dtype=np.longdouble),
    lambda: A * np.array([1], object), lambda: A.astype(np.float16), lambda: A.astype(object),
    lambda: A * np.longdouble(1), lambda: np.where(A > 0, A, 1j), lambda: np.zeros_like(A, dtype=complex),
    lambda: np.exp(np.ones(2, complex), out=reproducible(np.ones(2))),
])
def test_other_kinds_of_number_are_refused(make):
    with pytest.raises(TypeError, match="expected float32 or float64, got .*np.asarray"):
        make()


@pytest.mark.parametrize("array", [[1, 2], [True], np.zeros(2, np.uint8)])
def test_integers_need_no_wrapping(array):
    with pytest.raises(TypeError, match="labels and masks are reproducible as they are"):
        reproducible(array)


@pytest.mark.parametrize("name", sorted(EXACT - {"_ones_like"}))
def test_exact_operations_are_numpys_own(name):
    ufunc = getattr(np, name)
    for x, y in OPERANDS.values():
        with silence():
            assert same_bits(ufunc(*[reproducible(x), y][: ufunc.nin]), ufunc(*[x, y][: ufunc.nin]))


def test_an_axis_that_is_not_there_is_numpys_error():
    x = reproducible([1.0, 2.0])
    for call in (lambda: x.sum(axis=1), lambda: np.mean(x, axis=1), lambda: x.prod(axis=(0, 1)), lambda: x.max(axis=1)):
        with pytest.raises(np.exceptions.AxisError, match="axis 1 is out of bounds"):
            call()


def test_memory_that_nobody_has_written_to_is_not_handed_out():
    rubbish = np.full(1000, 7.0)
    del rubbish
    x = reproducible(np.ones(1000))
    assert same_bits(np.empty_like(x), np.zeros(1000)) and isinstance(np.empty_like(x), reproducible)
    assert np.empty_like(x, shape=(2, 2), dtype=np.float32).tolist() == [[0, 0], [0, 0]]
    assert np.add(x, 1, out=np.zeros(1000), where=np.arange(1000) < 2).sum() == 4
