"""Animated WebP, PNG and AVIF pictures are films: every frame at its time."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from fer_core.errors import MediaError
from fer_core.expressions.model import load_model
from fer_core.faces.detector import HaarDetector
from fer_core.files.analyse import analyse_media, expand_inputs, pipeline_for
from fer_core.files.media import open_media
from fer_core.files.pictures.animations import open_animation
from fer_core.files.timing import Sampling

KINDS = {"WEBP": ".webp", "PNG": ".png", "AVIF": ".avif"}


def animation(path: Path, kind: str, frames: list[np.ndarray], durations_ms: list[int]) -> Path:
    pictures = [Image.fromarray(frame[..., ::-1]) for frame in frames]
    pictures[0].save(path, kind, save_all=True, append_images=pictures[1:], duration=durations_ms)
    return path


def greys(count: int) -> list[np.ndarray]:
    return [np.full((48, 64, 3), 40 * i, np.uint8) for i in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_comes_at_its_time(kind, tmp_path):
    path = animation(tmp_path / f"moving{KINDS[kind]}", kind, greys(4), [100, 200, 300, 400])

    with open_media(path) as media:
        frames = list(media.frames())

    assert not media.info.is_picture
    assert media.info.frame_count == 4
    assert [round(frame.time_s, 3) for frame in frames] == [0.0, 0.1, 0.3, 0.6]
    assert [round(float(frame.frame_bgr.mean()) / 40) for frame in frames] == [0, 1, 2, 3]
    assert media.damage is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_face_after_the_first_frame_is_found(kind, tmp_path, astronaut_bgr):
    frames = [np.full_like(astronaut_bgr, 60), astronaut_bgr]
    path = animation(tmp_path / f"moving{KINDS[kind]}", kind, frames, [300, 300])

    with open_media(path) as media:
        pipeline = pipeline_for(media.info, HaarDetector(), load_model())
        results = [frame.result for frame in analyse_media(media, pipeline)]

    assert [len(result.faces) for result in results] == [0, 1]


def test_sampling_leaves_frames_out(tmp_path):
    path = animation(tmp_path / "moving.webp", "WEBP", greys(6), [100] * 6)

    with open_media(path) as media:
        assert [frame.index for frame in media.frames(Sampling(every=2))] == [0, 2, 4]


def test_a_cut_off_animation_gives_what_is_there_and_says_so(tmp_path):
    generator = np.random.default_rng(2)
    noise = [generator.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(5)]
    path = animation(tmp_path / "moving.png", "PNG", noise, [100] * 5)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with open_media(path) as media:
        frames = list(media.frames())

    assert 0 < len(frames) < 5
    assert media.damage is not None
    assert "of 5 is damaged" in media.damage


def test_frames_that_are_too_large_are_refused_before_decoding(tmp_path):
    path = animation(tmp_path / "moving.webp", "WEBP", greys(3), [100] * 3)
    data = bytearray(path.read_bytes())
    data[24:30] = (16_382).to_bytes(3, "little") * 2
    path.write_bytes(data)

    with pytest.raises(MediaError, match="16383 x 16383 pixels"):
        open_media(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_still_picture_is_none(kind, tmp_path):
    path = tmp_path / f"still{KINDS[kind]}"
    Image.new("RGB", (40, 30)).save(path, kind)

    assert open_animation(path) is None
    with open_media(path) as media:
        assert media.info.is_picture


def test_a_folder_gives_every_picture_that_can_be_read_and_those_that_cannot(tmp_path):
    names = ["a.avif", "b.jfif", "c.jp2", "d.jpe", "e.ppm", "f.heic", "g.jxl", "notes.txt"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")

    found = expand_inputs([tmp_path])

    assert [path.name for path in found.files] == names[:-1]
    assert "notes.txt" in found.sentence()


def test_a_gif_of_a_hundred_bytes_that_claims_gigabytes_is_refused_with_its_size(tmp_path):
    path = tmp_path / "bomb.gif"
    path.write_bytes(b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0" + bytes(80))

    with pytest.raises(MediaError, match=r"its frames have 65535 x 65535 pixels \(4295 megapixels\); at most 36"):
        open_media(path)


def test_a_film_whose_frames_turn_out_larger_than_its_head_said_is_not_decoded(tmp_path):
    path = tmp_path / "bomb.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")))
        container.mux(stream.encode(None))
    size, claimed = struct.pack(">HH", 48, 64), struct.pack(">HH", 15_000, 15_000)
    path.write_bytes(path.read_bytes().replace(b"\xff\xc0\x00\x11\x08" + size, b"\xff\xc0\x00\x11\x08" + claimed))

    with pytest.raises(MediaError), open_media(path) as media:
        list(media.frames())


@pytest.mark.parametrize(("share", "is_told"), [(1.0, False), (0.5, True), (0.95, True)])
def test_a_gif_that_was_cut_off_says_so(share, is_told, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (6, 60, 80, 3), np.uint8)
    path = animation(tmp_path / "cut.gif", "GIF", list(noise), [100] * 6)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])

    with open_media(path) as media:
        frames = list(media.frames())
        assert frames
        assert ("it was cut off" in (media.damage or "")) == is_told
