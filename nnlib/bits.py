"""The bits of numbers: round off those in which machines differ, and digest all of them."""

import hashlib

import numpy as np


def round_to_grid(x, bits=24):
    """Round to the nearest multiple of ``2**-bits``, to rid random draws of digits in which machines differ.

    A normal random number passes through the platform's ``log`` now and then, and a spiral through its
    ``sin``, so two machines may differ in the last bit. Rounded to a grid 2²⁹ times coarser than that bit
    they agree, but for one such difference in 10⁸, which happens to straddle the middle of two grid points.

    Parameters
    ----------
    x : array_like of float
        Of ordinary size, around 1: round before multiplying by a standard deviation.
    bits : int, default 24
        A multiple of 2⁻²⁴, which is 6e-8, is what float32 resolves between 1/2 and 1; there, and above,
        float32 numbers are not changed.

    Returns
    -------
    ndarray
        Same shape and dtype.

    Examples
    --------
    >>> round_to_grid(np.array([0.1, 0.7]), bits=3)
    array([0.125, 0.75 ])
    """
    x = np.asanyarray(x)
    return np.rint(x * 2.0**bits) / 2.0**bits + 0.0    # + 0.0: a zero of either sign becomes 0.0


def fingerprint(*trained):
    """Digest weights into 16 hexadecimal digits, which no two sets of weights share unless every bit is the same.

    That two do by chance is as good as impossible: 16 digits tell 2⁶⁴ sets apart. A zero and a negative zero count
    as two numbers, NaN as one: its sign depends on the machine and means nothing.

    Parameters
    ----------
    *trained : Layer or array_like
        Networks, of which all parameters count, or arrays.

    Returns
    -------
    str
        The first 16 digits of the SHA-256 of the dtypes, the shapes and the numbers, in their order.

    Raises
    ------
    TypeError
        If there is something else than numbers.

    Examples
    --------
    >>> fingerprint(np.zeros(2)), fingerprint(np.array([0.0, 5e-324]))
    ('cdead7b1f5591afe', 'da6810f7eefef6f6')
    """
    digest = hashlib.sha256()
    for part in trained:
        is_layer = hasattr(part, "parameters")
        for array in [p.data for p in part.parameters()] if is_layer else [part]:
            array = np.where(np.isnan(array), np.abs(array), array)
            array = array.astype(array.dtype.newbyteorder("<"))
            digest.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()[:16]
