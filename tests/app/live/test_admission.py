"""One more viewer is let in while everybody would still get a fair rate, at the measured cost of a result."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from app.live.admission import (
    FORGET_S,
    NEWCOMERS_PER_CORE,
    REOPEN_AFTER_S,
    SENTENCES,
    SETTLE_S,
    Admission,
    Load,
    Served,
    Verdict,
)
from app.live.viewers import Viewers

FAIR = 8.0


@dataclass
class Server:
    """A server of one slot on two cores, whose analyses take so long; time passes when it is told to."""

    turn_s: float = 0.01
    now_s: float = 1000.0
    cores_per_result: float = 0.012
    wanted: float = 16.0
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        self.admission = Admission(FAIR, 2.0, lambda: self.now_s)

    def load(self, viewers: int, **other: float) -> Load:
        """What is measured with so many viewers who share what it can do."""
        rate = min(self.wanted, 1 / self.turn_s / viewers) if viewers else 0.0
        return Load(
            at_s=self.now_s,
            served=tuple(Served(other.get("rate", rate), self.wanted) for _ in range(viewers)),
            results_per_s=rate * viewers,
            wait_s=other.get("wait_s", 0.0),
            turn_s=self.turn_s,
            slots=1,
            cores=rate * viewers * self.cores_per_result,
            cores_allowed=2.0,
        )

    def seconds(self, count: int, viewers: int, **other: float) -> None:
        for _ in range(count):
            self.now_s += 1
            self.admission.take(self.load(viewers, **other), viewers)

    def verdict(self, viewers: int, newcomers: int = 0) -> Verdict:
        return self.admission.verdict(viewers, newcomers)


def test_the_first_viewer_is_always_let_in():
    server = Server(turn_s=0.5)
    assert server.verdict(0) is Verdict.OPEN

    server.seconds(20, 1)

    assert server.verdict(1) is Verdict.SLOW, "it gets two a second itself"
    assert server.verdict(0) is Verdict.OPEN


def test_viewers_come_until_one_more_would_get_too_little():
    server, viewers = Server(turn_s=0.01), 1  # a hundred results a second: twelve viewers with 8 each
    while viewers < 50:
        server.seconds(5, viewers)
        if server.verdict(viewers) is not Verdict.OPEN:
            break
        viewers += 1

    assert viewers == 12
    assert server.verdict(viewers) is Verdict.COST
    assert 100 / viewers >= FAIR > 100 / (viewers + 1)


def test_the_processor_is_a_limit_where_the_slots_are_none():
    server = Server(turn_s=0.001, cores_per_result=0.05)  # 1.9 cores give 38 results a second

    server.seconds(5, 2)

    assert server.verdict(3) is Verdict.OPEN
    assert server.verdict(4) is Verdict.COST


def test_a_place_that_becomes_free_is_given_again_after_a_while_and_not_at_once():
    server = Server()
    server.seconds(5, 12)
    assert server.verdict(12) is Verdict.COST
    assert server.verdict(11) is Verdict.COST, "it is closed"

    server.seconds(int(REOPEN_AFTER_S), 11)
    assert server.verdict(11) is Verdict.COST
    server.seconds(1, 10)
    assert server.verdict(10) is Verdict.COST, "12 of 100 are 8.3 each: not yet a tenth more than fair"
    server.seconds(int(REOPEN_AFTER_S) + 1, 10)
    assert server.verdict(10) is Verdict.OPEN


def test_measurements_that_go_up_and_down_at_the_limit_do_not_open_and_close_it():
    server, seen = Server(), []
    server.seconds(20, 11)
    for second in range(60):
        server.turn_s = 0.0112 if second % 2 else 0.0098  # 89 or 102 a second: 7.4 or 8.5 each of twelve
        server.seconds(1, 11)
        seen.append(server.verdict(11))

    changes = sum(one is not other for one, other in pairwise(seen))
    assert changes <= 1
    assert seen[-1] is Verdict.COST


def test_it_closes_where_viewers_get_less_than_is_fair_whatever_the_cost_says():
    server = Server(turn_s=0.01)
    server.seconds(5, 8)
    assert server.verdict(8) is Verdict.OPEN

    server.seconds(1, 8, rate=7.0)

    assert server.verdict(8) is Verdict.SLOW


def test_few_pictures_of_one_camera_are_no_reason():
    server = Server(wanted=5.0)

    server.seconds(5, 4)

    assert server.verdict(4) is Verdict.OPEN, "five pictures a second get their five results"


def test_few_results_on_an_idle_server_are_no_reason():
    server = Server(turn_s=0.001, cores_per_result=0.001)

    server.seconds(5, 2, rate=3.0)

    assert server.verdict(2) is Verdict.OPEN, "the network is slow, not the server"


def test_it_closes_where_the_line_is_long():
    server = Server()
    server.seconds(5, 2)

    server.seconds(1, 2, wait_s=1.01 / FAIR)

    assert server.verdict(2) is Verdict.LINE


def test_newcomers_are_measured_before_many_more_come():
    server = Server()
    at_once = NEWCOMERS_PER_CORE * 2

    assert [server.verdict(n, n) for n in (1, at_once - 1, at_once)] == [
        Verdict.OPEN,
        Verdict.OPEN,
        Verdict.NEWCOMERS,
    ]
    server.seconds(5, at_once)
    assert server.verdict(at_once, 0) is Verdict.OPEN
    assert server.verdict(6, 4) is Verdict.NEWCOMERS


def test_an_old_measurement_says_nothing():
    server = Server()
    server.seconds(5, 14)
    assert server.verdict(14) is not Verdict.OPEN

    server.now_s += FORGET_S + 0.1

    assert server.verdict(14) is Verdict.OPEN


def test_paused_viewers_keep_what_was_learnt():
    server = Server()
    server.seconds(5, 11)

    server.seconds(1, 0)  # all eleven have paused

    assert server.verdict(11) is Verdict.OPEN
    assert server.verdict(12) is Verdict.COST


def test_a_fair_rate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Admission(0, 2.0)


class Tab:
    """Stands for a viewer."""


def test_viewers_ask_it_below_their_own_limit_and_who_is_in_stays():
    server = Server()
    there = Viewers(14, admission=server.admission, clock=lambda: server.now_s)
    tabs = [Tab() for _ in range(15)]
    for tab in tabs[:12]:
        assert there.enter(tab) == ""
        server.now_s += SETTLE_S
    server.seconds(5, 12)

    assert there.enter(tabs[12]) == SENTENCES[Verdict.COST]
    assert there.enter(tabs[0]) == ""
    assert there.verdict() is Verdict.COST
    assert len(there.settled()) == 12


def test_who_comes_just_after_others_waits_until_they_are_measured():
    server = Server()
    there = Viewers(99, admission=server.admission, clock=lambda: server.now_s)
    tabs = [Tab() for _ in range(9)]

    said = [there.enter(tab) for tab in tabs]
    assert said[:4] == [""] * 4
    assert set(said[4:]) == {SENTENCES[Verdict.NEWCOMERS]}
    assert there.refusal(tabs[4]) == "", "they may connect, and have a place as soon as it is free"
    assert there.verdict() is Verdict.NEWCOMERS, "a balancer sends them elsewhere"

    server.now_s += SETTLE_S
    assert [there.enter(tab) for tab in tabs[4:8]] == [""] * 4
    assert there.enter(tabs[8]) == SENTENCES[Verdict.NEWCOMERS]


def test_the_sentences_fit_into_a_closed_websocket():
    for verdict in Verdict:
        words = SENTENCES.get(verdict, "")
        assert len(words.encode()) <= 123
        assert bool(words) == (verdict not in (Verdict.OPEN, Verdict.FULL))
