"""Which files to analyse, and how."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import state
from app.access import current
from app.access.files import own_cards
from app.access.types import Right
from app.analysis.jobs import AnalysisJob, AnalysisRequest, InputFile, server_files, unique_titles
from app.formatting import counted
from app.markdown_text import sentence
from app.settings import folder_from
from app.tab_memory import AnalysisMemory
from app.views.live.settings import DETECTORS, detector_help, model_label
from app.views.shared import fair_share, page_parts
from fer_core.errors import FerError
from fer_core.expressions.model_list import LIVE
from fer_core.faces.detector import detectors_here
from fer_core.files.media import VIDEO_SUFFIXES
from fer_core.files.pictures.kinds import PICTURE_SUFFIXES, UNREADABLE_SUFFIXES
from fer_core.files.timing import EVERY_FRAME, Sampling
from fer_core.limits import MAX_FACES
from fer_core.names import shown_name
from fer_core.private import make_file

LOOKS = {"Every frame": EVERY_FRAME} | {f"{fps} a second": Sampling(fps=fps) for fps in (10, 5, 2, 1)}


def render(memory: AnalysisMemory) -> None:
    """Draw the choices; Start hands them to the worker."""
    st.markdown("Name the expressions in pictures and videos. The work is done on this computer.")
    left, right = st.columns(2, gap="medium")
    with left:
        uploads = st.file_uploader(
            "Pictures and videos",
            accept_multiple_files=True,
            key=f"analyse_upload_{memory.uploads}",
            help="JPEG, PNG, WebP, AVIF, TIFF and other pictures; MP4, MOV, WebM, MKV and other videos. What you "
            "upload is deleted as soon as it is analysed, the results when you discard them or close the page.",
        )
        request = _named_on_server() or AnalysisRequest(())
    with right:
        request = _settings(request)
    is_ready = bool(uploads or request.files)
    if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=not is_ready, key="analyse_start"):
        _start(request, uploads, memory)


def _named_on_server() -> AnalysisRequest | None:
    """The files that the text names, and a sentence on those passed over; None where there are none."""
    folder = folder_from("FER_FILES")
    named = page_parts.path_on_server(
        folder,
        "Or a file or folder on the server",
        key="analyse_server_path",
        folders=True,
        help_after="; a dot for all of it. Folders are searched to the bottom.",
    )
    if folder is None or named is None:
        return None
    try:
        files, passed_over = server_files(folder, named)
    except FerError as error:
        st.error(sentence(str(error)))
        return None
    st.caption(f"{counted(len(files), 'file')} to analyse. {sentence(passed_over)}")
    return AnalysisRequest(files, passed_over=passed_over)


def _settings(request: AnalysisRequest) -> AnalysisRequest:
    looks = st.selectbox(
        "Looks per second of video",
        list(LOOKS),
        key="analyse_looks",
        persist_state="session",
        help="Fewer looks take less time, make smaller tables, and a choppier annotated video. Expressions last half a "
        "second and longer: 5 a second miss few.",
    )
    detector = st.selectbox(
        "Face detector",
        detectors_here(),
        key="analyse_detector",
        persist_state="session",
        format_func=lambda name: DETECTORS[name],
        help=detector_help(),
    )
    cards = own_cards(current.signed_in())
    models = sorted({LIVE, *cards})
    model = st.selectbox(
        "Model",
        models,
        models.index(LIVE),
        key="analyse_model",
        persist_state="session",
        format_func=lambda name: model_label(name, cards.get(name)),
        help="The network that names the expressions.",
    )
    max_faces = st.number_input(
        "Largest number of faces",
        1,
        100,
        MAX_FACES,
        key="analyse_max_faces",
        persist_state="session",
        help="Of a video's frame. The largest ones are analysed; a file in which more were seen says so. "
        "A picture's faces are all analysed.",
    )
    annotated = st.toggle(
        "Annotated video",
        True,
        key="analyse_annotated",
        persist_state="session",
        help="A copy of each video with boxes and labels, to watch here and to download as MP4. Without it the "
        "analysis takes about half the time.",
    )
    return replace(
        request,
        model=model,
        detector=detector,
        sampling=LOOKS[looks],
        annotated=annotated,
        max_faces=int(max_faces),
    )


def _start(request: AnalysisRequest, uploads: Sequence[UploadedFile], memory: AnalysisMemory) -> None:
    """Store the uploads and hand the job over; where that cannot be done, say why."""
    current.require(Right.RECORD)
    folder = None
    try:
        folder = state.analysis_folder().new_folder()
        with st.spinner("Storing the files …"):
            stored = _stored(uploads, folder)
    except OSError as error:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        st.error(
            f"The files cannot be stored: {sentence(str(error.strerror or error))}. "
            "Check the disk's free space and try again."
        )
        return
    for upload in uploads:
        page_parts.forget_upload(upload)
    job = AnalysisJob(replace(request, files=unique_titles([*stored, *request.files])), folder)
    state.analysis_queue().submit(job, fair_share.user_or_tab())
    memory.begin(job)
    st.rerun()


def _stored(uploads: Sequence[UploadedFile], folder: Path) -> list[InputFile]:
    """The uploads on disk, under names of our own."""
    files = []
    for index, upload in enumerate(uploads):
        suffix = Path(upload.name).suffix.lower()
        known = PICTURE_SUFFIXES | UNREADABLE_SUFFIXES | VIDEO_SUFFIXES
        path = folder / f"upload-{index:05d}{suffix if suffix in known else ''}"
        make_file(path)
        with path.open("wb") as out:
            shutil.copyfileobj(upload, out, 1 << 20)
        files.append(InputFile(path, shown_name(upload.name), is_upload=True))
    return files
