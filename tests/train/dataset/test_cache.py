"""An archive is decoded once; a damaged or stale cache is made anew."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.archive_builders import csv_text, faces
from train.archive.limits import ArchiveLimits
from train.archive.reader import Dataset, read_archive
from train.dataset.cache import READER_VERSION, cache_key, list_cached, load_cached, load_dataset
from train.errors import ArchiveError

ROWS = faces(usages=("Training", "PrivateTest"))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "fer2013.csv"
    path.write_text(csv_text(faces(per_class=12, usages=("Training", "PrivateTest"))) + "9,1,Training\n")
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "home" / "datasets"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The archives that were decoded, in their order."""
    paths: list[Path] = []

    def counting(path: Path, *args, **kwargs) -> Dataset:
        paths.append(path)
        return read_archive(path, *args, **kwargs)

    monkeypatch.setattr("train.dataset.cache.read_archive", counting)
    return paths


def assert_same(one: Dataset, other: Dataset) -> None:
    assert list(one.splits) == list(other.splits)
    for split in one.splits:
        assert np.array_equal(one[split].pixels, other[split].pixels)
        assert np.array_equal(one[split].labels, other[split].labels)
    assert (one.sha256, one.skipped, one.made_validation) == (other.sha256, other.skipped, other.made_validation)


def test_is_decoded_once(archive: Path, cache: Path, decoded: list[Path]) -> None:
    first, second = load_dataset(archive, cache), load_dataset(archive, cache)
    assert_same(first, second)
    assert first.source == second.source == "fer2013.csv"
    assert second.skipped.total == 1
    assert decoded == [archive]
    assert sorted(path.suffix for path in cache.iterdir()) == [".json", ".npz"]


def test_the_content_counts_not_the_name(archive: Path, cache: Path, decoded: list[Path]) -> None:
    load_dataset(archive, cache)
    renamed = archive.rename(archive.with_name("other.bin"))
    assert load_dataset(renamed, cache).source == "other.bin"
    assert len(decoded) == 1
    renamed.write_text(csv_text(ROWS))
    assert len(load_dataset(renamed, cache)["test"]) == 21
    assert len(decoded) == 2


def test_other_limits_are_another_entry(archive: Path, cache: Path, decoded: list[Path]) -> None:
    load_dataset(archive, cache)
    load_dataset(archive, cache, ArchiveLimits(listed_skips=1))
    assert len(decoded) == 2
    with pytest.raises(ArchiveError, match="more than 5 faces"):
        load_dataset(archive, cache, ArchiveLimits(faces=5))
    with pytest.raises(ArchiveError, match="archive_bytes"):
        load_dataset(archive, cache, ArchiveLimits(archive_bytes=5))
    assert len(list_cached(cache)) == 2


