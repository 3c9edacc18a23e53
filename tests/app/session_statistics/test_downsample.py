"""Fewer points, the same line."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.session_statistics.downsample import chart_points


def walk(count: int, lines: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return np.cumsum(generator.exponential(0.2, count)), np.cumsum(generator.normal(size=(count, lines)), axis=0)


def test_few_samples_stay_as_they_are():
    time_s, values = walk(100)

    assert chart_points(time_s, values, spans=25).tolist() == list(range(100))


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 3))
def test_each_span_keeps_its_first_lowest_highest_and_last(seed, spans, lines):
    time_s, values = walk(400, lines, seed)

    points = chart_points(time_s, values, spans=spans)

    assert (np.diff(points) > 0).all()
    assert len(points) <= (2 + 2 * lines) * spans
    assert {0, 399} <= set(points.tolist())
    spans_of = np.minimum((time_s - time_s[0]) / (time_s[-1] - time_s[0]) * spans, spans - 1).astype(int)
    for span in range(spans):
        all_of, kept = np.flatnonzero(spans_of == span), points[spans_of[points] == span]
        if len(all_of):
            assert (kept[0], kept[-1]) == (all_of[0], all_of[-1])
            assert (values[kept].max(axis=0) == values[all_of].max(axis=0)).all()
            assert (values[kept].min(axis=0) == values[all_of].min(axis=0)).all()


def test_a_single_spike_in_a_million_samples_is_kept():
    time_s, values = np.arange(1_000_000) / 5, np.zeros(1_000_000)
    values[654_321] = 1
    started = time.process_time()

    points = chart_points(time_s, values)

    assert 654_321 in points
    assert len(points) <= 2400
    assert time.process_time() - started < 1


def test_missing_values_hide_no_peak():
    time_s, values = walk(1000)
    values[::3] = np.nan

    points = chart_points(time_s, values[:, 0], spans=5)

    assert np.nanmax(values[points]) == np.nanmax(values)
    assert np.nanmin(values[points]) == np.nanmin(values)


def test_samples_of_one_moment_are_one_span():
    assert chart_points(np.zeros(50), np.arange(50.0), spans=2).tolist() == [0, 49]


def test_values_of_another_length_are_refused():
    with pytest.raises(ValueError, match="as many values"):
        chart_points(np.zeros(3), np.zeros(2))
