"""The Sessions page as Streamlit runs it, over a real store in a file."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import session_data, state
from app.session_data import LoadedSession, load_session
from app.session_memory import SessionMemory
from app.store import privacy
from app.store.database import Store
from app.store.participants import add_check_in
from app.store.records import CheckIn, Marker
from app.store.samples import Samples, add_samples, read_samples
from app.store.session_parts import add_marker, identities, markers
from app.store.sessions import session, sessions, start_session
from app.views import session_files
from app.views.session_files import exported
from app.views.sessions_compare import session_titles
from fer_core.baseline import Baseline
from fer_core.emotions import EMOTIONS
from tests.app.pages import assert_fine, memory_of, page_of, press, spoken
from tests.app.store.builders import NOON, make_participant, make_session, new_session, rows

HOSTILE = "<script>alert(1)</script> *bold* [link](http://evil.example)"
SAD_THEN_HAPPY = rows("sad", count=50) + rows("happy", start_ms=10_000, count=50)


def script() -> None:
    from app.views import sessions

    sessions.render()


@pytest.fixture
def film(store: Store) -> int:
    """A session that is sad for ten seconds and then happy for ten, with two tasks."""
    number = make_session(store, make_participant(store), SAD_THEN_HAPPY)
    for at_ms, kind, text in (
        (0, "task_start", "first"), (9000, "task_end", "first"), (11_000, "task_start", "second"),
        (19_000, "task_end", "second"), (5000, "note", "the door"),
    ):  # fmt: skip
        add_marker(store, number, Marker(at_ms, kind, text))  # type: ignore[arg-type]
    return number


def open_page(opened: int | None = None) -> AppTest:
    page = page_of(script)
    if opened is not None:
        page.session_state["session_memory"] = SessionMemory(opened=opened)
    page.run()
    assert_fine(page)
    return page


def see(page: AppTest, part: str) -> None:
    number = memory_of(page).opened
    page.button_group(key=f"session_part_{number}").set_value(part).run()
    assert_fine(page)


def test_without_sessions_the_page_says_where_they_come_from(store):
    page = open_page()

    assert "No session is kept yet" in spoken(page)
    assert [button.label for button in page.button] == ["Record on Live", "Analyse a file"]


def test_a_store_that_cannot_be_opened_is_a_sentence(monkeypatch, tmp_path):
    state.store.clear()
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))

    page = open_page()

    assert len(page.error) == 1
    assert page.error[0].value.startswith("The store ")


def test_the_list_tells_what_each_session_is(store):
    mia, ben = make_participant(store, "Mia"), make_participant(store, "Ben")
    make_session(store, mia, title=HOSTILE)
    make_session(store, ben, title="With film", video_file="a.mp4", video_consent_at=NOON, started_at=NOON)
    start_session(store, new_session(ben, title="Now", started_at=NOON + timedelta(days=1)))

    page = open_page()

    text = spoken(page)
    assert "Mia · Fri 1 May 2026, 14:00 · 1:00 · 10 samples · live camera" in text
    assert "10 samples · live camera · with video" in text
    assert "still going on · 0 samples" in text
    assert "Recording now" in text
    opens = [button.label for button in page.button if (button.key or "").startswith("session_open")]
    assert opens[0] == "Now"
    assert all("<script>" not in label for label in opens), "its signs are escaped"
    page.selectbox(key="sessions_participant").set_value(mia).run()
    assert_fine(page)
    assert "Ben ·" not in spoken(page)


def test_a_long_list_comes_in_pages(store):
    person = make_participant(store)
    for day in range(23):
        make_session(store, person, title=f"Day {day}", started_at=NOON + timedelta(days=day))

    page = open_page()

    def shown() -> list[str]:
        return [button.label for button in page.button if (button.key or "").startswith("session_open")]

    assert (len(shown()), shown()[0]) == (20, "Day 22")
    page.number_input(key="sessions_page").set_value(2).run()
    assert_fine(page)
    assert shown() == ["Day 2", "Day 1", "Day 0"]


def test_a_session_opens_with_its_sentence_and_timeline(store, film):
    page = open_page()
    press(page, f"session_open_{film}")

    text = spoken(page)
    assert "It began mostly sad and ended mostly happy." in text
    assert "P01 · Fri 1 May 2026, 14:00 · 1:00 long · 100 samples · live camera · model compact_se" in text
    assert len(page.get("plotly_chart")) == 1
    press(page, "session_back")
    assert "session_open_1" in [button.key for button in page.button]


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


def test_the_figures_are_those_of_summarise(store, film):
    page = open_page(film)
    see(page, "Figures")

    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Seen for"] == "0:20"
    assert metrics["Unsure"] == "0 %"
    summary = load_session(store, film).figures(1).whole
    assert summary.transitions.sum() == 1
    assert metrics["Changes per minute"] == f"{summary.flips_per_min:.1f}" == "3.0"
    assert "Not confident" in spoken(page)
    assert "not a diagnosis" in spoken(page) or "nothing here is a diagnosis" in spoken(page)


def test_tasks_are_told_apart_and_compared(store, film):
    page = open_page(film)
    see(page, "Tasks")

    text = spoken(page)
    assert "first" in text
    assert "Time shown as happy is 100 points higher for second than for first" in text
    assert "these very recordings alone" in text
    page.selectbox(key=f"task_second_{film}").set_value("first").run()
    assert_fine(page)
    assert "Choose two different tasks." in spoken(page)


def test_a_session_without_tasks_says_how_to_make_some(store):
    page = open_page(make_session(store, make_participant(store)))
    see(page, "Tasks")

    assert "This session has no tasks" in spoken(page)


def test_markers_are_added_changed_and_deleted(store, film):
    page = open_page(film)
    see(page, "Markers")
    page.text_input(key="marker_new_note_5_time").set_value("0:12.5")
    page.text_input(key="marker_new_note_5_text").set_value(HOSTILE)
    press(page, "marker_add")

    added = next(marker for marker in markers(store, film) if marker.text == HOSTILE)
    assert (added.time_ms, added.kind) == (12_500, "note")
    assert "0:12.5 · Note" in spoken(page)

    page.text_input(key=f"marker_{added.id}_time").set_value("13")
    page.text_input(key=f"marker_{added.id}_text").set_value("the window")
    press(page, f"marker_save_{added.id}")
    assert "0:13.0 · Note · the window" in spoken(page)

    press(page, f"marker_delete_{added.id}")
    assert "the window" not in spoken(page)
    assert len(markers(store, film)) == 5


def test_an_excluded_range_takes_its_time_out_of_the_figures(store, film):
    page = open_page(film)
    see(page, "Markers")
    page.button_group(key=f"marker_kind_{film}").set_value("exclude").run()
    page.text_input(key="marker_new_exclude_5_time").set_value("0:00")
    page.text_input(key="marker_new_exclude_5_end").set_value("0:10")
    press(page, "marker_add")

    assert load_session(store, film).figures(1).whole.label_shares["happy"] == pytest.approx(1)
    see(page, "Timeline")
    assert "Mostly happy (100 %)" in spoken(page)


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("note", {"time": "soon"}, "A time must be minutes and seconds such as 1:15"),
        ("note", {"time": "2:00"}, "The session is 1:00.0 long"),
        ("task_start", {"time": "0:01"}, "must carry the task's name"),
        ("exclude", {"time": "0:05", "end": "0:04"}, "must end after its start"),
    ],
)
def test_a_marker_that_cannot_be_is_a_sentence(store, film, kind, fields, sentence):
    page = open_page(film)
    see(page, "Markers")
    page.button_group(key=f"marker_kind_{film}").set_value(kind).run()
    for name, text in fields.items():
        page.text_input(key=f"marker_new_{kind}_5_{name}").set_value(text)
    press(page, "marker_add")

    assert len(page.error) == 1
    assert sentence in page.error[0].value
    assert len(markers(store, film)) == 5


def test_faces_are_named_merged_split_and_ignored(store):
    number = make_session(store, make_participant(store), rows("sad") + rows("happy", face=2, start_ms=2000, count=5))
    page = open_page(number)
    assert "Face 1" in page.selectbox(key=f"session_face_{number}").options[0]
    see(page, "Faces")

    page.text_input(key="face_text_2").set_value("the *child*")
    press(page, "face_save_2")
    assert "Face 2** · the *child* · 5 samples" in spoken(page)
    page.selectbox(key="face_into_2").set_value(1)
    press(page, "face_merge_now_2")
    assert identities(store, number)[1].merged_into == 1
    assert "Face 1** · 15 samples" in spoken(page)
    press(page, "face_split_2")
    press(page, "face_ignore_2")
    assert "ignored" in spoken(page)
    press(page, "face_count_2")
    assert [face.ignored for face in identities(store, number)] == [False, False]


def test_when_all_faces_are_ignored_the_page_says_so(store, film):
    page = open_page(film)
    see(page, "Faces")
    press(page, "face_ignore_1")

    for part in ("Timeline", "Figures", "Tasks", "Report and files"):
        see(page, part)
    see(page, "Timeline")
    assert "No face counts" in spoken(page)


def test_a_baseline_gives_a_choice(store):
    resting = Baseline({e: 0.4 if e in ("sad", "neutral") else 0.04 for e in EMOTIONS})
    number = make_session(store, make_participant(store), rows("sad", correct=resting.correct_face))
    page = open_page(number)
    page.button_group(key=f"session_values_{number}").set_value("Baseline taken off").run()
    assert_fine(page)

    see(page, "Figures")
    raw, corrected = (load_session(store, number).figures(1, corrected=c).whole for c in (False, True))
    assert corrected.mean_probabilities["sad"] < raw.mean_probabilities["sad"]


def test_check_ins_stand_below_the_head(store, film):
    add_check_in(store, CheckIn(1, NOON, "before", film, 7, 3, HOSTILE, (3, 3, 0, 0)))

    text = spoken(open_page(film))

    assert "Check-in before: pleasure 7 of 9 · arousal 3 of 9 · PHQ-4: 6 of 12 (moderate)" in text


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
    for part in ("Figures", "Tasks", "Markers", "Faces", "Report and files"):
        see(page, part)

    page = open_page(99)
    assert "There is no session 99" in page.error[0].value


def test_a_session_that_is_being_recorded_grows_and_cannot_be_deleted(store):
    number = start_session(store, new_session(make_participant(store)))
    add_samples(store, number, rows("sad", count=20))
    page = open_page(number)
    assert "0:04 long · 20 samples · live camera · model compact_se · recording now" in spoken(page)

    add_samples(store, number, rows("sad", start_ms=4000, count=20))
    press(page, "session_reload")
    assert "0:08 long · 40 samples" in spoken(page)
    assert "In view for 0:08." in spoken(page)
    see(page, "Report and files")
    assert "It is being recorded; end the recording first." in spoken(page)
    assert "session_delete_now" not in [button.key for button in page.button]


def test_a_long_session_opens_on_averages_and_reads_its_samples_for_figures(store, film, monkeypatch):
    monkeypatch.setattr(session_data, "MANY_SAMPLES", 50)
    page = open_page(film)

    loaded = memory_of(page).loaded
    assert loaded is not None
    assert not was_read(loaded)
    assert "the chart shows averages" in spoken(page)
    see(page, "Figures")
    assert was_read(loaded)
    see(page, "Timeline")
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


def test_the_export_is_the_stores_and_reads_back(store, film):
    with zipfile.ZipFile(io.BytesIO(exported(store, film))) as archive:
        assert "samples.csv" in archive.namelist()
        assert "samples.parquet" in archive.namelist()


def was_read(loaded: LoadedSession) -> bool:
    return loaded.is_read


def upload(page: AppTest, name: str, content: bytes) -> None:
    field: Any = page.file_uploader[0]
    field.set_value([(name, content, "application/zip")]).run()
    press(page, "sessions_import_start")


def test_an_exported_session_is_imported(store, film):
    content = exported(store, film)
    page = open_page()
    upload(page, "mine.zip", content)
    assert "this session is already stored" in page.error[0].value

    page = open_page(film)
    see(page, "Report and files")
    press(page, "session_delete_now")
    page = open_page()
    upload(page, "mine.zip", content)
    assert "mine.zip was imported." in spoken(page)
    assert memory_of(page).opened == sessions(store)[0].id


def test_what_is_no_export_is_refused_in_a_sentence(store):
    page = open_page()
    upload(page, "letter.zip", b"no zip")

    assert page.error[0].value.startswith("letter.zip cannot be imported: ")


def test_deleting_asks_first_and_says_what_remains(store, film, monkeypatch):
    page = open_page(film)
    see(page, "Report and files")
    assert "goes for good" in spoken(page)
    real, warning = privacy.delete_session, "Traces stay in the -wal file."
    monkeypatch.setattr(session_files, "delete_session", lambda *given: replace(real(*given), warning=warning))
    press(page, "session_delete_now")

    assert sessions(store) == []
    assert "is deleted." in spoken(page)
    assert page.error[0].value == warning


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


def test_a_damaged_store_is_a_sentence_on_the_list(store, film):
    assert store.file is not None
    store.close()
    for path in store.file.parent.glob("sessions.sqlite3*"):
        Path(path).write_bytes(b"no database at all" * 100)

    page = open_page()

    assert len(page.error) == 1
    assert "Traceback" not in page.error[0].value
