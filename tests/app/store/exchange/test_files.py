"""Exported sessions: pandas reads them back equal, they can be imported again, and bad ones are refused whole."""

import io
import json
import random
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select

from app.store import tables
from app.store.database import Store, open_store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.exchange import import_file as importing
from app.store.exchange.export import export_participant, export_session, sample_frame
from app.store.exchange.file_format import (
    DTYPES,
    SCHEMA_VERSION,
    doubts_from_words,
    doubts_in_words,
    level_from_words,
    level_in_words,
)
from app.store.exchange.import_file import import_session
from app.store.participants import add_baseline, add_check_in, baselines, check_ins, participants
from app.store.privacy import delete_everything, delete_session
from app.store.records import CheckIn, Marker, StoredBaseline
from app.store.samples import DOUBT_BITS, sample_row
from app.store.session_parts import (
    add_marker,
    identities,
    ignore_identity,
    markers,
    merge_identities,
    rename_identity,
)
from app.store.sessions import session, sessions, start_session
from fer_core.results import Doubt, Level
from tests.helpers.faces import make_probabilities
from tests.helpers.store_builders import NOON, emotion_of, make_participant, make_session, new_session, rows


def rich_session(store: Store) -> int:
    """A session with one of everything."""
    person = make_participant(store)
    doubtful = [sample_row(3000, emotion_of("sad", face=2, doubts=(Doubt.BLURRED, Doubt.TURNED_AWAY), share=1 / 3))]
    doubtful += rows("sad", start_ms=3200, count=2, level=Level.LEANING)
    corrected = rows("fear", start_ms=5000, count=5, correct=lambda _: make_probabilities("neutral", 0.7))
    session_id = make_session(store, person, rows(count=5) + doubtful + rows(face=3, count=2) + corrected)
    rename_identity(store, session_id, 1, "Zoë")
    merge_identities(store, session_id, [3], into=1)
    ignore_identity(store, session_id, 2)
    add_marker(store, session_id, Marker(400, "task_start", "Aufgabe 1"))
    add_marker(store, session_id, Marker(600, "exclude", "phone", 900))
    add_baseline(store, StoredBaseline(person, NOON, make_probabilities("neutral"), 25, 0.75, "a" * 64, session_id))
    add_check_in(store, CheckIn(person, NOON, "before", session_id, 7, 2, 'fine, "really"\nyes', (0, 1, 2, 3), 120))
    add_check_in(store, CheckIn(person, NOON + timedelta(1), "after", session_id, phq4=(3, None, 0, None)))
    return session_id


def everything_about(store: Store, session_id: int) -> list:
    """All that an export must carry, without the numbers of rows."""
    found = vars(session(store, session_id)).copy()
    parts = [
        *markers(store, session_id),
        *baselines(store, session_id=session_id),
        *check_ins(store, session_id=session_id),
    ]
    numbers = ("id", "participant_id", "session_id")
    return [
        {name: value for name, value in values.items() if name not in numbers}
        for values in (found, *(vars(part) for part in parts))
    ] + [identities(store, session_id)]


def read_back(path: Path) -> dict[str, pd.DataFrame]:
    """The samples of a zip as pandas reads each form, with the types of its dictionary."""
    with zipfile.ZipFile(path) as archive:
        dictionary = pd.read_csv(archive.open("dictionary.csv"))
        types = dict(zip(dictionary["column"], dictionary["pandas_type"], strict=True))
        return {
            "csv": pd.read_csv(archive.open("samples.csv"), dtype=types),
            "json": pd.read_json(io.BytesIO(archive.read("samples.json")), dtype=types, precise_float=True),
            "parquet": pd.read_parquet(io.BytesIO(archive.read("samples.parquet"))),
        }


def rewrite(path: Path, name: str, change: Callable[[str], str] | None) -> Path:
    """A copy of an exported session with one of its files changed, or left out."""
    copy = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            text = source.read(member)
            if member != name:
                target.writestr(member, text)
            elif change is not None:
                target.writestr(member, change(text.decode()))
    return copy


