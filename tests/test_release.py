"""tools/release.py in a small repository of its own, with targets that take no time. Nothing is built here."""

import json
import re
import subprocess
import sys
from datetime import date

import lighthouse
import pytest
import release
from notebooks import ROOT
from release import TARGETS, Target

PROJECT = '[build-system]\nrequires = ["a==1.0.0"]\n\n[project]\nversion = "2.0.0"\n'
CITATION = "cff-version: 1.2.0\nversion: 2.0.0\npreferred-citation:\n  year: 2025\n"
CHANGES = "# Changed\n\n## Unreleased: Third edition\n\n- Much.\n\n## nnlib 1.9.0\n\nMore.\n"
EXERCISE = {"cells": [{"source": ["### Exercise 1.1: One\n", "\n", "*★ · 2 minutes · on paper*\n"]}]}
OVER = "==== 3 passed in 0.1s ===="


def says(words, code=0):
    """A target that prints words, notes in ran.txt that it ran, and ends with a code."""
    script = f"import sys; print({words!r}); open('ran.txt', 'a').write(sys.argv[-1] + '\\n'); sys.exit({code})"
    return Target((sys.executable, "-IS", "-c", script, "anew"), release.COUNT, goes_on=("goes on",))


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """A repository with what a release stamps, and a folder of built pages."""
    monkeypatch.setattr(release, "ROOT", tmp_path)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ada@example.org")
    files = {"pyproject.toml": PROJECT, "CITATION.cff": CITATION, "CHANGELOG.md": CHANGES, "ran.txt": "",
             ".gitignore": "_build\nran.txt", "chapters/01-one.ipynb": json.dumps(EXERCISE),
             "_build/html/chapters/01-one.html": "", "_build/html/book.pdf": "p" * 1_230_000,
             "_build/html/book.epub": "e" * 400_000, "_build/html/live/page.js": ""}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    release.git("init", "--quiet")
    commit()
    return tmp_path


def commit():
    release.git("add", "--all")
    release.git("commit", "--quiet", "--allow-empty", "--message", "a change")


def use(monkeypatch, **targets):
    monkeypatch.setattr(release, "TARGETS", targets)


def ran(repo):
    return (repo / "ran.txt").read_text(encoding="utf-8").split("\n")[:-1]


def test_there_is_nothing_to_say_against_a_greater_version_of_a_clean_tree(repo):
    assert release.refusals("2.0.0") == release.refusals("2.0.1") == release.refusals("10.0.0") == []


@pytest.mark.parametrize("version", ["", "2.1", "v2.1.0", "2.1.0rc1", "2.01.0", "2.1.0.0", "two"])
def test_what_is_no_version_is_refused(repo, version):
    [said] = release.refusals(version)
    assert said.startswith("expected a version like 2.1.0, got ")


def spoil(name, old, new):
    def change(repo):
        path = repo / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        commit()
    return change


@pytest.mark.parametrize("change, version, said", [
    (lambda repo: (repo / "new.txt").touch(), "2.1.0", r"expected a clean tree, got .*\n\?\? new.txt"),
    (lambda repo: (repo / "CITATION.cff").unlink(), "2.1.0", r"expected a clean tree, got .*\n ?D CITATION.cff"),
    (lambda repo: release.git("tag", "v2.0.0"), "2.0.0", "expected a version above 2.0.0, which has a tag, got 2.0.0"),
    (lambda repo: release.git("tag", "v2.10.0"), "2.9.0", "expected a version above 2.10.0, .*, got 2.9.0"),
    (lambda repo: None, "1.9.1", "expected 2.0.0, which pyproject.toml has, or a version above, got 1.9.1"),
    (spoil("CHANGELOG.md", "## Unreleased: ", "## "), "2.1.0", "expected one line like .*Unreleased.*, found 0"),
    (spoil("CHANGELOG.md", "## nnlib 1.9.0", "## Unreleased"), "2.1.0", "expected one .*CHANGELOG.md, found 2"),
    (spoil("CHANGELOG.md", "1.9.0", "2.1.0"), "2.1.0", "CHANGELOG.md has a section on nnlib 2.1.0 already"),
    (spoil("CITATION.cff", "\nversion", "\nversions"), "2.1.0", "expected one .*version.* in CITATION.cff, found 0"),
])
def test_what_would_spoil_a_release_is_refused_before_anything_runs(repo, monkeypatch, capsys, change, version, said):
    use(monkeypatch, test=says("never"))
    change(repo)
    if (repo / "CITATION.cff").exists():
        [reason] = release.refusals(version)
        assert re.fullmatch(said, reason)
        assert release.release(version) == 2 and ran(repo) == []
        assert reason in capsys.readouterr().out


