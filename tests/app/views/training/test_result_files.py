"""What a finished run offers to take away."""

import csv
import io

import numpy as np

from app.training.answers import read_run_report
from app.views.training.result_files import confusion_csv, curves_csv, report_text
from fer_core.emotions import EMOTIONS
from tests.helpers.training_folders import make_run
from train.runs.run import TrainingRun


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_curves_confusion_and_report_hold_the_runs_figures() -> None:
    run = TrainingRun(make_run("done", "finished", epochs=3, with_report=True))
    report = read_run_report(run.report())
    assert report is not None
    assert report.test is not None

    head, *lines = rows(curves_csv(run.epochs()))
    assert head[:3] == ["epoch", "loss", "accuracy"]
    assert [line[0] for line in lines] == ["1", "2", "3"]

    head, *lines = rows(confusion_csv(report.test))
    assert head == ["label", *(f"answered {name}" for name in EMOTIONS)]
    assert [line[0] for line in lines] == list(EMOTIONS)
    counts = np.array([line[1:] for line in lines], int)
    assert counts.tolist() == [list(row) for row in report.test.confusion]

    text = report_text(report)
    assert f"{100 * report.test.accuracy:.1f}" in text
    assert f"{100 * report.validation.accuracy:.1f}" in text
    assert "from training to use" in text
