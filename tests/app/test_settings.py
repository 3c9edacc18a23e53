"""The environment's settings."""

import pytest

from app.settings import MIN_RATE, VIEWERS_PER_CORE, AppSettings
from fer_core.processor import cores_allowed

TURN = '[{"urls": "turn:turn.example.org:3478", "username": "u", "credential": "c"}]'


@pytest.mark.parametrize(
    "environment", [{}, {"FER_ICE_SERVERS": ""}, {"FER_ICE_SERVERS": "  \n"}, {"FER_ICE_SERVERS": "[]"}]
)
def test_without_servers_none_are_used(environment):
    assert AppSettings.from_environment(environment).ice_servers == ()


def test_servers_are_handed_on_as_they_are():
    settings = AppSettings.from_environment({"FER_ICE_SERVERS": TURN})

    assert settings.ice_servers == ({"urls": "turn:turn.example.org:3478", "username": "u", "credential": "c"},)


@pytest.mark.parametrize(
    "text", ["stun:example.org", "{", "3", "null", '{"urls": "stun:a"}', '["stun:a"]', '[{"url": "stun:a"}]']
)
def test_what_is_no_list_of_servers_is_answered_with_an_example(text):
    with pytest.raises(ValueError, match=r"FER_ICE_SERVERS must be a JSON list such as \[\{\"urls\": \"turn:"):
        AppSettings.from_environment({"FER_ICE_SERVERS": text})


@pytest.mark.parametrize("text", ["{", '[{"urls": 3, "credential": "hush"}]', '["hush"]'])
def test_what_is_wrong_with_a_list_of_servers_is_said_without_its_passwords(text):
    with pytest.raises(ValueError, match="FER_SERVER_ICE_SERVERS must be a JSON list") as raised:
        AppSettings.from_environment({"FER_SERVER_ICE_SERVERS": text})

    assert "hush" not in str(raised.value)


def test_the_servers_own_list_may_be_empty_and_is_none_where_it_is_not_set():
    assert AppSettings.from_environment({"FER_SERVER_ICE_SERVERS": "[]"}).server_ice_servers == ()
    assert AppSettings.from_environment({}).server_ice_servers is None


SECRET = "0123456789abcdef"
RELAY = {"FER_TURN_URLS": "turn:turn.example.org", "FER_TURN_SECRET": SECRET}


def test_a_relay_is_taken_and_its_secret_is_never_shown():
    urls = "stun:a.example, turn:a.example:3478?transport=udp,turns:[2001:db8::1]:5349?transport=tcp,"
    settings = AppSettings.from_environment(
        {"FER_TURN_URLS": urls, "FER_TURN_SECRET": f" {SECRET} ", "FER_ICE_SERVERS": TURN, "FER_ICE_POLICY": "relay"}
    )

    assert settings.turn_urls == (
        "stun:a.example",
        "turn:a.example:3478?transport=udp",
        "turns:[2001:db8::1]:5349?transport=tcp",
    )
    assert settings.turn_secret == SECRET
    assert settings.has_relay
    assert settings.relay_only
    assert SECRET not in repr(settings)
    assert "credential" not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "has_relay"),
    [
        ({}, False),
        ({"FER_TURN_URLS": "stun:stun.example.org:3478"}, False),
        ({"FER_ICE_SERVERS": '[{"urls": ["stun:a"]}]'}, False),
        ({"FER_ICE_SERVERS": '[{"urls": ["stun:a", "turns:a"], "username": "u", "credential": "c"}]'}, True),
        (RELAY, True),
    ],
)
def test_it_is_known_whether_there_is_a_relay(environment, has_relay):
    assert AppSettings.from_environment(environment).has_relay == has_relay


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({**RELAY, "FER_TURN_URLS": "turn.example.org"}, "'turn.example.org' is none"),
        ({**RELAY, "FER_TURN_URLS": "turn:a.example?transport=sctp"}, "is none"),
        ({**RELAY, "FER_TURN_URLS": "stun:a.example?transport=udp"}, "is none"),
        ({**RELAY, "FER_TURN_URLS": "turn:a.example turn:b.example"}, "is none"),
        ({**RELAY, "FER_TURN_URLS": "https://a.example"}, "is none"),
        ({"FER_TURN_URLS": "turn:a.example"}, "FER_TURN_URLS needs FER_TURN_SECRET"),
        ({"FER_TURN_SECRET": SECRET}, "FER_TURN_URLS names no relay"),
        ({"FER_TURN_URLS": "stun:a.example", "FER_TURN_SECRET": SECRET}, "FER_TURN_URLS names no relay"),
        ({**RELAY, "FER_TURN_SECRET": SECRET[:-1]}, "must have 16 characters or more, not 15; make one with"),
        ({**RELAY, "FER_ICE_POLICY": "none"}, "FER_ICE_POLICY must be all or relay; it is 'none'"),
        ({"FER_ICE_POLICY": "relay"}, "FER_ICE_POLICY=relay needs a relay"),
    ],
)
def test_what_is_wrong_with_a_relay_is_said_in_one_sentence_without_its_secret(environment, words):
    with pytest.raises(ValueError, match=r"^FER_") as raised:
        AppSettings.from_environment(environment)

    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert SECRET[:-1] not in str(raised.value)


def test_the_real_environment_is_read_when_none_is_given(monkeypatch):
    monkeypatch.setenv("FER_ICE_SERVERS", TURN)

    assert len(AppSettings.from_environment().ice_servers) == 1


@pytest.mark.parametrize("environment", [{}, {"FER_MAX_VIEWERS": ""}, {"FER_MAX_VIEWERS": " \n"}])
def test_the_cores_say_how_many_viewers_there_may_be_where_nobody_does(environment):
    expected = max(1, int(VIEWERS_PER_CORE * cores_allowed()))

    assert AppSettings.from_environment(environment).max_viewers == expected
    assert AppSettings().max_viewers == expected


@pytest.mark.parametrize(("text", "count"), [("1", 1), (" 8 ", 8), ("250", 250), ("999999", 999_999)])
def test_the_number_of_viewers_is_taken(text, count):
    assert AppSettings.from_environment({"FER_MAX_VIEWERS": text}).max_viewers == count


@pytest.mark.parametrize("text", ["0", "-3", "8.5", "many", "1e3", "1_000", "²", "٣", "9" * 5000])
def test_what_is_no_number_of_viewers_is_answered_with_an_example(text):
    with pytest.raises(ValueError, match=r"FER_MAX_VIEWERS must be a whole number from 1, such as 8; it is '"):
        AppSettings.from_environment({"FER_MAX_VIEWERS": text})


@pytest.mark.parametrize(("text", "rate"), [("", MIN_RATE), ("0", 0), ("5", 5), ("16", 16)])
def test_the_fair_rate_may_be_chosen_and_switched_off(text, rate):
    assert AppSettings.from_environment({"FER_MIN_RATE": text}).min_rate == rate
    assert AppSettings.from_environment({}).min_rate == MIN_RATE


@pytest.mark.parametrize("text", ["-1", "2.5", "fast", "100"])
def test_what_is_no_rate_is_answered_with_an_example(text):
    with pytest.raises(ValueError, match=r"FER_MIN_RATE must be a whole number from 0, such as 8; it is '"):
        AppSettings.from_environment({"FER_MIN_RATE": text})
