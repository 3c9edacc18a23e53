"""What the statistics of sessions cost and promise: speed, coverage of intervals, alarms of the history's chart.

Everything is simulated, so that the truth is known (see `benchmarks.simulations`). It takes about a minute.
"""

import time

import numpy as np

from app.session_statistics.control_chart import CORRELATION, WIDTH, width_for
from app.session_statistics.summary import summarise
from benchmarks import simulations
from benchmarks.table import p50_p95, print_table

REPEATS = 5
SESSIONS = ((300, 0.5), (300, 3), (60, 1))
"""Seconds of a session, and seconds in which the correlation of its samples falls to 1/e."""
ALARMS = ((0.0, CORRELATION), (0.2, CORRELATION), (0.3, CORRELATION), (0.3, 0.0))
"""True correlation of neighbouring days, and the one that the limits assume."""
SHIFTS = ((1, 14, 30), (1, 28, 30), (2, 14, 10))
"""Deviations, days before the shift, days after it."""
WATCHED = 4
"""Charts beside the main one."""


def main() -> None:
    """Print the tables."""
    _speed()
    _coverage()
    _false_alarms()
    _detection()


def _speed() -> None:
    samples = simulations.million_samples()
    times = []
    for _ in range(REPEATS):
        started_s = time.perf_counter()
        summarise(samples)
        times.append(time.perf_counter() - started_s)
    row = [f"{len(samples.time_s):,}", p50_p95(times, 2)]
    print_table("Summing up a session", ["samples", "seconds, p50 / p95"], [row])


def _coverage() -> None:
    rows = []
    for seconds, memory_s in SESSIONS:
        found = simulations.coverage_of_seconds(seconds=seconds, memory_s=memory_s)
        rows.append([f"two sessions of {seconds} s, memory {memory_s} s", f"{found.ours:.1%}", f"{found.simpler:.1%}"])
    found = simulations.coverage_of_sessions()
    rows.append(["twelve sessions that differ from day to day", f"{found.ours:.1%}", f"{found.simpler:.1%}"])
    header = ["no difference between", "ours: blocks, or whole sessions", "simpler: single samples, or blocks"]
    print_table("Intervals of 95 % that hold the truth", header, rows)


def _false_alarms() -> None:
    rows = [
        [f"{true}", f"{assumed}", f"{simulations.false_alarms(correlation=true, assumed=assumed):.1%}"]
        for true, assumed in ALARMS
    ]
    header = ["days correlate by", "limits assume", "alarmed at least once in 42 days"]
    print_table("False alarms of people who record and look every day, without a change", header, rows)
    alone, together = simulations.false_alarms_of_four()
    rows = [
        ["one", f"{WIDTH:.2f}", f"{alone:.1%}"],
        [f"any of {WATCHED}", f"{width_for(WATCHED):.2f}", f"{together:.1%}"],
    ]
    print_table("Several charts share the risk of one", ["charts", "width", "alarmed within 30 days"], rows)


def _detection() -> None:
    rows = []
    for shift, known_days, within in SHIFTS:
        found = simulations.days_to_find(shift=shift, known_days=known_days)
        share = np.mean(found <= within)
        rows.append([f"{shift} SD", known_days, f"{share:.0%} within {within} days", f"{np.median(found):.0f}"])
    found = simulations.days_to_alarm_as_published(shift=1)
    rows.append(["1 SD", "known exactly, no correlation", "–", f"{np.median(found):.0f} (mean {np.mean(found):.1f})"])
    header = ["lasting shift", "first days", "found", "days until half are found"]
    print_table("Shifts that the chart finds", header, rows)


if __name__ == "__main__":
    main()
