"""A session's timeline as a static SVG, for a report that opens anywhere and prints sharply. Free text is escaped."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final

import numpy as np

from app.charts.curves import Curves, ShownLabels
from app.charts.session_marks import Marks
from app.charts.session_strips import LEVEL_ROWS
from app.charts.style import (
    area_names,
    label_words,
    mark_label,
    time_marks,
)
from app.colours import AROUSAL_COLOUR, TASK_COLOUR, VALENCE_COLOUR
from app.formatting import MINUS
from app.session_statistics.summary import STATES
from fer_core.colours import ink_on
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE

WIDTH: Final = 960.0
LEFT: Final = 46.0
RIGHT: Final = 8.0
TASKS: Final = (22.0, 38.0)
LABELS: Final = (44.0, 62.0)
AREAS: Final = (68.0, 248.0)
AFFECT: Final = (272.0, 352.0)
HEIGHT: Final = 380.0
_GREY: Final = "#5c6670"
_LETTER_WIDTH: Final = 6.5
_NAME_WIDTH: Final = 64.0


def timeline(means: Curves, labels: ShownLabels, *, length_s: float, marks: Marks) -> str:
    """Areas of the seven, valence and arousal below; the labels, bands of tasks and numbered notes above.

    Args:
        means: averages over spans; what lies further apart than their hold has a gap between.
        labels: what was shown.
        length_s: of the time axis.
        marks: notes are numbered in the order in which they stand here.
    """
    parts = [*_left_out(marks, length_s), *_grid(length_s), *_labels(labels, length_s)]
    for start, end in _stretches(means):
        parts += _areas(means, start, end, length_s)
        for values, colour in ((means.valence, VALENCE_COLOUR), (means.arousal, AROUSAL_COLOUR)):
            points = _points(means.time_s[start:end], _affect_y(values[start:end]), length_s)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
    name_s = _NAME_WIDTH / (WIDTH - LEFT - RIGHT) * length_s
    parts += [
        _word(_x(at_s, length_s), AREAS[1] - height * (AREAS[1] - AREAS[0]), emotion)
        for start, end in _stretches(means)
        for emotion, at_s, height in area_names(
            means.time_s[start:end],
            means.probabilities[start:end],
            width_s=name_s,
        )
    ]
    parts += _marks(marks, length_s)
    words = "Shares of the seven expressions over time, the labels above, and valence and arousal below"
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{words}" font-size="11" '
        f'font-family="sans-serif">{"".join(parts)}</svg>'
    )


def _stretches(means: Curves) -> list[tuple[int, int]]:
    """Places from where to where the face was in view without a gap."""
    if not len(means.time_s):
        return []
    ends = np.flatnonzero(np.diff(means.time_s) > means.hold_s) + 1
    bounds = [0, *ends.tolist(), len(means.time_s)]
    return list(pairwise(bounds))


def _areas(means: Curves, start: int, end: int, length_s: float) -> list[str]:
    time_s = means.time_s[start:end]
    if end - start == 1:  # a single moment still shows
        time_s = time_s[0] + np.array([0.0, means.hold_s / 2])
    rows = np.repeat(means.probabilities[start:end], len(time_s) // (end - start), axis=0)
    heights = np.clip(np.cumsum(rows, axis=1), 0, 1)
    low = np.zeros(len(time_s))
    found = []
    for i, emotion in enumerate(EMOTIONS):
        there = _points(time_s, _area_y(heights[:, i]), length_s)
        back = _points(time_s[::-1], _area_y(low[::-1]), length_s)
        low = heights[:, i]
        found.append(
            f'<polygon points="{there} {back}" fill="{EMOTION_COLOURS[emotion]}"><title>{emotion}</title></polygon>'
        )
    return found


def _labels(labels: ShownLabels, length_s: float) -> list[str]:
    """A rectangle for each stretch of one label and level: the surer, the higher; its word where it fits."""
    changes = (np.diff(labels.state) != 0) | (np.diff(labels.leaning) != 0)
    bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(labels.state)]
    found = [_text(LEFT - 6, LABELS[1] - 5, "Label", anchor="end")]
    for first, end in pairwise(bounds):
        if labels.state[first] < 0:
            continue
        state, leaning = STATES[labels.state[first]], bool(labels.leaning[first])
        rows = 1 if state == UNSURE else LEVEL_ROWS - leaning
        height = (LABELS[1] - LABELS[0]) * rows / LEVEL_ROWS
        start_s, end_s = first * labels.cell_s, end * labels.cell_s
        found.append(
            f'<rect x="{_x(start_s, length_s):.1f}" y="{LABELS[1] - height:.1f}" '
            f'width="{_wide(start_s, end_s, length_s):.1f}" height="{height:.1f}" fill="{EMOTION_COLOURS[state]}">'
            f"<title>{label_words(state, leaning=leaning)}</title></rect>"
        )
        if state != UNSURE and _wide(start_s, end_s, length_s) > _LETTER_WIDTH * (len(state) + 2):
            middle = (_x(start_s, length_s) + _x(end_s, length_s)) / 2
            found.append(_word(middle, LABELS[1] - height / 2, state))
    return found


def _grid(length_s: float) -> list[str]:
    found = []
    for low, high, rows in (
        (*AREAS, (("100 %", 1.0), ("50 %", 0.5), ("0 %", 0.0))),
        (*AFFECT, (("+1", 1.0), ("0", 0.5), (f"{MINUS}1", 0.0))),
    ):
        for words, share in rows:
            y = high - share * (high - low)
            found.append(_line(LEFT, y, WIDTH - RIGHT, y, "#d4d8dc"))
            found.append(_text(LEFT - 6, y + 4, words, anchor="end"))
    for mark in time_marks(length_s):
        x = _x(mark, length_s)
        found.append(_text(x, HEIGHT - 8, mark_label(mark), anchor="middle"))
        found.append(_line(x, AFFECT[1], x, AFFECT[1] + 5, _GREY))
    return found


def _left_out(marks: Marks, length_s: float) -> list[str]:
    return [
        f'<rect x="{_x(start, length_s):.1f}" y="{LABELS[0]}" width="{_wide(start, end, length_s):.1f}" '
        f'height="{AFFECT[1] - LABELS[0]}" fill="#e3e6e9"><title>left out</title></rect>'
        for start, end in marks.left_out
    ]


def _marks(marks: Marks, length_s: float) -> list[str]:
    found = []
    for task in marks.tasks:
        x, wide = _x(task.start_s, length_s), _wide(task.start_s, task.end_s, length_s)
        # As many letters as fit; the whole name stands in the table of tasks.
        shown = task.name[: max(0, int(wide / _LETTER_WIDTH))]
        found.append(
            f'<rect x="{x:.1f}" y="{TASKS[0]}" width="{wide:.1f}" height="{TASKS[1] - TASKS[0]}" fill="{TASK_COLOUR}" '
            f'fill-opacity="0.22"><title>{escape(task.name)}</title></rect>'
            + _text(x + 4, TASKS[1] - 4, escape(shown), colour="#1f2933")
        )
    for number, marker in enumerate((m for m in marks.markers if m.kind == "note"), start=1):
        x = _x(marker.time_ms / 1000, length_s)
        found.append(_line(x, 16, x, AFFECT[1], "#5c6670"))
        found.append(_text(x, 12, str(number), anchor="middle", colour="#1f2933"))
    return found


def _area_y(shares: np.ndarray) -> np.ndarray:
    y: np.ndarray = AREAS[1] - shares * (AREAS[1] - AREAS[0])
    return y


def _affect_y(values: np.ndarray) -> np.ndarray:
    y: np.ndarray = AFFECT[1] - (values + 1) / 2 * (AFFECT[1] - AFFECT[0])
    return y


def _x(at_s: float, length_s: float) -> float:
    return LEFT + min(max(at_s / length_s, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)


def _wide(start_s: float, end_s: float, length_s: float) -> float:
    return _x(end_s, length_s) - _x(start_s, length_s)


def _points(time_s: np.ndarray, y: Sequence[float] | np.ndarray, length_s: float) -> str:
    x = LEFT + np.clip(time_s / length_s, 0, 1) * (WIDTH - LEFT - RIGHT)
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), np.asarray(y).tolist(), strict=True))


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _word(x: float, y: float, label: str) -> str:
    """A label's word in the middle of its colour, so that colour is not the only carrier."""
    return _text(x, y + 4, label.capitalize(), anchor="middle", colour=ink_on(EMOTION_COLOURS[label]))


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = _GREY) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
