"""Both detectors behind their protocol: full-frame pixels at any frame size, and ordinary answers to odd frames."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.errors import DetectorError
from fer_core.faces.blazeface import FINDER, BlazeFaceDetector
from fer_core.faces.detector import (
    HAAR_WIDTH,
    YUNET_WIDTH,
    FaceDetector,
    HaarDetector,
    YuNetDetector,
    build_detector,
    detectors_here,
    largest_first,
    shrink,
    yunet_path,
)
from tests.helpers.faces import blazeface_files, make_face, without_detector_files, yunet_file

# Where the face of the astronaut is, in units of her picture, as seen by eye: eyebrows to chin, ear to ear.
ASTRONAUT_FACE = (0.35, 0.12, 0.53, 0.33)


@pytest.fixture(scope="module", params=["blazeface", "yunet", "haar"])
def detector(request) -> FaceDetector:
    if request.param == "haar":
        return HaarDetector()
    return YuNetDetector(yunet_file()) if request.param == "yunet" else BlazeFaceDetector(blazeface_files())


@pytest.fixture(scope="module", params=["blazeface", "yunet"])
def with_landmarks(request) -> FaceDetector:
    return YuNetDetector(yunet_file()) if request.param == "yunet" else BlazeFaceDetector(blazeface_files())


@pytest.fixture(scope="module")
def yunet() -> YuNetDetector:
    return YuNetDetector(yunet_file())


@pytest.mark.parametrize("width", [256, 320, 321, 512, 1280, 4000])
def test_boxes_are_in_pixels_of_the_whole_frame(detector, astronaut_bgr, width):
    frame = cv2.resize(astronaut_bgr, (width, width), interpolation=cv2.INTER_AREA)

    faces = detector.detect(frame)

    assert len(faces) == 1
    assert np.array(faces[0].xyxy) / width == pytest.approx(ASTRONAUT_FACE, abs=0.025)
    assert 0 < faces[0].score <= 1
    assert faces[0].track_id is None


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (480, 960), (642, 480)])
def test_a_frame_that_is_no_square_is_not_squeezed(detector, astronaut_bgr, width, height):
    frame = np.zeros((height, width, 3), np.uint8)
    side = min(width, height)
    frame[-side:, -side:] = cv2.resize(astronaut_bgr, (side, side), interpolation=cv2.INTER_AREA)

    (face,) = detector.detect(frame)

    in_picture = (np.array(face.xyxy) - (width - side, height - side) * 2) / side
    assert in_picture == pytest.approx(ASTRONAUT_FACE, abs=0.03)


@pytest.mark.parametrize("side", [54, 74, 86])
def test_a_face_of_twenty_pixels_in_a_webcams_frame_is_found(with_landmarks, astronaut_bgr, side):
    """At a width of 320 pixels, YuNet finds none of these three."""
    if with_landmarks.name == "blazeface" and side == 54:
        pytest.skip("BlazeFace finds faces from 25 pixels on")
    frame = np.full((480, 640, 3), 110, np.uint8)
    portrait = cv2.resize(astronaut_bgr[0:256, 112:368], (side, side), interpolation=cv2.INTER_AREA)
    frame[200 : 200 + side, 300 : 300 + side] = portrait

    (face,) = with_landmarks.detect(frame)

    assert 0.3 * side < face.width < 0.5 * side


def test_the_largest_face_comes_first(detector, astronaut_bgr):
    portrait = astronaut_bgr[0:256, 112:368]
    frame = np.zeros((400, 700, 3), np.uint8)
    frame[100:356, 20:276] = portrait
    frame[:, 300:] = cv2.resize(portrait, (400, 400), interpolation=cv2.INTER_CUBIC)

    first, second = detector.detect(frame)

    assert first.width * first.height > 1.5 * second.width * second.height
    assert first.centre[0] > 300 > second.centre[0]


def test_largest_first_sorts_by_area():
    faces = [make_face((0, 0, 10, 10)), make_face((0, 0, 30, 10)), make_face((0, 0, 20, 20))]

    assert [face.width for face in largest_first(faces)] == [20, 30, 10]


def test_a_black_frame_has_no_face(detector):
    assert detector.detect(np.zeros((480, 640, 3), np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (2, 3), (1, 500), (500, 1), (3, 5000), (5000, 3)])
@pytest.mark.parametrize("noisy", [False, True])
def test_odd_frames_are_ordinary(detector, shape, noisy):
    frame = np.zeros((*shape, 3), np.uint8)
    if noisy:
        frame[:] = np.random.default_rng(0).integers(0, 255, frame.shape, np.uint8)

    assert detector.detect(frame) == []


@pytest.mark.parametrize("shape", [(1, 320), (21, 320), (32, 320), (32, 100), (320, 32), (33, 320)])
def test_strips_have_no_faces_at_infinity(yunet, shape, astronaut_bgr):
    """OpenCV's YuNet answers from unwritten memory at such sizes, one time in three, unless it is kept from them."""
    for _ in range(12):
        yunet.detect(astronaut_bgr)
        assert yunet.detect(np.zeros((*shape, 3), np.uint8)) == []


