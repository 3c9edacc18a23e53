"""What a pipeline knows between two frames: taken, compared and given to another one that goes on from there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from fer_core.expressions.smoothing import ProbabilitySmoother
from fer_core.faces.tracker import Track, TrackerMemory

SAME_PLACE: Final = 0.5
"""Two boxes that share more than this of the area of both together are the same face's."""


@dataclass(frozen=True)
class PipelineMemory:
    """Everything that later results depend on, if the detector looks at the next frame, and not optical flow.

    So it is where `frames` is a multiple of `PipelineSettings.detect_every`, and `judge_every_s` and
    `whole_frame_every_s` are 0.

    Attributes:
        frames: processed so far.
        size_wh: of the last one, in pixels; None before any.
        faces: as the tracker knows them.
        smoothers: by the face's number; not to be changed.
    """

    frames: int = 0
    size_wh: tuple[int, int] | None = None
    faces: TrackerMemory = field(default_factory=TrackerMemory)
    smoothers: Mapping[int, ProbabilitySmoother] = field(default_factory=dict)

    def numbering(self, other: "PipelineMemory") -> "Numbering | None":
        """How the other one's numbers are told in this one's, where both go on alike; None where they do not.

        Faces are the same where their boxes overlap. That they go on alike means: all rows to come are the same but for
        the faces' numbers.
        """
        mine, theirs = self.faces.tracks, other.faces.tracks
        if (self.frames, self.size_wh, len(mine)) != (other.frames, other.size_wh, len(theirs)):
            return None
        known: dict[int, int] = {}
        left = list(theirs)
        for track in mine:
            place = max(range(len(left)), key=lambda i: _overlap(left[i], track))
            twin = left.pop(place)
            if _overlap(twin, track) < SAME_PLACE or not track.is_like(twin):
                return None
            if not self._answers_as(other, track, twin):
                return None
            if track.track_id:
                known[twin.track_id] = track.track_id
        return Numbering(known, other.faces.last_number, self.faces.last_number)

    def _answers_as(self, other: "PipelineMemory", track: Track, twin: Track) -> bool:
        if not track.track_id:
            return True
        mine, theirs = self.smoothers.get(track.track_id), other.smoothers.get(twin.track_id)
        if mine is None or theirs is None:
            return mine is theirs
        return mine.is_like(theirs)

    def renumbered(self, numbering: "Numbering") -> "PipelineMemory":
        """The same, with other numbers."""
        alive = {track.track_id for track in self.faces.tracks} - {0}
        new = {number: numbering.of(number) for number in alive}
        tracks = tuple(replace(track, track_id=new.get(track.track_id, 0)) for track in self.faces.tracks)
        return replace(
            self,
            faces=TrackerMemory(tracks, numbering.last_of(self.faces.last_number)),
            smoothers={new[number]: one for number, one in self.smoothers.items() if number in alive},
        )


@dataclass(frozen=True)
class Numbering:
    """How faces' numbers are told in those of another pipeline.

    Attributes:
        known: of the faces that both know.
        last_here: the largest number that was given here at that moment.
        last_there: likewise there: newer faces are numbered on from it.
    """

    known: Mapping[int, int]
    last_here: int
    last_there: int

    def of(self, number: int) -> int:
        """The number there.

        Raises:
            KeyError: a face that was gone at that moment, and so has none.
        """
        return self.last_of(number) if number > self.last_here else self.known[number]

    def last_of(self, number: int) -> int:
        """The largest number there, where `number` is the largest one here, now or later."""
        return self.last_there + number - self.last_here


def _overlap(first: Track, second: Track) -> float:
    """Of two boxes: the shared area over that of both together, 0-1."""
    left, top, right, bottom = first.face.xyxy
    other_left, other_top, other_right, other_bottom = second.face.xyxy
    width = max(0.0, min(right, other_right) - max(left, other_left))
    height = max(0.0, min(bottom, other_bottom) - max(top, other_top))
    both = (right - left) * (bottom - top) + (other_right - other_left) * (other_bottom - other_top) - width * height
    return width * height / both if both > 0 else 0.0
