"""Distorted digits: what is fetched from where, held against plain loops and geometry."""

import math

import numpy as np
import pytest

from nnlib import distort, load_mnist_sample, reproducible
from nnlib.distortions import fetch, places, smoothing

X = load_mnist_sample(dtype=np.float64)[0][0][:50]
NOTHING = {"turn": 0, "zoom": 0, "shear": 0, "shift": 0, "bend": 0}
CENTRE = 13.5


def rng():
    return np.random.default_rng(0)


def grid(n=1, side=28):
    return np.repeat(np.indices((side, side))[:, np.newaxis], n, axis=1) / 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_strength_changes_nothing(dtype):
    images = X.astype(dtype)
    same = distort(images, rng(), **NOTHING)
    assert same.dtype == dtype and (same == images).all()


@pytest.mark.parametrize("name, strength", [("turn", 15), ("zoom", 0.15), ("shear", 0.15), ("shift", 1), ("bend", 1)])
def test_every_strength_changes_every_digit(name, strength):
    new = distort(X, rng(), **NOTHING | {name: strength})
    assert (np.abs(new - X).max(axis=1) > 0).all()
    assert new.min() >= 0 and new.max() <= 1, "interpolation stays between the pixels"


@pytest.mark.parametrize("down, right", [(0, 1), (2, 0), (-3, 4), (28, 0), (-90, 90)])
def test_whole_pixels_are_fetched_as_they_are_and_outside_is_paper(down, right):
    images = X.reshape(-1, 28, 28)
    y, x = grid(len(X))
    framed = np.pad(images, ((0, 0), (100, 100), (100, 100)))
    expected = framed[:, 100 - down : 128 - down, 100 - right : 128 - right]
    np.testing.assert_array_equal(fetch(images, y - down, x - right), expected)


def test_a_quarter_turn_is_exact():
    images = X.reshape(-1, 28, 28)
    y, x = grid(len(X))
    np.testing.assert_array_equal(fetch(images, x, 27 - y), np.rot90(images, axes=(1, 2)))


def test_between_pixels_brightness_is_weighted_as_in_a_plain_loop():
    image = np.pad(X[3].reshape(28, 28), 3)
    y, x = rng().uniform(-2, 29, (2, 1, 28, 28))
    expected = np.empty((28, 28))
    for p in np.ndindex(28, 28):
        top, left = math.floor(y[0][p]), math.floor(x[0][p])
        v, u = y[0][p] - top, x[0][p] - left
        four = image[top + 3 : top + 5, left + 3 : left + 5]
        expected[p] = [1 - v, v] @ four @ [1 - u, u]
    np.testing.assert_allclose(fetch(X[3].reshape(1, 28, 28), y, x)[0], expected, atol=1e-12)


def from_the_centre(n=200, **strengths):
    """Where pixels come from, seen from the centre: (2, n, side, side), and the linear map of each image."""
    y, x = places(n, 28, rng(), *({"turn": 0, "zoom": 0, "shear": 0, "shift": 0} | strengths).values(), np.float64)
    moved = np.stack([y, x]) - CENTRE
    down = moved[:, :, 1, 0] - moved[:, :, 0, 0]                  # what a step down and a step right become
    right = moved[:, :, 0, 1] - moved[:, :, 0, 0]
    return moved, np.stack([down, right], axis=1).transpose(2, 0, 1)


def test_a_turn_keeps_distances_and_is_no_larger_than_said():
    moved, A = from_the_centre(turn=15)
    np.testing.assert_allclose((moved**2).sum(axis=0), np.broadcast_to(((grid() - CENTRE) ** 2).sum(axis=0),
                                                                       moved.shape[1:]), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(A), 1)
    angles = np.degrees(np.arctan2(A[:, 0, 1], A[:, 0, 0]))
    assert 14 < np.abs(angles).max() <= 15 and np.abs(angles.mean()) < 2, "to either side, evenly"


def test_zoom_stretches_height_and_width_each_by_itself():
    _, A = from_the_centre(zoom=0.25)
    tall, wide = A[:, 0, 0], A[:, 1, 1]
    np.testing.assert_allclose(A[:, 0, 1], 0, atol=1e-12)
    np.testing.assert_allclose(A[:, 1, 0], 0, atol=1e-12)
    for factors in tall, wide:
        assert 1 / 1.25 <= factors.min() < 0.82 and 1.22 < factors.max() <= 1.25
    assert np.abs(np.corrcoef(tall, wide)[0, 1]) < 0.2


def test_shear_moves_a_row_aside_and_keeps_its_height():
    _, A = from_the_centre(shear=0.2)
    np.testing.assert_allclose(A[:, 0], np.broadcast_to([1, 0], (200, 2)), atol=1e-12)
    np.testing.assert_allclose(A[:, 1, 1], 1)
    assert 0.18 < np.abs(A[:, 1, 0]).max() <= 0.2


