"""Archives of faces as csv, zip and tar.gz, mutated before or after they are packed."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import Target
from tests.helpers.archive_builders import csv_text, faces, folder_files, tar_bytes, zip_bytes
from train.archive.limits import ArchiveLimits
from train.archive.reader import read_archive
from train.errors import ArchiveError

LIMITS = ArchiveLimits(total_bytes=64 << 20, image_pixels=1_000_000, total_pixels=50_000_000)
CELLS = ("", "7", "-1", "3.0", "nan", "happy", "9" * 400, "\0", "é", '"', "1 2 3", "[1, 2]", "256 " * 2304)
NAMES = (
    *("train/happy/../../x.png", "/train/happy/x.png", "train/", "C:\\train\\sad\\x.png", "train/happy/\0.png"),
    *("train/sad/" + "x" * 300 + ".png", "test/ANGRY/x.PNG", "train/3/x.png", "__MACOSX/train/sad/._x.png"),
)


def target(folder: Path) -> Target:
    """The target."""
    rows = faces(2)
    files = folder_files(rows, {"Training": "train", "PublicTest": "test"})
    text = csv_text(rows)
    makers: tuple[Callable[[random.Random], bytes], ...] = (
        lambda rng: _csv(rng, text),
        lambda rng: zip_bytes({"fer2013.csv": _csv(rng, text)}),
        lambda rng: zip_bytes(_files(rng, files)),
        lambda rng: tar_bytes(_files(rng, files)),
        lambda rng: mutated(rng, zip_bytes(files)),
        lambda rng: mutated(rng, tar_bytes(files)),
        lambda rng: mutated(rng, text.encode()),
    )

    def make(rng: random.Random, case: Path) -> Path:
        path = case / rng.choice(("faces.csv", "faces.zip", "faces.tar.gz", "faces"))
        path.write_bytes(rng.choice(makers)(rng))
        return path

    return Target(make, _read, (ArchiveError,))


def _csv(rng: random.Random, text: str) -> bytes:
    lines = text.splitlines()
    for _ in range(rng.choice((1, 2, 8))):
        at = rng.randrange(len(lines))
        cells = lines[at].split(",")
        cells[rng.randrange(len(cells))] = rng.choice(CELLS)
        lines[at] = ",".join(cells)
    return rng.choice(("\n", "\r\n", "\r")).join(lines).encode(rng.choice(("utf-8", "utf-8-sig", "utf-16")))


def _files(rng: random.Random, files: dict[str, bytes]) -> dict[str, bytes]:
    changed = dict(files)
    for _ in range(rng.choice((1, 2, 8))):
        name = rng.choice(list(changed))
        content = changed.pop(name)
        changed[rng.choice((name, rng.choice(NAMES)))] = rng.choice((content, mutated(rng, content), b""))
    return changed


def _read(path: Path) -> None:
    dataset = read_archive(path, LIMITS)
    for split in dataset.splits.values():
        assert split.pixels.shape == (len(split), 48, 48)
        assert split.pixels.dtype == np.uint8
        assert set(split.labels.tolist()) <= set(range(7))
