"""Recipes: named lists of steps, one file each in train/recipes, carried out from the archive to the measured model.

    {"about": what it is for, "time": what it takes, "steps": [
        {"name": folder, "fit": settings, "export": false, "teachers": earlier steps, "teacher_views": earlier step,
         "start": earlier step},
        {"name": folder, "teach": settings, "teachers": earlier steps}]}

Settings are flags of the command of that name with underscores. The last step makes the model. Each step is a folder
of its own and a child process; one that is finished is kept, so a recipe that was interrupted goes on where it was.
No deep-learning library is imported here.
"""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from train.dataset.ferplus import DROP_NOT_FACES
from train.errors import ConfigError, TrainingError
from train.jobs.children import run_train
from train.runs.files import BEST, MODEL, RECIPE, read_json, write_json
from train.runs.output_folder import refuse_foreign_parent
from train.runs.request import CLEANING
from train.runs.run import TrainingRun
from train.settings.augmentation import AugmentConfig
from train.settings.fields import settings_of
from train.settings.training import TrainingConfig

VIEWS: Final = "views.npz"
"""In the folder of a step that asks teachers: their answers."""

_FOLDER: Final = Path(__file__).resolve().parents[1] / "recipes"
_DATA: Final = {*CLEANING, DROP_NOT_FACES}
_AUGMENT: Final = {item.name for item in settings_of(AugmentConfig)}
_KNOWN: Final = {
    "fit": _DATA | _AUGMENT | {item.name for item in settings_of(TrainingConfig)},
    "teach": _DATA | _AUGMENT | {"views", "seed"},
}
_OF_VOTES: Final = {"ferplus_weight", "ferplus_softening", DROP_NOT_FACES}


@dataclass(frozen=True)
class Step:
    """One folder's work.

    Attributes:
        name: of the folder.
        kind: the command, "fit" or "teach".
        settings: its flags, underscores for hyphens.
        teachers: names of earlier fits.
        teacher_views: name of an earlier teach, for a fit.
        start: name of an earlier fit whose weights are fine-tuned, for a fit.
        export: whether a fit makes a model folder, which a teacher need not be.
    """

    name: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    teachers: tuple[str, ...] = ()
    teacher_views: str = ""
    start: str = ""
    export: bool = True

    @property
    def leans_on(self) -> set[str]:
        """Names of the steps that must be done before."""
        return {*self.teachers, self.teacher_views, self.start} - {""}

    def without_votes(self) -> "Step":
        """The same for an archive without FER+'s votes."""
        return replace(self, settings={name: v for name, v in self.settings.items() if name not in _OF_VOTES})


@dataclass(frozen=True)
class Recipe:
    """What a recipe's file says; see the module."""

    name: str
    about: str
    time: str
    steps: tuple[Step, ...]


def recipe_names() -> list[str]:
    """The recipes there are, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def read_recipe(name: str) -> Recipe:
    """Read and check a recipe.

    Raises:
        ConfigError: there is none of that name, or its file asks for something that is not there.
    """
    if name not in recipe_names():
        raise ConfigError(f"no recipe {name!r}; there are {', '.join(recipe_names())}. Choose one of those.")
    return parse_recipe(name, json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def parse_recipe(name: str, values: dict[str, Any]) -> Recipe:
    """A recipe from its JSON.

    Raises:
        ConfigError: a step is of no kind, has an unknown setting, or leans on a step that does not come before it.
    """
    steps: list[Step] = []
    for given in values["steps"]:
        kind = next((kind for kind in _KNOWN if kind in given), "")
        step = Step(
            given["name"],
            kind,
            dict(given.get(kind, {})),
            tuple(given.get("teachers", ())),
            given.get("teacher_views", ""),
            given.get("start", ""),
            bool(given.get("export", True)),
        )
        _check(step, steps)
        steps.append(step)
    if not steps or steps[-1].kind != "fit":
        raise ConfigError(f"recipe {name} must end with a fit, which makes the model.")
    return Recipe(name, values["about"], values["time"], tuple(steps))


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
        jobs: how many steps may run side by side, where none leans on another.
        label_order: what the archive's numeric labels mean (see `train.archive.label_orders`).

    Yields:
        What is going on, a sentence at a time. The steps themselves write to the terminal, too.

    Raises:
        ConfigError: `output` holds another recipe, or something else.
        TrainingError: a step did not come to its end.
    """
    steps = recipe.steps if ferplus else tuple(step.without_votes() for step in recipe.steps)
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
        yield "Without --ferplus the votes are left out."
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
                    raise TrainingError(f"{_why_not(step, output / step.name)} Call the same command again to go on.")
    yield from _finish(output / steps[-1].name, archive, label_order)


def stages(steps: Sequence[Step]) -> list[list[Step]]:
    """The steps in their order, in groups of which no step leans on another of its own."""
    groups: list[list[Step]] = []
    for step in steps:
        own = {other.name for other in groups[-1]} if groups else set()
        if not groups or own & step.leans_on:
            groups.append([])
        groups[-1].append(step)
    return groups


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
            raise TrainingError(f"{run_dir} was not exported. Call: python -m train export")
    measure: list[object] = ["evaluate", "--model", model, "--archive", archive, "--split", "validation"]
    run_train([*measure, *_label_flags(label_order)])
    yield f"The model is in {model}."


def _check(step: Step, before: list[Step]) -> None:
    if not step.kind:
        raise ConfigError(f"step {step.name} must be one of {', '.join(_KNOWN)}.")
    unknown = sorted(set(step.settings) - _KNOWN[step.kind])
    if unknown:
        raise ConfigError(f"step {step.name} has unknown settings: {', '.join(unknown)}.")
    fits, teaches = ({other.name for other in before if other.kind == kind} for kind in ("fit", "teach"))
    missing = sorted({*step.teachers, step.start} - fits - {""}) + sorted({step.teacher_views} - teaches - {""})
    if missing:
        raise ConfigError(f"step {step.name} leans on {', '.join(missing)}, which must be an earlier step.")
    if step.name in {other.name for other in before} or Path(step.name).name != step.name:
        raise ConfigError(f"step {step.name!r} must have a plain folder name of its own.")


def _is_done(step: Step, folder: Path) -> bool:
    if step.kind == "teach":
        return (folder / VIEWS).is_file()
    return TrainingRun(folder).status().state == "finished" and (folder / BEST).is_file()


def _why_not(step: Step, folder: Path) -> str:
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
    if ferplus is not None and _OF_VOTES & step.settings.keys():
        arguments += ["--ferplus", ferplus.resolve()]
    if step.teachers:
        arguments += ["--teachers", *(folder.parent / teacher for teacher in step.teachers)]
    if step.teacher_views:
        arguments += ["--teacher-views", folder.parent / step.teacher_views / VIEWS]
    if step.start:
        arguments += ["--init-from", folder.parent / step.start]
    if not step.export:
        arguments.append("--no-export")
    for name, value in step.settings.items():
        if value is not False:
            arguments.append("--" + name.replace("_", "-"))
            arguments += [] if value is True else value if isinstance(value, list) else [value]
    return arguments
