// What all figures that move share. A figure's own script comes after this one and says
//   Figure("fig-name", "what it is", (figure) => { ...; figure.draw = () => { ... }; });
// Its controls call figure.draw(), which shows everything anew and says in words what is seen.
"use strict";

const Figure = (() => {
  const SVG = "http://www.w3.org/2000/svg", HTML = "http://www.w3.org/1999/xhtml";
  const html = (parent, tag, attributes, text) => add(parent, document.createElementNS(HTML, tag), attributes, text);
  const svg = (parent, tag, attributes, text) => add(parent, document.createElementNS(SVG, tag), attributes, text);
  const minus = (text) => String(text).replace(/(?<!\w)-(?=\d)/g, "−"); // but 1e-05 stays as Python prints it
  let clips = 0;
  const clamp = (number, [low, high]) => Math.max(low, Math.min(high, number));

  function add(parent, element, attributes = {}, text = "") {
    set(element, attributes);
    if (text !== "") element.textContent = text;
    return parent.appendChild(element);
  }

  function set(element, attributes) {
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return element;
  }

  // A coordinate system: X and Y lead from numbers to places, `at` leads back from the pointer.
  class Plot {
    constructor(parent, options) {
      let { x, y, label, width = 340, height = 300, left = 38, bottom = 34, equal, xlabel = "", ylabel = "", xticks = [], yticks = [] } = options;
      const top = ylabel ? 22 : 12;
      if (equal) height = top + bottom + (width - 10 - left) * (y[1] - y[0]) / (x[1] - x[0]); // a step is as long either way
      Object.assign(this, { x, y, left, right: width - 10, top, bottom: height - bottom });
      this.svg = svg(parent, "svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label });
      this.under = this.add("g");
      const frame = this.add("path", { class: "axis" });
      set(frame, { d: `M${this.left},${this.top}V${this.bottom}H${this.right}` });
      for (const t of xticks) this.text(this.X(t), this.bottom + 16, minus(t));
      for (const t of yticks) this.text(this.left - 6, this.Y(t) + 4, minus(t), "end");
      this.text((this.left + this.right) / 2, height - 3, xlabel);
      this.text(this.left - 6, 13, ylabel, "start");
    }
    X(x) { return this.left + (x - this.x[0]) / (this.x[1] - this.x[0]) * (this.right - this.left); }
    Y(y) { return this.bottom - (y - this.y[0]) / (this.y[1] - this.y[0]) * (this.bottom - this.top); }
    at(event) {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
      return [this.x[0] + (place.x - this.left) / (this.right - this.left) * (this.x[1] - this.x[0]),
              this.y[0] + (this.bottom - place.y) / (this.bottom - this.top) * (this.y[1] - this.y[0])];
    }
    add(tag, attributes, text) { return svg(this.svg, tag, attributes, text); }
    text(x, y, text, anchor = "middle") { return this.add("text", { x, y, "text-anchor": anchor }, text); }
    line(style, points = []) { return this.bend(this.add("path", { class: style, fill: "none" }), points); }
    inside(style, points) { return set(this.line(style, points), { "clip-path": this.edges ??= this.clip() }); } // cut off at the edges
    bend(path, points) {
      const edge = 2000; // what leaves the plot far behind is cut off, not drawn
      const places = points.filter((p) => p.every(Number.isFinite)).map(([a, b]) =>
        clamp(this.X(a), [-edge, edge]).toFixed(1) + "," + clamp(this.Y(b), [-edge, edge]).toFixed(1));
      return set(path, { d: places.length ? "M" + places.join("L") : "" });
    }
    dot(style, [x, y], r = 6) { return this.add("circle", { class: style, r, cx: this.X(x), cy: this.Y(y) }); }
    dotted(path, points) { // many dots in one path, whose style draws round ends
      return set(path, { d: points.map(([a, b]) => `M${this.X(a).toFixed(1)},${this.Y(b).toFixed(1)}h0`).join("") });
    }
    move(dot, [x, y]) { return set(dot, { cx: this.X(x), cy: this.Y(y) }); }
    curve(f, n = 160) {
      return Array.from({ length: n + 1 }, (_, k) => this.x[0] + k / n * (this.x[1] - this.x[0])).map((x) => [x, f(x)]);
    }
    straight(path, [a, b], c) { // where a x + b y + c = 0
      const steep = a * a + b * b, long = 3 * (this.x[1] - this.x[0]) / Math.sqrt(steep);
      return this.bend(path, steep ? [-long, long].map((far) => [-a * c / steep - far * b, -b * c / steep + far * a]) : []);
    }
    clip() {
      const id = `clip${clips++}`;
      svg(svg(this.svg, "clipPath", { id }), "rect", { x: this.left, y: this.top, width: this.right - this.left, height: this.bottom - this.top });
      return `url(#${id})`;
    }
    // Colours for the whole plot: `color` gives red, green, blue and how much of it for each place.
    paint(color, n = 60) {
      const canvas = Object.assign(document.createElement("canvas"), { width: n, height: n }), pen = canvas.getContext("2d");
      const image = pen.createImageData(n, n);
      for (let k = 0; k < n * n; k++) {
        const x = this.x[0] + (k % n + 0.5) / n * (this.x[1] - this.x[0]), y = this.y[1] - (Math.floor(k / n) + 0.5) / n * (this.y[1] - this.y[0]);
        image.data.set(color(x, y), 4 * k);
      }
      pen.putImageData(image, 0, 0);
      this.picture ??= svg(this.under, "image", { x: this.left, y: this.top, width: this.right - this.left, height: this.bottom - this.top, preserveAspectRatio: "none" });
      set(this.picture, { href: canvas.toDataURL() });
    }
    // A point to be dragged, or moved by the arrow keys (further with Shift).
    handle(style, label, { get, put, step = 0.1, name = "", r = 9 }) {
      const knob = this.add("g", { class: "knob " + style, tabindex: 0, role: "slider", "aria-label": label });
      svg(knob, "circle", { r: 22, class: "hit" });
      svg(knob, "circle", { r });
      svg(knob, "text", { y: -15, "text-anchor": "middle" }, name);
      const round = (number) => Math.round(number / step) * step;
      const go = ([x, y]) => {
        put([+round(clamp(x, this.x)).toFixed(6), +round(clamp(y, this.y)).toFixed(6)]);
        this.figure.draw();
      };
      knob.onpointerdown = (event) => { knob.setPointerCapture(event.pointerId); knob.focus({ preventScroll: true }); };
      knob.onpointermove = (event) => knob.hasPointerCapture(event.pointerId) && go(this.at(event));
      knob.onkeydown = (event) => {
        const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (!way) return;
        event.preventDefault();
        const [x, y] = get(), far = event.shiftKey ? 5 * step : step;
        go([x + way[0] * far, y + way[1] * far]);
      };
      this.figure.redraws.push(() => {
        const [x, y] = get();
        set(knob, { transform: `translate(${this.X(x).toFixed(1)} ${this.Y(y).toFixed(1)})`, "aria-valuenow": x, "aria-valuetext": `${+x.toFixed(3)}, ${+y.toFixed(3)}` });
      });
      return knob;
    }
  }

  class Box {
    constructor(box) {
      this.redraws = [];
      this.plots = html(box, "div", { class: "plots" });
      this.controls = html(box, "div", { class: "controls" });
      this.said = html(box, "output", { "aria-live": "polite" });
    }
    plot(options) { return Object.assign(new Plot(this.plots, options), { figure: this }); }
    svg(...what) { return svg(...what); }
    say(...lines) { this.said.textContent = minus(lines.join("\n")); }
    button(text, press) { return Object.assign(html(this.controls, "button", { type: "button" }, text), { onclick: () => { press(); this.draw(); } }); }
    slider(label, { min, max, step, value, show = (n) => n }, change) {
      const line = html(this.controls, "label", { class: "slider" }), words = html(line, "span");
      const input = html(line, "input", { type: "range", min, max, step, value });
      const tell = () => { const now = minus(show(+input.value)); words.textContent = `${label} ${now}`; set(input, { "aria-valuetext": now }); };
      input.oninput = () => { change(+input.value); tell(); this.draw(); };
      tell();
      return Object.assign(input, { put: (number) => { input.value = number; tell(); } });
    }
    choice(label, names, change) {
      const line = html(this.controls, "label"), select = (html(line, "span", {}, label), html(line, "select"));
      names.forEach((name) => html(select, "option", {}, name));
      select.onchange = () => { change(select.selectedIndex); this.draw(); };
      return select;
    }
    field(label, answer) { // a question, whose answer is typed and sent with Enter or the button
      const form = html(this.controls, "form"), line = html(form, "label"), words = html(line, "span", {}, label);
      const input = html(line, "input", { inputmode: "text", autocomplete: "off", size: 7 });
      html(form, "button", {}, "Check");
      form.onsubmit = (event) => {
        event.preventDefault();
        answer(Number(input.value.trim().replace("−", "-").replace(",", ".") || NaN));
        input.value = "";
        this.draw();
      };
      return { ask: (text) => { words.textContent = text; form.hidden = !text; } };
    }
    // Steps one after the other, at most 60 a second; whoever asked for less motion sees the end alone.
    run(text, step) {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      let going = false;
      const stop = () => { going = false; button.textContent = text; };
      const frame = () => {
        if (!going || !button.isConnected) return;
        do { if (!step()) stop(); } while (still && going);
        this.draw();
        requestAnimationFrame(frame);
      };
      const button = this.button(text, () => {
        if (going) return stop();
        going = true;
        button.textContent = "Pause";
        frame();
      });
      return { stop };
    }
  }

  return (name, label, build) => {
    const figure = document.getElementById(name), image = figure.querySelector("img"), start = figure.querySelector("button.move");
    const print = image.closest("a") ?? image, box = document.createElement("div");
    set(box, { class: "movable", role: "group", "aria-label": label });
    const fill = () => {
      box.replaceChildren();
      const inside = new Box(box), draw = (build(inside), inside.draw);
      inside.draw = () => { draw(); inside.redraws.forEach((redraw) => redraw()); };
      inside.draw();
      const end = html(box, "div", { class: "controls end" });
      html(end, "button", { type: "button" }, "Start again").onclick = () => { fill(); box.querySelector(".end button").focus(); };
      html(end, "button", { type: "button" }, "Back to the print").onclick = () => {
        box.remove();
        print.classList.remove("moved");
        start.hidden = false;
        start.focus();
      };
    };
    const open = () => {
      fill();
      print.classList.add("moved"); // hidden on the screen, shown on paper
      start.hidden = true;
      start.disabled = false;
      start.onclick = open;
      print.after(box);
      box.querySelector("[tabindex], input, button, select").focus();
    };
    open();
  };
})();
