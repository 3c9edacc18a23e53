"""The System page: what the doctor finds of this server, and what was done on it. For administrators."""

from collections import Counter
from html import escape
from typing import Final

import streamlit as st

from app import state
from app.access import audit, current
from app.access.types import Right
from app.doctor.in_background import BackgroundExamination
from app.formatting import counted
from app.html_tables import STYLE, table, text_table
from app.markdown_text import sentence
from app.store.errors import StoreError
from app.views.shared import frame
from app.views.system import viewers
from fer_core.findings import Check, Place, Status

EVENTS: Final = 100
_WORDS: Final = {Status.OK: "Fine", Status.WARNING: "Warning", Status.FAILING: "Failing"}
_SIGNS: Final = {Status.OK: "✓", Status.WARNING: "!", Status.FAILING: "✕"}
_CSS: Final = """<style>
.fer-checks td {vertical-align:top; overflow-wrap:anywhere}
.fer-checks td:first-child, .fer-checks td:nth-child(2) {white-space:nowrap; width:1%; overflow-wrap:normal}
.fer-checks b {display:inline-grid; place-items:center; width:1.15rem; height:1.15rem; border-radius:50%;
  margin-right:.45rem; font-size:.72rem; color:#fff}
.fer-checks .ok b {background:#2e7d4f} .fer-checks .warning b {background:#a86400}
.fer-checks .failing b {background:#c0392f} .fer-checks .failing td {font-weight:600}
.fer-checks p {margin:.2rem 0 0; font-weight:400; font-size:inherit} .fer-checks p::before {content:"→ "}
@media (max-width:640px) {.fer-checks tr {display:grid; grid-template-columns:auto 1fr; padding:.4rem 0;
    border-top:1px solid rgba(128,128,128,.2)}
  .fer-checks tr:first-child {display:none}
  .fer-checks td {border:0; padding:.1rem .6rem .1rem 0; width:auto !important; white-space:normal !important}
  .fer-checks td:last-child {grid-column:1 / -1}}
</style>"""


def render() -> None:
    """Draw the page."""
    current.require(Right.ADMINISTER)
    frame.heading("System", "How this server is doing, and what was done on it.")
    memory = state.system_memory()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header("Checks", anchor=False)
        if st.button("Check again", icon=":material/refresh:", key="system_again"):
            memory.examination = None
    if memory.examination is None:
        memory.examination = BackgroundExamination(_here())
    found = memory.examination.checks
    if found is None:
        _wait(memory.examination)
    else:
        st.caption(_summary(found, memory.examination))
        st.html(_table(found))
        st.caption("The same in a terminal: `python -m fer_core doctor` (with `--json` for other programs).")
    viewers.render()
    _events()


@st.fragment(run_every=0.5)
def _wait(examination: BackgroundExamination) -> None:
    if examination.checks is not None:
        st.rerun()
    st.markdown(f":material/hourglass_top: Checking the store, the models and the relays … {examination.seconds:.0f} s")
    st.caption("This takes up to half a minute.")


def _events() -> None:
    """The newest entries of the audit log."""
    st.header("What was done", anchor=False)
    try:
        entries = audit.recent(EVENTS)
    except StoreError as error:
        st.error(sentence(str(error)))
        return
    if not entries:
        st.caption(
            "Nothing yet. Sign-ins, recordings, exports, deletions, training runs and changes of the live model "
            "appear here."
        )
        return
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.who or "unknown",
            one.event,
            one.what,
            str(one.count) if one.count > 1 else "",
        )
        for one in entries
    ]
    st.html(text_table(("Time (UTC)", "Who", "Did", "What", "How many"), rows, numbers=(4,), lines=15))
    st.caption(f"The newest {EVENTS} entries. They name accounts by a number, and no participant.")


def _here() -> Place:
    """Where Streamlit was told to answer."""
    return Place(str(st.get_option("server.address") or ""), int(st.get_option("server.port")))


def _summary(checks: tuple[Check, ...], examination: BackgroundExamination) -> str:
    often = Counter(check.status for check in checks)
    parts = [
        f"{often[Status.FAILING]} failing" if often[Status.FAILING] else "",
        counted(often[Status.WARNING], "warning") if often[Status.WARNING] else "",
        f"{often[Status.OK]} fine",
    ]
    ended = f" · {examination.ended_at:%Y-%m-%d %H:%M:%S} UTC" if examination.ended_at else ""
    return ", ".join(filter(None, parts)) + ended


def _table(checks: tuple[Check, ...]) -> str:
    """The rows as HTML; what was found is text of files and of other programs."""
    head = "<tr><th>State</th><th>Checked</th><th>Found</th></tr>"
    rows = "".join(
        f'<tr class="{check.status}"><td><b aria-hidden="true">{_SIGNS[check.status]}</b>{_WORDS[check.status]}</td>'
        f"<td>{escape(check.name[:1].upper() + check.name[1:])}</td><td>{escape(check.found)}{_advice(check)}</td></tr>"
        for check in checks
    )
    return STYLE + _CSS + table(head + rows, css="fer-checks")


def _advice(check: Check) -> str:
    return f"<p>{escape(check.remedy)}</p>" if check.remedy else ""
