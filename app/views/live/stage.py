"""The stage of the live page: video, what is drawn on it, its tools and the line below. It lives in the browser."""

from dataclasses import dataclass
from typing import Any, Final

from app.live.sample import SAMPLE_PATH
from app.views.shared.component import component
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE, chip_colours

SCRIPTS: Final = (
    "results",
    "camera",
    "stills",
    "overlay",
    "delay",
    "notice",
    "cards",
    "readings",
    "help",
    "sample",
    "snapshot",
    "recording_badge",
    "keyboard",
    "controls",
    "stage",
)
"""Its files below app/assets/live, in the order in which they are joined."""


@dataclass(frozen=True)
class StageAnswer:
    """What the viewer did on the stage since the last run of the page.

    Attributes:
        mirror: the new choice; None unless it was changed.
        picture: “Use a picture” was pressed.
        missed: the video runs, and the browser let nobody have its stream: the returned picture is to take over. Told
            once for each Start.
        unreachable: the same, as the page cannot look into the video's frame at all.
    """

    mirror: bool | None = None
    picture: bool = False
    missed: bool = False
    unreachable: bool = False


def show(
    *, feed: str, returned: bool, stills: str = "", busy: str = "", mirror: bool = True, has_relay: bool = False
) -> StageAnswer:
    """Show the stage; how the analysis does comes to it by the feed, without a run of the page.

    Args:
        feed: address of the results' WebSocket, below the page's own.
        stills: address to which the page sends still pictures where no video connects; empty where it must not.
        returned: show the picture that the server sends back, labels and all, instead of the camera's own.
        busy: why nobody may start now, a sentence; empty where one may.
        mirror: whether the picture is shown as a mirror does, until the feed says so.
        has_relay: a relay (TURN server) is set up, so a video that does not connect has another cause.
    """
    stage = component(
        "fer_live_stage", *(f"live/{name}.js" for name in SCRIPTS), html="live/stage.html", css="live/stage.css"
    )
    result = stage(
        key="live_stage",
        data={
            "feed": feed,
            "stills": stills,
            "sample": SAMPLE_PATH,
            "returned": returned,
            "busy": busy,
            "mirror": mirror,
            "has_relay": has_relay,
            "emotions": [_drawn(name) for name in EMOTIONS],
            "unsure": _drawn(UNSURE),
        },
        on_mirror_change=_no_callback,
        on_picture_change=_no_callback,
        on_missed_change=_no_callback,
        height="content",
    )
    return answer_of(result.mirror, result.picture, result.missed)


def _drawn(label: str) -> dict[str, str]:
    """A label with its colour and that of text on it."""
    return {"name": label, "colour": EMOTION_COLOURS[label], "ink": chip_colours(label)[1]}


def answer_of(mirror: Any, picture: Any, missed: Any) -> StageAnswer:
    """The browser's triggers as an answer; what it cannot mean counts as nothing."""
    return StageAnswer(
        mirror=mirror if isinstance(mirror, bool) else None,
        picture=picture is True,
        missed=missed in ("stream", "frame"),
        unreachable=missed == "frame",
    )


def _no_callback() -> None:
    """Streamlit only sends a trigger back where somebody listens."""
