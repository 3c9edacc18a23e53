"""Still pictures of a page's camera by plain HTTPS, where a network lets no video through. Imports no Streamlit.

A route for `st.App`. The pictures go through the session's usual analysis, and what comes of it by the usual socket.
"""

import asyncio
import time
from typing import Final

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.live.channel import ResultsChannel
from app.live.page_requests import RefusedError, body_of, channel_for, gone
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


async def serve_stills(request: Request) -> Response:
    """POST: take a JPEG. DELETE: no more will come. Only for a page of this very server, with its own session's key.

    Answers {"problem": ""} when the picture was taken, and else with a sentence that says why not.
    """
    try:
        channel = channel_for(request)
        if request.method == "DELETE":
            await run_in_threadpool(channel.take_still, None)
        else:
            await _take(request, channel)
    except RefusedError as error:
        return JSONResponse({"problem": str(error)}, error.status)
    return JSONResponse({"problem": ""})


async def _take(request: Request, channel: ResultsChannel) -> None:
    if not channel.in_flight.acquire(blocking=False):
        raise RefusedError(429, "The snapshot before this one is still being read.")
    try:
        data = await body_of(request, MAX_STILL_BYTES)
        wait_s = channel.still_at_s + MIN_GAP_S - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        channel.still_at_s = time.monotonic()
        if not await run_in_threadpool(_decode_and_take, data, channel):
            raise gone()
    finally:
        channel.in_flight.release()


def _decode_and_take(data: bytes, channel: ResultsChannel) -> bool:
    """Not on the server's event loop: decoding takes some milliseconds. False once the session is gone."""
    return channel.take_still(decode_still(data))


def decode_still(data: bytes) -> np.ndarray:
    """A still picture as uint8 (height, width, 3), BGR; its size is looked at before anything is decoded.

    Raises:
        RefusedError: it is no whole JPEG, or larger than a live frame may be.
    """
    head = read_head(data)
    if head is None or head.kind is not PictureKind.JPEG:
        raise RefusedError(415, "The snapshot is not a JPEG picture.")
    if head.pixels > MAX_LIVE_PIXELS:
        at_most = f"at most {MAX_LIVE_PIXELS // MEGA} megapixels are taken"
        raise RefusedError(413, f"The snapshot has {megapixels(head.width, head.height)}; {at_most}.")
    try:
        picture = decode_picture(data, "The snapshot")
    except MediaError as error:
        raise RefusedError(415, f"{error}") from error
    if picture.notes:
        raise RefusedError(415, "The snapshot arrived incomplete.")
    return picture.frame_bgr
