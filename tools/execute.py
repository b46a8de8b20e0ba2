"""Execute notebooks and store them in their normal form: python tools/execute.py [--setup-only] [notebooks]

Without names: all of chapters/. A notebook that fails stays as it was. Running it twice changes nothing.
"""

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager
from notebooks import (
    ANSI,
    CHAPTERS,
    NEED_BRIDGES,
    address,
    bridges_missing,
    normalise,
    read,
    stamp,
    store,
    to_json,
)
from traitlets import default


class ThisPython(AsyncKernelManager):
    """A kernel of the Python that runs this script, whichever kernels are installed."""

    @default("kernel_spec_manager")
    def _current_environment(self):
        return NbvalKernelspecManager(parent=self)


def execute(nb, folder):
    """The notebook as executed in the folder; SystemExit where a cell did what it must not."""
    client = NotebookClient(
        nbformat.reads(to_json(nb), as_version=4),
        kernel_manager_class=ThisPython,
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
    )
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Proactor event loop")  # says zmq on Windows, and goes on
            executed = client.execute()
    except (CellExecutionError, DeadKernelError) as error:
        sys.exit(f"\n{ANSI.sub('', str(error))}\nThe notebook is left as it was.")
    for number, cell in enumerate((cell for cell in executed.cells if cell.cell_type == "code"), 1):
        problem = unexpected(cell)
        if problem:
            sys.exit(f"\nCode cell {number} {problem}\n\n{cell.source}\n\nThe notebook is left as it was.")
    return executed


def unexpected(cell):
    """What the cell did that no stored output may show, or None."""
    for output in cell.outputs:
        if output.get("name") == "stderr":
            return f"wrote to stderr: {output.text.strip()}"
    failed = any(output.output_type == "error" for output in cell.outputs)
    if "raises-exception" in cell.metadata.get("tags", []) and not failed:
        return "has the tag raises-exception and raised nothing"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of chapters/")
    parser.add_argument("--setup-only", action="store_true", help="stamp the setup cell, run nothing")
    arguments = parser.parse_args()

    os.environ["TQDM_DISABLE"] = "1"  # bars show timings
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two threads wait for each other where others compute, too
    url = address()
    for path in arguments.notebooks or sorted(CHAPTERS.glob("*.ipynb")):
        print(path, end=" ", flush=True)
        start = time.perf_counter()
        nb = normalise(stamp(read(path), url))
        if not arguments.setup_only and path.stem in NEED_BRIDGES and bridges_missing():
            print(f"left as it was. {bridges_missing()}")
            continue
        if not arguments.setup_only:
            nb = normalise(execute(nb, path.resolve().parent))
        changed = store(nb, path)
        print(f"{time.perf_counter() - start:.1f} s, {'stored' if changed else 'unchanged'}")


if __name__ == "__main__":
    main()
