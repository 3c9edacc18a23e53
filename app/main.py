"""Entry of the app: `streamlit run app/main.py`, or `make run`.

The file is run in two ways: once as the server's application, which has the routes, and for each view as its script.
"""

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

# `streamlit run` puts only app/ on the path.
_ROOT = str(Path(__file__).resolve().parent.parent)
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.routing import BaseRoute, Route, WebSocketRoute  # noqa: E402

from app.access.types import Right  # noqa: E402
from app.colours import CHART_TEXT_CSS  # noqa: E402
from app.views.shared import frame  # noqa: E402
from fer_core.private import PRIVATE_UMASK  # noqa: E402

if TYPE_CHECKING:
    from app.web.settings import WebSettings

SIDEBAR_WIDTH_PX = 380
# Address, folder of app/views, title, icon, and the right without which the page is not there.
_PAGES = (
    ("live", "live", "Live", "videocam", None),
    ("analyse", "analyse", "Analyse", "movie", Right.RECORD),
    ("sessions", "sessions", "Sessions", "timeline", Right.RECORD),
    ("history", "history", "History", "calendar_month", Right.RECORD),
    ("train", "training", "Train", "model_training", Right.TRAIN),
    ("models", "models", "Models", "deployed_code", Right.TRAIN),
    ("data", "your_data", "Your data", "lock", Right.RECORD),
    ("system", "system", "System", "monitor_heart", Right.ADMINISTER),
)


def main() -> None:
    """Configure the page and run the chosen view."""
    os.umask(PRIVATE_UMASK)  # faces, sessions and names: what this server writes is nobody else's to read
    st.set_page_config(
        page_title="FER Studio",
        page_icon=str(Path(__file__).parent / "assets" / "icon.png"),  # a named icon is fetched from a foreign host
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH_PX,
    )
    st.logo(frame.LOGO, size="large")
    st.html(f"<style>{frame.css()}{CHART_TEXT_CSS}</style>")
    from app import state
    from app.access import current
    from app.views.shared import account

    state.forget_abandoned_analyses()
    user = current.user()
    if user is None:
        st.navigation(
            [st.Page(_page("sign_in"), title="Sign in", url_path="welcome", default=True)], position="hidden"
        ).run()
        return
    pages = {
        address: st.Page(
            _page(folder), title=title, icon=f":material/{icon}:", url_path=address, default=address == "live"
        )
        for address, folder, title, icon, right in _PAGES
        if right is None or user.may(right)
    }
    state.remember_pages(pages)
    chosen = st.navigation(list(pages.values()), position="top")
    st.set_page_config(page_title=f"{chosen.title} · FER Studio")
    account.show_account(user)
    account.show_notice()
    chosen.run()
    state.stage_memory().runs += 1


def _page(folder: str) -> Callable[[], None]:
    """What draws the page of that folder of app/views; it is imported when it is first opened, as most need plotly."""

    def render() -> None:
        from app.access.current import NotAllowedError

        try:
            import_module(f"app.views.{folder}.page").render()
        except NotAllowedError as error:
            st.error(str(error))

    return render


# Loaded before the server answers, so that the first viewer does not wait for them. Not streamlit_webrtc, which
# announces its frame to the run of a page that imports it.
_LIVE_PAGE = (
    "aiortc",
    "pandas",  # whole, before plotly in one tab's thread meets it half imported by another's
    "app.state",
    *(f"app.views.live.{name}" for name in ("stage", "panel", "preflight", "record", "settings", "picture")),
    "app.views.live.interrupted",
)


# A viewer's analysis is many short calls that each let others in; at Python's 5 ms, twelve viewers got half as much.
_SWITCH_INTERVAL_S = 0.0005


def _routes() -> list[BaseRoute]:
    """What this server answers beside Streamlit's own addresses."""
    from app.access import server, sign_in
    from app.live import stills, way
    from app.live.bitrate import count_bitrates_quickly
    from app.live.channel import PATH
    from app.live.sample import SAMPLE_PATH, serve_sample
    from app.live.socket import serve_results
    from app.live.warm_up import warm_up
    from app.web import watch

    os.umask(PRIVATE_UMASK)
    server.refuse_ways_around()
    server.refuse_an_open_network(map(str, _web_settings().allowed_hosts))
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    count_bitrates_quickly()
    for name in _LIVE_PAGE:
        import_module(name)
    warm_up()  # goes on while the first viewer's browser loads the page
    from app import places, state
    from app.access import current
    from app.opened_store import everybodys_store

    places.decide_by(lambda: current.may(Right.ADMINISTER))
    state.hide_script_path()
    return [
        *watch.routes(watch.Parts(everybodys_store, state.live_model, state.analysis_queue)),
        *sign_in.routes(),
        WebSocketRoute(f"/{PATH}{{key}}", serve_results),
        Route(f"/{stills.PATH}{{key}}", stills.serve_stills, methods=["POST", "DELETE"]),
        Route(f"/{way.PATH}{{key}}", way.serve_way, methods=["POST"]),
        Route(f"/{SAMPLE_PATH}", serve_sample),
    ]


def _middleware() -> list[Middleware]:
    """What stands before every answer, the outermost first."""
    from app import state
    from app.access import server
    from app.access.downloads import OwnDownloads
    from app.access.gate import Gate
    from app.web.middleware import closed_by_default
    from app.web.proxies import has_word_of_proxy

    outer = closed_by_default(
        _web_settings(),
        address=str(st.get_option("server.address") or ""),
        max_upload_mb=int(st.get_option("server.maxUploadSize")),
        held=state.held_files,
        account_of=server.account_of_headers,
    )
    return [*outer, Middleware(Gate, has_word_of_proxy), Middleware(OwnDownloads, state.recording_tabs().is_recording)]


def _web_settings() -> "WebSettings":
    """What the environment says of the network; the program ends with one sentence where it is malformed."""
    from app.web.settings import WebSettings

    try:
        return WebSettings.from_environment()
    except ValueError as error:
        raise SystemExit(str(error)) from None


@asynccontextmanager
async def _lifespan(_: st.App) -> AsyncIterator[None]:
    """What goes on for as long as the server runs."""
    from app import housekeeping, replica
    from app.live import load
    from app.opened_store import everybodys_store, interrupted

    with housekeeping.kept(everybodys_store, interrupted), load.watching(), replica.told(everybodys_store.so_far):
        yield


if __name__ == "__main__":
    main()
else:
    app = st.App(__file__, routes=_routes(), middleware=_middleware(), lifespan=_lifespan)
