"""Every page of the built book, opened in a real browser with every other host blocked."""

import functools
import http.server
import os
import re
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chromium import launch_options
from playwright.sync_api import Error, sync_playwright

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "_build" / "html"
REQUIRED = os.environ.get("BROWSER_TESTS") == "required"
SCREEN = {"width": 1280, "height": 900}
NARROW = {"width": 1200, "height": 900}
PHONE = {"width": 375, "height": 800}

FILES = [path.relative_to(BOOK).as_posix() for path in sorted(BOOK.rglob("*.html"))]
PAGES = [name for name in FILES if not name.startswith("_static/") and name != "index.html"]  # index: a redirect
SOURCES = [name for name in PAGES if name.startswith("_modules/nnlib/")]
LONG_LINES = {"chapters/api.html"}  # to be shortened
CHAPTERS = [name for name in PAGES if name.startswith("chapters/")]

each_page = pytest.mark.parametrize("name", PAGES or ["no page"])

AXE = {
    "resultTypes": ["violations"],
    "preload": False,  # it would fetch every style sheet anew
    "rules": {"label-content-name-mismatch": {"enabled": True}},
}

AXE_IN_THE_DARK = AXE | {"runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]}

# Axe looks at the colours of every word of every block of code, for minutes; here of the words that look alike, on this
# page or one before, at one. What it says of `region` is never serious.
SLOW = dict.fromkeys(["color-contrast", "link-in-text-block", "region"], {"enabled": False})
ALL_BUT_COLORS = AXE | {"rules": AXE["rules"] | SLOW}
COLORS = AXE | {"runOnly": ["color-contrast", "link-in-text-block"]}
FIRST_OF_ITS_LOOK = """known => {
    const seen = new Set(known), around = new Map();
    const behind = element => {
        if (!element) return "";
        if (!around.has(element)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
            const own = [backgroundColor, backgroundImage, opacity].join(), outer = behind(element.parentElement);
            around.set(element, outer.endsWith(own) ? outer : outer + "; " + own);
        }
        return around.get(element);
    };
    for (const word of document.querySelectorAll("body *")) {
        delete word.dataset.look;
        const says = [...word.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (!says || word.closest(".katex-html") || !word.checkVisibility()) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(word), whole = word.closest("a") ?? word;
        const where = ["article", "p a"].map(place => !!word.closest(place));  // a link in a text has its own rule:
        const apart = [getComputedStyle(whole).textDecorationLine, getComputedStyle(whole.parentElement).color];
        const key = [behind(word), word.localName, color, fontSize, fontWeight, ...where, ...apart].join();
        if (!seen.has(key)) whole.dataset.look = "first";
        seen.add(key);
    }
    return [...seen].slice(known.length);
}"""

FORMULAS = """() => ({
    written: document.querySelectorAll("article .math").length,
    drawn: document.querySelectorAll("article .katex").length,
    read: document.querySelectorAll("article .katex math").length, // by a screen reader
})"""

IMAGES = """() => [...document.images].map(image => ({
    file: image.getAttribute("src"),
    sized: image.hasAttribute("width") && image.hasAttribute("height"),
    lazy: image.loading === "lazy",
    alt: image.getAttribute("alt"),
    figure: !!image.closest("article"),
    drawn: image.naturalWidth > 0,
}))"""

IDS = """() => {
    const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
    return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""

# What scrolls must be reached by the tab key.
UNREACHED = """() => [...document.querySelectorAll("article *")]
    .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1
        && /auto|scroll/.test(getComputedStyle(e).overflowX)
        && !e.matches("[tabindex='0'], .katex *") && !e.querySelector("a[href], button, input, [tabindex='0']"))
    .map(e => e.outerHTML.slice(0, 150))"""

# Stops of the tab key that lead nowhere: what can be reached must be something to press, or scroll.
STOPS = """() => [...document.querySelectorAll("article [tabindex='0']")]
    .filter(e => e.checkVisibility() && e.scrollWidth <= e.clientWidth).map(e => e.outerHTML.slice(0, 150))"""

CUT = """() => [...document.querySelectorAll("article pre")]
    .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth)
    .map(e => e.innerText.split("\\n").reduce((a, b) => a.length < b.length ? b : a))"""

# In the dark a figure is turned over, or dimmed where its colours are what it shows.
GLARING = """() => [...document.querySelectorAll("article img")]
    .filter(e => !/invert|brightness/.test(getComputedStyle(e).filter)).map(e => e.getAttribute("src"))"""

# What reaches over the right edge, unless it can be scrolled into view or is there for screen readers alone.
OVERFLOW = """width => {
    const exempt = ".katex-mathml, .katex .hide-tail, .visually-hidden, [class*=bd-sidebar], .headerlink";
    const scrolls = e => /auto|scroll/.test(getComputedStyle(e).overflowX);
    const inView = e => {
        for (let p = e; p && p !== document.body; p = p.parentElement)
            if ((p !== e && scrolls(p)) || p.matches(exempt)) return true;
        return e.getBoundingClientRect().right <= width + 1;
    };
    const page = document.scrollingElement.scrollWidth;
    return [...(page > width ? [`the page itself is ${page} pixels wide`] : []),
            ...[...document.querySelectorAll("main :not(.katex-base *)")].filter(e => e.checkVisibility() && !inView(e))
                .map(e => e.outerHTML.slice(0, 150))];
}"""

EXPECT_RESIZE = """() => {
    const frames = done => requestAnimationFrame(() => requestAnimationFrame(done));
    window.resized = new Promise(done => addEventListener("resize", () => frames(done), { once: true }));
}"""

SHIFTS = """window.shifts = [];
new PerformanceObserver(list => { for (const { value, sources } of list.getEntries())
    window.shifts.push([value, ...sources.map(({ node }) => (node?.outerHTML ?? node?.data)?.slice(0, 150))]);
}).observe({ type: "layout-shift" });
"""

PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length"

SETTLED = """async () => {
    await document.fonts.ready;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""

READY = """async () => {
    document.querySelectorAll("article details").forEach(box => { box.open = true; });
    while (!document.documentElement.dataset.scripts) await new Promise(done => setTimeout(done, 20));
    await document.fonts.ready;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))));
}"""


def need(thing, advice):
    """Skip the test for want of something, or fail where the browser tests are required."""
    (pytest.fail if REQUIRED else pytest.skip)(f"{thing}: {advice}")


class Server(http.server.SimpleHTTPRequestHandler):
    """The book as a host of static pages serves it: under its path, with 404.html for what is not there."""

    home = "/"
    extensions_map = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}  # where the system errs

    def translate_path(self, path):
        return super().translate_path(path.removeprefix(self.home.rstrip("/")))

    def send_error(self, code, message=None, explain=None):
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write((BOOK / "404.html").read_bytes())

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def address():
    if not PAGES:
        need("the book is not built", "run `make book` first")
    prefix = re.search(r'href="(/[^"]*)_static/', (BOOK / "404.html").read_text(encoding="utf-8"))[1]
    handler = type("Handler", (Server,), {"home": prefix})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(BOOK)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{prefix}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        only_here = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        try:
            browser = playwright.chromium.launch(**launch_options(), args=only_here)
        except Error as error:
            need(error.message.strip(), "install Chrome or Chromium, or name its program in the variable CHROMIUM")
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def open_page(browser):
    """A function that opens an address and returns the page; what went wrong is in its `trouble`."""
    context = browser.new_context(reduced_motion="reduce", color_scheme="light", viewport=SCREEN)

    def go(url):
        page = context.new_page()
        page.trouble = {"other hosts": [], "failed": [], "console": []}
        own = urlsplit(url)[:2]
        page.on("request", lambda asked: is_elsewhere(asked.url, own) and page.trouble["other hosts"].append(asked.url))
        page.on("requestfailed", lambda asked: page.trouble["failed"].append(asked.url))
        page.on("response", lambda answer: answer.status >= 400 and page.trouble["failed"].append(answer.url))
        page.on("console", lambda line: line.type in ("error", "warning") and page.trouble["console"].append(line.text))
        page.on("pageerror", lambda error: page.trouble["console"].append(str(error)))
        page.goto(url)
        return page

    yield go
    context.close()


