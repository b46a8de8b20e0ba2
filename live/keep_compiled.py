"""Keep what Python compiles of its own modules: they come in a zip file, from which it compiles them at every start."""

import marshal
import os
import zipimport

KEPT = "/home/pyodide/.cache/stdlib.pyc"  # worker.js stores what is called .pyc
codes = {}
if os.path.exists(KEPT):
    with open(KEPT, "rb") as file:
        codes = marshal.load(file)
found = len(codes)  # in an earlier visit
compile_source = zipimport._compile_source


def compiled(path, source):
    """The module's code, compiled in this visit or an earlier one."""
    if path not in codes:
        codes[path] = marshal.dumps(compile_source(path, source))
    return marshal.loads(codes[path])


def write():
    os.makedirs(os.path.dirname(KEPT), exist_ok=True)
    with open(KEPT, "wb") as file:
        marshal.dump(codes, file)


zipimport._compile_source = compiled
