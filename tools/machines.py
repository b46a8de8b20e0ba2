"""Run the chapters and the library's tests as if on other machines: python tools/machines.py

Other kernels of OpenBLAS, NumPy without its vector code, two threads, other NumPys, an older Matplotlib, other Pythons:
no number may change. What comes out is a table with a row a machine, which should show zeros, and below it what differs
and where. Each machine is asked what it computes with before it counts as that machine; those that this computer cannot
play are named with the reason. Environments and results are kept in _build/machines. Where make bridges has been here,
every machine gets what it installs, and chapter 28 is compared, too.
"""

import argparse
import ctypes
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import matplotlib
import numpy as np
from notebooks import CHAPTERS, ROOT, bridges_missing
from numpy._core import _multiarray_umath as numpy_core

RESULTS = ROOT / "_build" / "machines"
KERNELS = ["Prescott", "Nehalem", "Sandybridge", "Haswell", "SkylakeX"]
# OpenBLAS leaves out the kernels older than Prescott's and then calls Prescott's by the oldest of their names.
OTHER_NAMES = {"Katmai": "Prescott"}
OPENBLAS_CALLS = ["scipy_openblas_get_{}64_", "openblas_get_{}64_", "scipy_openblas_get_{}", "openblas_get_{}"]
ILLEGAL_INSTRUCTION = (-signal.SIGILL, 0xC000001D)  # on Linux and macOS, on Windows
FACTS = ["Python", "NumPy", "Matplotlib", "kernel", "threads", "vector code"]
HEAD = ["machine", *FACTS, "cells", "differ", "tests", "fail", "skipped", "minutes"]


class Machine(NamedTuple):
    wants: dict  # what must turn out to be so, or it is another machine
    settings: dict = {}  # environment variables that bring it about
    packages: tuple = ()  # what is installed over the requirements
    python: str = ""  # a version; the Python that runs this script if empty


def machines(pythons):
    """Every machine by its name."""
    # An old NumPy has wheels for old Pythons alone, and a new one wants a new Python.
    oldest, newest = next(iter(pythons), ""), next(filter(find_python, reversed(pythons)), "")
    return {
        "1-thread": Machine({"threads": 1}),
        "2-threads": Machine({"threads": 2}, {"OPENBLAS_NUM_THREADS": "2"}),
        **{kernel: Machine({"kernel": kernel}, {"OPENBLAS_CORETYPE": kernel}) for kernel in KERNELS},
        "no-vector-code": Machine({"vector code": "none"}, {"NPY_DISABLE_CPU_FEATURES": " ".join(vector_code())}),
        "numpy-2.0": Machine({"NumPy": "2.0.2"}, packages=("numpy==2.0.2",), python=oldest),
        "numpy-newest": Machine({}, packages=("numpy",), python=newest),
        # Matplotlib 3.8 calls pyparsing by names that newer ones warn of.
        "matplotlib-3.8": Machine(
            {"Matplotlib": "3.8.4"}, packages=("matplotlib==3.8.4", "pyparsing==3.2.5"), python=oldest
        ),
        **{f"python-{version}": Machine({"Python": version}, python=version) for version in pythons},
    }


def vector_code():
    """The processor's features that NumPy makes use of here and can do without, the oldest first."""
    return [feature for feature in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__[feature]]


def facts():
    """What this process computes with. It dies where OpenBLAS has a kernel that the processor cannot execute."""
    for dtype in (np.float32, np.float64):
        np.ones((200, 200), dtype) @ np.ones((200, 200), dtype)
    kernel, threads = "not OpenBLAS", "?"
    folder = Path(np.__file__).parent
    for path in [*folder.parent.glob("numpy.libs/*openblas*"), *folder.glob(".dylibs/*openblas*")]:
        blas = ctypes.CDLL(str(path))  # the one that NumPy has loaded already
        call = next(call for call in OPENBLAS_CALLS if hasattr(blas, call.format("corename")))
        corename = getattr(blas, call.format("corename"))
        corename.restype = ctypes.c_char_p
        kernel = corename().decode()
        threads = getattr(blas, call.format("num_threads"))()
    versions = platform.python_version(), np.__version__, matplotlib.__version__
    return dict(zip(FACTS, (*versions, OTHER_NAMES.get(kernel, kernel), threads, ["none", *vector_code()][-1])))


def unmet(wants, found):
    """What a machine was to be and did not turn out to be; empty if it is as wanted."""
    wrong = [fact for fact, value in wants.items() if not f"{found[fact]}.".startswith(f"{value}.")]
    return "; ".join(f"wanted {fact} {wants[fact]}, got {found[fact]}" for fact in wrong)


def find_python(version):
    """The path of a Python that can make environments, on the PATH or in pyenv; None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for path in filter(None, [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]):
        if subprocess.run([path, "-m", "ensurepip", "--version"], capture_output=True).returncode == 0:
            return path


def install(folder, python, packages):
    """The Python of an environment with the requirements and the packages over them; made where it is not there yet."""
    inside = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    files = ["requirements.txt"] if bridges_missing() else ["requirements.txt", "bridges.txt"]
    pins = "".join((ROOT / name).read_text(encoding="utf-8") for name in [*files, "constraints.txt"])
    stamp, content = folder / "installed.txt", f"{python} {packages}\n{pins}"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != content:
        print(f"installing {folder}", flush=True)
        pip = [inside, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        for file in files:
            subprocess.run([*pip, "-r", file], cwd=ROOT, check=True)
        if packages:
            subprocess.run([*pip, "--upgrade", "--only-binary", "numpy,matplotlib", *packages], check=True)
        stamp.write_text(content, encoding="utf-8")
    return inside


def suite(chapters):
    """What pytest runs: notebooks by the beginnings of their names, the library's examples and tests."""
    parts = sorted((ROOT / "nnlib").iterdir())     # modules have a file of tests, packages a folder
    tests = [ROOT / "tests" / (f"test_{part.name}" if part.suffix else part.name) for part in parts]
    notebooks = sorted(path for chapter in chapters for path in CHAPTERS.glob(f"{chapter}*.ipynb"))
    return [*notebooks, ROOT / "nnlib", *(path for path in tests if path.exists())]


