"""Which files to analyse, and how."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import state
from app.access import current
from app.access.files import own_cards
from app.access.types import Right
from app.analysis.drops import ACCEPTED, refusal
from app.analysis.jobs import AnalysisJob, AnalysisRequest, InputFile, server_files, unique_titles
from app.formatting import counted
from app.live.sample import SAMPLE_FILE
from app.markdown_text import plain, sentence
from app.settings import folder_from
from app.tab_memory import AnalysisMemory
from app.views.live.settings import DETECTORS, detector_help, model_label
from app.views.shared import fair_share, page_parts
from fer_core.errors import FerError
from fer_core.expressions.model_list import LIVE
from fer_core.faces.detector import detectors_here
from fer_core.files.media import VIDEO_SUFFIXES
from fer_core.files.pictures.kinds import HEAD_BYTES, PICTURE_SUFFIXES, UNREADABLE_SUFFIXES
from fer_core.files.timing import EVERY_FRAME, Sampling
from fer_core.limits import MAX_FACES, MAX_PICTURE_PIXELS, MEGA
from fer_core.names import shown_name
from fer_core.private import make_file

SAMPLE_HELP: Final = "A clip of 10 seconds, drawn from a portrait."
MOST_TOLD: Final = 5
"""Of wrong files so many are named."""
LOOKS = {"Every frame": EVERY_FRAME} | {f"{fps} a second": Sampling(fps=fps) for fps in (10, 5, 2, 1)}
_DROP_CSS: Final = """<style>
.st-key-analyse_drop {position: relative}
.st-key-analyse_drop section {min-height: 9rem; padding: 1.2rem 1rem 3.2rem; border-style: dashed;
  align-items: center; justify-content: center}
.st-key-analyse_drop section > span, .st-key-analyse_drop section > div {flex: 0 1 auto; margin: 0; width: auto}
.st-key-analyse_drop > div:last-child {position: absolute; bottom: .9rem; left: 1rem; right: 1rem; width: auto;
  text-align: center; pointer-events: none}
