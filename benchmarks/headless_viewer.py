"""Viewers that are no browsers: each opens the real page, sends a clip by WebRTC, and hears its results.

    python -m benchmarks.headless_viewer URL [--viewers 4] [--seconds 10] [--warm-up 4]

All run in this process, which encodes the clips once, decodes nothing that comes back, and prints one JSON document
a line: {"playing": N} when all play, {"measuring": seconds} when all have heard results for a while, and then the
figures, {"viewers": [...], "returned_per_s": [...]}.
"""

import argparse
import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpCodecParameters, RTCSessionDescription, rtcrtpreceiver
from aiortc.codecs.base import Decoder
from aiortc.jitterbuffer import JitterFrame
from av.frame import Frame
from websockets.asyncio.client import ClientConnection

from benchmarks.encoded_clip import PER_S, ClipTrack, EncodedClip, all_clips
from benchmarks.streamlit_tab import STRAIGHT, StreamlitTab, Way, open_tab

STREAMER: Final = "webrtc_streamer"
_RECORDED: Final = re.compile(r"Recording (\d+):(\d+) · ([\d,]+) sample")
PING_EVERY_S: Final = 2.0
START_TIMEOUT_S: Final = 90.0
FILL_AGAIN_S: Final = 12.0


@dataclass(frozen=True)
class ViewerFigures:
    """What one viewer had in the measured time.

    Attributes:
        clip: that it played.
        results_per_s: heard.
        with_face: share of them.
        lags_ms: from sending the frame to hearing its result, each.
        sent_per_s: frames.
    """

    clip: str
    results_per_s: float
    with_face: float
    lags_ms: list[float]
    sent_per_s: float


@dataclass
class Heard:
    """Results of one viewer, as they come: when, of which time of the server's clock, with a face."""

    rows: list[tuple[float, float, bool]] = field(default_factory=list)

    def take(self, text: str) -> None:
        """Note a message if it is a result."""
        message = json.loads(text)
        if message.get("type") == "result":
            self.rows.append((time.monotonic(), message["at"] / 1000, bool(message["faces"])))


class Uncoded(Decoder):
    """Counts the pictures that come back, in place of decoding them."""

    made: Final[list["Uncoded"]] = []

    def __init__(self) -> None:
        """For one connection."""
        self.pictures = 0
        self.made.append(self)

    @classmethod
    def of(cls, codec: RTCRtpCodecParameters) -> Decoder:
        """In the place of aiortc's choice of a decoder."""
        return cls()

    def decode(self, encoded_frame: JitterFrame) -> list[Frame]:
        """One more."""
        self.pictures += 1
        return []


class HeadlessViewer:
    """One viewer, from the page to the results; see `watch`."""

    def __init__(self, tab: StreamlitTab, track: ClipTrack, clip: EncodedClip) -> None:
        """Not started."""
        self.tab, self.track, self.clip = tab, track, clip
        self.heard = Heard()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def start(self) -> None:
        """Do what the component's frontend does when Start is pressed, until the video plays."""
        connected = asyncio.Event()

        def note() -> None:
            if self.peer.connectionState == "connected":
                connected.set()

        self.peer.on("connectionstatechange", note)
        await self.tab.wait_until(lambda: self.tab.runs > 0 and STREAMER in self.tab.components, START_TIMEOUT_S)
        await self._tell(playing=False)  # as it does when it is drawn for the first time
        mode = self.tab.components[STREAMER].data["mode"]
        self.peer.addTransceiver(self.track, direction=str(mode).lower())
        await self.peer.setLocalDescription(await self.peer.createOffer())
        offer = self.peer.localDescription
        await self._tell(playing=False, offer={"sdp": offer.sdp, "type": offer.type})
        await self.tab.wait_until(lambda: bool(self._answer()), START_TIMEOUT_S)
        await self.peer.setRemoteDescription(RTCSessionDescription(**json.loads(self._answer())))
        async with asyncio.timeout(START_TIMEOUT_S):
            await connected.wait()
        await self._tell(playing=True)

    async def record(self, participant: str) -> None:
        """Agree to a recording of somebody of that name, and wait until it runs; the video plays already."""
        tab = self.tab
        await tab.press_until("record_start", lambda: tab.widget("record_participant") is not None)
        async with asyncio.timeout(START_TIMEOUT_S):
            while tab.widget("record_stop") is None:
                await tab.fill("record_participant", participant)  # can be lost, too, while the page is drawn
                with contextlib.suppress(TimeoutError):
                    await tab.press_until("record_agree", lambda: tab.widget("record_stop") is not None, FILL_AGAIN_S)

    def recorded(self) -> tuple[int, int]:
        """Seconds and stored samples of the recording, as the page says."""
        lines = [found for text in self.tab.said if (found := _RECORDED.search(text))]
        if not lines:
            return 0, 0
        minutes, seconds, samples = lines[-1].groups()
        return int(minutes) * 60 + int(seconds), int(samples.replace(",", ""))

    async def stop_recording(self) -> str:
        """End it; gives what the page says of it."""
        await self.tab.press_until("record_stop", lambda: self._saved() != "")
        return self._saved()

    def _saved(self) -> str:
        return next((text for text in self.tab.said if text.startswith("Saved: ")), "")

    async def stop(self, *, says_goodbye: bool = True) -> None:
        """End the video and tell so, or not."""
        with contextlib.suppress(Exception):  # the server may have gone
            if says_goodbye:
                await self._tell(playing=False)
        await self.peer.close()

    async def hear(self, url: str, way: Way) -> None:
        """Hear results by the page's WebSocket, for as long as it lasts."""
        await self.tab.wait_until(lambda: bool(self._feed()), START_TIMEOUT_S)
        async with way.connect(url, self._feed()) as socket:
            pinging = asyncio.create_task(_ping(socket))
            try:
                async for text in socket:
                    self.heard.take(str(text))
            finally:
                pinging.cancel()

    def figures(self, since_s: float, until_s: float) -> ViewerFigures:
        """Of the results heard between two times of the monotonic clock."""
        rows = [row for row in self.heard.rows if since_s <= row[0] < until_s]
        lags = []
        for heard_s, captured_s, _ in rows:
            number = self.track.frame_at(captured_s)
            if number is not None:
                lags.append((heard_s - self.track.sent_s[number]) * 1000)
        sent = sum(since_s <= at_s < until_s for at_s in self.track.sent_s)
        seconds = until_s - since_s
        with_face = float(np.mean([row[2] for row in rows])) if rows else 0.0
        return ViewerFigures(self.clip.name, len(rows) / seconds, with_face, lags, sent / seconds)

    async def _tell(self, *, playing: bool, offer: dict[str, str] | None = None) -> None:
        await self.tab.tell(STREAMER, {"playing": playing, "sdpOffer": offer or "", "iceCandidates": {}})

    def _answer(self) -> str:
        return str(self.tab.components[STREAMER].data.get("sdp_answer_json") or "")

    def _feed(self) -> str:
        return next((str(c.data["feed"]) for c in self.tab.components.values() if c.data.get("feed")), "")


