"""A visitor's tab of a Streamlit app without a browser: it speaks the protocol of Streamlit's own frontend.

It asks for runs, keeps the values of components, asks again for fragments that run by themselves, and remembers large
messages, as a browser does, so that the server has the same work with it.
"""

import asyncio
import contextlib
import json
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

TOLD_RUNS: Final = 2
"""A large message that so many runs have not used is no longer told to be here; `maxCachedMessageAge` of Streamlit."""
KEPT_RUNS: Final = 20
"""It is forgotten later: a run that is still to come may have been told of it."""
WIDGETS: Final = ("button", "download_button", "selectbox", "text_input")
TEXTS: Final = ("markdown", "alert", "html")
PRESS_AGAIN_S: Final = 5.0
_ID_BEFORE_KEY: Final = re.compile(r"^\$\$ID-[0-9a-f]+-")


@dataclass(frozen=True)
class Way:
    """How a visitor gets to the server.

    Attributes:
        cookies: that it brings, such as of a sign-in: "name=value; name=value".
        trusted: certificates that it takes; None for the system's.
    """

    cookies: str = ""
    trusted: ssl.SSLContext | None = None

    def connect(self, url: str, path: str, **options: Any) -> AbstractAsyncContextManager[ClientConnection]:
        """A WebSocket at that path of the app.

        Args:
            url: of the app.
            path: without a slash at its beginning.
            options: further ones of `websockets.connect`.
        """
        headers = {"Cookie": self.cookies} if self.cookies else {}
        return connect(
            f"{url.replace('http', 'ws', 1)}/{path}",
            origin=Origin(url),
            additional_headers=headers,
            ssl=(self.trusted or True) if url.startswith("https:") else None,
            **options,
        )


STRAIGHT: Final = Way()
"""Without a sign-in."""


@dataclass(frozen=True)
class Component:
    """A component on the page.

    Attributes:
        name: "webrtc_streamer" of "streamlit_webrtc.component.webrtc_streamer".
        id: under which it tells its value.
        fragment: in which it stands; empty outside of one.
        data: what Python gives it.
    """

    name: str
    id: str
    fragment: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Widget:
    """A button, a field or a choice on the page.

    Attributes:
        id: under which it tells its value.
        fragment: in which it stands; empty outside of one.
    """

    id: str
    fragment: str


