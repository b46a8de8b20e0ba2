Figure("fig-training-xor-inside", "A network for XOR, trained from the seed you throw, and what is inside it", (figure) => {
  const X = Float64Array.from([0, 0, 0, 1, 1, 0, 1, 1]), y = [0, 1, 1, 0], corners = ["0,0", "0,1", "1,0", "1,1"], widths = [4, 8, 16];
  let seed = 0, hidden = 4, thrown = new Map(), network, autopsy;
  const plane = figure.plot({ x: [-0.4, 1.4], y: [-0.4, 1.4], equal: true, left: 10, bottom: 12, label: "The plane, with a line for each hidden neuron" });
  const lines = Array.from({ length: 16 }, () => plane.inside("ink thin"));
  y.forEach((label, k) => {
    plane.dot("ring ink", [X[2 * k], X[2 * k + 1]], 13);
    plane.text(plane.X(X[2 * k]), plane.Y(X[2 * k + 1]) + 5, label).setAttribute("class", "ink");
  });
  const table = figure.plot({ x: [0, 1], y: [4, 0], height: 300, label: "What each hidden neuron says about each corner", xlabel: "hidden neuron" });
  table.svg.classList.add("bare");
  const cells = table.add("g");
  function train(seed) {
    const network = new Network([2, hidden, 2], new RandomState(seed)), step = SGD(0.1);
    let loss;
    for (let epoch = 0; epoch < 3000; epoch++) loss = network.learn(X, y, step);
    const [, h, scores] = network.forward(X, 4), p = network.softmax(scores, 4);
    const stuck = Math.min(...y.map((label, k) => p[2 * k + label])) < 0.6; // the right class's probability
    thrown.set(seed, stuck);
    return { network, loss, h: corners.map((_, k) => h.slice(k * hidden, (k + 1) * hidden)), stuck };
  }
  const throwIt = () => { autopsy = train(seed); network = autopsy.network; };
  const slider = figure.slider("seed", { min: 0, max: 199, step: 1, value: 0 }, (n) => { seed = n; throwIt(); });
  const next = () => { seed = (seed + 1) % 200; slider.put(seed); throwIt(); };
  figure.button("Throw the dice", next);
  figure.run("Throw all 200", () => { next(); return thrown.size < 200; });
  figure.choice("hidden neurons", widths, (k) => { hidden = widths[k]; thrown = new Map(); throwIt(); });
  throwIt();
  figure.draw = () => {
    const { loss, h, stuck } = autopsy, [first, last] = network.layers, silent = (x, z) => network.forward(Float64Array.of(x, z), 1);
    plane.paint((x, z) => {
      const [, fires, scores] = silent(x, z), p = network.softmax(scores, 1)[1], strength = 210 * Math.abs(p - 0.5) + 20;
      if (fires.every((value) => value === 0)) return [128, 128, 128, 110];
      return p < 0.5 ? [230, 130, 20, strength] : [110, 80, 180, strength];
    }, 50);
    lines.forEach((line, j) => {
      j < hidden ? plane.straight(line, [first.W[j], first.W[hidden + j]], first.b[j]) : plane.bend(line, []);
    });
    cells.replaceChildren();
    h.forEach((row, k) => {
      const text = (x, y, words) => figure.svg(cells, "text", { x, y, "text-anchor": "middle" }, words), top = table.Y(k + 1), wide = (table.right - table.left) / hidden;
      text(table.left - 20, top - 28, corners[k]);
      row.forEach((value, j) => {
        figure.svg(cells, "rect", { class: "blue", x: table.left + j * wide + 1, y: top - 62, width: wide - 2, height: 60, rx: 3, "fill-opacity": Math.min(0.4, value / 8) + 0.04 });
        if (hidden < 16) text(table.left + (j + 0.5) * wide, top - 28, value > 0.05 ? value.toFixed(1) : "0");
      });
    });
    const blind = h.filter((row) => row.every((value) => value === 0)).length;
    const fires = Array.from(first.b, (_, j) => h.filter((row) => row[j] > 0).length), dead = fires.filter((n) => n === 0).length;
    const all = [...thrown.values()], cause = blind > 1 ? `blind to ${blind} corners (rows of zeros)` : fires.every((n) => n % 4 === 0) ? "no bend: every neuron fires for all corners or for none" : "a bend is missing where one is needed";
    figure.say(`seed ${seed}: loss ${loss.toFixed(4)}, ${stuck ? "stuck, " + cause : "learned"}; ${dead} of ${hidden} neurons dead`,
      `stuck: ${all.filter(Boolean).length} of ${all.length} thrown`);
  };
});
