"""The ready-made plans, and how long a run takes."""

from dataclasses import replace

import pytest

from app.training.answers import read_trials
from app.training.plans import PLANS, plan_of
from app.training.trials import about, trial
from train import architectures
from train.fitting.trial import Trial
from train.settings.training import TrainingConfig


def test_plans_get_better_and_their_networks_are_there() -> None:
    assert [plan.name for plan in PLANS] == ["Quick", "Good", "Best"]
    assert sorted(plan.accuracy for plan in PLANS) == [plan.accuracy for plan in PLANS]
    assert {plan.config.architecture for plan in PLANS} <= set(architectures.names())


def test_a_plan_is_recognised_by_all_of_its_settings() -> None:
    for plan in PLANS:
        assert plan_of(plan.config) is plan
        assert plan_of(replace(plan.config, seed=7)) is None
    assert plan_of(TrainingConfig()) is None


def test_the_time_is_compiling_and_the_epochs_with_their_validation() -> None:
    measured = Trial("compact_se", images_per_second=500, validation_per_second=2000, start_s=20)

    assert measured.seconds(epochs=10, train=1000, validation=200) == pytest.approx(20 + 10 * (2 + 0.1))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "about 10 s"),
        (44, "about 40 s"),
        (95, "about 2 min"),
        (1190, "about 20 min"),
        (1990, "about 35 min"),
        (9000, "about 2.5 h"),
        (50_000, "about 14 h"),
    ],
)
def test_an_estimate_is_no_finer_than_it_can_be(seconds: float, words: str) -> None:
    assert about(seconds) == words


def test_a_trial_is_asked_anew_for_other_networks() -> None:
    assert trial(["compact_se"]).dir != trial(["vgg_small"]).dir
    assert trial(["compact_se"]) == trial(["compact_se"])


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        [{"architecture": "x"}],
        [{"architecture": "x", "images_per_second": 0, "validation_per_second": 1, "start_s": 1}],
    ],
)
def test_a_damaged_trial_tells_nothing(answer: object) -> None:
    assert read_trials(answer) == {}
