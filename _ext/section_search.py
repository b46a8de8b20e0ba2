"""Search by section: what a reader types leads to a heading, a word of the glossary, a name of the library.

Sphinx' own search ranks whole pages, and from a disk it can show no line of them. Here every section is an entry with
its text. MiniSearch, in search/, ranks them; a page loads it, with the entries, once a reader opens the search.

What is folded on a page is left out, so that no result gives an answer away, and so is what a chapter says twice.
"""

import json
import re
import shutil
import unicodedata
from collections import Counter
from hashlib import sha256
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

HERE = Path(__file__).parent / "search"
FOLDER = "_static/search"
MINISEARCH = HERE / "minisearch.js"  # `dist/umd/index.js` of npm's package `minisearch` 7.2.0, as it is
REPEATS = {"What you can do now", "Exercises", "Next"}  # headings under which a chapter says nothing of its own
LISTS = {"chapters/exercises"}  # pages made of headings that stand elsewhere
COPIES = {"chapters/sheets"}  # and of what chapters say: such a page is found by its title alone
LEFT_OUT = {"tag_hide-cell", "tag_solution", "tag_exercise", "tag_setup"}
FOLDS = {"tag_hide-input": "cell_code_source", "tag_hide-output": "cell_code_output"}  # what of a cell is folded
EVERYWHERE = 40  # a name in the code of so many sections leads to none
NAME = re.compile(r"[A-Za-z_][\w.]*[A-Za-z_]\w*")
NOT_CODE = re.compile(r"#.*|\"[^\"\n]*\"|'[^'\n]*'")
SIGNS = {"cdot": "·", "times": "×", "partial": "∂", "infty": "∞", "le": "≤", "ge": "≥", "approx": "≈", "to": "→",
         "top": "T", "exp": "exp", "log": "log", "ln": "ln", "max": "max", "quad": " "}  # fmt: skip
# In apostrophes, for light_pages looks for style rules in scripts whose address stands in quotation marks.
LOAD = """<script>{{
  let asked = false;
  const load = () => asked ||= !document.head.append(
    Object.assign(document.createElement("link"), {{ rel: "stylesheet", href: '{style}' }}),
    Object.assign(document.createElement("script"), {{ src: '{script}' }}));
  addEventListener("focusin", ({{ target }}) => target.matches("dialog [name=q]") && load());
  addEventListener("input", ({{ target }}) => target.matches("[name=q]") && load());
  if ({asked}) load();
}}</script>"""


def entries(env):
    """Return what can be found, by page and anchor, in the order of the book.

    A section that the glossary names as the place where a word is explained is to be found by that word, too.
    """
    found = {}
    for page in in_order(env):
        for entry in entries_of(env.get_doctree(page), page):
            found.setdefault((page, entry["at"]), entry)
    for entry in list(found.values()):
        if place := found.get(entry.pop("told", None)):
            place["words"] = ", ".join(filter(None, [place.get("words"), entry["title"]]))
    often = Counter(name for entry in found.values() for name in entry.get("code", ()))
    for entry in found.values():
        if "code" in entry:
            entry["code"] = " ".join(name for name in entry["code"] if often[name] < EVERYWHERE)
    return found


def in_order(env):
    """Return the names of the pages as the contents list them."""
    pages = [env.config.root_doc]
    for page in pages:
        pages += [name for name in env.toctree_includes.get(page, ()) if name not in pages]
    return [page for page in pages if page in env.found_docs]


def entries_of(doctree, page):
    for section in doctree.findall(nodes.section):
        heading = section.next_node(nodes.title).astext()
        own = [part for part in section.children[1:] if not isinstance(part, nodes.section)]
        terms = [part for part in own if isinstance(part, nodes.paragraph) and anchors(part)]
        at = "" if section.parent is doctree else section["ids"][-1]
        if not terms and not (at and (heading in REPEATS or page in COPIES)):
            said = [] if page in LISTS else list(unfolded(own))
            entry = {"at": at, "title": heading, "text": text_of(said)}
            if re.match(r"Exercise \d", heading):
                yield {"kind": "exercise"} | entry
            elif any(part.next_node(addnodes.desc) for part in own):  # a part of the list of all names
                yield {"kind": "name"} | entry
            else:
                cells = [part for part in own if not (LEFT_OUT | {"tag_hide-input"}) & set(part.get("classes", ()))]
                blocks = [block for cell in cells for block in cell.findall(nodes.literal_block)]
                yield {"kind": "section"} | entry | {"code": names_in(blocks), "errors": errors_in(blocks)}
        yield from map(word, terms)
        for part in own:
            yield from filter(None, map(described, part.findall(addnodes.desc)))


def anchors(paragraph):
    return [part["ids"][0] for part in paragraph.findall(nodes.target) if "anchor" in part["classes"]]


def word(paragraph):
    """A word of the glossary, and the first of the places where the book tells of it."""
    links = (link for link in paragraph.findall(addnodes.pending_xref) if link["reftarget"].startswith("chapters/"))
    told = [(link["reftarget"], link["reftargetid"] if isinstance(link["reftargetid"], str) else "") for link in links]
    name = paragraph.next_node(nodes.strong)
    definition = text_of(paragraph.children[paragraph.index(name) + 1 :], "")
    return {"kind": "word", "at": anchors(paragraph)[0], "title": name.astext(),
            "text": re.sub(r" ?See also .*", "", definition), "told": next(iter(told), None)}  # fmt: skip


