"""The playhead that a session's video and timeline share, and buttons that send it to a moment."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.charts.curves import Curves, ShownLabels
from app.charts.readings import readings, words_of
from app.charts.session import DAY_S, MIDNIGHT_MS
from app.session_statistics.summary import Peak
from app.sessions.loaded import Outline
from app.store.records import Marker
from app.views.shared.component import component
from fer_core.annotate import percent
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS

_MOST_LETTERS: Final = 80


def film_key(session_id: int) -> str:
    """Key of the container that holds the session's video."""
    return f"session_film_{session_id}"


def plot_key(session_id: int) -> str:
    """Key of the container that holds its timeline."""
    return f"session_plot_{session_id}"


def render(outline: Outline, means: Curves, labels: ShownLabels | None, *, span_s: float) -> None:
    """Draw what the playhead reads, and have it move with the video and the timeline.

    Args:
        outline: of the session.
        means: averages over spans of the face that is looked at.
        labels: what was shown; None where the samples are not read.
        span_s: how long each span of `means` is, in seconds.
    """
    number, is_clock = outline.session.id, outline.length_s < DAY_S
    data = {
        "session": number,
        "length_s": round(outline.length_s, 2),
        "from_s": float(means.time_s[0]) if len(means.time_s) else 0.0,
        "film": f".st-key-{film_key(number)}",
        "plot": f".st-key-{plot_key(number)}",
        # The timeline's axis, see `app.charts.session`.
        "start": MIDNIGHT_MS if is_clock else 0,
        "scale": 1000 if is_clock else 1,
        "names": [emotion.capitalize() for emotion in EMOTIONS],
        "colours": [EMOTION_COLOURS[emotion] for emotion in EMOTIONS],
        "readings": readings(means, span_s=span_s),
        "span_s": span_s,
        "labels": None if labels is None else words_of(labels),
        "label_s": 0.0 if labels is None else labels.cell_s,
    }
    _mount("playhead", data, key=f"session_playhead_{number}")


def strongest(peaks: Sequence[Peak], session_id: int) -> None:
    """A row of buttons for each expression that had strong moments, in the order of its strongest."""
    rows: dict[str, list[Mapping[str, object]]] = {}
    for peak in peaks:
        rows.setdefault(peak.emotion, []).append({"at": peak.at_s, "words": percent(peak.probability)})
    _moments(
        [
            {"head": emotion.capitalize(), "colour": EMOTION_COLOURS[emotion], "places": places}
            for emotion, places in rows.items()
        ],
        session_id,
        key=f"session_moments_{session_id}",
    )


def notes(found: Sequence[Marker], session_id: int) -> None:
    """A button for each note, with the number that it has on the timeline."""
    _moments(
        [
            {
                "head": f"Note {number}",
                "colour": "",
                "places": [{"at": note.time_ms / 1000, "words": _short(note.text)}],
            }
            for number, note in enumerate(found, start=1)
        ],
        session_id,
        key=f"session_notes_{session_id}",
    )


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"


def _moments(rows: Sequence[Mapping[str, object]], session_id: int, *, key: str) -> None:
    _mount("moments", {"rows": rows, "session": session_id}, key=key)


def _mount(name: str, data: Mapping[str, Any], *, key: str) -> None:
    draw = component(
        f"fer_session_{name}",
        "session/seek.js",
        f"session/{name}.js",
        html=f"session/{name}.html",
        css=f"session/{name}.css",
    )
    draw(key=key, data=data, height="content")
