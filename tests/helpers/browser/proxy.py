"""A wire between browser and server that can be cut."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.helpers.browser.studio import LOOPBACK


class Wire:
    """Carries connections to `port`. With `cut_after` set, one that has sent so many bytes up ends at once."""

    def __init__(self, port: int) -> None:
        self.cut_after: int | None = None
        self.cuts = 0
        self._port = port
        self._listener = socket.create_server((LOOPBACK, 0))
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                down, _ = self._listener.accept()
                up = socket.create_connection((LOOPBACK, self._port))
                for source, target, is_upload in ((down, up, True), (up, down, False)):
                    threading.Thread(target=self._carry, args=(source, target, is_upload), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_upload: bool) -> None:
        sent = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
                sent += len(data)
                if is_upload and self.cut_after is not None and sent > self.cut_after:
                    self.cuts += 1
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    """A wire to the server at `url`."""
    wire = Wire(int(url.rpartition(":")[2]))
    try:
        yield wire
    finally:
        wire.close()
