"""Results to figures: a fixed grid, gaps where there is no face, and axes that stand still."""

import numpy as np
import pytest

from app.charts.rolling import GRID_POINTS, RollingTimeline, emotion_timeline, face_in, timeline, valence_timeline
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import FrameResult
from tests.helpers.faces import make_emotion, make_face, make_result

WINDOW_S = 40.0
HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def result_at(at_s: float, **emotions: int) -> FrameResult:
    """A result with these emotions, each of the face of that number."""
    faces = [make_emotion(name, share=0.88, face=make_face(track_id=i)) for name, i in emotions.items()]
    return make_result(*faces, at_s=at_s)


def steady(start_s: float, end_s: float, *, step_s: float = 0.1, **emotions: int) -> list[FrameResult]:
    return [result_at(float(at_s), **emotions) for at_s in np.arange(start_s, end_s, step_s)]


def seen(data: RollingTimeline) -> np.ndarray:
    """Which cells have values; they have all or none."""
    has = np.isfinite(data.probabilities)
    assert (has.all(axis=1) == has.any(axis=1)).all()
    assert (has.all(axis=1) == np.isfinite(data.valence)).all()
    row: np.ndarray = has.all(axis=1)
    return row


def test_the_grid_is_the_same_whatever_comes():
    for results in ([], [result_at(95, happy=1)], steady(60, 100, happy=1)):
        data = timeline(results, now_s=100, window_s=WINDOW_S)

        assert data.probabilities.shape == (GRID_POINTS, 7)
        assert data.valence.shape == (GRID_POINTS,)
        assert np.diff(data.seconds) == pytest.approx(np.full(GRID_POINTS - 1, WINDOW_S / GRID_POINTS))
        assert -WINDOW_S < data.seconds[0] < data.seconds[-1] < 0


def test_nothing_yet_is_all_gaps():
    assert not seen(timeline([], now_s=100, window_s=WINDOW_S)).any()


def test_a_result_lands_in_the_cell_of_its_time():
    data = timeline([result_at(90, happy=1)], now_s=100, window_s=WINDOW_S)

    (cell,) = np.flatnonzero(seen(data))
    assert data.seconds[cell] == pytest.approx(-10, abs=WINDOW_S / GRID_POINTS)
    assert data.probabilities[cell, HAPPY] == pytest.approx(0.88)


def test_each_cell_is_the_mean_of_its_results_and_sums_to_one():
    results = [result_at(90.0, happy=1), result_at(90.1, sad=1), result_at(90.2, sad=1), result_at(90.3, sad=1)]

    data = timeline(results, now_s=100, window_s=WINDOW_S)

    (cell,) = np.flatnonzero(seen(data))
    assert data.probabilities[cell, HAPPY] == pytest.approx((0.88 + 3 * 0.02) / 4)
    assert data.probabilities[cell].sum() == pytest.approx(1)
    assert data.valence[cell] == pytest.approx(0.5)


def test_without_a_face_there_is_a_gap_between():
    results = [*steady(60, 75, happy=1), *steady(75, 85), *steady(85, 100, sad=1)]

    data = timeline(results, now_s=100, window_s=WINDOW_S)

    gap = (data.seconds > -24.9) & (data.seconds < -15.1)
    assert not seen(data)[gap].any()
    assert seen(data)[~gap & (abs(data.seconds + 25) > 0.5) & (abs(data.seconds + 15) > 0.5)].all()
    assert data.probabilities[seen(data)].sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    "at_s",
    [
        30.0,
        59.9,
        100.5,
    ],
)
def test_what_is_outside_the_window_does_not_count(at_s):
    assert not seen(timeline([result_at(at_s, happy=1)], now_s=100, window_s=WINDOW_S)).any()


def test_the_chosen_face_is_shown_and_no_other():
    results = steady(60, 100, happy=1, sad=2)

    largest = timeline(results, now_s=100, window_s=WINDOW_S)
    second = timeline(results, now_s=100, window_s=WINDOW_S, track_id=2)
    absent = timeline(results, now_s=100, window_s=WINDOW_S, track_id=3)

    assert largest.probabilities[:, HAPPY] == pytest.approx(0.88)
    assert second.probabilities[:, SAD] == pytest.approx(0.88)
    assert not seen(absent).any()


