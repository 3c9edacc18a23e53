"""The network is there before the first viewer is, and an error then stops nobody."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from app.live import pipelines
from app.live.warm_up import warm_up
from fer_core.paths import home
from tests.helpers import REPOSITORY


@pytest.fixture(autouse=True)
def _cold(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that was just started."""
    monkeypatch.setattr(pipelines, "_models", {})
    warm_up.clear()
    yield
    warm_up.clear()


def test_the_first_viewer_finds_the_network_loaded():
    thread = warm_up()
    thread.join(60)

    assert [name for name, _ in pipelines._models] == ["default"]
    loaded = next(iter(pipelines._models.values()))
    assert pipelines.make_pipeline(None, "default").model is loaded


def test_a_viewer_who_comes_meanwhile_shares_the_network():
    thread = warm_up()
    model = pipelines.shared_model("default")
    thread.join(60)

    assert list(pipelines._models.values()) == [model]


def test_it_runs_once():
    threads = {warm_up() for _ in range(3)}

    assert len(threads) == 1
    (thread,) = threads
    assert thread.daemon
    thread.join(60)
    assert warm_up() is thread
    assert not [other for other in threading.enumerate() if other.name == "warm-up"]


def test_an_error_is_logged_and_raised_to_nobody(caplog):
    folder = home() / "models" / "default"  # a user's own of that name, damaged
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{")

    with caplog.at_level(logging.ERROR):
        warm_up().join(60)

    assert "The analysis could not be warmed up" in caplog.text
    assert pipelines._models == {}


def test_a_program_that_ends_meanwhile_ends_in_order():
    program = "from app.live.warm_up import warm_up; warm_up()"

    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
