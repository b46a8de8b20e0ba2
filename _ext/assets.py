"""Load what the book brings along: every file once, and anew when it has changed."""

from pathlib import Path


def notice_changes(app, env, added, changed, removed):
    """Build every page again when a style, a script or an extension is newer: Sphinx looks at the texts alone."""
    built = Path(app.outdir, "objects.inv")
    files = [file for folder in ("_static", "_ext") for file in Path(app.srcdir, folder).rglob("*.*")]
    newest = max(file.stat().st_mtime for file in files if file.suffix != ".pyc")
    return env.found_docs if built.exists() and built.stat().st_mtime < newest else []


def add_icon(app, page, template, context, doctree):
    """Offer the icon to browsers that show no SVG, too."""
    icon = context["pathto"]("_static/favicon.png", 1)
    context["metatags"] = context.get("metatags", "") + f'<link rel="alternate icon" href="{icon}" />'


def setup(app):
    app.connect("env-get-outdated", notice_changes)
    app.connect("html-page-context", add_icon)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
