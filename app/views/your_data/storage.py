"""How much is stored and how much room is left, on the data page."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from app.colours import GREEN, GREY, translucent
from app.formatting import counted, size_words
from app.store.database import Store
from app.store.privacy import Overview, overview

_BLUE: Final = "#3f7fb0"
_CSS: Final = """<style>
.fer-room {display:flex; gap:2px; height:.9rem; border-radius:.45rem; overflow:hidden}
.fer-room i {min-width:4px; display:block}
.fer-room-key {display:flex; flex-wrap:wrap; gap:.2rem 1.4rem; margin-top:.5rem; font-size:.9rem;
  font-variant-numeric:tabular-nums}
.fer-room-key i {display:inline-block; width:.7rem; height:.7rem; border-radius:3px; margin-right:.45rem}
</style>"""


@dataclass(frozen=True)
class Part:
    """A part of the bar: its name, its bytes, and its colour."""

    name: str
    size_bytes: int
    colour: str


def render(store: Store) -> Overview:
    """Draw the part; gives the counts that it shows."""
    stored = overview(store)
    st.header("Storage", anchor=False)
    st.markdown(sentence_of(stored))
    parts = [
        Part("Videos", stored.video_bytes, GREEN),
        Part("Free on this disk", _free(store.videos), translucent(GREY, 0.45)),
    ]
    own = Part("Database", stored.database_bytes, _BLUE)
    if store.is_sqlite:
        st.html(bar([own, *parts]))
    else:
        st.html(bar(parts))
        st.caption(f"The database takes {size_words(stored.database_bytes)} in PostgreSQL.")
    return stored


def sentence_of(stored: Overview) -> str:
    """What is stored and since when, in one sentence."""
    if not stored.sessions and not stored.participants:
        return "Nothing is stored yet."
    since = f", since {stored.oldest.day} {stored.oldest:%B %Y}" if stored.oldest else ""
    rest = ", ".join(
        counted(number, noun)
        for number, noun in (
            (stored.samples, "sample"),
            (stored.markers, "marker"),
            (stored.check_ins, "check-in"),
            (stored.baselines, "baseline"),
        )
        if number
    )
    held = f" with {rest}" if rest else ""
    return f"{counted(stored.sessions, 'session')} of {counted(stored.participants, 'participant')}{held}{since}."


def bar(parts: list[Part]) -> str:
    """What takes the space and what is left of it, as HTML: a bar, and its key in words."""
    lengths = "".join(
        f'<i style="flex:{part.size_bytes} 0 0; background:{part.colour}"></i>' for part in parts if part.size_bytes
    )
    words = "".join(
        f'<span><i style="background:{part.colour}"></i>{part.name}: {size_words(part.size_bytes)}</span>'
        for part in parts
    )
    return f'{_CSS}<div class="fer-room" aria-hidden="true">{lengths}</div><div class="fer-room-key">{words}</div>'


def _free(folder: Path) -> int:
    """Bytes that can still be written to a folder's disk; of one that is not there yet, to that of its parents."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(there).free
