"""A request to stop: SIGTERM, Ctrl-C, or a file named `stop` in the run folder."""

import signal
from pathlib import Path
from types import FrameType

from train.runs.files import STOP


class StopRequest:
    """Remembers a request to stop, so that training ends where it is safe; a second signal ends the process at once."""

    def __init__(self, run_dir: Path) -> None:
        self._file = run_dir / STOP
        self._asked = False

    def listen(self) -> None:
        """Catch SIGTERM and SIGINT from now on. Only the main thread may call this."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    @property
    def asked(self) -> bool:
        """Whether somebody has asked to stop; costs one look at the disk."""
        return self._asked or self._file.exists()

    def clear(self) -> None:
        """Delete the file of an earlier request."""
        self._file.unlink(missing_ok=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._asked = True
