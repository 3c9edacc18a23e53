"""Draw the sample clip of the live page: a portrait that moves and changes its expression, for trials without a camera.

Run: `python -m benchmarks.sample_clip` writes app/assets/live/sample.webm.

The portrait is scikit-image's `data.astronaut()`: Eileen Collins, photographed by NASA, from its Great Images database,
in the public domain without known copyright restrictions. She smiles in it; the other expressions are drawn by moving
points of the face and by painting the inside of the mouth. They are drawings to try the program with, not records of
what she felt.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator, RBFInterpolator

CLIP = Path(__file__).parents[1] / "app" / "assets" / "live" / "sample.webm"
WIDTH, HEIGHT, FRAMES_PER_S, SECONDS = 640, 480, 25, 10
PORTRAIT_PX = 512
ENLARGED = 3
"""The portrait is drawn on this many times larger, so that painted and moved edges stay smooth."""
LEFT, TOP, RIGHT, BOTTOM = 150, 50, 300, 205
"""The part of the portrait that is warped, in its pixels."""

# Points of the face in pixels of the portrait: left and right as one sees them.
_POINTS: dict[str, tuple[float, float]] = {
    "mouth left": (202.8, 139.7),
    "mouth right": (245, 141.4),
    "upper lip top": (224.3, 139.8),
    "upper lip left": (213, 142.4),
    "upper lip": (224.3, 143.6),
    "upper lip right": (235.6, 143.4),
    "lower lip left": (213, 148),
    "lower lip": (224.3, 149.6),
    "lower lip right": (235.6, 148.4),
    "below lip left": (213.5, 153.0),
    "below lip": (224.3, 155.0),
    "below lip right": (234.8, 153.2),
    "chin": (225.5, 178.0),
    "jaw left": (190, 160),
    "jaw right": (254, 162),
    "fold left": (196.5, 135.7),
    "fold right": (250.7, 140.7),
    "cheek left": (193, 124),
    "cheek right": (256, 126),
    "nose": (224.5, 128.0),
    "nostril left": (214.5, 130.0),
    "nostril right": (232, 130),
    "brow left out": (190.9, 91.0),
    "brow left": (198.4, 88.4),
    "brow left in": (212.9, 92.6),
    "brow right in": (238.8, 93.5),
    "brow right": (253.3, 91.8),
    "brow right out": (262.7, 95.4),
    "lid left": (202.8, 97.2),
    "under eye left": (203.5, 105.0),
    "eye left": (203.5, 101.4),
    "eye left out": (192.7, 100.0),
    "eye left in": (211.7, 102.9),
    "lid right": (247, 99.1),
    "under eye right": (247, 106.3),
    "eye right": (247, 103.5),
    "eye right in": (236.2, 103.2),
    "eye right out": (259, 103.5),
}
# Less of a smile: corners inwards and down, lips together, cheeks lower.
_LIPS_CLOSED: dict[str, tuple[float, float]] = {
    "mouth left": (5.5, 5.5),
    "mouth right": (-5.5, 4.5),
    "upper lip top": (0, 1),
    "upper lip left": (2.5, 2.0),
    "upper lip": (0, 1),
    "upper lip right": (-2.5, 1.6),
    "lower lip left": (2.5, 0.3),
    "lower lip": (0, -1.6),
    "lower lip right": (-2.5, 0.0),
    "below lip left": (3, -0.6),
    "below lip": (0, -1.2),
    "below lip right": (-3, -0.6),
    "fold left": (3, 2.5),
    "fold right": (-3, 2.5),
    "cheek left": (0, 2),
    "cheek right": (0, 2),
    "under eye left": (0, 1),
    "under eye right": (0, 1),
}
# The jaw falls, the mouth grows round, eyes and brows go up.
_SURPRISE: dict[str, tuple[float, float]] = {
    "mouth left": (7.5, 8.5),
    "mouth right": (-7.5, 7.5),
    "upper lip top": (0, -0.5),
    "upper lip left": (3, -0.5),
    "upper lip": (0, -1),
    "upper lip right": (-3, -0.5),
    "lower lip left": (4, 13.9),
    "lower lip": (0, 15.6),
    "lower lip right": (-4, 13.4),
    "below lip left": (3, 14.4),
    "below lip": (0, 15.6),
    "below lip right": (-3, 14.2),
    "chin": (0, 12),
    "jaw left": (1, 6),
    "jaw right": (-1, 6),
    "fold left": (4, 4),
    "fold right": (-4, 4),
    "cheek left": (0, 2),
    "cheek right": (0, 2),
    "brow left out": (0, -7.5),
    "brow left": (0, -11.2),
    "brow left in": (0, -9),
    "brow right in": (0, -9),
    "brow right": (0, -11.2),
    "brow right out": (0, -7.5),
    "lid left": (0, -3.9),
    "lid right": (0, -3.9),
    "under eye left": (0, 2.4),
    "under eye right": (0, 2.4),
}
_MOUTH_INSIDE = (
    ("mouth left", "upper lip left", "upper lip", "upper lip right", "mouth right"),
    ("mouth left", "lower lip left", "lower lip", "lower lip right", "mouth right"),
)
_LINE_Y = 146
"""Where closed lips would meet in the portrait, in its pixels from the top."""
_FOLDS = ("fold left", "fold right")


@dataclass(frozen=True)
class Look:
    """One expression.

    Attributes:
        face_bgr: the enlarged portrait with the mouth painted for it, uint8 (1536, 1536, 3).
        moved: where each pixel of its warped part comes from, float32 (height, width, 2), in pixels of the portrait
            and relative to itself.
    """

    face_bgr: np.ndarray
    moved: np.ndarray


def frames() -> Iterator[np.ndarray]:
    """The clip's frames, uint8 (480, 640, 3) BGR; the first follows the last without a jump."""
    looks = _looks()
    count = FRAMES_PER_S * SECONDS
    for i in range(count):
        shares = _shares(i / FRAMES_PER_S)
        whole = _mixed([(looks[name], share) for name, share in shares.items()])
        yield _filmed(whole, 2 * math.pi * i / count)


