"""Which face of a session is looked at, and whether its values are relative to the neutral face."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from app.markdown_text import plain
from app.sessions.loaded import LoadedSession

RAW: Final = "Raw"
CORRECTED: Final = "Relative to neutral"


@dataclass(frozen=True)
class Choice:
    """What to show: a face (None where no face counts), with raw values or relative to the neutral face."""

    face: int | None
    corrected: bool = False


def choose(loaded: LoadedSession) -> Choice:
    """The choices that there are; none are shown where there is nothing to choose."""
    outline = loaded.outline
    faces, key = loaded.faces, outline.session.id
    if not faces:
        return Choice(None)
    face, corrected = faces[0], False
    if len(faces) == 1 and not outline.is_corrected:
        return Choice(face)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(faces) > 1:
            face = _face(loaded, "Face", key=f"session_face_{key}")
        if outline.is_corrected:
            corrected = _is_corrected(key=f"session_values_{key}")
    return Choice(face, corrected)


def choose_together(compared: Mapping[str, LoadedSession]) -> dict[int, Choice]:
    """For sessions beside each other, by their numbers: a face of each, and all or none relative to neutral.

    Args:
        compared: title to session.
    """
    shown = {title: one for title, one in compared.items() if one.faces}
    crowded = {title: one for title, one in shown.items() if len(one.faces) > 1}
    without = [plain(title) for title, one in shown.items() if not one.outline.is_corrected]
    choices = {one.outline.session.id: Choice(None) for one in compared.values()}
    faces = {one.outline.session.id: one.faces[0] for one in shown.values()}
    corrected = False
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if crowded:
            with st.popover("Faces", icon=":material/group:", key="compare_faces"):
                for title, one in crowded.items():
                    number = one.outline.session.id
                    faces[number] = _face(one, plain(title), key=f"compare_face_{number}")
        if shown and not without:
            corrected = _is_corrected(key="compare_values")
    if without and len(without) < len(shown):
        st.caption(f"Raw values, because no neutral face was measured: {', '.join(without)}.")
    return choices | {number: Choice(face, corrected) for number, face in faces.items()}


def _face(loaded: LoadedSession, label: str, *, key: str) -> int:
    return st.selectbox(
        label,
        loaded.faces,
        format_func=loaded.outline.face_name,
        width=240,
        key=key,
        persist_state="session",
        help="The face seen most comes first. Name, merge and ignore faces in the session's overview.",
    )


def _is_corrected(*, key: str) -> bool:
    values = st.segmented_control(
        "Values",
        [RAW, CORRECTED],
        default=RAW,
        required=True,
        key=key,
        persist_state="session",
        help="Relative to this person's neutral face: a face that looks sad at rest counts as neutral. Labels do not "
        "change.",
    )
    return values == CORRECTED


def read_words(loaded: LoadedSession) -> str:
    """What to say while samples are read."""
    count = loaded.outline.count
    return f"Reading {count:,} samples …" if loaded.outline.is_long else "Reading the samples …"
