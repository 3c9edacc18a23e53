"""A session over time: what it showed in a sentence, the chart, and the video beside it."""

from pathlib import Path
from typing import Final

import streamlit as st

from app.charts import session as session_charts
from app.charts.curves import Curves, ShownLabels, curves_of_samples, curves_of_timeline, shown_labels
from app.charts.session import Marks
from app.formatting import clock
from app.sessions.loaded import LoadedSession
from app.sessions.wording import headline
from app.store.checks import check_video_name
from app.store.errors import StoreError
from app.tab_memory import SessionMemory
from app.views.analyse.results import SHOWN_VIDEO_BYTES
from app.views.sessions import tables as session_tables
from app.views.sessions.face_choice import Choice, read_words

PLOT: Final = {"displaylogo": False, "modeBarButtons": [["zoomIn2d", "zoomOut2d", "resetScale2d"]], "scrollZoom": False}
AREAS: Final = "Areas"
HELP: Final = (
    "From above: tasks (blue bands) and markers (diamonds); the label that was shown, high where it was named, lower "
    "where the program leaned to it (“probably …”), low and grey where it was unsure; the share of each of "
    "the seven, smoothed; the same as a strip, the stronger the colour the more probable; valence, from unpleasant "
    "(−1) to pleasant (+1), and arousal, from calm to excited, both derived from the seven "
    "(Russell & Mehrabian, 1977). Grey: left out. Gaps: not in view. "
    "Drag across the chart to zoom in, double-click to see all again."
)


def render(loaded: LoadedSession, memory: SessionMemory, choice: Choice) -> None:
    """Draw it."""
    if choice.face is None:
        if loaded.outline.count:
            st.info("No face counts: all are ignored, or all of the time is left out. See “Faces” and “Markers”.")
        return
    video = _shown_video(loaded)
    if video is None:
        _chart(loaded, choice.face, corrected=choice.corrected)
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _chart(loaded, choice.face, corrected=choice.corrected)
    with right:
        st.video(str(video))


def _chart(loaded: LoadedSession, face: int, *, corrected: bool) -> None:
    outline = loaded.outline
    is_read, words = not outline.is_long or loaded.is_read, ""
    labels: ShownLabels | None = None
    if is_read:
        with st.spinner(read_words(loaded)):
            figures = loaded.figures(face, corrected=corrected).whole
            samples = loaded.face(face, corrected=corrected)
        if not len(samples.time_s):
            st.info("This face was seen only before there was a baseline. Choose “Raw”.")
            return
        labels = shown_labels(samples, length_s=outline.length_s, leave_out=outline.left_out)
        words = headline(samples, figures, leave_out=outline.left_out)
        st.markdown(words)
    timeline = loaded.timeline(corrected=corrected)
    means = curves_of_timeline(timeline, face)
    lines: Curves = curves_of_samples(loaded.face(face, corrected=corrected)) if is_read else means
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption("Expressions over time", help=HELP)
        kind = st.segmented_control(
            "Chart",
            [AREAS, "Lines"],
            default=AREAS,
            required=True,
            key="session_chart",
            persist_state="session",
            label_visibility="collapsed",
        )
    figure = session_charts.session_timeline(
        lines,
        means,
        labels,
        span_s=timeline.span_s,
        length_s=outline.length_s,
        stacked=kind == AREAS,
        marks=Marks(outline.markers, outline.tasks.tasks, outline.left_out),
    )
    st.plotly_chart(
        figure,
        key=f"session_timeline_{outline.session.id}",
        config=PLOT,
        theme=None,
        alt=f"The seven expressions over time. {words}",
    )
    if not is_read:
        st.caption(
            f"A long session: the chart shows averages of {timeline.span_s:.0f} s each. “Figures” reads all "
            f"{outline.count:,} samples, which takes some seconds."
        )
    else:
        st.html(session_tables.shares_bar(figures))
        st.caption(
            "Share of the time with each label; striped: “probably”",
            help=f"Of {clock(figures.watched_s)} in which the face was seen. Paler: the program leaned to the label "
            "(“probably …”). Unsure: it gave none.",
        )


def video_file(loaded: LoadedSession) -> Path | None:
    """The session's video in the store's folder; None where there is none, or no longer."""
    name = loaded.outline.session.video_file
    if name is None:
        return None
    try:
        check_video_name(name)  # once more, whoever wrote the row
    except StoreError:
        return None
    path = loaded.store.videos / name
    return path if path.is_file() else None


def _shown_video(loaded: LoadedSession) -> Path | None:
    """The video where it can be shown; else says why not."""
    path = video_file(loaded)
    if path is None:
        if loaded.outline.session.state == "open" and loaded.outline.session.video_file is not None:
            st.caption("The video is being recorded. It can be seen here when the recording has ended.")
        elif loaded.outline.session.video_file is not None:
            st.caption("The video of this session is no longer in the store's folder.")
        return None
    if path.stat().st_size > SHOWN_VIDEO_BYTES:
        st.caption("The video is too large to be shown here; “Report and files” offers it.")
        return None
    return path
