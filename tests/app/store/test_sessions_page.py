"""The Sessions page over both databases: every part of it once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.access import current
from app.opened_store import everybodys_store
from app.report.page import report
from app.store.database import Store
from app.store.records import Marker
from app.store.session_parts import add_marker
from app.tab_memory import SessionMemory
from tests.helpers.pages import html_of, open_page
from tests.helpers.store_builders import NOON, make_participant, make_session, rows


def script() -> None:
    from app.views.sessions import page as sessions

    sessions.render()


@pytest.fixture
def page_store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that the page opens."""
    monkeypatch.setenv("DATABASE_URL", store_url)
    everybodys_store.clear()
    opened = current.store()
    yield opened
    opened.close()
    everybodys_store.clear()


def test_a_session_is_listed_opened_reported_and_compared(page_store: Store):
    person = make_participant(page_store)
    first = make_session(page_store, person, rows("sad", count=50) + rows("happy", start_ms=10_000, count=50))
    second = make_session(page_store, person, rows("angry", count=80), started_at=NOON + timedelta(days=1))
    add_marker(page_store, first, Marker(1000, "task_start", "film"))

    page = open_page(script)
    assert "Sad 50" in html_of(page)
    page.button(key=f"session_open_{first}").click().run()
    for part in ("Tasks and markers", "Statistics", "Export", "Overview"):
        page.button_group(key=f"session_part_{first}").set_value(part).run()
        assert (list(page.exception), list(page.error)) == ([], [])
    assert "It began mostly sad and ended mostly happy." in "\n".join(words.value for words in page.markdown)
    html = report(page_store, first, 1, corrected=False, with_phq4=False, models=())
    assert "It began mostly sad and ended mostly happy." in html

    page.button(key="session_back").click().run()
    page.session_state["session_memory"] = SessionMemory(compared=(first, second))
    page.run()
    assert (list(page.exception), list(page.error)) == ([], [])
    assert "Time shown as angry is 100 points higher" in "\n".join(words.value for words in page.markdown)
