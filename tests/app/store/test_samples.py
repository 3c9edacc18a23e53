"""Samples in and out: whole, averaged, corrected; what is ignored, merged or excluded; days."""

from datetime import date, timedelta

import numpy as np
import pytest

from app.store.database import Store
from app.store.errors import StoreError
from app.store.history import daily_means, session_means
from app.store.records import Marker
from app.store.samples import DOUBT_BITS, add_samples, read_samples, read_timeline, sample_row
from app.store.session_parts import add_marker, ignore_identity, merge_identities
from fer_core.emotions import EMOTIONS
from fer_core.expressions.affect import valence_arousal
from fer_core.results import Doubt, Level
from tests.helpers.faces import make_probabilities
from tests.helpers.store_builders import NOON, emotion_of, make_participant, make_session, rows

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


@pytest.fixture
def person(store: Store) -> int:
    return make_participant(store)


def test_samples_come_back_as_they_went_in(store: Store, person: int):
    unsure = emotion_of("sad", doubts=(Doubt.BLURRED, Doubt.NOT_CONFIDENT), share=0.4)
    leaning = sample_row(200, emotion_of("happy", level=Level.LEANING))
    session_id = make_session(store, person, [*rows("happy", count=1), leaning, sample_row(400, unsure)])

    samples = read_samples(store, session_id)

    assert samples.time_s.tolist() == [0.0, 0.2, 0.4]
    assert samples.face.tolist() == [1, 1, 1]
    assert samples.label.tolist() == ["happy", "happy", None]
    assert samples.leaning.tolist() == [False, True, False]
    assert samples.leaning.dtype == bool
    assert samples.doubts.tolist() == [0, 0, DOUBT_BITS[Doubt.BLURRED] | DOUBT_BITS[Doubt.NOT_CONFIDENT]]
    assert samples.probabilities[0] == pytest.approx(list(make_probabilities("happy").values()), abs=1e-6)
    assert samples.confidence.tolist() == pytest.approx([0.88, 0.88, 0.4])
    assert np.isnan(samples.corrected).all()
    assert samples.probabilities.dtype == np.float32


def test_each_doubt_has_a_bit_of_its_own():
    assert sorted(DOUBT_BITS) == sorted(Doubt)
    assert len({*DOUBT_BITS.values()}) == len(Doubt) == sum(DOUBT_BITS.values()).bit_count()


def test_the_corrected_values_stand_beside_the_raw_ones(store: Store, person: int):
    corrected = make_probabilities("neutral")
    session_id = make_session(store, person, rows("sad", correct=lambda _: corrected))

    samples = read_samples(store, session_id)

    assert samples.probabilities[0, SAD] == pytest.approx(0.88)
    assert samples.corrected[0, EMOTIONS.index("neutral")] == pytest.approx(0.88)
    assert samples.valence_corrected[0] == pytest.approx(valence_arousal(corrected)[0])
    assert read_timeline(store, session_id, corrected=True).probabilities[0, SAD] == pytest.approx(0.02)


def test_a_session_without_samples_is_empty_not_an_error(store: Store, person: int):
    session_id = make_session(store, person, [])

    assert read_samples(store, session_id).probabilities.shape == (0, 7)
    assert read_samples(store, session_id).leaning.shape == (0,)
    assert read_timeline(store, session_id).time_s.shape == (0,)
    assert session_means(store, person) == []


def test_a_timeline_averages_each_span(store: Store, person: int):
    session_id = make_session(store, person, rows("happy", count=50) + rows("sad", start_ms=10_000, count=50))

    timeline = read_timeline(store, session_id, points=2)

    assert timeline.count.tolist() == [50, 50]
    assert timeline.span_s == pytest.approx(9.901)
    assert timeline.probabilities[:, HAPPY] == pytest.approx([0.88, 0.02], abs=1e-6)
    assert timeline.time_s == pytest.approx([4.95, 14.85], abs=0.01)


@pytest.mark.parametrize("points", [1, 7, 100, 5000])
def test_a_timeline_has_at_most_so_many_spans_and_loses_no_sample(store: Store, person: int, points: int):
    session_id = make_session(store, person, rows(count=100))

    timeline = read_timeline(store, session_id, points=points)

    assert len(timeline.time_s) <= min(points, 100)
    assert timeline.count.sum() == 100


