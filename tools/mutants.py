"""Break nnlib on purpose, one small change at a time, and count what the unit tests notice: make mutants.

Cosmic Ray makes the mutants: another operator, a number one larger or smaller, a condition turned round, a loop
skipped, a decorator gone. Each meets the tests in a copy of the project, _build/mutants, so nothing else is ever
broken. The results stay there: the next run goes on where this one stopped and tries the survivors once more, for
the tests may be better by then. After a change in nnlib, or make clean, it starts from nothing. Names of modules
behind the command break these alone: make mutants ARGS="layers losses".

Not broken are texts (docstrings, messages), names and the arguments of calls. Not run are the tests of notebooks and
pages, so that the comparison of quoted code catches nothing here, and those that start another Python.
"""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome

ROOT = Path(__file__).parent.parent
COPY = ROOT / "_build" / "mutants"
MODULES = """autograd bits checks convolution data diagnosis distortions functions gradcheck layers losses mnist model
    optimizers own_digits penalties plots tables trained weights""".split()
# Not broken: what trains for minutes, and what starts another Python.
NOT_BROKEN = {"digit_network", "versions"}
PACKAGE = "arrays elementary operations refusals sums_and_products".split()
TESTS = {name: [f"tests/test_{name}.py", f"nnlib/{name}.py"] for name in MODULES} | {"hints": ["tests/test_hints.py"]}
TESTS |= dict.fromkeys(PACKAGE, ["tests/reproducibility", "nnlib/reproducibility"])
# Of Cosmic Ray's dozen replacements for each operator, those somebody might write by mistake. The rest, such as
# | for *, raise an error on the first float: every test notices, and the score would flatter.
LIKELY = re.compile(
    "core/(NumberReplacer|AddNot|Replace(True|False|And|Or|Break|Continue)With.*|RemoveDecorator|ZeroIterationForLoop|"
    "ReplaceUnaryOperator_Delete_.*|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|Pow_Mul|"
    "FloorDiv_Mul|Mod_Mul|LShift_RShift|RShift_LShift|BitAnd_BitOr|BitOr_BitAnd)|ReplaceComparisonOperator_"
    "(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Lt_GtE|LtE_Gt|Gt_LtE|GtE_Lt))"
)
TIMEOUT = 240                                     # seconds; all the tests together take a minute
GOAL = 0.95


def pytest(tests):
    """Return the command that runs some of the tests until one fails."""
    return shlex.join([sys.executable, "-m", "pytest", "-x", "-q", "--assert=plain", "-p", "no:cacheprovider",
                       "--deselect", "tests/reproducibility/test_everywhere.py::test_bits_on_another_machine", *tests])


def outcome_of(item):
    """Test one mutant: with its module's own tests first, for they are the likeliest to notice."""
    own = TESTS[item.mutations[0].module_path.stem]
    others = sorted({path for tests in TESTS.values() if tests != own for path in tests})
    result = mutate_and_test(item.mutations, pytest(own), TIMEOUT)
    return result if result.is_killed else mutate_and_test(item.mutations, pytest(others), TIMEOUT)


def copy_project():
    """Copy what the tests need, leave the results of earlier runs, and return a name for this version of nnlib."""
    for folder in ("nnlib", "tests", "tools", "chapters"):
        shutil.rmtree(COPY / folder, ignore_errors=True)
        shutil.copytree(ROOT / folder, COPY / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", COPY)
    sources = b"".join(path.read_bytes() for path in sorted(COPY.glob("nnlib/**/*.py")))
    return hashlib.sha256(sources + LIKELY.pattern.encode()).hexdigest()[:8]


def run(db):
    """Test every likely mutant that is not known to be killed."""
    if not db.num_work_items:
        paths = [f"nnlib/{name}.py" for name in MODULES] + [f"nnlib/reproducibility/{name}.py" for name in PACKAGE]
        init(list(map(Path, paths)), db, {})
    names = sys.argv[1:] or [*MODULES, *PACKAGE]
    killed = {item.job_id for item, result in db.completed_work_items if result.test_outcome == TestOutcome.KILLED}
    likely = [item for item in db.work_items if LIKELY.fullmatch(item.mutations[0].operator_name)
              and item.mutations[0].module_path.stem in names]
    to_do = [item for item in likely if item.job_id not in killed]
    for i, item in enumerate(to_do):
        print(f"\r{i} of {len(to_do)} mutants", end="", flush=True)
        db.set_result(item.job_id, outcome_of(item))


def position(done):
    """Return where a mutant stands, to sort by."""
    mutation = done[0].mutations[0]
    return mutation.module_path, mutation.start_pos


def report(db):
    """Print the survivors and the score; return the share of mutants that were killed."""
    count = {name: [0, 0] for name in [*MODULES, *PACKAGE, "all"]}
    for item, result in sorted(db.completed_work_items, key=position):
        mutation, lives = item.mutations[0], result.test_outcome != TestOutcome.KILLED
        for name in (mutation.module_path.stem, "all"):
            count[name][lives] += 1
        if lives:
            changed = re.findall(r"^[-+](?![-+]{2}).*", result.diff or result.output, re.MULTILINE)
            print(f"\n{mutation.module_path}:{mutation.start_pos[0]}", *changed, sep="\n")
    print(f"\n{'':17}  killed  alive  score")
    for name, (dead, alive) in count.items():
        print(f"{name:17}  {dead:6}  {alive:5}  {dead / (dead + alive or 1):5.1%}")
    late = sum(result.output == "timeout" for _, result in db.completed_work_items)
    print(f"{late} of the killed took more than {TIMEOUT} seconds: endless loops, or a machine too busy to tell")
    return count["all"][0] / sum(count["all"])


if __name__ == "__main__":
    os.environ.update(OPENBLAS_NUM_THREADS="1", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    session = f"{copy_project()}.sqlite"
    os.chdir(COPY)                                # every path from here on is one in the copy
    subprocess.run(shlex.split(pytest(sorted({path for tests in TESTS.values() for path in tests}))), check=True)
    with use_db(session, WorkDB.Mode.create) as db:
        run(db)
        if report(db) < GOAL:
            sys.exit(f"expected {GOAL:.0%} of the mutants killed; what survives above shows what no test looks at")
