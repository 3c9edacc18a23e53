"""Several architectures, or several folds, one table; each run a child process."""

from pathlib import Path

import numpy as np
import pytest

from fer_core.expressions.card import read_card
from tests.helpers.synthetic import drawn_dataset, write_archive
from train.__main__ import main
from train.archive.types import Dataset, LabelledFaces
from train.runs.run import TrainingRun


@pytest.mark.slow
def test_a_sweep_prints_a_row_for_each_and_keeps_what_is_finished(tmp_path: Path, capfd) -> None:
    archive = write_archive(tmp_path / "drawn.csv", drawn_dataset())
    arguments = ["sweep", "--archive", str(archive), "--output", str(tmp_path / "runs"), "--epochs", "1"]

    assert main([*arguments, "--architectures", "baseline_cnn", "--", "--dropout", "0.2", "--erasing", "0"]) == 0
    request = TrainingRun(tmp_path / "runs" / "baseline_cnn").request()
    assert request is not None
    assert (request.training.epochs, request.training.dropout, request.training.augment.erasing) == (1, 0.2, 0)
    rows = [line for line in capfd.readouterr().out.splitlines() if line.startswith("| baseline_cnn |")]
    assert len(rows) == 1
    assert "%" in rows[0]
    report = tmp_path / "runs" / "baseline_cnn" / "report.json"
    written = report.stat().st_mtime_ns

    assert main([*arguments, "--architectures", "baseline_cnn"]) == 0
    assert report.stat().st_mtime_ns == written
    assert rows[0] in capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_fold_is_a_run_that_knows_its_split_and_the_table_is_over_folds(tmp_path: Path, capfd) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (92, 48, 48), np.uint8)  # drawn faces are all near-identical
    faces = LabelledFaces(pixels, np.arange(92, dtype=np.int64) % 7)
    splits = {"train": faces.take(np.arange(64)), "validation": faces.take(np.arange(64, 92))}
    archive = write_archive(tmp_path / "noise.csv", Dataset(splits, "0" * 64, "noise.csv"))
    output = tmp_path / "folds"
    arguments = ["sweep", "--archive", str(archive), "--output", str(output), "--epochs", "1"]
    arguments += ["--architectures", "baseline_cnn", "--cross-validate", "2", "--cores-per-trial", "1"]

    assert main(arguments) == 0
    told = capfd.readouterr().out
    assert "2 folds of 46 to 46 faces" in told
    assert "| baseline_cnn | 2 |" in told
    runs = [TrainingRun(output / f"baseline_cnn-fold={fold}") for fold in (1, 2)]
    for fold, run in enumerate(runs, start=1):
        request, report = run.request(), run.report()
        assert request is not None
        assert request.fold == fold
        assert report is not None
        assert report["validation"]["n"] == 46
        assert report["validation"]["cleaned"] == [f"fold_{fold}_of_2_seed_1"]
        assert read_card(run.model_dir).dataset["rows"]["train"] == 46
    assert "mean" in (output / "settings.csv").read_text()

    status = main(["evaluate", "--model", str(runs[0].model_dir), "--archive", str(archive)])
    assert status == 0
    assert "learnt from the other folds" in capfd.readouterr().out
    assert main(arguments[:-4]) == 2
    assert "holds a sweep with other folds" in capfd.readouterr().err


def test_an_unknown_architecture_is_refused_before_anything_is_trained(tmp_path: Path, capsys) -> None:
    archive = write_archive(tmp_path / "drawn.csv", drawn_dataset())

    status = main(["sweep", "--archive", str(archive), "--output", str(tmp_path / "runs"), "--architectures", "nope"])

    assert status == 2
    assert "nope" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
