"""The benchmarks that need faces: their figures, and their one sentence where there are none."""

import json

import cv2
import numpy as np
import pytest

from benchmarks import __main__ as benchmarks_main
from benchmarks import live_match, robustness
from benchmarks.corruptions import CORRUPTIONS
from benchmarks.faces import ARCHIVE_VARIABLE, MissingFacesError, clear_faces, drawn, validation_faces
from fer_core.expressions.model import load_model
from fer_core.results import Face
from tests.helpers.faces import FakeDetector
from tests.helpers.synthetic import drawn_dataset, drawn_faces, drawn_votes, write_archive, write_ferplus
from train.dataset.ferplus import ANSWERS, EMOTION_COLUMNS


@pytest.fixture
def archive(tmp_path, monkeypatch):
    monkeypatch.delenv(ARCHIVE_VARIABLE, raising=False)
    return write_archive(tmp_path / "drawn.csv", drawn_dataset())


def test_the_validation_split_is_read_and_drawn_by_the_seed(archive):
    faces = drawn_dataset()["validation"]

    assert np.array_equal(validation_faces(archive).pixels, faces.pixels)
    few, again, others = (validation_faces(archive, count=9, seed=seed) for seed in (1, 1, 2))
    assert len(few) == 9
    assert np.array_equal(few.pixels, again.pixels)
    assert not np.array_equal(few.pixels, others.pixels)


def test_the_environment_may_name_the_archive(archive, monkeypatch):
    monkeypatch.setenv(ARCHIVE_VARIABLE, str(archive))

    assert len(validation_faces(None)) == 28


def test_training_faces_are_not_taken_for_validation_faces(tmp_path):
    only_train = write_archive(tmp_path / "train.csv", drawn_dataset(validation=0))

    with pytest.raises(MissingFacesError, match="training faces"):
        validation_faces(only_train)


def test_without_an_archive_the_benchmark_says_what_to_pass(monkeypatch, capsys):
    monkeypatch.delenv(ARCHIVE_VARIABLE, raising=False)
    monkeypatch.setattr(benchmarks_main, "TABLES", {"robustness": benchmarks_main.TABLES["robustness"]})

    assert benchmarks_main.main([]) == 0
    assert benchmarks_main.main(["robustness"]) == 1
    assert capsys.readouterr().out.count("robustness is left out: This benchmark needs FER2013") == 2


def test_at_least_one_face_must_be_asked_for():
    with pytest.raises(ValueError, match="at least 1"):
        drawn(drawn_faces(3, seed=0), 0, seed=0)


def test_a_model_that_knows_one_answer_drops_nowhere_and_another_shows_what_it_loses():
    faces = drawn_faces(28, seed=0)

    def always_angry(tiles: np.ndarray) -> np.ndarray:
        return np.eye(7, dtype=np.float32)[np.zeros(len(tiles), int)]

    def by_brightness(tiles: np.ndarray) -> np.ndarray:
        """The drawn faces of the first emotions are the darkest."""
        steps = np.clip((tiles.mean(axis=(1, 2, 3)) - 75) // 13, 0, 6).astype(int)
        rows: np.ndarray = np.eye(7, dtype=np.float32)[steps]
        return rows

    steady, fickle = robustness.measure({"steady": always_angry, "fickle": by_brightness}, faces)

    assert steady.clean == pytest.approx(1 / 7)
    assert steady.mean_drop == pytest.approx(0)
    assert fickle.drop("darker") > 0.3
    assert fickle.mean("darker") == pytest.approx(np.mean(fickle.spoiled["darker"]))
    assert fickle.mean_drop == pytest.approx(np.mean([fickle.drop(name) for name in CORRUPTIONS]))


def test_the_robustness_table_has_a_row_for_each_corruption_and_columns_for_each_model(archive, tmp_path, capsys):
    output = tmp_path / "out.json"

    models = ["--models", "default", "default"]
    robustness.main(["--archive", str(archive), *models, "--count", "14", "--json", str(output)])

    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith(tuple(f"| {name} |" for name in CORRUPTIONS)) for line in lines) == len(CORRUPTIONS)
    assert "default: clean" in lines[3]
    assert "default (2): clean" in lines[3]
    assert "1.00 times the first" in lines[-1]
    document = json.loads(output.read_text())
    assert document["n"] == 14
    assert [len(model["spoiled"]["jpeg"]) for model in document["models"]] == [5, 5]


def test_the_live_answer_is_measured_where_most_voters_agree(archive, tmp_path, capsys):
    dataset = drawn_dataset()
    faces = dataset["validation"]
    votes = np.zeros((len(faces), 10), np.int64)
    emotions = np.roll(faces.labels, 1)
    votes[np.arange(len(faces)), EMOTION_COLUMNS[emotions]] = 6
    votes[:, ANSWERS.index("contempt")] = 4
    votes[::4, ANSWERS.index("contempt")] = 6  # no clear one
    csv = write_ferplus(tmp_path / "votes.csv", {"train": drawn_votes(dataset["train"].labels), "validation": votes})
    clear = np.arange(len(faces)) % 4 != 0

    found = clear_faces(archive, csv)

    assert np.array_equal(found.pixels, faces.pixels[clear])
    assert np.array_equal(found.labels, emotions[clear])
    robustness.main(["--archive", str(archive), "--ferplus", str(csv), "--count", "7"])
    said = capsys.readouterr().out
    assert "the live answer where most people agree, FER2013 PublicTest, n = 7" in said
    answers = load_model().predict(clear_faces(archive, csv, count=7).pixels[..., None]).argmax(1)
    right = (answers == clear_faces(archive, csv, count=7).labels).mean()
    assert f"| gaussian noise | {right:.1%} |" in said


def test_the_route_counts_what_was_found_what_was_right_and_what_was_not_there():
    faces = drawn_faces(14, seed=1)
    everywhere_else = FakeDetector([Face((0, 0, 3, 3), 0.9)])

    def brightest(frame_bgr: np.ndarray) -> list[Face]:
        """Where the frame differs most from its smooth surroundings: roughly on the tile, if it is large."""
        x, y = cv2.minMaxLoc(cv2.GaussianBlur(cv2.Laplacian(frame_bgr[..., 0], cv2.CV_32F) ** 2, (0, 0), 20))[3]
        return [Face((x - 60.0, y - 60.0, x + 60.0, y + 60.0), 0.9)]

    routes = live_match.measure(load_model(), {"none": everywhere_else, "some": FakeDetector(brightest)}, faces)

    by_name = {name: [r for r in routes if r.route == name] for name in (live_match.TRUE_PLACE, "none", "some")}
    assert sum(r.n for r in by_name["none"]) == 14
    assert [(r.found, r.right, r.strays) for r in by_name["none"]] == [(0, 0, r.n) for r in by_name["none"]]
    assert all(r.found == r.n and r.side_ratio == pytest.approx(1) for r in by_name[live_match.TRUE_PLACE])
    assert all(r.found + r.strays == r.n for r in by_name["some"])
