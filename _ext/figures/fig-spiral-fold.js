Figure("fig-spiral-fold", "Two classes of points, a ruler, and a fold", (figure) => {
  const names = Object.keys(DATA), state = { turn: 45, place: 21, folded: 0, crease: 135, at: 21 };
  let points, labels, plot, draw;
  // As in the book: 24 directions, and 43 places from one end of the points to the other.
  const direction = (degrees) => [Math.sin(degrees * Math.PI / 180), Math.cos(degrees * Math.PI / 180)];
  const reach = (at, [a, b]) => at.map(([x, y]) => x * a + y * b);
  const place = (reaches, k) => {
    const low = Math.min(...reaches) - 0.1, high = Math.max(...reaches) + 0.1;
    return low + k * (high - low) / 42;
  };
  const share = (reaches, b) => reaches.filter((r, k) => (r > b) === (labels[k] === 1)).length / labels.length;
  function fold() {
    const w = direction(state.crease), reaches = reach(points, w), crease = place(reaches, state.at);
    if (!state.folded) return { at: points, w, crease };
    return { at: points.map(([x, y], k) => { const over = 2 * Math.max(0, reaches[k] - crease); return [x - over * w[0], y - over * w[1]]; }), w, crease };
  }
  function choose(name) {
    [points, labels] = [DATA[name].X, DATA[name].y];
    const side = (k) => { const all = points.map((p) => p[k]); return [Math.min(...all), Math.max(...all)]; }, [x, y] = [side(0), side(1)];
    const half = 0.65 * Math.max(x[1] - x[0], y[1] - y[0]), middle = ([low, high]) => [(low + high) / 2 - half, (low + high) / 2 + half];
    figure.plots.replaceChildren();
    plot = figure.plot({ x: middle(x), y: middle(y), equal: true, left: 10, bottom: 12, label: `${name}, with a ruler` });
    const crease = plot.inside("grey dashed"), ruler = plot.inside("ink"), few = name === "xor" ? " large" : "";
    const dots = ["blue", "orange"].map((color) => plot.line(`dots ${color}${few}`));
    draw = () => {
      const { at, w, crease: c } = fold(), v = direction(state.turn), reaches = reach(at, v), b = place(reaches, state.place);
      plot.paint((x, y) => (x * v[0] + y * v[1] > b ? [213, 94, 0, 45] : [0, 114, 178, 45]));
      dots.forEach((path, label) => plot.dotted(path, at.filter((_, k) => labels[k] === label)));
      plot.straight(ruler, v, -b);
      state.folded ? plot.straight(crease, w, -c) : plot.bend(crease, []);
      figure.say(`${name}, ${state.folded ? "folded once" : "flat"}: ${Math.round(100 * share(reaches, b))}% right`);
    };
  }
  choose("xor");
  figure.choice("points", names, (k) => choose(names[k])).selectedIndex = 2;
  const turn = figure.slider("ruler turned", { min: 0, max: 345, step: 15, value: 45, show: (n) => `${n}°` }, (n) => { state.turn = n; });
  const move = figure.slider("ruler's place", { min: 0, max: 42, step: 1, value: 21 }, (n) => { state.place = n; });
  figure.button("The best ruler", () => {
    let best = -1;
    const { at } = fold();
    for (let degrees = 0; degrees < 360; degrees += 15) {
      const reaches = reach(at, direction(degrees));
      for (let k = 0; k < 43; k++) {
        const right = share(reaches, place(reaches, k));
        if (right > best) [best, state.turn, state.place] = [right, degrees, k];
      }
    }
    turn.put(state.turn);
    move.put(state.place);
  });
  figure.choice("sheet", ["flat", "folded"], (k) => { state.folded = k; });
  figure.slider("crease turned", { min: 0, max: 345, step: 15, value: 135, show: (n) => `${n}°` }, (n) => { state.crease = n; });
  figure.slider("crease's place", { min: 0, max: 42, step: 1, value: 21 }, (n) => { state.at = n; });
  figure.draw = () => draw();
});
