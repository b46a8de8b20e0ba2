"""What cannot be promised is refused, and the rest is NumPy's own."""


import numpy as np
import pytest
from samples import A, same_bits

from nnlib.reproducibility import reproducible
from nnlib.reproducibility.operations import EXACT

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
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_operation_and_the_way_out(name):
    with pytest.raises(TypeError) as error:
        REFUSED[name](reproducible([[1.0, 2.0], [3.0, 4.0]]))
    message = str(error.value)
    assert message.startswith(name.strip()) and "machines" in message
    assert message.endswith(f"give up the promise: {name.split()[0]}(np.asarray(x))")


@pytest.mark.parametrize("make", [
    lambda: reproducible([1j]), lambda: reproducible(np.longdouble(1)), lambda: reproducible(["a"]),
    lambda: reproducible(np.float16([1])), lambda: A + np.ones(211, np.longdouble),
])
def test_other_kinds_of_number_are_refused(make):
    with pytest.raises(TypeError, match="expected float32 or float64, got .*np.asarray"):
        make()


@pytest.mark.parametrize("array", [[1, 2], [True], np.zeros(2, np.uint8)])
def test_integers_need_no_wrapping(array):
    with pytest.raises(TypeError, match="labels and masks are reproducible as they are"):
        reproducible(array)


@pytest.mark.parametrize("name", sorted(EXACT - {"_ones_like", "conjugate", "modf", "frexp", "divmod"}))
def test_exact_operations_are_numpys_own(name):
    ufunc = getattr(np, name)
    x, y = np.array([1.5, -2.25, 0.1]), np.array([0.3, 4.0, -1.0])
    with np.errstate(invalid="ignore"):
        assert same_bits(ufunc(*[reproducible(x), y][: ufunc.nin]), ufunc(*[x, y][: ufunc.nin]))
