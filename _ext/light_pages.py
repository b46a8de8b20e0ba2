"""Send each page what it uses and nothing else.

One style sheet with the rules in use, scripts that wait until the page is seen, pictures with sizes.
"""

import json
import posixpath
import re
from hashlib import sha256
from pathlib import Path

import imagesize
import tinycss2

SHEET = "_static/book.min.css"
LINK = re.compile(r'\s*<link rel="stylesheet"[^>]*href="([^"]*?)(_static/[^"?]+\.css)[^"]*"[^>]*>')
SCRIPT = re.compile(r'\s*<script src="([^"]*?([\w.-]+\.js)[^"]*)"></script>')
AFTERWARDS = """<script>
  requestAnimationFrame(() => setTimeout(() => {{
    const scripts = {sources}.map((src) => Object.assign(document.createElement("script"), {{ src, async: false }}));
    scripts.at(-1).onload = () => {{ document.documentElement.dataset.scripts = "here"; }};
    document.head.append(...scripts);
  }}));
</script>
"""
SEARCH = {"searchtools.js", "language_data.js", "searchindex.js"}  # of Sphinx: section_search brings its own
COPY = {"clipboard.min.js", "copybutton.js"}
BOOTSTRAP = {"bootstrap.js"}  # 81 KB for menus that open and a table of contents that follows: book.js does both
OPTIONS = re.compile(r"\s*<script>DOCUMENTATION_OPTIONS\.(pagename|search_as_you_type) = [^<]*</script>")
THEME = 'localStorage.getItem("theme") || "auto"'  # until the theme's script has looked: the page would change colour
KNOWN_THEME = """{ light: "light", dark: "dark" }[document.documentElement.dataset.mode]
      || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")"""
FONTS = ("fonts/source-serif-4-latin-wght-normal.woff2",)
LINK_TO_FONT = '<link rel="preload" as="font" type="font/woff2" crossorigin href="{root}_static/{font}">'
UNUSED = re.compile("@charset|@keyframes fa-|.*Font ?Awesome", re.DOTALL)
IMAGE = re.compile(r'<img\b[^>]*\bsrc="([^"]*)"[^>]*>')


def lighten(app):
    """Have every page pass through `rewrite` on its way to the disk."""
    app.sheets = {}
    if app.builder.format != "html":
        return
    render = app.builder.templates.render

    def write(template, context):
        return rewrite(app, render(template, context))

    app.builder.templates.render = write


def rewrite(app, html):
    """Return the page with its own scripts after the first paint, and with sizes for its pictures."""
    if "</html>" not in html:
        return html
    app.sheets |= {sheet: None for _, sheet in LINK.findall(html) if sheet != SHEET}
    unused = BOOTSTRAP | SEARCH | (set() if "<pre" in html else COPY)
    sources = [source for source, name in SCRIPT.findall(html) if name not in unused]
    html = SCRIPT.sub("", html).replace("</body>", AFTERWARDS.format(sources=json.dumps(sources)) + "</body>")
    html = html.replace("</title>", "</title>" + preload(html), 1)
    html = html.replace('data-theme="auto"', 'data-theme="light"').replace(THEME, KNOWN_THEME)
    html = OPTIONS.sub("", html)  # read by the version switcher and the search while typing: not here
    return add_sizes(app, html)


def preload(html):
    """Return the script that asks for the page's typefaces early; from a disk a browser may not, and would complain."""
    root = LINK.search(html)[1]
    links = "".join(LINK_TO_FONT.format(root=root, font=font) for font in FONTS)
    return f"<script>if (location.protocol != 'file:') document.write('{links}')</script>"


def add_sizes(app, html):
    """Return the page with each picture's width and height; those of the text wait until they are near."""
    files = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}
    text = html.find("<article")

    def attributes(tag):
        name = tag[1].rpartition("/")[2].partition("?")[0]
        file = files.get(name, Path(app.srcdir, "_static", name))
        if not file.exists() or "width=" in tag[0]:
            return tag[0]
        width, height = imagesize.get(file)
        if width < 0:  # a drawing without a size of its own
            return tag[0]
        lazy = ' loading="lazy" decoding="async"' if tag.start() > text else ""
        return f'<img width="{width}" height="{height}"{lazy}' + tag[0][4:]

    return IMAGE.sub(attributes, html)


