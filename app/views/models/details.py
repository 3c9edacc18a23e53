"""One model, told from its card."""

from pathlib import Path

import streamlit as st

from app import html_tables
from app.markdown_text import sentence
from app.training import child_jobs as training_jobs
from app.training.answers import read_evaluation
from app.training.measured import measured_on
from app.views.shared import page_parts
from app.views.training import report as training_report
from fer_core.expressions.card import ModelCard
from fer_core.expressions.model_list import StoredModel
from train.evaluation.types import accuracy_steps as training_steps

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
    _figures(card, key=page_parts.key_of(model.folder))
    left, right = st.columns(2, gap="large")
    with left:
        _notes(card)
    with right:
        _facts(card)


def _figures(card: ModelCard, *, key: str) -> None:
    splits = [split for split in ("test", "validation", "train") if split in card.metrics]
    if not splits:
        st.caption("Its accuracy was not measured when it was saved.")
        return
    split = splits[0]
    if len(splits) > 1:
        split = st.segmented_control(
            "Split",
            splits,
            default=splits[0],
            required=True,
            format_func=str.capitalize,
            key=f"split_{key}",
            help="The epoch was chosen on validation, so its figures are a little too high. Test was used once.",
        )
    evaluation = read_evaluation(card.metrics[split])
    if evaluation is None:
        st.warning(f"The card's figures of the {split} split are damaged.")
        return
    st.caption(f"Measured on the {split} split of {sentence(measured_on(card, split).title)}.")
    training_report.headline(evaluation, training_report.crowd_of(card.metrics[split].get("crowd")))
    if split == "validation":
        training_report.accuracy_steps(_accuracy_steps(card, evaluation.accuracy))
    training_report.details(evaluation, key=f"{key}_{split}", unsure_below=card.unsure_below)


def _accuracy_steps(card: ModelCard, final: float) -> tuple[tuple[str, float], ...]:
    """What the card's accuracies on validation were measured on; empty for cards of earlier versions."""
    figures, epoch = card.metrics["validation"], card.training.get("best_epoch")
    shares = [figures.get(f"accuracy_{name}") for name in ("in_training", "float32", "int8")]
    if not isinstance(epoch, int) or not all(isinstance(share, float) for share in shares):
        return ()
    weights, passes = str(figures.get("litert_weights", "")), card.mirror_average
    return training_steps(shares, final, epoch=epoch, litert_weights=weights, mirror_average=passes)


def _epochs(card: ModelCard) -> str:
    trained, planned = card.training.get("epochs", "–"), card.training.get("epochs_planned")
    return str(trained) if planned in (None, trained) else f"{trained} of {planned} planned"


def _learning_rate(card: ModelCard) -> str:
    """The peak that was used, and the setting behind it; 0 meant automatic in cards of earlier versions."""
    setting = card.training.get("learning_rate", "–") or "automatic"
    peak = card.training.get("peak_learning_rate")
    return f"peak {peak:.4g} (set: {setting})" if isinstance(peak, int | float) else str(setting)


def _notes(card: ModelCard) -> None:
    for key, title in _NOTES.items():
        if key in card.notes:
            st.markdown(f"**{title}.** {sentence(str(card.notes[key]))}")
    if about := _published(card).get("about"):
        st.markdown(f"**Pretraining.** {sentence(str(about))}")


def _start(card: ModelCard) -> str:
    """The models that it was fine-tuned from, the published weights that it had, or that it had none."""
    trained = [start for start in map(card.training.get, ("init_from", "join_with")) if start]
    starts = trained or [_published(card).get("name") or "random weights"]
    return " and ".join(str(start).rpartition("/")[2] for start in starts)


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
        ("Trained on", source),
        ("Data set", str(data.get("name") or "–")),
        ("Faces", ", ".join(f"{split} {count:,}" for split, count in rows.items()) or "–"),
        ("Cleaned by", ", ".join(str(name).replace("_", " ") for name in data.get("cleaned", ())) or "nothing"),
        ("Epochs", _epochs(card)),
        ("Learning rate", _learning_rate(card)),
        ("Started from", _start(card)),
        ("Temperature", f"{card.temperature:.3f}"),
        ("Unsure below", f"{card.unsure_below:.3f}"),
        ("Named from", "–" if card.named_from is None else f"{card.named_from:.3f}"),
        ("Answers as", "most people would (FER+ votes)" if "votes" in card.outputs else "the labels would"),
        ("Created", card.created),
        ("Made with", ", ".join(f"{name} {version}" for name, version in card.versions.items()) or "–"),
    ]
    st.html(html_tables.text_table(("Fact", "Value"), facts))
