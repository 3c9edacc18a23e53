"""What each sample stands for, and which time belongs to a task."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.session_statistics.spans import Task, excluded_ranges, find_tasks, union, usual_hold, weigh, without


@dataclass(frozen=True)
class AMarker:
    time_ms: int
    kind: str
    text: str = ""
    end_ms: int | None = None


def start(name: str, at_s: float) -> AMarker:
    return AMarker(round(at_s * 1000), "task_start", name)


def end(name: str, at_s: float) -> AMarker:
    return AMarker(round(at_s * 1000), "task_end", name)


points = st.floats(0, 100, allow_nan=False)
ranges = st.lists(st.tuples(points, points), max_size=6)
rising = st.lists(points, max_size=40).map(lambda times: np.array(sorted(times)))


def inside(at_s: float, parts: list[tuple[float, float]]) -> bool:
    return any(a <= at_s < b for a, b in parts)


def test_each_sample_stands_for_the_time_until_the_next_and_the_last_for_a_usual_one():
    weights = weigh(np.array([0.0, 0.2, 0.5, 0.7]))

    assert weights.seconds == pytest.approx([0.2, 0.3, 0.2, 0.2])
    assert weights.stretch.tolist() == [0, 0, 0, 0]


def test_a_gap_is_nobodys_time():
    weights = weigh(np.array([0.0, 0.2, 0.4, 10.4, 10.6]))

    assert weights.seconds == pytest.approx([0.2, 0.2, 0.6, 0.2, 0.2])
    assert weights.stretch.tolist() == [0, 0, 0, 1, 1]


def test_no_sample_stands_for_more_than_two_seconds_unless_asked():
    slow = np.array([0.0, 5.0, 10.0])

    assert usual_hold(slow) == 2
    assert weigh(slow).seconds.sum() == pytest.approx(6)
    assert weigh(slow, hold_s=5).seconds.sum() == pytest.approx(15)


def test_an_excluded_range_takes_its_samples_and_ends_the_one_before():
    weights = weigh(np.arange(6) / 5, leave_out=[(0.3, 0.7)])

    assert weights.seconds == pytest.approx([0.2, 0.1, 0, 0, 0.2, 0.2])
    assert weights.stretch.tolist() == [0, 0, -1, -1, 1, 1]


def test_a_kept_range_ends_where_it_ends():
    weights = weigh(np.arange(6) / 5, keep=[(0.2, 0.5)])

    assert weights.seconds == pytest.approx([0, 0.2, 0.1, 0, 0, 0])


@pytest.mark.parametrize(("count", "total"), [(0, 0.0), (1, 0.2)])
def test_few_samples_have_weights_too(count, total):
    assert weigh(np.zeros(count)).seconds.sum() == pytest.approx(total)


@pytest.mark.parametrize("time_s", [np.array([1.0, 0.5]), np.array([0.0, np.nan]), np.zeros((2, 2))])
def test_times_that_fall_are_refused(time_s):
    with pytest.raises(ValueError, match="rising"):
        weigh(time_s)


@given(rising, ranges, ranges)
def test_weights_never_exceed_the_time_that_counts(time_s, keep, leave_out):
    weights = weigh(time_s, keep=keep, leave_out=leave_out)

    counting = without(keep, leave_out)
    assert (weights.seconds >= 0).all()
    assert weights.seconds.sum() <= sum(b - a for a, b in counting) + 1e-9
    assert [inside(t, counting) for t in time_s] == (weights.stretch >= 0).tolist()


@given(ranges, ranges, points)
def test_ranges_are_sets_of_moments(first, second, at_s):
    assert inside(at_s, union(first)) == inside(at_s, first)
    assert inside(at_s, without(first, second)) == (inside(at_s, first) and not inside(at_s, second))


@given(ranges)
def test_a_union_is_in_order_and_apart(parts):
    merged = union(parts)

    assert all(a < b for a, b in merged)
    assert all(first[1] < second[0] for first, second in pairwise(merged))


def test_tasks_may_overlap():
    tasks = find_tasks([start("a", 1), start("b", 2), end("a", 3), end("b", 4)], end_s=10)

    assert tasks.tasks == (Task("a", 1, 3, True), Task("b", 2, 4, True))
    assert tasks.names == ("a", "b")


def test_of_nested_tasks_of_one_name_the_inner_ends_first_and_time_counts_once():
    tasks = find_tasks([start("a", 1), start("a", 2), end("a", 3), end("a", 5)], end_s=10)

    assert tasks.tasks == (Task("a", 1, 5, True), Task("a", 2, 3, True))
    assert tasks.ranges("a") == [(1, 5)]


def test_a_task_without_an_end_lasts_to_the_sessions_end():
    assert find_tasks([start("a", 4)], end_s=10).tasks == (Task("a", 4, 10, False),)


def test_an_end_without_a_start_is_named_and_changes_nothing():
    tasks = find_tasks([end("a", 1), start("a", 2), end("a", 3)], end_s=10)

    assert tasks.stray_ends == ("a",)
    assert tasks.tasks == (Task("a", 2, 3, True),)


def test_repeats_that_touch_are_two_tasks():
    tasks = find_tasks([start("a", 2), end("a", 2), start("a", 1), end("a", 3)], end_s=10)

    assert [(task.start_s, task.end_s) for task in tasks.tasks] == [(1, 2), (2, 3)]
    assert tasks.ranges("a") == [(1, 3)]


def test_notes_are_no_tasks_and_excluded_ranges_are_joined():
    markers = [
        AMarker(0, "note", "hello"),
        AMarker(5000, "exclude", end_ms=7000),
        AMarker(6000, "exclude", end_ms=9000),
    ]

    assert find_tasks(markers, end_s=10).tasks == ()
    assert excluded_ranges(markers) == [(5, 9)]
