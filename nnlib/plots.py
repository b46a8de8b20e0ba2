"""The book's recurring figures, in one style: colour-blind-safe, legible on a light and on a dark page.

Needs Matplotlib. Every function draws on the axes it is given, or on new ones, and returns them.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.colors import ListedColormap

from nnlib.checks import check_array, check_comparable, check_count, check_finite, check_labels, check_lengths

COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#555555"]
"""Eight colours that people with the common kinds of colour blindness can tell apart :cite:p:`wong2011`."""

CLASSES = ListedColormap(COLORS[:5])
"""The first five of them as a colour map, for tables and images of five classes."""

EIGHT = ListedColormap(COLORS)
"""All eight of them as a colour map, for up to eight classes in `points` and `decision_regions`."""

STYLE = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=COLORS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.figsize": (6.4, 3.6),
    "grid.alpha": 0.3,
    "image.cmap": "gray_r",
    "lines.linewidth": 2,
    "savefig.facecolor": "white",
}


def use_book_style():
    """Give every figure that follows the book's colours, size and resolution.

    Changes Matplotlib's settings (``plt.rcParams``) for the whole process, and in a notebook asks for
    images of twice the resolution. Call it once, at the top.

    Examples
    --------
    >>> use_book_style()
    >>> plt.rcParams["figure.facecolor"]
    'white'
    """
    plt.rcdefaults()                              # whatever a matplotlibrc on this machine says
    plt.rcParams.update(STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ModuleNotFoundError:                   # not in a notebook
        return
    set_matplotlib_formats("retina")


def network(sizes, labels=(), ax=None):
    """Draw a network: a column of circles a layer, a line for every weight.

    Parameters
    ----------
    sizes : sequence of int
        Neurons per column, inputs first, up to nine columns; at most ten of a column are drawn.
    labels : sequence of str, optional
        A word below each column.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = network([784, 10, 10], ["pixels", "hidden", "digits"])
    >>> [text.get_text() for text in ax.texts]
    ['784 in all', 'pixels', 'hidden', 'digits']
    >>> plt.close()
    """
    check_sizes(sizes)
    ax = ax or plt.subplots(figsize=(1.6 * len(sizes) + 0.8, 3.2))[1]
    columns = [[(x, y - (min(n, 10) - 1) / 2) for y in range(min(n, 10))] for x, n in enumerate(sizes)]
    for left, right in itertools.pairwise(columns):
        for a in left:
            for b in right:
                ax.plot(*zip(a, b), color="#999999", linewidth=0.8, antialiased=False, zorder=1)
    lowest = min(y for column in columns for _, y in column)
    for x, (column, n) in enumerate(zip(columns, sizes)):
        ax.scatter(*zip(*column), s=320, color="white" if x == 0 else COLORS[x - 1], edgecolor="black", zorder=2)
        if n > 10:
            ax.text(x, column[-1][1] + 0.5, f"{n} in all", ha="center")
    for x, label in enumerate(labels):
        ax.text(x, lowest - 0.9, label, ha="center")
    ax.margins(0.15)
    ax.axis("off")
    return ax


def decision_regions(predict, X, y, ax=None, size=12, steps=200, *, every=1, alpha=1.0, names=()):
    """Colour the plane by the class a network would choose, with the samples on top.

    Parameters
    ----------
    predict : function of an ndarray of shape (N, 2), returning scores of shape (N, C)
        Usually ``model.predict``.
    X : ndarray, shape (N, 2)
    y : ndarray of int, shape (N,)
        Classes from 0 to 7.
    ax : Axes, optional
    size : float, default 12
        Area of a dot, in square points.
    steps : int, default 200
        Points of the grid along each side.
    every, alpha, names
        See `points`: fewer dots, or fainter ones, hide less of the regions.

    Returns
    -------
    Axes

    Examples
    --------
    >>> X, y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0])
    >>> ax = decision_regions(lambda points: points, X, y, steps=50)     # the larger coordinate wins
    >>> ax.images[0].get_array().shape
    (50, 50)
    >>> plt.close()
    """
    check_array("X", X)
    check_points(X)
    check_colours(y, X)
    check_count(steps=steps)
    (left, bottom), (right, top) = X.min(axis=0) - 0.1, X.max(axis=0) + 0.1
    across, up = np.meshgrid(np.linspace(left, right, steps), np.linspace(bottom, top, steps))
    scores = predict(np.column_stack([across.ravel(), up.ravel()]).astype(X.dtype))
    check_regions(scores, steps)
    ax = ax or plt.subplots(figsize=(4.4, 4))[1]
    ax.imshow(scores.argmax(axis=1).reshape(steps, steps), cmap=EIGHT, vmin=0, vmax=7, alpha=0.3, origin="lower",
              extent=(left, right, bottom, top), aspect="auto", interpolation="nearest")
    return points(X, y, ax, size, every=every, alpha=alpha, names=names)


def points(X, y=None, ax=None, size=12, *, every=1, alpha=1.0, names=()):
    """Draw samples with two features as dots, one colour a class; grey where no class is given.

    Parameters
    ----------
    X : ndarray, shape (N, 2)
    y : ndarray of int, shape (N,), optional
        Classes from 0 to 7: class k has colour k, also where a class below it is missing.
    ax : Axes, optional
    size : float, default 12
        Area of a dot, in square points.
    every : int, default 1
        Draw only every so manieth sample.
    alpha : float, default 1
        Opacity of the dots, above 0 and up to 1.
    names : sequence of str, optional
        Names of the classes 0, 1, …: adds a legend of those that are drawn.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = points(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0]), names=["cat", "dog"])
    >>> len(ax.collections[0].get_offsets()), [text.get_text() for text in ax.get_legend().get_texts()]
    (2, ['cat', 'dog'])
    >>> plt.close()
    """
    check_points(X)
    check_colours(y, X)
    check_count(every=every)
    check_names(names, y)
    ax = ax or plt.subplots(figsize=(4.4, 4))[1]
    X, y = X[::every], y if y is None else y[::every]
    color = {"color": "#777777"} if y is None else {"c": y, "cmap": EIGHT, "vmin": 0, "vmax": 7}
    # Smooth edges make files of 300 KB.
    ax.scatter(*X.T, s=size, linewidth=0, antialiased=False, alpha=None if alpha == 1 else alpha, **color)
    for k in np.unique(y).astype(int) if len(names) else ():
        ax.scatter([], [], color=COLORS[k], label=names[k])
    if len(names):
        ax.legend(frameon=True)
    ax.grid(False)
    return ax


def digits(images, titles=(), columns=10):
    """Show digits in a grid, dark ink on white.

    Parameters
    ----------
    images : ndarray, shape (n, 784) or (n, 28, 28)
    titles : sequence of str, optional
        What to write above each.
    columns : int, default 10

    Returns
    -------
    ndarray of Axes

    Examples
    --------
    >>> grid = digits(np.zeros((12, 784)), columns=6)
    >>> grid.shape
    (2, 6)
    >>> plt.close()
    """
    check_images(images)
    check_count(columns=columns)
    rows = -(-len(images) // columns)
    height = 1.0 if len(titles) else 0.8
    grid = plt.subplots(rows, columns, figsize=(0.75 * columns, height * rows), squeeze=False)[1]
    for ax in grid.flat:
        ax.axis("off")
    for ax, image in zip(grid.flat, images):
        ax.imshow(np.reshape(image, (28, 28)))
    for ax, title in zip(grid.flat, titles):
        ax.set_title(title, fontsize=9)
    return grid


def confusion(labels, predicted, n_classes=10, ax=None):
    """Count, for every true class, how often each class was predicted, and show the table as an image.

    Parameters
    ----------
    labels, predicted : ndarray of int, shape (N,)
        The true classes and the chosen ones, from 0 to ``n_classes - 1``.
    n_classes : int, default 10
    ax : Axes, optional

    Returns
    -------
    Axes

    Notes
    -----
    Colour marks the mistakes, not the diagonal, which would drown them.

    Examples
    --------
    >>> ax = confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), n_classes=2)
    >>> [text.get_text() for text in ax.texts]
    ['1', '', '1', '1']
    >>> plt.close()
    """
    check_count(n_classes=n_classes)
    check_labels(labels, n_classes)
    check_predicted(predicted, labels, n_classes)
    ax = ax or plt.subplots(figsize=(5.4, 5))[1]
    counts = np.zeros((n_classes, n_classes), int)
    np.add.at(counts, (labels, predicted), 1)
    mistakes = np.where(np.eye(n_classes, dtype=bool), 0, counts)
    ax.imshow(mistakes, cmap="Oranges")
    for row, column in np.ndindex(counts.shape):
        dark = mistakes[row, column] > 0.6 * mistakes.max()
        ax.text(column, row, counts[row, column] or "", ha="center", va="center", fontsize=8,
                color="white" if dark else "black")
    ax.set(xlabel="predicted", ylabel="true", xticks=range(n_classes), yticks=range(n_classes))
    ax.grid(False)
    return ax


def curves(history, names=None, ax=None):
    """Draw what `fit` recorded, one line a name, over the epochs.

    Parameters
    ----------
    history : dict of list
    names : sequence of str, optional
        Which of them; the default is all.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = curves({"loss": [3, 2, 1], "val_loss": [3, 2.5, 2]})
    >>> [line.get_label() for line in ax.lines]
    ['loss', 'validation loss']
    >>> plt.close()
    """
    check_history(history, names)
    ax = ax or plt.subplots()[1]
    for name in names or history:
        ax.plot(range(1, len(history[name]) + 1), history[name], label=name.replace("val_", "validation "))
    ax.set(xlabel="epoch")
    ax.legend(frameon=False)
    return ax


def matrix_product(left, right, names=("x", "W", "y"), ax=None):
    """Draw the shapes of a matrix product as boxes to scale: the inner sides must be of one length.

    Parameters
    ----------
    left, right : (int, int)
        Rows and columns of the two factors.
    names : (str, str, str)
        What to write into the factors and the product.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = matrix_product((3, 4), (4, 2))
    >>> [text.get_text() for text in ax.texts]
    ['x', '(3, 4)', '@', 'W', '(4, 2)', '=', 'y', '(3, 2)', '']
    >>> plt.close()
    """
    check_shapes(left=left, right=right)
    ax = ax or plt.subplots(figsize=(6.4, 2.6))[1]
    (n, k), (inner, m) = left, right
    start = 0
    for name, rows, columns, color, sign in zip(
        names, (n, inner, n), (k, m, m), (COLORS[0], COLORS[1], COLORS[2]), ("@", "=", "")
    ):
        for row, column in np.ndindex(rows, columns):
            ax.add_patch(plt.Rectangle((start + column, -row - 1 + rows / 2), 1, 1, facecolor=color, alpha=0.25,
                                       edgecolor=color))
        ax.text(start + columns / 2, 0, name, ha="center", va="center", fontsize=13, fontweight="bold")
        ax.text(start + columns / 2, -rows / 2 - 0.7, f"({rows}, {columns})", ha="center", va="center")
        start += columns + 1.5
        ax.text(start - 0.75, 0, sign, ha="center", va="center", fontsize=15)
    ax.set(xlim=(-0.5, start - 1), ylim=(-max(n, inner) / 2 - 1.2, max(n, inner) / 2 + 0.3), aspect="equal")
    ax.axis("off")
    return ax


def check_points(X):
    """Raise unless `X` has shape (N, 2), N ≥ 1: what can be drawn in a plane."""
    check_finite("X", X)
    if X.ndim != 2 or X.shape[1] != 2 or len(X) == 0:
        fix = "; did you mean X.T?" if X.ndim == 2 and len(X) == 2 and X.size else ""
        raise ValueError(f"expected X of shape (N, 2), one point a row, at least one, got {X.shape}{fix}")


def check_colours(y, X):
    """Raise unless `y` is None or gives every row of `X` a class that has a colour; whole floats will do."""
    if y is None:
        return
    check_finite("y", y)
    if y.shape != (len(X),):
        raise ValueError(f"expected y of shape ({len(X)},), a class for every row of X, got {y.shape}"
                         + ("; did you mean y.ravel()?" if y.size == len(X) else ""))
    if (y != np.floor(y)).any() or y.min() < 0 or y.max() >= len(COLORS):
        raise ValueError(f"expected y as classes from 0 to 7, for there are eight colours, got {y.min()} to {y.max()}")


def check_names(names, y):
    """Raise unless there are no names, or one for every class."""
    if not isinstance(names, (list, tuple, str)) or len(names) and (y is None or len(names) <= y.max()):
        raise ValueError(f"expected a list with a name for each class in y, the first for class 0, got {names!r}")


def check_regions(scores, steps):
    """Raise unless `predict` gave two or more scores, which can be compared, for each point of the grid."""
    check_array("scores", scores)
    if scores.ndim != 2 or len(scores) != steps**2 or scores.shape[1] < 2:
        raise ValueError(
            f"expected predict to return scores of shape (N, C), C from 2, for points of shape ({steps**2}, 2), "
            f"got {scores.shape}"
        )
    if scores.shape[1] > len(COLORS):
        raise ValueError(f"expected up to eight classes, for there are eight colours, got {scores.shape[1]}")
    check_comparable("scores", scores)


def check_predicted(predicted, labels, n_classes):
    """Raise unless `predicted` is a class for each of the labels, at least one."""
    check_lengths(labels=labels, predicted=predicted)
    if predicted.shape != labels.shape:
        fix = ""
        if predicted.ndim == 2 and predicted.dtype.kind == "f":
            check_comparable("predicted", predicted)
            fix = "; did you mean predicted.argmax(axis=1)?"
        raise ValueError(f"expected predicted of shape {labels.shape}, as labels, got {predicted.shape}{fix}")
    if predicted.dtype.kind not in "iu" or predicted.min() < 0 or predicted.max() >= n_classes:
        raise ValueError(
            f"expected predicted as integers from 0 to {n_classes - 1}, got {predicted.dtype}: {predicted}"
        )


def check_images(images):
    """Raise unless `images` has shape (n, 784) or (n, 28, 28), n ≥ 1."""
    check_finite("images", images)
    if images.shape[1:] not in ((784,), (28, 28)) or len(images) == 0:
        fix = "; did you mean images.reshape(1, 784)?" if images.shape in ((784,), (28, 28)) else ""
        raise ValueError(f"expected images of shape (n, 784) or (n, 28, 28), at least one, got {images.shape}{fix}")


def check_sizes(sizes):
    """Raise unless `sizes` is one to nine whole numbers."""
    if not isinstance(sizes, (list, tuple)) or not 1 <= len(sizes) <= len(COLORS) + 1:
        raise ValueError(f"expected sizes as a list of one to nine layer sizes, got {sizes!r}")
    for size in sizes:
        check_count(size=size)


def check_history(history, names):
    """Raise unless `history` is what `fit` returned, and holds the names that are asked for."""
    if not isinstance(history, dict) or not history:
        raise TypeError(f"expected history as fit returns it, a dict of lists, got {history!r}")
    if names is not None and not isinstance(names, (list, tuple)):
        raise TypeError(f"expected names as a list, got {names!r}")
    for name in names or ():
        if not isinstance(name, str) or name not in history:
            raise ValueError(f"expected names among {', '.join(history)}, got {name!r}; fit records what it is asked "
                             "for with metrics and validation")


def check_shapes(**shapes):
    """Raise unless every named value is two whole numbers, rows and columns."""
    for name, shape in shapes.items():
        if not isinstance(shape, (list, tuple)) or len(shape) != 2:
            raise ValueError(f"expected {name} as (rows, columns), got {shape!r}")
        check_count(rows=shape[0], columns=shape[1])
