"""The check-in form: every answer optional, kept as given, and the published scoring in words."""

import pytest
from streamlit.testing.v1 import AppTest

from app.session_statistics.check_ins import NO_DIAGNOSIS, PHQ4_ITEMS, PHQ4_QUESTION, Mood
from app.store.database import Store
from app.store.errors import StoreError
from app.store.participants import check_ins
from app.views.shared import check_in_form, mood_grid
from tests.helpers.pages import open_page, press_label, words
from tests.helpers.store_builders import make_participant


def form_alone() -> None:
    import streamlit as st

    from app.access import current
    from app.views.shared import check_in_form

    if check_in_form.render(current.store(), 1, phase="none", key="form"):
        st.markdown("told that it was saved")


@pytest.fixture
def page(store: Store) -> AppTest:
    make_participant(store)
    return open_page(form_alone)


def answer(page: AppTest, *scores: int | None) -> None:
    for number, score in enumerate(scores):
        if score is not None:
            page.segmented_control(key=f"form_0_phq4_{number}").set_value(score)


def save(page: AppTest) -> AppTest:
    return press_label(page, "Save check-in")


def test_an_empty_form_saves_nothing_and_says_so(page: AppTest, store: Store):
    save(page)

    assert "Nothing was saved" in words(page)
    assert "told that it was saved" not in words(page)
    assert check_ins(store) == []


def test_the_questions_are_worded_as_published(page: AppTest):
    assert PHQ4_QUESTION in words(page)
    assert tuple(control.label for control in page.segmented_control) == PHQ4_ITEMS
    assert all(control.value is None for control in page.segmented_control)
    assert NO_DIAGNOSIS in words(page)


def test_a_full_check_in_is_kept_once_and_its_scores_said(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mood_grid, "choose_mood", lambda **_: Mood(7, 3))
    page.text_area(key="form_0_note").set_value(" slept well ")
    answer(page, 0, 1, 0, 1)
    save(page)

    (kept,) = check_ins(store, participant_id=1)
    assert (kept.valence, kept.arousal, kept.note, kept.phq4, kept.phase) == (7, 3, "slept well", (0, 1, 0, 1), "none")
    assert [toast.value for toast in page.toast] == ["Check-in saved"]
    assert "told that it was saved" in words(page)
    assert "PHQ-4: 2 of 12 (normal)" in words(page)
    assert NO_DIAGNOSIS in words(page)
    assert not page.info  # no advice without a positive screen

    page.run()
    assert "told that it was saved" not in words(page)
    assert "The check-in is saved" in words(page)
    assert len(check_ins(store)) == 1


def test_questions_left_out_are_kept_as_left_out(page: AppTest, store: Store):
    answer(page, None, 2, None, 3)
    save(page)

    (kept,) = check_ins(store)
    assert (kept.phq4, kept.valence, kept.note) == ((None, 2, None, 3), None, "")
    assert "2 questions were not answered" in words(page)


def test_a_positive_screen_comes_with_calm_advice(page: AppTest):
    answer(page, 0, 0, 2, 2)
    save(page)

    (advice,) = page.info
    assert "suggest looking closer at depression" in advice.value
    assert "emergency number" in advice.value
    assert NO_DIAGNOSIS in words(page)


def test_a_mood_alone_is_enough(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mood_grid, "choose_mood", lambda **_: Mood(1, 9))
    save(page)

    (kept,) = check_ins(store)
    assert (kept.valence, kept.arousal, kept.phq4) == (1, 9, None)
    assert "PHQ-4:" not in words(page)


def test_another_check_in_starts_empty(page: AppTest, store: Store):
    answer(page, 1, 1, 1, 1)
    save(page)
    page.button(key="form_again").click().run()

    assert all(control.value is None for control in page.segmented_control)
    save(page)
    assert "Nothing was saved" in words(page)
    assert len(check_ins(store)) == 1


def test_a_store_that_cannot_write_leaves_the_form_as_it_is(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> int:
        raise StoreError("The store: there is no space left.")

    monkeypatch.setattr(check_in_form, "add_check_in", refuse)
    page.text_area(key="form_0_note").set_value("lost?")
    save(page)

    assert "no space left" in words(page)
    assert page.text_area(key="form_0_note").value == "lost?"
    assert "told that it was saved" not in words(page)
