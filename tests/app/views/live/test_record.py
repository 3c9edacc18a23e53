"""Recording on the live page as Streamlit runs it, with the camera's door replaced."""

import re

import pytest
import streamlit
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from app import places
from app.opened_store import everybodys_store
from app.recording import baseline as recording_baseline
from app.recording import recording
from app.store.database import Store
from app.store.errors import StoreError
from app.store.participants import add_baseline, participants
from app.store.privacy import delete_session
from app.store.records import StoredBaseline
from app.store.sessions import sessions
from app.views.shared import store_parts as session_parts
from tests.helpers.faces import make_probabilities, wait_until
from tests.helpers.pages import assert_fine, words
from tests.helpers.recording_page import agree, ask, keys, listener_of, recording_of, see

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
def page(page_with_pictures: AppTest) -> AppTest:
    return page_with_pictures


def test_before_somebody_asks_to_record_the_store_is_not_even_opened(page, monkeypatch):
    opened = []
    monkeypatch.setattr(session_parts, "opened_store", lambda: opened.append(True))

    page.run()
    assert "record_start" in keys(page)
    assert "record_agree" not in keys(page)
    assert opened == []

    page.button(key="record_start").click().run()
    assert opened == [True]


def test_before_the_consent_nothing_is_stored(page, store):
    page.button(key="record_start").click().run()

    assert_fine(page)
    for said in ("What is stored", "Article 5(1)(f)", "Expressions are not feelings", "until you delete it"):
        assert said in words(page)
    assert str(store.file) in words(page)
    assert sessions(store) == []
    page.button(key="record_cancel").click().run()
    assert "record_agree" not in keys(page)
    assert (sessions(store), participants(store)) == ([], [])


def test_without_a_name_it_does_not_begin_and_says_what_is_missing(page, store):
    page.button(key="record_start").click().run()
    page.button(key="record_agree").click().run()

    assert "Choose a participant" in words(page)
    assert sessions(store) == []


def test_without_pictures_it_does_not_begin(page, store):
    page.session_state["live_session"]._frame_times.clear()
    ask(page)
    page.button(key="record_agree").click().run()

    assert "No video from the camera" in words(page)
    assert sessions(store) == []


def test_an_agreement_outlives_a_run_that_was_interrupted(page, store, monkeypatch):
    opened, interruptions = session_parts.opened_store, [True]

    def interrupted_once() -> Store | None:
        if interruptions:
            interruptions.pop()
            streamlit.rerun()
        return opened()

    ask(page)
    see(page)
    monkeypatch.setattr(session_parts, "opened_store", interrupted_once)
    page.button(key="record_agree").click().run()

    assert_fine(page)
    assert interruptions == []
    assert len(sessions(store)) == 1


def test_an_agreement_that_could_not_be_met_is_not_kept(page, store):
    page.button(key="record_start").click().run()
    page.button(key="record_agree").click().run()
    page.run()

    assert "Choose a participant" not in words(page)
    assert sessions(store) == []


@pytest.mark.parametrize("how", ["closed", "failing"])
def test_an_agreement_without_a_store_is_not_kept_until_there_is_one(page, store, monkeypatch, how):
    ask(page)
    see(page)
    with monkeypatch.context() as broken:
        if how == "closed":
            broken.setattr(session_parts, "opened_store", lambda: None)
        else:
            broken.setattr(session_parts, "name_participant", failing)
        page.button(key="record_agree").click().run()
    page.run()

    assert_fine(page)
    assert "record_agree" in keys(page), "it asks again"
    assert "Choose a participant" not in words(page), "and answers nothing yet"
    assert sessions(store) == []


def failing(*_: object, **__: object) -> str:
    raise StoreError("The store is locked.")


def test_the_consent_tells_administrators_alone_where_videos_are(page, store):
    places.decide_by(lambda: False)
    try:
        ask(page)
        page.toggle(key="record_video").set_value(True).run()
    finally:
        places.decide_by(lambda: True)

    assert "It is kept as an MP4 file" in words(page)
    assert str(store.videos.parent) not in words(page)


def test_the_video_needs_a_yes_of_its_own(page, store):
    ask(page)
    page.toggle(key="record_video").set_value(True).run()
    assert str(store.videos) in words(page)
    see(page)
    page.button(key="record_agree").click().run()
    assert "Agree to the video too" in words(page)
    assert sessions(store) == []

    page.checkbox(key="record_video_agree").set_value(True).run()
    see(page)
    page.button(key="record_agree").click().run()

    assert_fine(page)
    (kept,) = sessions(store)
    assert kept.video_file is not None
    assert kept.video_consent_at is not None


def test_from_agreeing_to_the_saved_session(page, store):
    agree(page)
    (kept,) = sessions(store)
    assert kept.state == "open"
    assert listener_of(page) is recording_of(page)
    see(page)
    wait_until(lambda: recording_of(page).view().samples == 1)
    page.run()
    assert "Recording 0:0" in words(page)
    assert "1 sample ·" in words(page)
    assert "P01" in words(page)
    assert "How do you feel? (optional)" in [expander.label for expander in page.expander]

    page.button(key="record_stop").click().run()

    assert_fine(page)
    assert "Saved: 0:0" in words(page)
    assert "1 sample" in words(page)
    assert listener_of(page) is None
    assert [kept.state for kept in sessions(store)] == ["closed"]


