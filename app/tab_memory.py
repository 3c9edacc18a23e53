"""What belongs to one browser tab and must outlive its session state.

The message `clear_cache` empties the session state of the tab that sent it. The tab's recording and its analysis go on
all the same, so the tab must find them again. They go with the tab: when Streamlit lets go of its session.
"""

import weakref
from typing import Any

from streamlit import runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.server import for_server


@for_server
def _memories() -> "weakref.WeakKeyDictionary[AppSession, dict[str, Any]]":
    return weakref.WeakKeyDictionary()


def remember(key: str, value: Any) -> None:
    """Keep it for this tab; nothing is kept where no server runs, as in a page's test."""
    session = _this_session()
    if session is not None:
        _memories().setdefault(session, {})[key] = value


def recall(key: str) -> Any:
    """What this tab kept under that name; None where there is nothing."""
    session = _this_session()
    return None if session is None else _memories().get(session, {}).get(key)


def _this_session() -> AppSession | None:
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return None
    session = runtime.get_instance().get_app_session(context.session_id)
    return session if isinstance(session, AppSession) else None  # a page's test has a stand-in
