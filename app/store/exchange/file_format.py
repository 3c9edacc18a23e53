"""The form of an exported session, version 2: a zip of these files.

    session.json      all but the samples: the session, participant, faces, markers, baselines, check-ins
    samples.csv       one row per face and moment, by time; ignored faces and excluded ranges too
    samples.parquet   the same
    samples.json      the same, a list of rows
    dictionary.csv    each column of the samples: its pandas type, unit, range and meaning

In a check-in, phq4 is null, or a list of four answers in the order of the PHQ-4, null where one was left out.

A column is never renamed and its meaning never changed within a version; a reader may meet further columns only in a
later one. Version 1 had no column level. With the types of the dictionary, pandas reads the three forms of the samples
back equal.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.store.samples import DOUBT_BITS, SAMPLE_COLUMNS, stored_level
from app.store.tables import CORRECTED
from fer_core.emotions import EMOTIONS
from fer_core.results import Level

SCHEMA_VERSION: Final = 2
SESSION_FILE: Final = "session.json"
PARTICIPANT_FILE: Final = "participant.json"
CSV_FILE: Final = "samples.csv"
PARQUET_FILE: Final = "samples.parquet"
JSON_FILE: Final = "samples.json"
DICTIONARY_FILE: Final = "dictionary.csv"
DOUBT_SEPARATOR: Final = "; "


@dataclass(frozen=True)
class ColumnMeaning:
    """A column of the samples: its name, pandas type, unit and range, what it means, and its first version."""

    name: str
    dtype: str
    unit: str
    meaning: str
    since: int = 1


def _columns() -> Iterator[ColumnMeaning]:
    yield ColumnMeaning("time_s", "float64", "seconds, from 0", "time since the session's start, whole milliseconds")
    yield ColumnMeaning(
        "face",
        "int32",
        "number",
        "the face as it was tracked; session.json has its name, whether it "
        "was merged into another, and whether it is ignored",
    )
    for emotion in EMOTIONS:
        yield ColumnMeaning(emotion, "float32", "0 to 1", f"probability of {emotion}, smoothed; the seven sum to 1")
    for name, emotion in zip(CORRECTED, EMOTIONS, strict=True):
        yield ColumnMeaning(name, "float32", "0 to 1", f"{emotion} relative to the neutral baseline; empty without one")
    yield ColumnMeaning("valence", "float32", "from -1 to 1", "unpleasant to pleasant, derived from the probabilities")
    yield ColumnMeaning("arousal", "float32", "from -1 to 1", "calm to excited, derived from the probabilities")
    for name in ("valence", "arousal"):
        yield ColumnMeaning(f"{name}_corrected", "float32", "from -1 to 1", f"{name} relative to the baseline")
    yield ColumnMeaning("label", "str", "emotion", "the shown expression; empty where the program was unsure")
    yield ColumnMeaning(
        "level",
        "str",
        ", ".join(Level),
        "how far the label can be trusted: named; leaning, shown as 'probably'; unsure, without a label",
        since=2,
    )
    yield ColumnMeaning("confidence", "float32", "0 to 1", "probability of the label, or of the most probable emotion")
    yield ColumnMeaning(
        "doubts",
        "str",
        "list",
        f"why the program was unsure, some of: {', '.join(DOUBT_BITS)}; separated by '{DOUBT_SEPARATOR}'",
    )
    for side in ("left", "top", "right", "bottom"):
        yield ColumnMeaning(f"{side}_px", "float32", "pixels", f"the {side} side of the face's box in its frame")
    yield ColumnMeaning("light", "float32", "0 to 255", "mean grey value of the face")
    yield ColumnMeaning(
        "sharpness", "float32", "from 0", "low when blurred: deviation of the Laplacian over that of grey"
    )
    yield ColumnMeaning(
        "turn", "float32", "eye distances", "how far the nose is from the middle of the eyes; empty if unknown"
    )


COLUMNS: Final = tuple(_columns())
"""The columns of the samples' files, in their order: those of the table, but time in seconds and doubts in words."""
DTYPES: Final = {column.name: column.dtype for column in COLUMNS}

if tuple("time_ms" if name == "time_s" else name for name in DTYPES) != SAMPLE_COLUMNS:
    raise AssertionError("the export's columns are not those of the table samples")


def column_names(version: int = SCHEMA_VERSION) -> tuple[str, ...]:
    """The columns of samples.csv in that version, in their order."""
    return tuple(column.name for column in COLUMNS if column.since <= version)


def dictionary_csv() -> str:
    """The data dictionary: one line per column of the samples."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("column", "pandas_type", "unit_or_range", "meaning"))
    writer.writerows((column.name, column.dtype, column.unit, column.meaning) for column in COLUMNS)
    return text.getvalue()


def level_in_words(label: str | None, stored: str | None) -> str:
    """The level of a sample from its stored label and level, which is None where the label tells."""
    return stored or (Level.UNSURE if label is None else Level.NAMED).value


def level_from_words(label: str, level: str) -> str | None:
    """The other way round.

    Raises:
        ValueError: there is no such level, or it does not go with the label, which is empty for unsure.
    """
    if (Level(level) is Level.UNSURE) != (not label):
        raise ValueError("a level that does not go with the label")
    return stored_level(Level(level))


def doubts_in_words(bits: int) -> str | None:
    """The words for stored doubts; None for no doubt."""
    return DOUBT_SEPARATOR.join(doubt.value for doubt, bit in DOUBT_BITS.items() if bits & bit) or None


def doubts_from_words(words: str) -> int:
    """The other way round.

    Raises:
        KeyError: there is no such doubt.
    """
    bits = {doubt.value: bit for doubt, bit in DOUBT_BITS.items()}
    return sum(bits[word] for word in set(words.split(DOUBT_SEPARATOR))) if words else 0
