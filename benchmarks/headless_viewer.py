"""Viewers that are no browsers: each opens the real page, sends a clip by WebRTC, and hears its results.

    python -m benchmarks.headless_viewer URL [--viewers 4] [--seconds 10] [--warm-up 4]

All run in this process, which encodes the clips once, decodes nothing that comes back, and prints one JSON document
a line: {"playing": N, "refused": M} when all play who were let in, {"measuring": seconds} when they have heard results
for a while (with --on-word, only after a line on its input), and then the figures, {"viewers": [...], "returned_per_s":
[...]}. `benchmarks.many_viewers` runs several of these.
"""

import argparse
import asyncio
import contextlib
import json
import re
import ssl
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, rtcrtpreceiver
from websockets.asyncio.client import ClientConnection

from benchmarks.encoded_clip import PER_S, ClipTrack, EncodedClip, all_clips, read_clips
from benchmarks.heard import Heard, RefusedError, Uncoded, ViewerFigures
from benchmarks.signed_in import newcomer, replica_of
from benchmarks.streamlit_tab import STRAIGHT, StreamlitTab, Way, open_tab

STREAMER: Final = "webrtc_streamer"
_RECORDED: Final = re.compile(r"Recording (\d+):(\d+) · ([\d,]+) sample")
PING_EVERY_S: Final = 2.0
START_TIMEOUT_S: Final = 90.0
FILL_AGAIN_S: Final = 12.0


class HeadlessViewer:
    """One viewer, from the page to the results; see `watch`."""

    def __init__(self, tab: StreamlitTab, track: ClipTrack, clip: EncodedClip, *, steady: bool = False) -> None:
        """Not started; a steady one sends what it sends, whatever the server asks for."""
        self.tab, self.track, self.clip = tab, track, clip
        self.heard = Heard(on_asked=None if steady else track.ask)
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def start(self, *, patience_s: float = START_TIMEOUT_S) -> None:
        """Do what the component's frontend does when Start is pressed, until the video plays.

        Raises:
            RefusedError: the page had no place for that long; it asks again all the time.
        """
        connected = asyncio.Event()

        def note() -> None:
            if self.peer.connectionState == "connected":
                connected.set()

        self.peer.on("connectionstatechange", note)
        await self.tab.wait_until(lambda: self.tab.runs > 0 and bool(self._stage("feed")), START_TIMEOUT_S)
        until_s = time.monotonic() + patience_s
        await self._until_free(until_s)
        await self._tell(playing=False)  # as it does when it is drawn for the first time
        mode = self.tab.components[STREAMER].data["mode"]
        self.peer.addTransceiver(self.track, direction=str(mode).lower())
        await self.peer.setLocalDescription(await self.peer.createOffer())
        offer = self.peer.localDescription
        while not self._answer():
            await self._until_free(until_s)  # others may take the last place meanwhile: Start is pressed again
            await self._tell(playing=False, offer={"sdp": offer.sdp, "type": offer.type})
            await self.tab.wait_until(lambda: bool(self._answer() or self._stage("busy")), START_TIMEOUT_S)
        await self.peer.setRemoteDescription(RTCSessionDescription(**json.loads(self._answer())))
        async with asyncio.timeout(START_TIMEOUT_S):
            await connected.wait()
        await self._tell(playing=True)

    async def _until_free(self, until_s: float) -> None:
        """Wait while there is no place; raises RefusedError where there was none until then (monotonic clock)."""
        try:
            left_s = max(0.1, until_s - time.monotonic())
            await self.tab.wait_until(lambda: not self._stage("busy") and STREAMER in self.tab.components, left_s)
        except TimeoutError:
            if busy := self._stage("busy"):
                raise RefusedError(busy) from None
            raise

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
        return self._stage("feed")

    def _stage(self, name: str) -> str:
        """What Python gives the stage under that name; empty where it gives nothing."""
        return next((str(c.data[name]) for c in self.tab.components.values() if c.data.get(name)), "")


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
    patience_s: float = START_TIMEOUT_S,
) -> AsyncIterator[HeadlessViewer]:
    """A viewer whose video plays and who hears results; at the end it presses Stop, or only vanishes.

    Raises RefusedError where there was no place within `patience_s`.
    """
    async with open_tab(url, way=way) as tab:
        viewer = make(tab, ClipTrack(clip, per_s=per_s, delay_s=delay_s), clip)
        hearing = asyncio.create_task(viewer.hear(url, way))
        try:
            await viewer.start(patience_s=patience_s)
            yield viewer
        finally:
            hearing.cancel()
            await viewer.stop(says_goodbye=says_goodbye)


