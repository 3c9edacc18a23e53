import json

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from tests.helpers.synthetic import drawn_faces
from train.archive.reader import Dataset, LabelledFaces
from train.evaluation.calibrate import undo_temperature
from train.evaluation.evaluate import evaluate, evaluate_split, found_among, ms_per_face, report
from train.evaluation.figures import coverage_curve, reliability_bins, wilson_interval, worst_mistakes
from train.evaluation.report_text import evaluation_text


def sure(*predicted: int, confidence: float = 0.7) -> np.ndarray:
    """Probabilities that name `predicted` with one confidence."""
    rows = np.full((len(predicted), 7), (1 - confidence) / 6)
    rows[np.arange(len(predicted)), predicted] = confidence
    return rows


LABELS = np.array([0, 0, 0, 1, 3, 3, 3, 3])
ANSWERS = sure(0, 0, 4, 4, 3, 3, 3, 0)
FRESH = np.array([True] * 6 + [False] * 2)
REPORT = report(ANSWERS, LABELS, split="validation", fresh=FRESH, temperature=0.8)


def test_the_figures_are_those_counted_by_hand():
    assert (REPORT.n, REPORT.accuracy) == (8, 5 / 8)
    assert REPORT.n_without_duplicates == 6
    assert REPORT.accuracy_without_duplicates == pytest.approx(4 / 6)
    angry = REPORT.per_class["angry"]
    assert (angry.precision, angry.recall) == pytest.approx((2 / 3, 2 / 3))
    assert angry.support == 3
    assert REPORT.per_class["happy"].recall == 0.75
    assert REPORT.per_class["surprise"].support == 0
    assert REPORT.balanced_accuracy == pytest.approx((2 / 3 + 0 + 0.75) / 3)
    assert REPORT.macro_f1 == pytest.approx((2 / 3 + 0 + 2 * 0.75 / 1.75 + 0) / 4)  # sad was answered, never right
    assert REPORT.nll == pytest.approx(-(5 * np.log(0.7) + 3 * np.log(0.05)) / 8)
    assert REPORT.ece == pytest.approx(0.7 - 5 / 8)
    assert REPORT.confusion[0] == (2, 0, 0, 0, 1, 0, 0)
    assert REPORT.confusion_shares[3].tolist() == [0.25, 0, 0, 0.75, 0, 0, 0]
    assert REPORT.confusion_shares[5].tolist() == [0] * 7


def test_reliability_bins_hold_every_image_once():
    filled = [b for b in REPORT.reliability if b.n]
    assert len(filled) == 1
    assert (filled[0].n, filled[0].confidence, filled[0].accuracy) == pytest.approx((8, 0.7, 5 / 8))
    assert (REPORT.reliability[0].low, REPORT.reliability[-1].high) == (0, 1)
    assert sum(b.n for b in reliability_bins(sure(0, 1, confidence=1.0), np.array([0, 0]))) == 2


def test_the_unsure_threshold_trades_coverage_for_accuracy():
    answers = np.concatenate([sure(0, 0, confidence=0.9), sure(0, 0, confidence=0.4)])
    curve = {point.threshold: point for point in coverage_curve(answers, np.array([0, 0, 0, 1]))}
    assert (curve[0.0].coverage, curve[0.0].accuracy) == (1, 0.75)
    assert (curve[0.5].coverage, curve[0.5].accuracy) == (0.5, 1)
    assert (curve[0.95].coverage, curve[0.95].accuracy) == (0, None)


def test_confused_pairs_and_the_surest_mistakes_are_named():
    assert {(pair.true, pair.predicted, pair.n) for pair in REPORT.confused} == {
        ("angry", "sad", 1),
        ("disgust", "sad", 1),
        ("happy", "angry", 1),
    }
    assert REPORT.confused[0].share in (1 / 3, 1, 1 / 4)
    answers = np.concatenate([sure(1, confidence=0.5), sure(2, confidence=0.9), sure(0)])
    mistakes = worst_mistakes(answers, np.array([0, 0, 0]))
    assert [(m.index, m.predicted) for m in mistakes["angry"]] == [(1, "fear"), (0, "disgust")]
    assert mistakes["happy"] == ()


def test_calibration_gives_the_figures_without_the_temperature():
    raw = sure(0, 1, 2, confidence=0.6)
    sharpened = raw ** (1 / 0.5)
    sharpened /= sharpened.sum(1, keepdims=True)
    assert undo_temperature(sharpened, 0.5) == pytest.approx(raw)
    found = report(sharpened, np.array([0, 1, 0]), split="test", fresh=np.ones(3, bool), temperature=0.5)
    assert found.calibration is not None
    assert found.calibration.nll_before == pytest.approx(-(2 * np.log(0.6) + np.log(0.4 / 6)) / 3)
    assert found.calibration.nll_before != pytest.approx(found.nll)
    plain = report(raw, np.array([0, 1, 0]), split="test", fresh=np.ones(3, bool))
    assert plain.calibration is None
    assert "before the temperature" in evaluation_text(found)
    assert "before the temperature" not in evaluation_text(plain)


