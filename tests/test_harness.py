"""The harness itself: `pytest --nbval chapters` in a small checkout of its own, on notebooks tampered with.

Every cell that was tampered with must fail, and every other cell must pass.
"""

import ast
import base64
import copy
import io
import os
import re
import shutil
import subprocess
import sys

import execute
import pytest
import test_notebooks
from notebooks import CHAPTERS, ROOT, address, normalise, read, stamp, text, to_json
from PIL import Image, PngImagePlugin
from set_address import set_address

BRIDGE = "28-pytorch-and-keras"
PLACEHOLDER = "https://github.com/OWNER/REPO"
NOT_RUN = {"execution_count": None, "outputs": []}
STDERR = {"output_type": "stream", "name": "stderr", "text": "a warning"}
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["ValueError: no"]}
PRINT = "print('one neuron:', 2.42)"
RAISE = "np.ones((2, 3)) @ np.ones((2, 3))"
RELU = next(
    ast.unparse(node)
    for node in ast.parse((ROOT / "nnlib" / "layers.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.ClassDef) and node.name == "ReLU"
)


def draw(middle=0.3, color="#0072B2", title="The loss falls"):
    return f"""\
fig, ax = plt.subplots()
ax.plot([0, 1, 2], [0.1, {middle}, 0.4], color="{color}")
ax.set_title("{title}")
print("before")
plt.show()
print("after")"""


def code(source, *tags):
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source, **NOT_RUN}


def notebook(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def code_cells(nb):
    return [cell for cell in nb["cells"] if cell["cell_type"] == "code"]


# What is done to a stored cell. Its code draws or prints something else then, or nbval would pass it by itself.


def change_a_digit(cell):
    for output in cell["outputs"]:
        for holder, key in ((output, "text"), (output.get("data", {}), "text/plain")):
            content = text(holder.get(key, ""))
            if re.search(r"\d", content):
                holder[key] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), content, count=1)
                return


def remove_the_outputs(cell):
    cell["outputs"].clear()


def clear_and_null(cell):
    cell.update(NOT_RUN)


def paste_the_plain_figure(cell):
    """Store the figure of draw(), whatever it is that the cell draws."""
    picture_of(cell)["image/png"] = picture_of(PLAIN)["image/png"]


def remove_the_figure(cell):
    cell["outputs"] = [output for output in cell["outputs"] if "data" not in output]


def remove_the_picture(cell):
    del picture_of(cell)["image/png"]


def print_all_before_the_figure(cell):
    cell["outputs"].insert(1, cell["outputs"].pop())


def paste_an_error(cell):
    cell["outputs"].append(ERROR)


def change_the_message(cell):
    cell["outputs"][0]["evalue"] = cell["outputs"][0]["evalue"].replace("3", "4")


def change_the_source(cell):
    cell["source"] = text(cell["source"]).replace("4", "5")


def add_stderr(cell):
    cell["outputs"].append(STDERR)


def write_to_stderr(cell):
    cell.update(source="import sys\n_ = sys.stderr.write('a warning')", outputs=[STDERR])


def exempt_by_comment(cell):
    cell["source"] = "# NBVAL_IGNORE_OUTPUT\n" + text(cell["source"])
    change_a_digit(cell)


def exempt_by_tag(cell):
    cell["metadata"]["tags"] = ["nbval-skip"]
    change_a_digit(cell)


def pack_the_picture_differently(cell):
    repack(picture_of(cell), compress_level=1)


def pretend_another_matplotlib(cell):
    """Without the check of the version this would never be compared."""
    repack(picture_of(cell), software="Matplotlib version0.1, https://matplotlib.org/")


def pretend_another_program(cell):
    repack(picture_of(cell), software="Paint")


def drop_the_version(cell):
    repack(picture_of(cell), software="")


def turn_it_by_its_tag(cell):
    """Store the same pixels, and the order to show them upside down."""
    orientation = Image.Exif()
    orientation[0x0112] = 3
    repack(picture_of(cell), exif=orientation)


def bleach_it_by_its_tag(cell):
    repack(picture_of(cell), chunk=(b"gAMA", (1000).to_bytes(4, "big")))


def show_another_picture_next(cell):
    """Store the right picture, and a black one that follows it."""
    image = Image.open(io.BytesIO(base64.b64decode(picture_of(cell)["image/png"])))
    black = Image.new(image.mode, image.size, "black")
    repack(picture_of(cell), save_all=True, append_images=[black], duration=500)


