"""The stored convolutional network: what its log says of it is so."""

import json

import numpy as np

from nnlib import accuracy, fingerprint, load_mnist_sample, trained_digit_network
from nnlib.digit_network import FILE, digit_network
from nnlib.weights import state

FACTS = json.loads(FILE.with_suffix(".json").read_text(encoding="utf-8"))


def test_the_stored_network_is_the_one_of_the_log():
    network = trained_digit_network()
    assert fingerprint(network) == FACTS["fingerprint"]
    assert sum(parameter.data.size for parameter in network.parameters()) == FACTS["parameters"]
    assert len(FACTS["log"]) == FACTS["epochs"]
    assert FILE.stat().st_size < 600_000


def test_it_is_ready_for_use():
    network = trained_digit_network()
    assert not any(layer.training for layer in network.layers)
    X, y = load_mnist_sample(dtype=np.float32)[1]
    scores = network.predict(X)
    assert scores.dtype == np.float32
    assert accuracy(scores, y) > 0.99              # from MNIST's training digits: no test, only a sign of life
    np.testing.assert_allclose(network.predict(X[:1]), scores[:1], rtol=1e-4, atol=1e-4)


def test_nothing_in_the_file_is_left_over_or_missing():
    names = state(digit_network(np.random.default_rng(0)))
    with np.load(FILE, allow_pickle=False) as stored:
        assert set(stored) == set(names)
        assert all(stored[name].shape == array.shape for name, array in names.items())
        assert all(np.isfinite(stored[name]).all() and stored[name].dtype == np.float16 for name in names)
