// The page: what is drawn or chosen goes through the steps and the network, and all that they make is shown.
// The introduction shows the answer alone: it has no place for the steps and the neurons.
"use strict";
const Reader = (() => {
  const SIDES = [784, 128, 10];

  // Half precision: a sign, five bits of exponent, ten of fraction.
  function half(bits) {
    const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  }

  const bytes = Uint8Array.from(atob(WEIGHTS), (letter) => letter.charCodeAt(0));
  const numbers = Float64Array.from({ length: bytes.length / 2 }, (_, i) => half(bytes[2 * i] | (bytes[2 * i + 1] << 8)));

  let start = 0;
  const take = (length) => numbers.subarray(start, (start += length));
  const layers = [0, 1].map((i) => ({ W: take(SIDES[i] * SIDES[i + 1]), b: take(SIDES[i + 1]) }));

  // x @ W + b, row after row of W; a silent input needs none
  function dense(x, { W, b }) {
    const sums = Float64Array.from(b);
    x.forEach((value, i) => {
      if (value !== 0) for (let j = 0; j < b.length; j++) sums[j] += value * W[i * b.length + j];
    });
    return sums;
  }

  function softmax(scores) {
    const most = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - most));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }

  function read(pixels) {
    const sums = dense(pixels, layers[0]);
    const hidden = sums.map((sum) => Math.max(sum, 0));
    return { sums, hidden, probabilities: softmax(dense(hidden, layers[1])) };
  }

  return { layers, read };
})();

