"""Runs, archives and models on disk by two users: others' are not there."""

import json
import shutil
from pathlib import Path

import pytest

from app.access import files
from app.access.types import LOCAL_USER, User
from app.training import child_jobs
from fer_core import paths
from fer_core.expressions import model_store
from fer_core.expressions.model_list import LIVE
from tests.helpers.people import ANNA, BEN, CHIEF
from train.runs.files import STATUS, RunStatus, write_status
from train.runs.run import list_runs

SHIPPED = paths.SHIPPED_MODELS / LIVE


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    return tmp_path


def make_run(name: str) -> Path:
    folder = child_jobs.runs_dir() / name
    folder.mkdir(parents=True)
    write_status(folder, RunStatus("finished"))
    shutil.copytree(SHIPPED, folder / "model")
    return folder


def make_archive(name: str = "0123456789abcdef-faces.csv") -> Path:
    child_jobs.archives_dir().mkdir(exist_ok=True)
    path = child_jobs.archives_dir() / name
    path.write_text("emotion,pixels,Usage\n")
    return path


def test_a_run_is_its_makers_and_an_old_one_the_administrators() -> None:
    hers, old = make_run("hers"), make_run("old")
    files.give(hers, ANNA)

    assert [run.dir for run in files.own_runs(ANNA)] == [hers]
    assert files.own_runs(BEN) == []
    for chief in (CHIEF, LOCAL_USER):
        assert {run.dir for run in files.own_runs(chief)} == {hers, old}
    assert {run.dir for run in list_runs(child_jobs.runs_dir())} == {hers, old}, "the file does not disturb a run"
    assert (hers / STATUS).is_file()


def test_models_are_ones_own_the_shipped_one_and_the_live_one() -> None:
    run = make_run("hers")
    files.give(run, ANNA)
    kept = model_store.keep(run / "model")
    files.give(kept, ANNA)

    assert folders(ANNA) == {kept, run / "model"}, "which are the live one, as they are copies of it"
    assert folders(BEN) == {SHIPPED}
    assert folders(CHIEF) == {kept, run / "model"}
    assert set(files.own_cards(ANNA)) == {LIVE, kept.name}
    assert set(files.own_cards(BEN)) == {LIVE}


def test_what_is_live_is_everybodys_and_where_it_came_from_is_not() -> None:
    run = make_run("hers")
    files.give(run, ANNA)
    card = json.loads((run / "model" / "card.json").read_text())
    (run / "model" / "card.json").write_text(json.dumps(card | {"name": "hers"}))
    live = paths.home() / "models" / LIVE
    shutil.copytree(run / "model", live)

    assert LIVE in files.own_cards(BEN)
    assert folders(BEN) - {SHIPPED} <= {live}
    assert [model.is_live for model in files.own_models(BEN)] == [True]
    assert folders(ANNA) - {SHIPPED} == {run / "model"}


def folders(user: User) -> set[Path]:
    return {model.folder for model in files.own_models(user)}


def test_a_model_of_another_is_not_deleted() -> None:
    kept = paths.home() / "models" / "hers"
    shutil.copytree(SHIPPED, kept)
    files.give(kept, ANNA)

    files.delete_model(kept, BEN)
    assert kept.is_dir()
    files.give(kept, BEN)  # the same model, kept by him too
    files.delete_model(kept, ANNA)
    assert (files.may_see(kept, ANNA), files.may_see(kept, BEN)) == (False, True)
    files.delete_model(kept, BEN)
    assert not kept.exists()


def test_an_archive_that_two_uploaded_stays_with_the_other() -> None:
    path = make_archive()
    files.give(path, ANNA)
    assert files.own_archives(BEN) == ()
    files.delete_archive(path, BEN)
    assert path.exists(), "another's archive is not deleted"
    files.give(path, BEN)
    for user in (ANNA, BEN):
        assert [archive.path for archive in files.own_archives(user)] == [path]

    files.delete_archive(path, ANNA)

    assert files.own_archives(ANNA) == ()
    assert [archive.path for archive in files.own_archives(BEN)] == [path]
    files.delete_archive(path, BEN)
    assert list(child_jobs.archives_dir().iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"owners": 3}', '{"owners": []}', '{"other": ["account-anna"]}'])
def test_a_damaged_owner_is_the_administrators(text: str) -> None:
    run = make_run("hers")
    (run / files.OWNER).write_text(text)

    assert files.own_runs(ANNA) == []
    assert [one.dir for one in files.own_runs(CHIEF)] == [run]