def test_a_huge_frame_is_searched_in_little_time(detector, astronaut_bgr):
    frame = np.zeros((4320, 7680, 3), np.uint8)
    frame[:4320, :4320] = cv2.resize(astronaut_bgr, (4320, 4320), interpolation=cv2.INTER_LINEAR)

    (face,) = detector.detect(frame)

    assert np.array(face.xyxy) / 4320 == pytest.approx(ASTRONAUT_FACE, abs=0.03)


def test_a_detector_can_go_from_one_frame_size_to_another_and_back(detector, astronaut_bgr):
    small = cv2.resize(astronaut_bgr, (300, 300), interpolation=cv2.INTER_AREA)

    before = detector.detect(astronaut_bgr)[0].xyxy
    assert len(detector.detect(small)) == 1

    assert detector.detect(astronaut_bgr)[0].xyxy == before


def test_the_frame_is_not_modified(detector, astronaut_bgr):
    frame = astronaut_bgr.copy()

    detector.detect(frame)

    assert (frame == astronaut_bgr).all()


def test_haar_gives_no_landmarks(astronaut_bgr):
    assert [face.landmarks for face in HaarDetector().detect(astronaut_bgr)] == [None]


@pytest.mark.parametrize("mirrored", [False, True])
def test_landmarks_are_ordered_by_the_pictures_sides(with_landmarks, astronaut_bgr, mirrored):
    frame = cv2.flip(astronaut_bgr, 1) if mirrored else astronaut_bgr

    (face,) = with_landmarks.detect(frame)

    assert face.landmarks.shape == (5 if with_landmarks.name == "yunet" else 4, 2)
    assert face.landmarks.dtype == np.float32
    left_eye, right_eye, nose, *mouth = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[0] - 5 < mouth[0][0] <= mouth[-1][0] < right_eye[0] + 5
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(point[1] for point in mouth)
    # The pupils of the astronaut, by eye.
    eyes = face.landmarks[:2] / 512
    if not mirrored:
        assert eyes == pytest.approx(np.array([(0.398, 0.2), (0.478, 0.2)]), abs=0.012)


def test_landmarks_are_in_pixels_of_the_whole_frame(with_landmarks, astronaut_bgr):
    (face,) = with_landmarks.detect(astronaut_bgr)
    (large,) = with_landmarks.detect(cv2.resize(astronaut_bgr, (1536, 1536), interpolation=cv2.INTER_CUBIC))

    assert large.landmarks / 3 == pytest.approx(face.landmarks, abs=3)


@pytest.mark.parametrize("damage", ["empty", "a web page", "half"])
def test_a_bad_yunet_file_is_named_with_the_way_out(tmp_path, damage):
    content = {
        "empty": b"",
        "a web page": b"<html>404 Not Found</html>",
        "half": b"" if damage != "half" else yunet_file().read_bytes()[:100_000],
    }[damage]
    path = tmp_path / "face_detection_yunet.onnx"
    path.write_bytes(content)

    with pytest.raises(DetectorError, match="fetch-detector") as caught:
        YuNetDetector(path)

    assert str(path) in str(caught.value)


def test_a_missing_yunet_file_is_named_with_the_way_out(tmp_path):
    with pytest.raises(DetectorError, match=r"nowhere\.onnx.*fetch-detector"):
        YuNetDetector(tmp_path / "nowhere.onnx")


def test_an_opencv_without_cascades_is_told_from_a_bug(tmp_path, monkeypatch):
    monkeypatch.setattr("cv2.__file__", str(tmp_path / "__init__.py"))

    with pytest.raises(DetectorError, match=r"opencv-python-headless>=4\.14,<5"):
        HaarDetector()


def test_without_others_files_haar_is_chosen(monkeypatch, tmp_path):
    without_detector_files(monkeypatch, tmp_path)

    assert yunet_path() is None
    assert detectors_here() == ["haar"]
    assert build_detector().name == "haar"
    with pytest.raises(DetectorError, match="No YuNet file"):
        build_detector("yunet")
    with pytest.raises(DetectorError, match="No BlazeFace file"):
        build_detector("blazeface")


def test_blazeface_goes_before_yunet_which_goes_before_haar(monkeypatch, tmp_path):
    source, yunet = blazeface_files(), yunet_file()
    without_detector_files(monkeypatch, tmp_path)
    shutil.copy(yunet, tmp_path / "face_detection_yunet_2023mar.onnx")
    assert detectors_here() == ["yunet", "haar"]
    for name in ("blazeface_back.tflite", "blazeface_short_range.tflite"):
        assert "blazeface" not in detectors_here()
        shutil.copy(source / name, tmp_path)

    assert detectors_here() == ["blazeface", "yunet", "haar"]
    assert build_detector().name == "blazeface"
    monkeypatch.setenv("FER_YUNET", str(yunet))
    assert detectors_here() == ["yunet", "blazeface", "haar"]


