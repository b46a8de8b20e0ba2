"""The table of all exercises, from their headings in the chapters, in the place of a comment in `exercises.md`."""

import json
import re
from pathlib import Path

PLACE = "<!-- the table of all exercises: _ext/exercise_table.py -->"
HEADING = re.compile(r"### (Exercise (\d+\.\d): (.+))\n\n\*(★{1,3}) · (\d+) minutes · (.+)\*")


def headings(folder):
    """Every exercise of the chapters in a folder: the notebook, and what stands in its heading and the line below."""
    for path in sorted(folder.glob("[0-9][0-9]-*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if found := HEADING.match("".join(cell["source"])):
                yield path.name, *found.groups()


def table(folder):
    rows = ["| no. | exercise | stars | minutes | kind |", "|---|---|---|---:|---|"]
    for name, heading, number, title, stars, minutes, kind in headings(folder):
        slug = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        rows.append(f"| {number} | [{title}]({name}#{slug}) | {stars} | {minutes} | {kind} |")
    return "\n".join(rows)


def fill_in(app, page, source):
    source[0] = source[0].replace(PLACE, table(Path(app.srcdir, "chapters"))) if PLACE in source[0] else source[0]


def read_again(app, env, added, changed, removed):
    """The table is made of other pages: it is read anew with any of them."""
    return ["chapters/exercises"] if "chapters/exercises" in env.found_docs else []


def setup(app):
    app.connect("source-read", fill_in)
    app.connect("env-get-outdated", read_again)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
