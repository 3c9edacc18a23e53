"""Promotion, rollback, keeping and deletion, with copies of the shipped model under other names."""

import hashlib
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from fer_core import paths
from fer_core.errors import ArtifactError, ModelStoreError
from fer_core.expressions import model_store
from fer_core.expressions.card import read_card
from fer_core.expressions.model import find_model, load_model
from fer_core.expressions.model_list import StoredModel, live_card, stored_models

SHIPPED = paths.SHIPPED_MODELS / "default"


def make_model(folder: Path, name: str) -> Path:
    """A whole model of that name, told from others by an extra file that its card lists."""
    shutil.copytree(SHIPPED, folder)
    (folder / "extra.txt").write_text(name)
    card = read_card(folder)
    digest = hashlib.sha256(name.encode()).hexdigest()
    replace(card, name=name, sha256=card.sha256 | {"extra.txt": digest}).write(folder)
    return folder


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return make_model(tmp_path / "runs" / "first" / "model", "first")


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return make_model(tmp_path / "runs" / "second" / "model", "second")


def own() -> Path:
    return paths.home() / "models"


def live_name() -> str:
    card = live_card()
    assert card is not None
    assert load_model("default").card == card, "what is listed as live is what the live page loads"
    return card.name


def by_name(*run_models: Path) -> dict[str, StoredModel]:
    return {model.name: model for model in stored_models(run_models)}


def leftovers() -> list[str]:
    return [path.name for path in own().glob(".arriving-*")]


def test_at_first_the_shipped_model_is_live():
    assert live_name() == "default"
    assert model_store.past_models() == ()
    assert [model.origin for model in stored_models() if model.is_live] == ["shipped"]


def test_promoting_puts_a_whole_copy_live(first):
    card = model_store.promote(first)

    assert card.name == live_name() == "first"
    assert find_model("default") == own() / "default"
    shutil.rmtree(first)
    assert load_model("default").card.name == "first", "the copy does not need the run"
    assert leftovers() == []


def test_only_the_card_and_its_files_are_copied(first):
    (first / "private.txt").write_text("not the model's")

    model_store.promote(first)

    assert not (own() / "default" / "private.txt").exists()


def test_promoting_what_is_live_changes_nothing(first):
    model_store.promote(first)
    model_store.promote(first)

    assert [card.name if card else None for card in model_store.past_models()] == [None]


def test_the_way_back_is_that_of_the_promotions_also_where_the_clock_was_set_back(first, second, monkeypatch):
    class Clock(datetime):
        hour_now = 12

        @classmethod
        def now(cls, tz=None):
            return cls(2026, 5, 1, cls.hour_now)

    monkeypatch.setattr(model_store, "datetime", Clock)
    for model in (first, second, first):
        model_store.promote(model)
        Clock.hour_now -= 1

    assert [card.name if card else None for card in model_store.past_models()] == ["second", "first", None]


def test_promoting_mends_a_damaged_live_copy_of_the_same_model(first):
    model_store.promote(first)
    (own() / "default" / "model.tflite").write_bytes(b"damaged")

    model_store.promote(first)

    assert live_name() == "first"


def test_a_live_model_that_lacks_a_file_is_damaged(first):
    model_store.promote(first)
    (own() / "default" / "model.tflite").unlink()

    assert live_card() is None
    assert not by_name(first)["first"].is_live, "so that it can be put live again"


@pytest.mark.parametrize("damage", ["model.tflite", "model.keras", "card.json"])
def test_a_damaged_model_never_becomes_live(first, second, damage):
    model_store.promote(first)
    (second / damage).write_bytes(b"{ damaged")

    with pytest.raises(ArtifactError):
        model_store.promote(second)

    assert live_name() == "first"
    assert leftovers() == []


def test_a_missing_model_never_becomes_live(tmp_path):
    with pytest.raises(ArtifactError):
        model_store.promote(tmp_path / "nowhere")

    assert live_name() == "default"


