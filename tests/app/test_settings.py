"""The environment's settings."""

import os

import pytest

from app.settings import VIEWERS_PER_CORE, AppSettings

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


def test_the_real_environment_is_read_when_none_is_given(monkeypatch):
    monkeypatch.setenv("FER_ICE_SERVERS", TURN)

    assert len(AppSettings.from_environment().ice_servers) == 1


@pytest.mark.parametrize("environment", [{}, {"FER_MAX_VIEWERS": ""}, {"FER_MAX_VIEWERS": " \n"}])
def test_the_cores_say_how_many_viewers_there_may_be_where_nobody_does(environment):
    expected = VIEWERS_PER_CORE * (os.cpu_count() or 1)

    assert AppSettings.from_environment(environment).max_viewers == expected
    assert AppSettings().max_viewers == expected


@pytest.mark.parametrize(("text", "count"), [("1", 1), (" 8 ", 8), ("250", 250), ("999999", 999_999)])
def test_the_number_of_viewers_is_taken(text, count):
    assert AppSettings.from_environment({"FER_MAX_VIEWERS": text}).max_viewers == count


@pytest.mark.parametrize("text", ["0", "-3", "8.5", "many", "1e3", "1_000", "²", "٣", "9" * 5000])
def test_what_is_no_number_of_viewers_is_answered_with_an_example(text):
    with pytest.raises(ValueError, match=r"FER_MAX_VIEWERS must be a whole number from 1, such as 8; it is '"):
        AppSettings.from_environment({"FER_MAX_VIEWERS": text})
