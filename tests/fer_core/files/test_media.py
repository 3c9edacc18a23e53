"""Pictures and videos as timed frames: time stamps, orientation, damage, and the writer."""

import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from fer_core.errors import MediaError
from fer_core.files.media import open_media, probe
from fer_core.files.pictures.still import write_picture
from fer_core.files.timing import RisingClock, Sampling
from fer_core.files.video_writer import VideoWriter
from fer_core.whole_files import replacing
from tests.helpers.films import TICKS, VideoCodec, even_times, make_sound, make_video, numbered_frames


def with_stated_length(path: Path, seconds: float) -> Path:
    """Overwrite, in place, the length that an MP4 or Matroska file's head states; its pictures stay."""
    data = bytearray(path.read_bytes())
    if path.suffix == ".mkv":
        struct.pack_into(">d", data, data.index(b"\x44\x89\x88") + 3, seconds * 1000)  # Duration, in ms by default
    else:
        for box in (b"mvhd", b"mdhd"):  # version 0: times, ticks per second, duration
            at = data.index(box) + 16
            struct.pack_into(">I", data, at + 4, int(seconds * struct.unpack_from(">I", data, at)[0]))
    path.write_bytes(data)
    return path


@pytest.fixture
def corner_marked() -> np.ndarray:
    """Grey, with a red upper left and a blue upper right corner: uint8 (80, 120, 3)."""
    image = np.full((80, 120, 3), 128, np.uint8)
    image[:24, :24] = (0, 0, 255)
    image[:24, -24:] = (255, 0, 0)
    return image


def where_is_red(image: np.ndarray) -> str:
    """The corner with the red mark: "top left" and so on."""
    red = image[..., 2].astype(int) - image[..., 0]
    y, x = np.unravel_index(cv2.GaussianBlur(red.astype(np.float32), (15, 15), 0).argmax(), red.shape)
    return ("top" if y < image.shape[0] / 2 else "bottom") + " " + ("left" if x < image.shape[1] / 2 else "right")


