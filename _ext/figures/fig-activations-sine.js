Figure("fig-activations-sine", "Eight ReLUs whose kinks can be dragged onto a curve", (figure) => {
  const end = 2 * Math.PI, curves = {
    "one wave of the sine": Math.sin,
    "a bump": (x) => Math.exp(-((x - 3) ** 2)),
    "a saw": (x) => Math.abs((x / end * 4) % 2 - 1) * 2 - 1,
  };
  const names = Object.keys(curves);
  let wanted = Math.sin, corners, heights;
  const plot = figure.plot({ x: [0, end], y: [-1.5, 1.5], width: 400, height: 290, label: "A curve and a network of ReLUs", xticks: [0, 1, 2, 3, 4, 5, 6], yticks: [-1, 0, 1] });
  const target = plot.inside("grey"), network = plot.inside("blue"), pieces = Array.from({ length: 8 }, () => plot.inside("grey thin dashed"));
  // Neuron k has its kink at corners[k]; its weight is the change of slope there. The last corner is the end of the stretch.
  const spread = () => {
    corners = Array.from({ length: 9 }, (_, k) => k * end / 8);
    heights = corners.map(wanted);
  };
  const flat = () => { spread(); heights = corners.map(() => 0); };
  flat();
  corners.forEach((_, k) => plot.handle("orange", k < 8 ? `Kink ${k + 1}; the arrow keys move it` : "Right end; the arrow keys move it", {
    step: 0.02, r: 6, get: () => [corners[k], heights[k]],
    put: ([x, y]) => {
      heights[k] = y;
      if (k > 0 && k < 8) corners[k] = Math.max(corners[k - 1] + 0.05, Math.min(corners[k + 1] - 0.05, x));
    },
  }));
  figure.choice("curve", names, (k) => { wanted = curves[names[k]]; flat(); });
  figure.button("On the curve, evenly", spread);
  figure.draw = () => {
    const slopes = corners.slice(1).map((x, k) => (heights[k + 1] - heights[k]) / (x - corners[k]));
    const weights = slopes.map((slope, k) => slope - (k ? slopes[k - 1] : 0)), relu = (z) => Math.max(z, 0);
    const output = (x) => heights[0] + weights.reduce((sum, w, k) => sum + w * relu(x - corners[k]), 0);
    plot.bend(target, plot.curve(wanted));
    plot.bend(network, corners.map((x, k) => [x, heights[k]]));
    pieces.forEach((path, k) => plot.bend(path, [[0, 0], [corners[k], 0], [end, weights[k] * (end - corners[k])]]));
    let off = 0;
    for (let k = 0; k <= 1000; k++) off = Math.max(off, Math.abs(output(k * end / 1000) - wanted(k * end / 1000)));
    figure.say(`biases ${corners.slice(0, 8).map((x) => +(-x).toFixed(3) + 0).join("  ")}`,
      `weights ${weights.map((w) => +w.toFixed(3) + 0).join("  ")}`, `8 neurons: at most ${off.toFixed(4)} off`);
  };
});
