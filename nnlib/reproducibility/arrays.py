"""The array classes: what NumPy asks of them, and what they hand on."""

import numpy as np

from nnlib.reproducibility.operations import FUNCTIONS, HARMLESS, operation
from nnlib.reproducibility.refusals import not_reproducible, wrong_dtype
from nnlib.reproducibility.sums_and_products import dot, matmul, reduce_in_order


def plain(x):
    """Return a reproducible array as an ordinary one, anything else as it is."""
    return x.view(np.ndarray) if isinstance(x, reproducible) else x


def promised(result, kind):
    """Return floats as arrays of this kind, also inside a tuple or a list, and whole and truth values as they are."""
    if isinstance(result, np.ndarray) and result.dtype.char in "df":
        return result.view(kind)
    if isinstance(result, np.floating):
        number = np.array(result)
        number.flags.writeable = False
        return promised(number, kind)
    if isinstance(result, (tuple, list)):
        return type(result)([promised(x, kind) for x in result])
    if isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind in "fcO":
        raise wrong_dtype(result.dtype)
    return plain(result)


def is_number(x):
    """Tell a number, as an element or a sum is, from an array that happens to have no dimensions."""
    return isinstance(x, reproducible) and x.ndim == 0 and not x.flags.writeable


def operators(name):
    """Return an operator for reproducible arrays, and its mirrored and its in-place form.

    They are what `__array_ufunc__` comes to, in half the time.
    """
    return both_sides(name), both_sides(f"r{name}"), in_place(name)


def both_sides(name):
    """Return an operator that makes a new array."""
    carry_out = getattr(np.ndarray, f"__{name}__")

    def new(self, other):
        kind = type(other) if isinstance(other, type(self)) else type(self)      # the more precise of the two
        return promised(carry_out(self.view(np.ndarray), plain(other)), kind)

    return new


def in_place(name):
    """Return an operator that stores its result in the array on its left."""
    carry_out = getattr(np.ndarray, f"__i{name}__")

    def changed(self, other):
        if is_number(self):
            return NotImplemented                 # so that Python makes a new number
        carry_out(self.view(np.ndarray), plain(other))
        return self

    return changed


def wrapped(name):
    """Return a method of reproducible arrays whose results are reproducible where ndarray's are bare numbers."""
    carry_out = getattr(np.ndarray, name)
    return lambda self, *args, **options: promised(carry_out(self, *args, **options), type(self))


def refused(name):
    """Return a method that raises the error for an operation without a reproducible form."""

    def method(self, *args, **options):
        raise not_reproducible(f"np.{name}")

    return method


