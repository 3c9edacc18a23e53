"""What somebody agrees to record, and how a recording goes."""

from dataclasses import dataclass
from typing import Final

MAX_RECORDING_S: Final = 12 * 3600.0
"""A longer recording is closed: nobody sits so long before a camera, and a relay's credentials must outlast it."""


@dataclass(frozen=True)
class RecordingChoices:
    """What somebody agreed to, just now.

    Attributes:
        participant: the name, an old one or a new.
        title: of the session.
        rate_per_s: samples per face and second, at most.
        with_video: keep the shown pictures too; they agreed to that separately.
        utc_offset_min: minutes by which the person's clock is ahead of UTC.
    """

    participant: str
    title: str
    rate_per_s: float = 5.0
    with_video: bool = False
    utc_offset_min: int = 0


@dataclass(frozen=True)
class RecordingView:
    """A look at a recording.

    Attributes:
        seconds: since its start, or from start to end.
        samples: stored for good.
        problem: what is wrong now, a sentence; else empty.
        closes_in_s: no pictures arrive: in so many seconds it is closed, unless they return; else None.
        ended: nothing more is recorded.
        reason: why it ended by itself, a sentence; empty when somebody stopped it.
    """

    seconds: float
    samples: int
    problem: str
    closes_in_s: float | None
    ended: bool
    reason: str
