"""A grid to choose a mood from: pleasure to the right, arousal upwards. The only module that knows the component."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from app.session_statistics.check_ins import Mood

_HTML = """<div class="mood">
<div class="edge">excited</div>
<div class="middle">
  <div class="edge side left">unpleasant</div>
  <div class="cells" role="grid" aria-label="Mood: left to right unpleasant to pleasant, bottom to top calm to
 excited. Arrow keys move, Enter chooses, Delete takes the answer back."></div>
  <div class="edge side right">pleasant</div>
</div>
<div class="edge">calm</div>
<div class="foot"><span class="said" role="status" aria-live="polite"></span>
<button type="button" class="clear" hidden>No answer</button></div>
</div>"""
_CSS = """
.mood { font-family: var(--st-font); color: var(--st-text-color); max-width: 21rem; margin: 0 auto; }
.middle { display: flex; align-items: center; justify-content: center; gap: 0.3rem; }
.edge { font-size: 0.8rem; opacity: 0.8; text-align: center; line-height: 1.5; }
.side { writing-mode: vertical-rl; }
.left { transform: rotate(180deg); }
.cells { flex: 1; aspect-ratio: 1; display: flex; flex-direction: column; touch-action: manipulation;
  border: 1px solid var(--st-border-color); border-radius: 8px; overflow: hidden; }
.cells > div { flex: 1; display: flex; }
.cells [role=gridcell] { flex: 1; cursor: pointer; border-radius: 4px; margin: 1px;
  background: var(--st-secondary-background-color); }
.cells .axis { background: color-mix(in srgb, var(--st-text-color) 18%, transparent); }
.cells [role=gridcell]:hover, .cells .axis:hover {
  background: color-mix(in srgb, var(--st-primary-color) 35%, transparent); }
.cells [role=gridcell]:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
.cells div > [role=gridcell][aria-selected=true] { background: var(--st-primary-color); }
.foot { display: flex; align-items: center; justify-content: space-between; gap: 0.6rem; min-height: 2rem;
  font-size: 0.8rem; }
.clear { font: inherit; color: inherit; background: none; border: 1px solid var(--st-border-color);
  border-radius: 6px; padding: 0.15rem 0.5rem; cursor: pointer; white-space: nowrap; }
.clear[hidden] { display: none; }
"""
_JS = (Path(__file__).parents[2] / "assets" / "mood_grid.js").read_text(encoding="utf-8")


def choose_mood(*, key: str) -> Mood | None:
    """The grid; gives the chosen mood, None without an answer.

    Args:
        key: another one starts without an answer.
    """
    result = _component()(key=key, default={"mood": None}, on_mood_change=lambda: None, height="content")
    chosen = result.mood
    return Mood(int(chosen[0]), int(chosen[1])) if chosen else None


@st.cache_resource
def _component() -> Callable[..., Any]:
    renderer: Callable[..., Any] = st.components.v2.component("fer_mood_grid", html=_HTML, css=_CSS, js=_JS)
    return renderer
