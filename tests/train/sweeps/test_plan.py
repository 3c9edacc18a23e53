"""What a sweep trains, in words, folders and arguments, and how a folder's plan goes on."""

from dataclasses import replace
from pathlib import Path

import pytest

from train.__main__ import main, parse
from train.errors import ConfigError
from train.sweeps.from_flags import plan_asked, resources_asked
from train.sweeps.plan import CrossValidation, SweepPlan, continued, product, read_plan, read_values

PLAN = SweepPlan("a.csv", "0" * 64, 3, ("--dropout", "0.2"), trials=product(["vgg_small"], [1, 2], {}))


def asked(*words: str) -> SweepPlan:
    return plan_asked(parse(["sweep", "--archive", "a.csv", "--output", "out", *words]))


def test_all_combinations_come_and_each_setting_gets_its_first_seed_first():
    plan = asked("--architectures", "vgg_small,compact_se", "--seeds", "0,1", "--set", "dropout=0.2,0.4")

    assert [trial.name for trial in plan.trials[:4]] == [
        "vgg_small-dropout=0.2-seed=0",
        "vgg_small-dropout=0.4-seed=0",
        "compact_se-dropout=0.2-seed=0",
        "compact_se-dropout=0.4-seed=0",
    ]
    assert len({trial.name for trial in plan.trials}) == 8
    assert {trial.seed for trial in plan.trials[4:]} == {1}
    assert plan.trials[0].setting == "vgg_small, dropout 0.2"


def test_without_seeds_a_run_is_called_as_its_network():
    assert [trial.name for trial in asked("--architectures", "vgg_small", "compact_se").trials] == [
        "vgg_small",
        "compact_se",
    ]
    assert not asked().has_table
    assert asked("--seeds", "3").has_table


def test_a_trial_begins_with_the_settings_of_fit(tmp_path: Path):
    plan = asked("--architectures", "vgg_small", "--seeds", "7", "--set", "erasing-area=0.1:0.2", "--", "--flip", "0")
    (trial,) = plan.trials

    words = [str(word) for word in plan.fit_arguments(trial, tmp_path, Path("a.csv"))]

    options = parse(words)
    assert options.output == tmp_path / "vgg_small-erasing_area=0.1:0.2-seed=7"
    assert (options.architecture, options.epochs, options.seed, options.flip) == ("vgg_small", 25, 7, 0.0)
    assert options.erasing_area == [0.1, 0.2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--set", "dropout"], "NAME=VALUE"),
        (["--set", "dropout=0.2", "dropout=0.3"], "each setting once"),
        (["--set", "wings=2"], "no setting 'wings'"),
        (["--set", "dropout=wide"], "of type float"),
        (["--set", "dropout=2"], "at most 0.95"),
        (["--set", "seed=1,2"], "--seeds instead"),
        (["--set", "schedule=slow"], "must be one of"),
        (["--set", "erasing_area=0.1"], "2 numbers"),
        (["--seeds", "1,-2"], "whole numbers"),
        (["--seeds", "1", "1"], "expected each once"),
        (["--seeds", "1", "--", "--seed", "2"], "--seed is the sweep's own"),
        (["--set", "dropout=0.1,0.2", "--", "--dropout", "0.3"], "--dropout is the sweep's own"),
        (["--epochs", "0"], "at least 1"),
        (["--early-stopping"], "Add --ray local"),
        (["--gpus-per-trial", "1"], "Add --ray local"),
        (["--cores-per-trial", "0"], "above 0"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_written(tmp_path: Path, capsys, words, told):
    status = main(["sweep", "--archive", "a.csv", "--output", str(tmp_path / "out"), *words])

    assert status == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_values_are_read_with_commas_and_hyphens():
    assert read_values(["weight-decay=1e-4, 5e-4", "flip=0"]) == {"weight_decay": ("1e-4", "5e-4"), "flip": ("0",)}


def test_cores_may_be_parts_of_one():
    options = parse(["sweep", "--archive", "a", "--output", "o", "--ray", "auto", "--cores-per-trial", "0.5"])
    resources = resources_asked(options)

    assert resources is not None
    assert (resources.address, resources.cores, resources.gpus) == ("auto", 0.5, 0.0)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path):
    whole = replace(
        PLAN,
        cross_validation=CrossValidation(3, 2, r"(\d+)"),
        trials=product(["vgg_small"], [1], {"dropout": ("0.1", "0.2")}, folds=3),
    )
    whole.write(tmp_path)

    assert read_plan(tmp_path) == whole
    assert read_plan(tmp_path / "elsewhere") is None


def test_a_damaged_plan_is_named(tmp_path: Path):
    (tmp_path / "sweep.json").write_text("{}")

    with pytest.raises(ConfigError, match="damaged"):
        read_plan(tmp_path)


def test_a_folder_s_plan_takes_further_trials_and_keeps_its_own(tmp_path: Path):
    more = replace(PLAN, settings=(), trials=product(["vgg_small", "compact_se"], [2], {}))

    plan, words = continued(PLAN, more, tmp_path / "out")

    assert [trial.name for trial in plan.trials] == ["vgg_small-seed=1", "vgg_small-seed=2", "compact_se-seed=2"]
    assert plan.settings == PLAN.settings
    assert words == "1 trials are added to the 2 of out."
    assert continued(PLAN, PLAN, tmp_path) == (PLAN, "")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"archive_sha256": "1" * 64}, "data"),
        ({"epochs": 4}, r"epochs \(3\)"),
        ({"settings": ("--flip", "0")}, r"settings \(--dropout 0.2\)"),
        ({"cross_validation": CrossValidation(3)}, "folds"),
    ],
)
def test_another_plan_is_refused(tmp_path: Path, changes, told):
    with pytest.raises(ConfigError, match=f"with other {told}"):
        continued(PLAN, replace(PLAN, **changes), tmp_path)