@contextlib.asynccontextmanager
async def watch(
    url: str,
    clip: EncodedClip,
    *,
    per_s: int,
    delay_s: float,
    says_goodbye: bool = True,
    make: Callable[[StreamlitTab, ClipTrack, EncodedClip], HeadlessViewer] = HeadlessViewer,
    way: Way = STRAIGHT,
) -> AsyncIterator[HeadlessViewer]:
    """A viewer whose video plays and who hears results; at the end it presses Stop, or only vanishes."""
    async with open_tab(url, way=way) as tab:
        viewer = make(tab, ClipTrack(clip, per_s=per_s, delay_s=delay_s), clip)
        hearing = asyncio.create_task(viewer.hear(url, way))
        try:
            await viewer.start()
            yield viewer
        finally:
            hearing.cancel()
            await viewer.stop(says_goodbye=says_goodbye)


async def measure(url: str, *, viewers: int, per_s: int, seconds: float, warm_up_s: float) -> None:
    """Start that many, measure, and print."""
    rtcrtpreceiver.get_decoder = Uncoded.of  # type: ignore[attr-defined]
    clips = all_clips()
    async with contextlib.AsyncExitStack() as stack:
        all_viewers = []
        for i in range(viewers):  # one after the other, as people come
            clip, delay_s = clips[i % len(clips)], i / viewers / per_s
            all_viewers.append(await stack.enter_async_context(watch(url, clip, per_s=per_s, delay_s=delay_s)))
        _say(playing=len(all_viewers))
        async with asyncio.timeout(START_TIMEOUT_S):
            while not all(viewer.heard.rows for viewer in all_viewers):
                await asyncio.sleep(0.1)
        await asyncio.sleep(warm_up_s)
        _say(measuring=seconds)
        since_s, before = time.monotonic(), [decoder.pictures for decoder in Uncoded.made]
        await asyncio.sleep(seconds)
        until_s = time.monotonic()
        pictures = [decoder.pictures - n for decoder, n in zip(Uncoded.made, before, strict=True)]
        figures = [viewer.figures(since_s, until_s) for viewer in all_viewers]
        returned = [number / (until_s - since_s) for number in pictures]
        _say(viewers=[asdict(figure) for figure in figures], returned_per_s=returned)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.headless_viewer", description=__doc__)
    parser.add_argument("url", help="of the running app, such as http://127.0.0.1:8501")
    parser.add_argument("--viewers", type=int, default=4)
    parser.add_argument("--per-s", type=int, default=PER_S, help=f"frames a second that each sends; default: {PER_S}")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm-up", type=float, default=4, help="seconds after all have heard a result")
    options = parser.parse_args(arguments)
    url, warm_up_s = options.url.rstrip("/"), options.warm_up
    asyncio.run(
        measure(url, viewers=options.viewers, per_s=options.per_s, seconds=options.seconds, warm_up_s=warm_up_s)
    )


async def _ping(socket: ClientConnection) -> None:
    while True:
        await socket.send(json.dumps({"ping": time.monotonic() * 1000}))
        await asyncio.sleep(PING_EVERY_S)


def _say(**document: Any) -> None:
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main()
