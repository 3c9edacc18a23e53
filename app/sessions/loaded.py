"""A stored session as its page, its report and comparisons read it. Imports no Streamlit.

What is known without its samples is read at once, the samples when they are needed, and statistics are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.session_statistics.comparison import Stretch, make_stretch
from app.session_statistics.spans import ALWAYS, Range, Tasks, excluded_ranges, find_tasks, weigh
from app.session_statistics.summary import FaceSamples, Summary, doubt_shares, one_face, summarise
from app.store.database import Store
from app.store.participants import check_ins
from app.store.records import CheckIn, Identity, Marker, Session
from app.store.sample_counts import has_corrected, sample_counts
from app.store.samples import DOUBT_BITS, Samples, Timeline, read_samples, read_timeline
from app.store.session_parts import identities, markers
from app.store.sessions import last_moment_ms, session
from fer_core.results import Doubt

MANY_SAMPLES: Final = 150_000
"""More samples than this (eight hours of one face) take longer to read than a page may take to open: its chart then
draws the database's averages, and figures are worked out when they are asked for."""
TIMELINE_POINTS: Final = 600


@dataclass(frozen=True)
class Outline:
    """What is known of a session without its samples.

    Attributes:
        count: samples, ignored faces and excluded ranges too.
        length_s: from its start to its end, or to the last thing that is known of it; more than 0.
        is_corrected: whether samples carry values with a baseline taken off.
    """

    session: Session
    identities: tuple[Identity, ...]
    markers: tuple[Marker, ...]
    check_ins: tuple[CheckIn, ...]
    count: int
    length_s: float
    is_corrected: bool

    @property
    def is_long(self) -> bool:
        """Whether its samples are too many to be read at once."""
        return self.count > MANY_SAMPLES

    @property
    def tasks(self) -> Tasks:
        """Its tasks, as its markers tell."""
        return find_tasks(self.markers, end_s=self.length_s)

    @property
    def left_out(self) -> list[Range]:
        """What is excluded, in seconds."""
        return excluded_ranges(self.markers)

    def face_name(self, face: int) -> str:
        """What people call a face: its name, or its number; both where another face has the same name."""
        named = next((one.name for one in self.identities if one.face == face and one.name), "")
        if not named:
            return f"Face {face}"
        alike = any(o.name == named and o.face != face and o.merged_into is None for o in self.identities)
        return f"{named} (face {face})" if alike else named

    @property
    def samples_key(self) -> tuple[object, ...]:
        """Changes whenever the samples that count do."""
        ranges = tuple((m.time_ms, m.end_ms) for m in self.markers if m.kind == "exclude")
        faces = tuple((one.face, one.merged_into, one.ignored) for one in self.identities)
        return self.session.uid, self.count, ranges, faces


@dataclass(frozen=True)
class FaceFigures:
    """One face's figures: of the whole session and of each of its tasks by name, in the order of their starts."""

    whole: Summary
    doubts: dict[Doubt, float]
    tasks: dict[str, Summary]


@dataclass
class LoadedSession:
    """A session's outline, its timeline and, once they were asked for, its samples. Belongs to one browser tab.

    Attributes:
        timelines: raw (False) and with the baseline taken off (True).
    """

    store: Store
    outline: Outline
    timelines: dict[bool, Timeline] = field(default_factory=dict)
    _samples: Samples | None = None
    _figures: dict[tuple[int, bool], FaceFigures] = field(default_factory=dict)
    _stretches: dict[tuple[int, bool], Stretch | None] = field(default_factory=dict)

    def timeline(self, *, corrected: bool = False) -> Timeline:
        """Averages of at most 600 spans of time."""
        if corrected not in self.timelines:
            self.timelines[corrected] = read_timeline(
                self.store, self.outline.session.id, points=TIMELINE_POINTS, corrected=corrected
            )
        return self.timelines[corrected]

    @property
    def faces(self) -> tuple[int, ...]:
        """The faces that count, the one with most samples first."""
        timeline = self.timeline()
        numbers = np.unique(timeline.face)
        counts = {int(number): int(timeline.count[timeline.face == number].sum()) for number in numbers}
        return tuple(sorted(counts, key=lambda number: (-counts[number], number)))

    @property
    def is_read(self) -> bool:
        """Whether the samples are here already."""
        return self._samples is not None

    def face(self, face: int, *, corrected: bool = False) -> FaceSamples:
        """The samples of one face that count; reads them the first time."""
        if self._samples is None:
            self._samples = read_samples(self.store, self.outline.session.id)
        return one_face(self._samples, face, corrected=corrected)

    def figures(self, face: int, *, corrected: bool = False) -> FaceFigures:
        """The figures of one face; worked out the first time."""
        key = (face, corrected)
        if key not in self._figures:
            self._figures[key] = face_figures(self.face(face, corrected=corrected), self.outline)
        return self._figures[key]

    def stretch(self, face: int, *, corrected: bool = False) -> Stretch | None:
        """One face for a comparison; None where no time counts. Worked out the first time."""
        key = (face, corrected)
        if key not in self._stretches:
            samples = self.face(face, corrected=corrected)
            self._stretches[key] = make_stretch(samples, leave_out=self.outline.left_out)
        return self._stretches[key]

    def with_outline(self, outline: Outline) -> "LoadedSession":
        """The same samples under another outline; statistics are computed anew."""
        return LoadedSession(self.store, outline, self.timelines, self._samples)

    def forget_samples(self) -> None:
        """Give their memory back; what was worked out stays."""
        self._samples = None


def read_outline(store: Store, session_id: int) -> Outline:
    """What is known of a session.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    one = session(store, session_id)
    with store.read() as connection:
        last_s = last_moment_ms(connection, session_id) / 1000
    return Outline(
        session=one,
        identities=tuple(identities(store, session_id)),
        markers=tuple(markers(store, session_id)),
        check_ins=tuple(check_ins(store, session_id=session_id)),
        count=sample_counts(store, [session_id])[session_id],
        length_s=max(last_s, one.duration_s or 0.0, 0.2),
        is_corrected=has_corrected(store, session_id),
    )


def load_session(store: Store, session_id: int, before: LoadedSession | None = None) -> LoadedSession:
    """A session as it is now; what `before` holds is taken over where the samples are still the same.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    outline = read_outline(store, session_id)
    if before is None or before.store is not store or before.outline.samples_key != outline.samples_key:
        return LoadedSession(store, outline)
    if before.outline != outline:  # tasks may have other names or times; the samples are the same
        return before.with_outline(outline)
    return before


def face_figures(samples: FaceSamples, outline: Outline) -> FaceFigures:
    """The figures of one face's samples."""
    left_out, tasks = outline.left_out, outline.tasks

    def of(keep: Sequence[Range]) -> Summary:
        return summarise(samples, keep=keep, leave_out=left_out)

    weights = weigh(samples.time_s, leave_out=left_out)
    return FaceFigures(
        whole=of(ALWAYS),
        doubts=doubt_shares(samples, weights, DOUBT_BITS),
        tasks={name: of(tasks.ranges(name)) for name in tasks.names},
    )
