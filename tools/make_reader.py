"""Write the network that reads on the page "Draw a digit": python tools/make_reader.py

It is chapter 24's, trained again, and nothing is written unless its fingerprint is the one printed there. The page gets
it as a classic script, which loads from a disk, too: the weights in half precision, examples to press, a page like a
photo. What the network in full precision says of the first 1,000 test digits goes to the tests.
"""

import base64
import json
import re

import numpy as np
from draw_digits import HANDS, path
from notebooks import ROOT

from nnlib import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, fingerprint, load_mnist, reproducible
from nnlib.own_digits import DRAWINGS

SCRIPT = ROOT / "_ext" / "digit" / "weights.js"
SAID = ROOT / "tests" / "reader_said.txt"
HEAD = "// Written by tools/make_reader.py: chapter 24's network, examples to press, a page like a photo.\n"


def train(X, y):
    """Return the network that chapter 24 chooses."""
    rng = np.random.default_rng(0)
    network = Sequential(Dense(784, 128, rng=rng), ReLU(), Dense(128, 10, rng=rng))
    network.fit(reproducible(X[:55_000]), y[:55_000], SoftmaxCrossEntropy(), SGD(network.parameters(), 0.5),
                epochs=10, batch_size=100, rng=np.random.default_rng(1))
    return network


def printed():
    """Return the fingerprint that chapter 24 prints."""
    chapter = (ROOT / "chapters" / "24-mnist.ipynb").read_text(encoding="utf-8")
    return re.search(r'^ *"([0-9a-f]{16})\\n', chapter, re.MULTILINE)[1]


def strokes(hand):
    """Return the examples in one hand: for each digit its strokes, x and y in turn, on a page of 280 by 280."""
    return [[np.round(path(one, 6) * (144, 180) + (68, 50)).astype(int).ravel().tolist() for one in digit]
            for digit in hand.values()]


def text(data):
    return base64.b64encode(data).decode()


def write(network, X_test):
    """Write the script and what the network says of the digits, if it is the chapter's."""
    if fingerprint(network) != printed():
        raise SystemExit(f"expected chapter 24's network, {printed()}, got {fingerprint(network)}: nothing is written")
    weights = np.concatenate([np.asarray(p.data).ravel() for p in network.parameters()]).astype("<f2")
    constants = {
        "FINGERPRINT": fingerprint(network),
        "WEIGHTS": text(weights.tobytes()),
        "EXAMPLES": [strokes(hand) for hand in HANDS.values()],
        "PHOTO": "data:image/png;base64," + text((DRAWINGS / "photo.png").read_bytes()),
    }
    lines = [f"const {name} = {json.dumps(value, separators=(',', ':'))};\n" for name, value in constants.items()]
    SCRIPT.write_text(HEAD + "".join(lines), encoding="utf-8", newline="\n")
    said = np.asarray(network.predict(X_test)).argmax(axis=1)
    SAID.write_text("".join(map(str, said)) + "\n", encoding="utf-8", newline="\n")
    print(f"{SCRIPT.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    (X, y), (X_test, _) = load_mnist(dtype=np.float64)
    write(train(X, y), X_test[:1000])
