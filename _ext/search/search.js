// The search: the sections of BOOK, which section_search.py puts above, ranked by MiniSearch as the reader types.

const ENTRIES = BOOK.flatMap(({ page, chapter, entries }) => entries.map((entry) => ({ ...entry, page, chapter })));

// What readers call it, and what the book calls it. The glossary's words find their sections without a line here.
const ALSO = [
  ["@", "matrix product"], // code as it is typed
  [".T", "transpose"],
  ["dot", "dot product"],
  ["nan|inf", "finite"], // what `fit` says instead of training on with them
  ["not (going|go) down|not (decreas|converg|improv|updat|chang|train)\\w*|stuck", "why is it not learning"],
  ["imbalanced|unbalanced", "accuracy worth nothing"],
  ["split", "three piles"],
  ["why (do we |do i )?(need |have |use )?(a |the )?bias", "what the bias does"],
  ["minus", "minus sign"],
  ["too high|too big", "too large"],
  ["exploding gradients?", "gradient too long"],
  ["derivative", "slope"], // the book's word from chapter 10 on
  ["relu derivative|derivative of relu", "relu mask"],
  ["cost function|cost", "loss"], // other books' words
  ["nodes?|units?", "neuron"],
  ["batch ?norm", "batch normalisation"],
  ["exclusive or", "XOR"],
  ["xavier", "Glorot"], // Keras calls it by his surname, PyTorch by his first name
  ["normali[sz]e|scaling", "standardizing"],
  ["csv|my (own )?data", "own table"],
  ["handwriting", "own digit"],
  ["sav(e|ing) (weights|(a |the )?(model|network))", "keep what was learned"],
  ["not aligned|mismatch", "shapes do not fit"], // NumPy's words
].map(([said, meant]) => ({ said: whole(said.replace(".", "\\.")), meant }));

function whole(words) {
  return new RegExp(`(?<![\\p{L}\\p{N}])(${words})(?![\\p{L}\\p{N}])`, "iu");
}

// Words that say nothing of what is looked for; those of questions say little, but stand in headings.
const LITTLE = new Set(`a an the of in on to for is are am be do does did go need it its my i me we you with and or by
  at this that`.split(/\s+/));
const ASKING = new Set(["why", "how", "what", "where", "when", "which", "who", "not"]);

// Headings before words of the glossary before names of the library; an exercise asks, and does not tell.
const KINDS = { section: 1, word: 0.8, name: 0.5, exercise: 0.4 };
const FIELDS = { title: 8, words: 5, chapter: 2, text: 1, errors: 1, code: 0.5 };

const SHAPE = /[\p{L}\p{N}]+|@|\.m?T\b/gu;
const typedWords = (text) => text.match(SHAPE) ?? [];
const CAPITAL = /(?<=\p{Ll})(?=\p{Lu}\p{Ll})/u; // CrossEntropy is found as one word, and as two
const wordsOf = (text) => typedWords(text).flatMap((word) => [...new Set([word, ...word.split(CAPITAL)])]);
const pairs = (words) => words.slice(1).map((word, place) => words[place] + word);

// One form for singular and plural, British and American, and nearly so for what one does, did and is doing.
const form = (word) => word.toLowerCase().replace(/iz(?=[aei])/g, "is")
  .replace(/(?<=..)ies$/, "y").replace(/(?<=x|ch|sh|ss)es$/, "").replace(/(?<=..[^suio])s$/, "")
  .replace(/(?<=....)(ing|ed|e)$/, "");

const index = new MiniSearch({
  fields: Object.keys(FIELDS),
  processTerm: form,
  // What has a name is written in one word, too: max pooling, maxpool.
  tokenize: (text, field) => [...wordsOf(text), ...["title", "words"].includes(field) ? pairs(typedWords(text)) : []],
});
const ready = index.addAllAsync(ENTRIES.map((entry, id) => ({ ...entry, id })), { chunkSize: 50 }); // a phone types on

// What is typed in full is meant: "loss" is chapter 8, or the place that the glossary has for it, not every loss.
const inForm = (text) => typedWords(text).map(form).join(" ");
const called = ENTRIES.map(({ kind, title, words = "" }) =>
  [title.replace(/^\d+\. /, ""), ...kind === "word" ? title.split(", ") : [], ...words.split(", ")].map(inForm));

// And so are three words in a row or more: an error, say.
function says(id, query) {
  const { text = "", errors = "" } = ENTRIES[id];
  return query.trim().split(/\s+/).length > 2 && `${text} ${errors}`.toLowerCase().includes(query.trim().toLowerCase());
}

const known = (word) => index.search(word, { prefix: true }).length > 0;

