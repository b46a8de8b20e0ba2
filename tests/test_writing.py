"""The rules that chapters are written by: readers know what is used, see what is claimed, and Jupyter shows it all.

A notebook that still breaks a rule stands in not_yet.txt, with the rule's name; once it keeps it, it has to go there.
"""

import ast
import builtins
import json
import re
import symtable

import idioms
import pytest
from notebooks import CHAPTERS, ROOT, read, text

NOTEBOOKS = sorted(CHAPTERS.glob("*.ipynb"))
HIDDEN = {"setup", "remove-cell", "remove-input", "hide-input"}  # a solution, tag hide-cell, is there to be read
WIDTH = 76
NOT_YET = {
    tuple(line.split()) for line in (ROOT / "tests" / "not_yet.txt").read_text(encoding="utf-8").splitlines() if line
}
# Numbers that no cell prints, each with the chapter (or * for all) and where it comes from.
KNOWN = {
    tuple(line.split()[:2])
    for line in (ROOT / "tests" / "known_numbers.txt").read_text(encoding="utf-8").splitlines()
    if len(line.split()) > 2
}


def cells(path, kind):
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == kind]


def codes(path, visible=True):
    """The number and the source of every code cell, or of those whose code the page shows."""
    for number, cell in enumerate(cells(path, "code"), 1):
        tags = set(cell["metadata"].get("tags", []))
        if "setup" not in tags and not (visible and HIDDEN & tags):
            yield number, text(cell["source"])


def slug(path):
    return re.sub(r"^\d+-", "", path.stem)


def asserts_without_a_message(path):
    """An assert that fails tells its reader what is probably wrong."""
    for number, source in codes(path, visible=False):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Assert) and not node.msg:
                yield f"code cell {number}: {ast.unparse(node)}"


def hidden_cells(path):
    """A cell that is not on the page at all shows its readers in Jupyter what others do not see."""
    for number, cell in enumerate(cells(path, "code"), 1):
        if "remove-cell" in (tags := cell["metadata"].get("tags", [])) and "setup" not in tags:
            yield f"code cell {number}: remove-cell"


MYST = re.compile(
    r"\{[\w:+-]+\}`[^`]*`?|^[ >]*(?:```+|~~~+) *\{.*|^[ >]*:{3,}.*|^\([\w-]+\)= *$|^\+\+\+.*|^: .*"
    r"|\[\^[^\]]+\]|\{\{.*?\}\}|\$\$ *\([a-z]+-[\w-]+\)",
    re.MULTILINE,
)
DISPLAYED = re.compile(r"(\S\n)?\$\$[^$]*\$\$")  # on the page, a formula that touches the text above is a line of it


def syntax_that_jupyter_does_not_render(path):
    """Markdown that Jupyter shows as it shows on the page: no roles, directives, labels, footnotes."""
    for cell in cells(path, "markdown"):
        yield from (found[0] for found in MYST.finditer(text(cell["source"])))
        yield from (found[0] for found in DISPLAYED.finditer(text(cell["source"])) if found[1])


def lines_that_are_too_wide(path):
    """A phone shows 76 characters, if it is turned."""
    for number, source in codes(path):
        yield from (f"code cell {number}: {line}" for line in source.splitlines() if len(line) > WIDTH)


def names_from_nowhere(path):
    """What a visible cell uses, a visible cell of the same notebook has imported or defined."""
    tables = [(number, symtable.symtable(source, "cell", "exec")) for number, source in codes(path)]
    defined = {*dir(builtins), "display", "__name__"}
    everything = defined | {name for _, table in tables for name in bound(table)}
    for number, table in tables:
        inner = {name for child in table.get_children() for name in wanted(child)}
        defined |= bound(table)
        missing = (wanted(table, deep=False) - defined) | (inner - everything)
        yield from (f"code cell {number}: {name}" for name in sorted(missing))


def bound(table):
    """The names that a cell defines or imports."""
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}


def wanted(table, deep=True):
    """The names that a piece of code takes from the notebook."""
    outside = table.get_type() == "module"
    symbols = [symbol for symbol in table.get_symbols() if symbol.is_referenced()]
    names = {symbol.get_name() for symbol in symbols if outside or symbol.is_global()}
    return names.union(*(wanted(child) for child in table.get_children())) if deep else names


