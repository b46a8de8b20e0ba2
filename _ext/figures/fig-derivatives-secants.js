Figure("fig-derivatives-secants", "A loss, its tangent, and a slope measured over a run h", (figure) => {
  const f = (w) => w * w * w - 3 * w + 4, slopeAt = (w) => 3 * w * w - 3;
  const runs = []; // 1, 0.5, 0.2, 0.1, ... as fractions: 5 / 10**k is the float that is printed as such
  for (let k = 0; k < 17; k++) runs.push(1 / 10 ** k, 5 / 10 ** (k + 1), 2 / 10 ** (k + 1));
  runs.length = 49;
  let w = 1.5, h = 1, both = false;
  const measured = (w, h) => (both ? (f(w + h) - f(w - h)) / (2 * h) : (f(w + h) - f(w)) / h);
  const python = (n, digits = 0) => n.toExponential(digits).replace(/([+-])(\d)$/, "$10$2");
  const curve = figure.plot({ x: [-2, 2.7], y: [-1, 14], height: 280, label: "The loss over the weight", xlabel: "weight w", ylabel: "loss", xticks: [-2, -1, 0, 1, 2], yticks: [0, 5, 10] });
  curve.inside("ink", curve.curve(f));
  const tangent = curve.inside("grey dashed"), secant = curve.inside("orange");
  const ends = [curve.dot("orange", [0, 0], 5), curve.dot("orange", [0, 0], 5)];
  curve.handle("blue", "The weight; the left and right arrow keys move it", { name: "w", step: 0.1, get: () => [w, f(w)], put: ([x]) => { w = x; } });
  const errors = figure.plot({ x: [-16, 0], y: [-13, 2], height: 280, left: 50, label: "The error of the measured slope against h", xlabel: "h (powers of ten)", ylabel: "error (powers of ten)", xticks: [-16, -12, -8, -4, 0], yticks: [-12, -8, -4, 0] });
  const cloud = errors.line("dots grey"), here = errors.dot("orange", [0, 0], 7);
  const log = (error) => Math.log10(Math.max(error, 1e-13));
  figure.slider("run h =", { min: 0, max: 48, step: 1, value: 0, show: (k) => (runs[k] < 0.001 ? python(runs[k]) : String(runs[k])) }, (k) => { h = runs[k]; });
  figure.choice("measured to", ["one side", "both sides"], (k) => { both = k === 1; });
  figure.draw = () => {
    const slope = measured(w, h), truth = slopeAt(w), line = (slope, path) => curve.bend(path, [-4, 4].map((x) => [x, f(w) + slope * (x - w)]));
    line(truth, tangent);
    const [left, right] = [both ? w - h : w, w + h];
    curve.bend(secant, [-4, 4].map((x) => [x, f(left) + slope * (x - left)]));
    [left, right].forEach((x, k) => { curve.move(ends[k], [x, f(x)]); ends[k].style.visibility = f(x) <= 14 && x <= 2.7 ? "" : "hidden"; });
    errors.dotted(cloud, runs.map((run) => [Math.log10(run), log(Math.abs(measured(w, run) - truth))]));
    errors.move(here, [Math.log10(h), log(Math.abs(slope - truth))]);
    const off = Math.abs(slope - truth);
    figure.say(both ? `h = ${python(h)}   slope ${slope.toFixed(12)}   off by ${off ? python(off) : "0e+00"}` : `run ${h < 0.001 ? python(h) : h}   rise ${(f(w + h) - f(w)).toFixed(6)}   slope ${slope.toFixed(4)}`,
      `at w = ${w} the loss is ${f(w).toFixed(3)}, its slope ${+truth.toFixed(4)}`);
  };
});
