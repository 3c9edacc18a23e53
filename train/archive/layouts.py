"""From an archive's bytes to faces: what each file within is, and what its path says. Nothing is unpacked to disk."""

import gzip
import io
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from train.archive.collector import FaceCollector
from train.archive.csv_rows import read_header, read_rows
from train.archive.folders import folder_members
from train.archive.images import IMAGE_SUFFIXES, decode_face
from train.archive.limits import ArchiveLimits
from train.archive.members import Member, tar_members, zip_members
from train.archive.people import PeopleShown
from train.archive.skips import SkipRow, shown
from train.archive.splits import Source
from train.archive.streams import CountedStream, Fillable, Meter
from train.archive.types import SkipReason
from train.archive.vocabulary import (
    SplitOfPath,
    is_unlabelled,
    label_of_folders,
    split_of_csv,
    split_of_folders,
    split_of_source,
)
from train.errors import ArchiveError

ARCHIVE_SUFFIXES: Final = frozenset({".zip", ".tar", ".tgz", ".gz"})
OTHER_FORMATS: Final = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"\x89PNG": "a single image",
    b"\xff\xd8\xff": "a single image",
    b"GIF8": "a single image",
    b"PAR1": "Parquet",
    b"\x93NUMPY": "a NumPy array",
    b"\x89HDF": "HDF5",
    b"SQLite format 3\x00": "a database",
    b"\x80\x04\x95": "a Python pickle",
    b"%PDF-": "a PDF document",
}
_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_BUFFER: Final = 1 << 16  # below the size from which malloc maps memory anew each time


@dataclass
class Reading:
    """One pass over an archive.

    Attributes:
        collector: where its faces go.
        meter: counts what it unpacks to, archives within it included.
        opens_inner: whether archives within are read.
        inner_archives: how many were passed over.
        within: the place of the archive that is being read within the outer one; empty for the outer one itself.
    """

    collector: FaceCollector
    limits: ArchiveLimits
    meter: Meter
    opens_inner: bool = False
    inner_archives: int = 0
    within: PurePosixPath = field(default_factory=PurePosixPath)


def read_source(
    path: Path, limits: ArchiveLimits, label_order: str, person: re.Pattern[str] | None = None
) -> FaceCollector:
    """The faces of an archive, or of a folder in its place.

    Archives within it are read, one level deep, only where it has no face of its own: Kaggle's bundle holds the same
    faces as csv and as tar.gz. `person` finds persons in paths (see `train.archive.people.PeopleShown`).

    Raises:
        ArchiveError: it is damaged, encrypted or past a limit, or no archive.
        OSError: it cannot be read.
    """
    size = sum(member.size for member in folder_members(path, limits)) if path.is_dir() else path.stat().st_size
    name = shown(path.name)

    def read(*, opens_inner: bool) -> Reading:
        meter = Meter(name, size, limits)
        collector = FaceCollector(name, limits, label_order, PeopleShown(person))
        reading = Reading(collector, limits, meter, opens_inner)
        own_split = SplitOfPath(split_of_source(path.name))
        if path.is_dir():
            _read_members(_metered(folder_members(path, limits), meter), reading, own_split)
        else:
            with path.open("rb", buffering=0) as file:
                _read_file(file, name, reading, own_split)
        return reading

    reading = read(opens_inner=False)
    if not reading.collector.faces and reading.inner_archives:
        reading = read(opens_inner=True)
    return reading.collector


def _metered(members: Iterable[Member], meter: Meter) -> Iterator[Member]:
    for member in members:
        meter.add_member()
        meter.add_bytes(member.size)
        yield member


def _read_file(file: io.RawIOBase | io.BytesIO, name: str, reading: Reading, own_split: SplitOfPath) -> None:
    start = file.read(4) or b""
    file.seek(0)
    if start.startswith(b"PK"):
        _read_members(zip_members(file, name, reading.limits, reading.meter), reading, own_split)
    elif start.startswith(b"\x1f\x8b"):
        # gzip hands its exceptions through the counted stream, which names them.
        _read_plain(gzip.GzipFile(fileobj=file), name, reading, own_split)
    else:
        _read_plain(cast(Fillable, file), name, reading, own_split)


def _read_plain(file: Fillable, name: str, reading: Reading, own_split: SplitOfPath) -> None:
    """Read what is no zip, unpacked already: a tar or a csv."""
    limits = reading.limits
    stream = io.BufferedReader(CountedStream(file, name, reading.meter), _BUFFER)
    start = stream.peek(512)[:512]
    if _is_tar(start):
        _read_members(tar_members(stream, name, limits, reading.meter), reading, own_split)
        return
    for magic, what in OTHER_FORMATS.items():
        if start.startswith(magic):
            raise ArchiveError(f"{name} is {what}, which is not read: expected csv, zip or tar.gz. Convert it.")
    layout, line = read_header(stream, limits)
    _check_text(name, start, is_csv=layout is not None)
    if layout is None and line.startswith("Usage,Image name,"):
        raise ArchiveError(f"{name} holds FER+'s votes and no pixels. Pass FER2013's csv, and this one with --ferplus.")
    if layout is None:
        raise ArchiveError(
            f"{name} is no zip or tar.gz, and it does not start with the header emotion,pixels,Usage of FER2013's "
            f"csv: it starts with {shown(line)!r}. Check that it is a FER2013 archive."
        )
    read_rows(stream, layout, reading.collector, limits, name=_inner_name(reading), split=own_split)


