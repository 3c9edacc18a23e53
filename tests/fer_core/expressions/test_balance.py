from dataclasses import replace

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.expressions.balance import rebalance
from fer_core.expressions.smoothing import SmoothingSettings
from fer_core.pipeline import PipelineSettings
from tests.helpers.faces import FakeDetector, FakeModel, fake_pipeline, make_card, make_face, textured_frame

PRIORS = np.array([0.14, 0.02, 0.14, 0.25, 0.17, 0.11, 0.17])
ANSWERS = np.random.default_rng(1).dirichlet(np.ones(7), 50)


def test_without_strength_answers_stay_as_they_are():
    assert rebalance(ANSWERS, PRIORS, 0.0) == pytest.approx(ANSWERS, abs=1e-6)


def test_odds_change_by_the_ratio_of_the_priors_to_the_power_of_the_strength():
    adjusted = rebalance(ANSWERS, PRIORS, 0.7)
    odds = (adjusted[:, 1] / adjusted[:, 3]) / (ANSWERS[:, 1] / ANSWERS[:, 3])
    assert odds == pytest.approx((0.25 / 0.02) ** 0.7, rel=1e-4)
    assert adjusted.sum(1) == pytest.approx(1, abs=1e-6)
    assert adjusted.dtype == np.float32


def test_equal_priors_change_nothing():
    assert rebalance(ANSWERS, np.full(7, 1 / 7), 1.0) == pytest.approx(ANSWERS, abs=1e-6)


def named(model: FakeModel, balance: float) -> str | None:
    settings = PipelineSettings(SmoothingSettings(time_constant_s=0), unsure_below=0.0, balance=balance)
    pipeline = fake_pipeline(FakeDetector([make_face()]), model, settings)
    (face,) = pipeline.process(textured_frame(), 0.0).faces
    return max(face.probabilities, key=lambda emotion: face.probabilities[emotion])


def test_the_pipeline_favours_the_rare_where_it_is_asked_and_the_card_says_what_is_rare():
    close = dict(zip(EMOTIONS, [0.05, 0.30, 0.05, 0.40, 0.1, 0.05, 0.05], strict=True))
    model = FakeModel(close)
    assert named(model, 0.7) == "happy", "this card does not say"
    model.card = replace(make_card(), dataset={"class_priors": dict(zip(EMOTIONS, PRIORS.tolist(), strict=True))})
    assert named(model, 0.0) == "happy"
    assert named(model, 0.7) == "disgust"


@pytest.mark.parametrize("known", [{}, {"class_priors": {"happy": 0.5}}, {"class_priors": None}])
def test_a_card_that_does_not_tell_all_shares_tells_none(known):
    assert replace(make_card(), dataset=known).class_priors is None