def test_shift_moves_all_pixels_of_an_image_alike():
    moved, _ = from_the_centre(shift=2)
    shift = moved - (grid() - CENTRE)
    np.testing.assert_allclose(shift, np.broadcast_to(shift[:, :, :1, :1], shift.shape), atol=1e-9)
    assert 1.9 < np.abs(shift).max() <= 2
    assert np.abs(np.corrcoef(shift[0, :, 0, 0], shift[1, :, 0, 0])[0, 1]) < 0.2


def test_together_they_are_a_stretch_then_a_turn_then_a_slant():
    _, A = from_the_centre(turn=15, zoom=0.15, shear=0.15)
    again = rng()
    angle, slant, (tall, wide) = (again.uniform(-limit, limit, size) for limit, size in [
        (math.radians(15), 200), (0.15, 200), (math.log(1.15), (2, 200))])
    for image in range(200):
        c, s = math.cos(angle[image]), math.sin(angle[image])
        stretch = np.diag(np.exp([tall[image], wide[image]]))
        expected = np.array([[1, 0], [slant[image], 1]]) @ [[c, s], [-s, c]] @ stretch
        np.testing.assert_allclose(A[image], expected, atol=1e-12)


@pytest.mark.parametrize("side, grain", [(28, 3.5), (40, 6.0), (20, 3.5)])
def test_the_field_has_variance_one_and_its_neighbours_move_alike(side, grain):
    S = smoothing(side, grain, np.float64)
    np.testing.assert_allclose((S**2).sum(axis=1), 1)
    together = S @ S.T                                            # correlations of places along a line
    assert np.diagonal(together, 1).min() > 0.95, "neighbours"
    assert np.diagonal(together, round(5 * grain)).max() < 0.05, "far apart"
    noise = rng().standard_normal((500, S.shape[1], S.shape[1]))
    assert (S @ noise @ S.T).std() == pytest.approx(1, abs=0.03)


def test_bend_is_the_spread_of_the_field_in_pixels(monkeypatch):
    seen = []
    monkeypatch.setattr("nnlib.distortions.fetch", lambda images, y, x: seen.append((y, x)) or images)
    distort(X, rng(), **NOTHING | {"bend": 0.7})
    d = np.array(seen[0]) - grid()
    assert d.std() == pytest.approx(0.7, abs=0.05)
    assert not np.allclose(d[0], d[1]), "rows and columns have fields of their own"
    assert not np.allclose(d[:, 0], d[:, 1]), "and so has every image"


def test_the_same_seed_gives_the_same_digits_and_another_gives_others():
    new = distort(X, rng())
    np.testing.assert_array_equal(new, distort(X, rng()))
    assert not np.allclose(new, distort(X, np.random.default_rng(1)))
    again = rng()
    assert not np.allclose(distort(X, again), distort(X, again)), "a generator goes on"


def test_the_digits_given_stay_what_they_were():
    before = X.copy()
    distort(X, rng(), shift=3)
    np.testing.assert_array_equal(X, before)


def test_squares_of_other_sizes_are_distorted_too():
    assert distort(np.ones((3, 400)), rng()).shape == (3, 400)
    assert distort(np.ones((3, 1)), rng()).shape == (3, 1)


@pytest.mark.parametrize("arguments, message", [
    ({"X": X[:, :700]}, r"side²\), a square image a row, at least one, got \(50, 700\)"),
    ({"X": X[:0]}, r"at least one, got \(0, 784\)"),
    ({"X": (255 * X).astype(np.uint8)}, "did you mean X.astype"),
    ({"X": X.reshape(-1, 28, 28)}, r"did you mean X.reshape\(len\(X\), -1\)"),
    ({"X": X.reshape(-1, 14, 56)}, r"got \(50, 14, 56\)$"),
    ({"X": X[0]}, r"did you mean X.reshape\(1, -1\)"),
    ({"X": reproducible(X)}, "a reproducible one"),
    ({"rng": 3}, "did you mean np.random.default_rng"),
    ({"rng": np.random.RandomState(0)}, "a Generator, got a RandomState"),
    ({"turn": -5}, "turn of at least 0"),
    ({"zoom": math.nan}, "zoom of at least 0"),
    ({"shear": "much"}, "shear of at least 0"),
    ({"shift": (1, 2)}, "shift of at least 0"),
    ({"bend": True}, "bend of at least 0"),
    ({"grain": 0}, "grain above 0, got 0; try grain=3.5"),
])  # fmt: skip
def test_what_cannot_be_distorted_is_refused(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        distort(**{"X": X, "rng": rng()} | arguments)
