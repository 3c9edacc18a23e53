"""The history page as Streamlit runs it, over a real store."""

import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from app.session_statistics.check_ins import Mood
from app.store import history
from app.store.database import Store
from app.store.errors import StoreError
from app.store.participants import add_check_in, check_ins
from app.store.records import CheckIn
from app.store.sessions import sessions
from app.views.history import calendar as history_calendar
from app.views.history import page as history_page
from app.views.shared import mood_grid
from fer_core.results import Level
from tests.helpers import history_store
from tests.helpers.pages import memory_of, open_page, plots, words
from tests.helpers.store_builders import NOON, make_participant, make_session, rows


def history_alone() -> None:
    from app.views.history import page as history

    history.render()


def test_without_anybody_it_says_where_to_begin(store: Store):
    page = open_page(history_alone)

    assert "No participants yet." in words(page)
    assert plots(page) == []


def test_somebody_without_sessions_can_make_a_check_in(store: Store, monkeypatch: pytest.MonkeyPatch):
    person = make_participant(store)
    page = open_page(history_alone)
    assert "Nothing to show of P01 yet" in words(page)

    monkeypatch.setattr(mood_grid, "choose_mood", lambda **_: Mood(2, 8))
    next(button for button in page.button if button.label == "Save check-in").click().run()

    assert not page.exception
    assert [one.phase for one in check_ins(store, participant_id=person)] == ["none"]
    assert "<b>Pleasure </b>2 of 9" in words(page)
    assert "Nothing to show" not in words(page)
    (chart,) = plots(page)  # valence, with what was said
    assert [trace["name"] for trace in chart["data"]][-1] == "As the person said"


def test_too_few_days_say_how_many_more_are_needed(store: Store):
    history_store.fill(store, days=1)
    page = open_page(history_alone)

    assert "1 day with a session so far. 5 more days are needed to tell a change from chance." in words(page)
    assert "Mean so far: valence +0.3" in words(page)
    assert len(plots(page)) >= 3


def test_a_change_is_told_in_plain_words_with_its_uncertainty(store: Store):
    history_store.fill(store)
    page = open_page(history_alone)

    told = words(page).replace("\xa0", " ")
    first = told.index('class="fer-change on"')
    assert told.index("Valence fell from +0.3", first) < told.index("Sad rose from 8 % to 5") < told.index("as usual:")
    assert re.search(r"since 1\d May \(95 % interval of the change: \d+–\d+ points\)", told)
    assert told.count("not a diagnosis: light") == 1
    assert told.count("data:image/svg+xml") == 5, "a small curve each"
    assert "wider ranges" in words(page), "many figures are watched, and it says so"


def test_without_a_change_it_says_that_nothing_changed(store: Store):
    history_store.fill(store, shift_after=99)
    page = open_page(history_alone)

    assert page.success[0].value.startswith("No change beyond chance in 30 days with sessions.")
    assert "Valence is as usual: +0.3" in words(page)
    assert "expected +0.2" in words(page)


def test_another_figure_and_another_time_are_shown(store: Store):
    history_store.fill(store, days=40)
    page = open_page(history_alone)
    whole = plots(page)[0]["layout"]["xaxis"]["range"]

    page.segmented_control(key="history_figure").set_value("sad")
    page.segmented_control(key="history_range").set_value("1 month").run()

    assert not page.exception
    chart = plots(page)[0]
    assert chart["layout"]["xaxis"]["range"][0] > whole[0]
    assert chart["layout"]["yaxis"]["ticksuffix"] == " %"
    assert "As the person said" not in [trace["name"] for trace in chart["data"]]


def test_a_session_is_opened_from_the_list(store: Store):
    history_store.fill(store, days=3)
    page = open_page(history_alone)
    newest = sessions(store)[0]
    assert page.selectbox(key="history_session_None").value == newest.id

    page.selectbox(key="history_session_None").set_value(sessions(store)[1].id).run()
    page.button(key="history_open").click().run()

    assert memory_of(page).opened == sessions(store)[1].id


def test_a_pressed_day_of_the_calendar_is_found():
    def event(*points: dict) -> SimpleNamespace:
        return SimpleNamespace(selection=SimpleNamespace(points=list(points)))

    assert history_calendar.chosen_day(event()) is None
    assert history_calendar.chosen_day(event({"customdata": "2026-05-02"})) == date(2026, 5, 2)
    assert history_calendar.chosen_day(event({"customdata": ["2026-05-02"]})) == date(2026, 5, 2)
    assert history_calendar.chosen_day(event({"x": 1})) is None


def test_a_check_in_is_deleted_after_a_second_press(store: Store):
    person = history_store.fill(store, days=4)
    page = open_page(history_alone)
    before = check_ins(store, participant_id=person)
    assert len(before) == 2

    page.button(key=f"history_delete_{before[0].id}").click().run()

    assert not page.exception
    assert check_ins(store, participant_id=person) == before[1:]
    assert "Deleted the check-in." in words(page)


def test_only_the_newest_check_ins_are_listed_until_all_are_asked_for(store: Store):
    history_store.fill(store)
    page = open_page(history_alone)
    deletes = [button for button in page.button if button.label == "Delete the check-in"]
    assert len(deletes) == 8

    page.toggle(key="history_all_check_ins").set_value(True).run()

    assert len([button for button in page.button if button.label == "Delete the check-in"]) == 10


def test_incomplete_answers_are_not_summed_and_it_says_so(store: Store):
    person = make_participant(store)
    add_check_in(store, CheckIn(person, NOON, phq4=(1, None, 1, 1)))
    page = open_page(history_alone)

    assert "1 with an unanswered question is not shown, as there is no total." in words(page)


def test_a_store_that_fails_in_the_middle_is_one_sentence(store: Store, monkeypatch: pytest.MonkeyPatch):
    history_store.fill(store, days=2)

    def fail(*_: object) -> list[history.Means]:
        raise StoreError("The store x: no server answers there; start it, or correct DATABASE_URL.")

    monkeypatch.setattr(history_page, "daily_means", fail)
    page = open_page(history_alone)

    assert [error.value for error in page.error] == [
        "The store x: no server answers there; start it, or correct DATABASE_URL."
    ]


def test_sessions_of_several_networks_are_not_compared_silently(store: Store):
    person = history_store.fill(store, days=8, shift_after=99)
    assert "recorded with different models" not in words(open_page(history_alone))
    make_session(store, person, started_at=NOON + timedelta(days=9), model_sha256="b" * 64)

    assert r"(compact\_se aaaaaa, compact\_se bbbbbb)" in words(open_page(history_alone))


def test_days_of_two_and_of_three_levels_are_told_apart(store: Store):
    person = history_store.fill(store, days=3)
    assert "Named 100 % of the time." in words(open_page(history_alone)).replace("\xa0", " ")
    later = rows("sad", count=20, level=Level.LEANING)
    make_session(store, person, later, started_at=NOON + timedelta(days=3), utc_offset_min=0)

    said = words(open_page(history_alone)).replace("\xa0", " ")

    assert "Named 75 %, leaning (“probably …”) 25 % of the time. Before 4 May 2026 no time is leaning" in said


def test_a_name_with_markup_is_shown_as_it_is(store: Store):
    make_participant(store, "**x** [y](http://z)")
    page = open_page(history_alone)

    assert r"\*\*x\*\*" in words(page)
