// The search: the book's sections, which section_search.py puts above as BOOK, ranked by MiniSearch as the reader types.

const ENTRIES = BOOK.flatMap(({ page, chapter, entries }) => entries.map((entry) => ({ ...entry, page, chapter })));

// What readers call it, and what the book calls it. The glossary's words find their sections without a line here.
const ALSO = [
  ["@", "matrix product"], // code as it is typed
  [".T", "transpose"],
  ["dot", "dot product"],
  ["nan|inf", "finite"], // what `fit` says instead of training on with them
  ["derivative", "slope"], // the book's word from chapter 10 on
  ["relu derivative|derivative of relu", "relu mask"],
  ["minus", "minus sign"],
  ["too high|too big", "too large"],
  ["(does )?not (go|going) down|not (decreas|converg|improv)\\w*", "why is it not learning"],
  ["sav(e|ing) (weights|(a |the )?(model|network))", "keep what was learned"],
  ["xavier", "Glorot"], // Keras calls it by his surname, PyTorch by his first name
  ["csv|my (own )?data", "own table"],
  ["not aligned|mismatch", "shapes do not fit"], // NumPy's words
].map(([said, meant]) => [new RegExp(`(?<![\\p{L}\\p{N}])(${said})(?![\\p{L}\\p{N}])`, "iu"), meant]);

// Words that say nothing of what is looked for; those of questions say little, but stand in headings.
const LITTLE = new Set("a an the of in on to for is are am be do does did it its my i we you with and or by at this that go".split(" "));
const ASKING = new Set("why how what where when which who not".split(" "));

// Headings before words of the glossary before names of the library; an exercise asks, and does not tell.
const KINDS = { section: 1, word: 0.8, name: 0.5, exercise: 0.4 };
const FIELDS = { title: 8, words: 5, chapter: 2, text: 1, code: 0.5 };

const SHAPE = /[\p{L}\p{N}]+|@|\.m?T\b/gu;
const typedWords = (text) => text.match(SHAPE) ?? [];
const partsOf = (word) => [...new Set([word, ...word.split(/(?<=\p{Ll})(?=\p{Lu}\p{Ll})/u)])]; // CrossEntropy, Cross, Entropy
const wordsOf = (text) => typedWords(text).flatMap(partsOf);
const pairs = (words) => words.slice(1).map((word, place) => words[place] + word);

// One form for singular and plural, British and American.
const form = (word) => word.toLowerCase().replace(/iz(?=[aei])/g, "is")
  .replace(/(?<=..)ies$/, "y").replace(/(?<=x|ch|sh|ss)es$/, "").replace(/(?<=..[^suio])s$/, "");

const index = new MiniSearch({
  fields: Object.keys(FIELDS),
  processTerm: form,
  // Names are written in one word, too: max pooling, MaxPool.
  tokenize: (text, field) => field === "text" || !field ? wordsOf(text) : [...wordsOf(text), ...pairs(typedWords(text))],
});
const ready = index.addAllAsync(ENTRIES.map((entry, id) => ({ ...entry, id })), { chunkSize: 50 }); // a phone types on

const known = (word) => index.search(word, { prefix: true }).length > 0;

// Return the entries for what was typed, best first, each with its score and the words that were found.
function find(typed) {
  const best = new Map();
  for (const query of [typed, ...ALSO.filter(([said]) => said.test(typed)).map(([said, meant]) => typed.replace(said, meant))]) {
    for (const found of ranked(query)) if (!(best.get(found.id)?.score >= found.score)) best.set(found.id, found);
  }
  return [...best.values()].sort((a, b) => b.score - a.score);
}

function ranked(query) {
  const all = typedWords(query), telling = all.filter((word) => !LITTLE.has(word.toLowerCase()));
  const words = telling.length ? telling : all;
  const weight = (word) => ASKING.has(word) ? 0.7 : 1;
  const whole = words.reduce((sum, word) => sum + weight(form(word)), 0);
  return index.search(words.join(" "), {
    tokenize: typedWords,
    boost: FIELDS,
    boostTerm: weight,
    prefix: (word) => word.length > 1,
    fuzzy: (word) => word.length > 3 && !known(word) && 0.25, // a slip, where the book has no such word
    boostDocument: (id) => KINDS[ENTRIES[id].kind],
  }).map(({ id, score, terms, queryTerms }) => {
    const share = queryTerms.reduce((sum, word) => sum + weight(word), 0) / whole;
    return { id, score: score * share ** 2, terms };
  });
}

