"""One session as a row of the list: a check box, its title, and what tells it from the others at a glance."""

from html import escape
from typing import Final

import streamlit as st

from app.colours import hard_gradient
from app.formatting import clock, whole_percent
from app.html_tables import swatch
from app.markdown_text import plain
from app.sessions.strips import Strip, strip
from app.store.database import Store
from app.store.records import Session
from app.tab_memory import SessionMemory
from app.views.sessions.address import open_session
from app.views.shared.store_parts import owner_words
from fer_core.emotions import EMOTION_COLOURS

CHECK: Final = "sessions_check_"
"""The check boxes' keys begin with it; a session's number follows."""
_BADGES: Final = {"open": (":red-badge", "Recording now"), "recovered": (":orange-badge", "Interrupted")}
_HEADS: Final = ("Participant", "Start", "Length", "Expressions", "Most of the time")
_PHONE: Final = "@media (max-width: 640px)"
CSS: Final = f"""
.fer-day {{font-size: .95rem; font-weight: 600; margin: 0; padding: .9rem 0 .3rem}}
.fer-facts {{display: grid; grid-template-columns: 8rem 3rem 4.2rem 200px 8.4rem; gap: 0 1rem; align-items: center;
  font-size: .92rem}}
.fer-facts span {{overflow: hidden; text-overflow: ellipsis; white-space: nowrap}}
.fer-facts .n {{font-variant-numeric: tabular-nums; text-align: right}}
.fer-facts i {{display: inline-block; width: .7rem; height: .7rem; border-radius: 3px; margin-right: .45rem}}
.fer-facts .fer-strip {{height: 1.1rem; border-radius: 4px; background-color: rgba(128,128,128,.14)}}
.fer-facts small {{opacity: .75; font-size: .85rem; grid-column: 1 / -1; white-space: normal}}
.fer-heads {{display: flex; gap: 1rem; padding-left: 2.5rem; opacity: .75; font-size: .85rem}}
.fer-heads > span {{flex: 1}}
.fer-heads .fer-facts {{font-size: inherit}}
[class*="st-key-session_line_"] {{border-top: 1px solid rgba(128,128,128,.2); padding: .15rem 0; flex-wrap: nowrap}}
[class*="st-key-session_name_"] {{min-width: 0; flex: 1 1 0}}
[class*="st-key-session_name_"] button {{text-align: left; min-height: 2rem; max-width: 100%}}
[class*="st-key-session_name_"] button p {{color: light-dark(#2f6f8f, #5fa8c8); overflow-wrap: anywhere}}
[class*="st-key-session_name_"] button:hover p {{text-decoration: underline}}
{_PHONE} {{
  .fer-heads {{display: none}}
  .fer-facts {{grid-template-columns: 1fr auto auto; gap: .35rem .8rem}}
  .fer-facts .fer-strip {{grid-column: 1 / 3; width: 100%; max-width: none}}
  [class*="st-key-session_line_"] {{border: 1px solid rgba(128,128,128,.3); border-radius: 8px;
    padding: .5rem .7rem .7rem; margin-bottom: .5rem; flex-wrap: wrap; row-gap: .1rem}}
  [class*="st-key-session_line_"] > [data-testid="stElementContainer"]:last-child {{width: 100%; flex: 1 0 100%}}
}}
"""


def heads() -> str:
    """What stands above the columns, as HTML."""
    cells = "".join(f'<span class="{"n" if name in _HEADS[1:3] else ""}">{name}</span>' for name in _HEADS)
    return f'<div class="fer-heads" aria-hidden="true"><span>Session</span><div class="fer-facts">{cells}</div></div>'


def day_heading(one: Session) -> str:
    """The day of a session by the person's own clock, as HTML."""
    day = one.started_local
    return f'<h2 class="fer-day">{day:%A}, {day.day} {day:%B %Y}</h2>'


def render(store: Store, memory: SessionMemory, one: Session, *, with_note: bool) -> None:
    """Draw it.

    Args:
        store: where its labels are.
        memory: what the tab remembers.
        one: the session.
        with_note: whether its note is shown, too, as what is looked for may stand there.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"session_line_{one.id}"):
        st.checkbox(
            f"Select {plain(one.title)}",
            key=f"{CHECK}{one.id}",
            label_visibility="collapsed",
            width=24,
            persist_state="session",
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"session_name_{one.id}"):
            # A callback comes before the list is read again.
            st.button(
                plain(one.title),
                key=f"session_open_{one.id}",
                type="tertiary",
                on_click=open_session,
                args=(memory, one.id),
            )
            if one.state in _BADGES:
                badge, words = _BADGES[one.state]
                st.markdown(f"{badge}[{words}]", width="content")
        st.html(_facts(store, one, with_note=with_note), width="content")


def _facts(store: Store, one: Session, *, with_note: bool) -> str:
    found = strip(store, one)
    whose = escape(one.participant + owner_words(store, one.belongs_to))
    length = "" if one.duration_s is None else clock(one.duration_s)
    note = f"<small>{escape(one.note)}</small>" if with_note and one.note else ""
    return (
        f'<div class="fer-facts"><span title="{whose}">{whose}</span>'
        f'<span class="n">{one.started_local:%H:%M}</span><span class="n">{length}</span>'
        f"{strip_html(found)}<span>{_leading(found)}</span>{note}</div>"
    )


def _leading(found: Strip) -> str:
    for label, share in found.shares.items():
        return f"{swatch(label)} {whole_percent(share)}"
    return "No face seen"


def strip_html(found: Strip) -> str:
    """The labels over time as a coloured bar; in words for whoever cannot see it."""
    words = ", ".join(f"{label.capitalize()} {whole_percent(share)}" for label, share in found.shares.items())
    words = words or "No face seen"
    colours = ["transparent" if label is None else EMOTION_COLOURS[label] for label in found.cells]
    filled = f' style="background-image:{hard_gradient(colours)}"' if found.shares else ""
    return f'<span class="fer-strip" role="img" aria-label="{words}" title="{words}"{filled}></span>'