TAMPERINGS = [
    (PRINT, change_a_digit),
    ("np.arange(4.0)", change_a_digit),
    (PRINT, remove_the_outputs),
    (PRINT, clear_and_null),
    (draw(middle=0.302), paste_the_plain_figure),
    (draw(title="The loss fails"), paste_the_plain_figure),
    (draw(color="#0072C2"), paste_the_plain_figure),
    (draw(), remove_the_figure),
    (draw(), remove_the_picture),
    (draw(), print_all_before_the_figure),
    (draw(), pretend_another_matplotlib),
    (draw(), pretend_another_program),
    (draw(), drop_the_version),
    (draw(), turn_it_by_its_tag),
    (draw(), bleach_it_by_its_tag),
    (draw(), show_another_picture_next),
    (PRINT, paste_an_error),
    (RAISE, change_the_message),
    (RAISE, remove_the_outputs),
    ("np.arange(4.0)", change_the_source),
    (PRINT, add_stderr),
    (PRINT, write_to_stderr),
    (PRINT, exempt_by_comment),
    (PRINT, exempt_by_tag),
]
HARMLESS = [(draw(), pack_the_picture_differently)]
CASES = TAMPERINGS + HARMLESS
FIRST = 4  # code cells before those of the cases: the setup cell, the imports, draw(), the quotation
SOURCES = list(dict.fromkeys([draw(), *(source for source, _ in CASES)]))  # each is executed once, and copied
PLAIN = {}  # the cell of draw(), once it is executed


def picture_of(cell):
    return next(output["data"] for output in cell["outputs"] if "data" in output)


def repack(data, software=None, chunk=None, **options):
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    tags, packed = PngImagePlugin.PngInfo(), io.BytesIO()
    software = image.info["Software"] if software is None else software
    if software:
        tags.add_text("Software", software)
    if chunk:
        tags.add(*chunk)
    image.save(packed, "png", pnginfo=tags, **{"dpi": image.info["dpi"], **options})
    data["image/png"] = base64.b64encode(packed.getvalue()).decode()


def python(folder, *arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if name != "CI" and "NNLIB_REQUIRE" not in name}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**clean, "NNLIB_MNIST": str(folder / "nowhere"), "PYTHONUTF8": "1", **environment},
        capture_output=True,
        encoding="utf-8",
    )
    return done.stdout + done.stderr


def write(nb, path):
    write_text(path, to_json(nb))


def write_text(path, content):
    path.write_text(content, encoding="utf-8", newline="\n")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout as a stranger has it, with one notebook that was executed once: a cell for every source."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("conftest.py", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    for name in ("tools", "nnlib"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
    for name in ("tests", "chapters"):
        (folder / name).mkdir()
    shutil.copy(ROOT / "tests" / "test_quotations.py", folder / "tests")
    (folder / "_config.yml").write_text(f"repository:\n  url: {PLACEHOLDER}\n", encoding="utf-8")
    imports = code("import matplotlib.pyplot as plt\nimport numpy as np\nfrom nnlib import Layer, relu")
    drawing, *others = (code(source, *(["raises-exception"] if source == RAISE else [])) for source in SOURCES)
    write(notebook(imports, drawing, code(RELU, "nnlib"), *others), folder / "chapters" / "honest.ipynb")
    report = python(folder, "tools/execute.py")
    assert "stored" in report, report
    return folder


