"""From a page to a digit of MNIST: what goes in is found again, wherever and however it was written."""

import numpy as np
import pytest
from PIL import Image

from nnlib import load_mnist_sample, own_digit
from nnlib.own_digits import DRAWINGS, areas, brightness, center, cut_out, ink, paper, scale

DIGITS = load_mnist_sample(dtype=np.float64)[1][0][::25]  # forty
rng = np.random.default_rng(0)


def on_a_page(digit, times=5, at=(30, 70), side=300):
    """The digit's ink, enlarged, on a page: 0 for paper, 1 for ink."""
    large = np.kron(digit.reshape(28, 28), np.ones((times, times)))
    page = np.zeros((side, side))
    page[at[0] : at[0] + len(large), at[1] : at[1] + len(large)] = large
    return page


def clear(digit):
    """The digit without what is too faint to be told from paper."""
    return np.where(digit < 0.05, 0, digit)


@pytest.mark.parametrize("at", [(0, 0), (30, 70), (160, 3)])
@pytest.mark.parametrize("times", [1, 3, 5])
def test_mnists_own_digits_are_found_again_wherever_they_stand(times, at):
    same = [own_digit(1 - on_a_page(digit, times, at)) for digit in DIGITS]
    different = [np.abs(new - clear(old)).mean() for new, old in zip(same, DIGITS)]
    assert np.mean(np.array(different) < 0.022) >= 0.75, "a centre between two pixels may move, for a few"
    shifted = [np.abs(np.roll(new, 1) - clear(old)).mean() for new, old in zip(same, DIGITS)]
    assert np.mean(np.array(shifted) < 0.02) < 0.1, "a shift by a pixel must be seen here"


@pytest.mark.parametrize("seen", ["light on dark", "0 to 255", "three colours", "four, transparent", "a list"])
def test_a_digit_is_the_same_in_whatever_way_its_pixels_are_stored(seen):
    page = 1 - on_a_page(DIGITS[3])
    stored = {
        "light on dark": 1 - page,
        "0 to 255": np.uint8(255 * page + 0.5),
        "three colours": np.stack([page] * 3, axis=2),
        "four, transparent": np.stack([0 * page] * 3 + [1 - page], axis=2),
        "a list": page.tolist(),
    }[seen]
    assert np.abs(own_digit(stored) - own_digit(page)).max() < 1e-9


def test_a_lamp_on_one_side_and_the_papers_grain_change_little():
    page = 1 - 0.7 * on_a_page(DIGITS[5])
    light = np.linspace(0.9, 0.5, 300) + np.linspace(0.1, 0, 300)[:, np.newaxis]
    seen = np.clip(page * light + 0.03 * np.random.default_rng(0).standard_normal(page.shape), 0, 1)
    assert np.abs(own_digit(seen) - clear(DIGITS[5])).mean() < 0.02
    assert np.abs(own_digit(1 - seen) - clear(DIGITS[5])).mean() < 0.02


def test_the_paper_is_a_plane_that_ink_does_not_pull_down():
    rows, columns = np.indices((40, 60))
    plane = 0.9 - 0.004 * rows - 0.003 * columns
    written = plane.copy()
    written[10:20, 30:40] = 0.1
    np.testing.assert_allclose(paper(written), plane, atol=1e-9)


def test_cutting_out_keeps_all_ink_and_nothing_around_it():
    page = np.zeros((9, 12))
    page[2, 3] = page[6, 8] = 1
    assert cut_out(page).shape == (5, 6)
    assert cut_out(page).sum() == 2


@pytest.mark.parametrize("shape", [(57, 30), (30, 57), (20, 20), (7, 3), (400, 2), (19, 20)])
def test_scaling_makes_the_longer_side_20_and_keeps_the_mean(shape):
    image = rng.random(shape)
    small = scale(image)
    assert max(small.shape) == 20
    assert abs(min(small.shape) - max(1, 20 * min(shape) / max(shape))) <= 0.5
    assert small.mean() == pytest.approx(image.mean())


@pytest.mark.parametrize(("new", "old"), [(2, 5), (5, 2), (20, 57), (7, 7), (1, 9)])
def test_every_new_pixel_is_a_mean_and_every_old_one_is_used_in_full(new, old):
    np.testing.assert_allclose(areas(new, old).sum(axis=1), 1)
    np.testing.assert_allclose(areas(new, old).sum(axis=0), new / old)
    whole = np.kron(rng.random(new), np.ones(3))  # thrice as many pixels: an exact case
    np.testing.assert_allclose(areas(new, 3 * new) @ whole, whole[::3])


def test_the_centre_of_mass_comes_to_lie_on_pixel_14_14():
    for digit in DIGITS:
        square = center(cut_out(digit.reshape(28, 28)))
        for axis in 0, 1:
            middle = square.sum(axis=1 - axis) @ np.arange(28) / square.sum()
            assert abs(middle - 14) <= 0.5


def test_a_long_tail_stays_on_the_square():
    image = np.zeros((20, 20))
    image[-3:] = 1
    image[:, 0] = 0.1
    assert center(image).sum() == pytest.approx(image.sum())


def test_the_drawings_are_read_from_files_and_stay_as_they_are():
    file = DRAWINGS / "4-hasty.png"
    pixels = np.asarray(Image.open(file))
    before = pixels.copy()
    np.testing.assert_allclose(own_digit(file), own_digit(pixels), atol=1e-6)   # a file's are floats of 32 bits
    np.testing.assert_array_equal(own_digit(str(file)), own_digit(file))
    np.testing.assert_array_equal(pixels, before)
    assert brightness(file).dtype == np.float64
    assert len(list(DRAWINGS.glob("[0-9]-*.png"))) == 20


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (np.zeros(784), ValueError, r"got \(784,\); a row of 784 pixels becomes one by reshape\(28, 28\)"),
        (np.zeros((3, 28, 28, 1)), ValueError, r"\(H, W, 3\) or \(H, W, 4\), got \(3, 28, 28, 1\)"),
        (np.full((28, 28), 255.0), ValueError, "from 0 to 1 in an array of float64, got 255.0"),
        (np.full((28, 28), np.nan), ValueError, "got nan to nan"),
        (np.full((28, 28), -1), ValueError, "from 0 to 255 in an array of int64, got -1"),
        (np.full((28, 28), "ink"), TypeError, "expected the pixels as numbers, got an array of <U3"),
        (np.ones((28, 28)), ValueError, "nothing stands out from the paper by more than 0% of white"),
        ("no such file.png", FileNotFoundError, "no such file.png"),
    ],
)
def test_what_is_no_image_of_a_digit_is_refused(image, error, words):
    with pytest.raises(error, match=words):
        own_digit(image)


def test_faint_pencil_counts_and_smudges_do_not():
    page = 1 - 0.2 * on_a_page(DIGITS[7])
    assert ink(page).max() == 1
    page[5:9, 5:9] = 0.993
    assert ink(page)[5:9, 5:9].max() == 0
