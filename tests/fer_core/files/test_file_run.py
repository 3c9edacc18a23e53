"""What a run over many files survives: one file's surprise is told and the next one follows."""

import csv
import errno
import io
import json
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from fer_core.errors import MediaError, ResultsError
from fer_core.expressions.model import EmotionModel
from fer_core.files.analyse import AnalysedFrame
from fer_core.files.file_run import FileOutcome, FileRun, expected_frames
from fer_core.files.media import MediaInfo
from fer_core.files.result_files import CsvResults, JsonResults, Provenance
from fer_core.files.timing import EVERY_FRAME
from fer_core.results import Face
from tests.helpers.faces import FakeDetector, FakeModel, make_card
from tests.helpers.films import even_times, make_video, numbered_frames


def run_with(detector: FakeDetector, stream: io.StringIO | None = None) -> FileRun:
    writer = JsonResults(stream or io.StringIO(), Provenance(make_card(), "haar", EVERY_FRAME))
    return FileRun(detector, cast(EmotionModel, FakeModel()), EVERY_FRAME, [writer], lambda: False)


def analyse(run: FileRun, path: Path, **options: Any) -> FileOutcome:
    return run.analyse(path, path.name, on_frame=lambda _: None, on_progress=lambda _: None, **options)


def surprise_at(look: int) -> FakeDetector:
    """A detector that breaks in a way that nobody foresaw, at its n-th look."""

    def find(frame_bgr: np.ndarray) -> list[Face]:
        if detector.calls >= look:
            raise ValueError("31 is not a valid Type")
        return []

    detector = FakeDetector(find)
    return detector


def test_a_surprise_in_a_files_first_frame_is_that_files_sentence(tmp_path: Path) -> None:
    path = make_video(tmp_path / "v.mp4", numbered_frames(5), even_times(5))
    with pytest.raises(MediaError, match=r"v\.mp4: it could not be analysed \(ValueError: 31 is not a valid Type\)"):
        analyse(run_with(surprise_at(1)), path)


def test_a_surprise_later_keeps_what_was_found_before(tmp_path: Path) -> None:
    path = make_video(tmp_path / "v.mp4", numbered_frames(10), even_times(10))
    stream = io.StringIO()
    run = run_with(surprise_at(3), stream)
    outcome = analyse(run, path)
    assert outcome.damage == "its analysis broke off here (ValueError: 31 is not a valid Type)"
    assert 0 < outcome.last_s < 9 / 25
    run.writers[0].finish({})
    (source,) = json.loads(stream.getvalue())["sources"]
    assert source["damage"] == outcome.damage
    assert source["frames"][-1]["time_s"] == outcome.last_s


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), OSError(errno.EIO, "Input/output error")])
def test_any_kind_of_surprise(tmp_path: Path, error: Exception) -> None:
    cv2.imwrite(str(tmp_path / "p.png"), numbered_frames(1)[0])

    def fail(*_: object) -> None:
        raise error

    with pytest.raises(MediaError, match=rf"p\.png: it could not be analysed \({type(error).__name__}"):
        analyse(run_with(FakeDetector()), tmp_path / "p.png", frame_sink=fail)


def test_results_that_cannot_be_written_are_no_files_fault(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "p.png"), numbered_frames(1)[0])

    class FullDisk:
        def add(self, source: str, info: MediaInfo, frame: AnalysedFrame) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def end_source(self, damage: str | None) -> None:
            pass

        def finish(self, unreadable: object) -> None:
            pass

    run = FileRun(FakeDetector(), cast(EmotionModel, FakeModel()), EVERY_FRAME, [FullDisk()], lambda: False)
    with pytest.raises(ResultsError, match="cannot be written: No space left on device"):
        analyse(run, tmp_path / "p.png")


def test_expectations_pass_over_what_cannot_be_opened(tmp_path: Path) -> None:
    film = make_video(tmp_path / "v.mp4", numbered_frames(5), even_times(5))
    assert expected_frames([tmp_path / "none.mp4", film, tmp_path / "a\0b.mp4"], EVERY_FRAME) == 5


def test_rows_stay_whole_after_a_surprise(tmp_path: Path) -> None:
    path = make_video(tmp_path / "v.mp4", numbered_frames(10), even_times(10))
    stream = io.StringIO()
    writer = CsvResults(stream, Provenance(make_card(), "haar", EVERY_FRAME))
    run = FileRun(surprise_at(2), cast(EmotionModel, FakeModel()), EVERY_FRAME, [writer], lambda: False)
    analyse(run, path)
    rows = list(csv.reader(io.StringIO(stream.getvalue())))
    assert 1 + 1 < len(rows) < 1 + 10
    assert len({len(row) for row in rows}) == 1
