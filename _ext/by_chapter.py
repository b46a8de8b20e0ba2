"""What pages say about chapters, made from the chapters themselves, in the place of comments.

    <!-- minutes 1-9 -->               how many chapters these are, and how long they take to read
    <!-- week 1-3 -->                  three cells of a table: their links, their minutes, their exercises and theirs
    <!-- picture fig-training-spiral -->  a printed figure, small
    <!-- map -->                       all chapters, each with what it builds on: a list, with arcs beside it

A chapter that is not written yet is left out. The map is a list that any reader can read; the arcs are for the eye.
"""

import base64
import io
import json
import re
from html import escape
from pathlib import Path

import yaml
from exercise_table import headings
from PIL import Image

PLACE = re.compile(r"<!-- (?:(map)|(minutes|week) (\d+)-(\d+)|(picture) (fig-[\w-]+)) -->")
HEAD = re.compile(r"# (\d+)\. (.+?)\n\n(.+?)\n\n\*(\d+) minutes · builds on (.+?) · adds", re.DOTALL)
SIZE = (480, 360)  # pixels at most: twice what the page shows
PARTS = {  # of a figure, what is shown of it small: left, top, right, bottom, and what is to be seen there
    "fig-training-spiral": (
        (0.502, 0.545, 0.99, 0.985),
        "The points of a spiral with three arms. Each arm lies in a coloured region that winds with it.",
    ),
    "fig-gen-turn": (
        (0, 0, 1, 0.45),
        "Two losses over the epochs. One falls and falls; the other turns at a dotted line and rises.",
    ),
    "fig-meet-right-wrong": (
        (0, 0, 0.6, 0.475),
        "Six handwritten digits, 0, 1, 2, 5, 6 and 7, and above each what the network says and how sure it is.",
    ),
}
COLOURS = {"fig-training-spiral"}  # what they show is their colours: the dark page does not turn them over


def chapters(folder):
    """Every chapter of a folder by its number: its notebook, title, promise and minutes, and what it builds on."""
    found = {}
    for path in sorted(folder.glob("[0-9][0-9]-*.ipynb")):
        number, title, promise, minutes, before = HEAD.match(first_text(path)).groups()
        before = [int(n) for n in re.findall(r"\[(?:chapter )?(\d+)\]", before)]
        found[int(number)] = {
            "name": path.name,
            "title": title,
            "promise": promise,
            "minutes": int(minutes),
            "before": before,
        }
    return found


def first_text(path):
    return "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])


def parts(toc):
    """The captions of the contents' parts, by the number of the first chapter of each."""
    firsts = [(part["caption"], part["chapters"][0]["file"]) for part in toc.get("parts", ())]
    return {int(file[9:11]): caption for caption, file in firsts if re.match(r"chapters/\d\d-", file)}


def duration(minutes):
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0 or not hours))


def minutes_of(known, first, last):
    """How many chapters, and how long; nothing where none of them is there."""
    these = [chapter["minutes"] for number, chapter in known.items() if first <= number <= last]
    return f"*{len(these)} chapter{'s' * (len(these) > 1)}, {duration(sum(these))} to read*" if these else ""


def week_of(known, exercises, first, last, up):
    these = {number: chapter for number, chapter in known.items() if first <= number <= last}
    links = ", ".join(f"[{number}]({up}{chapter['name']})" for number, chapter in these.items())
    tasks = [int(minutes) for name, *_, minutes, _ in exercises if int(name[:2]) in these]
    read = f"{sum(chapter['minutes'] for chapter in these.values())}&nbsp;min" if these else ""
    return f"{links} | {read} | {f'{len(tasks)}:&nbsp;{sum(tasks)}&nbsp;min' if tasks else ''}"


