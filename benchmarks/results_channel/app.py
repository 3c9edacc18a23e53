"""The scratch app's server: Streamlit with a WebSocket for results, and a way to tell it to send."""

import asyncio
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse  # noqa: E402
from starlette.routing import Route, WebSocketRoute  # noqa: E402
from starlette.websockets import WebSocket  # noqa: E402

from benchmarks.results_channel.sender import WAYS, sender  # noqa: E402


async def results(socket: WebSocket) -> None:
    """Send what the queue holds, answer pings with the server's clock, until the browser leaves."""
    await socket.accept()
    sender.loop, sender.queue = asyncio.get_running_loop(), asyncio.Queue()

    async def send() -> None:
        while True:
            await socket.send_text(await sender.queue.get())

    async def answer() -> None:
        async for ping in socket.iter_text():
            at = time.monotonic() * 1000
            await socket.send_json({"pong": ping, "at": at})

    tasks = [asyncio.create_task(send()), asyncio.create_task(answer())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def send(request: Request) -> JSONResponse:
    """Send at `per_s` for `seconds` by the named ways, and answer when done."""
    ways = tuple(way for way in WAYS if way in request.query_params["ways"].split(","))
    per_s, seconds = float(request.query_params["per_s"]), float(request.query_params["seconds"])
    loop = asyncio.get_running_loop()
    count = await loop.run_in_executor(None, lambda: sender.send(ways, per_s=per_s, seconds=seconds))
    return JSONResponse({"sent": count})


async def ready(_: Request) -> JSONResponse:
    """Whether both ways are open."""
    is_open = sender.channel is not None and sender.channel.readyState == "open"
    return JSONResponse({"ready": sender.loop is not None and is_open})


app = st.App(
    Path(__file__).parent / "page.py",
    routes=[WebSocketRoute("/bench/results", results), Route("/bench/send", send), Route("/bench/ready", ready)],
)
