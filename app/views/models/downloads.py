"""A model to take away: its own files as they are, and other programs' forms, made by a child process when asked."""

import re
from functools import partial
from pathlib import Path

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent, model_words
from app.access.types import User
from app.formatting import size_words
from app.markdown_text import sentence
from app.training import child_jobs as training_jobs
from app.training import model_jobs
from app.training.answers import read_conversion
from app.training.model_jobs import FORMS
from app.views.shared import page_parts
from fer_core.expressions.card import CARD_FILE, ModelCard
from fer_core.expressions.model import KERAS_FILE, TFLITE_FILE
from fer_core.expressions.model_list import StoredModel

_FILES = {
    KERAS_FILE: "For training it further, here or with Keras.",
    TFLITE_FILE: "The file that runs live: LiteRT (TensorFlow Lite), for Python, phones, boards and the web.",
    CARD_FILE: "The model card: labels in their order, figures, settings, limits.",
}


def render(model: StoredModel, *, is_open: bool = False) -> None:
    """Draw the offers. Outside of anything that redraws itself: a redraw would discard a file on its way.

    Args:
        model: a whole one.
        is_open: whether they are shown at first.
    """
    if model.card is None:
        return
    user = current.signed_in()
    with st.expander("Export", icon=":material/download:", expanded=is_open):
        with st.container(horizontal=True):
            for name, purpose in _FILES.items():
                _file(model.folder / name, purpose, model_words(model.card), user)
        st.caption(_how_to_use(model.card))
        for form in FORMS:
            _form(model, form)


def _read(path: Path, what: str, user: User) -> bytes:
    data = path.read_bytes()
    audit.note(AuditEvent.EXPORTED, user=user, what=what)
    return data


def _file(path: Path, purpose: str, what: str, user: User) -> None:
    if path.is_file():
        st.download_button(
            f"{path.name} · {size_words(path.stat().st_size)}",
            partial(_read, path, what, user),
            path.name,
            "application/octet-stream",
            key=f"download_{page_parts.key_of(path)}",
            help=purpose,
            on_click="ignore",
        )


def _how_to_use(card: ModelCard) -> str:
    height, width, _ = card.input_shape
    return (
        f"In: grey faces of {height} x {width} pixels, values 0 to 255, as 32-bit floats, shape (n, {height}, {width}, "
        f"1). Out: {len(card.labels)} probabilities: {sentence(', '.join(card.labels))}. The program then applies the "
        f"card's temperature{' to the mean over the face and its mirror image' if card.mirror_average else ''}."
    )


def _form(model: StoredModel, form: str) -> None:
    title, purpose = FORMS[form].title, FORMS[form].purpose
    job = model_jobs.conversion(model.folder, form)
    view = training_jobs.look(job)
    made = read_conversion(view.answer) if view.state == "done" else None
    packed = job.dir / model_jobs.ZIP
    if view.state == "running":
        page_parts.wait(job, f"Making {title} and checking that it gives the same answers")
    elif made is not None and packed.is_file():
        name = re.sub(r"[^\w.-]+", "-", f"{model.name}-{form}.zip")
        st.download_button(
            f"{title} · {size_words(packed.stat().st_size)}",
            partial(_read, packed, model_words(model.card) if model.card else "model", current.signed_in()),
            name,
            "application/zip",
            key=f"download_{page_parts.key_of(packed)}",
            icon=":material/folder_zip:",
            on_click="ignore",
            type="primary",
            help=f"{purpose} Its answers to a test face lie at most {made.difference:.1g} from the original's.",
        )
    else:
        if view.state == "failed":
            st.error(f"{title} could not be made. {sentence(view.error)}")
        if st.button(f"Make {title}", key=f"convert_{form}", icon=":material/build:", help=purpose):
            model_jobs.forget_old_conversions()
            if page_parts.start(job):
                st.rerun()