def bundle(app, error):
    """Write the one style sheet and have every page link to it."""
    if error or not app.sheets:
        return
    out = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf-8") for path in out.rglob("*.html") if "_static" not in path.parts}
    scripts = [path.read_text(encoding="utf-8") for path in loaded_scripts(out, pages.values())]
    words = set(re.findall(r"[\w-]+", " ".join([*pages.values(), *scripts])))
    icons = {word for word in words if re.match("fa[bslr]?$|fa-", word)}  # icons.css draws them, the theme loads a font
    css = ""
    for sheet in app.sheets:
        theme = sheet.startswith("_static/styles/")
        css += serialise(in_use(parse(out / sheet), words - icons if theme else words), sheet)
    css = without_unused_variables(css, " ".join(scripts))
    (out / SHEET).write_text(css, encoding="utf-8", newline="\n")
    version = sha256(css.encode()).hexdigest()[:8]
    for path, html in pages.items():
        links = list(LINK.finditer(html))
        if links:
            one = f'\n<link rel="stylesheet" href="{links[0][1]}{SHEET}?v={version}" />'
            html = html[: links[0].start()] + one + LINK.sub("", html[links[0].end() :])
            path.write_text(html, encoding="utf-8", newline="\n")


def loaded_scripts(out, pages):
    """Return the paths of the scripts that any of the pages loads."""
    names = set(re.findall(r'"(?:[^" ]*/)?_static/([^"? ]+\.js)', " ".join(pages)))
    return [out / "_static" / name for name in sorted(names)]


def parse(path):
    """Return the rules of a style sheet, those that it imports in their place."""
    rules = tinycss2.parse_stylesheet(path.read_text(encoding="utf-8"), skip_comments=True, skip_whitespace=True)
    imports = {id(rule): parse(path.parent / rule.prelude[1].value) for rule in rules if is_import(rule)}
    return [one for rule in rules for one in imports.get(id(rule), [rule])]


def is_import(rule):
    return rule.type == "at-rule" and rule.lower_at_keyword == "import"


def in_use(rules, words):
    """Yield the rules that could apply: all that a selector names is on some page or in a script."""
    for rule in rules:
        if rule.type == "qualified-rule":
            if kept := [selector for selector in split(rule.prelude) if names(selector) <= words]:
                rule.prelude = [token for selector in kept for token in (*selector, comma())][:-1]
                yield rule
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if inner := list(in_use(inner, words)):
                rule.content = inner
                yield rule
        elif rule.type == "at-rule" and not UNUSED.match(tinycss2.serialize([rule])):
            yield rule


def comma():
    return tinycss2.ast.LiteralToken(0, 0, ",")


def split(prelude):
    """Return the selectors of a rule, each a list of tokens."""
    selectors = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        elif token.type != "comment":
            selectors[-1].append(token)
    return selectors


def names(selector):
    """Return the classes, ids and elements that something must have for the selector to match."""
    found = set()
    for before, token in zip([None, *selector], selector):
        if token.type == "hash" or token.type == "ident" and before != ":":
            found.add(token.value)
    return found


def serialise(rules, sheet):
    """Return the rules as text, with the addresses of their files as seen from the one sheet."""
    css = tinycss2.serialize(list(rules))
    folder = posixpath.dirname(sheet)
    home = posixpath.dirname(SHEET)

    def move(url):
        path = url[1].strip("\"'")
        if path.startswith(("data:", "#", "http")):
            return url[0]
        return f"url({posixpath.relpath(posixpath.join(folder, path), home)})"

    return re.sub(r"url\(([^)]*)\)", move, css)


def without_unused_variables(css, scripts):
    """Return the text without definitions of variables that nothing reads."""
    read = set(re.findall(r"var\(\s*(--[\w-]+)", css)) | set(re.findall(r"--[\w-]+", scripts))
    kept = re.sub(r"(--[\w-]+)\s*:[^;{}]*(;|(?=\}))", lambda variable: variable[0] if variable[1] in read else "", css)
    return css if kept == css else without_unused_variables(kept, scripts)


def setup(app):
    app.connect("builder-inited", lighten)
    app.connect("build-finished", bundle, priority=900)  # after the theme has written its style of code
    return {"parallel_read_safe": True, "parallel_write_safe": True}
