"""Csv files as other programs and other people write them."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.archive_builders import csv_text, digits, faces
from train.archive.csv_rows import read_header
from train.archive.limits import ArchiveLimits
from train.archive.pixels import PIXELS
from train.archive.reader import Dataset, SkipReason, read_archive

ROWS = faces()


def read(tmp_path: Path, text: str | bytes, name: str = "faces.csv") -> Dataset:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_archive(path)


def assert_whole(dataset: Dataset) -> None:
    """All of ROWS, in their order, and nothing left out."""
    assert dataset.skipped.total == 0
    for usage, split in {"Training": "train", "PublicTest": "validation"}.items():
        mine = [(label, pixels) for label, pixels, own in ROWS if own == usage]
        assert dataset[split].labels.tolist() == [label for label, _ in mine]
        assert np.array_equal(dataset[split].pixels, [pixels for _, pixels in mine])


def numpy_text(pixels: np.ndarray) -> str:
    with np.printoptions(threshold=10_000):
        return str(pixels.ravel())


PIXEL_FORMS: dict[str, Callable[[np.ndarray], str]] = {
    "a Python list": lambda p: f'"{p.ravel().tolist()}"',
    "a nested list": lambda p: f'"{p.tolist()}"',
    "a list without quotes": lambda p: str(p.ravel().tolist()),
    "brackets and blanks": lambda p: f"[{digits(p)}]",
    "NumPy's text over several lines": lambda p: f'"{numpy_text(p)}"',
    "NumPy's text of rows": lambda p: f'"{numpy_text(p).replace("[", "[[")}]"',
    "NumPy's repr": lambda p: f'"array({p.ravel().tolist()}, dtype=uint8)"',
    "a tuple": lambda p: f'"{tuple(p.ravel().tolist())}"',
    "commas in quotes": lambda p: f'"{digits(p).replace(" ", ",")}"',
    "commas without quotes": lambda p: digits(p).replace(" ", ","),
    "floats": lambda p: " ".join(f"{value}.0" for value in p.ravel()),
    "a list of floats": lambda p: f'"{p.ravel().astype(float).tolist()}"',
}


@pytest.mark.parametrize("form", PIXEL_FORMS.values(), ids=PIXEL_FORMS)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_pixels_in_other_forms(tmp_path: Path, form: Callable[[np.ndarray], str], end: str) -> None:
    lines = ["emotion,pixels,Usage", *(f"{label},{form(pixels)},{usage}" for label, pixels, usage in ROWS), ""]
    assert_whole(read(tmp_path, end.join(lines)))


@pytest.mark.parametrize("header", ["emotion", "label,Usage"])
def test_one_column_for_each_pixel(tmp_path: Path, header: str) -> None:
    names = ",".join(f"pixel{index}" for index in range(PIXELS))
    lines = [f"emotion,Usage,{names}"]
    lines += [f"{label},{usage},{digits(pixels).replace(' ', ',')}" for label, pixels, usage in ROWS]
    assert_whole(read(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize("label", ["{}.0", "{}.", " {} ", '"{}"', "'{}'"])
def test_labels_as_programs_write_them(tmp_path: Path, label: str) -> None:
    lines = [f"{label.format(own)},{digits(pixels)},{usage}" for own, pixels, usage in ROWS]
    assert_whole(read(tmp_path, "\n".join(["emotion,pixels,Usage", *lines])))


@pytest.mark.parametrize(
    "words",
    [
        ("Train", "Val"),
        ("train", "public_test"),
        ("TRAINING", "Public Test"),
        ("train_set", "valid"),
        ("x_train", "dev"),
    ],
)
@pytest.mark.parametrize("column", ["Usage", "usage", "split", "Set", "subset", "partition"])
def test_other_words_for_splits(tmp_path: Path, words: tuple[str, str], column: str) -> None:
    text = csv_text(ROWS).replace("Usage", column, 1).replace("Training", words[0]).replace("PublicTest", words[1])
    assert_whole(read(tmp_path, text))


def test_usage_that_is_not_understood_is_summed_and_never_trains(tmp_path: Path) -> None:
    dataset = read(tmp_path, csv_text(ROWS).replace("PublicTest", "fold_2"))
    assert dataset.skipped.by_reason == {SkipReason.UNKNOWN_USAGE: 21}
    assert [(place.place, place.count) for place in dataset.skipped.places] == [("fold_2", 21)]


def test_a_csv_named_test_does_not_train(tmp_path: Path) -> None:
    text = csv_text(ROWS, "emotion,pixels")
    assert list(read(tmp_path, text, "test.csv").splits) == ["test"]
    assert list(read(tmp_path, text, "fer2013.csv").splits) == ["train", "validation"]


def test_stray_brackets_and_quotes_cost_their_rows_alone(tmp_path: Path) -> None:
    lines = csv_text(ROWS).splitlines()
    lines[3] = lines[3].replace(",", ',"', 1)  # read all the same: one quote divides nothing
    lines[5] = lines[5].replace("Training", "Training]")
    dataset = read(tmp_path, "\n".join(lines))
    assert sum(map(len, dataset.splits.values())) + dataset.skipped.total == len(ROWS)
    assert dataset.skipped.total <= 1


def test_a_list_that_never_ends_costs_no_row_after_it(tmp_path: Path) -> None:
    lines = csv_text(ROWS).splitlines()
    lines[1] = lines[1].replace(",", ",[x ", 1)
    dataset = read(tmp_path, "\n".join(lines))
    assert dataset.skipped.total == 1
    assert str(dataset.skipped.examples[0]).startswith("line 2: wrong number of pixels")
    assert sum(map(len, dataset.splits.values())) == len(ROWS) - 1


def test_lines_are_counted_through_lists_over_several(tmp_path: Path) -> None:
    label, pixels, _ = ROWS[0]
    text = f'emotion,pixels,Usage\n{label},"{numpy_text(pixels)}",Training\n9,1,Training\n'
    dataset = read(tmp_path, text + csv_text(ROWS).split("\n", 1)[1])
    line = 3 + numpy_text(pixels).count("\n")
    assert str(dataset.skipped.examples[0]).startswith(f"line {line}: label is not an emotion")


def test_names_of_columns() -> None:
    for header in (b"emotion,pixels\n", b"label,pixels\n", b"Label;Pixels;Split\n", b"'emotion','pixels'\n"):
        assert read_header(io.BytesIO(header), ArchiveLimits())[0] is not None
    for header in (b"id,emotion\n", b"pixels\n", b"label,text\n"):
        assert read_header(io.BytesIO(header), ArchiveLimits())[0] is None
