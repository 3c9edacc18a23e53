import argparse
import json
import subprocess
import sys
from dataclasses import asdict, replace
from typing import Any

import pytest

from train.errors import ConfigError
from train.settings.augmentation import AugmentConfig
from train.settings.fields import add_flags, given_values, settings_of
from train.settings.training import TrainingConfig

FIRST_VERSION = {
    "architecture": "compact_se",
    "epochs": 60,
    "batch_size": 128,
    "learning_rate": 0.1,
    "warmup_epochs": 2.0,
    "weight_decay": 0.0005,
    "label_smoothing": 0.1,
    "ema_momentum": 0.998,
    "clip_norm": 5.0,
    "dropout": 0.4,
    "precision": "mixed_bfloat16",
    "seed": 1,
    "augment": {
        "flip": 0.5,
        "rotation_deg": 15.0,
        "scale": 0.15,
        "shift": 0.12,
        "brightness": 0.15,
        "contrast": 0.25,
        "gamma": 0.25,
        "erasing": 0.5,
        "erasing_area": [0.02, 0.2],
    },
}
"""What the first version wrote into config.json."""

ALL_SETTINGS = [(config, item) for config in (TrainingConfig, AugmentConfig) for item in settings_of(config)]


def test_settings_of_the_first_version_are_read_and_mean_what_they_meant():
    config = TrainingConfig.from_dict(FIRST_VERSION)
    assert (config.epochs, config.peak_learning_rate, config.augment.erasing_area) == (60, 0.1, (0.02, 0.2))
    assert (config.optimizer, config.schedule, config.loss) == ("sgd", "cosine", "categorical_crossentropy")
    assert (config.normalization, config.class_weights, config.early_stopping) == ("symmetric", "none", 0)
    assert (config.augment.mixup, config.augment.vertical_flip, config.augment.crop) == (0, 0, 0)


def test_json_gives_the_same_settings_back():
    config = TrainingConfig(epochs=7, optimizer="adamw", augment=AugmentConfig(mixup=0.5, erasing_area=(0.1, 0.3)))
    assert TrainingConfig.from_dict(json.loads(config.to_json())) == config


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("epochs", 0, "epochs must be at least 1, got 0"),
        ("epochs", 2.5, "epochs must be of type int"),
        ("epochs", True, "epochs must be of type int"),
        ("batch_size", 0, "batch_size must be at least 1"),
        ("learning_rate", -1.0, "learning_rate must be at least 0"),
        ("learning_rate", float("nan"), "learning_rate must be at least 0"),
        ("label_smoothing", 1.0, "label_smoothing must be at most 0.9"),
        ("optimizer", "sdg", "optimizer must be one of sgd, adam, adamw, got 'sdg'"),
        ("precision", 16, "precision must be of type str"),
        ("freeze_epochs", 101, r"Frozen epochs \(freeze_epochs\) must be at most the run's epochs, 100, got 101"),
        ("start_share", 0.5, r"Share of the start \(start_share\) is 0.5, but there is no model.* set the share to 0"),
    ],
)
def test_nonsense_is_refused_with_the_rule(name, value, words):
    with pytest.raises(ConfigError, match=words):
        replace(TrainingConfig(), **{name: value})


@pytest.mark.parametrize(("name", "value"), [("flip", 1.5), ("rotation_deg", -1.0), ("erasing_area", (0.3, 0.1))])
def test_nonsense_in_augmentation_is_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        replace(AugmentConfig(), **{name: value})


def test_an_unknown_setting_is_named_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"learnig_rate; known are .*learning_rate"):
        TrainingConfig.from_dict({"learnig_rate": 0.1})
    with pytest.raises(ConfigError, match="flipp; known are"):
        TrainingConfig.from_dict({"augment": {"flipp": 0.1}})


def test_every_setting_but_the_nested_one_has_a_meaning():
    described = {item.name for _, item in ALL_SETTINGS} | {"augment"}
    assert described == {*asdict(TrainingConfig()), *asdict(AugmentConfig())}


@pytest.mark.parametrize(("config", "item"), ALL_SETTINGS, ids=[item.name for _, item in ALL_SETTINGS])
def test_each_setting_is_explained_and_its_default_and_bounds_are_allowed(config, item):
    assert item.label
    assert len(item.help) > 30
    for value in (item.default, *item.choices):
        replace(config(), **{item.name: value})
    if item.maximum is not None and not isinstance(item.default, tuple):
        with pytest.raises(ConfigError, match=item.name):
            replace(config(), **{item.name: type(item.default)(item.maximum + 1)})


def test_every_setting_is_a_flag_and_only_those_given_are_returned():
    parser = argparse.ArgumentParser()
    add_flags(parser, TrainingConfig)
    add_flags(parser, AugmentConfig)
    options = parser.parse_args(["--epochs", "3", "--optimizer", "adam", "--erasing-area", "0.1", "0.2"])
    assert given_values(options, TrainingConfig) == {"epochs": 3, "optimizer": "adam"}
    assert given_values(options, AugmentConfig) == {"erasing_area": (0.1, 0.2)}
    for _, item in ALL_SETTINGS:
        assert item.flag in parser.format_help()


def test_the_rate_that_is_used_is_told_with_what_it_follows_from():
    assert TrainingConfig().learning_rate_words == "0.1 = 0.1 (automatic for sgd) x batch size 128 / 128"
    adam = TrainingConfig(optimizer="adam", batch_size=32, init_from="default")
    assert adam.learning_rate_words == "2.5e-05 = 0.0001 (automatic for adam, fine-tuning) x batch size 32 / 128"
    set_rate = TrainingConfig(batch_size=256, learning_rate=0.05)
    assert set_rate.learning_rate_words == "0.1 = 0.05 (as set) x batch size 256 / 128"


def test_a_rate_of_0_is_called_automatic_wherever_it_is_shown():
    item = next(item for item in settings_of(TrainingConfig) if item.name == "learning_rate")
    assert item.words(0.0) == "automatic"
    assert item.words(0.05) == "0.05"
    parser = argparse.ArgumentParser()
    add_flags(parser, TrainingConfig)
    assert "(default: 0.0, automatic)" in " ".join(parser.format_help().split())


@pytest.mark.parametrize("lacks", ["init_from", "ferplus_weight"])
def test_networks_are_joined_only_to_a_start_and_for_votes(lacks):
    settings: dict[str, Any] = {"init_from": "default", "ferplus_weight": 1.0, "join_with": "other"}
    assert TrainingConfig(**settings).join_with == "other"
    del settings[lacks]
    with pytest.raises(ConfigError, match=r"needs a start to stand beside \(init_from\), and votes"):
        TrainingConfig(**settings)


def test_automatic_learning_rates_suit_the_optimizer_and_fine_tuning():
    assert TrainingConfig().peak_learning_rate == 0.1
    assert TrainingConfig(optimizer="adamw").peak_learning_rate == 0.001
    assert TrainingConfig(init_from="default").peak_learning_rate == pytest.approx(0.01)
    assert TrainingConfig(batch_size=64, learning_rate=0.2).peak_learning_rate == pytest.approx(0.1)


def test_what_the_web_process_imports_brings_in_no_deep_learning_library():
    program = (
        "import sys, train.dataset.report, train.runs.files, train.runs.request, train.runs.run\n"
        "import train.settings.fields, train.settings.training\n"
        "from train.architectures import names, docline\n"
        "assert all(docline(name) for name in names())\n"
        "print(sorted({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
