"""The page to draw on, from a disk: it prepares and reads digits as nnlib does and chapter 24 prints."""

import base64
import json
import re

import make_reader
import numpy as np
import pytest
from test_figures import plain
from test_pages import AXE, AXE_IN_THE_DARK, BOOK, OVERFLOW, PHONE, ROOT, SCREEN, browser, need  # noqa: F401

from nnlib import Dense, Sequential, own_digit, softmax
from nnlib.mnist import MnistError, load_mnist
from nnlib.own_digits import DRAWINGS

PAGE = BOOK / "chapters" / "draw-a-digit.html"
FILES = sorted(DRAWINGS.glob("[0-9]-*.png"))
CHAPTER = json.loads((ROOT / "chapters" / "24-mnist.ipynb").read_text(encoding="utf-8"))["cells"]
PRINTED = "".join("".join(output.get("text", [])) for cell in CHAPTER for output in cell.get("outputs", []))

READ = """async address => {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const seen = context.getImageData(0, 0, canvas.width, canvas.height);
    const { brightness, ink, cutOut, scale, center } = OwnDigit;
    const page = brightness(seen), inked = ink(page);
    const ways = [
        scale({ ...page, values: page.values.map(value => 1 - value) }, 28),
        center(scale(inked, 20)),
        center(scale(cutOut(inked), 14)),
        center(scale(cutOut(inked))),
    ];
    const said = ways.map(({ values }) => Reader.read(values).probabilities).map(p => p.indexOf(Math.max(...p)));
    return { pixels: [...ways[3].values], said };
}"""

SAY = """text => {  // the bytes of a thousand digits, as text
    const pixels = Float64Array.from(atob(text), letter => letter.charCodeAt(0) / 255);
    const digits = Array.from({ length: 1000 }, (_, i) => pixels.subarray(784 * i, 784 * (i + 1)));
    return digits.map(digit => [...Reader.read(digit).probabilities]);
}"""

SMALL = """least => [...document.querySelectorAll(".draw :is(button, .draw-width input, .draw-file)")].filter(e => {
    const { width, height } = e.getBoundingClientRect();
    return Math.min(width, height) < least;
}).map(e => e.outerHTML)"""


def script(name):
    return (ROOT / "_ext" / "digit" / name).read_text(encoding="utf-8")


def constant(name):
    return json.loads(re.search(f"^const {name} = (.*);$", script("weights.js"), re.MULTILINE)[1])


def network(X):
    """What the page's weights say of digits, by NumPy: their probabilities."""
    weights = np.frombuffer(base64.b64decode(constant("WEIGHTS")), "<f2").astype(np.float64)
    W1, b1, W2, b2 = np.split(weights, np.cumsum([784 * 128, 128, 128 * 10]))
    return softmax(np.maximum(X @ W1.reshape(784, 128) + b1, 0) @ W2.reshape(128, 10) + b2)


@pytest.fixture(scope="module")
def opened(browser):  # noqa: F811
    if not PAGE.exists():
        need("the page is not built", "run `make book` first")
    page = browser.new_page(viewport=SCREEN, color_scheme="light", reduced_motion="reduce")
    page.trouble, page.asked = [], []
    page.on("console", lambda line: line.type in ("error", "warning") and page.trouble.append(line.text))
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(PAGE.as_uri())
    page.locator(".draw-neurons button").last.wait_for()
    yield page
    page.close()


@pytest.fixture
def page(opened):
    opened.set_viewport_size(SCREEN)
    clear = opened.locator(".draw-clear")
    if clear.is_enabled():
        clear.click()
    yield opened
    assert opened.trouble == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in opened.asked)


def says(page):
    return " ".join(page.locator(".draw-says").inner_text().split())


def choose(page, file):
    """What the page says of a file that is chosen; and that its bars say the same."""
    before = page.locator(".draw-says").element_handle()
    page.evaluate("document.querySelector('.draw-says').replaceChildren()")
    page.locator(".draw-file input").set_input_files(file)
    page.wait_for_function("element => element.innerText", arg=before)
    return says(page)


