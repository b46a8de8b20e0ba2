// The editor of a cell: CodeMirror with Python, in the colours that the page gives its code.
// `npm ci && npm run build` in this folder makes editor.min.js and its notices anew.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, LanguageSupport, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";

const pygments = tagHighlighter([
  { tag: tags.comment, class: "c1" },
  { tag: tags.string, class: "s2" },
  { tag: tags.number, class: "mf" },
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword], class: "k" },
  { tag: tags.moduleKeyword, class: "kn" },
  { tag: tags.operatorKeyword, class: "ow" },
  { tag: [tags.bool, tags.null], class: "kc" },
  { tag: tags.operator, class: "o" },
  { tag: tags.function(tags.definition(tags.variableName)), class: "nf" },
  { tag: tags.definition(tags.className), class: "nc" },
  { tag: [tags.punctuation, tags.bracket, tags.paren], class: "p" },
  { tag: [tags.variableName, tags.propertyName], class: "n" },
]);

window.NNEditor = ({ parent, doc, label, run, changed }) => {
  const runs = ["Shift-Enter", "Mod-Enter"].map((key) => ({ key, run: () => (run(), true) }));
  return new EditorView({
    parent,
    doc,
    extensions: [
      history(), indentOnInput(), bracketMatching(), indentUnit.of("    "), new LanguageSupport(pythonLanguage),
      syntaxHighlighting(pygments), keymap.of([...runs, ...defaultKeymap, ...historyKeymap]),
      EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
      // tabindex: WebKit and axe want to be told that what scrolls can be reached
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", tabindex: "0" }),
    ],
  });
};
