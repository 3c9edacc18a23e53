"""Uploads, typed paths and files that appear whole or not at all."""

import errno
import hashlib
import io
import os
import time
from pathlib import Path

import pytest

from train.archive.uploads import FREE_MARGIN, PART_LIFE_S, resolve_inside, safe_name, store_upload, whole_file
from train.errors import ArchiveError

PLENTY = 1 << 40


class BrokenStream(io.BytesIO):
    """Gives a little and then fails, as a connection that is cut."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(errno.ECONNRESET, "Connection reset by peer")
        return super().read(100)


class TestStoreUpload:
    def test_keeps_the_bytes_under_hash_and_name(self, tmp_path: Path) -> None:
        data = bytes(range(256)) * 9000
        path = store_upload(io.BytesIO(data), "FER 2013.zip", tmp_path / "new" / "uploads", expected_bytes=len(data))
        assert path.read_bytes() == data
        assert path.name == f"{hashlib.sha256(data).hexdigest()[:16]}-FER_2013.zip"
        assert list(path.parent.iterdir()) == [path]

    def test_the_same_upload_is_stored_once(self, tmp_path: Path) -> None:
        paths = {store_upload(io.BytesIO(b"abc"), "a.csv", tmp_path) for _ in range(2)}
        paths.add(store_upload(io.BytesIO(b"other"), "a.csv", tmp_path))
        assert set(tmp_path.iterdir()) == paths
        assert len(paths) == 2

    @pytest.mark.parametrize(
        ("stream", "options", "words"),
        [
            (io.BytesIO(b""), {}, "0 bytes came, expected at least one"),
            (io.BytesIO(b"abc"), {"expected_bytes": 5}, "3 bytes came, expected 5"),
            (io.BytesIO(b"abc" * 2_000_000), {"limit_bytes": 2_000_000}, "larger than 2000000 bytes"),
            (io.BytesIO(b"abc"), {"free_bytes": lambda _: FREE_MARGIN}, "64 MB free"),
            (BrokenStream(b"abc" * 100), {}, "Connection reset"),
        ],
        ids=["empty", "cut off", "too large", "full disk", "connection lost"],
    )
    def test_leaves_nothing_when_it_fails(self, tmp_path: Path, stream, options, words: str) -> None:
        with pytest.raises(ArchiveError, match=words):
            store_upload(stream, "a.csv", tmp_path, **options)
        assert list(tmp_path.iterdir()) == []

    def test_stops_when_the_disk_fills_up_on_the_way(self, tmp_path: Path) -> None:
        free = iter([PLENTY, PLENTY, 0])
        with pytest.raises(ArchiveError, match="0 MB free"):
            store_upload(io.BytesIO(bytes(5 << 20)), "a.csv", tmp_path, free_bytes=lambda _: next(free))
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("fer2013.csv", "fer2013.csv"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\fer 2013 (1).zip", "fer_2013_1_.zip"),
            (".hidden", "hidden"),
            ("..", "archive"),
            ("", "archive"),
            ("\u00e9moji\0\u202e.tar.gz", "moji_.tar.gz"),
            ("a" * 300 + ".csv", "a" * 76 + ".csv"),
        ],
    )
    def test_names_become_harmless(self, name: str, safe: str) -> None:
        assert safe_name(name) == safe


class TestWholeFile:
    def test_an_error_leaves_the_old_file(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"old")
        with pytest.raises(ZeroDivisionError), whole_file(tmp_path) as (file, _):
            file.write(b"half" * (1 // 0))
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]

    def test_a_full_disk_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match="No space left"), whole_file(tmp_path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_a_file_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_bytes(b"")
        with pytest.raises(ArchiveError, match="cannot be written"), whole_file(tmp_path / "taken"):
            pass

    def test_parts_of_killed_processes_are_swept(self, tmp_path: Path) -> None:
        old, young = tmp_path / ".x1.part", tmp_path / ".x2.part"
        for part in (old, young):
            part.write_bytes(b"half")
        past = time.time() - PART_LIFE_S - 10
        os.utime(old, (past, past))
        with whole_file(tmp_path) as (file, publish):
            file.write(b"whole")
            publish("a")
        assert {path.name for path in tmp_path.iterdir()} == {"a", young.name}


class TestResolveInside:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "archives"
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "fer2013.csv").write_text("x")
        (folder / "a b.zip").write_text("x")
        (tmp_path / "secret.csv").write_text("x")
        (tmp_path / "archives-2").mkdir()
        (tmp_path / "archives-2" / "x.csv").write_text("x")
        (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
        (folder / "inner-link.csv").symlink_to(folder / "a b.zip")
        (folder / "up").symlink_to(tmp_path)
        os.mkfifo(folder / "pipe.csv")
        return folder

    @pytest.mark.parametrize(
        "text", ["sub/fer2013.csv", " a b.zip\n", "./sub//fer2013.csv", "{folder}/sub/fer2013.csv"]
    )
    def test_finds_files_below(self, folder: Path, text: str) -> None:
        path = resolve_inside(folder, text.format(folder=folder))
        assert path.read_text() == "x"
        assert path.is_relative_to(folder.resolve())

    def test_the_folder_itself_may_be_a_link(self, folder: Path, tmp_path: Path) -> None:
        alias = tmp_path / "alias"
        alias.symlink_to(folder)
        for text in ("a b.zip", f"{alias}/a b.zip", f"{folder}/a b.zip"):
            assert resolve_inside(alias, text) == (folder / "a b.zip").resolve()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "  ",
            ".",
            "..",
            "sub",
            "missing.csv",
            "../secret.csv",
            "sub/../../secret.csv",
            "sub/../a b.zip",
            "link.csv",
            "inner-link.csv",
            "up/secret.csv",
            "up/archives/a b.zip",
            "pipe.csv",
            "/etc/passwd",
            "~/x.csv",
            "{folder}",
            "{folder}-2/x.csv",
            "{folder}/../secret.csv",
            "a\0b",
            "a b.zip\0.csv",
            "x" * 5000,
            "a b.zip/x",
            "file://{folder}/a b.zip",
            "\x1b[2J",
        ],
    )
    def test_refuses_all_else(self, folder: Path, text: str) -> None:
        with pytest.raises(ArchiveError, match="is not a file within") as caught:
            resolve_inside(folder, text.format(folder=folder))
        assert str(caught.value).isprintable()
