"""Participants, sessions, faces, markers, check-ins and baselines, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.participants import (
    add_baseline,
    add_check_in,
    add_participant,
    baselines,
    check_ins,
    delete_check_in,
    edit_participant,
    participant,
    participants,
)
from app.store.records import CheckIn, Identity, Marker, StoredBaseline
from app.store.session_parts import (
    add_marker,
    delete_marker,
    edit_marker,
    identities,
    ignore_identity,
    markers,
    merge_identities,
    rename_identity,
    split_identity,
)
from app.store.sessions import edit_session, session, sessions, start_session
from tests.helpers.faces import make_probabilities
from tests.helpers.store_builders import NOON, make_participant, make_session, new_session, rows


def test_participants_are_listed_by_name_with_their_notes(store: Store):
    add_participant(store, "  Mia ", "second visit")
    add_participant(store, "Ben")

    assert [(p.name, p.note) for p in participants(store)] == [("Ben", ""), ("Mia", "second visit")]
    assert participants(store)[0].created_at.tzinfo is UTC


def test_a_name_belongs_to_one_participant(store: Store):
    first, second = make_participant(store, "P01"), make_participant(store, "P02")

    with pytest.raises(StoreError, match="already a participant 'P01'"):
        add_participant(store, "P01")
    with pytest.raises(StoreError, match="already a participant 'P01'"):
        edit_participant(store, second, name="P01", note="")
    edit_participant(store, first, name="P01", note="its own name is free to it")
    assert participant(store, first).note == "its own name is free to it"


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 201, "nul\x00"])
def test_what_is_no_name_is_refused(store: Store, name: str):
    with pytest.raises(StoreError, match="1 to 200 printable"):
        add_participant(store, name)


def test_a_session_comes_back_as_it_was_stored(store: Store):
    session_id = make_session(store, make_participant(store), note="with glasses")

    found = session(store, session_id)

    assert (found.title, found.note, found.source, found.state) == ("First look", "with glasses", "live", "closed")
    assert (found.participant, found.model_name, found.rate_per_s) == ("P01", "compact_se", 5.0)
    assert (found.started_at, found.consent_at, found.duration_s) == (NOON, NOON, 60.0)
    assert found.started_local.isoformat() == "2026-05-01T14:00:00+02:00"


def test_times_in_any_zone_are_kept_as_the_same_moment(store: Store):
    in_tokyo = datetime(2026, 5, 2, 1, 30, tzinfo=timezone(timedelta(hours=9)))

    session_id = start_session(store, new_session(make_participant(store), started_at=in_tokyo, utc_offset_min=540))

    assert session(store, session_id).started_at == in_tokyo
    assert session(store, session_id).started_local.date() == date(2026, 5, 2)


def test_sessions_are_listed_newest_first_for_one_or_all(store: Store):
    mia, ben = make_participant(store, "Mia"), make_participant(store, "Ben")
    older = make_session(store, mia, started_at=NOON)
    newer = make_session(store, mia, started_at=NOON + timedelta(days=1))
    other = make_session(store, ben, started_at=NOON + timedelta(hours=1))

    assert [s.id for s in sessions(store)] == [newer, other, older]
    assert [s.id for s in sessions(store, participant_id=mia)] == [newer, older]


def test_nothing_is_recorded_without_consent(store: Store):
    person = make_participant(store)

    with pytest.raises(StoreError, match="without consent"):
        new_session(person, consent_at=None)
    with pytest.raises(StoreError, match="consent of its own"):
        new_session(person, video_file="clip.mp4")
    assert sessions(store) == []


@pytest.mark.parametrize("name", ["../clip.mp4", "/etc/passwd", "..", "a\\b.mp4", ""])
def test_a_video_name_cannot_lead_out_of_its_folder(name: str):
    with pytest.raises(StoreError, match="plain file name"):
        new_session(1, video_file=name, video_consent_at=NOON)


def test_a_session_needs_a_stored_participant(store: Store):
    with pytest.raises(NoSuchRecordError, match="no participant 99"):
        start_session(store, new_session(99))


def test_title_and_note_can_be_changed(store: Store):
    session_id = make_session(store, make_participant(store))

    edit_session(store, session_id, title="Prototype B", note="moved to the window")

    assert (session(store, session_id).title, session(store, session_id).note) == ("Prototype B", "moved to the window")
    with pytest.raises(NoSuchRecordError, match="no session 99"):
        edit_session(store, 99, title="x", note="")


def test_faces_are_named_ignored_and_merged(store: Store):
    session_id = make_session(store, make_participant(store), rows(face=1) + rows(face=4) + rows(face=7))

    rename_identity(store, session_id, 1, "the child")
    ignore_identity(store, session_id, 7)
    merge_identities(store, session_id, [4], into=1)

    assert identities(store, session_id) == [Identity(1, "the child"), Identity(4, "", 1), Identity(7, "", None, True)]


def test_a_merged_face_takes_along_what_was_merged_into_it(store: Store):
    session_id = make_session(store, make_participant(store), rows(face=1) + rows(face=4) + rows(face=7))

    merge_identities(store, session_id, [7], into=4)
    merge_identities(store, session_id, [4], into=1)

    assert [face.merged_into for face in identities(store, session_id)] == [None, 1, 1]
    with pytest.raises(StoreError, match="already counts as face 1"):
        merge_identities(store, session_id, [1], into=4)
    split_identity(store, session_id, 7)
    assert [face.merged_into for face in identities(store, session_id)] == [None, 1, None]


def test_a_face_that_is_not_there_changes_nothing(store: Store):
    session_id = make_session(store, make_participant(store))

    with pytest.raises(NoSuchRecordError, match="no such face"):
        merge_identities(store, session_id, [1, 9], into=1)
    with pytest.raises(NoSuchRecordError, match="no such face"):
        rename_identity(store, session_id, 9, "nobody")
    assert identities(store, session_id) == [Identity(1)]


def test_markers_are_kept_by_time_edited_and_deleted(store: Store):
    session_id = make_session(store, make_participant(store))
    end = add_marker(store, session_id, Marker(9000, "task_end", "checkout"))
    start = add_marker(store, session_id, Marker(1000, "task_start", "checkout"))
    add_marker(store, session_id, Marker(3000, "exclude", "phone rang", 4000))

    edit_marker(store, Marker(1500, "task_start", "payment", id=start))
    delete_marker(store, end)

    assert [(m.time_ms, m.kind, m.text, m.end_ms) for m in markers(store, session_id)] == [
        (1500, "task_start", "payment", None),
        (3000, "exclude", "phone rang", 4000),
    ]
    with pytest.raises(NoSuchRecordError, match="no marker"):
        delete_marker(store, end)
    with pytest.raises(NoSuchRecordError, match="no session 99"):
        add_marker(store, 99, Marker(0, "note"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0, "wish"), "kind must be one of"),
        ((-1, "note"), "must be from 0"),
        ((0, "task_start", " "), "task's name"),
        ((0, "exclude", ""), "must have an end"),
        ((0, "note", "", 5), "no other may have one"),
        ((5, "exclude", "", 5), "end after its start"),
    ],
)
def test_a_marker_that_makes_no_sense_is_refused(values: tuple, words: str):
    with pytest.raises(StoreError, match=words):
        Marker(*values)


def test_check_ins_come_back_oldest_first_with_every_answer_optional(store: Store):
    person = make_participant(store)
    session_id = make_session(store, person)
    full = CheckIn(person, NOON, "before", session_id, 7, 3, "slept well", (0, 1, 2, 3), 120)
    empty = CheckIn(person, NOON - timedelta(days=1), utc_offset_min=0)
    partial = CheckIn(person, NOON - timedelta(days=2), phq4=(None, 1, None, 3), utc_offset_min=0)
    numbers = [add_check_in(store, one) for one in (full, empty, partial)]

    assert check_ins(store, participant_id=person) == [
        replace(one, id=number) for one, number in zip((partial, empty, full), numbers[::-1], strict=True)
    ]
    assert check_ins(store, session_id=session_id) == [replace(full, id=numbers[0])]
    delete_check_in(store, numbers[0])
    assert check_ins(store, session_id=session_id) == []


@pytest.mark.parametrize(
    "changes", [{"valence": 0}, {"arousal": 10}, {"phq4": (0, 0, 0, 4)}, {"phase": "during"}, {"phq4": (1, 2)}]
)
def test_an_answer_off_its_scale_is_refused(changes: dict):
    with pytest.raises(StoreError):
        CheckIn(1, NOON, **changes)


def test_a_baseline_comes_back_and_needs_its_participant(store: Store):
    person = make_participant(store)
    baseline = StoredBaseline(person, NOON, make_probabilities("neutral", 0.75), 25, 0.5, "a" * 64)

    number = add_baseline(store, baseline)

    (found,) = baselines(store, participant_id=person)
    assert (found.id, found.samples, found.quality, found.measured_at) == (number, 25, 0.5, NOON)
    assert found.probabilities == pytest.approx(baseline.probabilities)
    with pytest.raises(NoSuchRecordError, match="not stored any more"):
        add_baseline(store, replace(baseline, participant_id=99))