def test_where_all_are_green_version_and_date_are_stamped_and_no_more(repo, monkeypatch, capsys):
    use(monkeypatch, test=says(OVER), wheels=says("fine | so far"))
    assert release.release("2.1.0") == 0
    today = date.today()
    assert (repo / "pyproject.toml").read_text() == PROJECT.replace("2.0.0", "2.1.0")
    assert (repo / "CITATION.cff").read_text() == (
        f"cff-version: 1.2.0\nversion: 2.1.0\ndate-released: {today}\npreferred-citation:\n  year: {today.year}\n")
    head, _, rest = (repo / "CHANGELOG.md").read_text().partition("\n\n- Much.\n")
    assert rest == "\n## nnlib 1.9.0\n\nMore.\n"
    title, counted, *rows = [line for line in head.splitlines()[2:] if line]
    assert title == f"## Third edition, nnlib 2.1.0, {today.day} {today:%B %Y}"
    assert counted.startswith("1 chapters with 1 exercises, on 1 pages; the PDF 1.2 MB, the EPUB 0.4 MB, *Run this")
    assert [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]] == [
        ["test", "green", "0.0", "3 passed"], ["wheels", "green", "0.0", "fine \\| so far"]]
    said = capsys.readouterr().out
    for command in ('commit -am "nnlib 2.1.0"', "tag -a v2.1.0", "push origin HEAD v2.1.0"):
        assert f"\n    git {command}" in said
    assert release.git("tag") == "" and len(release.git("status", "--porcelain").splitlines()) == 3
    commit()
    assert "CHANGELOG.md has a section" in release.refusals("2.1.0")[0]


def test_a_date_is_replaced(repo, monkeypatch):
    spoil("CITATION.cff", "version: 2.0.0\n", "version: 2.0.0\ndate-released: 2020-01-01\n")(repo)
    use(monkeypatch, test=says(OVER))
    release.release("2.1.0")
    assert (repo / "CITATION.cff").read_text().count("date-released") == 1


def test_a_red_target_stops_none_of_the_others_but_the_stamps(repo, monkeypatch, capsys):
    red = "___ test_one ___\n___ test_two ___\n=== 2 failed, 7 passed in 1.0s ===\nmake: *** [Makefile:1: test] Error 1"
    use(monkeypatch, test=says(red, 2), none=Target(("no-such-program",), release.COUNT), bench=says("fast"))
    assert release.release("2.1.0") == 1
    assert ran(repo) == ["anew", "anew"]
    assert release.git("status", "--porcelain") == ""
    rows = capsys.readouterr().out.partition("---")[2].splitlines()[1:4]
    assert [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows] == [
        ["test", "red", "0.0", "2 failed, 7 passed, the first: test_one"],
        ["none", "red", "0.0", "no-such-program: No such file or directory"], ["bench", "green", "0.0", "fast"]]


def test_what_is_green_for_this_commit_is_not_run_again(repo, monkeypatch):
    targets = {"test": says(OVER), "live": says("red", 1), "bench": says("fast")}
    use(monkeypatch, **targets)
    assert release.release("2.1.0", only=["live"]) == 1 and ran(repo) == ["anew"]
    assert release.release("2.1.0") == 1 and ran(repo) == ["anew"] * 4
    use(monkeypatch, **targets | {"live": says(OVER)})
    commit()
    assert release.release("2.1.0") == 0 and ran(repo) == ["anew"] * 7, "another commit: all of them"