def idioms_before_their_time(path):
    """Visible code uses what this chapter or an earlier one has introduced: idioms.py."""
    if path.stem[:2].isdigit() and slug(path) not in idioms.ORDER:
        yield f"{slug(path)} is not in ORDER of tests/idioms.py"
    elif slug(path) in idioms.ORDER:
        known = idioms.known_in(slug(path))
        for number, source in codes(path):
            yield from (f"code cell {number}: {idiom}" for idiom in sorted(idioms.used(ast.parse(source)) - known))


NUMBER = re.compile(r"(?<![\w.,^])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?!\w|\.\d|,\d{3})")
# What is no claim about a result: code, sources and links, powers, years, and numbers that only name something.
NAMES = re.compile(
    r"```.*?```|<!--.*?-->|<[^>\n]*>|`[^`\n]*`|\[(?:\d[^\]\n]*\]\(|[^\]\n]*\]\(references\.md)[^)\n]*\)|\]\([^)\n]*\)"
    r"|https?://\S+|\*(?:★+ · )?\d+ minutes · [^*]*\*|^#+ \d+\.|[\^_]\{[^}]*\}|[\^_]-?\d+|\bSHA-256"
    r"|\b(?:1[6-9]|20)\d\d\b(?![.,]\d)"
    r"|(?i:\b(?:chapter|figure|exercise|part|page|step|cell|python|numpy|matplotlib|version|volume|row|pixel)s?"
    r" \d[\d.]*(?:(?:,| and| or| to|–) \d[\d.]*)*)",
    re.DOTALL | re.MULTILINE,
)


def claims(path):
    """What the text of a notebook claims in numbers."""
    for cell in cells(path, "markdown"):
        yield from claims_of(text(cell["source"]))


def claims_of(source):
    """Every number of two or more digits that is not the name of something, and what stands around it."""
    plain = source.replace("{,}", ",").replace(r"\,", "").replace(r"\%", "%")
    prose = NAMES.sub(" ; ", re.sub(r"`(\d[\d.,]*)`", r"\1", plain))
    for found in NUMBER.finditer(prose):
        digits = found[1].replace(",", "")
        significant = digits.replace(".", "").lstrip("0") if "." in digits else digits.strip("0")
        if len(significant) > 1:
            yield found[1], prose[max(0, found.start() - 40) : found.start()], prose[found.end() :][:25]


def numbers_that_no_cell_shows(path):
    """A number in the text stands, so rounded or cut off, in an output or in code; or in known_numbers.txt."""
    shown = set(shown_numbers(path))
    for number, before, after in claims(path):
        known = {(slug(path), number), ("*", number)} & KNOWN
        if not known and not is_shown(number, after, shown):
            yield f"{number}: ... {' '.join(f'{before}{number}{after}'.split())} ..."


