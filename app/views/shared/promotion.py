"""Make a model the live one: at once where it is better on the same images, else after both figures were shown."""

from typing import Final

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent, model_words
from app.access.files import own_models
from app.access.types import Right
from app.formatting import exact_percent
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.training.measured import beside_live, measurements
from fer_core.errors import FerError, ModelStoreError
from fer_core.expressions import model_store
from fer_core.expressions.card import ModelCard
from fer_core.expressions.model_list import StoredModel, live_card, stored_models

USE: Final = "Use for live video"
_ICON: Final = ":material/videocam:"


def button(model: StoredModel, memory: TrainingMemory, *, key: str, inside_menu: bool = False) -> None:
    """Draw the button, for whoever may press it.

    Args:
        model: a whole one that is not live.
        memory: told what was done, and how to undo it.
        key: of the button.
        inside_menu: whether a menu is around it; it then has no menu of its own.
    """
    if model.card is None or not current.may(Right.PROMOTE):
        return
    verdict = beside_live(model.card, live_card())
    if verdict.is_better:
        if st.button(USE, key=key, type="primary", icon=_ICON, help="The Live page uses it within seconds."):
            _promote(model, memory)
        return
    question = f"{sentence(verdict.words)}\n\nUse **{sentence(model.name)}** for live video all the same?"
    if inside_menu:
        st.markdown(question)
        if st.button(USE, key=key, type="primary", icon=_ICON):
            _promote(model, memory)
        return
    with st.popover(USE, icon=_ICON, type="primary"):
        st.markdown(question)
        if st.button("Use it", key=key, type="primary", icon=_ICON):
            _promote(model, memory)


def roll_back_button(memory: TrainingMemory) -> None:
    """Draw the button that makes the model live again that was so before, where there is one."""
    past = model_store.past_models()
    if not past or not current.may(Right.PROMOTE):
        return
    label = f"Go back to the previous model ({_previous_words(past[0])})"
    if st.button(label, key="models_roll_back", icon=":material/undo:"):
        now = live_card()
        try:
            memory.done = _roll_back()
            memory.undo = (lambda: _promote_again(now)) if now else None
        except FerError as error:
            memory.problem = str(error)
        st.rerun()


def _previous_words(card: ModelCard | None) -> str:
    """Its name and accuracy; None stands for the shipped model."""
    if card is None:
        card = next((model.card for model in stored_models() if model.origin == "shipped"), None)
    if card is None:
        return "the one that came with the program"
    measured = measurements(card)
    return sentence(card.name) + (f", {exact_percent(measured[0].accuracy)}" if measured else "")


def _promote(model: StoredModel, memory: TrainingMemory) -> None:
    """Make it live, say so with an undo, and draw the page anew."""
    user = current.require(Right.PROMOTE)
    try:
        card = model_store.promote(model.folder)
        audit.note(AuditEvent.PROMOTED, user=user, what=model_words(card))
    except FerError as error:
        memory.problem = str(error)
    else:
        memory.done = f"{sentence(card.name)} is now used for live video. The Live page follows within seconds."
        memory.undo = lambda: _undo(card)
    st.rerun()


def _undo(promoted: ModelCard) -> str:
    now = live_card()
    if now is not None and now.sha256 != promoted.sha256:
        raise ModelStoreError("Another model has been made live since.")
    return _roll_back()


def _roll_back() -> str:
    user = current.require(Right.PROMOTE)
    card = model_store.roll_back()
    audit.note(AuditEvent.ROLLED_BACK, user=user, what=model_words(card))
    return f"{sentence(card.name)} is live again."


def _promote_again(card: ModelCard) -> str:
    """Undo going back: what was live then stayed among the models."""
    user = current.require(Right.PROMOTE)
    models = own_models(current.signed_in())
    folder = next((model.folder for model in models if model.card and model.card.sha256 == card.sha256), None)
    if folder is None:
        raise ModelStoreError(f"{card.name} is no longer among the models.")
    again = model_store.promote(folder)
    audit.note(AuditEvent.PROMOTED, user=user, what=model_words(again))
    return f"{sentence(again.name)} is live again."
