"""Gradients of whatever you write: each result remembers what it was computed from, and the way back.

You write the forward pass with tensors. ``backward`` walks the graph of what was computed in reverse, and every
tensor in it receives the gradient of the last one.
"""

from numbers import Real

import numpy as np

from nnlib.functions import sigmoid


class Tensor:
    """An array that remembers how it was computed, so that ``dL/dx = Σ dL/dy · dy/dx`` can be summed on the way back.

    Parameters
    ----------
    data : array_like of float
        Plain or reproducible.
    sources : sequence of (Tensor, function), default none
        What it was computed from. Each function turns the gradient of the result into its share of that source's.

    Attributes
    ----------
    data : ndarray
    grad : ndarray, or None
        The slope of the loss along each entry of `data`, same shape; None until the first ``backward``. It
        *accumulates*: another ``backward`` adds to it, until :func:`zero_grad`.

    Raises
    ------
    TypeError, ValueError
        If there is something else than numbers in `data`, two dtypes meet, or shapes do not fit.

    Notes
    -----
    Reverse mode: :cite:t:`linnainmaa1970`; a survey: :cite:t:`baydin2018`. The way back reads the arrays of the way
    forward, so change an entry of `data` in place, as an optimizer does, only after it.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0, 3.0])
    >>> loss = (x * x).sum()
    >>> loss.backward()
    >>> print(loss.data, x.grad)
    14.0 [2. 4. 6.]
    """

    __array_priority__ = 100                      # array * tensor is the tensor's business

    def __init__(self, data, sources=()):
        self.data = as_floats(data)
        self.sources = sources
        self.grad = None

    def backward(self):
        """Give every tensor that this one was computed from its gradient, added to what it has."""
        check_one_number(self.data)
        arrived = {self: np.ones_like(self.data)}
        for tensor in reversed(in_order(self)):
            dy = arrived.pop(tensor)
            tensor.grad = dy.copy() if tensor.grad is None else tensor.grad + dy
            for source, back in tensor.sources:
                share = unbroadcast(back(dy), source.data.shape)
                before = arrived.get(source)
                arrived[source] = share if before is None else before + share

    def __add__(self, other):
        other = as_tensor(other, self)
        return Tensor(self.data + other.data, [(self, lambda dy: dy), (other, lambda dy: dy)])

    def __mul__(self, other):
        other = as_tensor(other, self)
        a, b = self.data, other.data
        return Tensor(a * b, [(self, lambda dy: dy * b), (other, lambda dy: dy * a)])

    def __truediv__(self, other):
        other = as_tensor(other, self)
        a, b = self.data, other.data
        return Tensor(a / b, [(self, lambda dy: dy / b), (other, lambda dy: -dy * a / (b * b))])

    def __pow__(self, exponent):
        check_exponent(exponent)
        x, n = self.data, exponent
        return Tensor(x**n, [(self, lambda dy: dy * n * x ** (n - (n != 0)))])

    def __matmul__(self, other):                  # (N, n) @ (n, m) -> (N, m)
        other = as_tensor(other, self)
        a, b = self.data, other.data
        check_two_axes(a, b)
        return Tensor(a @ b, [(self, lambda dy: dy @ b.T), (other, lambda dy: a.T @ dy)])

    def exp(self):
        """Return e to the power of every entry; the slope is the result."""
        y = np.exp(self.data)
        return Tensor(y, [(self, lambda dy: dy * y)])

    def log(self):
        """Return the natural logarithm of every entry; the slope is one over the entry."""
        x = self.data
        return Tensor(np.log(x), [(self, lambda dy: dy / x)])

    def relu(self):
        """Return every entry that is above 0, and 0 for the others; the slope is 1 or 0."""
        x = self.data
        return Tensor(np.maximum(x, 0), [(self, lambda dy: dy * (x > 0))])

    def sigmoid(self):
        """Return 1 / (1 + e^−x) of every entry; the slope is y (1 − y)."""
        y = sigmoid(self.data)
        return Tensor(y, [(self, lambda dy: dy * y * (1 - y))])

    def sum(self, axis=None, keepdims=False):
        """Return the sum, of all entries or along an axis; every entry moves it one to one."""
        x = self.data

        def back(dy):
            if axis is not None and not keepdims:
                dy = np.expand_dims(dy, axis)     # the axis that was summed away
            return dy * np.ones_like(x)
        return Tensor(x.sum(axis=axis, keepdims=keepdims), [(self, back)])

    def __getitem__(self, places):
        """Return the entries at `places`, as NumPy does; the others get a gradient of 0."""
        x = self.data

        def back(dy):
            dx = np.zeros_like(x)
            np.add.at(dx, places, dy)             # a place taken twice gets both
            return dx
        return Tensor(x[places], [(self, back)])

    # The rest is made of what is above.
    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -as_tensor(other, self)

    def __radd__(self, other):
        return as_tensor(other, self) + self

    def __rmul__(self, other):
        return as_tensor(other, self) * self

    def __rsub__(self, other):
        return as_tensor(other, self) - self

    def __rtruediv__(self, other):
        return as_tensor(other, self) / self

    def __rmatmul__(self, other):
        return as_tensor(other, self) @ self

    def mean(self):
        """Return the mean of all entries."""
        return self.sum() / self.data.size

    def log_softmax(self):                        # (N, C) -> (N, C)
        """Return each row's logarithms of its softmax; its largest score is subtracted first, as a constant."""
        shifted = self - self.data.max(axis=-1, keepdims=True)
        exps = shifted.exp().sum(axis=-1, keepdims=True)
        return shifted - exps.log()

    def __array__(self, *_, **__):
        raise TypeError("expected an array, got a Tensor; functions of NumPy's forget how their results were computed: "
                        "write x.exp() for np.exp(x), x.sum() for np.sum(x), x.relu() for np.maximum(x, 0), "
                        "or x.data for the numbers alone")

    def __array_function__(self, *_):
        self.__array__()

    def __repr__(self):
        return f"Tensor({self.data}, shape {self.data.shape})"