@dataclass
class Crowd:
    """Viewers on their way.

    Attributes:
        url: of the app.
        clips: that they play, in turn.
        way: how all of them get there.
        arrives: whether each first opens a page as a newcomer, to be sent to a replica.
        per_s: frames a second that each sends, or fewer when the server asks for fewer.
        steady: whether they send as many all the same.
        patience_s: so long each waits for a place.
        playing: those who were let in and heard a result.
        refused: how many were not.
        replicas: how many were sent to each.
    """

    url: str
    clips: Sequence[EncodedClip]
    way: Way = STRAIGHT
    arrives: bool = False
    per_s: int = PER_S
    steady: bool = False
    patience_s: float = START_TIMEOUT_S
    playing: list[HeadlessViewer] = field(default_factory=list)
    refused: int = 0
    replicas: Counter[str] = field(default_factory=Counter)

    async def come(self, viewers: int, over: asyncio.Event, apart_s: float) -> list["asyncio.Task[None]"]:
        """So many, one after the other: the next one comes once the last one plays, or after `apart_s`.

        They stay until `over`. Gives their tasks once all of them play or were refused.
        """
        tasks: list[asyncio.Task[None]] = []
        for i in range(viewers):
            clip, delay_s = self.clips[i % len(self.clips)], i / viewers / self.per_s
            tasks.append(asyncio.create_task(self._view(clip, delay_s, over)))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(apart_s):
                    await self._until_seen(i + 1, tasks)
        await self._until_seen(viewers, tasks)
        return tasks

    async def _until_seen(self, count: int, tasks: Sequence["asyncio.Task[None]"]) -> None:
        while len(self.playing) + self.refused < count:
            for task in tasks:
                if task.done():
                    task.result()  # raises what went wrong
            await asyncio.sleep(0.05)

    async def _view(self, clip: EncodedClip, delay_s: float, over: asyncio.Event) -> None:
        way = self.way
        if self.arrives:
            cookies = await asyncio.to_thread(newcomer, self.url, way.cookies, way.trusted)
            way = replace(way, cookies=cookies)
            self.replicas[replica_of(cookies)] += 1
        wanted: dict[str, Any] = {"per_s": self.per_s, "delay_s": delay_s, "way": way, "patience_s": self.patience_s}
        try:
            make = partial(HeadlessViewer, steady=self.steady or self.per_s != PER_S)
            async with watch(self.url, clip, make=make, **wanted) as viewer:
                await self._hear_first(viewer)
                self.playing.append(viewer)
                await over.wait()
        except RefusedError:
            self.refused += 1

    async def _hear_first(self, viewer: HeadlessViewer) -> None:
        """Until it has a result; others may have taken the last place between its page and its video."""
        try:
            async with asyncio.timeout(self.patience_s):
                while not viewer.heard.rows:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise RefusedError("no result came") from None


async def measure(
    crowd: Crowd, *, viewers: int, seconds: float, warm_up_s: float, apart_s: float = START_TIMEOUT_S, on_word: bool
) -> None:
    """Start that many, measure, and print."""
    rtcrtpreceiver.get_decoder = Uncoded.of  # type: ignore[attr-defined]
    over = asyncio.Event()
    tasks = await crowd.come(viewers, over, apart_s)
    await asyncio.sleep(warm_up_s)
    _say(playing=len(crowd.playing), refused=crowd.refused, replicas=crowd.replicas)
    if on_word:
        await asyncio.to_thread(sys.stdin.readline)
    _say(measuring=seconds)
    since_s, before = time.monotonic(), [decoder.pictures for decoder in Uncoded.made]
    await asyncio.sleep(seconds)
    until_s = time.monotonic()
    pictures = [decoder.pictures - n for decoder, n in zip(Uncoded.made, before, strict=True)]
    figures = [viewer.figures(since_s, until_s) for viewer in crowd.playing]
    returned = [number / (until_s - since_s) for number in pictures]
    _say(viewers=[asdict(figure) for figure in figures], returned_per_s=returned)
    over.set()
    await asyncio.gather(*tasks)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.headless_viewer", description=__doc__)
    parser.add_argument("url", help="of the running app, such as http://127.0.0.1:8501")
    parser.add_argument("--viewers", type=int, default=4)
    parser.add_argument("--per-s", type=int, default=PER_S, help=f"frames a second that each sends; default: {PER_S}")
    parser.add_argument("--steady", action="store_true", help="send as many, even when the server asks for fewer")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm-up", type=float, default=4, help="seconds after all have heard a result")
    parser.add_argument("--apart", type=float, default=START_TIMEOUT_S, help="seconds after which the next one comes")
    parser.add_argument("--patience", type=float, default=START_TIMEOUT_S, help="seconds that each waits for a place")
    parser.add_argument("--on-word", action="store_true", help="measure only after a line on the standard input")
    parser.add_argument("--arrive", action="store_true", help="read cookies from a line first, then come as newcomers")
    parser.add_argument("--trust", type=Path, help="a file of certificates to trust")
    parser.add_argument("--clips", type=Path, help="a file of encoded clips; else they are encoded first")
    options = parser.parse_args(arguments)
    trusted = ssl.create_default_context(cafile=options.trust) if options.trust else None
    way = Way(sys.stdin.readline().strip() if options.arrive else "", trusted)
    clips = read_clips(options.clips) if options.clips else all_clips()
    crowd = Crowd(options.url.rstrip("/"), clips, way, options.arrive, options.per_s, options.steady, options.patience)
    how = {"seconds": options.seconds, "warm_up_s": options.warm_up, "apart_s": options.apart}
    asyncio.run(measure(crowd, viewers=options.viewers, on_word=options.on_word, **how))


async def _ping(socket: ClientConnection) -> None:
    while True:
        await socket.send(json.dumps({"ping": time.monotonic() * 1000}))
        await asyncio.sleep(PING_EVERY_S)


def _say(**document: Any) -> None:
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main()
