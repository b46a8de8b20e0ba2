"""The rules of every run of pytest: a plain `pytest --nbval chapters` compares all that the notebooks store.

nbval by itself passes a notebook whose outputs were cleared, and a figure that was replaced by another.
"""

import base64
import difflib
import io
import os

import nbval.plugin
import numpy as np
import pytest
from nbval.plugin import IPyNbCell
from notebooks import (
    NEED_BRIDGES,
    NEED_MNIST,
    bridges_missing,
    drawn_by,
    merge_streams,
    normal_output,
    pinned_matplotlib,
    text,
)

# Of 255, after averaging 8 x 8 pixels. Rounding moves a figure by 0.1, another shade by 5, a letter by 16.
FIGURE_TOLERANCE = 1
SLOWEST = {"test_pages.py", "18-optimizers.ipynb"}  # first where no earlier run has said what takes long
CELL_TIMEOUT = 300  # seconds; nbval's own 2,000 is what a dead kernel would cost
notes = set()  # what the reader of the summary should know


def pytest_configure(config):
    os.environ["TQDM_DISABLE"] = "1"  # progress bars show timings
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two threads wait for each other where others compute, too
    option = config.option
    option.nbval_current_env = not option.nbval_kernel_name  # this Python, whichever kernels are installed
    if option.nbval_cell_timeout == 2000:
        option.nbval_cell_timeout = CELL_TIMEOUT
    IPyNbCell.compare_outputs = compare_outputs
    IPyNbCell.runtest = runtest
    nbval.plugin.coalesce_streams = merge_streams  # nbval's own loses the order of text and figures
    if getattr(option, "dist", "no") == "load":  # pytest -n 2, where pytest-xdist is installed
        option.dist, option.loadscopereorder = "loadfile", False  # a kernel runs all of its notebook's cells


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    arrange(config, items)
    if hasattr(config, "workerinput"):  # of several workers: the longest files first, so that all end together
        spent = config.cache.get("book/seconds", {}) if hasattr(config, "cache") else {}
        items.sort(key=lambda item: (-spent.get(file_of(item.nodeid), 0), item.path.name not in SLOWEST,
                                     -item.path.stat().st_size, str(item.path)))


def arrange(config, items):
    cells = [item for item in items if isinstance(item, IPyNbCell)]
    if not cells:
        return
    import matplotlib.font_manager  # noqa: F401  (builds its font cache; in a kernel it would say so on stderr)

    # Tests may come in any order, the cells of a notebook may not.
    cells.sort(key=lambda cell: (str(cell.path), cell.cell_num))
    items[:] = [item for item in items if not isinstance(item, IPyNbCell)] + cells
    for cell in cells:
        cell.options.update(skip=False, check=not config.option.nbval_lax)  # no cell is exempt
        cell.colors = nbval.plugin.nocolors
    skip(cells, NEED_MNIST, "MNIST", mnist_missing)
    skip(cells, NEED_BRIDGES, "BRIDGES", bridges_missing)


def skip(cells, notebooks, what, why_missing):
    """Skip the notebooks that need what is missing, and say so once; where nothing may be skipped, they fail."""
    needing = [cell for cell in cells if cell.path.stem in notebooks]
    if needing and not (os.environ.get("CI") or os.environ.get(f"NNLIB_REQUIRE_{what}")):
        missing = why_missing()
        for cell in needing if missing else ():
            cell.add_marker(pytest.mark.skip(reason=f"needs {what}, see below"))
            notes.add(f"Skipped, for want of {what}: {cell.path.name}. {missing}")


def mnist_missing():
    """Why all of MNIST is not at hand, and how to get it; None if it is."""
    from nnlib.mnist import MnistError, load_mnist

    try:
        load_mnist(download=False)
    except (MnistError, ModuleNotFoundError) as error:
        return str(error)
    return None


def file_of(nodeid):
    return nodeid.partition("::")[0]


seconds = {}  # what every file took, for the order of the next run


def pytest_runtest_logreport(report):
    seconds[file_of(report.nodeid)] = seconds.get(file_of(report.nodeid), 0) + report.duration


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    config = session.config
    if hasattr(config, "workerinput"):
        config.workeroutput["notes"] = sorted(notes)  # to the process that writes the summary
    elif hasattr(config, "cache"):
        config.cache.set("book/seconds", config.cache.get("book/seconds", {}) | seconds)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    notes.update(getattr(node, "workeroutput", {}).get("notes", ()))


def pytest_terminal_summary(terminalreporter):
    for note in sorted(notes):
        terminalreporter.write_line(note, yellow=True)


nbval_runtest = IPyNbCell.runtest