class StreamlitTab:
    """One tab; see `open_tab`. Belongs to one event loop."""

    def __init__(self, socket: ClientConnection, url: str, page: str = "") -> None:
        """Nothing is asked yet.

        Args:
            socket: to Streamlit's stream.
            url: of the app.
            page: its address below the app's, such as "sessions"; empty for the first.
        """
        self.components: dict[str, Component] = {}
        """Newest state of each component by its name; of several with one name, the last drawn."""
        self.runs = 0
        """Runs of the page and of its fragments that ended."""
        self.said: list[str] = []
        """Texts and messages of the page, as they came since its newest whole run began."""
        self.exceptions: list[str] = []
        """What Streamlit showed of errors that the app did not catch."""
        self._socket, self._url, self._name = socket, url, page
        self._page = ""
        self._query = ""
        self._values: dict[str, WidgetState] = {}
        self._widgets: dict[str, Widget] = {}
        self._changed = asyncio.Condition()
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._run = ""
        self._run_counts: Counter[str] = Counter()
        self._kept: dict[str, tuple[ForwardMsg, str, int]] = {}

    async def rerun(self, *, fragment: str = "", is_auto: bool = False, pressed: str = "") -> None:
        """Ask for a run of the page, or of one fragment of it, as for a button of that id that was pressed."""
        state = ClientState(
            query_string=self._query,  # browsers name the address with each run
            page_script_hash=self._page,
            page_name="" if self._page else self._name,
            fragment_id=fragment,
            is_auto_rerun=is_auto,
            cached_message_hashes=[key for key in self._kept if self._age(key) <= TOLD_RUNS],
            context_info=ContextInfo(timezone="UTC", locale="en-US", url=self._url, color_scheme="light"),
        )
        state.widget_states.widgets.extend(self._values.values())
        if pressed:
            state.widget_states.widgets.append(WidgetState(id=pressed, trigger_value=True))
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    async def tell(self, name: str, value: dict[str, Any]) -> None:
        """Set a component's value, which asks for a run."""
        component = self.components[name]
        self._values[component.id] = WidgetState(id=component.id, json_value=json.dumps(value))
        await self.rerun(fragment=component.fragment)

    def widget(self, key: str) -> Widget | None:
        """The widget of that key on the page; None where there is none."""
        return next((one for one in self._widgets.values() if _ID_BEFORE_KEY.sub("", one.id) == key), None)

    def widget_keys(self) -> list[str]:
        """Of the widgets on the page, those that the app gave."""
        return [_ID_BEFORE_KEY.sub("", one.id) for one in self._widgets.values()]

    async def press(self, key: str, timeout_s: float = 60) -> None:
        """Press a button, once it is there.

        Raises:
            TimeoutError: it did not come.
        """
        button = await self._wait_for(key, timeout_s)
        await self.rerun(fragment=button.fragment, pressed=button.id)

    async def press_until(self, key: str, is_so: Callable[[], bool], timeout_s: float = 60) -> None:
        """Press a button, again each few seconds, until something is so: while a page is drawn, a press can be lost.

        Raises:
            TimeoutError: it did not come to be.
        """
        async with asyncio.timeout(timeout_s):
            while not is_so():
                await self.wait_until(lambda: is_so() or self.widget(key) is not None)
                if (button := self.widget(key)) is not None:
                    await self.rerun(fragment=button.fragment, pressed=button.id)
                with contextlib.suppress(TimeoutError):
                    await self.wait_until(is_so, PRESS_AGAIN_S)

    async def fill(self, key: str, text: str, timeout_s: float = 60) -> None:
        """Write into a text field, or choose in a list, once it is there.

        Raises:
            TimeoutError: it did not come.
        """
        field = await self._wait_for(key, timeout_s)
        self._values[field.id] = WidgetState(id=field.id, string_value=text)
        await self.rerun(fragment=field.fragment)

    async def wait_for_words(self, *words: str, timeout_s: float = 60) -> None:
        """Until the page says one of them.

        Raises:
            TimeoutError: it did not.
        """
        await self.wait_until(lambda: any(word in text for word in words for text in self.said), timeout_s)

    async def wait_until(self, is_so: Callable[[], bool], timeout_s: float = 60) -> None:
        """Wait until something is so that only messages of the server change.

        Raises:
            TimeoutError: it did not come to be; says what the page shows.
        """
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            words = " | ".join(text for text in self.said if "<style>" not in text)
            raise TimeoutError(f"not within {timeout_s:.0f} s; {self.exceptions or 'no error'}; {words}") from None

    async def _wait_for(self, key: str, timeout_s: float) -> Widget:
        await self.wait_until(lambda: self.widget(key) is not None, timeout_s)
        found = self.widget(key)
        assert found is not None
        return found

    async def listen(self) -> None:
        """Take what the server says, until it says no more."""
        async for data in self._socket:
            message = ForwardMsg()
            message.ParseFromString(data if isinstance(data, bytes) else data.encode())
            self._take(self._whole(message))
            async with self._changed:
                self._changed.notify_all()

    def close(self) -> None:
        """End what runs by itself."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _whole(self, message: ForwardMsg) -> ForwardMsg:
        """The message itself, where it only refers to one that came before; each is kept if it may be."""
        if message.WhichOneof("type") == "ref_hash":
            whole = ForwardMsg()
            whole.CopyFrom(self._kept[message.ref_hash][0])
            whole.metadata.CopyFrom(message.metadata)
            message = whole
        if message.metadata.cacheable:
            self._kept[message.hash] = (message, self._run, self._run_counts[self._run])
        return message

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._run = " ".join(message.metadata.run.fragment_ids)
            if not self._run:
                self.close()
                self._widgets.clear()
                self.said.clear()
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash  # that of the new session may be the app's own
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta":
            self._take_delta(message.delta)
        elif kind == "auto_rerun":
            self._repeat(message.auto_rerun)
        elif kind == "stop_auto_rerun":
            self._stop(message.stop_auto_rerun.fragment_ids)
        elif kind == "script_finished":
            self._end_run()

    def _stop(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment).cancel()

    def _take_delta(self, delta: Delta) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type") or ""
        if kind in WIDGETS:
            widget = Widget(getattr(element, kind).id, delta.fragment_id)
            self._widgets[widget.id] = widget
        elif kind in TEXTS:
            self.said.append(getattr(element, kind).body)
        elif kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
        if element.WhichOneof("type") == "component_instance":
            found = element.component_instance
            name, data = found.component_name.rsplit(".", 1)[-1], json.loads(found.json_args)
            self.components[name] = Component(name, found.id, delta.fragment_id, data)
        elif element.WhichOneof("type") == "bidi_component":
            name = element.bidi_component.component_name.rsplit(".", 1)[-1]
            data = _bidi_data(element)
            self.components[name] = Component(name, element.bidi_component.id, delta.fragment_id, data)

    def _repeat(self, auto: AutoRerun) -> None:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(auto.interval)
                await self.rerun(fragment=auto.fragment_id, is_auto=True)

        if auto.fragment_id in self._timers:
            self._timers.pop(auto.fragment_id).cancel()
        self._timers[auto.fragment_id] = asyncio.create_task(repeat())

    def _end_run(self) -> None:
        self.runs += 1
        self._run_counts[self._run] += 1
        self._kept = {key: kept for key, kept in self._kept.items() if self._age(key) <= KEPT_RUNS}

    def _age(self, key: str) -> int:
        """Runs since a kept message was used, of the page or the fragment that uses it."""
        _, run, number = self._kept[key]
        return self._run_counts[run] - number


@contextlib.asynccontextmanager
async def open_tab(url: str, page: str = "", way: Way = STRAIGHT) -> AsyncIterator[StreamlitTab]:
    """A tab at a page of the app, by default its first, whose first run has been asked for."""
    async with way.connect(url, "_stcore/stream", subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
        tab = StreamlitTab(socket, url, page)
        listening = asyncio.create_task(tab.listen())
        try:
            await tab.rerun()
            yield tab
        finally:
            tab.close()
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


def _bidi_data(element: Element) -> dict[str, Any]:
    component = element.bidi_component
    kind = component.WhichOneof("data")
    text = component.json if kind == "json" else component.mixed.json if kind == "mixed" else ""
    data = json.loads(text or "{}")
    return data if isinstance(data, dict) else {}
