"""The live page's “Check camera and connection”, opened and read."""

import re

from playwright.sync_api import Page

from tests.helpers.browser.page_states import wait_until_drawn


def check(page: Page) -> tuple[str, dict[str, tuple[str, str]]]:
    """Open the check and wait for its end: its verdict, and for each row its kind and words."""
    wait_until_drawn(page)  # or its own work counts as the server's time
    page.locator(".check summary").click()
    verdict = page.locator(".check .verdict").filter(
        has_text=re.compile(r"^(Everything works|There is a problem|It works)")
    )
    verdict.wait_for()
    rows = {}
    for row in page.locator(".check li").all():
        name, words = row.locator("span").all_inner_texts()
        rows[name] = (row.get_attribute("data-kind") or "", words)
    return verdict.inner_text(), rows
