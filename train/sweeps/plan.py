"""What a sweep trains: the product of networks, settings, seeds and folds, as sweep.json of its folder holds it.

No deep-learning library is imported here.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from train import architectures
from train.errors import ConfigError
from train.runs.files import SWEEP, read_json, write_json
from train.settings.augmentation import AugmentConfig
from train.settings.fields import Setting, read_value, settings_of
from train.settings.training import TrainingConfig

FOLDS: Final = "folds.npz"
"""In the folder of a cross-validation: which image is in which fold (see `train.dataset.folds`)."""
_OWN_OPTIONS: Final = {"architecture": "--architectures", "seed": "--seeds", "epochs": "--epochs"}
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Trial:
    """One run of a sweep.

    Attributes:
        name: of its run folder.
        architecture: the network.
        values: the settings that the sweep varies, each with this trial's value as typed.
        seed: of the run; None for the default one.
        fold: the fold that it is measured on, from 1; None without cross-validation.
    """

    name: str
    architecture: str
    values: tuple[tuple[str, str], ...] = ()
    seed: int | None = None
    fold: int | None = None

    @property
    def setting(self) -> str:
        """All but the seed and the fold, in words."""
        return ", ".join([self.architecture, *(f"{name} {value}" for name, value in self.values)])


@dataclass(frozen=True)
class CrossValidation:
    """How training and validation faces are divided into folds.

    Attributes:
        folds: how many.
        seed: of the division.
        person: a regular expression that finds a person in an image's path; empty for the names of known data sets.
    """

    folds: int
    seed: int = 1
    person: str = ""


@dataclass(frozen=True)
class SweepPlan:
    """Everything that decides a sweep's runs.

    Attributes:
        archive_name: file name of the archive.
        archive_sha256: of the archive, in hexadecimal.
        epochs: of each run.
        settings: further arguments of `python -m train fit`, the same for all.
        label_order: what the archive's numeric labels mean (see `train.archive.label_orders`).
        cross_validation: how the folds are made; None to validate on the archive's own split.
        trials: the runs, in the order in which they begin.
    """

    archive_name: str
    archive_sha256: str
    epochs: int
    settings: tuple[str, ...] = ()
    label_order: str = ""
    cross_validation: CrossValidation | None = None
    trials: tuple[Trial, ...] = ()

    def write(self, folder: Path) -> None:
        """Write sweep.json."""
        write_json(folder / SWEEP, asdict(self))

    def fit_arguments(self, trial: Trial, folder: Path, archive: Path) -> list[object]:
        """The arguments of `python -m train` that begin a trial's run in its folder within `folder`."""
        arguments: list[object] = ["fit", "--output", folder / trial.name, "--archive", archive]
        arguments += ["--architecture", trial.architecture, "--epochs", self.epochs, *self.settings]
        if self.label_order:
            arguments += ["--label-order", self.label_order]
        if trial.seed is not None:
            arguments += ["--seed", trial.seed]
        if trial.fold is not None:
            arguments += ["--folds", folder / FOLDS, "--fold", trial.fold]
        for name, value in trial.values:
            arguments += [_flag(name), *value.split(":")] if _is_pair(name) else [_flag(name), value]
        return arguments

    @property
    def has_table(self) -> bool:
        """Whether several runs share a setting, or settings are varied: then a table of settings says more."""
        return any(trial.values or trial.seed is not None or trial.fold is not None for trial in self.trials)


def product(
    names: Sequence[str], seeds: Sequence[int], values: Mapping[str, Sequence[str]], *, folds: int = 0
) -> tuple[Trial, ...]:
    """Every combination. All settings get their first seed before any gets its second, so that a table fills evenly.

    Args:
        names: networks.
        seeds: of the runs; empty for one run each with the default seed.
        values: settings to vary, each with its values as typed.
        folds: of a cross-validation; 0 for none.

    Raises:
        ConfigError: a network, a setting or a value is unknown or out of range, something is named twice, or a name
            becomes too long for a folder.
    """
    for name in names:
        architectures.check_known(name)
    for name, texts in values.items():
        item = _setting(name)
        for text in texts:
            read_value(item, text)
    for words in (names, seeds, *values.values()):
        if len(set(words)) < len(words):
            raise ConfigError(f"{', '.join(map(str, words))}: expected each once. Leave out what is named twice.")
    trials = []
    all_seeds: list[int | None] = [*seeds] or [None]
    all_folds: list[int | None] = [*range(1, folds + 1)] or [None]
    for seed, fold in itertools.product(all_seeds, all_folds):
        for name, *chosen in itertools.product(names, *values.values()):
            pairs = tuple(zip(values, chosen, strict=True))
            trials.append(Trial(_folder_name(name, pairs, seed, fold), name, pairs, seed, fold))
    if len({trial.name for trial in trials}) < len(trials):
        raise ConfigError("Two combinations would have the same folder name. Choose values that differ in letters.")
    return tuple(trials)