@pytest.mark.parametrize(("typed", "stored"), [("", r"P01, \d\d:\d\d"), (" Prototype B ", "Prototype B")])
def test_a_session_without_a_title_has_participant_and_time(page, store, typed, stored):
    ask(page)
    page.text_input(key="record_title").set_value(typed).run()
    see(page)
    page.button(key="record_agree").click().run()

    assert_fine(page)
    (kept,) = sessions(store)
    assert re.fullmatch(stored, kept.title)


def test_the_session_can_be_opened(page, store):
    agree(page)
    page.button(key="record_stop").click().run()
    page.button(key="record_open").click().run()

    assert_fine(page)
    assert page.session_state["session_memory"].opened == sessions(store)[0].id
    assert "record_start" not in keys(page)


def test_the_session_can_be_deleted_after_a_second_question(page, store):
    agree(page)
    page.button(key="record_stop").click().run()
    page.button(key="record_delete").click().run()
    assert len(sessions(store)) == 1
    page.button(key="record_keep").click().run()
    page.button(key="record_delete").click().run()
    page.button(key="record_delete_sure").click().run()

    assert_fine(page)
    assert sessions(store) == []
    assert "record_start" in keys(page)


def test_a_session_that_was_deleted_elsewhere_is_not_called_saved(page, store):
    agree(page)
    page.button(key="record_stop").click().run()
    delete_session(store, sessions(store)[0].id)

    page.run()

    assert_fine(page)
    assert "The session was deleted" in words(page)
    assert "Saved" not in words(page)
    assert "record_start" in keys(page)


def test_a_second_recording_asks_again(page, store):
    agree(page)
    page.button(key="record_stop").click().run()

    agree(page)

    assert [kept.state for kept in sessions(store)] == ["open", "closed"]


def test_notes_tasks_and_ranges_are_marked_and_listed(page, store):
    agree(page)
    page.text_input(key="record_note_text").set_value("the *door*")
    page.button(key="record_mark").click().run()
    page.text_input(key="record_note_text").set_value("Film")
    page.button(key="record_task_start").click().run()
    page.button(key="record_task_end").click().run()
    page.button(key="record_exclude").click().run()
    page.button(key="record_exclude").click().run()

    assert_fine(page)
    made = recording_of(page).markers.newest(9)
    assert [marker.kind for marker in made] == ["exclude", "task_end", "task_start", "note"]
    assert made[-1].text == "the *door*"
    assert r"note the \*door\*" in words(page)


def test_a_marker_that_cannot_be_stored_is_said(page, store):
    agree(page)
    with store.write() as connection:
        connection.execute(text("DROP TABLE markers"))
    page.button(key="record_mark").click().run()

    assert_fine(page)
    assert page.error


def test_the_baseline_is_counted_down_and_a_failure_said(page, monkeypatch):
    monkeypatch.setattr(recording_baseline, "SETTLE_S", 1.0)
    agree(page)
    assert "not measured yet" in words(page)
    page.button(key="record_measure").click().run()
    assert_fine(page)
    assert "record_measure" not in keys(page)
    tried = recording_of(page)._try
    assert tried is not None
    tried._from_s -= 60

    wait_until(lambda: recording_of(page).baseline_view().stage == "failed")
    page.run()

    assert "Nothing was recorded" in words(page)
    assert page.button(key="record_measure").label == "Try again"


def test_an_earlier_baseline_of_the_same_model_is_offered(page, store):
    agree(page)
    sha = recording_of(page).model_sha256
    page.button(key="record_stop").click().run()
    person = participants(store)[0].id
    when = sessions(store)[0].started_at
    add_baseline(store, StoredBaseline(person, when, make_probabilities("neutral"), 80, 0.9, "f" * 64))
    agree(page)
    assert "record_reuse" not in keys(page), "another model's fits not"
    page.button(key="record_stop").click().run()
    add_baseline(store, StoredBaseline(person, when, make_probabilities("neutral"), 80, 0.9, sha))
    agree(page)

    page.button(key="record_reuse").click().run()

    assert_fine(page)
    assert recording_of(page).baseline_view().stage == "in use"
    assert "Neutral face in use" in words(page)


def test_lost_pictures_are_said_and_the_closed_recording_too(page, monkeypatch, store):
    monkeypatch.setattr(recording, "FRAMES_LOST_S", 0.1)
    agree(page)
    wait_until(lambda: recording_of(page).view().closes_in_s is not None)
    page.run()
    assert "No video from the camera" in words(page)
    monkeypatch.setattr(recording, "GRACE_S", 0.1)
    wait_until(lambda: recording_of(page).view().ended)

    page.run()

    assert_fine(page)
    assert "No video came" in words(page)
    assert "Saved" in words(page)


def test_a_store_that_cannot_be_opened_is_said_in_words(page, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://nowhere")
    everybodys_store.clear()
    page.button(key="record_start").click().run()

    assert_fine(page)
    assert "DATABASE_URL must be" in words(page)


def test_a_name_is_text_and_nothing_more(page):
    agree(page, "<b>P01</b> *x*")

    assert "&lt;b&gt;P01&lt;/b&gt; *x*" in words(page)
