"""The Sessions page as Streamlit runs it, over a real store in a file: the list, and a session's head."""

from pathlib import Path
from typing import Any

from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from app.formatting import signed
from app.opened_store import everybodys_store
from app.sessions import loaded as session_data
from app.sessions.loaded import LoadedSession, load_session
from app.store.participants import add_check_in
from app.store.records import CheckIn, Marker
from app.store.samples import add_samples
from app.store.session_parts import add_marker
from app.store.sessions import session, start_session
from fer_core.results import Doubt, Level
from tests.helpers.pages import assert_fine, memory_of, press, spoken
from tests.helpers.session_pages import HOSTILE, open_page, see
from tests.helpers.store_builders import NOON, make_participant, make_session, new_session, rows


def test_a_store_that_cannot_be_opened_is_a_sentence(monkeypatch, tmp_path):
    everybodys_store.clear()
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))

    page = open_page()

    assert len(page.error) == 1
    assert page.error[0].value.startswith("The store ")


def test_a_session_opens_with_its_sentence_and_timeline(store, film):
    page = open_page()
    press(page, f"session_open_{film}")

    text = spoken(page)
    assert "It began mostly sad and ended mostly happy." in text
    assert page.title[0].value == "First look"
    assert "P01 · Fri 1 May 2026, 14:00 · 1:00" in text
    assert "100 samples · live camera · model compact_se" in text
    valence = load_session(store, film).figures(1).whole.valence
    assert valence is not None
    assert figures(page) == {
        "Seen": "0:20",
        "Leading expression": "Happy 50 %",
        "Unsure": "0 %",
        "Valence": signed(valence.mean),
    }
    assert len(page.get("plotly_chart")) == 1
    press(page, "session_back")
    assert "session_open_1" in [button.key for button in page.button]


def test_a_session_tells_how_much_was_named_leaning_and_unsure(store):
    samples = rows("sad", count=50) + rows("happy", start_ms=10_000, count=30, level=Level.LEANING)
    samples += rows("happy", start_ms=16_000, count=20, doubts=(Doubt.TOO_DARK,))
    number = make_session(store, make_participant(store), samples)

    page = open_page(number)

    assert "Named 50 %, leaning (“probably …”) 30 %, unsure 20 % of the time." in spoken(page).replace("\xa0", " ")
    assert 'title="Probably happy"' in spoken(page)
    see(page, "Statistics")
    assert {"Seen": "0:20", "Named": "50 %", "Probably": "30 %", "Unsure": "20 %"}.items() <= figures(page).items()


def test_title_and_note_are_edited(store, film):
    page = open_page(film)
    page.text_input[0].set_value("Prototype B")
    page.text_area[0].set_value(HOSTILE)
    press(page, "session_edit_save")

    assert session(store, film).title == "Prototype B"
    assert "Prototype B" in spoken(page)
    assert page.text[0].value == HOSTILE, "shown as it is, as plain text"
    page.text_input[0].set_value("  ")
    press(page, "session_edit_save")
    assert "1 to 200 printable characters" in page.error[0].value


def test_an_edit_is_taken_back(store, film):
    before = session(store, film)
    page = open_page(film)
    page.text_input[0].set_value("Prototype B")
    page.text_area[0].set_value("a note")
    press(page, "session_edit_save")
    assert page.title[0].value == "Prototype B"

    press(page, "undo")

    assert session(store, film) == before
    assert page.title[0].value == "First look"
    assert "Title and note are as before." in spoken(page)


def test_answers_of_check_ins_are_shown_when_they_are_asked_for(store, film):
    add_check_in(store, CheckIn(1, NOON, "before", film, 7, 3, HOSTILE, (3, 3, 0, 0)))
    page = open_page(film)
    for part in ("Overview", "Tasks and markers", "Statistics", "Export", "Overview"):
        see(page, part)
        assert [answer for answer in ("7 of 9", "<script>", "6 of 12") if answer in spoken(page)] == []

    page.toggle(key=f"session_check_ins_{film}").set_value(True).run()

    assert_fine(page)
    assert "Check-in before: pleasure 7 of 9 · arousal 3 of 9" in spoken(page)
    assert "PHQ-4: 6 of 12 (moderate)" in spoken(page)


