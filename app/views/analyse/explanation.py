"""The answer to "Why this label?" for one face of a picture."""

import streamlit as st

from app.analysis.explanation import explain, most_probable
from app.analysis.jobs import FileView
from app.live.pipelines import shared_model
from app.markdown_text import sentence
from fer_core.errors import FerError

HELP = (
    "Each part of the face is covered in turn, and the network answers again. The face is coloured where its answer "
    "gets weaker: that shows what the network relied on, not what the person feels."
)


def render(file: FileView, model: str) -> None:
    """Offer it below a picture's faces, and show the answer.

    Args:
        file: nothing is drawn for a video or a picture without a face.
        model: name of the one that judged.
    """
    faces = file.summary.picture_faces if file.summary else ()
    if not faces or file.faces is None or not st.toggle("Why this label?", key="analyse_why", help=HELP):
        return
    index = 0
    if len(faces) > 1:
        index = st.selectbox(
            "Face",
            range(len(faces)),
            key="analyse_why_face",
            format_func=lambda i: f"{faces[i].face.track_id or i + 1}",
        )
    label = faces[index].label or most_probable(faces[index].probabilities)
    try:
        reason = explain(shared_model(model), file.faces, index, label)
    except (OSError, FerError) as error:
        st.error(f"The label cannot be explained: {sentence(str(error))}")
        return
    st.image(reason.picture_bgr, channels="BGR", width=240)
    st.markdown(sentence(reason.sentence))
