"""What a viewer that is no browser hears and gets back, and its figures."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiortc import RTCRtpCodecParameters
from aiortc.codecs.base import Decoder
from aiortc.jitterbuffer import JitterFrame
from av.frame import Frame


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
    """Results of one viewer, as they come: when, of which time of the server's clock, with a face.

    Attributes:
        rows: of each result.
        on_asked: told how many pictures a second the server asks for, each time it says so.
    """

    rows: list[tuple[float, float, bool]] = field(default_factory=list)
    on_asked: Callable[[int], None] | None = None

    def take(self, text: str) -> None:
        """Note a message if it is a result, or asks for something."""
        message = json.loads(text)
        if message.get("type") == "status" and self.on_asked is not None:
            self.on_asked(int(message["asked_per_s"]))
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


class RefusedError(Exception):
    """The server has no place for this viewer; what it says is the message."""
