"""What a file showed: shares of time, timelines, a bounded memory."""

import numpy as np
import pytest

from app.analysis.summary import LABELS, MAX_CELLS, FileSummary, SummaryBuilder
from fer_core.emotions import EMOTIONS, UNSURE
from fer_core.results import Doubt, FrameResult, Level
from tests.helpers.faces import make_emotion, make_face, make_result


def seen(
    at_s: float, emotion: str = "happy", *, number: int = 1, unsure: bool = False, leaning: bool = False
) -> FrameResult:
    doubts = (Doubt.NOT_CONFIDENT,) if unsure else ()
    level = Level.LEANING if leaning else Level.NAMED
    return make_result(make_emotion(emotion, face=make_face(track_id=number), doubts=doubts, level=level), at_s=at_s)


def summarise(results: list[FrameResult], *, is_picture: bool = False) -> FileSummary:
    builder = SummaryBuilder(is_picture=is_picture)
    for result in results:
        builder.add(result)
    return builder.summary()


def test_shares_are_of_time_and_not_of_frames():
    # Sad for one second in ten frames, then happy for three seconds in three frames.
    found = summarise([*(seen(i / 10, "sad") for i in range(10)), *(seen(at_s) for at_s in (1.0, 2.0, 3.0))])

    (face,) = found.faces
    assert face.shares["sad"] == pytest.approx(0.25)
    assert face.shares["happy"] == pytest.approx(0.75)
    assert sum(face.shares.values()) == pytest.approx(1)
    assert [face.seconds, found.seconds] == pytest.approx([4, 4])
    assert found.main_label == "happy"


def test_an_unsure_face_counts_as_unsure():
    found = summarise([seen(0.0, unsure=True), seen(1.0, unsure=True), seen(2.0), seen(3.0)])

    assert found.faces[0].shares[UNSURE] == pytest.approx(0.5)
    assert tuple(found.faces[0].shares) == LABELS


def test_leaning_counts_for_the_label_and_by_itself():
    found = summarise(
        [
            *(seen(at_s, "sad", leaning=True) for at_s in (0.0, 1.0, 2.0)),
            seen(3.0, "sad"),
            *(seen(at_s, "happy") for at_s in (4.0, 5.0, 6.0)),
            seen(7.0, unsure=True),
        ]
    )

    (face,) = found.faces
    assert face.shares["sad"] == pytest.approx(4 / 8)
    assert face.leaning["sad"] == pytest.approx(3 / 8)
    assert face.leaning["happy"] == 0
    assert face.levels == pytest.approx({Level.NAMED: 4 / 8, Level.LEANING: 3 / 8, Level.UNSURE: 1 / 8})
    assert (found.main_label, found.main_words) == ("sad", "probably sad")


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([seen(0.0, "sad"), seen(1.0, "sad"), seen(2.0, "sad", leaning=True)], "sad"),
        ([seen(0.0, unsure=True)], "unsure"),
        ([make_result()], ""),
    ],
)
def test_what_most_of_the_time_was_is_told_in_words(results: list[FrameResult], words: str):
    assert summarise(results).main_words == words


def test_all_faces_together_have_shares_by_their_time_in_view():
    # Face 2 is in view for three seconds, sad for two of them; face 1 for one second.
    found = summarise(
        [
            *(seen(at_s, "sad", number=2, leaning=at_s == 0.0) for at_s in (0.0, 1.0)),
            seen(2.0, "happy", number=2),
            seen(3.0, number=1, unsure=True),
        ]
    )

    assert found.shares == pytest.approx(dict.fromkeys(LABELS, 0.0) | {"sad": 0.5, "happy": 0.25, UNSURE: 0.25})
    assert [label for label, _ in found.leaders] == ["sad", "happy"]
    assert [share for _, share in found.leaders] == pytest.approx([0.5, 0.25])
    assert (found.leaning("sad"), found.leaning("happy")) == pytest.approx((0.25, 0.0))
    assert [face.number for face in found.numbered] == [1, 2]
    nobody = summarise([make_result()])
    assert set(nobody.shares.values()) == {0.0}
    assert (nobody.leaders, nobody.leaning("sad")) == ([], 0.0)


def test_a_cell_of_the_timeline_has_the_level_that_its_label_had_most():
    # Of the first 20 ms, a cell, three quarters lean to sad; then an hour, in which cells are joined.
    leaning = [seen(at_s, "sad", leaning=True) for at_s in (0.0, 0.005)]
    short = [*leaning, seen(0.015, "sad"), seen(0.02, unsure=True)]
    assert summarise(short).faces[0].timeline.levels == (Level.LEANING, Level.UNSURE)

    timeline = summarise([seen(i / 5, leaning=i < 9000) for i in range(18_000)]).faces[0].timeline
    middle = int(np.searchsorted(timeline.seconds, 1800))
    assert set(timeline.labels) == {"happy"}
    assert set(timeline.levels[: middle - 1]) == {Level.LEANING}
    assert set(timeline.levels[middle + 1 :]) == {Level.NAMED}


def test_faces_are_kept_apart_and_the_longest_comes_first():
    found = summarise(
        [seen(0.0, "sad", number=7), *(seen(i / 10, number=2) for i in range(1, 20)), make_result(at_s=2)]
    )

    assert [face.number for face in found.faces] == [2, 7]
    assert (found.faces[1].first_s, found.faces[1].last_s) == (0.0, 0.0)
    assert [found.faces[0].first_s, found.faces[0].last_s] == pytest.approx([0.1, 1.9])


def test_the_timeline_has_gaps_where_the_face_is_not_in_view():
    found = summarise([seen(0.0, "sad"), make_result(at_s=1.0), seen(2.0)])

    timeline = found.faces[0].timeline
    assert timeline.seconds == pytest.approx([0.01, 1.01, 2.01])
    assert np.isnan(timeline.probabilities[1]).all()
    assert np.isnan(timeline.valence[1])
    assert timeline.labels == ("sad", None, "happy")
    assert timeline.levels == (Level.NAMED, None, Level.NAMED)
    assert timeline.probabilities[2, EMOTIONS.index("happy")] == pytest.approx(0.88)


def test_a_long_file_needs_no_more_points_than_a_short_one_and_loses_no_time():
    found = summarise([seen(i / 5, "sad" if i < 9000 else "happy") for i in range(18_000)])  # an hour

    (face,) = found.faces
    assert MAX_CELLS / 2 <= len(face.timeline.seconds) <= MAX_CELLS
    assert face.seconds == pytest.approx(3600)
    assert face.shares["sad"] == pytest.approx(0.5)
    middle = int(np.searchsorted(face.timeline.seconds, 1800))
    assert set(face.timeline.labels[: middle - 1]) == {"sad"}
    assert set(face.timeline.labels[middle + 1 :]) == {"happy"}


def test_nothing_there_is_a_value():
    assert summarise([]).faces == ()
    assert summarise([make_result(), make_result(at_s=1.0)]).main_label is None


def test_a_picture_has_no_length_and_keeps_its_faces():
    found = summarise([seen(0.0)], is_picture=True)

    assert (found.seconds, found.looks) == (0.0, 1)
    assert [face.label for face in found.picture_faces] == ["happy"]
