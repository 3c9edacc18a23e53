"""Films of few frames, and frames far apart: a face needs no second look where there is none."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image

from fer_core.expressions.model import EmotionModel
from fer_core.files.analyse import AnalysedFrame, analyse_media, pipeline_for
from fer_core.files.looks import looks
from fer_core.files.media import TimedFrame, open_media
from fer_core.files.timing import EVERY_FRAME, Sampling
from fer_core.results import Face
from tests.helpers.faces import FakeDetector, FakeModel, make_face
from tests.helpers.films import VideoCodec, make_talking_film, make_video, numbered_frames

FACES = [make_face((20.0 + 40 * index, 30.0, 50.0 + 40 * index, 66.0)) for index in range(3)]


def analyse(path: Path, sampling: Sampling = EVERY_FRAME) -> list[AnalysedFrame]:
    """With a detector that finds three faces in every frame."""
    with open_media(path) as media:
        pipeline = pipeline_for(media.info, FakeDetector(FACES), cast(EmotionModel, FakeModel()), sampling)
        return list(analyse_media(media, pipeline, sampling=sampling))


def counts(frames: list[AnalysedFrame]) -> list[int]:
    return [len(frame.result.faces) for frame in frames]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.webm"])
def test_films_of_few_frames(tmp_path: Path, count: int, name: str) -> None:
    codec: VideoCodec = "libvpx" if name == "v.webm" else "libx264"
    path = make_video(tmp_path / name, numbered_frames(count), [index / 25 for index in range(count)], codec=codec)
    assert counts(analyse(path)) == [3] * count


def test_a_still_gif(tmp_path: Path) -> None:
    Image.fromarray(numbered_frames(1)[0]).save(tmp_path / "a.gif")
    assert counts(analyse(tmp_path / "a.gif")) == [3]


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts"])
def test_a_picture_with_a_sound(tmp_path: Path, name: str) -> None:
    path = make_talking_film(tmp_path / name, numbered_frames(1), [0.0], sound_s=4)
    assert counts(analyse(path)) == [3]


def test_a_longer_film_still_asks_for_a_second_look(tmp_path: Path) -> None:
    path = make_video(tmp_path / "v.mp4", numbered_frames(9), [index / 25 for index in range(9)])
    assert counts(analyse(path)) == [0, *[3] * 8]


@pytest.mark.parametrize("sampling", [Sampling(fps=2), Sampling(fps=0.01), Sampling(every=12), Sampling(every=1000)])
def test_few_looks_at_a_longer_film(tmp_path: Path, sampling: Sampling) -> None:
    path = make_video(tmp_path / "v.webm", numbered_frames(13), [index / 25 for index in range(13)], codec="libvpx")
    assert set(counts(analyse(path, sampling))) == {3}


def test_a_slide_show_of_uneven_pace(tmp_path: Path) -> None:
    times_s = [*(index / 25 for index in range(50)), 5.0, 8.0, 11.0]
    path = make_video(tmp_path / "v.mp4", numbered_frames(53), times_s)
    with open_media(path) as media:
        usual = pipeline_for(media.info, FakeDetector(lambda _: seen()), cast(EmotionModel, FakeModel()))
        assert usual.min_hits == 2, "on average its frames are close together"
        appeared = itertools.count()

        def seen() -> list[Face]:
            return [] if next(appeared) < 17 else FACES  # from the last second on, at every third frame

        found = counts(list(analyse_media(media, usual)))
    assert found[:48] == [0] * 48
    assert found[-3:] == [3, 3, 3]


def _frames(*times_s: float) -> list[TimedFrame]:
    return [TimedFrame(index, time_s, np.zeros((2, 2, 3), np.uint8)) for index, time_s in enumerate(times_s)]


def test_who_is_alone() -> None:
    found = list(looks(iter(_frames(0.0, 0.1, 0.2, 2.0, 4.0, 4.1, 9.0))))
    assert [look.is_alone for look in found] == [False, False, False, True, False, False, True]
    assert [look.frame.index for look in found] == list(range(7))
    assert [look.is_only for look in looks(iter(_frames(0.0)))] == [True]
    assert list(looks(iter(()))) == []


def test_an_error_comes_after_the_frames_before_it() -> None:
    def frames() -> Iterator[TimedFrame]:
        yield from _frames(0.0, 0.1)
        raise ValueError("31 is not a valid Type")

    found = looks(frames())
    assert [next(found).frame.index, next(found).frame.index] == [0, 1]
    with pytest.raises(ValueError, match="31"):
        next(found)


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.avif", "a.gif"])
def test_frames_of_a_short_animation_that_show_different_things(tmp_path: Path, name: str) -> None:
    frames = [Image.fromarray(frame) for frame in numbered_frames(6)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=50)
    appeared = itertools.count()
    with open_media(tmp_path / name) as media:
        detector = FakeDetector(lambda _: FACES if next(appeared) == 3 else [])
        pipeline = pipeline_for(media.info, detector, cast(EmotionModel, FakeModel()))
        assert [len(frame.result.faces) for frame in analyse_media(media, pipeline)] == [0, 0, 0, 3, 0, 0]


def test_few_frames_are_read_ahead_where_they_are_large_or_far_apart() -> None:
    taken = itertools.count()

    def frames(size: int, apart_s: float) -> Iterator[TimedFrame]:
        for index in range(9):
            next(taken)
            yield TimedFrame(index, index * apart_s, np.broadcast_to(np.uint8(0), (size, size, 3)))

    next(looks(frames(10, 0.04)))
    assert next(taken) == 9
    next(looks(frames(2600, 0.04)))  # 20 MB each
    assert next(taken) == 14
    next(looks(frames(10, 3.0)))
    assert next(taken) == 19
