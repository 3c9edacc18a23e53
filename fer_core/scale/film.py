"""One film on a worker: hash it, analyse it or split it, and write its rows into the data set.

Nothing here knows how work comes to a worker.
"""

import hashlib
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fer_core.errors import MediaError, ResultsError
from fer_core.files.file_run import FileRun
from fer_core.files.media import open_media
from fer_core.files.remarks import Remarks
from fer_core.files.result_files import versions
from fer_core.files.run_report import Tally
from fer_core.files.video_file import VideoFile
from fer_core.names import printable, shown_name
from fer_core.scale.data_set import SETTINGS_FILE, Entry, Settings, State, rows_name
from fer_core.scale.part_run import DECODER_THREADS, CannotSplitError, JoinedParts, Looker, PartResult
from fer_core.scale.part_run import analyse_part as analyse_part_of
from fer_core.scale.parts import OVERLAP_S, PART_S, WORTH_SPLITTING, Part, plan_parts
from fer_core.scale.rows import ParquetResults, rows_file

CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Film:
    """A film, or a picture, to be analysed.

    Attributes:
        source: what the rows call it.
        path: absolute.
        known_sha256: of the content whose rows are there already; None where there are none.
    """

    source: str
    path: Path
    known_sha256: str | None = None


@dataclass(frozen=True)
class Place:
    """Where results go, and when a film is split.

    Attributes:
        folder: the data set's, absolute.
        settings: the data set's.
        part_s: length of a part in seconds; 0 for whole films only.
        overlap_s: see `plan_parts`.
    """

    folder: Path
    settings: Settings
    part_s: float = PART_S
    overlap_s: float = OVERLAP_S


