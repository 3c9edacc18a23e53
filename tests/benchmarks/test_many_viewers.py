"""The load generator: its rows and pictures, and a real server with more viewers than places."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import many_viewers, scene
from benchmarks.encoded_clip import EncodedClip, encode, write_clips
from benchmarks.many_viewers import Step, at_url, charts, shares, step
from benchmarks.signed_in import replica_of
from tests.helpers.browser import studio

STEP = Step(
    wanted=5,
    refused=1,
    results_per_s=[12.0, 14.0, 15.0, 16.0],
    sent_per_s=[20.0, 19.0, 20.0, 12.0],
    lags_ms=[50.0, 70.0, 60.0, 80.0],
    servers_percent=60.0,
    memory_mb=500.0,
    gained_mb=80.0,
    viewers_percent=12.0,
    other_percent=3.0,
    replicas={"b": 1, "a": 3, "": 1},
)


def test_a_row_tells_what_each_gets_and_costs_and_who_was_refused():
    assert STEP.cells() == [
        5,
        4,
        1,
        "12.0 / 14.5 / 16.0",
        "19.5",
        "65 / 78",
        "60",
        "15.0",
        "500",
        "20",
        "a 3, b 1",
        "12",
        "3",
    ]


def test_a_server_whose_processes_are_not_known_has_no_cost():
    row = replace(STEP, servers_percent=float("nan"), replicas={}).cells()

    assert row[6:11] == ["–", "–", "–", "–", "–"]


def test_nobody_let_in_is_a_row_too():
    row = replace(STEP, results_per_s=[], sent_per_s=[], lags_ms=[], refused=5).cells()

    assert (row[1], row[2], row[5]) == (0, 5, "–")


@pytest.mark.parametrize(
    ("viewers", "processes", "parts"), [(4, 2, [2, 2]), (5, 3, [2, 2, 1]), (1, 4, [1]), (3, 1, [3])]
)
def test_processes_share_the_viewers(viewers, processes, parts):
    assert shares(viewers, processes) == parts


def test_the_picture_has_the_fair_rate_and_the_cost_where_they_are_known():
    more = replace(STEP, results_per_s=[5.0] * 9)

    rates, cost = charts([STEP, more], 8)
    assert [line.points for line in rates.lines] == [[(4, 14.5), (9, 5.0)], [(4, 12.0), (9, 5.0)], [(0, 8), (9, 8)]]
    assert cost.lines[0].points == [(4, 15.0), (9, pytest.approx(60 / 9))]
    (alone,) = charts([replace(STEP, servers_percent=float("nan"))], 0)
    assert len(alone.lines) == 2


def test_the_replica_is_read_from_cookies():
    assert replica_of("user=a=b; fer_replica=b") == "b"
    assert replica_of("") == ""


@pytest.mark.slow
def test_more_viewers_than_places_at_a_real_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    clips = tmp_path / "clips.json"
    write_clips(clips, [EncodedClip("drawn", encode(scene.frames(width=320, height=240, count=40)))])
    monkeypatch.setattr(many_viewers, "PATIENCE_S", 15.0)
    monkeypatch.delenv("FER_PASSPHRASE", raising=False)
    with studio.serve(environment={"FER_MAX_VIEWERS": "2"}) as server:
        seen = step(at_url(server.url, [server.process.pid], None), 3, clips, processes=2, seconds=3, idle_mb=0.0)

    assert (seen.wanted, seen.let_in, seen.refused) == (3, 2, 1)
    assert min(seen.results_per_s) > 0
    assert seen.lags_ms
    assert seen.servers_percent > 0
    assert seen.memory_mb > 50
    assert seen.replicas == {"": 3}, "no balancer gave a cookie"
