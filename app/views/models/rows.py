"""The table of models, and what can be done with each: use it, compare, export, keep, delete."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent, model_words
from app.access.files import delete_model, give, own_models
from app.access.types import Right
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.views.models import overview
from app.views.models.overview import ModelRow
from app.views.shared import frame, page_parts, promotion, widget_keys
from fer_core.errors import FerError
from fer_core.expressions import model_store
from fer_core.expressions.model_list import ORIGINS, StoredModel

CHOICE_KEY, VIEW_KEY, EXPORT_KEY = "models_choice", "models_view", "models_export"
COMPARED_KEY = "compare_models"
DETAILS, COMPARE = "Details", "Compare"
_DONE_KEY = "models_done"
_COLUMNS = (3, 8, 1.5)


def render(rows: Sequence[ModelRow], memory: TrainingMemory) -> None:
    """Draw the table."""
    with st.container(key="models_head"):
        _, middle, _ = st.columns(_COLUMNS, vertical_alignment="center")
        with middle:
            st.html(overview.head_html())
    live = next((row.model for row in rows if row.model.is_live), None)
    for row in rows:
        _row(row, live, memory)


def damaged(model: StoredModel, memory: TrainingMemory) -> None:
    """Say what is wrong with a model that cannot be used, and offer to delete it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"**{sentence(model.name)}** is damaged and cannot be used. {sentence(model.problem)}")
        key = f"models_delete_{page_parts.key_of(model.folder)}"
        if model.can_delete and frame.danger_button("Delete it", key=key):
            _carry_out(lambda: _delete(model), memory)


def choose(folder: Path, view: str = DETAILS, *, export: bool = False) -> None:
    """Show that model below the table, from the next run on; with `export`, its downloads are open."""
    st.session_state[CHOICE_KEY], st.session_state[EXPORT_KEY] = folder, export
    widget_keys.set_value(VIEW_KEY, view)
    _close_menus()


def _row(row: ModelRow, live: StoredModel | None, memory: TrainingMemory) -> None:
    model, key = row.model, page_parts.key_of(row.model.folder)
    with st.container(key=f"models_row_{key}"):
        left, middle, right = st.columns(_COLUMNS, vertical_alignment="center")
        with left:
            st.button(
                sentence(model.name),
                key=f"models_open_{key}",
                type="tertiary",
                help="Show its details below.",
                on_click=choose,
                args=(model.folder,),
            )
            if model.is_live:
                st.badge("Live now", icon=":material/videocam:", color="green")
            else:
                st.caption(ORIGINS[model.origin])
        with middle:
            st.html(overview.row_html(row))
        # A menu with another key is a closed one: it closes once something was done.
        live_key = page_parts.key_of(live.folder) if live else ""
        menu = f"models_menu_{key}_{live_key}_{st.session_state.get(_DONE_KEY, 0)}"
        with right, st.popover("Actions", width="stretch", key=menu):
            _actions(model, live, key, memory)


def _actions(model: StoredModel, live: StoredModel | None, key: str, memory: TrainingMemory) -> None:
    if not model.is_live:
        promotion.button(model, memory, key=f"models_promote_{key}", inside_menu=True)
        if live is not None:
            st.button(
                "Compare with the live model",
                key=f"models_compare_{key}",
                icon=":material/compare_arrows:",
                on_click=_compare,
                args=(live.folder, model.folder),
            )
    st.button(
        "Export",
        key=f"models_export_{key}",
        icon=":material/download:",
        on_click=choose,
        args=(model.folder,),
        kwargs={"export": True},
    )
    if model.origin == "run" and st.button(
        "Keep a copy",
        key=f"models_keep_{key}",
        icon=":material/bookmark_add:",
        help="The copy stays when the run is deleted, and the Live page offers it by name.",
    ):
        _carry_out(lambda: _keep(model), memory)
    if model.can_delete:
        st.caption("Deleting cannot be undone.")
        if frame.danger_button(f"Delete {sentence(model.name)}", key=f"models_delete_{key}"):
            _carry_out(lambda: _delete(model), memory)


def _compare(*folders: Path) -> None:
    widget_keys.set_value(COMPARED_KEY, list(folders))
    widget_keys.set_value(VIEW_KEY, COMPARE)
    _close_menus()


def _close_menus() -> None:
    st.session_state[_DONE_KEY] = st.session_state.get(_DONE_KEY, 0) + 1


def _keep(model: StoredModel) -> str:
    user = current.require(Right.TRAIN)
    kept = model_store.keep(model.folder)
    give(kept, user)
    audit.note(AuditEvent.MODEL_KEPT, user=user, what=model_words(model.card) if model.card else "model")
    return f"Kept as {sentence(kept.name)}. It stays when its run is deleted."


def _delete(model: StoredModel) -> str:
    user = current.require(Right.TRAIN)
    delete_model(model.folder, user)
    audit.note(AuditEvent.DELETED, user=user, what=model_words(model.card) if model.card else "model")
    files = model.card.sha256 if model.card else None
    if files and any(other.card and other.card.sha256 == files for other in own_models(current.signed_in())):
        return f"The kept copy of {sentence(model.name)} was deleted. Its training run still has the model."
    return f"{sentence(model.name)} was deleted."


def _carry_out(act: Callable[[], str], memory: TrainingMemory) -> None:
    """Carry it out, remember the sentence that it gives, and draw the page anew."""
    _close_menus()
    try:
        memory.done = act()
    except FerError as error:
        memory.problem = str(error)
    except OSError as error:
        memory.problem = f"This failed: {error}. Check the disk and try again."
    st.rerun()
