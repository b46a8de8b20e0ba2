"""What a result may depend on besides the code: the versions and the machine, for a report that others can follow."""

import contextlib
import ctypes
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

PACKAGES = ("nnlib", "numpy", "matplotlib", "nnfs", "jupyterlab")
# What OpenBLAS calls its functions, in NumPy's wheels and outside of them.
OPENBLAS_CALLS = ("scipy_openblas_get_{}64_", "openblas_get_{}64_", "scipy_openblas_get_{}", "openblas_get_{}")


def show_versions():
    """Print what a result may depend on: Python, the machine, the packages, and the code that NumPy runs here.

    Paste what it prints into a report: "a number differs" can then be tried on a machine like yours. The BLAS is
    what multiplies matrices; its kernel is the version of the code that it has chosen for this processor. Behind
    `vectors` stand the processor's instructions that NumPy uses here. Nothing is asked of the network.

    Notes
    -----
    The kernel and the threads are known where the BLAS is an OpenBLAS that tells, as in NumPy's wheels for Linux.

    Examples
    --------
    >>> show_versions()        # doctest: +ELLIPSIS
    Python      3...
    system      ...
    processor   ...
    nnlib       ...
    numpy       ...
    """
    rows = {"Python": platform.python_version(), "system": _system(), "processor": _processor()}
    rows |= {name: _version(name) for name in PACKAGES}
    rows |= {"BLAS": _blas(), "vectors": _vectors()}
    for name, value in rows.items():
        print(f"{name:11} {value}")


def _system():
    return f"{platform.system()} {platform.release()}, {platform.machine()}"


def _processor():
    """Return the processor's name: in Linux its file has it, elsewhere Python may know."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _blas():
    """Return the name and version of the BLAS, its kernel and its threads, as far as they are known."""
    built_with = np.show_config("dicts")["Build Dependencies"]["blas"]
    known = [f"{built_with['name']} {built_with.get('version', '')}".strip()]
    with contextlib.suppress(OSError, AttributeError, StopIteration):
        blas = ctypes.CDLL(np.linalg._umath_linalg.__file__)  # finds what that file has loaded, too
        call = next(call for call in OPENBLAS_CALLS if hasattr(blas, call.format("corename")))
        corename, threads = (getattr(blas, call.format(name)) for name in ("corename", "num_threads"))
        corename.restype = ctypes.c_char_p
        known += [f"kernel {corename().decode()}", f"threads {threads()}"]
    return ", ".join(known)


def _vectors():
    extensions = np.show_config("dicts").get("SIMD Extensions", {})
    return " ".join([*extensions.get("baseline", ()), *extensions.get("found", ())]) or "unknown"
