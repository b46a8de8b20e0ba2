"""Make the pictures that show the book elsewhere, of the built book: python tools/make_pictures.py, after make book.

.github/moving.gif, for the README: a figure is moved, a digit is drawn and read, a cell is run. It is taken in Chromium
step by step, so its pace is not the machine's; what is read of a digit half drawn may come a frame earlier or later.
_static/preview.png, for whoever shows a link to the book: its title beside what chapter 15 has learned.
"""

import base64
import io
import sys

from draw_digits import HANDS, path
from notebooks import ROOT
from PIL import Image
from playwright.sync_api import sync_playwright

sys.path += [str(ROOT / "_ext"), str(ROOT / "tests")]
from by_chapter import PARTS, find_figure  # noqa: E402
from test_pages import chromium  # noqa: E402

BOOK = (ROOT / "_build" / "html").as_uri()
MOVING, PREVIEW = ROOT / ".github" / "moving.gif", ROOT / "_static" / "preview.png"
SIZE = {"width": 720, "height": 480}
PATIENCE = 300_000  # milliseconds: Python has to start
# Off with what a still has no use for, on with a line that says what is to be seen, and an arrow where the mouse is.
DRESS = """said => {
    document.head.insertAdjacentHTML("beforeend", `<style>.bd-header-article, .skip-link { display: none !important }
        html { scroll-behavior: auto !important; scroll-padding: 0 !important } ::-webkit-scrollbar { display: none }
        * { transition: none !important; animation: none !important; caret-color: transparent !important }
        #said { position: fixed; inset: auto 0 0 0; z-index: 9; padding: 9px 20px; color: white; background: #1a5a8a;
            font: 600 19px "Book Serif", serif }
        #arrow { position: fixed; left: -50px; z-index: 10; pointer-events: none }</style>`);
    document.body.insertAdjacentHTML("beforeend", `<div id="said"></div><svg id="arrow" width="22" height="30">
        <path d="M2 2v20l5-5 4 9 4-2-4-8h7z" stroke="white" stroke-width="1.5"/></svg>`);
    document.querySelector("#said").textContent = said;
    addEventListener("pointermove", ({clientX, clientY}) => Object.assign(document.querySelector("#arrow").style,
        {left: `${clientX - 2}px`, top: `${clientY - 2}px`}), true);
}"""
TOP = "([what, space]) => scrollBy(0, document.querySelector(what).getBoundingClientRect().top - space)"


