"""A folder in an archive's place is read like one, and never leads elsewhere."""

import os
from pathlib import Path

import pytest

from tests.helpers.archive_builders import csv_text, face, faces, folder_files, image, zip_bytes
from tests.train.archive.test_reader import ROWS, same_faces
from train.archive.folders import folder_members
from train.archive.limits import ArchiveLimits
from train.archive.reader import SkipReason, archive_sha256, read_archive
from train.dataset.cache import list_cached, load_dataset
from train.errors import ArchiveError

FOLDERS = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in folder_files(ROWS, FOLDERS).items():
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "faces"


def test_class_folders(folder: Path) -> None:
    dataset = read_archive(folder)
    assert same_faces(dataset)
    assert dataset.source == "faces"
    assert dataset.skipped.total == 0


def test_hidden_and_system_files_are_passed_over(folder: Path) -> None:
    for name in (".DS_Store", "Thumbs.db", "train/happy/._x.png", ".cache/happy/x.png", "__MACOSX/happy/x.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(image(face(500)))
    dataset = read_archive(folder)
    assert same_faces(dataset)
    assert dataset.skipped.total == 0


def test_links_and_pipes_are_never_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "happy"
    outside.mkdir(parents=True)
    (outside / "secret.png").write_bytes(image(face(501)))
    (folder / "train" / "happy" / "link.png").symlink_to(outside / "secret.png")
    (folder / "train" / "linked").symlink_to(outside.parent)
    (folder / "train" / "loop").symlink_to(folder)
    (folder / "train" / "gone.png").symlink_to(folder / "nothing")
    os.mkfifo(folder / "train" / "happy" / "pipe.png")
    dataset = read_archive(folder)
    assert same_faces(dataset)
    assert dataset.skipped.by_reason == {SkipReason.SPECIAL_FILE: 5}


def test_limits_hold(folder: Path) -> None:
    for limits in (ArchiveLimits(members=20), ArchiveLimits(total_bytes=1000), ArchiveLimits(faces=3)):
        with pytest.raises(ArchiveError):
            read_archive(folder, limits)


def test_a_member_that_becomes_a_link_is_not_opened(folder: Path) -> None:
    first = next(iter(folder_members(folder, ArchiveLimits())))
    place = folder / first.place
    place.unlink()
    place.symlink_to("/etc/hostname")
    with pytest.raises(ArchiveError, match="cannot be read"):
        first.open()


def test_csv_and_archives_within(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "fer2013.csv").write_text(csv_text(ROWS))
    assert same_faces(read_archive(tmp_path / "a"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "fer2013.zip").write_bytes(zip_bytes(folder_files(ROWS, FOLDERS)))
    assert same_faces(read_archive(tmp_path / "b"))


@pytest.mark.parametrize(("name", "split"), [("test", "test"), ("Train", "train"), ("test_archive_3", "train")])
def test_the_name_of_the_folder_counts_where_it_is_a_split(tmp_path: Path, name: str, split: str) -> None:
    for file, data in folder_files(faces(usages=["Training"]), {"Training": name}).items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(data)
    assert next(iter(read_archive(tmp_path / name).splits)) == split


def test_the_hash_and_the_cache_follow_the_content(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = archive_sha256(folder)
    assert load_dataset(folder, cache).sha256 == before
    assert same_faces(load_dataset(folder, cache))
    assert len(list_cached(cache)) == 1
    next(folder.rglob("*.png")).write_bytes(image(face(502)))
    assert archive_sha256(folder) != before
    assert not same_faces(load_dataset(folder, cache))
    assert len(list_cached(cache)) == 2
