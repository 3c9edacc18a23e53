"""Routes of the app on a server of their own, on loopback, in a thread."""

import threading
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from tests.helpers.faces import wait_until


class LoopbackServer:
    """A server on loopback with these routes alone."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        """Start it; it answers from now on, at `host`."""
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_level="warning")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        wait_until(lambda: self.server.started)
        self.host = f"127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """End it."""
        self.server.should_exit = True
        self.thread.join(10)
