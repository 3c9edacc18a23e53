"""The Sessions page for the tests of its parts."""

from streamlit.testing.v1 import AppTest

from app.tab_memory import SessionMemory
from tests.helpers.pages import memory_of, page_of, run
from tests.helpers.store_builders import rows

HOSTILE = "<script>alert(1)</script> *bold* [link](http://evil.example)"
SAD_THEN_HAPPY = rows("sad", count=50) + rows("happy", start_ms=10_000, count=50)


def script() -> None:
    from app.views.sessions import page as sessions

    sessions.render()


def open_page(opened: int | None = None) -> AppTest:
    page = page_of(script)
    if opened is not None:
        page.session_state["session_memory"] = SessionMemory(opened=opened)
    return run(page)


def see(page: AppTest, part: str) -> None:
    number = memory_of(page).opened
    run(page.button_group(key=f"session_part_{number}").set_value(part))