def test_a_disk_that_refuses_leaves_the_live_model(first, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", refuse)

    with pytest.raises(ModelStoreError, match="No space left"):
        model_store.promote(first)

    assert live_name() == "default"
    assert leftovers() == []


def test_a_rename_that_fails_brings_the_live_model_back(first, second, monkeypatch):
    model_store.promote(first)
    rename = Path.rename

    def fail_to_default(self: Path, target: Path) -> Path:
        if self.name.startswith(".arriving-"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_to_default)

    with pytest.raises(ModelStoreError):
        model_store.promote(second)

    assert live_name() == "first"


def test_rolling_back_goes_through_all_to_the_shipped_one(first, second):
    model_store.promote(first)
    model_store.promote(second)
    assert [card.name if card else None for card in model_store.past_models()] == ["first", None]

    assert model_store.roll_back().name == live_name() == "first"
    assert model_store.roll_back().name == live_name() == "default"
    with pytest.raises(ModelStoreError, match="came with the program"):
        model_store.roll_back()


def test_rolling_back_loses_no_model(first):
    model_store.promote(first)
    shutil.rmtree(first)

    model_store.roll_back()

    assert by_name()["first"].origin == "own"
    assert load_model("first").card.name == "first"


def test_rolling_back_passes_over_a_damaged_past(first, second):
    model_store.promote(first)
    model_store.promote(second)
    (past,) = (own() / ".history").iterdir()
    (past / "model.tflite").write_bytes(b"damaged")

    assert model_store.roll_back().name == "default"
    assert live_name() == "default"


def test_rolling_back_frees_from_a_damaged_live_model(first):
    model_store.promote(first)
    (own() / "default" / "card.json").write_text("{")
    assert live_card() is None

    model_store.roll_back()

    assert live_name() == "default"


def test_only_the_last_few_are_kept_for_rolling_back(tmp_path):
    for number in range(8):
        model_store.promote(make_model(tmp_path / str(number), f"model {number}"))

    assert len(model_store.past_models()) == 6  # five and the shipped one


def test_keeping_copies_once_under_a_free_name(first, tmp_path):
    kept = model_store.keep(first)

    assert kept == own() / "first"
    assert model_store.keep(first) == kept
    assert model_store.keep(make_model(tmp_path / "other", "default")).name == "default-2"
    assert model_store.keep(make_model(tmp_path / "odd", "../odd name")).parent == own()


def test_the_live_copy_stands_for_itself_only_when_its_origin_is_gone(first):
    model_store.promote(first)

    assert [m.folder for m in stored_models([first]) if m.is_live] == [first]
    assert [m.folder for m in stored_models() if m.is_live] == [own() / "default"]


def test_damaged_folders_are_named_with_their_reason(first):
    kept = model_store.keep(first)
    (kept / "model.keras").unlink()

    model = by_name()["first"] if "first" in by_name() else by_name()[kept.name]

    assert model.card is None
    assert "model.keras" in model.problem
    assert model.can_delete


def test_deleting_takes_only_ones_own(first, tmp_path):
    kept = model_store.keep(first)

    model_store.delete_model(kept)

    assert not kept.exists()
    for folder in (SHIPPED, first, tmp_path, own() / "..", own() / ".history"):
        with pytest.raises(ModelStoreError):
            model_store.delete_model(folder)
        assert folder.exists() or folder.name == ".history"


def test_the_live_model_is_not_deleted(first):
    model_store.promote(first)

    with pytest.raises(ModelStoreError, match="live"):
        model_store.delete_model(own() / "default")

    assert live_name() == "first"


def test_a_link_is_not_followed(first, tmp_path):
    own().mkdir(parents=True)
    (own() / "link").symlink_to(first)

    with pytest.raises(ModelStoreError):
        model_store.delete_model(own() / "link")

    assert first.exists()
