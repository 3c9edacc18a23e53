"""Decoded data sets on disk, so that an archive is decoded once.

A data set is `<key>.npz` (its faces) and `<key>.json` (its account) in one folder. The key is made of the archive's
SHA-256, the reader's version, the limits it was read under, the label order that was asked for and what its own name
says of its split: whatever could change the result changes the key.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from train.archive.folders import folder_stamp
from train.archive.limits import ArchiveLimits
from train.archive.reader import archive_sha256, read_archive
from train.archive.skips import shown
from train.archive.streams import damage_named
from train.archive.types import SPLITS, Dataset, LabelledFaces
from train.archive.uploads import FreeBytes, free_disk_bytes, require_space, whole_file
from train.archive.vocabulary import split_of_source
from train.dataset.cache_account import CacheAccount
from train.errors import ArchiveError

READER_VERSION: Final = 4
"""Raised whenever `read_archive` gives other faces or splits for the same archive."""


@dataclass(frozen=True)
class CachedDataset:
    """A data set in the cache.

    Attributes:
        name: the archive's file name when it was first read.
        sha256: of the archive.
        faces: number of faces by split.
        read_at: when it was decoded, ISO 8601 in UTC.
        size_bytes: of its file.
        key: its name in the cache, for `load_cached`.
    """

    name: str
    sha256: str
    faces: Mapping[str, int]
    read_at: str
    size_bytes: int
    key: str


def load_dataset(
    path: Path,
    cache_dir: Path,
    limits: ArchiveLimits | None = None,
    *,
    label_order: str = "",
    free_bytes: FreeBytes = free_disk_bytes,
) -> Dataset:
    """The archive at `path`, out of the cache if it is there, else decoded and put there.

    A folder is hashed each time. A damaged entry is made anew. `source` is the name of `path`, whatever the archive was
    called when it was cached.

    Args:
        path: csv, zip, tar or tar.gz, or a folder.
        cache_dir: folder of the cache; made if missing.
        limits: what reading may cost; `ArchiveLimits()` if None.
        label_order: what numeric labels mean (see `read_archive`).
        free_bytes: gives the bytes that are free on a folder's disk.

    Raises:
        ArchiveError: the archive cannot be read (see `read_archive`), or the disk is too full for the cache.
        ConfigError: there is no such label order.
    """
    limits = limits or ArchiveLimits()
    before = _stamp(path, limits)
    size = before[0]
    if size > (limits.total_bytes if path.is_dir() else limits.archive_bytes):
        return read_archive(path, limits)  # refuses it, without hashing gigabytes first

    def key_of(sha256: str) -> str:
        return cache_key(sha256, limits, label_order, split_of_source(path.name) or "")

    with ThreadPoolExecutor(max_workers=1) as pool:
        # Hashing leaves Python's lock: on a second core it costs no time beside decoding.
        hashing = pool.submit(_hash, path)
        if any(account.archive_bytes == size for _, account in _accounts(cache_dir)):
            cached = _read(cache_dir, key_of(hashing.result()))
            if cached is not None:
                return replace(cached, source=shown(path.name))
        read = read_archive(path, limits, sha256="0" * 64, label_order=label_order)
        dataset = replace(read, sha256=hashing.result())
    if _stamp(path, limits) != before:
        raise ArchiveError(f"{path.name} was changed while it was read. Wait until it is complete and try again.")
    _write(dataset, cache_dir, key_of(dataset.sha256), size, free_bytes)
    return dataset


def load_cached(cache_dir: Path, key: str) -> Dataset:
    """The data set with `key`, as `list_cached` gives it; its archive need not exist any more.

    Raises:
        ArchiveError: there is none, or it is damaged.
    """
    known = {entry.key for entry in list_cached(cache_dir)}  # so that a key never is a path to elsewhere
    dataset = _read(cache_dir, key) if key in known else None
    if dataset is None:
        raise ArchiveError(
            f"No usable data set {shown(key)!r} in {cache_dir}: it is damaged or missing. Read its archive again."
        )
    return dataset


def list_cached(cache_dir: Path) -> tuple[CachedDataset, ...]:
    """What the cache holds for this version of the reader, the newest first; damaged accounts are passed over."""
    entries = []
    for key, account in _accounts(cache_dir):
        size = (cache_dir / f"{key}.npz").stat().st_size
        entries.append(CachedDataset(account.source, account.sha256, account.faces, account.read_at, size, key))
    return tuple(sorted(entries, key=lambda entry: (entry.read_at, entry.key), reverse=True))


def cache_key(sha256: str, limits: ArchiveLimits, label_order: str = "", own_split: str = "") -> str:
    """The name of a data set in the cache."""
    values = asdict(limits) | {"label_order": label_order, "own_split": own_split}
    settings = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    return f"{sha256}-r{READER_VERSION}-{settings[:12]}"


def _stamp(path: Path, limits: ArchiveLimits) -> tuple[int, int]:
    try:
        if path.is_dir():
            return folder_stamp(path, limits)
        if path.is_file():
            status = path.stat()
            return status.st_size, status.st_mtime_ns
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}. Check its permissions.") from error
    raise ArchiveError(f"No archive at {path}: expected a csv, zip or tar.gz file, or a folder. Check the path.")


def _hash(path: Path) -> str:
    with damage_named(shown(path.name)):
        return archive_sha256(path)


def _accounts(cache_dir: Path) -> Iterator[tuple[str, CacheAccount]]:
    """Key and account of each entry that has both files."""
    for path in cache_dir.glob(f"*-r{READER_VERSION}-*.json"):
        account = CacheAccount.read(path)
        if account is not None and path.with_suffix(".npz").is_file():
            yield path.stem, account


def _write(dataset: Dataset, cache_dir: Path, key: str, archive_bytes: int, free_bytes: FreeBytes) -> None:
    arrays: dict[str, np.ndarray] = {}
    for split, faces in dataset.splits.items():
        arrays |= {f"{split}_pixels": faces.pixels, f"{split}_labels": faces.labels}
    with whole_file(cache_dir) as (file, publish):
        require_space(cache_dir, sum(array.nbytes for array in arrays.values()), free_bytes)
        # Not compressed: deflate would save a third and cost more than reading the archive does.
        np.savez(file, allow_pickle=False, **arrays)
        publish(f"{key}.npz")
    # Last, for an entry counts only when it has its account.
    with whole_file(cache_dir) as (file, publish):
        file.write(CacheAccount.of(dataset, archive_bytes).to_json().encode())
        publish(f"{key}.json")


def _read(cache_dir: Path, key: str) -> Dataset | None:
    """The entry, or None when it is missing or damaged in any way."""
    account = CacheAccount.read(cache_dir / f"{key}.json")
    if account is None:
        return None
    try:
        # numpy's npz is a zip whose checksums are checked on reading, so a flipped bit is seen.
        with damage_named(key), np.load(cache_dir / f"{key}.npz", allow_pickle=False) as arrays:
            splits = {
                split: LabelledFaces(arrays[f"{split}_pixels"], arrays[f"{split}_labels"])
                for split in SPLITS
                if split in account.faces
            }
    except ArchiveError:
        return None
    if {split: len(faces) for split, faces in splits.items()} != account.faces:
        return None
    return Dataset(
        splits,
        account.sha256,
        account.source,
        account.skipped,
        account.made_validation,
        label_order=account.label_order,
        notes=account.notes,
        split_by=account.split_by,
    )
