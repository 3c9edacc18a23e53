"""A session's averages: the way for many samples gives the same as the way for few."""

import numpy as np
import pytest

from app.store import samples
from app.store.database import Store
from app.store.records import Marker
from app.store.sample_counts import has_corrected, sample_counts
from app.store.samples import read_timeline
from app.store.session_parts import add_marker, merge_identities
from fer_core.emotions import EMOTIONS
from fer_core.expressions.baseline import Baseline
from tests.helpers.store_builders import make_participant, make_session, rows

RESTING = Baseline({e: 0.4 if e in ("sad", "neutral") else 0.04 for e in EMOTIONS})


@pytest.mark.parametrize("corrected", [False, True])
def test_span_by_span_is_the_same_as_all_at_once(sqlite_store: Store, monkeypatch, corrected: bool):
    found = rows("sad", count=100, correct=RESTING.correct_face) + rows("happy", face=2, start_ms=7000, count=50)
    found += rows("fear", face=3, start_ms=30_000, count=20, correct=RESTING.correct_face)
    number = make_session(sqlite_store, make_participant(sqlite_store), found)
    merge_identities(sqlite_store, number, [2], into=3)
    add_marker(sqlite_store, number, Marker(2000, "exclude", end_ms=5000))

    at_once = read_timeline(sqlite_store, number, points=37, corrected=corrected)
    monkeypatch.setattr(samples, "MANY", 170)
    by_span = read_timeline(sqlite_store, number, points=37, corrected=corrected)

    for name, values in vars(at_once).items():
        np.testing.assert_array_equal(getattr(by_span, name), values, err_msg=name)
    assert len(at_once.time_s) > 20


def test_counts_and_corrections_are_told_without_reading_samples(store: Store):
    person = make_participant(store)
    plain = make_session(store, person, rows(count=7))
    corrected = make_session(store, person, rows(count=3, correct=RESTING.correct_face))
    empty = make_session(store, person, [])

    assert sample_counts(store, [plain, corrected, empty]) == {plain: 7, corrected: 3, empty: 0}
    assert sample_counts(store, []) == {}
    assert [has_corrected(store, number) for number in (plain, corrected, empty)] == [False, True, False]
