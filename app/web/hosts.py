"""Names of hosts and origins of pages, as browsers write them in the headers Host and Origin."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAME: Final = r"[a-z0-9](?:[a-z0-9_-]{0,62}(?:\.[a-z0-9_-]{1,63})*)?\.?"
_HOST: Final = re.compile(rf"({_NAME}|\[[0-9a-f:.]+\])(?::([0-9]{{1,5}}))?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Host:
    """A host as a browser asked for it.

    Attributes:
        name: in lower case; an IPv6 address without brackets.
        port: None where the scheme's own was meant.
    """

    name: str
    port: int | None

    @property
    def address(self) -> Address | None:
        """The name as an address; None where it is a name."""
        return parse_address(self.name)

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


@dataclass(frozen=True)
class HostPattern:
    """Hosts that are answered.

    Attributes:
        name: in lower case, without the "*." of subdomains.
        port: None for any.
        subdomains: the names that end in "." and this name, rather than the name itself.
    """

    name: str
    port: int | None = None
    subdomains: bool = False

    def matches(self, host: Host) -> bool:
        """Whether the host is one of these; a host without a port has 80 or 443."""
        is_named = host.name.endswith("." + self.name) if self.subdomains else host.name == self.name
        ports = (host.port,) if host.port is not None else tuple(_DEFAULT_PORTS.values())
        return is_named and (self.port is None or self.port in ports)

    def __str__(self) -> str:
        return f"{'*.' if self.subdomains else ''}{Host(self.name, self.port)}"


@dataclass(frozen=True)
class Origin:
    """Where a page comes from: two pages of one origin trust each other."""

    scheme: str
    name: str
    port: int

    def __str__(self) -> str:
        port = None if self.port == _DEFAULT_PORTS[self.scheme] else self.port
        return f"{self.scheme}://{Host(self.name, port)}"


def parse_host(text: str) -> Host | None:
    """Read a Host header; None where it is none."""
    found = _HOST.fullmatch(text.lower())
    if found is None:
        return None
    name, port = found[1].rstrip("."), int(found[2]) if found[2] else None
    if name.startswith("["):
        address = parse_address(name[1:-1])
        if address is None:
            return None
        name = str(address)
    return None if port is not None and not 0 < port < 1 << 16 else Host(name, port)


def parse_host_pattern(text: str) -> HostPattern | None:
    """Read a host's name, with a port or without, or `*.` and a domain; None where it is neither."""
    subdomains = text.startswith("*.")
    host = parse_host(text.removeprefix("*."))
    if host is None or (subdomains and host.address is not None):
        return None
    return HostPattern(host.name, host.port, subdomains)


def parse_origin(text: str) -> Origin | None:
    """Read an Origin header; None where it is none, such as "null"."""
    scheme, _, rest = text.lower().partition("://")
    host = parse_host(rest)
    return None if host is None else own_origin(scheme, host)


def own_origin(scheme: str, host: Host) -> Origin | None:
    """The origin of a page that was opened there; None for another scheme than http and https."""
    if scheme not in _DEFAULT_PORTS:
        return None
    return Origin(scheme, host.name, _DEFAULT_PORTS[scheme] if host.port is None else host.port)


def parse_address(text: str) -> Address | None:
    """An IP address, IPv4 where it is one in the form of IPv6; None where it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_loopback(text: str) -> bool:
    """Whether that is an address of this machine alone."""
    address = parse_address(text)
    return address is not None and address.is_loopback
