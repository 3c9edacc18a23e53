"""A data set's folder: begun, gone on with, refused, and repaired after a kill."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fer_core.errors import ResultsError
from fer_core.scale.data_set import (
    JOURNAL_FILE,
    MANIFEST_FILE,
    SETTINGS_FILE,
    DataSet,
    Entry,
    Settings,
    State,
    open_data_set,
    read_entries,
    rows_name,
)

SETTINGS = Settings("default", "ab" * 32, "haar", every=1, fps=None, max_faces=None)
SHA = "cd" * 32


def entry(source: str, sha256: str | None = SHA, state: State = State.DONE) -> Entry:
    return Entry(
        source=source,
        path=f"/films/{source}",
        sha256=sha256,
        bytes=None if sha256 is None else 10,
        state=state,
        error=None if state is State.DONE else "a sentence",
        rows=0 if state is State.UNREADABLE else 5,
        rows_file=None if state is State.UNREADABLE or sha256 is None else rows_name(source, sha256),
        frames=5,
        film_s=0.2,
        took_s=0.1,
        parts=1,
        worker="here",
        **vars(SETTINGS),
        versions="fer-studio 1",
        finished="2026-01-01T00:00:00+00:00",
    )


def add(data_set: DataSet, one: Entry) -> None:
    """As a worker and then the run do: rows first."""
    if one.rows_file is not None:
        path = data_set.folder / one.rows_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"rows")
    data_set.add(one)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files done: one well, one damaged, one unreadable; and one that a worker did not find."""
    with open_data_set(tmp_path / "new" / "data", SETTINGS) as data_set:
        add(data_set, entry("b.mp4"))
        add(data_set, entry("a.mp4", state=State.DAMAGED))
        add(data_set, entry("c.mp4", state=State.UNREADABLE))
        add(data_set, entry("d.mp4", None, State.UNREADABLE))
        data_set.write_manifest()
    return tmp_path / "new" / "data"


def test_what_is_done_is_known_and_what_was_not_found_is_tried_again(folder):
    with open_data_set(folder, SETTINGS) as data_set:
        assert [data_set.has(f"{name}.mp4") for name in "abcde"] == [SHA, SHA, SHA, None, None]


def test_a_film_whose_rows_are_gone_is_done_again(folder):
    (folder / rows_name("a.mp4", SHA)).unlink()

    with open_data_set(folder, SETTINGS) as data_set:
        assert (data_set.has("a.mp4"), data_set.has("b.mp4")) == (None, SHA)


def test_the_manifest_has_a_row_for_each_file(folder):
    table = pq.read_table(folder / MANIFEST_FILE)

    assert table.column("source").to_pylist() == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
    assert table.column("state").to_pylist() == ["damaged", "done", "unreadable", "unreadable"]
    assert table.column("error").to_pylist()[1] is None
    kinds = {field.name: str(field.type) for field in table.schema}
    assert (kinds["bytes"], kinds["fps"], kinds["rows_file"]) == ("int64", "double", "string")


def test_changed_content_takes_the_old_rows_place(folder):
    with open_data_set(folder, SETTINGS) as data_set:
        add(data_set, entry("b.mp4", "ef" * 32))

    assert not (folder / rows_name("b.mp4", SHA)).exists()
    assert {one.source: one.sha256 for one in read_entries(folder)}["b.mp4"] == "ef" * 32


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_sha256": "0" * 64}, "model_sha256"),
        ({"fps": 5.0}, "fps None instead of 5.0"),
        ({"detector": "blazeface", "max_faces": 3}, "detector haar instead of blazeface, max_faces"),
    ],
)
def test_other_settings_are_refused(folder, change, words):
    with pytest.raises(ResultsError, match="other settings") as caught:
        open_data_set(folder, replace(SETTINGS, **change))

    assert words in str(caught.value)


def test_two_runs_at_once_are_refused(folder):
    with open_data_set(folder, SETTINGS), pytest.raises(ResultsError, match="another run"):
        open_data_set(folder, SETTINGS)
    open_data_set(folder, SETTINGS).close()


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(ResultsError, match="something other"):
        open_data_set(tmp_path, SETTINGS)
    with pytest.raises(ResultsError, match="found a file"):
        open_data_set(tmp_path / "notes.txt", SETTINGS)
    with pytest.raises(ResultsError, match="expected a data set"):
        read_entries(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 9}', "\0", '{"schema_version": 1, "model": 1}'])
def test_settings_that_cannot_be_read_are_told(folder, text):
    (folder / SETTINGS_FILE).write_text(text)

    with pytest.raises(ResultsError, match="expected a data set's settings"):
        open_data_set(folder, SETTINGS)


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_line_that_a_kill_cut_off_counts_nothing(folder, cut):
    journal = folder / JOURNAL_FILE
    data = journal.read_bytes()
    journal.write_bytes(data[:-cut] if cut > 1 else data[:-2])

    with open_data_set(folder, SETTINGS) as data_set:
        assert set(data_set.entries) == {"a.mp4", "b.mp4", "c.mp4"}
        add(data_set, entry("e.mp4"))
    assert [one.source for one in read_entries(folder)] == ["a.mp4", "b.mp4", "c.mp4", "e.mp4"]


def test_rows_that_nothing_names_are_removed(folder):
    shard = (folder / rows_name("a.mp4", SHA)).parent
    (shard / "cdcdcdcdcdcdcdcd-00000000.parquet").write_bytes(b"")
    (shard / ".x.parquet.0123abcd.part").write_bytes(b"")

    open_data_set(folder, SETTINGS).close()

    assert {path.name for path in shard.iterdir()} == {Path(rows_name(f"{i}.mp4", SHA)).name for i in "ab"}
