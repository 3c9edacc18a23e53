"""Files that are written whole, whatever is at their place."""

import os
import stat
import threading
from pathlib import Path

import pytest

from fer_core.private import PRIVATE_FILE
from fer_core.whole_files import check_writable, replacing, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write_half(path: Path) -> None:
    path.write_text("half")
    raise ZeroDivisionError


class TestContent:
    def test_text_is_utf_8_and_the_folder_is_made(self, tmp_path: Path) -> None:
        write_whole(tmp_path / "new" / "folder" / "a.txt", "grüß 世界\n")
        assert (tmp_path / "new" / "folder" / "a.txt").read_bytes() == "grüß 世界\n".encode()
        assert names(tmp_path / "new" / "folder") == ["a.txt"]

    def test_empty_content_replaces_too(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("old")
        write_whole(tmp_path / "a", "")
        assert (tmp_path / "a").read_text() == ""

    def test_an_error_leaves_the_old_file(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("old")
        with pytest.raises(ZeroDivisionError), replacing(tmp_path / "a") as temporary:
            write_half(temporary)
        assert (tmp_path / "a").read_text() == "old"
        assert names(tmp_path) == ["a"]

    def test_a_block_that_deletes_the_temporary_file_leaves_the_old_one(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("old")
        with replacing(tmp_path / "a") as temporary:
            temporary.unlink()
        assert (tmp_path / "a").read_text() == "old"

    def test_the_old_file_is_there_until_the_block_ends(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("old")
        with replacing(tmp_path / "a") as temporary:
            temporary.write_text("new")
            assert (tmp_path / "a").read_text() == "old"
        assert (tmp_path / "a").read_text() == "new"

    def test_what_a_killed_process_left_under_a_fixed_name_is_written_over(self, tmp_path: Path) -> None:
        (tmp_path / ".new-a").write_text("longer than what comes now")
        write_whole(tmp_path / "a", "short", durable=False, temporary_name=".new-a")
        assert (tmp_path / "a").read_text() == "short"
        assert names(tmp_path) == ["a"]


class TestNames:
    @pytest.mark.parametrize("letter", ["a", "é", "世", "😀"])
    @pytest.mark.parametrize("size", [230, 240, 241, 251, 255])
    def test_as_long_as_the_file_system_takes(self, tmp_path: Path, letter: str, size: int) -> None:
        stem = letter * ((size - len(".csv")) // len(letter.encode()))
        path = tmp_path / (stem + "x" * (size - len((stem + ".csv").encode())) + ".csv")
        assert len(os.fsencode(path.name)) == size
        write_whole(path, "whole")
        assert names(tmp_path) == [path.name]

    def test_one_letter_too_long_is_refused_at_once(self, tmp_path: Path) -> None:
        began = False
        with pytest.raises(OSError, match="name too long"), replacing(tmp_path / ("a" * 252 + ".csv")):
            began = True
        assert not began
        assert names(tmp_path) == []

    def test_two_with_the_same_beginning_do_not_meet(self, tmp_path: Path) -> None:
        first, second = (tmp_path / ("a" * 250 + end) for end in ("1.csv", "2.csv"))
        with replacing(first) as one, replacing(second) as other:
            one.write_text("1")
            other.write_text("2")
        assert (first.read_text(), second.read_text()) == ("1", "2")

    def test_a_name_that_is_not_utf_8(self, tmp_path: Path) -> None:
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/gr\xfc\xdf" + b"\xe9" * 240 + b".csv"))
        write_whole(path, "whole")
        assert path.read_text() == "whole"

    def test_a_short_name_is_kept_in_the_temporary_one(self, tmp_path: Path) -> None:
        with replacing(tmp_path / "video.mp4") as temporary:
            assert temporary.match(".video.mp4.????????.part")
            assert temporary.parent == tmp_path


class TestLinks:
    def test_a_link_stays_and_its_file_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "data.csv").write_text("old")
        link = tmp_path / "link.csv"
        link.symlink_to("real/data.csv")
        with replacing(link) as temporary:
            temporary.write_text("new")
            assert temporary.parent == tmp_path / "real"  # a rename works within one file system alone
        assert link.is_symlink()
        assert (tmp_path / "real" / "data.csv").read_text() == "new"
        assert names(tmp_path / "real") == ["data.csv"]

    def test_a_link_to_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "data.csv").write_text("old")
        (tmp_path / "one").symlink_to("data.csv")
        (tmp_path / "two").symlink_to(tmp_path / "one")
        write_whole(tmp_path / "two", "new")
        assert (tmp_path / "data.csv").read_text() == "new"
        assert (tmp_path / "one").is_symlink()
        assert (tmp_path / "two").is_symlink()

    def test_a_link_to_a_file_that_is_not_there_yet(self, tmp_path: Path) -> None:
        (tmp_path / "link.csv").symlink_to("later.csv")
        write_whole(tmp_path / "link.csv", "new")
        assert (tmp_path / "later.csv").read_text() == "new"
        assert (tmp_path / "link.csv").is_symlink()

    def test_a_link_into_a_missing_folder_names_the_link(self, tmp_path: Path) -> None:
        (tmp_path / "link.csv").symlink_to(tmp_path / "unmounted" / "a.csv")
        with pytest.raises(FileNotFoundError) as caught:
            write_whole(tmp_path / "link.csv", "new")
        assert caught.value.filename == str(tmp_path / "link.csv")
        assert not (tmp_path / "unmounted").exists()

    def test_links_in_a_circle(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        with pytest.raises(OSError, match="symbolic links"):
            write_whole(tmp_path / "a", "new")

    def test_a_link_to_another_file_system(self, tmp_path: Path) -> None:
        other = Path("/dev/shm")
        if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("no second file system here")
        there = other / f"fer-studio-test-{os.getpid()}"
        (tmp_path / "link").symlink_to(there)
        try:
            write_whole(tmp_path / "link", "new")
            assert there.read_text() == "new"
        finally:
            there.unlink(missing_ok=True)


class TestOtherThings:
    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "out.csv").mkdir()
        with pytest.raises(IsADirectoryError, match="a folder has this name"):
            write_whole(tmp_path / "out.csv", "new")

    def test_a_file_where_the_folder_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "taken").touch()
        with pytest.raises(NotADirectoryError):
            write_whole(tmp_path / "taken" / "out.csv", "new")

    def test_a_pipe_gets_the_content_and_stays_a_pipe(self, tmp_path: Path) -> None:
        pipe = tmp_path / "out.csv"
        os.mkfifo(pipe)
        received: list[str] = []
        reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
        reader.start()
        write_whole(pipe, "whole")
        reader.join(10)
        assert received == ["whole"]
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        assert names(tmp_path) == ["out.csv"]

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has this device")
    def test_a_full_device(self) -> None:
        with pytest.raises(OSError, match="No space left"):
            write_whole(Path("/dev/full"), "x" * 10)
        assert Path("/dev/full").is_char_device()

    def test_a_read_only_file_even_for_the_superuser(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("old")
        (tmp_path / "a").chmod(0o444)
        with pytest.raises(PermissionError, match="read-only"):
            write_whole(tmp_path / "a", "new")
        assert (tmp_path / "a").read_text() == "old"
        assert names(tmp_path) == ["a"]

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
    def test_a_folder_of_somebody_else(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o555)
        with pytest.raises(PermissionError) as caught:
            write_whole(tmp_path / "a", "new")
        assert caught.value.filename == str(tmp_path / "a")


class TestModes:
    def test_a_new_file_follows_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            write_whole(tmp_path / "a", "new")
        finally:
            os.umask(before)
        assert mode_of(tmp_path / "a") == 0o640

    @pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
    def test_a_replaced_file_keeps_its_mode(self, tmp_path: Path, mode: int) -> None:
        (tmp_path / "a").write_text("old")
        (tmp_path / "a").chmod(mode)
        write_whole(tmp_path / "a", "new")
        assert mode_of(tmp_path / "a") == mode

    def test_a_private_file_is_private_from_the_first_byte(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("old")
        (tmp_path / "a").chmod(0o644)
        with replacing(tmp_path / "a", mode=PRIVATE_FILE) as temporary:
            assert mode_of(temporary) == PRIVATE_FILE
            temporary.write_text("new")
        assert mode_of(tmp_path / "a") == PRIVATE_FILE


class TestCheckWritable:
    def test_it_leaves_no_trace(self, tmp_path: Path) -> None:
        (tmp_path / "old").write_text("old")
        check_writable(tmp_path / "old")
        check_writable(tmp_path / "new")
        assert names(tmp_path) == ["old"]
        assert (tmp_path / "old").read_text() == "old"

    def test_it_refuses_what_replacing_refuses(self, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError):
            check_writable(tmp_path)
