"""The parts of a session's page: statistics, tasks, markers, faces and the baseline."""

from dataclasses import replace

import pytest

from app.sessions.loaded import load_session
from app.store.privacy import delete_session
from app.store.session_parts import identities, markers, rename_identity
from fer_core.emotions import EMOTIONS
from fer_core.expressions.baseline import Baseline
from tests.helpers.pages import assert_fine, press, spoken
from tests.helpers.session_pages import HOSTILE, open_page, see
from tests.helpers.store_builders import make_participant, make_session, rows


def test_the_figures_are_those_of_summarise(store, film):
    page = open_page(film)
    see(page, "Statistics")

    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Seen"] == "0:20"
    assert metrics["Unsure"] == "0\u00a0%"
    summary = load_session(store, film).figures(1).whole
    assert summary.transitions.sum() == 1
    assert metrics["Changes per minute"] == f"{summary.flips_per_min:.1f}" == "3.0"
    assert "Not confident" in spoken(page)
    assert "not a diagnosis" in spoken(page) or "nothing here is a diagnosis" in spoken(page)


def test_tasks_are_told_apart_and_compared(store, film):
    page = open_page(film)
    see(page, "Tasks and markers")

    text = spoken(page)
    assert "first" in text
    assert "Time shown as happy is 100 points higher for second than for first" in text
    assert "these recordings alone" in text
    page.selectbox(key=f"tasks_{film}_second").set_value("first").run()
    assert_fine(page)
    assert "Choose two different sides to compare." in spoken(page)


def test_a_session_without_tasks_says_how_to_make_some(store):
    page = open_page(make_session(store, make_participant(store)))
    see(page, "Tasks and markers")

    assert "This session has no tasks" in spoken(page)


def test_markers_are_added_changed_and_deleted(store, film):
    page = open_page(film)
    see(page, "Tasks and markers")
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
    see(page, "Tasks and markers")
    page.button_group(key=f"marker_kind_{film}").set_value("exclude").run()
    page.text_input(key="marker_new_exclude_5_time").set_value("0:00")
    page.text_input(key="marker_new_exclude_5_end").set_value("0:10")
    press(page, "marker_add")

    assert load_session(store, film).figures(1).whole.label_shares["happy"] == pytest.approx(1)
    see(page, "Overview")
    assert "Happy 100 %" in [metric.value.replace("\xa0", " ") for metric in page.metric]
    see(page, "Tasks and markers")
    page.button_group(key=f"marker_kind_{film}").set_value("exclude").run()
    page.text_input(key="marker_new_exclude_6_time").set_value("0:10")
    page.text_input(key="marker_new_exclude_6_end").set_value("0:20")
    press(page, "marker_add")
    assert "This range is excluded." in spoken(page)

    press(page, "undo")

    assert "This range counts again." in spoken(page)
    assert [(one.time_ms, one.end_ms) for one in markers(store, film) if one.kind == "exclude"] == [(0, 10_000)]


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
    see(page, "Tasks and markers")
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

    page.text_input(key="face_text_2").set_value("the *child*")
    press(page, "face_save_2")
    assert "Face 2** · the *child* · 5 samples" in spoken(page)
    assert page.selectbox(key="face_into_1").options == ["the *child*"], "a select box reads no Markdown"
    page.selectbox(key="face_into_2").set_value(1)
    press(page, "face_merge_now_2")
    assert identities(store, number)[1].merged_into == 1
    assert "Face 1** · 15 samples" in spoken(page)
    press(page, "face_split_2")
    press(page, "face_ignore_2")
    assert "ignored" in spoken(page)
    press(page, "face_count_2")
    assert [face.ignored for face in identities(store, number)] == [False, False]
    see(page, "Overview")
    assert page.selectbox(key=f"session_face_{number}").options == ["Face 1", "the *child*"]


def test_what_was_done_to_markers_and_faces_is_taken_back(store, film):
    page = open_page(film)
    before = markers(store, film)
    see(page, "Tasks and markers")
    press(page, f"marker_delete_{before[0].id}")
    assert len(markers(store, film)) == len(before) - 1
    press(page, "undo")
    assert "The marker is back." in spoken(page)
    assert [replace(one, id=0) for one in markers(store, film)] == [replace(one, id=0) for one in before]

    (changed,) = [one for one in markers(store, film) if one.text == "first" and one.kind == "task_start"]
    page.text_input(key=f"marker_{changed.id}_text").set_value("another task")
    press(page, f"marker_save_{changed.id}")
    press(page, "undo")
    assert changed in markers(store, film)

    see(page, "Overview")
    page.text_input(key="face_text_1").set_value("Mia")
    press(page, "face_save_1")
    assert identities(store, film)[0].name == "Mia"
    press(page, "undo")
    press(page, "face_ignore_1")
    assert "Face 1 is ignored." in spoken(page)
    press(page, "undo")
    assert "Face 1 counts again." in spoken(page)
    (face,) = identities(store, film)
    assert (face.name, face.ignored) == ("", False)
    assert [button.key for button in page.button if button.key == "undo"] == [], "once"


def test_what_is_gone_meanwhile_cannot_be_taken_back(store, film):
    page = open_page(film)
    see(page, "Tasks and markers")
    press(page, f"marker_delete_{markers(store, film)[0].id}")
    delete_session(store, film)

    press(page, "undo")

    assert "This cannot be undone: There is no session" in page.error[0].value


def test_faces_stand_side_by_side_and_against_each_other(store):
    both = rows("sad", count=100) + rows("happy", face=2, count=60) + rows("fear", face=3, count=20)
    number = make_session(store, make_participant(store), both)
    for face in (1, 3):
        rename_identity(store, number, face, "Mia")
    page = open_page(number)
    assert page.selectbox(key=f"session_face_{number}").options == ["Mia (face 1)", "Face 2", "Mia (face 3)"]
    assert "clear difference" not in spoken(page)

    page.toggle(key=f"faces_beside_{number}").set_value(True).run()

    assert_fine(page)
    text = spoken(page)
    assert all(f">{title}</span></th>" in text for title in ("Mia (face 1)", "Face 2", "Mia (face 3)"))
    assert "Time shown as happy is 100 points higher for Face 2 than for Mia (face 1)" in text
    page.selectbox(key=f"faces_{number}_second").set_value(3).run()
    assert "Time shown as fear is 100 points higher for Mia (face 3) than for Mia (face 1)" in spoken(page)
    page.selectbox(key=f"faces_{number}_second").set_value(1).run()
    assert "Choose two different sides to compare." in spoken(page)


def test_when_all_faces_are_ignored_the_page_says_so(store, film):
    page = open_page(film)
    press(page, "face_ignore_1")

    for part in ("Overview", "Tasks and markers", "Statistics", "Export"):
        see(page, part)
    see(page, "Overview")
    assert "all faces are ignored" in spoken(page)


def test_a_baseline_gives_a_choice(store):
    resting = Baseline({e: 0.4 if e in ("sad", "neutral") else 0.04 for e in EMOTIONS})
    number = make_session(store, make_participant(store), rows("sad", correct=resting.correct_face))
    page = open_page(number)
    page.button_group(key=f"session_values_{number}").set_value("Relative to neutral").run()
    assert_fine(page)

    see(page, "Statistics")
    raw, corrected = (load_session(store, number).figures(1, corrected=c).whole for c in (False, True))
    assert corrected.mean_probabilities["sad"] < raw.mean_probabilities["sad"]