def test_a_damaged_blazeface_file_is_named_with_the_way_out(tmp_path):
    (tmp_path / FINDER.name).write_bytes(b"TFL3")

    with pytest.raises(DetectorError, match=r"blazeface_back\.tflite is damaged.*fetch-detector"):
        BlazeFaceDetector(tmp_path)


def test_with_yunets_file_yunet_is_chosen_unless_haar_is_asked_for():
    yunet_file()

    assert build_detector().name == build_detector("yunet").name == "yunet"
    assert build_detector("haar").name == "haar"


def test_the_newest_file_among_the_users_models_is_found(monkeypatch, tmp_path):
    source = yunet_file()
    without_detector_files(monkeypatch, tmp_path / "nowhere")
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    newest = tmp_path / "models" / "face_detection_yunet_2026may.onnx"
    newest.with_name("face_detection_yunet_2023mar.onnx").write_bytes(b"old")
    shutil.copy(source, newest)

    assert yunet_path() == newest
    assert build_detector().name == "yunet"


def test_a_file_that_the_environment_names_is_not_passed_over_silently(monkeypatch, tmp_path):
    monkeypatch.setenv("FER_YUNET", str(tmp_path / "typo.onnx"))

    assert yunet_path() == Path(tmp_path / "typo.onnx")
    with pytest.raises(DetectorError, match=r"typo\.onnx"):
        build_detector()


@pytest.mark.parametrize("target", [HAAR_WIDTH, YUNET_WIDTH])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (641, 479), (1280, 720), (1, 1), (320, 240), (9000, 1)])
def test_shrink_never_enlarges_and_says_how_to_come_back(width, height, target):
    small, scale = shrink(np.zeros((height, width, 3), np.uint8), target)

    assert small.shape[1] == min(width, target)
    assert scale == max(1.0, width / target)
    assert small.shape[0] >= 1
    assert abs(small.shape[0] * scale - height) <= scale


def test_a_haar_box_is_made_of_plain_numbers(astronaut_bgr):
    face = HaarDetector().detect(astronaut_bgr)[0]

    assert [type(value) for value in face.xyxy] == [float] * 4


@pytest.mark.parametrize("name", ["", "cnn", "Haar", 5])
def test_a_detector_of_another_name_is_not_haar_in_silence(name):
    with pytest.raises(DetectorError, match="Choose blazeface, yunet, haar or None"):
        build_detector(name)


# Looking again where a face was


def at(astronaut_bgr: np.ndarray, left: int, top: int, *, side: int = 400) -> np.ndarray:
    """The astronaut at that place of a frame of 1280 x 720."""
    frame = np.full((720, 1280, 3), 90, np.uint8)
    frame[top : top + side, left : left + side] = cv2.resize(astronaut_bgr, (side, side), interpolation=cv2.INTER_AREA)
    return frame


@pytest.mark.parametrize("side", [250, 400, 720])
def test_a_known_face_is_found_again_where_it_went(with_landmarks, astronaut_bgr, side):
    before = with_landmarks.detect(at(astronaut_bgr, 500, 0, side=side))
    moved = at(astronaut_bgr, 500 + side // 20, 0, side=side)

    near = with_landmarks.detect_near(moved, before)

    assert near is not None
    (face,), (whole,) = near, with_landmarks.detect(moved)
    assert np.array(face.centre) == pytest.approx(whole.centre, abs=0.08 * whole.width)
    assert face.landmarks is not None
    assert whole.landmarks is not None
    assert np.abs(face.landmarks - whole.landmarks).max() < 0.12 * whole.width


def test_at_the_frames_edge_too(with_landmarks, astronaut_bgr):
    frame = at(astronaut_bgr, 0, 0)[:, 130:]

    assert with_landmarks.detect_near(frame, with_landmarks.detect(frame)) is not None


def test_two_known_faces_stay_two(with_landmarks, astronaut_bgr):
    frame = np.concatenate([at(astronaut_bgr, 0, 0)[:, :400], at(astronaut_bgr, 0, 0)[:, :400]], axis=1)
    known = with_landmarks.detect(frame)

    near = with_landmarks.detect_near(frame, known)

    assert near is not None
    middles = [sorted(face.centre[0] for face in faces) for faces in (near, known)]
    assert middles[0] == pytest.approx(middles[1], abs=10)
    assert with_landmarks.detect_near(frame, [known[0], known[0]]) is None, "one face is not two"


def test_a_face_that_left_or_too_many_ask_for_the_whole_frame(with_landmarks, astronaut_bgr):
    known = with_landmarks.detect(at(astronaut_bgr, 100, 0))

    assert with_landmarks.detect_near(at(astronaut_bgr, 800, 0), known) is None
    assert with_landmarks.detect_near(np.zeros((720, 1280, 3), np.uint8), known) is None
    assert with_landmarks.detect_near(at(astronaut_bgr, 100, 0), []) is None
    assert with_landmarks.detect_near(at(astronaut_bgr, 100, 0), known * 9) is None
    assert with_landmarks.detect_near(at(astronaut_bgr, 100, 0), [make_face((-900, -900, -800, -800))]) is None
