"""What a run was asked to do, beside its figures."""

from pathlib import Path

import streamlit as st

from app import html_tables
from app.markdown_text import sentence
from app.training.child_jobs import archive_title
from train.errors import ConfigError
from train.runs.request import RunRequest
from train.runs.run import TrainingRun
from train.settings.fields import Setting, settings_of
from train.settings.training import TrainingConfig


def render(run: TrainingRun) -> None:
    """Draw the settings that are not the defaults, as set and in effect."""
    try:
        request = run.request()
    except ConfigError as error:
        st.caption(f"The settings of this run cannot be read. {sentence(str(error))}")
        return
    if request is None:
        return
    with st.expander("Settings of this run"):
        st.html(html_tables.text_table(("Setting", "As set", "In effect"), _rows(request), narrow=True))
        st.caption("Settings that are not listed have their defaults.")


def data_set_of(run: TrainingRun) -> str:
    """The archive's name, or nothing where the run does not say."""
    try:
        request = run.request()
    except ConfigError:
        return ""
    return archive_title_of(request.archive_name) if request else ""


def archive_title_of(name: str) -> str:
    """An archive's file name without the hash that keeps uploads apart."""
    return archive_title(Path(name))


def _rows(request: RunRequest) -> list[tuple[str, str, str]]:
    """Each setting as it was typed, and what it came to where that may be something else."""
    training = request.training
    rate = _settings()["learning_rate"].words(training.learning_rate)
    rows = [
        ("Archive", archive_title_of(request.archive_name), ""),
        ("Network", training.architecture, ""),
        ("Epochs", str(training.epochs), ""),
        ("Learning rate", rate, training.learning_rate_words),
        ("Fixes", ", ".join(switch.replace("_", " ") for switch in request.cleaning) or "none", ""),
        *([("Fold", f"{request.fold} of {request.folds.path.name}", "")] if request.folds else []),
        ("Report of the test split", "yes" if request.report_test else "no", ""),
        ("Seed", str(training.seed), ""),
    ]
    told = {"architecture", "epochs", "learning_rate", "seed"}
    changed = [(item, value) for item, value in request.changed_settings() if item.name not in told]
    rows += [(item.label, item.words(value), "") for item, value in changed]
    further = {"FER+ votes": request.ferplus, "Teachers' answers": request.teacher_views}
    rows += [(label, item.path.name, "") for label, item in further.items() if item]
    return rows + [("Teacher", teacher.path.name, "") for teacher in request.teachers]


def _settings() -> dict[str, Setting]:
    """The settings of training by their names."""
    return {item.name: item for item in settings_of(TrainingConfig)}
