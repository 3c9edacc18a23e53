"""Where a long film may be split, so that its parts give the rows that the whole film gives."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fer_core.files.looks import SPARSE_S
from fer_core.files.timing import FrameStart, RisingClock, Sampling
from fer_core.files.video_file import Stamps
from fer_core.pipeline import PipelineSettings

PART_S: Final = 600.0
"""Length of a part, in seconds of film: the overlap costs a twentieth of it."""
OVERLAP_S: Final = 30.0
"""A part is analysed from so long before its own first frame on. Smoothing forgets with a time constant of a second:
what came before is then worth 1e-13 of an answer, and tables have five digits."""
WORTH_SPLITTING: Final = 1.5
"""A film is split from this many lengths of a part on."""
LEAST_LOOKS: Final = 100
"""Of a part; with fewer, the overlap would be most of the work."""
TURN: Final = PipelineSettings().detect_every


@dataclass(frozen=True)
class Look:
    """A frame that is analysed.

    Attributes:
        index: its number in the film.
        time_s: when it is shown, in seconds since the film's start.
    """

    index: int
    time_s: float


@dataclass(frozen=True)
class Part:
    """A stretch of a film. Looks are counted from the film's first one, which is 0.

    Attributes:
        start: where decoding begins; None for the film's start.
        first: the first look that is analysed, before the part's own.
        own: the part's own first look, at which the detector looks in any case.
        end: the next part's `own`; None for the last part.
        looks_to_check: by their number, to see that decoding gives what the container says: the part's own first one,
            and its last one where another part follows.
    """

    start: FrameStart | None
    first: int
    own: int
    end: int | None
    looks_to_check: Mapping[int, Look]

    def from_own(self) -> "Part":
        """The same without an overlap."""
        if self.start is None:
            return self
        start = replace(self.start, from_index=self.looks_to_check[self.own].index)
        return replace(self, start=start, first=self.own)


def plan_parts(
    stamps: Stamps, clock: RisingClock, sampling: Sampling, *, part_s: float = PART_S, overlap_s: float = OVERLAP_S
) -> tuple[Part, ...]:
    """The parts of a film; empty where it is better analysed as a whole.

    Args:
        stamps: of its frames.
        clock: a new one of the film's.
        sampling: which frames are looked at.
        part_s: about how long a part should be, in seconds.
        overlap_s: how long before its own first look a part begins, in seconds.
    """
    if not stamps.pts or not stamps.keys:
        return ()
    times = [clock.rising(float(pts * stamps.tick_s)) for pts in stamps.pts]
    chooser = sampling.chooser()
    looks = [Look(i, time_s) for i, time_s in enumerate(times) if chooser.takes(i, time_s)]
    count = round(times[-1] / part_s)
    if times[-1] < WORTH_SPLITTING * part_s or len(looks) < LEAST_LOOKS * count:
        return ()
    owns = [own for k in range(1, count) if (own := _seam(looks, times[-1] * k / count)) is not None]
    starts = [_begin(stamps, looks, times, own, overlap_s) for own in owns]
    # Where the next key frame is far away, decoding to it again would cost as much as it saves.
    kept = [
        (own, first, start)
        for own, (first, start) in zip(owns, starts, strict=True)
        if looks[own].time_s - times[start.key_index] <= overlap_s + part_s
    ]
    if not kept:
        return ()
    begins: list[tuple[int, int, FrameStart | None]] = [(0, 0, None), *kept]
    ends = [own for own, _, _ in kept]
    return tuple(
        Part(start, first, own, end, {i: looks[i] for i in (own, *(() if end is None else (end - 1,)))})
        for (own, first, start), end in zip(begins, [*ends, None], strict=True)
    )


def _seam(looks: Sequence[Look], at_s: float) -> int | None:
    """The first look from a time on at which the detector's turn comes and whose neighbours are near; None without one.

    A frame that nothing near can confirm is judged otherwise (see `fer_core.files.looks`), which a part that began
    there would not know.
    """
    own = next((i for i, look in enumerate(looks) if look.time_s >= at_s), len(looks))
    for i in range(-(-own // TURN) * TURN, len(looks) - 1, TURN):
        if looks[i + 1].time_s - looks[i].time_s <= SPARSE_S:
            return i
    return None


def _begin(
    stamps: Stamps, looks: Sequence[Look], times: Sequence[float], own: int, overlap_s: float
) -> tuple[int, FrameStart]:
    """The first look of the overlap before a part, and how decoding comes there."""
    wanted_s = looks[own].time_s - overlap_s
    first = next(i for i, look in enumerate(looks) if look.time_s >= wanted_s)
    before = bisect_right(stamps.keys, looks[first].index) - 1
    key = stamps.keys[max(0, before)]
    return first, FrameStart(stamps.pts[key], key, looks[first].index, float(stamps.pts[0] * stamps.tick_s))
