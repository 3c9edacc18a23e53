"""Model folders with a mutated card, read by everything that reads cards."""

import json
import os
import random
import shutil
from pathlib import Path

from fer_core import paths
from fer_core.doctor import examine
from fer_core.errors import ArtifactError, ModelStoreError
from fer_core.expressions import model_store
from fer_core.expressions.card import read_card
from fer_core.expressions.card_checks import is_file_name
from fer_core.expressions.model import list_models
from fer_core.expressions.model_list import model_table, stored_models
from tests.fuzz.mutate import mutated, mutated_json
from tests.fuzz.targets import Target

SHIPPED = paths.SHIPPED_MODELS / "default"
PAGES_EVERY = 15
"""Each so many inputs are shown by the Models page, too, which takes a while."""


def target(folder: Path) -> Target:
    """The target; `folder` holds the home that the models are in."""
    calls = iter(range(1 << 60))
    return Target(
        _make,
        lambda path: _read(path, folder, with_page=next(calls) % PAGES_EVERY == PAGES_EVERY - 1),
        (ArtifactError,),
    )


def _make(rng: random.Random, case: Path) -> Path:
    folder = case / "models" / "strange"
    folder.mkdir(parents=True)
    os.environ["FER_HOME"] = str(case)
    shutil.copyfile(SHIPPED / "model.tflite", folder / "model.tflite")
    card = json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))
    del card["sha256"]["model.keras"]
    if rng.random() < 0.2:
        name = rng.choice(("../../../outside.txt", "..\\outside.txt", "/tmp/outside.txt", "sub/x", ".", "x\0", "x.txt"))
        card["sha256"][name] = rng.choice(list(card["sha256"].values()))
    content = mutated(rng, json.dumps(card).encode()) if rng.random() < 0.2 else mutated_json(rng, card)
    (folder / "card.json").write_bytes(content)
    return folder


def _read(folder: Path, outside: Path, *, with_page: bool) -> None:
    before = sorted(outside.iterdir())
    rows = [model for model in stored_models() if model.folder == folder]
    assert len(rows) == 1, "the folder is no row of the list"
    assert "default" in list_models(), "the other models are gone"
    model_table().encode()
    if with_page:
        examine_models()
        _show_page()
    try:
        kept = model_store.keep(folder)
        if with_page:
            model_store.promote(folder)
    except ModelStoreError as error:
        raise AssertionError("the disk is said to refuse") from error
    finally:
        assert sorted(outside.iterdir()) == before, "a file outside the models' folder"
    assert all(map(is_file_name, read_card(kept).sha256))


def examine_models() -> None:
    """The doctor's rows on models can be printed."""
    for check in examine():
        f"{check.name} {check.found} {check.remedy}".encode()


def _show_page() -> None:
    from streamlit.testing.v1 import AppTest

    def script() -> None:
        from app.views.models import page as models

        models.render()

    page = AppTest.from_function(script, default_timeout=120).run()
    assert not page.exception, [error.value for error in page.exception]
