"""Settings of the whole app, from the environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class AppSettings:
    """What the person who runs the server decides.

    Attributes:
        ice_servers: STUN and TURN servers in the form of WebRTC's RTCIceServer ({"urls": ..., "username": ...,
            "credential": ...}); none are needed on one machine or in one local network.
    """

    ice_servers: tuple[dict[str, Any], ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "AppSettings":
        """Read FER_ICE_SERVERS, a JSON list of servers.

        Raises:
            ValueError: it is no such list.
        """
        return cls(ice_servers=_ice_servers(environment.get("FER_ICE_SERVERS", "")))


def folder_from(variable: str) -> Path | None:
    """The folder that whoever runs the server opened to a page by this variable; None where it is not set."""
    chosen = os.environ.get(variable, "").strip()
    return Path(chosen).expanduser() if chosen else None


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
