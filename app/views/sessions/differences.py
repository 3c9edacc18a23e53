"""Differences between sessions, tasks or participants: a chart of intervals, and plain sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import streamlit as st

from app.charts import comparison as session_compare_charts
from app.markdown_text import plain
from app.session_statistics.comparison import Difference, Stretch, compare

_Key = TypeVar("_Key", int, str)

_HELP = (
    "The dot is the measured difference. The line is its 95 % interval: about 95 of a hundred such lines contain the "
    "true difference. A line that crosses zero shows no clear difference. Of twenty statistics without a true "
    "difference, about one looks clear by chance, so do not rely on a single one."
)
_SCOPES = {
    "these recordings": "These intervals hold for these recordings alone: another day may differ. With five sessions "
    "on each side, they hold for further sessions, too.",
    "sessions like these": "With five sessions or more on each side, these intervals hold for further sessions like "
    "these, too.",
}


def render(sides: Mapping[str, Sequence[Stretch]], *, key: str) -> None:
    """Draw what `compare` finds."""
    found = compare(sides)
    for first, second in dict.fromkeys(difference.names for difference in found):
        own = [difference for difference in found if difference.names == (first, second)]
        st.markdown(f"**{plain(second)}** compared with **{plain(first)}**")
        _pair(own, key=f"{key}_{first}_{second}")
    scopes = dict.fromkeys(difference.scope for difference in found)
    st.caption(" ".join(_SCOPES[scope] for scope in scopes))


def choose_two(titles: Mapping[_Key, str], label: str, *, key: str) -> tuple[_Key, _Key] | None:
    """Two fields to choose two different ones of at least two; None, and a sentence, while both are the same.

    Args:
        titles: what can be chosen, and what it is called.
        label: of the first field.
        key: the widgets' keys begin with it.
    """
    options = list(titles)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.selectbox(label, options, 0, key=f"{key}_first", width=240, format_func=titles.__getitem__)
        second = st.selectbox("against", options, 1, key=f"{key}_second", width=240, format_func=titles.__getitem__)
    if first == second:
        st.caption("Choose two different sides to compare.")
        return None
    return first, second


def _pair(found: Sequence[Difference], *, key: str) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.caption("Differences with 95 % intervals", help=_HELP)
        st.plotly_chart(
            session_compare_charts.forest(found), key=f"forest_{key}", theme=None, config={"displayModeBar": False}
        )
    with right:
        _sentences(found)


def _sentences(found: Sequence[Difference]) -> None:
    shaky = all(difference.is_shaky for difference in found)
    if shaky:  # said once instead of in each sentence
        found = [replace(difference, is_shaky=False) for difference in found]
    clear, others = ([d for d in found if d.is_clear is wanted] for wanted in (True, False))
    st.markdown("\n".join(f"- {plain(difference.sentence())}" for difference in clear) or "No clear difference.")
    if shaky:
        st.caption("These recordings are short: the true uncertainty is larger.")
    if others:
        with st.expander(f"{len(others)} without a clear difference"):
            st.markdown("\n".join(f"- {plain(difference.sentence())}" for difference in others))
