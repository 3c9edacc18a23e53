"""What a viewer chooses for the live analysis, and what the page is told of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

import numpy as np

from fer_core.annotate import Overlay
from fer_core.expressions.card import ModelCard
from fer_core.faces.detector import DetectorName
from fer_core.pipeline import PipelineSettings
from fer_core.results import Doubt, FrameResult

DETECT_EVERY: Final = 4
"""At 16 results a second, as often as the pipeline's own limit asks for: four times a second."""
WHOLE_FRAME_EVERY_S: Final = 1.0
"""So much later, at worst, somebody new is seen; known faces are looked for more often."""
JUDGE_EVERY_S: Final = 0.1
"""Expressions come and go in half a second and more; boxes must be newer than labels."""
MOST_ASKED_PER_S: Final = 20
"""Pictures a second of each viewer, for at most 16 results: the newest one is never older than 1/20 s."""


@dataclass(frozen=True)
class LiveSettings:
    """A viewer's choices; replaced whole, read by both threads.

    Attributes:
        pipeline: smoothing, thresholds.
        detector: None for the best there is.
        model: name of a model folder.
        overlay: what is drawn.
        mirror: show the picture as a mirror does.
        paused: the video goes on, the analysis rests.
        exact: the picture waits for its result, so that a box is where the face is, and later than the camera.
        returned: the server sends each picture back with its labels, for browsers that cannot show the camera's own.
        full_uplink: the camera's whole picture is wanted, as for a video, not only what the analysis needs.
    """

    pipeline: PipelineSettings = field(
        default_factory=lambda: PipelineSettings(
            detect_every=DETECT_EVERY, whole_frame_every_s=WHOLE_FRAME_EVERY_S, judge_every_s=JUDGE_EVERY_S
        )
    )
    detector: DetectorName | None = None
    model: str = "default"
    overlay: Overlay = "boxes"
    mirror: bool = True
    paused: bool = False
    exact: bool = False
    returned: bool = False
    full_uplink: bool = False


class LiveState(StrEnum):
    """What the page tells the viewer about the stream."""

    NO_FRAMES = "no frames"
    LOST = "frames stopped"
    BUSY = "server full"
    FAILED = "analysis failed"
    PAUSED = "paused"
    STARTING = "starting"
    NO_FACE = "no face"
    POOR_VIEW = "poor view"
    SLOW = "slow"
    FINE = "fine"


ANALYSED: Final = frozenset({LiveState.FINE, LiveState.SLOW, LiveState.NO_FACE, LiveState.POOR_VIEW})
"""In these states a viewer's pictures are analysed."""


@dataclass(frozen=True)
class LiveStatus:
    """A snapshot for the page.

    Attributes:
        state: the one thing to tell.
        message: the sentence that goes with a failure; empty otherwise.
        faces: in the newest result.
        faces_left_out: seen in it, too, and not analysed, as there is a limit.
        results_per_s: analysed frames per second over the last seconds.
        frames_per_s: frames that came, likewise.
        latency_ms: median time from a frame's arrival to its result; None before the first.
        doubts: about the largest face of that result.
        behind_s: by how much labels lag at worst, in seconds; 0 where that is too little to be told.
        is_shown: whether that result is drawn, muted where labels lag; else it is too old or there is none.
        asked_per_s: pictures a second that the browser is asked to send; see `app.live.uplink`.
    """

    state: LiveState
    message: str
    faces: int
    results_per_s: float
    frames_per_s: float
    latency_ms: float | None
    doubts: tuple[Doubt, ...] = ()
    behind_s: float = 0.0
    is_shown: bool = True
    faces_left_out: int = 0
    asked_per_s: int = MOST_ASKED_PER_S


class LiveListener(Protocol):
    """Who is told of a live analysis as it happens, such as a recording. Must return at once; may raise."""

    def on_result(self, result: FrameResult, card: ModelCard) -> None:
        """A frame was analysed, by the model of that card; called on the worker's thread."""
        ...

    def on_picture(self, shown_bgr: Callable[[], np.ndarray], at_s: float) -> None:
        """A frame came.

        Called on WebRTC's thread.

        Args:
            shown_bgr: makes the picture, uint8 (height, width, 3), mirrored and labelled as the viewer sees it; not to
                be modified. It takes some milliseconds, so only who needs it should ask, and always on the same thread.
            at_s: when it was taken, on the clock of the results.
        """
        ...


@dataclass(frozen=True)
class RecordingProgress:
    """How a recording goes, for the stage.

    Attributes:
        seconds: since its start.
        samples: stored so far.
        participant: whose it is.
        has_video: whether the pictures are kept, too.
        closes_in_s: no pictures arrive: in so many seconds it is closed, unless they return; else None.
    """

    seconds: float
    samples: int
    participant: str
    has_video: bool
    closes_in_s: float | None


@runtime_checkable
class TellsProgress(Protocol):
    """A listener that says how it goes."""

    def progress(self) -> RecordingProgress | None:
        """None once it has ended."""
        ...


@runtime_checkable
class KeepsNumbers(Protocol):
    """A listener in which a face's number stands for that face alone, whichever live session feeds it."""

    @property
    def highest_face(self) -> int:
        """The highest number that it has seen; 0 before the first."""
        ...


def highest_face_of(listener: object) -> int:
    """What a listener that keeps numbers has seen; 0 for any other."""
    return listener.highest_face if isinstance(listener, KeepsNumbers) else 0
