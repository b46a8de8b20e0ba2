"""Random numbers on a grid, and fingerprints."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib.bits import fingerprint, round_to_grid
from nnlib.data import clusters, spiral, vertical
from nnlib.layers import Dense
from nnlib.reproducibility import reproducible


def test_round_to_grid():
    x = np.array([0.3, -0.3, 1e-12, -1e-12, 0.0, -0.0, 5.7, np.inf, np.nan])
    rounded = round_to_grid(x)
    assert rounded[:2].tolist() == [round(0.3 * 2**24) / 2**24, -round(0.3 * 2**24) / 2**24]
    assert rounded[2:6].tobytes() == bytes(32)                                # zeros of one sign
    assert np.abs(rounded[:7] - x[:7]).max() <= 2.0**-25 and np.isinf(rounded[7]) and np.isnan(rounded[8])
    assert round_to_grid(rounded).tobytes() == rounded.tobytes()
    assert round_to_grid(np.array([0.1, 0.7]), bits=3).tolist() == [0.125, 0.75]
    single = np.random.RandomState(0).standard_normal(1000).astype(np.float32)
    assert round_to_grid(single).dtype == np.float32
    assert (round_to_grid(single) == single)[np.abs(single) >= 0.5].all()
    assert type(round_to_grid(reproducible([0.1]))) is reproducible


@given(arrays(np.float64, 20, elements=st.floats(-8, 8)), st.integers(0, 2**20))
def test_round_to_grid_forgets_the_last_bit(x, seed):
    neighbour = np.nextafter(x, np.random.RandomState(seed).choice([-np.inf, np.inf], 20))
    middle = np.abs(np.abs(x * 2**24 % 1) - 0.5) < 1e-6
    assert round_to_grid(x)[~middle].tobytes() == round_to_grid(neighbour)[~middle].tobytes()


class NextDoor(np.random.Generator):
    """A generator on another machine: every normal number it draws is the next float64."""

    def __init__(self, seed):
        super().__init__(np.random.PCG64(seed))

    def standard_normal(self, size):
        return np.nextafter(super().standard_normal(size), np.inf)


@pytest.mark.parametrize("draw", [
    lambda rng: spiral(100, 3, rng=rng, dtype=np.float64)[0],
    lambda rng: vertical(100, 3, rng=rng, dtype=np.float64)[0],
    lambda rng: clusters(100, [(0, 0), (5, 5)], rng=rng, dtype=np.float64)[0],
    lambda rng: Dense(30, 20, rng=rng, dtype=np.float64).W.data,
])
def test_data_and_first_weights_do_not_depend_on_the_last_digit_of_random_numbers(draw):
    assert fingerprint(draw(np.random.default_rng(0))) == fingerprint(draw(NextDoor(0)))
    assert fingerprint(draw(np.random.default_rng(0))) != fingerprint(draw(np.random.default_rng(1)))


def test_a_fingerprint_changes_with_any_bit_and_nothing_else():
    layer = Dense(2, 3, rng=np.random.default_rng(0), dtype=np.float32)
    before = fingerprint(layer)
    assert before == fingerprint(layer.W.data, layer.b.data) == fingerprint(reproducible(layer.W.data), layer.b.data)
    assert before == fingerprint(np.asfortranarray(layer.W.data), layer.b.data.astype(">f4"))
    assert len({before, fingerprint(layer.b.data, layer.W.data), fingerprint(layer.W.data), fingerprint(),
                fingerprint(layer.W.data.reshape(3, 2), layer.b.data),
                fingerprint(layer.W.data.astype(np.float64), layer.b.data)}) == 6
    layer.W.data[1, 1] = np.nextafter(layer.W.data[1, 1], np.float32(1))
    assert fingerprint(layer) != before


def test_a_fingerprint_is_the_beginning_of_the_sha_256():
    digest = hashlib.sha256(b"<f4(2,)" + np.array([1, -2], "<f4").tobytes()).hexdigest()
    assert fingerprint(np.array([1, -2], "<f4")) == fingerprint(np.array([1, -2], ">f4")) == digest[:16]


def test_a_fingerprint_tells_the_zeros_apart_and_no_two_nans():
    assert fingerprint(np.array([0.0])) != fingerprint(np.array([-0.0]))
    assert fingerprint(np.array([np.nan, -1.0])) == fingerprint(np.array([-np.nan, -1.0]))
    assert fingerprint(np.array([np.nan, -1.0])) != fingerprint(np.array([np.nan, 1.0]))


def test_fingerprints_are_of_numbers():
    assert len({fingerprint(x) for x in (1, 1.0, True, [1], np.uint8([1]))}) == 5
    for other in ("weights", np.array([object()])):
        with pytest.raises(TypeError):
            fingerprint(other)