def test_what_was_broken_off_goes_on_and_what_was_red_begins_anew(repo, monkeypatch):
    targets = {"test": says(OVER), "live": says("red", 1)}
    use(monkeypatch, **targets)

    def stop(name, *_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(release, "run", stop)
        release.release("2.1.0")
    release.release("2.1.0")
    release.release("2.1.0")
    assert ran(repo) == ["goes on", "anew", "anew"]


def test_a_target_that_changes_the_tree_is_red(repo, monkeypatch, capsys):
    use(monkeypatch, test=Target((sys.executable, "-c", "open('new.txt', 'w')"), release.COUNT))
    assert release.release("2.1.0") == 1
    assert "the tree is no longer clean: ?? new.txt" in capsys.readouterr().out


def test_one_line_says_why_a_target_is_red():
    assert release.why("a\nerror: no wheels\nmake: *** [Makefile:9: wheels] Error 1\n") == "error: no wheels"
    assert release.why("make: *** No rule to make target 'it'.") == "make: *** No rule to make target 'it'."
    assert release.why("\n") == "it said nothing"
    assert release.why("1 of 9 mutants\r2 of 9 mutants") == "2 of 9 mutants"


LOGS = {  # the lines that the targets print
    "test": ("=== 7 passed, 1 skipped in 481.10s (0:08:01) ===\n", "7 passed, 1 skipped"),
    "live": ("=== 99 passed in 1800.00s (0:30:00) ===\n", "99 passed"),
    "pdf": ("400 pages after 30 s\n412 pages after 60 s\n/x/book.pdf: 9.1 MB\n", "412 pages"),
    "lighthouse": (lighthouse.verdict({"a": [94, 100, 100, 92], "b": [95, 96, 100, 100]})[0] + "\n",
                   "the lowest: 94 fast, 96 access, 100 practices, 92 seo"),
    "epub": ("/x/book.epub: 5.2 MB\n", "5.2 MB"),
    "bench": ("   32  nnlib            0.510     1.00x\n  128  nnlib            0.360     1.00x  0.75x\n",
              "nnlib 0.360 s an epoch in batches of 128"),
    "mutants": ("all                  1650     50  97.1%\n9 of the killed took more\n", "97.1% noticed"),
}


@pytest.mark.parametrize("name", LOGS)
def test_what_a_green_target_says_is_quoted(name):
    log, said = LOGS[name]
    assert release.quoted(log, TARGETS[name]) == said


def test_a_page_below_the_goal_is_named():
    said, below = lighthouse.verdict({"a": [89, 100, 100, 100], "b": [90, 90, 90, 90]})
    assert (said, below) == ("the lowest: 89 fast, 90 access, 90 practices, 90 seo; below 90: a", ["a"])


def test_what_is_run_is_there_and_what_may_be_skipped_elsewhere_is_not():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in TARGETS.values():
        program, name = target.command
        assert re.search(f"(?m)^{name}:", makefile) if program == "make" else (ROOT / name).exists()
    continuous = set(re.findall(r"export (\w+)=(?:1|required)", (ROOT / ".ci" / "run").read_text(encoding="utf-8")))
    assert continuous == set(release.NOTHING_SKIPPED)
    assert [path for path, places in release.STAMPS.items() for place in places
            if not place.startswith("^## Unreleased")
            and len(re.findall(place, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)) != 1] == []


def test_make_mutants_breaks_every_module_but_those_it_names():
    text = (ROOT / "tools" / "mutants.py").read_text(encoding="utf-8")
    lists = dict(re.findall(r'^(MODULES|PACKAGE) = "+([^"]+)"', text, re.MULTILINE))
    broken = {*lists["MODULES"].split(), *lists["PACKAGE"].split()}
    spared = set(re.findall(r'"(\w+)"', re.search("NOT_BROKEN = {(.*)}", text)[1]))
    modules = [*(ROOT / "nnlib").glob("*.py"), *(ROOT / "nnlib" / "reproducibility").glob("*.py")]
    assert broken | spared == {path.stem for path in modules} - {"__init__"} and not broken & spared


def test_it_needs_the_standard_library_alone():
    code = "import sys; sys.path.insert(0, 'tools'); import release; print(release.main.__name__)"
    assert subprocess.check_output([sys.executable, "-IS", "-c", code], cwd=ROOT, text=True) == "main\n"