def is_elsewhere(url, own):
    return urlsplit(url)[:2] != own and not url.startswith(("data:", "blob:"))


@pytest.fixture(scope="module")
def look(address, open_page):
    """A function that opens a page once and returns all that the tests ask about it."""
    from axe_playwright_python.sync_playwright import Axe

    def complaints(page, options, words=()):
        context = {"exclude": [[".katex-html"]]} | ({"include": [[words]]} if words else {})
        results = Axe().run(page, context, options).response["violations"]
        return [
            f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
            for rule in results
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]

    looks = []  # those that axe has seen, on whichever page

    def colors(page):
        new = page.evaluate(FIRST_OF_ITS_LOOK, looks)
        looks.extend(new)
        return complaints(page, COLORS, words="[data-look]") if new else []

    def resize(page, size):
        page.evaluate(EXPECT_RESIZE)
        page.set_viewport_size(size)
        page.evaluate("() => window.resized")  # and whatever the page does then
        page.evaluate(READY)

    @functools.cache
    def facts(name):
        page = open_page(address + name)
        page.evaluate(READY)
        found = {"formulas": page.evaluate(FORMULAS), "images": page.evaluate(IMAGES), "ids": page.evaluate(IDS)}
        found["description"] = page.locator("meta[name=description]").get_attribute("content")
        found["stops"] = page.evaluate(STOPS)
        found["cut"] = page.evaluate(CUT)
        judged = name not in SOURCES[1:]  # they have one template
        if judged:
            found["light"] = complaints(page, ALL_BUT_COLORS) + colors(page)
        resize(page, NARROW)
        found["cut"] += page.evaluate(CUT)
        found["code"] = page.locator("article div.cell_input pre").count()
        found["copy"] = page.locator("article div.cell_input button.copybtn").count()
        resize(page, PHONE)
        found["overflow"] = page.evaluate(OVERFLOW, PHONE["width"])
        found["unreached"] = page.evaluate(UNREACHED)
        if judged:
            page.evaluate("document.documentElement.dataset.theme = 'dark'")
            page.evaluate(READY)
            found["glaring"] = page.evaluate(GLARING)
            found["dark"] = colors(page)
        page.close()
        return found | page.trouble

    return facts