def shown_numbers(path):
    """Every number in the code and the outputs, without its sign."""
    for cell in cells(path, "code"):
        parts = [text(cell["source"])]
        for output in cell["outputs"]:
            parts += [text(output.get("text", "")), text(output.get("traceback", ""))]
            parts += [text(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/")]
        page = re.sub(r"(?<=\d)_(?=\d)", "", "\n".join(parts))
        page += re.sub(r"(?<=\d),(?=\d{3}\b)", "", page)  # with and without commas between thousands
        yield from map(float, re.findall(r"\d+\.?\d*(?:e[-+]?\d+)?", page))


def is_shown(number, after, shown):
    """Whether a number of the text, with what follows it, is one of those that cells show, rounded or cut off."""
    digits = number.replace(",", "")
    last = len(digits.partition(".")[2]) or len(digits.rstrip("0")) - len(digits)  # place of the last digit that counts
    scales = [1.0]
    for words, others in ((r" ?%| percent", [0.01]), (" million", [1e6]), (" thousand", [1e3])):
        scales += others if re.match(words, after) else []
    if re.match(r" ?(?:\\cdot|\\times|×|·) ?10 ;", after):  # times a power of ten, which is not looked at
        scales = [10.0**n for n in range(-20, 21)]
    unit = 10.0**-last
    return any(-0.5001 <= (x / scale - float(digits)) / unit < 1 for x in shown for scale in scales)


RULES = {
    "asserts": asserts_without_a_message,
    "hidden": hidden_cells,
    "syntax": syntax_that_jupyter_does_not_render,
    "width": lines_that_are_too_wide,
    "names": names_from_nowhere,
    "idioms": idioms_before_their_time,
    "numbers": numbers_that_no_cell_shows,
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", RULES)
def test_keeps_the_rule(rule, path):
    problems = list(RULES[rule](path))
    if (path.stem, rule) in NOT_YET:
        assert problems, f"it does now: take '{path.stem} {rule}' out of tests/not_yet.txt"
    else:
        assert not problems, "\n".join([RULES[rule].__doc__, *problems])


def test_a_chapter_without_its_place_in_the_order_is_told(tmp_path):
    path = store(tmp_path, *HONEST).rename(tmp_path / "99-new.ipynb")
    assert list(idioms_before_their_time(path)) == ["new is not in ORDER of tests/idioms.py"]


def test_every_idiom_is_introduced_at_most_once():
    introduced = [idiom.strip() for names in idioms.INTRODUCED.values() for idiom in names.split(";")]
    assert sorted(introduced) == sorted(set(introduced) & set(idioms.DETECTORS))
    assert set(idioms.INTRODUCED) <= set(idioms.ORDER)


def code(source, *tags, printed=""):
    output = {"output_type": "stream", "name": "stdout", "text": printed}
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source, "outputs": [output]}


def prose(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


BROKEN = [
    ("asserts", code("assert 1 < 2"), "code cell 1: assert 1 < 2"),
    ("hidden", code("x = 1", "remove-cell"), "code cell 1: remove-cell"),
    ("syntax", prose("A {term}`neuron`."), "{term}`neuron`"),
    ("syntax", prose(":::{note}\nlook\n:::"), ":::{note}"),
    ("syntax", prose("```{note}\nlook\n```"), "```{note}"),
    ("syntax", prose("(here)=\n## Here"), "(here)="),
    ("syntax", prose("$$\nx\n$$ (eq-x)"), "$$ (eq-x)"),
    ("syntax", prose("$$\nx\n$$\n\nMultiply:\n$$\ny\n$$"), ":\n$$\ny"),
    ("width", code("x = 1  # " + "x" * 70), "code cell 1: x = 1  # "),
    ("names", code("plots.spiral(1)"), "code cell 1: plots"),
    ("names", code("def f(a):\n    return a + b"), "code cell 1: b"),
    ("names", code("y = [x for x in xs]"), "code cell 1: xs"),
    ("idioms", code("x = [[0, 1]]\ny = x[:, None]"), "code cell 1: X[:, None]"),
    ("idioms", code("isinstance(1, int)"), "code cell 1: isinstance"),
    ("numbers", prose("The loss falls to 0.46."), "0.46: ... The loss falls to 0.46. ..."),
    ("numbers", prose("It is 0.451."), "0.451: ... It is 0.451. ..."),
    ("numbers", prose("All of 12,346 points"), "12,346: ... All of 12,346 points ..."),
    ("numbers", prose("So 46 % are right."), "46: ... So 46 % are right. ..."),
    ("numbers", prose("It is $\\ln 3 = 1.0987$."), "1.0987: ... It is $\\ln 3 = 1.0987$. ..."),
]
HONEST = [
    code("import math\nx = 3\nf = math.log\nassert f(x) > 1, 'run all'", printed="0.45203 12345 1.0986"),
    code("def g(x):\n    return h(x)\ndef h(x):\n    y = x\n    return [y + z for z in (x,)]"),
    prose("0.452, 0.45, 45 %, about 12,000 (12,345 or 12345), chapter 12, [13. Next](13-next.ipynb), `x[14]`, 1.1."),
    prose("In 1957 ([He et al., 2015](references.md#he2015)) 2-128-10 in 64 bits, $e^{-17}$, $x_{15}$, 2.718"),
    prose("[neuron](glossary.md#neuron) $$x$$ <details>\n\n- a: b\n\n```python\nx = {1: 2}\n```\n\n</details>"),
    code("# 2, 128, 10, 64"),
]


def store(folder, *cells):
    path = folder / "03-dot-product.ipynb"
    path.write_text(json.dumps({"cells": list(cells)}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("rule", "cell", "problem"), BROKEN, ids=[f"{case[0]}-{case[2]}" for case in BROKEN])
def test_a_broken_rule_is_noticed(rule, cell, problem, tmp_path):
    found = list(RULES[rule](store(tmp_path, cell, code("", printed="0.45203 12345 1.0986"))))
    assert found and found[0].startswith(problem), found


@pytest.mark.parametrize("rule", RULES)
def test_an_honest_notebook_breaks_no_rule(rule, tmp_path):
    assert list(RULES[rule](store(tmp_path, *HONEST))) == []
