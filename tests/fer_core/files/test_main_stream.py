"""The film among several streams of pictures."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from fer_core.files.media import open_media
from tests.helpers.films import copy_streams, even_times, jpeg_bytes, make_jpeg_film, make_video, numbered_frames


def make_thumbnail(path: Path) -> Path:
    return make_jpeg_film(path, [jpeg_bytes(np.full((48, 64, 3), 90, np.uint8))], 64, 48)


def check(path: Path) -> None:
    with open_media(path) as media:
        frames = list(media.frames())
    assert [frame.frame_bgr.shape for frame in frames] == [(120, 160, 3)] * 30
    assert media.damage is None


@pytest.mark.parametrize("name", ["v.mkv", "v.mp4", "v.mov", "v.avi"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_thumbnail_stream_is_left_out(tmp_path: Path, name: str, is_first: bool) -> None:
    film = make_video(tmp_path / "film.mp4", numbered_frames(30), even_times(30), codec="mpeg4")
    thumbnail = make_thumbnail(tmp_path / "thumbnail.avi")
    order = (thumbnail, film) if is_first else (film, thumbnail)
    check(copy_streams(tmp_path / name, *order))


def test_a_thumbnail_in_the_films_own_codec(tmp_path: Path) -> None:
    film = make_video(tmp_path / "film.mp4", numbered_frames(30), even_times(30), codec="mpeg4")
    still = make_video(tmp_path / "still.mp4", numbered_frames(1, 64, 48), [0.0], codec="mpeg4")
    check(copy_streams(tmp_path / "v.mp4", still, film))


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv"])
@pytest.mark.parametrize("mark", [Disposition.attached_pic, Disposition.still_image, Disposition.timed_thumbnails])
def test_cover_art_is_left_out(tmp_path: Path, name: str, mark: Disposition) -> None:
    film = make_video(tmp_path / "film.mp4", numbered_frames(30), even_times(30), codec="mpeg4")
    with av.open(str(film)) as source, av.open(str(tmp_path / name), "w") as target:
        cover = target.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = mark
        stream = target.add_stream_from_template(source.streams.video[0])
        target.start_encoding()
        packet = av.Packet(jpeg_bytes(np.full((48, 64, 3), 90, np.uint8)))
        packet.stream, packet.pts, packet.dts = cover, 0, 0
        target.mux(packet)
        for each in source.demux(video=0):
            if each.dts is not None:
                each.stream = stream
                target.mux(each)
    check(tmp_path / name)


def test_a_film_of_jpegs_alone_is_a_film(tmp_path: Path) -> None:
    path = make_jpeg_film(tmp_path / "v.avi", [jpeg_bytes(frame) for frame in numbered_frames(4)], 160, 120)
    with open_media(path) as media:
        assert len(list(media.frames())) == 4
