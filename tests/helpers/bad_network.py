"""A network between viewer and server that loses, delays, and can be cut; also where the kernel has no netem.

What goes by TCP is only late, or stands still while the network is cut, as a lost packet is sent again. What goes by
UDP, the video, may be lost.
"""

import asyncio
import contextlib
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from benchmarks.encoded_clip import ClipTrack, EncodedClip
from benchmarks.headless_viewer import HeadlessViewer, watch
from benchmarks.streamlit_tab import StreamlitTab
from tests.helpers.browser.studio import LOOPBACK
from tests.helpers.visits import clip

_CANDIDATE = re.compile(r"^a=candidate:\S+ 1 udp \S+ (\S+) (\d+) typ host.*\r\n", re.MULTILINE | re.IGNORECASE)
_ANY_CANDIDATE = re.compile(r"^a=candidate:.*\r\n", re.MULTILINE)


class BadNetwork:
    """One, with the way of one viewer through it. Belongs to one event loop."""

    def __init__(self, *, loss: float, delay_s: float) -> None:
        """Not open yet.

        Args:
            loss: share of the datagrams that are lost, in each direction.
            delay_s: of all that is carried, in each direction.
        """
        self.loss, self.delay_s = loss, delay_s
        self.is_cut = False
        self.carried = self.lost = 0
        self.url = ""
        self._chance = random.Random(5)
        self._whole = asyncio.Event()
        self._whole.set()
        self.to_server, self.to_viewer = _End(self), _End(self)
        self.to_server.other, self.to_viewer.other = self.to_viewer, self.to_server

    def cut(self) -> None:
        """Carry nothing more."""
        self.is_cut = True
        self._whole.clear()

    def mend(self) -> None:
        """Carry again."""
        self.is_cut = False
        self._whole.set()

    def carry(self, send: Callable[[], None]) -> None:
        """A datagram: later, or never."""
        if self.is_cut or self._chance.random() < self.loss:
            self.lost += 1
        else:
            self.carried += 1
            asyncio.get_running_loop().call_later(self.delay_s, send)

    async def carry_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        """A connection to that port of loopback, until one end closes it."""
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, port)
        await asyncio.gather(self._pour(reader, far_writer), self._pour(far_reader, writer))

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def give() -> None:
            while True:
                due_s, data = await waiting.get()
                await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
                await self._whole.wait()
                if not data:
                    writer.close()
                    return
                writer.write(data)

        giving = asyncio.create_task(give())
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                waiting.put_nowait((asyncio.get_running_loop().time() + self.delay_s, data))
        waiting.put_nowait((0.0, b""))
        with contextlib.suppress(ConnectionError):
            await giving


class _End(asyncio.DatagramProtocol):
    """The end of the network that one side sees."""

    other: "_End"

    def __init__(self, network: BadNetwork) -> None:
        self._network = network
        self.transport: asyncio.DatagramTransport | None = None
        self.peer: tuple[str, int] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    @property
    def candidate(self) -> str:
        assert self.transport is not None
        host, port = self.transport.get_extra_info("sockname")[:2]
        return f"a=candidate:1 1 udp 2130706431 {host} {port} typ host\r\n"

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.peer = self.peer or address
        self._network.carry(lambda: self.other.send(data))

    def send(self, data: bytes) -> None:
        if self.transport is not None and self.peer is not None:
            self.transport.sendto(data, self.peer)


class FarViewer(HeadlessViewer):
    """A viewer whose video goes through the network alone."""

    def __init__(self, tab: StreamlitTab, track: ClipTrack, played: EncodedClip, network: BadNetwork) -> None:
        super().__init__(tab, track, played)
        self._network = network

    async def _tell(self, *, playing: bool, offer: dict[str, str] | None = None) -> None:
        if offer is not None:
            found = _CANDIDATE.search(offer["sdp"])
            assert found is not None, "this machine has no address that WebRTC would use"
            loop = asyncio.get_running_loop()
            for end in (self._network.to_server, self._network.to_viewer):
                await loop.create_datagram_endpoint(partial(_itself, end), local_addr=(found[1], 0))
            offer = offer | {"sdp": _with_candidate(offer["sdp"], self._network.to_server)}
        await super()._tell(playing=playing, offer=offer)

    def _answer(self) -> str:
        answer = super()._answer()
        if not answer:
            return answer
        values = json.loads(answer)
        found = _CANDIDATE.search(values["sdp"])
        assert found is not None
        self._network.to_server.peer = (found[1], int(found[2]))
        return json.dumps(values | {"sdp": _with_candidate(values["sdp"], self._network.to_viewer)})


def _itself(end: _End) -> _End:
    return end


def _with_candidate(sdp: str, end: _End) -> str:
    first = _ANY_CANDIDATE.search(sdp)
    assert first is not None
    at = first.start()
    return sdp[:at] + end.candidate + _ANY_CANDIDATE.sub("", sdp[at:])


@asynccontextmanager
async def far_viewer(url: str, *, loss: float, delay_s: float) -> AsyncIterator[tuple[FarViewer, BadNetwork]]:
    """A viewer whose video plays through a bad network."""
    network = BadNetwork(loss=loss, delay_s=delay_s)
    port = urlsplit(url).port
    assert port is not None
    server = await asyncio.start_server(lambda r, w: network.carry_connection(r, w, port), LOOPBACK, 0)
    network.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"

    def make(tab: StreamlitTab, track: ClipTrack, played: EncodedClip) -> FarViewer:
        return FarViewer(tab, track, played, network)

    try:
        async with watch(network.url, clip(), per_s=20, delay_s=0, make=make) as viewer:
            assert isinstance(viewer, FarViewer)
            yield viewer, network
    finally:
        server.close()
