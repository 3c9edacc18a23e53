"""What is told of a file when it is dropped: never of one that can be analysed."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.analysis.drops import refusal
from app.live.sample import SAMPLE_FILE
from fer_core.files.pictures.kinds import HEAD_BYTES
from fer_core.files.video_writer import VideoWriter

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


@pytest.mark.parametrize(
    ("name", "head", "said"),
    [
        ("empty.mp4", b"", "is empty (0 bytes)"),
        ("letter.txt", b"Dear all,\n", "is a text file"),
        ("letter.mp4", b"no film\n" * 50, "is a text file"),
        ("letter.mp4", ("x" * (HEAD_BYTES - 1) + "é").encode()[:HEAD_BYTES], "is a text file"),
        ("report.jpg", b"%PDF-1.7\n\x80", "is a PDF document"),
        ("films.zip", b"PK\x03\x04\x14\0", "is a zip archive or an Office document"),
        ("phone.heic", HEIC, "cannot be read: HEIC pictures cannot be read. Save it as JPEG or PNG"),
        ("weights.bin", b"\x01\x02\x03\x04" * 200, "is neither a picture nor a video"),
    ],
)
def test_a_wrong_kind_of_file_is_told(name: str, head: bytes, said: str):
    assert refusal(name, head) == said


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp"])
def test_pictures_are_taken_whatever_they_are_called(suffix: str):
    whole = cv2.imencode(suffix, np.full((40, 40, 3), 90, np.uint8))[1].tobytes()

    assert refusal(f"a{suffix}", whole[:HEAD_BYTES]) == ""
    assert refusal("a.doc", whole[:HEAD_BYTES]) == ""


def test_videos_are_taken_whatever_they_are_called(tmp_path: Path):
    with VideoWriter(tmp_path / "a.mp4") as writer:
        writer.write(np.full((48, 64, 3), 90, np.uint8), 0.0)
    for path in (tmp_path / "a.mp4", SAMPLE_FILE):
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        assert refusal(path.name, head) == ""
        assert refusal("a film", head) == ""


def test_what_may_be_a_video_is_left_to_its_analysis():
    assert refusal("raw.h264", b"\0\0\0\x01\x67\x80") == ""
