"""Results as csv: one row per result and face."""

import csv
import io
from datetime import datetime

import pytest

from fer_core.emotions import EMOTIONS
from fer_core.files.table import FACE_COLUMNS, cell_text, face_columns, results_csv, text_cell
from fer_core.results import Doubt, Level
from tests.helpers.faces import make_emotion, make_face, make_result


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


ANNA, BERT = make_face((10, 20, 110, 140), track_id=1), make_face((300, 20, 380, 100), track_id=2)
RESULTS = [
    make_result(make_emotion("happy", face=ANNA), at_s=50.0),
    make_result(at_s=50.1),
    make_result(make_emotion("sad", face=ANNA), make_emotion("fear", face=BERT, doubts=(Doubt.TOO_SMALL,)), at_s=50.25),
]


def test_no_results_are_a_table_with_its_head():
    assert results_csv([]) == "time_s," + ",".join(FACE_COLUMNS) + "\n"


def test_one_row_per_result_and_face_and_one_for_an_empty_frame():
    rows = rows_of(results_csv(RESULTS))

    assert [row["time_s"] for row in rows] == ["0.0", "0.1", "0.25", "0.25"]
    assert [row["face"] for row in rows] == ["1", "", "1", "2"]
    assert [row["label"] for row in rows] == ["happy", "", "sad", ""]
    assert [row["level"] for row in rows] == ["named", "", "named", "unsure"]
    assert [row["doubts"] for row in rows] == ["", "", "", "too small"]


def test_a_leaning_face_has_its_label_and_its_share():
    (row,) = rows_of(results_csv([make_result(make_emotion("sad", share=0.55, level=Level.LEANING))]))

    assert (row["label"], row["level"], row["confidence"], row["doubts"]) == ("sad", "leaning", "0.55", "")


def test_the_seven_probabilities_stand_under_their_names():
    row = rows_of(results_csv(RESULTS))[0]

    shares = {emotion: float(row[emotion]) for emotion in EMOTIONS}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    assert shares["happy"] == float(row["confidence"]) == 0.88


def test_a_box_is_told_in_pixels():
    row = rows_of(results_csv(RESULTS))[0]

    assert [row[side] for side in ("left", "top", "right", "bottom")] == ["10.0", "20.0", "110.0", "140.0"]


def test_one_face_alone_can_be_asked_for():
    rows = rows_of(results_csv(RESULTS, track_id=2))

    assert [row["face"] for row in rows] == ["", "", "2"]


def test_with_a_clock_the_time_of_day_is_told():
    midnight = datetime.fromisoformat("2026-01-01T00:00:00+00:00").timestamp()

    rows = rows_of(results_csv(RESULTS, clock_offset_s=midnight - 50))

    assert [row["time_utc"] for row in rows[:2]] == ["2026-01-01T00:00:00.000+00:00", "2026-01-01T00:00:00.100+00:00"]
    assert "time_utc" not in rows_of(results_csv(RESULTS))[0]


def test_several_doubts_are_all_told():
    emotion = make_emotion(doubts=(Doubt.TOO_DARK, Doubt.NOT_CONFIDENT))

    values = dict(zip(FACE_COLUMNS, face_columns(emotion), strict=True))

    assert values["doubts"] == "too dark; not confident"
    assert values["label"] is None


def test_an_unknown_turn_is_left_empty():
    assert rows_of(results_csv(RESULTS))[0]["turn"] == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'=", "''-", "\uff1d"])
def test_text_that_a_spreadsheet_would_run_is_marked_and_comes_back(start: str):
    text = f'{start}HYPERLINK("http://evil.example")'

    assert text_cell(text) == f"'{text}"
    out = io.StringIO()
    csv.writer(out).writerow([text_cell(text)])
    assert cell_text(next(csv.reader(io.StringIO(out.getvalue(), newline="")))[0]) == text


@pytest.mark.parametrize("text", ["", "a=1.jpg", "'quoted'", "it's", "Zoë.png"])
def test_other_text_stays_as_it_is(text: str):
    assert (text_cell(text), cell_text(text)) == (text, text)
