"""Make a release: make release VERSION=2.1.0, of a clean tree, in a night.

Every target runs, one after the other, with a log of its own in _build/release; a red one stops none of the others, so
that one night gives the whole picture. What was green for this very commit is not run again: broken off, it goes on.
Where all are green, version and date go into pyproject.toml, CITATION.cff and, with what was counted, CHANGELOG.md. The
commit, the tag and the push stay with you: the summary wants to be read, and a tag that is out is out for good.

It runs outside the environment, which make may make anew meanwhile, so it takes the standard library alone. Names of
targets run these alone: make release VERSION=2.1.0 ONLY="test wheels".
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "_ext"))
from exercise_table import headings  # noqa: E402

COUNT = r"=+ ((?=.*passed).*) in .*=+"  # pytest's last line
NOTHING_SKIPPED = {"NNLIB_REQUIRE_MNIST": "1", "NNLIB_REQUIRE_BRIDGES": "1", "BROWSER_TESTS": "required"}


class Target(NamedTuple):
    command: tuple
    says: str                       # what is looked for in a green log, the last such line counts,
    words: str = r"\1"              # and how it is quoted
    settings: dict = {}             # environment variables
    goes_on: tuple = ()             # what is put behind the command where its last run was broken off


# The likeliest to be red come first. The pages are the same before and after the stamps: no version stands on them.
TARGETS = {
    "test": Target(("bash", ".ci/run"), COUNT),
    "wheels": Target(("make", "wheels"), r"^(wheels for .*)"),
    "pdf": Target(("make", "pdf"), r"^(\d+ pages) after"),
    "epub": Target(("make", "epub"), r"book\.epub: (.*)"),
    "live": Target(("make", "live"), COUNT, settings=NOTHING_SKIPPED | {"LIVE_BROWSERS": "required"}),
    "lighthouse": Target(("make", "lighthouse"), r"^(the lowest: .*)"),
    "bench": Target(("make", "bench"), r"^ +128 +nnlib +([\d.]+)", r"nnlib \1 s an epoch in batches of 128"),
    "machines": Target(("make", "machines"), r"^(\d+ machines.*)", r"\1", NOTHING_SKIPPED, ("ARGS=--continue",)),
    "mutants": Target(("make", "mutants"), r"^all .* ([\d.]+%)", r"\1 noticed"),
}
STAMPS = {  # file: what is replaced, once, and by what; {day} is 2026-11-25, {date} 25 November 2026
    "pyproject.toml": {r'^version = ".*"': 'version = "{version}"'},
    "CITATION.cff": {
        r"^version: .*(\ndate-released: .*)?": "version: {version}\ndate-released: {day}",
        r"^  year: \d+": "  year: {year}",
    },
    "CHANGELOG.md": {r"^## Unreleased(?:: (.+))?\n": "## {name}nnlib {version}, {date}\n\n{summary}"},
}


def git(*words):
    return subprocess.run(("git", *words), cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.strip()


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def numbers(version):
    return tuple(map(int, version.split(".")))


def refusals(version):
    """Why there can be no release, before a night is spent on it; an empty list where there can be one."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        return [f"expected a version like 2.1.0, got {version!r}: make release VERSION=2.1.0"]
    said = []
    if changed := git("status", "--porcelain"):
        said.append(f"expected a clean tree, got what is changed or new; commit it, or ignore it:\n{changed}")
    # The version in pyproject.toml may be the one to release: before the first release nothing has been tagged.
    tags = [tag[1:] for tag in git("tag", "--list", "v*").split() if re.fullmatch(r"v\d+\.\d+\.\d+", tag)]
    newest = max(tags, key=numbers, default=None)
    now = re.search(r'(?m)^version = "(.*)"', read("pyproject.toml"))[1]
    if newest and numbers(version) <= numbers(newest):
        said.append(f"expected a version above {newest}, which has a tag, got {version}")
    elif numbers(version) < numbers(now):
        said.append(f"expected {now}, which pyproject.toml has, or a version above, got {version}")
    if f"nnlib {version}" in read("CHANGELOG.md"):
        said.append(f"CHANGELOG.md has a section on nnlib {version} already")
    for name, stamps in STAMPS.items():
        for place in stamps:
            if (found := len(re.findall(place, read(name), re.MULTILINE))) != 1:
                said.append(f"expected one line like {place} in {name}, found {found}")
    return said


def run(name, target, goes_on=False):
    """Run a target with its output in a log; return whether it is green, its minutes, and what it says."""
    log, start = ROOT / "_build" / "release" / f"{name}.log", time.monotonic()
    command = [*target.command, *(target.goes_on if goes_on else ())]
    with log.open("a" if goes_on else "w", encoding="utf-8") as file:
        try:
            done = subprocess.run(command, cwd=ROOT, env=os.environ | target.settings, stdin=subprocess.DEVNULL,
                                  stdout=file, stderr=subprocess.STDOUT).returncode
        except OSError as error:
            file.write(f"{command[0]}: {error.strerror}\n")
            done = 127
    text = re.sub(r"\x1b\[[\d;]*m", "", log.read_text(encoding="utf-8", errors="replace"))
    said = why(text) if done else quoted(text, target)
    if changed := git("status", "--porcelain"):
        done, said = 1, f"the tree is no longer clean: {changed.splitlines()[0]}"
    return {"green": not done, "minutes": round((time.monotonic() - start) / 60, 1), "said": said[:200]}