@each_page
@pytest.mark.parametrize("kind", ["other hosts", "failed", "console"])
def test_a_page_loads_without_trouble_from_its_own_host_alone(look, name, kind):
    assert look(name)[kind] == []


@each_page
def test_every_formula_is_drawn(look, name):
    formulas = look(name)["formulas"]
    assert formulas["drawn"] == formulas["read"] == formulas["written"]


@pytest.mark.parametrize("name", [name for name in PAGES if name not in SOURCES[1:]] or ["no page"])  # one template
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(look, name, theme):
    assert look(name)[theme] == []


@each_page
def test_nothing_is_wider_than_a_phone(look, name):
    assert look(name)["overflow"] == []


@pytest.mark.parametrize("name", CHAPTERS or ["no page"])
def test_no_code_is_cut_off_on_a_screen(look, name):
    """Lines of 76 characters fit, whatever the reader's typeface; most have room for 88."""
    cut = look(name)["cut"]
    assert bool(cut) == (name in LONG_LINES), cut


@each_page
def test_the_tab_key_stops_only_where_something_can_be_done(look, name):
    assert look(name)["stops"] == []


@each_page
def test_what_scrolls_on_a_phone_is_reached_by_the_tab_key(look, name):
    assert look(name)["unreached"] == []


@pytest.mark.parametrize("name", ["intro.html", "chapters/03-dot-product.html", "chapters/draw-a-digit.html"])
def test_what_comes_late_moves_nothing(address, browser, name):
    """Scripts that arrive after the first paint; the window as tall as the page, to see all that moves."""
    page, late = browser.new_page(viewport={"width": PHONE["width"], "height": 9000}), []
    page.add_init_script(SHIFTS)
    page.route(re.compile(r"\.js\b"), lambda route: late.append(route))
    page.goto(address + name, wait_until="commit")
    page.wait_for_function(PAINTED)
    for route in late:
        route.continue_()
    page.unroute_all()
    page.wait_for_load_state()
    page.evaluate(SETTLED)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, *_ in shifts) < 0.02, shifts  # Lighthouse calls 0.1 good
    page.close()


@each_page
def test_every_id_is_there_once(look, name):
    assert look(name)["ids"] == []


@each_page
def test_a_page_says_what_it_is_about(look, name):
    assert len(look(name)["description"]) > 20


@pytest.mark.parametrize("name", CHAPTERS or ["no page"])
def test_no_figure_glares_in_the_dark(look, name):
    assert look(name)["glaring"] == []


@pytest.mark.parametrize("name", CHAPTERS or ["no page"])
def test_pictures_have_sizes_and_wait_for_the_text(look, name):
    pictures = [image for image in look(name)["images"] if image["figure"]]
    assert all(image["sized"] for image in pictures)
    assert all(image["lazy"] for image in pictures)  # the first, too: it is below the first screen of a phone


