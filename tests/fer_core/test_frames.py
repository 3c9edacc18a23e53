"""What callers hand in as frames and faces: right ones go through, others get one ValueError that says what came."""

import itertools
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from fer_core.annotate import annotate
from fer_core.errors import FerError, InputError
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.faces.crops import crop_faces
from fer_core.faces.detector import HaarDetector
from fer_core.frames import checked_frame
from fer_core.pipeline import STILL, EmotionPipeline, PipelineSettings
from tests.helpers.faces import FakeDetector, fake_pipeline, make_face, make_result, yunet_file

GOOD = np.full((60, 80, 3), 90, np.uint8)
BAD: dict[str, tuple[Any, str]] = {
    "None": (None, "got None. cv2.imread"),
    "grey": (GOOD[..., 0], r"got uint8 \(60, 80\).*COLOR_GRAY2BGR"),
    "grey with an axis": (GOOD[..., :1], "COLOR_GRAY2BGR"),
    "alpha": (np.zeros((60, 80, 4), np.uint8), r"got uint8 \(60, 80, 4\).*COLOR_BGRA2BGR"),
    "fractions": (GOOD / 255, r"got float64 \(60, 80, 3\) with values from 0.353 to 0.353.*\* 255"),
    "float32": (GOOD.astype(np.float32), r"got float32.*values from 90 to 90"),
    "not a number": (np.full((60, 80, 3), np.nan, np.float32), "got float32"),
    "16 bits": (GOOD.astype(np.uint16), "got uint16.*// 257"),
    "signed": (GOOD.astype(np.int64), "got int64"),
    "truth values": (GOOD > 3, "got bool"),
    "two channels": (GOOD[..., :2], r"got uint8 \(60, 80, 2\)"),
    "colours first": (np.moveaxis(GOOD, 2, 0), "np.moveaxis"),
    "a batch": (GOOD[None], "one frame at a time"),
    "no pixels": (GOOD[:0], "no pixels"),
    "no width": (GOOD[:, :0], "no pixels"),
    "a number": (np.uint8(3), "got a uint8. Convert it"),
    "no axes": (np.array(3, np.uint8), r"got uint8 \(\)"),
    "objects": (np.array([[["a"] * 3]], dtype=object), "Python objects"),
    "a list": (GOOD.tolist(), "got a list. Convert it"),
    "a path": ("photo.jpg", "got a str. Read the picture first"),
}


@pytest.fixture(scope="module")
def model() -> EmotionModel:
    return load_model()


@pytest.fixture(scope="module")
def doors(model: EmotionModel) -> dict[str, Callable[[Any], object]]:
    """Every function that takes a frame from outside."""
    haar = HaarDetector()
    return {
        "process": lambda frame: EmotionPipeline(haar, model, STILL, min_hits=1).process(frame, 0.0),
        "detect": haar.detect,
        "crop_faces": lambda frame: crop_faces(frame, [make_face((5, 5, 50, 50))]),
        "crop_faces of nobody": lambda frame: crop_faces(frame, []),
        "annotate": lambda frame: annotate(frame, None),
    }


@pytest.mark.parametrize("door", ["process", "detect", "crop_faces", "crop_faces of nobody", "annotate"])
@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_frame_gets_one_error_that_says_what_came(kind, door, doors):
    frame, words = BAD[kind]

    with pytest.raises(ValueError, match="frame_bgr: expected .*uint8 .height, width, 3.*" + words) as caught:
        doors[door](frame)

    assert isinstance(caught.value, InputError)
    assert isinstance(caught.value, FerError)


def test_yunet_checks_its_frames_too():
    from fer_core.faces.detector import YuNetDetector

    with pytest.raises(InputError, match="got None"):
        YuNetDetector(yunet_file()).detect(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "view",
    [lambda f: f[:, ::-1], lambda f: f[..., ::-1], lambda f: f[::2, ::2], lambda f: np.asfortranarray(f), lambda f: f],
    ids=["mirrored", "colours swapped", "every other pixel", "columns first", "as it is"],
)
def test_views_of_a_frame_are_frames(view, astronaut_bgr, doors):
    frame = view(astronaut_bgr)

    assert np.array_equal(checked_frame(frame), frame)
    for door in doors.values():
        door(frame)


def test_a_read_only_frame_is_a_frame(astronaut_bgr, doors):
    frame = astronaut_bgr.copy()
    frame.flags.writeable = False

    for door in doors.values():
        door(frame)

    assert doors["detect"](frame) == doors["detect"](astronaut_bgr)
    assert np.array_equal(frame, astronaut_bgr)


def test_a_refused_frame_leaves_the_pipeline_as_it_was():
    pipeline = fake_pipeline(FakeDetector([make_face()]))
    pipeline.process(GOOD, 0.0)
    with pytest.raises(InputError):
        pipeline.process(None, 0.1)  # type: ignore[arg-type]

    assert [face.face.track_id for face in pipeline.process(GOOD, 0.2).faces] == [1]


TILES: dict[str, Any] = {
    "None": None,
    "a list": [[0]],
    "fractions": np.zeros((2, 48, 48, 1), np.float32),
    "one tile": np.zeros((48, 48, 1), np.uint8),
    "no channel": np.zeros((2, 48, 48), np.uint8),
    "colours": np.zeros((2, 48, 48, 3), np.uint8),
    "64 pixels": np.zeros((2, 64, 64, 1), np.uint8),
}


@pytest.mark.parametrize("kind", TILES)
def test_what_is_no_batch_of_faces_is_refused(kind, model):
    with pytest.raises(ValueError, match=r"uint8 \(n, 48, 48, 1\), got .*crop_faces"):
        model.predict(TILES[kind])


def test_a_crowd_is_judged_as_each_face_alone(model):
    tiles = np.random.default_rng(3).integers(0, 255, (70, 48, 48, 1), np.uint8)

    together = model.predict(tiles)

    assert together.shape == (70, 7)
    for index in itertools.chain(range(0, 70, 23), (31, 32, 63, 64)):
        assert np.allclose(together[index], model.predict(tiles[index : index + 1])[0], atol=1e-4)


def test_a_frame_of_another_size_than_its_result_is_drawn_on():
    assert annotate(GOOD, make_result()).shape == GOOD.shape


@pytest.mark.parametrize("time_s", [None, "1", True, [1.0], np.array([1.0]), float("nan"), float("inf"), 10**400, 1j])
def test_a_time_that_is_none_is_refused_and_leaves_the_pipeline_as_it_was(time_s):
    pipeline = fake_pipeline(FakeDetector([make_face()]))
    pipeline.process(GOOD, 0.0)
    with pytest.raises(InputError, match="captured_at_s: expected a finite number of seconds, got"):
        pipeline.process(GOOD, time_s)
    assert pipeline.process(GOOD, cast(float, np.float32(0.5))).captured_at_s == 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_faces": 0},
        {"max_faces": -1},
        {"max_faces": 1.5},
        {"max_faces_alone": 0},
        {"detect_every": 0},
        {"detect_every": None},
        {"balance": 2},
        {"balance": float("nan")},
        {"unsure_below": float("nan")},
        {"max_follow_s": -1},
    ],
)
def test_settings_that_would_give_wrong_answers_are_refused(wrong):
    with pytest.raises(InputError, match=f"^{next(iter(wrong))}: expected .*, got "):
        PipelineSettings(**wrong)
