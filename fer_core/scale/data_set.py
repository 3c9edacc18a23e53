"""The folder that a run over many films writes, and what of it is done already.

- `dataset.json`: how its films are analysed; all of them the same way.
- `journal.jsonl`: a line for each film that is done, written at once; of a film's lines the last one counts.
- `manifest.parquet`: the same as a table, made at the end of a run.
- `rows/shard=ab/….parquet`: the rows of one film each; the shard is the start of its content's hash.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self, get_args, get_type_hints

from fer_core.errors import ResultsError
from fer_core.json_files import read_json
from fer_core.names import shown_name
from fer_core.private import make_folder
from fer_core.whole_files import replacing, write_whole

SCHEMA_VERSION: Final = 1
SETTINGS_FILE: Final = "dataset.json"
JOURNAL_FILE: Final = "journal.jsonl"
MANIFEST_FILE: Final = "manifest.parquet"
ROWS: Final = "rows"


class State(StrEnum):
    """How the analysis of a film ended."""

    DONE = "done"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Settings:
    """How all films of a data set are analysed.

    Attributes:
        model: its name.
        model_sha256: of its network.
        detector: the face detector's name.
        every, fps: see `Sampling`.
        max_faces: of a frame; None for all of a picture and the usual number of a video's frame.
    """

    model: str
    model_sha256: str
    detector: str
    every: int
    fps: float | None
    max_faces: int | None

    def differences(self, other: "Settings") -> str:
        """What differs, for a sentence; empty where nothing does."""
        mine, theirs = asdict(self), asdict(other)
        return ", ".join(
            f"{name} {theirs[name]} instead of {mine[name]}" for name in mine if mine[name] != theirs[name]
        )


@dataclass(frozen=True)
class Entry:
    """What the manifest says of a film.

    Attributes:
        source: what the rows call it.
        path: where it was read.
        sha256: of its content; None where it could not be read at all, or its analysis ended its worker: it is tried
            again in the next run.
        bytes: of its content; None likewise.
        state: see `State`.
        error: what was broken in it, or why it gave nothing, a sentence; None when all was well.
        rows: in its file of rows.
        rows_file: below the data set's folder; None where there are no rows.
        frames: analysed.
        film_s: seconds of film analysed.
        took_s: seconds of work, of all workers together.
        parts: in which it was analysed; 1 for a film that was not split.
        worker: the machine that wrote its rows.
        model, model_sha256, detector, every, fps, max_faces: see `Settings`.
        versions: of this program, of Python and of the packages that decode, find and judge, as "name version, …".
        finished: date and time, ISO 8601, UTC.
    """

    source: str
    path: str
    sha256: str | None
    bytes: int | None
    state: State
    error: str | None
    rows: int
    rows_file: str | None
    frames: int
    film_s: float
    took_s: float
    parts: int
    worker: str
    model: str
    model_sha256: str
    detector: str
    every: int
    fps: float | None
    max_faces: int | None
    versions: str
    finished: str

    @classmethod
    def of_line(cls, line: str) -> "Entry | None":
        """The entry of a line of the journal; None of one that was cut off as the program was killed."""
        try:
            values = json.loads(line)
            return cls(**{**values, "state": State(values["state"])})
        except (ValueError, TypeError, KeyError):
            return None


def rows_name(source: str, sha256: str) -> str:
    """The file of a film's rows, below the data set's folder: the same for the same film at the same place."""
    place = hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{ROWS}/shard={sha256[:2]}/{sha256[:16]}-{place[:8]}.parquet"


class DataSet:
    """The folder, opened to be written. One program at a time."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Use `open_data_set`."""
        self.folder = folder
        self.settings = settings
        self._journal = (folder / JOURNAL_FILE).open("a+", encoding="utf-8")
        try:
            _lock(self._journal.fileno(), folder)
        except ResultsError:
            self._journal.close()
            raise
        self._journal.seek(0)
        text = self._journal.read()
        self.entries = _entries(text)
        if text and not text.endswith("\n"):
            self._journal.write("\n")
        self._remove_strays()

    def has(self, source: str) -> str | None:
        """The hash of the content of that name whose rows, or whose fault, are written; None where there is none.

        A film whose file of rows is gone is done again.
        """
        entry = self.entries.get(source)
        if entry is None or (entry.rows_file is not None and not (self.folder / entry.rows_file).is_file()):
            return None
        return entry.sha256

    def add(self, entry: Entry) -> None:
        """Write a film down, at once; what was there of its name is replaced.

        Raises:
            OSError: it cannot be written.
        """
        before = self.entries.get(entry.source)
        self._journal.write(json.dumps(asdict(entry)) + "\n")
        self._journal.flush()
        self.entries[entry.source] = entry
        if before is not None and before.rows_file not in (None, entry.rows_file):
            (self.folder / str(before.rows_file)).unlink(missing_ok=True)

    def write_manifest(self) -> None:
        """Write all entries as a table.

        Raises:
            OSError: it cannot be written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {int: pa.int64(), float: pa.float64()}
        types = ((name, get_args(kind) or (kind,)) for name, kind in get_type_hints(Entry).items())
        schema = pa.schema([(name, kinds.get(parts[0], pa.string())) for name, parts in types])
        rows = [{**asdict(entry), "state": entry.state.value} for entry in _in_order(self.entries.values())]
        with replacing(self.folder / MANIFEST_FILE) as temporary:
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary, compression="zstd")

    def close(self) -> None:
        """Let another program write."""
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _remove_strays(self) -> None:
        """Rows that no entry names: of runs that were killed between both, or half written."""
        named = {entry.rows_file for entry in self.entries.values()}
        for path in [*(self.folder / ROWS).glob("shard=*/*.parquet"), *(self.folder / ROWS).glob("shard=*/.*.part")]:
            if path.relative_to(self.folder).as_posix() not in named:
                path.unlink(missing_ok=True)


def open_data_set(folder: Path, settings: Settings) -> DataSet:
    """Open a data set to go on with it, or begin one.

    Args:
        folder: its own, made where it is missing.
        settings: those of this run.

    Raises:
        ResultsError: its films were analysed otherwise, another program writes it, or the folder holds something else.
        OSError: it cannot be written.
    """
    name = shown_name(folder)
    if folder.exists() and not folder.is_dir():
        raise ResultsError(f"{name}: expected a folder for the data set, found a file. Choose another name.")
    stated = folder / SETTINGS_FILE
    if stated.exists():
        found = _stated_settings(stated)
        if found != settings:
            raise ResultsError(
                f"{name}: this data set was made with other settings ({settings.differences(found)}). "
                "Use the same ones, or choose another folder."
            )
    elif folder.is_dir() and any(folder.iterdir()):
        raise ResultsError(f"{name}: this folder holds something other than a data set. Choose an empty or a new one.")
    else:
        make_folder(folder)
        write_whole(stated, json.dumps({"schema_version": SCHEMA_VERSION} | asdict(settings), indent=1))
    make_folder(folder / ROWS)
    return DataSet(folder, settings)


def read_entries(folder: Path) -> list[Entry]:
    """What a data set's journal says, in the order of the sources, as the local command goes through a folder.

    Raises:
        ResultsError: it is no data set.
        OSError: it cannot be read.
    """
    if not (folder / SETTINGS_FILE).is_file() or not (folder / JOURNAL_FILE).is_file():
        raise ResultsError(f"{shown_name(folder)}: expected a data set's folder, found no {SETTINGS_FILE} in it.")
    entries = _entries((folder / JOURNAL_FILE).read_text(encoding="utf-8"))
    return _in_order(entries.values())


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: Path(entry.source))


def _entries(journal: str) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for line in journal.splitlines():
        entry = Entry.of_line(line)
        if entry is not None:
            entries[entry.source] = entry
    return entries


def _stated_settings(path: Path) -> Settings:
    try:
        values: dict[str, Any] = read_json(path)
        version = values.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise ValueError(f"schema {version}")
        return Settings(**values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ResultsError(
            f"{shown_name(path)}: expected a data set's settings, found {error}. Choose another folder."
        ) from error


def _lock(journal: int, folder: Path) -> None:
    """Keep other programs out, where the system can: two would do every film twice."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ResultsError(
            f"{shown_name(folder)}: another run is writing this data set. Wait for its end, or choose another folder."
        ) from error
    except OSError:  # shared storage that knows no locks
        return