class reproducible(np.ndarray):  # noqa: N801 - in lower case because it is used like np.array
    """Wrap an array, so that whatever is computed from it has the same bits on every machine.

    The promise is contagious. An operation gives a reproducible result as soon as one operand is
    reproducible, also when it stores the result in a plain array: after ``W -= lr * gradient`` the name W
    stands for a reproducible array. Wrapping the data is therefore enough for a whole training run.

    A sum or a single element is a reproducible number: an array without dimensions that cannot be changed
    and otherwise behaves like a float. Comparisons, counts and positions are plain.

    Parameters
    ----------
    array : array_like of float32 or float64
        It is not copied: both names see the same memory.

    Returns
    -------
    reproducible
        Same shape and dtype. Results keep the dtype, as NumPy's do.

    Raises
    ------
    TypeError
        If `array` holds anything but float32 or float64. Later, from every operation that has no
        reproducible form: the error names it and the way out, ``np.asarray(x)``.

    See Also
    --------
    precise : The same, with matrix products nearly as exact as plain float64 ones.

    Notes
    -----
    Ways out: ``np.asarray(x)``, ``np.array(x)``, ``float(x)``, ``x.item()``, ``x.tolist()``. How the promise is
    lost without an error, the package's own docstring lists. The sign of a NaN, which is never printed, is
    not promised.

    Digits are lost in matrix products alone: they are about as precise as float32, whatever the dtype
    (see `matmul`). That is enough to train with, not to measure slopes with: for gradient checks take
    `precise`.

    Examples
    --------
    >>> x = reproducible([[1.0, 2.0], [3.0, 4.0]])
    >>> np.exp(x @ x - 7).sum(axis=1)
    reproducible([2.10855369e+01, 3.27199833e+06])
    >>> print(f"{x.mean():.4f}", x[0] > 1)
    2.5000 [False  True]
    >>> np.sinh(x)
    Traceback (most recent call last):
        ...
    TypeError: np.sinh has no reproducible form: the last digits may differ between machines; write it with \
+ - * / @ sum exp log tanh sqrt, or give up the promise: np.sinh(np.asarray(x))
    """

    slices = 1
    __add__, __radd__, __iadd__ = operators("add")
    __sub__, __rsub__, __isub__ = operators("sub")
    __mul__, __rmul__, __imul__ = operators("mul")
    __truediv__, __rtruediv__, __itruediv__ = operators("truediv")
    __lt__, __le__, __gt__, __ge__, __eq__, __ne__ = map(both_sides, "lt le gt ge eq ne".split())
    astype, argmax, argmin, round, take, trace = map(wrapped, "astype argmax argmin round take trace".split())
    partition, argpartition, searchsorted = map(refused, "partition argpartition searchsorted".split())

    def __new__(cls, array):
        array = np.asarray(array)
        if array.dtype.kind in "biu":
            raise TypeError(
                f"expected floats, got {array.dtype}; labels and masks are reproducible as they are, "
                "for data did you mean array.astype(np.float64)?"
            )
        if array.dtype.char not in "fd":
            raise wrong_dtype(array.dtype)
        return array.view(cls)

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
        """Carry out what NumPy does entry by entry, its reductions, and ``@``."""
        carry_out = operation(ufunc, method, self.slices)
        inputs = [plain(x) for x in inputs]
        if not out:
            return promised(carry_out(*inputs, **options), type(self))
        if is_number(out[0]):                     # total += 1 makes a new number and leaves the old one alone
            return promised(carry_out(*inputs, out=(np.array(out[0]),), **options)[()], type(self))
        result = carry_out(*inputs, out=(plain(out[0]),), **options)
        return out[0] if isinstance(out[0], reproducible) else promised(result, type(self))

    def __array_function__(self, function, types, args, kwargs):
        """Carry out NumPy's other functions."""
        if function in FUNCTIONS:
            return promised(FUNCTIONS[function](*args, **kwargs), type(self))
        if function not in HARMLESS:
            raise not_reproducible(f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1))
        return promised(super().__array_function__(function, types, args, kwargs), type(self))

    def __matmul__(self, other):
        """Multiply by an array: what `__array_ufunc__` comes to, in less time. So is `sum`."""
        if not isinstance(other, np.ndarray):
            return super().__matmul__(other)
        kind = type(other) if isinstance(other, type(self)) else type(self)
        return promised(matmul(self.view(np.ndarray), plain(other), kind.slices), kind)

    def sum(self, axis=None, dtype=None, out=None, keepdims=False, **options):
        """Add up in one order."""
        if out is not None or options:
            return super().sum(axis, dtype, out, keepdims, **options)
        return promised(reduce_in_order(np.add, self.view(np.ndarray), axis, dtype, keepdims), type(self))

    def __getitem__(self, key):
        item = super().__getitem__(key)
        return item if isinstance(item, np.ndarray) else promised(item, type(self))

    def __pow__(self, n):
        return np.power(self, n)

    def __rpow__(self, x):
        return np.power(x, self)

    def __ipow__(self, n):
        return np.power(self, n) if is_number(self) else np.power(self, n, out=self)

    def __round__(self, digits=None):
        return int(self.round()) if digits is None else self.round(digits)

    def dot(self, b, out=None):
        """Multiply as ``np.dot`` does."""
        return dot(self, b, out)

    def sort(self, axis=-1, kind=None, order=None, **options):
        """Sort stably, whatever `kind` says: the other ways order 0.0 and -0.0 as the processor likes."""
        plain(self).sort(axis, kind="stable")

    def argsort(self, axis=-1, kind=None, order=None, **options):
        """Return the order in which `sort` puts the entries."""
        return np.asarray(self).argsort(axis, kind="stable")


class precise(reproducible):  # noqa: N801
    """Wrap an array as `reproducible` does, with matrix products good to 12 digits or more instead of 6.

    Where it meets `reproducible`, the result is precise. Training takes about twice as long.

    Parameters
    ----------
    array : array_like of float32 or float64

    Returns
    -------
    precise
        Same shape and dtype.

    Examples
    --------
    >>> a, b = np.array([[1.0, 1e-9]]), np.array([[1.0], [1.0]])
    >>> print((reproducible(a) @ b - 1).item(), (precise(a) @ b - 1).item())
    0.0 1.000000082740371e-09
    """

    slices = 2
