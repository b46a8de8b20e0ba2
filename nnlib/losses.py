"""The losses: how wrong a batch of predictions is, as one number, and where the way back begins.

The protocol: ``loss.forward(prediction, target)`` returns a float, the mean over the batch;
``loss.backward()`` returns its gradient with respect to the prediction. The 1/N of the mean is in it.
"""

import numpy as np

from nnlib.checks import (
    check_array,
    check_forward_ran,
    check_logits,
    check_same_dtype,
    check_same_shape,
    check_scores,
)
from nnlib.functions import log_softmax, sigmoid


class Loss:
    """Compare a batch of predictions with its targets: forward gives one number, backward its gradient.

    A loss of your own needs these two methods.
    """

    def forward(self, prediction, target):
        """Return how wrong the batch is, and keep what ``backward`` reads.

        Parameters
        ----------
        prediction : ndarray of float, shape (N, n_out)
            What the network gives, one row per sample.
        target : ndarray, N rows
            What it should give.

        Returns
        -------
        float
            The mean over the batch; 0 is perfect.

        Raises
        ------
        TypeError, ValueError
            If the two do not fit each other: in shape, dtype or, for labels, in range.
        """
        raise NotImplementedError(f"expected {type(self).__name__} to have a forward of its own")

    def backward(self):
        """Return the gradient of the loss with respect to the prediction, with the 1/N of the mean in it.

        Returns
        -------
        ndarray, shape (N, n_out)
        """
        raise NotImplementedError(f"expected {type(self).__name__} to have a backward of its own")


class SoftmaxCrossEntropy(Loss):
    """Average, over the batch, minus the logarithm of the probability given to the right class.

    Works on scores ("logits"), not on probabilities, so that no logarithm of zero can arise.

    Notes
    -----
    With ``p = softmax(logits)``, the gradient is ``(p - one_hot(labels)) / N``. A network that knows
    nothing gives equal scores, and the loss is then ``ln C``.

    Examples
    --------
    >>> loss = SoftmaxCrossEntropy()
    >>> round(loss.forward(np.zeros((2, 10)), np.array([3, 7])), 6)
    2.302585
    >>> loss.backward()[0, :4]
    array([ 0.05,  0.05,  0.05, -0.45])
    """

    def forward(self, logits, labels):            # (N, C), (N,) -> float
        """Return the mean of ``-log p`` of the right class; `labels` are class numbers from 0 to C - 1."""
        check_scores(logits, labels)
        self.log_p, self.labels = log_softmax(logits), labels
        return float(-self.log_p[np.arange(len(labels)), labels].sum() / len(labels))

    def backward(self):                           # -> (N, C)
        """Return ``(p - one_hot(labels)) / N``."""
        check_forward_ran(self, "log_p")
        dlogits = np.exp(self.log_p)
        dlogits[np.arange(len(self.labels)), self.labels] -= 1
        return dlogits / len(self.labels)


class SigmoidCrossEntropy(Loss):
    """Average, over the batch, minus the logarithm of the probability given to the right one of two classes.

    Works on logits, not on probabilities: ``max(z, 0) - z y + log(1 + exp(-|z|))``, in which nothing can
    overflow and no logarithm of zero can arise.

    Notes
    -----
    With ``p = sigmoid(logits)``, the probability of class 1, the gradient is ``(p - y) / N``. The same model as
    a `SoftmaxCrossEntropy` over two scores whose difference is the logit :cite:p:`bridle1990`. PyTorch's
    ``BCEWithLogitsLoss``.

    Examples
    --------
    >>> loss = SigmoidCrossEntropy()
    >>> round(loss.forward(np.array([[0.0], [0.0]]), np.array([0, 1])), 6)
    0.693147
    >>> loss.backward()
    array([[ 0.25],
           [-0.25]])
    """

    def forward(self, logits, labels):            # (N, 1), (N,) -> float
        """Return the mean of ``-log p`` of the right class; `labels` are integers, 0 or 1."""
        check_logits(logits, labels)
        z, y = logits, labels.astype(logits.dtype)[:, None]
        self.error = sigmoid(z) - y
        losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
        return float(losses.sum() / len(labels))

    def backward(self):                           # -> (N, 1)
        """Return ``(p - y) / N``."""
        check_forward_ran(self, "error")
        return self.error / len(self.error)


class MeanSquaredError(Loss):
    """Average the squared differences between prediction and target over all their entries.

    Notes
    -----
    The gradient is ``2 (prediction - target) / size``.

    Examples
    --------
    >>> loss = MeanSquaredError()
    >>> loss.forward(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]))
    2.5
    >>> loss.backward()
    array([[ 1., -2.]])
    """

    def forward(self, prediction, target):        # (N, n), (N, n) -> float
        """Return the mean of ``(prediction - target)²``, in the square of the target's unit."""
        check_array("prediction", prediction)
        check_same_shape("target", target, prediction.shape)
        check_same_dtype("target", target, prediction.dtype)
        self.difference = prediction - target
        return float((self.difference**2).mean())

    def backward(self):                           # -> (N, n)
        """Return ``2 (prediction - target) / size``."""
        check_forward_ran(self, "difference")
        return 2 / self.difference.size * self.difference


class MeanAbsoluteError(Loss):
    """Average the absolute differences between prediction and target over all their entries.

    Notes
    -----
    The gradient is ``sign(prediction - target) / size``: plus where the prediction is too high, minus
    where it is too low. Where the two are equal, at the kink, 0 is taken.

    Examples
    --------
    >>> loss = MeanAbsoluteError()
    >>> loss.forward(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]))
    1.5
    >>> loss.backward()
    array([[ 0.5, -0.5]])
    """

    def forward(self, prediction, target):        # (N, n), (N, n) -> float
        """Return the mean of ``|prediction - target|``, in the target's unit."""
        check_array("prediction", prediction)
        check_same_shape("target", target, prediction.shape)
        check_same_dtype("target", target, prediction.dtype)
        self.difference = prediction - target
        return float(np.abs(self.difference).mean())

    def backward(self):                           # -> (N, n)
        """Return ``sign(prediction - target) / size``."""
        check_forward_ran(self, "difference")
        return np.sign(self.difference) / self.difference.size
