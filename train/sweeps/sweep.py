"""Carry out a sweep: plan, folds, runs, tables. Finished runs are kept, so an interrupted sweep continues."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fer_core.private import make_folder
from train.archive.reader import Dataset, read_people
from train.dataset.folds import divide
from train.dataset.for_run import read_once
from train.errors import TrainingError
from train.jobs.children import run_train, stop_children_first
from train.runs.output_folder import refuse_foreign_parent
from train.runs.run import TrainingRun
from train.sweeps.on_ray import RETRIES, Resources, run_on_ray
from train.sweeps.plan import FOLDS, CrossValidation, SweepPlan, Trial, continued, read_plan
from train.sweeps.results import by_setting, progress_words, result_of, results_of
from train.sweeps.table import RUN_HEADER, RUN_RULE, run_row, settings_table, table_line, write_tables
from train.sweeps.trial import arguments_of, has_died, thread_limits


def sweep(
    asked: SweepPlan,
    archive: Path,
    output: Path,
    *,
    resources: Resources | None = None,
    cores: float | None = None,
    early_stopping: bool = False,
    say: Callable[[str], None],
) -> None:
    """Train what is not finished yet, and write the tables.

    Args:
        asked: the plan, without the archive's hash; a plan that `output` holds is added to.
        archive: the archive.
        output: folder of the run folders.
        resources: of Ray; None to train one run after the other in this process' children.
        cores: of each run without Ray; None for all.
        early_stopping: whether runs that are behind are ended, with Ray.
        say: told, line by line, of the plan, of each run that ends, and of the result.

    Raises:
        ArchiveError: the archive cannot be read.
        ConfigError: `output` holds something else than runs, or a sweep with other settings or data.
        Stopped: somebody asked to stop; all runs have ended politely.
        TrainingError: some runs failed; the others are finished.
    """
    archive, output = archive.resolve(), output.resolve()
    refuse_foreign_parent(output)
    # Read here, so that it is in the cache before several runs begin at once.
    dataset = read_once(archive, asked.label_order)
    asked = replace(asked, archive_name=dataset.source, archive_sha256=dataset.sha256)
    plan, words = continued(read_plan(output), asked, output)
    make_folder(output)
    if words:
        say(words)
    if plan.cross_validation and not (output / FOLDS).exists():
        say(_write_folds(plan.cross_validation, dataset, archive, output / FOLDS, asked.label_order))
    plan.write(output)
    del dataset
    names = {trial.name for trial in asked.trials}
    own = replace(plan, trials=tuple(trial for trial in plan.trials if trial.name in names))
    try:
        if resources is not None:
            run_on_ray(own, output, archive, resources, early_stopping=early_stopping, say=say)
        else:
            _one_by_one(own, output, archive, thread_limits(cores) if cores else {}, say)
    finally:
        settings = by_setting(results_of(plan, output))
        write_tables(settings, output)
    if plan.has_table or resources is not None:
        say("\n" + settings_table(settings))
    if missing := [result for result in results_of(own, output) if not result.is_kept]:
        why = missing[0].error or f"it is {missing[0].words}; its log may say more."
        raise TrainingError(
            f"{len(missing)} of {len(own.trials)} runs did not finish. {missing[0].trial.name}: {why} "
            "Run the same command again to continue."
        )


def _write_folds(asked: CrossValidation, dataset: Dataset, archive: Path, path: Path, label_order: str) -> str:
    """Divide the faces, and say how in a sentence or two."""
    people = read_people(archive, label_order=label_order, person=asked.person)
    folds = divide(dataset, people, count=asked.folds, seed=asked.seed, needs_people=bool(asked.person))
    folds.write(path)
    return folds.words


def _one_by_one(
    plan: SweepPlan, folder: Path, archive: Path, environment: dict[str, str], say: Callable[[str], None]
) -> None:
    """Train on this machine, in children that write to this terminal."""
    if not plan.has_table:
        say(table_line(RUN_HEADER))
        say(RUN_RULE)
    with stop_children_first():
        for done, trial in enumerate(plan.trials, start=1):
            if not result_of(trial, folder).is_kept:
                _train(plan, trial, folder, archive, environment)
            if plan.has_table:
                say(progress_words(plan, trial.name, folder, done=done))
            else:
                say(table_line(run_row(trial.name, TrainingRun(folder / trial.name))))


def _train(plan: SweepPlan, trial: Trial, folder: Path, archive: Path, environment: dict[str, str]) -> None:
    """Train to the end; a run whose process died goes on from its last whole epoch, some times."""
    run = TrainingRun(folder / trial.name)
    for _ in range(1 + RETRIES):
        run_train(arguments_of(plan, trial, folder, archive), {**os.environ, **environment})
        if not has_died(run):
            return
