"""Records a live session: takes results at once, writes them each second on a thread of its own.

    worker ── add(result) ──► waiting samples (bounded) ──► writing thread ──► database

A program that is killed loses at most what was added in the last second and what was just being written.
"""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from sqlalchemy import delete

from app.store import tables
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.records import MAX_TIME_MS, NewSession
from app.store.samples import Correct, Row, insert_samples, sample_row
from app.store.sessions import end_session, mark_alive, session, start_session
from fer_core.results import FaceEmotion, FrameResult

log = logging.getLogger(__name__)

WRITE_EACH_S: Final = 1.0
MAX_WAITING: Final = 20_000
"""Samples that wait for a database that does not answer: more than half an hour of two faces, 10 MB."""
CLOSE_S: Final = 5.0
"""So long `close` waits for what is still to be stored."""
TRY_S: Final = 1800.0
"""And so long it is tried after that, for as long as the program runs."""


@dataclass(frozen=True)
class RecorderStatus:
    """How a recording goes.

    Attributes:
        written: samples that are stored for good.
        waiting: samples that are not yet.
        lost: samples that were thrown away because the database did not take them for too long.
        error: what is wrong now, a sentence for the viewer; empty when all is well.
        ended: nothing more is recorded.
    """

    written: int = 0
    waiting: int = 0
    lost: int = 0
    error: str = ""
    ended: bool = False