def quoted(text, target):
    """What a green target says, else the last line."""
    found = list(re.finditer(target.says, text, re.MULTILINE))
    return " ".join(found[-1].expand(target.words).split()) if found else last_line(text)


def why(text):
    """One line on why a target is red: pytest's count and the first that failed, else the last line."""
    count = re.findall(r"=+ ((?=.*(?:failed|error)).*) in .*=+", text)
    first = re.search(r"^_{3,} (.+?) _{3,}$", text, re.MULTILINE)
    return f"{count[-1]}, the first: {first[1]}" if count and first else last_line(text)


def last_line(text):
    """The last line that says something, which make's own does where there is no other."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    return next((line for line in reversed(lines) if not line.startswith("make")), lines[-1])


def table(results):
    """The results as a Markdown table that reads as plain text, too."""
    lines = [["target", "", "minutes", "what it said"], ["---"] * 4]
    for name, result in results.items():
        state = {True: "green", False: "red", None: "not run"}[result.get("green")]
        lines.append([name, state, str(result.get("minutes", "")), result.get("said", "").replace("|", "\\|")])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)


def summary(results):
    """What CHANGELOG.md says of the book in numbers, and of what each target said."""
    book, chapters = ROOT / "_build" / "html", ROOT / "chapters"
    sizes = [f"the {kind.upper()} {(book / f'book.{kind}').stat().st_size / 1e6:.1f} MB" for kind in ("pdf", "epub")]
    # on their way through a server that compresses, as one of static pages does
    live = sum(len(gzip.compress(path.read_bytes(), 6)) for path in book.glob("live/*.js")) / 1e6
    written, exercises = len(list(chapters.glob("[0-9][0-9]-*.ipynb"))), len(list(headings(chapters)))
    return (f"{written} chapters with {exercises} exercises, on {len(list(book.glob('chapters/*.html')))} pages; "
            f"{', '.join(sizes)}, *Run this page* {live:.0f} MB. Before it went out:\n\n{table(results)}\n")


def stamp(version, today, results):
    """Write version and date wherever they stand; all places have been found before."""
    words = {"version": version, "day": today.isoformat(), "year": today.year, "summary": summary(results),
             "date": f"{today.day} {today:%B %Y}"}
    for name, stamps in STAMPS.items():
        text = read(name)
        for place, new in stamps.items():
            match = re.search(place, text, re.MULTILINE)
            kept = f"{match[1]}, " if name == "CHANGELOG.md" and match[1] else ""
            text = text[: match.start()] + new.format(**words, name=kept) + text[match.end() :]
        (ROOT / name).write_text(text, encoding="utf-8", newline="\n")


def release(version, only=()):
    """Run what is not green yet; stamp if all are; return the exit code."""
    if said := refusals(version):
        print("\n".join(said))
        return 2
    folder, commit = ROOT / "_build" / "release", git("rev-parse", "HEAD")
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "results.json"
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    found = before.get("targets", {}) if before.get("commit") == commit else {}
    results = {name: found.get(name, {}) for name in TARGETS}

    def keep(name, result):
        results[name] = result
        kept.write_text(json.dumps({"commit": commit, "targets": results}, indent=1), encoding="utf-8")

    for name, target in TARGETS.items():
        if results[name].get("green") or name not in (only or TARGETS):
            continue
        print(f"{name}: {' '.join(target.command)} > {folder.relative_to(ROOT) / name}.log", flush=True)
        broken_off = "begun" in results[name]
        keep(name, {"begun": True})
        keep(name, run(name, target, broken_off))
    print(f"\n{commit[:10]}\n\n{table(results)}\n")
    if not all(result.get("green") for result in results.values()):
        print("Not all are green: nothing is stamped. The logs are in _build/release.")
        return 1
    stamp(version, date.today(), results)
    print(f"All are green, and {', '.join(STAMPS)} stamped. Read the summary in CHANGELOG.md (git diff), then:\n\n"
          f'    git commit -am "nnlib {version}"\n    git tag -a v{version} -m "nnlib {version}"\n'
          f"    git push origin HEAD v{version}\n\n"
          "_build/html/book.pdf and book.epub are of this book; make publishes nothing.")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("version", help="like 2.1.0")
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=(), metavar="TARGET", help="run these now")
    arguments = parser.parse_args()
    sys.exit(release(arguments.version, arguments.only))


if __name__ == "__main__":
    main()
