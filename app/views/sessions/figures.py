"""A session in figures: shares, dwell times, what followed what, why the program was unsure, the strongest moments."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from app.charts import session as session_charts
from app.formatting import clock, signed, whole_percent
from app.markdown_text import plain
from app.report import session_tables
from app.session_statistics.summary import APART_S, PEAK_FROM, Spread
from app.sessions.loaded import FaceFigures, LoadedSession
from app.sessions.wording import CAVEATS, LEVELS_IN_WORDS, check_in_line
from app.tab_memory import SessionMemory
from app.views.sessions.face_choice import Choice, read_words
from app.views.sessions.tables import styled
from app.views.shared.check_in_form import phq4_words
from fer_core.results import Level

PLOT = {"displayModeBar": False}
_LEVEL_HELP: Final[Mapping[Level, str]] = {
    Level.NAMED: "Share of the time with a label that the program was sure enough to name.",
    Level.LEANING: "Share of the time in which the program leaned to a label without naming it. It counts as time of "
    "that expression.",
    Level.UNSURE: "Share of the time without a label.",
}


def render(loaded: LoadedSession, memory: SessionMemory, choice: Choice) -> None:
    """Draw them."""
    _figures(loaded, choice)
    _phq4(loaded)


def _phq4(loaded: LoadedSession) -> None:
    """The scores of the PHQ-4 that belong to the session, only when they are asked for."""
    answered = [one for one in loaded.outline.check_ins if one.phq4 is not None]
    if answered and st.toggle(
        "Show the scores of the PHQ-4",
        key=f"session_phq4_{loaded.outline.session.id}",
        help="The PHQ-4 asks about anxiety and low mood. Its answers are about health: look who else sees the screen.",
    ):
        for one in answered:
            if one.phq4 is not None:
                st.markdown(plain(check_in_line(one)))
                phq4_words(one.phq4)


def _figures(loaded: LoadedSession, choice: Choice) -> None:
    if choice.face is None:
        st.caption("There are no figures: no face counts.")
        return
    with st.spinner(read_words(loaded)):
        figures = loaded.figures(choice.face, corrected=choice.corrected)
    if not figures.whole.watched_s:
        st.caption("There are no figures: this face was not seen in the time that counts.")
        return
    _headline(figures)
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(
            "Share of the time",
            help="Of the time in which the face was seen and counts. Paler: the program leaned to the label "
            "(“probably …”).",
        )
        st.plotly_chart(
            session_charts.distribution(figures.whole.label_shares, figures.whole.leaning_shares),
            key="session_shares",
            config=PLOT,
            theme=None,
        )
        st.caption("How long a label stayed", help="Each time it came. Half of the stays were shorter than the median.")
        st.html(styled(session_tables.dwell_times(figures.whole)))
    with right:
        st.caption(
            "What followed what",
            help="How often the label of the row was followed at once by that of the "
            "column. Nothing is counted across gaps and what is left out.",
        )
        st.html(styled(session_tables.transitions(figures.whole.transitions)))
        st.caption(
            "Why the program was unsure",
            help="Reasons found by looking at the picture, and too small a lead. One moment can have several reasons.",
        )
        st.html(styled(session_tables.doubts(figures.doubts)))
    _peaks(figures)
    with st.expander("How to read these figures", icon=":material/info:"):
        st.markdown("\n".join(f"- {caveat}" for caveat in CAVEATS))


def _headline(figures: FaceFigures) -> None:
    whole = figures.whole
    facts = [
        ("Seen for", clock(whole.watched_s), "Time in which the face was in view and counts."),
        *(
            (LEVELS_IN_WORDS[level], whole_percent(whole.level_shares[level]), words)
            for level, words in _LEVEL_HELP.items()
        ),
        (
            "Valence",
            _mean(whole.valence),
            f"From unpleasant ({signed(-1, 0)}) to pleasant (+1), averaged over time. {_liveliness(whole.valence)}",
        ),
        (
            "Arousal",
            _mean(whole.arousal),
            f"From calm ({signed(-1, 0)}) to excited (+1), averaged over time. {_liveliness(whole.arousal)}",
        ),
        (
            "Changes per minute",
            f"{whole.flips_per_min:.1f}",
            "How often the label changed from one expression to "
            "another. Many changes: a lively face, or a program that cannot decide.",
        ),
    ]
    with st.container(horizontal=True, gap="medium"):
        for label, value, help_text in facts:
            st.metric(label, value, help=help_text, width="content")


def _mean(found: Spread | None) -> str:
    return "–" if found is None else signed(found.mean)


def _liveliness(found: Spread | None) -> str:
    return "" if found is None else f"Its standard deviation over time is {found.sd:.2f}."


def _peaks(figures: FaceFigures) -> None:
    st.caption(
        "Strongest moments",
        help=f"Of each stretch in which an expression other than neutral had at least "
        f"{whole_percent(PEAK_FROM)}, the strongest moment; pauses shorter than {APART_S:.0f} s end no stretch. At "
        "most ten, with the strongest of each expression.",
    )
    if figures.whole.peaks:
        st.html(f'<div class="fer-narrow">{styled(session_tables.peaks(figures.whole.peaks))}</div>')
    else:
        st.caption("No expression but neutral was ever more probable than all others together.")
