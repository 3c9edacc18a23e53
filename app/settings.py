"""Settings of the whole app, from the environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

VIEWERS_PER_CORE: Final = 6
"""Two viewers per core are to get the full 16 results a second on a processor of 2020. With three times as many, each
still gets the five that a recording stores."""
VIEWERS_PER_USER: Final = 4
"""One person may have two cameras, and a tab that was forgotten."""


def default_max_viewers() -> int:
    """How many people may use the live video at once where nobody decided: by the machine's cores."""
    return VIEWERS_PER_CORE * (os.cpu_count() or 1)


@dataclass(frozen=True)
class AppSettings:
    """What the person who runs the server decides.

    Attributes:
        ice_servers: STUN and TURN servers in the form of WebRTC's RTCIceServer ({"urls": ..., "username": ...,
            "credential": ...}); none are needed on one machine or in one local network.
        returned_picture: every viewer gets the server's picture instead of the camera's own.
        max_viewers: how many people may use the live video at once, from 1.
        max_viewers_per_user: how many of these one account may be, from 1; without accounts it does not count.
    """

    ice_servers: tuple[dict[str, Any], ...] = ()
    returned_picture: bool = False
    max_viewers: int = field(default_factory=default_max_viewers)
    max_viewers_per_user: int = VIEWERS_PER_USER

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "AppSettings":
        """Read the environment.

        These are FER_ICE_SERVERS, a JSON list of servers, FER_RETURNED_PICTURE, 1 or 0, and FER_MAX_VIEWERS and
        FER_MAX_VIEWERS_PER_USER, numbers.

        Raises:
            ValueError: one of them is no such thing.
        """
        return cls(
            ice_servers=_ice_servers(environment.get("FER_ICE_SERVERS", "")),
            returned_picture=_switch("FER_RETURNED_PICTURE", environment),
            max_viewers=_number("FER_MAX_VIEWERS", environment) or default_max_viewers(),
            max_viewers_per_user=_number("FER_MAX_VIEWERS_PER_USER", environment) or VIEWERS_PER_USER,
        )


def folder_from(variable: str) -> Path | None:
    """The folder that whoever runs the server opened to a page by this variable; None where it is not set."""
    chosen = os.environ.get(variable, "").strip()
    return Path(chosen).expanduser() if chosen else None


def _switch(name: str, environment: Mapping[str, str]) -> bool:
    text = environment.get(name, "").strip() or "0"
    if text not in ("0", "1"):
        raise ValueError(f"{name} must be 1 or 0; it is {text[:80]!r}")
    return text == "1"


def _ice_servers(text: str) -> tuple[dict[str, Any], ...]:
    if not text.strip():
        return ()
    example = '[{"urls": "turn:turn.example.org:3478", "username": "u", "credential": "c"}]'
    try:
        servers = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"FER_ICE_SERVERS must be a JSON list such as {example}; it is no JSON: {error}") from error
    if not isinstance(servers, list) or not all(isinstance(s, dict) and "urls" in s for s in servers):
        raise ValueError(f"FER_ICE_SERVERS must be a JSON list such as {example}; it is {text[:80]!r}")
    return tuple(servers)


def _number(name: str, environment: Mapping[str, str]) -> int:
    """From 1; 0 where it is not set."""
    text = environment.get(name, "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) >= 1):
        raise ValueError(f"{name} must be a whole number from 1, such as 8; it is {text[:80]!r}")
    return int(text)
