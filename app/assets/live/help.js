// The panel that shows the keys and says how to read a label.

const HELP = [
  ["Video", [["Space", "start or stop (not while recording)"], ["M", "mirror"], ["F", "full screen"], ["S", "save a screenshot"]]],
  ["Several faces", [["1 – 9", "show the face with that number"], ["0", "show the largest face again"]]],
  ["While recording", [["N", "note"], ["T", "task"], ["X", "skip: exclude time"]]],
  ["This panel", [["?", "open or close"], ["Esc", "close; leave full screen; show the largest face"]]],
];
const HELP_WORDS =
  "A label says which expression the picture looks like, and how sure the program is. “Probably sad”, with a dashed " +
  "box, means that sad leads, but not by much. “Unsure” means that no expression leads, or that the view is poor. A " +
  "smile can be polite and a calm face can hide a lot: take labels as hints.";

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
