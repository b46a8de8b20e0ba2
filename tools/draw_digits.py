"""Draw the drawings that the book and its tests ship: python tools/draw_digits.py

Twenty digits in two hands, from the points that a pen passes, with strokes of different width, size, place and slant;
and a page lit and grained like a photo, which no camera took. They go into nnlib/drawings/.
"""

import numpy as np
from notebooks import ROOT
from PIL import Image

SIDE = 280  # pixels

# Where the pen goes, x to the right and y down, in a box of 1 by 1. A digit may take several strokes.
HANDS = {
    "round": {
        0: ["50,4 22,14 10,45 18,84 48,97 78,82 88,48 76,14 48,4"],
        1: ["34,22 52,6 52,50 50,96"],
        2: ["16,26 32,6 62,6 76,26 66,48 38,72 14,95 50,90 86,94"],
        3: ["18,14 46,4 74,16 72,36 46,47 76,58 80,80 54,96 18,88"],
        4: ["60,4 40,30 14,62 50,64 88,62", "66,34 66,70 64,97"],
        5: ["80,6 50,6 28,8 24,44 54,38 80,54 78,82 50,97 16,90"],
        6: ["70,6 42,24 20,56 22,84 48,97 74,86 76,64 52,54 24,66"],
        7: ["14,10 50,8 86,8 66,40 48,70 40,97"],
        8: ["74,14 46,4 22,18 32,38 62,54 78,78 52,97 24,82 36,58 66,40 76,18"],
        9: ["78,22 56,4 26,14 22,38 48,50 74,36 78,16 78,50 70,97"],
    },
    "hasty": {
        0: ["58,8 30,4 8,38 12,80 38,98 70,90 92,52 80,16 46,6 36,12"],
        1: ["58,4 50,50 40,97"],
        2: ["10,30 24,8 56,4 72,22 60,50 20,90 32,78 46,92 90,86"],
        3: ["14,8 50,6 80,8 52,38 74,48 84,72 60,94 14,96"],
        4: ["28,4 22,50 54,54 84,46", "72,10 66,50 62,97"],
        5: ["30,8 26,46 52,42 76,58 74,84 46,98 14,88", "30,8 60,6 88,4"],
        6: ["56,4 28,40 16,76 36,97 66,90 72,66 44,60 18,80"],
        7: ["10,14 48,6 84,10 62,54 50,97", "34,50 60,52 84,48"],
        8: ["62,24 40,6 20,22 44,46 72,74 50,97 22,84 42,54 70,24 58,8"],
        9: ["74,30 50,6 20,22 28,48 60,44 74,22 68,60 40,97 24,92"],
    },
}


def path(points, steps=30):
    """Return a smooth curve through the points, 30 places from each to the next: Catmull and Rom's splines."""
    points = np.array([point.split(",") for point in points.split()], dtype=float) / 100
    points = np.vstack([points[0], points, points[-1]])
    t = np.linspace(0, 1, steps)[:, np.newaxis]
    curve = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:]):
        curve.append(b + t * (c - a) / 2 + t**2 * (a - 2.5 * b + 2 * c - d / 2) + t**3 * (1.5 * (b - c) + (d - a) / 2))
    return np.vstack(curve)


def draw(strokes, *, size=160, width=16, at=(60, 60), slant=0.0):
    """Return a white page of 280 by 280 with the strokes on it, `size` high, its upper left corner at `at` (x, y)."""
    rows, columns = np.indices((SIDE, SIDE)) + 0.5
    far = np.full((SIDE, SIDE), np.inf)
    for stroke in strokes:
        for x, y in path(stroke):
            x, y = at[0] + size * (0.8 * x + slant * (1 - y)), at[1] + size * y
            far = np.minimum(far, np.hypot(columns - x, rows - y))
    return np.clip(far - width / 2 + 0.5, 0, 1)   # 0 in the stroke, 1 outside, soft at the edge


def drawings():
    """Return the twenty drawings by name: digit, hand and what is unusual about it."""
    pages = {}
    for number, (hand, digits) in enumerate(HANDS.items()):
        for digit, strokes in digits.items():
            width = (8, 12, 18, 26, 34)[(digit + 2 * number) % 5]
            size = (90, 130, 170, 210)[(digit + number) % 4]
            slack = SIDE - size - 60
            at = 24 + slack * (digit % 3) / 2, 24 + slack * ((digit + number) % 4) / 3
            page = draw(strokes, size=size, width=width * size / 170, at=at, slant=(0, 0.12, -0.08)[digit % 3])
            pages[f"{digit}-{hand}"] = page
    return pages


def photo(page):
    """Return the page as a camera might see it: pencil on paper, light from the upper left, grain."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices(page.shape) / SIDE
    light = 0.92 - 0.25 * columns - 0.18 * rows
    seen = light * (0.45 + 0.55 * page) + 0.02 * rng.standard_normal(page.shape)
    warm = np.array([1, 0.97, 0.9])               # paper by lamplight
    return np.clip(seen[..., np.newaxis] * warm, 0, 1)[::2, ::2]    # a file of 30 KB


def save(page, file):
    file.parent.mkdir(exist_ok=True)
    Image.fromarray(np.uint8(255 * page + 0.5)).save(file, optimize=True)


if __name__ == "__main__":
    for name, page in drawings().items():
        save(page, ROOT / "nnlib" / "drawings" / f"{name}.png")
    page = draw(HANDS["round"][3], size=110, width=9, at=(30, 130), slant=0.1)
    save(photo(page), ROOT / "nnlib" / "drawings" / "photo.png")
