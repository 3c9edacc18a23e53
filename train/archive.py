"""FER2013 as people have it, read into splits without ever unpacking anything to disk.

Read here: the Kaggle challenge's csv (`emotion,pixels,Usage`, columns in any order, Usage optional), plain, gzipped or
within a zip, tar or tar.gz; and class folders (`train/<emotion>/*`, `test/<emotion>/*`, or without a split) of jpg
or png images within a zip, tar or tar.gz. What a name means stands in `train.archive_words`.

A single bad row or image is skipped, counted and listed in `Dataset.skipped`. The archive as a whole is refused, by
one ArchiveError, when it is damaged, encrypted or past a limit, or when too much of it had to be skipped.
"""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from train.archive_csv import read_header, read_rows
from train.archive_images import decode_face
from train.archive_members import Member, tar_members, zip_members
from train.archive_people import set_aside_validation
from train.archive_rows import FaceCollector, SkipRow, Source, shown
from train.archive_streams import CountedStream, Fillable, Meter
from train.archive_types import SIDE, SPLITS, Dataset, LabelledFaces, Skipped, SkipReason, SkipSummary
from train.archive_words import emotion_of_folders, split_of_csv, split_of_folders
from train.errors import ArchiveError
from train.limits import ArchiveLimits

__all__ = [
    "SIDE",
    "SPLITS",
    "ArchiveLimits",
    "Dataset",
    "LabelledFaces",
    "SkipReason",
    "SkipSummary",
    "Skipped",
    "file_sha256",
    "read_archive",
]

IMAGE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg"})
OTHER_FORMATS: Final = {
    b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"7z\xbc\xaf": "7-Zip", b"Rar!": "RAR", b"\x28\xb5\x2f\xfd": "zstd",
    b"\xff\xfe": "UTF-16 text", b"\xfe\xff": "UTF-16 text",
    b"\x89PNG": "a single image", b"\xff\xd8\xff": "a single image",
}  # fmt: skip
_BUFFER: Final = 1 << 16  # below the size from which malloc maps memory anew each time


def read_archive(path: Path, limits: ArchiveLimits | None = None, *, sha256: str | None = None) -> Dataset:
    """Read a FER2013 archive.

    Args:
        path: csv, zip, tar or tar.gz. Which one is told by the content, not by the name.
        limits: what it may cost; `ArchiveLimits()` if None.
        sha256: of the file, if it is known already.

    Raises:
        ArchiveError: the file is missing, is none of these, is damaged, encrypted or past a limit, or holds no
            usable training face.
    """
    limits = limits or ArchiveLimits()
    name = shown(path.name)
    try:
        _check_file(path, limits)
        collector = FaceCollector(name, limits)
        _read_into(collector, path, limits)
        sha256 = sha256 or file_sha256(path)
    except OSError as error:
        raise ArchiveError(
            f"{name} cannot be read: {error.strerror or error}. Check the disk and the rights."
        ) from error
    splits, skipped = collector.finish()
    if "train" not in splits:
        raise ArchiveError(f"{name} has no training faces, only {', '.join(splits)}. Use an archive that has them.")
    made_validation, split_by = "validation" not in splits, ""
    if made_validation:
        train, validation, split_by = set_aside_validation(splits["train"], name, collector.people)
        splits = {"train": train, "validation": validation} | {s: splits[s] for s in splits if s == "test"}
    return Dataset(splits, sha256, name, skipped, made_validation, split_by=split_by)


def file_sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_file(path: Path, limits: ArchiveLimits) -> None:
    if not path.is_file():
        raise ArchiveError(f"No archive at {path}: expected a csv, zip or tar.gz file. Check the path.")
    size = path.stat().st_size
    if size == 0:
        raise ArchiveError(f"{path.name} is empty: expected a csv, zip or tar.gz file. Download it again.")
    if size > limits.archive_bytes:
        raise ArchiveError(
            f"{path.name} has {size} bytes; at most {limits.archive_bytes} are read (limit: archive_bytes). "
            "Use a smaller archive."
        )