class TestTimes:
    def test_variable_frame_rate_is_kept(self, tmp_path: Path) -> None:
        times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.3, 30))
        times -= times[0]
        path = make_video(tmp_path / "v.mp4", numbered_frames(30), times.tolist())
        with open_media(path) as media:
            frames = list(media.frames())
        assert [f.index for f in frames] == list(range(30))
        np.testing.assert_allclose([f.time_s for f in frames], times, atol=2 / TICKS)
        assert media.damage is None

    def test_frames_come_in_order_of_display(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.mp4", numbered_frames(40), even_times(40))
        with open_media(path) as media:
            means = [f.frame_bgr.mean() for f in media.frames()]
        assert means == sorted(means)

    def test_a_transport_stream_begins_at_zero(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.ts", numbered_frames(10), [3600 + t for t in even_times(10)])
        with av.open(str(path)) as container:
            assert container.start_time > 3000 * av.time_base  # the case at hand: a broadcast's own clock
        with open_media(path) as media:
            assert next(media.frames()).time_s == 0

    def test_every_and_fps(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.mp4", numbered_frames(50), even_times(50))
        with open_media(path) as media:
            assert [f.index for f in media.frames(Sampling(every=20))] == [0, 20, 40]
        with open_media(path) as media:
            assert [f.index for f in media.frames(Sampling(fps=5))] == list(range(0, 50, 5))
        with open_media(path) as media:
            assert len(list(media.frames(Sampling(fps=100)))) == 50

    @pytest.mark.parametrize("wrong", [{"every": 0}, {"fps": 0.0}, {"fps": -1.0}, {"fps": float("nan")}])
    def test_sampling_refuses_nonsense(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Sampling(**wrong)  # type: ignore[arg-type]

    def test_probe_estimates(self, tmp_path: Path) -> None:
        info = probe(make_video(tmp_path / "v.mp4", numbered_frames(50), even_times(50)))
        assert info.frame_count == 50
        assert info.duration_s == pytest.approx(2.0, abs=0.05)
        assert info.expected_frames(Sampling(every=20)) == 3
        assert info.expected_frames(Sampling(fps=5)) in (10, 11)

    def test_a_recording_that_does_not_know_its_end(self, tmp_path: Path) -> None:
        whole = make_video(tmp_path / "whole.webm", numbered_frames(50), even_times(50), codec="libvpx")
        endless = tmp_path / "endless.webm"  # as a browser writes it while it records
        with av.open(str(whole)) as source, av.open(str(endless), "w", options={"live": "1"}) as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        with open_media(endless) as media:
            assert (media.info.duration_s, media.info.expected_frames(Sampling())) == (None, None)
            assert len(list(media.frames())) == 50
        assert media.damage is None

    def test_clock_always_rises(self) -> None:
        clock = RisingClock(start_s=10.0, interval_s=0.1)
        times = [clock.rising(stamp) for stamp in (10.0, 10.1, 10.1, 10.05, None, 15.0, 2.0, 2.1)]
        assert times[0] == 0
        assert all(a < b for a, b in itertools.pairwise(times))
        assert times[5] == pytest.approx(5.0)
        assert times[6:] == pytest.approx([5.1, 5.2])  # a joined recording goes on where the first part ended


class TestOrientation:
    @pytest.mark.parametrize(
        ("rotation", "hflip", "expected"),
        [
            (None, False, "top left"),
            (90, False, "bottom left"),
            (180, False, "bottom right"),
            (-90, False, "top right"),
            (0, True, "top right"),
            (180, True, "bottom left"),
        ],
    )
    def test_video(
        self, tmp_path: Path, corner_marked: np.ndarray, rotation: int | None, hflip: bool, expected: str
    ) -> None:
        path = make_video(tmp_path / "v.mp4", [corner_marked] * 5, even_times(5), rotation=rotation, hflip=hflip)
        with open_media(path) as media:
            frames = [f.frame_bgr for f in media.frames()]
        turned = rotation in (90, -90)
        assert {f.shape for f in frames} == {(120, 80, 3) if turned else (80, 120, 3)}
        assert {where_is_red(f) for f in frames} == {expected}
        assert all(f.flags.c_contiguous and f.dtype == np.uint8 for f in frames)

    @pytest.mark.parametrize(("orientation", "expected"), [(1, "top left"), (3, "bottom right"), (6, "top right")])
    def test_picture(self, tmp_path: Path, corner_marked: np.ndarray, orientation: int, expected: str) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(corner_marked[..., ::-1]).save(tmp_path / "p.jpg", exif=exif, quality=95)
        with open_media(tmp_path / "p.jpg") as media:
            (frame,) = media.frames()
        assert frame.frame_bgr.shape == ((120, 80, 3) if orientation == 6 else (80, 120, 3))
        assert where_is_red(frame.frame_bgr) == expected

    def test_pixels_become_square(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.mp4", numbered_frames(3), even_times(3), aspect=Fraction(16, 12))
        with open_media(path) as media:
            assert {f.frame_bgr.shape for f in media.frames()} == {(120, 213, 3)}


class TestFormats:
    @pytest.mark.parametrize(
        ("name", "codec"), [("v.mov", "libx264"), ("v.mkv", "libx264"), ("v.webm", "libvpx"), ("v.avi", "mpeg4")]
    )
    def test_videos(self, tmp_path: Path, name: str, codec: VideoCodec) -> None:
        path = make_video(tmp_path / name, numbered_frames(30), even_times(30), codec=codec)
        with open_media(path) as media:
            times = [f.time_s for f in media.frames()]
        np.testing.assert_allclose(times, even_times(30), atol=0.021)  # a container's own ticks may be 40 ms long
        assert media.damage is None

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
    def test_pictures_whatever_their_name(self, tmp_path: Path, corner_marked: np.ndarray, suffix: str) -> None:
        _, data = cv2.imencode(suffix, corner_marked)
        for path in (tmp_path / f"p{suffix}", tmp_path / "without suffix"):
            path.write_bytes(data.tobytes())
            with open_media(path) as media:
                (frame,) = media.frames()
            assert media.info.is_picture
            assert (frame.index, frame.time_s) == (0, 0.0)
            assert where_is_red(frame.frame_bgr) == "top left"
            assert media.damage is None

    def test_a_gif_moves(self, tmp_path: Path) -> None:
        images = [Image.fromarray(frame) for frame in numbered_frames(5)]
        images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=200)
        with open_media(tmp_path / "a.gif") as media:
            assert [round(f.time_s, 1) for f in media.frames()] == [0.0, 0.2, 0.4, 0.6, 0.8]

    def test_names_that_look_like_protocols_or_patterns(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.mp4", numbered_frames(3), even_times(3))
        for name in ("a:b %03d?.mp4", "-x.mp4", "ü ñ.mp4"):
            path = path.rename(tmp_path / name)
            with open_media(path) as media:
                assert len(list(media.frames())) == 3

    def test_after_a_change_of_size_frames_keep_their_shape(self, tmp_path: Path) -> None:
        parts = [
            make_video(tmp_path / f"{width}.ts", numbered_frames(5, width, 120), even_times(5)) for width in (160, 320)
        ]
        joined = tmp_path / "joined.ts"
        joined.write_bytes(b"".join(part.read_bytes() for part in parts))
        with open_media(joined) as media:
            frames = list(media.frames())
        assert [f.frame_bgr.shape for f in frames] == [(120, 160, 3)] * 5 + [(120, 320, 3)] * 5
        times = [f.time_s for f in frames]
        assert times == sorted(set(times))


class TestUnreadable:
    def check(self, path: Path, words: str) -> None:
        with pytest.raises(MediaError, match=words) as caught, open_media(path) as media:
            list(media.frames())
        assert str(path) in str(caught.value)

    def test_missing(self, tmp_path: Path) -> None:
        self.check(tmp_path / "none.mp4", "no such file")

    def test_folder(self, tmp_path: Path) -> None:
        self.check(tmp_path, "found a folder")

    @pytest.mark.parametrize("name", ["v.mp4", "p.jpg"])
    def test_zero_length(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        self.check(tmp_path / name, "empty")

    @pytest.mark.parametrize("name", ["v.mp4", "p.jpg", "notes.txt"])
    def test_something_else(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("This is a letter, not a film.\n" * 50)
        self.check(tmp_path / name, "expected a picture or a video")

    @pytest.mark.parametrize("name", ["a.m4a", "a.mp4", "a.mkv", "a.mov"])
    def test_sound_only(self, tmp_path: Path, name: str) -> None:
        self.check(make_sound(tmp_path / name), "sound but no picture")

    def test_heic(self, tmp_path: Path) -> None:
        (tmp_path / "p.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500))
        self.check(tmp_path / "p.heic", "JPEG")

    def test_without_its_index(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.mp4", numbered_frames(30), even_times(30))
        path.write_bytes(path.read_bytes()[:-4000])
        self.check(path, "index is missing")

    def test_broken_picture(self, tmp_path: Path) -> None:
        (tmp_path / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
        self.check(tmp_path / "p.png", "damaged")

    def test_a_playlist_fetches_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "list.mp4").write_text(
            "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
        )
        self.check(tmp_path / "list.mp4", "expected|decoded|no picture")


class TestDamaged:
    def test_a_cut_video_gives_what_is_there(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.mp4", numbered_frames(100), even_times(100), faststart=True)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with open_media(path) as media:
            frames = list(media.frames())
        assert 5 < len(frames) < 90
        assert media.damage is not None
        assert "of 4.0 s" in media.damage

    def test_a_cut_recording_of_a_browser(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.webm", numbered_frames(60), even_times(60), codec="libvpx")
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with open_media(path) as media:
            assert 5 < len(list(media.frames())) < 55
        assert media.damage is not None

    def test_holes_are_passed_over(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "v.mp4", numbered_frames(100), even_times(100), faststart=True)
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 3000] = bytes(3000)
        path.write_bytes(data)
        with open_media(path) as media:
            frames = list(media.frames())
        assert len(frames) > 40
        assert media.damage is not None

    @pytest.mark.parametrize("name", ["v.mp4", "v.mkv"])
    @pytest.mark.parametrize("stated_s", [0.5, 3600.0])
    def test_a_length_that_is_a_lie_changes_no_frame(self, tmp_path: Path, name: str, stated_s: float) -> None:
        path = with_stated_length(make_video(tmp_path / name, numbered_frames(100), even_times(100)), stated_s)
        with open_media(path) as media:
            times = [f.time_s for f in media.frames()]
        assert times == pytest.approx(even_times(100), abs=0.002)
        # Matroska counts no frames: there, what the head promises and does not hold may as well have been cut off.
        promised_more = stated_s > 4 and name == "v.mkv"
        assert (media.damage is not None and "of 3600.0 s" in media.damage) is promised_more

    def test_a_cut_photograph_shows_what_is_there(self, tmp_path: Path, astronaut_bgr: np.ndarray) -> None:
        _, data = cv2.imencode(".jpg", astronaut_bgr)
        (tmp_path / "p.jpg").write_bytes(data.tobytes()[: data.size // 2])
        with open_media(tmp_path / "p.jpg") as media:
            (frame,) = media.frames()
        assert np.abs(frame.frame_bgr[:100].astype(int) - astronaut_bgr[:100]).mean() < 4
        assert media.damage is not None
        assert "cut off" in media.damage

    def test_a_cut_png_is_refused(self, tmp_path: Path, astronaut_bgr: np.ndarray) -> None:
        _, data = cv2.imencode(".png", astronaut_bgr)
        (tmp_path / "p.png").write_bytes(data.tobytes()[: data.size // 2])
        with pytest.raises(MediaError, match="damaged"), open_media(tmp_path / "p.png") as media:
            list(media.frames())

    def test_data_after_the_end_mark_is_no_damage(self, tmp_path: Path) -> None:
        _, data = cv2.imencode(".jpg", numbered_frames(2)[0])
        (tmp_path / "p.jpg").write_bytes(data.tobytes() + b"a camera's own notes" * 20)
        with open_media(tmp_path / "p.jpg") as media:
            list(media.frames())
        assert media.damage is None


class TestVideoWriter:
    def write(
        self, path: Path, frames: Sequence[np.ndarray], times_s: Iterable[float], *, survives_kill: bool = False
    ) -> None:
        with VideoWriter(path, survives_kill=survives_kill) as writer:
            for frame, time_s in zip(frames, times_s, strict=True):
                writer.write(frame, time_s)

    def read(self, path: Path) -> Iterator[tuple[float, np.ndarray]]:
        with open_media(path) as media:
            for frame in media.frames():
                yield frame.time_s, frame.frame_bgr

    @pytest.mark.parametrize("survives_kill", [False, True])
    def test_times_and_colours_come_back(self, tmp_path: Path, astronaut_bgr: np.ndarray, survives_kill: bool) -> None:
        times = [0.0, 0.01, 0.5, 0.52, 3.0]
        self.write(tmp_path / "o.mp4", [astronaut_bgr] * 5, times, survives_kill=survives_kill)
        assert [path.name for path in tmp_path.iterdir()] == ["o.mp4"]
        assert b"moof" not in (tmp_path / "o.mp4").read_bytes()[:5000], "the index is in front"
        back = list(self.read(tmp_path / "o.mp4"))
        np.testing.assert_allclose([t for t, _ in back], times, atol=2 / TICKS)
        off = cv2.GaussianBlur(back[-1][1], (9, 9), 0).astype(int) - cv2.GaussianBlur(astronaut_bgr, (9, 9), 0)
        assert np.abs(off.mean((0, 1))).max() < 4
        with av.open(str(tmp_path / "o.mp4")) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")

    def test_odd_and_changing_sizes(self, tmp_path: Path) -> None:
        frames = [np.full((h, w, 3), 90, np.uint8) for h, w in ((101, 75), (101, 75), (50, 40))]
        self.write(tmp_path / "o.mp4", frames, [0.0, 0.1, 0.2])
        assert {f.shape for _, f in self.read(tmp_path / "o.mp4")} == {(102, 76, 3)}

    def test_a_turned_frame_keeps_its_shape_between_bars(self, tmp_path: Path) -> None:
        wide, high = np.full((180, 320, 3), 200, np.uint8), np.full((320, 180, 3), 200, np.uint8)
        self.write(tmp_path / "o.mp4", [wide, high, high // 2 + 100, wide], [0.0, 0.1, 0.2, 0.3])
        frames = [frame for _, frame in self.read(tmp_path / "o.mp4")]
        assert {frame.shape for frame in frames} == {(180, 320, 3)}
        for frame in frames[1:3]:
            lit = np.argwhere(frame.mean(axis=(0, 2)) > 90).ravel()
            assert (lit.min(), lit.max()) == (pytest.approx(109, abs=3), pytest.approx(210, abs=3))
        assert frames[3].min() > 150, "the first shape has no bars"

    def test_a_smaller_frame_of_the_same_shape_fills_the_picture(self, tmp_path: Path) -> None:
        frames = [np.full((h, w, 3), 200, np.uint8) for h, w in ((180, 320), (90, 160), (360, 640))]
        self.write(tmp_path / "o.mp4", frames, [0.0, 0.1, 0.2])
        assert all(frame.min() > 150 for _, frame in self.read(tmp_path / "o.mp4"))

    def test_equal_times_are_kept_apart(self, tmp_path: Path) -> None:
        self.write(tmp_path / "o.mp4", numbered_frames(3), [0.0, 0.0, 0.0])
        assert len(list(self.read(tmp_path / "o.mp4"))) == 3

    def test_after_an_error_the_old_file_is_still_there(self, tmp_path: Path) -> None:
        (tmp_path / "o.mp4").write_bytes(b"old")
        with pytest.raises(ZeroDivisionError):
            self.write(tmp_path / "o.mp4", numbered_frames(3), (1 / i for i in (2, 1, 0)))
        assert [p.name for p in tmp_path.iterdir()] == ["o.mp4"]
        assert (tmp_path / "o.mp4").read_bytes() == b"old"

    def test_without_a_frame_there_is_no_file(self, tmp_path: Path) -> None:
        self.write(tmp_path / "o.mp4", [], [])
        assert list(tmp_path.iterdir()) == []

    def test_only_mp4(self, tmp_path: Path) -> None:
        with pytest.raises(MediaError, match=r"\.mp4"):
            VideoWriter(tmp_path / "o.avi")

    def test_a_name_that_is_taken_by_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "o.mp4").mkdir()
        with pytest.raises(MediaError, match="cannot be written"):
            self.write(tmp_path / "o.mp4", numbered_frames(2), [0.0, 0.1])
        assert [p.name for p in tmp_path.iterdir()] == ["o.mp4"]

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(MediaError, match="cannot be written"):
            self.write(tmp_path / "file" / "o.mp4", numbered_frames(2), [0.0, 0.1])


class TestFiles:
    def test_a_picture_is_written_whole(self, tmp_path: Path, corner_marked: np.ndarray) -> None:
        write_picture(tmp_path / "new" / "p.png", corner_marked)
        back = cv2.imread(str(tmp_path / "new" / "p.png"))
        np.testing.assert_array_equal(back, corner_marked)
        assert len(list((tmp_path / "new").iterdir())) == 1

    def test_a_suffix_that_is_no_pictures(self, tmp_path: Path, corner_marked: np.ndarray) -> None:
        with pytest.raises(MediaError, match=r"\.png"):
            write_picture(tmp_path / "p.doc", corner_marked)

    def test_replacing_leaves_nothing_after_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("old")
        with pytest.raises(ZeroDivisionError), replacing(tmp_path / "a") as temporary:
            temporary.write_text("half" * (1 + 1 // (temporary.write_text("half") - 4)))
        assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a", "old")]


@pytest.mark.shared_data
def test_real_clips(shared_data: Path) -> None:
    with open_media(shared_data / "clips" / "sad_then_happy.mp4") as media:
        frames = sum(1 for _ in media.frames())
    assert (frames, media.info.frame_count, media.damage) == (472, 472, None)