def write(page, *points):
    """Draw with the mouse from point to point, in hundredths of the square."""
    box = page.locator(".draw-pen").bounding_box()
    places = [(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def test_the_weights_are_those_of_chapter_24_and_light():
    assert constant("FINGERPRINT") in PRINTED.split()
    assert len(script("weights.js").encode()) <= 400_000


def test_the_page_shows_the_fingerprint(page):
    assert page.locator(".draw-fingerprint").inner_text() == constant("FINGERPRINT")
    assert constant("FINGERPRINT") in (ROOT / "chapters" / "draw-a-digit.md").read_text(encoding="utf-8")


def test_a_thousand_digits_are_read_as_the_network_in_full_precision_reads_them(page):
    try:
        X = load_mnist(download=False)[1][0][:1000]  # 0 to 255
    except MnistError as error:
        pytest.skip(f"needs all of MNIST: {error}")
    said = page.evaluate(SAY, base64.b64encode(X.tobytes()).decode())
    assert "".join(map(str, np.argmax(said, axis=1))) == (ROOT / "tests" / "reader_said.txt").read_text().strip()
    np.testing.assert_allclose(said, network(X / 255), atol=1e-9)


@pytest.fixture(scope="module")
def ways(opened):
    """What the page makes of the drawings, and reads with less and less left out, as in chapter 24."""
    addresses = ["data:image/png;base64," + base64.b64encode(file.read_bytes()).decode() for file in FILES]
    return [opened.evaluate(READ, address) for address in addresses]


def test_twenty_drawings_become_the_pixels_that_nnlib_makes(ways):
    np.testing.assert_allclose([way["pixels"] for way in ways], [own_digit(file) for file in FILES], atol=1e-6)


def test_twenty_drawings_are_read_as_the_chapter_reports_with_and_without_each_step(ways):
    truth = [int(file.name[0]) for file in FILES]
    names = ["the page made small", "ink, centred", "ink, cut out, 14 pixels", "all steps"]
    for name, said in zip(names, zip(*(way["said"] for way in ways)), strict=True):
        assert f"{name} {np.equal(said, truth).sum()} of 20" in " ".join(PRINTED.split())


def test_what_is_chosen_is_read_as_nnlib_reads_it(page):
    for file in [*FILES, DRAWINGS / "photo.png"]:
        p = network(own_digit(file))
        text = choose(page, file)
        assert text.startswith(f"{p.argmax()} says the network"), file.name
        bar = page.locator(".draw-bars li.draw-most")
        assert bar.locator(".draw-digit").inner_text() == str(p.argmax())
        sure = "> 99.9 %" if p.max() > 0.9995 else f"{p.max():.1%}".replace("%", " %")
        assert bar.locator(".draw-number").inner_text() == sure
    assert text.startswith("3 ")  # the photo


def test_a_photo_that_is_large_or_dropped_is_read_and_a_text_is_refused(page, tmp_path):
    from PIL import Image

    large = Image.open(DRAWINGS / "photo.png").resize((3000, 3000))
    large.save(tmp_path / "large.jpg")
    assert choose(page, tmp_path / "large.jpg").startswith("3 ")
    page.locator(".draw-clear").click()
    page.evaluate("""async address => {
        const dropped = new DataTransfer();
        dropped.items.add(new File([await (await fetch(address)).blob()], "photo.png"));
        const event = new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true });
        document.querySelector(".draw-square").dispatchEvent(event);
    }""", constant("PHOTO"))
    page.locator(".draw-says strong", has_text="3").wait_for()
    (tmp_path / "text.png").write_text("no picture")
    assert "no picture" in choose(page, tmp_path / "text.png")
    Image.new("L", (50, 50), 255).save(tmp_path / "empty.png")
    assert "stands out" in choose(page, tmp_path / "empty.png")


def test_a_drawing_is_read_while_it_grows_undone_and_cleared(page):
    assert says(page) == "Nothing to read yet."
    assert page.locator(".draw-hint").is_visible()
    write(page, (25, 20), (75, 20), (45, 85))
    assert says(page).startswith("7 says")
    assert not page.locator(".draw-hint").is_visible()
    write(page, (40, 52), (70, 52))  # with a bar it is still one
    assert says(page).startswith("7 says")
    page.locator(".draw-undo").click()
    page.locator(".draw-undo").click()
    assert says(page) == "Nothing to read yet."
    write(page, (50, 15), (50, 85))
    assert says(page).startswith("1 says")
    page.locator(".draw-clear").click()
    assert says(page) == "Nothing to read yet."
    assert set(page.locator(".draw-number").all_inner_texts()) == {"–"}
    assert page.locator(".draw-pen").evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.every(value => value === 0)")
    page.locator(".draw-undo").click()  # a slip of the finger costs nothing
    assert says(page).startswith("1 says")


def test_a_wider_pen_leaves_more_ink_and_a_finger_draws_too(page):
    ink = []
    for width in 8, 40:
        page.locator(".draw-width input").fill(str(width))
        write(page, (50, 20), (50, 80))
        ink.append(page.locator(".draw-pen").evaluate(
            "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter(value => value).length"))
        page.locator(".draw-clear").click()
    assert ink[1] > 3 * ink[0]
    page.locator(".draw-width input").fill("18")
    page.evaluate("""() => {
        const pen = document.querySelector(".draw-pen"), { left, top, width } = pen.getBoundingClientRect();
        pen.setPointerCapture = () => {};
        const touch = (kind, y) => pen.dispatchEvent(new PointerEvent(kind, { pointerId: 7, pointerType: "touch",
            clientX: left + width / 2, clientY: top + width * y, bubbles: true }));
        touch("pointerdown", 0.2); touch("pointermove", 0.5); touch("pointermove", 0.8); touch("pointerup", 0.8);
        delete pen.setPointerCapture;
    }""")
    assert says(page).startswith("1 says")


def test_every_example_is_read_right_in_both_hands_by_the_keyboard(page):
    for digit in range(10):
        button = page.get_by_role("button", name=f"Example: a {digit}")
        for _ in constant("EXAMPLES"):
            button.press("Enter")
            assert says(page).startswith(f"{digit} says"), digit
    page.get_by_role("button", name="a photo", exact=True).press("Enter")
    page.locator(".draw-says strong", has_text="3").wait_for()


def test_the_four_pictures_have_the_sizes_of_the_steps(page):
    choose(page, DRAWINGS / "4-hasty.png")
    sizes = page.locator(".draw-steps canvas").evaluate_all("all => all.map(c => [c.height, c.width])")
    assert [*sizes[0], *sizes[3]] == [280, 280, 28, 28] and max(sizes[2]) == 20
    shown = page.locator(".draw-steps canvas").last.evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)")
    np.testing.assert_allclose(np.array(shown) / 255, own_digit(DRAWINGS / "4-hasty.png"), atol=0.5 / 255 + 1e-6)


def test_a_neuron_says_its_answer_and_shows_its_weights(page):
    digit = own_digit(DRAWINGS / "4-hasty.png")
    choose(page, DRAWINGS / "4-hasty.png")
    weights = np.frombuffer(base64.b64decode(constant("WEIGHTS")), "<f2").astype(np.float64)
    sums = digit @ weights[: 784 * 128].reshape(784, 128) + weights[784 * 128 : 785 * 128]
    loud, silent = int(sums.argmax()), int(sums.argmin())
    neurons, tells = page.locator(".draw-neurons button"), page.locator(".draw-tells")
    neurons.nth(loud).click()
    assert f"Neuron {loud} says {sums[loud]:.2f}." in tells.inner_text()
    assert neurons.nth(loud).get_attribute("aria-pressed") == "true"
    said = neurons.evaluate_all("all => all.map(button => +button.ariaLabel.split(' ').at(-1))")
    np.testing.assert_allclose(said, np.maximum(sums, 0), atol=0.006)
    neurons.nth(silent).focus()
    assert f"is silent: its sum is {sums[silent]:.2f}" in plain(tells.inner_text())
    colours = np.array(page.locator(".draw-weights").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data]")).reshape(784, 4)
    wants = weights[: 784 * 128].reshape(784, 128)[:, silent]
    clear = np.abs(wants) > np.abs(wants).max() / 10
    np.testing.assert_array_equal((colours[:, 0] > colours[:, 2])[clear], (wants > 0)[clear])


def test_the_arrow_keys_go_from_neuron_to_neuron(page):
    neurons = page.locator(".draw-neurons button")
    assert neurons.evaluate_all("all => all.filter(button => button.tabIndex === 0).length") == 1
    neurons.first.focus()
    for key, at in [("Right", 1), ("Down", 17), ("Left", 16), ("Up", 0), ("Up", 0)]:
        page.keyboard.press(f"Arrow{key}")
        assert page.locator(".draw-neurons button:focus").get_attribute("aria-label").split()[1] == str(at)
    page.keyboard.press("End")
    assert page.locator(".draw-neurons button:focus").get_attribute("aria-label").split()[1] == "127"
    page.keyboard.press("Home")


def test_all_of_it_is_large_enough_fits_a_phone_and_is_fine_with_axe(page):
    from axe_playwright_python.sync_playwright import Axe

    page.get_by_role("button", name="Example: a 5").click()
    assert page.evaluate(SMALL, 40) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate(SMALL, 36) == []
    assert page.evaluate(OVERFLOW, PHONE["width"]) == []
    for theme, options in ("light", AXE), ("dark", AXE_IN_THE_DARK):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found = Axe().run(page, {"include": [["article"]]}, options).response["violations"]
        assert [f"{rule['id']} {node['html'][:150]}" for rule in found for node in rule["nodes"]] == []
    page.evaluate("document.documentElement.dataset.theme = 'light'")


def test_without_scripts_the_page_says_so_and_shows_no_empty_square(browser):  # noqa: F811
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(PAGE.as_uri())
    assert page.locator(".draw-off").is_visible()
    assert not page.locator(".draw").first.is_visible()
    page.context.close()


def test_the_files_come_with_this_page_alone_and_the_introduction_leads_to_it():
    loads = re.compile('<script defer src="[^"]*digit/weights.js')
    pages = [path for path in BOOK.rglob("*.html") if loads.search(path.read_text(encoding="utf-8"))]
    assert [path.name for path in pages] == ["draw-a-digit.html"]
    first = (BOOK / "intro.html").read_text(encoding="utf-8")
    assert first.index("chapters/draw-a-digit.html", first.index("<article")) < first.index("For you, if")


def test_a_network_that_is_not_chapter_24s_is_not_written(monkeypatch, tmp_path):
    monkeypatch.setattr(make_reader, "SCRIPT", tmp_path / "weights.js")
    assert make_reader.printed() == constant("FINGERPRINT")
    untrained = Sequential(Dense(784, 128, rng=np.random.default_rng(0)))
    with pytest.raises(SystemExit, match="6eab9a3aa21362d6, got .*: nothing is written"):
        make_reader.write(untrained, np.zeros((1, 784)))
    assert not (tmp_path / "weights.js").exists()
