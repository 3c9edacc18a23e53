"""A clip as VP8, encoded once and played by many, so that no measurement pays for the encoding."""

import asyncio
import base64
import json
import os
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from app.live.types import MOST_ASKED_PER_S
from app.live.uplink import STEPS_PER_S
from benchmarks.scene import frames

WIDTH: Final = 640
PER_S: Final = MOST_ASKED_PER_S
BIT_RATE: Final = 1_000_000
KEYFRAME_S: Final = 2
KEYFRAME_EVERY: Final = KEYFRAME_S * PER_S
LONGEST: Final = 12 * PER_S
CLOCK: Final = Fraction(1, 90_000)
CLIPS: Final = ("sad_then_happy.mp4", "neutral_then_happy.mp4")


@dataclass(frozen=True)
class EncodedClip:
    """Frames in the order in which they are shown, at PER_S; the first is a key frame.

    Attributes:
        name: of the file, or "drawn scene".
        payloads: one VP8 frame each.
        fewer: the same at other rates, frames a second, each encoded by itself.
    """

    name: str
    payloads: tuple[bytes, ...]
    fewer: dict[int, tuple[bytes, ...]] = field(default_factory=dict)

    def at(self, per_s: int) -> tuple[bytes, ...]:
        """Its frames at that rate; at PER_S where it was not encoded at that one."""
        return self.fewer.get(per_s, self.payloads)


def all_clips() -> list[EncodedClip]:
    """The real clips of FER_SHARED_DATA, or the drawn scene where they are not there."""
    folder = Path(os.environ.get("FER_SHARED_DATA", "")) / "clips"
    paths = [folder / name for name in CLIPS if (folder / name).is_file()]
    if paths:
        return [_at_all_rates(path.name, partial(_from_file, path)) for path in paths]
    return [_at_all_rates("drawn scene", partial(frames, width=WIDTH, height=480, count=LONGEST))]


def _at_all_rates(name: str, pictures: Callable[[], Iterable[np.ndarray]]) -> EncodedClip:
    fewer = {per_s: encode(thinned(pictures(), per_s), per_s) for per_s in STEPS_PER_S if per_s != PER_S}
    return EncodedClip(name, encode(pictures()), fewer)


def thinned(pictures: Iterable[np.ndarray], per_s: int) -> Iterator[np.ndarray]:
    """Of pictures at PER_S so many a second, at most PER_S."""
    for i, picture in enumerate(pictures):
        if i == 0 or i * per_s // PER_S != (i - 1) * per_s // PER_S:
            yield picture


def write_clips(path: Path, clips: Iterable[EncodedClip]) -> None:
    """Keep clips in a file, so that several processes play what one has encoded."""
    kept = {clip.name: {PER_S: clip.payloads, **clip.fewer} for clip in clips}
    path.write_text(json.dumps(kept, default=lambda payload: base64.b64encode(payload).decode()), encoding="ascii")


def read_clips(path: Path) -> list[EncodedClip]:
    """What `write_clips` kept."""
    kept: dict[str, dict[str, list[str]]] = json.loads(path.read_text(encoding="ascii"))
    clips = []
    for name, texts in kept.items():
        rates = {int(per_s): tuple(map(base64.b64decode, payloads)) for per_s, payloads in texts.items()}
        clips.append(EncodedClip(name, rates.pop(PER_S), rates))
    return clips


def encode(pictures: Iterable[np.ndarray], per_s: int = PER_S) -> tuple[bytes, ...]:
    """VP8 of pictures of one size, each uint8 (height, width, 3) BGR with even sides, coded as a browser does.

    So many a second are played. A picture has the same number of bits at each rate, as with a browser that is asked for
    fewer of them.
    """
    codec: av.VideoCodecContext | None = None
    payloads: list[bytes] = []
    for i, picture in enumerate(pictures):
        codec = codec or _encoder(picture.shape[1], picture.shape[0], per_s)
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = i, codec.time_base
        payloads += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(payloads)


def _encoder(width: int, height: int, per_s: int) -> av.VideoCodecContext:
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base = Fraction(1, per_s)
    codec.bit_rate = BIT_RATE * per_s // PER_S
    codec.gop_size = KEYFRAME_S * per_s  # nobody encodes anew for a receiver that has lost a frame
    codec.options = {"cpu-used": "-6", "deadline": "realtime", "lag-in-frames": "0", "auto-alt-ref": "0"}
    return codec


def _from_file(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        height = round(WIDTH * stream.height / stream.width / 2) * 2
        given = 0
        for frame in container.decode(stream):
            if given == LONGEST:
                return
            # Each time of the camera shows the frame that stands then, as often as it does.
            while given < LONGEST and frame.time is not None and given / PER_S <= frame.time:
                yield frame.reformat(width=WIDTH, height=height, format="bgr24").to_ndarray()
                given += 1


class ClipTrack(MediaStreamTrack):
    """Plays an encoded clip in a loop at its own pace. Belongs to one event loop."""

    kind = "video"

    def __init__(self, clip: EncodedClip, *, per_s: int = PER_S, delay_s: float = 0.0) -> None:
        """Start with the first `recv`.

        Args:
            clip: what is played.
            per_s: frames a second; other than a rate at which it was encoded, the clip runs faster or slower.
            delay_s: before the first frame, so that several tracks do not all send at once.
        """
        super().__init__()
        self._clip, self._per_s = clip, per_s
        self._delay_s = delay_s
        self._next = 0
        self._next_due_s = 0.0
        self.started_s: float | None = None
        """When the frame of time 0 was due, on the monotonic clock; None before the first."""
        self.due_s: list[float] = []
        """When each frame was due, since the first one."""
        self.sent_s: list[float] = []
        """When each frame was given to the connection, on the monotonic clock."""

    def ask(self, per_s: int) -> None:
        """Go on with so many frames a second, from the key frame before; does nothing where the clip has them not."""
        if per_s == self._per_s or per_s not in (PER_S, *self._clip.fewer):
            return
        every = KEYFRAME_S * per_s
        shown = self._next % len(self._clip.at(self._per_s)) * per_s // self._per_s
        self._per_s, self._next = per_s, shown // every * every

    async def recv(self) -> av.Packet:
        """The next frame, at its time, already encoded.

        Raises:
            MediaStreamError: the track was stopped, as by a camera that is pulled out.
        """
        if self.readyState != "live":
            raise MediaStreamError
        if self.started_s is None:
            self.started_s = time.monotonic() + self._delay_s
        due_s = self._next_due_s
        await asyncio.sleep(max(0.0, self.started_s + due_s - time.monotonic()))
        payloads = self._clip.at(self._per_s)
        packet = av.Packet(payloads[self._next % len(payloads)])
        packet.pts, packet.time_base = round(due_s * CLOCK.denominator), CLOCK
        self._next += 1
        self._next_due_s += 1 / self._per_s
        self.due_s.append(due_s)
        self.sent_s.append(time.monotonic())
        return packet

    def frame_at(self, captured_s: float) -> int | None:
        """The frame that the server says was taken at that time, of those sent; None where it can be none of them.

        The server holds a frame's own time against the quickest arrival of the last seconds, so what it says is late
        by one quick way, which is much shorter than the time between two frames.
        """
        if self.started_s is None or not self.due_s:
            return None
        since_s, apart_s = captured_s - self.started_s, 1 / self._per_s
        if not -apart_s / 2 <= since_s <= self.due_s[-1] + apart_s / 2:
            return None
        after = bisect_left(self.due_s, since_s)
        near = range(max(0, after - 1), min(len(self.due_s), after + 1))
        return min(near, key=lambda number: abs(self.due_s[number] - since_s))
