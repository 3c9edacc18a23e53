"""Stable face identities: the same number for the same face, through gaps and crossings.

Each track predicts where its face is now (constant velocity) and remembers how face, hair and neck are coloured.
Detections are matched to tracks by both, the cheapest pair first. A face that is gone for longer than `max_gap_s`
and comes back is somebody new: the program recognises nobody.
"""

import copy
import threading
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from fer_core.results import Face

VELOCITY_MEMORY_S = 0.3
"""Of a velocity that changes no more than the detector errs."""
NOISE = np.array([0.02, 0.045])
"""A face this far off its predicted place, across and up or down, in face sizes, may still go on as before:
the detector errs by 0.3 to 1 % of a face's width, and the height of its box jumps, which moves the middle by 4 %."""
SURPRISE = 0.10
"""Beyond `NOISE` and this it was no error: the velocity is all new. Half of it is enough after one on the same side."""
MIN_STEP_S = 0.07
"""Frames that came closer together say no more about the velocity than two with this distance."""
REST, MOTION = 0.10, 0.25
"""In face sizes per second: a slower face is shown at rest, a faster one with all of its velocity."""
MAX_PREDICTION_S = 0.6
APPEARANCE_WEIGHT = 2.0
MAX_COST = 2.2
UNCONFIRMED_S = 0.5
ALIKE_PX = 1e-6
"""Two memories of a face that differ by less, in pixels or pixels per second, are the same."""
ALIKE_LOOK = 1e-5
"""Likewise in the values of `describe`, which are averaged as float32."""


@dataclass
class Track:
    """One face's memory; its number is 0 before it is confirmed.

    Velocity in pixels per second; appearance as in `describe`.
    """

    track_id: int
    face: Face
    seen_at_s: float
    appearance: np.ndarray
    velocity: np.ndarray
    hits: int = 1
    surprise: np.ndarray = field(default_factory=lambda: np.zeros(2))
    knows_motion: bool = False

    def update(self, face: Face, appearance: np.ndarray, now_s: float, *, detected: bool) -> None:
        """Take in where the face is now, and how it looks."""
        elapsed = now_s - self.seen_at_s
        if elapsed > 0:
            self._learn_velocity(face, elapsed)
        self.appearance = 0.9 * self.appearance + 0.1 * appearance
        self.face, self.seen_at_s = face, now_s
        self.hits += detected

    def _learn_velocity(self, face: Face, elapsed: float) -> None:
        """Correct the velocity by how far the face is off its predicted place: the further, the more; on each axis.

        So it is calm while a face rests or goes on, and turns round with the face.
        """
        surprise = np.array(face.centre) - np.array(self.face.centre) - self.velocity * elapsed
        again = (surprise * self.surprise > 0) & (np.abs(self.surprise) > NOISE * _size(face))
        enough = np.where(again, SURPRISE / 2, SURPRISE)
        slowly = 1 - np.exp(-elapsed / VELOCITY_MEMORY_S)
        gain = np.clip((np.abs(surprise) / _size(face) - NOISE) / enough, slowly, 1)
        self.velocity = self.velocity + gain * surprise / max(elapsed, MIN_STEP_S)
        self.surprise = surprise
        self.knows_motion = elapsed <= MAX_PREDICTION_S

    @property
    def shown_velocity(self) -> tuple[float, float] | None:
        """See `Face.velocity`."""
        if not self.knows_motion:
            return None
        speed = float(np.hypot(*self.velocity)) / _size(self.face)
        if speed <= REST:
            return 0.0, 0.0
        share = min(1.0, (speed - REST) / (MOTION - REST))
        return share * float(self.velocity[0]), share * float(self.velocity[1])

    def is_like(self, other: "Track") -> bool:
        """Whether both go on alike, whatever their numbers: in the same place, as sure, and as fast.

        Of a face that was reported once it does not matter how often it was detected.
        """
        return (
            self.seen_at_s == other.seen_at_s
            and (self.track_id > 0) == (other.track_id > 0)
            and (self.track_id > 0 or self.hits == other.hits)
            and self.knows_motion == other.knows_motion
            and np.allclose(self.face.xyxy, other.face.xyxy, rtol=0, atol=ALIKE_PX)
            and np.allclose(self.velocity, other.velocity, rtol=0, atol=ALIKE_PX)
            and np.allclose(self.surprise, other.surprise, rtol=0, atol=ALIKE_PX)
            and np.allclose(self.appearance, other.appearance, rtol=0, atol=ALIKE_LOOK)
        )

    def rescale(self, ratio_x: float, ratio_y: float) -> None:
        """Put the face where it would be in a frame of another size."""
        x, y = self.face.centre[0] * ratio_x, self.face.centre[1] * ratio_y
        growth = (ratio_x * ratio_y) ** 0.5  # a turned frame shows the face as large as before
        half_w, half_h = self.face.width * growth / 2, self.face.height * growth / 2
        self.face = replace(self.face, xyxy=(x - half_w, y - half_h, x + half_w, y + half_h), landmarks=None)
        self.velocity, self.surprise, self.knows_motion = np.zeros(2), np.zeros(2), False


