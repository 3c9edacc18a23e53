"""What the Analyse page found in a video becomes a stored session, like a recorded one. Imports no Streamlit.

The samples are read from the job's table, row by row, and stored in parts: an hour of video needs no more memory than
a minute, and recordings that go on at the same time can write in between.
"""

import csv
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, count, islice
from pathlib import Path, PurePath
from typing import Final

from app.recording.consent import CONSENT_VERSION
from app.store.checks import check_name
from app.store.database import Store
from app.store.records import NewSession
from app.store.samples import Row, insert_samples, sample_row
from app.store.sessions import sessions
from app.store.staging import StagedSession, staged
from app.store.tables import MAX_NAME
from fer_core.emotions import EMOTIONS
from fer_core.expressions.card import ModelCard
from fer_core.files.table import cell_text
from fer_core.results import Doubt, Face, FaceEmotion, FaceQuality, Level
from fer_core.whole_files import replacing

ROWS_AT_ONCE: Final = 2000
MIN_RATE: Final = 0.01


@dataclass(frozen=True)
class FileResult:
    """One video's result.

    Attributes:
        table: the job's results.csv.
        source: what the table calls the file.
        seconds: its length.
        looks: analysed frames.
        card: of the model that judged.
        video: the labelled copy; None without one.
    """

    table: Path
    source: str
    seconds: float
    looks: int
    card: ModelCard
    video: Path | None = None


@dataclass(frozen=True)
class KeepChoices:
    """What somebody said when they asked to keep it; they have also said that the people in it agree.

    Attributes:
        participant: whose session it is, an old name or a new one.
        title: of the session.
        filmed_at: when the video begins, with a time zone.
        with_video: also keep the labelled copy; they have said that the people agree to that as well.
    """

    participant: str
    title: str
    filmed_at: datetime
    with_video: bool = False


def proposed_title(store: Store, source: str) -> str:
    """A title for the session of that file that none of one's sessions has: the file's name, numbered where needed."""
    used = {one.title for one in sessions(store.own)}
    title = (PurePath(source).stem.strip() or source)[: MAX_NAME - len(" (99999)")]
    numbered = (f"{title} ({number})" for number in count(2))
    return next(free for free in chain([title], numbered) if free not in used)


def keep(
    store: Store,
    result: FileResult,
    choices: KeepChoices,
    *,
    on_progress: Callable[[float], object] = lambda share: None,
) -> tuple[int, int]:
    """Store it; gives the session's number and how many samples it has.

    Args:
        store: where to.
        result: of one file.
        choices: how.
        on_progress: gets the share that is stored, 0-1.

    Raises:
        StoreError: it cannot be stored; nothing of it is left.
        OSError: the results or the labelled copy cannot be read, or that cannot be copied; likewise.
    """
    now = datetime.now(UTC)
    offset = choices.filmed_at.utcoffset() or timedelta()
    video_file = f"{uuid.uuid4().hex}.mp4" if choices.with_video and result.video is not None else None
    new = NewSession(
        participant_id=0,
        title=choices.title,
        source="file",
        model_name=result.card.name,
        model_sha256=result.card.network_sha256,
        consent_at=now,
        consent_version=CONSENT_VERSION,
        rate_per_s=max(MIN_RATE, round(result.looks / max(result.seconds, 1e-3), 2)),
        note=f"From the file {result.source}",
        started_at=choices.filmed_at,
        utc_offset_min=round(offset.total_seconds() / 60),
        video_file=video_file,
        video_consent_at=now if video_file else None,
    )
    check_name("A participant's name", choices.participant)  # before anything is copied
    with staged(store, new) as stage, _video_copy(store, video_file, result.video):
        stored = _store_samples(stage, result, on_progress)
        stage.publish(choices.participant, choices.filmed_at + timedelta(seconds=result.seconds))
    return stage.session_id, stored


@contextmanager
def _video_copy(store: Store, name: str | None, source: Path | None) -> Iterator[None]:
    """The labelled copy among the store's videos, where one is wanted; gone when the block does not end well."""
    if name is None or source is None:
        yield
        return
    is_whole = False
    try:
        with replacing(store.videos / name) as temporary:
            shutil.copyfile(source, temporary)
        yield
        is_whole = True
    finally:  # also where the page's run is ended meanwhile, as when its tab is closed
        if not is_whole:
            (store.videos / name).unlink(missing_ok=True)


def _store_samples(stage: StagedSession, result: FileResult, on_progress: Callable[[float], object]) -> int:
    rows, stored = _rows(result.table, result.source), 0
    while part := list(islice(rows, ROWS_AT_ONCE)):
        stage.in_step(partial(insert_samples, session_id=stage.session_id, rows=part))
        stored += len(part)
        on_progress(min(1.0, part[-1]["time_ms"] / 1000 / max(result.seconds, 1e-3)))
    return stored


def _rows(table: Path, source: str) -> Iterator[Row]:
    """The samples of one file, in the order of time; two of one face within a millisecond are one."""
    newest: dict[int, int] = {}
    with table.open(newline="", encoding="utf-8") as stream:
        for line in csv.DictReader(stream):
            if cell_text(line["source"]) != source or not line["left"]:
                continue
            row = sample_row(round(float(line["time_s"]) * 1000), _face_of(line))
            if row["time_ms"] > newest.get(row["face"], -1):
                newest[row["face"]] = row["time_ms"]
                yield row


def _face_of(line: dict[str, str]) -> FaceEmotion:
    """What `fer_core.files.table.face_columns` wrote."""
    left, top, right, bottom = (float(line[side]) for side in ("left", "top", "right", "bottom"))
    return FaceEmotion(
        face=Face((left, top, right, bottom), score=1.0, track_id=int(line["face"]) if line["face"] else None),
        probabilities={emotion: float(line[emotion]) for emotion in EMOTIONS},
        label=line["label"] or None,
        confidence=float(line["confidence"]),
        valence=float(line["valence"]),
        arousal=float(line["arousal"]),
        quality=FaceQuality(
            float(line["size_px"]),
            float(line["light"]),
            float(line["sharpness"]),
            float(line["turn"]) if line["turn"] else None,
        ),
        doubts=tuple(Doubt(doubt) for doubt in line["doubts"].split("; ") if doubt),
        level=_level_of(line),
    )


def _level_of(line: dict[str, str]) -> Level:
    """Tables of earlier versions have no such column: each label was named."""
    return Level(line.get("level") or (Level.NAMED if line["label"] else Level.UNSURE))
