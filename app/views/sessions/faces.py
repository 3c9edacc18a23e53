"""The faces of a session: name, merge and ignore them, take all of it back, and see them side by side."""

from typing import Final

import streamlit as st

from app.formatting import counted
from app.markdown_text import plain
from app.report import session_tables
from app.sessions.loaded import LoadedSession
from app.store.database import Store
from app.store.records import Identity
from app.store.session_parts import ignore_identity, merge_identities, rename_identity, split_identity
from app.store.tables import MAX_NAME
from app.tab_memory import SessionMemory
from app.views.sessions import differences as session_differences
from app.views.sessions.face_choice import read_words
from app.views.sessions.tables import styled
from app.views.shared.store_parts import change

MOST_BESIDE: Final = 6
_HELP = (
    "The program follows faces by place and colour and recognises nobody: after two seconds out of view, a person "
    "gets a new number. Merge the numbers of one person, and ignore passers-by. Samples do not change, so you can "
    "undo all of it."
)


def render(loaded: LoadedSession, memory: SessionMemory) -> None:
    """Draw them."""
    known = loaded.outline.identities
    if not known:
        st.caption("No face was seen in this session.")
        return
    st.caption(counted(len(known), "face"), help=_HELP)
    timeline = loaded.timeline()
    counts = {number: int(timeline.count[timeline.face == number].sum()) for number in loaded.faces}
    for one in known:
        _face_row(loaded, memory, one, counts.get(one.face, 0))
    if len(loaded.faces) > 1 and st.toggle(
        "Compare the faces",
        key=f"faces_beside_{loaded.outline.session.id}",
        help=f"Raw statistics of at most {MOST_BESIDE} faces, those seen most.",
    ):
        _beside(loaded)


def _beside(loaded: LoadedSession) -> None:
    """Figures of the faces seen most, and two faces against each other."""
    titles = {face: loaded.outline.face_name(face) for face in loaded.faces[:MOST_BESIDE]}
    with st.spinner(read_words(loaded), show_time=True):
        st.html(styled(session_tables.figures({title: loaded.figures(face).whole for face, title in titles.items()})))
    chosen = session_differences.choose_two(titles, "Face", key=f"faces_{loaded.outline.session.id}")
    if chosen is None:
        return
    sides = {titles[face]: [made] for face in chosen if (made := loaded.stretch(face)) is not None}
    if len(sides) < 2:
        st.caption("One of the two faces was not seen in the time that counts.")
        return
    session_differences.render(sides, key=f"faces_{loaded.outline.session.id}")


def _face_row(loaded: LoadedSession, memory: SessionMemory, one: Identity, count: int) -> None:
    store, number = loaded.store, loaded.outline.session.id
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"face_line_{one.face}"):
        st.markdown(_face_text(loaded, one, count))
        _name(loaded, memory, one)
        if one.merged_into is not None:
            if st.button("Split again", type="tertiary", key=f"face_split_{one.face}", icon=":material/call_split:"):
                change(memory, lambda: split_identity(store, number, one.face), f"Face {one.face} is split off again.")
            return
        _merge(loaded, memory, one)
        if one.ignored:
            if st.button("Include", type="tertiary", key=f"face_count_{one.face}", icon=":material/visibility:"):
                _ignore(loaded, memory, one.face, ignored=False)
        elif st.button("Ignore", type="tertiary", key=f"face_ignore_{one.face}", icon=":material/visibility_off:"):
            _ignore(loaded, memory, one.face, ignored=True)


def _ignore(loaded: LoadedSession, memory: SessionMemory, face: int, *, ignored: bool) -> None:
    store, number = loaded.store, loaded.outline.session.id
    said = {True: f"Face {face} is ignored.", False: f"Face {face} counts again."}

    def undo(_: None) -> str:
        ignore_identity(store, number, face, ignored=not ignored)
        return said[not ignored]

    change(memory, lambda: ignore_identity(store, number, face, ignored=ignored), said[ignored], undo=undo)


def _face_text(loaded: LoadedSession, one: Identity, count: int) -> str:
    name = f"**Face {one.face}**" + (f" · {plain(one.name)}" if one.name else "")
    if one.merged_into is not None:
        return f"{name} · counts as {plain(loaded.outline.face_name(one.merged_into))}"
    return f"{name} · ignored" if one.ignored else f"{name} · {counted(count, 'sample')}"


def _name(loaded: LoadedSession, memory: SessionMemory, one: Identity) -> None:
    with (
        st.popover("Name", type="tertiary", icon=":material/edit:", key=f"face_name_{one.face}"),
        st.form(f"face_form_{one.face}", border=False),
    ):
        name = st.text_input(
            "Name", one.name, max_chars=MAX_NAME, key=f"face_text_{one.face}", help="Leave it empty for no name."
        )
        if st.form_submit_button("Save", key=f"face_save_{one.face}"):
            store, number = loaded.store, loaded.outline.session.id
            change(
                memory,
                lambda: rename_identity(store, number, one.face, name),
                f"Face {one.face} renamed." if name.strip() else f"Face {one.face} has no name now.",
                undo=lambda _: _undo_name(store, number, one),
            )


def _undo_name(store: Store, session_id: int, before: Identity) -> str:
    rename_identity(store, session_id, before.face, before.name)
    return f"Face {before.face} has its previous name."


def _merge(loaded: LoadedSession, memory: SessionMemory, one: Identity) -> None:
    others = [f.face for f in loaded.outline.identities if f.face != one.face and f.merged_into is None]
    if not others:
        return
    with st.popover("Merge", type="tertiary", icon=":material/call_merge:", key=f"face_merge_{one.face}"):
        into = st.selectbox("Count it as", others, key=f"face_into_{one.face}", format_func=loaded.outline.face_name)
        if st.button("Merge", key=f"face_merge_now_{one.face}"):
            change(
                memory,
                lambda: merge_identities(loaded.store, loaded.outline.session.id, [one.face], into),
                f"Face {one.face} now counts as {plain(loaded.outline.face_name(into))}.",
            )