class Film:
    """Pages of the book in Chromium, and the frames that were taken of them: pairs of a picture and milliseconds."""

    def __init__(self, browser):
        self.page, self.frames = browser.new_page(viewport=SIZE, color_scheme="light"), []
        self.page.set_default_timeout(PATIENCE)

    def open(self, name, said, what, space):
        """Open a page and scroll until something stands so far below the upper edge."""
        self.page.goto(f"{BOOK}/{name}")
        self.page.evaluate("document.fonts.ready")
        self.page.evaluate(DRESS, said)
        self.page.evaluate(TOP, [what, space])

    def take(self, milliseconds):
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.frames.append((Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"), milliseconds))

    def drag(self, places, milliseconds):
        """Press the mouse at the first place, move it along the others, a frame each, and let it go."""
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places:
            self.page.mouse.move(*place)
            self.take(milliseconds)
        self.page.mouse.up()

    def press(self, button, milliseconds):
        button.hover()
        self.take(milliseconds)
        button.click()

    def save(self, file):
        """Write the frames, in the colours that three of them need, one a scene."""
        every = Image.new("RGB", (SIZE["width"], SIZE["height"] * 3))
        for place, at in enumerate((len(self.frames) // 3, len(self.frames) // 2, -1)):
            every.paste(self.frames[at][0], (0, place * SIZE["height"]))
        palette = every.quantize(128, Image.Quantize.MEDIANCUT)
        pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in self.frames]
        times = [milliseconds for _, milliseconds in self.frames]
        pictures[0].save(file, save_all=True, append_images=pictures[1:], duration=times, loop=0, optimize=False)
        print(f"{file.name}: {file.stat().st_size / 1e3:.0f} KB, {len(times)} frames, {sum(times) / 1000:.1f} s")


def move_a_figure(film):
    name = "#fig-activations-sine"
    film.open("chapters/07-activations.html", "Figures that move: eight ReLUs, onto a sine", name, 14)
    figure = film.page.locator(name)
    film.press(figure.locator("button.move"), 900)
    film.page.evaluate(TOP, [name, 14])
    kinks = figure.locator("[role=slider]")
    boxes = [kinks.nth(k).bounding_box() for k in range(9)]
    middle = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes]
    high = [0, 0.71, 1, 0.71, 0, -0.71, -1, -0.71, 0]
    unit = figure.locator("svg").bounding_box()["height"] / 3.6
    for k in (1, 2, 3, 5, 6, 7):
        x, y = middle[k]
        steps = [(x, y - unit * high[k] * share) for share in (0, 0.35, 0.7, 1)]
        film.drag(steps, 75)
    film.take(700)


def draw_a_digit(film):
    film.open("chapters/draw-a-digit.html", "A network of the book reads what you draw", "#draw", 14)
    film.page.locator(".draw-pen").hover()
    film.take(500)
    box = film.page.locator(".draw-pen").bounding_box()
    [stroke] = HANDS["round"][3]
    points = path(stroke, 4) * (0.56, 0.72) + (0.22, 0.14)
    film.drag([(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points], 60)
    film.take(1200)


def run_a_cell(film):
    said = "Python in the page trains a network: the same numbers as in the book"
    film.open("intro.html", said, ".cell.training", 60)
    bar = film.page.locator(".live-bar")
    film.press(bar.locator("button").first, 900)
    film.page.locator(".live-bar[data-done]").wait_for()
    film.page.evaluate(TOP, [".cell.training", 14])
    film.page.locator(".cell.training .live-tools button").first.hover()
    film.take(4000)


def preview(browser):
    """The title in the book's own type, and a part of the figure of chapter 15."""
    figure, _ = find_figure(ROOT / "chapters", "fig-training-spiral")
    left, top, right, bottom = PARTS["fig-training-spiral"][0]
    picture = Image.open(io.BytesIO(figure)).convert("RGB")
    width, height = picture.size
    out = io.BytesIO()
    picture.crop((int(left * width) + 10, int(top * height), int(right * width), int(bottom * height))).save(out, "png")
    page = browser.new_page(viewport={"width": 1200, "height": 630}, color_scheme="light")
    page.set_default_timeout(PATIENCE)
    page.goto(f"{BOOK}/intro.html")
    page.evaluate("""src => {
        document.body.innerHTML = `<main><div><h1>A neural network<br>from scratch<br>in NumPy</h1>
            <p>A free book in which every number<br>was printed by the code above it</p></div><img src="${src}">
            </main>`;
        document.head.insertAdjacentHTML("beforeend", `<style>body { background: #fffefb !important; overflow: hidden }
            main { display: flex; align-items: center; justify-content: space-between; width: 1200px; height: 630px;
                padding: 0 44px 0 64px; box-sizing: border-box; border-bottom: 18px solid #1a5a8a }
            h1 { white-space: nowrap; font: 650 57px/1.18 "Book Serif", serif; margin: 0 0 34px; color: #14181d }
            p { font: 400 30px/1.4 "Book Serif", serif; margin: 0; color: #48525c } img { height: 480px }</style>`);
        return document.querySelector("img").decode();
    }""", "data:image/png;base64," + base64.b64encode(out.getvalue()).decode())
    page.evaluate("document.fonts.ready")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.quantize(96, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(PREVIEW, optimize=True)
    print(f"{PREVIEW.name}: {PREVIEW.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium())
        preview(browser)
        film = Film(browser)
        for scene in (move_a_figure, draw_a_digit, run_a_cell):
            scene(film)
        film.save(MOVING)
        browser.close()
