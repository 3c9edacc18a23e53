"""What is drawn across a session's timeline: markers and tasks, each in a lane of their own, and what is excluded."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import plotly.graph_objects as go

from app.colours import ORANGE, TASK_COLOUR, translucent
from app.session_statistics.spans import Range, Task
from app.store.records import Marker
from fer_core.colours import ink_on

MOST_NUMBERS: Final = 24
"""More notes than this show no numbers: they would cover each other."""
TASKS_FROM: Final = 0.9
"""Where the lane of tasks begins, as a share of the chart's height; that of markers ends at the top."""
_TASKS_TO: Final = 0.947
_NOTES_FROM: Final = 0.958
"""Where the discs of notes begin."""
_LETTERS: Final = 130
"""So many letters fit across the chart of a laptop."""
_LONGEST_HINT: Final = 200


@dataclass(frozen=True)
class Marks:
    """What is drawn across a timeline."""

    markers: Sequence[Marker] = ()
    tasks: Sequence[Task] = ()
    left_out: Sequence[Range] = ()

    @property
    def notes(self) -> list[Marker]:
        """The notes, in the order of their numbers."""
        return [marker for marker in self.markers if marker.kind == "note"]


def add_marks(figure: go.Figure, marks: Marks, length_s: float, *, excluded_to: float) -> None:
    """Draw them on the axis "y4" of `lane_axis`.

    Args:
        figure: is changed.
        marks: what is drawn.
        length_s: of the time axis.
        excluded_to: how high an excluded range reaches, as a share of the chart's height.
    """
    for start_s, end_s in marks.left_out:
        _add_band(figure, start_s, min(end_s, length_s), (0, excluded_to), "rgba(128,128,128,0.28)")
    for i, task in enumerate(marks.tasks):
        colour = translucent(TASK_COLOUR, 0.35 if i % 2 else 0.22)
        letters = int(_LETTERS * (task.end_s - task.start_s) / length_s)
        _add_band(figure, task.start_s, task.end_s, (TASKS_FROM, _TASKS_TO), colour, shortened(task.name, letters))
    ends = [marker for marker in marks.markers if marker.kind in ("task_start", "task_end")]
    for marker in (*marks.notes, *ends):
        at_s, is_note = marker.time_ms / 1000, marker.kind == "note"
        figure.add_shape(
            type="line",
            xref="x",
            yref="paper",
            x0=at_s,
            x1=at_s,
            y0=0,
            y1=_NOTES_FROM if is_note else _TASKS_TO,
            line={"width": 1, "dash": "solid" if is_note else "dot", "color": "rgba(128,128,128,0.9)"},
        )
    _add_notes(figure, marks.notes)


def lane_axis(marks: Marks) -> dict[str, object]:
    """The axis of both lanes: tasks at 0.5, markers at 1.5, each named where there are any."""
    named = [(0.5, "Tasks")] * bool(marks.tasks) + [(1.5, "Notes")] * bool(marks.notes)
    return {
        "range": [0, 2],
        "visible": bool(named),
        "tickvals": [at for at, _ in named],
        "ticktext": [words for _, words in named],
    }


def shortened(text: str, letters: int) -> str:
    """Words that fit into a chart, safe for plotly, which reads HTML in them; empty where nothing would be readable."""
    line = " ".join(text.split())
    if len(line) <= letters:
        return escape(line)
    return escape(f"{line[: letters - 1]}…") if letters > 3 else ""


def _add_band(
    figure: go.Figure, start_s: float, end_s: float, heights: tuple[float, float], colour: str, words: str = ""
) -> None:
    figure.add_shape(
        type="rect",
        xref="x",
        yref="paper",
        x0=start_s,
        x1=end_s,
        y0=heights[0],
        y1=heights[1],
        fillcolor=colour,
        line_width=0,
        layer="below",
        label={"text": words, "font": {"size": 11}},
    )


def _add_notes(figure: go.Figure, notes: Sequence[Marker]) -> None:
    """A numbered disc for each; the words stand in the list below the chart, and under the mouse."""
    figure.add_scatter(
        x=[marker.time_ms / 1000 for marker in notes],
        y=[1.5] * len(notes),
        yaxis="y4",
        name="Note",
        mode="markers+text" if len(notes) <= MOST_NUMBERS else "markers",
        text=[str(number) for number in range(1, len(notes) + 1)],
        textposition="middle center",
        textfont={"size": 10, "color": ink_on(ORANGE)},
        cliponaxis=False,
        marker={"symbol": "circle", "size": 16, "color": ORANGE},
        customdata=[escape(marker.text[:_LONGEST_HINT]) for marker in notes],
        hovertemplate="%{customdata}",
    )