class FaceNumbers:
    """Numbers for faces, each given once. Thread-safe: trackers may share it, one after another or at once."""

    def __init__(self) -> None:
        """The first is 1."""
        self._lock = threading.Lock()
        self._last = 0

    def take(self) -> int:
        """The next number, from 1 on, never given before."""
        with self._lock:
            self._last += 1
            return self._last

    @property
    def last(self) -> int:
        """The largest one that was given; 0 before any."""
        return self._last

    def skip(self, number: int) -> bool:
        """Give no number up to this one any more; whether that changes anything."""
        with self._lock:
            changes = number > self._last
            self._last = max(self._last, number)
            return changes


@dataclass(frozen=True)
class TrackerMemory:
    """What a tracker knows between two frames.

    Attributes:
        tracks: of the faces that it may see again; not to be changed.
        last_number: the largest one that it gave; 0 before any.
    """

    tracks: tuple[Track, ...] = ()
    last_number: int = 0


class FaceTracker:
    """Gives each face its `track_id` and `velocity`. Belongs to one thread."""

    def __init__(self, *, max_gap_s: float = 2.0, min_hits: int = 2) -> None:
        """Start without tracks.

        Args:
            max_gap_s: how long a face may be out of sight and keep its number.
            min_hits: detections before a face is reported at all, against false alarms; 1 for single pictures.
        """
        self._max_gap_s = max_gap_s
        self.numbers = FaceNumbers()
        """Of faces that get one from now on; may be replaced by one that other trackers use too."""
        self.min_hits = min_hits
        """May be changed between frames; faces that were reported once go on being reported."""
        self.mirrored = False
        """Whether the frames are shown as a mirror does. Faces that get their numbers in the same frame are numbered
        from left to right as they are shown; later nothing changes their numbers. May be changed between frames."""
        self._tracks: list[Track] = []

    def update(self, faces: list[Face], frame_bgr: np.ndarray, now_s: float, *, detected: bool = True) -> list[Face]:
        """Match one frame's faces to the tracks.

        Args:
            faces: in pixels of the frame.
            frame_bgr: uint8 (height, width, 3); not modified.
            now_s: the frame's time in seconds, never falling.
            detected: whether a detector found them; faces that were only carried along confirm nothing.

        Returns:
            The confirmed faces with their `track_id` and `velocity`, in the order of `faces`.
        """
        self._tracks = [t for t in self._tracks if now_s - t.seen_at_s <= self._max_gap_s]
        looks = [describe(frame_bgr, face) for face in faces]
        matched = self._match(faces, looks, now_s)
        seen: list[tuple[Face, Track]] = []
        for i, (face, look) in enumerate(zip(faces, looks, strict=True)):
            track = matched.get(i)
            if track is None:
                track = Track(0, face, now_s, look, np.zeros(2))
                self._tracks.append(track)
            else:
                track.update(face, look, now_s, detected=detected)
            # Numbered only when confirmed, so that false alarms use up no numbers.
            if self._is_confirmed(track):
                seen.append((face, track))
        self._number([track for _, track in seen if track.track_id == 0])
        confirmed = [replace(face, track_id=track.track_id, velocity=track.shown_velocity) for face, track in seen]
        # What was seen once was probably a false alarm; but it may be seen again first, however rarely frames come.
        self._tracks = [t for t in self._tracks if self._is_confirmed(t) or now_s - t.seen_at_s <= UNCONFIRMED_S]
        return confirmed

    def memory(self) -> "TrackerMemory":
        """A copy of what is known of the faces now."""
        return TrackerMemory(tuple(copy.deepcopy(self._tracks)), self.numbers.last)

    def recall(self, memory: "TrackerMemory") -> None:
        """Go on from there, with numbers of its own."""
        self._tracks = copy.deepcopy(list(memory.tracks))
        self.numbers = FaceNumbers()
        self.numbers.skip(memory.last_number)

    @property
    def has_unconfirmed(self) -> bool:
        """Whether some face was seen too rarely to be reported yet."""
        return any(not self._is_confirmed(track) for track in self._tracks)

    def resize(self, ratio_x: float, ratio_y: float) -> None:
        """The frames to come are so many times as wide and as high as those before; the faces keep their numbers."""
        for track in self._tracks:
            track.rescale(ratio_x, ratio_y)

    def _number(self, tracks: list[Track]) -> None:
        """Give new faces their numbers, from the one that is shown leftmost on."""
        for track in sorted(tracks, key=lambda t: t.face.centre[0], reverse=self.mirrored):
            track.track_id = self.numbers.take()

    def _is_confirmed(self, track: Track) -> bool:
        return track.track_id > 0 or track.hits >= self.min_hits

    def _match(self, faces: list[Face], looks: list[np.ndarray], now_s: float) -> dict[int, Track]:
        """Index of a face to its track, the cheapest pairs first."""
        pairs = sorted(
            (
                (cost, i, j)
                for i, (face, look) in enumerate(zip(faces, looks, strict=True))
                for j, track in enumerate(self._tracks)
                if (cost := _cost(track, face, look, now_s)) <= MAX_COST
            ),
        )
        matched: dict[int, Track] = {}
        taken: set[int] = set()
        for _, i, j in pairs:
            if i not in matched and j not in taken:
                matched[i] = self._tracks[j]
                taken.add(j)
        return matched


