"""A client of Streamlit's protocol without a browser: it sends what it likes, not what a page offers."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME, XSRF_COOKIE_NAME
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

RUN_S = 120.0


def cookies(account: str, secret: str, url: str) -> dict[str, str]:
    """The cookies of somebody who signed in at `url` with an account of a provider, as the server itself makes them."""
    claims = {
        "is_logged_in": True,
        "iss": "https://provider.example.org",
        "sub": account,
        "email": f"{account}@example.org",
        "email_verified": True,
        "exp": time.time() + 3600,
        "origin": url,
    }
    return {
        USER_COOKIE_NAME: create_signed_value(secret, USER_COOKIE_NAME, json.dumps(claims)).decode("latin-1"),
        XSRF_COOKIE_NAME: generate_xsrf_token_string(),
    }


@dataclass
class Shown:
    """What a page showed after a run.

    Attributes:
        text: all that is readable in the messages.
        widgets: number of each widget by its key.
        pages: number of each page by its address.
        links: addresses of files.
        deferred: numbers of files that are made when asked for.
    """

    text: str = ""
    widgets: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)


class Tab:
    """One connection to the app."""

    def __init__(self, socket: ClientConnection) -> None:
        """Use `opened_tab`."""
        self._socket = socket
        self._session = ""
        self._page = self._query = ""

    def rerun(self, page: str = "", pressed: Sequence[str] = (), chosen: Mapping[str, str] | None = None) -> Shown:
        """Ask for a run and read all that it shows.

        Args:
            page: number of a page.
            pressed: numbers of buttons that were pressed.
            chosen: number of a choice to what is chosen.
        """
        message = BackMsg()
        if page != self._page:
            self._page, self._query = page, ""
        # Browsers name the address with each run.
        message.rerun_script.page_script_hash, message.rerun_script.query_string = page, self._query
        states = [WidgetState(id=number, trigger_value=True) for number in pressed]
        for number, text in (chosen or {}).items():
            states.append(WidgetState(id=number, string_array_value=StringArray(data=[text])))
        message.rerun_script.widget_states.widgets.extend(states)
        self._socket.send(message.SerializeToString())
        return self._read()

    def ask_for_file(self, number: str) -> str:
        """Ask for a file that is made then; gives its address, or nothing where that is refused."""
        message = BackMsg()
        message.backend_operation_request.request_id = number[:8]
        message.backend_operation_request.session_id = self._session
        message.backend_operation_request.deferred_file.file_id = number
        self._socket.send(message.SerializeToString())
        for answer in self._messages():
            if answer.WhichOneof("type") == "backend_operation_response":
                return answer.backend_operation_response.deferred_file.url
        raise AssertionError("no answer")

    def _read(self) -> Shown:
        shown = Shown()
        for message in self._messages():
            kind = message.WhichOneof("type")
            shown.text += str(message)
            if kind == "navigation":
                shown.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "delta":
                _note(message.delta.new_element, shown)
            elif kind == "script_finished":
                return shown
        raise AssertionError("the run did not end")

    def _messages(self) -> Iterator[ForwardMsg]:
        deadline = time.monotonic() + RUN_S
        while time.monotonic() < deadline:
            message = ForwardMsg()
            data = self._socket.recv(timeout=RUN_S)
            assert isinstance(data, bytes)
            message.ParseFromString(data)
            if message.WhichOneof("type") == "new_session":
                self._session = message.new_session.initialize.session_id or self._session
            yield message


@contextmanager
def opened_tab(url: str, jar: Mapping[str, str]) -> Iterator[Tab]:
    """A tab of whoever has these cookies."""
    address = urlsplit(url)
    header = "; ".join(f"{name}={value}" for name, value in jar.items())
    with connect(
        f"ws://{address.netloc}/_stcore/stream",
        origin=Origin(url),
        subprotocols=[Subprotocol("streamlit"), Subprotocol(jar[XSRF_COOKIE_NAME])],
        additional_headers={"Cookie": header},
        max_size=None,
    ) as socket:
        yield Tab(socket)


def _note(element: Any, shown: Shown) -> None:
    kind = element.WhichOneof("type")
    part: Any = getattr(element, kind) if kind else None
    number = getattr(part, "id", "")
    if isinstance(number, str) and number.startswith("$$ID"):
        shown.widgets[number.split("-", 2)[2]] = number
    if kind == "download_button" and part is not None:
        if part.url:
            shown.links.append(part.url)
        if part.deferred_file_id:
            shown.deferred.append(part.deferred_file_id)
