"""Reports as types, read back from what their writers really write."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from app.training import answers as training_reports
from fer_core.expressions.card import read_card
from fer_core.paths import SHIPPED_MODELS
from tests.helpers.synthetic import drawn_dataset
from tests.helpers.training_folders import make_run
from train.dataset.report import report_on
from train.evaluation.compare import compare
from train.evaluation.types import Conversion
from train.runs.files import REPORT, read_json


def test_a_data_set_report_comes_back_equal():
    found = report_on(drawn_dataset())

    back = training_reports.read_dataset_report(json.loads(found.to_json()))

    assert back is not None
    assert json.loads(json.dumps(back.to_dict())) == json.loads(found.to_json())
    assert back.leaked("test") == found.leaked("test")


def test_a_run_report_has_both_splits_and_all_mistakes():
    values = read_json(make_run("done", "finished", with_report=True) / REPORT)

    report = training_reports.read_run_report(values)

    assert report is not None
    assert report.test is not None
    assert report.test.split == "test"
    assert json.loads(json.dumps(asdict(report))) == values


def test_the_shipped_card_is_read():
    evaluation = training_reports.read_evaluation(read_card(SHIPPED_MODELS / "default").metrics["validation"])

    assert evaluation is not None
    assert 0.5 < evaluation.accuracy < 1
    assert evaluation.calibration is not None
    assert len(evaluation.confusion) == 7
    assert evaluation.mistakes == {}


def test_a_comparison_comes_back_equal():
    answers, labels = np.eye(7)[np.arange(14) % 7], np.arange(14) % 7
    found = compare([answers, np.roll(answers, 1, axis=1), answers], labels, models=["a", "b", "c"])

    back = training_reports.read_comparison(json.loads(found.to_json()))

    assert back == found


def test_a_conversion_comes_back_equal():
    found = Conversion("onnx", ("model.onnx",), 2e-7)

    assert training_reports.read_conversion(json.loads(json.dumps(asdict(found)))) == found


def test_whole_numbers_are_fractions_and_words_are_not():
    assert training_reports.read_conversion({"form": "x", "files": [], "difference": 0}) == Conversion("x", (), 0.0)
    for difference in ("0", None, [0]):
        assert training_reports.read_conversion({"form": "x", "files": [], "difference": difference}) is None


@pytest.mark.parametrize("change", [{"confusion": [[1]]}, {"per_class": {}}, {"reliability": [{}]}, {"n": "many"}])
def test_an_evaluation_of_another_shape_is_damage(change):
    values = read_card(SHIPPED_MODELS / "default").metrics["validation"]

    assert training_reports.read_evaluation(values | {"unknown": 1}) is not None
    assert training_reports.read_evaluation(values | change) is None


@pytest.mark.parametrize("values", [None, 3, "x", [], {}, {"n": 1}, {"splits": 1}, {"validation": None, "model": {}}])
def test_damage_is_none(values):
    assert training_reports.read_dataset_report(values) is None
    assert training_reports.read_run_report(values) is None
    assert training_reports.read_evaluation(values) is None
    assert training_reports.read_comparison(values) is None
    assert training_reports.read_conversion(values) is None
    assert training_reports.read_confusion(values) == ()
    assert training_reports.read_architectures(3) == ()


@pytest.mark.parametrize("counts", [[[1]], [[0] * 7] * 6, "x", [["a"] * 7] * 7])
def test_a_confusion_matrix_of_another_shape_is_damage(counts):
    assert training_reports.read_confusion({"counts": counts}) == ()
