"""Commands write into new, empty and own folders; everybody else's stay as they are."""

from pathlib import Path

import pytest

from tests.helpers.synthetic import drawn_dataset, write_archive
from train.__main__ import main
from train.errors import ConfigError
from train.jobs.recipe_file import recipe_names
from train.runs.output_folder import prepare_folder
from train.runs.request import RunRequest
from train.settings.training import TrainingConfig


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    (folder / "holiday.jpg").write_bytes(b"a picture")
    (folder / "deeper" / "notes.txt").write_bytes(b"notes")
    return folder


def test_fit_and_export_leave_a_foreign_folder_alone(foreign: Path, tmp_path: Path, capsys) -> None:
    archive = str(write_archive(tmp_path / "drawn.csv", drawn_dataset(21, 14, 0)))
    before = files_in(foreign)

    assert main(["fit", "--archive", archive, "--output", str(foreign), "--epochs", "1"]) == 2
    assert f"{foreign} holds other files, such as deeper" in capsys.readouterr().err
    assert main(["export", "--run", str(tmp_path / "gone"), "--archive", archive, "--output", str(foreign)]) == 2
    assert "Nothing was written" in capsys.readouterr().err
    assert main(["sweep", "--archive", archive, "--output", str(foreign), "--architectures", "baseline_cnn"]) == 2
    assert main(["recipe", recipe_names()[0], "--archive", archive, "--output", str(foreign)]) == 2
    assert capsys.readouterr().err.count("expected a new or empty folder, or one of runs") == 2
    assert files_in(foreign) == before


def test_a_file_is_no_folder(foreign: Path) -> None:
    with pytest.raises(ConfigError, match=r"holiday\.jpg is a file"):
        prepare_folder(foreign / "holiday.jpg")
    with pytest.raises(ConfigError, match=r"inside cannot be made: Not a directory"):
        prepare_folder(foreign / "holiday.jpg" / "inside")


def test_new_empty_and_run_folders_are_taken(tmp_path: Path) -> None:
    new = tmp_path / "a" / "b"
    prepare_folder(new)
    assert new.is_dir()
    prepare_folder(new)
    (new / ".lock").touch()
    prepare_folder(new)
    RunRequest(TrainingConfig(), None).write(new)
    (new / "mine.txt").touch()
    before = files_in(new)
    prepare_folder(new)
    assert files_in(new) == before


def test_a_step_of_a_recipe_is_a_run_before_it_began(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text("{}")
    prepare_folder(tmp_path)
    assert files_in(tmp_path) == {"recipe.json": b"{}"}
