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
"""

from nnlib.reproducibility.arrays import precise, reproducible

__all__ = ["precise", "reproducible"]
