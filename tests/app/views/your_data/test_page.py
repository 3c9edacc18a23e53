"""The data page as Streamlit runs it: what is stored, and how it goes."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from app.access.types import LOCAL_USER
from app.formatting import clock
from app.opened_store import everybodys_store
from app.store.database import Store
from app.store.errors import StoreError
from app.store.participants import add_check_in, check_ins, participants
from app.store.privacy import Deleted, retention_days
from app.store.records import CheckIn
from app.store.sessions import sessions
from app.views.your_data import participants as data_people
from app.views.your_data.participants import ROWS
from app.views.your_data.storage import Part, bar
from tests.helpers.pages import memory_of, open_page, press, words
from tests.helpers.store_builders import make_participant, make_session

NOW = datetime.now(UTC).replace(hour=9, minute=0)


def data_alone() -> None:
    from app.views.your_data import page as data

    data.render()


@pytest.fixture
def filled(store: Store) -> Store:
    """Ada has an old and a new session and a check-in, Bo one session."""
    ada = make_participant(store, "Ada")
    make_session(store, ada, started_at=NOW - timedelta(days=100))
    make_session(store, ada, started_at=NOW - timedelta(days=10))
    add_check_in(store, CheckIn(ada, NOW - timedelta(days=100), note="then"))
    make_session(store, make_participant(store, "Bo"), started_at=NOW - timedelta(days=5))
    return store


def test_it_says_what_is_stored_where_and_since_when(filled: Store):
    page = open_page(data_alone)

    oldest = NOW - timedelta(days=100)
    since = f"{oldest.day} {oldest:%B %Y}"
    assert f"3 sessions of 2 participants with 30 samples, 1 check-in, since {since}." in words(page)
    assert re.search(r"Database: [\d.]+ (kB|MB).*Videos: 0.0 kB.*Free on this disk: [\d,.]+ [MG]B", words(page))
    assert str(filled.file) in words(page)
    assert "Backups and snapshots" in words(page)
    assert "LUKS" in words(page)


def test_an_empty_store_is_calm(store: Store):
    page = open_page(data_alone)

    assert "Nothing is stored yet." in words(page)
    assert "No participants yet. Record a session on the Live page" in words(page)
    assert not page.error


def test_the_bar_has_a_piece_for_all_that_takes_space():
    html = bar([Part("Database", 3000, "#111111"), Part("Videos", 0, "#222222"), Part("Free", 9000, "#333333")])

    pieces = html.split('class="fer-room-key"')[0]
    assert re.findall(r"flex:(\d+) 0 0; background:(#\d+)", pieces) == [("3000", "#111111"), ("9000", "#333333")]
    assert "Videos: 0.0 kB" in html


def test_each_participant_has_a_row_of_what_is_theirs(filled: Store):
    page = open_page(data_alone)

    rows = re.findall(r'<div class="fer-person"><b>(.*?)</b><span>(.*?)</span>', words(page))
    newest = NOW - timedelta(days=10)
    length = sum(one.duration_s or 0 for one in sessions(filled, participant_id=1))
    assert rows[0] == (
        "Ada",
        f"2 sessions, {clock(length)} in all · 1 check-in · last on {newest.day} {newest:%B %Y}",
    )
    assert rows[1][1].startswith("1 session, ")


def test_a_long_list_is_searched_and_turned(store: Store):
    for number in range(ROWS + 2):
        make_participant(store, f"P{number:02d}")
    page = open_page(data_alone)
    assert words(page).count('class="fer-person"') == ROWS
    assert f"1–{ROWS} of {ROWS + 2}" in words(page)

    page.text_input(key="data_find").set_value("p11").run()

    assert re.findall(r"<b>(P\d+)</b>", words(page)) == ["P11"]
    assert "1–1 of 1" in words(page)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [("mysql://host/x", "DATABASE_URL must be"), ("postgresql://127.0.0.1:1/x", "no server answers")],
)
def test_a_store_that_cannot_be_opened_is_a_sentence(url: str, sentence: str, monkeypatch: pytest.MonkeyPatch):
    everybodys_store.clear()
    monkeypatch.setenv("DATABASE_URL", url)
    page = open_page(data_alone)

    assert len(page.error) == 1
    assert sentence in page.error[0].value
    assert "reload the page" in words(page)
    everybodys_store.clear()


def test_a_full_disk_is_a_sentence(filled: Store, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise StoreError("The store x: there is no space left; free some, nothing of this step was stored.")

    monkeypatch.setattr(data_people, "edit_participant", fail)
    page = open_page(data_alone)
    page.text_input(key="data_name_1").set_value("Eva")
    next(button for button in page.button if button.label == "Save").click().run()

    assert not page.exception
    assert "no space left" in page.error[0].value


def test_a_participant_is_renamed_with_a_note(filled: Store):
    page = open_page(data_alone)
    page.text_input(key="data_name_1").set_value("P-17")
    page.text_area(key="data_note_1").set_value("moved")
    next(button for button in page.button if button.label == "Save").click().run()

    assert {(one.name, one.note) for one in participants(filled)} == {("P-17", "moved"), ("Bo", "left-handed")}
    assert r"P\-17 is saved." in words(page)

    press(page, "undo")

    assert {(one.name, one.note) for one in participants(filled)} == {("Ada", "left-handed"), ("Bo", "left-handed")}
    assert "Ada is as before." in words(page)


def test_a_taken_name_is_refused(filled: Store):
    page = open_page(data_alone)
    page.text_input(key="data_name_1").set_value("Bo")
    next(button for button in page.button if button.label == "Save").click().run()

    assert "already a participant 'Bo'" in page.error[0].value


def test_everything_of_a_participant_is_exported(filled: Store):
    with zipfile.ZipFile(io.BytesIO(data_people.exported(filled, 1, LOCAL_USER))) as archive:
        names = archive.namelist()

    assert "participant.json" in names
    assert sum(name.startswith("sessions/") for name in names) == 2
    assert filled.file is not None
    assert [path.name for path in filled.file.parent.iterdir() if path.is_dir()] == [], "nothing is left behind"


def test_a_participant_goes_only_with_the_name_typed(filled: Store):
    page = open_page(data_alone)
    press(page, "data_delete_sent_1")
    assert "the name does not match" in words(page)
    assert len(participants(filled)) == 2

    memory_of(page).opened = 1
    page.text_input(key="data_delete_name_1").set_value("Ada")
    press(page, "data_delete_sent_1")

    assert [one.name for one in participants(filled)] == ["Bo"]
    assert "Ada: deleted with 2 sessions." in words(page)
    assert memory_of(page).opened is None
    assert "1 session of 1 participant" in words(page)


def test_a_warning_of_traces_is_shown(filled: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(data_people, "delete_participant", lambda *_: Deleted(2, 1, "Traces of it stay for now."))
    page = open_page(data_alone)
    page.text_input(key="data_delete_name_1").set_value("Ada")
    press(page, "data_delete_sent_1")

    assert page.error[0].value == "Traces of it stay for now."
    assert "deleted with 2 sessions and 1 video." in words(page)


def test_everything_goes_only_with_the_words_typed(filled: Store):
    page = open_page(data_alone)
    page.text_input(key="data_everything_typed").set_value("yes")
    press(page, "data_everything_sent")
    assert "Nothing was deleted: type" in words(page)
    assert len(sessions(filled)) == 3

    page.text_input(key="data_everything_typed").set_value("Delete everything")
    press(page, "data_everything_sent")

    assert (participants(filled), sessions(filled)) == ([], [])
    assert "Everything: deleted with 3 sessions." in words(page)


def test_retention_says_what_it_would_delete_and_does_it_when_confirmed(filled: Store):
    page = open_page(data_alone)
    assert "kept **until you delete it**" in words(page)
    page.radio(key="data_keep_for").set_value("30").run()

    assert "1 session, 1 check-in older than 30 days will be deleted now." in words(page)
    follows = NOW - timedelta(days=10) + timedelta(days=30)
    assert f"The next session becomes that old on {follows.day} {follows:%B %Y}" in words(page)
    assert page.button(key="data_days_sent").label == "Keep for 30 days and delete what is older"
    assert (len(sessions(filled)), retention_days(filled)) == (3, None), "nothing happens before it is confirmed"

    press(page, "data_days_sent")

    assert (len(sessions(filled)), len(check_ins(filled)), retention_days(filled)) == (2, 0, 30)
    assert "kept **for 30 days**" in words(page)

    page.radio(key="data_keep_for").set_value("Until deleted").run()
    press(page, "data_keep")
    assert retention_days(filled) is None
    assert len(sessions(filled)) == 2


def test_a_number_of_days_of_ones_own_is_kept(filled: Store):
    page = open_page(data_alone)
    page.radio(key="data_keep_for").set_value("Other").run()
    page.number_input(key="data_days").set_value(200).run()
    press(page, "data_days_sent")

    assert retention_days(filled) == 200
    assert len(sessions(filled)) == 3, "none was that old"
    assert page.radio(key="data_keep_for").value == "Other"
    assert page.number_input(key="data_days").value == 200