def described(name):
    """A name of the library with the first paragraph of its docstring; None, if it has no docstring."""
    signature, content = name.next_node(addnodes.desc_signature), name.next_node(addnodes.desc_content)
    paragraphs = (part for part in content.children if isinstance(part, nodes.paragraph))
    first = next((part for part in paragraphs if not part.astext().startswith("Bases: ")), None)
    if first is None or not signature["ids"]:
        return None
    return {"kind": "name", "at": signature["ids"][0], "title": signature["fullname"], "text": text_of([first])}


def unfolded(parts):
    """Yield what the page shows before anything is opened."""
    deep = 0
    for part in parts:
        if isinstance(part, nodes.raw):
            deep += part.astext().count("<details") - part.astext().count("</details")
        elif not deep and not LEFT_OUT & set(part.get("classes", ())):
            folded = {FOLDS.get(tag) for tag in part.get("classes", ())} - {None}
            yield from [half for half in part if half["nb_element"] not in folded] if folded else [part]


def text_of(parts, between=" "):
    return " ".join(between.join(map(plain, parts)).split())


def plain(part):
    """The words of a part of the page: of code what stands in the text, of outputs the figures' captions."""
    if isinstance(part, nodes.Text):
        return part.astext()
    if isinstance(part, nodes.math):
        return formula(part.astext())
    if isinstance(part, nodes.literal_block):
        return ""
    if isinstance(part, (nodes.raw, nodes.comment, nodes.image, nodes.math_block, addnodes.desc, addnodes.index)):
        return ""
    inline = isinstance(part, (nodes.Inline, nodes.TextElement))
    return ("" if inline else " ").join(map(plain, part.children))


def formula(tex):
    """A short formula as one would type it; an ellipsis for one that takes more than a line."""
    tex = re.sub(r"\\(?:boldsymbol|mathbf|mathrm|text|operatorname)\b", "", tex)
    tex = re.sub(r"\\([a-zA-Z]+)", lambda name: SIGNS.get(name[1]) or greek(name[1]), tex)
    return "…" if "\\" in tex or "^{" in tex else re.sub(r"[{}]", "", tex)


def greek(name):
    try:
        return unicodedata.lookup(f"GREEK {'CAPITAL' if name[0].isupper() else 'SMALL'} LETTER {name}")
    except KeyError:
        return "\\" + name


def names_in(blocks):
    """The names in code: a reader may look for `np.maximum`."""
    code = [block.astext() for block in blocks if block.get("language") in ("ipython3", "python")]
    return list(dict.fromkeys(NAME.findall(NOT_CODE.sub("", "\n".join(code)))))


def errors_in(blocks):
    """What errors say, for that is pasted. Folded ones, too: of these the search shows only words that were typed."""
    return text_of([nodes.Text(block.astext()) for block in blocks if "traceback" in block["classes"]])


def make_script(app, env):
    """Put the script together before the pages are written, for they name it with the mark of its content."""
    book = {}
    for (page, _), entry in entries(env).items():
        book.setdefault(page, []).append({key: value for key, value in entry.items() if value})
    pages = [{"page": page, "chapter": env.titles[page].astext(), "entries": found} for page, found in book.items()]
    library = MINISEARCH.read_text(encoding="utf-8").partition("//# sourceMappingURL")[0]
    data = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    ours = (HERE / "search.js").read_text(encoding="utf-8")
    app.search_files = {"search.js": f"{library}{{\nconst BOOK = {data};\n{ours}}}\n",
                        "search.css": (HERE / "search.css").read_text(encoding="utf-8")}  # fmt: skip


def load(app, page, template, context, doctree):
    """Have the page load the search once a reader opens it; the page of results, once there is something to find."""
    style, script = (context["pathto"](f"{FOLDER}/{name}", 1) + f"?v={sha256(text.encode()).hexdigest()[:8]}"
                     for name, text in reversed(app.search_files.items()))  # fmt: skip
    asked = "/[?&]q=./.test(location.search)" if page == "search" else "false"
    context["metatags"] = context.get("metatags", "") + LOAD.format(style=style, script=script, asked=asked)


def write(app, error):
    out = Path(app.outdir, FOLDER)
    if not error and app.builder.format == "html":
        out.mkdir(parents=True, exist_ok=True)
        for name, text in app.search_files.items():
            (out / name).write_text(text, encoding="utf-8", newline="\n")
        shutil.copy(HERE / "LICENSE", out)


def replace_sphinx_search(app):
    """Spare Sphinx its own index, and write the theme's page of results all the same."""
    app.builder.search = False
    app.connect("html-collect-pages", lambda app: [("search", {}, "search.html")])


def setup(app):
    app.connect("builder-inited", replace_sphinx_search)
    app.connect("env-updated", make_script)
    app.connect("html-page-context", load)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
