"""The page on which the reader draws: its scripts and its style, which no other page loads unasked.

The introduction has the square to draw on, too, folded away below its picture: a button loads the scripts.
"""

import json
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


def load(app, page, template, context, doctree):
    """Have the page load its files, anew when they have changed; the introduction when it is asked to."""

    def address(name):
        version = sha256(Path(HERE, name).read_bytes()).hexdigest()[:8]
        return context["pathto"](f"{FOLDER}/{name}", 1) + f"?v={version}"

    if page == PAGE:
        for name, tag in PARTS.items():
            context["metatags"] = context.get("metatags", "") + tag.format(address(name))
    elif PLACE in context.get("body", ""):
        button = BUTTON.format(files=json.dumps([address(name) for name in PARTS]))
        context["body"] = context["body"].replace(PLACE, button + PLACE, 1)


def copy(app, error):
    if not error and app.builder.format == "html":
        shutil.copytree(HERE, Path(app.outdir, FOLDER), dirs_exist_ok=True)


def setup(app):
    app.connect("html-page-context", load)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
