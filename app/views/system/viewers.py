"""Viewers on the System page: how this server and the others of its store stand, and whether they let more in."""

from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st

from app.access import current
from app.access.types import Right
from app.formatting import counted
from app.html_tables import text_table
from app.live.admission import Verdict
from app.live.load import Standing, load_watch
from app.markdown_text import sentence
from app.replica import TELL_EACH_S, own_row
from app.store.errors import StoreError
from app.store.replicas import Replica, replicas

EACH_S: Final = 5.0
SILENT: Final = timedelta(seconds=3 * TELL_EACH_S)
_HEAD: Final = (
    "Server",
    "Viewers",
    "A viewer, % of a core",
    "Results/s, least",
    "Results/s, middle",
    "Wait, ms",
    "One more",
    "Version",
)


@st.fragment(run_every=EACH_S)
def render() -> None:
    """Draw the section, anew every few seconds."""
    current.require(Right.ADMINISTER)  # a part of a page also runs by itself
    st.header("Viewers", anchor=False)
    standing = load_watch().standing()
    own = own_row(standing)
    try:
        others = [one for one in replicas(current.store()) if one.name != own.name]
    except StoreError as error:
        others = []
        st.error(sentence(str(error)))
    st.markdown(_words(standing))
    rows = [_cells(own, "this one"), *(_cells(one, _silence(one)) for one in others)]
    st.html(text_table(_HEAD, rows, numbers=(1, 2, 3, 4, 5), chosen=0 if others else None))
    names = "A server writes its row every 10 s, and the others read it. " if others else ""
    st.caption(f"{names}Costs and results are means of five seconds. `/metrics` has the same figures.")


def _words(standing: Standing) -> str:
    """One line on this server."""
    there, fair = f"{counted(standing.viewers, 'viewer')} here, {standing.limit} at most.", standing.fair_per_s
    if fair is None and standing.verdict is Verdict.OPEN:
        return f"{there} One more is let in, whatever the load (`FER_MIN_RATE=0`)."
    return f"{there} {_REASONS[standing.verdict].format(fair=f'{fair or 0:g}')}{_forecast(standing)}"


_REASONS: Final = {
    Verdict.OPEN: "One more is let in, as each would get {fair} results a second or more.",
    Verdict.FULL: "No more are let in: all places are taken (`FER_MAX_VIEWERS`).",
    Verdict.COST: "No more are let in: at today's cost, each would get fewer than {fair} results a second.",
    Verdict.SLOW: "No more are let in: the viewers get fewer than {fair} results a second already.",
    Verdict.LINE: "No more are let in: pictures wait longer in line than {fair} results a second allow.",
    Verdict.NEWCOMERS: "No more are let in for some seconds, until those who have just come are measured.",
}
_SHORT: Final = {
    Verdict.OPEN: "yes",
    Verdict.FULL: "no: full",
    Verdict.COST: "no: cost",
    Verdict.SLOW: "no: slow",
    Verdict.LINE: "no: line",
    Verdict.NEWCOMERS: "in seconds",
}


def _forecast(standing: Standing) -> str:
    if standing.next_rate is None:
        return ""
    return f" With one more, the analysis could give each {standing.next_rate:.0f}."


def _cells(one: Replica, note: str) -> tuple[str, ...]:
    host, _, rest = one.name.partition("/")
    name = f"{host}, process {rest.partition('/')[0]}"
    verdict = _SHORT.get(Verdict(one.verdict), "") if one.verdict in set(Verdict) else one.verdict
    figures = (
        (
            f"{100 * one.cores_per_viewer:.0f}",
            f"{one.rate_min:.1f}",
            f"{one.rate_median:.1f}",
            f"{1000 * one.wait_s:.0f}",
        )
        if one.measured
        else ("–",) * 4
    )
    return (
        f"{name}\n{note}" if note else name,
        f"{one.viewers} of {one.most_viewers}",
        *figures,
        verdict,
        one.version,
    )


def _silence(one: Replica) -> str:
    """What to say of a server that has not written lately."""
    silent = datetime.now(UTC) - one.at
    return f"silent for {silent.total_seconds():.0f} s" if silent > SILENT else ""
