"""The Analyse page's tables, as HTML."""

from collections.abc import Mapping, Sequence
from html import escape

from app.analysis.jobs import FileView
from app.analysis.summary import LABELS, FileSummary
from app.formatting import clock, counted, signed, whole_percent
from app.views.shared.html_tables import STYLE
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE
from fer_core.results import FaceEmotion

MOST_FACES = 6
"""Columns of the table of faces; the others are in the CSV."""
_STATES = {"waiting": "waiting", "running": "at work", "done": "done", "stopped": "stopped", "failed": "failed"}
_STYLE = f"""{STYLE}<style>
.fer-files {{max-height:19rem}}
.fer-files td:first-child {{overflow-wrap:anywhere; min-width:9rem}}
.fer-files small {{display:block}}
.fer-files .bad {{color:#d6453d; opacity:1}}
.fer-shares td:not(:first-child), .fer-shares th:not(:first-child) {{padding-left:.5rem; padding-right:.3rem}}
.fer-shares td:first-child {{white-space:nowrap; width:1%; padding-right:1.2rem}}
.fer-shares tr.share td {{padding-top:.26rem; padding-bottom:.26rem}}
</style>"""


def file_lines(files: Sequence[FileView]) -> str:
    """One line per file: its name, how far it is or what it showed, and a sentence where something is wrong."""
    rows = "".join(
        f"<tr><td>{escape(file.title)}{_sentence(file)}</td><td class='n'>{escape(_words(file))}</td></tr>"
        for file in files
    )
    return f'{_STYLE}<div class="fer-scroll fer-files"><table class="fer-table">{rows}</table></div>'


def _sentence(file: FileView) -> str:
    if not file.sentence:
        return ""
    css = ' class="bad"' if file.state == "failed" else ""
    return f"<small{css}>{escape(file.sentence)}</small>"


def _words(file: FileView) -> str:
    if file.state == "running" and file.duration_s:
        return f"{clock(file.time_s)} of {clock(file.duration_s)}"
    if file.summary is None:
        return _STATES[file.state]
    count = len(file.summary.faces)
    faces = counted(count, "face") if count else "no face"
    label = f", mostly {file.summary.main_label}" if count else ""
    return f"{faces}{label}"


def faces(summary: FileSummary) -> str:
    """A column for each face of a video: how much of its time in view it was called what. The colours are the charts'
    legend.
    """
    shown, hidden = summary.faces[:MOST_FACES], summary.faces[MOST_FACES:]
    rows = _bars(LABELS, [face.shares for face in shown])
    rows += _row("In view", [clock(face.seconds, tenths=True) for face in shown])
    rows += _row("First seen", [clock(face.first_s, tenths=True) for face in shown])
    rows += _row("Last seen", [clock(face.last_s, tenths=True) for face in shown])
    rows += _row("Mean valence", [signed(face.valence) for face in shown])
    more = ""
    if hidden:
        more = f"<small>{len(hidden)} more, in view for {clock(hidden[0].seconds, tenths=True)} or less.</small>"
    return _face_table("Share of its time", [face.number for face in shown], rows) + more


def picture_faces(found: Sequence[FaceEmotion]) -> str:
    """A column for each face of a picture: its probabilities, and what it is called."""
    shown = found[:MOST_FACES]
    rows = _row("Called", [(face.label or UNSURE).capitalize() for face in shown])
    rows += _bars(EMOTIONS, [face.probabilities for face in shown])
    more = f"<small>{len(found) - len(shown)} more, smaller ones.</small>" if len(found) > len(shown) else ""
    return _face_table("", [face.face.track_id for face in shown], rows) + more


def _face_table(corner: str, numbers: Sequence[int | None], rows: str) -> str:
    head = "".join(f'<th class="n">Face {number}</th>' for number in numbers)
    table = f'<table class="fer-table fer-shares"><tr><th>{corner}</th>{head}</tr>{rows}</table>'
    return f'{_STYLE}<div class="fer-scroll">{table}</div>'


def _bars(labels: Sequence[str], columns: Sequence[Mapping[str, float]]) -> str:
    """A row for each label, with each share as a figure on a bar."""
    rows = ""
    for label in labels:
        colour = EMOTION_COLOURS[label]
        cells = "".join(
            f'<td class="n" style="background:linear-gradient(to right, {colour}55 {100 * shares[label]:.1f}%, '
            f'transparent 0)">{whole_percent(shares[label]) if shares[label] else "–"}</td>'
            for shares in columns
        )
        rows += f'<tr class="share"><td><i style="background:{colour}"></i>{label.capitalize()}</td>{cells}</tr>'
    return rows


def _row(head: str, cells: Sequence[str]) -> str:
    return f"<tr><td>{head}</td>" + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>"
