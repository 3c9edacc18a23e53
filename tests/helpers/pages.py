"""The app's pages as Streamlit's AppTest runs them: opened, worked, read.

Replaces nothing of the page but the browser; what a page needs of the camera the tests replace themselves.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from app.live.session import LiveSession
from app.tab_memory import SessionMemory
from app.views.shared import widget_keys
from tests.helpers import REPOSITORY

MAIN: Final = REPOSITORY / "app" / "main.py"
PATIENCE_S: Final = 120
"""A page takes a second; on a machine that others use it once took longer than half a minute."""


def page_of(source: Callable[[], None] | Path) -> AppTest:
    """A page that has not run yet: a program's file, or a function that imports all that it needs."""
    if isinstance(source, Path):
        return AppTest.from_file(str(source), default_timeout=PATIENCE_S)
    return AppTest.from_function(source, default_timeout=PATIENCE_S)


def open_page(source: Callable[[], None] | Path) -> AppTest:
    """A page after its first run, without an exception."""
    return run(page_of(source))


def run(page: Any) -> AppTest:
    """Run a page, or a widget's page after its change; no exception may come."""
    done: AppTest = page.run()
    assert_fine(done)
    return done


def assert_fine(page: AppTest) -> None:
    """No exception is on the page."""
    assert [error.value for error in page.exception] == []


def press(page: AppTest, key: str) -> AppTest:
    """Click the button with that key and run the page."""
    return run(page.button(key=key).click())


def press_label(page: AppTest, label: str) -> AppTest:
    """Click the first button with that label and run the page."""
    return run(next(button for button in page.button if button.label == label).click())


def present(page: AppTest, name: str) -> str:
    """The present key of a widget whose value the program sets too, see `app.views.shared.widget_keys`."""
    return widget_keys.key_of(name, page.session_state)


def run_stale(page: AppTest, before: WidgetStates) -> AppTest:
    """Run the page with a request that left the browser before it heard of the last run.

    Args:
        page: after that run.
        before: what `page._tree.get_widget_states()` gave, with the user's change, when that run was asked for.
    """
    done = page._run(before)
    assert_fine(done)
    return done


def words(page: AppTest) -> str:
    """Everything that is written on the page, as Markdown and HTML."""
    heads = (page.title, page.header, page.subheader)
    kinds = (*heads, page.markdown, page.caption, page.error, page.info, page.warning, page.success, page.text)
    said = [str(item.value) for kind in kinds for item in kind]
    return "\n".join([*said, html_of(page)])


def spoken(page: AppTest) -> str:
    """Everything that is written on the page, without the backslashes that keep names from being Markdown."""
    return words(page).replace("\\", "")


def html_of(page: AppTest) -> str:
    """The pieces of HTML on the page."""
    return "".join(cast(Any, element).proto.body for element in page.get("html"))


def plots(page: Any) -> list[dict[str, Any]]:
    """The specifications of Plotly's charts on the page, or in a part of it."""
    return [json.loads(element.proto.spec) for element in page.get("plotly_chart")]


def memory_of(page: AppTest) -> SessionMemory:
    """What the tab remembers of sessions."""
    return cast(SessionMemory, page.session_state["session_memory"])


def session_of(page: AppTest) -> LiveSession:
    """The tab's live session."""
    return cast(LiveSession, page.session_state["live_session"])
