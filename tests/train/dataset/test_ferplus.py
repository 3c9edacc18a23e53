"""FER+'s votes: which image they belong to, and what they become."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.synthetic import drawn_dataset, drawn_votes, write_archive, write_ferplus
from train.archive.reader import Dataset, LabelledFaces, read_archive
from train.dataset.ferplus import (
    fit_labels,
    label_probabilities,
    read_votes,
    soften,
    without_non_faces,
    without_single_votes,
)
from train.dataset.report import clean
from train.errors import ConfigError

DATASET = drawn_dataset()
VOTES = {split: drawn_votes(faces.labels, seed=i) for i, (split, faces) in enumerate(DATASET.splits.items())}
NOT_A_FACE = np.eye(10, dtype=int)[9] * 10


@pytest.fixture
def votes_csv(tmp_path: Path) -> Path:
    return write_ferplus(tmp_path / "fer2013new.csv", VOTES)


def with_train(faces: LabelledFaces) -> Dataset:
    return replace(DATASET, splits=DATASET.splits | {"train": faces})


def shares_of(counts: np.ndarray) -> np.ndarray:
    """Counts without those of one person, as shares."""
    kept = np.where(counts > 1, counts, 0)
    shares: np.ndarray = kept / kept.sum(1, keepdims=True)
    return shares


def test_votes_go_by_row_order_and_become_shares(votes_csv):
    votes = read_votes(votes_csv, DATASET)
    shares = votes.shares_for(DATASET["train"])
    assert shares == pytest.approx(shares_of(VOTES["train"]))
    assert shares.dtype == np.float32
    assert votes.counts_for(DATASET["train"]).tolist() == VOTES["train"].tolist()


def test_answers_of_one_person_do_not_teach_unless_nobody_agreed():
    counts = np.array([[6, 2, 1, 1, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]])
    assert without_single_votes(counts).tolist() == [[6, 2, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]]


def test_the_votes_on_validation_are_read_apart_and_may_be_missing(tmp_path, votes_csv):
    measured = read_votes(votes_csv, DATASET, split="validation")
    assert measured.counts_for(DATASET["validation"]).tolist() == VOTES["validation"].tolist()
    only_train = write_ferplus(tmp_path / "train.csv", {"train": VOTES["train"]})
    assert not read_votes(only_train, DATASET, split="validation").counts_for(DATASET["validation"]).any()


def test_votes_stay_with_their_images_through_cleaning_and_reordering(votes_csv):
    order = np.random.default_rng(3).permutation(64)
    doubled = with_train(DATASET["train"].take(np.concatenate([np.arange(64), order[:20]])))
    write_ferplus(votes_csv, VOTES | {"train": np.concatenate([VOTES["train"], VOTES["train"][order[:20]]])})
    votes = read_votes(votes_csv, doubled)
    cleaned = clean(doubled, drop_duplicates=True, drop_leaks=True, drop_blanks=True)["train"]
    assert votes.shares_for(cleaned) == pytest.approx(shares_of(VOTES["train"]))
    assert votes.shares_for(DATASET["train"].take(order)) == pytest.approx(shares_of(VOTES["train"][order]))


def test_identical_images_share_the_sum_of_their_votes(votes_csv):
    twice = with_train(DATASET["train"].take(np.array([0, 0, 1])))
    counts = np.array([[10] + [0] * 9, [0, 10] + [0] * 8, [0, 0, 10] + [0] * 7])
    write_ferplus(votes_csv, {"train": counts})
    shares = read_votes(votes_csv, twice).shares_for(twice["train"])
    assert shares[:2] == pytest.approx(np.array([[0.5, 0.5] + [0] * 8] * 2))
    assert shares[2, 2] == 1


def test_an_image_without_votes_has_none(votes_csv):
    assert not read_votes(votes_csv, DATASET).shares_for(DATASET["validation"]).any()


def test_rows_of_splits_that_the_archive_lacks_are_no_obstacle(tmp_path):
    only_train = {"train": VOTES["train"]}
    assert len(read_votes(write_ferplus(tmp_path / "a.csv", only_train), DATASET).counts) == 64
    fewer = replace(DATASET, splits={split: DATASET[split] for split in ("train", "validation")})
    assert len(read_votes(write_ferplus(tmp_path / "b.csv", VOTES), fewer).counts) == 64


def test_another_number_of_rows_is_refused(tmp_path):
    path = write_ferplus(tmp_path / "fer2013new.csv", VOTES | {"train": VOTES["train"][:60]})
    with pytest.raises(ConfigError, match=r"60 rows for the train split, drawn.csv has 64 images"):
        read_votes(path, DATASET)
    path = write_ferplus(path, VOTES | {"validation": VOTES["validation"][1:]})
    with pytest.raises(ConfigError, match="27 rows for the validation split"):
        read_votes(path, DATASET)


def test_votes_in_another_order_are_refused(tmp_path):
    path = write_ferplus(tmp_path / "fer2013new.csv", VOTES | {"train": np.roll(VOTES["train"], 3, axis=0)})
    with pytest.raises(ConfigError, match=r"agree with \d+% of the archive's labels.*another order"):
        read_votes(path, DATASET)


def test_an_archive_without_the_kaggle_order_is_refused(votes_csv):
    with pytest.raises(ConfigError, match="Pass the csv with the columns emotion,pixels,Usage"):
        read_votes(votes_csv, replace(DATASET, made_validation=True))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("emotion,pixels,Usage\n", "has no column NF, anger"),
        ("Usage,neutral\nTraining,4\n", "has no column NF"),
        (None, r"line 2 \(invalid literal"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_other_files_are_refused_in_one_sentence(votes_csv, content, words):
    if content is None:
        votes_csv.write_text(votes_csv.read_text().replace("png,", "png,x", 1))
    elif isinstance(content, str):
        votes_csv.write_text(content)
    else:
        votes_csv.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"^\S*fer2013new.csv .*{words}"):
        read_votes(votes_csv, DATASET)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none.csv cannot be read"):
        read_votes(tmp_path / "none.csv", DATASET)


def test_images_that_most_voters_call_no_face_leave_the_training_split_alone(votes_csv):
    counts = {split: votes.copy() for split, votes in VOTES.items()}
    counts["train"][[3, 9]] = NOT_A_FACE
    counts["validation"][2] = NOT_A_FACE
    write_ferplus(votes_csv, counts)
    kept = without_non_faces(DATASET, read_votes(votes_csv, DATASET))
    assert np.array_equal(kept["train"].pixels, np.delete(DATASET["train"].pixels, [3, 9], axis=0))
    assert len(kept["validation"]) == 28
    assert kept.cleaned == ("drop_not_faces",)


def test_the_regression_is_at_its_optimum_and_learns_what_the_votes_say():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 7, 4000)
    labels[rng.random(4000) < 0.3] = 3
    shares = drawn_votes(labels, seed=2) / 10
    weights = fit_labels(shares, labels)
    p = label_probabilities(shares, weights)
    x = np.concatenate([shares, np.ones((4000, 1))], axis=1)
    assert x.T @ (np.eye(7)[labels] - p) == pytest.approx(weights, abs=1e-4)  # gradient of likelihood and ridge
    assert p.sum(1) == pytest.approx(1)
    assert (p.argmax(1) == labels).mean() > 0.95


def test_softened_targets_lie_between_the_label_and_what_the_votes_mean():
    labels = DATASET["train"].labels
    shares = (VOTES["train"] / 10).astype(np.float32)
    shares[5] = 0
    sharp = np.eye(7, dtype=np.float32)[labels]
    assert np.array_equal(soften(labels, shares, 0.0), sharp)
    half, whole = soften(labels, shares, 0.5), soften(labels, shares, 1.0)
    assert half == pytest.approx((sharp + whole) / 2, abs=1e-6)
    assert half.sum(1) == pytest.approx(1)
    assert np.array_equal(whole[5], sharp[5])
    assert 0.5 < whole[np.arange(64), labels].mean() < 1


@pytest.mark.shared_data
def test_real_votes_fit_real_labels_and_shifted_ones_do_not(shared_data, tmp_path):
    with (shared_data / "fer2013" / "labels.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["usage"] == "Training"][:2000]
    answers = [name for name in rows[0] if name.startswith("ferplus_")]
    counts = np.array([[int(row[name]) for name in answers] for row in rows])
    pixels = np.random.default_rng(0).integers(0, 256, (2000, 48, 48), np.uint8)
    faces = LabelledFaces(pixels, np.array([int(row["emotion"]) for row in rows], np.int64))
    path = write_ferplus(tmp_path / "fer2013new.csv", {"train": counts})
    votes = read_votes(path, Dataset({"train": faces, "validation": faces}, "0" * 64, "fer2013.csv"))
    shares = votes.shares_for(faces)
    p = label_probabilities(shares, fit_labels(shares, faces.labels))
    assert 0.63 < (p.argmax(1) == faces.labels).mean() < 0.75
    write_ferplus(path, {"train": np.roll(counts, 1, axis=0)})
    with pytest.raises(ConfigError, match="another order"):
        read_votes(path, with_train(faces))


def test_votes_fit_an_archive_that_was_read_from_its_csv(tmp_path, votes_csv):
    read = read_archive(write_archive(tmp_path / "drawn.csv", DATASET))
    assert read_votes(votes_csv, read).counts_for(read["train"]).tolist() == VOTES["train"].tolist()
