"""What meets whoever comes to the repository: its files parse, name what is there, and agree on versions."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest
import test_writing
import wheels
import yaml
from notebooks import CHAPTERS, ROOT, is_stored_as_executed, read, to_json
from packaging.requirements import Requirement
from PIL import Image, ImageSequence

PAGES = ["CHANGELOG.md", "CONTRIBUTING.md", "README.md"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
ABSENT = re.compile(r"^(_build|benchmarks/\.venv|\.venv)(/|$)")     # made by make
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def named_files(page):
    """Every file or folder that a page names: in a link, or as code with a slash or a known ending."""
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page)
    words = re.findall(r"`([\w./-]*(?:/[\w./-]*|\.(?:py|md|txt|toml|yml|bib|ipynb)))`", page)
    return {word for word in [*links, *words] if "NN" not in word and not ABSENT.match(word)}


@pytest.mark.parametrize("name", PAGES)
def test_files_and_commands_that_a_page_names_are_there(name):
    page = text(name)
    places = [ROOT, CHAPTERS, ROOT / "nnlib", ROOT / "tests", ROOT / "tools", ROOT / ".github" / "workflows"]
    files = named_files(page)
    assert [file for file in sorted(files) if not any((place / file).exists() for place in places)] == []
    targets = set(re.findall(r"(?m)^([a-z0-9]+):", MAKEFILE))
    commands = re.findall(r"`make ([a-z0-9]+)[^`]*`", page) + re.findall(r"(?m)^    make ([a-z0-9]+)", page)
    assert set(commands) <= targets
    assert len(files) > 2


def test_the_picture_of_the_readme_is_light_and_ends_on_what_can_be_looked_at():
    with Image.open(ROOT / ".github" / "moving.gif") as picture:
        assert 640 <= picture.width <= 800 and picture.info["loop"] == 0
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
    assert 6_000 <= sum(times) <= 12_000 and times[-1] >= 3_000
    assert (ROOT / ".github" / "moving.gif").stat().st_size <= 1_500_000


def test_contributing_names_every_rule_of_the_text():
    section = text("CONTRIBUTING.md").partition("| rule |")[2].partition("\n\n")[0]
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", section)) == set(test_writing.RULES)


def test_all_tell_the_same_version():
    citation, changes = yaml.safe_load(text("CITATION.cff")), text("CHANGELOG.md")
    assert citation["version"] == VERSION
    newest = re.search(r"(?m)^## (Unreleased|.*nnlib ([\d.]+))", changes)  # make release stamps all three
    assert newest[1] == "Unreleased" or newest[2] == VERSION


def test_the_citation_has_what_the_format_requires():
    citation, book = yaml.safe_load(text("CITATION.cff")), yaml.safe_load(text("_config.yml"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["title"] == citation["preferred-citation"]["title"] == book["title"]


def test_hooks_use_the_pinned_versions_and_files_that_are_there():
    pins = {str(Requirement(line)) for name in ("requirements.txt", "constraints.txt")
            for line in text(name).splitlines() if line and line[0] not in "#-"}
    hooks = [hook for repo in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"] for hook in repo["hooks"]]
    assert {dependency for hook in hooks for dependency in hook["additional_dependencies"]} <= pins
    assert len(hooks) == 2
    for hook in hooks:
        files = [word for word in shlex.split(hook["entry"]) if "/" in word]
        assert all((ROOT / file).exists() for file in files)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_form_is_one(form):
    fields = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(fields)
    assert all(field["type"] in ("input", "textarea", "dropdown") for field in fields["body"])
    ids = [field["id"] for field in fields["body"]]
    assert len(ids) == len(set(ids)) > 1
    for field in fields["body"]:
        options = field["attributes"].get("options", ["one"])
        assert field["attributes"]["label"] and all(isinstance(option, str) for option in options)


def test_whose_number_differs_has_to_say_on_what():
    [form] = [form for form in FORMS if "number" in form.stem]
    [versions] = [field for field in yaml.safe_load(form.read_text("utf-8"))["body"] if field["id"] == "versions"]
    assert "nnlib.show_versions()" in versions["attributes"]["description"]
    assert versions["validations"]["required"] is True


def test_containers_have_a_python_of_the_book_and_run_what_is_there():
    settings = json.loads(text(".devcontainer/devcontainer.json"))
    image = text(".devcontainer/" + settings["build"]["dockerfile"])
    assert re.search(r"(?m)^FROM python:([\d.]+)$", image)[1] in wheels.PYTHONS
    assert f"useradd --create-home --shell /bin/bash {settings['remoteUser']}" in image
    assert {"chromium", "git", "make"} <= set(image.split())
    assert settings["postCreateCommand"] == "make .venv/.installed" and "$(VENV)/.installed:" in MAKEFILE


def test_binder_has_a_python_of_the_book_and_its_requirements():
    assert text("binder/runtime.txt").strip().removeprefix("python-") in wheels.PYTHONS
    lines = [line for line in text("binder/requirements.txt").splitlines() if not line.startswith("#")]
    assert lines == ["-c ../constraints.txt", "-e .[book]"]


def test_a_hub_has_what_the_notebooks_run_on_as_the_book_pins_it():
    lines = [line for line in text("classroom/requirements.txt").splitlines() if not line.startswith("#")]
    pins = dict(line.split("==") for line in lines if "==" in line)
    assert lines[0] == "-c ../constraints.txt" and lines[-1] == ".[book]" and len(lines) == 2 + len(pins)
    assert {"jupyterhub", "jupyterlab", "nbgitpuller"} == set(pins)
    assert f"jupyterlab=={pins['jupyterlab']}" in text("requirements.txt").splitlines()


def test_the_configuration_of_a_hub_names_the_folder_that_the_page_fills():
    settings = SimpleNamespace(Spawner=SimpleNamespace())
    exec(text("classroom/jupyterhub_config.py"), {"get_config": lambda: settings})
    folder = settings.Spawner.environment["NNLIB_MNIST"]
    page = text("chapters/for-a-class.md")
    assert f"XDG_CACHE_HOME={PurePosixPath(folder).parent} " in page and folder.endswith("/nnlib")  # a cache of nnlib's
    assert "/opt/tljh/config/jupyterhub_config.d/" in page and "classroom/jupyterhub_config.py" in page
    assert f"at most {settings.Spawner.mem_limit.removesuffix('G')} GB of memory" in page
    installed = shlex.split(re.search(r"(?m)^sudo -E pip install (.*)", page)[1])
    assert installed == ["-c", "constraints.txt", ".[book]", "nbval"]  # tools/collect.py needs nbval
    for name in re.findall(r"(?:tools|classroom)/\w+\.(?:py|txt)", page):
        assert (ROOT / name).exists()


def test_what_is_not_stored_as_executed_is_told(tmp_path):
    original = CHAPTERS / "03-dot-product.ipynb"
    assert is_stored_as_executed(original)
    path = tmp_path / original.name
    for spoil in (lambda cell: cell.update(execution_count=None), lambda cell: cell["metadata"].update(scrolled=True)):
        nb = read(original)
        spoil(next(cell for cell in reversed(nb["cells"]) if cell["cell_type"] == "code"))
        path.write_text(to_json(nb), encoding="utf-8")
        assert not is_stored_as_executed(path)
    command = [sys.executable, ROOT / "tools" / "notebooks.py"]
    told = subprocess.run([*command, path], capture_output=True, text=True)
    assert (told.returncode, told.stdout.count("run: python tools/execute.py")) == (1, 1)
    silent = subprocess.run([*command, Path(original)], capture_output=True, text=True)
    assert (silent.returncode, silent.stdout) == (0, "")
