"""The whole sentence: detect, crop, predict, track, smooth; with stand-ins, and with the real parts on real faces."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.expressions.smoothing import SmoothingSettings
from fer_core.faces.detector import FaceDetector, HaarDetector, YuNetDetector
from fer_core.pipeline import STILL, EmotionPipeline, PipelineSettings
from fer_core.results import Doubt, Face, FaceEmotion, FrameResult
from tests.helpers.faces import (
    FakeDetector,
    FakeModel,
    fake_pipeline,
    make_face,
    make_probabilities,
    textured_frame,
    yunet_file,
)

FRAME = textured_frame()
NOISE = np.random.default_rng(5).integers(0, 255, (480, 640, 3), np.uint8)  # sharp even in a small or cut-off face


def boxes(count: int) -> list[Face]:
    return [make_face((20 + 120 * i, 100, 120 + 120 * i - 2 * i, 200)) for i in range(count)]


# Ordinary answers to all kinds of frames


def test_a_frame_without_faces_is_an_ordinary_result():
    model = FakeModel()

    result = fake_pipeline(FakeDetector(), model).process(FRAME, 1.5)

    assert result.faces == ()
    assert result.captured_at_s == 1.5
    assert result.resolution_wh == (640, 480)


def test_five_faces_go_through_the_network_as_one_batch():
    model = FakeModel()

    result = fake_pipeline(FakeDetector(boxes(5)), model, STILL).process(FRAME, 0.0)

    assert len(result.faces) == 5
    assert [emotion.face.track_id for emotion in result.faces] == [1, 2, 3, 4, 5]
    assert [batch.shape for batch in model.batches] == [(5, 48, 48, 1)]


@pytest.mark.parametrize(("mirrored", "expected"), [(False, [1, 2, 3]), (True, [3, 2, 1])])
def test_faces_are_numbered_as_the_viewer_sees_them(mirrored, expected):
    pipeline = fake_pipeline(FakeDetector(boxes(3)), settings=replace(STILL, mirrored=mirrored))

    result = pipeline.process(FRAME, 0.0)

    assert [emotion.face.track_id for emotion in result.faces] == expected


@pytest.mark.parametrize("xyxy", [(-60, -40, 40, 80), (600, 440, 720, 560), (-100, -100, 740, 580)])
@pytest.mark.parametrize("landmarks", [True, False])
def test_a_face_across_the_border_is_judged_like_any_other(xyxy, landmarks):
    detector = FakeDetector([make_face(xyxy, landmarks=landmarks)])

    result = fake_pipeline(detector, settings=STILL).process(NOISE, 0.0)

    assert [emotion.label for emotion in result.faces] == ["happy"]
    assert result.faces[0].face.xyxy == xyxy


def test_a_face_of_16_pixels_is_judged_but_not_named():
    (emotion,) = fake_pipeline(FakeDetector([make_face((50, 50, 66, 66))])).process(NOISE, 0.0).faces

    assert emotion.label is None
    assert emotion.doubts == (Doubt.TOO_SMALL,)
    assert max(emotion.probabilities, key=lambda name: emotion.probabilities[name]) == "happy"


def test_a_face_in_a_black_frame_is_too_dark_to_name():
    (emotion,) = fake_pipeline(FakeDetector(boxes(1))).process(np.zeros((480, 640, 3), np.uint8), 0.0).faces

    assert emotion.label is None
    assert emotion.doubts[0] is Doubt.TOO_DARK


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (3, 500), (481, 641)])
def test_odd_frames_are_ordinary(shape):
    frame = np.full((*shape, 3), 120, np.uint8)
    pipeline = fake_pipeline(FakeDetector([make_face((0, 0, 16, 16))]))

    for i in range(4):
        assert len(pipeline.process(frame, i / 10).faces) == 1


def test_the_frame_is_not_modified():
    frame = FRAME.copy()
    pipeline = fake_pipeline(FakeDetector([make_face((-50, -50, 100, 100)), *boxes(2)]))

    for i in range(3):
        pipeline.process(frame, i / 30)

    assert (frame == FRAME).all()


# What a result says


def test_probabilities_sum_to_one_and_come_in_the_cards_order():
    pipeline = fake_pipeline(FakeDetector(boxes(2)))

    for i in range(5):
        for emotion in pipeline.process(FRAME, i / 10).faces:
            assert tuple(emotion.probabilities) == EMOTIONS
            assert sum(emotion.probabilities.values()) == pytest.approx(1, abs=1e-6)


def test_label_confidence_valence_and_arousal_belong_together():
    (emotion,) = (
        fake_pipeline(FakeDetector(boxes(1)), FakeModel(make_probabilities("happy", 1.0))).process(FRAME, 0.0).faces
    )

    assert emotion.label == "happy"
    assert emotion.doubts == ()
    assert emotion.confidence == pytest.approx(emotion.probabilities["happy"]) == pytest.approx(1)
    assert (emotion.valence, emotion.arousal) == pytest.approx((0.81, 0.51), abs=1e-5)


def test_labels_of_another_order_keep_their_meaning():
    model = FakeModel()
    model.card = replace(model.card, labels=tuple(reversed(EMOTIONS)))

    (emotion,) = fake_pipeline(FakeDetector(boxes(1)), model).process(FRAME, 0.0).faces

    assert emotion.label == "happy"
    assert emotion.probabilities["happy"] == pytest.approx(0.88)


def test_each_face_has_its_own_doubts():
    faces = [make_face((100, 100, 300, 300)), make_face((400, 100, 430, 130))]

    large, small = fake_pipeline(FakeDetector(faces), settings=STILL).process(NOISE, 0.0).faces

    assert (large.label, large.doubts) == ("happy", ())
    assert (small.label, small.doubts) == (None, (Doubt.TOO_SMALL,))


def test_time_per_stage_is_told():
    pipeline = fake_pipeline(FakeDetector(boxes(1)))

    first = pipeline.process(FRAME, 0.0)
    second = pipeline.process(FRAME, 0.03)

    assert set(first.latency_ms) == {"detect", "follow", "track", "crop", "predict", "smooth"}
    assert set(second.latency_ms) == {"follow", "track", "crop", "predict", "smooth"}
    assert all(ms >= 0 for ms in first.latency_ms.values())


def test_only_the_largest_faces_are_analysed():
    model = FakeModel()
    settings = replace(STILL, max_faces=2)

    result = fake_pipeline(FakeDetector(boxes(5)), model, settings).process(FRAME, 0.0)

    assert [emotion.face.xyxy for emotion in result.faces] == [face.xyxy for face in boxes(2)]
    assert model.batches[0].shape[0] == 2


def test_a_face_seen_once_is_not_reported_unless_one_hit_is_enough():
    pipeline = fake_pipeline(FakeDetector(boxes(1)), settings=STILL, min_hits=2)

    assert [len(pipeline.process(FRAME, i / 10).faces) for i in range(3)] == [0, 1, 1]


# How often the detector looks


def calls_over(times_s: list[float], settings: PipelineSettings, frames: Callable[[int], np.ndarray]) -> int:
    detector = FakeDetector(boxes(1))
    pipeline = fake_pipeline(detector, settings=settings)
    for i, now_s in enumerate(times_s):
        assert len(pipeline.process(frames(i), now_s).faces) == 1
    return detector.calls


@pytest.mark.parametrize(("detect_every", "calls"), [(1, 30), (2, 15), (3, 10), (5, 6)])
def test_the_detector_looks_at_every_nth_frame_while_following_works(detect_every, calls):
    settings = PipelineSettings(detect_every=detect_every, max_follow_s=100)

    assert calls_over([i / 30 for i in range(30)], settings, lambda _: FRAME) == calls


def test_however_few_frames_come_the_detector_looks_often_enough():
    settings = PipelineSettings(detect_every=1000, max_follow_s=0.25)

    assert calls_over([i * 0.1 for i in range(31)], settings, lambda _: FRAME) == 11
    assert calls_over([i * 0.5 for i in range(10)], settings, lambda _: FRAME) == 10


def test_the_detector_looks_at_once_where_following_fails():
    settings = PipelineSettings(detect_every=1000, max_follow_s=100)
    scenes = [textured_frame(seed=i) for i in range(3)]

    # A cut at frames 4 and 8.
    assert calls_over([i / 30 for i in range(12)], settings, lambda i: scenes[i // 4]) == 3


def test_while_a_face_awaits_its_second_detection_the_detector_looks_at_each_frame():
    detector = FakeDetector(boxes(1))
    settings = PipelineSettings(detect_every=1000, max_follow_s=100)
    pipeline = fake_pipeline(detector, settings=settings, min_hits=3)

    shown = [len(pipeline.process(FRAME, i / 30).faces) for i in range(6)]

    assert shown == [0, 0, 1, 1, 1, 1]
    assert detector.calls == 3


def test_a_frame_of_another_size_is_detected_anew():
    detector = FakeDetector(boxes(1))
    pipeline = fake_pipeline(detector, settings=PipelineSettings(detect_every=1000, max_follow_s=100))

    for i in range(6):
        pipeline.process(FRAME if i % 2 else FRAME[:400], i / 30)

    assert detector.calls == 6


def test_a_followed_face_moves_with_the_picture():
    pipeline = fake_pipeline(FakeDetector(boxes(1)), settings=PipelineSettings(detect_every=100, max_follow_s=100))
    pipeline.process(FRAME, 0.0)

    for i in range(1, 6):
        (emotion,) = pipeline.process(np.roll(FRAME, (2 * i, 5 * i), axis=(0, 1)), i / 30).faces

    assert emotion.face.centre == pytest.approx((70 + 25, 150 + 10), abs=2)
    assert emotion.face.track_id == 1


# Smoothing over time, and settings that change on the way


def feed(pipeline: EmotionPipeline, times_s: list[float]) -> FrameResult:
    for now_s in times_s:
        result = pipeline.process(FRAME, now_s)
    return result


def test_a_new_expression_takes_over_in_the_time_constant():
    model = FakeModel(make_probabilities("sad", 1.0))
    settings = PipelineSettings(smoothing=SmoothingSettings(time_constant_s=0.5, max_lag=1))
    pipeline = fake_pipeline(FakeDetector(boxes(1)), model, settings)
    feed(pipeline, [i / 10 for i in range(11)])
    model.probabilities = make_probabilities("happy", 1.0)

    shares = [pipeline.process(FRAME, 1 + i / 10).faces[0].probabilities["happy"] for i in range(1, 6)]

    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.632, abs=0.01)


def test_smoothing_switched_off_between_frames_takes_effect_on_the_next():
    model = FakeModel(make_probabilities("sad", 1.0))
    pipeline = fake_pipeline(FakeDetector(boxes(1)), model)
    feed(pipeline, [0.0, 0.1])
    model.probabilities = make_probabilities("happy", 1.0)
    assert pipeline.process(FRAME, 0.2).faces[0].label == "sad"

    pipeline.settings = replace(pipeline.settings, smoothing=SmoothingSettings(time_constant_s=0))

    assert pipeline.process(FRAME, 0.3).faces[0].label == "happy"


def test_the_cards_threshold_holds_until_the_settings_have_one():
    model = FakeModel(make_probabilities("happy", 0.5), unsure_below=0.6)
    pipeline = fake_pipeline(FakeDetector(boxes(1)), model)

    (emotion,) = pipeline.process(FRAME, 0.0).faces
    assert (emotion.label, emotion.doubts) == (None, (Doubt.NOT_CONFIDENT,))
    assert emotion.confidence == pytest.approx(0.5)

    pipeline.settings = replace(pipeline.settings, unsure_below=0.3)
    assert pipeline.process(FRAME, 0.1).faces[0].label == "happy"

    pipeline.settings = replace(pipeline.settings, unsure_below=0.9)
    assert pipeline.process(FRAME, 0.2).faces[0].label is None

    pipeline.settings = replace(pipeline.settings, unsure_below=0.0)
    assert pipeline.process(FRAME, 0.3).faces[0].label == "happy", "nought is a threshold, not the lack of one"


def test_other_limits_take_effect_on_the_next_frame():
    pipeline = fake_pipeline(FakeDetector(boxes(1)))
    assert pipeline.process(FRAME, 0.0).faces[0].doubts == ()

    pipeline.settings = replace(pipeline.settings, limits=replace(pipeline.settings.limits, min_size_px=300))

    assert pipeline.process(FRAME, 0.1).faces[0].doubts == (Doubt.TOO_SMALL,)


def test_what_a_face_showed_is_forgotten_with_its_number():
    model = FakeModel(make_probabilities("sad", 1.0))
    pipeline = fake_pipeline(FakeDetector(boxes(1)), model)
    feed(pipeline, [0.0, 0.1])
    model.probabilities = make_probabilities("happy", 1.0)

    (emotion,) = pipeline.process(FRAME, 10.0).faces

    assert emotion.face.track_id == 2
    assert emotion.probabilities["happy"] == pytest.approx(1)


def test_memory_does_not_grow_with_the_people_who_came_by():
    pipeline = fake_pipeline(FakeDetector(boxes(3)), settings=STILL)

    feed(pipeline, [10.0 * i for i in range(50)])

    assert len(pipeline._smoothers) == 3
    assert len(pipeline._tracker._tracks) == 3


def test_two_faces_are_smoothed_each_for_itself():
    class BrightIsHappy(FakeModel):
        def predict(self, faces_u8: np.ndarray) -> np.ndarray:
            rows = [make_probabilities("happy" if face.mean() > 128 else "sad", 1.0) for face in faces_u8]
            return np.array([[row[label] for label in EMOTIONS] for row in rows], np.float32)

    frame = textured_frame()
    frame[:, :320] //= 3
    frame[:, 320:] = 170 + frame[:, 320:] // 3
    faces = [make_face((60, 100, 260, 300)), make_face((400, 100, 590, 300))]
    pipeline = fake_pipeline(FakeDetector(faces), BrightIsHappy())

    for i in range(10):
        result = pipeline.process(frame, i / 10)

    assert [emotion.label for emotion in result.faces] == ["sad", "happy"]
    assert result.faces[0].probabilities["sad"] == pytest.approx(1)


# The real parts


@pytest.fixture(scope="module")
def model() -> EmotionModel:
    return load_model("default")


@pytest.fixture(scope="module", params=["yunet", "haar"])
def detector(request: pytest.FixtureRequest) -> FaceDetector:
    return YuNetDetector(yunet_file()) if request.param == "yunet" else HaarDetector()


def test_the_astronaut_is_happy(detector, model, astronaut_bgr):
    result = EmotionPipeline(detector, model, STILL, min_hits=1).process(astronaut_bgr, 0.0)

    assert [emotion.label for emotion in result.faces] == ["happy"]
    assert result.faces[0].face.track_id == 1


def test_the_astronaut_stays_one_happy_person_while_she_moves(model, astronaut_bgr):
    pipeline = EmotionPipeline(YuNetDetector(yunet_file()), model)
    seen: list[FaceEmotion] = []
    for i in range(20):
        moved = cv2.warpAffine(astronaut_bgr, np.array([[1, 0, 4.0 * i], [0, 1, 2.0 * i]]), (512, 512))
        seen += pipeline.process(moved, i / 15).faces

    assert {emotion.face.track_id for emotion in seen} == {1}
    assert {emotion.label for emotion in seen} == {"happy"}
    assert len(seen) >= 15


def run_clip(path: Path, pipeline: EmotionPipeline, *, every: int = 1) -> list[FrameResult]:
    """Every n-th frame of a clip, analysed."""
    with av.open(str(path)) as container:
        frames: Any = container.decode(video=0)
        return [
            pipeline.process(frame.to_ndarray(format="bgr24"), float(frame.time))
            for i, frame in enumerate(frames)
            if i % every == 0
        ]


def labels_in(results: list[FrameResult]) -> list[str]:
    return [emotion.label for result in results for emotion in result.faces if emotion.label]


@pytest.mark.shared_data
def test_a_sad_face_that_becomes_happy(shared_data, model):
    pipeline = EmotionPipeline(YuNetDetector(yunet_file()), model)

    results = run_clip(shared_data / "clips" / "sad_then_happy.mp4", pipeline, every=2)

    third = len(results) // 3
    first, last = labels_in(results[:third]), labels_in(results[-third:])
    negative = [label for label in first if label in ("sad", "fear", "angry", "neutral")]
    assert len(first) >= 5, "some labels are shown"
    assert len(negative) / len(first) > 0.5
    assert len(last) > 0.9 * third
    assert last.count("happy") / len(last) > 0.9
    assert {emotion.face.track_id for result in results for emotion in result.faces} == {1}
    assert sum(bool(result.faces) for result in results) > 0.95 * len(results)


@pytest.mark.shared_data
def test_a_neutral_face_that_becomes_happy(shared_data, detector, model):
    results = run_clip(shared_data / "clips" / "neutral_then_happy.mp4", EmotionPipeline(detector, model), every=2)

    labels = labels_in(results)
    assert labels[0] == "neutral"
    middle = labels_in(results[len(results) // 2 : len(results) * 5 // 6])
    assert middle.count("happy") / len(middle) > 0.8
    assert {emotion.face.track_id for result in results for emotion in result.faces} == {1}


@pytest.mark.shared_data
def test_a_clip_without_a_face_shows_none(shared_data, detector, model):
    results = run_clip(shared_data / "clips" / "no_face.mp4", EmotionPipeline(detector, model), every=2)

    assert len(results) == 48
    assert not any(result.faces for result in results)


@pytest.mark.shared_data
def test_five_people_are_found_and_most_are_happy(shared_data, model):
    frame = cv2.imread(str(shared_data / "clips" / "several_faces.jpg"))
    assert frame is not None

    result = EmotionPipeline(YuNetDetector(yunet_file()), model, STILL, min_hits=1).process(frame, 0.0)

    assert sorted(emotion.face.track_id or 0 for emotion in result.faces) == [1, 2, 3, 4, 5]
    assert [emotion.label for emotion in result.faces].count("happy") >= 3
    areas = [emotion.face.width * emotion.face.height for emotion in result.faces]
    assert areas == sorted(areas, reverse=True)


@pytest.mark.parametrize("size_wh", [(1280, 960), (320, 240), (480, 640)])
def test_a_face_keeps_its_number_where_the_frames_change_their_size(astronaut_bgr, size_wh):
    """As when a browser sends more pixels or a phone is turned: the face stays in the middle."""
    before = cv2.copyMakeBorder(astronaut_bgr[:480], 0, 0, 64, 64, cv2.BORDER_REPLICATE)
    after = cv2.resize(before, size_wh) if size_wh[0] > size_wh[1] or size_wh[0] == 320 else before[:, 80:560]
    after = cv2.copyMakeBorder(after, 80, 80, 0, 0, cv2.BORDER_REPLICATE) if size_wh == (480, 640) else after
    pipeline = EmotionPipeline(HaarDetector(), load_model("default"))

    results = [pipeline.process(frame, index / 15) for index, frame in enumerate([before] * 6 + [after] * 6)]

    assert after.shape[1::-1] == size_wh
    assert [[emotion.face.track_id for emotion in result.faces] for result in results[2:]] == [[1]] * 10
    assert results[-1].resolution_wh == size_wh


# Less work where it will do


class NearDetector(FakeDetector):
    """One that can look near; `lost` lets it fail there."""

    near_calls, lost = 0, False

    def detect_near(self, frame_bgr: np.ndarray, faces: Sequence[Face]) -> list[Face] | None:
        self.near_calls += 1
        return None if self.lost else list(faces)


def run_for(pipeline: EmotionPipeline, seconds: float, *, per_s: int = 16) -> list[FrameResult]:
    return [pipeline.process(FRAME, i / per_s) for i in range(round(seconds * per_s))]


def test_the_whole_frame_is_looked_at_once_in_so_long_and_when_a_face_is_lost():
    detector = NearDetector(boxes(1))
    settings = PipelineSettings(detect_every=1, whole_frame_every_s=1.0)
    pipeline = fake_pipeline(detector, settings=settings)

    run_for(pipeline, 4)
    assert 4 <= detector.calls <= 6, "once a second, and until the face is confirmed"
    assert detector.calls + detector.near_calls == 64

    detector.lost, before = True, detector.calls
    pipeline.process(FRAME, 4.0)
    assert detector.calls == before + 1


def test_without_that_setting_each_detection_is_of_the_whole_frame():
    detector = NearDetector(boxes(1))

    run_for(fake_pipeline(detector, settings=PipelineSettings(detect_every=1)), 2)

    assert detector.near_calls == 0
    assert detector.calls == 32


def test_a_detector_that_cannot_look_near_looks_at_the_whole_frame():
    detector = FakeDetector(boxes(1))

    run_for(fake_pipeline(detector, settings=PipelineSettings(detect_every=1, whole_frame_every_s=9)), 1)

    assert detector.calls == 16


def test_a_judgement_stands_for_so_long_and_the_place_is_new():
    model, moved = FakeModel(), iter(range(1000))
    detector = FakeDetector(lambda _: [make_face((100 + 2 * (step := next(moved)), 100, 200 + 2 * step, 200))])
    pipeline = fake_pipeline(detector, model, settings=PipelineSettings(detect_every=1, judge_every_s=0.1))

    results = run_for(pipeline, 1)

    judged = sum(len(batch) for batch in model.batches)
    assert judged == 8, "of 16 frames, the first of which shows nobody yet"
    places = [result.faces[0].face.centre[0] for result in results[1:]]
    assert len(set(places)) == 15
    assert all(result.faces[0].probabilities for result in results[1:])


def test_a_new_face_is_judged_at_once():
    model, count = FakeModel(), [1]
    detector = FakeDetector(lambda _: boxes(count[0]))
    pipeline = fake_pipeline(detector, model, settings=PipelineSettings(detect_every=1, judge_every_s=60), min_hits=1)
    pipeline.process(FRAME, 0.0)
    count[0] = 2

    result = pipeline.process(FRAME, 0.05)

    assert [len(batch) for batch in model.batches] == [1, 1]
    assert len(result.faces) == 2


@pytest.mark.parametrize("name", ["whole_frame_every_s", "judge_every_s"])
@pytest.mark.parametrize("value", [-1, float("nan"), "1", None])
def test_times_that_are_none_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        PipelineSettings(**{name: value})
