"""Settings of the whole app, from the environment."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.environment import number, switch
from fer_core.processor import cores_allowed

VIEWERS_PER_CORE: Final = 6
"""Two viewers per core are to get the full 16 results a second on a processor of 2020. With three times as many, each
still gets the five that a recording stores."""
MIN_TURN_SECRET_CHARS: Final = 16
"""Each visitor sees a name and its signature, so a short secret could be found by trying."""
_HOST: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_PORT: Final = r"(?::\d{1,5})?"
_ICE_URL: Final = re.compile(rf"stuns?:{_HOST}{_PORT}|turns?:{_HOST}{_PORT}(?:\?transport=(?:udp|tcp))?")
_SERVER_EXAMPLE: Final = '[{"urls": "turn:turn.example.org:3478", "username": "u", "credential": "c"}]'
_TURN_EXAMPLE: Final = "turn:turn.example.org:3478?transport=udp,turns:turn.example.org:5349?transport=tcp"
MIN_RATE: Final = 8
"""Half of the results that a viewer gets on a free machine: boxes still follow a face, and a recording's five samples a
second are all there."""
VIEWERS_PER_USER: Final = 4
"""One person may have two cameras, and a tab that was forgotten."""


def default_max_viewers() -> int:
    """How many people may use the live video at once where nobody decided: by the machine's cores."""
    return max(1, int(VIEWERS_PER_CORE * cores_allowed()))


@dataclass(frozen=True)
class AppSettings:
    """What the person who runs the server decides.

    Attributes:
        ice_servers: STUN and TURN servers in the form of WebRTC's RTCIceServer ({"urls": ..., "username": ...,
            "credential": ...}); none are needed on one machine or in one local network.
        server_ice_servers: the same for the server's end of the connection; None for the STUN servers among all.
        turn_urls: addresses of STUN servers, and of relays that share `turn_secret` with this server.
        turn_secret: signs the credentials that browsers get for these relays; empty where there is none.
        relay_only: browsers connect by a relay or not at all.
        returned_picture: every viewer gets the server's picture instead of the camera's own.
        max_viewers: how many people may use the live video at once, from 1.
        min_rate: results a second that each of them is to get before one more is let in; 0 does not measure.
        max_viewers_per_user: how many of these one account may be, from 1; without accounts it does not count.
    """

    # What holds passwords is not shown when settings are printed.
    ice_servers: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    server_ice_servers: tuple[dict[str, Any], ...] | None = field(default=None, repr=False)
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)
    relay_only: bool = False
    returned_picture: bool = False
    max_viewers: int = field(default_factory=default_max_viewers)
    min_rate: int = MIN_RATE
    max_viewers_per_user: int = VIEWERS_PER_USER

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "AppSettings":
        """Read what docs/deploy.md and the README name.

        FER_ICE_SERVERS and FER_SERVER_ICE_SERVERS, JSON lists of servers; FER_TURN_URLS, addresses with commas between;
        FER_TURN_SECRET; FER_ICE_POLICY, all or relay; FER_RETURNED_PICTURE, 1 or 0; and
        FER_MAX_VIEWERS, FER_MIN_RATE and FER_MAX_VIEWERS_PER_USER, numbers.

        Raises:
            ValueError: one of them is no such thing, or does not go with another.
        """
        settings = cls(
            ice_servers=_ice_servers("FER_ICE_SERVERS", environment) or (),
            server_ice_servers=_ice_servers("FER_SERVER_ICE_SERVERS", environment),
            turn_urls=_turn_urls(environment.get("FER_TURN_URLS", "")),
            turn_secret=environment.get("FER_TURN_SECRET", "").strip(),
            relay_only=_relay_only(environment.get("FER_ICE_POLICY", "")),
            returned_picture=switch(environment, "FER_RETURNED_PICTURE"),
            max_viewers=number(environment, "FER_MAX_VIEWERS", default_max_viewers(), digits=6, example=8),
            min_rate=number(environment, "FER_MIN_RATE", MIN_RATE, least=0, digits=2),
            max_viewers_per_user=number(environment, "FER_MAX_VIEWERS_PER_USER", VIEWERS_PER_USER, digits=6, example=8),
        )
        _check_relays(settings)
        return settings

    @property
    def has_relay(self) -> bool:
        """Whether browsers are given a relay (TURN server)."""
        return any(_is_relay(url) for url in self.turn_urls) or any(
            _is_relay(url) for server in self.ice_servers for url in urls_of(server)
        )


def urls_of(server: Mapping[str, Any]) -> list[str]:
    """The addresses of an RTCIceServer, which may be one or a list."""
    urls = server["urls"]
    return [urls] if isinstance(urls, str) else list(urls)


def folder_from(variable: str) -> Path | None:
    """The folder that whoever runs the server opened to a page by this variable; None where it is not set."""
    chosen = os.environ.get(variable, "").strip()
    return Path(chosen).expanduser() if chosen else None


def _ice_servers(name: str, environment: Mapping[str, str]) -> tuple[dict[str, Any], ...] | None:
    """A list of servers; None where it is not set. What is wrong with it is not repeated: it may hold passwords."""
    text = environment.get(name, "")
    if not text.strip():
        return None
    try:
        servers = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} must be a JSON list such as {_SERVER_EXAMPLE}; it is not JSON: {error}") from None
    if not isinstance(servers, list) or not all(map(_is_server, servers)):
        raise ValueError(f"{name} must be a JSON list such as {_SERVER_EXAMPLE}; it is something else")
    return tuple(servers)


def _is_server(value: Any) -> bool:
    urls = value.get("urls") if isinstance(value, dict) else None
    return isinstance(urls, str) or (isinstance(urls, list) and all(isinstance(url, str) for url in urls))


def _turn_urls(text: str) -> tuple[str, ...]:
    urls = tuple(filter(None, (part.strip() for part in text.split(","))))
    for url in urls:
        if not _ICE_URL.fullmatch(url):
            raise ValueError(
                f"FER_TURN_URLS must be addresses with commas between, such as {_TURN_EXAMPLE}; {url[:80]!r} is none"
            )
    return urls


def _relay_only(text: str) -> bool:
    text = text.strip() or "all"
    if text not in ("all", "relay"):
        raise ValueError(f"FER_ICE_POLICY must be all or relay; it is {text[:80]!r}")
    return text == "relay"


def _check_relays(settings: AppSettings) -> None:
    has_relay = any(map(_is_relay, settings.turn_urls))
    if has_relay and not settings.turn_secret:
        raise ValueError(
            "FER_TURN_URLS needs FER_TURN_SECRET, the relay's static-auth-secret; for a relay with fixed passwords use "
            "FER_ICE_SERVERS"
        )
    if settings.turn_secret and not has_relay:
        raise ValueError(
            f"FER_TURN_SECRET is set, but FER_TURN_URLS names no relay; expected addresses such as {_TURN_EXAMPLE}"
        )
    if settings.turn_secret and len(settings.turn_secret) < MIN_TURN_SECRET_CHARS:
        raise ValueError(
            f"FER_TURN_SECRET must have {MIN_TURN_SECRET_CHARS} characters or more, not {len(settings.turn_secret)}; "
            "make one with: openssl rand -hex 32"
        )
    if settings.relay_only and not settings.has_relay:
        raise ValueError("FER_ICE_POLICY=relay needs a relay: set FER_TURN_URLS and FER_TURN_SECRET")


def _is_relay(url: str) -> bool:
    return url.startswith(("turn:", "turns:"))
