"""A session at a glance: a sentence, the video above the timeline, its strongest moments, its faces."""

from pathlib import Path
from typing import Final

import streamlit as st

from app.charts import session as session_charts
from app.charts.curves import Curves, ShownLabels, curves_of_samples, curves_of_timeline, shown_labels
from app.charts.session_marks import Marks
from app.formatting import whole_percent
from app.session_statistics.summary import APART_S, PEAK_FROM, Summary
from app.sessions.loaded import LoadedSession
from app.sessions.wording import headline
from app.store.checks import check_video_name
from app.store.errors import StoreError
from app.tab_memory import SessionMemory
from app.views.analyse.results import SHOWN_VIDEO_BYTES
from app.views.sessions import check_ins, faces, playhead
from app.views.sessions import tables as session_tables
from app.views.sessions.face_choice import Choice, read_words

PLOT: Final = {"displaylogo": False, "modeBarButtons": [["zoomIn2d", "zoomOut2d", "resetScale2d"]], "scrollZoom": False}
AREAS: Final = "Areas"
HELP: Final = (
    "Click to move the playhead. Drag across the chart to zoom in, double-click to see everything again.  \n"
    "From the top: numbered notes; tasks (blue bands); the label, high where it was named, lower where it was "
    "“probably”, low and grey where the program was unsure; the share of each expression, smoothed; the same as a "
    "strip, stronger where it is more probable; valence from unpleasant (−1) to pleasant (+1) and arousal from calm "
    "to excited, both computed from the seven (Russell & Mehrabian, 1977). Grey: excluded. Gaps: not in view."
)


def render(loaded: LoadedSession, memory: SessionMemory, choice: Choice) -> None:
    """Draw it."""
    if choice.face is None:
        if loaded.outline.count:
            st.info("Nothing to show: all faces are ignored, or all of the time is excluded.")
    else:
        _over_time(loaded, choice.face, corrected=choice.corrected)
    st.header("Faces", anchor=False)
    faces.render(loaded, memory)
    check_ins.render(loaded.outline)


def _over_time(loaded: LoadedSession, face: int, *, corrected: bool) -> None:
    outline = loaded.outline
    is_read, words = not outline.is_long or loaded.is_read, ""
    labels: ShownLabels | None = None
    whole: Summary | None = None
    if is_read:
        with st.spinner(read_words(loaded), show_time=True):
            whole = loaded.figures(face, corrected=corrected).whole
            samples = loaded.face(face, corrected=corrected)
        if not len(samples.time_s):
            st.info("This face was seen only before its neutral face was measured. Choose “Raw”.")
            return
        labels = shown_labels(samples, length_s=outline.length_s, leave_out=outline.left_out)
        words = headline(samples, whole, leave_out=outline.left_out)
        st.markdown(words)
        st.html(session_tables.shares_bar(whole))
    timeline = loaded.timeline(corrected=corrected)
    means = curves_of_timeline(timeline, face)
    lines: Curves = curves_of_samples(loaded.face(face, corrected=corrected)) if is_read else means
    video = _shown_video(loaded)
    if video is not None:
        left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
        with left, st.container(key=playhead.film_key(outline.session.id)):
            st.video(str(video), alt="The recorded video, with boxes and labels")
        with right:
            playhead.render(outline, means, labels, span_s=timeline.span_s)
    _chart(loaded, lines, means, labels, words)
    if video is None:
        playhead.render(outline, means, labels, span_s=timeline.span_s)
    _moments(loaded, whole)


def _chart(loaded: LoadedSession, lines: Curves, means: Curves, labels: ShownLabels | None, words: str) -> None:
    outline, number = loaded.outline, loaded.outline.session.id
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header("Timeline", anchor=False, help=HELP, width="content")
        kind = st.segmented_control(
            "Chart",
            [AREAS, "Lines"],
            default=AREAS,
            required=True,
            key="session_chart",
            persist_state="session",
            label_visibility="collapsed",
        )
    span_s = loaded.timeline().span_s
    figure = session_charts.session_timeline(
        lines,
        means,
        labels,
        span_s=span_s,
        length_s=outline.length_s,
        stacked=kind == AREAS,
        marks=Marks(outline.markers, outline.tasks.tasks, outline.left_out),
    )
    st.html(session_tables.timeline_key(has_labels=labels is not None))
    with st.container(key=playhead.plot_key(number)):
        st.plotly_chart(
            figure,
            key=f"session_timeline_{number}",
            config=PLOT,
            theme=None,
            alt=f"The seven expressions over time. {words}",
        )
    if labels is None:
        st.caption(
            f"A long session: the chart shows averages of {span_s:.0f} s each. “Statistics” reads all "
            f"{outline.count:,} samples, which takes some seconds."
        )


def _moments(loaded: LoadedSession, whole: Summary | None) -> None:
    """Strongest moments and notes: buttons that send the playhead there."""
    notes = Marks(loaded.outline.markers).notes
    left, right = st.columns(2, gap="medium") if notes else (st.container(), None)
    with left:
        _strongest(whole, loaded.outline.session.id)
    if right is not None:
        with right:
            st.header("Notes", anchor=False)
            playhead.notes(notes, loaded.outline.session.id)


def _strongest(whole: Summary | None, session_id: int) -> None:
    st.header(
        "Strongest moments",
        anchor=False,
        help="The strongest moment of each stretch in which an expression other than neutral had at least "
        f"{whole_percent(PEAK_FROM)}. A pause of less than {APART_S:.0f} s does not end a stretch. At most ten "
        "are shown, always with the strongest of each expression.",
    )
    if whole is None:
        st.caption("“Statistics” finds them: it reads all samples.")
    elif whole.peaks:
        playhead.strongest(whole.peaks, session_id)
    else:
        st.caption(f"No expression except neutral reached {whole_percent(PEAK_FROM)}.")


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
            st.caption("The video is being recorded. You can watch it here when the recording has ended.")
        elif loaded.outline.session.video_file is not None:
            st.caption("The video of this session is no longer in the store's folder.")
        return None
    if path.stat().st_size > SHOWN_VIDEO_BYTES:
        st.caption("The video is too large to play here. Download it under “Export”.")
        return None
    return path
