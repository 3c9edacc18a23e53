"""What changed: sentences, the figure that is looked at against the first days, and each day's shares."""

from collections.abc import Collection, Sequence
from datetime import date

import streamlit as st

from app.charts import history as history_charts
from app.formatting import agreeing, counted
from app.session_statistics.control_chart import REFERENCE_DAYS
from app.sessions.trends import (
    FOLLOWED,
    RANGES,
    WatchedStatistic,
    before_leaning,
    changes,
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
    "Each day is the mean of its sessions, as seen, without a neutral face taken off; ignored faces and ranges that "
    "were left out do not count. The running average gives the newest day a fifth of the weight (an EWMA "
    "control chart). Its expected range comes from the person's own first days, at most "
    f"{REFERENCE_DAYS}, and from how much few days can tell. Outside it, chance alone is an unlikely reason."
)
_MANY = (
    "Valence is the figure to go by. Arousal and the three shares are watched beside it with wider ranges: otherwise "
    "one of so many would soon leave its range by chance. In them a change has to be clearer, or last longer."
)
_TITLES = {"valence": "Valence", "arousal": "Arousal", "happy": "Happy", "sad": "Sad", "neutral": "Neutral"}
_MEANINGS = {
    "valence": "From unpleasant (−1) to pleasant (+1), worked out from the seven expressions.",
    "arousal": "From calm (−1) to excited (+1), worked out from the seven expressions.",
}


@st.fragment
def render(days: Sequence[Means], said: Sequence[CheckIn], networks: Collection[str]) -> None:
    """Draw it; a fragment, so that another figure or time reads nothing anew.

    Args:
        days: a participant's, oldest first.
        said: the same person's check-ins.
        networks: names of those that judged the sessions.
    """
    st.subheader("What changed", help=_HINT, anchor=False)
    followed = follow(days, said)
    _sentences(followed, days)
    if len(networks) > 1:
        st.warning(
            f"Different networks judged these sessions ({', '.join(sorted(networks))}). Two networks see the same face "
            "differently, so a change may come from that alone.",
            icon=":material/deployed_code:",
        )
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        name = st.segmented_control(
            "Figure",
            FOLLOWED,
            default="valence",
            required=True,
            format_func=_TITLES.__getitem__,
            key="history_figure",
            help=" ".join(_MEANINGS.values()) + " Happy, Sad and Neutral: the mean share of that expression.",
        )
    with right:
        length = st.segmented_control(
            "Time",
            list(RANGES),
            default="All",
            required=True,
            key="history_range",
            help="Counted back from the newest day. The first days stay the measure, even where they are not shown.",
        )
    shown = span(days, said, RANGES[length])
    if shown is None:
        st.caption("No samples and no check-ins yet.")
        return
    one = next(one for one in followed if one.name == name)
    if one.days or one.said:
        _plot(history_charts.followed_figure(one, first=shown[0], last=shown[1]), "history_followed")
        if one.chart.change is None:  # else it is said above
            st.markdown(one.sentence())
    _shares(days, shown)
    _phq4(said, shown)


def _sentences(followed: Sequence[WatchedStatistic], days: Sequence[Means]) -> None:
    missing = followed[0].chart.days_missing
    if missing:
        st.info(
            f"{counted(missing, 'more day', 'more days')} with a session {agreeing(missing, 'is', 'are')} needed "
            "to say what is usual. Until then each day is shown as it is.",
            icon=":material/hourglass_empty:",
        )
        return
    found = changes(followed)
    if found:
        st.info("  \n\n".join(found), icon=":material/insights:")
    else:
        reference = followed[0].chart.reference
        first = f"first {reference.days} days" if reference else "first days"
        st.success(
            f"Nothing has changed beyond what the {first} lead to expect: valence, arousal and the shares of happy, "
            f"sad and neutral are within their ranges after {len(days)} days. Small changes can take weeks to show.",
            icon=":material/check:",
        )
    st.caption(_MANY)


def _shares(days: Sequence[Means], shown: tuple[date, date]) -> None:
    if not days:
        return
    within = [means for means in days if shown[0] <= means.day <= shown[1]]
    st.subheader(
        "Expressions of each day",
        help="The mean probability of each of the seven expressions, over all samples of the day.",
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
    st.subheader(
        "PHQ-4",
        help="Totals of the four questions, 0 to 12, with the published borders of mild (3), moderate (6) and severe "
        "(9) distress. A screening, not a diagnosis.",
        anchor=False,
    )
    if totals:
        _plot(history_charts.phq4(totals, first=shown[0], last=shown[1]), "history_phq4")
    if partial:
        st.caption(f"{partial} with a question left out {agreeing(partial, 'is', 'are')} not shown: no sum is guessed.")


def _plot(figure: object, key: str) -> None:
    st.plotly_chart(figure, key=key, config=_PLOT, theme=None)
