"""The WebSocket by which a page hears the results of its live session, without a run of the page.

Imports no Streamlit: a route for `st.App`.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Coroutine
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.live.channel import ChannelListener, Message, ResultsChannel, channel_of

STATUS_EVERY_S: Final = 0.5
REFUSED: Final = 1008


async def serve_results(websocket: WebSocket) -> None:
    """Send the history, then each result and the status, until the page leaves; answer its pings.

    Only a page of this very server is answered, and only with the key that its own session gave it.
    """
    channel = channel_of(websocket.path_params["key"])
    if channel is None or not is_own_page(websocket):
        await websocket.accept()  # else the page would read an error of the network instead of the reason
        await websocket.close(REFUSED, "This page's results are not here any more. Reload the page.")
        return
    await websocket.accept()
    listener = channel.listen()
    try:
        await _until_either_ends(_send(websocket, channel, listener), _answer_pings(websocket))
    finally:
        listener.close()
        if websocket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it has gone meanwhile
                await websocket.close()


def is_own_page(websocket: WebSocket) -> bool:
    """Whether the page that asks came from this server: browsers say so, and no page can make them lie."""
    origin = websocket.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == websocket.headers.get("host", "")


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
            await _send_json(websocket, channel.status())
            told_at_s = time.monotonic()


async def _answer_pings(websocket: WebSocket) -> None:
    async for text in websocket.iter_text():
        with contextlib.suppress(ValueError, TypeError, KeyError):  # no page of ours says anything else
            answer = {"type": "pong", "ping": float(json.loads(text)["ping"]), "at": time.monotonic() * 1000}
            await _send_json(websocket, answer)


async def _send_json(websocket: WebSocket, message: Message) -> None:
    await websocket.send_text(json.dumps(message, separators=(",", ":")))
