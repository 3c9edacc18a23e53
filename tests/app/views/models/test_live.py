"""The live page's analysis goes on with the model that is put live meanwhile."""

import time
from typing import Any, cast

import av
import numpy as np
import pytest

from app.live import session as live_session
from app.live.session import LiveSession
from fer_core.errors import ArtifactError
from fer_core.expressions.model import EmotionModel
from tests.helpers.faces import (
    FakeDetector,
    FakeModel,
    fake_pipeline,
    make_face,
    make_probabilities,
    textured_frame,
    wait_until,
)

FRAME = textured_frame()


class Shelf:
    """Where models come from: gives `model`, or raises `error`."""

    def __init__(self) -> None:
        self.model = FakeModel(make_probabilities("happy"))
        self.error: ArtifactError | None = None
        self.asked = 0

    def __call__(self, name: str) -> EmotionModel:
        self.asked += 1
        if self.error:
            raise self.error
        return cast(EmotionModel, self.model)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def session(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(live_session, "MODEL_CHECK_S", 0.05)
    detector = FakeDetector([make_face()])
    session = LiveSession(lambda *_: fake_pipeline(detector, shelf.model), newest_model=shelf)
    yield session
    session.close()


def film_until_labelled(session: LiveSession, label: str) -> None:
    def step() -> bool:
        session.on_frame(av.VideoFrame.from_ndarray(FRAME, format="bgr24"))
        time.sleep(0.01)
        result = session.latest
        return bool(result and result.faces and result.faces[0].label == label)

    wait_until(step, timeout_s=20)


def test_a_promoted_model_takes_over_and_faces_stay_tracked(session, shelf):
    film_until_labelled(session, "happy")
    before = session.latest.faces[0].face.track_id

    shelf.model = FakeModel(make_probabilities("sad"))

    film_until_labelled(session, "sad")
    assert session.latest.faces[0].face.track_id == before


def test_a_damaged_one_leaves_the_last_good_one(session, shelf):
    film_until_labelled(session, "happy")
    shelf.error = ArtifactError("folder", expected="a model", found="damage", remedy="Restore it.")
    asked = shelf.asked

    wait_until(lambda: film(session) and shelf.asked > asked + 2)

    assert session.latest.faces[0].label == "happy"
    assert session.status().message == ""


def film(session: LiveSession) -> bool:
    session.on_frame(av.VideoFrame.from_ndarray(np.ascontiguousarray(FRAME), format="bgr24"))
    return True
