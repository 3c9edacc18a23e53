"""Whether the app can have its port, or answers there already."""

import contextlib
import errno
import ipaddress
import json
import socket
import urllib.error
import urllib.request
from typing import Final

from fer_core.findings import Finding, Place, failing, ok

_PATIENCE_S: Final = 3.0
HEALTH_PATH: Final = "healthz"


def port(place: Place) -> Finding:
    """Free, or this app's own; anything else on it is failing."""
    where = f"{place.address or 'every address'}, port {place.port}"
    try:
        infos = socket.getaddrinfo(place.address or None, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return failing(f"{where}: this machine knows no such address", "Give --address a name or an address it has.")
    family, kind, protocol, _, address = infos[0]
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a late packet is no owner
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return _not_free(error, where, str(address[0]), place.port)
    return ok(f"{where}: free")


def _not_free(error: OSError, where: str, address: str, number: int) -> Finding:
    if error.errno == errno.EADDRNOTAVAIL:
        return failing(f"{where}: this machine has no such address", "Give --address one that it has.")
    if error.errno == errno.EACCES:
        return failing(f"{where}: this user may not have it", "Choose a port from 1024, and put a proxy before it.")
    if error.errno != errno.EADDRINUSE:
        return failing(f"{where}: {error.strerror}", "Choose another port or address.")
    said = _health("127.0.0.1" if _is_everywhere(address) else address, number)
    if said is None:
        return failing(f"{where}: another program has it", "End that program, or choose another port.")
    return ok(f"{where}: FER Studio itself answers ({said})")


def _health(address: str, number: int) -> str | None:
    """What FER Studio's health says there in a few words; None where something else answers, or nothing."""
    host = f"[{address}]" if ":" in address else address
    for scheme in ("http", "https"):
        with contextlib.suppress(OSError, ValueError):
            answer = _get(f"{scheme}://{host}:{number}/{HEALTH_PATH}")
            if isinstance(answer, dict) and "store" in answer:
                return ", ".join(f"{name} {word}" for name, word in answer.items() if isinstance(word, str))
    return None


def _get(url: str) -> object:
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False  # it is only asked who it is; the row on TLS judges certificates
    context.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE_S, context=context) as answer:  # nosec B310 # http(s)
            return json.loads(answer.read(4_096))
    except urllib.error.HTTPError as error:  # 503: it answers that it is not well
        return json.loads(error.read(4_096))


def _is_everywhere(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False  # a name
