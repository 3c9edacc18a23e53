"""One model, told from its card."""

from pathlib import Path

import streamlit as st

from app import training_jobs
from app.plain import sentence
from app.training_reports import read_evaluation
from app.views import training_report, training_tables
from fer_core.card import ModelCard
from fer_core.model_list import StoredModel

_NOTES = {
    "intended_use": "Meant for",
    "not_for": "Not for",
    "limits": "Limits",
    "data_licence": "Licence of the data",
}


def render(model: StoredModel) -> None:
    """Draw it."""
    card = model.card
    if card is None:
        return
    _figures(card, key=str(model.folder))
    left, right = st.columns(2, gap="large")
    with left:
        _notes(card)
    with right:
        _facts(card)


def _figures(card: ModelCard, *, key: str) -> None:
    splits = [split for split in ("test", "validation", "train") if split in card.metrics]
    if not splits:
        st.caption("Nothing was measured when this model was saved.")
        return
    split = splits[0]
    if len(splits) > 1:
        split = st.segmented_control(
            "Split", splits, default=splits[0], required=True, format_func=str.capitalize, key=f"split_{key}",
            help="Choices were made on validation, which flatters it; test was looked at once, at the end.",
        )  # fmt: skip
    evaluation = read_evaluation(card.metrics[split])
    if evaluation is None:
        st.warning(f"The card's figures of the {split} split are damaged.")
        return
    source = training_jobs.archive_title(Path(str(card.dataset.get("source", "an unnamed archive"))))
    st.caption(f"Measured on the {split} split of {sentence(source)}.")
    training_report.headline(evaluation)
    training_report.details(evaluation, key=f"{key}_{split}", unsure_below=card.unsure_below)


def _notes(card: ModelCard) -> None:
    for key, title in _NOTES.items():
        if key in card.notes:
            st.markdown(f"**{title}.** {sentence(str(card.notes[key]))}")
    if about := _published(card).get("about"):
        st.markdown(f"**Its start had learnt before.** {sentence(str(about))}")


def _start(card: ModelCard) -> str:
    """The model that it was fine-tuned from, the published weights that it had, or that it had none."""
    start = card.training.get("init_from") or _published(card).get("name") or "random weights"
    return str(start).rpartition("/")[2]


def _published(card: ModelCard) -> dict[str, str]:
    """Name and description of the published weights that training once started from; empty where there were none."""
    return card.training.get("pretrained") or {}


def _facts(card: ModelCard) -> None:
    data = card.dataset
    source = training_jobs.archive_title(Path(str(data.get("source", "–"))))
    rows = data.get("rows", {})
    facts = [
        ("Network", card.architecture),
        ("Weights", f"{card.parameters:,}"),
        ("Learnt from", source),
        ("Faces", ", ".join(f"{split} {count:,}" for split, count in rows.items()) or "–"),
        ("Cleaned by", ", ".join(str(name).replace("_", " ") for name in data.get("cleaned", ())) or "nothing"),
        ("Epochs", str(card.training.get("epochs", "–"))),
        ("Started from", _start(card)),
        ("Temperature", f"{card.temperature:.3f}"),
        ("Unsure below", f"{card.unsure_below:.3f}"),
        ("Created", card.created),
        ("Made with", ", ".join(f"{name} {version}" for name, version in card.versions.items()) or "–"),
    ]
    st.html(training_tables.table(("", ""), facts))
