// Run the code of a page on the page. Loaded when "Run this page" is pressed; until then a page has the button alone.
// Everything comes as a script from the book's own folder: of a book on a disk, a browser reads scripts and nothing else.
(() => {
  const bar = document.querySelector(".live-bar"), [begin] = bar.children, status = bar.querySelector("[role=status]");
  const home = new URL(".", document.currentScript.src).href, { files, python, worker: thread } = NNLIVE_FILES;
  const memory = `nnlib-book ${bar.dataset.page} `; // where the browser keeps the reader's edits

  // ---- Small things

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const button = (textContent, onclick, more) => make("button", { type: "button", textContent, onclick, ...more });
  const say = (text) => { status.textContent = text; };
  const script = (name) => new Promise((done, failed) => {
    const onload = () => { tag.remove(); done(); };
    const onerror = () => { tag.remove(); failed(new Error(`${name} could not be loaded`)); };
    const tag = make("script", { src: home + name, onload, onerror });
    document.head.append(tag);
  });
  const kept = {
    get(id) { try { return localStorage.getItem(memory + id); } catch { return null; } },
    set(id, source) { try { localStorage.setItem(memory + id, source); } catch { /* this browser keeps nothing */ } },
    drop(id) { try { localStorage.removeItem(memory + id); } catch { /* nor has it anything to forget */ } },
    ids() { try { return Object.keys(localStorage).filter((key) => key.startsWith(memory)).map((key) => key.slice(memory.length)); } catch { return []; } },
  };

  // ---- Python, in a thread of its own

  const loaded = {}, order = [...python, "book.tar"]; // name: a file's bytes, packed, as text
  let worker, compiled, notebook, running;

  window.NNLIVE = (name, packed) => {
    loaded[name] = packed;
    if (name !== "notebook") worker.postMessage({ file: name, base64: packed });
  };

  function startPython() {
    return new Promise((ready, failed) => {
      worker = new Worker(URL.createObjectURL(new Blob([thread], { type: "text/javascript" })));
      worker.onerror = (event) => failed(new Error(event.message || "the thread did not start"));
      worker.onmessage = ({ data }) => {
        if (data.compiled) compiled = data.compiled;
        else if (data.ready) ready();
        else if (data.warm) bar.dataset.warm = "yes";
        else if (data.fatal && !running) failed(new Error(data.fatal));
        else running?.hear(data);
      };
      worker.postMessage({ start: files.version, compiled });
      for (const name of order) if (loaded[name]) worker.postMessage({ file: name, base64: loaded[name] });
    });
  }

  async function loadPython() {
    let count = 0;
    await Promise.all(order.map(async (name) => {
      await script(files[name]);
      say(`Loading Python: ${++count} of ${order.length} files …`);
    }));
    say("Starting Python …");
  }

  const style = () => new Promise((done) => {
    document.head.append(make("link", { rel: "stylesheet", href: home + files.style, onload: done, onerror: done }));
  });

  async function unpack(base64) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  // ---- Cells

  class Cell {
    constructor({ index, number, source, id, stored, setup, raises, exercise }) {
      Object.assign(this, { index, number, book: source, id, stored, setup, raises, exercise });
      this.source = kept.get(id) ?? source;
      this.block = document.querySelector(`.source-${index}`);
      this.output = document.querySelector(`.output-${index}`);
      if (this.output) this.remember();
      if (this.block) this.edit();
    }

    remember() {
      this.printed = [...this.output.childNodes];
      this.figures = [...this.output.children].filter((child) => child.querySelector("img"));
      this.pictures = this.figures.map((figure) => {
        const picture = figure.querySelector("img"), link = picture.closest("a");
        return { picture, link, attributes: ["src", "alt", "width", "height", "style"].map((name) => [name, picture.getAttribute(name)]), href: link?.href };
      });
    }

    edit() {
      const holder = make("div", { className: "live-editor highlight" });
      const { fontFamily, fontSize, lineHeight } = getComputedStyle(this.block.querySelector("pre")); // its `font` is empty: no ligatures
      Object.assign(holder.style, { fontFamily, fontSize, lineHeight });
      this.run = button("Run", () => (running === this ? stop() : runUntil(this)));
      this.reset = button("Reset cell", () => { this.takeBack(); this.editor.focus(); }, { hidden: true });
      this.note = make("span", { className: "live-note" });
      this.tools = make("div", { className: "live-tools" }, this.run, this.reset, this.note);
      this.run.setAttribute("aria-label", `Run cell ${this.number}`);
      this.reset.setAttribute("aria-label", `Reset cell ${this.number}`);
      this.block.hidden = true;
      this.block.after(holder, this.tools);
      this.editor = NNEditor({
        parent: holder, doc: this.source, label: `Code of cell ${this.number}`,
        run: () => runUntil(this), changed: (source) => this.changed(source),
      });
      this.changed(this.source);
    }

    changed(source) {
      this.source = source;
      const edited = source !== this.book;
      this.reset.hidden = !edited;
      this.tools.classList.toggle("edited", edited);
      if (edited) kept.set(this.id, source);
      else kept.drop(this.id);
      if (this.state) this.show(this.ran === source ? this.verdict : "changed since it ran");
      back.hidden = unedited();
    }

    get edited() { return this.source !== this.book; }

    takeBack() {
      const { state } = this.editor;
      if (this.edited) this.editor.dispatch({ changes: { from: 0, to: state.doc.length, insert: this.book } });
      this.restore();
    }

    // Whoever runs a cell wants to see what it prints, folded or not.
    unfold() {
      const fold = this.output?.closest("details");
      if (fold) fold.open = true;
    }

    // Put back what the book printed.
    restore() {
      this.state = this.ran = undefined;
      this.show("");
      if (!this.output) return;
      this.output.replaceChildren(...(this.printed ?? []));
      for (const { picture, link, attributes, href } of this.pictures ?? []) {
        for (const [name, value] of attributes) value === null ? picture.removeAttribute(name) : picture.setAttribute(name, value);
        if (link) link.href = href;
        picture.hidden = false;
      }
      delete this.output.dataset.live;
    }

    show(text) {
      this.verdict = text.startsWith("changed") ? this.verdict : text;
      if (this.note) {
        this.note.textContent = text;
        this.note.classList.toggle("same", text.startsWith("✓"));
      }
    }

    perform() {
      const begun = performance.now(), { source } = this;
      this.fresh = [];
      this.mark("running");
      const clock = setInterval(() => {
        const seconds = Math.round((performance.now() - begun) / 1000);
        if (seconds > 1) this.show(`running, ${seconds} seconds …`);
      }, 500);
      return new Promise((done) => {
        this.end = (state, verdict) => {
          clearInterval(clock);
          running = undefined;
          this.ran = source;
          this.mark(state);
          this.show(verdict ?? this.judge(state));
          done(state === "done");
        };
        this.hear = ({ kind, text, done: over, ok, fatal }) => {
          if (kind) this.add(kind, text);
          else if (over) { this.draw(); this.end(ok ? "done" : "failed"); }
          else if (fatal) { this.add("error", fatal); this.draw(); this.end("failed", "Python has ended"); restart("Python has ended, and starts anew: what the cells had defined is gone."); }
        };
        running = this;
        worker.postMessage({ id: this.number, source, name: `<cell ${this.number}>` });
      });
    }

    add(kind, text) {
      const last = this.fresh.at(-1);
      if (last?.kind === kind && kind.startsWith("std")) last.text += text;
      else this.fresh.push({ kind, text });
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => this.draw());
    }

    // Text is compared to the letter; figures are not: another version of Matplotlib draws them.
    judge(state) {
      const text = (parts) => JSON.stringify(parts.map(([kind, text]) => [kind, settled(text)]));
      const fresh = this.fresh.filter(({ kind }) => kind !== "figure" && kind !== "hint").map(({ kind, text }) => [kind, text]);
      this.same = text(fresh) === text(this.stored);
      if (this.stored.length && this.same && !this.exercise) return "✓ the same numbers as in the book";
      return state === "failed" && !(this.same && this.stored.length) ? "stopped by an error" : "";
    }

    mark(state) {
      this.state = state;
      if (this.run) {
        this.run.textContent = state === "running" ? "Stop" : "Run";
        this.run.setAttribute("aria-label", `${this.run.textContent} cell ${this.number}`);
      }
      if (this.output) {
        this.output.dataset.live = state;
        state === "running" ? this.output.setAttribute("aria-busy", "true") : this.output.removeAttribute("aria-busy");
      }
    }

    draw() {
      cancelAnimationFrame(this.frame);
      if (!this.output && this.block) {
        this.output = make("div", { className: "cell_output docutils container" });
        this.block.closest(".cell_input").after(this.output);
      }
      if (!this.output) return;
      const free = [...(this.pictures ?? [])];
      const parts = this.fresh.map(({ kind, text }) => {
        if (kind === "figure") return this.figure(text, free.shift());
        if (kind === "markdown" && this.stored.some(([, stored]) => stored === text)) return this.printed[0];
        return textBox(kind, text);
      });
      const left = free.map(({ picture }) => { picture.hidden = true; return this.figures[this.pictures.findIndex((p) => p.picture === picture)]; });
      this.output.replaceChildren(...parts, ...left); // captions and anchors of figures stay, whatever the code draws now
    }

    figure(base64, place) {
      const src = URL.createObjectURL(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "image/png" }));
      const picture = place?.picture ?? make("img");
      URL.revokeObjectURL(picture.dataset.live);
      picture.dataset.live = src;
      picture.onload = () => {
        Object.assign(picture, { width: picture.naturalWidth, height: picture.naturalHeight, hidden: false });
        picture.style.width = `${Math.round(picture.naturalWidth / 2)}px`; // drawn at twice its size
      };
      picture.src = src;
      picture.loading = "eager";
      if (this.edited || !place) picture.alt = "What your code draws";
      if (place?.link) place.link.href = src;
      return place ? this.figures[this.pictures.indexOf(place)] : make("div", { className: "output image_png" }, picture);
    }
  }

  const settled = (text) => text.replace(/^.*\r(?=[^\n])/gm, "");

  function textBox(kind, text) {
    const pre = make("pre", { textContent: settled(text).replace(/\n$/, "") });
    const look = { error: "traceback", hint: "live-hint" }[kind] ?? "stream";
    return make("div", { className: `output ${look} highlight-text` }, make("div", { className: "highlight" }, pre));
  }

  // ---- Runs, one after the other

  let cells = [], queue = Promise.resolve(), session = 0;

  // Run a cell, and before it whatever stands above it and has not run, or has changed since.
  function runUntil(last, again = false) {
    const mine = session;
    if (!bar.dataset.ready) last.show("waits for Python …");
    queue = queue.then(async () => {
      if (mine !== session) return;
      stopAll.disabled = false;
      all.disabled = true;
      delete bar.dataset.done;
      let stopped;
      if (!again) last.unfold();
      for (const cell of cells.slice(0, cells.indexOf(last) + 1)) {
        if (!again && cell !== last && cell.state && cell.ran === cell.source && (cell.state === "done" || cell.raises)) continue;
        where.textContent = `Cell ${cell.number} of ${cells.length} …`;
        const ok = await cell.perform();
        if (mine !== session) return;
        if (!ok && !cell.raises && cell !== last) { stopped = cell; break; }
      }
      where.textContent = "";
      stopAll.disabled = true;
      all.disabled = false;
      bar.dataset.done = stopped ? stopped.number : "all";
      say(stopped ? `Cell ${stopped.number} stopped with an error; what follows it has not run.` : last === cells.at(-1) ? sameInAll() : "");
      if (stopped) (stopped.output ?? stopped.tools)?.scrollIntoView({ block: "center" });
    });
    return queue;
  }

  function sameInAll() {
    const compared = cells.filter((cell) => cell.stored.length && !cell.exercise), same = compared.filter((cell) => cell.same);
    return `All cells have run. ${same.length} of ${compared.length} that print something print what the book does.`;
  }

  function restart(text) {
    session++;
    worker.terminate();
    running?.end("stopped", "stopped");
    for (const cell of cells) cell.ran = undefined;
    all.disabled = false;
    stopAll.disabled = true;
    where.textContent = "";
    say(text);
    begun(startPython(), `${text} Python is ready.`);
  }

  // Whatever is to run waits for Python.
  function begun(python, text) {
    delete bar.dataset.ready;
    const mine = session;
    queue = python.then(() => {
      bar.dataset.ready = "yes";
      say(text);
    }, (error) => {
      worker.terminate();
      if (mine === session) say(`Python did not start: ${error.message}. Try Restart.`);
      session++;
    });
  }

  const stop = () => restart("Stopped: what the cells had defined is gone.");

  // ---- The bar

  const where = make("span", { className: "live-where" });
  const all = button("Run all", () => runUntil(cells.at(-1), true));
  const stopAll = button("Stop", stop, { disabled: true });
  const again = button("Restart", () => restart("Started anew: what the cells had defined is gone."));
  const back = button("Back to the book’s version", () => {
    if (!confirm("Drop all that you changed on this page?")) return;
    for (const cell of cells) if (cell.editor) cell.takeBack();
    lost.ids.forEach(kept.drop);
    lost.remove();
    lost.ids = [];
    back.hidden = true;
    all.focus();
  }, { hidden: true });

  const lost = Object.assign(make("details", { className: "live-lost" }), { ids: [] });
  const unedited = () => !lost.ids.length && !cells.some((cell) => cell.edited);

  // A cell's id is made of the book's code. An edit whose id is gone belongs to a cell that the book has changed since:
  // to put it back might break the new cell, to drop it is the reader's to decide.
  function showLost() {
    lost.ids = kept.ids().filter((id) => !cells.some((cell) => cell.id === id));
    if (!lost.ids.length) return;
    const codes = lost.ids.map((id) => make("pre", { textContent: kept.get(id), tabIndex: 0 }));
    lost.append(make("summary", { textContent: "The book has changed cells that you had edited. Here is your code for them." }), ...codes);
    bar.after(lost);
  }

  function download() {
    const mine = structuredClone(notebook.notebook);
    for (const cell of cells) if (cell.edited) mine.cells[cell.index].source = cell.source;
    const href = URL.createObjectURL(new Blob([JSON.stringify(mine, null, 1) + "\n"], { type: "application/x-ipynb+json" }));
    make("a", { href, download: bar.dataset.page.split("/").pop() + ".ipynb" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  }

  async function open() {
    begin.disabled = true;
    const python = Promise.all([startPython(), loadPython()]);
    begun(python, "Python is ready. Change a cell and press Shift+Enter.");
    try {
      await Promise.all([script(files.editor), script(files[bar.dataset.page]), style()]);
    } catch (error) {
      worker.terminate();
      session++;
      begin.disabled = false;
      return say(`${error.message}.`);
    }
    notebook = await unpack(loaded.notebook);
    cells = notebook.cells.map((cell) => new Cell(cell));
    showLost();
    back.hidden = unedited();
    begin.replaceWith(all, stopAll, again, back, button("Download my notebook", download));
    status.before(where);
    all.focus();
    Object.assign(bar, { cells, worker: () => worker }); // for the tests
    bar.dataset.open = "yes";
    if (bar.dataset.runs) all.click(); // the introduction's one training: its button promises to train
  }

  begin.onclick = open;
  open();
})();
