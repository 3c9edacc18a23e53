"""Every network to train from scratch, and the saved models that can be trained further."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app import html_tables
from app.access import current
from app.access.files import own_models
from app.markdown_text import sentence
from app.training import child_jobs as training_jobs
from app.training.answers import read_architectures
from app.training.measured import distinct
from app.training.plans import DEFAULT
from app.views.shared import page_parts, widget_keys
from fer_core.expressions.model import KERAS_FILE
from train import architectures
from train.architectures import ArchitectureInfo

SCRATCH, FINE_TUNE = "From scratch", "From a saved model"
START_KEY, ARCHITECTURE_KEY = "train_start", "train_architecture"


@dataclass(frozen=True)
class ChosenNetwork:
    """An architecture, and the model folder that its weights start from; empty for random ones."""

    architecture: str
    init_from: str = ""


def render() -> ChosenNetwork | None:
    """Draw the choice; None where there is nothing to start from."""
    start_key, network_key = widget_keys.key_of(START_KEY), widget_keys.key_of(ARCHITECTURE_KEY)
    st.session_state.setdefault(start_key, SCRATCH)
    st.session_state.setdefault(network_key, DEFAULT.config.architecture)
    start = st.segmented_control(
        "Start",
        [SCRATCH, FINE_TUNE],
        required=True,
        key=start_key,
        persist_state="session",
        help="From a saved model (fine-tuning) starts with its network and weights, and needs far fewer epochs.",
    )
    if start == FINE_TUNE:
        return _saved_model()
    names = architectures.names()
    name: str = st.selectbox(
        "Network",
        names,
        key=network_key,
        persist_state="session",
        help="Larger networks are more accurate and slower to train. All of them are fast enough for live video.",
    )
    _table(names, name)
    return ChosenNetwork(name)


def _saved_model() -> ChosenNetwork | None:
    models = {
        model.folder: model
        for model in distinct(own_models(current.signed_in()))
        if model.card and (model.folder / KERAS_FILE).is_file()
    }
    if not models:
        st.info("No saved model can be trained further yet. Start from scratch.")
        return None
    titles = page_parts.model_titles(models.values())
    folder: Path = st.selectbox(
        "Model",
        list(models),
        key="train_init_from",
        persist_state="session",
        format_func=titles.__getitem__,
        help="Dropout and pixel scaling come from the saved network; the settings below do not change them.",
    )
    card = models[folder].card
    return ChosenNetwork(card.architecture if card else "", str(folder))


def _table(names: list[str], chosen: str) -> None:
    job = training_jobs.architecture_list()
    view = training_jobs.look(job)
    if view.state == "new":
        try:
            training_jobs.start(job)
        except OSError as error:
            st.caption(f"The networks' sizes are unknown: {sentence(str(error))}.")
    known = {info.name: info for info in read_architectures(view.answer)} if view.state == "done" else {}
    rows = [_row(name, known.get(name)) for name in names]
    head = ("", "Weights", "MFLOPs")
    st.html(html_tables.text_table(head, rows, numbers=(1, 2), chosen=names.index(chosen)))
    if view.state in ("new", "running"):
        page_parts.wait(job, "Counting the networks' weights and operations, once")
    elif view.state == "failed":
        st.caption(f"The networks' sizes are unknown: {sentence(view.error)}")
    else:
        st.caption("MFLOPs: millions of operations for one face.")


def _row(name: str, info: ArchitectureInfo | None) -> tuple[str, str, str]:
    described = f"{name}\n{info.docline if info else architectures.docline(name)}"
    return (described, f"{info.parameters:,}", f"{info.mflops:.0f}") if info else (described, "…", "…")
