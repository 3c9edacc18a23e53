// The help panel and the keys of the live page, which work with the focus anywhere but in a field.

const HELP = [
  ["Video", [["Space", "start; stop, but not while a recording runs"], ["M", "mirror"], ["F", "full screen"], ["S", "save a screenshot"]]],
  ["Several faces", [["1 – 9", "read the face of that number"], ["0", "read the largest face again"]]],
  ["While recording", [["N", "note"], ["T", "task"], ["X", "skip: time that does not count"]]],
  ["This panel", [["?", "open or close"], ["Esc", "close; leave full screen; read the largest face"]]],
];
const HELP_WORDS =
  "A label says which expression the picture looks like, and how sure the program is. A smile can be polite and a calm " +
  "face can hide a lot: take labels as hints. “Unsure” means that no label is clear enough to name.";

class HelpPanel {
  constructor(dialog) {
    this.dialog = dialog;
    const title = dialog.appendChild(document.createElement("h2"));
    title.id = "fer-help-title";
    title.textContent = "Keys and help";
    const close = dialog.appendChild(document.createElement("button"));
    Object.assign(close, { type: "button", className: "close", textContent: "✕", onclick: () => dialog.close() });
    close.setAttribute("aria-label", "Close");
    for (const [name, keys] of HELP) {
      dialog.appendChild(document.createElement("h3")).textContent = name;
      const list = dialog.appendChild(document.createElement("dl"));
      for (const [key, words] of keys) {
        list.appendChild(document.createElement("dt")).appendChild(document.createElement("kbd")).textContent = key;
        list.appendChild(document.createElement("dd")).textContent = words;
      }
    }
    dialog.appendChild(document.createElement("p")).textContent = HELP_WORDS;
    dialog.onclick = (event) => event.target === dialog && dialog.close(); // beside it
  }

  get isOpen() {
    return this.dialog.open;
  }

  toggle() {
    if (this.isOpen) this.dialog.close();
    else this.dialog.showModal();
  }
}

// Calls actions[key](event) for keys pressed anywhere but in fields; gives the way to stop that.
function hearKeys(actions) {
  const hear = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    if (path.some(isField) || (event.key === " " && path.some(takesSpace))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = /^[0-9]$/.test(key) ? () => actions.digit(Number(key)) : actions[key];
    if (action && action() !== false) event.preventDefault();
  };
  document.addEventListener("keydown", hear);
  return () => document.removeEventListener("keydown", hear);
}

const isField = (node) =>
  node.isContentEditable || (node.matches("input, textarea, select, [role=textbox], [role=combobox]") && !/^(checkbox|radio|button|range)$/.test(node.type));
const takesSpace = (node) => node.matches("button, a[href], summary, input, [role=button], [role=gridcell], [role=slider], [tabindex='0']");