@pytest.fixture(scope="module")
def report(checkout):
    """All that pytest has to say about the checkout after it was tampered with."""
    chapters = checkout / "chapters"
    honest = read(chapters / "honest.ipynb")
    PLAIN.update(code_cells(honest)[2])
    executed = {text(cell["source"]): cell for cell in code_cells(honest)}
    cases = [copy.deepcopy(executed[source]) for source, _ in CASES]
    tampered = normalise({**honest, "cells": [*honest["cells"][:FIRST], *cases]})
    for (_, tamper), cell in zip(CASES, code_cells(tampered)[FIRST:], strict=True):
        tamper(cell)
    write(tampered, chapters / "tampered.ipynb")
    cleared = read(chapters / "honest.ipynb")
    for cell in code_cells(cleared):
        clear_and_null(cell)
    write(cleared, chapters / "cleared.ipynb")
    _, imports, _, quotation = code_cells(honest)[:FIRST]
    edited = {**quotation, "source": text(quotation["source"]).replace("relu(x)", "relu(x + 0)")}
    write(notebook(imports, edited), chapters / "edited.ipynb")
    for name in ("24-mnist", "claim"):
        write(normalise(notebook(code("1 / 0"), nnlib={"needs": "mnist"})), chapters / f"{name}.ipynb")
    write(normalise(notebook(code("1 / 0"), nnlib={"needs": "bridges"})), chapters / f"{BRIDGE}.ipynb")
    names = checkout / "tools" / "notebooks.py"  # to this checkout, nobody has PyTorch
    write_text(names, names.read_text(encoding="utf-8").replace('["torch"', '["no_torch_here"'))
    quotations = "tests/test_quotations.py::test_a_quotation_is_what_the_library_holds"
    return python(checkout, "-m", "pytest", "--nbval", "-rA", "chapters", quotations)


@pytest.fixture(scope="module")
def in_ci(checkout, report):
    """What pytest says where nothing may be missing."""
    names = "24-mnist", BRIDGE
    return python(checkout, "-m", "pytest", "--nbval", "-rA", *(f"chapters/{name}.ipynb" for name in names), CI="1")


def verdicts(report, name):
    """How every cell of a notebook came out."""
    found = re.findall(rf"(?m)^(PASSED|FAILED) \S*{name}\.ipynb::Cell (\d+)", report)
    return {int(cell): verdict for verdict, cell in found}


def test_an_honest_notebook_passes(report):
    assert set(verdicts(report, "honest").values()) == {"PASSED"}, report


@pytest.mark.parametrize("case", range(len(TAMPERINGS)), ids=[tamper.__name__ for _, tamper in TAMPERINGS])
def test_tampering_is_caught(case, report):
    assert verdicts(report, "tampered")[FIRST + case] == "FAILED"


def test_cells_beside_those_tampered_with_pass(report):
    after = range(FIRST + len(TAMPERINGS), FIRST + len(CASES))
    assert {verdicts(report, "tampered")[cell] for cell in (*range(FIRST), *after)} == {"PASSED"}, report


def test_a_notebook_with_all_outputs_cleared_fails_throughout(report):
    assert list(verdicts(report, "cleared").values()) == ["FAILED"] * (FIRST - 1 + len(SOURCES)), report


def test_an_edited_quotation_is_caught(report):
    outcomes = re.findall(r"(?m)^(PASSED|FAILED) \S+\[(\w+)-ReLU\]", report)
    others = [("PASSED", name) for name in ("cleared", "honest", "tampered")]
    assert sorted(outcomes) == [("FAILED", "edited"), *others], report
    assert "-        self.y = relu(x)" in report and "+        self.y = relu(x + 0)" in report


def test_reports_show_what_was_stored_and_what_came(report):
    assert "-one neuron: 3.42\n+one neuron: 2.42" in report
    assert "stored outputs: none\nnew outputs:    stdout" in report
    assert "The cell is stored as never run" in report
    assert re.search(r"The figure differs from the stored one by up to \d+\.\d of 255", report)


def test_without_mnist_its_notebooks_are_skipped_but_never_in_ci(report, in_ci):
    assert re.search(r"SKIPPED \[1\] .*24-mnist\.ipynb", report) and "Skipped, for want of MNIST" in report
    assert "NNLIB_MNIST" in report, "the message names the way out"
    assert verdicts(report, "claim") == {0: "FAILED"}, "whoever claims to need MNIST is not skipped for it"
    assert verdicts(in_ci, "24-mnist") == {0: "FAILED"} and "Skipped" not in in_ci, in_ci


def test_without_the_other_frameworks_their_notebook_is_skipped_but_never_in_ci(checkout, report, in_ci):
    assert re.search(rf"SKIPPED \[1\] .*{BRIDGE}\.ipynb", report)
    assert re.search(rf"Skipped, for want of BRIDGES: {BRIDGE}.*: no_torch_here.*; make bridges", report)
    left = python(checkout, "tools/execute.py", f"chapters/{BRIDGE}.ipynb")
    assert "left as it was" in left and "make bridges" in left and "stored" not in left
    asked = python(checkout, "-m", "pytest", "--nbval", "-rA", f"chapters/{BRIDGE}.ipynb", NNLIB_REQUIRE_BRIDGES="1")
    for told in in_ci, asked:
        assert verdicts(told, BRIDGE) == {0: "FAILED"} and "Skipped" not in told, told