def describe(frame_bgr: np.ndarray, face: Face) -> np.ndarray:
    """How a face's surroundings are coloured: a histogram over hue and saturation, and one over brightness.

    Returns:
        float32 (80,), the square root of shares, so that the distance of two is Hellinger's.
    """
    height, width = frame_bgr.shape[:2]
    centre_x, centre_y = face.centre
    half_w, half_h = 0.75 * face.width, 0.75 * face.height
    left, right = (int(np.clip(v, 0, width - 1)) for v in (centre_x - half_w, centre_x + half_w))
    top, bottom = (int(np.clip(v, 0, height - 1)) for v in (centre_y - half_h, centre_y + half_h))
    region = cv2.resize(frame_bgr[top : bottom + 1, left : right + 1], (24, 32), interpolation=cv2.INTER_NEAREST)
    hsv = cv2.cvtColor(region, cv2.COLOR_BGR2HSV)
    colours = cv2.calcHist([hsv], [0, 1], None, [16, 4], [0, 180, 0, 256]).ravel()
    light = cv2.calcHist([hsv], [2], None, [16], [0, 256]).ravel()
    shares = np.concatenate([colours, light])
    look: np.ndarray = np.sqrt(shares / shares.sum()).astype(np.float32)
    return look


def _size(face: Face) -> float:
    """In pixels: the side of a square as large as its box."""
    return float(np.sqrt(face.width * face.height))


def _cost(track: Track, face: Face, look: np.ndarray, now_s: float) -> float:
    """How badly a detection fits a track: distance in face sizes, change of size, change of appearance."""
    elapsed = now_s - track.seen_at_s
    predicted = np.array(track.face.centre) + track.velocity * min(elapsed, MAX_PREDICTION_S)
    size = _size(track.face)
    distance = float(np.hypot(*(np.array(face.centre) - predicted))) / size
    # The longer it was out of sight, the less its last place says.
    distance /= 1 + 1.5 * elapsed
    growth = abs(float(np.log(_size(face) / size)))
    change = float(np.sqrt(max(0.0, 1 - float(track.appearance @ look))))
    return distance + growth + APPEARANCE_WEIGHT * change