def write(clip: Path = CLIP) -> None:
    """Write the clip as VP9, which browsers play without a licensed codec."""
    quality = {"crf": "33", "b": "0", "deadline": "good", "cpu-used": "2", "row-mt": "1"}
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libvpx-vp9", rate=FRAMES_PER_S, options=quality)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame_bgr in frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_bgr, format="bgr24")))
        container.mux(stream.encode())


def _looks() -> dict[str, Look]:
    from skimage import data

    smiling = cv2.resize(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), None, fx=ENLARGED, fy=ENLARGED,
                         interpolation=cv2.INTER_CUBIC)  # fmt: skip
    calm = smiling
    for _ in range(6):  # with fewer, the network still sees a third of a smile in the surprise
        calm = _without_folds(calm)
    return {
        "happy": Look(smiling, _moves({})),
        "lips closed": Look(_closed(calm), _moves(_LIPS_CLOSED)),
        "surprise": Look(_open(calm), _moves(_SURPRISE)),
    }


def _moves(shifts: dict[str, tuple[float, float]]) -> np.ndarray:
    """Where the pixels of the enlarged part come from when points of the face are shifted: a thin-plate spline."""
    size = ((BOTTOM - TOP) * ENLARGED, (RIGHT - LEFT) * ENLARGED)
    if not shifts:
        return np.zeros((*size, 2), np.float32)
    border = [(x, y) for x in np.linspace(LEFT, RIGHT, 6) for y in (TOP, BOTTOM)]
    border += [(x, y) for y in np.linspace(TOP, BOTTOM, 6)[1:-1] for x in (LEFT, RIGHT)]
    shift = np.array([shifts.get(name, (0.0, 0.0)) for name in _POINTS] + [(0.0, 0.0)] * len(border))
    to = np.array([*_POINTS.values(), *border]) + shift
    spline = RBFInterpolator(to, -shift, kernel="thin_plate_spline", smoothing=0.3)
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]] / ENLARGED
    moved = spline(np.column_stack([columns.ravel() + LEFT, rows.ravel() + TOP]))
    return np.asarray(moved.reshape(*size, 2) * _fading(*size)[..., None], np.float32)


def _fading(height: int, width: int) -> np.ndarray:
    """1 inside, down to 0 at the edges, float (height, width): what is moved ends without a seam."""
    across, down = (np.minimum(np.arange(n), np.arange(n)[::-1]) / (n * 0.12) for n in (width, height))
    return np.minimum(np.minimum.outer(down, across), 1.0)


def _without_folds(face_bgr: np.ndarray) -> np.ndarray:
    """The folds that a smile draws from the nose to the mouth are smoothed away."""
    smooth = cv2.GaussianBlur(face_bgr, (0, 0), 5 * ENLARGED)
    folds = []
    for name, inwards in (("fold left", 1), ("fold right", -1)):
        x, y = _POINTS[name]
        folds.append([(x, y + 2), (x + 10 * inwards, y - 12)])
    return _blended(face_bgr, smooth, _soft_lines(folds, thick_px=5, soft_px=2.5) * 0.85)


def _closed(face_bgr: np.ndarray) -> np.ndarray:
    """The teeth are covered by lips, which meet in a line."""
    x, y = (round(place * ENLARGED) for place in _POINTS["upper lip top"])
    upper = face_bgr[y : y + 9, x - 36 : x + 36].mean((0, 1))
    lower = face_bgr[y + 37 : y + 43, x - 24 : x + 24].mean((0, 1))
    lips = np.full_like(face_bgr, lower * 0.88)
    lips[: _LINE_Y * ENLARGED] = upper
    shine = _soft_lines([[(215, 151.3), (234, 151.3)]], thick_px=3, soft_px=1.2) * 0.9
    face_bgr = _blended(face_bgr, lips, shine)
    covered = _blended(face_bgr, cv2.GaussianBlur(lips, (0, 0), ENLARGED), _inside_mouth(0.7))
    along = [_POINTS["mouth left"], (213, 145.2), (224.3, _LINE_Y), (235.6, 145.6), _POINTS["mouth right"]]
    line = _soft_lines([_curve(along)], thick_px=1, soft_px=0.5)
    return _blended(covered, np.full_like(face_bgr, (48, 42, 92)), line)


