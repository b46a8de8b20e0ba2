"""Write a chapter's exercises in one text file: python tools/exercises.py get|put chapters/NN-slug.ipynb [exercises.md]

`get` prints the section *Exercises*, or a new one to fill in; `put` replaces it in the notebook, or inserts it before
*Next*. Everything is Markdown, but for the blocks ```python cell, ```python exercise and ```python solution, which are
code cells with that tag. Then execute the notebook.
"""

import re
import sys
from pathlib import Path

from notebooks import SOLUTION_TITLE, address, lines, normalise, read, stamp, store, text

CELL = re.compile(r"^```python (cell|exercise|solution)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEW = """\
## Exercises

Replace every `...` and run the cell; [chapter 1](01-neuron.ipynb#exercises) says what then happens.

```python cell
from nnlib.exercises import check
```

### Exercise {0}.1: a title in a few words

*★ · 5 minutes · on paper*

The task, in two or three sentences.

```python exercise
my_answer = ...
check("{0}.1", my_answer)
```

<details class="answer">
<summary>A hint</summary>

What to think of first.

<details class="answer">
<summary>The explanation</summary>

Why it is so.

</details>

</details>

```python solution
check("{0}.1", 42)
```
"""


def section(cells):
    """Where the exercises are, or will be, among the cells: from the heading *Exercises* to *Next*."""
    headings = [text(cell["source"]).partition("\n")[0] if cell["cell_type"] == "markdown" else "" for cell in cells]
    end = next((at for at, heading in enumerate(headings) if heading == "## Next"), len(cells))
    return headings.index("## Exercises") if "## Exercises" in headings else end, end


def separate_ends(cells):
    """The cells with *Next* at the beginning of a cell, so that something can stand before it."""
    for cell in cells:
        before, next_heading, after = text(cell["source"]).partition("\n## Next\n")
        if cell["cell_type"] == "code" or not next_heading:
            yield cell
        else:
            yield {**cell, "source": lines(before.rstrip())}
            yield {**cell, "source": lines("## Next\n" + after)}


def as_cells(page):
    """The cells that a text file describes."""
    for place, part in enumerate(CELL.split(page)):
        if place % 3 == 0:
            for chunk in re.split(r"(?m)^(?=###? )", part):  # a task is a cell of its own, and so is a project
                if chunk.strip():
                    yield {"cell_type": "markdown", "metadata": {}, "source": lines(chunk.strip("\n"))}
        elif place % 3 == 1:
            tags = [] if part == "cell" else [part]
        else:
            code = {"cell_type": "code", "metadata": {"tags": tags}, "source": lines(part)}
            yield {**code, "execution_count": None, "outputs": []}


def as_text(cells):
    """The text file that describes the cells."""
    for cell in cells:
        source = text(cell["source"]).removeprefix(SOLUTION_TITLE + "\n")
        if cell["cell_type"] == "markdown":
            yield source
        else:
            tag = next(iter(cell["metadata"].get("tags", ())), "cell")
            yield f"```python {tag}\n{source}\n```"


def main(action, path, page=None):
    nb = read(path)
    nb["cells"] = list(separate_ends(nb["cells"]))
    start, end = section(nb["cells"])
    if action == "get":
        print("\n\n".join(as_text(nb["cells"][start:end])) or NEW.format(int(Path(path).name[:2])))
    else:
        nb["cells"][start:end] = as_cells(Path(page).read_text(encoding="utf-8"))
        store(normalise(stamp(nb, address())), path)


if __name__ == "__main__":
    main(*sys.argv[1:])
