"""One file closely: a video with its summary and charts under one playhead, or a picture with its faces beside it."""

from pathlib import Path
from typing import Final

import streamlit as st

from app.analysis.jobs import FileView
from app.analysis.summary import FaceSummary, FileSummary
from app.charts import film as analysis_charts
from app.formatting import clock
from app.views.analyse import card, playhead, strips
from app.views.analyse import explanation as analyse_why
from app.views.analyse import tables as analyse_tables
from app.views.shared import emotion_bars as face_bars

SHOWN_VIDEO_BYTES: Final = 200_000_000
"""Larger videos are offered for download alone: the page's server would hold them in memory."""
PLOT: Final = {"displayModeBar": False}
NO_FACE: Final = "No face found. A face must be at least about 30 pixels wide, lit, and seen from the front."
_FILM, _CHARTS = "analyse_film", "analyse_charts"
_FILM_CSS: Final = """<style>
.st-key-analyse_film video {max-height: 26rem; background: #000; border-radius: .5rem}
.st-key-analyse_film img {max-height: 40rem; object-fit: contain}
</style>"""


def render(file: FileView, summary: FileSummary, model: str) -> None:
    """Draw it.

    Args:
        file: an analysed one.
        summary: what it showed.
        model: name of the network that judged.
    """
    st.html(_FILM_CSS)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(key=_FILM):
        _copy(file)
    with right:
        if not summary.faces:
            st.warning(NO_FACE)
        elif summary.picture_faces:
            _picture(summary)
        else:
            st.html(card.html(summary))
        analyse_why.render(file, model)
    if summary.faces and not summary.picture_faces:
        _timeline(summary)
        st.subheader("Faces", anchor=False)
        st.html(analyse_tables.faces(summary))


def _copy(file: FileView) -> None:
    """The labelled picture or video."""
    path = file.copy
    if path is None or not path.exists():
        st.caption("No labelled video: it was switched off under Options.")
    elif path.suffix != ".mp4":
        st.image(str(path), alt="The picture with boxes and labels", width="stretch")
    elif _is_small(path):
        st.video(str(path), alt="The labelled video")
    else:
        st.caption("The labelled video is too large to be shown here. Download it.")


def _is_small(path: Path) -> bool:
    return path.stat().st_size <= SHOWN_VIDEO_BYTES


def _picture(summary: FileSummary) -> None:
    if len(summary.picture_faces) == 1:
        st.html(face_bars.html(summary.picture_faces[0]))
        return
    st.html(analyse_tables.picture_rows(summary.picture_faces))
    with st.expander("All shares"):
        st.html(analyse_tables.picture_faces(summary.picture_faces))


def _timeline(summary: FileSummary) -> None:
    by_number = {face.number: face for face in summary.numbered}
    number = summary.faces[0].number
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(
            "Expressions over time",
            anchor=False,
            width="content",
            help="The share of each of the seven, smoothed. The strip above shows the label: at full height named, "
            "lower “probably”, lowest and grey unsure. Gaps: not in view. Below, valence: from unpleasant (−1) to "
            "pleasant (+1), from the seven (Russell & Mehrabian, 1977).",
        )
        if len(by_number) > 1:
            number = st.selectbox(
                "Face",
                list(by_number),
                list(by_number).index(number),
                format_func=lambda n: _face_words(by_number[n]),
                key="analyse_face",
                label_visibility="collapsed",
                width=280,
            )
    face = by_number[number].timeline
    playhead.render(
        film_key=_FILM,
        charts_key=_CHARTS,
        length_s=summary.seconds,
        labels=strips.labels_over_time(face),
        key="analyse_playhead",
    )
    with st.container(key=_CHARTS, gap=None):
        for name, chart in (("expressions", analysis_charts.expressions), ("valence", analysis_charts.valence)):
            st.plotly_chart(
                chart(face, length_s=summary.seconds),
                key=f"analyse_{name}",
                config=PLOT,
                theme=None,
                alt=f"{name.capitalize()} over time",
            )


def _face_words(face: FaceSummary) -> str:
    return f"Face {face.number}, in view for {clock(face.seconds, tenths=True)}"
