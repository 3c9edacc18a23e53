"""The samples of a session, exported part by part.

So a long session needs no more memory than a short one. All three forms come from one reading, so they hold the same
samples even while the session is still being recorded.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import select

from app.store import tables
from app.store.database import Store
from app.store.exchange.file_format import COLUMNS, doubts_in_words, level_in_words
from app.store.samples import SAMPLE_COLUMNS, column_parts
from fer_core.private import make_file

if TYPE_CHECKING:  # pandas takes a third of a second; only an export needs it
    import pandas as pd

_ROWS_AT_ONCE: Final = 20_000


def sample_frame(store: Store, session_id: int) -> "pd.DataFrame":
    """All samples of a session as they are stored, ignored faces and excluded ranges too, in the export's columns."""
    import pandas as pd

    return pd.concat(list(sample_frames(store, session_id)), ignore_index=True)


def sample_frames(store: Store, session_id: int) -> Iterator["pd.DataFrame"]:
    """The same in parts; one without rows where there are no samples."""
    table = tables.samples
    query = select(*(table.c[name] for name in SAMPLE_COLUMNS)).filter_by(session_id=session_id)
    with store.read() as connection:
        for columns in column_parts(
            connection, query.order_by(table.c.time_ms, table.c.face), SAMPLE_COLUMNS, _ROWS_AT_ONCE
        ):
            yield _as_frame(columns)


def write_samples(frames: Iterable["pd.DataFrame"], csv_file: IO[bytes], json_path: Path, parquet_path: Path) -> int:
    """Write the three forms; gives how many samples there are.

    Args:
        frames: of `sample_frames`.
        csv_file: open for writing.
        json_path: a file that is made.
        parquet_path: likewise.

    Raises:
        OSError: a file cannot be written.
        StoreError: the samples cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, writer = 0, None
    make_file(json_path)
    make_file(parquet_path)
    with json_path.open("w", encoding="utf-8") as json_file:
        json_file.write("[")
        try:
            for frame in frames:
                frame.to_csv(csv_file, index=False, lineterminator="\n", header=count == 0)
                rows = frame.to_json(orient="records", double_precision=15)[1:-1]
                json_file.write(f",{rows}" if count and rows else rows)
                part = pa.Table.from_pandas(frame, preserve_index=False)
                if writer is None:
                    writer = pq.ParquetWriter(parquet_path, part.schema)
                writer.write_table(part.cast(writer.schema))
                count += len(frame)
        finally:
            if writer is not None:
                writer.close()
        json_file.write("]")
    return count


def _as_frame(columns: dict[str, np.ndarray]) -> "pd.DataFrame":
    import pandas as pd

    columns["time_s"] = columns["time_ms"] / 1000
    pairs = zip(columns["label"], columns["level"], strict=True)
    columns["level"] = np.array([level_in_words(label, level) for label, level in pairs], object)
    columns["doubts"] = np.array([doubts_in_words(int(bits)) for bits in columns["doubts"]], object)
    return pd.DataFrame({column.name: pd.Series(columns[column.name], dtype=column.dtype) for column in COLUMNS})
