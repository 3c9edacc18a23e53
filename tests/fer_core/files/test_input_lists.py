"""Lists of files: a path a line."""

from pathlib import Path

import pytest

from fer_core.errors import MediaError
from fer_core.files.input_lists import read_lists


def test_a_list_gives_its_paths_in_order_and_other_inputs_stay(tmp_path):
    films = tmp_path / "films.TXT"
    films.write_bytes(b"a.mp4\r\n\n  sub/b.mp4\n/far/c.mp4\ncaf\xe9.jpg\n")

    found = read_lists([Path("x.mp4"), films, tmp_path])

    expected = [tmp_path / "a.mp4", tmp_path / "sub" / "b.mp4", Path("/far/c.mp4"), tmp_path / "caf\udce9.jpg"]
    assert found == [Path("x.mp4"), *expected, tmp_path]


def test_a_list_that_is_not_there_is_left_to_the_analysis():
    assert read_lists([Path("missing.txt")]) == [Path("missing.txt")]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"a\0b\n"])
def test_a_list_that_names_nothing_is_told(tmp_path, content):
    (tmp_path / "films.txt").write_bytes(content)

    with pytest.raises(MediaError, match="found none"):
        read_lists([tmp_path / "films.txt"])