def test_a_timeline_keeps_faces_apart_and_tells_the_share_that_is_unsure(store: Store, person: int):
    doubtful = [sample_row(200 * i, emotion_of(face=2, doubts=(Doubt.TOO_DARK,) if i < 5 else ())) for i in range(10)]
    session_id = make_session(store, person, rows(face=1) + doubtful)

    timeline = read_timeline(store, session_id, points=1)

    assert timeline.face.tolist() == [1, 2]
    assert timeline.unsure.tolist() == [0.0, 0.5]


def test_merged_faces_count_as_one_and_ignored_ones_nowhere(store: Store, person: int):
    samples = rows(face=1) + rows(face=2, start_ms=5000) + rows("sad", face=3) + rows("sad", face=4)
    session_id = make_session(store, person, samples)

    merge_identities(store, session_id, [2], into=1)
    merge_identities(store, session_id, [4], into=3)
    ignore_identity(store, session_id, 3)

    assert set(read_samples(store, session_id).face.tolist()) == {1}
    assert read_timeline(store, session_id, points=1).count.tolist() == [20]
    assert session_means(store, person)[0].count == 20
    assert sorted(set(read_samples(store, session_id, everything=True).face.tolist())) == [1, 2, 3, 4]


def test_excluded_ranges_count_nowhere_from_their_start_to_before_their_end(store: Store, person: int):
    session_id = make_session(store, person, rows(count=10))

    add_marker(store, session_id, Marker(400, "exclude", "phone", 1000))
    add_marker(store, session_id, Marker(900, "exclude", "still the phone", 1200))

    assert read_samples(store, session_id).time_s.tolist() == [0.0, 0.2, 1.2, 1.4, 1.6, 1.8]
    assert session_means(store, person)[0].count == 6


def test_days_are_the_persons_own_and_each_sample_weighs_alike(store: Store, person: int):
    late = NOON.replace(hour=23)  # in a zone two hours ahead: the next day
    first = make_session(store, person, rows("happy", count=30), started_at=NOON)
    second = make_session(store, person, rows("sad", count=10), started_at=NOON + timedelta(hours=1))
    third = make_session(store, person, rows("sad", count=5), started_at=late)
    make_session(store, make_participant(store, "somebody else"), rows("fear"))

    days = daily_means(store, person)

    assert [(day.day, day.session_ids, day.count) for day in days] == [
        (date(2026, 5, 1), (first, second), 40),
        (date(2026, 5, 2), (third,), 5),
    ]
    assert days[0].probabilities[HAPPY] == pytest.approx((30 * 0.88 + 10 * 0.02) / 40, abs=1e-6)
    assert days[0].probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert days[0].valence == pytest.approx(0.5)


def test_a_days_leaning_and_unsure_time_are_pooled_from_its_sessions(store: Store, person: int):
    probably = rows("sad", start_ms=6000, count=5, level=Level.LEANING)
    make_session(store, person, rows("happy", count=30) + probably)
    doubtful = rows("sad", count=5, doubts=(Doubt.BLURRED,))
    make_session(store, person, doubtful, started_at=NOON + timedelta(hours=1))

    (day,) = daily_means(store, person)

    assert day.count == 40
    assert (day.leaning, day.unsure) == pytest.approx((5 / 40, 5 / 40))


def test_two_samples_of_one_face_and_moment_are_refused_and_none_is_stored(store: Store, person: int):
    session_id = make_session(store, person, rows(count=3))

    with pytest.raises(StoreError):
        add_samples(store, session_id, [*rows(start_ms=600, count=2), *rows(count=1)])
    assert len(read_samples(store, session_id).time_s) == 3


def test_a_session_longer_than_one_read_is_whole_and_in_order(store: Store, person: int):
    session_id = make_session(store, person, rows(count=20_001))

    times_s = read_samples(store, session_id).time_s

    assert len(times_s) == 20_001
    assert (np.diff(times_s) > 0).all()
