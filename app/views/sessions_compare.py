"""Two or more sessions, or participants with all their sessions, side by side."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from app import session_compare_charts, session_tables
from app.session_curves import curves_of_timeline
from app.session_data import LoadedSession, load_session
from app.session_memory import SessionMemory
from app.session_words import plain, when
from app.sessions.comparison import Stretch
from app.sessions.summary import Summary
from app.store.database import Store
from app.store.records import Session
from app.store.sessions import sessions
from app.views import session_differences
from app.views.session_tables import colour_key, styled

BY_SESSION: Final = "Sessions"
BY_PERSON: Final = "Participants"
MOST_SESSIONS: Final = 40
MOST_SIDES: Final = 6


def render(store: Store, memory: SessionMemory) -> None:
    """Draw the comparison of the sessions that the tab remembers."""
    if st.button("All sessions", icon=":material/arrow_back:", type="tertiary", key="compare_back"):
        memory.compared = ()
        memory.compared_figures = {}
        st.rerun()
    st.subheader("Comparison", anchor=False)
    stored = {one.id: one for one in sessions(store)}
    sides = _choose(memory, stored)
    if len(sides) < 2:
        st.caption(f"Choose two to {MOST_SIDES} to compare.")
        return
    _draw(store, memory, sides)


def _choose(memory: SessionMemory, stored: Mapping[int, Session]) -> dict[str, list[Session]]:
    """Name of each side to its sessions, oldest first."""
    chosen = [stored[number] for number in memory.compared if number in stored]
    people = {one.participant_id: one.participant for one in stored.values()}
    kind = BY_SESSION
    if len(people) > 1:
        kind = st.segmented_control(
            "Compare", [BY_SESSION, BY_PERSON], default=BY_SESSION, required=True, key="compare_kind",
            help="Participants: each with all of their sessions, every session counting the same.",
        )  # fmt: skip
    if kind == BY_PERSON:
        first = list(dict.fromkeys(one.participant_id for one in chosen))[:MOST_SIDES]
        numbers = st.multiselect(BY_PERSON, list(people), first, max_selections=MOST_SIDES, key="compare_people",
                                 format_func=lambda number: plain(people[number]))  # fmt: skip
        own = {n: [one for one in reversed(list(stored.values())) if one.participant_id == n] for n in numbers}
        return {people[number]: found[-MOST_SESSIONS:] for number, found in own.items()}
    titles = session_titles(list(stored.values()))
    ordered = sorted(chosen, key=lambda one: (one.started_at, one.id))
    numbers = st.multiselect(
        BY_SESSION, list(stored), [one.id for one in ordered][:MOST_SIDES], max_selections=MOST_SIDES,
        key="compare_sessions", format_func=titles.__getitem__, help="Differences are those to the ones before.",
    )  # fmt: skip
    return {titles[number]: [stored[number]] for number in numbers}


def session_titles(stored: Sequence[Session]) -> dict[int, str]:
    """What to call sessions beside each other; no two alike, for widgets tell options apart by their words."""
    titles: dict[int, str] = {}
    taken: set[str] = set()
    for one in stored:
        words = next(
            words
            for words in (one.title, f"{one.title}, {one.participant}", f"{one.title}, {when(one)}",
                          f"{one.title}, {when(one)} ({one.id})")
            if words not in taken
        )  # fmt: skip
        taken.add(words)
        titles[one.id] = words
    return titles


def _draw(store: Store, memory: SessionMemory, sides: Mapping[str, Sequence[Session]]) -> None:
    with st.spinner("Reading the sessions …"):
        loaded = {name: [_read(store, memory, one.id) for one in own] for name, own in sides.items()}
    memory.compared_figures = {one.outline.session.id: one for own in loaded.values() for one in own}
    figures: dict[str, Summary] = {}
    stretches: dict[str, list[Stretch]] = {}
    for name, own in loaded.items():
        found = [stretch for one in own if one.faces and (stretch := one.stretch(one.faces[0])) is not None]
        if found:
            stretches[name] = found
        if len(own) == 1 and own[0].faces:
            figures[name] = own[0].figures(own[0].faces[0]).whole
    for name in sides:
        if name not in stretches:
            st.warning(f"{plain(name)} shows no face in the time that counts, so it is left out.")
    st.caption("Of each session the face that was seen most is compared, without what is left out; raw values.")
    st.html(colour_key())
    _timelines(loaded)
    if len(figures) == len(stretches):
        st.html(styled(session_tables.figures(figures)))
    elif stretches:
        st.html(styled(session_tables.side_means(stretches)))
    if len(stretches) > 1:
        session_differences.render(stretches, key="sessions")


def _read(store: Store, memory: SessionMemory, number: int) -> LoadedSession:
    """A session with the figures of its main face worked out; its samples are not kept."""
    loaded = load_session(store, number, memory.compared_figures.get(number))
    if loaded.faces:
        loaded.figures(loaded.faces[0])
        loaded.stretch(loaded.faces[0])
        loaded.forget_samples()
    return loaded


def _timelines(loaded: Mapping[str, Sequence[LoadedSession]]) -> None:
    """Small timelines on a common scale, at most the three newest of each side."""
    shown = [(name, one) for name, own in loaded.items() for one in own[-3:]]
    length_s = max(one.outline.length_s for _, one in shown)
    for name, one in shown:
        if not one.faces:
            continue
        several = len(loaded[name]) > 1
        day = f" · {when(one.outline.session)}" if several else ""
        st.caption(f"**{plain(name)}**{day}")
        means = curves_of_timeline(one.timeline(), one.faces[0])
        st.plotly_chart(
            session_compare_charts.small_timeline(means, length_s=length_s), theme=None,
            key=f"compare_timeline_{one.outline.session.id}", config={"displayModeBar": False},
        )  # fmt: skip
    hidden = sum(max(0, len(own) - 3) for own in loaded.values())
    if hidden:
        st.caption(f"{hidden} older sessions count too; of each side the three newest are drawn.")
