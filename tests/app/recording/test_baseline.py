"""The baseline of a recording: measured, refused where it is poor, and what it corrects."""

import time
from dataclasses import replace

import numpy as np
import pytest

from app.recording import baseline as recording_baseline
from app.recording.baseline import BaselineTry
from app.recording.recording import Recording
from app.store.database import Store
from app.store.participants import baselines
from app.store.samples import read_samples
from fer_core.results import Doubt
from tests.helpers.faces import make_emotion, make_face, make_result, wait_until
from tests.helpers.recordings import CARD, WISH, begin, feed, result


@pytest.fixture
def short_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rest before, and the same five seconds in less time."""
    monkeypatch.setattr(recording_baseline, "SETTLE_S", 0.3)


def rest(one: Recording, emotion: str = "neutral", *, doubts: tuple[Doubt, ...] = ()) -> None:
    """Five seconds of a resting face, stamped as they would be and handed over at once; then the time is over."""
    one.measure_baseline()
    start_s = time.monotonic() + recording_baseline.SETTLE_S
    for i in range(101):
        face = make_emotion(emotion, share=0.8, face=make_face(track_id=1), doubts=doubts)
        one.on_result(make_result(face, at_s=start_s + i * 0.0495), CARD)
    assert one._try is not None
    one._try._from_s -= recording_baseline.MEASURE_S + recording_baseline.SETTLE_S + 0.5


@pytest.mark.usefixtures("short_baseline")
def test_a_baseline_is_stored_and_corrects_what_follows(store: Store, made):
    one = begin(store, made, replace(WISH, rate_per_s=20.0))
    assert one.baseline_view().stage == "none"
    feed(one, result("sad"))
    wait_until(lambda: one.view().samples == 1)

    rest(one)
    wait_until(lambda: one.baseline_view().stage == "in use")
    wait_until(lambda: one._recorder.correct is not None)
    one._recorder._slot = -1  # the made-up results reached into the future
    feed(one, result("sad"))
    one.stop()

    (stored,) = baselines(store, session_id=one.session_id)
    assert stored.participant_id == one.participant_id
    assert stored.model_sha256 == one.model_sha256
    assert stored.samples >= 90
    assert stored.quality > 0.9
    corrected = read_samples(store, one.session_id).corrected
    assert np.isnan(corrected[0]).all()
    assert not np.isnan(corrected).all(axis=1).all()


@pytest.mark.usefixtures("short_baseline")
@pytest.mark.parametrize(
    ("emotion", "doubts", "word"), [("happy", (), "happy rather than neutral"), ("neutral", (Doubt.TOO_DARK,), "dark")]
)
def test_a_poor_try_is_said_and_can_be_repeated(store: Store, made, emotion, doubts, word):
    one = begin(store, made)

    rest(one, emotion, doubts=doubts)
    wait_until(lambda: one.baseline_view().stage == "failed")

    assert word in " ".join(one.baseline_view().problems)
    assert baselines(store) == []
    rest(one)
    wait_until(lambda: one.baseline_view().stage == "in use")


def test_the_countdown_runs_from_rest_to_measuring(store: Store, made, monkeypatch):
    monkeypatch.setattr(recording_baseline, "SETTLE_S", 0.5)
    one = begin(store, made)
    one.measure_baseline()
    assert one.baseline_view().stage == "settling"

    wait_until(lambda: one.baseline_view().stage == "measuring")

    assert 4 < one.baseline_view().remaining_s <= 5


@pytest.mark.usefixtures("short_baseline")
def test_a_bystander_is_not_corrected_by_anothers_baseline(store: Store, made):
    one = begin(store, made, replace(WISH, rate_per_s=20.0))
    rest(one)
    wait_until(lambda: one.baseline_view().stage == "in use")
    both = (make_emotion("sad", face=make_face(track_id=2)), make_emotion("sad", face=make_face(track_id=1)))
    time.sleep(0.1)
    one._recorder._slot = -1
    one.on_result(make_result(*both, at_s=time.monotonic()), CARD)
    one.stop()

    samples = read_samples(store, one.session_id)
    (bystander,) = samples.corrected[samples.face == 2]
    assert np.isnan(bystander).all()


@pytest.mark.usefixtures("short_baseline")
def test_the_next_person_gets_no_baseline_until_somebody_says_who_it_is(store: Store, made):
    one = begin(store, made, replace(WISH, rate_per_s=1000.0))
    rest(one)
    wait_until(lambda: one.baseline_view().stage == "in use")
    next_one = make_emotion("sad", face=make_face(track_id=2))
    assert one.baseline_view().stranger is None

    one.on_result(make_result(next_one, at_s=time.monotonic()), CARD)

    assert one.baseline_view().stranger == 2
    assert one._neutral.correct(next_one) is None
    one.is_participant(2)
    assert one._neutral.correct(next_one) is not None
    assert one.baseline_view().stranger is None


def test_on_a_slow_machine_the_measuring_waits_for_its_last_results():
    tried = BaselineTry(0.0)
    end_s = recording_baseline.SETTLE_S + recording_baseline.MEASURE_S

    tried.add(make_result(at_s=end_s - 1))
    assert not tried.is_over(end_s + 2)
    tried.add(make_result(at_s=end_s + 0.1))
    assert tried.is_over(end_s + 2)
    assert BaselineTry(0.0).is_over(end_s + recording_baseline.LATE_S), "but not for ever"
