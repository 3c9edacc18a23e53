"""The real app and its cameras for the browser tests."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from benchmarks import scene
from tests.conftest import SHARED_DATA
from tests.helpers.browser import studio

CLIPS = SHARED_DATA / "clips"
expect.set_options(timeout=studio.PATIENCE_S * 1000)  # 5 s are too few on a machine that others use


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the pages show when a browser test fails belongs to its report: it may have failed on another machine."""
    report = yield
    if report.failed and (shown := studio.what_pages_show()):
        report.sections.append(("What the pages show", shown))
    return report


@pytest.fixture(scope="session", autouse=True)
def _needs_chromium() -> None:
    if studio.chromium_path() is None:
        pytest.skip("no Chromium on this machine; on Debian: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One without a camera, for all tests of a file."""
    with studio.chromium(camera=None) as running:
        yield running


@pytest.fixture(scope="session")
def server() -> Iterator[studio.Server]:
    """One app for all tests that do not harm it."""
    with studio.serve() as running:
        yield running


@pytest.fixture(scope="session")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the cameras made so far."""
    return tmp_path_factory.mktemp("cameras")


@pytest.fixture(scope="session")
def happy_camera(cameras: Path) -> Path:
    """A smiling astronaut who drifts through the picture."""
    frames = scene.frames(width=640, height=480, count=120)
    return studio.frames_as_camera(frames, cameras / "happy.mjpeg")


@pytest.fixture(scope="session")
def sad_then_happy_camera(cameras: Path, shared_data: Path) -> Path:
    """A real clip: sad for its first half, then happy."""
    return studio.clip_as_camera(shared_data / "clips" / "sad_then_happy.mp4", cameras / "sad_then_happy.mjpeg")


@pytest.fixture(scope="session")
def no_face_camera(cameras: Path) -> Path:
    """An animation without a face, or where it is absent a moving pattern."""
    clip, output = CLIPS / "no_face.mp4", cameras / "no_face.mjpeg"
    if clip.is_file():
        return studio.clip_as_camera(clip, output)
    blank = (scene.numbered(frame * 0 + 60, i) for i, frame in enumerate(scene.frames(width=640, height=480, count=90)))
    return studio.frames_as_camera(blank, output)
