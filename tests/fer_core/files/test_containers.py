"""Which files are taken for videos: bare streams by their name or beginning, documents and archives never."""

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from fer_core.errors import MediaError
from fer_core.files.analyse import expand_inputs
from fer_core.files.content import foreign_content
from fer_core.files.media import open_media
from tests.helpers.films import jpeg_bytes, numbered_frames


def make_bare_stream(path: Path, codec: str, container: str | None = None) -> Path:
    """Twelve frames without a container around them."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = 160, 120
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for index, frame_bgr in enumerate(numbered_frames(12)):
            frame = av.VideoFrame.from_ndarray(frame_bgr, format="bgr24")
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("v.mjpeg", "mjpeg", None),
        ("v.MJPG", "mjpeg", "mjpeg"),
        ("v.h264", "libx264", None),
        ("v.264", "libx264", "h264"),
        ("v.hevc", "libx265", None),
        ("v.265", "libx265", "hevc"),
        ("v.m2v", "mpeg2video", "mpeg2video"),
        ("v.m1v", "mpeg1video", "mpeg1video"),
        ("v.m4v", "mpeg4", "m4v"),
    ],
)
def test_bare_streams_are_found_and_read(tmp_path: Path, name: str, codec: str, container: str | None) -> None:
    path = make_bare_stream(tmp_path / name, codec, container)
    assert expand_inputs([tmp_path]).files == (path,)
    with open_media(path) as media:
        times_s = [frame.time_s for frame in media.frames()]
    assert times_s == pytest.approx(np.arange(12) / 25, abs=1e-6)
    assert not media.info.is_picture
    assert media.damage == "it stores no times, so 25 frames a second were assumed"


def test_a_bare_stream_without_its_name_is_known_by_its_beginning(tmp_path: Path) -> None:
    path = make_bare_stream(tmp_path / "v.h264", "libx264").rename(tmp_path / "v")
    with open_media(path) as media:
        assert len(list(media.frames())) == 12


def test_a_stream_from_a_network_camera(tmp_path: Path) -> None:
    parts = [
        b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(data), data)
        for data in map(jpeg_bytes, numbered_frames(6))
    ]
    (tmp_path / "v.mjpeg").write_bytes(b"".join(parts))
    with open_media(tmp_path / "v.mjpeg") as media:
        assert len(list(media.frames())) == 6


@pytest.mark.parametrize("name", ["p.avi", "p.mp4", "p.mov"])
def test_a_picture_that_is_called_a_video_is_a_picture(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(jpeg_bytes(numbered_frames(1)[0]))
    with open_media(tmp_path / name) as media:
        assert len(list(media.frames())) == 1
    assert media.info.is_picture


def _pdf(path: Path, photo: Path) -> None:
    Image.open(photo).save(path, "PDF")


def _zip(path: Path, photo: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(3):
            archive.write(photo, f"{index}.jpg")


def _tar(path: Path, photo: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.add(photo, "a.jpg")


def _unknown(path: Path, photo: Path) -> None:
    path.write_bytes(b"a format of its own" + photo.read_bytes() * 3)


@pytest.mark.parametrize(
    ("make", "words"),
    [(_pdf, "a PDF document"), (_zip, "a zip archive"), (_tar, "a tar archive"), (_unknown, "something else")],
)
@pytest.mark.parametrize("suffix", [".dat", ".mp4", ".jpg"])
def test_pictures_within_other_files_are_no_film(
    tmp_path: Path, astronaut_bgr: np.ndarray, make: Callable[[Path, Path], None], words: str, suffix: str
) -> None:
    photo = tmp_path / "photo.jpeg"
    photo.write_bytes(jpeg_bytes(astronaut_bgr))
    make(tmp_path / f"x{suffix}", photo)
    with pytest.raises(MediaError, match=f"expected a picture or a video, found {words}"):
        open_media(tmp_path / f"x{suffix}")


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n", b"GIF89a", b"RIFF", b"\x1aE\xdf\xa3", b"\0\0\1"]
)
def test_pictures_and_videos_are_nothing_foreign(start: bytes) -> None:
    assert foreign_content(start + bytes(600)) is None


def test_noise_is_no_video(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    for index in range(40):
        path = tmp_path / f"{index}.bin"
        path.write_bytes(generator.bytes(int(generator.integers(1, 60_000))))
        with pytest.raises(MediaError), open_media(path) as media:
            list(media.frames())