@each_page
def test_every_image_is_drawn_and_described(look, name):
    for image in look(name)["images"]:
        assert image["drawn"] or image["lazy"], image
        assert image["alt"] is not None, image
        if image["figure"]:
            assert len(image["alt"].split()) > 2, f"say what the picture shows: {image}"
            assert not image["alt"].lower().endswith((".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp")), image


@each_page
def test_every_code_cell_can_be_copied(look, name):
    assert look(name)["copy"] == look(name)["code"]


def test_the_book_has_pages_with_formulas_figures_and_code(look):
    """Otherwise the tests above would pass on an empty book."""
    found = [look(name) for name in CHAPTERS]
    assert sum(page["formulas"]["drawn"] for page in found) > 10
    assert sum(image["figure"] for page in found for image in page["images"]) > 1
    assert sum(page["copy"] for page in found) > 10


def test_the_first_page_leads_to_the_book(address, open_page):
    page = open_page(address)
    page.wait_for_url(address + "intro.html")
    assert page.locator("h1").count() >= 1


def test_search_finds_a_word(address, open_page):
    page = open_page(address + "search.html?q=neuron")
    page.wait_for_selector("#search-results li a")
    assert page.trouble == {"other hosts": [], "failed": [], "console": []}


def test_the_theme_switch_goes_round(address, open_page):
    page = open_page(address + "intro.html")
    seen = []
    for _ in range(3):
        page.locator(".theme-switch-button:visible").first.click()
        seen.append(page.evaluate("({...document.documentElement.dataset})"))
    assert {look["mode"] for look in seen} == {"auto", "light", "dark"}
    assert {look["theme"] for look in seen} == {"light", "dark"}


def test_a_wrong_address_shows_the_books_own_page(address, open_page):
    page = open_page(address + "chapters/nowhere/at/all.html")
    missing = page.trouble["failed"]
    assert missing == [address + "chapters/nowhere/at/all.html"]  # the page, but nothing that it loads
    assert "does not exist" in page.locator("h1").first.inner_text()
    page.locator("article a.reference.internal").first.click()
    page.wait_for_url(address + "intro.html")


def test_the_book_works_from_a_disk(address, open_page):
    """Opened as a file: formulas, pictures, search."""
    name = next(name for name in CHAPTERS if "-" in name)
    page = open_page((BOOK / name).as_uri())
    page.evaluate(READY)
    formulas = page.evaluate(FORMULAS)
    assert formulas["drawn"] >= formulas["written"]
    assert all(image["drawn"] or image["lazy"] for image in page.evaluate(IMAGES))
    assert page.trouble == {"other hosts": [], "failed": [], "console": []}
    found = open_page((BOOK / "search.html").as_uri() + "?q=neuron")
    found.wait_for_selector("#search-results li a")
    assert found.trouble == {"other hosts": [], "failed": [], "console": []}


def shown_in_folds(page):
    """How many folded parts a page has, and how many of them show what they hold."""
    return page.evaluate("""() => {
        const folds = [...document.querySelectorAll("article details")];
        return [folds.length, folds.filter(e => e.offsetHeight > 1.5 * e.firstElementChild.offsetHeight).length];
    }""")


@pytest.mark.parametrize("scripts", [True, False])
def test_paper_is_white_and_shows_what_is_folded(browser, address, scripts):
    context = browser.new_context(color_scheme="dark", java_script_enabled=scripts, viewport=SCREEN)
    page = context.new_page()
    page.goto(address + next(name for name in CHAPTERS if "-" in name))
    if scripts:
        page.evaluate(READY.replace("box.open = true", "box.open = false"))
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    folds, shown = shown_in_folds(page)
    assert folds == shown > 1
    ink = page.evaluate("getComputedStyle(document.querySelector('article p')).color")
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 3 * 110, ink
    if scripts:
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.locator("article details[open]").count() == 0
    context.close()


def test_a_menu_opens_and_closes(browser, address):
    """With the address set there are menus; here one is put in place of a button."""
    page = browser.new_page()
    page.goto(address + "intro.html")
    page.evaluate(READY)
    menu = page.locator(".dropdown-menu").first
    button = page.locator("[data-bs-toggle=dropdown]").first
    button.click()
    assert menu.is_visible()
    page.mouse.move(0, 800)
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    page.close()
