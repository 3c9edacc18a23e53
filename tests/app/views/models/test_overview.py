"""The table of models: the live one first, then by accuracy within a data set; no model twice."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.views.models import tables as models_tables
from app.views.models.overview import row_html, rows_of
from fer_core.expressions.card import read_card
from fer_core.expressions.model_list import StoredModel
from fer_core.paths import SHIPPED_MODELS
from train.evaluation.evaluate import report
from train.runs.files import MODEL, REPORT

Store = Callable[..., StoredModel]
FER = {"source": "fer2013.csv", "sha256": "a" * 64, "cleaned": []}
CK = {"source": "0123456789abcdef-ck.zip", "sha256": "b" * 64, "cleaned": []}


def sha256_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.fixture
def stored(tmp_path: Path) -> Store:
    def make(name: str, dataset: dict[str, Any], *, files: str = "", **metrics: dict[str, Any]) -> StoredModel:
        folder = tmp_path / name
        shutil.copytree(SHIPPED_MODELS / "default", folder)
        card = json.loads((folder / "card.json").read_text())
        changes = {
            "name": name,
            "dataset": dataset,
            "metrics": metrics,
            "sha256": {"model.tflite": sha256_of(files or name)},
        }
        (folder / "card.json").write_text(json.dumps(card | changes))
        return StoredModel(folder, "own", read_card(folder), "", is_live=name == "live")

    return make


def names(*models: StoredModel) -> list[str]:
    return [row.model.name for row in rows_of(models)]


def test_the_live_model_is_first_then_the_best_of_its_data_set(stored: Store) -> None:
    live = stored("live", FER, validation={"accuracy": 0.706})
    poor = stored("poor", FER, validation={"accuracy": 0.6})
    good = stored("good", FER, validation={"accuracy": 0.72})
    tiles = stored("tiles", CK, validation={"accuracy": 0.979})
    bare = stored("bare", {})

    assert names(bare, tiles, poor, good, live) == ["live", "good", "poor", "tiles", "bare"]
    assert names() == []


def test_cleaned_images_are_another_data_set(stored: Store) -> None:
    live = stored("live", FER, validation={"accuracy": 0.7})
    cleaned = stored("cleaned", FER | {"cleaned": ["drop_leaks"]}, validation={"accuracy": 0.9})
    voted = stored("voted", FER | {"cleaned": ["drop_not_faces"]}, validation={"accuracy": 0.6})

    assert names(live, cleaned, voted) == ["live", "voted", "cleaned"]


def test_a_row_gives_the_accuracy_with_its_interval_and_its_images(stored: Store) -> None:
    figures = {"accuracy": 0.706, "interval_95": [0.691, 0.721], "n": 3589}
    model = stored("mine", CK, validation=figures, test={"accuracy": 0.69})

    (row,) = rows_of([model])

    assert row.cells[0][0] == "ck.zip"
    assert row.cells[1] == ("70.6\u00a0% (69.1–72.1)", "3,589 validation faces · test 69.0\u00a0%")
    assert row.cells[2][0].endswith("MB")
    assert row.cells[3][0] == "–", "nobody measured it"
    assert "70.6" in row_html(row)


def test_a_run_tells_the_time_a_face_also_of_its_kept_copy(stored: Store, tmp_path: Path) -> None:
    kept = stored("kept", FER, files="same", validation={"accuracy": 0.7})
    other = stored("run", FER, files="same", validation={"accuracy": 0.7})
    run_dir = tmp_path / "a-run"
    run_dir.mkdir()
    other.folder.rename(run_dir / MODEL)
    (run_dir / REPORT).write_text(json.dumps({"model": {"ms_per_face": 0.613}}))
    run = StoredModel(run_dir / MODEL, "run", other.card, "", is_live=False)

    (row,) = rows_of([run, kept])

    assert row.model is kept
    assert row.cells[3][0] == "0.61"
    (run_dir / REPORT).write_text("{")
    assert rows_of([run])[0].cells[3][0] == "–"


def test_what_a_card_says_is_no_html(stored: Store) -> None:
    model = stored("mine", CK | {"source": "<b>x</b>.zip"}, validation={"accuracy": 0.5})

    assert "<b>" not in row_html(rows_of([model])[0])


def test_compared_figures_of_different_images_are_not_ranked() -> None:
    right = np.eye(7)[[0, 1, 2, 3]]
    labels = np.arange(4)
    good = report(right, labels, split="validation", fresh=np.ones(4, bool))
    poor = report(right, np.roll(labels, 1), split="validation", fresh=np.ones(4, bool))

    ranked = models_tables.figures([good, poor])
    unranked = models_tables.figures([good, poor], measured_on=["ck.zip", "fer2013.csv"], comparable=False)

    assert "<b>100.0" in ranked
    assert "<b>" not in unranked
    assert "<small>" not in unranked
    assert "ck.zip" in unranked