(() => {
  const find = (name) => document.querySelector(`.draw-${name}`);
  const make = (tag, attributes = {}, ...inside) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...inside);
    return element;
  };
  const SIDE = 280; // of the page, in its own measure
  const [pen, hint, says, tells] = ["pen", "hint", "says", "tells"].map(find);
  const past = [{ strokes: [], photo: null }]; // the last is what is there; Undo takes it away
  let result = null, chosen = 0;

  // ---- What is drawn

  function paint(canvas, { strokes, photo }) {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.scale(canvas.width / SIDE, canvas.height / SIDE);
    if (photo) {
      const part = SIDE / Math.max(photo.width, photo.height);
      const [width, height] = [photo.width * part, photo.height * part];
      context.drawImage(photo, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    }
    context.lineCap = context.lineJoin = "round";
    for (const { points, width } of strokes) {
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(...points[0]);
      for (let i = 1; i < points.length - 1; i++) { // round the corners: from the middle of each piece to the next
        const [[x, y], [u, v]] = [points[i], points[i + 1]];
        context.quadraticCurveTo(x, y, (x + u) / 2, (y + v) / 2);
      }
      context.lineTo(points.at(-1)[0] + 0.01, points.at(-1)[1]); // a point alone is a line, too
      context.stroke();
    }
  }

  function change(to) {
    past.push(to);
    update(true);
  }

  const now = () => past.at(-1);
  const empty = () => !now().photo && !now().strokes.length;

  // What the steps begin with: the photo's own pixels, or the drawing's.
  function pixels() {
    const { photo } = now();
    if (photo) return photo.getContext("2d").getImageData(0, 0, photo.width, photo.height);
    const page = make("canvas", { width: SIDE, height: SIDE });
    paint(page, now());
    return page.getContext("2d").getImageData(0, 0, SIDE, SIDE);
  }

  let asked = 0;
  function update(speak) {
    paint(pen, now());
    pen.classList.toggle("draw-photo", !!now().photo);
    hint.hidden = !empty();
    find("undo").disabled = past.length === 1;
    find("clear").disabled = empty();
    if (speak) look(true);
    else asked ||= setTimeout(look, 100); // while the pen moves, it comes first
  }

  function look(speak) {
    clearTimeout(asked);
    asked = 0;
    result = null;
    let said = "Nothing to read yet.";
    if (!empty())
      try {
        const steps = OwnDigit.steps(pixels());
        result = { steps, ...Reader.read(steps[3].values) };
        said = words(result.probabilities);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        said = "Nothing on it stands out from the paper. Is it empty, or the stroke too faint?";
      }
    showBars();
    showSteps();
    showNeurons();
    showNeuron();
    if (speak) says.replaceChildren(...said);
  }

  // ---- What is shown

  const percent = (p, over = "over", under = "under") =>
    p > 0.9995 ? `${over} 99.9 %` : p < 0.0005 ? `${under} 0.1 %` : `${(100 * p).toFixed(1)} %`;

  function words(probabilities) {
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const [first, second] = order.map((digit) => percent(probabilities[digit]));
    return [make("strong", {}, String(order[0])),
            make("span", {}, ` says the network, ${first} sure. Next comes ${order[1]}, with ${second}.`)];
  }

  const bars = [...find("bars").children];

  function showBars() {
    const most = result && Math.max(...result.probabilities);
    bars.forEach((row, digit) => {
      const [, bar, number] = row.children, p = result ? result.probabilities[digit] : 0;
      bar.style.setProperty("--p", p);
      number.textContent = result ? percent(p, ">", "<") : "–";
      row.classList.toggle("draw-most", result !== null && p === most);
    });
  }

  // The values as the pixels of a canvas, each coloured as `color` says.
  function show(canvas, { height, width, values }, color) {
    Object.assign(canvas, { height, width });
    const data = new ImageData(width, height);
    for (let i = 0; i < values.length; i++) {
      [data.data[4 * i], data.data[4 * i + 1], data.data[4 * i + 2]] = color(values[i]);
      data.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(data, 0, 0);
  }

  const grey = (value) => [255 * value, 255 * value, 255 * value];
  const steps = document.querySelectorAll(".draw-steps figure");

  function showSteps() {
    steps.forEach((figure, i) => {
      const [canvas, { textContent: name }, size] = figure.querySelectorAll("canvas, strong, span");
      const step = result?.steps[i] ?? { height: 28, width: 28, values: new Float64Array(784) };
      show(canvas, step, grey);
      size.textContent = result ? ` ${step.height} × ${step.width}` : "";
      canvas.setAttribute("aria-label", result ? `${name}, ${step.height} by ${step.width} pixels` : `${name}: nothing yet`);
    });
  }

  const neurons = document.querySelectorAll(".draw-neurons button");
  neurons.forEach((button, i) => {
    if (i) button.tabIndex = -1; // one stop for the tab key; the arrows go on from there
    button.setAttribute("aria-describedby", "draw-tells");
    button.onfocus = button.onclick = () => choose(i);
  });

  function choose(i) {
    neurons[chosen].tabIndex = -1;
    neurons[i].removeAttribute("tabindex");
    chosen = i;
    showNeurons();
    showNeuron();
  }

  const move = (event) => {
    const columns = getComputedStyle(find("neurons")).gridTemplateColumns.split(" ").length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -chosen, End: 127 - chosen }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    neurons[Math.min(Math.max(chosen + step, 0), 127)].focus();
  };
  find("neurons")?.addEventListener("keydown", move);

  function showNeurons() {
    const most = result ? Math.max(...result.hidden) || 1 : 1;
    neurons.forEach((button, i) => {
      const value = result ? result.hidden[i] : 0;
      button.style.setProperty("--says", Math.round((100 * value) / most) + "%");
      button.setAttribute("aria-label", `Neuron ${i}` + (result ? ` says ${value.toFixed(2)}` : ""));
      button.setAttribute("aria-pressed", i === chosen);
    });
  }

  const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

  function showNeuron() {
    if (!tells) return;
    const [first, second] = Reader.layers;
    const weights = Float64Array.from({ length: 784 }, (_, i) => first.W[128 * i + chosen]);
    const bright = 0.6 * Math.max(...weights.map(Math.abs));
    const parts = weights.map((weight, i) => (result ? weight * result.steps[3].values[i] : 0));
    // orange for more, blue for less
    const color = (value) => (value > 0 ? [255, 160, 50] : [70, 150, 255]).map((part) => Math.min((part * Math.abs(value)) / bright, part));
    show(find("weights"), { height: 28, width: 28, values: weights }, color);
    show(find("parts"), { height: 28, width: 28, values: parts }, color);
    find("weights").setAttribute("aria-label", `The 784 weights of neuron ${chosen} as a picture`);
    find("parts").setAttribute("aria-label", `The weights of neuron ${chosen}, each times the pixel of your digit`);
    const votes = second.W.subarray(10 * chosen, 10 * chosen + 10);
    const [up, down] = [Math.max(...votes), Math.min(...votes)];
    const sum = result?.sums[chosen];
    const speaks = !result ? `Neuron ${chosen} waits for a digit.`
      : sum > 0 ? `Neuron ${chosen} says ${sum.toFixed(2)}.`
      : `Neuron ${chosen} is silent: its sum is ${signed(sum)}, and ReLU makes that 0.`;
    tells.textContent = `${speaks} Ink raises its answer where the left picture is orange, lowers it where it is blue. `
      + `What it says speaks most for ${votes.indexOf(up)} (${signed(up)}) and against ${votes.indexOf(down)} (${signed(down)}).`;
  }

  // ---- What the reader does

  const place = (event) => {
    const box = pen.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };

  let drawing = null; // the pointer that draws
  pen.onpointerdown = (event) => {
    if (drawing !== null || event.button) return;
    drawing = event.pointerId;
    pen.setPointerCapture(drawing);
    past.push({ strokes: [...now().strokes, { points: [place(event)], width: +find("width").firstElementChild.value }], photo: null });
    update(false);
  };
  pen.onpointermove = (event) => {
    if (event.pointerId !== drawing) return;
    const places = event.getCoalescedEvents?.() ?? [];
    now().strokes.at(-1).points.push(...(places.length ? places : [event]).map(place));
    update(false);
  };
  pen.onpointerup = pen.onpointercancel = (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    update(true);
  };

  find("undo").onclick = () => {
    past.pop();
    update(true);
  };
  find("clear").onclick = () => change({ strokes: [], photo: null });

  const LARGEST = 2400; // pixels; a camera's more would take a phone's memory
  function choosePhoto(address) {
    const photo = new Image();
    photo.onload = () => {
      const part = Math.min(1, LARGEST / Math.max(photo.naturalWidth, photo.naturalHeight));
      const canvas = make("canvas", { width: Math.round(photo.naturalWidth * part), height: Math.round(photo.naturalHeight * part) });
      canvas.getContext("2d").drawImage(photo, 0, 0, canvas.width, canvas.height);
      change({ strokes: [], photo: canvas });
    };
    photo.onerror = () => says.replaceChildren("That file is no picture that this browser can show.");
    photo.src = address;
  }

  function chooseFile(file) {
    if (!file) return;
    const reader = new FileReader();
    reader.onload = () => choosePhoto(reader.result);
    reader.readAsDataURL(file);
  }

  const file = find("file").querySelector("input");
  file.onchange = () => {
    chooseFile(file.files[0]);
    file.value = ""; // the same one can be chosen again
  };
  const square = find("square");
  square.ondragover = (event) => event.preventDefault();
  square.ondrop = (event) => {
    event.preventDefault();
    chooseFile(event.dataTransfer.files[0]);
  };

  const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  const hands = Array(10).fill(0), examples = [...find("examples").querySelectorAll("button")];
  examples.pop().onclick = () => choosePhoto(PHOTO);
  examples.forEach((button, digit) => {
    button.onclick = () => {
      const strokes = EXAMPLES[hands[digit]++ % EXAMPLES.length][digit];
      change({ strokes: strokes.map((flat) => ({ points: pairs(flat), width: +find("width").firstElementChild.value })), photo: null });
    };
  });

  document.querySelector(".draw-off")?.remove();
  document.querySelectorAll(".draw").forEach((part) => { part.hidden = false; });
  if (tells) find("fingerprint").textContent = FINGERPRINT;
  update(true);
})();
