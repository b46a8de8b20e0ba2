"""Measure every page with Lighthouse on its phone profile: python tools/lighthouse.py [PAGE...]

The pages come from a server on this machine that compresses with gzip, as a host of static pages does.
Lighthouse is npm's package, installed under _build; Chrome or Chromium is the one on the path or in CHROME_PATH.
It fails where a page has a score below 90, which is where Lighthouse's own marks stop being green. How fast a page is
found to be depends on what else the machine does: leave it alone meanwhile.
"""

import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import chromium

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "_build" / "html"
HOME = ROOT / "_build" / "lighthouse"
VERSION = "12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
NUMBERS = ("largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "total-byte-weight")
SHORT = ("fast", "access", "practices", "seo")
GOAL = 90
FLAGS = "--headless=new --no-sandbox --disable-gpu"
ROW = "{:38}{:>6}{:>8}{:>10}{:>5}{:>9}{:>8}{:>8}{:>8}"


class Server(http.server.SimpleHTTPRequestHandler):
    """The book's files, compressed where that makes them smaller."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(404)
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Cache-Control", "max-age=31536000")
        if path.suffix in (".html", ".css", ".js", ".svg", ".txt", ".xml"):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def installed():
    """Return the path of Lighthouse's program, installed at the first call."""
    program = HOME / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm") or sys.exit("expected npm on the path: Lighthouse is a program for Node.js")
        subprocess.run([npm, "install", "--silent", "--prefix", str(HOME), f"lighthouse@{VERSION}"], check=True)
    return program


def measure(url):
    """Return Lighthouse's report on one page."""
    command = ["node", str(installed()), url, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=ENVIRONMENT)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def scores(report):
    """Return a page's four scores, of 100."""
    return [round(100 * report["categories"][category]["score"]) for category in CATEGORIES]


def row(name, report):
    """Return a page's line of the table: the four scores, then paint, blocking, shift and weight."""
    paint, blocked, shift, weight = (report["audits"][number]["numericValue"] for number in NUMBERS)
    numbers = f"{paint / 1000:.1f} s", f"{blocked:.0f} ms", f"{shift:.3f}", f"{weight / 1000:.0f} KB"
    return ROW.format(name, *scores(report), *numbers)


def wanting(report):
    """Return the audits that cost a page points, worst first."""
    lost = {}
    for category in CATEGORIES:
        for part in report["categories"][category]["auditRefs"]:
            score = report["audits"][part["id"]]["score"]
            if part["weight"] and score is not None and score < 0.95:
                lost[f"{part['id']} {score:.2f}"] = part["weight"] * (1 - score)
    return ", ".join(sorted(lost, key=lost.get, reverse=True))


def verdict(found):
    """Return a line on all pages, by their scores: the lowest of each kind, and which pages are below the goal."""
    lowest = ", ".join(f"{min(each)} {short}" for each, short in zip(zip(*found.values()), SHORT))
    below = [name for name, each in found.items() if min(each) < GOAL]
    return f"the lowest: {lowest}" + (f"; below {GOAL}: {', '.join(below)}" if below else ""), below


def pages(names):
    """Return the pages named, or all that a reader is led to."""
    found = sorted(path.relative_to(BOOK).as_posix() for path in [*BOOK.glob("*.html"), *BOOK.glob("chapters/*.html")])
    return names or [name for name in found if name not in ("404.html", "index.html")]


if __name__ == "__main__":
    ENVIRONMENT = {"CHROME_PATH": chromium.program() or ""} | os.environ
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=str(BOOK)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(ROW.format("page", *SHORT, "paint", "block", "shift", "weight"), flush=True)
    found = {}
    for name in pages(sys.argv[1:]):
        report = measure(f"http://127.0.0.1:{server.server_port}/{name}")
        (HOME / (name.replace("/", "-") + ".json")).write_text(json.dumps(report), encoding="utf-8")
        found[name] = scores(report)
        print(row(name, report), wanting(report), flush=True)
    said, below = verdict(found)
    print(said)
    sys.exit(bool(below))
