"""Which face of a session is looked at, and whether its baseline is taken off."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from app.session_data import LoadedSession
from app.session_words import plain

RAW: Final = "Raw"
CORRECTED: Final = "Baseline taken off"


@dataclass(frozen=True)
class Choice:
    """What to show: a face (None where no face counts), raw or with the neutral baseline taken off."""

    face: int | None
    corrected: bool = False


def choose(loaded: LoadedSession) -> Choice:
    """The choices that there are; none are shown where there is nothing to choose."""
    outline = loaded.outline
    faces, key = loaded.faces, outline.session.id
    if not faces:
        return Choice(None)
    face, values = faces[0], RAW
    if len(faces) == 1 and not outline.is_corrected:
        return Choice(face)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(faces) > 1:
            face = st.selectbox(
                "Face", faces, format_func=lambda number: plain(outline.face_name(number)), width=240,
                key=f"session_face_{key}", persist_state="session",
                help="The one seen most comes first. Faces can be named, merged and ignored under “Faces”.",
            )  # fmt: skip
        if outline.is_corrected:
            values = st.segmented_control(
                "Values", [RAW, CORRECTED], default=RAW, required=True, key=f"session_values_{key}",
                persist_state="session",
                help="The neutral baseline is what this person's face shows at rest. Taken off, a face that looks sad "
                "by itself counts as neutral. The labels stay those that were shown.",
            )  # fmt: skip
    return Choice(face, values == CORRECTED)


def read_words(loaded: LoadedSession) -> str:
    """What to say while samples are read."""
    count = loaded.outline.count
    return f"Reading {count:,} samples …" if loaded.outline.is_long else "Reading the samples …"
