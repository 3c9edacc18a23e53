"""Sessions looked for by the database: words, participant, day, a page at a time."""

from datetime import timedelta

import numpy as np

from app.store.database import Store
from app.store.privacy import delete_sessions
from app.store.records import Marker
from app.store.session_list import Wanted, count_sessions, list_sessions, read_labels, sessions_of
from app.store.session_parts import add_marker, ignore_identity, merge_identities
from app.store.sessions import sessions
from fer_core.emotions import EMOTIONS
from fer_core.results import Doubt
from tests.helpers.store_builders import NOON, make_participant, make_session, rows


def found(store: Store, wanted: Wanted) -> list[str]:
    """Titles; their count is right, too."""
    listed = list_sessions(store, wanted, limit=100)
    assert count_sessions(store, wanted) == len(listed)
    return [one.title for one in listed]


def test_each_word_stands_somewhere_whatever_its_case_and_signs(store: Store):
    anne, ben = make_participant(store, "Ännchen"), make_participant(store, "Ben_2")
    make_session(store, anne, title="100 % sure")
    make_session(store, ben, title="Prototype", note="moved to the window")

    assert found(store, Wanted("prototype WINDOW")) == ["Prototype"]
    assert found(store, Wanted("prototype door")) == []
    assert found(store, Wanted("änn")) == ["100 % sure"]
    assert found(store, Wanted("%")) == ["100 % sure"], "no wildcard"
    assert found(store, Wanted("n_2")) == ["Prototype"]
    assert found(store, Wanted("n_h")) == [], "no wildcard"
    assert found(store, Wanted(participant_id=ben)) == ["Prototype"]


def test_days_are_the_persons_own(store: Store):
    person = make_participant(store)
    late = NOON.replace(hour=23)
    make_session(store, person, title="London, 1 May", started_at=late, utc_offset_min=0)
    make_session(store, person, title="Berlin, 2 May", started_at=late, utc_offset_min=120)
    make_session(store, person, title="Lima, 30 April", started_at=NOON.replace(hour=2), utc_offset_min=-300)
    first = NOON.date()

    assert found(store, Wanted(first=first, last=first)) == ["London, 1 May"]
    assert found(store, Wanted(first=first + timedelta(days=1))) == ["Berlin, 2 May"]
    assert found(store, Wanted(last=first - timedelta(days=1))) == ["Lima, 30 April"]
    assert len(found(store, Wanted())) == 3


def test_no_session_is_on_any_day_of_an_empty_store(store: Store):
    assert found(store, Wanted(first=NOON.date())) == []


def test_pages_follow_each_other_newest_first(store: Store):
    person = make_participant(store)
    numbers = [make_session(store, person, started_at=NOON + timedelta(hours=i)) for i in range(5)]

    pages = [list_sessions(store, Wanted(), offset=offset, limit=2) for offset in (0, 2, 4)]

    assert [[one.id for one in page] for page in pages] == [numbers[4:2:-1], numbers[2:0:-1], numbers[:1]]
    assert [one.id for one in sessions_of(store, [numbers[3], numbers[1], 4711])] == [numbers[1], numbers[3]]


def test_labels_are_those_of_the_samples_that_count(store: Store):
    samples = rows("sad", count=2) + rows("happy", start_ms=400, count=2, face=4)
    samples += rows("happy", start_ms=800, count=2, doubts=(Doubt.NOT_CONFIDENT,)) + rows("fear", face=9)
    number = make_session(store, make_participant(store), samples)
    merge_identities(store, number, [4], into=1)
    ignore_identity(store, number, 9)
    add_marker(store, number, Marker(0, "exclude", end_ms=100))

    labels = read_labels(store, number)

    sad, happy, unsure = EMOTIONS.index("sad"), EMOTIONS.index("happy"), len(EMOTIONS)
    assert labels.time_s.tolist() == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert labels.label.tolist() == [sad, happy, happy, unsure, unsure]
    assert np.unique(labels.face).tolist() == [1]


def test_several_are_deleted_at_once(store: Store):
    person = make_participant(store)
    numbers = [make_session(store, person) for _ in range(3)]

    done = delete_sessions(store, [*numbers[:2], 4711])

    assert done.sessions == 2
    assert [one.id for one in sessions(store)] == numbers[2:]