def test_two_workers_share_the_files_and_report_as_one(checkout, report):
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    nb = read(checkout / "chapters" / "honest.ipynb")
    nb["cells"] = nb["cells"][:FIRST]
    write(nb, checkout / "chapters" / "short.ipynb")
    clear_and_null(nb["cells"][1])  # and yet the cells below it pass: it runs in their kernel
    write(nb, checkout / "chapters" / "gap.ipynb")
    paths = [f"chapters/{name}.ipynb" for name in ("short", "gap", "24-mnist")]
    parallel = python(checkout, "-m", "pytest", "-n", "2", "--nbval", "-rA", *paths)
    passed = dict.fromkeys(range(FIRST), "PASSED")
    assert verdicts(parallel, "short") == passed, parallel
    assert verdicts(parallel, "gap") == passed | {1: "FAILED"}, parallel
    assert "Skipped, for want of MNIST: 24-mnist.ipynb" in parallel


def test_figures_are_not_compared_where_the_readers_matplotlib_is_another(checkout):
    requirements, path = checkout / "requirements.txt", checkout / "chapters" / "another.ipynb"
    pins = requirements.read_text(encoding="utf-8")
    nb = read(checkout / "chapters" / "honest.ipynb")
    nb["cells"] = nb["cells"][:3]
    pretend_another_matplotlib(nb["cells"][2])
    write(nb, path)
    requirements.write_text("matplotlib==0.1\n", encoding="utf-8")
    report = python(checkout, "-m", "pytest", "--nbval", path)
    requirements.write_text(pins, encoding="utf-8")
    assert "3 passed" in report, report
    assert "Figures were counted but not compared: stored by Matplotlib 0.1, drawn here by" in report


@pytest.mark.parametrize("chapter", sorted(CHAPTERS.glob("01-*.ipynb")), ids=lambda path: path.stem)
def test_tampering_with_a_real_chapter_is_caught(chapter, checkout):
    nb = read(chapter)
    printing = [n for n, cell in enumerate(code_cells(nb)) if re.search(r"\d", str(cell["outputs"]))]
    drawing = [n for n, cell in enumerate(code_cells(nb)) if "image/png" in str(cell["outputs"])]
    change_a_digit(code_cells(nb)[printing[0]])
    remove_the_outputs(code_cells(nb)[drawing[0]])
    clear_and_null(code_cells(nb)[-1])
    write(nb, checkout / "chapters" / chapter.name)
    report = python(checkout, "-m", "pytest", "--nbval", "-rA", f"chapters/{chapter.name}")
    failed = [cell for cell, verdict in verdicts(report, chapter.stem).items() if verdict == "FAILED"]
    assert failed == sorted({printing[0], drawing[0], len(code_cells(nb)) - 1}), report


def drawing(nb):
    """The place of the first cell that draws; its caption stands in the next."""
    return next(n for n, cell in enumerate(nb["cells"]) if "image/png" in str(cell.get("outputs")))


def insert(cell):
    return lambda nb: nb["cells"].insert(3, cell)


def change(place, *keys, **values):
    """Change the metadata of a cell: that of the first figure, of its caption below it, or of the notebook."""

    def tamper(nb):
        holder = nb["cells"][drawing(nb) + place] if place is not None else nb
        for key in ("metadata", *keys):
            holder = holder.setdefault(key, {})
        holder.update(values)

    return tamper


def remove(below):
    return lambda nb: nb["cells"].pop(drawing(nb) + below)


def forget_the_outputs(nb):
    nb["cells"][drawing(nb)]["outputs"].clear()