def rewrite_json(path: Path, change: Callable[[dict], object]) -> Path:
    """Likewise, with the parsed session.json."""

    def changed(text: str) -> str:
        values = json.loads(text)
        change(values)
        return json.dumps(values)

    return rewrite(path, "session.json", changed)


@pytest.fixture
def exported(sqlite_store: Store, tmp_path: Path) -> Path:
    """A rich session's zip, of a store that is empty again."""
    path = export_session(sqlite_store, rich_session(sqlite_store), tmp_path / "session.zip")
    delete_everything(sqlite_store)
    return path


def is_empty(store: Store) -> bool:
    with store.read() as connection:
        counts = [connection.scalar(select(func.count()).select_from(t)) for t in tables.metadata.sorted_tables]
    return not any(counts)


def test_pandas_reads_all_three_forms_back_equal(store: Store, tmp_path: Path):
    session_id = rich_session(store)
    frame = sample_frame(store, session_id)

    forms = read_back(export_session(store, session_id, tmp_path / "session.zip"))

    assert len(frame) == 15
    assert list(frame.columns) == list(DTYPES)
    assert frame["level"].tolist() == ["named"] * 7 + ["unsure", "leaning", "leaning"] + ["named"] * 5
    for form in forms.values():
        pd.testing.assert_frame_equal(form, frame, check_exact=True)


def test_an_empty_session_can_be_exported_and_imported(store: Store, tmp_path: Path):
    session_id = make_session(store, make_participant(store), [])
    path = export_session(store, session_id, tmp_path / "session.zip")
    delete_session(store, session_id)

    assert len(sample_frame(store, import_session(store, path))) == 0


def test_an_imported_session_is_the_exported_one(store: Store, tmp_path: Path):
    session_id = rich_session(store)
    about, frame = everything_about(store, session_id), sample_frame(store, session_id)
    path = export_session(store, session_id, tmp_path / "session.zip")
    delete_everything(store)

    again = import_session(store, path)

    assert everything_about(store, again) == about
    pd.testing.assert_frame_equal(sample_frame(store, again), frame, check_exact=True)
    assert [(p.name, p.note) for p in participants(store)] == [("P01", "left-handed")]


def test_an_export_of_before_the_levels_is_named_or_unsure_by_its_labels(sqlite_store: Store, exported: Path):
    def without_level(text: str) -> str:
        lines = [line.split(",") for line in text.splitlines()]
        return "\n".join(",".join(line[:21] + line[22:]) for line in lines) + "\n"

    version_1 = rewrite(rewrite(exported, "samples.csv", without_level), "session.json", as_version_1)

    frame = sample_frame(sqlite_store, import_session(sqlite_store, version_1))

    assert frame["level"].tolist() == ["named"] * 7 + ["unsure"] + ["named"] * 7


def test_the_level_is_missing_only_in_the_first_version(sqlite_store: Store, exported: Path):
    changed = rewrite(exported, "session.json", as_version_1)

    with pytest.raises(StoreError, match="must have the 30 columns of an export in their order; it has 31"):
        import_session(sqlite_store, changed)
    assert is_empty(sqlite_store)


def as_version_1(text: str) -> str:
    return json.dumps(json.loads(text) | {"schema_version": 1})