// The page: below each field for searching what was found, as long as something is typed.
const MOST = 25, LONG = 170;
const home = new URL("../../", document.currentScript.src).href;
const make = (name, settings, ...children) => {
  const node = Object.assign(document.createElement(name), settings);
  node.append(...children);
  return node;
};

// The text with the words that were found marked; `terms` are in the form of the index.
const marked = (text, terms) => text.split(new RegExp(`(${SHAPE.source})`, "u")).map((part) =>
  wordsOf(part).some((word) => terms.has(form(word))) ? make("mark", { textContent: part }) : part);

// The part of the text where most of the words that were found stand together.
function snippet(text, terms) {
  const hits = [...text.matchAll(SHAPE)].filter(([word]) => partsOf(word).some((part) => terms.has(form(part))));
  const near = (hit) => new Set(hits.filter(({ index }) => index >= hit.index && index < hit.index + LONG - 50).map(([word]) => form(word)));
  const best = hits.reduce((best, hit) => near(hit).size > (best ? near(best).size : 0) ? hit : best, null);
  const start = best && best.index > 60 ? text.indexOf(" ", best.index - 50) + 1 : 0;
  const stop = start + LONG < text.length ? text.lastIndexOf(" ", start + LONG) : text.length;
  return (start ? "… " : "") + text.slice(start, stop) + (stop < text.length ? " …" : "");
}

function result({ id, terms }) {
  const { page, chapter, title, text, code = "", at } = ENTRIES[id], found = new Set(terms);
  const told = [chapter, title, text].some((part) => wordsOf(part).some((word) => found.has(form(word))));
  const names = told ? [] : code.split(" ").filter((name) => wordsOf(name).some((word) => found.has(form(word))));
  return make("li", {},
    make("a", { href: `${home}${page}.html${at ? "#" + at : ""}` },
      make("span", { className: "where" }, chapter === title ? "" : `${chapter} › `), make("span", {}, ...marked(title, found))),
    make("p", {}, ...(names.length ? ["In its code: ", ...marked(names.join(" "), found)] : marked(snippet(text, found), found))));
}

function hint() {
  const glossary = BOOK.find(({ page }) => page.endsWith("glossary"));
  const words = glossary ? [", or look through the ", make("a", { href: `${home}${glossary.page}.html`, textContent: "glossary" })] : [];
  return make("p", {}, "Try a single word of it, or another word for it", ...words, ".");
}

function serve(form) {
  const field = form.querySelector("input"), area = form.parentElement;
  const said = make("p", { role: "status" }), list = make("ol", {});
  const box = make("div", { className: "found" }, said, list);
  (area.querySelector("#search-results") ?? area).append(box);

  const show = () => ready.then(() => {
    const typed = field.value.trim(), all = typed ? find(typed) : [];
    const good = all.filter(({ score }) => score > all[0].score / 30).slice(0, MOST);
    const count = good.length === 1 ? "1 place" : `${good.length} places`;
    said.textContent = good.length ? `${count} found. Enter opens the first.` : typed && `Nothing found for “${typed}”.`;
    list.replaceChildren(...good.map(result));
    box.querySelectorAll(":scope > p:not([role])").forEach((old) => old.remove());
    if (typed && !good.length) box.append(hint());
  });
  let soon;
  field.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(show, 60); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show().then(() => list.querySelector("a")?.click());
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") area.close?.();
    const stops = [field, ...list.querySelectorAll("a")], here = stops.indexOf(document.activeElement);
    const next = here < 0 ? null : stops[here + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? NaN)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  list.addEventListener("click", () => area.close?.()); // it may lead to this very page
  field.value ||= new URLSearchParams(location.search).get("q") ?? "";
  show();
}

document.querySelectorAll("form.bd-search").forEach(serve);
