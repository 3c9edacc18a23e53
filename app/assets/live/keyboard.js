// The keys of the live page, which work with the focus anywhere but in a field.

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
const takesSpace = (node) => node.matches("button, a[href], summary, input, [role=button], [role=gridcell], [role=slider], [role=tab]");