def test_face_in_gives_the_largest_or_the_one_of_that_number():
    result = result_at(0, happy=4, sad=2)

    assert face_in(result, None) is result.faces[0]
    assert face_in(result, 2) is result.faces[1]
    assert face_in(result, 9) is None
    assert face_in(make_result(), None) is None


@pytest.mark.parametrize(("rate_per_s", "window_s"), [(10, 15.0), (10, 60.0), (10, 300.0), (3, 60.0), (3, 15.0)])
def test_a_face_that_is_always_in_view_leaves_no_gaps(rate_per_s, window_s):
    data = timeline(steady(0, 300, step_s=1 / rate_per_s, happy=1), now_s=300, window_s=window_s)

    inner = (data.seconds > -window_s + 1 / rate_per_s) & (data.seconds < -1 / rate_per_s)
    assert seen(data)[inner].all()


def test_a_face_that_was_away_between_two_results_leaves_a_gap():
    results = [result_at(95, happy=1), result_at(95.3), result_at(95.6, happy=1)]

    data = timeline(results, now_s=100, window_s=15.0)

    assert not seen(data)[(data.seconds > -4.9) & (data.seconds < -4.5)].any()


# Figures


@pytest.fixture
def data() -> RollingTimeline:
    return timeline([*steady(60, 75, happy=1), *steady(85, 100, sad=1)], now_s=100, window_s=WINDOW_S)


@pytest.mark.parametrize("stacked", [True, False])
def test_seven_traces_in_the_emotions_words_and_colours(data, stacked):
    figure = emotion_timeline(data, window_s=WINDOW_S, stacked=stacked)

    assert [trace.name for trace in figure.data] == [emotion.capitalize() for emotion in EMOTIONS]
    assert [trace.line.color for trace in figure.data] == [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]
    assert {trace.stackgroup for trace in figure.data} == ({"all"} if stacked else {None})


def test_areas_fill_to_one_and_drop_to_nought_in_a_gap(data):
    figure = emotion_timeline(data, window_s=WINDOW_S, stacked=True)

    total = np.sum([np.asarray(trace.y, float) for trace in figure.data], axis=0)
    assert total[seen(data)] == pytest.approx(1, abs=0.001)
    assert total[~seen(data)] == pytest.approx(0)


def test_lines_break_in_a_gap(data):
    figure = emotion_timeline(data, window_s=WINDOW_S, stacked=False)

    for trace in figure.data:
        assert (np.isnan(np.asarray(trace.y, float)) == ~seen(data)).all()


@pytest.mark.parametrize("window_s", [15.0, 60.0, 120.0, 300.0])
@pytest.mark.parametrize("draw", [emotion_timeline, valence_timeline])
def test_the_axes_stand_still_and_end_now(window_s, draw):
    empty = timeline([], now_s=5, window_s=window_s)
    full = timeline(steady(0, 300, step_s=1, happy=1), now_s=300, window_s=window_s)

    first, second = draw(empty, window_s=window_s), draw(full, window_s=window_s)

    assert first.layout == second.layout
    assert tuple(first.layout.xaxis.range) == (-window_s, 0)
    assert first.layout.xaxis.fixedrange
    assert first.layout.yaxis.fixedrange
    assert first.layout.uirevision
    assert first.layout.xaxis.ticktext[-1] == "now"
    assert len(first.layout.xaxis.ticktext) == len(first.layout.xaxis.tickvals)


def test_shares_go_from_nought_to_one_and_valence_from_minus_one(data):
    shares = emotion_timeline(data, window_s=WINDOW_S).layout.yaxis.range
    valence = valence_timeline(data, window_s=WINDOW_S).layout.yaxis.range

    assert shares[0] == 0
    assert 1 <= shares[1] < 1.05
    assert tuple(valence) == (-1, 1)


def test_valence_is_drawn_as_it_is_and_breaks_in_a_gap(data):
    (trace,) = valence_timeline(data, window_s=WINDOW_S).data

    assert np.asarray(trace.y, float) == pytest.approx(data.valence, nan_ok=True, abs=0.001)


def test_drawing_leaves_the_data_alone(data):
    before = data.probabilities.copy()

    emotion_timeline(data, window_s=WINDOW_S)

    assert np.array_equal(data.probabilities, before, equal_nan=True)
