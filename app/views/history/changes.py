"""What changed: sentences with small curves, one figure against the first days, and each day's shares."""

from collections.abc import Collection, Sequence
from datetime import date
from html import escape

import streamlit as st

from app.charts import history as history_charts
from app.charts import sparkline
from app.formatting import agreeing, counted
from app.session_statistics.control_chart import CAUTION, REFERENCE_DAYS
from app.sessions.trends import (
    FOLLOWED,
    RANGES,
    WatchedStatistic,
    before_leaning,
    changed,
    follow,
    level_shares,
    phq4_totals,
    span,
)
from app.sessions.wording import levels_line
from app.store.history import Means
from app.store.records import CheckIn

_PLOT = {"displayModeBar": False}
_HINT = (
    "Each day is the mean of its sessions as seen, without correction by a neutral face; ignored faces and excluded "
    "ranges do not count. The running average gives the newest day a fifth of the weight (an EWMA control chart). The "
    f"expected range comes from the person's own first days, at most {REFERENCE_DAYS}; values outside it are unlikely "
    "to be chance. The day on which a change began is an estimate."
)
_MANY = (
    "Rely on valence first. Arousal and the three shares have wider ranges, because one of several figures would "
    f"otherwise soon leave its range by chance. {CAUTION}"
)
_STYLE = """<style>
.fer-change {display: flex; gap: .35rem 1rem; align-items: center; padding: .3rem 0}
.fer-change img {flex: none}
.fer-change p {margin: 0; overflow-wrap: anywhere}
.fer-change.on p {font-size: 1.08rem; font-weight: 600}
.fer-change:not(.on) p {opacity: .85}
@media (max-width: 640px) {.fer-change {align-items: flex-start} .fer-change img {width: 88px; height: auto}}
</style>"""


@st.fragment
def render(days: Sequence[Means], said: Sequence[CheckIn], networks: Collection[str]) -> None:
    """Draw it; a fragment, so that another figure or time reads nothing anew.

    Args:
        days: a participant's, oldest first.
        said: the same person's check-ins.
        networks: names of the models that judged the sessions.
    """
    st.header("What changed", help=_HINT, anchor=False)
    followed = follow(days, said)
    _sentences(followed, days)
    if len(networks) > 1:
        st.warning(
            f"These sessions were recorded with different models ({', '.join(sorted(networks))}). That alone can look "
            "like a change.",
            icon=":material/deployed_code:",
        )
    shown_until = span(days, said, None)
    if shown_until is None:
        return
    st.header("Day by day", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = st.segmented_control(
            "Figure",
            FOLLOWED,
            default="valence",
            required=True,
            format_func=str.capitalize,
            key="history_figure",
            help="Valence runs from unpleasant (−1) to pleasant (+1), arousal from calm (−1) to excited (+1); both are "
            "computed from the seven expressions. The others are the mean share of that expression.",
        )
        length = st.segmented_control(
            "Time",
            list(RANGES),
            default="All",
            required=True,
            key="history_range",
            help="Counted back from the newest day. The comparison is with the first days even when they are not "
            "shown.",
        )
    shown = span(days, said, RANGES[length]) or shown_until
    one = next(one for one in followed if one.name == name)
    if one.days or one.said:
        _plot(history_charts.followed_figure(one, first=shown[0], last=shown[1]), "history_followed")
    _shares(days, shown)
    _phq4(said, shown)


def _sentences(followed: Sequence[WatchedStatistic], days: Sequence[Means]) -> None:
    """What changed comes first; before a change can be told, the means of the days so far."""
    missing = followed[0].chart.days_missing
    found = changed(followed)
    if missing:
        so_far = counted(len(days), "day with a session", "days with sessions")
        st.info(
            f"{so_far} so far. {counted(missing, 'more day', 'more days')} {agreeing(missing, 'is', 'are')} needed "
            "to tell a change from chance.",
            icon=":material/hourglass_empty:",
        )
        if days:
            st.markdown("Mean so far: " + ", ".join(one.mean_words() for one in followed) + ".")
        return
    if not found:
        st.success(
            f"No change beyond chance in {counted(len(days), 'day')} with sessions. Small changes can take weeks to "
            "show.",
            icon=":material/check:",
        )
    others = [one for one in followed if one not in found]
    st.html(_STYLE + "".join(_line(one, is_new=one in found) for one in [*found, *others]))
    st.caption(_MANY)


def _line(one: WatchedStatistic, *, is_new: bool) -> str:
    """A small curve and its sentence."""
    size = f'width="{sparkline.WIDTH_PX}" height="{sparkline.HEIGHT_PX}"'
    picture = f'<img src="{sparkline.sparkline(one)}" {size} alt="">'
    return f'<div class="fer-change{" on" if is_new else ""}">{picture}<p>{escape(one.sentence())}</p></div>'


def _shares(days: Sequence[Means], shown: tuple[date, date]) -> None:
    if not days:
        return
    within = [means for means in days if shown[0] <= means.day <= shown[1]]
    st.header(
        "Daily shares",
        help="The mean probability of each of the seven expressions over all samples of the day.",
        anchor=False,
    )
    _plot(history_charts.shares(days, first=shown[0], last=shown[1]), "history_shares")
    words = (levels_line(level_shares(within)), before_leaning(days))
    st.caption(" ".join(filter(None, words)))


def _phq4(said: Sequence[CheckIn], shown: tuple[date, date]) -> None:
    totals = phq4_totals(said)
    partial = sum(one.phq4 is not None for one in said) - len(totals)
    if not totals and not partial:
        return
    st.header(
        "PHQ-4",
        help="Totals of the four questions, 0 to 12. Published thresholds: mild from 3, moderate from 6, severe from "
        "9. A screening, not a diagnosis.",
        anchor=False,
    )
    if totals:
        _plot(history_charts.phq4(totals, first=shown[0], last=shown[1]), "history_phq4")
    if partial:
        st.caption(
            f"{partial} with an unanswered question {agreeing(partial, 'is', 'are')} not shown, as there is no total."
        )


def _plot(figure: object, key: str) -> None:
    st.plotly_chart(figure, key=key, config=_PLOT, theme=None)
