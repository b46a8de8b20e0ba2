Figure("fig-forward-curves", "A network that is nudged at random and keeps what helps", (figure) => {
  const TASKS = { "bands, 3 hidden": ["bands", 3, 0.01], "spiral, 5 hidden": ["spiral", 5, 0.01], "spiral, 64 hidden": ["spiral", 64] }, names = Object.keys(TASKS);
  const sizes = [0.001, 0.003, 0.01, 0.03, 0.1], colors = ["blue", "orange", "green", "purple", "ink"];
  let name = names[0], size = 0.01, X, y, network, theta, random, losses, helped, plane, dots, curve, line;
  function begin() {
    const [set, hidden, std] = TASKS[name], classes = set === "bands" ? 3 : 5;
    X = Float64Array.from(DATA[set]);
    y = Array.from({ length: X.length / 2 }, (_, k) => Math.floor(k / 100));
    network = new Network([2, hidden, classes], new Generator(0), std);
    theta = Float64Array.from(network.layers.flatMap(({ W, b }) => [...W, ...b]));
    random = new Generator(1);
    helped = 0;
    losses = [loss(theta)];
    const x = set === "bands" ? [-0.35, 1] : [-1.1, 1.1], up = set === "bands" ? [0, 1] : x;
    figure.plots.replaceChildren();
    plane = figure.plot({ x, y: up, height: 300, left: 10, bottom: 12, label: "The points, and the network's answers as regions" });
    dots = colors.slice(0, classes).map((color) => plane.line("dots " + color));
    curve = figure.plot({ x: [0, 10000], y: [0, 1.85], height: 300, label: "The loss, try by try", xlabel: "tries", ylabel: "loss", xticks: [0, 4000, 8000], yticks: [0, 0.5, 1, 1.5] });
    curve.line("grey dashed", [[0, Math.log(classes)], [10000, Math.log(classes)]]);
    curve.text(curve.right, curve.Y(Math.log(classes)) - 6, `ln ${classes}: knowing nothing`, "end");
    line = curve.line("orange");
  }
  function put(theta) { // one long list, cut into the weights and biases of the layers
    let place = 0;
    for (const layer of network.layers) {
      for (const part of ["W", "b"]) layer[part] = theta.subarray(place, place += layer[part].length);
    }
  }
  function loss(theta) {
    put(theta);
    return network.loss(network.softmax(network.forward(X, y.length).at(-1), y.length), y);
  }
  function nudge(times) {
    for (let k = 0; k < times && losses.length <= 10000; k++) {
      const moved = theta.map((knob) => knob + size * random.normal()), now = loss(moved), before = losses.at(-1);
      if (now < before) { // it helped: keep it
        theta = moved;
        helped++;
      }
      losses.push(Math.min(now, before));
    }
    put(theta);
  }
  begin();
  figure.choice("task", names, (k) => { name = names[k]; begin(); });
  figure.choice("length of a nudge", sizes, (k) => { size = sizes[k]; begin(); }).selectedIndex = 2;
  figure.button("Nudge", () => nudge(1));
  figure.button("Nudge ×100", () => nudge(100));
  figure.run("Nudge on", () => { nudge(20); return losses.length % 1000 > 1; });
  figure.draw = () => {
    const answers = network.forward(X, y.length).at(-1), tries = losses.length - 1;
    network.show(plane, dots, X, y);
    curve.bend(line, losses.map((loss, k) => [k, loss]).filter((_, k) => k % 10 === 0 || k === tries));
    figure.say(`after ${tries} tries: loss ${losses.at(-1).toFixed(3)}, accuracy ${network.accuracy(answers, y).toFixed(2)}`,
      `${theta.length} knobs, all of them nudged at once; ${helped} of ${tries} nudges helped`);
  };
});
