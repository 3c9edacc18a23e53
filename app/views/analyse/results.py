"""What a finished job found: the files with their strips, and the chosen one closely."""

from typing import Final

import streamlit as st

from app.analysis.jobs import AnalysisJob, AnalysisView, FileView
from app.formatting import clock, counted
from app.markdown_text import plain, sentence
from app.tab_memory import AnalysisMemory
from app.views.analyse import downloads, one_file, strips, thumbnail
from app.views.analyse import keep as analyse_keep
from app.views.analyse.one_file import SHOWN_VIDEO_BYTES

__all__ = ["SHOWN_VIDEO_BYTES", "render"]

MIN_SPEED_S: Final = 10.0
"""Of less video than this no speed is told."""
MINUTE_S: Final = 60.0
"""Shorter times are told with tenths."""
PER_PAGE: Final = 20
_ROWS_CSS: Final = """<style>
[class*="st-key-analyse_pick_"] {padding: .5rem .6rem; border-radius: .5rem; border: 1px solid transparent;
  position: relative}
[class*="st-key-analyse_pick_"]:hover {background: rgba(128,128,128,.06)}
[class*="st-key-analyse_pick_on_"] {border-color: rgba(128,128,128,.35); background: rgba(128,128,128,.1)}
[class*="st-key-analyse_pick_"] button {min-height: 0; padding: 0; justify-content: flex-start; text-align: left}
[class*="st-key-analyse_pick_"] [data-testid="stButton"] button {position: static}
[class*="st-key-analyse_pick_"] [data-testid="stButton"] button::after {content: ""; position: absolute; inset: 0}
[class*="st-key-analyse_pick_"] button p {overflow-wrap: anywhere; font-weight: 600; font-size: .92rem}
</style>"""
"""The whole of a row is its button."""


def render(job: AnalysisJob, view: AnalysisView, memory: AnalysisMemory) -> None:
    """Draw the results; none of it redraws itself, so that downloads come whole."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(_headline(job, view), width="content")
        if st.button(
            "New analysis",
            icon=":material/refresh:",
            key="analyse_new",
            help="Discards these results. First save or download what you want to keep.",
        ):
            memory.discard()
            st.query_params.clear()
            st.rerun()
    if view.problem:
        st.error(sentence(view.problem))
    if job.request.passed_over:
        st.caption(sentence(job.request.passed_over))
    if len(view.files) == 1:
        _file(job, view, 0, memory)
        return
    chosen = _chosen(view, memory)
    left, right = st.columns([2, 5], gap="medium")
    with left:
        _list(view, chosen, memory)
    with right:
        _file(job, view, chosen, memory)


def _headline(job: AnalysisJob, view: AnalysisView) -> str:
    done = sum(file.summary is not None for file in view.files)
    parts = [f"{done} of {counted(len(view.files), 'file')} analysed"]
    media_s = sum(file.summary.seconds for file in view.files if file.summary)
    if media_s:
        # In a short film most of the time goes into getting ready.
        speed = f" ({media_s / view.seconds:.1f} times real time)" if media_s >= MIN_SPEED_S else ""
        parts.append(f"{clock(media_s, tenths=media_s < MINUTE_S)} of video in {_time_words(view.seconds)}{speed}")
    elif done:
        parts.append(_time_words(view.seconds))
    if job.is_cancelled():
        return f":material/cancel: **Cancelled** · {' · '.join(parts)}"
    icon = ":material/check_circle:" if done else ":material/error:"
    return f"{icon} {' · '.join(parts)}"


def _time_words(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < MINUTE_S else f"{clock(seconds)} min"


def _chosen(view: AnalysisView, memory: AnalysisMemory) -> int:
    """The file that is looked at: the one that was pressed, else the first that showed something."""
    if memory.chosen is not None:
        return memory.chosen
    return next((i for i, file in enumerate(view.files) if file.summary is not None), 0)


def _list(view: AnalysisView, chosen: int, memory: AnalysisMemory) -> None:
    st.html(_ROWS_CSS)
    count, first = len(view.files), 0
    if count > PER_PAGE:
        pages = -(-count // PER_PAGE)
        page = st.number_input("Page", 1, pages, chosen // PER_PAGE + 1, key="analyse_page", help=f"1 to {pages}")
        first = (int(page) - 1) * PER_PAGE
        st.caption(f"{first + 1}–{min(first + PER_PAGE, count)} of {count}")
    with st.container(gap="xxsmall"):
        for index, file in enumerate(view.files[first : first + PER_PAGE], start=first):
            _row(index, file, memory, is_chosen=index == chosen)


def _row(index: int, file: FileView, memory: AnalysisMemory, *, is_chosen: bool) -> None:
    with st.container(key=f"analyse_pick_{'on' if is_chosen else 'off'}_{index}", gap="xsmall"):
        with st.container(horizontal=True, gap="small", wrap=False):
            thumbnail.render(file)
            with st.container(gap=None):
                st.button(
                    plain(file.title),
                    key=f"analyse_open_{index}",
                    type="tertiary",
                    on_click=_choose,
                    args=(memory, index),
                    wrap=True,
                )
                st.html(strips.result_line(file))
        if file.summary is not None:
            st.html(strips.strip(file.summary))


def _choose(memory: AnalysisMemory, index: int) -> None:
    memory.chosen = index
    memory.keeping = ""


def _file(job: AnalysisJob, view: AnalysisView, index: int, memory: AnalysisMemory) -> None:
    file = view.files[index]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(plain(file.title), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            analyse_keep.offer(job, file, memory)
            if any(each.summary is not None for each in view.files):
                downloads.render(job, file)
    analyse_keep.render(job, file, memory)
    if file.sentence:
        (st.warning if file.summary else st.error)(sentence(file.sentence))
    if file.summary is None:
        if not file.sentence:
            st.info("The analysis was cancelled before this file.")
        return
    if not job.csv.exists():
        st.warning("The results of this analysis were deleted on the server. Start a new analysis.")
        return
    one_file.render(file, file.summary, job.request.model)