def test_a_session_without_check_ins_has_no_switch_for_them(store, film):
    assert [toggle.key for toggle in open_page(film).toggle] == []


def test_a_video_that_is_being_recorded_is_not_called_gone(store):
    changes: dict[str, Any] = {"video_file": "a.mp4", "video_consent_at": NOON}
    number = make_session(store, make_participant(store), **changes)
    with store.write() as connection:
        connection.execute(text("UPDATE sessions SET state = 'open', ended_at = NULL"))

    said = spoken(open_page(number))

    assert "The video is being recorded" in said
    assert "no longer" not in said


def test_a_video_is_shown_and_one_that_is_gone_is_told(store):
    person = make_participant(store)
    changes: dict[str, Any] = {"video_file": "a.mp4", "video_consent_at": NOON}
    number = make_session(store, person, **changes)
    page = open_page(number)
    assert "no longer in the store's folder" in spoken(page)

    store.videos.mkdir(parents=True, exist_ok=True)
    (store.videos / "a.mp4").write_bytes(b"\0" * 100)
    page.run()
    assert_fine(page)
    assert len(page.get("video")) == 1


def test_an_empty_session_and_one_that_is_gone_are_sentences(store):
    number = make_session(store, make_participant(store), [])
    page = open_page(number)
    assert "This session has no samples" in spoken(page)
    for part in ("Tasks and markers", "Statistics", "Export"):
        see(page, part)

    page = open_page(99)
    assert page.title[0].value == "Session not found"
    assert "There is no session 99" in page.error[0].value
    press(page, "session_back")
    assert "session_open_1" in [button.key for button in page.button]


def test_a_session_that_is_being_recorded_grows_and_cannot_be_deleted(store):
    number = start_session(store, new_session(make_participant(store)))
    add_samples(store, number, rows("sad", count=20))
    page = open_page(number)
    assert "· 0:04" in page.caption[0].value
    assert "20 samples · live camera · model compact_se · recording now" in spoken(page)

    add_samples(store, number, rows("sad", start_ms=4000, count=20))
    press(page, "session_reload")
    assert "· 0:08" in page.caption[0].value
    assert "40 samples" in spoken(page)
    assert "In view for 0:08." in spoken(page)
    see(page, "Export")
    assert "It is being recorded. End the recording first." in spoken(page)
    assert "session_delete_now" not in [button.key for button in page.button]


def test_a_long_session_opens_on_averages_and_reads_its_samples_for_figures(store, film, monkeypatch):
    monkeypatch.setattr(session_data, "MANY_SAMPLES", 50)
    page = open_page(film)

    loaded = memory_of(page).loaded
    assert loaded is not None
    assert not was_read(loaded)
    assert "the chart shows averages" in spoken(page)
    assert figures(page) == {}
    see(page, "Statistics")
    assert was_read(loaded)
    see(page, "Overview")
    assert figures(page)["Seen"] == "0:20"
    assert "It began mostly sad and ended mostly happy." in spoken(page)


def test_samples_are_read_again_only_when_they_changed(store, film):
    first = load_session(store, film)
    first.figures(1)
    add_marker(store, film, Marker(100, "note", "x"))
    renamed = load_session(store, film, first)
    add_marker(store, film, Marker(100, "exclude", end_ms=200))

    assert load_session(store, film, renamed).is_read is False
    assert renamed.is_read
    assert load_session(store, film, first) is not first


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\xa0", " ") for metric in page.metric}


def was_read(loaded: LoadedSession) -> bool:
    return loaded.is_read


def test_a_damaged_store_is_a_sentence_on_the_list(store, film):
    assert store.file is not None
    store.close()
    for path in store.file.parent.glob("sessions.sqlite3*"):
        Path(path).write_bytes(b"no database at all" * 100)

    page = open_page()

    assert len(page.error) == 1
    assert "Traceback" not in page.error[0].value
