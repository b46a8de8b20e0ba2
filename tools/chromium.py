"""Where the browser is that prints the book, tests its pages and measures them."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")


def program():
    """Return the browser that CHROMIUM names, or the first on the path; None where there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def launch_options():
    """Return how Playwright is to find the browser: where `program` does; else Chrome, where its installer puts it."""
    path = program()
    return {"executable_path": path} if path else {"channel": "chrome"}
