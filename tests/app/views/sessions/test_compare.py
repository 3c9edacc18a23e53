"""Sessions and participants beside each other."""

import re
from datetime import timedelta

from streamlit.testing.v1 import AppTest

from app.store.database import Store
from app.store.samples import Samples, read_samples
from app.store.sessions import sessions
from app.tab_memory import SessionMemory
from app.views.sessions.compare import session_titles
from app.views.sessions.face_choice import CORRECTED
from fer_core.expressions.baseline import Baseline
from fer_core.results import Level
from tests.helpers.faces import make_probabilities
from tests.helpers.pages import assert_fine, memory_of, page_of, press, run, spoken
from tests.helpers.session_pages import open_page, script
from tests.helpers.store_builders import NOON, make_participant, make_session, rows

RESTING = Baseline(make_probabilities("sad", 0.6))
"""Of somebody whose face looks sad by itself."""


def compared(*numbers: int) -> AppTest:
    """The page, comparing these sessions."""
    page = page_of(script)
    page.session_state["session_memory"] = SessionMemory(compared=numbers)
    return run(page)


def valences(text: str) -> list[str]:
    """The cells of the row of mean valence."""
    return re.findall(r"Valence</td>(.*?)</tr>", text)


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


def test_sessions_of_two_and_of_three_levels_are_compared_with_a_sentence(store, film):
    probably = rows("angry", count=40) + rows("angry", start_ms=8000, count=60, level=Level.LEANING)
    later = {"title": "Later", "started_at": NOON + timedelta(days=1)}
    other = make_session(store, 1, probably, **later, model_name="deep_se", model_sha256="b" * 64)

    page = compared(film, other)

    (warning,) = page.warning
    assert warning.value.startswith("These sessions were recorded with different models")
    assert "no time of First look is leaning" in warning.value
    assert "Time shown as angry is 100 points higher for Later" in spoken(page), "leaning time counts"
    assert re.search(r"<td>Probably</td><td class=\"n\">–</td><td class=\"n\">60\s%</td>", spoken(page))


def test_participants_are_compared_with_all_of_their_sessions(store):
    numbers = []
    for name, emotion in (("Mia", "happy"), ("Ben_*2*", "sad")):
        person = make_participant(store, name)
        for day in range(5):
            started_at = NOON + timedelta(days=day)
            numbers.append(make_session(store, person, rows(emotion, count=30 + day), started_at=started_at))
    page = compared(numbers[0], numbers[-1])
    page.button_group(key="compare_kind").set_value("Participants").run()
    assert_fine(page)

    assert "Time shown as happy is 100 points lower for Ben_*2* than for Mia" in spoken(page)
    assert page.multiselect(key="compare_people").options == ["Ben_*2*", "Mia"]
    assert "further sessions like these" in spoken(page)
    assert "Mean share of the time" in spoken(page)
    assert len(page.get("plotly_chart")) == 7, "three small timelines each, and the intervals"


def test_a_comparison_reads_its_sessions_once(store, film, monkeypatch):
    other = make_session(store, 1, title="Later", started_at=NOON + timedelta(days=1))
    read: list[int] = []

    def reading(store: Store, number: int) -> Samples:
        read.append(number)
        return read_samples(store, number)

    monkeypatch.setattr("app.sessions.loaded.read_samples", reading)
    run(compared(film, other))

    assert sorted(read) == [film, other]


def test_another_face_of_a_session_can_be_compared(store, film):
    both = rows("angry", count=100) + rows("fear", face=2, count=50)
    other = make_session(store, 1, both, title="Two people", started_at=NOON + timedelta(days=1))
    page = compared(film, other)
    assert "Time shown as angry is 100 points higher for Two people" in spoken(page)
    assert "One face of each session is compared" in spoken(page)

    page.selectbox(key=f"compare_face_{other}").set_value(2).run()

    assert_fine(page)
    assert "Time shown as fear is 100 points higher for Two people" in spoken(page)
    assert "angry is 100" not in spoken(page)


def test_baselines_are_taken_off_all_sessions_or_none(store):
    person = make_participant(store)
    corrected = rows("sad", count=50, correct=RESTING.correct_face)
    first, second = (make_session(store, person, corrected, title=title) for title in ("Before", "After"))
    raw = make_session(store, person, rows("sad", count=50), title="Never at rest")
    page = compared(first, second)
    before = spoken(page)

    page.button_group(key="compare_values").set_value(CORRECTED).run()

    assert_fine(page)
    assert valences(before) != valences(spoken(page)), "a face that looks sad by itself is less so"
    page.multiselect(key="compare_sessions").set_value([first, raw]).run()
    assert_fine(page)
    assert "Raw values, because no neutral face was measured: Never at rest." in spoken(page)
    assert [group.key for group in page.button_group if group.key == "compare_values"] == []


def test_a_face_without_a_baseline_is_left_out_in_words(store):
    person = make_participant(store)
    corrected = rows("sad", count=50, correct=RESTING.correct_face)
    first = make_session(store, person, corrected, title="Alone")
    second = make_session(store, person, corrected + rows("happy", face=2, count=40), title="With a guest")
    page = compared(first, second)
    page.button_group(key="compare_values").set_value(CORRECTED).run()

    page.selectbox(key=f"compare_face_{second}").set_value(2).run()

    assert_fine(page)
    assert [warning.value for warning in page.warning] == [
        "With a guest is not compared: none of its faces has these values in the time that counts."
    ]


def test_titles_beside_each_other_are_never_alike(store):
    person = make_participant(store)
    for _ in range(4):
        make_session(store, person)

    titles = session_titles(sessions(store))

    assert len(set(titles.values())) == 4
