Figure("fig-neuron-maps", "A neuron with two weights and a bias over the four points of XOR", (figure) => {
  const at = { w1: 0.3, w2: -0.4, bias: 0.8 }, wanted = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]];
  let best = 0;
  const plot = figure.plot({ x: [-1, 2], y: [-1, 2], equal: true, label: "The neuron's map", xlabel: "input 1", ylabel: "input 2",
    xticks: [-1, 0, 1, 2], yticks: [-1, 0, 1, 2] });
  const line = plot.inside("ink");
  const points = wanted.map(([x, y, label]) => {
    const ring = plot.dot("ring", [x, y], 13);
    plot.text(plot.X(x), plot.Y(y) + 5, label).setAttribute("class", "ink");
    return ring;
  });
  for (const [name, label] of [["w1", "weight 1"], ["w2", "weight 2"], ["bias", "bias"]]) {
    figure.slider(label, { min: -2, max: 2, step: 0.05, value: at[name], show: (n) => n.toFixed(2) }, (n) => { at[name] = n; });
  }
  figure.draw = () => {
    const { w1, w2, bias } = at, neuron = (x, y) => x * w1 + y * w2 + bias; // in the order of the loop: as in the book
    plot.paint((x, y) => {
      const output = neuron(x, y), strength = 40 + 130 * Math.min(1, Math.abs(output) / 3);
      return output > 0 ? [230, 130, 20, strength] : [110, 80, 180, strength];
    });
    plot.straight(line, [w1, w2], bias);
    const right = wanted.map(([x, y, label]) => (neuron(x, y) > 0 ? 1 : 0) === label), count = right.filter(Boolean).length;
    points.forEach((ring, k) => ring.setAttribute("class", right[k] ? "ring green" : "ring orange wrong"));
    best = Math.max(best, count);
    const outputs = wanted.map(([x, y]) => neuron(x, y).toFixed(2));
    figure.say(`outputs at (0, 0), (0, 1), (1, 0), (1, 1): ${outputs.join("  ")}`,
      `${count} of 4 right; best so far: ${best} of 4`);
  };
});
