"""Films in parts: planned at key frames, analysed apart, and joined to the rows that the whole film gives."""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fer_core.errors import MediaError
from fer_core.files.analyse import AnalysedFrame, analyse_media, pipeline_for
from fer_core.files.media import open_media
from fer_core.files.table import FACE_COLUMNS, face_columns
from fer_core.files.timing import EVERY_FRAME, RisingClock, Sampling
from fer_core.files.video_file import Stamps, VideoFile
from fer_core.scale.part_run import CannotSplitError, JoinedParts, Looker, analyse_part
from fer_core.scale.parts import TURN, Look, Part, plan_parts
from tests.helpers.films import make_video, numbered_frames
from tests.helpers.patch_films import FINDER, JUDGE, Patch, write_patches

PER_S = 25


def stamps(seconds: float, *, key_every: int = 50) -> Stamps:
    count = round(seconds * PER_S)
    return Stamps(tuple(range(count)), tuple(range(0, count, key_every)), Fraction(1, PER_S))


def planned(seconds: float, sampling: Sampling = EVERY_FRAME, **options: Any) -> tuple[Part, ...]:
    return plan_parts(stamps(seconds), RisingClock(0.0, 1 / PER_S), sampling, **options)


class TestPlan:
    @pytest.mark.parametrize("sampling", [EVERY_FRAME, Sampling(every=2), Sampling(fps=10)])
    def test_parts_follow_on_each_other_and_the_detector_begins_each(self, sampling: Sampling) -> None:
        parts = planned(400, sampling, part_s=100, overlap_s=30)
        assert [part.own for part in parts] == [0, *(part.end for part in parts[:-1])]
        assert parts[-1].end is None
        assert len(parts) == 4
        assert all(part.own % TURN == 0 for part in parts)
        for part in parts[1:]:
            own = part.looks_to_check[part.own]
            assert part.start is not None
            assert part.start.key_index % 50 == 0
            assert part.start.key_index <= part.start.from_index <= own.index
            assert own.time_s - part.start.from_index / PER_S == pytest.approx(30, abs=0.2)

    def test_a_look_has_the_number_and_time_that_it_has_in_the_whole_film(self) -> None:
        parts = planned(400, Sampling(fps=10), part_s=100)
        chooser = Sampling(fps=10).chooser()
        looks = [Look(i, i / PER_S) for i in range(400 * PER_S) if chooser.takes(i, i / PER_S)]
        for part in parts:
            assert all(looks[number] == look for number, look in part.looks_to_check.items())

    def test_a_short_film_is_not_split(self) -> None:
        assert planned(149, part_s=100) == ()
        assert len(planned(151, part_s=100)) == 2

    def test_a_film_with_few_looks_is_not_split(self) -> None:
        assert planned(400, Sampling(fps=0.5), part_s=100) == ()

    def test_where_key_frames_are_rare_decoding_to_one_must_not_cost_more_than_a_part(self) -> None:
        clock = RisingClock(0.0, 1 / PER_S)
        parts = plan_parts(stamps(400, key_every=10**6), clock, EVERY_FRAME, part_s=100, overlap_s=30)
        assert [part.own // PER_S for part in parts] == [0, 100]

    def test_no_part_begins_where_frames_lie_far_apart(self) -> None:
        pts = [
            *range(2000),
            *(2000 + 25 * i for i in range(100)),
            *range(4500, 7000),
        ]  # one a second from 80 s to 180 s
        parts = plan_parts(
            Stamps(tuple(pts), tuple(range(0, len(pts), 10)), Fraction(1, PER_S)),
            RisingClock(0.0, 1 / PER_S),
            EVERY_FRAME,
            part_s=140,
        )
        assert parts[1].looks_to_check[parts[1].own].time_s >= 180


def rows(frames: Sequence[AnalysedFrame]) -> list[Any]:
    return [
        (frame.index, round(frame.result.captured_at_s, 6), [face_columns(one) for one in frame.result.faces])
        for frame in frames
    ]


def whole(path: Path, looker: Looker) -> tuple[list[Any], str | None]:
    with open_media(path) as media:
        pipeline = pipeline_for(media.info, looker.detector, looker.model, looker.sampling)
        return rows(list(analyse_media(media, pipeline, sampling=looker.sampling))), media.damage


def parts_of(path: Path, looker: Looker, **options: Any) -> tuple[Part, ...]:
    with open_media(path) as media:
        assert isinstance(media, VideoFile)
        clock, found = media.clock(), media.stamps()
    return () if found is None else plan_parts(found, clock, looker.sampling, **options)


def in_parts(path: Path, looker: Looker, **options: Any) -> tuple[list[Any], JoinedParts]:
    parts = parts_of(path, looker, **options)
    assert len(parts) > 1
    joined = JoinedParts(path, parts, (analyse_part(path, part, looker) for part in parts), looker)
    return rows(list(joined)), joined


def two_who_come_and_go(at_s: float) -> list[Patch]:
    """One for the whole film, who changes; a second one from 3 s to 50 s; a third one from 55 s on."""
    there = [Patch(20 + 10 * math.sin(at_s), 150 + 40 * math.sin(at_s / 3))]
    if 3 <= at_s < 50:
        there.append(Patch(130, 190, y=35 + 10 * math.cos(at_s)))
    if at_s >= 55:
        there.append(Patch(135, 110, y=30))
    return there


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_patches(tmp_path_factory.mktemp("films") / "film.mp4", 80, two_who_come_and_go)


LOOKER = Looker(FINDER, JUDGE)


@pytest.fixture(scope="module")
def of_the_whole(film: Path) -> tuple[list[Any], str | None]:
    return whole(film, LOOKER)


@pytest.fixture(scope="module")
def shorter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_patches(tmp_path_factory.mktemp("films") / "shorter.mp4", 41, two_who_come_and_go)


class TestRows:
    def test_after_the_usual_overlap_no_row_is_analysed_again(self, film: Path, of_the_whole: Any) -> None:
        found, joined = in_parts(film, LOOKER, part_s=40)
        assert (found, joined.damage) == of_the_whole
        assert joined.again == 0
        assert {face[0] for *_, faces in found for face in faces} == {1, 2, 3}

    @pytest.mark.parametrize(
        ("sampling", "part_s"), [(EVERY_FRAME, 20), (Sampling(every=2), 40), (Sampling(fps=3), 40)], ids=str
    )
    def test_after_too_short_an_overlap_the_rows_are_the_same_too(
        self, film: Path, sampling: Sampling, part_s: float
    ) -> None:
        looker = replace(LOOKER, sampling=sampling)
        found, joined = in_parts(film, looker, part_s=part_s, overlap_s=1)
        assert found == whole(film, looker)[0]
        assert 0 < joined.again < len(found)

    def test_a_label_that_stays_only_as_it_was_there_first(self, tmp_path: Path) -> None:
        def undecided(at_s: float) -> list[Patch]:
            return [Patch(70, 110 if at_s < 5 else 170 if at_s < 65 else 190)]

        path = write_patches(tmp_path / "undecided.mp4", 80, undecided)
        found, joined = in_parts(path, LOOKER, part_s=40)
        expected = whole(path, LOOKER)[0]
        values = dict(zip(FACE_COLUMNS, expected[250][2][0], strict=True))
        assert (values["label"], values["happy"] > values["sad"]) == ("sad", True), "at 50 s happy is ahead, too little"
        assert found == expected
        assert 100 <= joined.again < 200, "until the face is plainly happy"

    def test_a_film_without_faces(self, tmp_path: Path) -> None:
        path = write_patches(tmp_path / "nobody.mp4", 50, lambda _: [])
        found, joined = in_parts(path, LOOKER, part_s=25, overlap_s=2)
        assert found == whole(path, LOOKER)[0]
        assert joined.again == 0


class TestDamage:
    def test_a_film_whose_end_is_missing_is_told_as_for_the_whole(self, film: Path, tmp_path: Path) -> None:
        cut = tmp_path / "cut.ts"
        remuxed(film, cut)
        data = cut.read_bytes()
        cut.write_bytes(data[: len(data) * 3 // 4])
        expected = whole(cut, LOOKER)
        try:
            found, joined = in_parts(cut, LOOKER, part_s=25, overlap_s=2)
        except (CannotSplitError, MediaError):
            return  # then the film is analysed as a whole
        assert (found, joined.damage) == expected

    def test_frames_that_do_not_decode_are_not_passed_over(self, shorter: Path, tmp_path: Path) -> None:
        broken = tmp_path / "broken.mp4"
        data = bytearray(shorter.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 6000] = bytes(6000)
        broken.write_bytes(data)
        with pytest.raises(CannotSplitError):
            in_parts(broken, LOOKER, part_s=20, overlap_s=2)

    def test_other_frames_than_the_container_says_are_noticed(self, shorter: Path) -> None:
        parts = parts_of(shorter, LOOKER, part_s=20)
        other = replace(parts[1], looks_to_check={parts[1].own: Look(parts[1].own, 1.0)})
        with pytest.raises(CannotSplitError, match="not those"):
            analyse_part(shorter, other, LOOKER)

    def test_a_part_that_ends_too_soon_is_noticed(self, shorter: Path) -> None:
        parts = parts_of(shorter, LOOKER, part_s=20)
        with pytest.raises(CannotSplitError, match="shorter"):
            analyse_part(shorter, replace(parts[1], end=10**6), LOOKER)

    def test_a_video_without_time_stamps_of_its_own_is_left_whole(self, tmp_path: Path) -> None:
        path = make_video(tmp_path / "bare.avi", numbered_frames(60), [i / 25 for i in range(60)], codec="mpeg4")
        bare = tmp_path / "bare.m4v"
        remuxed(path, bare)
        assert parts_of(bare, LOOKER, part_s=1) == ()


def remuxed(source: Path, target: Path) -> None:
    import av

    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
