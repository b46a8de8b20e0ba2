"""The figures that move, moved in a real browser: with the notebook's values they show what its cells have printed."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest
from test_pages import AXE, AXE_IN_THE_DARK, BOOK, PHONE, ROOT, SCREEN, address, browser  # noqa: F401

OUTSIDE = """width => [...document.querySelectorAll(".movable :not(svg *), .movable text")]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > width + 1)
    .map(e => e.outerHTML.slice(0, 100))"""
SMALL = """least => [...document.querySelectorAll(".movable :is(button, select, input, [tabindex])")].filter(e => {
    const { width, height } = (e.querySelector(".hit") ?? e).getBoundingClientRect();
    return e.checkVisibility() && Math.min(width, height) < least;
}).map(e => e.outerHTML.slice(0, 100))"""


def chapter_of(name):
    """The notebook with the figure of that name, and the text that each of its cells has printed."""
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        if f'<a id="{name}">' in (source := path.read_text(encoding="utf-8")).replace('\\"', '"'):
            cells = json.loads(source)["cells"]
            outputs = [output for cell in cells for output in cell.get("outputs", [])]
            return path, "".join("".join(output.get("text", [])) for output in outputs)


# Axe looks at the whole page whatever it is asked about: leave the figure and what it stands in.
ALONE = """figure => {
    for (let e = figure; e !== document.body; e = e.parentElement)
        [...e.parentElement.children].forEach(other => other === e || other.remove());
}"""


class Moved:
    """A figure that has been set in motion: what it says, and what can be done to it."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.box = page.locator(f"#{name} .movable")
        self.printed = chapter_of(name)[1]

    def says(self):
        return self.box.locator("output").inner_text()

    def slide(self, label, value):
        self.box.locator("label.slider", has_text=label).locator("input").fill(str(value))

    def press(self, text):
        self.box.get_by_role("button", name=text, exact=True).click()

    def keys(self, handle, *keys):
        knob = self.box.get_by_role("slider", name=re.compile(handle))
        for key in keys:
            knob.press(key)

    def drag(self, handle, right, down):
        place = self.box.get_by_role("slider", name=re.compile(handle)).locator(".hit").bounding_box()
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + right, y + down)
        self.page.mouse.up()

    def choose(self, label, option):
        self.box.locator("label", has_text=label).locator("select").select_option(option)

    def shows(self, *texts):
        """Each text is in what the figure says."""
        for text in texts:
            assert text in plain(self.says()), f"{text!r} is not in {plain(self.says())!r}"

    def agrees(self, *texts):
        """Each text is in what the figure says, and in what the notebook has printed."""
        self.shows(*texts)
        for text in texts:
            assert text in plain(self.printed), f"the chapter does not print {text!r}"


def plain(text):
    return " ".join(text.replace("−", "-").replace("[", " ").replace("]", " ").split())


@pytest.fixture(scope="module")
def shelf(browser, address):  # noqa: F811
    context = browser.new_context(reduced_motion="reduce", color_scheme="light", viewport=SCREEN)
    yield context, address
    context.close()


def shortened(path, name):
    """The page of that chapter with one figure for its text and no table of contents: it loads in no time."""
    page = Path(BOOK, f"chapters/{path.stem}.html").read_text(encoding="utf-8")
    figure = re.search(rf'<figure[^>]* id="{name}".*?</figure>', page, re.DOTALL)[0]
    page = re.sub(r'<li class="toc-h\d nav-item.*', "", page)
    return re.sub(r"(<article[^>]*>).*</article>", lambda tag: f"{tag[1]}{figure}</article>", page, flags=re.DOTALL)


