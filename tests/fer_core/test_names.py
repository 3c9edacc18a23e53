"""File names that are not UTF-8, and what becomes of them wherever they go."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from fer_core.errors import FerError, MediaError
from fer_core.faces.detector import YuNetDetector
from fer_core.files.analyse import AnalysedFrame, expand_inputs
from fer_core.files.fragments import finish
from fer_core.files.media import MediaInfo, open_media
from fer_core.files.pictures.still import write_picture
from fer_core.files.result_files import CsvResults, JsonResults, Provenance
from fer_core.files.timing import EVERY_FRAME
from fer_core.files.video_writer import VideoWriter
from fer_core.names import distinct_names, printable, shown_name
from fer_core.results import FrameResult
from fer_core.whole_files import name_for_c
from tests.helpers.faces import make_card, yunet_file
from tests.helpers.films import even_times, make_video, numbered_frames

LATIN1 = os.fsdecode(b"caf\xe9")


@pytest.fixture
def latin1_folder(tmp_path: Path) -> Path:
    folder = tmp_path / LATIN1
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LATIN1, "caf\\xe9"),
        ("café ñ 日本 😀", "café ñ 日本 😀"),
        ("two\nlines\ttab", "two\nlines\ttab"),
        ("\ud83d lone half", "\\ud83d lone half"),
        ("", ""),
    ],
)
def test_printable_can_be_encoded_and_changes_nothing_else(text: str, expected: str) -> None:
    assert printable(text) == expected
    printable(text).encode()


def test_a_shown_name_cannot_steer_a_terminal() -> None:
    assert shown_name("a\x1b[2Jb\n.jpg") == "a\\x1b[2Jb\\x0a.jpg"
    assert shown_name(Path("ü b.jpg")) == "ü b.jpg"


def test_names_are_told_apart() -> None:
    assert distinct_names(["a", "a", "b", "a (2)", "a"]) == ["a", "a (2)", "b", "a (2) (2)", "a (3)"]


def test_every_error_can_be_printed_and_stored() -> None:
    assert str(MediaError(f"{LATIN1}.jpg: no")) == "caf\\xe9.jpg: no"
    assert str(FerError("line\nend")) == "line\nend"


def test_a_name_for_c_leads_to_the_file(latin1_folder: Path) -> None:
    path = latin1_folder / "a.txt"
    path.write_text("here")
    with name_for_c(path) as name:
        assert name.isascii()
        assert Path(name).read_text() == "here"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
def test_pictures(latin1_folder: Path, astronaut_bgr: np.ndarray, suffix: str) -> None:
    path = latin1_folder / f"{LATIN1}{suffix}"
    write_picture(path, astronaut_bgr)
    with open_media(path) as media:
        (frame,) = media.frames()
    assert media.info.is_picture
    assert frame.frame_bgr.shape == astronaut_bgr.shape


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.avi"])
def test_videos(latin1_folder: Path, tmp_path: Path, name: str) -> None:
    made = make_video(tmp_path / name, numbered_frames(5), even_times(5), codec="mpeg4")
    path = made.rename(latin1_folder / f"{LATIN1}{name}")
    with open_media(path) as media:
        assert len(list(media.frames())) == 5


def test_a_video_is_written_and_finished(latin1_folder: Path) -> None:
    path = latin1_folder / f"{LATIN1}.mp4"
    with VideoWriter(path, survives_kill=True) as writer:
        for index, frame_bgr in enumerate(numbered_frames(5)):
            writer.write(frame_bgr, index / 25)
    finish(path, path)
    with open_media(path) as media:
        assert len(list(media.frames())) == 5


def test_yunets_own_file(latin1_folder: Path, astronaut_bgr: np.ndarray) -> None:
    path = latin1_folder / "yunet.onnx"
    path.write_bytes(yunet_file().read_bytes())
    assert YuNetDetector(path).detect(astronaut_bgr)


def test_unreadable_ones_are_told_in_words(latin1_folder: Path) -> None:
    (latin1_folder / "empty.mp4").touch()
    for name, words in (("none.mp4", "no such file"), ("empty.mp4", "empty"), ("a\0b.mp4", "name")):
        with pytest.raises(MediaError, match=words) as caught:
            open_media(latin1_folder / name)
        assert "caf\\xe9" in str(caught.value)


def test_files_passed_over_are_named(latin1_folder: Path) -> None:
    (latin1_folder / f"{LATIN1}.txt").touch()
    (latin1_folder / "a.jpg").touch()
    assert expand_inputs([latin1_folder]).sentence().endswith("skipped: caf\\xe9.txt.")


def test_tables_and_documents_take_any_name(tmp_path: Path) -> None:
    info = MediaInfo(Path(LATIN1), is_picture=True, duration_s=0.0, frame_count=1, rate=0.0)
    texts = []
    for kind in (CsvResults, JsonResults):
        stream = io.StringIO()
        writer = kind(stream, Provenance(make_card(), "haar", EVERY_FRAME))
        writer.add(LATIN1, info, AnalysedFrame(0, FrameResult(0.0, (2, 2))))
        writer.end_source(None)
        writer.finish({f"{LATIN1}2": f"{LATIN1}2: no"})
        texts.append(stream.getvalue())
    assert "caf\\xe9" in texts[0].encode().decode()
    document = json.loads(texts[1])
    assert document["sources"][0]["source"] == "caf\\xe9"
    assert document["unreadable"] == [{"source": "caf\\xe92", "reason": "caf\\xe92: no"}]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.jpg", "a\\x0ab.jpg"),
        ("photo\u202egpj.exe", "photo\\u202egpj.exe"),
        ("a\u2028b\u2066c", "a\\u2028b\\u2066c"),
        ("\u200fשלום.jpg", "\\u200fשלום.jpg"),
        ("\U0001f469\u200d\U0001f4bb.mp4", "\U0001f469\u200d\U0001f4bb.mp4"),
        ("é\xa0ü.png", "é\xa0ü.png"),
    ],
)
def test_names_that_break_or_turn_a_line_are_shown_in_words(name, shown):
    assert shown_name(name) == shown
