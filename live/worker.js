// Python's own thread: a cell that computes for long, or without an end, leaves the page usable.
// Files come as messages from the page. Nothing is fetched, so all of it works from a disk, too.
const HOME = "https://python.invalid/", PACKAGES = `/lib/python${PINS.python}/site-packages/`;
const LIMIT = 512 * 2 ** 20; // bytes: beyond, a browser may end the page without a word
self.importScripts = undefined; // Pyodide wants a module worker, which cannot start from a disk

const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > LIMIT) throw new RangeError("more memory than a page gives");
  return grow.call(this, pages);
};

// A second start, after Stop, takes the machine code of the first.
let compiled;
WebAssembly.instantiateStreaming = async (answer, imports) => {
  compiled ??= await WebAssembly.compileStreaming(answer);
  postMessage({ compiled });
  return { module: compiled, instance: await WebAssembly.instantiate(compiled, imports) };
};

const files = new Map(); // name: a promise of its bytes, and how to keep it
function file(name) {
  if (!files.has(name)) {
    let keep;
    const promise = new Promise((done) => { keep = done; });
    files.set(name, { promise, keep });
  }
  return files.get(name);
}

async function unzip(base64) {
  const bytes = Uint8Array.fromBase64?.(base64) ?? Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function load(name) {
  return import(URL.createObjectURL(new Blob([await file(name).promise], { type: "text/javascript" })));
}

self.fetch = async (request) => {
  const name = String(request.url ?? request).replace(HOME, "");
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(await file(name).promise, { headers: { "Content-Type": type } });
};

function write(path, bytes) {
  python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  python.FS.writeFile(path, bytes);
  if (path.endsWith(".py")) python.FS.utime(path, 0, 0); // its compiled form is kept, and knows it by its time
}

function unpack(tar) {
  const bytes = new Uint8Array(tar), text = (at, length) => new TextDecoder().decode(bytes.subarray(at, at + length)).replace(/\0.*$/s, "");
  for (let at = 0, size; bytes[at]; at += 512 + Math.ceil(size / 512) * 512) {
    const prefix = text(at + 345, 155);
    size = parseInt(text(at + 124, 12), 8);
    write(PACKAGES + (prefix && prefix + "/") + text(at, 100), bytes.subarray(at + 512, at + 512 + size));
  }
}

// What Python compiles in the first visit is kept for the next, where the browser keeps anything.
function store(version, change) {
  return new Promise((done) => {
    try {
      const open = indexedDB.open("nnlib-book", 1);
      open.onerror = () => done();
      open.onupgradeneeded = () => open.result.createObjectStore("compiled");
      open.onsuccess = () => {
        const inside = open.result.transaction("compiled", "readwrite").objectStore("compiled");
        const asked = change ? (inside.clear(), inside.put(change, version)) : inside.get(version);
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => done();
      };
    } catch { done(); }
  });
}

function compiledFiles(folder, found = []) {
  for (const name of python.FS.readdir(folder).filter((name) => !name.startsWith(".") || name === ".cache")) {
    const path = `${folder}/${name}`;
    if (python.FS.isDir(python.FS.stat(path).mode)) compiledFiles(path, found);
    else if (/\.pyc$|fontlist/.test(name)) found.push([path, python.FS.readFile(path)]);
  }
  return found;
}

let python, run, current;
async function start(version) {
  const kept = store(version);
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all(["pyodide.mjs", "pyodide.asm.mjs"].map(load));
  const info = { arch: "wasm32", platform: PINS.platform, abi_version: PINS.abi, python: PINS.python, version: PINS.version };
  python = await loadPyodide({
    indexURL: HOME, packageBaseUrl: HOME, createPyodideModule, lockFileContents: { info, packages: {} },
    env: { HOME: "/home/pyodide", MPLBACKEND: "module://page_figures", MPLCONFIGDIR: "/home/pyodide/.cache" },
  });
  for (const name of ["packages.tar", "book.tar"]) unpack(await file(name).promise);
  const before = await kept;
  for (const [path, bytes] of before ?? []) write(path, bytes);
  const keep = python.pyimport("keep_compiled"), runner = python.pyimport("run_cell");
  runner.report = (kind, text) => postMessage({ id: current, kind, text });
  runner.begin();
  run = runner.run;
  postMessage({ ready: true });
  python.runPython("import sys; sys.dont_write_bytecode = False; import page_figures, nnlib.plots"); // while the reader reads
  postMessage({ warm: true });
  if (before) return;
  keep.write();
  store(version, [...compiledFiles(PACKAGES.slice(0, -1)), ...compiledFiles("/home/pyodide")]);
}

onmessage = async ({ data }) => {
  try {
    if (data.start) { compiled = data.compiled; await start(data.start); }
    else if (data.file) file(data.file).keep(await unzip(data.base64));
    else {
      current = data.id;
      postMessage({ id: current, done: true, ok: run(data.source, data.name) });
    }
  } catch (error) {
    postMessage({ id: current, fatal: String(error) });
  }
};