// Return the entries for what was typed, best first, each with its score and the words that were found.
function find(typed) {
  const best = new Map(), meanings = ALSO.filter(({ said }) => said.test(typed));
  for (const query of [typed, ...meanings.map(({ said, meant }) => typed.replace(said, meant))]) {
    for (const found of ranked(query)) if (!(best.get(found.id)?.score >= found.score)) best.set(found.id, found);
  }
  return [...best.values()].sort((a, b) => b.score - a.score);
}

function ranked(query) {
  const all = typedWords(query), most = all.filter((word) => !LITTLE.has(word.toLowerCase()));
  const words = most.length ? most : all;
  const telling = (some) => some.reduce((sum, word) => sum + (ASKING.has(word) ? 0.2 : 1), 0);
  return index.search(words.join(" "), {
    tokenize: typedWords,
    boost: FIELDS,
    boostTerm: (word) => ASKING.has(word) ? 0.7 : 1,
    prefix: (word) => word.length > 1,
    fuzzy: (word) => word.length > 3 && !known(word) && 0.25, // a slip, where the book has no such word
    boostDocument: (id) => KINDS[ENTRIES[id].kind],
  }).map(({ id, score, terms, queryTerms }) => {
    const share = telling(queryTerms) / telling(words.map(form));
    const meant = called[id].includes(inForm(query)) ? 2 : says(id, query) ? 10 : 1;
    return { id, score: score * share ** 2 * meant, terms };
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

// The text with those of its words marked that `found` says yes to.
const marked = (text, found) => text.split(new RegExp(`(${SHAPE.source})`, "u")).map((part) =>
  found(part) ? make("mark", { textContent: part }) : part);

// The part of the text where most of the words that were found stand together.
function snippet(text, found) {
  const hits = [...text.matchAll(SHAPE)].filter(([word]) => found(word));
  const near = ({ index: from }) => hits.filter(({ index }) => index >= from && index < from + LONG - 50);
  const worth = (hit) => new Set(near(hit).map(([word]) => form(word))).size;
  const best = hits.reduce((best, hit) => worth(hit) > worth(best) ? hit : best, hits[0]);
  const start = best?.index > 60 ? text.indexOf(" ", best.index - 50) + 1 : 0;
  const stop = start + LONG < text.length ? text.lastIndexOf(" ", start + LONG) : text.length;
  return (start ? "… " : "") + text.slice(start, stop) + (stop < text.length ? " …" : "");
}

function result({ id, terms }) {
  const { page, chapter, title, text = "", words = "", errors = "", code = "", at = "" } = ENTRIES[id];
  const forms = new Set(terms);
  for (const part of [title, words]) { // two words that were found as one: maxpool
    const all = typedWords(part).map(form);
    const pair = all.findIndex((word, place) => !forms.has(word) && forms.has(word + all[place + 1]));
    if (pair >= 0) forms.add(all[pair]).add(all[pair + 1]);
  }
  const found = (part) => wordsOf(part).some((word) => forms.has(form(word)));
  const line = [chapter, title, text].some(found) ? [snippet(text, found)]
    : found(words) ? ["In the glossary: ", words]
    : [found(errors) ? "In an error: " : "In its code: ", `${errors} ${code}`.split(" ").filter(found).join(" ")];
  return make("li", {},
    make("a", { href: `${home}${page}.html${at && "#" + at}` },
      make("span", { className: "where" }, ...chapter === title ? [] : [...marked(chapter, found), " › "]),
      make("span", {}, ...marked(title, found))),
    make("p", {}, ...line.flatMap((part) => marked(part, found))));
}

function hint() {
  const { page } = BOOK.find(({ page }) => page.endsWith("glossary")) ?? {};
  const link = make("a", { href: `${home}${page}.html`, textContent: "glossary" });
  const or = page ? ["Or look through the ", link, "."] : [];
  return make("p", {}, "Try a single word of it, or another word for it. ", ...or);
}

function serve(bar) {
  const field = bar.querySelector("input"), area = bar.parentElement;
  const said = make("p", { role: "status" }), list = make("ol", {}), help = make("div", {});
  const box = make("div", { className: "found" }, said, list, help);
  (area.querySelector("#search-results") ?? area).append(box);

  const show = () => ready.then(() => {
    const typed = field.value.trim(), all = typed ? find(typed) : [];
    const good = all.filter(({ score }) => score > all[0].score / 300).slice(0, MOST);
    const count = `${good.length} place${good.length === 1 ? "" : "s"}${good.length < MOST ? "" : " or more"}`;
    const nothing = typed && `Nothing found for “${typed}”.`;
    said.textContent = good.length ? `${count} found. Enter opens the first.` : nothing;
    list.replaceChildren(...good.map(result));
    help.replaceChildren(...typed && !good.length ? [hint()] : []);
  });
  let soon;
  field.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(show, 60); });
  bar.addEventListener("submit", (event) => {
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
