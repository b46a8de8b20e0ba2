Figure("fig-layers-start", "The size of the signal in twenty layers, for weights as large as you like", (figure) => {
  let factor = 1, layer = 20;
  const plot = figure.plot({ x: [0, 20], y: [-13, 13], width: 420, height: 290, left: 44, label: "The size of the signal after each layer",
    xlabel: "layers passed", ylabel: "size of the signal (powers of ten)", xticks: [0, 5, 10, 15, 20], yticks: [-12, -6, 0, 6, 12] });
  // A ReLU layer twice as loud gives twice as much: after k layers the factor counts k times.
  const size = (times, k) => DATA[k] * times ** k, path = (times) => DATA.map((_, k) => [k, Math.log10(size(times, k))]);
  const line = plot.inside("orange"), dots = plot.inside("dots orange"), lens = plot.dot("ring blue", [20, 0], 11);
  for (const [times, words] of [[0.5, "half of He's"], [1, "He's weights"], [2, "twice He's"]]) {
    plot.inside("grey dashed", path(times));
    plot.text(plot.X(12.5), plot.Y(Math.log10(size(times, 13))) + (times < 1 ? 20 : -9), words, "end");
  }
  const python = (n) => (n >= 1e-4 && n < 100 ? String(+n.toPrecision(2)) : n.toExponential(1).replace(/([+-])(\d)$/, "$10$2")); // Python's .2g
  figure.slider("weights, times He's:", { min: 0.25, max: 4, step: 0.05, value: 1, show: (n) => n.toFixed(2) }, (n) => { factor = n; });
  figure.slider("look at layer", { min: 0, max: 20, step: 1, value: 20 }, (n) => { layer = n; });
  figure.draw = () => {
    plot.bend(line, path(factor));
    plot.dotted(dots, path(factor));
    plot.move(lens, [layer, Math.max(-13, Math.min(13, Math.log10(size(factor, layer))))]);
    const std = factor * Math.sqrt(2 / 100);
    figure.say(`std ${std.toFixed(4)}, ${factor} times He: ${python(size(factor, layer))} after ${layer} layers`,
      `each layer makes the signal about ${+factor.toFixed(2)} times as large`);
  };
});
