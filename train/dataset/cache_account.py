"""The JSON file beside the faces of a cached data set."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from train.archive.types import Dataset, Skipped, SkippedPlace, SkipReason, SkipSummary


@dataclass(frozen=True)
class CacheAccount:
    """What the cache's JSON file of a data set holds: `Dataset` without the faces, and what identifies the archive."""

    source: str
    sha256: str
    archive_bytes: int
    faces: dict[str, int]
    read_at: str
    made_validation: bool
    skipped: SkipSummary
    label_order: str
    notes: tuple[str, ...]
    split_by: str

    @classmethod
    def of(cls, dataset: Dataset, archive_bytes: int) -> "CacheAccount":
        """The account of a data set whose archive has `archive_bytes` bytes, read now."""
        return cls(
            source=dataset.source,
            sha256=dataset.sha256,
            archive_bytes=archive_bytes,
            faces={split: len(faces) for split, faces in dataset.splits.items()},
            read_at=datetime.now(UTC).isoformat(timespec="seconds"),
            made_validation=dataset.made_validation,
            skipped=dataset.skipped,
            label_order=dataset.label_order,
            notes=dataset.notes,
            split_by=dataset.split_by,
        )

    def to_json(self) -> str:
        """As indented JSON."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> "CacheAccount | None":
        """The account at `path`, or None when it is missing, damaged or not ours."""
        try:
            values = json.loads(path.read_text("utf-8"))
            skipped = values["skipped"]
            return cls(
                source=str(values["source"]),
                sha256=str(values["sha256"]),
                archive_bytes=int(values["archive_bytes"]),
                faces={str(split): int(count) for split, count in values["faces"].items()},
                read_at=str(values["read_at"]),
                made_validation=bool(values["made_validation"]),
                skipped=SkipSummary(
                    {SkipReason(reason): int(count) for reason, count in skipped["by_reason"].items()},
                    tuple(Skipped(e["where"], SkipReason(e["reason"]), e["detail"]) for e in skipped["examples"]),
                    tuple(SkippedPlace(e["place"], SkipReason(e["reason"]), e["count"]) for e in skipped["places"]),
                ),
                label_order=str(values["label_order"]),
                notes=tuple(map(str, values["notes"])),
                split_by=str(values["split_by"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
