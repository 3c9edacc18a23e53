"""An app of the stage alone: the real video connection and the real component, with results made up by the address.

Such as `/?faces=3&recording=1`: the address's query says what the analysis claims to see. Run by `streamlit run`.
"""

import asyncio
import contextlib
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

_ROOT = str(Path(__file__).resolve().parents[2])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

import streamlit as st  # noqa: E402
from starlette.responses import FileResponse  # noqa: E402
from starlette.routing import Route, WebSocketRoute  # noqa: E402
from starlette.websockets import WebSocket, WebSocketDisconnect  # noqa: E402

from app.server import kept  # noqa: E402
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE, chip_colours  # noqa: E402
from fer_core.results import Level, label_words  # noqa: E402

RESULTS_PER_S = 15
LABELS = ("happy", "neutral", "surprise", "sad")
LEVELS = tuple(Level)
_HIDDEN = "<style>.st-key-stream_frame {position: absolute; height: 1px; overflow: hidden; opacity: 0}</style>"
_TIGHTER_TOP = '<style>[data-testid="stMainBlockContainer"] {padding-top: 4.2rem}</style>'


def page() -> None:
    """The stage, the video's own frame out of sight, and room for what the live page has besides."""
    from app import streaming
    from app.views.live import stage

    st.set_page_config(layout="wide", initial_sidebar_state=380)
    st.html(_HIDDEN + _TIGHTER_TOP)
    scenario = urlencode(st.query_params)
    answer = stage.show(
        feed=f"fer/results/{scenario or 'none'}",
        returned=False,
        busy=st.query_params.get("busy", ""),
        mirror=_mirrors().get(scenario, True),
    )
    if answer.mirror is not None:
        _mirrors()[scenario] = answer.mirror
    if answer != stage.StageAnswer():
        st.session_state.setdefault("answers", []).append(answer)
    with st.container(key="stream_frame"):
        streaming.open_stream(
            key="camera",
            on_frame=lambda frame: frame,
            on_end=lambda: None,
            browser_ice={"iceServers": []},
            server_ice={"iceServers": []},
            returned=False,
            is_on_page=True,
        )
    with st.container(horizontal=True, key="record_row"):
        st.button("Record", icon=":material/radio_button_checked:")
        st.button("Note")
    st.text_input("A field")
    st.json([str(one) for one in st.session_state.get("answers", [])])
    st.container(height=900, border=True).markdown("Room")
    st.sidebar.markdown("The panel")


def _mirrors() -> dict[str, bool]:
    return kept("tests.stage_app.mirrors", dict)


async def serve_results(websocket: WebSocket) -> None:
    """Results and a status, as `app.live.socket` sends them."""
    await websocket.accept()
    scenario = {name: values[0] for name, values in parse_qs(websocket.path_params["key"]).items()}
    if "refused" in scenario:
        await websocket.close(1013, scenario["refused"])
        return
    answering = asyncio.ensure_future(_answer(websocket))
    try:
        await websocket.send_json({"type": "history", "now": _now_ms(), "rows": []})
        while not answering.done():
            count = int(scenario.get("faces", "1"))
            await websocket.send_json(_result(count, has_levels="levels" in scenario))
            await websocket.send_json(_status(scenario, count, websocket.path_params["key"]))
            await asyncio.wait([answering], timeout=1 / RESULTS_PER_S)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        answering.cancel()


async def _answer(websocket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        async for text in websocket.iter_text():
            await websocket.send_json({"type": "pong", "ping": json.loads(text)["ping"], "at": _now_ms()})


def _now_ms() -> float:
    return time.monotonic() * 1000


def _result(count: int, *, has_levels: bool) -> dict[str, Any]:
    now = _now_ms()
    levels = LEVELS if has_levels else (Level.NAMED,)
    faces = [_face(i, count, now / 1000, levels[i % len(levels)]) for i in range(count)]
    return {"type": "result", "at": now - 30, "sent": now, "width": 640, "height": 480, "left_out": 0, "faces": faces}


def _face(i: int, count: int, at_s: float, level: Level) -> dict[str, Any]:
    emotion = LABELS[i % len(LABELS)]
    label = None if level is Level.UNSURE else emotion
    words = label_words(label, level).capitalize()
    share = 0.86 - 0.1 * i
    ground, ink = chip_colours(label or UNSURE, leaning=level is Level.LEANING)
    x, size = (i + 0.5 + 0.15 * math.sin(at_s)) / count, 0.5 / count + 0.08
    return {
        "id": i + 1,
        "x": x,
        "y": 0.45,
        "w": size,
        "h": size * 4 / 3,
        "vx": 0.15 * math.cos(at_s) / count,
        "vy": 0,
        "points": None,
        "label": label,
        "level": level.value,
        "words": words,
        "reason": "" if label else "too dark",
        "text": f"{words} {share:.0%}" if label else f"{words}: too dark",
        "share": share,
        "colour": EMOTION_COLOURS[label or UNSURE],
        "ground": ground,
        "ink": ink,
        "p": [share if name == emotion else (1 - share) / 6 for name in EMOTIONS],
        "valence": 0.5,
        "arousal": 0.2,
    }


def _status(scenario: dict[str, str], faces: int, key: str) -> dict[str, Any]:
    words = f"{faces} faces in view. Expressions are not feelings: take the labels as hints."
    recording = {"seconds": time.monotonic() % 600, "samples": 1240, "participant": "P01", "video": False}
    return {
        "type": "status",
        "state": "fine",
        "kind": scenario.get("kind", "ok"),
        "text": scenario.get("text", words),
        "faces": faces,
        "results_per_s": 14.8,
        "latency_ms": 31,
        "model": "default",
        "paused": False,
        "muted": "muted" in scenario,
        "full": False,
        "overlay": scenario.get("overlay", "boxes"),
        "mirror": _mirrors().get("" if key == "none" else key, True),
        "exact": "exact" in scenario,
        "recording": recording | {"closes_in_s": None} if "recording" in scenario else None,
    }


async def serve_sample(_: Any) -> FileResponse:
    """The shipped clip."""
    return FileResponse(Path(_ROOT) / "app" / "assets" / "live" / "sample.webm")


if __name__ == "__main__":
    os.umask(0o077)
    page()
else:
    app = st.App(
        __file__, routes=[WebSocketRoute("/fer/results/{key:path}", serve_results), Route("/fer/sample", serve_sample)]
    )
