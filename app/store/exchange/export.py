"""Sessions as files: one of them, several, or everything of one participant. The form stands in `export_format`."""

import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from app.store.database import Store
from app.store.errors import StoreError
from app.store.exchange.export_samples import sample_frame, sample_frames, write_samples
from app.store.exchange.file_format import (
    CSV_FILE,
    DICTIONARY_FILE,
    JSON_FILE,
    PARQUET_FILE,
    PARTICIPANT_FILE,
    SCHEMA_VERSION,
    SESSION_FILE,
    dictionary_csv,
)
from app.store.participants import baselines, check_ins, participant
from app.store.records import Session
from app.store.session_parts import identities, markers
from app.store.sessions import session, sessions
from fer_core.whole_files import replacing

__all__ = ["export_participant", "export_session", "export_sessions", "sample_frame"]


def export_session(store: Store, session_id: int, path: Path) -> Path:
    """Write a session to a zip at `path`, whole or not at all.

    Raises:
        NoSuchRecordError: there is none of that number.
        StoreError: it cannot be read, or the file not be written.
    """
    about = _about(store, session(store, session_id))
    try:
        with (
            replacing(path) as temporary,
            tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder,
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            json_path, parquet_path = Path(folder) / JSON_FILE, Path(folder) / PARQUET_FILE
            with archive.open(CSV_FILE, "w", force_zip64=True) as csv_file:
                count = write_samples(sample_frames(store, session_id), csv_file, json_path, parquet_path)
            archive.writestr(SESSION_FILE, _json(about | {"samples": count}))
            archive.writestr(DICTIONARY_FILE, dictionary_csv())
            archive.write(json_path, JSON_FILE)
            archive.write(parquet_path, PARQUET_FILE)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def export_sessions(store: Store, session_ids: Sequence[int], path: Path) -> Path:
    """Write several sessions to one zip, each as `export_session` writes it, without their videos.

    Raises:
        NoSuchRecordError: there is none of one of the numbers.
        StoreError: one cannot be read, or the file not be written.
    """
    chosen = [session(store, number) for number in session_ids]
    try:
        with (
            replacing(path) as temporary,
            zipfile.ZipFile(temporary, "w") as archive,
            tempfile.TemporaryDirectory(dir=path.parent) as folder,
        ):
            _write_sessions(store, chosen, archive, Path(folder))
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def export_participant(store: Store, participant_id: int, path: Path) -> Path:
    """Write everything that is stored of a participant to a zip.

    It holds each session as `export_session` writes it, the videos, and participant.json with name, note, and all
    baselines and check-ins.

    Raises:
        NoSuchRecordError: there is none of that number.
        StoreError: it cannot be read, or the file not be written.
    """
    person = participant(store, participant_id)
    about = {
        "schema_version": SCHEMA_VERSION,
        "participant": _without_owner(asdict(person)),
        "baselines": [asdict(baseline) for baseline in baselines(store, participant_id=participant_id)],
        "check_ins": [asdict(check_in) for check_in in check_ins(store, participant_id=participant_id)],
    }
    try:
        with (
            replacing(path) as temporary,
            zipfile.ZipFile(temporary, "w") as archive,
            tempfile.TemporaryDirectory(dir=path.parent) as folder,
        ):
            archive.writestr(PARTICIPANT_FILE, _json(about))
            own = sessions(store, participant_id=participant_id)[::-1]
            _write_sessions(store, own, archive, Path(folder))
            for one in own:
                video = store.videos / one.video_file if one.video_file else None
                if video is not None and video.is_file():
                    archive.write(video, f"videos/{video.name}")
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def _write_sessions(store: Store, chosen: Sequence[Session], archive: zipfile.ZipFile, folder: Path) -> None:
    """Each as a zip of its own, in the archive's folder "sessions"; in between they lie in `folder`."""
    for one in chosen:
        part = export_session(store, one.id, folder / f"{one.started_local:%Y-%m-%d}_{one.uid[:8]}.zip")
        archive.write(part, f"sessions/{part.name}")
        part.unlink()


def _about(store: Store, one: Session) -> dict[str, Any]:
    person = participant(store, one.participant_id)
    others = ("id", "participant_id", "participant")
    values = {name: value for name, value in _without_owner(asdict(one)).items() if name not in others}
    return {
        "schema_version": SCHEMA_VERSION,
        "session": values,
        "participant": {"name": person.name, "note": person.note},
        "identities": [asdict(identity) for identity in identities(store, one.id)],
        "markers": [_without_numbers(asdict(marker)) for marker in markers(store, one.id)],
        "baselines": [_without_numbers(asdict(baseline)) for baseline in baselines(store, session_id=one.id)],
        "check_ins": [_without_numbers(asdict(check_in)) for check_in in check_ins(store, session_id=one.id)],
    }


def _without_owner(values: dict[str, Any]) -> dict[str, Any]:
    """Accounts of one server mean nothing elsewhere, and whoever gets the file need not learn of them."""
    return {name: value for name, value in values.items() if name != "belongs_to"}


def _without_numbers(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers of rows mean nothing in another database."""
    return {name: value for name, value in values.items() if name not in ("id", "participant_id", "session_id")}


def _json(values: dict[str, Any]) -> str:
    def in_words(value: object) -> str:
        if isinstance(value, datetime):
            return value.isoformat()
        raise TypeError(f"no JSON for {type(value).__name__}")

    return json.dumps(values, default=in_words, indent=1, ensure_ascii=False, allow_nan=False)


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be written: {error.strerror or error}. Free space, or choose another folder.")
