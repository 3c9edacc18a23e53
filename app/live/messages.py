"""Results and status as the browser gets them. Pure functions; the page's scripts read these names."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from app.live.channel import Message
from app.live.types import LiveSettings, LiveStatus, RecordingProgress
from app.live.words import unsure_words, words_for
from fer_core.annotate import face_text
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE, chip_colours
from fer_core.results import FaceEmotion, FrameResult, Level, label_words

HISTORY_STEP_S: Final = 0.25
"""A page that is new gets what was before thinned to one result in so long."""


def result_message(result: FrameResult, sent_at_s: float) -> Message:
    """A result; places are shares of the frame's width and height, speeds are shares a second, times milliseconds."""
    width, height = result.resolution_wh
    several = len(result.faces) > 1
    return {
        "type": "result",
        "at": round(result.captured_at_s * 1000, 1),
        "sent": round(sent_at_s * 1000, 1),
        "width": width,
        "height": height,
        "left_out": result.faces_left_out,
        "faces": [_face(face, width, height, numbered=several) for face in result.faces],
    }


def _face(emotion: FaceEmotion, width: int, height: int, *, numbered: bool) -> Message:
    face = emotion.face
    x, y = face.centre
    vx, vy = face.velocity or (0.0, 0.0)
    points = face.landmarks
    word = emotion.label or UNSURE
    ground, ink = chip_colours(word, leaning=emotion.level is Level.LEANING)
    return {
        "id": face.track_id,
        "x": round(x / width, 4),
        "y": round(y / height, 4),
        "w": round(face.width / width, 4),
        "h": round(face.height / height, 4),
        "vx": round(vx / width, 4),
        "vy": round(vy / height, 4),
        "points": None if points is None else np.round(points / (width, height), 4).tolist(),
        "label": emotion.label,
        "level": str(emotion.level),
        "words": label_words(emotion.label, emotion.level).capitalize(),
        "reason": unsure_words(emotion.doubts),
        "text": face_text(emotion, numbered=numbered),
        "share": round(emotion.confidence, 4),
        "colour": EMOTION_COLOURS[word],
        "ground": ground,
        "ink": ink,
        "p": [round(emotion.probabilities[name], 4) for name in EMOTIONS],
        "valence": round(emotion.valence, 3),
        "arousal": round(emotion.arousal, 3),
    }


def status_message(status: LiveStatus, settings: LiveSettings, recording: RecordingProgress | None) -> Message:
    """How the analysis does, in words and figures, what the viewer chose, and how the recording goes."""
    kind, text = words_for(status, tuple(str(doubt) for doubt in status.doubts))
    return {
        "type": "status",
        "state": str(status.state),
        "kind": kind,
        "text": text,
        "faces": status.faces,
        "results_per_s": round(status.results_per_s, 1),
        "latency_ms": None if status.latency_ms is None else round(status.latency_ms),
        "model": settings.model,
        "paused": settings.paused,
        "muted": status.behind_s > 0,
        "overlay": settings.overlay,
        "mirror": settings.mirror,
        "exact": settings.exact,
        "full": settings.full_uplink,
        "asked_per_s": status.asked_per_s,
        "recording": None
        if recording is None
        else {
            "seconds": round(recording.seconds, 1),
            "samples": recording.samples,
            "participant": recording.participant,
            "video": recording.has_video,
            "closes_in_s": recording.closes_in_s,
        },
    }


def history_message(results: Iterable[FrameResult], now_s: float) -> Message:
    """What was before, oldest first.

    Rows of time, face, the seven shares, valence, arousal, the label's place among EMOTIONS (None when unsure), and
    whether the face was only leaning to it.
    """
    rows: list[list[float | int | bool | None]] = []
    last_s = float("-inf")
    for result in results:
        if result.captured_at_s - last_s < HISTORY_STEP_S:
            continue
        last_s = result.captured_at_s
        at_ms = round(result.captured_at_s * 1000)
        rows += [
            [
                at_ms,
                face.face.track_id,
                *(round(face.probabilities[name], 3) for name in EMOTIONS),
                round(face.valence, 3),
                round(face.arousal, 3),
                None if face.label is None else EMOTIONS.index(face.label),
                face.level is Level.LEANING,
            ]
            for face in result.faces
        ]
    return {"type": "history", "now": round(now_s * 1000, 1), "rows": rows}
