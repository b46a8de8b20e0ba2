"""Numbers that several tests compute with, and the comparison that none of them can do without."""

import numpy as np

from nnlib import precise, reproducible

KINDS = [reproducible, precise]
draw = np.random.RandomState(0).random_sample              # uniform numbers are the same on every machine
A, B = reproducible(draw((37, 211)) - 0.5), reproducible(draw((211, 23)) - 0.5)
STACK = reproducible(draw((3, 5, 7)))
WIDE = reproducible(np.concatenate([(draw(200) - 0.5) * 10.0**k for k in range(-6, 4)]))
A32, B32 = A.astype(np.float32), B.astype(np.float32)
TOP, BOTTOM = reproducible(709 + 0.78 * draw(200)), reproducible(-700 - 45 * draw(200))
SPECIAL = reproducible([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1.7e308, -1.7e308])


def same_bits(a, b):
    """Tell whether two arrays agree in dtype, shape and every bit, the sign of zero included."""
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
