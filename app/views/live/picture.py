"""A picture instead of live video: uploaded, or one snapshot from the camera."""

import streamlit as st

from app.live.pipelines import make_pipeline
from app.live.types import LiveSettings
from app.markdown_text import sentence
from app.views.shared import emotion_bars as face_bars
from fer_core.annotate import annotate
from fer_core.errors import FerError, MediaError
from fer_core.faces.detector import shrink
from fer_core.files.pictures.heads import read_head
from fer_core.files.pictures.kinds import PICTURE_SUFFIXES, UNREADABLE_SUFFIXES
from fer_core.files.pictures.still import Picture, decode_picture
from fer_core.files.remarks import Remarks
from fer_core.files.table import results_csv
from fer_core.names import shown_name
from fer_core.pipeline import STILL
from fer_core.results import FrameResult

SHOWN_PX = 2000
"""Widest a picture is sent to the browser."""
UPLOAD, SNAPSHOT = "Upload", "Snapshot"
TYPES = sorted(suffix[1:] for suffix in PICTURE_SUFFIXES | UNREADABLE_SUFFIXES)


def render(settings: LiveSettings) -> None:
    """Draw the picture's part of the page, with the detector and model chosen for the live video."""
    st.caption("The picture is analysed on this computer and not kept.")
    origin = st.radio("From", [UPLOAD, SNAPSHOT], horizontal=True, key="picture_from", label_visibility="collapsed")
    if origin == UPLOAD:
        file = st.file_uploader(
            "A picture with faces", type=TYPES, key="picture_file", help="JPEG, PNG, WebP, AVIF, TIFF and others."
        )
    else:
        file = st.camera_input("Look at the camera and press Take photo", key="picture_snapshot")
    if file is None:
        return
    data = file.getvalue()
    try:
        picture = decode_picture(data, shown_name(file.name))
    except MediaError as error:
        name = shown_name(file.name)
        st.error(sentence(f"{name} cannot be read as a picture: {str(error).removeprefix(f'{name}: ')}"))
        return
    try:
        pipeline = make_pipeline(settings.detector, settings.model, settings=STILL, min_hits=1)
        result = pipeline.process(picture.frame_bgr, 0.0)
    except FerError as error:
        st.error(sentence(str(error)))
        return
    _note(data, picture, result)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        shown_bgr, _ = shrink(annotate(picture.frame_bgr, result), SHOWN_PX)
        st.image(shown_bgr, channels="BGR", width="stretch")
    with right:
        _faces(result)


def _note(data: bytes, picture: Picture, result: FrameResult) -> None:
    """Say what was left out of the picture or is unusual about it."""
    notes = list(picture.notes)
    head = read_head(data)
    if head is not None and head.frames > 1:
        notes.append(f"only the first of its {head.frames} frames is shown here; the Analyse page reads all of them")
    remarks = Remarks()
    remarks.see(result)
    words = remarks.added_to("; ".join(notes))
    if words:
        st.info(f"{words[:1].upper()}{words[1:]}.")


def _faces(result: FrameResult) -> None:
    if not result.faces:
        st.warning("No face found in this picture. Try one with a larger, brighter or more frontal face.")
        return
    for face in result.faces:
        st.html(face_bars.html(face, numbered=len(result.faces) > 1))
    st.download_button(
        "Download as CSV",
        results_csv([result]),
        file_name="fer-studio-picture.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
