"""Arrays that compute the same bits on every machine.

Two processors need not agree on the last digit of ``X @ W``, ``z.sum()`` or ``np.exp(z)``: each adds in the
order that suits it, and NumPy has more than one exponential. Training amplifies the difference until the
second decimal of the loss differs. Wrap the data once, ``X = reproducible(X)``, and it cannot arise:

- ``+ - * /``, ``sqrt`` and comparisons are fixed to the bit by IEEE 754. NumPy does them.
- A sum depends on its order, so one order is kept everywhere: `reduce_in_order`.
- A matrix product is left to a library that chooses its own order, so the order is made not to matter: both
  matrices are rounded to whole numbers so small that every sum of their products is exact: `matmul`.
- ``exp``, ``log``, ``tanh`` and their like are computed here, from ``+ - * /`` alone.
- Anything else raises an error, rather than breaking the promise in silence.

NumPy asks an array how to carry out an operation, but not everywhere. These lose the promise WITHOUT an error:

- a list of arrays handed to NumPy, ``np.array([a, b])`` or ``np.exp([a, b])``: write ``np.stack([a, b])``;
- a result stored in a plain array, ``plain[0] = x``, ``np.full(3, x[0])`` or ``np.add.at(plain, 0, x)``, if from then
  on it meets plain arrays only: make the array with ``np.zeros_like(x)``;
- ``rng.permutation(X)`` and ``rng.choice(X)``, which return plain arrays: write ``X[rng.permutation(len(X))]``;
- ``x.flat``, `np.ndenumerate` and ``memoryview(x)``, whose entries are plain numbers; `np.ascontiguousarray`,
  ``as_strided`` and masked arrays, which are plain: write ``x.ravel()``, ``x.copy()``, ``sliding_window_view(x, ...)``;
- ``x.tolist()``, ``x.item()`` and ``float(x)``, if Python's own ``math.exp`` or ``**`` follow;
- libraries beside NumPy, which do not ask: SciPy, pandas, PyTorch, Numba;
- data that differ already: random numbers that pass through ``log`` or ``sin`` (see `nnlib.bits.round_to_grid`), a
  plain ``X.mean()`` taken before wrapping, memory that nobody has written to (`np.empty`), casts of numbers too
  large for an integer.

Within one NumPy, and between any two from 2.0 on, no other way is known.
"""

from nnlib.reproducibility.arrays import precise, reproducible

__all__ = ["precise", "reproducible"]
