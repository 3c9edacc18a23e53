"""The menu of downloads: the tables of all files, and the labelled copy of the one that is looked at."""

from pathlib import Path

import streamlit as st

from app.analysis.jobs import AnalysisJob, FileView
from app.formatting import size_words


def render(job: AnalysisJob, file: FileView) -> None:
    """Draw the menu, where there is anything to download."""
    copy = file.copy if file.copy is not None and file.copy.exists() else None
    if copy is None and not job.csv.exists():
        return
    with st.popover("Downloads", icon=":material/download:", key="analyse_downloads"):
        if job.csv.exists():
            _tables(job)
        if copy is not None:
            _copy(copy, file.title)


def _tables(job: AnalysisJob) -> None:
    titles = [each.title for each in job.request.files]
    stem = Path(titles[0]).stem if len(titles) == 1 else "fer-studio-analysis"
    st.caption("All frames and faces" + (f" of all {len(titles)} files" if len(titles) > 1 else ""))
    for path, mime in ((job.csv, "text/csv"), (job.json, "application/json")):
        if path.exists():
            st.download_button(
                f"{path.suffix[1:].upper()} · {size_words(path.stat().st_size)}",
                path.read_bytes,
                file_name=stem + path.suffix,
                mime=mime,
                icon=":material/table:" if path == job.csv else ":material/data_object:",
                on_click="ignore",
                key=f"analyse_{path.suffix[1:]}",
                width="stretch",
            )


def _copy(path: Path, title: str) -> None:
    is_video = path.suffix == ".mp4"
    st.caption("With boxes and labels")
    st.download_button(
        f"{'MP4' if is_video else 'Picture'} · {size_words(path.stat().st_size)}",
        path.read_bytes,
        file_name=f"{Path(title).stem}-labelled{path.suffix}",
        mime="video/mp4" if is_video else "image/jpeg",
        icon=":material/movie:" if is_video else ":material/image:",
        on_click="ignore",
        key="analyse_copy",
        width="stretch",
    )
