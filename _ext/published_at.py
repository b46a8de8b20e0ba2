"""Offer the buttons that lead to the repository only where there is one.

The address stands in `_config.yml` (repository: url) and nowhere else.
"""

from urllib.parse import urlsplit

from docutils.nodes import reference
from notfound.utils import replace_uris

PLACEHOLDER = "https://github.com/OWNER/REPO"
BUTTONS = ("use_edit_page_button", "use_issues_button", "use_repository_button")


def home(address, published):
    """Return the path under which the book is published: its own address's, else that of GitHub Pages."""
    path = urlsplit(published).path if published else "" if address == PLACEHOLDER else address.split("/")[-1]
    return f"/{path.strip('/')}/".replace("//", "/")


def use_address(app, config):
    """Switch the buttons off under the placeholder, and give the 404 page the book's path."""
    options = config.html_theme_options
    address = options["repository_url"].rstrip("/").removesuffix(".git")
    if address == PLACEHOLDER:
        options["launch_buttons"] = {}
        options.update(dict.fromkeys(BUTTONS, False))
    options["repository_url"] = address
    config.notfound_urls_prefix = home(address, config.html_baseurl)  # 404.html is shown at any depth


def lead_home(app, doctree, page):
    """Make the links in the text of the 404 page absolute, as those around it are."""
    if page == app.config.notfound_pagename:
        replace_uris(app, doctree, reference, "refuri")


def setup(app):
    app.connect("config-inited", use_address, priority=100)  # before the extensions that read these
    app.connect("doctree-resolved", lead_home)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
