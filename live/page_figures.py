"""A Matplotlib backend whose `show` hands every open figure to the page, as Jupyter's does: drawn at twice its size."""

import base64
import io
import sys

import matplotlib.pyplot as plt
import run_cell
from matplotlib.backend_bases import FigureManagerBase as FigureManager  # noqa: F401  (what Matplotlib looks for)
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas  # noqa: F401


def show(*, block=None):
    if isinstance(sys.stdout, run_cell.Stream):
        sys.stdout.printed.pass_on()  # text and figures in their order
    for number in plt.get_fignums():
        figure, file = plt.figure(number), io.BytesIO()
        figure.savefig(file, format="png", dpi=2 * figure.dpi, bbox_inches="tight")
        run_cell.report("figure", base64.b64encode(file.getvalue()).decode())
    plt.close("all")
