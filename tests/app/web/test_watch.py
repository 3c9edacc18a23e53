"""What monitors hear when something is wrong; the real app's own answers are in test_real_server.py."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.analysis.worker import AnalysisQueue
from app.live.admission import Verdict
from app.live.load import LoadWatch, Standing
from app.store.database import Store, open_store
from app.store.errors import StoreError
from app.web import watch
from tests.helpers.web_requests import Answer, ask, served


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'sessions.sqlite3'}")
    yield store
    store.close()


@contextlib.contextmanager
def watched(store: Callable[[], Store], model: Callable[[], object] = object) -> Iterator[Callable[[], Answer]]:
    with served(routes=watch.routes(watch.Parts(store, model, AnalysisQueue))) as port:
        yield lambda: ask(port, "/healthz")


def test_a_store_that_cannot_be_opened(opened):
    def refuse() -> Store:
        raise StoreError("The store /secret/place: no server answers there.")

    with watched(refuse) as health:
        answer = health()

    assert (answer.status, json.loads(answer.text)) == (503, {"store": "broken", "model": "ok"})


def test_a_store_that_fails_later_and_is_there_again(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "FRESH_S", 0.0)
    with watched(lambda: opened) as health:
        assert health().status == 200
        opened.close()
        (tmp_path / "sessions.sqlite3").rename(tmp_path / "away")
        (tmp_path / "sessions.sqlite3").mkdir()
        assert json.loads(health().text)["store"] == "broken"
        (tmp_path / "sessions.sqlite3").rmdir()
        (tmp_path / "away").rename(tmp_path / "sessions.sqlite3")
        assert health().status == 200


def test_a_model_that_is_missing(opened):
    def missing() -> object:
        raise FileNotFoundError

    with watched(lambda: opened, missing) as health:
        answer = health()

    assert (answer.status, json.loads(answer.text)) == (503, {"store": "ok", "model": "broken"})


def test_what_does_not_answer_is_asked_once_and_said_to_be_silent(opened: Store, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE_S", 0.2)
    monkeypatch.setattr(watch, "FRESH_S", 0.0)
    asked, go_on = [], threading.Event()

    def hang() -> Store:
        asked.append(time.monotonic())
        go_on.wait(20)
        return opened

    with watched(hang) as health:
        answers = [health() for _ in range(3)]
        go_on.set()

    assert [(answer.status, json.loads(answer.text)["store"]) for answer in answers] == [(503, "silent")] * 3
    assert len(asked) == 1


def test_metrics_say_what_viewers_get_and_cost_once_some_were_measured(opened, monkeypatch):
    parts = watch.Parts(lambda: opened, object, AnalysisQueue)
    stands = Standing(
        viewers=3,
        limit=12,
        measured=3,
        rate_min=14.0,
        rate_median=15.5,
        wait_s=0.0042,
        cores=0.54,
        cores_per_viewer=0.18,
        next_rate=13.0,
        verdict=Verdict.COST,
    )
    monkeypatch.setattr(LoadWatch, "standing", lambda _: stands)

    said = dict(line.split() for line in watch.metrics_text(parts).splitlines() if not line.startswith("#"))

    assert (said["fer_viewers"], said["fer_viewers_limit"], said["fer_admission_open"]) == ("3", "12", "0")
    assert (said["fer_viewer_cores"], said["fer_line_wait_seconds"]) == ("0.18", "0.0042")
    assert (said["fer_viewer_results_min"], said["fer_viewer_results_median"]) == ("14.0", "15.5")
    monkeypatch.setattr(LoadWatch, "standing", lambda _: replace(stands, measured=0, verdict=Verdict.OPEN))
    assert "fer_viewer_cores" not in watch.metrics_text(parts)
    assert "fer_admission_open 1" in watch.metrics_text(parts)