@pytest.fixture
def moved(shelf, request):
    """The figure of that name, moved, on its page without the text; at the end comes what holds for all of them."""
    from axe_playwright_python.sync_playwright import Axe

    page, address = shelf[0].new_page(), shelf[1]  # noqa: F811
    name = request.node.name.removeprefix("test_").replace("_", "-")
    path = chapter_of(name)[0]
    page.route("**/chapters/*.html", lambda route: route.fulfill(body=shortened(path, name), content_type="text/html"))
    trouble, asked = [], []
    page.on("console", lambda line: line.type in ("error", "warning") and trouble.append(line.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: "/figures/" in request.url and asked.append(request.url))
    page.goto(f"{address}chapters/{path.stem}.html", wait_until="domcontentloaded")
    assert asked == []  # before the button is pressed nothing comes
    page.locator(f"#{name} button.move").press("Enter")
    figure = Moved(page, name)
    figure.box.locator("output").wait_for()
    page.wait_for_function("getComputedStyle(document.querySelector('.movable .controls')).display == 'flex'")
    assert page.evaluate("document.activeElement.closest('.movable') != null")
    yield figure
    assert page.evaluate(SMALL, 24) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate(OUTSIDE, PHONE["width"]) == []
    figure.press("Start again")
    assert trouble == []
    page.locator(f"#{name}").evaluate(ALONE)
    for theme, options in ("light", AXE), ("dark", AXE_IN_THE_DARK):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found = Axe().run(page, {"include": [[f"#{name}"]]}, options).response["violations"]
        assert [f"{rule['id']} {node['html'][:150]}" for rule in found for node in rule["nodes"]] == []
    figure.press("Back to the print")
    assert page.locator(f"#{name} img").is_visible() and page.locator(f"#{name} button.move").is_visible()
    page.close()


def test_every_figure_that_moves_is_tested_here():
    scripts = {path.stem.replace("-", "_") for path in (ROOT / "_ext" / "figures").glob("fig-*.js")}
    assert {f"test_{name}" for name in scripts} == {name for name in globals() if name.startswith("test_fig_")}


def test_a_whole_page_from_a_disk(browser):  # noqa: F811
    page = browser.new_page()
    page.goto(Path(BOOK, "chapters/03-dot-product.html").as_uri())
    page.locator("#fig-dot-shadow button.move").click()
    page.locator(".movable output", has_text="w @ x = 20").wait_for()
    page.emulate_media(media="print")
    assert page.locator("#fig-dot-shadow img").is_visible() and not page.locator(".movable").is_visible()
    page.close()


def test_fig_dot_shadow(moved):
    moved.shows("w @ x = 20")
    moved.agrees("cosine 0.8944")
    moved.keys("Tip of x", *["ArrowRight"] * 4, *["Shift+ArrowDown"] * 2, "ArrowDown", "ArrowDown")
    moved.shows("x = (3, 1): w @ x = 15")
    moved.agrees("shadow 3.0")
    moved.keys("Tip of x", *["Shift+ArrowLeft"] * 4, *["Shift+ArrowDown"] * 2, "ArrowDown", "ArrowDown")
    moved.shows("x = (-2, -2): w @ x = -14")
    moved.agrees("shadow -2.8")
    moved.drag("Tip of w", 0, 150)
    assert "w = (4, 3)" not in moved.says()


def test_fig_neuron_maps(moved):
    moved.shows("2 of 4 right; best so far: 2 of 4")
    for label, value in ("weight 1", 1), ("weight 2", 1), ("bias", -0.5):
        moved.slide(label, value)
    moved.shows("-0.50 0.50 0.50 1.50 3 of 4 right; best so far: 3 of 4")
    moved.slide("bias", 2)
    moved.shows("2 of 4 right; best so far: 3 of 4")
    assert "the best has 3 of 4 right" in moved.printed


def test_fig_activations_sine(moved):
    moved.press("On the curve, evenly")
    moved.agrees("-0.785 -1.571 -2.356 -3.142 -3.927 -4.712 -5.498", "0.9 -0.527 -0.746 -0.527")
    moved.agrees("0.527 0.746 0.527", "8 neurons: at most 0.0704 off")
    moved.drag("Kink 3", 0, 40)
    assert "0.0704" not in moved.says()
    moved.choose("curve", "a saw")
    moved.shows("weights 0 0 0 0 0 0 0 0")


def test_fig_activations_temperature(moved):
    moved.slide("temperature", -2)
    moved.agrees("T = 0.25", "probabilities 0.0003 0.0159 0.8666 0.1173", "winner: class 2")
    moved.slide("temperature", 2)
    moved.agrees("T = 4", "probabilities 0.1856 0.2383 0.3060 0.2701")
    moved.slide("temperature", 0)
    moved.agrees("T = 1", "probabilities 0.0641 0.1744 0.4740 0.2875")
    moved.press("+100 to all")
    moved.agrees("probabilities 0.0641 0.1744 0.4740 0.2875")
    assert "103.0" in moved.box.inner_text()


def test_fig_spiral_fold(moved):
    for name, share in ("clusters", "100%"), ("vertical", "96%"), ("spiral", "60%"), ("xor", "75%"):
        moved.choose("points", name)
        moved.press("The best ruler")
        moved.shows(f"{name}, flat: {share} right")
        assert f"{name} {share}" in plain(moved.printed)
    moved.choose("sheet", "folded")
    moved.press("The best ruler")
    moved.shows("xor, folded once: 100% right")


def test_fig_derivatives_secants(moved):
    for place, line in (0, "run 1 rise 9.250000 slope 9.2500"), (6, "run 0.01 rise 0.037951 slope 3.7951"):
        moved.slide("run h", place)
        moved.agrees(line)
    moved.choose("measured to", "both sides")
    for place, line in (
        (15, "h = 1e-05 slope 3.750000000080 off by 8e-11"),
        (39, "h = 1e-13 slope 3.743672039036 off by 6e-03"),
        (48, "h = 1e-16 slope 0.000000000000 off by 4e+00"),
    ):
        moved.slide("run h", place)
        moved.agrees(line)
    moved.keys("The weight", "ArrowLeft", *["Shift+ArrowLeft"] * 2, "ArrowRight")
    moved.shows("at w = 0.5 the loss is 2.625, its slope -2.25")
    moved.agrees("-2.25", "2.625")


def test_fig_training_ravine(moved):
    moved.agrees("after 20 steps", "7.75", "20.52")
    moved.slide("steps", 100)
    moved.agrees("0.4231", "0.0006")
    adam = re.search(r"Adam (\S+)$", moved.says())[1]
    assert f"Adam straight {float(adam):.1e} at lr 0.256" in plain(chapter_of("fig-opt-turned")[1])
    moved.press("Race")  # one who wants no motion sees the end at once
    moved.shows("after 100 steps")
    moved.choose("landscape", "the bowl: w1² + 3 w2²")
    moved.slide("steps", 12)
    moved.slide("rate of SGD and momentum", 13)
    moved.keys("The start", *["Shift+ArrowRight"] * 12)
    moved.shows("SGD 29.55")
    assert " 29.549" in chapter_of("fig-derivatives-rates")[1]


def test_fig_byhand_graph(moved):
    answer = moved.box.locator("form input")
    answer.fill("0.7")
    answer.press("Enter")
    moved.shows("z1 is not 0.7", "0 of 21 numbers")
    answer.fill("0,8")
    answer.press("Enter")
    moved.shows("Right: z1 = 0.8000", "1 of 21 numbers")
    moved.press("A step back")
    moved.shows("0 of 21 numbers")
    moved.press("All of them")
    moved.agrees("h1 = 0.6900 h2 = 0.2315", "s = 0.0747 p = 0.5187", "dp = -0.9627 ds = -0.2403")
    moved.agrees("dh1 = -0.1682 dh2 = 0.2163", "dz1 = -0.0360 dz2 = 0.0385", "dx1 = -0.0334 dx2 = 0.0123")
    moved.shows("dw11 = -0.0720 dw12 = 0.0770 dw21 = 0.0360 dw22 = -0.0385 dv1 = -0.1658 dv2 = -0.0556")
    moved.agrees("-0.0720", "0.0770", "0.0360", "-0.0385", "-0.1658", "-0.0556")


def test_fig_training_xor_inside(moved):
    printed = re.search(r"\['0.0022'.*", moved.printed)[0]  # the last losses of the first five seeds
    for seed, loss in enumerate(re.findall(r"0\.\d{4}", printed)):
        moved.slide("seed", seed)
        moved.shows(f"seed {seed}: loss {loss}, {'stuck' if seed in (1, 2) else 'learned'}")
    moved.shows("stuck: 2 of 5 thrown")
    moved.slide("seed", 8)
    moved.press("Throw the dice")
    moved.shows("seed 9: loss 0.6931, stuck, blind to 4 corners (rows of zeros); 4 of 4 neurons dead")
    moved.agrees("0.6931")


def test_fig_training_spiral(moved):
    for _ in range(10):
        moved.press("Train 100 epochs")
    assert f"lr 0.1, momentum 0.9: {loss_of(moved):.2f}" in plain(moved.printed)
    for label, option in ("hidden layers", "8, 8, 8"), ("optimizer", "Adam"), ("rate", "0.01"), ("more noise", "0.02"):
        moved.choose(label, option)
    moved.slide("seed", 7)
    moved.press("Train 100 epochs")
    moved.press("Copy as nnlib code")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(moved.box.locator("pre").inner_text(), {})
    first, last = printed.getvalue().splitlines()
    moved.shows(first, last)


def loss_of(moved):
    return float(re.match(r"epoch \d+: loss ([\d.]+)", moved.says())[1])


def test_fig_layers_start(moved):
    for factor in 0.5, 1, 2:
        moved.slide("weights", factor)
        size = re.search(rf"{factor:.1f} times He: (\S+) after 20 layers", moved.printed)[1]
        moved.shows(f"{factor} times He: {size} after 20 layers")
    moved.slide("look at layer", 0)
    moved.shows("2 times He: 1 after 0 layers")


def test_fig_forward_curves(moved):
    moved.press("Nudge")
    moved.agrees("loss 1.099")
    moved.press("Start again")
    moved.press("Nudge ×100")
    moved.shows("after 100 tries: loss 1.095", "21 knobs")
    for _ in range(9):
        moved.press("Nudge ×100")
    moved.shows("after 1000 tries: loss 0.638", "437 of 1000 nudges helped")
    assert "bands : 437 of the first 1,000" in plain(moved.printed)
    assert "after 100 tries: loss 1.095" in plain(moved.printed)
    assert "after 1,000 tries: loss 0.638" in plain(moved.printed)
    moved.choose("task", "spiral, 5 hidden")
    moved.press("Nudge ×100")
    moved.shows("after 100 tries: loss 1.609", "45 knobs")
