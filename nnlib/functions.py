"""The formulas: one home each.

Every function takes an array with one row per sample and returns a new one; nothing is changed in place.
"""

import numpy as np

from nnlib.checks import check_labels, check_scores


def relu(x):
    """Keep what is positive, replace the rest by zero: ``max(x, 0)``.

    Parameters
    ----------
    x : ndarray of float, any shape

    Returns
    -------
    ndarray
        Same shape and dtype as `x`.

    Notes
    -----
    Made popular for deep networks by :cite:t:`nair2010`.

    Examples
    --------
    >>> relu(np.array([0, 2, -1, 3.3, -2.7, 1.1, 2.2, -100]))
    array([0. , 2. , 0. , 3.3, 0. , 1.1, 2.2, 0. ])
    """
    return np.maximum(x, 0)


def sigmoid(x):
    """Squash any number into (0, 1): ``1 / (1 + exp(-x))``.

    The exponential is only ever taken of a negative number, so it cannot overflow.

    Parameters
    ----------
    x : ndarray of float, any shape

    Returns
    -------
    ndarray
        Same shape and dtype as `x`.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def softmax(x):
    """Exponentiate each score and divide by the sum of its row: the scores become probabilities.

    The largest score of each row is subtracted first. That changes no probability, and the largest
    exponential is then ``exp(0) = 1``.

    Parameters
    ----------
    x : ndarray of float, shape (N, C)
        Scores ("logits"), one row per sample.

    Returns
    -------
    ndarray, shape (N, C)
        Probabilities, same dtype as `x`; every row sums to 1.

    Notes
    -----
    Named and used for classifiers by :cite:t:`bridle1990`.

    Examples
    --------
    >>> softmax(np.array([[2.0, 5.0, -1.0, 2.0]])).round(8)
    array([[0.04517666, 0.90739747, 0.00224921, 0.04517666]])
    """
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(x):
    """Take the logarithm of softmax without ever forming a probability: ``x - log(sum(exp(x)))``.

    A probability that rounds to 0 has no logarithm; this form stays finite.

    Parameters
    ----------
    x : ndarray of float, shape (N, C)
        Scores ("logits"), one row per sample.

    Returns
    -------
    ndarray, shape (N, C)
        Logarithms of probabilities (in nats, never positive), same dtype as `x`.

    Notes
    -----
    Why the shift is safe, with error bounds: :cite:t:`blanchard2021`.

    Examples
    --------
    >>> log_softmax(np.array([[0.0, 1000.0]]))
    array([[-1000.,     0.]])
    """
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def one_hot(labels, n_classes, dtype=np.float64):
    """Write each label as a row of zeros with a single 1 in the label's column.

    Parameters
    ----------
    labels : ndarray of int, shape (N,)
        Class numbers from 0 to ``n_classes - 1``.
    n_classes : int
    dtype : dtype, default float64

    Returns
    -------
    ndarray, shape (N, n_classes)

    Raises
    ------
    TypeError, ValueError
        If the labels are not integers from 0 to ``n_classes - 1``.

    Examples
    --------
    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    check_labels(labels, n_classes)
    return np.eye(n_classes, dtype=dtype)[labels]


def accuracy(scores, labels):
    """Count how often the largest score stands in the label's column, as a fraction of all samples.

    Parameters
    ----------
    scores : ndarray of float, shape (N, C)
        Logits or probabilities: only their order matters.
    labels : ndarray of int, shape (N,)

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If the labels are not N integers from 0 to C - 1.

    Examples
    --------
    >>> accuracy(np.array([[0.7, 0.3], [0.6, 0.4]]), np.array([0, 1]))
    0.5
    """
    check_scores(scores, labels)
    return float((scores.argmax(axis=1) == labels).mean())
