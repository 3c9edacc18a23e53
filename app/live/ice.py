"""Ways by which a browser and the server find each other: STUN and TURN servers, for each end its own list.

A relay (TURN server) costs its owner bandwidth, so a browser gets a name and a password that end by themselves (the
TURN REST API: the name begins with the time of its end, the password signs it with a secret that the relay knows too).
The server needs no relay: it sends to the one that the browser has taken. Imports no Streamlit.
"""

import base64
import hashlib
import hmac
import math
from typing import Any, Final

from app.settings import AppSettings, urls_of

LIFETIME_S: Final = 24 * 3600
"""How long credentials hold at least. A recording ends after half of that (`MAX_RECORDING_S`), and a page that stays
open gets new ones every hour: a video that is started late does not lose its relay either."""
ROUND_S: Final = 3600
"""Their end is a whole hour, so that the runs of a page within one hour give the browser the same."""

IceConfiguration = dict[str, Any]
"""As WebRTC's RTCConfiguration: {"iceServers": [...]}, and "iceTransportPolicy" where it is not "all"."""


def relay_credentials(secret: str, viewer: str, now_s: float) -> tuple[str, str]:
    """Name and password for a relay, good for `LIFETIME_S` and up to `ROUND_S` more.

    Args:
        secret: what the relay calls its static-auth-secret.
        viewer: tells viewers apart in the relay's own log and limits; says nothing about anybody.
        now_s: seconds since 1970.
    """
    expires_s = math.ceil((now_s + LIFETIME_S) / ROUND_S) * ROUND_S
    name = f"{expires_s}:{viewer}"
    # SHA-1 is what relays expect; as a signature with a key it is sound.
    signature = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(signature).decode("ascii")


def for_browser(settings: AppSettings, viewer: str, now_s: float) -> IceConfiguration:
    """What a viewer's browser is told. It holds passwords: never log it.

    Args:
        settings: the server's.
        viewer: see `relay_credentials`.
        now_s: seconds since 1970.
    """
    servers = [dict(server) for server in settings.ice_servers]
    stun, relays = _sorted(settings.turn_urls)
    servers += [{"urls": stun}] if stun else []
    if relays:
        name, password = relay_credentials(settings.turn_secret, viewer, now_s)
        servers.append({"urls": relays, "username": name, "credential": password})
    # An empty list also keeps the component from asking a public STUN server.
    return {"iceServers": servers} | ({"iceTransportPolicy": "relay"} if settings.relay_only else {})


def for_server(settings: AppSettings) -> IceConfiguration:
    """What the server's own end of the connection uses: the STUN servers among all, unless it has a list of its own."""
    if settings.server_ice_servers is not None:
        return {"iceServers": [dict(server) for server in settings.server_ice_servers]}
    urls = [*settings.turn_urls, *(url for server in settings.ice_servers for url in urls_of(server))]
    stun = [url for url in urls if url.startswith("stun:") and "[" not in url]  # aiortc reads no others
    return {"iceServers": [{"urls": stun}] if stun else []}


def _sorted(urls: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """STUN servers and relays."""
    stun = [url for url in urls if url.startswith(("stun:", "stuns:"))]
    return stun, [url for url in urls if url not in stun]