@media (max-width: 640px) {.st-key-analyse_drop section {padding-bottom: 6.4rem}}
</style>"""
"""The words on formats stand in the drop zone, below its button and its files."""
UPLOADS_GO: Final = (
    "Uploads are deleted as soon as they are analysed, results when you start a new analysis or close the page."
)


def render(memory: AnalysisMemory) -> None:
    """Draw the choices; Start hands them to the worker."""
    dropped = _drop_zone(memory)
    wrong = [(upload, why) for upload in dropped if (why := refusal(upload.name, _head(upload)))]
    _tell_wrong(wrong)
    refused = {upload.file_id for upload, _ in wrong}
    uploads = [upload for upload in dropped if upload.file_id not in refused]
    actions = st.container(horizontal=True, vertical_alignment="center")  # filled when the choices below are known
    with st.expander("Options", icon=":material/tune:"):
        request = _options()
    request = replace(request, **_named_on_server())
    count = len(uploads) + len(request.files)
    is_sample = False
    with actions:
        is_start = st.button(
            "Start", type="primary", icon=":material/play_arrow:", disabled=not count, key="analyse_start"
        )
        if count:
            st.caption(f"{counted(count, 'file')} to analyse", width="content")
        else:
            st.markdown("or", width="content")
            is_sample = st.button("Try the sample", icon=":material/movie:", key="analyse_sample", help=SAMPLE_HELP)
    if is_sample:
        request = replace(request, files=(InputFile(SAMPLE_FILE, SAMPLE_FILE.name),))
    if is_start or is_sample:
        _start(request, uploads, [upload for upload, _ in wrong], memory)


def _drop_zone(memory: AnalysisMemory) -> list[UploadedFile]:
    st.html(_DROP_CSS)
    with st.container(key="analyse_drop"):
        # Without `type`: the field's own refusal goes by the name alone, and does not say what a file is instead.
        dropped = st.file_uploader(
            "Drop pictures and videos here",
            accept_multiple_files=True,
            key=f"analyse_upload_{memory.uploads}",
            help=UPLOADS_GO,
        )
        st.caption(f"{ACCEPTED}. Pictures up to {MAX_PICTURE_PIXELS // MEGA} megapixels.")
    return dropped


def _tell_wrong(wrong: Sequence[tuple[UploadedFile, str]]) -> None:
    """Which of the dropped files are left out, and why."""
    if not wrong:
        return
    said = [f"**{plain(shown_name(upload.name))}** {sentence(why)}." for upload, why in wrong[:MOST_TOLD]]
    if len(wrong) > MOST_TOLD:
        said.append(f"So are {len(wrong) - MOST_TOLD} more.")
    st.error("  \n".join([*said, f"Left out. Accepted: {ACCEPTED}."]), icon=":material/block:")


def _head(upload: UploadedFile) -> bytes:
    upload.seek(0)
    head = upload.read(HEAD_BYTES)
    upload.seek(0)
    return head


def _named_on_server() -> dict[str, Any]:
    """The files that the text names, and a sentence on those passed over, as parts of a request."""
    folder = folder_from("FER_FILES")
    if folder is None:
        return {}
    is_filled = bool(st.session_state.get("analyse_server_path"))  # as after another analysis
    with st.expander("Files on the server", expanded=is_filled, icon=":material/folder:"):
        named = page_parts.path_on_server(
            folder,
            "File or folder",
            key="analyse_server_path",
            folders=True,
            help_after="; a dot (.) means the whole folder with its subfolders.",
        )
        if named is None:
            return {}
        try:
            files, passed_over = server_files(folder, named)
        except FerError as error:
            st.error(sentence(str(error)))
            return {}
        st.caption(f"{counted(len(files), 'file')} found. {sentence(passed_over)}")
        return {"files": files, "passed_over": passed_over}


def _options() -> AnalysisRequest:
    left, right = st.columns(2, gap="medium")
    with left:
        looks = st.selectbox(
            "Frames analysed per second of video",
            list(LOOKS),
            key="analyse_looks",
            persist_state="session",
            help="Fewer frames take less time and give smaller tables, but a choppier labelled video. Expressions "
            "last half a second or longer, so 5 a second miss few.",
        )
        max_faces = st.number_input(
            "Most faces in a video",
            1,
            100,
            MAX_FACES,
            key="analyse_max_faces",
            persist_state="session",
            help="Only the largest ones in each frame are analysed; the result says if there were more. In a picture, "
            "all faces are analysed.",
        )
    cards = own_cards(current.signed_in())
    models = sorted({LIVE, *cards})
    with right:
        model = st.selectbox(
            "Model",
            models,
            models.index(LIVE),
            key="analyse_model",
            persist_state="session",
            format_func=lambda name: model_label(name, cards.get(name)),
            help="The network that recognises the expressions.",
        )
        detector = st.selectbox(
            "Face detector",
            detectors_here(),
            key="analyse_detector",
            persist_state="session",
            format_func=lambda name: DETECTORS[name],
            help=detector_help(),
        )
    annotated = st.toggle(
        "Labelled video",
        True,
        key="analyse_annotated",
        persist_state="session",
        help="A copy of each video with boxes and labels, to watch here and to download as MP4. Without it, the "
        "analysis takes about half the time.",
    )
    return AnalysisRequest(
        (),
        model=model,
        detector=detector,
        sampling=LOOKS[looks],
        annotated=annotated,
        max_faces=int(max_faces),
    )


def _start(
    request: AnalysisRequest, uploads: Sequence[UploadedFile], wrong: Sequence[UploadedFile], memory: AnalysisMemory
) -> None:
    """Store the uploads, forget those that were wrong and hand the job over; where that cannot be done, say why."""
    current.require(Right.RECORD)
    folder = None
    try:
        folder = state.analysis_folder().new_folder()
        with st.spinner("Storing the files …", show_time=True):
            stored = _stored(uploads, folder)
    except OSError as error:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        st.error(
            f"The files cannot be stored: {sentence(str(error.strerror or error))}. "
            "Check the disk's free space and try again."
        )
        return
    for upload in (*uploads, *wrong):
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
