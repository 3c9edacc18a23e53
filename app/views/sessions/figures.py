"""A session in numbers: the main ones for its head, and its statistics."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from app.charts import shares as share_charts
from app.formatting import clock, signed, whole_percent
from app.report import session_tables
from app.session_statistics.summary import Spread, Summary
from app.sessions.loaded import LoadedSession
from app.sessions.wording import CAVEATS, LEVELS_IN_WORDS
from app.tab_memory import SessionMemory
from app.views.sessions.face_choice import Choice, read_words
from app.views.sessions.tables import styled
from fer_core.emotions import EMOTIONS, UNSURE
from fer_core.results import Level

PLOT = {"displayModeBar": False}
_LEVEL_HELP: Final[Mapping[Level, str]] = {
    Level.NAMED: "Share of the time in which the program was sure enough to name the label.",
    Level.LEANING: "Share of the time in which the program leaned to a label without naming it (“probably …”). It "
    "counts as time of that expression.",
}
_Fact = tuple[str, str, str]
"""Label, value and explanation."""


def headline(loaded: LoadedSession, choice: Choice) -> None:
    """Draw the main figures of the face; nothing where none counts, or where its samples are too many to be read."""
    if choice.face is None or (loaded.outline.is_long and not loaded.is_read):
        return
    with st.spinner(read_words(loaded), show_time=True):
        whole = loaded.figures(choice.face, corrected=choice.corrected).whole
    if not whole.watched_s:
        return
    emotion = max(EMOTIONS, key=lambda name: whole.label_shares[name])
    share = whole.label_shares[emotion]
    _facts(
        [
            ("Seen", clock(whole.watched_s), "How long the face was in view; excluded time is not counted."),
            (
                "Leading expression",
                f"{emotion.capitalize()} {whole_percent(share)}" if share else "–",
                "The expression with the largest share of the time.",
            ),
            ("Unsure", whole_percent(whole.label_shares[UNSURE]), "Share of the time without a label."),
            (
                "Valence",
                _mean(whole.valence),
                f"From unpleasant ({signed(-1, 0)}) to pleasant (+1), averaged over time. {_liveliness(whole.valence)}",
            ),
        ]
    )


def render(loaded: LoadedSession, memory: SessionMemory, choice: Choice) -> None:
    """Draw the statistics."""
    if choice.face is None:
        st.caption("No statistics: all faces are ignored, or all of the time is excluded.")
        return
    with st.spinner(read_words(loaded), show_time=True):
        figures = loaded.figures(choice.face, corrected=choice.corrected)
    if not figures.whole.watched_s:
        st.caption("No statistics: this face was not seen in the time that counts.")
        return
    _further(figures.whole)
    left, right = st.columns(2, gap="large")
    with left:
        st.header(
            "Share of the time",
            anchor=False,
            help="Of the time in which the face was seen and counts. Striped: the program leaned to the label "
            "(“probably …”).",
        )
        st.plotly_chart(
            share_charts.distribution(figures.whole.label_shares, figures.whole.leaning_shares),
            key="session_shares",
            config=PLOT,
            theme=None,
            alt="Bars: the share of the time with each label.",
        )
        st.header("Label durations", anchor=False, help="How often each label came, and how long it stayed.")
        st.html(styled(session_tables.dwell_times(figures.whole)))
    with right:
        st.header("Transitions", anchor=False)
        st.html(styled(session_tables.transitions(figures.whole.transitions)))
        st.caption(session_tables.TRANSITIONS_EXPLAINED)
        st.header(
            "Why the program was unsure",
            anchor=False,
            help="Problems in the picture, or no clear leader. A moment can have several reasons.",
        )
        st.html(styled(session_tables.doubts(figures.doubts)))
    with st.expander("How to read these statistics", icon=":material/info:"):
        st.markdown("\n".join(f"- {caveat}" for caveat in CAVEATS))


def _further(whole: Summary) -> None:
    """What the head does not say."""
    levels = whole.level_shares
    _facts(
        [
            *((LEVELS_IN_WORDS[level], whole_percent(levels[level]), words) for level, words in _LEVEL_HELP.items()),
            (
                "Arousal",
                _mean(whole.arousal),
                f"From calm ({signed(-1, 0)}) to excited (+1), averaged over time. {_liveliness(whole.arousal)}",
            ),
            (
                "Changes per minute",
                f"{whole.flips_per_min:.1f}",
                "How often the label changed from one expression to another. Many changes mean a lively face, or a "
                "program that cannot decide.",
            ),
        ]
    )


def _facts(facts: list[_Fact]) -> None:
    with st.container(horizontal=True, gap="medium"):
        for label, value, help_text in facts:
            st.metric(label, value, help=help_text, width="content")


def _mean(found: Spread | None) -> str:
    return "–" if found is None else signed(found.mean)


def _liveliness(found: Spread | None) -> str:
    return "" if found is None else f"Its standard deviation over time is {found.sd:.2f}."
