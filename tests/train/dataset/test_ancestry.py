"""A run remembers what its start and its teachers learnt from."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from fer_core.paths import SHIPPED_MODELS
from train.dataset.ancestry import ancestry, record_ancestry
from train.runs.request import Input, RunRequest
from train.settings.training import TrainingConfig


def request(**changes: Any) -> RunRequest:
    return replace(RunRequest(TrainingConfig(), None, "mine.zip"), **changes)


def test_a_run_from_scratch_has_no_ancestors(tmp_path: Path) -> None:
    record_ancestry(request(), tmp_path)
    assert ancestry(request(), tmp_path) == []


def test_the_data_of_start_and_teachers_is_recorded_before_they_can_vanish(tmp_path: Path) -> None:
    start, run = tmp_path / "start", tmp_path / "run"
    shutil.copytree(SHIPPED_MODELS / "default", start)
    card = json.loads((start / "card.json").read_text())
    learnt = {"name": "", "source": "first.zip"}
    card["dataset"] = {"name": "CK+", "source": "ck.zip", "learnt_before": [learnt]}
    (start / "card.json").write_text(json.dumps(card))
    run.mkdir()
    teacher = Input(SHIPPED_MODELS / "default", "a" * 64)
    asked = request(training=TrainingConfig(init_from=str(start)), teachers=(teacher,))

    record_ancestry(asked, run)
    shutil.rmtree(start)

    fer2013 = {"name": "FER2013", "source": "fer2013.csv"}
    assert ancestry(asked, run) == [{"name": "CK+", "source": "ck.zip"}, learnt, fer2013]
    record_ancestry(asked, run)
    assert len(ancestry(asked, run)) == 3


def test_a_run_that_starts_from_a_run_inherits_what_that_one_learnt_from(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    begun = request(training=TrainingConfig(init_from="default"))
    begun.write(first)
    record_ancestry(begun, first)

    found = ancestry(request(training=TrainingConfig(init_from=str(first))), second)

    assert [item["source"] for item in found] == ["mine.zip", "fer2013.csv"]


def test_a_network_that_was_put_beside_the_start_is_an_ancestor_too(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        replace(request(), archive_name=f"{folder.name}.zip").write(folder)
    joined = TrainingConfig(init_from=str(first), join_with=str(second), ferplus_weight=1)
    found = ancestry(request(training=joined, ferplus=Input(tmp_path, "b" * 64)), tmp_path / "run")
    assert [item["source"] for item in found] == ["first.zip", "second.zip"]


def test_what_is_gone_is_said_to_be_unknown(tmp_path: Path) -> None:
    found = ancestry(request(training=TrainingConfig(init_from=str(tmp_path / "gone"))), tmp_path)
    assert found == [{"name": "", "source": "what gone learnt from"}]
