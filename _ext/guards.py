"""Leave guards out of the API page where they stand beside their only callers: their messages explain them."""

import nnlib


def is_guard_of_a_caller(app, what, name, guard, skip, options):
    """Say so of `check_...` outside nnlib.checks, and nothing (None) of all else."""
    home = getattr(guard, "__module__", None)
    return True if name.startswith("check_") and name not in nnlib.__all__ and home != "nnlib.checks" else None


def setup(app):
    app.connect("autodoc-skip-member", is_guard_of_a_caller)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
