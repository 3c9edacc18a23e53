"""Take the pictures of docs/images from the running app: `make pictures`."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page

from benchmarks import scene
from fer_core.paths import SHIPPED_MODELS
from tests.browser import take_session_pictures
from tests.conftest import SHARED_DATA
from tests.helpers import REPOSITORY
from tests.helpers.browser import studio
from tests.helpers.browser.page_states import STATES, fill_home, open_state, wait_until_drawn

IMAGES = REPOSITORY / "docs" / "images"
DESKTOP, LAPTOP, PHONE = (1440, 900), (1024, 768), studio.PHONE
CAMERA_WH = (960, 720)
OTHER_PAGES = {
    "train-compare": "train, compare",
    "models": "models",
    "your-data": "data",
}
"""Names of pictures, and the states that they show."""


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        one = studio.frames_as_camera(_one_face(), place / "one.mjpeg", width=CAMERA_WH[0], height=CAMERA_WH[1])
        two = studio.frames_as_camera(_two_faces(), place / "two.mjpeg")
        dark = studio.frames_as_camera(((f * 0.12).astype(np.uint8) for f in _one_face()), place / "dark.mjpeg")
        nobody = studio.frames_as_camera(
            (np.full((480, 640, 3), 60 + i % 3, np.uint8) for i in range(60)), place / "nobody.mjpeg"
        )
        with studio.serve() as server:
            _states(server.url, one, two, dark, nobody)
        _damaged_model(place / "home", one)
        take_session_pictures.take(place / "stored", one, _shoot)
        _other_pages(place / "filled")


def _states(url: str, one: Path, two: Path, dark: Path, nobody: Path) -> None:
    with studio.chromium(camera=one) as browser:
        for name, size, is_dark in (
            ("live-light", DESKTOP, False),
            ("live-dark", DESKTOP, True),
            ("live-laptop", LAPTOP, False),
            ("live-phone-light", PHONE, False),
            ("live-phone-dark", PHONE, True),
        ):
            context, page = studio.open_page(browser, url, dark=is_dark, size=size)
            if name == "live-light":
                _shoot(page, "before-start", wait_s=2)
            _play(page)
            _shoot(page, name, wait_s=22)
            if name == "live-dark":
                page.get_by_text("Settings", exact=True).click()
                page.wait_for_timeout(1_000)  # it unfolds
                page.get_by_text("Picture from the server").scroll_into_view_if_needed()
                _shoot(page, "settings-dark", wait_s=2)
            if name == "live-light":
                page.keyboard.press("?")
                _shoot(page, "keys", wait_s=1)
            if size is PHONE and not is_dark:
                page.get_by_test_id("stExpandSidebarButton").click()
                _shoot(page, "live-phone-history", wait_s=2)
            context.close()
    _picture_of(url, two, "two-faces", lambda page: _play(page, wait_s=8))
    _picture_of(url, dark, "too-dark", lambda page: _play(page, wait_s=5))
    _picture_of(url, nobody, "no-face", lambda page: _play(page, wait_s=8))
    with studio.chromium(camera=None) as browser:
        _, page = studio.open_page(browser, url)
        _shoot(page, "no-camera", wait_s=3)
        page.get_by_role("button", name="Try the sample clip").click()
        studio.wait_until_playing(page)
        _shoot(page, "sample-clip", wait_s=12)
        studio.press_stop(page)
        page.get_by_role("button", name="Use a picture").click()
        with tempfile.TemporaryDirectory() as folder:
            page.locator("input[type=file]").set_input_files(_portrait(Path(folder)))
            _shoot(page, "picture", wait_s=4)
        for name in ("Train", "Models"):
            studio.go_to(page, name)
            _shoot(page, name.lower(), wait_s=8)
    with studio.chromium(camera=one, allow=False) as browser:
        _, page = studio.open_page(browser, url, allow=False)
        studio.press_start(page)
        _shoot(page, "camera-blocked", wait_s=3)


def _damaged_model(home: Path, camera: Path) -> None:
    shutil.copytree(SHIPPED_MODELS / "default", home / "models" / "default")
    (home / "models" / "default" / "model.tflite").write_bytes(b"damaged")
    with studio.serve(environment={"FER_HOME": str(home)}) as server:
        _picture_of(server.url, camera, "model-damaged", lambda page: _play(page, wait_s=5))


def _other_pages(folder: Path) -> None:
    """Of an app with some weeks of sessions, an archive and two runs."""
    fill_home(folder / "home")
    with (
        studio.serve(environment={"FER_HOME": str(folder / "home")}) as server,
        studio.chromium(camera=None) as browser,
    ):
        page = studio.new_tab(browser, size=DESKTOP)
        for name, state in OTHER_PAGES.items():
            open_state(page, server.url, STATES[state], folder)
            _shoot(page, name, wait_s=2)
        clip = SHARED_DATA / "clips" / "sad_then_happy.mp4"
        if clip.is_file():
            _analysed(page, server.url, clip)


def _analysed(page: Page, url: str, clip: Path) -> None:
    page.goto(f"{url}/analyse")
    wait_until_drawn(page)
    page.locator("input[type=file]").set_input_files(str(clip))
    page.locator(".st-key-analyse_start button:enabled").click()
    page.get_by_role("button", name="New analysis").wait_for(timeout=300_000)
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for()
    _shoot(page, "analyse", wait_s=3)


def _picture_of(url: str, camera: Path, name: str, prepare: Callable[[Page], None]) -> None:
    with studio.chromium(camera=camera) as browser:
        _, page = studio.open_page(browser, url)
        prepare(page)
        _shoot(page, name)


def _play(page: Page, wait_s: float = 0) -> None:
    studio.press_start(page)
    studio.wait_until_playing(page)
    page.wait_for_timeout(wait_s * 1000)


def _shoot(page: Page, name: str, *, wait_s: float = 0) -> None:
    page.wait_for_timeout(wait_s * 1000)
    page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=85)


def _one_face() -> list[np.ndarray]:
    return list(scene.frames(width=CAMERA_WH[0], height=CAMERA_WH[1], count=120))


def _two_faces() -> list[np.ndarray]:
    """The portrait beside its smaller, darker mirror image."""
    frames = []
    for frame in scene.frames(width=360, height=480, count=120):
        other = np.full((480, 280, 3), 90, np.uint8)
        other[90:463] = cv2.resize(frame[:, ::-1], (280, 373)) * 0.7
        frames.append(np.hstack([frame, other]))
    return frames


def _portrait(folder: Path) -> Path:
    path = folder / "portrait.jpg"
    cv2.imwrite(str(path), next(scene.frames(width=960, height=720, count=1)))
    return path


if __name__ == "__main__":
    main()
