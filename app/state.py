"""The only place with session-state keys, what belongs to one browser tab, and what all tabs share.

The message `clear_cache` empties the session state of the tab that sent it. The tab's recording and its analysis
continue, so the tab must find them again. They go with the tab: when Streamlit lets go of its session.
"""

import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import streamlit as st
from streamlit import runtime
from streamlit.navigation.page import StreamlitPage
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.access.types import User
from app.analysis.worker import AnalysisQueue
from app.live.pipelines import make_pipeline, shared_model
from app.live.session import LiveSession
from app.live.viewers import viewers
from app.process_folder import ProcessFolder, forget_abandoned
from app.recording.tabs import RecordingTabs
from app.server import for_server
from app.settings import AppSettings
from app.tab_memory import (
    AnalysisMemory,
    HistoryView,
    RecordingMemory,
    SessionMemory,
    StageMemory,
    SystemMemory,
    TrainingMemory,
)
from app.web.limits import HeldFiles
from fer_core import paths
from fer_core.expressions.model import EmotionModel
from fer_core.expressions.model_list import LIVE

# A component's key occupies the same session-state key, so widgets and these share one table of names.
STREAM_KEY, RETURNED_STREAM_KEY = "camera", "camera_returned"
_LIVE_SESSION_KEY = "live_session"
_HISTORY_VIEW_KEY = "history_view"
_TRAINING_KEY = "training_memory"
_ANALYSIS_KEY = "analysis_memory"
_SESSIONS_KEY = "session_memory"
_RECORDING_KEY = "recording_memory"
_STAGE_KEY = "stage_memory"
_SYSTEM_KEY = "system_memory"
_PAGES_KEY = "pages"
_USER_KEY = "user"

T = TypeVar("T")


@st.cache_resource(show_spinner=False)  # may be dropped at any time: the environment says the same again
def app_settings() -> AppSettings:
    """The environment's settings, read once per process."""
    return AppSettings.from_environment()


def live_session() -> LiveSession:
    """This browser tab's live session."""
    return _of_tab(_LIVE_SESSION_KEY, lambda: LiveSession(make_pipeline, newest_model=shared_model, viewers=viewers()))


def use_live_session(session: LiveSession) -> None:
    """Make it this browser tab's."""
    st.session_state[_LIVE_SESSION_KEY] = session
    _remember(_LIVE_SESSION_KEY, session)


def history_view() -> HistoryView:
    """What this browser tab's sidebar shows."""
    return _of_tab(_HISTORY_VIEW_KEY, HistoryView)


def training_memory() -> TrainingMemory:
    """What this browser tab remembers of the Train and Models pages."""
    return _of_tab(_TRAINING_KEY, TrainingMemory)


def analysis_memory() -> AnalysisMemory:
    """What this browser tab remembers of the Analyse page."""
    return _of_tab(_ANALYSIS_KEY, AnalysisMemory)


def session_memory() -> SessionMemory:
    """What this browser tab remembers of stored sessions."""
    return _of_tab(_SESSIONS_KEY, SessionMemory)


def recording_memory() -> RecordingMemory:
    """What this browser tab remembers of its recording."""
    return _of_tab(_RECORDING_KEY, RecordingMemory)


def stage_memory() -> StageMemory:
    """What this browser tab remembers of the live page's stage."""
    return _of_tab(_STAGE_KEY, StageMemory)


def system_memory() -> SystemMemory:
    """What this browser tab remembers of the System page."""
    return _of_tab(_SYSTEM_KEY, SystemMemory)


@for_server
def recording_tabs() -> RecordingTabs:
    """The process' recordings by the tabs that have them."""
    return RecordingTabs()


def tab_id() -> str:
    """The server's name of this browser tab; a reloaded one has another."""
    context = get_script_run_ctx()
    return context.session_id if context is not None else ""


def is_tab_open(tab: str) -> bool:
    """Whether a browser tab of that name, see `tab_id`, is connected."""
    return runtime.exists() and runtime.get_instance().is_active_session(tab)


def remember_user(user: User) -> None:
    """Note who uses this tab, for `user_who_records`."""
    st.session_state[_USER_KEY] = user


def user_who_records() -> User | None:
    """Whoever used this tab before their sign-in ended, while their recording goes on; else None."""
    recording = recording_memory().recording
    if recording is None or recording.view().ended:
        return None
    return cast("User | None", st.session_state.get(_USER_KEY))


def remember_pages(pages: Mapping[str, StreamlitPage]) -> None:
    """Let a page send people to another one, see `go_to`."""
    st.session_state[_PAGES_KEY] = dict(pages)


def go_to(name: str) -> None:
    """Leave this page for another by its name in the address, such as "sessions"; where it stands alone, draw anew."""
    page = st.session_state.get(_PAGES_KEY, {}).get(name)
    # The address that is left behind says nothing of what is opened there.
    session_memory().addressed = None
    if page is None:
        st.rerun()
    st.switch_page(page)


def live_model() -> EmotionModel:
    """The network of the live page, loaded.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    return shared_model(LIVE)


def hide_script_path() -> None:
    """Have Streamlit tell browsers the name of its script, and not where that is on the server."""

    def hide(message: ForwardMsg) -> None:
        if message.HasField("new_session"):
            message.new_session.main_script_path = Path(message.new_session.main_script_path).name

    ForwardMsgQueue.on_before_enqueue_msg(hide)


def held_files(tab: str) -> HeldFiles:
    """What Streamlit keeps in memory of uploads, of the tab of that name, see `tab_id`, and of all."""
    manager = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    if not isinstance(manager, MemoryUploadedFileManager):
        return HeldFiles(0, 0, 0)
    sizes = {
        name: [len(file.data) for file in list(files.values())] for name, files in list(manager.file_storage.items())
    }
    of_tab = sizes.get(tab, [])
    return HeldFiles(len(of_tab), sum(of_tab), sum(map(sum, sizes.values())))


@for_server
def analysis_queue() -> AnalysisQueue:
    """The process' one thread for files."""
    return AnalysisQueue()


@for_server
def analysis_folder() -> ProcessFolder:
    """Where this process keeps uploads and results until they are discarded.

    Raises:
        OSError: it cannot be made.
    """
    return ProcessFolder(_analyses_dir())


@for_server
def forget_abandoned_analyses() -> None:
    """Once per process: delete what processes that ended without a word left of their analyses."""
    forget_abandoned(_analyses_dir())


def _of_tab(key: str, make: Callable[[], T]) -> T:
    """This tab's object of that name, from its session state, or from before that was cleared, or new."""
    if key not in st.session_state:
        before = _recall(key)
        st.session_state[key] = make() if before is None else before
        _remember(key, st.session_state[key])
    found: T = st.session_state[key]
    return found


@for_server
def _memories() -> "weakref.WeakKeyDictionary[AppSession, dict[str, Any]]":
    """What outlives the tabs' session states, by tab."""
    return weakref.WeakKeyDictionary()


def _remember(key: str, value: Any) -> None:
    """Keep it for this tab; nothing is kept where no server runs, as in a page's test."""
    session = _this_session()
    if session is not None:
        _memories().setdefault(session, {})[key] = value


def _recall(key: str) -> Any:
    """What this tab kept under that name; None where there is nothing."""
    session = _this_session()
    return None if session is None else _memories().get(session, {}).get(key)


def _this_session() -> AppSession | None:
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return None
    session = runtime.get_instance().get_app_session(context.session_id)
    return session if isinstance(session, AppSession) else None  # a page's test has a stand-in


def _analyses_dir() -> Path:
    return paths.home() / "analyses"
