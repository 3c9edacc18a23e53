"""What axe-core says of a page, and the order of the page's headings."""

from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

from playwright.sync_api import Page

_AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
"""axe-core itself; the package is a way to pin it."""
_FINDINGS: Final = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"], iframes: false });
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).flatMap((one) =>
    one.nodes.map((node) => `${one.impact} ${one.id}: ${node.target.join(" ")} ${node.html.slice(0, 200)}
    ${node.any.map((check) => check.message).join("; ")}`));
}"""
_HEADINGS: Final = """() => {
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const isHeading = /^H[1-6]$/.test(element.tagName) && element.checkVisibility();
      if (isHeading) found.push(`${element.tagName} ${element.innerText}`);
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  look(document);
  return found;
}"""


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical, of a page whose policy is bypassed."""
    page.evaluate(f"{_AXE}\n;0")
    found: Any = page.evaluate(_FINDINGS)
    return list(found)


def assert_headings_in_order(page: Page) -> None:
    """One H1 before all others, and no level is left out on the way down."""
    found: list[str] = page.evaluate(_HEADINGS)
    levels = [int(head[1]) for head in found]
    assert levels[:1] == [1], found
    assert levels.count(1) == 1, found
    assert all(below <= above + 1 for above, below in pairwise(levels)), found