def as_tensor(value, beside):
    """Return `value` as it is if it is a tensor, else as one that was computed from nothing.

    Parameters
    ----------
    value : Tensor, number or array_like
        A number is taken in the dtype of what it stands beside.
    beside : Tensor

    Raises
    ------
    TypeError
        If the dtypes of the two differ, or `value` holds no numbers.
    """
    if isinstance(value, (int, float)):
        value = np.asarray(value, beside.data.dtype)
    tensor = value if isinstance(value, Tensor) else Tensor(value)
    check_one_dtype(tensor.data.dtype, beside.data.dtype)
    return tensor


def as_floats(data):
    """Return the data as an array of float64 or float32; an array of them is not copied.

    Raises
    ------
    TypeError
        If it holds anything but numbers, or numbers too coarse to add up in.
    """
    array = np.asanyarray(data)
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    check_floats(array)
    return array


def in_order(last):
    """Return all tensors that `last` was computed from, and `last`, each after the ones that it was computed from."""
    order, seen, waiting = [], set(), [(last, False)]
    while waiting:                                # a loop, for graphs deeper than Python's stack
        tensor, sources_done = waiting.pop()
        if sources_done:
            order.append(tensor)
        elif tensor not in seen:
            seen.add(tensor)
            waiting.append((tensor, True))
            waiting += [(source, False) for source, _ in tensor.sources]
    return order


def unbroadcast(dy, shape):
    """Return the gradient of an array that was copied forward: the sum over its copies."""
    while dy.ndim > len(shape):                   # new axes came in front
        dy = dy.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1 and dy.shape[axis] > 1:    # one entry served many
            dy = dy.sum(axis=axis, keepdims=True)
    return dy


def zero_grad(tensors):
    """Forget the gradients of some tensors, so that the next backward begins from nothing.

    Parameters
    ----------
    tensors : iterable of Tensor
    """
    for tensor in tensors:
        tensor.grad = None


def check_floats(array):
    """Raise unless the array holds float64 or float32."""
    if array.dtype.char not in "fd":
        raise TypeError(f"expected numbers in float64 or float32, got {array.dtype}; "
                        "labels are no tensor, they choose places: tensor[rows, labels]")


def check_one_dtype(ours, theirs):
    """Raise unless two tensors that meet have one dtype: float32 and float64 are not mixed in silence."""
    if ours != theirs:
        raise TypeError(f"expected one dtype, got {theirs} and {ours}; "
                        "turn one of the arrays into the other's with astype, before it becomes a tensor")


def check_one_number(data):
    """Raise unless a gradient can start here."""
    if data.size != 1:
        raise ValueError(f"expected backward from one number, the loss, got shape {data.shape}; "
                         "did you forget .sum() or .mean()?")


def check_two_axes(*arrays):
    """Raise unless these are matrices that can be multiplied."""
    if any(array.ndim != 2 for array in arrays) or arrays[0].shape[1] != arrays[1].shape[0]:
        shapes = " @ ".join(str(array.shape) for array in arrays)
        raise ValueError(f"expected two matrices, (N, n) @ (n, m), got {shapes}; "
                         "a single sample is a row: x[np.newaxis]")


def check_exponent(exponent):
    """Raise unless the exponent is a constant."""
    if not isinstance(exponent, Real):
        raise TypeError(f"expected a number as the exponent, got {type(exponent).__name__}; "
                        "for a tensor write (exponent * x.log()).exp()")
