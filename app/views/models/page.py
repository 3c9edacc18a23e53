"""The Models page: which model is live, which is best, in one table; below it, one model's details, or a comparison."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import state
from app.access import current
from app.access.files import own_models
from app.formatting import exact_percent
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.training.measured import measurements
from app.views.models import compare as models_compare
from app.views.models import details as models_details
from app.views.models import downloads as models_downloads
from app.views.models import rows as models_rows
from app.views.models.overview import ModelRow, rows_of
from app.views.models.rows import CHOICE_KEY, COMPARE, DETAILS, EXPORT_KEY, VIEW_KEY
from app.views.shared import frame, page_parts, promotion, widget_keys
from fer_core.expressions.model_list import live_card


def render() -> None:
    """Draw the page."""
    memory = state.training_memory()
    frame.heading("Models", "Every model on this computer: which one is live, and which is best.")
    models = own_models(current.signed_in())
    rows = rows_of(models)
    page_parts.show_messages(memory)
    _live_line(memory)
    if rows:
        models_rows.render(rows, memory)
    for model in models:
        if not model.card:
            models_rows.damaged(model, memory)
    if not rows:
        st.info("There is no usable model. Train one, or restore the folder models/default from the repository.")
        return
    _below(rows)


def _live_line(memory: TrainingMemory) -> None:
    card = live_card()
    with st.container(horizontal=True, vertical_alignment="center"):
        if card is None:
            st.error("The live model is damaged. Go back to the previous one, or use another one for live video.")
        else:
            measured = measurements(card)
            figure = f", {exact_percent(measured[0].accuracy)}" if measured else ""
            st.markdown(
                f":material/videocam: Live now: **{sentence(card.name)}** ({sentence(card.architecture)}{figure})",
                width="content",
            )
        promotion.roll_back_button(memory)


def _below(rows: Sequence[ModelRow]) -> None:
    by_folder = {row.model.folder: row.model for row in rows}
    wanted: Path = st.session_state.get(CHOICE_KEY, rows[0].model.folder)
    chosen = by_folder.get(wanted, rows[0].model)
    view: str | None = DETAILS
    if len(rows) > 1:
        key = widget_keys.key_of(VIEW_KEY)
        st.session_state.setdefault(key, DETAILS)
        view = st.segmented_control(
            "Below the table", [DETAILS, COMPARE], required=True, key=key, label_visibility="collapsed"
        )
    if view == COMPARE:
        st.header("Compare models", anchor=False)
        models_compare.render(list(by_folder.values()))
        return
    st.header(sentence(chosen.name), anchor=False)
    if len(rows) == 1:
        st.caption("There is only one model. Train another one on the Train page to compare them.")
    models_downloads.render(chosen, is_open=bool(st.session_state.get(EXPORT_KEY)))
    models_details.render(chosen)
