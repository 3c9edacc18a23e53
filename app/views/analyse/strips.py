"""A file at a glance, as HTML: a strip of what its faces were called, and the line of words beside it."""

from html import escape
from typing import Final

import numpy as np

from app.analysis.jobs import FileView
from app.analysis.summary import FaceTimeline, FileSummary
from app.colours import BLUE, ERROR_TEXT, hard_gradient
from app.formatting import clock, counted, whole_percent
from fer_core.emotions import EMOTION_COLOURS, UNSURE
from fer_core.results import Level, label_words

WIDTH_PX: Final = 200
MOST_LANES: Final = 3
"""Faces that get a lane of their own in a video's strip."""
_PIECES: Final = 100
"""Of a lane, each two pixels wide."""
_PALE: Final = "80"
"""Opacity, as the end of a colour, of what the program was only leaning to."""
_STATES: Final = {"waiting": "Waiting", "running": "Working", "done": "Done", "stopped": "Stopped", "failed": "Failed"}
CSS: Final = f"""
.fer-strip {{display:flex; flex-direction:column; gap:2px; width:{WIDTH_PX}px; max-width:100%; margin:.2rem 0 .1rem}}
.fer-strip i {{display:block; height:12px; border-radius:3px; background-color:rgba(128,128,128,.16)}}
.fer-strip i:not(:only-child) {{height:6px; border-radius:2px}}
.fer-line {{font-size:.84rem; line-height:1.35; opacity:.8}}
.fer-line.bad {{color:{ERROR_TEXT}; opacity:1}}
.fer-line.title {{font-size:.92rem; opacity:1; font-weight:600; overflow-wrap:anywhere}}
.fer-progress {{height:6px; border-radius:3px; background:rgba(128,128,128,.2); margin:.3rem 0 .25rem;
  overflow:hidden}}
.fer-progress b {{display:block; height:100%; background:{BLUE}; border-radius:3px}}
"""
"""What the pieces of HTML here need; once on a page."""


def strip(summary: FileSummary) -> str:
    """Over a video's time a lane for each of the first faces; of a picture a piece for each face, left to right."""
    if summary.picture_faces:
        faces = sorted(summary.picture_faces, key=lambda emotion: emotion.face.track_id or 0)
        lanes = [hard_gradient([_colour(face.label, face.level) for face in faces])]
    else:
        lanes = [_lane(face.timeline, summary.seconds) for face in summary.numbered[:MOST_LANES]]
    words = ", ".join(f"{label} {whole_percent(share)}" for label, share in _shown(summary)) or "no face"
    bars = "".join(f'<i style="background-image:{lane}"></i>' for lane in lanes) or "<i></i>"
    return f'<div class="fer-strip" role="img" aria-label="{escape(words)}">{bars}</div>'


def result_line(file: FileView) -> str:
    """What a file showed, in a line: "2 faces · happy 63 %"; why it showed nothing, where it failed."""
    if file.state == "failed":
        return f'<div class="fer-line bad">{escape(file.sentence)}</div>'
    if file.summary is None:
        return '<div class="fer-line">Not analysed</div>'
    ended = " · stopped early" if file.state == "stopped" else ""
    return f'<div class="fer-line">{escape(_result_words(file.summary))}{ended}</div>'


def progress_row(file: FileView) -> str:
    """A file of a running job: its name, how far it is, and its bar while it is at work."""
    title = f'<div class="fer-line title">{escape(file.title)}</div>'
    if file.state != "running":
        done = file.summary is not None or file.state == "failed"
        line = result_line(file) if done else f'<div class="fer-line">{_STATES[file.state]}</div>'
        return title + line
    share = file.share or 0.0
    bar = (
        f'<div class="fer-progress" role="progressbar" aria-label="{escape(file.title)}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{round(100 * share)}"><b style="width:{100 * share:.1f}%"></b></div>'
    )
    return f'{title}{bar}<div class="fer-line">{_running_words(file)}</div>'


def _running_words(file: FileView) -> str:
    parts = [f"{clock(file.time_s)} of {clock(file.duration_s)}" if file.duration_s else "Working"]
    if file.share:
        parts.append(whole_percent(file.share))
    if file.remaining_s is not None:
        parts.append(f"about {clock(file.remaining_s + 0.5)} left")
    return " · ".join(parts)


def _result_words(summary: FileSummary) -> str:
    if not summary.faces:
        return "No face found"
    faces, label = counted(len(summary.faces), "face"), summary.main_label or UNSURE
    if len(summary.picture_faces) == 1:
        return f"{faces} · {summary.main_words}"
    if summary.picture_faces:
        return f"{faces} · {round(summary.shares[label] * len(summary.faces))} {summary.main_words}"
    return f"{faces} · {summary.main_words} {whole_percent(summary.shares[label])}"


def _shown(summary: FileSummary) -> list[tuple[str, float]]:
    """The labels with their shares, the longest first, unsure at the end."""
    unsure = summary.shares[UNSURE]
    return [*summary.leaders, *([(UNSURE, unsure)] if unsure else [])]


def _lane(timeline: FaceTimeline, length_s: float) -> str:
    """A face's labels over the whole of the file: in each piece the one that is most frequent there."""
    pieces: list[list[str]] = [[] for _ in range(_PIECES)]
    edges = [*_starts(timeline), length_s]
    for at, (label, level) in enumerate(zip(timeline.labels, timeline.levels, strict=True)):
        first, end = (min(_PIECES, round(edge / max(length_s, 1e-9) * _PIECES)) for edge in edges[at : at + 2])
        for piece in pieces[first : max(first + 1, end)]:
            piece.append(_colour(label, level))
    return hard_gradient([max(piece, key=piece.count) if piece else "transparent" for piece in pieces])


def _starts(timeline: FaceTimeline) -> list[float]:
    """When each cell begins, in seconds: as on the chart, halfway from the one before it."""
    half_s = float(np.diff(timeline.seconds).min()) / 2 if len(timeline.seconds) > 1 else 0.0
    return [max(0.0, round(float(at_s) - half_s, 3)) for at_s in timeline.seconds]


def _colour(label: str | None, level: Level | None) -> str:
    if label is None and level is None:
        return "transparent"
    return EMOTION_COLOURS[label or UNSURE] + (_PALE if level is Level.LEANING else "")


def labels_over_time(timeline: FaceTimeline) -> list[tuple[float, str, str]]:
    """When each label of a face begins: the second, the words, and the colour; "Not in view" where it is not."""
    found: list[tuple[float, str, str]] = []
    for at_s, label, level in zip(_starts(timeline), timeline.labels, timeline.levels, strict=True):
        words = "Not in view"
        if level is not None:
            words = label_words(None if label == UNSURE else label, level).capitalize()
        if not found or found[-1][1] != words:
            found.append((at_s, words, _colour(label, level)))
    return found