def runtest(cell):
    """Run a cell and compare its outputs; nbval does not compare those of a cell stored as not run."""
    nbval_runtest(cell)
    if cell.cell.execution_count is None:
        cell.raise_cell_error(f"The cell is stored as never run: python tools/execute.py {cell.path}")


def compare_outputs(cell, fresh, stored, skip_compare=None):
    """Whether a cell gave exactly the stored outputs, in number, order, kind and content."""
    stored, fresh = shown(stored), shown(fresh)
    report = []
    if any(kind == "stderr" for kind, _ in stored + fresh):
        report.append("There is output on stderr, which no notebook may show.")
    if [kind for kind, _ in stored] != [kind for kind, _ in fresh]:
        report.append(f"stored outputs: {summary(stored)}\nnew outputs:    {summary(fresh)}")
        report.append(difference(as_text(stored), as_text(fresh)))
    else:
        for (kind, old), (_, new) in zip(stored, fresh, strict=True):
            if kind.endswith("image/png"):
                report.append(compare_figures(cell, old, new))
            elif old != new:
                report.append(f"{kind} differs:\n" + difference(old, new))
    cell.comparison_traceback = [part for part in report if part]
    return not cell.comparison_traceback


def shown(outputs):
    """What a cell shows, as pairs of its kind and its content."""
    parts = []
    for output in map(normal_output, outputs):
        kind = output["output_type"]
        if kind == "stream":
            parts.append((output["name"], text(output["text"])))
        elif kind == "error":
            parts.append(("error", text(output["traceback"])))
        else:
            parts += [(f"{kind} {mime}", text(value)) for mime, value in sorted(output["data"].items())]
    return parts


def summary(parts):
    return ", ".join(kind for kind, _ in parts) or "none"


def as_text(parts):
    return "".join(f"[{kind}]\n{'(a picture)' if 'image/' in kind else content.rstrip()}\n" for kind, content in parts)


def difference(old, new):
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "stored", "new", lineterm="", n=2)
    return "\n".join(lines) or f"stored: {old!r}\nnew:    {new!r}"


def compare_figures(cell, stored, fresh):
    """What is wrong with a figure; empty if nothing is, or if the Matplotlib here is not the pinned one."""
    from matplotlib import ft2font
    from PIL import Image

    old, new = (Image.open(io.BytesIO(base64.b64decode(png))) for png in (stored, fresh))
    pins = pinned_matplotlib(cell.config.rootpath)
    if drawn_by(old) not in pins or not drawn_by(new):
        versions = f"stored by Matplotlib {drawn_by(old)}, drawn here by {drawn_by(new)}"
        return f"The figure is {versions}; expected one stored by {' or '.join(pins)}, as requirements.txt pins it."
    if drawn_by(old) != drawn_by(new) or ft2font.__freetype_build_type__ != "local":
        notes.add(
            f"Figures were counted but not compared: stored by Matplotlib {drawn_by(old)}, "
            f"drawn here by {drawn_by(new)} with FreeType {ft2font.__freetype_build_type__}."
        )
        return ""
    if old.size != new.size:
        wrong = f"is {new.size[0]} x {new.size[1]} pixels, stored {old.size[0]} x {old.size[1]}"
    elif extras(old) != extras(new):
        wrong = f"has {extras(new)}, the stored one {extras(old)}"
    elif (distance := np.abs(pooled(old) - pooled(new)).max()) > FIGURE_TOLERANCE:
        wrong = f"differs from the stored one by up to {distance:.1f} of 255 where 8 x 8 pixels are averaged"
    else:
        return ""
    folder = cell.config.rootpath / "_build" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{cell.path.stem}-cell-{cell.cell_num}-{which}.png" for which in ("stored", "new")]
    for path, png in zip(paths, (stored, fresh), strict=True):
        path.write_bytes(base64.b64decode(png))
    return f"The figure {wrong}. Compare {paths[0]} and {paths[1]}"


def extras(image):
    """What else a browser obeys: more pictures to show in turn, an orientation, a table of colours."""
    image.load()  # some of it stands behind the pixels
    return {"pictures": getattr(image, "n_frames", 1), **image.info}


def pooled(image):
    """The picture's colours averaged over squares of 8 x 8 pixels, on a white page."""
    rgba = np.asarray(image.convert("RGBA"), dtype=float)
    opacity = rgba[..., 3:] / 255
    page = rgba[..., :3] * opacity + 255 * (1 - opacity)
    page = np.pad(page, ((0, -page.shape[0] % 8), (0, -page.shape[1] % 8), (0, 0)), mode="edge")
    return page.reshape(page.shape[0] // 8, 8, page.shape[1] // 8, 8, 3).mean((1, 3))