def map_of(known, captions, up):
    """The list of chapters, a part's name before its first; behind it the arcs, from row to row."""
    rows, at = [], {}
    for number, chapter in known.items():
        if number in captions:
            rows.append(f"- **{captions[number]}**")
        at[number] = len(rows)
        after = [n for n in chapter["before"] if n in known]
        on = f", builds on {listed(after)}" if after else ""
        rows.append(f"- [{number}. {chapter['title']}]({up}{chapter['name']}) *{chapter['minutes']} min{on}*")
    arcs = [arc(at[before], at[number]) for number in at for before in known[number]["before"] if before in at]
    box = f'viewBox="0 0 8 {len(rows)}" preserveAspectRatio="none" aria-hidden="true"'
    return f'<div class="map">\n<svg {box}>{"".join(arcs)}</svg>\n\n' + "\n".join(rows) + "\n\n</div>"


def listed(numbers):
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last


def arc(start, end):
    """A curve that leaves further to the left the more rows it passes."""
    left = 7.5 - 1.6 * (end - start) ** 0.5 if end - start > 2 else 7
    return f'<path d="M7.5 {start + 0.5} C{left:g} {start + 0.5} {left:g} {end + 0.5} 7.5 {end + 0.5}"/>'


def find_figure(folder, figure):
    """The picture of a figure and its alternative text; None where its chapter is not written yet."""
    for path in sorted(folder.glob("[0-9][0-9]-*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell, below in zip(cells, cells[1:]):
            if "".join(below["source"]).startswith(f'<a id="{figure}"></a>'):
                (png,) = [out["data"]["image/png"] for out in cell["outputs"] if "image/png" in out.get("data", {})]
                return base64.b64decode("".join(png)), cell["metadata"]["mystnb"]["image"]["alt"]
    return None


def small(png, part):
    """The part of a picture, no larger than it is shown, in few colours: its size, and the bytes of a PNG."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    width, height = picture.size
    picture = picture.crop(tuple(round(share * side) for share, side in zip(part, (width, height) * 2)))
    picture.thumbnail(SIZE, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.quantize(28, Image.Quantize.FASTOCTREE).save(out, "png", optimize=True)
    return picture.size, out.getvalue()


def picture_of(app, figure, up):
    found = find_figure(Path(app.srcdir, "chapters"), figure)
    if not found:
        return ""
    png, alt = found
    part, alt = PARTS.get(figure, ((0, 0, 1, 1), alt))
    (width, height), app.pictures[figure] = small(png, part)
    look = ' class="keeps-colours"' if figure in COLOURS else ""
    size = f'width="{width}" height="{height}" loading="lazy" decoding="async"'
    return f'<img src="{up}_static/parts/{figure}.png" {size}{look} alt="{escape(alt)}">'


def fill_in(app, page, source):
    if not PLACE.search(source[0]):
        return
    folder = Path(app.srcdir, "chapters")
    known, exercises = chapters(folder), list(headings(folder))
    up = "" if "/" in page else "chapters/"
    toc = yaml.safe_load(Path(app.srcdir, "_toc.yml").read_text(encoding="utf-8"))

    def make(place):
        everything, kind, first, last, picture, figure = place.groups()
        if everything:
            return map_of(known, parts(toc), up)
        if picture:
            return picture_of(app, figure, "../" * page.count("/"))
        if kind == "minutes":
            return minutes_of(known, int(first), int(last))
        return week_of(known, exercises, int(first), int(last), up)

    source[0] = PLACE.sub(make, source[0])


def read_again(app, env, added, changed, removed):
    """What is made of chapters is made anew with any of them."""
    texts = {page: path for page in env.found_docs if (path := Path(env.doc2path(page))).suffix == ".md"}
    return [page for page, path in texts.items() if PLACE.search(path.read_text(encoding="utf-8"))]


def write(app, error):
    out = Path(app.outdir, "_static", "parts")
    if not error and app.builder.format == "html" and app.pictures:
        out.mkdir(parents=True, exist_ok=True)
        for figure, png in app.pictures.items():
            Path(out, f"{figure}.png").write_bytes(png)


def begin(app):
    app.pictures = {}


def setup(app):
    app.connect("builder-inited", begin)
    app.connect("source-read", fill_in)
    app.connect("env-get-outdated", read_again)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
