"""Folds keep together what belongs together, have each expression's share, and are found again by content."""

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from tests.helpers.archive_builders import image, zip_bytes
from tests.helpers.synthetic import drawn_dataset, drawn_faces
from train.archive.content import content_digests
from train.archive.people import PeopleShown
from train.archive.reader import read_people
from train.archive.types import Dataset, LabelledFaces
from train.dataset.folds import divide, pooled, read_folds
from train.dataset.for_run import read_for_run
from train.dataset.near_duplicates import near_groups
from train.errors import ArchiveError, ConfigError
from train.runs.request import Input, RunRequest, read_request
from train.settings.training import TrainingConfig

NOBODY = PeopleShown()


def noise(count: int, *, seed: int = 0) -> LabelledFaces:
    """Images that are near nothing."""
    rng = np.random.default_rng(seed)
    return LabelledFaces(rng.integers(0, 256, (count, 48, 48), np.uint8), np.arange(count, dtype=np.int64) % 7)


def noise_dataset(train: int = 210, validation: int = 70) -> Dataset:
    splits = {"train": noise(train), "validation": noise(validation, seed=1), "test": noise(14, seed=2)}
    return Dataset(splits, "0" * 64, "noise.csv")


def fold_of(dataset: Dataset, folds, pixels: np.ndarray) -> list[int]:
    return [folds.of_content[digest] for digest in content_digests(pixels)]


def test_each_face_is_validated_on_once_and_folds_have_each_expression_s_share():
    dataset = noise_dataset()
    folds = divide(dataset, NOBODY, count=4, seed=1)
    parts = [folds.validated_on(dataset, fold) for fold in (1, 2, 3, 4)]

    for part in parts:
        assert np.bincount(part["validation"].labels).tolist() == [10] * 7
        assert len(part["train"]) == 210
        assert part["test"] is dataset["test"]
    validated = [digest for part in parts for digest in content_digests(part["validation"].pixels)]
    assert sorted(validated) == sorted(content_digests(pooled(dataset).pixels))


def test_what_was_done_stands_in_the_data_set():
    dataset = noise_dataset()
    part = divide(dataset, NOBODY, count=4, seed=9).validated_on(dataset, 2)

    assert part.cleaned == ("fold_2_of_4_seed_9",)
    assert (part.made_validation, part.split_by) == (True, "image")
    assert part.read == dataset.read


def test_the_division_follows_from_contents_and_seed_alone():
    dataset = noise_dataset()
    order = np.random.default_rng(5).permutation(210)
    mixed = replace(dataset, splits=dataset.splits | {"train": dataset["train"].take(order)})

    first, again, other = (
        divide(each, NOBODY, count=3, seed=seed) for each, seed in ((dataset, 1), (mixed, 1), (dataset, 2))
    )

    assert first.of_content == again.of_content
    assert first.of_content != other.of_content


def test_identical_mirrored_and_nearly_identical_images_stay_together():
    drawn = drawn_faces(7, seed=1).pixels
    blurred = (drawn.astype(float) * 0.9 + 12).astype(np.uint8)
    own = noise(84)
    pixels = np.concatenate([own.pixels, drawn, drawn, drawn[:, :, ::-1], blurred])
    labels = np.concatenate([own.labels, *[np.arange(7)] * 4])
    dataset = Dataset({"train": LabelledFaces(pixels, labels), "validation": noise(14, seed=3)}, "0" * 64, "copies.csv")
    folds = divide(dataset, NOBODY, count=3, seed=1)

    kept = [fold_of(dataset, folds, each) for each in (drawn, drawn[:, :, ::-1], blurred)]

    assert kept[0] == kept[1] == kept[2]
    assert "identical and near-identical images stay together" in folds.words


def test_near_groups_are_those_that_pairs_connect():
    drawn = drawn_faces(2, seed=1).pixels
    pixels = np.concatenate([noise(600).pixels, drawn[:1], noise(600, seed=1).pixels, drawn[:1, :, ::-1]])

    groups = near_groups(pixels)

    assert groups[600] == groups[-1]
    assert len(set(groups.tolist())) == len(pixels) - 1


def named_archive(path: Path, *, known: bool = True) -> Path:
    """Six people with seven faces each, named as CK+ names them, or in a way of their own."""
    rng = np.random.default_rng(0)
    entries = {}
    for person in range(6):
        for number, emotion in enumerate(("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")):
            name = f"S{person:03}_{number:03}_00000011.png" if known else f"who{person}x{number}.png"
            entries[f"{emotion}/{name}"] = image(rng.integers(0, 256, (48, 48), np.uint8))
    path.write_bytes(zip_bytes(entries))
    return path