def _check_text(name: str, start: bytes, *, is_csv: bool) -> None:
    """Refuse texts that are no csv, or one whose lines nobody would find, with what each really is."""
    if is_csv and b"\r" in start and b"\n" not in start:
        raise ArchiveError(
            f"{name} ends its lines with a carriage return only, as old programs did. Save it with standard line ends."
        )
    if not is_csv and start.startswith(_POINTER):
        raise ArchiveError(f"{name} is a Git LFS pointer, not the file itself. Fetch the file with: git lfs pull.")
    if not is_csv and start.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise ArchiveError(
            f"{name} is a web page; sites send one when a download needs a login. Log in there and download it again."
        )


def _inner_name(reading: Reading) -> str:
    return str(reading.within) if reading.within.parts else ""


def _is_tar(block: bytes) -> bool:
    """Whether a header block's checksum holds; the oldest tars have no magic word."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
        return True  # a block of zeros: an empty tar
    except (tarfile.HeaderError, ValueError):
        return block[257:262] == b"ustar"  # a damaged one, then
    return True


def _read_members(members: Iterable[Member], reading: Reading, own_split: SplitOfPath) -> None:
    for found in members:
        member = replace(found, place=reading.within / found.place) if reading.within.parts else found
        try:
            if member.refused is not None:
                raise SkipRow(member.refused)
            if member.suffix == ".csv":
                _read_csv_member(member, reading, own_split)
            elif member.suffix in IMAGE_SUFFIXES:
                _read_image_member(member, reading, own_split)
            elif member.suffix in ARCHIVE_SUFFIXES:
                _read_inner_archive(member, reading, own_split)
            else:
                raise SkipRow(SkipReason.OTHER_FILE)
        except SkipRow as skip:
            reading.collector.skip(member.name, skip.reason, skip.detail, place=skip.place)


def _read_csv_member(member: Member, reading: Reading, own_split: SplitOfPath) -> None:
    with member.open() as stream:
        layout, line = read_header(stream, reading.limits)
        if layout is None:
            raise SkipRow(SkipReason.NO_COLUMNS, f"starts with {line!r}")
        split = _or(split_of_csv(member.name), own_split)
        read_rows(stream, layout, reading.collector, reading.limits, name=member.name, split=split)


def _read_image_member(member: Member, reading: Reading, own_split: SplitOfPath) -> None:
    folders, limits = member.place.parts[:-1], reading.limits
    code = label_of_folders(folders)
    if code is None:
        unlabelled = is_unlabelled(folders)
        reason = SkipReason.UNLABELLED if unlabelled else SkipReason.NO_EMOTION_FOLDER
        raise SkipRow(reason, place="/".join(folders) or "the archive's root")
    if member.size > limits.image_bytes:
        raise SkipRow(SkipReason.IMAGE_TOO_LARGE, f"{member.size} bytes, at most {limits.image_bytes}")
    try:
        data = _content(member)
    except ArchiveError as error:
        if not member.stands_alone:
            raise
        raise SkipRow(SkipReason.DAMAGED, str(error)) from error
    pixels, area = decode_face(data, limits)
    reading.meter.add_pixels(area)
    reading.collector.people.note(pixels, member.place)
    split = _or(split_of_folders(folders), own_split)
    reading.collector.add(Source.FOLDERS, split, code, pixels, place="/".join(folders))


def _read_inner_archive(member: Member, reading: Reading, own_split: SplitOfPath) -> None:
    if reading.within.parts:
        raise SkipRow(SkipReason.OTHER_FILE, "an archive two levels deep: unpack the outer one")
    if not reading.opens_inner:
        reading.inner_archives += 1
        raise SkipRow(SkipReason.OTHER_FILE, "an archive within, read only where there is nothing else")
    most = reading.limits.inner_bytes
    if member.size > most:
        raise ArchiveError(
            f"{shown(member.name)}, within {reading.collector.name}, has {member.size} bytes; at most {most} are read "
            "there (limit: inner_bytes). Unpack the outer archive and use the inner one."
        )
    data = _content(member)
    within = replace(reading, within=member.place.parent / member.place.name.split(".")[0], inner_archives=0)
    split = _or(split_of_folders(within.within.parts), own_split)
    _read_file(io.BytesIO(data), shown(member.name), within, split)


def _content(member: Member) -> bytes:
    stream: IO[bytes]
    with member.open() as stream:
        return stream.read(member.size)


def _or(split: SplitOfPath, own: SplitOfPath) -> SplitOfPath:
    """What the path says, else what the source's own name does."""
    return own if split.split is None and not split.in_doubt else split
