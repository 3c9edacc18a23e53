"""Fixtures shared by all tests."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pylibsrtp  # noqa: F401 - of WebRTC; first of all, for it crashes where TensorFlow was loaded before it
import pytest
from hypothesis import settings

from tests.helpers import REPOSITORY

SHARED_DATA = Path(os.environ.get("FER_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
LONG = (
    "tests/train/",
    "tests/fer_core/scale/test_on_ray",
    "tests/benchmarks/test_soak",
    "tests/faults/",
    "tests/browser/test_training",
    "tests/deploy/",
)
SHARED_YUNET = REPOSITORY.parent / "shared" / "models" / "face_detection_yunet_2026may.onnx"

# Where the machine that tests has YuNet's file beside the project, the YuNet route is tested too.
if "FER_YUNET" not in os.environ and SHARED_YUNET.is_file():
    os.environ["FER_YUNET"] = str(SHARED_YUNET)

# How long an example takes says how busy the machine is.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

# Tests share a machine, whose load is no reason to refuse their viewers; those of the admission itself say otherwise.
os.environ.setdefault("FER_MIN_RATE", "0")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first: two processes that take one file after the other end together after short ones."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """The modules of all tests are loaded, TensorFlow among them: keep them out of every garbage collection to come.

    Each took 0.6 s and stopped every thread, a video's too.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _short_collections() -> Iterator[None]:
    """What a file of tests leaves for good, such as Keras' graphs, joins what no collection looks at any more.

    Streamlit collects after each run of a page: at the end of all tests that took most of the page's time.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own folder."""
    monkeypatch.setenv("FER_HOME", str(tmp_path_factory.mktemp("fer-home")))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data at {SHARED_DATA}; set FER_SHARED_DATA")
    return SHARED_DATA


@pytest.fixture(scope="session")
def astronaut_bgr() -> np.ndarray:
    """NASA's portrait of Eileen Collins, smiling: uint8 (512, 512, 3), BGR, public domain."""
    from skimage import data

    portrait: np.ndarray = data.astronaut()[..., ::-1].copy()
    return portrait
