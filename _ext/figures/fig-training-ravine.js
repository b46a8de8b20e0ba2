Figure("fig-training-ravine", "Three optimizers walk down from one start", (figure) => {
  const lands = { "the ravine: w1² + 100 w2²": [1, 100], "the bowl: w1² + 3 w2²": [1, 3] }, names = Object.keys(lands);
  const rates = [0.001, 0.003, 0.005, 0.008, 0.009, 0.0095, 0.01, 0.0105, 0.03, 0.1, 0.2, 0.256, 0.3, 0.35, 0.5, 1];
  let steep = lands[names[0]], start = [-4, 1], lr = 0.009, momentum = 0.9, adam = 0.256, steps = 20;
  const plot = figure.plot({ x: [-5, 5], y: [-1.5, 1.5], width: 420, height: 260, label: "A landscape seen from above", xlabel: "w1", ylabel: "w2", xticks: [-4, -2, 0, 2, 4], yticks: [-1, 0, 1] });
  const colors = { SGD: "orange", momentum: "blue", Adam: "green" };
  const paths = {}, dots = {};
  for (const name in colors) {
    paths[name] = plot.inside("thin " + colors[name]);
    dots[name] = plot.inside("dots " + colors[name]);
  }
  plot.line("ink", [[-0.15, 0], [0.15, 0]]);
  plot.line("ink", [[0, -0.08], [0, 0.08]]);
  plot.handle("ink", "The start; the arrow keys move it", { name: "start", step: 0.1, r: 8, get: () => start, put: (place) => { start = place; } });
  const gradient = (w) => w.map((entry, k) => 2 * steep[k] * entry), height = ([a, b]) => steep[0] * a * a + steep[1] * b * b;
  const walkers = {
    SGD: () => (w) => gradient(w).map((g) => lr * g),
    momentum: () => { let v = [0, 0]; return (w) => { const g = gradient(w); v = v.map((e, k) => momentum * e + g[k]); return v.map((e) => lr * e); }; },
    Adam: () => { // as in chapter 18, with betas of 0.9 and 0.999
      let m = [0, 0], s = [0, 0], zero1 = 1, zero2 = 1;
      return (w) => {
        const g = gradient(w);
        [zero1, zero2] = [0.9 * zero1, 0.999 * zero2];
        m = m.map((e, k) => 0.9 * e + (1 - 0.9) * g[k]);
        s = s.map((e, k) => 0.999 * e + (1 - 0.999) * g[k] * g[k]);
        return m.map((e, k) => adam * (e / (1 - zero1) / (Math.sqrt(s[k] / (1 - zero2)) + 1e-8)));
      };
    },
  };
  function walk(name) {
    const step = walkers[name](), path = [start];
    for (let k = 0; k < steps; k++) {
      const w = path[k], change = step(w);
      path.push(w.map((entry, i) => entry - change[i]));
    }
    return path;
  }
  const rate = (label, value, change) => figure.slider(label, { min: 0, max: rates.length - 1, step: 1, value: rates.indexOf(value), show: (k) => rates[k] }, (k) => change(rates[k]));
  figure.choice("landscape", names, (k) => { steep = lands[names[k]]; });
  rate("rate of SGD and momentum", lr, (n) => { lr = n; });
  figure.slider("momentum", { min: 0, max: 0.99, step: 0.01, value: 0.9 }, (n) => { momentum = n; });
  rate("rate of Adam", adam, (n) => { adam = n; });
  const count = figure.slider("steps", { min: 0, max: 100, step: 1, value: 20 }, (n) => { steps = n; });
  figure.run("Race", () => {
    steps = steps >= 100 ? 0 : steps + 1;
    count.put(steps);
    return steps < 100;
  });
  figure.draw = () => {
    plot.paint((a, b) => [0, 90, 170, 12 + 26 * [1, 5, 15, 40, 100, 250].filter((level) => height([a, b]) > level).length], 120);
    const words = (h) => (h < 1e5 ? h.toFixed(h < 1 ? 4 : 2) : h.toExponential(1)), said = [];
    for (const name in walkers) {
      const path = walk(name), seen = path.filter((w) => w.every((n) => Math.abs(n) < 1e3));
      plot.bend(paths[name], seen);
      plot.dotted(dots[name], seen);
      said.push(`${name} ${words(height(path[steps]))}`);
    }
    figure.say(`height after ${steps} steps: ${said.join(", ")}`);
  };
});
