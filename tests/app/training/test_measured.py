"""Accuracies are compared on the same images alone, and a model is listed once."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.training.measured import beside_live, distinct, measurements
from fer_core.expressions.card import ModelCard, read_card
from fer_core.expressions.model_list import Origin, StoredModel
from fer_core.paths import SHIPPED_MODELS

LIVE = read_card(SHIPPED_MODELS / "default")
VALIDATION: dict[str, Any] = LIVE.metrics["validation"]


def card(accuracy: float, **figures: Any) -> ModelCard:
    """Another model, measured on the live one's images unless `figures` say otherwise."""
    metrics = {"validation": VALIDATION | {"accuracy": accuracy} | figures}
    return replace(LIVE, name="mine", sha256={"model.tflite": f"{accuracy}"}, metrics=metrics)


@pytest.mark.parametrize(
    ("accuracy", "words", "is_better"),
    [
        (
            0.2400,
            "24.0\u00a0% of 3,589 validation faces, 46.7 points below the live model (default, 70.7\u00a0%).",
            False,
        ),
        (
            0.7126,
            "71.3\u00a0% of 3,589 validation faces, 0.6 points above the live model (default, 70.7\u00a0%).",
            True,
        ),
        (0.7066, "70.7\u00a0% of 3,589 validation faces, level with the live model (default, 70.7\u00a0%).", True),
    ],
)
def test_on_the_same_images_the_difference_is_told(accuracy: float, words: str, is_better: bool) -> None:
    verdict = beside_live(card(accuracy), LIVE)

    assert (verdict.words, verdict.is_better) == (words, is_better)


@pytest.mark.parametrize(
    "other", [{"archive_sha256": "b" * 64, "source": "ck.zip"}, {"cleaned": ["drop_leaks"]}, {"n": 280}]
)
def test_on_other_images_they_are_not_compared(other: dict[str, Any]) -> None:
    verdict = beside_live(card(0.95, **other), LIVE)

    assert "different images, so the two cannot be compared" in verdict.words
    assert "above" not in verdict.words
    assert verdict.is_better is None


def test_a_model_of_labels_alone_is_otherwise_trained_than_one_of_votes() -> None:
    verdict = beside_live(replace(card(0.75), outputs=("answer",)), LIVE)

    assert "4.3 points above" in verdict.words
    assert "as most people would" in verdict.words
    assert verdict.is_better is False


def test_without_figures_or_without_a_live_model_there_is_nothing_to_compare() -> None:
    bare = replace(card(0.7), metrics={})

    assert beside_live(bare, LIVE).is_better is None
    assert beside_live(card(0.7), None).is_better is None
    assert beside_live(card(0.7), replace(LIVE, metrics={})).is_better is None
    assert beside_live(LIVE, LIVE).words.endswith("This model is live.")


@pytest.mark.parametrize(
    "figures", [{}, {"accuracy": "high"}, {"accuracy": 7}, {"accuracy": 0.5, "interval_95": [1], "n": "many"}]
)
def test_damaged_figures_are_left_out(figures: dict[str, Any]) -> None:
    found = measurements(replace(LIVE, metrics={"validation": figures}))

    assert [(one.accuracy, one.interval_95, one.faces) for one in found] == ([(0.5, None, 0)] if "n" in figures else [])


def test_a_figure_of_another_archive_is_that_archives() -> None:
    test = {"accuracy": 0.645, "source": "0123456789abcdef-ck.zip", "archive_sha256": "c" * 64, "cleaned": []}

    first, second = measurements(replace(LIVE, metrics={"validation": VALIDATION, "test": test}))

    assert (first.split, first.measured.title) == ("validation", "fer2013.csv")
    assert (second.split, second.measured.title) == ("test", "ck.zip")


def test_a_runs_model_that_was_kept_is_listed_once(tmp_path: Path) -> None:
    def stored(folder: str, origin: Origin, files: str) -> StoredModel:
        shutil.copytree(SHIPPED_MODELS / "default", tmp_path / folder)
        values = json.loads((tmp_path / folder / "card.json").read_text())
        (tmp_path / folder / "card.json").write_text(json.dumps(values | {"sha256": {"model.tflite": files * 64}}))
        return StoredModel(tmp_path / folder, origin, read_card(tmp_path / folder), "", is_live=False)

    run, kept, other = stored("run", "run", "a"), stored("kept", "own", "a"), stored("other", "run", "b")
    damaged = [StoredModel(tmp_path / name, "own", None, "broken", is_live=False) for name in ("x", "y")]

    assert distinct([run, kept, other, *damaged]) == (kept, *damaged, other)
