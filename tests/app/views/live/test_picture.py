"""The picture that stands in for the live video: uploaded, or a snapshot."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.helpers.pages import MAIN, assert_fine, html_of, open_page, press, run, session_of

pytestmark = pytest.mark.usefixtures("unhurried")


def use_a_picture(page: AppTest) -> AppTest:
    """As the stage's button does, which a page's test cannot press."""
    page.session_state["stage_memory"].shows_picture = True
    return run(page)


@pytest.fixture
def picture_page(page: AppTest) -> AppTest:
    return use_a_picture(page)


def encoded(frame_bgr: np.ndarray, ending: str = ".png") -> bytes:
    return cv2.imencode(ending, frame_bgr)[1].tobytes()


def upload(page: AppTest, name: str, content: bytes, kind: str = "image/png") -> AppTest:
    page.file_uploader(key="picture_file").upload(name, content, kind).run()
    assert_fine(page)
    return page


def test_the_picture_mode_leaves_the_camera_alone(page, calls):
    calls.clear()

    use_a_picture(page)

    assert_fine(page)
    assert calls == []
    assert len(page.file_uploader) == 1
    assert page.error == []


def test_an_uploaded_face_is_named(picture_page, astronaut_bgr):
    upload(picture_page, "astronaut.png", encoded(astronaut_bgr))

    assert "Happy" in html_of(picture_page)
    assert len(picture_page.get("image")) == 1
    assert [button.label for button in picture_page.get("download_button")] == ["Download as CSV"]
    assert list(picture_page.warning) == []


def test_a_picture_without_a_face_says_so(picture_page):
    upload(picture_page, "wall.png", encoded(np.full((300, 400, 3), 128, np.uint8)))

    assert "No face" in picture_page.warning[0].value
    assert list(picture_page.get("download_button")) == []


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n broken"])
def test_what_is_no_picture_is_refused_in_words(picture_page, content):
    upload(picture_page, "letter.png", content)

    assert "letter.png cannot be read as a picture" in picture_page.error[0].value


def test_a_tiny_picture_is_ordinary(picture_page):
    upload(picture_page, "dot.png", encoded(np.zeros((1, 1, 3), np.uint8)))

    assert "No face" in picture_page.warning[0].value


def test_too_large_a_picture_is_refused_in_words(picture_page, monkeypatch):
    monkeypatch.setattr("fer_core.limits.MAX_PICTURE_PIXELS", 1_000)

    upload(picture_page, "wall.png", encoded(np.zeros((100, 100, 3), np.uint8)))

    assert "wall.png cannot be read as a picture: the picture has 100 x 100 pixels" in picture_page.error[0].value


def test_all_faces_of_a_crowd_are_shown(picture_page, astronaut_bgr):
    upload(picture_page, "crowd.png", encoded(np.tile(astronaut_bgr[:256, 64:320], (2, 5, 1))))

    assert "10 · Happy" in html_of(picture_page)


def test_a_picture_on_its_side_is_understood_and_said_so(picture_page, astronaut_bgr):
    upload(picture_page, "side.png", encoded(np.ascontiguousarray(np.rot90(astronaut_bgr))))

    assert "Happy" in html_of(picture_page)
    assert "turned a quarter clockwise" in picture_page.info[0].value


def test_of_an_animation_the_first_picture_is_shown_and_said_so(picture_page):
    frames = [Image.fromarray(np.full((60, 80, 3), grey, np.uint8)) for grey in (0, 90, 180)]
    stream = io.BytesIO()
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:])

    upload(picture_page, "moving.webp", stream.getvalue(), "image/webp")

    assert "Only the first of its 3 frames" in picture_page.info[0].value


def test_heic_gets_its_own_sentence(picture_page):
    upload(picture_page, "photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "image/heic")

    assert "HEIC pictures cannot be read. Save it as JPEG or PNG." in picture_page.error[0].value


def test_a_damaged_model_is_told_in_picture_mode_too(own_model, calls, astronaut_bgr):
    page = open_page(MAIN)
    page.selectbox(key="model").select("mine").run()
    (own_model / "model.tflite").write_bytes(b"damaged")
    use_a_picture(page)

    upload(page, "astronaut.png", encoded(astronaut_bgr))

    assert str(own_model) in page.error[0].value


def test_a_snapshot_can_be_taken_instead(picture_page):
    picture_page.radio(key="picture_from").set_value("Snapshot").run()

    assert_fine(picture_page)
    assert len(picture_page.get("camera_input")) == 1


def test_back_to_the_live_video_with_the_same_session(picture_page, calls):
    session = session_of(picture_page)

    press(picture_page, "picture_back")

    assert_fine(picture_page)
    assert session_of(picture_page) is session
    assert calls[-1]["key"] == "camera"


@pytest.mark.parametrize(
    "control",
    ["smoothing_s", "overlay", "exact", "balanced", "unsure_below_default", "max_faces"],
)
def test_settings_outlast_a_visit_to_the_picture(page, control):
    {
        "smoothing_s": lambda: page.slider(key="smoothing_s").set_value(1.5),
        "unsure_below_default": lambda: page.slider(key="unsure_below_default").set_value(0.7),
        "overlay": lambda: page.selectbox(key="overlay").select("Nothing"),
        "exact": lambda: page.toggle(key="exact").set_value(True),
        "balanced": lambda: page.toggle(key="balanced").set_value(True),
        "max_faces": lambda: page.number_input(key="max_faces").set_value(3),
    }[control]().run()
    before = session_of(page).settings

    use_a_picture(page)
    press(page, "picture_back")
    page.run()

    assert session_of(page).settings == before
