"""The neutral face of the person who is recorded: measured with a countdown, or taken from an earlier session."""

import math
from datetime import timedelta, timezone

import streamlit as st

from app.markdown_text import plain, sentence
from app.recording.baseline import BaselineView
from app.recording.recording import Recording
from app.store.database import Store
from app.store.errors import StoreError
from app.store.participants import baselines
from app.store.records import StoredBaseline
from fer_core.expressions.baseline import Baseline

WHY = (
    "Some faces look sad or angry to the network even at rest. This measures your neutral face for five seconds; "
    "later samples carry corrected values beside the raw ones."
)


def render(store: Store, recording: Recording) -> None:
    """Draw it; asks the store once per run of the page for what was measured earlier."""
    try:
        earlier = next(
            (
                one
                for one in baselines(store, participant_id=recording.participant_id)
                if one.model_sha256 == recording.model_sha256
                and (recording.goes_on or one.session_id != recording.session_id)
            ),
            None,
        )
    except StoreError as error:
        st.error(sentence(str(error)))
        return
    _panel(recording, earlier)


@st.fragment(run_every=1.0)
def _panel(recording: Recording, earlier: StoredBaseline | None) -> None:
    view = recording.baseline_view()
    with st.container(border=True, key="record_baseline"):
        if view.stage in ("settling", "measuring"):
            _countdown(view)
            return
        if view.problems:
            st.warning(" ".join(view.problems))
        if view.stranger is not None:
            _ask_who(recording, view.stranger)
        _offer(recording, view, earlier)


def _ask_who(recording: Recording, face: int) -> None:
    """A face with a new number may be the participant's, after a while out of view, or the next person's."""
    name = plain(recording.choices.participant)
    st.warning(f"Face {face} is new. Its samples have no corrected values: the neutral face is {name}'s.")
    st.button(
        f"Face {face} is {name}",
        icon=":material/how_to_reg:",
        key="record_same_person",
        on_click=recording.is_participant,
        args=(face,),
    )


def _countdown(view: BaselineView) -> None:
    seconds = max(1, math.ceil(view.remaining_s))
    if view.stage == "settling":
        st.progress(0.0, text=f"Look into the camera and relax your face. Starting in {seconds} …")
    else:
        st.progress(view.share, text=f"Keep your face neutral and still: {seconds} …")


def _offer(recording: Recording, view: BaselineView, earlier: StoredBaseline | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if view.stage == "in use":
            st.markdown(
                ":material/check_circle: Neutral face in use: samples carry corrected values too.", width="content"
            )
        else:
            st.markdown("Neutral face: not measured yet", help=WHY, width="content")
        words = {"none": "Measure it", "failed": "Try again"}.get(view.stage, "Measure again")
        st.button(words, icon=":material/face:", key="record_measure", on_click=recording.measure_baseline)
        if earlier is not None and view.stage != "in use":
            day = earlier.measured_at.astimezone(timezone(timedelta(minutes=recording.choices.utc_offset_min)))
            st.button(
                f"Use the one of {day.day} {day:%B %Y}",
                key="record_reuse",
                on_click=recording.use_baseline,
                args=(as_measured(earlier),),
            )


def as_measured(stored: StoredBaseline) -> Baseline:
    """A stored baseline as it was measured; the store's numbers are short, so they are made to sum to 1 again."""
    total = sum(stored.probabilities.values())
    return Baseline({name: share / total for name, share in stored.probabilities.items()}, stored.samples)
