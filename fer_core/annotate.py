"""Draw a result on a frame."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal, cast

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fer_core.emotions import EMOTION_COLOURS, UNSURE, chip_colours, colour_bgr
from fer_core.frames import checked_frame
from fer_core.results import FaceEmotion, FrameResult, Level, label_words

Overlay = Literal["boxes", "landmarks", "nothing"]
_Rectangle = tuple[int, int, int, int]
_Colour = tuple[int, int, int]
_DASHES_PER_SIDE: Final = 5
_MAY_COVER: Final = 0.25
"""Of a label's area; it stays where it stood in the frame before while it covers no more of faces than that."""


class LabelPlaces:
    """Where the labels of one stream's faces stood last. With it they do not jump from frame to frame."""

    def __init__(self) -> None:
        """No face was seen yet."""
        self._of_face: dict[int, int] = {}

    def last(self, face: int | None) -> int | None:
        """Which of the places around its box, in the order in which they are tried; None for a new face."""
        return None if face is None else self._of_face.get(face)

    def note(self, face: int | None, place: int) -> None:
        """It stands there now; a face without a number is not followed."""
        if face is not None:
            self._of_face[face] = place


def annotate(
    frame_bgr: np.ndarray,
    result: FrameResult | None,
    *,
    overlay: Overlay = "boxes",
    mirror: bool = False,
    muted: bool = False,
    places: LabelPlaces | None = None,
) -> np.ndarray:
    """A copy of the frame with a box and a label for each face; dashed and darker where it only leans to the label.

    Args:
        frame_bgr: uint8 (height, width, 3); not modified.
        result: of this frame or a recent one of the same stream; None draws nothing.
        overlay: boxes with labels; these and the landmarks; or nothing.
        mirror: swap left and right, as people know themselves; the labels stay readable.
        muted: in grey and half transparent, for a result that is no longer new.
        places: of the frames before, the same object for all frames of one stream.

    Returns:
        uint8 (height, width, 3).

    Raises:
        InputError: the frame has another type or shape; a `ValueError`.
    """
    frame_bgr = checked_frame(frame_bgr)
    canvas = cv2.flip(frame_bgr, 1) if mirror else frame_bgr.copy()
    if result is None or overlay == "nothing":
        return canvas
    height, width = canvas.shape[:2]
    scale = width / result.resolution_wh[0]
    plain = canvas.copy() if muted else canvas
    thickness = max(2, round(min(width, height) / 240))
    text_px = int(np.clip(min(width, height) / 22, 13, 40))
    several = len(result.faces) > 1
    places = places or LabelPlaces()
    chips: list[tuple[np.ndarray, _Rectangle, int | None]] = []
    for emotion in result.faces:
        left, top, right, bottom = (round(v * scale) for v in emotion.face.xyxy)
        if mirror:
            left, right = width - right, width - left
        word = UNSURE if muted else emotion.label or UNSURE
        colour = colour_bgr(word)
        is_leaning = emotion.level is Level.LEANING
        if is_leaning:
            _dashed_rectangle(canvas, (left, top, right, bottom), colour, thickness)
        else:
            cv2.rectangle(canvas, (left, top), (right, bottom), colour, thickness, cv2.LINE_AA)
        if overlay == "landmarks" and emotion.face.landmarks is not None:
            for x, y in emotion.face.landmarks * scale:
                cv2.circle(canvas, (round(width - x if mirror else x), round(y)), thickness, colour, -1, cv2.LINE_AA)
        chip = _chip(face_text(emotion, numbered=several), text_px, word, is_leaning=is_leaning)[:height, :width]
        half = thickness // 2
        chips.append((chip, (left - half, top, right + half, bottom), emotion.face.track_id))
    boxes, taken = [box for _, box, _ in chips], list[_Rectangle]()
    for chip, box, face in chips:  # after all boxes, whose lines would cross the words
        around = _places_around(chip.shape, box, (height, width))
        chosen = _best_place(around, boxes, taken, before=places.last(face))
        places.note(face, chosen)
        place = around[chosen]
        taken.append(place)
        canvas[place[1] : place[3], place[0] : place[2]] = chip
    return cv2.addWeighted(canvas, 0.5, plain, 0.5, 0) if muted else canvas


def percent(share: float) -> str:
    """Write a share, 0-1, as a whole percentage: 0.83 as "83 %"."""
    return f"{share * 100:.0f} %"


