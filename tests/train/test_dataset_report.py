"""The report counts what is there, and cleaning removes exactly what it says."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_core.emotions import EMOTIONS
from tests.train.archive_builders import face
from train.archive import Dataset, LabelledFaces, Skipped, SkipReason, SkipSummary
from train.dataset_report import blank_images, clean, report_on
from train.errors import ArchiveError

A, B, C, D, E, F = (face(seed) for seed in range(6))
BLACK = np.zeros((48, 48), np.uint8)
CARD = np.full((48, 48), 128, np.uint8)
ALMOST = np.where(np.arange(48 * 48).reshape(48, 48) % 2, 128, 130).astype(np.uint8)


def split(*cells: tuple[np.ndarray, int]) -> LabelledFaces:
    return LabelledFaces(np.stack([pixels for pixels, _ in cells]), np.array([label for _, label in cells], np.int64))


def dataset(**splits: LabelledFaces) -> Dataset:
    return Dataset(splits, "0" * 64, "small.zip")


@pytest.fixture
def messy() -> Dataset:
    return dataset(
        train=split((A, 3), (A, 3), (A, 4), (B, 0), (C, 0), (BLACK, 0), (CARD, 6), (ALMOST, 6)),
        validation=split((A, 3), (D, 3), (D, 5), (E, 1), (BLACK, 1)),
        test=split((B, 0), (D, 5), (F, 2), (F, 2)),
    )


def test_report(messy: Dataset) -> None:
    report = report_on(messy)
    train = report.splits["train"]
    assert train.faces == 8
    assert dict(train.per_class) == dict(zip(EMOTIONS, (3, 0, 0, 2, 1, 0, 2), strict=True))
    assert train.imbalance == 3
    assert (train.duplicate_groups, train.duplicate_images) == (1, 3)
    assert (train.blank, train.near_blank) == (2, 1)
    assert (report.duplicate_groups, report.duplicate_images) == (5, 13)
    assert [(leak.earlier, leak.later, leak.images) for leak in report.leaks] == [
        ("train", "validation", 2),
        ("train", "test", 1),
        ("validation", "test", 1),
    ]
    assert report.leaked("test") == 1
    assert report.leaked("test", "validation") == 1
    assert report.leaked("nothing") == 0
    assert (report.conflicting_groups, report.conflicting_images) == (3, 9)
    assert report.samples["happy"] == (0, 1)
    assert report.samples["disgust"] == ()


def test_report_reads_as_json_and_text(messy: Dataset) -> None:
    skips = SkipSummary({SkipReason.WRONG_LABEL: 30}, (Skipped("line 7", SkipReason.WRONG_LABEL, "got '9'"),))
    cleaned = clean(messy, drop_duplicates=False, drop_leaks=True, drop_blanks=False)
    report = report_on(Dataset(cleaned.splits, "ab" * 32, "small.zip", skips, True, cleaned.cleaned))
    values = json.loads(report.to_json())
    assert values == json.loads(json.dumps(report.to_dict()))
    assert values["splits"]["train"]["per_class"]["angry"] == 3
    assert values["leaks"][0] == {"earlier": "train", "later": "validation", "images": 0}
    assert report.skipped_total == 30
    text = report.to_text()
    for words in ("small.zip", "no validation split", "Cleaned: drop_leaks.", "30 x label is not an emotion", "line 7"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 120


def test_samples_are_spread_over_the_class() -> None:
    many = split(*[(A, index % 2) for index in range(100)])
    samples = report_on(dataset(train=many, validation=split((B, 0)))).samples["disgust"]
    assert len(set(samples)) == len(samples) == 8
    assert samples[0] == 1
    assert samples[-1] == 99
    assert all(many.labels[index] == 1 for index in samples)


def test_blank_images() -> None:
    dim = (A // 8).astype(np.uint8)  # a real, very dark picture has more contrast than a card
    nearly_black = BLACK.copy()
    nearly_black[:2, :2] = 106
    blank, near_blank = blank_images(
        np.stack([A, BLACK, CARD, ALMOST, nearly_black, np.repeat(dim[:, :1], 48, axis=1)])
    )
    assert blank.tolist() == [False, True, True, False, False, False]
    assert near_blank.tolist()[:5] == [False, False, False, True, True]


class TestClean:
    def test_nothing_switched_on_changes_nothing(self, messy: Dataset) -> None:
        same = clean(messy, drop_duplicates=False, drop_leaks=False, drop_blanks=False)
        assert same.cleaned == ()
        assert all(np.array_equal(same[name].pixels, messy[name].pixels) for name in messy.splits)

    def test_duplicates_keep_the_first_of_the_most_frequent_label(self, messy: Dataset) -> None:
        cleaned = clean(messy, drop_duplicates=True, drop_leaks=False, drop_blanks=False)
        assert cleaned["train"].labels.tolist() == [3, 0, 0, 0, 6, 6]
        assert cleaned["validation"].labels.tolist() == [3, 3, 1, 1]
        assert len(cleaned["test"]) == 3
        outvoted = dataset(train=split((A, 1), (A, 2), (B, 0), (A, 2)), validation=split((A, 5)))
        assert clean(outvoted, drop_duplicates=True, drop_leaks=False, drop_blanks=False)["train"].labels.tolist() == [
            2,
            0,
        ]

    def test_leaks_go_from_the_later_split(self, messy: Dataset) -> None:
        cleaned = clean(messy, drop_duplicates=False, drop_leaks=True, drop_blanks=False)
        assert len(cleaned["train"]) == 8
        assert np.array_equal(cleaned["validation"].pixels, np.stack([D, D, E]))
        assert np.array_equal(cleaned["test"].pixels, np.stack([F, F]))
        assert cleaned.cleaned == ("drop_leaks",)

    def test_blanks_go_everywhere(self, messy: Dataset) -> None:
        cleaned = clean(messy, drop_duplicates=False, drop_leaks=False, drop_blanks=True)
        assert [len(part) for part in cleaned.splits.values()] == [5, 4, 4]

    def test_the_switches_do_not_depend_on_their_order(self, messy: Dataset) -> None:
        at_once = clean(messy, drop_duplicates=True, drop_leaks=True, drop_blanks=True)
        for first, second, third in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
            stepwise = messy
            for switch in (first, second, third):
                flags = [index == switch for index in range(3)]
                stepwise = clean(stepwise, drop_duplicates=flags[0], drop_leaks=flags[1], drop_blanks=flags[2])
            assert set(stepwise.cleaned) == set(at_once.cleaned)
            for name in at_once.splits:
                assert np.array_equal(stepwise[name].pixels, at_once[name].pixels)
                assert np.array_equal(stepwise[name].labels, at_once[name].labels)

    def test_an_empty_split_is_refused(self) -> None:
        leaking = dataset(train=split((A, 1), (B, 2)), validation=split((A, 1)))
        with pytest.raises(ArchiveError, match=r"drop_leaks would leave nothing of the validation split of small\.zip"):
            clean(leaking, drop_duplicates=False, drop_leaks=True, drop_blanks=False)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 6), st.sampled_from(["train", "validation", "test"])), max_size=25
    )
)
def test_after_cleaning_the_report_finds_nothing(rows: list[tuple[int, int, str]]) -> None:
    own = {"train": 10, "validation": 11, "test": 12}
    cells = [*rows, *[(seed, 0, name) for name, seed in own.items()]]
    parts = {name: split(*[(face(seed), label) for seed, label, at in cells if at == name]) for name in own}
    cleaned = clean(dataset(**parts), drop_duplicates=True, drop_leaks=True, drop_blanks=True)
    report = report_on(cleaned)
    assert report.duplicate_groups == report.conflicting_groups == 0
    assert all(leak.images == 0 for leak in report.leaks)
    # What is left is every image that was there, once, in the earliest split that had it.
    assert sum(part.faces for part in report.splits.values()) == len({seed for seed, _, _ in cells})


@pytest.mark.shared_data
def test_what_is_known_of_fer2013(shared_data: Path) -> None:
    """The counts of Goodfellow et al. 2013, and the leaks and duplicates of these two splits."""
    folder = shared_data / "fer2013"
    with (folder / "labels.csv").open(newline="") as stream:
        table = [(row["usage"], int(row["emotion"])) for row in csv.DictReader(stream)]
    splits = {}
    for name, usage, file in (("train", "Training", "training.png"), ("validation", "PublicTest", "public_test.png")):
        sheet = cv2.imread(str(folder / file), cv2.IMREAD_GRAYSCALE)
        assert sheet is not None
        rows, columns = sheet.shape[0] // 48, sheet.shape[1] // 48
        tiles = sheet.reshape(rows, 48, columns, 48).swapaxes(1, 2).reshape(-1, 48, 48)
        labels = np.array([emotion for own, emotion in table if own == usage], np.int64)
        splits[name] = LabelledFaces(np.ascontiguousarray(tiles[: len(labels)]), labels)
    report = report_on(Dataset(splits, "0" * 64, "fer2013"))
    assert [split.faces for split in report.splits.values()] == [28_709, 3_589]
    assert list(report.splits["train"].per_class.values()) == [3995, 436, 4097, 7215, 4830, 3171, 4965]
    assert list(report.splits["validation"].per_class.values()) == [467, 56, 496, 895, 653, 415, 607]
    assert report.leaked("validation") == 280
    assert (report.duplicate_groups, report.duplicate_images, report.conflicting_groups) == (1271, 2800, 48)
    assert [(split.blank, split.near_blank) for split in report.splits.values()] == [(10, 1), (1, 1)]
    cleaned = clean(Dataset(splits, "", ""), drop_duplicates=True, drop_leaks=True, drop_blanks=True)
    assert [len(part) for part in cleaned.splits.values()] == [27_474, 3_292]


def test_each_switch_says_what_it_drops(messy: Dataset) -> None:
    """An image that stands in both splits before its own counts once."""
    twice = dataset(
        train=split((A, 3), (B, 0), (B, 0), (BLACK, 2)),
        validation=split((A, 3), (D, 1)),
        test=split((A, 3), (B, 0), (D, 1), (F, 2), (F, 2)),
    )
    assert sum(leak.images for leak in report_on(twice).leaks) == 5
    assert report_on(twice).drops["drop_leaks"] == 4
    for data in (twice, messy):
        report = report_on(data)
        before = sum(map(len, data.splits.values()))
        for switch in ("drop_duplicates", "drop_leaks", "drop_blanks"):
            switches = {name: name == switch for name in report.drops}
            assert report.drops[switch] == before - sum(map(len, clean(data, **switches).splits.values()))
    assert "--drop-leaks would drop 4 images." in report_on(twice).to_text()


def test_near_identical_images_are_counted_beside_identical_ones() -> None:
    brighter = (A // 2 + 100).astype(np.uint8)
    report = report_on(dataset(train=split((A, 3), (B, 0)), validation=split((brighter, 3), (B, 0), (C, 1))))
    assert [leak.images for leak in report.leaks] == [1]
    assert [(leak.earlier, leak.later, leak.images) for leak in report.near_leaks] == [("train", "validation", 1)]
    assert "1 further images of validation are near-identical to one in train." in report.to_text()
