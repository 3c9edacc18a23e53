"""Work on models that child processes do for the Models page: comparisons, and conversions to other forms.

    FER_HOME/answers/compare-<key>/     see app.training_jobs
    FER_HOME/answers/convert-<key>/     the same, and model.zip

Imports no Streamlit.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app import training_jobs
from app.training_jobs import ANSWER_VERSION, Job, answer_dir, archive_key, hash_of
from fer_core.card import CARD_FILE

ZIP: Final = "model.zip"
_KEPT_CONVERSIONS: Final = 6


@dataclass(frozen=True)
class Form:
    """A form that a model can be converted to: its name for people, and what it is good for."""

    title: str
    purpose: str


FORMS: Final = {
    "onnx": Form("ONNX", "One file for ONNX Runtime, OpenCV, .NET, the browser and many others."),
    "saved_model": Form("SavedModel", "TensorFlow's folder, for TensorFlow Serving and its converters."),
    "json_h5": Form("JSON + H5", "The network as JSON and its weights as HDF5: the older pair of Keras files."),
}
"""By the names that `python -m train convert --form` takes."""


def comparison(models: Sequence[Path], archive: Path, split: str) -> Job:
    """Models on the same images."""
    cards = [(model / CARD_FILE).read_bytes() for model in models]
    order = training_jobs.label_order(archive)
    key = hash_of(*cards, archive_key(archive).encode(), split.encode(), order.encode(), ANSWER_VERSION)
    folder = answer_dir("compare", key)
    which = ("--archive", str(archive), *training_jobs.label_flags(order), "--split", split)
    return Job(folder, ("compare", *map(str, models), *which, "--json"))


def conversion(model: Path, form: str) -> Job:
    """A model in one of FORMS, packed as ZIP into the job's folder. The card names the network by its sha256."""
    folder = answer_dir("convert", hash_of((model / CARD_FILE).read_bytes(), form.encode()))
    return Job(folder, ("convert", "--model", str(model), "--form", form, "--output", str(folder / ZIP), "--json"))


def forget_old_conversions() -> None:
    """Keep the latest few, so that the disk does not fill: each is as large as its model."""
    folders = answer_dir("convert", "").parent.glob("convert-*")
    idle = [folder for folder in folders if training_jobs.look(Job(folder, ())).state != "running"]
    idle.sort(key=lambda folder: folder.stat().st_mtime)
    for folder in idle[: -_KEPT_CONVERSIONS + 1]:  # one is about to be added
        shutil.rmtree(folder, ignore_errors=True)
