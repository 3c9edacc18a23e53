"""Valence and arousal are the probabilities' mean place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.emotions import EMOTIONS
from fer_core.expressions.affect import VALENCE_AROUSAL, valence_arousal
from tests.helpers.faces import make_probabilities


def test_every_emotion_has_a_place_on_both_axes():
    assert set(VALENCE_AROUSAL) == set(EMOTIONS)
    assert all(-1 <= value <= 1 for place in VALENCE_AROUSAL.values() for value in place)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_certain_emotion_is_at_its_own_place(emotion):
    assert valence_arousal(make_probabilities(emotion, 1.0)) == pytest.approx(VALENCE_AROUSAL[emotion])


def test_the_signs_are_the_everyday_ones():
    valence = {emotion: VALENCE_AROUSAL[emotion][0] for emotion in EMOTIONS}

    assert valence["neutral"] == 0
    assert valence["happy"] > 0
    assert all(valence[emotion] < 0 for emotion in ("angry", "disgust", "fear", "sad"))
    assert VALENCE_AROUSAL["sad"][1] < 0 < VALENCE_AROUSAL["angry"][1]


def test_half_happy_half_neutral_is_half_way():
    shares = make_probabilities("happy", 0.5) | dict.fromkeys(("angry", "disgust", "fear", "sad", "surprise"), 0.0)

    assert valence_arousal(shares | {"neutral": 0.5}) == pytest.approx((0.405, 0.255))


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7).filter(lambda shares: sum(shares) > 0.01))
def test_a_mix_lies_among_the_emotions_own_places(shares):
    mix = {emotion: share / sum(shares) for emotion, share in zip(EMOTIONS, shares, strict=True)}

    valence, arousal = valence_arousal(mix)

    assert -0.641 <= valence <= 0.811
    assert -0.271 <= arousal <= 0.671


def test_the_order_of_the_labels_does_not_matter():
    mix = make_probabilities("sad", 0.6)

    assert valence_arousal(dict(reversed(mix.items()))) == pytest.approx(valence_arousal(mix))