@pytest.mark.parametrize(("known", "person"), [(True, ""), (False, r"who(\d+)x")])
def test_a_person_is_in_one_fold_by_known_names_or_an_expression(tmp_path: Path, known: bool, person: str):
    archive = named_archive(tmp_path / "faces.zip", known=known)
    request = RunRequest(TrainingConfig(), archive)
    dataset, _ = read_for_run(request, archive)
    folds = divide(dataset, read_people(archive, person=person), count=3, seed=1, needs_people=bool(person))
    folds.write(tmp_path / "folds.npz")

    assert folds.kept_by == "person"
    assert "whom 42 images show" in folds.words
    for fold in (1, 2, 3):
        part, _ = read_for_run(replace(request, folds=Input.of_file(tmp_path / "folds.npz"), fold=fold), archive)
        assert len(part["validation"]) == 14, "two people"
        assert np.bincount(part["validation"].labels).tolist() == [2] * 7
        assert part.cleaned == (f"fold_{fold}_of_3_by_person_seed_1",)


def test_an_expression_that_finds_nobody_or_is_none_is_refused(tmp_path: Path):
    archive = named_archive(tmp_path / "faces.zip")
    dataset, _ = read_for_run(RunRequest(TrainingConfig(), archive), archive)

    with pytest.raises(ConfigError, match="shows a person"):
        divide(dataset, read_people(archive, person="nobody(x)"), count=3, seed=1, needs_people=True)
    with pytest.raises(ConfigError, match="no regular expression"):
        read_people(archive, person="(")


def test_the_whole_match_is_the_person_where_an_expression_has_no_group():
    people = PeopleShown(re.compile(r"p\d"))
    pixels = noise(3).pixels
    for face, name in zip(pixels, ("p1/a.png", "p1/b.png", "p2/a.png"), strict=True):
        people.note(face, PurePosixPath(name))

    first, second, third = people.of(content_digests(pixels))

    assert first == second != third


def test_folds_are_read_as_they_were_written(tmp_path: Path):
    folds = divide(noise_dataset(), NOBODY, count=3, seed=4)
    folds.write(tmp_path / "folds.npz")

    found = read_folds(tmp_path / "folds.npz")

    assert found.of_content == folds.of_content
    assert (found.count, found.seed, found.kept_by, found.words) == (3, 4, "image", folds.words)


def test_what_cannot_be_is_refused(tmp_path: Path):
    dataset = noise_dataset()
    folds = divide(dataset, NOBODY, count=3, seed=1)

    with pytest.raises(ConfigError, match="--fold must be 1 to 3, got 4"):
        folds.validated_on(dataset, 4)
    with pytest.raises(ArchiveError, match="no fold has"):
        folds.validated_on(drawn_dataset(), 1)
    with pytest.raises(ConfigError, match=r"too few faces for 9 folds.*leaves 7 groups"):
        divide(Dataset({"train": noise(5), "validation": noise(2, seed=1)}, "", "few.csv"), NOBODY, count=9, seed=1)
    with pytest.raises(ArchiveError, match="no training faces"):
        divide(Dataset({"test": noise(7)}, "", "test.csv"), NOBODY, count=2, seed=1)
    (tmp_path / "other.npz").write_text("something else")
    with pytest.raises(ConfigError, match="holds no folds"):
        read_folds(tmp_path / "other.npz")


def test_a_class_with_too_few_faces_for_the_folds_is_said():
    own = noise(30)
    labels = np.where(np.arange(30) < 2, 1, 3).astype(np.int64)
    dataset = Dataset(
        {"train": LabelledFaces(own.pixels, labels), "validation": LabelledFaces(noise(3, seed=1).pixels, labels[-3:])},
        "",
        "few.csv",
    )

    assert "Some folds have no face of disgust." in divide(dataset, NOBODY, count=3, seed=1).words


def test_a_request_keeps_its_fold_and_refuses_another(tmp_path: Path):
    divide(noise_dataset(), NOBODY, count=3, seed=1).write(tmp_path / "folds.npz")
    folds = Input.of_file(tmp_path / "folds.npz")
    request = RunRequest(TrainingConfig(), Path("a.csv"), folds=folds, fold=2)
    request.write(tmp_path)

    saved = read_request(tmp_path)
    assert saved is not None
    assert (saved.folds, saved.fold) == (folds, 2)
    saved.check_inputs()
    with pytest.raises(ConfigError, match="other data"):
        replace(request, fold=3).check_same(saved, tmp_path)
    with pytest.raises(ConfigError, match="Pass both"):
        RunRequest(TrainingConfig(), None, fold=1)
    with pytest.raises(ConfigError, match="Leave them out"):
        RunRequest(TrainingConfig(), None, folds=folds, fold=1, teacher_views=folds)
    divide(noise_dataset(), NOBODY, count=3, seed=2).write(tmp_path / "folds.npz")
    with pytest.raises(ConfigError, match="has changed since"):
        saved.check_inputs()
