"""What is told of a file beside its results."""

from dataclasses import replace

import pytest

from fer_core.analyse import analyse_media, pipeline_for
from fer_core.detector import HaarDetector
from fer_core.media import open_media
from fer_core.model import load_model
from fer_core.pictures import write_picture
from fer_core.remarks import Remarks
from tests.helpers import make_emotion, make_face, make_result


def test_an_ordinary_file_has_nothing_to_tell():
    remarks = Remarks()
    remarks.see(make_result(make_emotion()))

    assert remarks.added_to(None) is None
    assert remarks.added_to("it was cut off") == "it was cut off"


def test_faces_beyond_the_limit_are_told_with_the_most_seen():
    remarks = Remarks()
    for left_out in (0, 3, 1):
        remarks.see(replace(make_result(make_emotion(), make_emotion()), faces_left_out=left_out))

    told = remarks.added_to("it was cut off")

    assert told is not None
    assert told.startswith("it was cut off; up to 5 faces were seen at a time, the largest 2 of them analysed")
    assert "--max-faces" in told


@pytest.mark.parametrize(("turns", "words"), [(1, "a quarter clockwise"), (2, "upside down"), (3, "anticlockwise")])
def test_a_turned_picture_is_told(turns, words):
    remarks = Remarks()
    remarks.see(make_result(make_emotion(face=replace(make_face(), quarter_turns=turns))))

    assert words in (remarks.added_to(None) or "")


@pytest.mark.parametrize(("max_faces", "count"), [(None, 10), (3, 3)])
def test_a_crowd_in_a_picture_is_analysed_whole_unless_asked_otherwise(max_faces, count, tmp_path, astronaut_bgr):
    import numpy as np

    write_picture(tmp_path / "crowd.png", np.tile(astronaut_bgr[:256, 64:320], (2, 5, 1)))
    with open_media(tmp_path / "crowd.png") as media:
        pipeline = pipeline_for(media.info, HaarDetector(width=1280), load_model(), max_faces=max_faces)
        (frame,) = analyse_media(media, pipeline)

        assert len(frame.result.faces) == count
        assert frame.result.faces_left_out == 10 - count
        assert ("up to 10 faces" in (media.damage or "")) == (count < 10)
