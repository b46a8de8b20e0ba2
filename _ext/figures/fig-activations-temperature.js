Figure("fig-activations-temperature", "Four scores and their softmax at a temperature", (figure) => {
  const scores = [1, 2, 3, 2.5], colors = ["blue", "orange", "green", "purple"];
  let power = 0, shift = 0;
  const temperature = () => +(2 ** power).toPrecision(3);
  const plot = figure.plot({ x: [-0.6, 3.6], y: [0, 1.1], height: 240, label: "Four bars, one probability each", xlabel: "class", ylabel: "probability", xticks: [0, 1, 2, 3], yticks: [0, 0.5, 1] });
  const bars = colors.map((color, k) => plot.add("rect", { class: color, x: plot.X(k - 0.35), width: plot.X(0.7) - plot.X(0), rx: 2 }));
  const labels = colors.map((color, k) => plot.text(plot.X(k), 0, "?"));
  const sliders = scores.map((score, k) => figure.slider(`score of class ${k}:`, { min: -5, max: 5, step: 0.1, value: score, show: (n) => (n + shift).toFixed(1) }, (n) => { scores[k] = n; }));
  figure.slider("temperature", { min: -3, max: 10, step: 0.25, value: 0, show: (n) => +(2 ** n).toPrecision(3) }, (n) => { power = n; });
  const plus = figure.button("+100 to all", () => {
    shift = shift ? 0 : 100;
    plus.textContent = shift ? "−100 to all" : "+100 to all";
    sliders.forEach((slider, k) => slider.put(scores[k]));
  });
  figure.draw = () => {
    const z = scores.map((score) => (score + shift) / temperature()), largest = Math.max(...z);
    const powers = z.map((score) => Math.exp(score - largest)), sum = powers.reduce((a, b) => a + b);
    const p = powers.map((power) => power / sum);
    p.forEach((share, k) => {
      bars[k].setAttribute("y", plot.Y(share));
      bars[k].setAttribute("height", plot.bottom - plot.Y(share));
      labels[k].setAttribute("y", plot.Y(share) - 5);
      labels[k].textContent = share.toFixed(2);
    });
    figure.say(`T = ${temperature()}: probabilities ${p.map((share) => share.toFixed(4)).join("  ")}`, `winner: class ${p.indexOf(Math.max(...p))}`);
  };
});
