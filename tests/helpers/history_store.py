"""A participant with weeks of sessions and check-ins, to look back on."""

from datetime import datetime, timedelta

import numpy as np

from app.store.database import Store
from app.store.participants import add_check_in, add_participant
from app.store.records import CheckIn
from app.store.samples import Row, add_samples, sample_row
from app.store.sessions import end_session, start_session
from tests.helpers.store_builders import NOON, emotion_of, new_session

DAYS = 30
SHIFT_AFTER = 16


def day_rows(emotion: str, share: float, valence: float, *, count: int = 20) -> list[Row]:
    """One session's samples that all show `emotion` with that share, five a second."""
    return [sample_row(200 * i, emotion_of(emotion, share=share, valence=valence)) for i in range(count)]


def fill(
    store: Store, name: str = "Ada", *, days: int = DAYS, shift_after: int = SHIFT_AFTER, first: datetime = NOON
) -> int:
    """A participant who looks content on `shift_after` days and sadder on those that follow; gives the number.

    There is a session a day and a check-in on every third, with the PHQ-4 on every sixth.
    """
    person = add_participant(store, name, "first weeks").id
    noise = np.random.default_rng(7)
    for day in range(days):
        at = first + timedelta(days=day)
        low = day >= shift_after
        share, valence = (float(mean + noise.normal(0, 0.05)) for mean in (0.55, -0.2 if low else 0.35))
        new = new_session(person, title=f"Day {day + 1}", started_at=at, consent_at=at, utc_offset_min=0)
        number = start_session(store, new)
        add_samples(store, number, day_rows("sad" if low else "happy", share, valence))
        end_session(store, number, at + timedelta(minutes=5))
        if day % 3 == 0:
            scores = (1, 2, 2, 2) if low else (0, 1, 0, 0)
            add_check_in(
                store,
                CheckIn(
                    person,
                    at + timedelta(minutes=6),
                    "after",
                    number,
                    3 if low else 7,
                    4,
                    f"day {day + 1}",
                    scores if day % 6 == 0 else None,
                    0,
                ),
            )
    return person
