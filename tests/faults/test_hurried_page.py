"""A page that is asked for many runs at once."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.helpers.browser import studio
from tests.helpers.visits import until, watching

pytestmark = pytest.mark.slow

BURSTS = 10


def test_runs_that_follow_each_other_closely_do_not_end_the_video(tmp_path: Path) -> None:
    """The stream's own package takes two runs whose ends are told late for a page that was left."""

    async def visit(url: str) -> None:
        async with watching(url) as viewer:
            for pause_s in [0.0, 0.02, 0.05, 0.1, 0.2] * (BURSTS // 5):
                for _ in range(4):
                    await viewer.tab.rerun()
                    await asyncio.sleep(pause_s)
                said = time.monotonic()
                await until(lambda since_s=said: viewer.heard.rows[-1][0] > since_s + 0.5)  # type: ignore[misc]
            assert viewer.tab.exceptions == []
            assert viewer.peer.connectionState == "connected"

    with studio.serve(environment={"FER_HOME": str(tmp_path)}) as server:
        asyncio.run(visit(server.url))
