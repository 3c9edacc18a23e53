"""Strips: which label stood when, and which had most of the time."""

import numpy as np
import pytest

from app.sessions.loaded import load_session
from app.sessions.strips import CELLS, make_strip, strip
from app.store.database import Store, open_store
from app.store.records import Marker
from app.store.session_list import Labels
from app.store.session_parts import add_marker, ignore_identity
from app.store.sessions import session
from fer_core.emotions import EMOTIONS
from tests.helpers.store_builders import make_participant, make_session, rows


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path / 's.sqlite3'}")
    yield opened
    opened.close()


def labels(*names: str, spacing_s: float = 0.2) -> Labels:
    """One sample after the other of one face; "unsure" is no label."""
    numbers = {name: i for i, name in enumerate((*EMOTIONS, "unsure"))}
    return Labels(np.arange(len(names)) * spacing_s, np.ones(len(names), int), np.array([numbers[n] for n in names]))


def test_cells_follow_the_labels_over_the_whole_session():
    made = make_strip(labels(*["sad"] * 500, *["unsure"] * 300, *["happy"] * 200), length_s=200)

    assert made.cells == ("sad",) * 50 + ("unsure",) * 30 + ("happy",) * 20
    assert list(made.shares) == ["sad", "unsure", "happy"]
    assert made.shares["sad"] == pytest.approx(0.5)


def test_a_short_session_has_no_holes_and_a_gap_is_one():
    assert make_strip(labels(*["sad"] * 10), length_s=2.0).cells == ("sad",) * CELLS
    gap = Labels(np.array([0.0, 0.2, 8.0, 8.2]), np.ones(4, int), np.full(4, EMOTIONS.index("happy")))

    cells = make_strip(gap, length_s=10.0).cells

    assert cells[0] == cells[81] == "happy"
    assert set(cells[20:80]) == {None}


def test_without_samples_a_strip_is_empty():
    made = make_strip(Labels(np.empty(0), np.empty(0, int), np.empty(0, int)), length_s=0)

    assert (made.cells, made.shares) == ((None,) * CELLS, {})


def test_its_shares_are_those_of_the_sessions_own_page(store: Store):
    samples = rows("sad", count=37) + rows("happy", start_ms=12_000, count=50) + rows("fear", face=2, count=20)
    number = make_session(store, make_participant(store), samples)
    add_marker(store, number, Marker(13_000, "exclude", end_ms=15_100))

    shares = strip(store, session(store, number)).shares

    whole = load_session(store, number).figures(1).whole.label_shares
    assert shares == pytest.approx({name: share for name, share in whole.items() if share})


def test_it_is_made_anew_when_what_counts_changes(store: Store):
    number = make_session(store, make_participant(store), rows("sad", count=20) + rows("happy", face=2, count=10))
    one = session(store, number)
    before = strip(store, one)
    assert strip(store, one) is before

    ignore_identity(store, number, 1)

    assert list(strip(store, one).shares) == ["happy"]
