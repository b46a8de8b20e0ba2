"""The sheets, one page of paper a chapter: what `chapters/sheets.md` takes from the chapters, in the place of comments.

    <!-- sheet 05 -->        a sheet begins: the number, title and promise of the chapter; its address at the end
    <!-- code
    class Dense              the statement that begins so, in a cell that the chapter shows
    X = ... print(X          all from one such statement to another, in one cell
    cell X =                 all of the cell in which a statement begins so
    -->
    <!-- prints print(X -->  what the cell prints in which a statement begins so; 3 print(X: its first three lines
    <!-- figure fig-spiral-fold 45 -->  a printed figure, so many hundredths of the sheet wide, with its first sentence

So no line of code, no output and no figure is typed or drawn a second time: a sheet can not fall behind its chapter.
"""

import ast
import base64
import hashlib
import json
import re
import struct
import textwrap
from html import escape
from pathlib import Path

from by_chapter import chapters
from cells import COLOURED
from exercise_table import headings

PAGE = "chapters/sheets"
SHEET = re.compile(r"<!-- sheet (\d\d) -->\n")
TAKEN = re.compile(r"<!-- (code|prints|figure)\b\s(.*?)\s*-->", re.DOTALL)
NOT_SHOWN = {"setup", "hide-input", "remove-input", "exercise", "solution"}
CAPTION = re.compile(r'<a id="(fig-[\w-]+)"></a>\*\*(Figure [\d.]+)\.\*\* (.+?[.?!])(?= [A-Z*$`(]|$)', re.DOTALL)
BOX = """<div class="sheet-figure" style="--share: {share}%">

<img src="../_images/{file}.png" width="{width}" height="{height}"{look} loading="lazy" decoding="async" alt="{alt}">

[{number}]({name}#{figure}). {caption}

</div>"""


def text(value):
    return value if isinstance(value, str) else "".join(value)


def cells_of(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def tags(cell):
    return set(cell["metadata"].get("tags", ()))


def statements(cells):
    """Every statement of the cells that a chapter shows, in one line: its words, its cell, its place in it."""
    for cell in cells:
        if cell["cell_type"] == "code" and not NOT_SHOWN & tags(cell):
            lines = text(cell["source"]).splitlines()
            for node in ast.walk(ast.parse("\n".join(lines))):
                if isinstance(node, ast.stmt):
                    words = " ".join(lines[node.lineno - 1 : node.end_lineno]).split()
                    yield " ".join(words), cell, node.lineno - 1, node.end_lineno


def find(cells, start):
    """The one statement that begins so: its cell and its lines. Of several, the one that the library keeps."""
    start = " ".join(start.split())
    found = [place for words, *place in statements(cells) if words.startswith(start)]
    kept = [place for place in found if "nnlib" in tags(place[0])] or found
    if len(kept) != 1:
        raise ValueError(f"expected one statement that begins with {start!r}, got {len(kept)}")
    return kept[0]


def piece(cells, wanted):
    """The lines of one piece of code, without the indentation that they have in common."""
    if wanted.startswith("cell "):
        return text(find(cells, wanted.removeprefix("cell "))[0]["source"])
    start, _, end = wanted.partition(" ... ")
    cell, first, last = find(cells, start)
    if end:
        last = find([cell], end)[2]
    return textwrap.dedent("\n".join(text(cell["source"]).splitlines()[first:last]))


def code(cells, wanted):
    """The pieces under one another; an empty line between them stays."""
    return "\n".join(piece(cells, line.strip()) if line.strip() else "" for line in wanted.splitlines())


def prints(cells, wanted):
    """What a cell prints, or its first lines."""
    number, start = re.match(r"(?:(\d+) )?(.+)", wanted, re.DOTALL).groups()
    cell = find(cells, start)[0]
    said = "".join(text(output.get("text", output.get("traceback", ""))) for output in cell["outputs"])
    return "\n".join(said.splitlines()[: int(number) if number else None])


def figure(cells, name, wanted):
    """A figure as the chapter has it: its picture, its number, the first sentence below it."""
    wanted, share = wanted.split()
    captions = [(cell, CAPTION.match(text(below["source"]))) for cell, below in zip(cells, cells[1:])]
    found = [(cell, caption) for cell, caption in captions if caption and caption[1] == wanted]
    if not found:
        raise ValueError(f"expected a figure of {name}, got {wanted}")
    cell, caption = found[0]
    (png,) = [output["data"]["image/png"] for output in cell["outputs"] if "image/png" in output.get("data", {})]
    png = base64.b64decode(text(png))
    width, height = struct.unpack(">II", png[16:24])
    return BOX.format(
        share=share,
        file=hashlib.sha256(png).hexdigest(),  # as the chapter's page calls it
        width=width // 2,
        height=height // 2,
        look=' class="keeps-colours"' if COLOURED.search(text(cell["source"])) else "",
        alt=escape(cell["metadata"]["mystnb"]["image"]["alt"]),
        number=caption[2],
        name=name,
        figure=wanted,
        caption=caption[3].replace("](#", f"]({name}#"),
    )


def sheet(cells, number, chapter, exercises, body, home=""):
    """A sheet as the page has it, with all that its comments take from the chapter."""
    name = chapter["name"]

    def take(place):
        kind, wanted = place.groups()
        try:
            if kind == "figure":
                return figure(cells, name, wanted)
            lines = code(cells, wanted) if kind == "code" else prints(cells, wanted)
        except ValueError as error:
            raise ValueError(f"{error}, for sheet {number} in chapters/sheets.md") from None
        return f"```{'python' if kind == 'code' else 'text'}\n{lines}\n```"

    asked = f" · exercises {exercises[0]} to {exercises[-1]}" if exercises else ""
    where = f"{home}chapters/{Path(name).stem}.html"
    return f"""## {number}. {chapter["title"]}

<div class="sheet">

{chapter["promise"]}

{TAKEN.sub(take, body.strip())}

[Chapter {number}]({name}) · {chapter["minutes"]} minutes to read{asked} · {where}

</div>
"""


def sheets(source):
    """The chapter and the text of every sheet of the page."""
    _, *parts = SHEET.split(source)
    return {int(number): body for number, body in zip(parts[::2], parts[1::2])}


def all_sheets(folder, source, home=""):
    """The sheets as the page has them, by the numbers of their chapters."""
    known, exercises = chapters(folder), list(headings(folder))
    for number, body in sheets(source).items():
        name = known[number]["name"]
        own = [exercise for file, _, exercise, *_ in exercises if file == name]
        yield number, sheet(cells_of(folder / name), number, known[number], own, body, home)


def fill_in(app, page, source):
    if page == PAGE:
        made = all_sheets(Path(app.srcdir, "chapters"), source[0], app.config.html_baseurl)
        source[0] = "\n".join([SHEET.split(source[0])[0], *(text for _, text in made)])


def read_again(app, env, added, changed, removed):
    """The sheets are made of the chapters: they are read anew with any of them."""
    return [PAGE] if PAGE in env.found_docs else []


def setup(app):
    app.connect("source-read", fill_in)
    app.connect("env-get-outdated", read_again)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
