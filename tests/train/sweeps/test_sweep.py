"""Several architectures, one table."""

from pathlib import Path

import pytest

from tests.helpers.synthetic import drawn_dataset, write_archive
from train.__main__ import main
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


def test_an_unknown_architecture_is_refused_before_anything_is_trained(tmp_path: Path, capsys) -> None:
    archive = write_archive(tmp_path / "drawn.csv", drawn_dataset())

    status = main(["sweep", "--archive", str(archive), "--output", str(tmp_path / "runs"), "--architectures", "nope"])

    assert status == 2
    assert "nope" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
