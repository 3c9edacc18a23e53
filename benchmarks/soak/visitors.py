"""The people of a soak, in a process of their own: they watch, record, analyse a file, read sessions, and go.

    python -m benchmarks.soak.visitors URL --seconds 300 [--viewers 4] [--file clip.mp4] [--cookies ...] [--trust FILE]

Prints two JSON documents, a line each: {"coming": seconds} when the first one sets out, and at the end how many visits
of each kind there were, and what went wrong in others.
"""

import argparse
import asyncio
import contextlib
import json
import random
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from aiortc import rtcrtpreceiver

from benchmarks.encoded_clip import PER_S, EncodedClip, all_clips
from benchmarks.headless_viewer import HeadlessViewer, watch
from benchmarks.heard import Uncoded
from benchmarks.streamlit_tab import StreamlitTab, Way, open_tab

VISIT_S: Final = 90.0
"""A visit that takes so long has failed."""
STAY_S: Final = (4.0, 10.0)
PAUSE_S: Final = (0.5, 2.0)


class Visitors:
    """All of one server's."""

    def __init__(self, url: str, file: str, ways: Sequence[Way]) -> None:
        """Nobody has come yet.

        Args:
            url: of the app.
            file: to be analysed, as the server names it; empty for none.
            ways: how they come; each visit takes one of them.
        """
        self._ways = ways
        self.visits: Counter[str] = Counter()
        self.failures: list[str] = []
        self._url, self._file = url, file
        self._clips = all_clips()
        self._chance = random.Random(1)

    async def come_and_go(self, viewers: int, seconds: float) -> None:
        """So many watch or record at a time, one analyses and one reads, until the time is over."""
        ends_s = time.monotonic() + seconds
        lines = [self._line("watches", self._watch, ends_s) for _ in range(viewers - 1)]
        lines += [self._line("records", self._record, ends_s), self._line("reads", self._read, ends_s)]
        if self._file:
            lines.append(self._line("analyses", self._analyse, ends_s))
        await asyncio.gather(*lines)

    async def _line(self, kind: str, visit: Callable[[], Awaitable[None]], ends_s: float) -> None:
        """One visitor after the other."""
        while time.monotonic() < ends_s:
            try:
                async with asyncio.timeout(VISIT_S):
                    await visit()
                self.visits[kind] += 1
            except Exception as error:  # noqa: BLE001  # the soak goes on, and its end tells
                self.failures.append(f"{kind}: {type(error).__name__} {error}")
            await asyncio.sleep(self._chance.uniform(*PAUSE_S))

    def _arrival(self) -> contextlib.AbstractAsyncContextManager[HeadlessViewer]:
        clip: EncodedClip = self._chance.choice(self._clips)
        says_goodbye = self._chance.random() < 0.5
        return watch(self._url, clip, per_s=PER_S, delay_s=0, says_goodbye=says_goodbye, way=self._way())

    def _way(self) -> Way:
        return self._chance.choice(self._ways)

    async def _watch(self) -> None:
        async with self._arrival() as viewer:
            while not viewer.heard.rows:
                await asyncio.sleep(0.1)
            await self._stay()

    async def _record(self) -> None:
        """Most end their recording and look at it; the others close the tab."""
        async with self._arrival() as viewer:
            await viewer.record(f"P{self._chance.randrange(5)}")
            await self._stay()
            _no_exception(viewer.tab)
            if self._chance.random() < 0.7:
                await viewer.stop_recording()

    async def _read(self) -> None:
        async with open_tab(self._url, "sessions", self._way()) as tab:
            await tab.wait_until(lambda: tab.runs > 0)
            key = next((k for k in tab.widget_keys() if k.startswith("session_open_")), "")
            if key:
                await tab.press_until(key, lambda: tab.widget("session_back") is not None)
            _no_exception(tab)
        async with open_tab(self._url, "history", self._way()) as tab:
            await tab.wait_until(lambda: tab.runs > 0)
            _no_exception(tab)

    async def _analyse(self) -> None:
        """Some leave before it is done."""
        async with open_tab(self._url, "analyse", self._way()) as tab:
            await tab.fill("analyse_server_path", self._file)
            at_work = {"analyse_cancel", "analyse_new"}
            await tab.press_until("analyse_start", lambda: not at_work.isdisjoint(tab.widget_keys()))
            if self._chance.random() < 0.7:
                await tab.wait_until(lambda: tab.widget("analyse_new") is not None)
            _no_exception(tab)

    async def _stay(self) -> None:
        await asyncio.sleep(self._chance.uniform(*STAY_S))


def _no_exception(tab: StreamlitTab) -> None:
    if tab.exceptions:
        raise RuntimeError(tab.exceptions[0])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak.visitors", description=__doc__)
    parser.add_argument("url", help="of the running app, such as http://127.0.0.1:8501")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--viewers", type=int, default=4, help="at a time; one of them records")
    parser.add_argument("--file", default="", help="below the server's FER_FILES; without one nothing is analysed")
    parser.add_argument("--cookies", nargs="+", default=[""], help="that visitors bring, 'name=value; name=value' each")
    parser.add_argument("--trust", type=Path, help="a file of certificates to trust")
    options = parser.parse_args(arguments)
    trusted = ssl.create_default_context(cafile=options.trust) if options.trust else None
    rtcrtpreceiver.get_decoder = Uncoded.of  # type: ignore[attr-defined]
    visitors = Visitors(options.url.rstrip("/"), options.file, [Way(one, trusted) for one in options.cookies])
    print(json.dumps({"coming": options.seconds}), flush=True)
    asyncio.run(visitors.come_and_go(options.viewers, options.seconds))
    print(json.dumps({"visits": visitors.visits, "failures": visitors.failures}), flush=True)


if __name__ == "__main__":
    main()
