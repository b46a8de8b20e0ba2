"""Typeset every formula when the book is built: with KaTeX, in HTML for the eye and MathML for the ear.

KaTeX is `dist/katex.min.js` of npm's package `katex` 0.19.1. V8 runs it, inside PyPI's mini-racer.
"""

import atexit
from functools import cache
from pathlib import Path

from docutils.nodes import SkipNode
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.util.logging import getLogger
from sphinx.util.math import get_node_equation_number

KATEX = Path(__file__).with_name("katex") / "katex.min.js"
STRICT = {"throwOnError": True, "strict": "error"}  # whatever is not LaTeX is an error, not red letters


@cache
def engine():
    """Return the JavaScript engine with KaTeX loaded; a process needs one."""
    engine = MiniRacer()
    atexit.register(engine.close)  # left to itself, it never ends
    engine.eval(KATEX.read_text(encoding="utf-8"))
    return engine


@cache
def typeset(formula, display=False):
    """Return the formula's HTML; raise ValueError where LaTeX would complain."""
    try:
        return engine().call("katex.renderToString", formula, STRICT | {"displayMode": display})
    except JSEvalException as error:
        reason = next(line for line in str(error).splitlines() if "KaTeX parse error" in line)
        raise ValueError(reason.strip()) from None


def aligned(formula):
    """Return the formula with its lines in an environment that has lines, as Sphinx does for MathJax."""
    paragraphs = [part.strip() for part in formula.split("\n\n") if part.strip()]
    formula = r" \\ ".join(paragraphs)
    return rf"\begin{{aligned}}{formula}\end{{aligned}}" if r"\\" in formula else formula


def write(page, node, formula, display=False):
    """Add the typeset formula to the page, or warn with the page's name and the formula: a warning fails the build."""
    try:
        page.body.append(typeset(formula, display))
    except ValueError as error:
        getLogger(__name__).warning("%s in the formula %s", error, formula, location=node)


def visit_inline(page, node):
    page.body.append(page.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    write(page, node, node.astext())
    page.body.append("</span>")
    raise SkipNode


def visit_block(page, node):
    page.body.append(page.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        page.body.append(f'<span class="eqno">({get_node_equation_number(page, node)})')
        page.add_permalink_ref(node, "Link to this equation")
        page.body.append("</span>")
    write(page, node, node.astext() if node["nowrap"] else aligned(node.astext()), display=True)
    page.body.append("</div>\n")
    raise SkipNode


def setup(app):
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
