"""What a report says of a machine: every version by name, the kernel where it is known, and no line too many."""

import os
import platform
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

import nnlib
from nnlib import show_versions, versions

NAMES = "Python system processor nnlib numpy matplotlib nnfs jupyterlab BLAS vectors".split()


@pytest.fixture
def shown(capsys):
    def run():
        assert show_versions() is None
        lines = capsys.readouterr().out.splitlines()
        return {line[:12].strip(): line[12:] for line in lines}

    return run


def test_every_line_has_a_name_and_something_to_say(shown):
    rows = shown()
    assert list(rows) == NAMES
    assert all(value == value.strip() != "" for value in rows.values())


def test_the_versions_are_those_that_run(shown):
    rows = shown()
    assert rows["Python"] == platform.python_version()
    assert rows["numpy"] == np.__version__
    assert rows["nnlib"] == version("nnlib")
    assert rows["matplotlib"] == version("matplotlib")


def test_what_is_not_installed_is_said_to_be_so(shown, monkeypatch):
    monkeypatch.setattr(versions, "PACKAGES", ("numpy", "no-such"))
    assert shown()["no-such"] == "not installed"


def test_a_machine_that_tells_nothing_is_told_as_such(shown, monkeypatch):
    def no_file(path):
        raise OSError(path)

    monkeypatch.setattr(versions.ctypes, "CDLL", no_file)
    monkeypatch.setattr(versions, "Path", no_file)
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(np, "show_config", lambda mode: {"Build Dependencies": {"blas": {"name": "none"}}})
    rows = shown()
    assert (rows["processor"], rows["BLAS"], rows["vectors"]) == ("unknown", "none", "unknown")


@pytest.mark.skipif("kernel" not in versions._blas(), reason="this BLAS does not tell its kernel")
def test_the_kernel_and_the_threads_are_those_in_use():
    settings = {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "1", "OPENBLAS_VERBOSE": "0"}
    command = [sys.executable, "-c", "import nnlib; nnlib.show_versions()"]
    if platform.machine() not in ("x86_64", "AMD64"):
        del settings["OPENBLAS_CORETYPE"]
    printed = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True).stdout
    assert "threads 1\n" in printed
    assert "kernel Nehalem" in printed or "OPENBLAS_CORETYPE" not in settings


@pytest.mark.skipif(not np.show_config("dicts")["SIMD Extensions"].get("found"), reason="nothing beyond the baseline")
def test_vector_code_that_is_turned_off_is_not_listed():
    last = np.show_config("dicts")["SIMD Extensions"]["found"][-1]
    command = [sys.executable, "-c", "import nnlib; nnlib.show_versions()"]
    settings = {"NPY_DISABLE_CPU_FEATURES": last}
    printed = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True).stdout
    assert last in versions._vectors().split()
    assert last not in printed.splitlines()[-1].split()


def test_it_is_public():
    assert "show_versions" in nnlib.__all__