def test_a_session_goes_from_one_kind_of_database_to_the_other(store: Store, tmp_path: Path):
    path = export_session(store, rich_session(store), tmp_path / "session.zip")
    elsewhere = open_store(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")

    number = import_session(elsewhere, path)

    pd.testing.assert_frame_equal(sample_frame(elsewhere, number), sample_frame(store, sessions(store)[0].id))
    elsewhere.close()


def test_an_import_goes_to_the_participant_of_the_same_name(store: Store, tmp_path: Path):
    path = export_session(store, rich_session(store), tmp_path / "session.zip")
    delete_session(store, sessions(store)[0].id)

    import_session(store, path)

    assert len(participants(store)) == 1


def test_a_session_that_is_stored_already_is_not_stored_twice(store: Store, tmp_path: Path):
    path = export_session(store, rich_session(store), tmp_path / "session.zip")

    with pytest.raises(StoreError, match="already stored, as 'First look'"):
        import_session(store, path)
    assert len(sessions(store)) == 1


def test_a_session_exported_while_it_is_recorded_ends_where_the_copy_ends(store: Store, tmp_path: Path):
    session_id = start_session(store, new_session(make_participant(store)))
    add_marker(store, session_id, Marker(3000, "note"))
    path = export_session(store, session_id, tmp_path / "session.zip")
    delete_session(store, session_id)

    found = session(store, import_session(store, path))

    assert (found.state, found.duration_s) == ("recovered", 3.0)


def test_everything_of_a_participant_comes_in_one_file(store: Store, tmp_path: Path):
    rich_session(store)
    (person,) = participants(store)
    second = make_session(store, person.id, video_file="second.mp4", video_consent_at=NOON, title="Second")
    add_check_in(store, CheckIn(person.id, NOON))
    store.videos.mkdir(parents=True, exist_ok=True)
    (store.videos / "second.mp4").write_bytes(b"a video")
    make_session(store, make_participant(store, "somebody else"))

    path = export_participant(store, person.id, tmp_path / "all.zip")

    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        about = json.loads(archive.read("participant.json"))
        assert archive.read("videos/second.mp4") == b"a video"
        inner = next(n for n in names if n.endswith(f"{session(store, second).uid[:8]}.zip"))
        (tmp_path / "inner.zip").write_bytes(archive.read(inner))
    assert sum(name.startswith("sessions/2026-05-01_") for name in names) == 2
    assert (about["participant"]["name"], len(about["check_ins"]), len(about["baselines"])) == ("P01", 3, 1)
    delete_everything(store)
    assert session(store, import_session(store, tmp_path / "inner.zip")).title == "Second"
    assert sorted(p.name for p in tmp_path.glob("*.zip")) == ["all.zip", "inner.zip"]


def test_what_is_not_there_is_not_exported(store: Store, tmp_path: Path):
    with pytest.raises(NoSuchRecordError):
        export_session(store, 99, tmp_path / "session.zip")
    with pytest.raises(NoSuchRecordError):
        export_participant(store, 99, tmp_path / "all.zip")
    assert list(tmp_path.glob("*.zip")) == []


def test_a_place_that_cannot_be_written_is_said(sqlite_store: Store, tmp_path: Path):
    session_id = rich_session(sqlite_store)
    (tmp_path / "taken").write_text("a file, no folder")

    with pytest.raises(StoreError, match="cannot be written"):
        export_session(sqlite_store, session_id, tmp_path / "taken" / "session.zip")


@pytest.mark.parametrize(("label", "level"), [("sad", "named"), ("sad", "leaning"), ("", "unsure")])
def test_levels_survive_as_words(label: str, level: str):
    assert level_in_words(label or None, level_from_words(label, level)) == level


def test_doubts_survive_as_words():
    for bits in range(sum(DOUBT_BITS.values()) + 1):
        assert doubts_from_words(doubts_in_words(bits) or "") == bits


@pytest.mark.parametrize("junk", [b"", b"no zip at all", b"PK\x03\x04" + b"\x00" * 100])
def test_a_file_that_is_no_zip_is_refused(sqlite_store: Store, tmp_path: Path, junk: bytes):
    (tmp_path / "junk.zip").write_bytes(junk)

    with pytest.raises(StoreError, match=r"junk\.zip cannot be imported: it is not a complete zip"):
        import_session(sqlite_store, tmp_path / "junk.zip")


def test_a_missing_file_is_said(sqlite_store: Store, tmp_path: Path):
    with pytest.raises(StoreError, match="no such file"):
        import_session(sqlite_store, tmp_path / "nothing.zip")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_cut_off_file_is_refused(sqlite_store: Store, exported: Path, share: float):
    exported.write_bytes(exported.read_bytes()[: int(share * exported.stat().st_size)])

    with pytest.raises(StoreError, match="cannot be imported"):
        import_session(sqlite_store, exported)
    assert is_empty(sqlite_store)


@pytest.mark.parametrize("name", ["session.json", "samples.csv"])
def test_a_zip_without_what_an_export_has_is_refused(sqlite_store: Store, exported: Path, name: str):
    with pytest.raises(StoreError, match=r"it has no session\.json or no samples\.csv"):
        import_session(sqlite_store, rewrite(exported, name, None))
    assert is_empty(sqlite_store)


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1, "1", None])
def test_another_schema_version_is_refused(sqlite_store: Store, exported: Path, version: object):
    with pytest.raises(StoreError, match="schema_version must be 1 or 2, it is"):
        import_session(sqlite_store, rewrite_json(exported, lambda values: values.update(schema_version=version)))


