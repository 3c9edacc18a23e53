"""Sessions and participants beside each other."""

from datetime import timedelta

from app.session_memory import SessionMemory
from app.store.database import Store
from app.store.samples import Samples, read_samples
from app.store.sessions import sessions
from app.views.sessions_compare import session_titles
from tests.app.pages import assert_fine, memory_of, page_of, press, spoken
from tests.app.session_pages import open_page, script
from tests.app.store.builders import NOON, make_participant, make_session, rows


def test_two_sessions_are_compared(store, film):
    other = make_session(store, 1, rows("angry", count=100), title="Later", started_at=NOON + timedelta(days=1))
    page = open_page()
    assert page.button(key="sessions_compare").disabled
    for number in (film, other):
        page.checkbox(key=f"sessions_check_{number}").check().run()
    press(page, "sessions_compare")

    text = spoken(page)
    assert "Later** compared with **First look" in text
    assert "Time shown as angry is 100 points higher for Later than for First look" in text
    assert len(page.get("plotly_chart")) == 3
    press(page, "compare_back")
    assert memory_of(page).compared == ()


def test_participants_are_compared_with_all_of_their_sessions(store):
    numbers = []
    for name, emotion in (("Mia", "happy"), ("Ben", "sad")):
        person = make_participant(store, name)
        for day in range(5):
            started_at = NOON + timedelta(days=day)
            numbers.append(make_session(store, person, rows(emotion, count=30 + day), started_at=started_at))
    page = page_of(script)
    page.session_state["session_memory"] = SessionMemory(compared=(numbers[0], numbers[-1]))
    page.run()
    page.button_group(key="compare_kind").set_value("Participants").run()
    assert_fine(page)

    assert "Time shown as happy is 100 points lower for Ben than for Mia" in spoken(page)
    assert "further sessions like these" in spoken(page)
    assert "Mean share of the time" in spoken(page)
    assert len(page.get("plotly_chart")) == 7, "three small timelines each, and the intervals"


def test_a_comparison_reads_its_sessions_once(store, film, monkeypatch):
    other = make_session(store, 1, title="Later", started_at=NOON + timedelta(days=1))
    read: list[int] = []

    def reading(store: Store, number: int) -> Samples:
        read.append(number)
        return read_samples(store, number)

    monkeypatch.setattr("app.session_data.read_samples", reading)
    page = page_of(script)
    page.session_state["session_memory"] = SessionMemory(compared=(film, other))
    page.run()
    page.run()
    assert_fine(page)

    assert sorted(read) == [film, other]


def test_titles_beside_each_other_are_never_alike(store):
    person = make_participant(store)
    for _ in range(4):
        make_session(store, person)

    titles = session_titles(sessions(store))

    assert len(set(titles.values())) == 4
