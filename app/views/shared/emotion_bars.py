"""The current mix of one face as labelled bars; the legend of every chart at the same time."""

from html import escape

from app.formatting import whole_percent
from app.live.words import unsure_words
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import FaceEmotion, Level, label_words

_STYLE = """<style>
.fer-now {display:flex; justify-content:space-between; align-items:baseline; height:1.9rem; font-weight:600}
.fer-now small {font-weight:400; opacity:.7}
.fer-now.leaning span {font-weight:400; opacity:.8}
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
    css = "fer-now leaning" if face is not None and face.level is Level.LEANING else "fer-now"
    head = f'<div class="{css}"><span>{escape(left)}</span><small>{escape(right)}</small></div>'
    return f'{_STYLE}{head}<div class="fer-bars">{"".join(rows)}</div>'


def _headline(face: FaceEmotion | None) -> tuple[str, str]:
    if face is None:
        return "No face", ""
    left = label_words(face.label, face.level).capitalize()
    if face.level is Level.UNSURE:
        return left, unsure_words(face.doubts)
    return left, whole_percent(face.confidence) + (" sure" if face.level is Level.NAMED else "")
