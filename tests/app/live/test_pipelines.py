"""Networks are loaded once per process; detectors belong to one viewer."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from app.live import pipelines as analysis
from fer_core.errors import ArtifactError, DetectorError
from fer_core.paths import SHIPPED_MODELS
from fer_core.pipeline import STILL
from tests.helpers.faces import make_face, textured_frame, yunet_file


@pytest.fixture(autouse=True)
def _no_models_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_models", {})


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of the user's own named "mine"."""
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    folder = tmp_path / "models" / "mine"
    folder.mkdir(parents=True)
    shutil.copy(SHIPPED_MODELS / "default" / "model.tflite", folder)
    card = json.loads((SHIPPED_MODELS / "default" / "card.json").read_text())
    card["sha256"] = {"model.tflite": card["sha256"]["model.tflite"]}
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def test_a_model_is_loaded_once():
    assert analysis.shared_model("default") is analysis.shared_model("default")


def test_viewers_who_come_at_once_share_one_model(mine):
    found = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        found.append(analysis.shared_model("mine"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len({id(model) for model in found}) == 1


def test_two_models_are_two(mine):
    assert analysis.shared_model("mine") is not analysis.shared_model("default")
    assert analysis.shared_model("mine").folder == mine


def test_a_model_whose_card_changed_is_loaded_again_and_the_old_one_let_go(mine):
    before = analysis.shared_model("mine")
    card = json.loads((mine / "card.json").read_text())
    (mine / "card.json").write_text(json.dumps(card | {"temperature": 2.0}))
    os.utime(mine / "card.json", ns=(1, 1))

    after = analysis.shared_model("mine")

    assert after is not before
    assert after.card.temperature == 2.0
    assert [key[0] for key in analysis._models] == ["mine"]


@pytest.mark.parametrize("damage", ["card.json", "model.tflite"])
def test_a_model_that_is_damaged_on_disk_is_refused_in_words_and_works_again_when_mended(mine, damage):
    content = (mine / damage).read_bytes()
    (mine / damage).write_bytes(b"{")
    with pytest.raises(ArtifactError, match="mine"):
        analysis.shared_model("mine")

    (mine / damage).write_bytes(content)

    assert analysis.shared_model("mine").folder == mine


def test_an_unknown_model_is_refused_in_words():
    with pytest.raises(ArtifactError, match="nobody"):
        analysis.make_pipeline("haar", "nobody")


def test_each_viewer_has_a_detector_of_their_own_and_shares_the_model():
    first, second = (analysis.make_pipeline("haar", "default") for _ in range(2))

    assert first.detector is not second.detector
    assert first.model is second.model
    assert first.detector.name == "haar"


def test_settings_and_hits_reach_the_pipeline(monkeypatch):
    pipeline = analysis.make_pipeline("haar", "default", settings=STILL, min_hits=1)
    monkeypatch.setattr(pipeline.detector, "detect", lambda _: [make_face()])

    assert pipeline.settings is STILL
    assert len(pipeline.process(textured_frame(), 0.0).faces) == 1


def test_without_a_choice_the_best_detector_there_is():
    yunet_file()

    assert analysis.make_pipeline(None, "default").detector.name == "yunet"


def test_a_detector_that_is_not_there_is_refused_in_words(monkeypatch, tmp_path):
    monkeypatch.setenv("FER_YUNET", str(tmp_path / "gone.onnx"))

    with pytest.raises(DetectorError, match=r"gone\.onnx"):
        analysis.make_pipeline("yunet", "default")