BAD_SESSIONS: dict[str, Callable[[dict], object]] = {
    "uid must be": lambda v: v["session"].update(uid="../../etc/passwd"),
    "title must be str": lambda v: v["session"].update(title=5),
    "utc_offset_min must be int": lambda v: v["session"].update(utc_offset_min=True),
    "source must be one of": lambda v: v["session"].update(source="dream"),
    "without consent": lambda v: v["session"].update(consent_at=None),
    "started_at must be a time": lambda v: v["session"].update(started_at="yesterday"),
    "time zone and a credible year": lambda v: v["session"].update(started_at="2026-01-01T00:00:00"),
    "ended_at is before": lambda v: v["session"].update(ended_at="2020-01-01T00:00:00+00:00"),
    "session must be an object": lambda v: v.update(session=[]),
    "1 to 200 printable": lambda v: v["participant"].update(name="\x00"),
    "identities must be list": lambda v: v.update(identities=None),
    "each face once": lambda v: v["identities"].append(v["identities"][0]),
    "a face's number": lambda v: v["identities"][0].update(face=-1),
    "does not tell of face 1": lambda v: v.update(identities=[]),
    "kind must be one of": lambda v: v["markers"][0].update(kind="explosion"),
    "time in milliseconds": lambda v: v["markers"][0].update(time_ms=10**400),
    "Valence must be from 1 to 9": lambda v: v["check_ins"][0].update(valence=99),
    "whole numbers": lambda v: v["check_ins"][0].update(phq4=[1, "2", 3, 0]),
    "baseline's happy": lambda v: v["baselines"][0]["probabilities"].update(happy=7),
    "speaks of 14 samples": lambda v: v.update(samples=14),
    "must be text of at most": lambda v: v["session"].update(note="x" * 30_000),
}


@pytest.mark.parametrize("words", BAD_SESSIONS)
def test_an_untrue_session_is_refused_whole(sqlite_store: Store, exported: Path, words: str):
    changed = rewrite_json(exported, BAD_SESSIONS[words])

    with pytest.raises(StoreError, match=words):
        import_session(sqlite_store, changed)
    assert is_empty(sqlite_store)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '"words"', "[" * 100_000, '{"schema_version": ' + "9" * 5000 + "}", "\ufffe"]
)
def test_json_that_is_none_is_refused(sqlite_store: Store, exported: Path, text: str):
    with pytest.raises(StoreError, match="cannot be imported"):
        import_session(sqlite_store, rewrite(exported, "session.json", lambda _: text))
    assert is_empty(sqlite_store)


