"""The environment's settings."""

import pytest

from app.settings import AppSettings

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
