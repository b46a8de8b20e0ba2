"""What the figures show: read from the drawn objects, or from the pixels where only they tell."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba

from nnlib import plots

X = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])
Y = np.array([0, 1, 2, 7])


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


def colors(dots):
    dots.update_scalarmappable()
    return [tuple(color[:3]) for color in dots.get_facecolors()]


def rgb(*classes):
    return [to_rgba(plots.COLORS[k])[:3] for k in classes]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def pixels(fig):
    fig.canvas.draw()
    return np.asarray(fig.canvas.buffer_rgba())[..., :3].astype(int)


def test_there_are_eight_different_colours():
    assert len({to_rgba(color) for color in plots.COLORS}) == 8
    assert plots.CLASSES.colors == plots.COLORS[:5]


def test_a_class_has_its_own_colour_whichever_others_are_drawn():
    for y in (Y, Y.astype(float), Y.astype(np.uint8)):
        dots = plots.points(X, y).collections[0]
        assert colors(dots) == rgb(0, 1, 2, 7)
        np.testing.assert_array_equal(dots.get_offsets(), X)
    assert colors(plots.points(X[1:3], np.array([3, 6])).collections[0]) == rgb(3, 6)


def test_dots_without_classes_are_grey():
    color, = set(colors(plots.points(X).collections[0]))
    assert color == to_rgba("#777777")[:3]


def test_dots_can_be_larger_fewer_and_fainter():
    dots = plots.points(X, Y, size=30, every=2, alpha=0.4).collections[0]
    assert dots.get_sizes().tolist() == [30]
    np.testing.assert_array_equal(dots.get_offsets(), X[::2])
    assert colors(dots) == rgb(0, 2)
    assert dots.get_alpha() == 0.4
    regions = plots.decision_regions(lambda p: p, X, Y, size=3, every=3, alpha=0.5, names="abcdefgh")
    dots = regions.collections[0]
    np.testing.assert_array_equal(dots.get_offsets(), X[::3])
    assert (dots.get_alpha(), dots.get_sizes().tolist(), legend(regions)) == (0.5, [3], ["a", "h"])


def test_the_legend_names_the_classes_that_are_drawn_in_their_colours():
    assert plots.points(X, Y).get_legend() is None
    ax = plots.points(X[:3], Y[:3][::-1], names=["cat", "dog", "owl"])
    assert legend(ax) == ["cat", "dog", "owl"]
    handles = ax.get_legend().legend_handles
    assert [to_rgba(handle.get_facecolor()[0])[:3] for handle in handles] == rgb(0, 1, 2)
    assert legend(plots.points(X[1:3], np.array([1.0, 3.0]), names="abcd")) == ["b", "d"]
    for y, names in [(Y, "abc"), (None, "abc")]:
        with pytest.raises(ValueError, match="a name for each class in y, the first for class 0, got 'abc'"):
            plots.points(X, y, names=names)


def quadrants(p):
    """Class 0 at the lower left, 1 at the lower right, 2 at the upper left, 7 at the upper right."""
    scores = np.zeros((len(p), 8))
    place = (p[:, 0] > 2) + 2 * (p[:, 1] > 1)
    scores[np.arange(len(p)), np.array([0, 1, 2, 7])[place]] = 1
    return scores


def test_regions_stand_where_the_samples_of_their_class_stand_and_in_their_colour():
    fig, ax = plt.subplots()
    plots.decision_regions(quadrants, X, Y, ax, size=0, steps=40)
    shown = pixels(fig)
    for (x, y), k in zip([(1, 0.5), (3, 0.5), (1, 1.5), (3, 1.5)], Y):
        across, up = ax.transData.transform((x, y))
        here = shown[shown.shape[0] - int(up), int(across)]
        expected = [255 * (0.7 + 0.3 * channel) for channel in rgb(k)[0]]
        np.testing.assert_allclose(here, expected, atol=2)


def test_regions_reach_a_tenth_beyond_the_samples_and_keep_their_type():
    asked = []
    ax = plots.decision_regions(lambda p: asked.append(p) or p, X.astype(np.float32), Y % 2, steps=30)
    assert asked[0].dtype == np.float32
    assert asked[0].shape == (900, 2)
    np.testing.assert_allclose([asked[0].min(axis=0), asked[0].max(axis=0)], [[-0.1, -0.1], [4.1, 2.1]], rtol=1e-6)
    np.testing.assert_allclose(ax.images[0].get_extent(), [-0.1, 4.1, -0.1, 2.1])


def test_axes_that_are_given_are_drawn_on_and_returned():
    history, labels = {"loss": [1.0]}, np.array([0, 1])
    for draw in (lambda ax: plots.points(X, Y, ax), lambda ax: plots.decision_regions(lambda p: p, X, Y, ax, steps=5),
                 lambda ax: plots.confusion(labels, labels, 2, ax), lambda ax: plots.curves(history, ax=ax),
                 lambda ax: plots.network([2, 3], ax=ax), lambda ax: plots.matrix_product((1, 2), (2, 1), ax=ax)):
        ax = plt.subplots()[1]
        assert draw(ax) is ax
        assert len(plt.get_fignums()) == 1
        plt.close()


def test_digits_stand_upright_dark_on_white_row_by_row():
    images = np.zeros((3, 28, 28))
    images[:, 2, 20:26] = 255                          # a stroke at the top right
    images[2] = 0
    images[2, 25, 3] = 1                               # and a dot at the lower left, in another image
    plots.use_book_style()
    try:
        for given in (images, images.reshape(3, 784)):
            grid = plots.digits(given, columns=2, titles=["one", 2])
            assert grid.shape == (2, 2)
            for ax, image in zip(grid.flat, images):
                np.testing.assert_array_equal(ax.images[0].get_array(), image)
                assert ax.images[0].origin == "upper"
                assert ax.images[0].cmap.name == "gray_r"
                assert not ax.axison
            assert [ax.get_title() for ax in grid.flat] == ["one", "2", "", ""]
            assert not grid[1, 1].images and not grid[1, 1].axison
            assert plots.digits(given[:2], columns=2).shape == (1, 2)
    finally:
        plt.rcdefaults()


def test_confusion_has_a_row_for_each_true_class_and_colours_the_mistakes():
    labels, predicted = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 0])
    ax = plots.confusion(labels, predicted, n_classes=3)
    written = {text.get_position(): text.get_text() for text in ax.texts}          # (column, row)
    assert written == {(0, 0): "1", (1, 0): "2", (2, 0): "", (0, 1): "", (1, 1): "1", (2, 1): "",
                       (0, 2): "1", (1, 2): "", (2, 2): "1"}
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 2, 0], [0, 0, 0], [1, 0, 0]])
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.images[0].origin) == ("predicted", "true", "upper")
    assert ax.get_xticks().tolist() == ax.get_yticks().tolist() == [0, 1, 2]
    assert {text.get_color() for text in ax.texts if text.get_text() == "2"} == {"white"}
    assert {text.get_color() for text in ax.texts if text.get_text() == "1"} == {"black"}
    assert plots.confusion(labels, labels).images[0].get_array().shape == (10, 10)


def test_curves_start_at_epoch_1():
    history = {"loss": [3, 2, 1], "val_loss": [3, 2.5, 2], "accuracy": [0, 0.5, 1]}
    ax = plots.curves(history, ["loss", "val_loss"])
    assert [list(line.get_xdata()) for line in ax.lines] == [[1, 2, 3]] * 2
    assert [list(line.get_ydata()) for line in ax.lines] == [[3, 2, 1], [3, 2.5, 2]]
    assert legend(ax) == ["loss", "validation loss"]
    assert ax.get_xlabel() == "epoch"
    assert len(plots.curves(history).lines) == 3


def test_a_network_has_a_circle_a_neuron_and_a_line_a_weight():
    ax = plots.network([4, 3, 12], ["x", "h", "y"])
    assert [len(column.get_offsets()) for column in ax.collections] == [4, 3, 10]
    assert len(ax.lines) == 4 * 3 + 3 * 10
    assert [set(column.get_offsets()[:, 0].tolist()) for column in ax.collections] == [{0}, {1}, {2}]
    assert all(column.get_offsets()[:, 1].mean() == 0 for column in ax.collections)
    assert colors(ax.collections[0]) == [(1, 1, 1)]
    assert [colors(column) for column in ax.collections[1:]] == [rgb(0), rgb(1)]
    ends = {tuple(map(tuple, line.get_xydata())) for line in ax.lines}
    between = [(a, b) for a, b in zip(ax.collections[:-1], ax.collections[1:])]
    assert ends == {(tuple(a), tuple(b)) for left, right in between
                    for a in left.get_offsets() for b in right.get_offsets()}
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert {name: places[name][0] for name in "xhy"} == {"x": 0, "h": 1, "y": 2}
    assert places["12 in all"][0] == 2 and places["12 in all"][1] > 4.5 and places["x"][1] < -4.5


def test_a_matrix_product_has_a_square_an_entry():
    ax = plots.matrix_product((3, 4), (4, 2), ("A", "B", "C"))
    assert [text.get_text() for text in ax.texts] == ["A", "(3, 4)", "@", "B", "(4, 2)", "=", "C", "(3, 2)", ""]
    assert len(ax.patches) == 3 * 4 + 4 * 2 + 3 * 2
    assert [patch.get_facecolor()[:3] for patch in ax.patches] == rgb(*[0] * 12, *[1] * 8, *[2] * 6)
    blocks = np.split(np.array([patch.get_xy() for patch in ax.patches]), [12, 20])
    for block, (rows, columns) in zip(blocks, [(3, 4), (4, 2), (3, 2)]):
        assert len(np.unique(block[:, 0])) == columns
        assert np.unique(block[:, 1]).tolist() == [row - rows / 2 for row in range(rows)]
    assert blocks[0][:, 0].max() + 1 < blocks[1][:, 0].min() and blocks[1][:, 0].max() + 1 < blocks[2][:, 0].min()


def test_the_books_style_undoes_a_matplotlibrc():
    plt.rcParams["lines.linewidth"] = 7
    plt.rcParams["axes.facecolor"] = "pink"
    plots.use_book_style()
    try:
        assert plt.rcParams["lines.linewidth"] == 2
        assert plt.rcParams["axes.facecolor"] == "white"
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == plots.COLORS
    finally:
        plt.rcdefaults()


LABELS = np.array([0, 1, 1])
REFUSED = {
    "nine classes": (lambda: plots.points(X, np.array([0, 1, 2, 8])), "classes from 0 to 7, .* got 0 to 8"),
    "negative": (lambda: plots.points(X, Y - 1), "expected y as classes from 0 to 7, .* got -1 to 6"),
    "half classes": (lambda: plots.points(X, Y / 2), "expected y as classes from 0 to 7"),
    "one-hot": (lambda: plots.points(X, np.eye(4)), r"expected y of shape \(4,\), .* got \(4, 4\)$"),
    "too few": (lambda: plots.points(X, Y[:3]), r"expected y of shape \(4,\), a class for every row of X, got \(3,\)$"),
    "three columns": (lambda: plots.points(np.ones((4, 3))), r"expected X of shape \(N, 2\), .* got \(4, 3\)$"),
    "no points": (lambda: plots.points(np.ones((0, 2))), r"expected X of shape \(N, 2\), .* got \(0, 2\)$"),
    "every 0": (lambda: plots.points(X, Y, every=0), "expected every as a whole number of at least 1, got 0"),
    "steps": (lambda: plots.decision_regions(quadrants, X, Y, steps=0), "expected steps as a whole number"),
    "integer X": (lambda: plots.decision_regions(quadrants, X.astype(int), Y), "expected floating-point X, got int64"),
    "lost": (lambda: plots.decision_regions(lambda p: p * np.nan, X, Y), "expected scores that can be compared"),
    "one score": (lambda: plots.decision_regions(lambda p: p[:, :1], X, Y, steps=5), r"C from 2, .*got \(25, 1\)"),
    "flat": (lambda: plots.decision_regions(lambda p: p[:, 0], X, Y, steps=5), r"expected predict .*got \(25,\)"),
    "short": (lambda: plots.decision_regions(lambda p: p[:3], X, Y, steps=5), r"expected predict .*got \(3, 2\)"),
    "nine scores": (lambda: plots.decision_regions(lambda p: np.ones((len(p), 9)), X, Y), "up to eight classes"),
    "no scores": (lambda: plots.decision_regions(lambda p: [1], X, Y), "expected scores as a NumPy array"),
    "NaN scores": (lambda: plots.confusion(LABELS, np.full((3, 2), np.nan)), "compared, got 6 NaN or infinite"),
    "large": (lambda: plots.confusion(LABELS, LABELS + 1, 2), "predicted as integers from 0 to 1, got int64: .1 2 2."),
    "floats": (lambda: plots.confusion(LABELS, LABELS / 1, 2), "expected predicted as integers .* got float64"),
    "labels": (lambda: plots.confusion(LABELS, LABELS, 1), "expected labels from 0 to 0, got 0 to 1"),
    "none": (lambda: plots.confusion(LABELS[:0], LABELS[:0]), "expected at least one sample"),
    "no classes": (lambda: plots.confusion(LABELS, LABELS, 0), "expected n_classes as a whole number"),
    "no images": (lambda: plots.digits(np.zeros((0, 784))), "expected images of shape .* at least one, got"),
    "no digits": (lambda: plots.digits(np.zeros((3, 783))), r"expected images of shape .*got \(3, 783\)$"),
    "columns": (lambda: plots.digits(np.zeros((3, 784)), columns=0), "expected columns as a whole number"),
    "other name": (lambda: plots.curves({"loss": [1]}, ["val_loss"]), "names among loss, got 'val_loss'; fit records"),
    "no history": (lambda: plots.curves([1, 2]), "expected history as fit returns it"),
    "empty history": (lambda: plots.curves({}), "expected history as fit returns it"),
    "ten columns": (lambda: plots.network([1] * 10), "one to nine layer sizes"),
    "half a neuron": (lambda: plots.network([2, 0.5]), "expected size as a whole number of at least 1, got 0.5"),
    "three sides": (lambda: plots.matrix_product((1, 2, 3), (3, 1)), r"left as \(rows, columns\), got \(1, 2, 3\)"),
    "no rows": (lambda: plots.matrix_product((1, 2), (0, 1)), "expected rows as a whole number of at least 1, got 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made(name):
    draw, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        draw()
    assert plt.get_fignums() == []


def test_the_books_style_is_what_the_figures_were_drawn_for():
    plots.use_book_style()
    wanted = {"axes.axisbelow": True, "axes.grid": True, "axes.spines.right": False, "axes.spines.top": False,
              "figure.constrained_layout.use": True, "figure.dpi": 100, "figure.figsize": [6.4, 3.6]}
    assert {name: plt.rcParams[name] for name in wanted} == wanted


@pytest.mark.parametrize("columns", [1, 3])
def test_a_network_has_room_for_its_columns_and_lines_behind_its_circles(columns):
    ax = plots.network([2] * columns)
    assert ax.figure.get_size_inches() == pytest.approx([1.6 * columns + 0.8, 3.2])
    assert all(line.get_linewidth() == 0.8 and not line.get_antialiased() for line in ax.lines)
    assert all(line.get_zorder() < circles.get_zorder() for line in ax.lines for circles in ax.collections)


def test_a_network_has_a_colour_for_every_column_or_is_refused():
    assert len(plots.network([1] * 9).collections) == 9
    with pytest.raises(ValueError, match="expected sizes"):
        plots.network([1] * 10)


def test_a_grid_of_digits_is_as_large_as_its_rows_and_columns():
    for titles, height in ([], 1.6), (["a"] * 8, 2.0):
        grid = plots.digits(np.zeros((8, 784)), titles, columns=4)
        assert grid[0, 0].figure.get_size_inches() == pytest.approx([3.0, height])


def test_the_boxes_of_a_matrix_product_stand_side_by_side_with_their_names_inside_and_their_shapes_below():
    ax = plots.matrix_product((5, 4), (4, 3))
    boxes = []                                    # (left, right, bottom, top) of x, W and y
    for color in plots.COLORS[:3]:
        cells = [cell.get_bbox() for cell in ax.patches if to_hex(cell.get_facecolor()).upper() == color]
        boxes.append((min(c.x0 for c in cells), max(c.x1 for c in cells), min(c.y0 for c in cells),
                      max(c.y1 for c in cells)))
    assert boxes == [(0, 4, -2.5, 2.5), (5.5, 8.5, -2, 2), (10, 13, -2.5, 2.5)]
    at = {text.get_text(): text.get_position() for text in ax.texts}
    for (left, right, bottom, _), name, shape in zip(boxes, "xWy", ["(5, 4)", "(4, 3)", "(5, 3)"]):
        assert at[name] == ((left + right) / 2, 0)
        assert at[shape] == pytest.approx(((left + right) / 2, bottom - 0.7))
    assert at["@"][0] == 4.75 and at["="][0] == 9.25
    assert (*ax.get_xlim(), *ax.get_ylim()) == pytest.approx((-0.5, 13.5, -3.7, 2.8))
