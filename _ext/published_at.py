"""All that depends on where the book is published: buttons, addresses to copy, the 404 page, previews, a site map.

The address of the repository stands in `_config.yml` (repository: url) and nowhere else. Under the placeholder there is
none of this. The pages are expected on GitHub Pages; html_baseurl in `_config.yml` names another place.
"""

import re
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from docutils.nodes import paragraph, reference
from notfound.utils import replace_uris

PLACEHOLDER = "https://github.com/OWNER/REPO"
BUTTONS = ("use_edit_page_button", "use_issues_button", "use_repository_button")
CHANGING = ("404", "search", "genindex")  # no pages to find through a search engine
PICTURE = {  # tools/make_pictures.py draws it
    "og:image": "_static/preview.png",
    "og:image:width": "1200",
    "og:image:height": "630",
    "og:image:alt": "The title of the book. Beside it points of a spiral, and the region of each arm winds with it.",
}


def pages_of(repository):
    """Return the address at which GitHub Pages publishes a repository."""
    owner, name = repository.split("/")[-2:]
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def use_address(app, config):
    """Switch the buttons off under the placeholder, else say where the pages will be."""
    options = config.html_theme_options
    address = options["repository_url"].rstrip("/").removesuffix(".git")
    options["repository_url"] = config.published_at = address
    if address == PLACEHOLDER:
        options["launch_buttons"] = {}
        options.update(dict.fromkeys(BUTTONS, False))
    elif not config.html_baseurl:
        config.html_baseurl = pages_of(address)
    path = urlsplit(config.html_baseurl).path.strip("/")
    config.notfound_urls_prefix = f"/{path}/".replace("//", "/")  # 404.html is shown at any depth


def begin(app):
    """Leave nothing behind that was said under another address."""
    for name in ("index.html", "sitemap.xml", "robots.txt"):
        Path(app.outdir, name).unlink(missing_ok=True)


def name_repository(app, page, source):
    """Write the repository's own name where a page says OWNER/REPO; into notebooks, make address has written it."""
    address = app.config.published_at
    if address != PLACEHOLDER and app.env.doc2path(page).endswith(".md"):
        owner, name = address.split("/")[-2:]
        source[0] = source[0].replace("OWNER/REPO", f"{owner}/{name}").replace("/REPO/", f"/{name}/")


def keep_404(app, config):
    """Let the 404 page into the book: the contents do not list it."""
    config.exclude_patterns = [pattern for pattern in config.exclude_patterns if pattern != "404.md"]


def lead_home(app, doctree, page):
    """Make the links in the text of the 404 page absolute, as those around it are."""
    if page == app.config.notfound_pagename:
        replace_uris(app, doctree, reference, "refuri")


def first_paragraph(doctree):
    return next((" ".join(part.astext().split()) for part in doctree.findall(paragraph)), "")


def description(app, page, context, doctree):
    """Return what is said of a page: the first sentence of its text, or its first paragraph if it has but one."""
    said = (context.get("meta") or {}).get("description")
    said = said or (re.match(r".{40,}?[.?](?= |$)|.*", first_paragraph(doctree))[0] if doctree else "")
    return said or f"{context.get('title') or page.title()}: {app.config.html_title}"


def describe(app, page, template, context, doctree):
    """Tell search engines and whoever shows a link what the page is about."""
    said = description(app, page, context, doctree)
    tags = {"description": said}
    if app.config.html_baseurl and page not in CHANGING:
        home = app.config.html_baseurl
        tags |= {
            "og:type": "book" if page == app.config.root_doc else "article",
            "og:locale": "en_GB",
            "og:site_name": app.config.html_title,
            "og:title": re.sub("<[^>]*>", "", context.get("title", "")),
            "og:description": said,
            "og:url": f"{home}{page}.html",
            **PICTURE,
            "og:image": home + PICTURE["og:image"],
            "twitter:card": "summary_large_image",
        }
    kinds = {name: "property" if name.startswith("og:") else "name" for name in tags}
    lines = [f'<meta {kinds[name]}="{name}" content="{escape(text)}" />' for name, text in tags.items()]
    context["metatags"] = context.get("metatags", "") + "\n".join(lines)


def map_site(app, error):
    """List the pages for search engines, and have the bare address of the book say what its first page says.

    The map has no dates: a copy of the repository without its history does not know when a page has changed.
    """
    home = app.config.html_baseurl
    if error or app.builder.format != "html" or not home:
        return
    pages = sorted(page for page in app.env.found_docs if page not in CHANGING)
    urls = "".join(f"<url><loc>{home}{page}.html</loc></url>\n" for page in pages)
    text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    write(Path(app.outdir, "sitemap.xml"), '<?xml version="1.0" encoding="utf-8"?>\n' + text)
    if urlsplit(home).path == "/":  # it is looked for at the root of a host alone
        write(Path(app.outdir, "robots.txt"), f"User-agent: *\nAllow: /\nSitemap: {home}sitemap.xml\n")
    # What shows links does not follow the redirect from there.
    first = Path(app.outdir, f"{app.config.root_doc}.html").read_text(encoding="utf-8")
    said = re.findall(r'(?s)<title>.*?</title>|<meta (?:name="(?:description|twitter)|property="og:)[^>]*>', first)
    said += [f'<link rel="canonical" href="{home}{app.config.root_doc}.html" />']
    redirect = f'<meta http-equiv="Refresh" content="0; url={app.config.root_doc}.html" />'
    head = "\n".join(['<meta charset="utf-8" />', *said, redirect])
    write(Path(app.outdir, "index.html"), f'<!DOCTYPE html>\n<html lang="en"><head>\n{head}\n</head></html>\n')


def write(path, text):
    path.write_text(text, encoding="utf-8", newline="\n")


def setup(app):
    app.add_config_value("published_at", PLACEHOLDER, "env")  # with another address, every page is read anew
    app.connect("config-inited", use_address, priority=100)  # before the extensions that read these
    app.connect("config-inited", keep_404, priority=950)  # after the contents have put it out
    app.connect("builder-inited", begin)
    app.connect("source-read", name_repository)
    app.connect("doctree-resolved", lead_home)
    app.connect("html-page-context", describe)
    app.connect("build-finished", map_site, priority=960)  # after light_pages has written the pages
    return {"parallel_read_safe": True, "parallel_write_safe": True}
