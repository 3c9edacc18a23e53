"""The command line, called within this process where that is quick and as a child where it is not."""

import json
import os
import subprocess
import sys

import pytest

from fer_core.expressions.model import load_model
from tests.helpers import REPOSITORY
from tests.helpers.archive_builders import faces, folder_files
from tests.helpers.synthetic import drawn_dataset, write_archive
from train.__main__ import main, parse
from train.runs.files import read_epochs
from train.runs.request import read_request
from train.runs.run import read_run


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("archive") / "drawn.csv", drawn_dataset())


@pytest.fixture(scope="module")
def finished(archive, tmp_path_factory):
    """A run from the command line, to its end, in a process of its own."""
    run_dir = tmp_path_factory.mktemp("runs") / "run"
    command = [
        sys.executable,
        "-m",
        "train",
        "fit",
        "--archive",
        str(archive),
        "--architecture",
        "baseline_cnn",
        "--output",
        str(run_dir),
        "--epochs",
        "2",
        "--batch-size",
        "16",
        "--report-test",
        "--drop-leaks",
        "--drop-blanks",
    ]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    return run_dir, done.stdout


def test_fit_trains_exports_and_reports(finished):
    run_dir, output = finished
    assert read_run(run_dir).state == "finished"
    assert len(read_epochs(run_dir)) == 2
    assert load_model(run_dir / "model").card.name == "run"
    report = json.loads((run_dir / "report.json").read_text())
    assert report["test"]["n"] == report["validation"]["n"] == 28
    request = read_request(run_dir)
    assert request is not None
    assert request.cleaning == ("drop_leaks", "drop_blanks")
    assert output.splitlines()[-1] == "finished"
    assert output.count("epoch ") >= 2


def test_evaluate_compare_and_convert_use_the_exported_model(finished, archive, tmp_path, capsys):
    model = str(finished[0] / "model")
    assert main(["evaluate", "--model", model, "--archive", str(archive), "--split", "test", "--json", "--save"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["split"], report["n"]) == ("test", 28)
    assert report["litert_bytes"] > 10_000
    assert load_model(model).card.metrics["test"]["accuracy"] == pytest.approx(report["accuracy"], abs=1e-5)
    assert main(["evaluate", "--model", model, "--archive", str(archive), "--balanced", "1", "--save"]) == 2
    assert "Leave out --save or --balanced" in capsys.readouterr().err
    assert main(["compare", model, model, "default", "--archive", str(archive)]) == 0
    assert "A - B: +0.00 points" in capsys.readouterr().out
    assert main(["compare", model, "--archive", str(archive)]) == 2
    assert "compare takes 2 to 26 models, got 1" in capsys.readouterr().err
    packed = tmp_path / "packed.zip"
    assert main(["convert", "--model", model, "--form", "saved_model", "--output", str(packed), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] == ["saved_model"]
    assert packed.is_file()


def test_the_card_holds_the_warnings_of_its_data_set(finished):
    dataset = load_model(finished[0] / "model").card.dataset
    assert (dataset["label_order"], dataset["warnings"]) == ("fer2013", [])


@pytest.mark.parametrize("split", ["test", "validation"])
def test_a_split_alone_can_be_measured_and_not_trained_on(split, tmp_path, capsys):
    sizes = {"train": 0, "validation": 0, "test": 0} | {split: 14}
    archive = str(write_archive(tmp_path / "faces.csv", drawn_dataset(**sizes)))
    assert main(["evaluate", "--model", "default", "--archive", archive, "--split", split, "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["n"] == 14
    assert f"There are no training faces, only {split}" in said.err
    assert main(["inspect", archive]) == 0
    assert "Warning: There are no training faces" in capsys.readouterr().out
    assert main(["fit", "--archive", archive, "--output", str(tmp_path / "run"), "--nice", "0"]) == 2
    assert f"has no training faces, only {split}" in capsys.readouterr().err


def test_a_folder_can_stand_in_for_an_archive(tmp_path, capsys):
    for name, data in folder_files(faces(), {"Training": "train_set", "PublicTest": "val_set"}, ".bmp").items():
        (tmp_path / "faces" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "faces" / name).write_bytes(data)
    assert main(["inspect", str(tmp_path / "faces"), "--json"]) == 0
    splits = json.loads(capsys.readouterr().out)["splits"]
    assert {name: split["faces"] for name, split in splits.items()} == {"train": 21, "validation": 21}
    assert main(["evaluate", "--model", "default", "--archive", str(tmp_path / "faces"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 21


def test_export_can_be_called_again(finished, archive, tmp_path, capsys):
    run_dir, _ = finished
    assert main(["export", "--run", str(run_dir), "--archive", str(archive), "--output", str(tmp_path / "again")]) == 0
    assert load_model(tmp_path / "again").card.name == "again"
    assert "validation accuracy" in capsys.readouterr().out


def test_inspect_describes_an_archive(archive, capsys):
    assert main(["inspect", str(archive), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["splits"]["train"]["faces"] == 64
    assert main(["inspect", str(archive)]) == 0
    assert "train" in capsys.readouterr().out


def test_list_shows_every_architecture(capsys):
    assert main(["list", "--json"]) == 0
    found = {info["name"]: info for info in json.loads(capsys.readouterr().out)}
    assert found["compact_se"]["parameters"] == 2_419_703
    assert all(info["mflops"] > 1 and info["docline"] for info in found.values())


def test_a_mistake_is_one_line_and_status_2(tmp_path, capsys):
    for command in (
        ["fit", "--archive", str(tmp_path / "none.csv"), "--output", str(tmp_path / "run"), "--nice", "0"],
        ["fit", "--output", str(tmp_path / "empty")],
        ["fit", "--archive", "a.csv", "--output", str(tmp_path / "run2"), "--architecture", "resnet152"],
        ["fit", "--archive", "a.csv", "--output", str(tmp_path / "run2"), "--epochs", "0"],
        ["evaluate", "--model", str(tmp_path), "--archive", "a.csv"],
        ["inspect", str(tmp_path / "none.csv")],
    ):
        assert main(command) == 2, command
        assert len(capsys.readouterr().err.splitlines()) == 1, command
    assert "none.csv" in read_run(tmp_path / "run").error


def test_the_help_explains_the_settings(capsys):
    with pytest.raises(SystemExit):
        parse(["fit", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "SGD with Nesterov momentum 0.9 beats Adam by about a point" in text
    assert "--drop-duplicates" in text
