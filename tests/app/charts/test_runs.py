"""Runs beside each other, as plotly gets them, and which of their settings differ."""

import pytest

from app.charts import runs as run_charts
from app.training.compared_runs import MOST, ComparedRun, differing
from train.runs.files import EpochMetrics


def run(title: str, *accuracies: float, **settings: object) -> ComparedRun:
    epochs = tuple(EpochMetrics(n, 1.0, 0.5, 1.0, value, 0.1, 2.0, 100.0) for n, value in enumerate(accuracies, 1))
    return ComparedRun(title, "finished", epochs, dict(settings), None)


RUNS = [
    run("a", 0.2, 0.4, Network="vgg_small", Dropout=0.2, Seed=1),
    run("b", 0.3, 0.5, 0.45, Network="vgg_small", Dropout=0.4, Seed=1),
    run("c", 0.1, Network="a_network_with_a_long_name", Dropout=0.2, Seed=1),
]


def test_only_what_differs_is_shown():
    assert differing(RUNS) == ("Network", "Dropout")
    assert differing([*RUNS, run("damaged")]) == ("Network", "Dropout")
    assert differing(RUNS[:1]) == ()


def test_each_run_has_a_line_of_its_own():
    figure = run_charts.curves(RUNS)

    assert [line.name for line in figure.data] == ["1", "2", "3"]
    assert list(figure.data[1].y) == pytest.approx([30, 50, 45])
    assert figure.data[2].mode == "lines+markers", "a single point has no line"
    assert tuple(figure.layout.xaxis.range) == (0.5, 3.5)
    assert figure.layout.xaxis.dtick == 1
    looks = {(run_charts.line_style(i)["color"], run_charts.line_style(i)["dash"]) for i in range(MOST)}
    assert len(looks) == MOST


def test_settings_are_axes_and_the_accuracy_is_the_last_one():
    figure = run_charts.coordinates([*RUNS, run("new", Network="vgg_small")], differing(RUNS))

    assert list(figure.layout.xaxis.ticktext) == ["Network", "Dropout", "Accuracy"]
    words = [list(trace.text) for trace in figure.data if trace.mode == "text"]
    assert words == [["vgg_small", "a_network_wit…"], ["0.2", "0.4"], ["10.0 %", "30.0 %", "50.0 %"]]
    lines = {trace.name: list(trace.y) for trace in figure.data if trace.mode != "text"}
    assert lines == {"1": [0, 0, pytest.approx(0.75)], "2": [0, 1, 1], "3": [1, 0, 0]}, "none without an accuracy"


def test_runs_of_one_accuracy_have_an_axis_too():
    figure = run_charts.coordinates([run("a", 0.5, Seed=1), run("b", 0.5, Seed=4)], ("Seed",))

    assert [list(trace.y) for trace in figure.data if trace.mode != "text"] == [[0, 0], [1, 0]]
