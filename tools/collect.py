"""Read returned notebooks and print which exercises are right: python tools/collect.py [--run] folder-or-notebook...

As they are, notebooks prove what they said when they were saved. With --run each is run anew, without the book's
solutions, in this Python: that proves what its code does here. It runs what others wrote: use a container.
"""

import argparse
import json
import os
import re
import tempfile
from pathlib import Path

import nbformat
from execute import ThisPython
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbval.kernel import CURRENT_ENV_KERNEL_NAME

CHECK = re.compile(r"""^check\(\s*["'](\d+\.\d+)["']""", re.MULTILINE)
RANKS = ["right", "not yet", "error", "not run"]  # of two cells for one exercise, the better counts
TIMEOUT = 120  # seconds a cell


def verdict(cell):
    """What the check at the end of a cell said."""
    if any(output["output_type"] == "error" for output in cell["outputs"]):
        return "error"
    printed = "".join("".join(output.get("text", "")) for output in cell["outputs"])
    said = re.findall(r"^(right|not yet)\.", printed, re.MULTILINE)
    return said[-1] if said else "not run"


def is_solution(cell):
    return "solution" in cell["metadata"].get("tags", ())


def verdicts(nb):
    """The verdict on each exercise of a notebook, by its number."""
    found = {}
    for cell in nb["cells"]:
        if cell["cell_type"] == "code" and not is_solution(cell):
            for number in CHECK.findall("".join(cell["source"])):
                found[number] = min(found.get(number, "not run"), verdict(cell), key=RANKS.index)
    return found


def run(nb):
    """The notebook as this Python runs it in an empty folder, past every error, without the solutions."""
    cells = [cell for cell in nb["cells"] if not is_solution(cell)]
    for cell in cells:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    fresh = nbformat.reads(json.dumps(nb | {"cells": cells}), as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            fresh,
            kernel_manager_class=ThisPython,
            kernel_name=CURRENT_ENV_KERNEL_NAME,
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
            allow_errors=True,
            timeout=TIMEOUT,
        )
        try:
            client.execute()
        except (CellTimeoutError, DeadKernelError):
            pass  # what has run by then counts, the rest is not run
    return fresh


def table(found):
    """Lines of text: a row a notebook, a column an exercise."""
    numbers = sorted({number for row in found.values() for number in row}, key=lambda n: [*map(int, n.split("."))])
    width = max(map(len, found))
    yield " " * width + "".join(f"  {number:>7}" for number in numbers) + "    right"
    for name, row in found.items():
        count = f"{sum(said == 'right' for said in row.values())} of {len(numbers)}"
        yield f"{name:{width}}" + "".join(f"  {row.get(number, '.'):>7}" for number in numbers) + f"  {count:>7}"


def notebooks(places):
    """The notebooks among some files and folders, and how each is called in the table; no copies that Jupyter hid."""
    places = [place.absolute() for place in places]
    common = os.path.commonpath([place if place.is_dir() else place.parent for place in places])
    paths = [path for place in places for path in (place.rglob("*.ipynb") if place.is_dir() else [place])]
    named = {path: path.relative_to(common) for path in sorted(paths)}
    return {path: name.as_posix() for path, name in named.items() if not any(part[0] == "." for part in name.parts)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("places", type=Path, nargs="+", metavar="folder-or-notebook")
    parser.add_argument("--run", action="store_true", help="run each anew: what others wrote, so in a container")
    arguments = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    found = {}
    for path, name in notebooks(arguments.places).items():
        try:
            nb = json.loads(path.read_text(encoding="utf-8"))
            found[name] = verdicts(run(nb) if arguments.run else nb)
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"{path} is no notebook that can be read: {type(error).__name__}: {error}")
    if not found:
        places = ", ".join(map(str, arguments.places))
        raise SystemExit(f"expected notebooks, *.ipynb, in {places}; there are none that can be read")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
