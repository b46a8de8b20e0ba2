"""The formulas: one home each.

Every function takes an array with one row per sample and returns a new one; nothing is changed in place.
Arrays are of float32 or float64, and results keep the dtype. Anything else raises TypeError or ValueError.
"""

import numpy as np

from nnlib.checks import (
    check_comparable,
    check_count,
    check_dtype,
    check_labels,
    check_logits,
    check_numbers,
    check_rows,
    check_scores,
)


def relu(x):                                      # any shape -> the same
    """Keep what is positive, replace the rest by zero: ``max(x, 0)``.

    Takes any shape. Made popular for deep networks by :cite:t:`nair2010`.

    >>> relu(np.array([0, 2, -1, 3.3, -2.7, 1.1, 2.2, -100]))
    array([0. , 2. , 0. , 3.3, 0. , 1.1, 2.2, 0. ])
    """
    check_numbers("x", x)
    return np.maximum(x, 0)


def sigmoid(x):                                   # any shape -> the same
    """Squash any number into (0, 1): ``1 / (1 + exp(-x))``.

    Takes any shape. The exponential is only ever taken of a negative number: it cannot overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    check_numbers("x", x)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def softmax(x):                                   # (N, C) -> (N, C)
    """Exponentiate each score and divide by the sum of its row: the scores become probabilities.

    Takes scores of shape (N, C) :cite:p:`bridle1990`. The largest of each row is subtracted first: that
    changes no probability, and the largest exponential is then ``exp(0) = 1``.

    >>> softmax(np.array([[2.0, 5.0, -1.0, 2.0]])).round(8)
    array([[0.04517666, 0.90739747, 0.00224921, 0.04517666]])
    """
    check_rows("x", x)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(x):                               # (N, C) -> (N, C)
    """Take the logarithm of softmax without ever forming a probability: ``x - log(sum(exp(x)))``.

    Takes scores of shape (N, C). A probability that rounds to 0 has no logarithm; this form stays finite
    :cite:p:`blanchard2021`.

    >>> log_softmax(np.array([[0.0, 1000.0]]))
    array([[-1000.,     0.]])
    """
    check_rows("x", x)
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def one_hot(labels, n_classes, dtype=np.float64):  # (N,) -> (N, n_classes)
    """Write each label, an integer from 0 to ``n_classes - 1``, as a row of zeros with a 1 in the label's column.

    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    check_count(n_classes=n_classes)
    check_labels(labels, n_classes)
    check_dtype(dtype)
    return np.eye(n_classes, dtype=dtype)[labels]


def accuracy(scores, labels):                     # (N, C), (N,) -> float
    """Count how often the largest score stands in the label's column, as a fraction of all samples.

    Takes scores of shape (N, C), logits or probabilities: only their order matters. Labels, of shape (N,),
    are integers from 0 to C - 1.

    >>> accuracy(np.array([[0.7, 0.3], [0.6, 0.4]]), np.array([0, 1]))
    0.5
    """
    check_scores(scores, labels)
    check_comparable("scores", scores)
    return float((scores.argmax(axis=1) == labels).mean())


def binary_accuracy(logits, labels):              # (N, 1), (N,) -> float
    """Count how often the sign of the logit is right, above zero for label 1, as a fraction of all samples.

    Takes logits of shape (N, 1), as `SigmoidCrossEntropy` does: a probability is above zero always. Labels, of
    shape (N,), are 0 or 1.

    >>> binary_accuracy(np.array([[2.0], [-1.0], [0.5]]), np.array([1, 0, 0])) == 2 / 3
    True
    """
    check_logits(logits, labels)
    check_comparable("logits", logits)
    return float(((logits[:, 0] > 0) == labels).mean())
