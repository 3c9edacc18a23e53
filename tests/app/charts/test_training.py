"""Figures of data sets, runs and evaluations, as plotly gets them."""

import pytest

from app.charts import training as training_charts
from train.evaluation.figures import CoveragePoint, ReliabilityBin
from train.runs.files import EpochMetrics

EPOCHS = [EpochMetrics(n, 2.0 / n, 0.2 * n, 1.8, 0.15 * n, 0.1, 10.0, 900.0) for n in (1, 2, 3)]


@pytest.mark.parametrize("make", [training_charts.accuracy_curves, training_charts.loss_curves])
def test_curves_span_the_planned_epochs_from_the_start(make):
    figure = make(EPOCHS, planned=60)

    assert [line.name for line in figure.data] == ["Training", "Validation"]
    assert list(figure.data[0].x) == [1, 2, 3]
    assert tuple(figure.layout.xaxis.range) == (0.5, 60.5)


@pytest.mark.parametrize("planned", [1, 2, 3, 10, 60, 100, 5000])
def test_epochs_are_marked_at_whole_numbers(planned):
    axis = training_charts.learning_rate_curve(EPOCHS, planned=planned).layout.xaxis

    assert axis.dtick == int(axis.dtick)
    assert 1 <= planned / axis.dtick + 1 <= 12


def test_both_axes_are_named():
    for make in (training_charts.accuracy_curves, training_charts.loss_curves, training_charts.learning_rate_curve):
        layout = make(EPOCHS, planned=3).layout
        assert layout.xaxis.title.text == "Epoch"
        assert layout.yaxis.title.text


def test_accuracies_are_in_per_cent():
    figure = training_charts.accuracy_curves(EPOCHS, planned=3)

    assert list(figure.data[1].y) == pytest.approx([15, 30, 45])


def test_reliability_leaves_out_empty_bins():
    bins = [ReliabilityBin(0, 0.5, 0, 0, 0), ReliabilityBin(0.5, 1, 40, 0.5, 0.4)]

    points = training_charts.reliability(bins).data[1]

    assert (list(points.x), list(points.y)) == ([50], [40])


def test_coverage_has_a_gap_where_nothing_is_labelled():
    points = [CoveragePoint(0.0, 1.0, 0.6), CoveragePoint(0.9, 0.0, None)]

    right, labelled = training_charts.coverage(points, chosen=0.4).data

    assert list(right.y) == [60, None]
    assert list(labelled.y) == [100, 0]


def test_differences_are_points_and_leave_absent_emotions_out():
    (bars,) = training_charts.class_differences({"sad": -0.05, "angry": 0.1}).data

    assert (list(bars.x), list(bars.y)) == (["Angry", "Sad"], [10, -5])


@pytest.mark.parametrize(
    "figure",
    [
        lambda: training_charts.class_differences({}),
        lambda: training_charts.reliability([]),
        lambda: training_charts.validation_curves({}),
        lambda: training_charts.loss_curves([], planned=0),
    ],
    ids=["class differences", "reliability", "validation curves", "loss curves"],
)
def test_without_data_a_chart_is_drawn_with_its_axes_and_no_values(figure):
    drawn = figure()

    assert drawn.layout.xaxis is not None
    assert not [trace for trace in drawn.data if trace.y is not None and len(trace.y) and trace.hoverinfo != "skip"]
