"""What a command line of `fit` asks for, beside what the run in the folder has."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fer_core.errors import FerError
from train.__main__ import parse
from train.errors import ConfigError
from train.jobs.from_flags import fit_request
from train.runs.request import RunRequest, read_request
from train.settings.training import TrainingConfig


def request_of(*arguments: object) -> RunRequest | None:
    return fit_request(parse(["fit", *map(str, arguments)]))


def test_settings_that_are_not_given_are_those_of_the_run_or_the_defaults(tmp_path):
    fresh = request_of("--archive", "a.csv", "--output", tmp_path, "--rotation-deg", 5, "--optimizer", "adam")
    assert fresh is not None
    assert fresh.training.augment.rotation_deg == 5
    assert (fresh.training.optimizer, fresh.training.epochs) == ("adam", TrainingConfig().epochs)
    RunRequest(fresh.training, Path("a.csv"), "a.csv", cleaning=("drop_leaks",)).write(tmp_path)
    again = request_of("--archive", "a.csv", "--output", tmp_path)
    assert again is not None
    assert (again.training, again.cleaning) == (fresh.training, ("drop_leaks",))
    assert request_of("--output", tmp_path) is None
    with pytest.raises(ConfigError, match="other settings"):
        request_of("--output", tmp_path, "--epochs", 3)


def test_votes_and_teachers_are_kept_with_the_run_and_asked_for_again(tmp_path):
    votes = tmp_path / "fer2013new.csv"
    votes.write_text("first")
    given = ("--archive", "a.csv", "--output", tmp_path, "--ferplus", votes, "--ferplus-weight", 0.4)
    fresh = request_of(*given, "--teachers", "default", "--drop-not-faces")
    assert fresh is not None
    fresh.write(tmp_path)
    assert read_request(tmp_path) == replace(fresh, archive=Path("a.csv"))
    assert request_of("--archive", "a.csv", "--output", tmp_path) == fresh
    assert request_of("--output", tmp_path, "--ferplus", votes, "--teachers", "default") is None
    votes.write_text("second")
    with pytest.raises(ConfigError, match=r"fer2013new.csv has changed since the run began"):
        fresh.check_inputs()
    with pytest.raises(ConfigError, match="other settings"):
        request_of("--output", tmp_path, "--ferplus", votes)
    other = request_of(*given)
    assert other is not None
    with pytest.raises(ConfigError, match="other data"):
        other.check_same(fresh, tmp_path)


def test_the_label_order_is_kept_with_the_run(tmp_path):
    fresh = request_of("--archive", "a.csv", "--output", tmp_path, "--label-order", "rafdb")
    assert fresh is not None
    assert fresh.label_order == "rafdb"
    fresh.write(tmp_path)
    assert read_request(tmp_path) == replace(fresh, archive=Path("a.csv"))
    assert request_of("--archive", "a.csv", "--output", tmp_path) == fresh
    assert request_of("--output", tmp_path) is request_of("--output", tmp_path, "--label-order", "rafdb") is None
    with pytest.raises(ConfigError, match="other settings"):
        request_of("--output", tmp_path, "--label-order", "affectnet")
    other = request_of("--archive", "a.csv", "--output", tmp_path, "--label-order", "affectnet")
    assert other is not None
    with pytest.raises(ConfigError, match="other data"):
        other.check_same(fresh, tmp_path)
    with pytest.raises(ConfigError, match="label_order must be one of"):
        replace(fresh, label_order="raf")


def test_a_run_of_before_has_no_label_order(tmp_path):
    request = request_of("--archive", "a.csv", "--output", tmp_path)
    assert request is not None
    request.write(tmp_path)
    config = tmp_path / "config.json"
    values = json.loads(config.read_text())
    del values["archive"]["label_order"]
    config.write_text(json.dumps(values))
    assert read_request(tmp_path) == request


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--ferplus-weight", "0.4"], "need FER[+]'s votes. Pass --ferplus"),
        (["--drop-not-faces"], "need FER[+]'s votes. Pass --ferplus"),
        (["--ferplus", "models/default/card.json"], "votes would not be used. Set --ferplus-weight"),
        (["--ferplus", "none.csv"], "No file at none.csv"),
        (["--teachers", "cake"], "no such model"),
        (["--teachers", "default", "--teacher-views", "models/default/card.json"], "either --teachers or"),
    ],
)
def test_votes_and_teachers_that_cannot_be_used_are_refused(tmp_path, flags, words):
    with pytest.raises(FerError, match=words):
        request_of("--archive", "a.csv", "--output", tmp_path, *flags)
