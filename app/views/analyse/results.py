"""What a finished job found: downloads, a line for each file, and one of them closely."""

from pathlib import Path

import streamlit as st

from app.analysis.jobs import AnalysisJob, AnalysisView, FileView
from app.analysis.summary import FaceSummary, FileSummary
from app.charts import film as analysis_charts
from app.formatting import clock, size_words
from app.markdown_text import sentence
from app.tab_memory import AnalysisMemory
from app.views.analyse import explanation as analyse_why
from app.views.analyse import keep as analyse_keep
from app.views.analyse import tables as analyse_tables
from app.views.shared import emotion_bars as face_bars

SHOWN_VIDEO_BYTES = 200_000_000
"""Larger videos are offered for download alone: the page's server would hold them in memory."""
MIN_SPEED_S = 10.0
"""Of less video than this no speed is told."""
PLOT = {"displayModeBar": False}


def render(job: AnalysisJob, view: AnalysisView, memory: AnalysisMemory) -> None:
    """Draw the results; none of it redraws itself, so that downloads come whole."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_headline(view) if job.csv.exists() else f"Nothing was analysed of {_subject(view)}")
        _table_downloads(job, view)
        if st.button(
            "New analysis",
            icon=":material/refresh:",
            key="analyse_new",
            help="Discards these results. Download what you want to keep.",
        ):
            memory.discard()
            st.rerun()
    if view.problem:
        st.error(sentence(view.problem))
    if job.request.passed_over:
        st.caption(sentence(job.request.passed_over))
    shown = _choose(view)
    if shown is not None:
        _file(job, shown)
        analyse_keep.render(job, shown, memory)


def _headline(view: AnalysisView) -> str:
    media_s = sum(file.summary.seconds for file in view.files if file.summary)
    start = f":material/check_circle: {_subject(view)}"
    if not media_s:
        return f"{start}, analysed in {view.seconds:.1f} s"
    # In a short film most of the time goes into getting ready.
    speed = f" ({media_s / view.seconds:.1f} times real time)" if media_s >= MIN_SPEED_S else ""
    return f"{start}: {clock(media_s)} of video in {view.seconds:.1f} s{speed}"


def _subject(view: AnalysisView) -> str:
    if len(view.files) == 1:
        return f"**{sentence(view.files[0].title)}**"
    return f"{sum(file.summary is not None for file in view.files)} of {len(view.files)} files"


def _table_downloads(job: AnalysisJob, view: AnalysisView) -> None:
    stem = Path(view.files[0].title).stem if len(view.files) == 1 else "fer-studio-analysis"
    for path, mime in ((job.csv, "text/csv"), (job.json, "application/json")):
        if path.exists():
            st.download_button(
                path.suffix[1:].upper(),
                path.read_bytes,
                file_name=stem + path.suffix,
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"analyse_{path.suffix[1:]}",
                help=f"All frames and faces, {size_words(path.stat().st_size)}.",
            )


def _choose(view: AnalysisView) -> FileView | None:
    """The file to look at closely; one by itself needs no choice."""
    if len(view.files) == 1:
        return view.files[0]
    st.html(analyse_tables.file_lines(view.files))
    readable = [i for i, file in enumerate(view.files) if file.summary is not None]
    if not readable:
        return None
    index = st.selectbox(
        "Look closely at",
        readable,
        format_func=lambda i: view.files[i].title,
        key="analyse_file",
    )
    return view.files[index]


def _file(job: AnalysisJob, file: FileView) -> None:
    if file.sentence:
        (st.warning if file.summary else st.error)(sentence(file.sentence))
    if file.summary is None:
        if not file.sentence:
            st.info("The analysis was ended before this file was reached.")
        return
    # Wide pictures and videos get room; beside them what they showed.
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _copy(file)
    with right:
        if not file.summary.faces:
            st.warning(
                "No face was found in it. Faces must be at least about 30 pixels wide, lit, and seen from the front."
            )
        elif len(file.summary.picture_faces) == 1:
            st.html(face_bars.html(file.summary.picture_faces[0]))
        elif file.summary.picture_faces:
            st.html(analyse_tables.picture_faces(file.summary.picture_faces))
        else:
            st.html(analyse_tables.faces(file.summary))
        analyse_why.render(file, job.request.model)
    if file.summary.faces and not file.summary.picture_faces:
        _timeline(file.summary)


def _copy(file: FileView) -> None:
    """The labelled picture or video, and its download."""
    path = file.copy
    if path is None or not path.exists():
        st.caption("No annotated video was asked for.")
        return
    size_bytes = path.stat().st_size
    is_video = path.suffix == ".mp4"
    if not is_video:
        st.image(str(path), width="stretch")
    elif size_bytes <= SHOWN_VIDEO_BYTES:
        st.video(str(path))
    else:
        st.caption("The annotated video is too large to be shown here; download it.")
    st.download_button(
        f"{'MP4' if is_video else 'Picture'} · {size_words(size_bytes)}",
        path.read_bytes,
        file_name=f"{Path(file.title).stem}-labelled{path.suffix}",
        mime="video/mp4" if is_video else "image/jpeg",
        icon=":material/download:",
        on_click="ignore",
        key="analyse_copy",
    )


def _timeline(summary: FileSummary) -> None:
    by_number = {face.number: face for face in summary.faces}
    number = summary.faces[0].number
    if len(by_number) > 1:
        number = st.selectbox(
            "Face", list(by_number), format_func=lambda n: _face_words(by_number[n]), key="analyse_face", width=320
        )
    face = by_number[number].timeline
    st.caption(
        "Expressions",
        help="Share of each of the seven over time, smoothed. The strip above is what the face "
        "was called: at full height named, lower “probably”, lowest and grey unsure. Gaps: not in view.",
    )
    st.plotly_chart(
        analysis_charts.expressions(face, length_s=summary.seconds), key="analyse_expressions", config=PLOT, theme=None
    )
    st.caption("Valence", help="From unpleasant (−1) to pleasant (+1), from the seven (Russell & Mehrabian, 1977).")
    st.plotly_chart(
        analysis_charts.valence(face, length_s=summary.seconds), key="analyse_valence", config=PLOT, theme=None
    )


def _face_words(face: FaceSummary) -> str:
    return f"Face {face.number}, in view for {clock(face.seconds, tenths=True)}"
