"""Which STUN and TURN servers each end of a connection is told, and the credentials of the relay."""

from dataclasses import replace

import pytest

from app.live import ice
from app.recording.types import MAX_RECORDING_S
from app.settings import AppSettings

SECRET = "an example secret"
NOON_S = 1_796_040_000.0
STUN, UDP, TCP = "stun:turn.example.org", "turn:turn.example.org?transport=udp", "turns:turn.example.org?transport=tcp"
RELAYED = AppSettings(turn_urls=(STUN, UDP, TCP), turn_secret=SECRET)
FIXED = ({"urls": ["turn:other.example", "stun:other.example"], "username": "u", "credential": "c"},)


def test_the_password_signs_the_name_as_relays_expect():
    # printf '1796032800:v1' | openssl dgst -sha1 -hmac 'an example secret' -binary | base64
    name, password = ice.relay_credentials(SECRET, "v1", 1_796_032_800.0 - ice.LIFETIME_S)

    assert (name, password) == ("1796032800:v1", "5gz+0H0/dkZfIEU665L64qXemJQ=")


@pytest.mark.parametrize("later_s", [1.0, 1800.0, 3599.0])
def test_runs_of_a_page_within_one_hour_give_the_same(later_s):
    hour_s = NOON_S // 3600 * 3600 + 1

    assert ice.relay_credentials(SECRET, "v1", hour_s + later_s - 1) == ice.relay_credentials(SECRET, "v1", hour_s)
    assert ice.relay_credentials(SECRET, "v1", hour_s + 3600) != ice.relay_credentials(SECRET, "v1", hour_s)


@pytest.mark.parametrize("at_s", [NOON_S, NOON_S + 1, NOON_S + 3599.9])
def test_they_outlast_the_longest_recording_and_end_by_themselves(at_s):
    name, _ = ice.relay_credentials(SECRET, "v1", at_s)
    left_s = int(name.split(":")[0]) - at_s

    assert left_s >= ice.LIFETIME_S
    assert left_s - ice.ROUND_S > MAX_RECORDING_S, "begun an hour after the page was drawn, too"
    assert left_s <= ice.LIFETIME_S + ice.ROUND_S


def test_the_browser_gets_all_servers_and_the_servers_end_stun_alone():
    browser = ice.for_browser(replace(RELAYED, ice_servers=FIXED), "v1", NOON_S)
    name, password = ice.relay_credentials(SECRET, "v1", NOON_S)

    assert browser == {
        "iceServers": [
            *FIXED,
            {"urls": [STUN]},
            {"urls": [UDP, TCP], "username": name, "credential": password},
        ]
    }
    assert ice.for_server(replace(RELAYED, ice_servers=FIXED)) == {
        "iceServers": [{"urls": [STUN, "stun:other.example"]}]
    }
    assert SECRET not in repr(browser)


def test_the_servers_end_may_have_a_list_of_its_own():
    assert ice.for_server(replace(RELAYED, server_ice_servers=FIXED)) == {"iceServers": list(FIXED)}
    assert ice.for_server(replace(RELAYED, server_ice_servers=())) == {"iceServers": []}


def test_without_servers_nobody_is_asked():
    assert ice.for_browser(AppSettings(), "v1", NOON_S) == ice.for_server(AppSettings()) == {"iceServers": []}


def test_a_browser_may_be_told_to_use_relays_alone():
    assert ice.for_browser(replace(RELAYED, relay_only=True), "v1", NOON_S)["iceTransportPolicy"] == "relay"