def _read_into(collector: FaceCollector, path: Path, limits: ArchiveLimits) -> None:
    name = shown(path.name)
    meter = Meter(name, path.stat().st_size, limits)
    with path.open("rb") as file:
        start = file.read(512)
        file.seek(0)
        if start.startswith(b"PK"):
            _read_members(zip_members(path, limits), collector, limits, meter)
        elif start.startswith(b"\x1f\x8b"):
            # gzip hands its exceptions through the counted stream, which names them.
            _read_plain(gzip.GzipFile(fileobj=file), collector, limits, meter)
        else:
            _read_plain(file, collector, limits, meter)


def _read_plain(file: Fillable, collector: FaceCollector, limits: ArchiveLimits, meter: Meter) -> None:
    """Read what is no zip, unpacked already: a tar or a csv."""
    name = collector.name
    stream = io.BufferedReader(CountedStream(file, name, meter), _BUFFER)
    start = stream.peek(512)[:512]
    if _is_tar(start):
        _read_members(tar_members(stream, name, limits, meter), collector, limits, meter)
        return
    for magic, what in OTHER_FORMATS.items():
        if start.startswith(magic):
            raise ArchiveError(f"{name} is {what}, which is not read: expected csv, zip or tar.gz. Convert it.")
    layout, line = read_header(stream, limits)
    if layout is None:
        raise ArchiveError(
            f"{name} is no zip or tar.gz and does not start with the header emotion,pixels,Usage of FER2013's csv "
            f"but with {shown(line)!r}. Check that it is a FER2013 archive."
        )
    read_rows(stream, layout, collector, limits)


def _is_tar(block: bytes) -> bool:
    """Whether a header block's checksum holds; the oldest tars have no magic word."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
        return True  # a block of zeros: an empty tar
    except (tarfile.HeaderError, ValueError):
        return block[257:262] == b"ustar"  # a damaged one, then
    return True


def _read_members(members: Iterable[Member], collector: FaceCollector, limits: ArchiveLimits, meter: Meter) -> None:
    for member in members:
        try:
            if member.refused is not None:
                raise SkipRow(member.refused)
            if member.suffix == ".csv":
                _read_csv_member(member, collector, limits)
            elif member.suffix in IMAGE_SUFFIXES:
                _read_image_member(member, collector, limits, meter)
            else:
                raise SkipRow(SkipReason.OTHER_FILE)
        except SkipRow as skip:
            collector.skip(member.name, skip.reason, skip.detail)


def _read_csv_member(member: Member, collector: FaceCollector, limits: ArchiveLimits) -> None:
    with member.open() as stream:
        layout, line = read_header(stream, limits)
        if layout is None:
            raise SkipRow(SkipReason.NO_COLUMNS, f"starts with {line!r}")
        split = split_of_csv(member.name) or "train"
        read_rows(stream, layout, collector, limits, prefix=f"{member.name}, ", split=split)


def _read_image_member(member: Member, collector: FaceCollector, limits: ArchiveLimits, meter: Meter) -> None:
    folders = member.place.parts[:-1]
    label = emotion_of_folders(folders)
    if label is None:
        raise SkipRow(SkipReason.NO_EMOTION_FOLDER)
    if member.size > limits.image_bytes:
        raise SkipRow(SkipReason.IMAGE_TOO_LARGE, f"{member.size} bytes, at most {limits.image_bytes}")
    try:
        with member.open() as stream:
            data = stream.read(member.size)
    except ArchiveError as error:
        if not member.stands_alone:
            raise
        raise SkipRow(SkipReason.DAMAGED, str(error)) from error
    pixels, area = decode_face(data, limits)
    meter.add_pixels(area)
    collector.people.note(pixels, member.place)
    collector.add(Source.FOLDERS, split_of_folders(folders) or "train", label, pixels)