# What nbval cannot see, and the test of test_notebooks.py that does.
HYGIENE = {
    "a raw cell": (insert({"cell_type": "raw", "metadata": {}, "source": "<b>"}), "readers_see_what_is_compared"),
    "prose that is hidden": (change(1, tags=["remove-cell"]), "readers_see_what_is_compared"),
    "an output that is hidden": (change(0, tags=["remove-output"]), "readers_see_what_is_compared"),
    "an option of a cell": (change(0, "mystnb", remove_code_source=True), "readers_see_what_is_compared"),
    "an option of the notebook": (change(None, "mystnb", remove_code_source=True), "readers_see_what_is_compared"),
    "a false need of MNIST": (change(None, nnlib={"needs": "mnist"}), "readers_see_what_is_compared"),
    "a false need of the bridges": (change(None, nnlib={"needs": "bridges"}), "readers_see_what_is_compared"),
    "PyTorch without saying so": (insert(code("import torch")), "who_imports_another_framework"),
    "MNIST without saying so": (insert(code("load_mnist()")), "who_loads_all_of_mnist"),
    "markup that repaints": (
        insert({"cell_type": "markdown", "metadata": {}, "source": "<style>img {rotate: 180deg}</style>"}),
        "readers_see_what_is_compared",
    ),
    "output that is captured": (insert(code("%%capture\nprint(1)")), "code_cells_are_short"),
    "a command": (insert(code("!true")), "code_cells_are_short"),
    "a figure without its caption": (remove(1), "figures_are_described"),
    "a caption without its figure": (remove(0), "figures_are_described"),
    "a figure's description without a figure": (forget_the_outputs, "figures_are_described"),
    "a figure without a description": (change(0, mystnb={}), "figures_are_described"),
    "a figure of another size": (lambda nb: nb["cells"][drawing(nb)]["outputs"][0].update(metadata={}), "normal_form"),
    "a cell that was not run": (insert(code("1")), "every_cell_was_executed"),
}


@pytest.mark.parametrize("case", HYGIENE)
def test_hygiene_notices(case, tmp_path):
    tamper, name = HYGIENE[case]
    [check] = (value for full, value in vars(test_notebooks).items() if full.startswith("test_") and name in full)
    original = min(CHAPTERS.glob("02-*.ipynb"))
    check(original)
    nb = read(original)
    tamper(nb)
    write(nb, tmp_path / original.name)
    with pytest.raises(AssertionError):
        check(tmp_path / original.name)


def test_executing_again_changes_nothing(checkout):
    path = checkout / "chapters" / "honest.ipynb"
    before, written = path.read_bytes(), path.stat().st_mtime_ns
    report = python(checkout, "tools/execute.py", path)
    assert "unchanged" in report and path.read_bytes() == before, report
    assert path.stat().st_mtime_ns == written, "make would think it new"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (code("1 / 0"), "ZeroDivisionError: division by zero"),
        (code("import warnings\nwarnings.warn('too fast')"), "wrote to stderr"),
        (code("1 / 1", "raises-exception"), "raised nothing"),
        (code("import os\nos._exit(1)"), "died"),
    ],
    ids=["error", "stderr", "no error", "dead kernel"],
)
def test_a_notebook_that_fails_stays_as_it_was(cell, message, tmp_path, monkeypatch):
    path = tmp_path / "failing.ipynb"
    write(notebook(cell), path)
    before = path.read_bytes()
    monkeypatch.setattr(execute, "stamp", lambda nb, url: nb)
    monkeypatch.setattr(execute, "address", lambda: None)
    monkeypatch.setattr(sys, "argv", ["execute.py", str(path)])
    with pytest.raises(SystemExit, match=message):
        execute.main()
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_the_normal_form_is_its_own(checkout):
    stored = read(checkout / "chapters" / "honest.ipynb")
    assert normalise(stored) == stored == normalise(stamp(stored, PLACEHOLDER))


def test_the_normal_form_drops_what_is_accidental():
    out = {"output_type": "stream", "name": "stdout"}
    error = {**ERROR, "evalue": "\x1b[31mno", "traceback": ["File /home/me/x.py"]}
    outputs = [{**out, "text": "1"}, {**out, "text": ["%\r", "2%\n"]}, error]
    accidental = {**code("x = 1  \n\n", "nnlib"), "id": "b7c1f2d9", "execution_count": 17, "outputs": outputs}
    accidental["metadata"] |= {"execution": {"iopub.status.busy": "2024-01-01"}, "scrolled": True}
    empty = {"cell_type": "markdown", "metadata": {}, "source": ["\n"]}
    nb = normalise(notebook(accidental, empty, language_info={"version": "3.9.1"}))
    [cell] = nb["cells"]
    assert cell["execution_count"] == 1 and cell["metadata"] == {"tags": ["nnlib"]}
    assert cell["source"] == ["x = 1"]
    assert cell["outputs"] == [{**out, "text": ["2%\n"]}, ERROR]
    assert "version" not in nb["metadata"]["language_info"]