BAD_SAMPLES: dict[str, Callable[[list[list[str]]], object]] = {
    "columns of an export": lambda lines: lines[0].pop(),
    "expected 31 values, found 30": lambda lines: lines[3].pop(),
    "line 4: time_s": lambda lines: lines[3].__setitem__(0, "-1"),
    "line 4: face must be a whole": lambda lines: lines[3].__setitem__(1, "1.5"),
    "line 4: angry must be a number from": lambda lines: lines[3].__setitem__(2, "nan"),
    "line 4: disgust": lambda lines: lines[3].__setitem__(3, "1.2"),
    "line 4: fear": lambda lines: lines[3].__setitem__(4, ""),
    "line 4: label must be": lambda lines: lines[3].__setitem__(20, "<script>"),
    "line 4: level must be named or leaning with a label": lambda lines: lines[3].__setitem__(21, "unsure"),
    "level must be named or leaning with a label, unsure without one; it is 'certain'": lambda lines: lines[
        3
    ].__setitem__(21, "certain"),
    "line 9: level must be": lambda lines: lines[8].__setitem__(21, "named"),
    "doubts has a word": lambda lines: lines[3].__setitem__(23, "too pretty"),
    "two samples of one moment": lambda lines: lines.append(lines[3]),
    "speaks of 15 samples": lambda lines: lines.pop(),
}


@pytest.mark.parametrize("words", BAD_SAMPLES)
def test_untrue_samples_are_refused_whole(sqlite_store: Store, exported: Path, words: str):
    def changed(text: str) -> str:
        lines = [line.split(",") for line in text.splitlines()]
        BAD_SAMPLES[words](lines)
        return "\n".join(",".join(line) for line in lines) + "\n"

    with pytest.raises(StoreError, match=words):
        import_session(sqlite_store, rewrite(exported, "samples.csv", changed))
    assert is_empty(sqlite_store)


def test_a_file_that_unfolds_without_end_is_refused(sqlite_store: Store, exported: Path):
    bomb = rewrite(exported, "session.json", lambda text: text + " " * 30_000_000)
    assert bomb.stat().st_size < 200_000

    with pytest.raises(StoreError, match="unfolds to more"):
        import_session(sqlite_store, bomb)
    assert is_empty(sqlite_store)


def test_samples_that_unfold_to_too_much_are_refused(sqlite_store: Store, exported: Path, monkeypatch):
    monkeypatch.setattr(importing, "MAX_SAMPLE_BYTES", 1000)

    with pytest.raises(StoreError, match="unfolds to more"):
        import_session(sqlite_store, exported)
    assert is_empty(sqlite_store)


def test_too_many_samples_are_refused(sqlite_store: Store, exported: Path, monkeypatch):
    monkeypatch.setattr(importing, "MAX_SAMPLES", 12)

    with pytest.raises(StoreError, match="more than 12 samples"):
        import_session(sqlite_store, exported)
    assert is_empty(sqlite_store)


@pytest.mark.parametrize("seed", range(3))
def test_a_file_damaged_anywhere_is_refused_whole_or_was_not_damaged_where_it_matters(
    sqlite_store: Store, exported: Path, seed: int
):
    generator, good = random.Random(seed), exported.read_bytes()
    for _ in range(40):
        damaged = bytearray(good)
        damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        exported.write_bytes(damaged)
        try:
            import_session(sqlite_store, exported)
        except StoreError:
            assert is_empty(sqlite_store)
        else:
            assert len(sample_frame(sqlite_store, sessions(sqlite_store)[0].id)) == 15
            delete_everything(sqlite_store)


def test_names_in_the_zip_never_become_paths(sqlite_store: Store, exported: Path, tmp_path: Path):
    with zipfile.ZipFile(exported, "a") as archive:
        archive.writestr("../../outside.txt", "x")
        archive.writestr("/tmp/absolute.txt", "x")
    before = sorted(tmp_path.parent.rglob("*"))

    import_session(sqlite_store, exported)

    assert [p for p in sorted(tmp_path.parent.rglob("*")) if p not in before and "sqlite3" not in p.name] == []


def test_a_sentence_does_not_quote_all_of_a_long_value(sqlite_store: Store, tmp_path: Path):
    path = tmp_path / "long.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("session.json", json.dumps({"schema_version": "x" * 300_000}))
        archive.writestr("samples.csv", "")

    with pytest.raises(StoreError, match="its schema_version must be 1") as caught:
        import_session(sqlite_store, path)

    assert len(str(caught.value)) < 600