def test_label_orders_and_names_that_are_a_split_have_entries_of_their_own(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(csv_text(faces(per_class=6, usages=["Training"]), "emotion,pixels"))
    read = [load_dataset(path, cache, label_order=order) for order in ("", "affectnet", "", "affectnet")]
    assert [dataset.label_order for dataset in read] == ["fer2013", "affectnet", "fer2013", "affectnet"]
    assert not np.array_equal(read[0]["train"].labels, read[1]["train"].labels)
    renamed = path.rename(tmp_path / "test.csv")
    assert list(load_dataset(renamed, cache).splits) == ["test"]
    assert list(load_dataset(renamed.rename(path), cache).splits) == ["train", "validation"]
    assert len(list_cached(cache)) == 3


def test_what_was_left_out_where_is_kept(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(csv_text(ROWS) + "hapy,1 2,Training\n" * 3)
    first, second = load_dataset(path, cache), load_dataset(path, cache)
    assert first.skipped == second.skipped
    assert [(place.place, place.count) for place in second.skipped.places] == [("hapy", 3)]


def _flip_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _other_counts(path: Path) -> None:
    account = path.with_suffix(".json")
    values = json.loads(account.read_text())
    values["faces"]["train"] += 1
    account.write_text(json.dumps(values))


@pytest.mark.parametrize(
    "damage",
    [
        _flip_byte,
        _other_counts,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(b"\x80\x04N."),
        lambda path: np.savez(path, train_pixels=np.zeros(3)),
        lambda path: np.savez(path, train_pixels=np.array([{}])),
        lambda path: path.unlink(),
        lambda path: path.with_suffix(".json").unlink(),
        lambda path: path.with_suffix(".json").write_text("{"),
        lambda path: path.with_suffix(".json").write_text("[]"),
        lambda path: path.with_suffix(".json").write_bytes(b"\xff\xfe"),
        lambda path: path.with_suffix(".json").write_text('{"source": 1, "sha256": null, "skipped": 3}'),
    ],
    ids=[
        "bit",
        "counts",
        "empty",
        "cut",
        "pickle",
        "arrays",
        "objects",
        "no-npz",
        "no-json",
        "json-cut",
        "json-list",
        "json-bytes",
        "json-types",
    ],
)
def test_a_damaged_entry_is_made_anew(
    archive: Path, cache: Path, decoded: list[Path], damage: Callable[[Path], object]
) -> None:
    first = load_dataset(archive, cache)
    damage(cache / f"{cache_key(first.sha256, ArchiveLimits())}.npz")
    assert_same(load_dataset(archive, cache), first)
    assert len(decoded) == 2
    assert_same(load_dataset(archive, cache), first)
    assert len(decoded) == 2


def test_a_full_disk_is_said_and_leaves_nothing(archive: Path, cache: Path) -> None:
    with pytest.raises(ArchiveError, match="0 MB free"):
        load_dataset(archive, cache, free_bytes=lambda _: 1000)
    assert list(cache.iterdir()) == []


def test_a_bad_archive_leaves_nothing(archive: Path, cache: Path) -> None:
    archive.write_text("emotion,pixels\n")
    with pytest.raises(ArchiveError, match="no usable face"):
        load_dataset(archive, cache)
    with pytest.raises(ArchiveError, match="No archive at"):
        load_dataset(archive.with_name("missing.csv"), cache)
    assert not cache.exists()


def test_an_archive_that_changes_meanwhile_is_not_cached(
    archive: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(path: Path, *args, **kwargs) -> Dataset:
        dataset = read_archive(path, *args, **kwargs)
        path.write_text(csv_text(ROWS))
        return dataset

    monkeypatch.setattr("train.dataset.cache.read_archive", slow)
    with pytest.raises(ArchiveError, match="was changed while"):
        load_dataset(archive, cache)
    assert not cache.exists()


def test_the_list_names_what_is_there(archive: Path, cache: Path) -> None:
    assert list_cached(cache) == ()
    dataset = load_dataset(archive, cache)
    (entry,) = list_cached(cache)
    assert (entry.name, entry.sha256) == ("fer2013.csv", dataset.sha256)
    assert entry.faces == {"train": 77, "validation": 7, "test": 84}
    assert entry.size_bytes > 168 * 48 * 48
    assert entry.read_at.endswith("+00:00")
    archive.unlink()
    assert_same(load_cached(cache, entry.key), dataset)
    assert load_cached(cache, entry.key).source == "fer2013.csv"


def test_a_key_is_no_path(archive: Path, cache: Path) -> None:
    load_dataset(archive, cache)
    (entry,) = list_cached(cache)
    for key in ("", "..", f"../datasets/{entry.key}", "x"):
        with pytest.raises(ArchiveError, match="damaged or missing"):
            load_cached(cache, key)
    (cache / f"{entry.key}.npz").write_bytes(b"?")
    with pytest.raises(ArchiveError, match="damaged or missing"):
        load_cached(cache, entry.key)


def test_stale_versions_are_not_listed(archive: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_dataset(archive, cache)
    monkeypatch.setattr("train.dataset.cache.READER_VERSION", READER_VERSION + 1)
    assert list_cached(cache) == ()


def test_cleaning_is_not_cached(archive: Path, cache: Path) -> None:
    dataset = load_dataset(archive, cache)
    assert replace(dataset, cleaned=("drop_leaks",)).cleaned
    assert load_dataset(archive, cache).cleaned == ()