def test_the_normal_form_folds_in_jupyter_and_colab_what_the_page_folds():
    tags = ["hide-input", "remove-input", "hide-output", "hide-cell", "remove-cell"]
    code_hidden, shown = {"jupyter": {"source_hidden": True}, "cellView": "form"}, {"jupyter": {"other": 1}}
    outputs_hidden = {"jupyter": {"outputs_hidden": True}, "collapsed": True}
    both = code_hidden | outputs_hidden | {"jupyter": {"source_hidden": True, "outputs_hidden": True}}
    by_hand = {**code("0"), "metadata": dict(shown)}
    cells = normalise(notebook(*(code(tag, tag) for tag in tags), by_hand))["cells"]
    folds = [{key: value for key, value in cell["metadata"].items() if key != "tags"} for cell in cells]
    assert folds == [code_hidden, code_hidden, outputs_hidden, both, {}, shown]


def test_the_normal_form_numbers_figures_by_chapter_and_the_links_to_them():
    def numbered(title):
        sources = [title, "[Figure](#fig-b), [figure 9](#fig-a)", '<a id="fig-a"></a>**Figure.** a', code("0")]
        sources.append('<a id="fig-b"></a>**Figure 7.1.** [b](#fig-b)')
        cells = [s if isinstance(s, dict) else {"cell_type": "markdown", "metadata": {}, "source": s} for s in sources]
        return [text(cell["source"]) for cell in normalise(notebook(*cells))["cells"]][1:]

    links, a, _, b = numbered("# 12. Title")
    assert links == "[Figure 12.2](#fig-b), [figure 12.1](#fig-a)"
    assert (a, b) == ('<a id="fig-a"></a>**Figure 12.1.** a', '<a id="fig-b"></a>**Figure 12.2.** [b](#fig-b)')
    assert numbered("# Errata")[0] == "[Figure 2](#fig-b), [figure 1](#fig-a)"


def test_a_notebook_that_nobody_watches_stays_free_of_progress_bars(tmp_path, monkeypatch):
    """What `jupyter nbconvert --execute` and papermill do, without the settings of this book's tools."""
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    training = """\
import numpy as np
from nnlib import SGD, Dense, Sequential, SoftmaxCrossEntropy
rng = np.random.default_rng(0)
model = Sequential(Dense(2, 2, rng=rng))
X, y = rng.standard_normal((4, 2)), np.array([0, 1, 0, 1])
history = model.fit(X, y, loss=SoftmaxCrossEntropy(), optimizer=SGD(model.parameters(), 0.1), epochs=3)"""
    monkeypatch.setattr(execute, "unexpected", lambda cell: None)
    [cell] = execute.execute(normalise(notebook(code(training))), tmp_path).cells
    assert cell.outputs == []


def test_a_notebook_becomes_a_script(tmp_path):
    path = tmp_path / "chapter.ipynb"
    write(normalise(stamp(notebook(code(PRINT)), PLACEHOLDER)), path)
    report = python(tmp_path, "-m", "nbconvert", "--to", "script", path)
    script = (tmp_path / "chapter.py").read_text(encoding="utf-8")
    assert PRINT in script and ast.parse(script), report


def test_the_address_is_written_and_stamped(tmp_path):
    config, path = tmp_path / "_config.yml", tmp_path / "any.ipynb"
    before = "title: A book\nrepository:\n  # make address\n  url: https://github.com/a/b  # ours\n  branch: main\n"
    config.write_text(before, encoding="utf-8")
    write(notebook(code(PRINT)), path)
    assert set_address("https://github.com/ada/net.git", config, [path]) == "https://github.com/ada/net"
    assert config.read_text(encoding="utf-8") == before.replace("a/b", "ada/net")
    assert address(config) == "https://github.com/ada/net"
    assert 'git+https://github.com/ada/net"' in text(read(path)["cells"][0]["source"])


@pytest.mark.parametrize(
    "url",
    ["", "github.com/a/b", "https://gitlab.com/a/b", "git@github.com:a/b.git", "https://github.com/a"],
)
def test_an_address_that_colab_cannot_open_is_refused(url, tmp_path):
    with pytest.raises(ValueError, match="expected https://github.com/OWNER/REPO, got"):
        set_address(url, tmp_path / "_config.yml", [])
