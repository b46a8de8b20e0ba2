"""Draw the digit on the first page, and what a network of the book says of it: python tools/make_digit.py

784-32-10 is trained on the 4,000 training digits that come with nnlib. The digit is the first of the other 1,000
that it reads right with some doubt, below 80 %: that shows more than one bar.
"""

import matplotlib.pyplot as plt
import numpy as np
from notebooks import ROOT

from nnlib import (
    SGD,
    Dense,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    accuracy,
    load_mnist_sample,
    plots,
    reproducible,
    softmax,
)


def train(X, y):
    rng = np.random.default_rng(0)
    model = Sequential(Dense(784, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng))
    optimizer = SGD(model.parameters(), 0.1, momentum=0.9)
    model.fit(reproducible(X), y, SoftmaxCrossEntropy(), optimizer, epochs=10, batch_size=100, rng=rng)
    return model


def draw(image, probabilities):
    fig, (left, right) = plt.subplots(1, 2, figsize=(6, 2.4), width_ratios=(1, 2))
    left.imshow(image.reshape(28, 28))
    left.axis("off")
    right.bar(range(10), probabilities)
    right.set(xticks=range(10), ylim=(0, 1), xlabel="class", ylabel="probability")
    fig.savefig(ROOT / "_static" / "digit.png", transparent=True)


if __name__ == "__main__":
    plots.use_book_style()
    (X_train, y_train), (X_test, y_test) = load_mnist_sample(dtype=np.float64)
    model = train(X_train, y_train)
    scores = model.predict(X_test)
    probabilities = softmax(np.asarray(scores))
    first = int(((scores.argmax(axis=1) == y_test) & (probabilities.max(axis=1) < 0.8)).argmax())
    draw(X_test[first], probabilities[first])
    print(f"{accuracy(scores, y_test):.1%} of the other 1,000 are read right")
    print(f"number {first} is a {y_test[first]}; the network gives {probabilities[first].round(2)}")
