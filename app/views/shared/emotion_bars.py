"""The current mix of one face as labelled bars; the legend of every chart at the same time."""

from html import escape

from app.formatting import whole_percent
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE
from fer_core.results import FaceEmotion

_STYLE = """<style>
.fer-now {display:flex; justify-content:space-between; align-items:baseline; height:1.9rem; font-weight:600}
.fer-now small {font-weight:400; opacity:.7}
.fer-bars {display:grid; grid-template-columns:5.2rem 1fr 2.8rem; gap:.22rem .5rem;
  align-items:center; font-size:.86rem}
.fer-bars i {display:block; height:.62rem; border-radius:4px}
.fer-bars div {background:rgba(128,128,128,.16); border-radius:4px}
.fer-bars b {font-weight:400; text-align:right; font-variant-numeric:tabular-nums}
</style>"""


def html(face: FaceEmotion | None, *, numbered: bool = False) -> str:
    """The label with its confidence above seven bars, of the same height whether there is a face or not."""
    rows = []
    for emotion in EMOTIONS:
        share = face.probabilities[emotion] if face else 0.0
        value = whole_percent(share) if face else "–"
        colour = EMOTION_COLOURS[emotion]
        rows.append(
            f"<span>{emotion.capitalize()}</span>"
            f'<div><i style="width:{max(share, 0.01) * 100:.1f}%;background:{colour}"></i></div><b>{value}</b>'
        )
    left, right = _headline(face)
    if face is not None and numbered:
        left = f"{face.face.track_id} · {left}"
    head = f'<div class="fer-now"><span>{escape(left)}</span><small>{escape(right)}</small></div>'
    return f'{_STYLE}{head}<div class="fer-bars">{"".join(rows)}</div>'


def _headline(face: FaceEmotion | None) -> tuple[str, str]:
    if face is None:
        return "No face", ""
    if face.label is None:
        return UNSURE.capitalize(), str(face.doubts[0]) if face.doubts else ""
    return face.label.capitalize(), f"{whole_percent(face.confidence)} sure"
