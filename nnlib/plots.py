"""The book's recurring figures, in one style: colour-blind-safe, legible on a light and on a dark page.

Needs Matplotlib. Every function draws on the axes it is given, or on new ones, and returns them.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.colors import ListedColormap

COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#555555"]
"""Eight colours that people with the common kinds of colour blindness can tell apart :cite:p:`wong2011`."""

CLASSES = ListedColormap(COLORS[:5])
"""The first five of them as a colour map, one a class."""

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
        Neurons per column, inputs first; at most ten of a column are drawn.
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
    ax = ax or plt.subplots(figsize=(1.6 * len(sizes) + 0.8, 3.2))[1]
    columns = [[(x, y - (min(n, 10) - 1) / 2) for y in range(min(n, 10))] for x, n in enumerate(sizes)]
    for left, right in itertools.pairwise(columns):
        for a in left:
            for b in right:
                ax.plot(*zip(a, b), color="#999999", linewidth=0.8, zorder=1)
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


def decision_regions(predict, X, y, ax=None, size=12, steps=200):
    """Colour the plane by the class a network would choose, with the samples on top.

    Parameters
    ----------
    predict : function of an ndarray of shape (N, 2), returning scores of shape (N, C)
        Usually ``model.predict``.
    X : ndarray, shape (N, 2)
    y : ndarray of int, shape (N,)
        Classes from 0 to 4.
    ax : Axes, optional
    size : float, default 12
        Area of a dot, in square points.
    steps : int, default 200
        Points of the grid along each side.

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
    ax = ax or plt.subplots(figsize=(4.4, 4))[1]
    (left, bottom), (right, top) = X.min(axis=0) - 0.1, X.max(axis=0) + 0.1
    across, up = np.meshgrid(np.linspace(left, right, steps), np.linspace(bottom, top, steps))
    classes = predict(np.column_stack([across.ravel(), up.ravel()]).astype(X.dtype)).argmax(axis=1)
    ax.imshow(classes.reshape(steps, steps), cmap=CLASSES, vmin=0, vmax=CLASSES.N - 1, alpha=0.3, origin="lower",
              extent=(left, right, bottom, top), aspect="auto", interpolation="nearest")
    return points(X, y, ax, size)


def points(X, y=None, ax=None, size=12):
    """Draw samples with two features as dots, one colour a class; grey where no class is given.

    Parameters
    ----------
    X : ndarray, shape (N, 2)
    y : ndarray of int, shape (N,), optional
        Classes from 0 to 4.
    ax : Axes, optional
    size : float, default 12
        Area of a dot, in square points.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = points(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0]))
    >>> len(ax.collections[0].get_offsets())
    2
    >>> plt.close()
    """
    ax = ax or plt.subplots(figsize=(4.4, 4))[1]
    color = {"color": "#777777"} if y is None else {"c": y, "cmap": CLASSES, "vmin": 0, "vmax": CLASSES.N - 1}
    ax.scatter(*X.T, s=size, linewidth=0, antialiased=False, **color)    # smooth edges make files of 300 KB
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
