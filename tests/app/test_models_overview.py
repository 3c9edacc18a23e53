"""Figures of different images never stand in one column of the models' list."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.views import models_tables
from app.views.models_overview import by_data_set
from fer_core.card import read_card
from fer_core.model_list import StoredModel
from fer_core.paths import SHIPPED_MODELS
from train.evaluate import report


@pytest.fixture
def stored(tmp_path: Path):
    def make(name: str, dataset: dict[str, Any], **metrics: dict[str, Any]) -> StoredModel:
        folder = tmp_path / name
        shutil.copytree(SHIPPED_MODELS / "default", folder)
        card = json.loads((folder / "card.json").read_text())
        changes = {"name": name, "dataset": dataset, "metrics": metrics}
        (folder / "card.json").write_text(json.dumps(card | changes))
        return StoredModel(folder, "own", read_card(folder), "", is_live=name == "live")

    return make


FER = {"source": "fer2013.csv", "sha256": "a" * 64, "cleaned": []}
CK = {"source": "0123456789abcdef-ck.zip", "sha256": "b" * 64, "cleaned": []}


def tables(*models: StoredModel) -> list[tuple[str, list[list[str]]]]:
    found = by_data_set(models)
    return [(t.title, [[row[0].split("\n")[0], *row[1:]] for row in t.rows]) for t in found]


def test_each_data_set_has_a_table_of_its_own(stored):
    ck = stored("tiles", CK, validation={"accuracy": 0.979})
    fer = stored("live", FER, validation={"accuracy": 0.706}, test={"accuracy": 0.72})

    assert tables(ck, fer) == [
        ("ck.zip", [["tiles", "97.9\u00a0%", "–"]]),
        ("fer2013.csv", [["live · live", "70.6\u00a0%", "72.0\u00a0%"]]),
    ]
    assert [t.live for t in by_data_set([ck, fer])] == [None, 0]


def test_a_figure_of_another_archive_stands_in_that_archives_table(stored):
    on_fer = {"accuracy": 0.645, "source": "fer2013.csv", "archive_sha256": "a" * 64, "cleaned": []}
    model = stored("tiles", CK, validation={"accuracy": 0.979}, test=on_fer)

    assert tables(model) == [
        ("ck.zip", [["tiles", "97.9\u00a0%", "–"]]),
        ("fer2013.csv", [["tiles", "–", "64.5\u00a0%"]]),
    ]


def test_cleaned_images_are_other_images(stored):
    whole = stored("whole", FER, validation={"accuracy": 0.7})
    cleaned = stored("cleaned", FER | {"cleaned": ["drop_leaks"]}, validation={"accuracy": 0.68})
    voted = stored("voted", FER | {"cleaned": ["drop_not_faces"]}, validation={"accuracy": 0.71})

    assert [(title, [row[0] for row in rows]) for title, rows in tables(whole, cleaned, voted)] == [
        ("fer2013.csv", ["whole", "voted"]),
        ("fer2013.csv (drop leaks)", ["cleaned"]),
    ]


def test_archives_of_one_name_are_told_apart_and_those_of_one_content_are_not(stored):
    one = stored("one", FER, validation={"accuracy": 0.7})
    same = stored("same", FER | {"source": "renamed.csv"}, validation={"accuracy": 0.69})
    other = stored("other", FER | {"sha256": "c" * 64}, validation={"accuracy": 0.9})

    titles = [title for title, _ in tables(one, same, other)]
    assert titles == ["fer2013.csv, SHA-256 aaaaaaaa", "fer2013.csv, SHA-256 cccccccc"]


def test_models_without_figures_are_still_listed(stored):
    bare = stored("bare", {}, validation={})
    fer = stored("live", FER, validation={"accuracy": 0.706})

    assert tables(bare) == [("", [["bare"]])]
    assert tables(bare, fer)[1] == ("Nothing was measured when these were saved", [["bare"]])
    assert by_data_set([]) == ()


def test_compared_figures_of_different_images_are_not_ranked():
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
