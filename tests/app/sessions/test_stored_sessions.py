"""From film and store to figures: what the store gives is what the figures take."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.session_statistics.comparison import Stretch, compare, make_stretch
from app.session_statistics.control_chart import DayValue, control_chart, describe
from app.session_statistics.spans import excluded_ranges, find_tasks, weigh
from app.session_statistics.summary import doubt_shares, one_face, summarise
from app.store.database import Store, open_store
from app.store.history import daily_means
from app.store.records import Marker
from app.store.samples import DOUBT_BITS, read_samples, sample_row
from app.store.session_parts import add_marker, markers
from fer_core.emotions import EMOTIONS
from fer_core.expressions.baseline import Baseline
from fer_core.expressions.model import load_model
from fer_core.faces.detector import YuNetDetector
from fer_core.files.analyse import analyse_media, pipeline_for
from fer_core.files.media import open_media
from fer_core.results import Doubt
from tests.helpers.faces import yunet_file
from tests.helpers.store_builders import NOON, make_participant, make_session, rows


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'sessions.sqlite3'}")
    yield opened
    opened.close()


def test_a_stored_session_is_summarised_by_task_raw_and_corrected(store):
    sad_looking = Baseline({e: 0.4 if e in ("sad", "neutral") else 0.04 for e in EMOTIONS})
    samples = rows("sad", count=50, correct=sad_looking.correct_face)
    samples += rows("happy", start_ms=10_000, count=50, correct=sad_looking.correct_face)
    session_id = make_session(store, make_participant(store), samples)
    for marker in (
        Marker(10_000, "task_start", "film"),
        Marker(18_000, "task_end", "film"),
        Marker(12_000, "exclude", end_ms=13_000),
    ):
        add_marker(store, session_id, marker)
    found = markers(store, session_id)
    tasks, left_out = find_tasks(found, end_s=20), excluded_ranges(found)

    raw = one_face(read_samples(store, session_id), 1)
    film = summarise(raw, keep=tasks.ranges("film"), leave_out=left_out)
    corrected = summarise(one_face(read_samples(store, session_id), 1, corrected=True))

    assert film.watched_s == pytest.approx(7)
    assert film.label_shares["happy"] == pytest.approx(1)
    assert doubt_shares(raw, weigh(raw.time_s), DOUBT_BITS)[Doubt.TOO_DARK] == 0
    assert corrected.mean_probabilities["sad"] < summarise(raw).mean_probabilities["sad"]


def test_stored_days_make_a_chart(store):
    participant_id = make_participant(store)
    for day in range(1, 25):
        smiles = (9 if day % 2 else 11) if day <= 12 else 0
        samples = rows("neutral") + rows("happy", start_ms=2000, count=smiles)
        make_session(store, participant_id, samples, started_at=NOON.replace(day=day))

    days = daily_means(store, participant_id)
    chart = control_chart([DayValue(means.day, means.probabilities[EMOTIONS.index("happy")]) for means in days])

    assert (len(days), chart.reference and chart.reference.days, len(chart.points)) == (24, 12, 12)
    words = describe(chart, "The share of happy")
    assert words.startswith("The share of happy fell from +0.45 to +")
    assert " since 13 May (95" in words


@pytest.mark.shared_data
def test_on_film_the_second_half_is_clearly_happier(store, shared_data):
    with open_media(shared_data / "clips" / "sad_then_happy.mp4") as media:
        pipeline = pipeline_for(media.info, YuNetDetector(yunet_file()), load_model("default"))
        samples = [
            sample_row(round(frame.result.captured_at_s * 1000), face)
            for frame in analyse_media(media, pipeline)
            for face in frame.result.faces
        ]
    faces = {row["face"] for row in samples}
    session_id = make_session(store, make_participant(store), samples)
    film = one_face(read_samples(store, session_id), faces.pop())
    halves = [make_stretch(film, keep=[span]) for span in ((0, 9.5), (9.5, 20))]
    sides: dict[str, list[Stretch]] = {
        name: [half] for name, half in zip(("first half", "second half"), halves, strict=True) if half is not None
    }

    differences = {difference.figure: difference for difference in compare(sides)}

    assert not faces, "one identity"
    assert differences["happy"].change > 0.5
    assert differences["happy"].is_clear
    assert differences["valence"].low > 0.5
    assert differences["happy"].is_shaky, "ten seconds a half"
    peaks = summarise(film).peaks
    assert peaks[0].emotion == "happy"
    assert peaks[0].at_s > 10
    assert np.all([peak.at_s < 12 for peak in peaks if peak.emotion != "happy"])