@dataclass(frozen=True)
class Split:
    """A film that is better analysed in parts.

    Attributes:
        film: which.
        sha256: of its content.
        parts: two or more.
    """

    film: Film
    sha256: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a film.

    Attributes:
        entry: for the manifest; None where its rows were there already.
        tally: counts for the run's summary.
    """

    entry: Entry | None
    tally: Tally


def begin(film: Film, place: Place, looker: Looker) -> Outcome | Split:
    """Analyse a film, unless its rows are there or it is better split.

    Raises:
        ResultsError: the rows cannot be written; no other film would fare better.
    """
    started = time.perf_counter()
    try:
        sha256 = _sha256(film)
    except MediaError as error:
        return unreadable(film, None, str(error), place)
    except OSError as error:
        return unreadable(film, None, f"{film.source}: cannot be read: {error.strerror}. Check its disk.", place)
    if sha256 == film.known_sha256:
        return Outcome(None, Tally())
    parts = _parts(film, place, looker)
    return Split(film, sha256, parts) if parts else _whole(film, sha256, place, looker, started)


def analyse_part(split: Split, number: int, looker: Looker) -> PartResult | None:
    """One part of a split film; None where the film is to be analysed as a whole instead."""
    try:
        return analyse_part_of(split.film.path, split.parts[number], looker)
    except (CannotSplitError, MediaError):
        return None


def join(split: Split, results: Iterator[PartResult], place: Place, looker: Looker) -> Outcome:
    """Write the rows of a split film from its parts.

    Args:
        split: the film.
        results: of its parts, in order.
        place: where to.
        looker: for what must be analysed again.

    Raises:
        ResultsError: the rows cannot be written.
    """
    started = time.perf_counter()
    film, tally, remarks = split.film, Tally(), Remarks()
    name = rows_name(film.source, split.sha256)
    try:
        frames = JoinedParts(film.path, split.parts, results, looker)
        with open_media(film.path) as media, _rows(place, name) as writer:
            last_s = first_s = None
            for frame in frames:
                writer.add(film.source, media.info, frame)
                tally.add(frame.result)
                remarks.see(frame.result)
                last_s = frame.result.captured_at_s
                first_s = last_s if first_s is None else first_s
    except (CannotSplitError, MediaError):
        return _whole(film, split.sha256, place, looker, started)
    damage = remarks.added_to(frames.damage)
    tally.end_source(film.source, (last_s or 0.0) - (first_s or 0.0), damage)
    took_s = time.perf_counter() - started + frames.took_s
    return _written(film, split.sha256, place, tally, damage, rows=writer.rows, took_s=took_s, parts=len(split.parts))


def unreadable(film: Film, sha256: str | None, error: str, place: Place) -> Outcome:
    """A film that gave nothing, as one row of the manifest.

    Args:
        film: which.
        sha256: of its content, where that is to blame: it is not tried again; else None.
        error: a sentence.
        place: for the settings.
    """
    tally = Tally(unreadable={film.source: error})
    return Outcome(_entry(film, sha256, place, State.UNREADABLE, error, tally), tally)


def _whole(film: Film, sha256: str, place: Place, looker: Looker, started: float) -> Outcome:
    tally = Tally()
    try:
        with _rows(place, rows_name(film.source, sha256)) as writer:
            run = FileRun(
                looker.detector,
                looker.model,
                looker.sampling,
                [writer],
                should_stop=lambda: False,
                decoder_threads=DECODER_THREADS,
                max_faces=looker.max_faces,
            )
            done = run.analyse(
                film.path, film.source, on_frame=lambda frame: tally.add(frame.result), on_progress=lambda _: None
            )
    except MediaError as error:
        return unreadable(film, sha256, str(error), place)
    tally.end_source(film.source, done.last_s - done.first_s, done.damage)
    return _written(film, sha256, place, tally, done.damage, rows=writer.rows, took_s=time.perf_counter() - started)


def _written(
    film: Film,
    sha256: str,
    place: Place,
    tally: Tally,
    damage: str | None,
    *,
    rows: int,
    took_s: float,
    parts: int = 1,
) -> Outcome:
    state = State.DONE if damage is None else State.DAMAGED
    return Outcome(_entry(film, sha256, place, state, damage, tally, rows=rows, took_s=took_s, parts=parts), tally)


def _entry(
    film: Film,
    sha256: str | None,
    place: Place,
    state: State,
    error: str | None,
    tally: Tally,
    *,
    rows: int = 0,
    took_s: float = 0.0,
    parts: int = 1,
) -> Entry:
    return Entry(
        source=printable(film.source),
        path=printable(str(film.path)),
        sha256=sha256,
        bytes=film.path.stat().st_size if sha256 is not None else None,
        state=state,
        error=error,
        rows=rows,
        rows_file=rows_name(film.source, sha256) if rows and sha256 else None,
        frames=tally.frames,
        film_s=round(tally.media_s, 3),
        took_s=round(took_s, 3),
        parts=parts,
        worker=platform.node(),
        **vars(place.settings),
        versions=", ".join(f"{name} {version}" for name, version in versions().items()),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _sha256(film: Film) -> str:
    """The hash of a film's content.

    Raises:
        MediaError: it is not there or cannot be read.
    """
    if not film.path.exists():
        raise MediaError(
            f"{shown_name(film.source)}: not found on the worker {platform.node()}. Check the name, and keep files "
            "where every machine sees them under the same path."
        )
    if not film.path.is_file():
        raise MediaError(f"{shown_name(film.source)}: expected a picture or a video, found a folder or a device.")
    digest = hashlib.sha256()
    with film.path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _parts(film: Film, place: Place, looker: Looker) -> tuple[Part, ...]:
    """Empty where the film is better analysed as a whole, or cannot be opened."""
    if not place.part_s:
        return ()
    try:
        with open_media(film.path) as media:
            length_s = media.info.duration_s
            if not isinstance(media, VideoFile) or (length_s is not None and length_s < WORTH_SPLITTING * place.part_s):
                return ()
            clock, stamps = media.clock(), media.stamps()
    except MediaError:
        return ()
    if stamps is None:
        return ()
    return plan_parts(stamps, clock, looker.sampling, part_s=place.part_s, overlap_s=place.overlap_s)


@contextmanager
def _rows(place: Place, name: str) -> Iterator[ParquetResults]:
    """A film's file of rows in the data set.

    Raises:
        ResultsError: it cannot be written.
    """
    if not (place.folder / SETTINGS_FILE).is_file():
        raise ResultsError(
            f"{shown_name(place.folder)}: the worker {platform.node()} does not see this data set. Put it where every "
            "machine sees it under the same path."
        )
    try:
        with rows_file(place.folder / name) as writer:
            yield writer
    except OSError as error:
        raise ResultsError(
            f"{shown_name(place.folder)}: the rows cannot be written: {error.strerror or error}. Check the folder and "
            "the space left."
        ) from error