def read_values(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The settings to vary out of words such as `dropout=0.2,0.4`.

    Raises:
        ConfigError: a word has another form, or a setting comes twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, equals, texts = word.partition("=")
        name = name.strip().replace("-", "_")
        values = tuple(text.strip() for text in texts.split(",") if text.strip())
        if not equals or not values or name in found:
            raise ConfigError(f"--set takes each setting once, as NAME=VALUE,VALUE; got {word!r}.")
        found[name] = values
    return found


def continued(before: SweepPlan | None, now: SweepPlan, folder: Path) -> tuple[SweepPlan, str]:
    """The plan of a folder that holds one already: what it had, and the trials that are new.

    Args:
        before: what the folder holds; None where it holds no plan.
        now: what is asked for; without further settings, those of before go on.
        folder: for messages.

    Returns:
        The plan, and a sentence about what is added; empty where nothing is.

    Raises:
        ConfigError: the archive, the epochs, the further settings, the labels or the folds are others.
    """
    if before is None:
        return now, ""
    now = replace(now, settings=now.settings or before.settings)
    same_data = before.archive_sha256 == now.archive_sha256 and before.label_order == now.label_order
    others = {
        "data": not same_data,
        f"epochs ({before.epochs})": before.epochs != now.epochs,
        f"settings ({' '.join(before.settings) or 'none'})": before.settings != now.settings,
        "folds": before.cross_validation != now.cross_validation,
    }
    if changed := [what for what, is_other in others.items() if is_other]:
        raise ConfigError(f"{folder} holds a sweep with other {' and '.join(changed)}. Choose another folder.")
    known = {trial.name for trial in before.trials}
    added = tuple(trial for trial in now.trials if trial.name not in known)
    words = f"{len(added)} trials are added to the {len(known)} of {folder.name}." if added else ""
    return replace(before, trials=before.trials + added), words


def read_plan(folder: Path) -> SweepPlan | None:
    """The plan of a sweep's folder; None where it has none.

    Raises:
        ConfigError: sweep.json is damaged or of a newer version.
    """
    path = folder / SWEEP
    if not path.exists():
        return None
    values = read_json(path)
    try:
        folds = values["cross_validation"]
        trials = tuple(
            Trial(**trial | {"values": tuple((str(name), str(value)) for name, value in trial["values"])})
            for trial in values["trials"]
        )
        known: dict[str, Any] = values | {
            "settings": tuple(map(str, values["settings"])),
            "cross_validation": CrossValidation(**folds) if folds else None,
            "trials": trials,
        }
        return SweepPlan(**known)
    except (TypeError, KeyError, ValueError) as error:
        raise ConfigError(f"{path} is damaged ({error!r}): expected a sweep's plan. Choose another folder.") from error


def check_settings(settings: Sequence[str], values: Mapping[str, Sequence[str]], *, seeds: bool) -> None:
    """Compare the further settings with what the sweep sets by itself.

    Raises:
        ConfigError: a setting is given twice.
    """
    own = {_flag(name) for name in ("architecture", "epochs", *values, *(["seed"] if seeds else []))}
    own |= {"--output", "--archive", "--folds", "--fold", "--label-order", "--queue"}
    twice = sorted(own & {word.partition("=")[0] for word in settings})
    if twice:
        raise ConfigError(f"{', '.join(twice)} is the sweep's own to set. Leave it out after the --.")


def _setting(name: str) -> Setting:
    if name in _OWN_OPTIONS:
        raise ConfigError(f"--set {name}: pass {_OWN_OPTIONS[name]} instead.")
    known = {item.name: item for config in (TrainingConfig, AugmentConfig) for item in settings_of(config)}
    if name not in known:
        raise ConfigError(f"--set has no setting {name!r}. python -m train fit --help lists them.")
    return known[name]


def _is_pair(name: str) -> bool:
    return isinstance(_setting(name).default, tuple)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _folder_name(name: str, values: Sequence[tuple[str, str]], seed: int | None, fold: int | None) -> str:
    parts = [name, *(f"{setting}={value}" for setting, value in values)]
    parts += [] if seed is None else [f"seed={seed}"]
    parts += [] if fold is None else [f"fold={fold}"]
    words = re.sub(r"[^\w.=+:-]", "_", "-".join(parts))
    if len(words) > _LONGEST_NAME:
        raise ConfigError(f"The folder name {words[:60]}… has {len(words)} characters. Vary fewer settings at once.")
    return words
