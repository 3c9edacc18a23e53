"""What reading an archive may cost: one frozen set of limits, checked while reading."""

from dataclasses import dataclass, fields
from typing import Final

from fer_core.limits import MAX_ARCHIVE_IMAGE_PIXELS
from train.errors import ConfigError

RATIO_FREE_BYTES: Final = 16 << 20
"""An archive that unpacks to less than this is never called a bomb: a few blank images compress a thousandfold."""


@dataclass(frozen=True)
class ArchiveLimits:
    """Bounds on an archive. Past one of the first group reading stops; past one of the second a single face is skipped.

    The defaults admit FER2013 in every form (36,000 members, 290 MB) with room for sets several times as large,
    and keep the worst archive to minutes of one core and about 2 GB of memory.

    Attributes:
        archive_bytes: size of the file itself.
        members: entries of a zip or tar, of whatever kind.
        inner_bytes: size of an archive within the archive, which is held in memory while it is read.
        total_bytes: unpacked size of all entries together.
        ratio: unpacked size over the file's size; asked once more than 16 MiB are unpacked. A csv of faces has 3.
        total_pixels: sum of width x height over all images decoded.
        faces: faces kept.
        skips: rows and images left out.
        skipped_share: largest share of skipped faces among all, 0-1; beyond it the archive is refused as a whole.

        line_bytes: one line of a csv. A row of FER2013 has at most 9.3 kB.
        image_bytes: one image file.
        image_pixels: width x height of one image.
        listed_skips: examples kept of each reason for skipping; the counts stay exact.
    """

    archive_bytes: int = 2 << 30
    members: int = 200_000
    inner_bytes: int = 512 << 20
    total_bytes: int = 4 << 30
    ratio: float = 200.0
    total_pixels: int = 40_000_000_000
    faces: int = 500_000
    skips: int = 500_000
    skipped_share: float = 0.5
    line_bytes: int = 1 << 20
    image_bytes: int = 32 << 20
    image_pixels: int = MAX_ARCHIVE_IMAGE_PIXELS
    listed_skips: int = 20

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "skipped_share":
                if not 0 <= value <= 1:
                    raise ConfigError(f"skipped_share must lie in 0-1, got {value}")
            elif value < 1:
                raise ConfigError(f"{field.name} must be at least 1, got {value}")