def test_a_split_that_stands_in_training_as_a_whole_has_no_accuracy_without_duplicates():
    found = report(ANSWERS, LABELS, split="test", fresh=np.zeros(8, bool))
    assert found.accuracy_without_duplicates is None
    assert "without duplicates  -  (n 0)" in evaluation_text(found)


def test_json_has_everything_and_text_the_rows():
    values = json.loads(REPORT.to_json())
    assert values["per_class"].keys() == set(EMOTIONS)
    assert len(values["coverage_curve"]) == 20
    assert all(name in evaluation_text(REPORT) for name in EMOTIONS)


def test_duplicates_are_found_by_content_and_not_within_the_training_split():
    faces, train = drawn_faces(10, seed=1), drawn_faces(30, seed=2)
    train.pixels[7] = faces.pixels[3]
    assert np.flatnonzero(found_among(faces, train)).tolist() == [3]

    def predict(tiles):
        return sure(*[0] * len(tiles))

    assert evaluate(predict, faces, split="test", train=train).n_without_duplicates == 9
    assert evaluate(predict, faces, split="test", train=None).n_without_duplicates == 10
    assert evaluate(predict, train, split="train", train=train).n_without_duplicates == 30


def test_images_reach_the_model_in_order_and_batches():
    faces = LabelledFaces(drawn_faces(150, seed=1).pixels, np.arange(150) % 7)
    seen = []

    def predict(tiles):
        assert tiles.dtype == np.uint8
        seen.append(tiles)
        return sure(*[0] * len(tiles))

    evaluate(predict, faces, split="test", train=None)
    assert np.array_equal(np.concatenate(seen)[..., 0], faces.pixels)


def test_wilsons_interval_is_the_known_one():
    assert wilson_interval(73, 100) == pytest.approx((0.6357, 0.8073), abs=1e-4)
    assert wilson_interval(0, 10)[0] == pytest.approx(0, abs=1e-12)


def test_time_per_face_is_measured():
    assert 0 <= ms_per_face(lambda tiles: sure(0), repeats=5) < 50


def naming(label: int):
    return lambda tiles: sure(*[label] * len(tiles))


def test_the_test_split_loses_what_stands_in_validation_too():
    train, validation, test = (drawn_faces(30, seed=seed) for seed in (1, 2, 3))
    test.pixels[:3] = train.pixels[:3]
    test.pixels[2:7] = validation.pixels[2:7]  # one of them stood in train, and now stands in validation alone
    test.pixels[9] = validation.pixels[9] = train.pixels[9]  # in both, counted once
    dataset = Dataset({"train": train, "validation": validation, "test": test}, "ab" * 32, "three.csv")

    found = evaluate_split(naming(0), dataset, "test")
    assert (found.n, found.n_without_duplicates, found.compared_with) == (30, 22, ("train", "validation"))
    found = evaluate_split(naming(0), dataset, "validation")
    assert (found.n_without_duplicates, found.compared_with) == (29, ("train",))
    found = evaluate_split(naming(0), dataset, "train")
    assert (found.n_without_duplicates, found.compared_with) == (30, ())
    assert (found.source, found.archive_sha256) == ("three.csv", "ab" * 32)


def test_near_identical_images_are_left_out_of_a_figure_of_their_own():
    rng = np.random.default_rng(0)
    train = LabelledFaces(rng.integers(0, 256, (30, 48, 48), np.uint8), np.arange(30) % 7)
    pixels = rng.integers(0, 256, (10, 48, 48), np.uint8)
    pixels[:4] = np.clip(train.pixels[:4].astype(int) + 20, 0, 255)
    pixels[4] = train.pixels[4]
    faces = LabelledFaces(pixels, np.array([0] * 5 + [1] * 5))

    found = evaluate(naming(0), faces, split="validation", train=train)
    assert found.n_without_duplicates == 9
    assert found.accuracy_without_duplicates == pytest.approx(4 / 9)
    assert (found.n_without_near_duplicates, found.accuracy_without_near_duplicates) == (5, 0)
    assert found.near_duplicates_share == 0.5
    assert "without near ones   0.00%  (n 5, near-identical neither)" in evaluation_text(found)


def test_macro_f1_counts_classes_as_scikit_learn_does():
    # sklearn.metrics.f1_score(labels, answers, average="macro"): [0, 0, 1, 1] and [0, 0, 1, 2] give (1 + 2/3 + 0) / 3.
    found = report(sure(0, 0, 1, 2), np.array([0, 0, 1, 1]), split="test", fresh=np.ones(4, bool))
    assert found.macro_f1 == pytest.approx((1 + 2 / 3) / 3)
    assert found.macro_f1_over == ("angry", "disgust", "fear")
    assert found.balanced_accuracy == pytest.approx((1 + 0.5) / 2)
    assert found.absent == ("fear", "happy", "sad", "surprise", "neutral")
    assert "no images of fear, happy" in evaluation_text(found)
    whole = report(sure(*range(7)), np.arange(7), split="test", fresh=np.ones(7, bool))
    assert (whole.macro_f1, whole.absent) == (1, ())
    assert "no images of" not in evaluation_text(whole)
