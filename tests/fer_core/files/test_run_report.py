"""What a run's summary says of labels and levels."""

from fer_core.files.run_report import Tally
from fer_core.results import Doubt, Level
from tests.helpers.faces import make_emotion, make_result


def test_the_summary_says_how_often_each_label_came_and_how_far_it_could_be_trusted():
    tally = Tally()
    for emotion in (
        make_emotion("happy"),
        make_emotion("happy", level=Level.LEANING),
        make_emotion("happy"),
        make_emotion("sad", level=Level.LEANING),
        make_emotion(doubts=(Doubt.TOO_DARK,)),
    ):
        tally.add(make_result(emotion))
    tally.end_source("a.mp4", 2.0, None)

    lines = tally.summary(1.0).splitlines()

    assert lines[:3] == [
        "1 file, 5 frames, 5 face views, 0 frames without a face",
        "Labels: happy 60% (20% probably), sad 20% (20% probably), unsure 20%",
        "Levels: named 40%, leaning 40%, unsure 20%",
    ]
    assert lines[3].startswith("Took 1.0 s: 5 frames/s, 2.0 times real time")


def test_without_a_face_there_are_no_levels():
    tally = Tally()
    tally.add(make_result())

    assert "\nLabels: none\nTook " in tally.summary(1.0)
