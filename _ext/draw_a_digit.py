"""The page on which the reader draws: its scripts and its style, which no other page loads unasked.

The introduction has the square to draw on, too, folded away below its picture: a button loads the scripts.
What the page has many of, a bar for each digit, a square for each neuron, is written here: text that follows finds its
place before the scripts come, and keeps it.
"""

import json
import re
import shutil
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent / "digit"
FOLDER = "_static/digit"
PAGE = "chapters/draw-a-digit"
STYLE = '<link href="{}" rel="stylesheet" />'  # its address first: light_pages leaves it out of the one sheet
SCRIPT = '<script defer src="{}"></script>'
PARTS = {"draw.css": STYLE, "weights.js": SCRIPT, "own_digits.js": SCRIPT, "draw.js": SCRIPT}
BUTTON = """\
<button type="button" class="move" hidden>Draw one yourself, here</button>
<script>{{ const draw = document.currentScript.previousElementSibling, all = {files};
draw.hidden = false;
draw.onclick = () => {{
  draw.remove();
  for (const file of all) document.head.append(file.includes(".css")
    ? Object.assign(document.createElement("link"), {{ rel: "stylesheet", href: file }})
    : Object.assign(document.createElement("script"), {{ src: file, async: false }}));
}}; }}
</script>"""
PLACE = '<div class="draw" id="draw" hidden>'
BAR = '<li><span class="draw-digit">{}</span><span class="draw-bar"></span><span class="draw-number"></span></li>'
EXAMPLE = '<button type="button" aria-label="Example: a {0}">{0}</button>'
MANY = {  # by the element that holds them
    "draw-bars": "".join(map(BAR.format, range(10))),
    "draw-examples": "<span>Examples</span>{}<button type=\"button\">a photo</button>".format(
        "".join(map(EXAMPLE.format, range(10)))),
    "draw-neurons": '<button type="button"></button>' * 128,
}


def load(app, page, template, context, doctree):
    """Have the page load its files, anew when they have changed; the introduction when it is asked to."""

    def address(name):
        version = sha256(Path(HERE, name).read_bytes()).hexdigest()[:8]
        return context["pathto"](f"{FOLDER}/{name}", 1) + f"?v={version}"

    if PLACE not in context.get("body", ""):
        return
    for name, elements in MANY.items():
        context["body"] = re.sub(f'<[^>]*class="{name}"[^>]*>', rf"\g<0>{elements}", context["body"])
    if page == PAGE:
        for name, tag in PARTS.items():
            context["metatags"] = context.get("metatags", "") + tag.format(address(name))
    else:
        button = BUTTON.format(files=json.dumps([address(name) for name in PARTS]))
        context["body"] = context["body"].replace(PLACE, button + PLACE, 1)


def copy(app, error):
    if not error and app.builder.format == "html":
        shutil.copytree(HERE, Path(app.outdir, FOLDER), dirs_exist_ok=True)


def setup(app):
    app.connect("html-page-context", load)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
