"""How the live analysis does, in a sentence for every state. Imports no Streamlit."""

from app.formatting import counted
from app.live.types import LiveState, LiveStatus
from fer_core.results import Doubt

_WORDS: dict[LiveState, tuple[str, str]] = {
    LiveState.NO_FRAMES: ("info", "Waiting for the first picture…"),
    LiveState.LOST: ("warn", "No video from the camera. It resumes by itself."),
    LiveState.PAUSED: ("info", "Paused. Video continues; analysis is off."),
    LiveState.STARTING: ("info", "Starting the analysis…"),
    LiveState.NO_FACE: (
        "warn",
        "No face in view. Face the camera in good light; come closer if you are far away.",
    ),
}
_SEEN = (LiveState.SLOW, LiveState.NO_FACE, LiveState.POOR_VIEW)
"""States that speak of the newest result, which may be an old one."""
_DOUBT_WORDS = {
    "too small": "The face is too small to judge: come closer to the camera.",
    "too dark": "The face is too dark to judge: turn towards a light.",
    "blurred": "The face is blurred: hold still, or wipe the camera's lens.",
    "turned away": "The face is turned away: look towards the camera.",
}


def words_for(status: LiveStatus, doubts: tuple[str, ...] = ()) -> tuple[str, str]:
    """Kind ("ok", "info", "warn", "error") and sentence for a status; `doubts` are the largest face's."""
    kind, words = _state_words(status, doubts)
    if status.state in _SEEN and (status.behind_s or status.state is LiveState.SLOW):
        return "warn", f"{_slow(status)} {words}".rstrip()
    return kind, words


def unsure_words(doubts: tuple[Doubt, ...]) -> str:
    """Why a face has no label, in a few words; empty where it has one."""
    if not doubts:
        return ""
    return "no clear lead" if doubts[0] is Doubt.NOT_CONFIDENT else str(doubts[0])


def _slow(status: LiveStatus) -> str:
    """That labels lag, and by how much."""
    if not status.is_shown:
        return f"This computer is slow: labels are {status.behind_s:.0f} s behind, so none are shown."
    by = f" up to {status.behind_s:.1f} s" if status.behind_s else ""
    return f"This computer is slow: labels are{by} behind the video."


def _state_words(status: LiveStatus, doubts: tuple[str, ...]) -> tuple[str, str]:
    if status.state is LiveState.BUSY:
        return "warn", status.message
    if status.state is LiveState.FAILED:
        return "error", f"{status.message} Video continues without analysis; it is tried again every few seconds."
    if status.state is LiveState.POOR_VIEW:
        reason = next((d for d in doubts if d in _DOUBT_WORDS), "")
        return "warn", _DOUBT_WORDS.get(reason, "The view of the face is too poor to judge.")
    if status.state is LiveState.SLOW:
        return "warn", "" if not status.is_shown else f"{_faces(status)}."
    if status.state is LiveState.FINE:
        return "ok", f"{_faces(status)}. Expressions are not feelings: take the labels as hints."
    return _WORDS[status.state]


def _faces(status: LiveStatus) -> str:
    """How many are in view, and how many more there are than are analysed."""
    words = f"{counted(status.faces, 'face') if status.faces else 'No face'} in view"
    if status.faces_left_out:
        words += f", and {status.faces_left_out} more that are not analysed (Settings, “Largest number of faces”)"
    return words
