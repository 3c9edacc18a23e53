"""Rows as Parquet: the columns, values and types of the CSV, and back to it."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fer_core.files.analyse import AnalysedFrame
from fer_core.files.media import MediaInfo
from fer_core.files.result_files import CsvResults, Provenance
from fer_core.files.timing import EVERY_FRAME
from fer_core.results import Doubt, FaceEmotion, FaceQuality
from fer_core.scale import rows
from fer_core.scale.rows import COLUMNS, read_rows, rows_file, write_csv
from tests.helpers.faces import make_card, make_emotion, make_face, make_result

INFO = MediaInfo(Path("a.mp4"), is_picture=False, duration_s=1.0, frame_count=3, rate=25.0)


def one_face(emotion: str = "happy", **changes: Any) -> FaceEmotion:
    """With measures as they are measured: floats."""
    return replace(make_emotion(emotion, **changes), quality=FaceQuality(120.0, 99.96, 0.5, 0.12345))


FRAMES = [
    AnalysedFrame(0, make_result(at_s=0.0)),
    AnalysedFrame(1, make_result(one_face(face=make_face(track_id=1)), at_s=1 / 3)),
    AnalysedFrame(
        2,
        make_result(
            one_face("sad", share=0.61234567, face=make_face((-1.25, 2, 80.06, 90), track_id=2)),
            one_face(doubts=(Doubt.TOO_DARK, Doubt.BLURRED), face=make_face(landmarks=True, track_id=12)),
            at_s=2 / 3,
        ),
    ),
]


def written(path: Path, source: str) -> Path:
    with rows_file(path) as writer:
        for frame in FRAMES:
            writer.add(source, INFO, frame)
        writer.end_source(None)
    assert writer.rows == 4
    return path


def csv_of(source: str) -> str:
    stream = io.StringIO(newline="")
    results = CsvResults(stream, Provenance(make_card(), "haar", EVERY_FRAME))
    for frame in FRAMES:
        results.add(source, INFO, frame)
    return stream.getvalue()


@pytest.mark.parametrize("source", ["films/a.mp4", "=formula.mp4", "caf\udce9.mp4", "世界, 'a' \"b\".mp4"])
def test_the_csv_is_the_local_commands(tmp_path, monkeypatch, source):
    monkeypatch.setattr(rows, "ROWS_AT_ONCE", 2)  # several groups
    stream = io.StringIO(newline="")

    count = write_csv([written(tmp_path / "a.parquet", source)], stream)

    assert stream.getvalue() == csv_of(source)
    assert count == 4


def test_columns_have_types_and_empty_cells_are_null(tmp_path):
    table = pq.read_table(written(tmp_path / "a.parquet", "a.mp4"))

    assert tuple(table.column_names) == COLUMNS
    kinds = {str(field.type) for field in table.schema if field.name not in ("source", "label", "level", "doubts")}
    assert kinds == {"int64", "double"}
    assert table.column("face").to_pylist() == [None, 1, 2, 12]
    assert table.column("label").to_pylist() == [None, "happy", "sad", None]
    assert table.column("doubts").to_pylist() == [None, "", "", "too dark; blurred"]
    assert table.column("time_s").to_pylist() == [0.0, 0.333333, 0.666667, 0.666667]
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(5).compression == "ZSTD"


def test_a_file_that_was_broken_off_does_not_appear(tmp_path):
    def interrupted() -> None:
        with rows_file(tmp_path / "a.parquet") as writer:
            writer.add("a.mp4", INFO, FRAMES[1])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert list(tmp_path.iterdir()) == []


def test_rows_come_in_their_order(tmp_path):
    found = list(read_rows(written(tmp_path / "a.parquet", "a.mp4")))

    assert [row[:4] for row in found] == [
        ("a.mp4", 0, 0.0, None),
        ("a.mp4", 1, 0.333333, 1),
        ("a.mp4", 2, 0.666667, 2),
        ("a.mp4", 2, 0.666667, 12),
    ]
