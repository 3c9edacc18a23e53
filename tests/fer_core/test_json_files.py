"""JSON of strangers: read within bounds, and refused with one of two errors."""

import json
import os

import pytest

from fer_core.json_files import MAX_BYTES, MAX_DEPTH, MAX_VALUES, parse_json, read_json


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("values", [{"a": [1, 2.5, None, True, "é\n"]}, [], "text", 7, float("inf")])
def test_what_was_written_is_read(tmp_path, values):
    path = tmp_path / "file.json"
    path.write_text(json.dumps(values))

    assert read_json(path) == values


def test_a_byte_order_mark_is_passed_over():
    assert parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "Expecting value"),
        (b"\xff\xfe{", "utf-8"),
        (nested(MAX_DEPTH + 2), "nested more than"),
        (nested(200_000), "nested more than"),
        (b'{"a":' * 150_000, "nested more than"),
        (b"1" * 5000, "digits"),
        (b'"\\ud800"', "U\\+D800"),
        (b'"\\u001b[2J"', "U\\+001B"),
        (b'{"\\u0000": 1}', "U\\+0000"),
        (b"[" + b"0," * (MAX_VALUES + 1) + b"0]", "values"),
        (b"{}" + b" " * MAX_BYTES, "bytes"),
    ],
)
def test_what_is_out_of_bounds_is_said(tmp_path, content, found):
    path = tmp_path / "file.json"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=found):
        read_json(path)


def test_what_is_no_plain_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()

    for name in ("pipe", "folder"):
        with pytest.raises(ValueError, match="plain file"):
            read_json(tmp_path / name)
