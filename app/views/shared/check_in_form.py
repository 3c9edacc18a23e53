"""How somebody feels, in their own words and on two published scales; every answer may be left out."""

from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from app import state
from app.access import current
from app.access.types import Right
from app.markdown_text import sentence
from app.session_statistics.check_ins import NO_DIAGNOSIS, PHQ4_ANSWERS, PHQ4_ITEMS, PHQ4_QUESTION, Phq4
from app.store.database import Store
from app.store.errors import StoreError
from app.store.participants import add_check_in
from app.store.records import CheckIn, local_offset_min
from app.views.shared import mood_grid

_WHEN = {"before": "before the session", "after": "after the session", "none": "now"}
_PHQ4_HINT = (
    "PHQ-4 by Kroenke, Spitzer, Williams and Löwe (2009): four published questions that doctors use to look for signs "
    "of anxiety and depression. Free for everybody to use."
)


def render(
    store: Store,
    participant_id: int,
    *,
    phase: Literal["before", "after", "none"],
    session_id: int | None = None,
    key: str,
) -> bool:
    """The form; once it is saved, what the answers mean, with a button for another one.

    Args:
        store: where it is kept.
        participant_id: whose it is.
        phase: before or after a session, or without one.
        session_id: that session; it may be None while there is none yet.
        key: of the form and its fields, a different one for each place that shows it.

    Returns:
        True in the run in which a check-in was saved.
    """
    memory = state.session_memory()
    whose = (key, participant_id, session_id)
    # Two places, as one that is drawn twice in a run, form and then answer, can leave a blank page: Streamlit merges
    # messages of the same place that wait to be sent, and a later one may then come before what it stands in.
    saved_place, form_place = st.empty(), st.empty()
    if whose in memory.checked_in:
        with saved_place.container():
            _saved(memory.checked_in[whose], key=key)
        return False
    with form_place.container():
        check_in = _form(participant_id, phase, session_id, key=f"{key}_{memory.check_ins_saved}")
    if check_in is None or not _keep(store, check_in):
        return False
    memory.checked_in[whose] = check_in
    memory.check_ins_saved += 1
    form_place.empty()
    st.toast("Check-in saved", icon=":material/check_circle:")  # on a phone the place above is out of sight
    with saved_place.container():
        _saved(check_in, key=key)
    return True


def phq4_words(answers: tuple[int | None, ...]) -> None:
    """Show the published scoring in words, calmly, with the advice where a screen is positive."""
    scores = Phq4(answers)
    st.markdown(scores.summary())
    st.caption(
        f"{NO_DIAGNOSIS} Totals of 0 to 2 are called normal, 3 to 5 mild, 6 to 8 moderate and 9 to 12 severe; from 3 "
        "of 6 on, each half is a sign to look closer."
    )
    if advice := scores.advice():
        st.info(advice, icon=":material/favorite:")


def _form(
    participant_id: int, phase: Literal["before", "after", "none"], session_id: int | None, *, key: str
) -> CheckIn | None:
    """Draw the fields; gives what was sent, None while nothing was."""
    with st.form(key, border=True):
        st.markdown(
            f"**How do you feel {_WHEN[phase]}?**",
            help="All optional. Your answers are kept beside the expressions, so you can compare what a face showed "
            "with how you felt.",
        )
        left, right = st.columns(2, gap="medium")
        with left:
            mood = mood_grid.choose_mood(key=f"{key}_mood")
        with right:
            note = st.text_area(
                "Note", key=f"{key}_note", height=150, max_chars=2000, placeholder="What was going on, if you like"
            )
        with st.expander("Four questions on worry and low mood (PHQ-4)"):
            answers = _questions(key)
        sent = st.form_submit_button("Save check-in", icon=":material/check:")
    if not sent:
        return None
    has_scores = set(answers) != {None}
    if mood is None and not note.strip() and not has_scores:
        st.warning("Nothing was saved: no question was answered.")
        return None
    return CheckIn(
        participant_id,
        datetime.now(UTC),
        phase,
        session_id,
        valence=mood.valence if mood else None,
        arousal=mood.arousal if mood else None,
        note=note.strip(),
        phq4=answers if has_scores else None,
        utc_offset_min=_offset_min(),
    )


def _questions(key: str) -> tuple[int | None, ...]:
    st.markdown(PHQ4_QUESTION, help=_PHQ4_HINT)
    answers = tuple(
        st.segmented_control(
            item, range(len(PHQ4_ANSWERS)), format_func=PHQ4_ANSWERS.__getitem__, key=f"{key}_phq4_{number}"
        )
        for number, item in enumerate(PHQ4_ITEMS)
    )
    st.caption(f"Press an answer again to remove it. Every question is optional. {NO_DIAGNOSIS}")
    return answers


def _keep(store: Store, check_in: CheckIn) -> bool:
    current.require(Right.RECORD)
    try:
        add_check_in(store, check_in)
    except StoreError as error:
        st.error(sentence(str(error)))
        return False
    return True


def _saved(check_in: CheckIn, *, key: str) -> None:
    with st.container(border=True):
        st.markdown(":material/check_circle: **The check-in is saved.**")
        if check_in.phq4 is not None:
            phq4_words(check_in.phq4)
        st.button("Another check-in", key=f"{key}_again", on_click=_forget, args=(key,))


def _forget(key: str) -> None:
    saved = state.session_memory().checked_in
    for whose in [whose for whose in saved if whose[0] == key]:
        del saved[whose]


def _offset_min() -> int:
    """Minutes by which the clock of the person before the browser is ahead of UTC."""
    behind = st.context.timezone_offset
    return local_offset_min() if behind is None else -behind
