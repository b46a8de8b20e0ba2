"""The pins and what they promise: which Pythons, which NumPy, wheels for all. Nothing is asked of the network."""

import re
import subprocess
import tomllib
from pathlib import Path

import machines
import pytest
import wheels
from notebooks import BRIDGES
from packaging.requirements import Requirement
from packaging.version import Version
from release import TARGETS, quoted

ROOT = Path(__file__).parents[1]
TOO_OLD_TOO_NEW = ["3.9", "3.10", "3.15"]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def requirements(name):
    return [Requirement(line) for line in read(name).splitlines() if line and line[0] not in "#-"]


def floors():
    """The oldest Python, NumPy and Matplotlib that pyproject.toml admits."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    asked = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["plots"]])
    return {"python": project["requires-python"]} | {line.name: str(line.specifier) for line in asked}


def test_pip_stops_at_the_first_line_where_the_pins_do_not_reach_and_says_where_they_do():
    first = requirements("requirements.txt")[0]
    assert f"needs-Python-{wheels.PYTHONS[0]}-to-{wheels.PYTHONS[-1]}" in first.url
    stops = {python: first.marker.evaluate({"python_version": python}) for python in wheels.PYTHONS + TOO_OLD_TOO_NEW}
    assert stops == dict.fromkeys(wheels.PYTHONS, False) | dict.fromkeys(TOO_OLD_TOO_NEW, True)


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt"])
def test_no_line_is_for_a_python_that_the_book_does_not_take(name):
    lines = [line for line in requirements(name) if line.marker and not line.url and "python" in str(line.marker)]
    environments = [{"python_version": it, "python_full_version": f"{it}.1"} for it in wheels.PYTHONS]
    assert not [str(line) for line in lines if not any(map(line.marker.evaluate, environments))]


def test_no_package_has_a_second_pin_for_another_python():
    names = [line.name for line in requirements("constraints.txt")]
    assert len(names) == len(set(names)) > 100


@pytest.mark.parametrize("name", wheels.FILES)
def test_what_is_required_is_locked_at_the_same_version(name):
    """And what it needs in turn with it: make lock reads the same files, which stand under the lock."""
    asked = {str(line) for line in map(Requirement, wheels.requirements(name).split())}
    assert asked <= {f"{line.name}{line.specifier}" for line in requirements("constraints.txt")}
    assert len(asked) > 2
    assert " ".join(wheels.FILES) + " | " in read("Makefile")
    assert re.search(r"(?m)^-c (\.\./)?constraints\.txt$", read(name))


def test_what_is_promised_is_tested():
    """The oldest of each is what the hosted tests and make machines install; the pins are at the other end."""
    workflow, known = read(".github/workflows/test.yml"), machines.machines([])
    pythons = re.findall(r'"(3\.\d+)"', re.search(r"python: \[(.*)\]", workflow)[1])
    assert pythons == [wheels.PYTHONS[0], wheels.PYTHONS[-1]]
    assert floors()["python"] == f">={pythons[0]}"
    played = [pin for machine in known.values() for pin in machine.packages if "==" in pin]
    for name in ("numpy", "matplotlib"):
        pin = re.search(rf"with: .*\b({name}==[\d.]+)", workflow)[1]
        assert pin in played
        assert floors()[name] == ">={0.major}.{0.minor}".format(Version(pin.partition("==")[2]))


def test_make_and_the_readme_name_the_same_pythons():
    oldest, newest = wheels.PYTHONS[0], wheels.PYTHONS[-1]
    check = f"({oldest.replace('.', ', ')}) <= sys.version_info[:2] <= ({newest.replace('.', ', ')})"
    assert check in read("Makefile") and f"expected Python {oldest} to {newest}, got" in read("Makefile")
    assert f"--python-version {oldest} " in read("Makefile")
    assert f"With Python {', '.join(wheels.PYTHONS[:-1])} or {newest}" in read("README.md")


def test_the_other_frameworks_are_pinned_and_installed_before_all_is_tested():
    pins = {line.name: str(line.specifier) for line in requirements("bridges.txt")}
    imported = [name.replace("scikit-learn", "sklearn") for name in pins]
    assert sorted(imported) == sorted(BRIDGES) and all(pin.startswith("==") for pin in pins.values())
    timed = {line.name: str(line.specifier) for line in requirements("benchmarks/requirements.txt")}
    assert pins.items() <= timed.items() | {"keras": pins["keras"]}.items()
    assert re.search(r"(?s)export NNLIB_REQUIRE_BRIDGES=1.*\nmake bridges\n.*make test", read(".ci/run"))


def uv(code, words):
    return subprocess.CompletedProcess([], code, stderr=words)


def test_the_table_of_wheels_shows_numbers_and_below_it_what_is_missing(monkeypatch):
    def run(command, *, input, env, **_):
        assert "-e" not in input and "file:" not in input and "numpy==" in input
        assert ("MACOSX_DEPLOYMENT_TARGET" in env) == ("pikepdf==" in input or "torch==" in input)
        if "aarch64-apple-darwin" in command and "3.14" in command and "torch==" in input:
            return uv(1, "error: contourpy==1.3.2 has no usable wheels\n")
        return uv(0, "Would install 2 packages\n + numpy==2.4.6\n + tqdm==4.70.1\n")

    monkeypatch.setattr(wheels.subprocess, "run", run)
    monkeypatch.setattr(wheels, "locked", lambda: {"numpy==2.4.6", "tqdm==4.70.1"})
    results = {place: wheels.resolve(*place) for place in wheels.places()}
    lines = wheels.table(results).splitlines()
    assert lines[3].split() == "| requirements.txt, macOS, arm64 | 2 | 2 | 2 | 2 |".split()
    assert lines[7].split() == "| bridges.txt, macOS, arm64 | 2 | 2 | 2 | fails |".split()
    assert lines[8].split() == "| bridges.txt, macOS, x86-64 | - | - | - | - |".split()
    assert lines[12].split() == "| tools/pdf.txt, macOS, x86-64 | - | - | - | - |".split()
    assert lines[14:] == ["", "Python 3.14, macOS, arm64, bridges.txt:", "error: contourpy==1.3.2 has no usable wheels",
                          "", "wheels for 39 of 40 of these"]
    assert len(set(map(len, lines[:14]))) == 1
    assert quoted("\n".join(lines), TARGETS["wheels"]) == lines[-1]


def test_a_package_that_no_pin_holds_is_no_number():
    found = wheels.judge(uv(0, " + numpy==2.4.6\n + lark==1.3.1\n"), {"numpy==2.4.6"})
    assert found == "not in constraints.txt: lark==1.3.1; run make lock"
    assert {"numpy==2.4.6", "appnope==1.0.0"} <= wheels.locked()
