"""Look whether all that the book needs comes as wheels, for every Python and system: python tools/wheels.py

A package without a wheel has to be compiled, which a fresh machine cannot do. uv resolves requirements.txt under
constraints.txt as if it ran there, and installs nothing; pip would read the markers as those of this machine. What
comes out is a table with the numbers of wheels, and below it what is missing.
"""

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


def requirements():
    """What requirements.txt asks of others: not its options, nor nnlib, nor the line that stops other Pythons."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("-", "#")) and " @ " not in line)


def resolve(python, system):
    """How many wheels a Python on a system would install, or what stands in the way."""
    with tempfile.TemporaryDirectory() as nowhere:
        command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--only-binary", ":all:"]
        command += ["--python-version", python, "--python-platform", SYSTEMS[system], "--target", nowhere]
        command += ["--constraint", ROOT / "constraints.txt", "--requirement", "-"]
        done = subprocess.run(command, input=requirements(), capture_output=True, encoding="utf-8")
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


def table(results):
    """The numbers of wheels as a Markdown table, a row a system, and below it what stands in the way of the others."""
    wrong = {where: result for where, result in results.items() if isinstance(result, str)}
    cells = {where: str(result) for where, result in results.items()} | dict.fromkeys(wrong, "fails")
    lines = [["wheels for", *(f"Python {python}" for python in PYTHONS)], ["---"] * (len(PYTHONS) + 1)]
    lines += [[system, *(cells[python, system] for python in PYTHONS)] for system in SYSTEMS]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    return "\n".join([*lines, *(f"\nPython {python}, {system}:\n{why}" for (python, system), why in wrong.items())])


def main():
    results = {(python, system): resolve(python, system) for system in SYSTEMS for python in PYTHONS}
    print(table(results))
    sys.exit(any(isinstance(result, str) for result in results.values()))


if __name__ == "__main__":
    main()
