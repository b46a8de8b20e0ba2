Figure("fig-training-spiral", "A network that learns a spiral of three arms, as you set it up", (figure) => {
  const layers = ["28, 28", "28", "8", "4", "none", "8, 8, 8"], rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
  const optimizers = ["SGD, momentum 0.9", "SGD", "Adam"], noises = [0, 0.02, 0.05, 0.1], set = { seed: 4, layers: 0, optimizer: 0, rate: 4, noise: 0 };
  const y = Array.from({ length: 300 }, (_, k) => Math.floor(k / 100)), colors = ["blue", "orange", "green"];
  let X, network, optimizer, losses;
  const plane = figure.plot({ x: [-1.1, 1.1], y: [-1.1, 1.1], equal: true, left: 10, bottom: 12, label: "The points, and the network's answers as regions" });
  const dots = colors.map((color) => plane.line("dots " + color));
  const curve = figure.plot({ x: [0, 1000], y: [0, 1.3], height: 342, label: "The loss, epoch by epoch", xlabel: "epoch", ylabel: "loss", xticks: [0, 500, 1000], yticks: [0, 0.5, 1] });
  const line = curve.line("orange thin");
  curve.line("grey dashed", [[0, Math.log(3)], [1000, Math.log(3)]]);
  curve.text(curve.right, curve.Y(Math.log(3)) - 6, "ln 3: knowing nothing", "end");
  const sizes = () => [2, ...(layers[set.layers] === "none" ? [] : layers[set.layers].split(", ").map(Number)), 3];
  function spiral(random) { // nnlib's
    const points = [], step = (low, high, k) => (k === 99 ? high : low + k * ((high - low) / 99));
    for (let arm = 0; arm < 3; arm++) {
      const noise = Array.from({ length: 100 }, () => random.normal());
      noise.forEach((n, k) => {
        const radius = step(0, 1, k), angle = 2.5 * (step(4 * arm, 4 * (arm + 1), k) + 0.2 * n);
        points.push(onGrid(radius * Math.sin(angle)), onGrid(radius * Math.cos(angle)));
      });
    }
    return points;
  }
  function begin() {
    const random = new Generator(set.seed), extra = noises[set.noise];
    X = Float64Array.from(spiral(random));
    if (extra) X = X.map((x) => x + extra * onGrid(random.normal()));
    network = new Network(sizes(), random);
    optimizer = [SGD(rates[set.rate], 0.9), SGD(rates[set.rate]), Adam(rates[set.rate])][set.optimizer];
    losses = [];
  }
  const code = () => { // a cell that prints the same losses
    const inside = sizes().slice(1).map((n, k) => `Dense(${sizes()[k]}, ${n}, rng=rng)`).join(", ReLU(),\n                   ");
    const lr = `lr=${rates[set.rate]}`, make = [`SGD(model.parameters(), ${lr}, momentum=0.9)`, `SGD(model.parameters(), ${lr})`, `Adam(model.parameters(), ${lr})`];
    const extra = noises[set.noise], epochs = losses.length || 100;
    return `import numpy as np
from nnlib import ${set.optimizer === 2 ? "Adam" : "SGD"}, Dense, ReLU, Sequential, SoftmaxCrossEntropy
from nnlib import ${extra ? "round_to_grid, " : ""}spiral

rng = np.random.default_rng(${set.seed})
X, y = spiral(100, 3, rng=rng)
${extra ? `X = X + ${extra} * round_to_grid(rng.standard_normal(X.shape))\n` : ""}model = Sequential(${inside})
history = model.fit(X, y, SoftmaxCrossEntropy(),
                    ${make[set.optimizer]},
                    epochs=${epochs})
for epoch in 1, ${epochs}:
    print(f"epoch {epoch}: loss {history['loss'][epoch - 1]:.4f}")`;
  };
  const choice = (label, name, options) => figure.choice(label, options, (k) => { set[name] = k; begin(); });
  figure.slider("seed", { min: 0, max: 99, step: 1, value: 4 }, (n) => { set.seed = n; begin(); }); // 4 is the chapter's
  choice("hidden layers", "layers", layers);
  choice("optimizer", "optimizer", optimizers);
  choice("rate", "rate", rates).selectedIndex = set.rate;
  choice("more noise", "noise", noises);
  figure.run("Train 100 epochs", () => {
    for (let k = 0; k < 2; k++) losses.push(network.learn(X, y, optimizer));
    return losses.length % 100 !== 0 && Number.isFinite(losses.at(-1));
  });
  const cell = document.createElement("pre");
  cell.tabIndex = 0;
  figure.button("Copy as nnlib code", () => {
    cell.textContent = code();
    figure.said.after(cell);
    navigator.clipboard?.writeText(cell.textContent).catch(() => {}); // from a disk the browser may refuse: it is there to be read
  });
  begin();
  figure.draw = () => {
    network.show(plane, dots, X, y);
    curve.bend(line, losses.slice(0, 1000).map((loss, k) => [k + 1, Math.min(loss, 1.3)]));
    const right = network.accuracy(network.forward(X, 300).at(-1), y);
    const last = losses.at(-1), shown = last === undefined ? "not trained yet" : Number.isFinite(last) ? `loss ${last.toFixed(4)}` : "the loss is no number any more: a smaller rate";
    figure.say(`epoch ${losses.length}: ${shown}, ${(100 * right).toFixed(1)}% right`, losses.length ? `epoch 1: loss ${losses[0].toFixed(4)}` : "");
    if (cell.isConnected) cell.textContent = code();
  };
});
