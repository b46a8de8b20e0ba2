"""tools/machines.py: what it counts, when a machine is that machine, what its table says. None is played here."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import machines
import pytest
from machines import FACTS, HEAD, KERNELS, Machine, count, facts, find_python, install, play, suite, table, unmet
from release import TARGETS, quoted

JUNIT = """\
<testsuites><testsuite>
<testcase classname="chapters.05-spiral-data.ipynb" name="Cell 0"/>
<testcase classname="chapters.05-spiral-data.ipynb" name="Cell 1"><failure message="differs"/></testcase>
<testcase classname="chapters.21-mnist.ipynb" name="Cell 0"><skipped message="needs MNIST"/></testcase>
<testcase classname="tests.test_layers" name="test_relu[float32]"><failure message="1 != 2"/></testcase>
<testcase classname="tests.test_layers" name="test_dense"><error message="a fixture fell over"/></testcase>
<testcase classname="" name="tests.test_losses"><error message="it cannot be imported"/></testcase>
<testcase classname="nnlib.layers" name="nnlib.layers.ReLU"/>
</testsuite></testsuites>
"""
COUNTED = {
    "cells": 3,
    "differ": ["chapters.05-spiral-data.ipynb Cell 1"],
    "tests": 4,
    "fail": ["tests.test_layers test_relu[float32]", "tests.test_layers test_dense", "tests.test_losses"],
    "skipped": 1,
}
FOUND = dict(zip(FACTS, ["3.12.1", "2.2.6", "3.8.4", "Haswell", 1, "none"], strict=True))
ZEROS = {**FOUND, "cells": 700, "differ": [], "tests": 500, "fail": [], "skipped": 0, "minutes": 4.5}


def test_cells_and_tests_are_counted(tmp_path):
    (tmp_path / "junit.xml").write_text(JUNIT, encoding="utf-8")
    assert count(tmp_path / "junit.xml") == COUNTED


def columns(line):
    return dict(zip(HEAD, (value.strip() for value in line.strip("|").split("|")), strict=True))


def test_the_table_shows_numbers_and_names_what_differs_below():
    rows = {"one": ZEROS, "two": {**ZEROS, **COUNTED}, "three": {**ZEROS, "differ": COUNTED["differ"]}}
    head, rule, one, two, three, blank, *notes = table(rows).splitlines()
    assert list(columns(head)) == HEAD == list(columns(head).values()) and set(rule) == set("|- ") and not blank
    assert columns(one) == {"machine": "one"} | {key: str(value or 0) for key, value in ZEROS.items()}
    assert [columns(two)[key] for key in ("cells", "differ", "tests", "fail", "skipped")] == ["3", "1", "4", "3", "1"]
    assert len({len(line) for line in (head, rule, one, two, three)}) == 1
    assert notes[0] == "- chapters.05-spiral-data.ipynb Cell 1: two, three" and len(notes) == 4


def test_a_machine_that_was_not_run_shows_dashes_not_zeros():
    lines = table({"Haswell": {"not run": "wanted this"}, "SkylakeX": {"not run": "wanted this"}}).splitlines()
    assert columns(lines[2]) == {"machine": "Haswell"} | dict.fromkeys(HEAD[1:], "-")
    assert lines[-1] == "- not run: wanted this: Haswell, SkylakeX"


@pytest.mark.parametrize("wants, problem", [
    ({}, ""),
    ({"kernel": "Haswell", "threads": 1}, ""),
    ({"Python": "3.12"}, ""),
    ({"Python": "3.1"}, "wanted Python 3.1, got 3.12.1"),
    ({"kernel": "SkylakeX"}, "wanted kernel SkylakeX, got Haswell"),
    ({"threads": 2, "NumPy": "2.0.2"}, "wanted threads 2, got 1; wanted NumPy 2.0.2, got 2.2.6"),
])
def test_a_machine_is_what_it_turns_out_to_be(wants, problem):
    assert unmet(wants, FOUND) == problem


def test_what_is_wanted_is_what_is_brought_about():
    known = machines.machines(["3.12"])
    assert set(KERNELS) < set(known) and known["python-3.12"].python == known["python-3.12"].wants["Python"] == "3.12"
    for machine in known.values():
        assert set(machine.wants) <= set(FACTS)
        pins = {package.lower() for package in machine.packages if "==" in package}
        assert {f"{fact.lower()}=={machine.wants[fact]}" for fact in machine.wants if machine.packages} <= pins


def test_an_old_numpy_is_played_on_an_old_python_and_the_newest_on_the_newest_there_is(monkeypatch):
    monkeypatch.setattr(machines, "find_python", {"3.11": "/a", "3.13": "/b"}.get)
    known = machines.machines(["3.11", "3.13", "3.14"])
    names = ("numpy-2.0", "matplotlib-3.8", "numpy-newest", "python-3.14")
    assert [known[name].python for name in names] == ["3.11", "3.11", "3.13", "3.14"]


def facts_with(**settings):
    command = [sys.executable, machines.__file__, "--facts"]
    return json.loads(subprocess.run(command, env={**os.environ, **settings}, capture_output=True, check=True).stdout)


def test_a_process_knows_what_it_computes_with():
    here = facts()
    assert list(here) == FACTS and here["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert here["vector code"] in (machines.vector_code() or ["none"])
    known = machines.machines([])
    assert facts_with(**known["no-vector-code"].settings)["vector code"] == "none"
    for kernel in KERNELS[:2] if here["kernel"] in KERNELS else ():
        assert facts_with(**known[kernel].settings)["kernel"] == kernel


def test_the_suite_is_the_library_and_the_notebooks():
    names = [path.name for path in suite(["01", "02"])]
    assert names[:2] == ["01-neuron.ipynb", "02-layer.ipynb"] and names[2] == "nnlib"
    assert {"test_layers.py", "reproducibility"} < set(names)
    assert not {"test_pages.py", "test_harness.py", "test_build.py", "test_machines.py"} & set(names)
    assert set(machines.CHAPTERS.glob("*.ipynb")) < set(suite([""]))


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """Start no process: what would have been started, and the exit codes and the facts that come back."""
    fake = SimpleNamespace(started=[], settings=[], probe=0, pytest=0)

    def run(command, *, env=None, check=False, **_):
        command = list(map(str, command))
        fake.started.append(command)
        fake.settings.append(env)
        done = subprocess.CompletedProcess(command, fake.pytest if "pytest" in command else fake.probe)
        done.stdout = json.dumps(FOUND)
        if "venv" in command:
            (tmp_path / "environment").mkdir(exist_ok=True)
        for option in command:
            if option.startswith("--junitxml="):
                Path(option.removeprefix("--junitxml=")).write_text(JUNIT, encoding="utf-8")
        if check:
            done.check_returncode()
        return done

    monkeypatch.setattr(machines.subprocess, "run", run)
    monkeypatch.setattr(machines, "RESULTS", tmp_path)
    return fake


HASWELL = Machine({"kernel": "Haswell"}, {"OPENBLAS_CORETYPE": "Haswell"})


@pytest.mark.parametrize("code", [0, 1])
def test_a_machine_is_played(commands, monkeypatch, code):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    commands.pytest = code
    row = play("Haswell", HASWELL, ["01"])
    assert row.pop("minutes") == 0 and row == {**FOUND, **COUNTED}
    assert [settings["OPENBLAS_CORETYPE"] for settings in commands.settings] == ["Haswell", "Haswell"]
    assert commands.settings[1]["OPENBLAS_NUM_THREADS"] == "1" and "--nbval" in commands.started[1]


def test_what_this_computer_cannot_play_is_no_failure(commands):
    assert play("Haswell", HASWELL._replace(wants={"kernel": "Zen"}), [""]) == {
        "not run": "wanted kernel Zen, got Haswell"
    }
    assert not any("pytest" in command for command in commands.started)
    commands.probe = -signal.SIGILL
    assert play("Haswell", HASWELL, [""]) == {"not run": "this processor cannot execute it"}
    assert "no Python 9.9" in play("Haswell", Machine({}, python="9.9"), [""])["not run"]


def test_what_falls_over_is_a_failure(commands):
    commands.pytest = 3
    assert play("Haswell", HASWELL, [""]) == {"fail": ["-m pytest ended with code 3, see its messages"]}
    commands.probe = 1
    assert "--facts ended with code 1" in play("Haswell", HASWELL, [""])["fail"][0]
    assert "-m venv ended with code 1" in play("Haswell", HASWELL._replace(packages=("numpy",)), [""])["fail"][0]


def test_an_environment_is_made_once_for_its_requirements(commands, monkeypatch, tmp_path):
    monkeypatch.setattr(machines, "bridges_missing", lambda: "all of them")
    folder = tmp_path / "environment"
    for packages, started in [(("numpy==2.0.2",), 3), (("numpy==2.0.2",), 0), ((), 2), ((), 0)]:
        commands.started.clear()
        assert install(folder, sys.executable, packages).parent.parent == folder
        assert len(commands.started) == started
    monkeypatch.setattr(machines, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text("numpy", encoding="utf-8")
    for pin in ("numpy==2.0.2", "numpy==2.0.1"):
        (tmp_path / "constraints.txt").write_text(pin, encoding="utf-8")
        commands.started.clear()
        install(folder, sys.executable, ())
        assert len(commands.started) == 2


def test_a_machine_has_the_other_frameworks_where_this_one_has(commands, monkeypatch, tmp_path):
    (tmp_path / "environment").mkdir()
    for missing, installed in [("torch", ["requirements.txt"]), (None, ["requirements.txt", "bridges.txt"])]:
        monkeypatch.setattr(machines, "bridges_missing", lambda: missing)  # noqa: B023
        commands.started.clear()
        install(tmp_path / "environment", sys.executable, ())
        assert [command[-1] for command in commands.started if "-r" in command] == installed


def test_a_python_that_does_not_start_is_passed_over(commands, monkeypatch, tmp_path):
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr(machines.shutil, "which", lambda name: f"/somewhere/{name}")
    assert find_python("3.12") == "/somewhere/python3.12"
    commands.probe = 127
    assert find_python("3.12") is None


def call_main(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["machines.py", *arguments])
    with pytest.raises(SystemExit) as stop:
        machines.main()
    return stop.value.code


def test_results_are_kept_and_an_interrupted_run_goes_on(monkeypatch, tmp_path, capsys):
    played = []

    def played_or_interrupted(name, machine, chapters):
        if name == "Nehalem" and "Nehalem" not in played:
            played.append(name)
            raise KeyboardInterrupt
        played.append(name)
        return ZEROS | {"SkylakeX": {"fail": ["test_relu"]}, "Haswell": {"differ": ["Cell 1"]}}.get(name, {})

    monkeypatch.setattr(machines, "RESULTS", tmp_path / "machines")
    monkeypatch.setattr(machines, "play", played_or_interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_main(monkeypatch, "--only", "Prescott", "Nehalem")
    assert call_main(monkeypatch, "--continue", "--only", "Prescott", "Nehalem") == 0
    assert played == ["Prescott", "Nehalem", "Nehalem"]
    assert call_main(monkeypatch, "--only", "SkylakeX", "Prescott") == 1
    assert call_main(monkeypatch, "--only", "Haswell") == 1
    assert call_main(monkeypatch, "--table") == 1 and played[3:] == ["SkylakeX", "Prescott", "Haswell"]
    last = capsys.readouterr().out.split("| machine ")[-1]
    assert [line.split()[1] for line in last.splitlines()[2:6]] == ["Prescott", "Nehalem", "Haswell", "SkylakeX"]
    assert last.splitlines()[-4:-2] == ["- Cell 1: Haswell", "- test_relu: SkylakeX"]
    assert quoted(last, TARGETS["machines"]) == last.splitlines()[-1] == (
        "4 machines, 0 of them not played: 1 of 2800 cells differ, 1 tests fail, 0 skipped")
    one_not = {"a": ZEROS, "b": {"not run": "wanted this"}}
    assert machines.verdict(one_not).startswith("2 machines, 1 of them not played: 0 of 700 cells differ, ")


@pytest.mark.parametrize("arguments, message", [
    (["--only", "Pentium"], "expected machines out of 1-thread, .*; got Pentium"),
    (["--chapters", "05", "999"], "expected the beginning of a notebook's name in chapters/, like 05, got 999"),
])
def test_a_slip_is_named(monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(machines, "play", None)
    assert call_main(monkeypatch, *arguments) == 2
    assert re.search(message, capsys.readouterr().err)