class Recorder:
    """Writes one session. Thread-safe; `add` neither waits for the database nor raises."""

    def __init__(
        self, store: Store, session_id: int, *, started_s: float, rate_per_s: float, correct: Correct | None = None
    ) -> None:
        """Start the writing thread.

        Args:
            store: where to.
            session_id: a session of `start_session`.
            started_s: its start on the clock of the results' `captured_at_s`.
            rate_per_s: at most so many samples per face and second are kept.
            correct: takes the baseline off; called on the writing thread, see `correct` below.
        """
        self.session_id = session_id
        self.correct = correct
        """May be replaced at any time, as when the baseline has been measured; counts for samples written later."""
        self._store = store
        self._started_s = started_s
        self._rate_per_s = rate_per_s
        self._changed = threading.Condition()
        self._waiting: deque[tuple[int, FaceEmotion]] = deque()
        self._in_hand = 0  # and so many are just being written
        self._status = RecorderStatus()
        self._slot = -1
        self._closing_at_s: float | None = None
        self._ended_s: float | None = None
        self._thread = threading.Thread(target=self._work, name="session-recorder", daemon=True)
        self._thread.start()

    @classmethod
    def start(cls, store: Store, new: NewSession, *, correct: Correct | None = None) -> Self:
        """Begin a session now and record it; results are stamped with `time.monotonic`.

        Raises:
            StoreError: the session cannot be stored; nothing was begun.
        """
        started_s = time.monotonic()
        session_id = start_session(store, replace(new, started_at=datetime.now(UTC)))
        return cls(store.everybodys, session_id, started_s=started_s, rate_per_s=new.rate_per_s, correct=correct)

    @property
    def status(self) -> RecorderStatus:
        """How it goes now."""
        with self._changed:
            # More are not kept, where what is just being written comes back.
            return replace(self._status, waiting=min(len(self._waiting) + self._in_hand, MAX_WAITING))

    @property
    def time_ms(self) -> int:
        """Milliseconds since the session's start by the monotonic clock: for a marker at this moment."""
        return round((time.monotonic() - self._started_s) * 1000)

    def add(self, result: FrameResult) -> None:
        """Keep a result, unless its turn at the chosen rate has not come or the recording has ended."""
        since_s = result.captured_at_s - self._started_s
        slot = int(since_s * self._rate_per_s)
        time_ms = round(since_s * 1000)
        with self._changed:
            too_soon = slot <= self._slot or since_s < 0 or time_ms > MAX_TIME_MS
            if too_soon or self._closing_at_s is not None or self._status.ended:
                return
            self._slot = slot
            self._waiting.extend((time_ms, face) for face in result.faces)
            self._forget_the_oldest()

    def close(self, *, ended_s: float | None = None) -> RecorderStatus:
        """Write what waits, and end the session properly; waits for that at most `CLOSE_S`.

        What a failing database did not take by then is tried again for `TRY_S`, then lost. Where the program ends
        before, the session is closed at the next start.

        Args:
            ended_s: when it ended, on the clock of the results; None for now.
        """
        with self._changed:
            if self._closing_at_s is None:
                self._closing_at_s = time.monotonic()
                self._ended_s = ended_s
            self._changed.notify_all()
        self._thread.join(CLOSE_S)
        return self.status

    def _forget_the_oldest(self) -> None:
        too_many = len(self._waiting) - MAX_WAITING
        if too_many > 0:
            for _ in range(too_many):
                self._waiting.popleft()
            self._status = replace(self._status, lost=self._status.lost + too_many)

    def _work(self) -> None:
        again = False
        while not self.status.ended:
            with self._changed:
                self._changed.wait_for(lambda: self._closing_at_s is not None, WRITE_EACH_S)
                closing_at_s, batch = self._closing_at_s, list(self._waiting)
                self._waiting.clear()
                self._in_hand = len(batch)
            try:
                self._write(batch, again=again)
                if closing_at_s is not None:
                    self._end(closing_at_s)
                again = False
            except NoSuchRecordError as error:
                self._report(str(error), ended=True)
            except StoreError as error:
                again = True
                self._put_back(batch, str(error))
                if closing_at_s is not None:
                    since_s = time.monotonic() - closing_at_s
                    if since_s > TRY_S:
                        self._report(str(error), ended=True)
                    time.sleep(WRITE_EACH_S / 4 if since_s < CLOSE_S else WRITE_EACH_S)
            # Broad on purpose: an error that ended this thread would end the recording without a word.
            except Exception as error:
                log.exception("Recording failed; this second is lost")
                self._report(f"A second could not be recorded: {str(error) or type(error).__name__}", lost=len(batch))

    def _write(self, batch: list[tuple[int, FaceEmotion]], *, again: bool) -> None:
        """Store a second, and that this process lives; `again` where it failed before but may be stored after all."""
        # By moment and face: two equal ones would be refused for ever.
        rows: list[Row] = list({(ms, f.face.track_id): sample_row(ms, f, self.correct) for ms, f in batch}.values())
        with self._store.write() as connection:
            mark_alive(connection, self.session_id)
            if again and rows:
                table = tables.samples
                moments = table.c.time_ms.between(rows[0]["time_ms"], rows[-1]["time_ms"])
                connection.execute(delete(table).where(table.c.session_id == self.session_id, moments))
            insert_samples(connection, self.session_id, rows)
        with self._changed:
            self._in_hand = 0
            self._status = replace(self._status, written=self._status.written + len(rows), error="")

    def _end(self, closing_at_s: float) -> None:
        ended_s = closing_at_s if self._ended_s is None else self._ended_s
        lasted = timedelta(seconds=max(0.0, ended_s - self._started_s))
        end_session(self._store, self.session_id, session(self._store, self.session_id).started_at + lasted)
        self._report("", ended=True)

    def _put_back(self, batch: list[tuple[int, FaceEmotion]], error: str) -> None:
        log.warning("Recording waits: %s", error)
        with self._changed:
            self._in_hand = 0
            self._waiting.extendleft(reversed(batch))
            self._forget_the_oldest()
            self._status = replace(self._status, error=error)

    def _report(self, error: str, *, lost: int = 0, ended: bool = False) -> None:
        with self._changed:
            self._in_hand = 0
            if ended and error:
                lost += len(self._waiting)
                self._waiting.clear()
            self._status = replace(self._status, error=error, lost=self._status.lost + lost, ended=ended)
