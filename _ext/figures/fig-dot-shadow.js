Figure("fig-dot-shadow", "Two arrows, w and x, and the shadow of x on w", (figure) => {
  const v = { w: [4, 3], x: [2, 4] };
  const plot = figure.plot({ x: [-5.5, 5.5], y: [-4.5, 5.5], equal: true, label: "Tips of two arrows to be moved",
    xlabel: "first entry", ylabel: "second entry", xticks: [-4, -2, 0, 2, 4], yticks: [-4, -2, 0, 2, 4] });
  plot.line("axis", [[-5.5, 0], [5.5, 0]]);
  plot.line("axis", [[0, -4.5], [0, 5.5]]);
  const ray = plot.inside("level"), shadow = plot.line("green wide"), drop = plot.line("grey dashed");
  const arrows = { w: plot.line("blue"), x: plot.line("orange") };
  for (const name in v) {
    plot.handle({ w: "blue", x: "orange" }[name], `Tip of ${name}; the arrow keys move it`,
      { name, step: 0.25, get: () => v[name], put: (tip) => { v[name] = tip; } });
  }
  figure.draw = () => {
    const { w, x } = v, dot = w[0] * x[0] + w[1] * x[1], length = Math.hypot(...w), reach = length ? dot / length : 0;
    const foot = length ? w.map((entry) => entry / length * reach) : w;
    plot.bend(ray, length ? [-12, 12].map((far) => w.map((entry) => entry / length * far)) : []);
    plot.bend(shadow, [[0, 0], foot]);
    plot.bend(drop, [x, foot]);
    for (const name in v) plot.bend(arrows[name], [[0, 0], v[name]]);
    const cosine = dot / length / Math.hypot(...x);
    figure.say(`w = (${w.join(", ")}), x = (${x.join(", ")}): w @ x = ${+dot.toFixed(4)}`,
      length ? `length of w ${length.toFixed(2)} × shadow ${reach.toFixed(2)}` + (isFinite(cosine) ? `, cosine ${cosine.toFixed(4)}` : "") : "an arrow without a length has no shadow");
  };
});
