"""Still pictures of a page's camera by plain HTTPS, where a network lets no video through. Imports no Streamlit.

A route for `st.App`. The pictures go through the session's usual analysis, and what comes of it by the usual socket.
"""

import asyncio
import time
from typing import Final

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.live.channel import ResultsChannel, channel_of
from app.live.socket import is_own_page
from fer_core.errors import MediaError
from fer_core.files.pictures.heads import read_head
from fer_core.files.pictures.kinds import PictureKind
from fer_core.files.pictures.still import decode_picture
from fer_core.limits import MAX_LIVE_PIXELS, MEGA, megapixels

PATH: Final = "fer/stills/"
MAX_STILL_BYTES: Final = 1 << 20
"""The page sends 20 to 80 kB, and up to 300 kB while a video is recorded."""
MIN_GAP_S: Final = 0.3
"""One that comes sooner after the one before waits."""
READ_WITHIN_S: Final = 15.0
"""A still picture that takes longer to arrive is of no use any more."""


class _RefusedError(Exception):
    """A still picture is not taken: HTTP's status, and a sentence for the viewer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


async def serve_stills(request: Request) -> Response:
    """POST: take a JPEG. DELETE: no more will come. Only for a page of this very server, with its own session's key.

    Answers {"problem": ""} when the picture was taken, and else with a sentence that says why not.
    """
    try:
        channel = _channel(request)
        if request.method == "DELETE":
            await run_in_threadpool(channel.take_still, None)
        else:
            await _take(request, channel)
    except _RefusedError as error:
        return JSONResponse({"problem": str(error)}, error.status)
    return JSONResponse({"problem": ""})


def _channel(request: Request) -> ResultsChannel:
    if not is_own_page(request):
        raise _RefusedError(403, "This page was opened under another address than the server knows.")
    channel = channel_of(request.path_params["key"])
    if channel is None:
        raise _RefusedError(404, "This page's analysis is not here any more. Reload the page.")
    return channel


async def _take(request: Request, channel: ResultsChannel) -> None:
    if not channel.in_flight.acquire(blocking=False):
        raise _RefusedError(429, "The snapshot before this one is still being read.")
    try:
        data = await _body(request)
        wait_s = channel.still_at_s + MIN_GAP_S - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        channel.still_at_s = time.monotonic()
        if not await run_in_threadpool(_decode_and_take, data, channel):
            raise _RefusedError(404, "This page's analysis is not here any more. Reload the page.")
    finally:
        channel.in_flight.release()


async def _body(request: Request) -> bytes:
    """What is sent, and no more of it than is allowed."""
    data = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MAX_STILL_BYTES:
                    raise _RefusedError(413, f"A snapshot has at most {MAX_STILL_BYTES >> 20} MB; this one has more.")
    except TimeoutError as error:
        raise _RefusedError(408, "The snapshot took too long to arrive: this connection is too slow.") from error
    except ClientDisconnect as error:
        raise _RefusedError(400, "The snapshot was cut off on its way.") from error
    return bytes(data)


def _decode_and_take(data: bytes, channel: ResultsChannel) -> bool:
    """Not on the server's event loop: decoding takes some milliseconds. False once the session is gone."""
    return channel.take_still(decode_still(data))


def decode_still(data: bytes) -> np.ndarray:
    """A still picture as uint8 (height, width, 3), BGR; its size is looked at before anything is decoded.

    Raises:
        _RefusedError: it is no whole JPEG, or larger than a live frame may be.
    """
    head = read_head(data)
    if head is None or head.kind is not PictureKind.JPEG:
        raise _RefusedError(415, "The snapshot is no JPEG picture.")
    if head.pixels > MAX_LIVE_PIXELS:
        at_most = f"at most {MAX_LIVE_PIXELS // MEGA} megapixels are taken"
        raise _RefusedError(413, f"The snapshot has {megapixels(head.width, head.height)}; {at_most}.")
    try:
        picture = decode_picture(data, "The snapshot")
    except MediaError as error:
        raise _RefusedError(415, f"{error}") from error
    if picture.notes:
        raise _RefusedError(415, "The snapshot was cut off on its way.")
    return picture.frame_bgr
