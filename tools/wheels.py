"""Look whether all that the book needs comes as wheels, for every Python and system: python tools/wheels.py

A package without a wheel has to be compiled, which a fresh machine cannot do. uv resolves requirements.txt, and with it
bridges.txt and tools/pdf.txt, under constraints.txt as if it ran there, and installs nothing; pip would read the
markers as those of this machine. What comes out is a table with the numbers of wheels, and below it what is missing.
"""

import itertools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
SYSTEMS = {  # by uv's names for them
    "Linux, x86-64": "x86_64-manylinux_2_28",
    "macOS, arm64": "aarch64-apple-darwin",
    "macOS, x86-64": "x86_64-apple-darwin",
    "Windows, x86-64": "x86_64-pc-windows-msvc",
}
FILES = ["requirements.txt", "bridges.txt", "tools/pdf.txt"]
NOT_FOR = {(name, "macOS, x86-64") for name in FILES[1:]}  # PyTorch and pikepdf have left it
MACOS = {"bridges.txt": "14.0", "tools/pdf.txt": "15.0"}  # the oldest for which they have wheels; else uv's choice


def requirements(name="requirements.txt"):
    """What a file asks of others: not its options, nor nnlib, nor the line that stops other Pythons."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("-", "#")) and " @ " not in line)


def resolve(python, system, name="requirements.txt"):
    """How many wheels a Python on a system would install for requirements.txt and another file, or what hinders it."""
    with tempfile.TemporaryDirectory() as nowhere:
        command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--only-binary", ":all:"]
        command += ["--python-version", python, "--python-platform", SYSTEMS[system], "--target", nowhere]
        command += ["--constraint", ROOT / "constraints.txt", "--requirement", "-"]
        asked = "\n".join(map(requirements, {"requirements.txt": 0, name: 0}))
        settings = os.environ | ({"MACOSX_DEPLOYMENT_TARGET": MACOS[name]} if name in MACOS else {})
        done = subprocess.run(command, input=asked, env=settings, capture_output=True, encoding="utf-8")
    return judge(done, locked())


def locked():
    """The pins of constraints.txt, without their markers."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {line.partition(" ")[0] for line in lines if not line.startswith("#")}


def judge(done, pins):
    """The number of wheels that uv would install, or its complaint, or what it would install and no pin holds."""
    if done.returncode:
        return done.stderr.strip()
    wheels = re.findall(r"^ \+ (\S+)", done.stderr, re.MULTILINE)
    loose = sorted(set(wheels) - pins)
    return f"not in constraints.txt: {', '.join(loose)}; run make lock" if loose else len(wheels)


def places():
    """Every Python, system and file that has to find wheels."""
    every = itertools.product(PYTHONS, SYSTEMS, FILES)
    return [(python, system, name) for python, system, name in every if (name, system) not in NOT_FOR]


def table(results):
    """The numbers of wheels as a Markdown table, below it what stands in the way of others, and how many have all."""
    wrong = {where: result for where, result in results.items() if isinstance(result, str)}
    cells = {where: str(result) for where, result in results.items()} | dict.fromkeys(wrong, "fails")
    lines = [["wheels", *(f"Python {python}" for python in PYTHONS)], ["---"] * (len(PYTHONS) + 1)]
    for name, system in itertools.product(FILES, SYSTEMS):
        lines.append([f"{name}, {system}", *(cells.get((python, system, name), "-") for python in PYTHONS)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    lines += [f"\nPython {python}, {system}, {name}:\n{why}" for (python, system, name), why in wrong.items()]
    return "\n".join([*lines, "", f"wheels for {len(results) - len(wrong)} of {len(results)} of these"])


def main():
    results = {place: resolve(*place) for place in places()}
    print(table(results))
    sys.exit(any(isinstance(result, str) for result in results.values()))


if __name__ == "__main__":
    main()
