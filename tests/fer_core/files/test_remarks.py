"""What is told of a file beside its results."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fer_core.__main__ import main
from fer_core.expressions.model import load_model
from fer_core.faces.detector import HaarDetector
from fer_core.files.analyse import analyse_media, pipeline_for
from fer_core.files.media import open_media
from fer_core.files.pictures.still import read_picture, write_picture
from fer_core.files.remarks import Remarks
from tests.helpers.faces import make_emotion, make_face, make_result


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
    write_picture(tmp_path / "crowd.png", np.tile(astronaut_bgr[:256, 64:320], (2, 5, 1)))
    with open_media(tmp_path / "crowd.png") as media:
        pipeline = pipeline_for(media.info, HaarDetector(width=1280), load_model(), max_faces=max_faces)
        (frame,) = analyse_media(media, pipeline)

        assert len(frame.result.faces) == count
        assert frame.result.faces_left_out == 10 - count
        assert ("up to 10 faces" in (media.damage or "")) == (count < 10)


def test_the_command_line_takes_the_limit_and_tells_what_it_left_out(tmp_path, astronaut_bgr, capsys):
    two = np.tile(astronaut_bgr[:300], (1, 2, 1))[:, :800]
    write_picture(tmp_path / "two.png", two)
    command = ["analyse", str(tmp_path / "two.png"), "--output", str(tmp_path / "out.json"), "--detector", "haar"]

    assert main([*command, "--max-faces", "1"]) == 0
    limited, told = json.loads((tmp_path / "out.json").read_text()), capsys.readouterr().err
    assert main(command) == 0
    whole = json.loads((tmp_path / "out.json").read_text())

    assert [len(document["sources"][0]["frames"][0]["faces"]) for document in (limited, whole)] == [1, 2]
    assert [document["max_faces"] for document in (limited, whole)] == [1, None]
    assert "up to 2 faces were seen at a time" in limited["sources"][0]["damage"]
    assert "two.png: up to 2 faces were seen at a time" in told
    assert "faces were seen" not in capsys.readouterr().err


def test_a_picture_on_its_side_is_analysed_labelled_and_told(tmp_path, astronaut_bgr, capsys):
    write_picture(tmp_path / "side.png", np.ascontiguousarray(np.rot90(astronaut_bgr[:300])))
    outputs = ["--output", str(tmp_path / "out.json"), "--annotated", str(tmp_path / "out.png")]

    assert main(["analyse", str(tmp_path / "side.png"), *outputs]) == 0

    source = json.loads((tmp_path / "out.json").read_text())["sources"][0]
    (face,) = source["frames"][0]["faces"]
    assert (face["label"], source["frames"][0]["width"]) == ("happy", 300)
    left, top, right, bottom = face["box"]
    assert left < 110 < right  # the nose is there in the picture as it lies
    assert top < 285 < bottom
    assert "turned a quarter clockwise" in capsys.readouterr().err
    drawn = read_picture(tmp_path / "out.png")[0].astype(int) - read_picture(tmp_path / "side.png")[0]
    rows, columns = np.nonzero(np.abs(drawn).sum(axis=2))
    assert columns.min() >= left - 4
    assert rows.max() <= bottom + 40


@pytest.mark.parametrize(("max_faces", "count"), [(None, 10), (8, 8), (3, 3)])
def test_a_crowd_in_a_film_of_one_frame_is_analysed_as_in_a_picture(max_faces, count, tmp_path, astronaut_bgr):
    crowd_bgr = np.tile(astronaut_bgr[:256, 64:320], (2, 5, 1))
    Image.fromarray(crowd_bgr[..., ::-1]).save(tmp_path / "crowd.gif")
    with open_media(tmp_path / "crowd.gif") as media:
        pipeline = pipeline_for(media.info, HaarDetector(width=1280), load_model(), max_faces=max_faces)
        (frame,) = analyse_media(media, pipeline)

    assert not media.info.is_picture
    assert (len(frame.result.faces), frame.result.faces_left_out) == (count, 10 - count)
