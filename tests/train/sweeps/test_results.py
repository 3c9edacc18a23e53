"""Means and intervals over seeds and folds, out of run folders, and the tables that show them."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest

from train.runs.files import (
    REPORT,
    STOPPED_EARLY,
    EpochMetrics,
    RunState,
    RunStatus,
    append_epoch,
    process_start,
    read_status,
    write_json,
    write_status,
)
from train.sweeps.plan import SweepPlan, Trial, product
from train.sweeps.results import by_setting, progress_words, results_of, student_interval
from train.sweeps.table import settings_table, write_tables


def plan_of(*trials: Trial) -> SweepPlan:
    return SweepPlan("a.csv", "0" * 64, 3, trials=trials)


def put(
    folder: Path, trial: Trial, *accuracies: float, state: RunState = "finished", exported: float | None = None
) -> None:
    run = folder / trial.name
    run.mkdir(parents=True)
    for number, accuracy in enumerate(accuracies, start=1):
        append_epoch(run, EpochMetrics(number, 1.0, 0.5, 1.0, accuracy, 0.1, 2.0, 100.0))
    write_status(run, RunStatus(state, epoch=len(accuracies), epochs=3))
    if exported is not None:
        write_json(run / REPORT, {"validation": {"accuracy": exported}})


def settings_of(plan: SweepPlan, folder: Path):
    return by_setting(results_of(plan, folder))


def test_the_interval_is_that_of_student():
    # 1.96 would give 0.0113: of three figures t is 4.303.
    low, high = student_interval([0.60, 0.61, 0.62])

    assert (low + high) / 2 == pytest.approx(0.61)
    assert (high - low) / 2 == pytest.approx(4.302653 * 0.01 / 3**0.5, rel=1e-5)


def test_an_interval_stays_among_accuracies():
    low, high = student_interval([0.98, 0.9999])

    assert low == pytest.approx(0.8635, abs=1e-3)
    assert high == 1


def test_each_setting_has_a_mean_over_its_seeds(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [1, 2, 3], {"dropout": ("0.2", "0.4")}))
    for trial in plan.trials:
        assert trial.seed is not None
        put(tmp_path, trial, 0.3, 0.5 + 0.01 * trial.seed + (0.1 if trial.values[0][1] == "0.4" else 0), 0.4)

    first, second = settings_of(plan, tmp_path)

    assert (first.setting, first.over, first.planned) == ("vgg_small, dropout 0.2", "seeds", 3)
    assert first.figures == pytest.approx((0.51, 0.52, 0.53))
    assert (first.mean, second.mean) == (pytest.approx(0.52), pytest.approx(0.62))
    assert first.interval_95 == pytest.approx(student_interval([0.51, 0.52, 0.53]))


def test_one_seed_has_no_interval_and_the_table_says_so(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [4], {}))
    put(tmp_path, plan.trials[0], 0.5)

    (setting,) = settings_of(plan, tmp_path)
    table = settings_table([setting])

    assert setting.interval_95 is None
    assert "| vgg_small | 1 | 50.0% | – | seed 4: 50.0% | 1 | none |" in table
    assert "no interval" in table


def test_a_seed_that_was_stopped_early_takes_the_interval_away_and_is_no_part_of_the_mean(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [1, 2, 3], {}))
    first, second, third = plan.trials
    put(tmp_path, first, 0.5)
    put(tmp_path, second, 0.6)
    put(tmp_path, third, 0.1, state="stopped")
    (tmp_path / third.name / STOPPED_EARLY).touch()

    (setting,) = settings_of(plan, tmp_path)
    table = settings_table([setting])

    assert setting.mean == pytest.approx(0.55)
    assert setting.interval_95 is None
    assert [result.is_kept for result in setting.results] == [True, True, True]
    assert "seed 3: 10.0% (stopped early)" in table
    assert "| 2 of 3 |" in table
    assert "rather too high" in table


def test_a_run_that_somebody_stopped_is_to_go_on(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [1], {}))
    put(tmp_path, plan.trials[0], 0.5, state="stopped")

    assert [result.is_kept for result in results_of(plan, tmp_path)] == [False]


def test_a_resumed_run_is_not_called_stopped_early_any_more(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [1], {}))
    put(tmp_path, plan.trials[0], 0.5)
    (tmp_path / plan.trials[0].name / STOPPED_EARLY).touch()

    assert [result.words for result in results_of(plan, tmp_path)] == ["finished"]


def test_exported_accuracies_are_never_mixed_with_those_of_training(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [1, 2], {}))
    put(tmp_path, plan.trials[0], 0.5, exported=0.55)
    put(tmp_path, plan.trials[1], 0.6)
    assert settings_of(plan, tmp_path)[0].figures == pytest.approx((0.5, 0.6))
    write_json(tmp_path / plan.trials[1].name / REPORT, {"validation": {"accuracy": 0.66}})

    (setting,) = settings_of(plan, tmp_path)

    assert setting.figures == pytest.approx((0.55, 0.66))
    assert "exported models" in settings_table([setting])


def test_over_folds_a_fold_counts_once_whatever_its_seeds(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [1, 2], {}, folds=2))
    for trial in plan.trials:
        put(tmp_path, trial, {1: 0.4, 2: 0.6}[trial.fold or 0] + 0.02 * (trial.seed or 0))

    (setting,) = settings_of(plan, tmp_path)

    assert (setting.over, setting.planned) == ("folds", 2)
    assert setting.figures == pytest.approx((0.43, 0.63))
    assert "not independent" in settings_table([setting])


def test_a_run_that_is_given_up_is_told_before_it_has_ended(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [1, 2], {}))
    first, second = plan.trials
    put(tmp_path, first, 0.3, 0.2, state="running")
    status = read_status(tmp_path / first.name)
    assert status is not None
    write_status(tmp_path / first.name, replace(status, pid=os.getpid(), process_started=process_start(os.getpid())))
    put(tmp_path, second, 0.5, 0.6)

    assert progress_words(plan, first.name, tmp_path, done=1) == (
        "1 of 2  vgg_small-seed=1: behind others, stopping early, 2 epochs, 30.0%"
    )
    assert progress_words(plan, second.name, tmp_path, done=2) == "2 of 2  vgg_small-seed=2: finished, 2 epochs, 60.0%"


def test_what_has_not_begun_or_has_failed_is_named(tmp_path: Path):
    plan = plan_of(*product(["vgg_small"], [1, 2], {}))
    put(tmp_path, plan.trials[0], state="failed")

    assert "seed 1: – (failed); seed 2: – (not begun)" in settings_table(settings_of(plan, tmp_path))


def test_the_csv_files_hold_what_the_table_shows(tmp_path: Path):
    plan = plan_of(*product(["vgg_small", "compact_se"], [1, 2], {"dropout": ("0.2",)}))
    for trial in plan.trials[:3]:
        put(tmp_path, trial, 0.5 + 0.1 * (trial.seed or 0))
    write_tables(settings_of(plan, tmp_path), tmp_path)

    with (tmp_path / "settings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "runs.csv").open(newline="") as file:
        runs = list(csv.DictReader(file))

    assert [row["setting"] for row in rows] == ["vgg_small, dropout 0.2", "compact_se, dropout 0.2"]
    assert (rows[0]["count"], rows[1]["count"], rows[1]["planned"]) == ("2", "1", "2")
    assert float(rows[0]["mean"]) == pytest.approx(0.65)
    assert rows[1]["low_95"] == ""
    assert [run["dropout"] for run in runs] == ["0.2"] * 4
    assert {run["run"]: run["state"] for run in runs}[plan.trials[3].name] == ""
    assert (tmp_path / "table.md").read_text().startswith("| setting | seeds |")


def test_runs_without_seeds_are_a_row_each(tmp_path: Path):
    plan = replace(plan_of(), trials=product(["vgg_small", "compact_se"], [], {}))
    for trial in plan.trials:
        put(tmp_path, trial, 0.5)

    found = settings_of(plan, tmp_path)

    assert [(setting.setting, setting.over, setting.interval_95) for setting in found] == [
        ("vgg_small", "", None),
        ("compact_se", "", None),
    ]
