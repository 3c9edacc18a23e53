"""What videos do that a simple player need not know: unknown side data, changes while they run, losses, late starts."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from fer_core.files.media import open_media, probe
from fer_core.files.timing import RisingClock, Sampling
from fer_core.files.upright import display_matrix
from tests.helpers.films import (
    VideoCodec,
    even_times,
    jpeg_bytes,
    make_jpeg_film,
    make_talking_film,
    make_video,
    numbered_frames,
)


def shapes_of(path: Path) -> list[tuple[int, ...]]:
    with open_media(path) as media:
        return [frame.frame_bgr.shape for frame in media.frames()]


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


class TestSideData:
    @pytest.mark.parametrize(
        ("orientation", "red"),
        [(1, "top left"), (2, "top right"), (3, "bottom right"), (6, "top right"), (8, "bottom left")],
    )
    def test_frames_with_exif_are_read_and_turned(self, tmp_path: Path, orientation: int, red: str) -> None:
        image = np.full((80, 120, 3), 128, np.uint8)
        image[:30, :30] = (0, 0, 255)
        path = make_jpeg_film(tmp_path / "v.avi", [jpeg_bytes(image, orientation=orientation)] * 3, 120, 80)
        with open_media(path) as media:
            frames = [frame.frame_bgr for frame in media.frames()]
        assert {frame.shape for frame in frames} == {(120, 80, 3) if orientation > 4 else (80, 120, 3)}
        for frame in frames:
            y, x = np.argwhere(frame[..., 2].astype(int) - frame[..., 0] > 150).mean(axis=0)
            height, width = frame.shape[:2]
            assert f"{'top' if y < height / 2 else 'bottom'} {'left' if x < width / 2 else 'right'}" == red

    def test_without_any_a_frame_is_not_turned(self) -> None:
        assert display_matrix(av.VideoFrame(16, 16, "yuv420p")) == (1, 0, 0, 1)


class TestChanges:
    def test_a_phone_that_is_turned(self, tmp_path: Path) -> None:
        parts = [
            make_video(tmp_path / f"{width}.ts", numbered_frames(5, width, height), even_times(5))
            for width, height in ((160, 90), (90, 160), (160, 90))
        ]
        found = shapes_of(joined(tmp_path / "v.ts", *parts))
        assert found == [(90, 160, 3)] * 5 + [(160, 90, 3)] * 5 + [(90, 160, 3)] * 5

    def test_the_shape_of_pixels_changes(self, tmp_path: Path) -> None:
        square = make_video(tmp_path / "a.ts", numbered_frames(8), even_times(8))
        wide = make_video(tmp_path / "b.ts", numbered_frames(8), even_times(8), aspect=Fraction(4, 3))
        found = shapes_of(joined(tmp_path / "v.ts", square, wide))
        assert found == [(120, 160, 3)] * 8 + [(120, 213, 3)] * 8

    def test_the_turn_changes(self, tmp_path: Path) -> None:
        image = np.full((80, 120, 3), 128, np.uint8)
        pictures = [jpeg_bytes(image), jpeg_bytes(image, orientation=6), jpeg_bytes(image)]
        path = make_jpeg_film(tmp_path / "v.avi", pictures, 120, 80)
        assert shapes_of(path) == [(80, 120, 3), (120, 80, 3), (80, 120, 3)]


class TestLosses:
    @pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
    def test_lost_packets_are_told(self, tmp_path: Path, codec: VideoCodec) -> None:
        path = make_video(tmp_path / "v.ts", numbered_frames(60), even_times(60), codec=codec)
        data = path.read_bytes()
        packets = [data[at : at + 188] for at in range(0, len(data), 188)]
        path.write_bytes(b"".join(packet for index, packet in enumerate(packets) if index < 40 or index % 50))
        with open_media(path) as media:
            count = len(list(media.frames()))
        assert media.damage is not None
        assert f"of its {count} frames are damaged" in media.damage

    def test_a_whole_broadcast_is_not_called_damaged(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.ts", numbered_frames(60), even_times(60))
        with open_media(path) as media:
            list(media.frames())
        assert media.damage is None


class TestSound:
    @pytest.mark.parametrize(
        ("name", "codec"),
        [("v.mp4", "libx264"), ("v.mov", "libx264"), ("v.mkv", "libx264"), ("v.webm", "libvpx"), ("v.ts", "libx264")],
    )
    def test_a_picture_that_starts_after_its_sound(self, tmp_path: Path, name: str, codec: VideoCodec) -> None:
        times_s = [3 + time_s for time_s in even_times(50)]
        path = make_talking_film(tmp_path / name, numbered_frames(50), times_s, sound_s=5, codec=codec)
        with open_media(path) as media:
            found_s = [frame.time_s for frame in media.frames()]
        assert found_s == pytest.approx(times_s, abs=0.05)  # sound encoders begin a little early
        assert media.info.start_s == pytest.approx(3, abs=0.05)
        assert media.info.duration_s == pytest.approx(5, abs=0.05)
        assert media.info.duration_s is not None
        assert found_s[-1] < media.info.duration_s
        assert media.info.expected_frames(Sampling()) == 50
        assert media.info.expected_frames(Sampling(fps=5)) in (10, 11)
        assert media.damage is None

    @pytest.mark.parametrize(
        ("name", "codec"),
        [("v.mp4", "libx264"), ("v.mkv", "libx264"), ("v.webm", "libvpx"), ("v.ts", "libx264"), ("v.avi", "mpeg4")],
    )
    @pytest.mark.parametrize("count", [1, 25])
    def test_a_picture_that_ends_before_its_sound_is_whole(
        self, tmp_path: Path, name: str, codec: VideoCodec, count: int
    ) -> None:
        path = make_talking_film(tmp_path / name, numbered_frames(count), even_times(count), sound_s=6, codec=codec)
        with open_media(path) as media:
            assert len(list(media.frames())) == count
        assert media.damage is None
        assert (media.info.frame_count or 0) < 1000

    def test_one_that_was_cut_off_is_still_told(self, tmp_path: Path) -> None:
        path = make_talking_film(tmp_path / "v.mkv", numbered_frames(150), even_times(150), sound_s=6)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        assert probe(path).duration_s == pytest.approx(6, abs=0.1)
        with open_media(path) as media:
            list(media.frames())
        assert media.damage is not None
        assert "of 6.0 s" in media.damage


class TestClock:
    def test_frames_before_the_stated_start_keep_their_distances(self) -> None:
        clock = RisingClock(start_s=0.0, interval_s=0.1)
        assert [clock.rising(stamp) for stamp in (-0.2, -0.1, 0.0)] == pytest.approx([0.0, 0.1, 0.2])

    def test_a_first_stamp_that_is_none_moves_nothing(self) -> None:
        clock = RisingClock(start_s=0.0, interval_s=0.1)
        times_s = [clock.rising(stamp) for stamp in (-1e6, 5.0, 5.1)]
        assert times_s[0] == 0
        assert times_s[-1] < 20

    def test_without_a_start_the_first_frame_is_it(self) -> None:
        clock = RisingClock(start_s=None, interval_s=0.1)
        assert [clock.rising(stamp) for stamp in (7.0, 7.5)] == [0.0, 0.5]
