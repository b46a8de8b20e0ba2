Figure("fig-byhand-graph", "The network of this chapter, forward and back, a number at a time", (figure) => {
  const v = { x1: 2, x2: -1, t: 1, w11: 0.5, w12: -0.4, w21: 0.3, w22: 0.6, b1: 0.1, b2: 0.2, v1: 0.7, v2: -0.9, c: -0.2 };
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const STEPS = [ // what to compute, how, and the number, in the order of the chapter
    ["z1", "w11 x1 + w21 x2 + b1", () => v.w11 * v.x1 + v.w21 * v.x2 + v.b1], ["z2", "w12 x1 + w22 x2 + b2", () => v.w12 * v.x1 + v.w22 * v.x2 + v.b2],
    ["h1", "σ(z1)", () => sigmoid(v.z1)], ["h2", "σ(z2)", () => sigmoid(v.z2)],
    ["s", "v1 h1 + v2 h2 + c", () => v.v1 * v.h1 + v.v2 * v.h2 + v.c], ["p", "σ(s)", () => sigmoid(v.s)], ["L", "(p − t)²", () => (v.p - v.t) ** 2],
    ["dp", "2 (p − t)", () => 2 * (v.p - v.t)], ["ds", "dp · p (1 − p)", () => v.dp * v.p * (1 - v.p)],
    ["dh1", "ds · v1", () => v.ds * v.v1], ["dh2", "ds · v2", () => v.ds * v.v2],
    ["dz1", "dh1 · h1 (1 − h1)", () => v.dh1 * v.h1 * (1 - v.h1)], ["dz2", "dh2 · h2 (1 − h2)", () => v.dh2 * v.h2 * (1 - v.h2)],
    ["dw11", "dz1 · x1", () => v.dz1 * v.x1], ["dw12", "dz2 · x1", () => v.dz2 * v.x1], ["dw21", "dz1 · x2", () => v.dz1 * v.x2], ["dw22", "dz2 · x2", () => v.dz2 * v.x2],
    ["dv1", "ds · h1", () => v.ds * v.h1], ["dv2", "ds · h2", () => v.ds * v.h2],
    ["dx1", "dz1 · w11 + dz2 · w12", () => v.dz1 * v.w11 + v.dz2 * v.w12], ["dx2", "dz1 · w21 + dz2 · w22", () => v.dz1 * v.w21 + v.dz2 * v.w22],
  ];
  const NODES = { x1: [26, 45], x2: [26, 225], z1: [140, 45], z2: [140, 225], h1: [212, 45], h2: [212, 225], s: [314, 95], p: [314, 165], L: [314, 235] };
  const WIRES = [["x1", "z1", "w11"], ["x1", "z2", "w12"], ["x2", "z1", "w21"], ["x2", "z2", "w22"], ["h1", "s", "v1"], ["h2", "s", "v2"], ["z1", "h1"], ["z2", "h2"], ["s", "p"], ["p", "L"]];
  const short = (n) => String(+n.toFixed(3)).replace("-", "−"), long = (n) => n.toFixed(4);
  let done = 0, remark = "";
  const plot = figure.plot({ x: [0, 340], y: [0, 270], height: 270, left: 0, bottom: 0, label: "The network as a graph" });
  plot.svg.classList.add("bare");
  const wires = {}, places = {};
  for (const [a, b, weight] of WIRES) {
    const [[x1, y1], [x2, y2]] = [NODES[a], NODES[b]];
    wires[a + b] = plot.add("path", { class: "grey thin", d: `M${x1},${y1}L${x2},${y2}` });
    const part = a[0] === "x" && y1 !== y2 ? 0.36 : y1 === y2 ? 0.5 : 0.46; // crossing wires carry their weights before they cross
    if (weight) places[weight] = [x1 + (x2 - x1) * part, y1 + (y2 - y1) * part];
  }
  Object.assign(places, NODES);
  const shown = {};
  for (const name in places) {
    const [x, y] = places[name], node = name in NODES;
    const box = plot.add("rect", { class: "box" + (node ? " node" : ""), x: x - (node ? 25 : 19), y: y - 22, width: node ? 50 : 38, height: 46, rx: 5 });
    plot.text(x, y - 8, name).setAttribute("class", "name");
    shown[name] = { box, value: plot.text(x, y + 6, ""), slope: plot.text(x, y + 20, "") };
    shown[name].value.setAttribute("class", "blue");
    shown[name].slope.setAttribute("class", "orange");
  }
  const question = figure.field("", (typed) => {
    const [name, formula, compute] = STEPS[done], truth = compute();
    if (Math.abs(typed - truth) < 0.0006) remark = `Right: ${forward()} = ${long(truth)}`;
    else remark = Number.isFinite(typed) ? `${name} is not ${typed}: it is ${formula}. Three decimals will do.` : "Type a number, such as −0.25 or 0.8.";
  });
  const forward = () => {
    const [name, , compute] = STEPS[done++];
    v[name] = compute();
    return name;
  };
  figure.button("Show it", () => { if (done < STEPS.length) { const name = forward(); remark = `${name} = ${long(v[name])}`; } });
  figure.button("A step back", () => { if (done) { delete v[STEPS[--done][0]]; remark = `${STEPS[done][0]} is open again.`; } });
  figure.button("All of them", () => {
    while (done < STEPS.length) forward();
    remark = STEPS.map(([name]) => `${name}\u00a0=\u00a0${long(v[name])}`).join("   ");
  });
  figure.draw = () => {
    const next = STEPS[done], target = next && next[0].replace("d", "");
    for (const name in shown) {
      const slope = name === "L" ? (done > 6 ? 1 : undefined) : v["d" + name];
      shown[name].value.textContent = v[name] === undefined ? "" : short(v[name]);
      shown[name].slope.textContent = slope === undefined ? "" : short(slope);
      shown[name].box.classList.toggle("next", name === target);
    }
    question.ask(next ? `${next[0]} = ${next[1]} =` : "");
    figure.say(next ? (done < 7 ? "The way forward." : "The way back.") + ` ${done} of ${STEPS.length} numbers.` : "All numbers are there, one sweep forward and one back.", remark);
  };
});