def _open(face_bgr: np.ndarray) -> np.ndarray:
    """The inside of the mouth is dark."""
    return _blended(face_bgr, np.full_like(face_bgr, (24, 18, 46)), _inside_mouth(0.6))


def _inside_mouth(soft_px: float) -> np.ndarray:
    """1 between the lips and 0 elsewhere, float32, with a soft edge."""
    mask = _nothing()
    upper, lower = (_curve([_POINTS[name] for name in names]) for names in _MOUTH_INSIDE)
    inside = np.concatenate([upper, lower[::-1]]) * ENLARGED
    cv2.fillPoly(mask, [np.round(inside * 16).astype(np.int32)], 1.0, cv2.LINE_8, 4)
    return np.asarray(np.minimum(1, cv2.GaussianBlur(mask, (0, 0), soft_px * ENLARGED) * 1.3))


def _curve(points: list[tuple[float, float]]) -> np.ndarray:
    """A smooth line through points from left to right, (n, 2)."""
    x, y = np.array(points).T
    fine = np.linspace(x[0], x[-1], 60)
    return np.column_stack([fine, PchipInterpolator(x, y)(fine)])


def _soft_lines(
    lines: Sequence[Sequence[tuple[float, float]] | np.ndarray], *, thick_px: int, soft_px: float
) -> np.ndarray:
    """1 on the lines and 0 elsewhere, float32, with a soft edge; all in pixels of the portrait."""
    mask = _nothing()
    for line in lines:
        points = np.round(np.array(line) * ENLARGED * 16).astype(np.int32)
        cv2.polylines(mask, [points], False, 1.0, thick_px * ENLARGED, cv2.LINE_8, 4)
    return cv2.GaussianBlur(mask, (0, 0), soft_px * ENLARGED)


def _nothing() -> np.ndarray:
    return np.zeros((PORTRAIT_PX * ENLARGED, PORTRAIT_PX * ENLARGED), np.float32)


def _blended(below: np.ndarray, above: np.ndarray, share: np.ndarray) -> np.ndarray:
    mixed = below + (above.astype(np.float32) - below) * share[..., None]
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


_TIMES = (
    (0.0, "happy"), (2.2, "happy"), (2.8, "lips closed"), (3.3, "lips closed"), (3.8, "surprise"), (7.4, "surprise"),
    (7.9, "lips closed"), (8.4, "lips closed"), (9.2, "happy"), (float(SECONDS), "happy"),
)  # fmt: skip
"""When the face shows what, in seconds; in between it changes evenly."""


def _shares(at_s: float) -> dict[str, float]:
    """How much of each look is shown at a time."""
    for (begin_s, before), (end_s, after) in pairwise(_TIMES):
        if at_s <= end_s:
            share = (1 - math.cos(math.pi * (at_s - begin_s) / (end_s - begin_s))) / 2
            return {before: 1.0} if before == after else {before: 1 - share, after: share}
    return {"happy": 1.0}


def _mixed(parts: list[tuple[Look, float]]) -> np.ndarray:
    """The enlarged portrait as it looks with these shares of looks, float32 BGR."""
    shares = np.array([share for _, share in parts], np.float32)
    face = np.tensordot(shares, np.stack([look.face_bgr.astype(np.float32) for look, _ in parts]), 1)
    moved = np.tensordot(shares, np.stack([look.moved for look, _ in parts]), 1) * ENLARGED
    rows, columns = np.mgrid[0 : moved.shape[0], 0 : moved.shape[1]].astype(np.float32)
    x, y = columns + LEFT * ENLARGED + moved[..., 0], rows + TOP * ENLARGED + moved[..., 1]
    warped = cv2.remap(face, x, y, cv2.INTER_LINEAR)
    face[TOP * ENLARGED : BOTTOM * ENLARGED, LEFT * ENLARGED : RIGHT * ENLARGED] = warped
    return face


def _filmed(whole: np.ndarray, turn: float) -> np.ndarray:
    """One frame: the enlarged portrait as a camera sees it at this part of the loop, in radians."""
    across = 345 - 65 * math.cos(turn - 0.9)  # how many of the portrait's pixels the frame shows: near and far
    middle_x = 224 + 28 * math.sin(turn) + 8 * math.sin(3 * turn)
    middle_y = max(across * HEIGHT / WIDTH / 2 + 4, 128 + 7 * math.sin(2 * turn))
    scale = WIDTH / across / ENLARGED
    matrix = cv2.getRotationMatrix2D((middle_x * ENLARGED, middle_y * ENLARGED), 2.2 * math.sin(turn + 1), scale)
    matrix[:, 2] += np.array([WIDTH / 2 - middle_x * ENLARGED, HEIGHT / 2 - middle_y * ENLARGED])
    shown = cv2.warpAffine(whole, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    return np.clip(shown, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    write()
    print(f"{CLIP}: {CLIP.stat().st_size / 1000:.0f} kB")
