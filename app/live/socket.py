"""The WebSocket by which a page hears the results of its live session, without a run of the page.

Imports no Streamlit: a route for `st.App`.
"""

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Coroutine
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.live.channel import OWNER_KEY, ChannelListener, Message, ResultsChannel, channel_of

STATUS_EVERY_S: Final = 0.5
MAX_LISTENERS: Final = 8
"""Of one session: its page has one, and for a moment another after it was drawn anew."""
MAX_PING_CHARS: Final = 100
REFUSED, TOO_MANY, UNREADABLE, GONE = 1008, 1013, 1003, 1006
FORGOTTEN: Final = 4404
"""The key is unknown, as after the server began anew: the page loads itself again."""


async def serve_results(websocket: WebSocket) -> None:
    """Send the history, then each result and the status, until the page leaves; answer its pings.

    Only a page of this very server is answered, only with the key that its own session gave it, and only to its user.
    """
    await websocket.accept()  # else the page would read an error of the network instead of a reason
    channel = channel_of(websocket.path_params["key"], websocket.scope.get(OWNER_KEY, ""))
    if not is_own_page(websocket):
        words = "This page was opened under another address than the server knows: see “Behind a proxy” in the README."
        await websocket.close(REFUSED, words)
    elif channel is None:
        await websocket.close(FORGOTTEN, "This page's analysis has ended. Reload the page.")
    elif channel.listeners >= MAX_LISTENERS:
        await websocket.close(TOO_MANY, "This page is open too often.")
    else:
        await _serve(websocket, channel)


async def _serve(websocket: WebSocket, channel: ResultsChannel) -> None:
    listener = channel.listen()
    code = 1000
    try:
        await _until_either_ends(_send(websocket, channel, listener), _answer_pings(websocket))
    except _UnreadableError:
        code = UNREADABLE
    finally:
        listener.close()
        if websocket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it has gone meanwhile
                await websocket.close(code)


class _UnreadableError(Exception):
    """A client said something that no page of ours says."""


def is_own_page(asked: HTTPConnection) -> bool:
    """Whether the page that asks came from this server: browsers say so, and no page can make them lie."""
    origin = asked.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == asked.headers.get("host", "")


async def _until_either_ends(*parts: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        error = task.exception()
        if error is not None and not isinstance(error, WebSocketDisconnect):
            raise error


async def _send(websocket: WebSocket, channel: ResultsChannel, listener: ChannelListener) -> None:
    await _send_json(websocket, channel.history())
    told_at_s = 0.0
    while True:
        wait_s = max(0.0, told_at_s + STATUS_EVERY_S - time.monotonic())
        message = await listener.next(wait_s)
        if message is not None:
            await _send_json(websocket, message)
        if message is None or time.monotonic() - told_at_s >= STATUS_EVERY_S:
            status = channel.status()
            if status is None:
                return
            await _send_json(websocket, status)
            told_at_s = time.monotonic()


async def _answer_pings(websocket: WebSocket) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] != "websocket.receive":
            return
        text = message.get("text") or ""
        if not 0 < len(text) <= MAX_PING_CHARS:
            raise _UnreadableError
        try:
            sent_ms = float(json.loads(text)["ping"])
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise _UnreadableError from error
        if not math.isfinite(sent_ms):
            raise _UnreadableError
        await _send_json(websocket, {"type": "pong", "ping": sent_ms, "at": time.monotonic() * 1000})


async def _send_json(websocket: WebSocket, message: Message | None) -> None:
    """Raises WebSocketDisconnect where the page has gone, whichever of both parts has found that out."""
    if message is None:
        return
    if websocket.application_state is not WebSocketState.CONNECTED:
        raise WebSocketDisconnect(GONE)
    await websocket.send_text(json.dumps(message, separators=(",", ":")))
