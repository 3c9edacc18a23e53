"""A file at a glance: its strip, its line of words, its row while it is at work; names cannot break them."""

import re

import numpy as np
import pytest

from app.analysis.jobs import FileView
from app.analysis.summary import LABELS, FaceSummary, FaceTimeline, FileSummary
from app.views.analyse import card
from app.views.analyse.strips import labels_over_time, progress_row, result_line, strip
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import Level
from tests.helpers.faces import make_emotion, make_face

HAPPY, SAD = EMOTION_COLOURS["happy"], EMOTION_COLOURS["sad"]


def timeline(*cells: tuple[str | None, Level | None]) -> FaceTimeline:
    """One cell a second, each at its middle."""
    count = len(cells)
    return FaceTimeline(
        np.arange(count) + 0.5,
        np.full((count, 7), 1 / 7),
        np.zeros(count),
        tuple(label for label, _ in cells),
        tuple(level for _, level in cells),
    )


NAMED, LEANING, NOBODY = Level.NAMED, Level.LEANING, (None, None)
WHOLE = timeline(("sad", NAMED), ("sad", LEANING), NOBODY, ("happy", NAMED))


def face(number: int, seconds: float = 4.0, *, leaning: float = 0.0, **shares: float) -> FaceSummary:
    whole = dict.fromkeys(LABELS, 0.0) | shares
    part = dict.fromkeys(EMOTIONS, 0.0) | {label: leaning for label in shares if label != "unsure"}
    return FaceSummary(number, 0.5, 4.5, seconds, whole, part, -0.25, WHOLE)


def pieces(html: str) -> list[list[tuple[str, float, float]]]:
    """Of each lane the colours with where they begin and end, in per cent."""
    return [
        [(colour, float(start), float(end)) for colour, start, end in re.findall(r"([^ ,]+) ([\d.]+)% ([\d.]+)%", lane)]
        for lane in re.findall(r"linear-gradient\(to right,(.*?)\)\"", html)
    ]


def test_a_videos_strip_follows_its_time_and_is_open_where_nobody_was_in_view():
    (lane,) = pieces(strip(FileSummary(4.0, 100, (face(1, happy=0.4, sad=0.6),))))

    colours = [colour for colour, _, _ in lane]
    assert colours == [SAD, SAD + "80", "transparent", HAPPY]
    assert lane[-1][1:] == (75, 100)
    assert [start for _, start, _ in lane[1:]] == [end for _, _, end in lane[:-1]]


def test_faces_have_lanes_by_their_numbers_and_only_the_first_three():
    faces = tuple(face(number, sad=1.0) for number in (4, 2, 3, 1))

    html = strip(FileSummary(4.0, 100, faces))

    assert len(pieces(html)) == 3
    assert 'role="img" aria-label="sad 100\u00a0%"' in html


def test_a_pictures_strip_has_a_piece_for_each_face_from_left_to_right():
    found = (make_emotion("sad", face=make_face(track_id=2)), make_emotion("happy", face=make_face(track_id=1)))

    (lane,) = pieces(strip(FileSummary(0.0, 1, (face(1, 1.0, happy=1.0), face(2, 1.0, sad=1.0)), found)))

    assert lane == [(HAPPY, 0, 50), (SAD, 50, 100)]


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (FileSummary(5.0, 9, ()), "No face found"),
        (FileSummary(5.0, 9, (face(1, happy=0.6, sad=0.4),)), "1 face · happy 60\u00a0%"),
        (FileSummary(5.0, 9, (face(1, sad=1.0, leaning=0.9), face(2, sad=1.0))), "2 faces · sad 100\u00a0%"),
        (FileSummary(5.0, 9, (face(1, sad=1.0, leaning=0.9),)), "1 face · probably sad 100\u00a0%"),
        (FileSummary(0.0, 1, (face(1, happy=1.0),), (make_emotion("happy"),)), "1 face · happy"),
        (
            FileSummary(0.0, 1, tuple(face(i, 1.0, **{name: 1.0}) for i, name in enumerate(("happy", "sad", "happy"))),
                        (make_emotion(), make_emotion(), make_emotion())),
            "3 faces · 2 happy",
        ),
    ],
)  # fmt: skip
def test_a_line_says_what_a_file_showed(summary: FileSummary, words: str):
    assert f">{words}</div>" in result_line(FileView("a.mp4", "done", summary=summary))


def test_a_row_tells_how_far_a_file_is_and_what_is_wrong():
    running = progress_row(FileView("a.mp4", "running", time_s=3.0, duration_s=63.0, share=0.05, remaining_s=12.0))
    for words in ("0:03 of 1:03", "5\u00a0%", "about 0:13 left", 'aria-valuenow="5"', "width:5.0%"):
        assert words in running
    assert "Waiting" in progress_row(FileView("b.mp4", "waiting"))
    assert "The file is empty." in progress_row(FileView("c.mp4", "failed", sentence="The file is empty."))
    assert "happy 100\u00a0%" in progress_row(FileView("d", "done", summary=FileSummary(5.0, 9, (face(1, happy=1.0),))))
    stopped = FileView("e", "stopped", summary=FileSummary(5.0, 9, (face(1, happy=1.0),)))
    assert "stopped early" in result_line(stopped)
    assert "Not analysed" in result_line(FileView("f", "stopped"))


def test_a_name_cannot_break_out_of_its_row():
    html = progress_row(FileView('"><script>alert(1)</script>', "running", share=0.1))
    html += progress_row(FileView("a", "failed", sentence="<b>no</b>"))

    assert "<script>" not in html
    assert "<b>no" not in html
    assert "&lt;script&gt;" in html
    assert 'aria-label="&quot;&gt;' in html


def test_labels_over_time_name_each_change():
    assert labels_over_time(WHOLE) == [
        (0.0, "Sad", SAD),
        (1.0, "Probably sad", SAD + "80"),
        (2.0, "Not in view", "transparent"),
        (3.0, "Happy", HAPPY),
    ]


def test_the_card_has_the_figures_and_the_leading_labels():
    summary = FileSummary(19.7, 1472, (face(1, 3.0, happy=0.5, unsure=0.5), face(2, 1.0, sad=1.0, leaning=1.0)))

    html = card.html(summary)

    for name, value in {"Faces": "2", "Length": "0:19.7", "Frames analysed": "1,472", "Unsure": "38\u00a0%"}.items():
        assert f"<dt>{name}</dt><dd>{value}</dd>" in html
    assert html.index("Happy") < html.index("Sad")
    assert "width:37.5%" in html
    assert f"linear-gradient(to right, {SAD} 0.0%" in html, "all of it only leaning"
    assert "Fear" not in html
    assert "No label" in card.html(FileSummary(5.0, 9, (face(1, unsure=1.0),)))
