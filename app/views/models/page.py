"""The Models page: which models there are, which one is live; compare, put live, roll back, delete."""

from collections.abc import Callable

import streamlit as st

from app import html_tables, state
from app.access import audit, current
from app.access.audit import AuditEvent, model_words
from app.access.files import delete_model, give, own_models
from app.access.types import Right
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.views.models import compare as models_compare
from app.views.models import details as models_details
from app.views.models import downloads as models_downloads
from app.views.models import overview as models_overview
from app.views.shared import page_parts
from fer_core.errors import FerError
from fer_core.expressions import model_store
from fer_core.expressions.model_list import StoredModel, live_card

_CHOICE_KEY = "models_choice"


def render() -> None:
    """Draw the page."""
    memory = state.training_memory()
    models = own_models(current.signed_in())
    whole = [model for model in models if model.card]
    _live_line()
    page_parts.show_messages(memory)
    if whole:
        _overview(whole)
    for model in models:
        if not model.card:
            _damaged(model, memory)
    if not whole:
        st.info("There is no usable model. Train one, or restore the folder models/default from the repository.")
        return
    left, right = st.tabs(["One model", "Compare"])
    with left:
        _one(whole, memory)
    with right:
        models_compare.render(whole)


def _live_line() -> None:
    card = live_card()
    with st.container(horizontal=True, vertical_alignment="center"):
        if card is None:
            st.error("The live model is damaged. Roll back, or put another one live.")
        else:
            st.markdown(f":material/videocam: Live now: **{sentence(card.name)}** ({sentence(card.architecture)})")
        _roll_back_button()


def _roll_back_button() -> None:
    past = model_store.past_models()
    if not past or not current.may(Right.PROMOTE):
        return
    name = sentence(past[0].name) if past[0] else "the one that came with the program"
    with st.popover("Roll back", icon=":material/undo:"):
        st.write(f"Put the model live again that was so before: {name}? What is live now stays among your models.")
        if st.button("Roll back now"):
            _carry_out(_roll_back, state.training_memory())


def _roll_back() -> str:
    user = current.require(Right.PROMOTE)
    card = model_store.roll_back()
    audit.note(AuditEvent.ROLLED_BACK, user=user, what=model_words(card))
    return f"{sentence(card.name)} is live again."


def _promote(model: StoredModel) -> str:
    user = current.require(Right.PROMOTE)
    card = model_store.promote(model.folder)
    audit.note(AuditEvent.PROMOTED, user=user, what=model_words(card))
    return f"{sentence(card.name)} is live now."


def _keep(model: StoredModel) -> str:
    user = current.require(Right.TRAIN)
    kept = model_store.keep(model.folder)
    give(kept, user)
    audit.note(AuditEvent.MODEL_KEPT, user=user, what=model_words(model.card) if model.card else "model")
    return f"Kept as {sentence(kept.name)}."


def _overview(models: list[StoredModel]) -> None:
    """A table for each data set: figures of different ones never stand in one column."""
    for measured in models_overview.by_data_set(models):
        if measured.title:
            st.caption(f"Measured on {measured.title}")
        st.html(html_tables.text_table(measured.head, measured.rows, numbers=measured.numbers, chosen=measured.live))


def _damaged(model: StoredModel, memory: TrainingMemory) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"**{sentence(model.name)}** is damaged and cannot be used. {sentence(model.problem)}")
        if model.can_delete and st.button("Delete it", key=f"models_delete_{page_parts.key_of(model.folder)}"):
            _carry_out(lambda: _delete(model), memory)


def _one(models: list[StoredModel], memory: TrainingMemory) -> None:
    by_folder, titles = {model.folder: model for model in models}, page_parts.model_titles(models)
    live = next((i for i, model in enumerate(models) if model.is_live), 0)
    folder = st.selectbox(
        "Model",
        list(by_folder),
        live,
        key=_CHOICE_KEY,
        persist_state="session",
        format_func=titles.__getitem__,
    )
    model = by_folder[folder]
    with st.container(horizontal=True, vertical_alignment="center"):
        if model.is_live:
            st.badge("Live now", icon=":material/videocam:", color="green")
        elif current.may(Right.PROMOTE) and st.button(
            "Put live",
            type="primary",
            icon=":material/videocam:",
            key="models_promote",
            help="A checked copy of it becomes what the live page uses, within seconds.",
        ):
            _carry_out(lambda: _promote(model), memory)
        if model.origin == "run" and st.button(
            "Keep",
            icon=":material/bookmark_add:",
            key="models_keep",
            help="Copies it to your models: it stays when the run is deleted, and the live page offers it by name.",
        ):
            _carry_out(lambda: _keep(model), memory)
        if model.can_delete:
            with st.popover("Delete", icon=":material/delete:"):
                st.write(f"Delete {sentence(model.name)} for good?")
                if st.button("Delete for good", key="models_delete"):
                    _carry_out(lambda: _delete(model), memory)
    models_downloads.render(model)
    models_details.render(model)


def _delete(model: StoredModel) -> str:
    user = current.require(Right.TRAIN)
    delete_model(model.folder, user)
    audit.note(AuditEvent.DELETED, user=user, what=model_words(model.card) if model.card else "model")
    return f"{sentence(model.name)} was deleted."


def _carry_out(act: Callable[[], str], memory: TrainingMemory) -> None:
    """Carry it out, remember the sentence that it gives, and draw the page anew."""
    try:
        memory.done = act()
    except FerError as error:
        memory.problem = str(error)
    except OSError as error:
        memory.problem = f"That could not be done: {error}. Check the disk and try again."
    st.rerun()
