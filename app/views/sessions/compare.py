"""Two or more sessions, or participants with all their sessions, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from app.charts import comparison as session_compare_charts
from app.charts.curves import curves_of_timeline
from app.formatting import agreeing, counted
from app.markdown_text import plain
from app.report import session_tables
from app.session_statistics.comparison import Stretch
from app.session_statistics.summary import Summary
from app.sessions.loaded import LoadedSession, load_session
from app.sessions.wording import comparability, when
from app.store.database import Store
from app.store.records import Session
from app.store.sessions import sessions
from app.tab_memory import SessionMemory
from app.views.sessions import differences as session_differences
from app.views.sessions import menu
from app.views.sessions.face_choice import Choice, choose_together
from app.views.sessions.tables import colour_key, styled
from app.views.shared import frame, page_parts

BY_SESSION: Final = "Sessions"
BY_PERSON: Final = "Participants"
MOST_SESSIONS: Final = 40
MOST_SIDES: Final = 6


@dataclass(frozen=True)
class _Part:
    """What is compared of one session."""

    loaded: LoadedSession
    face: int
    is_corrected: bool
    stretch: Stretch
    figures: Summary


def render(store: Store, memory: SessionMemory) -> None:
    """Draw the comparison of the sessions that the tab remembers."""
    frame.heading("Comparison", "Do these sessions or participants differ, and how sure is that?")
    page_parts.show_messages(memory)
    st.button(
        "All sessions",
        icon=":material/arrow_back:",
        type="tertiary",
        key="compare_back",
        on_click=menu.show_list,
        args=(memory,),
    )
    stored = {one.id: one for one in sessions(store)}
    titles = session_titles(list(stored.values()))
    sides = _choose(memory, stored, titles)
    if len(sides) < 2:
        st.caption(f"Choose two to {MOST_SIDES} to compare.")
        return
    _draw(store, memory, sides, titles)


def _choose(
    memory: SessionMemory, stored: Mapping[int, Session], titles: Mapping[int, str]
) -> dict[str, list[Session]]:
    """Name of each side to its sessions, oldest first."""
    chosen = [stored[number] for number in memory.compared if number in stored]
    people = {one.participant_id: one.participant for one in stored.values()}
    kind = BY_SESSION
    if len(people) > 1:
        kind = st.segmented_control(
            "Compare",
            [BY_SESSION, BY_PERSON],
            default=BY_SESSION,
            required=True,
            key="compare_kind",
            help="Participants: each with all of their sessions; every session counts the same.",
        )
    if kind == BY_PERSON:
        first = list(dict.fromkeys(one.participant_id for one in chosen))[:MOST_SIDES]
        numbers = st.multiselect(
            BY_PERSON,
            list(people),
            first,
            max_selections=MOST_SIDES,
            key="compare_people",
            format_func=people.__getitem__,
        )
        own = {n: [one for one in reversed(list(stored.values())) if one.participant_id == n] for n in numbers}
        return {people[number]: found[-MOST_SESSIONS:] for number, found in own.items()}
    ordered = sorted(chosen, key=lambda one: (one.started_at, one.id))
    numbers = st.multiselect(
        BY_SESSION,
        list(stored),
        [one.id for one in ordered][:MOST_SIDES],
        max_selections=MOST_SIDES,
        key="compare_sessions",
        format_func=titles.__getitem__,
        help="Each is compared with those before it.",
    )
    return {titles[number]: [stored[number]] for number in numbers}


def session_titles(stored: Sequence[Session]) -> dict[int, str]:
    """What to call sessions beside each other; no two alike, for widgets tell options apart by their words."""
    titles: dict[int, str] = {}
    taken: set[str] = set()
    for one in stored:
        words = next(
            words
            for words in (
                one.title,
                f"{one.title}, {one.participant}",
                f"{one.title}, {when(one)}",
                f"{one.title}, {when(one)} ({one.id})",
            )
            if words not in taken
        )
        taken.add(words)
        titles[one.id] = words
    return titles


def _draw(
    store: Store, memory: SessionMemory, sides: Mapping[str, Sequence[Session]], titles: Mapping[int, str]
) -> None:
    with st.spinner("Reading the sessions …", show_time=True):
        found = {name: [_load(store, memory, one.id) for one in own] for name, own in sides.items()}
    every = {one.outline.session.id: one for own in found.values() for one in own}
    memory.compared_figures = every
    choices = choose_together({titles[number]: one for number, one in every.items()})
    with st.spinner("Computing the statistics …", show_time=True):
        parts = {name: [_read(one, choices[one.outline.session.id]) for one in own] for name, own in found.items()}
    compared = {name: shown for name, own in parts.items() if (shown := [part for part in own if part is not None])}
    for name in sides:
        if name not in compared:
            st.warning(f"{plain(name)} is not compared: none of its faces has these values in the time that counts.")
    if any(len(one.faces) > 1 for one in every.values()):
        st.caption("One face of each session is compared: the one seen most, unless you choose another under “Faces”.")
    st.html(colour_key())
    _timelines(compared)
    stretches = {name: [part.stretch for part in own] for name, own in compared.items()}
    if all(len(own) == 1 for own in sides.values()):
        st.html(styled(session_tables.figures({name: own[0].figures for name, own in compared.items()})))
    elif compared:
        levels = {name: [part.figures.level_shares for part in own] for name, own in compared.items()}
        st.html(styled(session_tables.side_means(stretches, levels)))
    if len(compared) > 1:
        _comparability(compared, titles)
        session_differences.render(stretches, key="sessions")


def _comparability(compared: Mapping[str, Sequence[_Part]], titles: Mapping[int, str]) -> None:
    """Says where sessions of different models or levels stand beside each other."""
    every = {part.loaded.outline.session: part.figures for own in compared.values() for part in own}
    if words := comparability({titles[one.id]: (one, figures) for one, figures in every.items()}):
        st.warning(plain(words), icon=":material/deployed_code:")


def _load(store: Store, memory: SessionMemory, number: int) -> LoadedSession:
    """A session with its timeline, which tells its faces."""
    loaded = load_session(store, number, memory.compared_figures.get(number))
    loaded.timeline()
    return loaded


def _read(loaded: LoadedSession, choice: Choice) -> _Part | None:
    """What is compared of a session, None where no time counts; its samples are not kept."""
    if choice.face is None:
        return None
    face, corrected = choice.face, choice.corrected
    stretch = loaded.stretch(face, corrected=corrected)
    figures = None if stretch is None else loaded.figures(face, corrected=corrected)
    loaded.forget_samples()
    return _Part(loaded, face, corrected, stretch, figures.whole) if stretch and figures else None


def _timelines(compared: Mapping[str, Sequence[_Part]]) -> None:
    """Small timelines on a common scale, at most the three newest of each side."""
    shown = [(name, part) for name, own in compared.items() for part in own[-3:]]
    length_s = max((part.loaded.outline.length_s for _, part in shown), default=0.0)
    for name, part in shown:
        outline = part.loaded.outline
        day = f" · {when(outline.session)}" if len(compared[name]) > 1 else ""
        st.caption(f"**{plain(name)}**{day}")
        means = curves_of_timeline(part.loaded.timeline(corrected=part.is_corrected), part.face)
        st.plotly_chart(
            session_compare_charts.small_timeline(means, length_s=length_s),
            theme=None,
            key=f"compare_timeline_{outline.session.id}",
            config={"displayModeBar": False},
        )
    hidden = sum(max(0, len(own) - 3) for own in compared.values())
    if hidden:
        st.caption(
            f"{counted(hidden, 'older session')} {agreeing(hidden, 'counts', 'count')} too; "
            "the three newest of each side are drawn."
        )
