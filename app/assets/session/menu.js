// A click on the menu's link to the page that is shown already. Streamlit answers it with one more run that looks like
// any other and keeps the address, so the click is caught here and told to Python. Clicks for a new tab go on.

const LINK = ':is([data-testid="stTopNavLink"], [data-testid="stSidebarNavLink"])[aria-current="page"]';
const CLOSE = '[data-testid="stSidebarCollapseButton"] button';

export default function ({ setTriggerValue }) {
  function hear(event) {
    const link = event.target.closest(LINK);
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    link.closest('[data-testid="stSidebar"]')?.querySelector(CLOSE)?.click(); // phones: the menu lies over the page
    setTriggerValue("pressed", true);
  }
  document.addEventListener("click", hear, true);
  return () => document.removeEventListener("click", hear, true);
}
