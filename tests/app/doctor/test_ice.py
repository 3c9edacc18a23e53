"""The doctor's rows of ICE: a real STUN and TURN server, and ones that refuse or stay silent."""

import json
import socket
from collections.abc import Iterator

import pytest

from app.doctor import ice
from app.doctor.ice import ice_checks
from fer_core.findings import Status
from tests.helpers.coturn import Coturn, coturn
from tests.helpers.postgresql import free_port

SECRET = "north-wind-and-sun"


@pytest.fixture(scope="module")
def relay() -> Iterator[Coturn]:
    with coturn(SECRET) as running:
        yield running


def give(monkeypatch: pytest.MonkeyPatch, *servers: dict[str, str]) -> None:
    monkeypatch.setenv("FER_ICE_SERVERS", json.dumps(servers))


def test_none_are_needed_on_one_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("FER_ICE_SERVERS", raising=False)
    (row,) = ice_checks()

    assert row.status is Status.OK


def test_a_malformed_list(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FER_ICE_SERVERS", "turn:x")
    (row,) = ice_checks()

    assert row.status is Status.FAILING
    assert "JSON" in row.found


def test_stun_and_turn_answer_with_their_times(relay: Coturn, monkeypatch: pytest.MonkeyPatch):
    username, password = relay.credentials()
    user = {"username": username, "credential": password}
    give(
        monkeypatch,
        {"urls": f"stun:127.0.0.1:{relay.port}"},
        {"urls": f"turn:127.0.0.1:{relay.port}?transport=udp", **user},
        {"urls": f"turn:127.0.0.1:{relay.port}?transport=tcp", **user},
    )
    rows = ice_checks()

    assert [row.status for row in rows] == [Status.OK] * 3, rows
    assert [row.found.split(" in ")[0] for row in rows] == ["answered", "gave a relay", "gave a relay"]
    assert all(row.found.endswith("ms") for row in rows)
    assert password not in str(rows)


@pytest.mark.parametrize(("secret", "status"), [(SECRET, Status.OK), ("another-secret-of-24-signs", Status.FAILING)])
def test_the_secret_that_the_relay_shares(relay: Coturn, monkeypatch: pytest.MonkeyPatch, secret: str, status: Status):
    monkeypatch.delenv("FER_ICE_SERVERS", raising=False)
    monkeypatch.setenv("FER_TURN_URLS", f"stun:127.0.0.1:{relay.port},turn:127.0.0.1:{relay.port}?transport=tcp")
    monkeypatch.setenv("FER_TURN_SECRET", secret)
    stun, turn = ice_checks()

    assert (stun.status, turn.status) == (Status.OK, status)
    assert secret not in f"{stun}{turn}"


def test_a_wrong_secret_and_expired_credentials(relay: Coturn, monkeypatch: pytest.MonkeyPatch):
    username, password = relay.credentials(hours=-1)
    give(
        monkeypatch,
        {"urls": f"turn:127.0.0.1:{relay.port}", "username": username, "credential": password},
        {"urls": f"turn:127.0.0.1:{relay.port}", "username": relay.credentials()[0], "credential": "south-wind"},
    )
    rows = ice_checks()

    assert [row.status for row in rows] == [Status.FAILING] * 2
    assert all("refused: 401" in row.found for row in rows)
    assert "south-wind" not in str(rows)


def test_nobody_there_a_silent_one_and_no_address(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ice, "PATIENCE_S", 1.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        quiet = silent.getsockname()[1]
        user = {"username": "u", "credential": "c"}
        give(
            monkeypatch,
            {"urls": f"stun:127.0.0.1:{quiet}"},
            {"urls": f"turn:127.0.0.1:{quiet}", **user},
            {"urls": f"turn:127.0.0.1:{free_port()}?transport=tcp", **user},
            {"urls": f"stun:127.0.0.1:{free_port()}"},
            {"urls": "turn:127.0.0.1:3478"},
            {"urls": "127.0.0.1:3478"},
        )
        rows = ice_checks()

    assert [row.status for row in rows] == [Status.FAILING] * 6
    assert all(row.remedy for row in rows)
    assert [row.found for row in rows[:2]] == ["no answer within 1 s"] * 2
    assert "no user or no password" in rows[4].found
