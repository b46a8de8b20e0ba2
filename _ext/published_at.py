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


def first_sentence(doctree):
    """Return the first sentence of the page's text, or all of its first paragraph if it has but one."""
    text = next((" ".join(part.astext().split()) for part in doctree.findall(paragraph)), "")
    return re.match(r".{40,}?[.?](?= |$)|.*", text)[0]


def describe(app, page, template, context, doctree):
    """Tell search engines and whoever shows a link what the page is about."""
    said = (context.get("meta") or {}).get("description") or (first_sentence(doctree) if doctree else "")
    said = said or f"{context.get('title') or page.title()}: {app.config.html_title}"
    tags = {"description": said}
    if app.config.html_baseurl and page not in CHANGING:
        home = app.config.html_baseurl
        tags |= {
            "og:type": "article",
            "og:site_name": app.config.html_title,
            "og:title": re.sub("<[^>]*>", "", context.get("title", "")),
            "og:description": said,
            "og:url": f"{home}{page}.html",
            "og:image": f"{home}_static/readme.png",
            "twitter:card": "summary_large_image",
        }
    kinds = {name: "property" if ":" in name else "name" for name in tags}
    lines = [f'<meta {kinds[name]}="{name}" content="{escape(text)}" />' for name, text in tags.items()]
    context["metatags"] = context.get("metatags", "") + "\n".join(lines)


def map_site(app, error):
    """List the pages for search engines."""
    if error or app.builder.format != "html" or not app.config.html_baseurl:
        return
    pages = sorted(page for page in app.env.found_docs if page not in CHANGING)
    urls = "".join(f"<url><loc>{app.config.html_baseurl}{page}.html</loc></url>\n" for page in pages)
    text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    Path(app.outdir, "sitemap.xml").write_text(text, encoding="utf-8", newline="\n")


def setup(app):
    app.add_config_value("published_at", PLACEHOLDER, "env")  # with another address, every page is read anew
    app.connect("config-inited", use_address, priority=100)  # before the extensions that read these
    app.connect("config-inited", keep_404, priority=950)  # after the contents have put it out
    app.connect("source-read", name_repository)
    app.connect("doctree-resolved", lead_home)
    app.connect("html-page-context", describe)
    app.connect("build-finished", map_site)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
