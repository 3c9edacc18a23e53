"""A picture instead of live video: uploaded, or one snapshot from the camera."""

import cv2
import numpy as np
import streamlit as st

from app.analysis import make_pipeline
from app.live_types import LiveSettings
from app.plain import sentence
from app.views import face_bars
from fer_core.annotate import annotate
from fer_core.errors import FerError
from fer_core.pipeline import STILL
from fer_core.table import results_csv

MAX_PIXELS = 50_000_000
UPLOAD, SNAPSHOT = "Upload", "Snapshot"


def render(settings: LiveSettings) -> None:
    """Draw the picture's part of the page, with the detector and model chosen for the live video."""
    st.caption("The picture is analysed on this computer and not kept.")
    origin = st.radio("From", [UPLOAD, SNAPSHOT], horizontal=True, key="picture_from", label_visibility="collapsed")
    if origin == UPLOAD:
        file = st.file_uploader("A picture with faces", type=["jpg", "jpeg", "png", "webp", "bmp"], key="picture_file")
    else:
        file = st.camera_input("Look at the camera and press Take photo", key="picture_snapshot")
    if file is None:
        return
    frame_bgr = _decode(file.getvalue())
    if frame_bgr is None:
        st.error(
            f"{sentence(file.name)} cannot be read as a picture. "
            "Choose a JPEG, PNG, WebP or BMP file of at most 50 megapixels."
        )
        return
    try:
        result = make_pipeline(settings.detector, settings.model, settings=STILL, min_hits=1).process(frame_bgr, 0.0)
    except FerError as error:
        st.error(sentence(str(error)))
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.image(annotate(frame_bgr, result), channels="BGR", width="stretch")
    with right:
        if not result.faces:
            st.warning(
                "No face was found in this picture. Try one in which a face is larger, brighter or more frontal."
            )
        for face in result.faces:
            st.html(face_bars.html(face, numbered=len(result.faces) > 1))
        if result.faces:
            st.download_button("Download as CSV", results_csv([result]), file_name="fer-studio-picture.csv",
                               mime="text/csv", icon=":material/download:", on_click="ignore")  # fmt: skip


def _decode(data: bytes) -> np.ndarray | None:
    """BGR pixels with the camera's rotation applied; None for what is no picture or too large a one."""
    try:
        frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if frame is None or frame.shape[0] * frame.shape[1] > MAX_PIXELS else frame
