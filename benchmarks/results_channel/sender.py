"""The server's end: the same message by both ways, each stamped with the time at which it was handed over."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from aiortc import RTCDataChannel

Way = Literal["socket", "channel"]
WAYS: Final[tuple[Way, ...]] = ("socket", "channel")

FACE: Final = {
    "id": 1,
    "x": 0.4871,
    "y": 0.3926,
    "w": 0.1732,
    "h": 0.3015,
    "vx": 0.0213,
    "vy": -0.0047,
    "points": [[0.4512, 0.3551], [0.5266, 0.3538], [0.4893, 0.4012], [0.4587, 0.4493], [0.5201, 0.4481]],
    "label": "happy",
    "text": "Happy 87 %",
    "share": 0.8712,
    "colour": "#e0a030",
    "p": [0.0121, 0.0008, 0.0214, 0.8712, 0.0187, 0.0309, 0.0449],
    "valence": 0.7814,
    "arousal": 0.3127,
    "doubts": ["too dark", "turned away", "partly outside the picture", "label changes often", "far from the camera"],
}
"""One face of a result, with figures as long as real ones."""


def message(way: Way, number: int, sent_ms: float) -> str:
    """A result of about 600 bytes; `sent_ms` is on the server's monotonic clock."""
    result = {"type": "result", "at": round(sent_ms - 31.25, 2), "sent": round(sent_ms, 3), "width": 640, "height": 480}
    return json.dumps({**result, "left_out": 0, "faces": [FACE], "way": way, "number": number}, separators=(",", ":"))


@dataclass
class Sender:
    """Both ways to one browser, and the event loop that they belong to.

    Attributes:
        loop: the server's event loop.
        queue: what the WebSocket's handler sends next.
        channel: the data channel, once the video's connection has one.
    """

    loop: asyncio.AbstractEventLoop | None = None
    queue: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    channel: RTCDataChannel | None = None

    def send(self, ways: tuple[Way, ...], *, per_s: float, seconds: float) -> int:
        """Send from a thread of its own, as an analysis does, evenly by turns; returns how many by each way."""
        count = round(per_s * seconds)
        thread = threading.Thread(target=self._run, args=(ways, count, 1 / per_s / len(ways)))
        thread.start()
        thread.join()
        return count

    def _run(self, ways: tuple[Way, ...], count: int, step_s: float) -> None:
        due_s = time.monotonic()
        for number in range(count):
            for way in ways:
                time.sleep(max(0.0, due_s - time.monotonic()))
                self._hand_over(way, message(way, number, time.monotonic() * 1000))
                due_s += step_s

    def _hand_over(self, way: Way, text: str) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self._way(way), text)

    def _way(self, way: Way) -> Callable[[str], None]:
        if way == "socket":
            return self.queue.put_nowait
        assert self.channel is not None
        return self.channel.send


sender: Final = Sender()
"""Of this process: one browser at a time."""
