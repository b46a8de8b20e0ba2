"""The page on which the reader draws: its scripts and its style, which no other page loads."""

import shutil
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent / "digit"
FOLDER = "_static/digit"
PAGE = "chapters/draw-a-digit"
STYLE = '<link href="{}" rel="stylesheet" />'  # its address first: light_pages leaves it out of the one sheet
SCRIPT = '<script defer src="{}"></script>'
PARTS = {"draw.css": STYLE, "weights.js": SCRIPT, "own_digits.js": SCRIPT, "draw.js": SCRIPT}


def load(app, page, template, context, doctree):
    """Have the page load its files, anew when they have changed."""
    if page == PAGE:
        for name, tag in PARTS.items():
            version = sha256(Path(HERE, name).read_bytes()).hexdigest()[:8]
            address = context["pathto"](f"{FOLDER}/{name}", 1) + f"?v={version}"
            context["metatags"] = context.get("metatags", "") + tag.format(address)


def copy(app, error):
    if not error and app.builder.format == "html":
        shutil.copytree(HERE, Path(app.outdir, FOLDER), dirs_exist_ok=True)


def setup(app):
    app.connect("html-page-context", load)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
