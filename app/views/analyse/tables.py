"""The Analyse page's tables, as HTML."""

from collections.abc import Mapping, Sequence

from app.analysis.summary import LABELS, FileSummary
from app.formatting import clock, signed, whole_percent
from app.html_tables import STYLE, head_row, row, share_cell, share_row, stripes, table
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE
from fer_core.results import FaceEmotion, Level, label_words

MOST_FACES = 6
"""Columns of the table of faces; the others are in the CSV."""
_STYLE = f"""{STYLE}<style>
.fer-shares tr.share td {{padding-top:.26rem; padding-bottom:.26rem}}
.fer-people td {{white-space:nowrap}}
.fer-people .seven {{width:60%; padding-right:0}}
.fer-people .seven span {{display:flex; height:.8rem; border-radius:3px; overflow:hidden; min-width:5rem}}
.fer-people .seven b {{display:block; height:100%}}
</style>"""


def faces(summary: FileSummary) -> str:
    """A column for each face of a video: the shares of its time in view that it spent with each label."""
    longest, hidden = summary.faces[:MOST_FACES], summary.faces[MOST_FACES:]
    shown = sorted(longest, key=lambda face: face.number)
    rows = _bars(LABELS, [face.shares for face in shown], [face.leaning for face in shown])
    rows += _levels([face.levels for face in shown])
    rows += row("In view", [clock(face.seconds, tenths=True) for face in shown])
    rows += row("First seen", [clock(face.first_s, tenths=True) for face in shown])
    rows += row("Last seen", [clock(face.last_s, tenths=True) for face in shown])
    rows += row("Mean valence", [signed(face.valence) for face in shown])
    more = ""
    if hidden:
        more = f"<small>{len(hidden)} more, in view for {clock(hidden[0].seconds, tenths=True)} or less.</small>"
    return _face_table("Share of its time", [face.number for face in shown], rows) + more


def picture_faces(found: Sequence[FaceEmotion]) -> str:
    """A column for each face of a picture: its probabilities, and what it is called."""
    shown = sorted(found[:MOST_FACES], key=lambda emotion: emotion.face.track_id or 0)
    rows = row("Called", [label_words(face.label, face.level).capitalize() for face in shown])
    rows += _bars(EMOTIONS, [face.probabilities for face in shown])
    more = f"<small>{len(found) - len(shown)} more, smaller ones.</small>" if len(found) > len(shown) else ""
    return _face_table("", [face.face.track_id for face in shown], rows) + more


def picture_rows(found: Sequence[FaceEmotion]) -> str:
    """A row for each face of a picture: its number, what it is called, and a bar of its seven shares."""
    faces = sorted(found, key=lambda emotion: emotion.face.track_id or 0)
    rows = "".join(
        f"<tr><td>{face.face.track_id}</td><td>{_called(face)}</td>"
        f'<td class="seven"><span title="{_seven_words(face)}">{_seven(face)}</span></td></tr>'
        for face in faces
    )
    return _STYLE + table(f'<tr><th>Face</th><th>Label</th><th class="seven">Shares</th></tr>{rows}', css="fer-people")


def _called(face: FaceEmotion) -> str:
    words = label_words(face.label, face.level).capitalize()
    colour = EMOTION_COLOURS[face.label or UNSURE]
    sure = f" {whole_percent(face.confidence)}" if face.label is not None else ""
    return f'<i style="background:{colour}"></i>{words}{sure}'


def _seven(face: FaceEmotion) -> str:
    return "".join(
        f'<b style="width:{100 * face.probabilities[emotion]:.1f}%;background:{EMOTION_COLOURS[emotion]}"></b>'
        for emotion in EMOTIONS
    )


def _seven_words(face: FaceEmotion) -> str:
    return ", ".join(f"{emotion} {whole_percent(face.probabilities[emotion])}" for emotion in EMOTIONS)


def _face_table(corner: str, numbers: Sequence[int | None], rows: str) -> str:
    head = head_row(corner, [f"Face {number}" for number in numbers])
    return _STYLE + table(head + rows, css="fer-shares", box_css="fer-narrow")


def _bars(
    labels: Sequence[str], columns: Sequence[Mapping[str, float]], leaning: Sequence[Mapping[str, float]] = ()
) -> str:
    """A row for each label that was shown, with each share as a number on a bar; what was only leaning is striped."""
    return "".join(
        share_row(label, [shares[label] for shares in columns], leaning=[part.get(label, 0.0) for part in leaning])
        for label in labels
        if any(shares[label] for shares in columns)
    )


def _levels(columns: Sequence[Mapping[Level, float]]) -> str:
    """How much of its time each face was named, and how much it only leaned to a label; unsure is among the labels."""
    if not any(shares[Level.LEANING] for shares in columns):
        return ""
    colour = EMOTION_COLOURS[UNSURE]
    heads = {
        Level.NAMED: f'<i style="background:{colour}"></i>Named, in all',
        Level.LEANING: f'<i style="background:{stripes(colour)}"></i>Probably, in all',
    }
    return "".join(row(head, [share_cell(shares[level]) for shares in columns]) for level, head in heads.items())
