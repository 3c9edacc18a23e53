"""What the person who runs the server decides about the network, from the environment."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.environment import number
from app.web.hosts import HostPattern, Network, Origin, parse_host_pattern, parse_origin

MEGABYTE: Final = 1 << 20
MAX_TABS: Final = 256
MAX_TABS_PER_USER: Final = 64
"""A whole class may stand behind one address."""
MAX_TAB_FILES: Final = 2000
MAX_TAB_FILES_MB: Final = 2048
"""Two files of the largest size that may be uploaded."""
MAX_FILES_MB: Final = 4096
MIN_TOKEN_CHARS: Final = 16


@dataclass(frozen=True)
class WebSettings:
    """Whom the server answers, and how much it takes.

    Attributes:
        allowed_hosts: names under which it is reached; empty for localhost and the addresses that it listens on.
        trusted_proxies: addresses whose word on the client, the host and TLS is believed.
        embed_in: origins whose pages may show this one in a frame, beside its own.
        metrics_token: who sends it may read /metrics from anywhere; "" for this machine alone.
        max_tabs: open at once, from 1.
        max_tabs_per_user: of them, of one account, or where nobody signs in of one address, from 1.
        max_tab_files: uploads that one tab holds in memory, from 1.
        max_tab_files_bytes: uploads that one tab holds in memory.
        max_files_bytes: uploads that all tabs together hold in memory.
    """

    allowed_hosts: tuple[HostPattern, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    embed_in: tuple[Origin, ...] = ()
    metrics_token: str = field(default="", repr=False)
    max_tabs: int = MAX_TABS
    max_tabs_per_user: int = MAX_TABS_PER_USER
    max_tab_files: int = MAX_TAB_FILES
    max_tab_files_bytes: int = MAX_TAB_FILES_MB * MEGABYTE
    max_files_bytes: int = MAX_FILES_MB * MEGABYTE

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "WebSettings":
        """Read the environment.

        These are FER_ALLOWED_HOSTS, FER_TRUSTED_PROXIES, FER_EMBED_IN, FER_METRICS_TOKEN, FER_MAX_TABS,
        FER_MAX_TABS_PER_USER, FER_MAX_TAB_FILES, FER_MAX_TAB_FILES_MB and FER_MAX_FILES_MB.

        Raises:
            ValueError: one of them is no such thing.
        """
        return cls(
            allowed_hosts=tuple(map(_host, _listed(environment, "FER_ALLOWED_HOSTS"))),
            trusted_proxies=tuple(map(_network, _listed(environment, "FER_TRUSTED_PROXIES"))),
            embed_in=tuple(map(_origin, _listed(environment, "FER_EMBED_IN"))),
            metrics_token=_token(environment.get("FER_METRICS_TOKEN", "")),
            max_tabs=number(environment, "FER_MAX_TABS", MAX_TABS),
            max_tabs_per_user=number(environment, "FER_MAX_TABS_PER_USER", MAX_TABS_PER_USER),
            max_tab_files=number(environment, "FER_MAX_TAB_FILES", MAX_TAB_FILES),
            max_tab_files_bytes=number(environment, "FER_MAX_TAB_FILES_MB", MAX_TAB_FILES_MB) * MEGABYTE,
            max_files_bytes=number(environment, "FER_MAX_FILES_MB", MAX_FILES_MB) * MEGABYTE,
        )


def _listed(environment: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in environment.get(name, "").split(",") if part.strip()]


def _host(text: str) -> HostPattern:
    pattern = parse_host_pattern(text)
    if pattern is None:
        raise ValueError(
            "FER_ALLOWED_HOSTS must be host names with commas between them, such as 'studio.example.org' or "
            f"'*.example.org:8501'; it has {text[:80]!r}"
        )
    return pattern


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            "FER_TRUSTED_PROXIES must be addresses or networks with commas between them, such as '127.0.0.1, "
            f"10.0.0.0/8'; it has {text[:80]!r}"
        ) from None


def _origin(text: str) -> Origin:
    origin = parse_origin(text)
    if origin is None:
        raise ValueError(
            "FER_EMBED_IN must be origins with commas between them, such as 'https://portal.example.org'; it has "
            f"{text[:80]!r}"
        )
    return origin


def _token(text: str) -> str:
    token = text.strip()
    if token and not re.fullmatch(rf"[!-~]{{{MIN_TOKEN_CHARS},}}", token):  # not repeated: it is a secret
        raise ValueError(
            f"FER_METRICS_TOKEN must be at least {MIN_TOKEN_CHARS} letters, digits or signs without spaces"
        )
    return token
