"""What a result's JSON says of a face and of the model that judged it."""

import io
import json

import pytest

from fer_core.files.result_files import JsonResults, Provenance, face_values
from fer_core.files.timing import EVERY_FRAME
from fer_core.results import Doubt, FaceEmotion, Level
from tests.helpers.faces import make_card, make_emotion


@pytest.mark.parametrize(
    ("emotion", "label", "level"),
    [
        (make_emotion("sad"), "sad", "named"),
        (make_emotion("sad", share=0.5, level=Level.LEANING), "sad", "leaning"),
        (make_emotion("sad", doubts=(Doubt.BLURRED,)), None, "unsure"),
    ],
)
def test_a_face_has_its_level_beside_its_label(emotion: FaceEmotion, label: str | None, level: str):
    values = face_values(emotion)

    assert (values["label"], values["level"]) == (label, level)


def test_the_models_thresholds_are_told():
    stream = io.StringIO()
    JsonResults(stream, Provenance(make_card(unsure_below=0.4, named_from=0.6), "haar", EVERY_FRAME)).finish({})

    model = json.loads(stream.getvalue())["model"]

    assert (model["unsure_below"], model["named_from"]) == (0.4, 0.6)
