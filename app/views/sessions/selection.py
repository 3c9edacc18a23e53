"""What can be done with the selected sessions: compare them, take them away, delete them."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right, User
from app.formatting import counted
from app.markdown_text import plain, sentence
from app.store.database import Store
from app.store.errors import StoreError
from app.store.exchange.export import export_session, export_sessions
from app.store.privacy import delete_sessions
from app.store.records import Session
from app.store.session_list import sessions_of
from app.store.temporary import temporary_folder
from app.tab_memory import SessionMemory
from app.views.sessions.rows import CHECK
from app.views.shared import frame

MOST_NAMED: Final = 5
"""More sessions than this are counted, not named, before they are deleted."""


def selected(store: Store) -> list[Session]:
    """The sessions whose check boxes are ticked and that are still stored, on other pages of the list, too."""
    ticked = [
        int(str(key).removeprefix(CHECK))
        for key, value in st.session_state.items()
        if str(key).startswith(CHECK) and value
    ]
    return sessions_of(store, ticked) if ticked else []


def render(store: Store, memory: SessionMemory, chosen: Sequence[Session], shown: Sequence[Session]) -> None:
    """Draw the bar.

    Args:
        store: where the sessions are.
        memory: what the tab remembers.
        chosen: what is selected.
        shown: what the list shows below.
    """
    with st.container(key="sessions_bar", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _compare(memory, chosen)
            _export(store, chosen)
            _delete(store, memory, chosen)
            here = [one for one in shown if one not in chosen]
            if here:
                st.button(
                    f"Select all {len(shown)} shown" if len(shown) > 1 else "Select it",
                    type="tertiary",
                    key="sessions_select_all",
                    on_click=_tick,
                    args=(here, True),
                )
            if chosen:
                st.button(
                    "Clear selection", type="tertiary", key="sessions_clear", on_click=_tick, args=(chosen, False)
                )
        st.caption(_words(chosen, shown))


def _words(chosen: Sequence[Session], shown: Sequence[Session]) -> str:
    """How many are selected, and why a button is grey."""
    if not chosen:
        return "Tick two or more sessions to compare them, one or more to export or delete them."
    elsewhere = sum(one not in shown for one in chosen)
    words = [f"{len(chosen)} selected{f', {elsewhere} of them not shown here' if elsewhere else ''}."]
    if len(chosen) == 1:
        words.append("To compare, tick one more.")
    if why := _why_not_deleted(chosen):
        words.append(why)
    return " ".join(words)


def _why_not_deleted(chosen: Sequence[Session]) -> str:
    if not current.may(Right.DELETE):
        return "This account may not delete sessions."
    running = next((one for one in chosen if one.state == "open"), None)
    return f"“{plain(running.title)}” is being recorded: stop the recording before you delete it." if running else ""


def _tick(sessions: Sequence[Session], on: bool) -> None:
    for one in sessions:
        st.session_state[f"{CHECK}{one.id}"] = on


def _compare(memory: SessionMemory, chosen: Sequence[Session]) -> None:
    few = len(chosen) < 2
    if st.button(
        f"Compare {len(chosen)}" if not few else "Compare",
        icon=":material/compare_arrows:",
        disabled=few,
        key="sessions_compare",
        help="Tick two or more sessions first." if few else "Show them side by side.",
    ):
        memory.compared = tuple(one.id for one in chosen)
        st.rerun()


def _export(store: Store, chosen: Sequence[Session]) -> None:
    user, numbers = current.signed_in(), [one.id for one in chosen]
    several = len(chosen) > 1
    st.download_button(
        f"Export {len(chosen)}" if several else "Export",
        lambda: exported(store, numbers, user),
        f"{len(chosen)}-sessions.zip"
        if several
        else f"session-{chosen[0].started_local:%Y-%m-%d}.zip"
        if chosen
        else "sessions.zip",
        "application/zip",
        icon=":material/folder_zip:",
        key="sessions_export",
        on_click="ignore",
        disabled=not chosen,
        help="Everything but the videos, also the answers to the PHQ-4. Several sessions come as one zip, with a zip "
        "for each in it."
        if chosen
        else "Tick one or more sessions first.",
    )


def exported(store: Store, numbers: Sequence[int], user: User) -> bytes:
    """The bytes of a zip of these sessions, for a user whose part of the store this is.

    Raises:
        StoreError: one of them cannot be read, or the file not be written.
    """
    with temporary_folder(store) as folder:
        path = folder / "sessions.zip"
        if len(numbers) == 1:
            data = export_session(store, numbers[0], path).read_bytes()
        else:
            data = export_sessions(store, numbers, path).read_bytes()
    for number in numbers:
        audit.note(AuditEvent.EXPORTED, user=user, what=f"session {number}")
    return data


def _delete(store: Store, memory: SessionMemory, chosen: Sequence[Session]) -> None:
    why = _why_not_deleted(chosen) if chosen else "Tick one or more sessions first."
    several = len(chosen) > 1
    with st.popover(
        f"Delete {len(chosen)}" if several else "Delete",
        icon=":material/delete:",
        disabled=bool(why),
        help=why or None,
        key="sessions_delete",
    ):
        if why:
            return
        named = "".join(f"\n- {plain(one.title)}, {plain(one.participant)}" for one in chosen[:MOST_NAMED])
        more = f"\n- and {len(chosen) - MOST_NAMED} more" if len(chosen) > MOST_NAMED else ""
        st.markdown(f"Delete {counted(len(chosen), 'session')}?\n{named}{more}")
        videos = sum(one.video_file is not None for one in chosen)
        with_videos = f", {counted(videos, 'video')}" if videos else ""
        st.caption(
            f"This permanently deletes their samples, markers{with_videos} and check-ins. It cannot be undone."
            if several
            else f"This permanently deletes its samples, markers{', its video' if videos else ''} and check-ins. It "
            "cannot be undone."
        )
        if frame.danger_button(f"Delete {counted(len(chosen), 'session')}", key="sessions_delete_now"):
            _delete_now(store, memory, chosen)


def _delete_now(store: Store, memory: SessionMemory, chosen: Sequence[Session]) -> None:
    user = current.require(Right.DELETE)
    try:
        with st.spinner(f"Deleting {counted(len(chosen), 'session')} …", show_time=True):
            done = delete_sessions(store, [one.id for one in chosen])
    except StoreError as error:
        st.error(sentence(str(error)))
        return
    for one in chosen:
        audit.note(AuditEvent.DELETED, user=user, what=f"session {one.id}")
    memory.compared = ()
    memory.done = f"Deleted {counted(done.sessions, 'session')}."
    memory.problem = done.warning
    st.rerun()
