"""Results for the live page's panel without a camera: a WebSocket of the real message format, told what to send.

Streamlit runs this file, which shows `panel_page.py`. A test posts to /say/KEY what the feed KEY shall send; times in
these messages are milliseconds before now, as only the server knows its clock.
"""

import asyncio
import contextlib
import math
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE
from fer_core.expressions.affect import valence_arousal
from fer_core.results import Level, label_words

Message = dict[str, Any]
Row = list[Any]
RATE_PER_S = 16

_sockets: dict[str, set[WebSocket]] = defaultdict(set)
_rows: dict[str, list[Row]] = defaultdict(list)
_playing: set[asyncio.Task[None]] = set()
_held: dict[str, asyncio.Task[None]] = {}

HOLD_EACH_S = 0.3
"""Well below the time for which a panel believes a result."""


def now_ms() -> float:
    """The server's clock as in the messages."""
    return time.monotonic() * 1000


def face(
    number: int, emotion: str, share: float = 0.88, *, level: Level = Level.NAMED, reason: str = "too dark"
) -> Message:
    """A face with that share of one expression, the rest evenly."""
    probabilities = {name: share if name == emotion else (1 - share) / 6 for name in EMOTIONS}
    return face_of(number, probabilities, level=level, reason=reason)


def face_of(number: int, probabilities: dict[str, float], *, level: Level = Level.NAMED, reason: str = "") -> Message:
    """A face of a result, as the server sends it; the reason counts where it is unsure."""
    valence, arousal = valence_arousal(probabilities)
    label = None if level is Level.UNSURE else max(probabilities, key=lambda name: probabilities[name])
    words = label_words(label, level).capitalize()
    return {
        "id": number,
        "x": 0.3 * number,
        "y": 0.5,
        "w": 0.2,
        "h": 0.3,
        "vx": 0,
        "vy": 0,
        "points": None,
        "label": label,
        "level": level.value,
        "words": words,
        "reason": "" if label else reason,
        "text": words,
        "share": max(probabilities.values()),
        "colour": EMOTION_COLOURS[label or UNSURE],
        "p": [round(probabilities[name], 4) for name in EMOTIONS],
        "valence": round(valence, 4),
        "arousal": round(arousal, 4),
    }


def result(*faces: Message, ago_ms: float = 0) -> Message:
    """A result of so long ago."""
    return {"type": "result", "at": ago_ms, "width": 640, "height": 480, "left_out": 0, "faces": list(faces)}


def status(*, paused: bool = False, muted: bool = False) -> Message:
    """A status; the panel reads little of it."""
    return {
        "type": "status",
        "state": "fine",
        "kind": "ok",
        "text": "1 face in view.",
        "paused": paused,
        "muted": muted,
    }


def row(ago_ms: float, shown: Message) -> Row:
    """A face as a row of a history."""
    label = None if shown["label"] is None else EMOTIONS.index(shown["label"])
    return [ago_ms, shown["id"], *shown["p"], shown["valence"], shown["arousal"], label, shown["level"] == "leaning"]


def moving_face(number: int, at_s: float) -> Message:
    """A face whose expression goes round."""
    weights = [math.exp(2.5 * math.sin(at_s / 7 + i * 0.9 + number * 1.7) + (i == 3)) for i in range(len(EMOTIONS))]
    probabilities = {name: w / sum(weights) for name, w in zip(EMOTIONS, weights, strict=True)}
    top = max(probabilities.values())
    level = Level.NAMED if top >= 0.5 else Level.LEANING if top >= 0.35 else Level.UNSURE
    return face_of(number, probabilities, level=level, reason="no clear lead")


async def _results(socket: WebSocket) -> None:
    """As the server's end of /fer/results/KEY does: the history first, then whatever there is, and pongs."""
    key = socket.path_params["key"]
    await socket.accept()
    now = now_ms()
    await socket.send_json({"type": "history", "now": now, "rows": [[now - ago, *rest] for ago, *rest in _rows[key]]})
    _sockets[key].add(socket)
    try:
        async for said in socket.iter_json():
            await socket.send_json({"type": "pong", "ping": said["ping"], "at": now_ms()})
    except WebSocketDisconnect:
        pass
    finally:
        _sockets[key].discard(socket)


async def _say(request: Request) -> JSONResponse:
    """Send to all who listen: {"messages": [...]}, {"rows": [...]} at each connection, {"close": true}, {"play": 3},
    {"hold": [...]}: those messages again and again, until others are held, or none.
    """
    key, said = request.path_params["key"], await request.json()
    _rows[key] = said.get("rows", _rows[key])
    for message in said.get("messages", ()):
        await _send(key, message)
    if "hold" in said:
        if key in _held:
            _held.pop(key).cancel()
        if said["hold"]:
            _held[key] = asyncio.create_task(_hold(key, said["hold"]))
    if said.get("close"):
        for socket in list(_sockets[key]):
            _sockets[key].discard(socket)  # not only when the browser has closed it, too: nobody listens there now
            await socket.close()
    if said.get("play"):
        task = asyncio.create_task(_play(key, said["play"]))
        _playing.add(task)
        task.add_done_callback(_playing.discard)
    return JSONResponse({"listeners": len(_sockets[key])})


async def _hold(key: str, messages: list[Message]) -> None:
    """So that what is shown stays while a slow machine looks at it."""
    while True:
        for message in messages:
            await _send(key, message)
        await asyncio.sleep(HOLD_EACH_S)


async def _play(key: str, faces: int) -> None:
    """That many faces, with a status twice a second, until nobody listens."""
    count = 0
    while _sockets[key]:
        await _send(key, result(*(moving_face(number, time.monotonic()) for number in range(1, faces + 1)), ago_ms=40))
        if count % (RATE_PER_S // 2) == 0:
            await _send(key, status())
        count += 1
        await asyncio.sleep(1 / RATE_PER_S)


async def _send(key: str, message: Message) -> None:
    now = now_ms()
    timed = {**message, "at": now - message["at"], "sent": now} if "at" in message else message
    for socket in list(_sockets[key]):
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_json(timed)


app = st.App(
    Path(__file__).with_name("panel_page.py"),
    routes=[
        WebSocketRoute("/fer/results/{key}", _results),
        Route("/say/{key}", _say, methods=["POST"]),
    ],
)
