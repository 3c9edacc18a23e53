"""Recordings without a page, for the tests of their parts."""

import time

import numpy as np

from app.recording.recording import Recording
from app.recording.types import RecordingChoices
from app.store.database import Store
from fer_core.expressions.card import ModelCard
from fer_core.results import Doubt, FrameResult
from tests.helpers.faces import make_card, make_emotion, make_face, make_result

CARD = make_card()
WISH = RecordingChoices("P01", "First look", utc_offset_min=60)


def begin(store: Store, made: list[Recording], wish: RecordingChoices = WISH, card: ModelCard = CARD) -> Recording:
    made.append(Recording.start(store, wish, card))
    return made[-1]


def result(emotion: str = "happy", *, face: int = 1, doubts: tuple[Doubt, ...] = ()) -> FrameResult:
    """What a face shows now."""
    return make_result(make_emotion(emotion, face=make_face(track_id=face), doubts=doubts), at_s=time.monotonic())


def feed(one: Recording, *results: FrameResult, card: ModelCard = CARD) -> None:
    for each in results:
        one.on_picture(lambda: np.zeros((48, 64, 3), np.uint8), each.captured_at_s)
        one.on_result(each, card)
