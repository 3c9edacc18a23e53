"""Whether the STUN and TURN servers of the live video answer, and how soon. Their secrets are never shown."""

import asyncio
import os
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from aioice import stun
from aioice.turn import create_turn_endpoint

from app.live.ice import for_browser
from app.settings import AppSettings, urls_of
from fer_core.findings import Check, Finding, failing, ok, row

PATIENCE_S: Final = 5.0
_VIEWER: Final = "doctor"
"""As whom it asks relays, in their own logs."""
_ADDRESS: Final = re.compile(
    r"(?P<scheme>stuns?|turns?):(?P<host>\[[0-9a-fA-F:.]+\]|[^:?\[\]]+)(:(?P<port>\d{1,5}))?"
    r"(\?transport=(?P<transport>udp|tcp))?"
)
_REACH: Final = "Start it, correct its address, or open its port in the firewall."


def ice_checks() -> tuple[Check, ...]:
    """A row for each address, all asked at the same time; one row where there are none."""
    try:
        settings = AppSettings.from_environment()
    except ValueError as error:
        return (row("ICE", failing(str(error), "Correct the variable.")),)
    servers = for_browser(settings, _VIEWER, time.time())["iceServers"]
    if not servers:
        return (row("ICE", ok("no STUN or TURN server: none is needed on one machine or in one local network")),)
    return asyncio.run(_ask_all(_addresses(servers)))


def _addresses(servers: Iterable[Mapping[str, Any]]) -> list[tuple[str, str | None, str | None]]:
    """Each address with its user's name and password."""
    found = []
    for server in servers:
        for url in urls_of(server):
            found.append((url, server.get("username"), server.get("credential")))
    return found


async def _ask_all(addresses: list[tuple[str, str | None, str | None]]) -> tuple[Check, ...]:
    findings = await asyncio.gather(*(_ask(*address) for address in addresses))
    return tuple(row(f"ICE {url}", finding) for (url, *_), finding in zip(addresses, findings, strict=True))


async def _ask(url: str, username: str | None, password: str | None) -> Finding:
    parts = _ADDRESS.fullmatch(url)
    if parts is None:
        return failing("no such address", "Write it as stun:host:port or turn:host:port?transport=udp (or tcp).")
    is_secure = parts["scheme"].endswith("s")
    host = parts["host"].strip("[]")
    number = int(parts["port"] or (5349 if is_secure else 3478))
    if parts["scheme"] == "stuns":
        return failing("STUN over TLS is not used by browsers", "Write stun: instead.")
    if parts["scheme"] == "stun":
        return await _timed(lambda: _bind(host, number), "answered")
    if not username or not password:
        return failing("it has no user or no password", "Set FER_TURN_SECRET, or give both in FER_ICE_SERVERS.")
    transport = parts["transport"] or ("tcp" if is_secure else "udp")
    if is_secure and transport == "udp":
        return failing("TURN over DTLS is not tested here", "Use transport=tcp, which networks that block UDP need.")
    context = ssl.create_default_context() if is_secure else None
    return await _timed(lambda: _allocate(host, number, username, password, transport, context), "gave a relay")


async def _timed(ask: Callable[[], Awaitable[None]], what: str) -> Finding:
    began_s = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await ask()
    except TimeoutError:
        return failing(f"no answer within {PATIENCE_S:.0f} s", _REACH)
    except stun.TransactionFailed as error:
        code, words = error.response.attributes.get("ERROR-CODE", (0, "no reason given"))
        advice = "Set the same secret, user and realm here and there." if code in (400, 401, 403, 441) else _REACH
        return failing(f"refused: {code} {words}", advice)
    except OSError as error:  # asyncio's own words name the address once more
        return failing(os.strerror(error.errno) if error.errno and error.errno > 0 else str(error), _REACH)
    except stun.TransactionError as error:
        return failing(str(error) or "no answer", _REACH)
    return ok(f"{what} in {(time.monotonic() - began_s) * 1000:.0f} ms")


class _Asker(asyncio.DatagramProtocol):
    """One STUN transaction over UDP."""

    def __init__(self) -> None:
        self.request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes | str, addr: tuple[str | Any, int]) -> None:
        """The answer, or a packet of somebody else."""
        try:
            message = stun.parse_message(data if isinstance(data, bytes) else data.encode())
        except ValueError:
            return
        if message.transaction_id == self.request.transaction_id and not self.answer.done():
            self.answer.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """The machine says that nobody listens there."""
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _bind(host: str, number: int) -> None:
    """Ask for the address that this machine is seen under, again each half second, as UDP loses packets."""
    transport, asker = await asyncio.get_running_loop().create_datagram_endpoint(_Asker, remote_addr=(host, number))
    try:
        while not asker.answer.done():
            transport.sendto(bytes(asker.request))
            await asyncio.wait([asker.answer], timeout=0.5)
        asker.answer.result()
    finally:
        transport.close()


async def _allocate(
    host: str, number: int, username: str, password: str, transport: str, context: ssl.SSLContext | None
) -> None:
    """Get a relay and give it back."""
    relay, _ = await create_turn_endpoint(
        asyncio.DatagramProtocol, (host, number), username, password, lifetime=60, ssl=context, transport=transport
    )
    relay.close()
    await asyncio.sleep(0.05)  # the message that gives it back goes out before the loop ends