def play(name, machine, chapters):
    """Run the suite as if on the machine; return its row, or a row that says why that cannot be."""
    python = find_python(machine.python) if machine.python else sys.executable
    if not python:
        return {"not run": f"no Python {machine.python} on the PATH or in pyenv"}
    settings = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **machine.settings}
    try:
        if machine.python or machine.packages:
            python = install(RESULTS / name, python, machine.packages)
        probe = subprocess.run([python, __file__, "--facts"], env=settings, stdout=subprocess.PIPE, check=True)
        found = json.loads(probe.stdout)
        if problem := unmet(machine.wants, found):
            return {"not run": problem}
        xml, start = RESULTS / f"{name}.xml", time.monotonic()
        options = ["-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", f"--junitxml={xml}", "--nbval"]
        run = subprocess.run([python, "-m", "pytest", *options, *suite(chapters)], cwd=ROOT, env=settings)
        if run.returncode != 1:  # 1 says that tests failed; they are counted
            run.check_returncode()
    except subprocess.CalledProcessError as error:
        if error.returncode in ILLEGAL_INSTRUCTION:
            return {"not run": "this processor cannot execute it"}
        return {"fail": [f"{' '.join(map(str, error.cmd[1:3]))} ended with code {error.returncode}, see its messages"]}
    return {**found, **count(xml), "minutes": round((time.monotonic() - start) / 60, 1)}


def count(xml):
    """How many cells and tests a JUnit file holds, how many were skipped, and the names of those that failed."""
    result = {"cells": 0, "differ": [], "tests": 0, "fail": [], "skipped": 0}
    for case in ElementTree.parse(xml).iter("testcase"):
        number, wrong = ("cells", "differ") if case.get("classname").endswith(".ipynb") else ("tests", "fail")
        result[number] += 1
        result["skipped"] += case.find("skipped") is not None
        if case.find("failure") is not None or case.find("error") is not None:
            result[wrong].append(f"{case.get('classname')} {case.get('name')}".strip())
    return result


def table(rows):
    """The rows as a Markdown table that reads as plain text, too, and below it what differs or fails, and where."""
    lines, notes = [HEAD, ["---"] * len(HEAD)], defaultdict(list)
    for name, row in rows.items():
        values = [{**row, "machine": name}.get(column, "-") for column in HEAD]
        lines.append([str(len(value) if isinstance(value, list) else value) for value in values])
        reason = [f"not run: {row['not run']}"] if "not run" in row else []
        for note in reason + row.get("differ", []) + row.get("fail", []):
            notes[note].append(name)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    return "\n".join([*lines, "", *(f"- {note}: {', '.join(names)}" for note, names in notes.items())])


def verdict(rows):
    """The table in a line."""
    played = [row for row in rows.values() if "not run" not in row]
    differ, fail = (sum(len(row.get(key, ())) for row in played) for key in ("differ", "fail"))
    cells, skipped = (sum(row.get(key, 0) for row in played) for key in ("cells", "skipped"))
    return (f"{len(rows)} machines, {len(rows) - len(played)} of them not played: "
            f"{differ} of {cells} cells differ, {fail} tests fail, {skipped} skipped")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="MACHINE", help="default: all of them")
    parser.add_argument("--chapters", nargs="+", default=[""], metavar="05", help="default: all of them")
    parser.add_argument("--pythons", nargs="*", default=["3.11", "3.13", "3.14"], metavar="3.12")
    parser.add_argument("--continue", dest="resume", action="store_true", help="keep the results that are there")
    parser.add_argument("--table", action="store_true", help="print the results that are there, run nothing")
    parser.add_argument("--facts", action="store_true", help="print what this Python computes with, run nothing")
    arguments = parser.parse_args()
    if arguments.facts:
        print(json.dumps(facts()))
        return
    known = machines(arguments.pythons)
    names = arguments.only or list(known)
    if strangers := set(names) - set(known):
        parser.error(f"expected machines out of {', '.join(known)}; got {', '.join(sorted(strangers))}")
    for chapter in arguments.chapters:
        if not list(CHAPTERS.glob(f"{chapter}*.ipynb")):
            parser.error(f"expected the beginning of a notebook's name in chapters/, like 05, got {chapter}")

    RESULTS.mkdir(parents=True, exist_ok=True)
    results = {name: RESULTS / f"{name}.json" for name in names}
    if not (arguments.resume or arguments.table):
        for path in results.values():
            path.unlink(missing_ok=True)
    for name, path in results.items():
        if not (arguments.table or path.exists()):
            print(f"\n{name}", flush=True)
            path.write_text(json.dumps(play(name, known[name], arguments.chapters), indent=1), encoding="utf-8")
    rows = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in results.items() if path.exists()}
    print(f"\n{table(rows)}\n\n{verdict(rows)}")
    sys.exit(any(row.get("differ") or row.get("fail") for row in rows.values()))


if __name__ == "__main__":
    main()
