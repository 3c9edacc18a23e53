"""Rows of results as Parquet: the columns, values and types of the local command's CSV, and back to CSV."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from fer_core.files.analyse import AnalysedFrame
from fer_core.files.media import MediaInfo
from fer_core.files.result_files import FRAME_COLUMNS
from fer_core.files.table import FACE_COLUMNS, face_columns, text_cell
from fer_core.names import printable
from fer_core.whole_files import replacing

COLUMNS: Final = (*FRAME_COLUMNS, *FACE_COLUMNS)
TEXTS: Final = frozenset({"source", "label", "level", "doubts"})
COUNTS: Final = frozenset({"frame", "face"})
ROWS_AT_ONCE: Final = 20_000
"""Rows that are written together: a group that can be read alone, of less than a megabyte."""


class ParquetResults:
    """A table with the columns `COLUMNS`, zstd; a `ResultWriter`.

    Texts are strings, `frame` and `face` int64, all else float64. An empty cell of the CSV is null; only a face without
    doubts has an empty text.

    Attributes:
        rows: written so far.
    """

    def __init__(self, path: Path) -> None:
        """Begin a file.

        Args:
            path: to write to.

        Raises:
            OSError: it cannot be written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {**dict.fromkeys(TEXTS, pa.string()), **dict.fromkeys(COUNTS, pa.int64())}
        self._schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in COLUMNS])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[Sequence[Any]] = []
        self.rows = 0

    def add(self, source: str, info: MediaInfo, frame: AnalysedFrame) -> None:
        """Take one row per face, or one with empty face columns where there is none; see `ResultWriter.add`."""
        start = [printable(source), frame.index, round(frame.result.captured_at_s, 6)]
        for emotion in frame.result.faces:
            self._waiting.append([*start, *face_columns(emotion)])
        if not frame.result.faces:
            self._waiting.append([*start, *[None] * len(FACE_COLUMNS)])
        if len(self._waiting) >= ROWS_AT_ONCE:
            self._write()

    def end_source(self, damage: str | None) -> None:
        """Write what waits; `damage` stands in the manifest."""
        self._write()

    def finish(self, unreadable: Mapping[str, str]) -> None:
        """Write nothing: such films have no rows; they stand in the manifest."""

    def close(self) -> None:
        """Write what waits and end the file."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        import pyarrow as pa

        if self._waiting:
            columns = [
                pa.array(values, kind)
                for values, kind in zip(zip(*self._waiting, strict=True), self._schema.types, strict=True)
            ]
            self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
            self.rows += len(self._waiting)
            self._waiting = []


@contextmanager
def rows_file(path: Path) -> Iterator[ParquetResults]:
    """Write rows to a file that takes its name only when the block ends without an error.

    Raises:
        OSError: the file cannot be written.
    """
    with replacing(path) as temporary:
        results = ParquetResults(temporary)
        try:
            yield results
        finally:
            results.close()


def read_rows(path: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of a file in their order, a group in memory at a time; None where a cell is empty."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=list(COLUMNS)):
            yield from zip(*(column.to_pylist() for column in group.columns), strict=True)


def write_csv(paths: Iterable[Path], stream: TextIO) -> int:
    """The rows of several files as the local command's CSV; returns how many.

    Args:
        paths: in the order wanted.
        stream: opened with newline="".
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for path in paths:
        for source, *values in read_rows(path):
            writer.writerow([text_cell(source), *values])
            count += 1
    return count
