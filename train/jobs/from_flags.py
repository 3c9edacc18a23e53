"""The run that a command line of `python -m train` asks for. No deep-learning library is imported here."""

import argparse
from dataclasses import replace
from typing import Any

from train import architectures
from train.errors import ConfigError
from train.runs.request import CLEANING, Input, RunRequest, read_request, resolve_start
from train.settings.augmentation import AugmentConfig
from train.settings.fields import given_values
from train.settings.training import TrainingConfig


def fit_request(options: argparse.Namespace) -> RunRequest | None:
    """The run that the command line asks for; None to go on with the one in the folder as it is.

    Settings that are not given are those of the run in the folder, or else the defaults.
    """
    saved = read_request(options.output)
    if options.archive is None and saved is None:
        raise ConfigError(f"{options.output} holds no run to continue. Pass --archive to start one.")
    training = _training(options, saved.training if saved else TrainingConfig())
    if options.archive is None and saved is not None:
        other_order = options.label_order not in ("", saved.label_order)
        if training != saved.training or other_order or _inputs(options, saved) != _inputs(argparse.Namespace(), saved):
            raise ConfigError(f"{options.output} holds a run with other settings. Give none, or start a new run.")
        return None
    cleaning = cleaning_of(options)
    return RunRequest(
        training,
        options.archive,
        options.archive.name,
        cleaning=saved.cleaning if saved and not cleaning else cleaning,
        report_test=options.report_test or bool(saved and saved.report_test),
        export=not options.no_export,
        label_order=options.label_order or (saved.label_order if saved else ""),
        **_inputs(options, saved),
    )


def cleaning_of(options: argparse.Namespace) -> tuple[str, ...]:
    """The cleaning switches that are given."""
    return tuple(switch for switch in CLEANING if getattr(options, switch))


def _inputs(options: argparse.Namespace, saved: RunRequest | None) -> dict[str, Any]:
    """What a run learns from beside its archive: what the command line gives, else what the run in the folder has."""
    given = vars(options)
    values: dict[str, Any] = {}
    if given.get("ferplus"):
        values["ferplus"] = Input.of_file(given["ferplus"])
    if given.get("drop_not_faces"):
        values["drop_not_faces"] = True
    if given.get("teachers"):
        values["teachers"] = tuple(Input.of_network(teacher) for teacher in given["teachers"])
    if given.get("teacher_views"):
        values["teacher_views"] = Input.of_file(given["teacher_views"])
    if given.get("folds"):
        values["folds"] = Input.of_file(given["folds"])
    if given.get("fold"):
        values["fold"] = given["fold"]
    names = ("ferplus", "drop_not_faces", "teachers", "teacher_views", "folds", "fold")
    return ({name: getattr(saved, name) for name in names} if saved else {}) | values


def _training(options: argparse.Namespace, base: TrainingConfig) -> TrainingConfig:
    values: dict[str, Any] = given_values(options, TrainingConfig)
    values["augment"] = replace(base.augment, **given_values(options, AugmentConfig))
    architectures.check_known(values.get("architecture", base.architecture))
    return resolve_start(replace(base, **values))
