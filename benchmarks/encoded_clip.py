"""A clip as VP8, encoded once and played by many, so that no measurement pays for the encoding."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from benchmarks.scene import frames

WIDTH: Final = 640
PER_S: Final = 20
BIT_RATE: Final = 1_000_000
KEYFRAME_EVERY: Final = 2 * PER_S
LONGEST: Final = 12 * PER_S
CLOCK: Final = Fraction(1, 90_000)
CLIPS: Final = ("sad_then_happy.mp4", "neutral_then_happy.mp4")


@dataclass(frozen=True)
class EncodedClip:
    """Frames in the order in which they are shown, at PER_S; the first is a key frame.

    Attributes:
        name: of the file, or "drawn scene".
        payloads: one VP8 frame each.
    """

    name: str
    payloads: tuple[bytes, ...]


def all_clips() -> list[EncodedClip]:
    """The real clips of FER_SHARED_DATA, or the drawn scene where they are not there."""
    folder = Path(os.environ.get("FER_SHARED_DATA", "")) / "clips"
    paths = [folder / name for name in CLIPS if (folder / name).is_file()]
    if paths:
        return [EncodedClip(path.name, encode(_from_file(path))) for path in paths]
    return [EncodedClip("drawn scene", encode(frames(width=WIDTH, height=480, count=LONGEST)))]


def write_clips(path: Path, clips: Iterable[EncodedClip]) -> None:
    """Keep clips in a file, so that several processes play what one has encoded."""
    text = {clip.name: [base64.b64encode(one).decode() for one in clip.payloads] for clip in clips}
    path.write_text(json.dumps(text), encoding="ascii")


def read_clips(path: Path) -> list[EncodedClip]:
    """What `write_clips` kept."""
    kept: dict[str, list[str]] = json.loads(path.read_text(encoding="ascii"))
    return [EncodedClip(name, tuple(map(base64.b64decode, payloads))) for name, payloads in kept.items()]


def encode(pictures: Iterable[np.ndarray]) -> tuple[bytes, ...]:
    """VP8 of pictures of one size, each uint8 (height, width, 3) BGR with even sides, coded as a browser does."""
    codec: av.VideoCodecContext | None = None
    payloads: list[bytes] = []
    for i, picture in enumerate(pictures):
        codec = codec or _encoder(picture.shape[1], picture.shape[0])
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = i, codec.time_base
        payloads += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(payloads)


def _encoder(width: int, height: int) -> av.VideoCodecContext:
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base = Fraction(1, PER_S)
    codec.bit_rate = BIT_RATE
    codec.gop_size = KEYFRAME_EVERY  # nobody encodes anew for a receiver that has lost a frame
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
            per_s: frames a second; other than PER_S, the clip runs faster or slower.
            delay_s: before the first frame, so that several tracks do not all send at once.
        """
        super().__init__()
        self._clip, self._per_s = clip, per_s
        self._delay_s = delay_s
        self._next = 0
        self.started_s: float | None = None
        """When the frame of time 0 was due, on the monotonic clock; None before the first."""
        self.sent_s: list[float] = []
        """When each frame was given to the connection, on the monotonic clock."""

    async def recv(self) -> av.Packet:
        """The next frame, at its time, already encoded.

        Raises:
            MediaStreamError: the track was stopped, as by a camera that is pulled out.
        """
        if self.readyState != "live":
            raise MediaStreamError
        if self.started_s is None:
            self.started_s = time.monotonic() + self._delay_s
        await asyncio.sleep(max(0.0, self.started_s + self._next / self._per_s - time.monotonic()))
        packet = av.Packet(self._clip.payloads[self._next % len(self._clip.payloads)])
        packet.pts, packet.time_base = self._next * (CLOCK.denominator // self._per_s), CLOCK
        self._next += 1
        self.sent_s.append(time.monotonic())
        return packet

    def frame_at(self, captured_s: float) -> int | None:
        """The frame that the server says was taken at that time, of those sent; None where it can be none of them.

        The server holds a frame's own time against the quickest arrival of the last seconds, so what it says is late
        by one quick way, which is much shorter than the time between two frames.
        """
        if self.started_s is None:
            return None
        number = round((captured_s - self.started_s) * self._per_s)
        return number if 0 <= number < len(self.sent_s) else None
