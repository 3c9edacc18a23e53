"""Carry out a recipe (`train.jobs.recipe_file`), from the archive to the measured model.

Each step is a folder of its own and a child process. Finished steps are kept, so an interrupted recipe continues where
it was. No deep-learning library is imported here.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from train.errors import ConfigError, TrainingError
from train.jobs.children import run_train
from train.jobs.recipe_file import VOTE_SETTINGS, Recipe, Step, stages
from train.runs.files import BEST, MODEL, RECIPE, read_json, write_json
from train.runs.output_folder import refuse_foreign_parent
from train.runs.run import TrainingRun

VIEWS: Final = "views.npz"
"""In the folder of a step that asks teachers: their answers."""


def carry_out(
    recipe: Recipe,
    archive: Path,
    output: Path,
    *,
    ferplus: Path | None,
    nice: int,
    jobs: int = 1,
    label_order: str = "",
) -> Iterator[str]:
    """Do what is not done yet, step by step, then measure the model.

    Args:
        recipe: what to do.
        archive: FER2013 archive.
        output: folder of the steps.
        ferplus: FER+'s csv; without it the steps' settings for votes are left out.
        nice: how far the steps give way to others.
        jobs: how many steps may run side by side, where none depends on another.
        label_order: what the archive's numeric labels mean (see `train.archive.label_orders`).

    Yields:
        What is going on, a sentence at a time. The steps themselves write to the terminal, too.

    Raises:
        ConfigError: `output` holds another recipe, or something else.
        TrainingError: a step did not come to its end.
    """
    steps = recipe.steps if ferplus else recipe.steps_without_votes()
    record = {"name": recipe.name, "votes": ferplus is not None, "steps": [asdict(step) for step in steps]}
    if label_order:
        record["label_order"] = label_order
    record = json.loads(json.dumps(record))  # as it will be read again: lists, not tuples
    before = read_json(output / RECIPE)
    if before not in (None, record):
        raise ConfigError(f"{output} holds another recipe, or this one with other steps. Choose another folder.")
    refuse_foreign_parent(output)
    output.mkdir(parents=True, exist_ok=True)
    write_json(output / RECIPE, record)
    yield f"{recipe.about} {recipe.time}"
    if steps != recipe.steps:
        yield "Without --ferplus, the recipe runs without votes."
    numbers = {step.name: f"Step {number} of {len(steps)}, {step.name}" for number, step in enumerate(steps, start=1)}
    with ThreadPoolExecutor(jobs) as workers:
        for stage in stages(steps):
            begun = []
            for step in stage:
                if _is_done(step, output / step.name):
                    yield f"{numbers[step.name]}: done already."
                    continue
                yield f"{numbers[step.name]}: {step.kind}."
                begun.append((step, workers.submit(_carry_out_step, step, output, archive, ferplus, nice, record)))
            for step, carried_out in begun:
                carried_out.result()
                if not _is_done(step, output / step.name):
                    raise TrainingError(
                        f"{_unfinished_reason(step, output / step.name)} Run the same command again to continue."
                    )
    yield from _finish(output / steps[-1].name, archive, label_order)


def _carry_out_step(
    step: Step, output: Path, archive: Path, ferplus: Path | None, nice: int, record: dict[str, Any]
) -> None:
    folder = output / step.name
    folder.mkdir(exist_ok=True)
    if step.kind == "fit":
        write_json(folder / RECIPE, record | {"step": step.name})
    run_train(_arguments(step, folder, archive, ferplus, nice, record.get("label_order", "")))


def _finish(run_dir: Path, archive: Path, label_order: str) -> Iterator[str]:
    model = run_dir / MODEL
    if not model.is_dir():  # Keras ran on another backend than the one that makes LiteRT files
        yield "Exporting."
        tensorflow = os.environ | {"KERAS_BACKEND": "tensorflow"}
        run_train(["export", "--run", run_dir, "--archive", archive, "--output", model], tensorflow)
        if not model.is_dir():
            raise TrainingError(f"{run_dir} was not exported. Run: python -m train export")
    measure: list[object] = ["evaluate", "--model", model, "--archive", archive, "--split", "validation"]
    run_train([*measure, *_label_flags(label_order)])
    yield f"The model is in {model}."


def _is_done(step: Step, folder: Path) -> bool:
    if step.kind == "teach":
        return (folder / VIEWS).is_file()
    return TrainingRun(folder).status().state == "finished" and (folder / BEST).is_file()


def _unfinished_reason(step: Step, folder: Path) -> str:
    if step.kind == "teach":
        return f"{step.name} wrote no {VIEWS}."
    status = TrainingRun(folder).status()
    return f"{step.name} is {status.state} after {status.epoch} epochs. {status.error}".strip()


def _label_flags(label_order: str) -> list[str]:
    return ["--label-order", label_order] if label_order else []


def _arguments(
    step: Step, folder: Path, archive: Path, ferplus: Path | None, nice: int, label_order: str = ""
) -> list[object]:
    """The command line of a step, without `python -m train`."""
    common = ["--nice", nice]
    if step.kind == "fit" and TrainingRun(folder).request() is not None:
        return ["fit", "--output", folder, *common]  # it began: it goes on with its own archive and settings
    output = folder if step.kind == "fit" else folder / VIEWS
    arguments: list[object] = [step.kind, "--archive", archive.resolve(), "--output", output, *common]
    arguments += _label_flags(label_order)
    if ferplus is not None and VOTE_SETTINGS & step.settings.keys():
        arguments += ["--ferplus", ferplus.resolve()]
    if step.teachers:
        arguments += ["--teachers", *(folder.parent / teacher for teacher in step.teachers)]
    if step.teacher_views:
        arguments += ["--teacher-views", folder.parent / step.teacher_views / VIEWS]
    if step.start:
        arguments += ["--init-from", folder.parent / step.start]
    if step.join_with:
        arguments += ["--join-with", folder.parent / step.join_with]
    if not step.export:
        arguments.append("--no-export")
    for name, value in step.settings.items():
        if value is not False:
            arguments.append("--" + name.replace("_", "-"))
            arguments += [] if value is True else value if isinstance(value, list) else [value]
    return arguments
