"""Recipes as files: named lists of steps, one JSON file each in train/recipes.

    {"about": what it is for, "time": what it takes, "steps": [
        {"name": folder, "fit": settings, "export": false, "teachers": earlier steps, "teacher_views": earlier step,
         "start": earlier step, "join_with": earlier step},
        {"name": folder, "teach": settings, "teachers": earlier steps}]}

Settings are flags of the command of that name with underscores. The last step makes the model.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from train.dataset.ferplus import DROP_NOT_FACES
from train.errors import ConfigError
from train.runs.request import CLEANING
from train.settings.augmentation import AugmentConfig
from train.settings.fields import settings_of
from train.settings.training import TrainingConfig

StepKind = Literal["fit", "teach"]

_FOLDER: Final = Path(__file__).resolve().parents[1] / "recipes"
_DATA: Final = {*CLEANING, DROP_NOT_FACES}
_AUGMENT: Final = {item.name for item in settings_of(AugmentConfig)}
_KNOWN: Final[dict[StepKind, set[str]]] = {
    "fit": _DATA | _AUGMENT | {item.name for item in settings_of(TrainingConfig)},
    "teach": _DATA | _AUGMENT | {"views", "seed"},
}
VOTE_SETTINGS: Final = frozenset({"ferplus_weight", "ferplus_softening", DROP_NOT_FACES})
"""Settings of steps that need FER+'s votes."""


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
        join_with: name of an earlier fit whose network is put beside the start's, for a fit.
        export: whether a fit makes a model folder, which a teacher need not be.
    """

    name: str
    kind: StepKind
    settings: dict[str, Any] = field(default_factory=dict)
    teachers: tuple[str, ...] = ()
    teacher_views: str = ""
    start: str = ""
    join_with: str = ""
    export: bool = True

    @property
    def depends_on(self) -> set[str]:
        """Names of the steps that must be done before."""
        return {*self.teachers, self.teacher_views, self.start, self.join_with} - {""}

    def without_votes(self) -> "Step":
        """The same for an archive without FER+'s votes. Networks are joined for what they learnt from votes."""
        settings = {name: v for name, v in self.settings.items() if name not in VOTE_SETTINGS}
        return replace(self, settings=settings, join_with="")


@dataclass(frozen=True)
class Recipe:
    """What a recipe's file says; see the module."""

    name: str
    about: str
    time: str
    steps: tuple[Step, ...]

    def steps_without_votes(self) -> tuple[Step, ...]:
        """The steps for an archive without FER+'s votes, less those that only a network to join with needed."""
        kept: list[Step] = []
        for step in reversed([step.without_votes() for step in self.steps]):
            if not kept or any(step.name in later.depends_on for later in kept):
                kept.insert(0, step)
        return tuple(kept)


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
        ConfigError: a step is of no kind, has an unknown setting, or depends on a step that does not come before it.
    """
    steps: list[Step] = []
    for given in values["steps"]:
        kind = next((kind for kind in _KNOWN if kind in given), None)
        if kind is None:
            raise ConfigError(f"step {given['name']} must be one of {', '.join(_KNOWN)}.")
        step = Step(
            given["name"],
            kind,
            dict(given.get(kind, {})),
            tuple(given.get("teachers", ())),
            given.get("teacher_views", ""),
            given.get("start", ""),
            given.get("join_with", ""),
            bool(given.get("export", True)),
        )
        _check(step, steps)
        steps.append(step)
    if not steps or steps[-1].kind != "fit":
        raise ConfigError(f"recipe {name} must end with a fit, which makes the model.")
    return Recipe(name, values["about"], values["time"], tuple(steps))


def stages(steps: Sequence[Step]) -> list[list[Step]]:
    """The steps in their order, in groups in which no step depends on another of the same group."""
    groups: list[list[Step]] = []
    for step in steps:
        own = {other.name for other in groups[-1]} if groups else set()
        if not groups or own & step.depends_on:
            groups.append([])
        groups[-1].append(step)
    return groups


def _check(step: Step, before: list[Step]) -> None:
    unknown = sorted(set(step.settings) - _KNOWN[step.kind])
    if unknown:
        raise ConfigError(f"step {step.name} has unknown settings: {', '.join(unknown)}.")
    fits, teaches = ({other.name for other in before if other.kind == kind} for kind in ("fit", "teach"))
    missing = sorted({*step.teachers, step.start, step.join_with} - fits - {""})
    missing += sorted({step.teacher_views} - teaches - {""})
    if missing:
        raise ConfigError(f"step {step.name} depends on {', '.join(missing)}, which must be an earlier step.")
    if step.name in {other.name for other in before} or Path(step.name).name != step.name:
        raise ConfigError(f"step {step.name!r} must have a plain folder name of its own.")
