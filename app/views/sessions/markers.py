"""A session's tasks in numbers, and its markers: add, change and delete notes, tasks and excluded ranges."""

from dataclasses import dataclass
from typing import Final, get_args

import streamlit as st

from app.access import current
from app.access.types import Right
from app.formatting import clock, counted, parse_clock
from app.markdown_text import plain
from app.sessions.loaded import LoadedSession, Outline
from app.sessions.wording import KINDS_IN_WORDS, marker_line
from app.store.database import Store
from app.store.errors import StoreError
from app.store.records import Marker, MarkerKind
from app.store.session_parts import add_marker, delete_marker, edit_marker
from app.tab_memory import SessionMemory
from app.views.sessions import tasks as session_tasks
from app.views.sessions.face_choice import Choice
from app.views.shared.store_parts import change

KINDS: Final[tuple[MarkerKind, ...]] = get_args(MarkerKind)
TIME_HELP: Final = "From the start of the session: minutes and seconds (1:15) or seconds (75.5)."
_HELP: Final = {
    "note": "A note at a moment.",
    "task_start": "A named task or stimulus starts here. Its statistics begin here.",
    "task_end": "It ends here.",
    "exclude": "This range is excluded from all results. Its samples stay stored, and count again if you delete this "
    "marker.",
}


def render(loaded: LoadedSession, memory: SessionMemory, choice: Choice) -> None:
    """Draw them."""
    st.header("Tasks", anchor=False)
    session_tasks.render(loaded, choice)
    st.header("Markers", anchor=False)
    outline = loaded.outline
    if stray := outline.tasks.stray_ends:
        st.warning(f"These tasks end but do not start: {plain(', '.join(stray))}. Add a start, or delete the end.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.caption(
            counted(len(outline.markers), "marker")
            if outline.markers
            else "No markers yet. Add one here, or while recording."
        )
        for marker in outline.markers:
            _marker_row(loaded, memory, marker)
    with right:
        _add(loaded, memory)


def _marker_row(loaded: LoadedSession, memory: SessionMemory, marker: Marker) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(marker_line(marker)))
        with st.popover("Change", type="tertiary", key=f"marker_{marker.id}"), st.form(f"m_{marker.id}", border=False):
            words = _fields(loaded.outline, marker, key=f"marker_{marker.id}")
            if st.form_submit_button("Save", key=f"marker_save_{marker.id}"):
                change(
                    memory,
                    lambda: edit_marker(loaded.store, words.marker(loaded.outline)),
                    "Marker changed.",
                    undo=lambda _: _undo_edit(loaded.store, marker),
                )
        if current.may(Right.DELETE) and st.button(
            "Delete", type="tertiary", icon=":material/delete:", key=f"marker_delete_{marker.id}"
        ):
            _delete(loaded, memory, marker)


def _undo_edit(store: Store, before: Marker) -> str:
    edit_marker(store, before)
    return "The marker is as before."


def _delete(loaded: LoadedSession, memory: SessionMemory, marker: Marker) -> None:
    current.require(Right.DELETE)
    store, session_id = loaded.store, loaded.outline.session.id

    def undo(_: None) -> str:
        add_marker(store, session_id, marker)
        return "The marker is back."

    change(memory, lambda: delete_marker(store, marker.id), "Marker deleted.", undo=undo)


def _add(loaded: LoadedSession, memory: SessionMemory) -> None:
    number = loaded.outline.session.id
    with st.container(border=True):
        st.subheader("Add a marker", anchor=False)
        kind = st.segmented_control(
            "Kind",
            KINDS,
            default="note",
            required=True,
            format_func=KINDS_IN_WORDS.__getitem__,
            key=f"marker_kind_{number}",
            label_visibility="collapsed",
        )
        st.caption(_HELP[kind])
        with st.form(f"marker_new_{number}", border=False):
            # Numbered by the markers there are, so that the fields are empty again after each.
            words = _fields(loaded.outline, kind, key=f"marker_new_{kind}_{len(loaded.outline.markers)}")
            if st.form_submit_button("Add", type="primary", key="marker_add"):
                change(
                    memory,
                    lambda: add_marker(loaded.store, number, words.marker(loaded.outline)),
                    "This range is excluded." if kind == "exclude" else "Marker added.",
                    undo=lambda added: _undo_add(loaded.store, added, kind),
                )


def _undo_add(store: Store, number: int, kind: MarkerKind) -> str:
    delete_marker(store, number)
    return "This range counts again." if kind == "exclude" else "The marker is removed."


@dataclass(frozen=True)
class _Words:
    """What the fields say of a marker: its times, its text, and which stored one it replaces (0 for none)."""

    kind: MarkerKind
    start: str
    end: str
    text: str
    number: int = 0

    def marker(self, outline: Outline) -> Marker:
        """The marker.

        Raises:
            StoreError: a time is none or lies outside the session, or the marker lacks something.
        """
        start_ms = _moment_ms(self.start, outline)
        end_ms = _moment_ms(self.end, outline) if self.kind == "exclude" else None
        return Marker(start_ms, self.kind, self.text.strip(), end_ms, self.number)


def _moment_ms(words: str, outline: Outline) -> int:
    seconds = parse_clock(words)
    if seconds is None:
        raise StoreError(
            f"A time must be minutes and seconds such as 1:15, or seconds such as 75.5; got {words[:40]!r}."
        )
    if seconds > outline.length_s + 0.1:  # fields show tenths
        length = clock(outline.length_s, tenths=True)
        raise StoreError(f"The session is {length} long; give a time within it instead of {words[:40]!r}.")
    return round(1000 * seconds)


def _fields(outline: Outline, marker: Marker | MarkerKind, *, key: str) -> _Words:
    """Fields for time, end and text: of a stored marker, or empty ones for a new one of that kind."""
    stored = marker if isinstance(marker, Marker) else None
    kind: MarkerKind = marker.kind if isinstance(marker, Marker) else marker
    start = st.text_input(
        "From" if kind == "exclude" else "Time",
        clock(stored.time_ms / 1000, tenths=True) if stored else "",
        key=f"{key}_time",
        help=TIME_HELP,
        placeholder="0:00",
    )
    end = ""
    if kind == "exclude":
        end_ms = stored.end_ms if stored else None
        end = st.text_input(
            "To",
            clock(end_ms / 1000, tenths=True) if end_ms else "",
            key=f"{key}_end",
            help=TIME_HELP,
            placeholder="0:10",
        )
    label = "Name of the task" if kind.startswith("task") else "Text"
    names = ", ".join(outline.tasks.names)
    text = st.text_input(
        label,
        stored.text if stored else "",
        key=f"{key}_text",
        help=f"Tasks so far: {plain(names)}." if names and label != "Text" else None,
    )
    return _Words(kind, start, end, text, stored.id if stored else 0)
