"""How far the drawn box is from the face, in the picture that stands on the screen at that moment."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import moving_face
from benchmarks.live import page as live_page
from benchmarks.live.app import detector, serve_app
from benchmarks.machine import OtherWork, processor
from benchmarks.moving_face import LAPS, Lap
from benchmarks.table import p50_p95, print_table
from fer_core.faces.detector import build_detector
from tests.helpers.browser import studio

WARM_UP_S: Final = 5
HEADER: Final = [
    "face widths/s",
    "looks",
    "without a box",
    "box off by, % of the face's width, p50 / p95",
    "sideways alone, p50 / p95",
    "without the guess by speed, p50",
    "lag shown, ms",
]


@dataclass(frozen=True)
class Look:
    """What stood on the screen at one moment.

    Attributes:
        number: of the camera's frame in the picture.
        boxes: drawn, each centre x, centre y, width, height in shares of the picture as it is shown.
        lag_ms: that the page measures.
    """

    number: int
    boxes: list[list[float]]
    lag_ms: float | None


def table() -> None:
    """Print the table."""
    seen = moving_face.seen_face(build_detector())
    with tempfile.TemporaryDirectory() as folder, OtherWork() as other:
        camera = studio.frames_as_camera(moving_face.frames(), Path(folder) / "camera.mjpeg")
        looks, is_mirrored = _look(camera)
    rows = [_row(lap, looks, seen, is_mirrored=is_mirrored) for lap in LAPS]
    title = f"A drawn face that moves, {detector()}, browser and server on {processor()}"
    print_table(f"{title}; other work took {other.percent:.0f} % of a core", HEADER, rows)


def errors(looks: Sequence[Look], seen: np.ndarray, *, is_mirrored: bool) -> np.ndarray:
    """How far the nearest box's centre is from the face's, (looks with a box, 2) in shares of the face's width.

    Args:
        looks: of which those without a box are left out.
        seen: what the detector calls the face, see `moving_face.seen_face`.
        is_mirrored: the picture is shown so, with its boxes.
    """
    truth = moving_face.places()
    size = np.array([moving_face.WIDTH, moving_face.HEIGHT])
    off: list[np.ndarray] = []
    for look in looks:
        if not look.boxes:
            continue
        face = np.array([truth[look.number] + seen[0], moving_face.ROW + seen[1]])
        boxes = np.array(look.boxes)[:, :2]
        if is_mirrored:
            boxes[:, 0] = 1 - boxes[:, 0]
        each = (boxes * size - face) / seen[2]
        off.append(each[np.argmin(np.hypot(*each.T))])
    return np.array(off).reshape(-1, 2)


def _row(lap: Lap, looks: Sequence[Look], seen: np.ndarray, *, is_mirrored: bool) -> list[object]:
    own = [look for look in looks if moving_face.lap_of(look.number) == lap]
    off = errors(own, seen, is_mirrored=is_mirrored) * 100
    lags = [look.lag_ms for look in own if look.lag_ms is not None]
    lag_ms = float(np.median(lags)) if lags else float("nan")
    return [
        lap.widths_per_s,
        len(own),
        sum(not look.boxes for look in own),
        p50_p95(np.hypot(off[:, 0], off[:, 1]).tolist()),
        p50_p95(np.abs(off[:, 0]).tolist()),
        f"{lap.widths_per_s * lag_ms / 10:.0f}",
        f"{lag_ms:.0f}",
    ]


def _look(camera: Path) -> tuple[list[Look], bool]:
    """Looks over one playing of the camera's file, and whether the picture is mirrored."""
    seconds = sum(lap.seconds for lap in LAPS)
    with (
        serve_app(returned=False) as server,
        studio.chromium(camera=camera) as browser,
        live_page.closing(live_page.open_tab(browser)) as page,
    ):
        video = live_page.start(page, server.url)
        page.wait_for_timeout(WARM_UP_S * 1000)
        rows = video.evaluate("(video, seconds) => ferProbe.follow(video, seconds)", seconds)
        is_mirrored = bool(page.evaluate("() => [...ferFeeds.values()][0].status.mirror"))
    looks = [Look(number, boxes, lag_ms) for number, boxes, lag_ms in rows if number is not None]
    return looks, is_mirrored
