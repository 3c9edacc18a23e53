"""The sweep that a command line of `python -m train` asks for. No deep-learning library is imported here."""

import argparse
from collections.abc import Sequence
from typing import Final

from train import architectures
from train.errors import ConfigError
from train.sweeps.on_ray import Resources
from train.sweeps.plan import CrossValidation, SweepPlan, check_settings, product, read_values

_MOST_FOLDS: Final = 50


def plan_asked(options: argparse.Namespace) -> SweepPlan:
    """The plan, without the archive's hash.

    Raises:
        ConfigError: an option is unknown or out of range, or options do not go together.
    """
    names = _words(options.architectures) or architectures.names()
    seeds = [_seed(word) for word in _words(options.seeds)]
    values = read_values(options.set or [])
    check_settings(options.settings, values, seeds=bool(seeds))
    if options.epochs < 1:
        raise ConfigError(f"epochs must be at least 1, got {options.epochs}")
    if options.early_stopping and not options.ray:
        raise ConfigError("--early-stopping compares runs that train side by side. Add --ray local.")
    if options.early_stopping and options.cross_validate:
        raise ConfigError("Folds have different images, so none is behind another. Leave out --early-stopping.")
    if options.person and not options.cross_validate:
        raise ConfigError("--person keeps people within a fold. Add --cross-validate.")
    cross_validation = None
    if options.cross_validate is not None:
        if not 2 <= options.cross_validate <= _MOST_FOLDS:
            raise ConfigError(f"--cross-validate must be 2 to {_MOST_FOLDS}, got {options.cross_validate}")
        cross_validation = CrossValidation(options.cross_validate, options.fold_seed, options.person)
    return SweepPlan(
        archive_name=options.archive.name,
        archive_sha256="",
        epochs=options.epochs,
        settings=tuple(options.settings),
        label_order=options.label_order,
        cross_validation=cross_validation,
        trials=product(names, seeds, values, folds=options.cross_validate or 0),
    )


def resources_asked(options: argparse.Namespace) -> Resources | None:
    """Where and with what trials run on Ray; None without Ray.

    Raises:
        ConfigError: there are no cores, or GPUs are asked for without Ray.
    """
    if options.cores_per_trial is not None and options.cores_per_trial <= 0:
        raise ConfigError(f"--cores-per-trial must be above 0, got {options.cores_per_trial:g}")
    if not options.ray:
        if options.gpus_per_trial:
            raise ConfigError("--gpus-per-trial shares GPUs out among runs side by side. Add --ray local.")
        return None
    return Resources(options.ray, options.cores_per_trial or 1.0, options.gpus_per_trial)


def _words(given: Sequence[str] | None) -> list[str]:
    """What is separated by commas or spaces."""
    return [part for word in given or () for part in word.split(",") if part]


def _seed(word: str) -> int:
    if not word.isdigit():
        raise ConfigError(f"--seeds takes whole numbers from 0 on, got {word!r}")
    return int(word)