def face_text(emotion: FaceEmotion, *, numbered: bool) -> str:
    """What stands above a box: "2 · Happy 83 %", "Probably sad 55 %", "Unsure", "Unsure: too dark"."""
    text = label_words(emotion.label, emotion.level).capitalize()
    if emotion.label is not None:
        text = f"{text} {percent(emotion.confidence)}"
    else:
        reasons = [doubt for doubt in emotion.doubts if doubt != "not confident"]
        text += f": {reasons[0]}" if reasons else ""
    return f"{emotion.face.track_id} · {text}" if numbered and emotion.face.track_id else text


@lru_cache(maxsize=512)
def _chip(text: str, text_px: int, word: str, *, is_leaning: bool = False) -> np.ndarray:
    """Text on a ground of the colour of `word`, uint8 (height, width, 3) BGR. Cached: only the percentage changes.

    Where the face is only leaning to its label, the ground is darker and has a border of the colour.
    """
    font = cast(ImageFont.FreeTypeFont, ImageFont.load_default(text_px))
    ascent, descent = font.getmetrics()  # of the font, so that every word gets the same height
    pad = text_px // 3
    size = (round(font.getlength(text)) + 2 * pad, ascent + descent + pad)
    ground, ink = chip_colours(word, leaning=is_leaning)
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    if is_leaning:
        draw.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=EMOTION_COLOURS[word], width=max(1, text_px // 10))
    draw.text((pad, pad // 2), text, font=font, fill=ink)
    return np.ascontiguousarray(np.asarray(image)[..., ::-1])


def _dashed_rectangle(canvas: np.ndarray, box: _Rectangle, colour: _Colour, thickness: int) -> None:
    """A box that is broken on each side and whole at its corners."""
    left, top, right, bottom = box
    # A dash at both ends of a side, and gaps as long as dashes between them.
    at = np.linspace(0, 1, 2 * _DASHES_PER_SIDE)
    xs = np.round(left + at * (right - left)).astype(int).tolist()
    ys = np.round(top + at * (bottom - top)).astype(int).tolist()
    for k in range(0, 2 * _DASHES_PER_SIDE, 2):
        for y in (top, bottom):
            cv2.line(canvas, (xs[k], y), (xs[k + 1], y), colour, thickness, cv2.LINE_AA)
        for x in (left, right):
            cv2.line(canvas, (x, ys[k]), (x, ys[k + 1]), colour, thickness, cv2.LINE_AA)


def _places_around(
    chip_shape: tuple[int, ...], box: _Rectangle, canvas_shape: tuple[int, int]
) -> tuple[_Rectangle, ...]:
    """Where a chip may go, the best first: above its box, below, beside it, further off, inside.

    Args:
        chip_shape: its height, width, ...
        box: of its face.
        canvas_shape: height and width; the chip is moved inside.
    """
    chip_h, chip_w = chip_shape[:2]
    left, top, right, bottom = box
    wanted = [(x, y) for y in (top - chip_h, bottom) for x in (left, right - chip_w)]
    wanted += [(x, y) for x in (left - chip_w, right) for y in (top, bottom - chip_h)]
    wanted += [(x, y) for y in (top - 2 * chip_h, bottom + chip_h) for x in (left, right - chip_w)]
    wanted += [(left, top), (left, bottom - chip_h)]
    most_x, most_y = canvas_shape[1] - chip_w, canvas_shape[0] - chip_h
    corners = [(min(max(x, 0), most_x), min(max(y, 0), most_y)) for x, y in wanted]
    return tuple((x, y, x + chip_w, y + chip_h) for x, y in corners)


def _best_place(
    places: Sequence[_Rectangle], boxes: Sequence[_Rectangle], taken: Sequence[_Rectangle], *, before: int | None
) -> int:
    """Which place a chip gets: the first that covers no chip placed before and no face.

    Where there is none, as in a crowd, the one that covers the least of faces, and nothing of chips if possible.

    Args:
        places: from `_places_around`.
        boxes: of all faces.
        taken: places of the chips so far.
        before: which of the places it had in the frame before, where it stays as long as it hardly covers anything.
    """

    def covered(index: int) -> tuple[int, int]:
        place = places[index]
        return sum(_overlap(place, other) for other in taken), sum(_overlap(place, other) for other in boxes)

    if before is not None:
        chips, faces = covered(before)
        if not chips and faces <= _MAY_COVER * _overlap(places[before], places[before]):
            return before
    return min(range(len(places)), key=covered)  # of equals the first


def _overlap(a: _Rectangle, b: _Rectangle) -> int:
    """The area that both have, in pixels."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0, width) * max(0, height)
