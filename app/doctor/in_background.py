"""An examination on a thread of its own: relays that stay silent take seconds, which no page waits for.

Imports no Streamlit.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from app.doctor.examination import examine
from fer_core.findings import Check, Place, Status, failing, row

log = logging.getLogger(__name__)


class BackgroundExamination:
    """One examination, from its beginning to its rows. Thread-safe."""

    def __init__(self, place: Place, look: Callable[[Place], tuple[Check, ...]] = examine) -> None:
        """Begin it.

        Args:
            place: where the app answers.
            look: what examines it.
        """
        self._began_s = time.monotonic()
        self._done = threading.Event()
        self._checks: tuple[Check, ...] = ()
        self.ended_at: datetime | None = None
        """With a time zone; None while it goes on."""
        threading.Thread(target=self._work, args=(place, look), name="doctor", daemon=True).start()

    @property
    def checks(self) -> tuple[Check, ...] | None:
        """The rows, those that need somebody first; None while it goes on."""
        return self._checks if self._done.is_set() else None

    @property
    def seconds(self) -> float:
        """Since its beginning."""
        return time.monotonic() - self._began_s

    def wait(self, timeout_s: float) -> bool:
        """Whether it ended within so long."""
        return self._done.wait(timeout_s)

    def _work(self, place: Place, look: Callable[[Place], tuple[Check, ...]]) -> None:
        try:
            found = look(place)
        except Exception as error:  # a thread's border: the page would wait for ever
            log.exception("The examination broke off")
            found = (row("examination", failing(f"it broke off: {type(error).__name__}", "Look into the log.")),)
        self._checks = tuple(sorted(found, key=_urgency))
        self.ended_at = datetime.now(UTC)
        self._done.set()


def _urgency(check: Check) -> int:
    """Zero for what is to be mended first."""
    return (Status.FAILING, Status.WARNING, Status.OK).index(check.status)
