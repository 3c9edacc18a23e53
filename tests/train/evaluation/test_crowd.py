"""What ten people saw, against answers whose figures are known."""

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from train.dataset.ferplus import ANSWERS
from train.evaluation.crowd import (
    accuracy_on_clear,
    calibration_error,
    clear_emotions,
    crowd_figures,
    divergence,
    emotion_shares,
    person_divergence,
)


def votes(**counts: int) -> list[int]:
    """Votes by answer."""
    return [counts.get(answer, 0) for answer in ANSWERS]


def answer(emotion: str, share: float = 0.94) -> list[float]:
    """Probabilities of one face, the rest spread evenly."""
    rest = (1 - share) / 6
    return [share if name == emotion else rest for name in EMOTIONS]


VOTES = np.array(
    [
        votes(happiness=10),
        votes(sadness=6, neutral=4),
        votes(anger=5, disgust=5),  # nobody has more than half
        votes(contempt=8, neutral=2),  # clear, but none of the seven
        votes(fear=5, surprise=3, unknown=1, NF=1),  # more than half of eight without single votes, not of ten
        votes(NF=10),
    ]
)
ANSWERED = np.array([answer(name) for name in ("happy", "neutral", "angry", "neutral", "fear", "neutral")])


def test_an_emotion_is_clear_where_more_than_half_of_all_voters_agree():
    clear, truth = clear_emotions(VOTES)
    assert clear.tolist() == [True, True, False, False, False, False]
    assert [EMOTIONS[i] for i in truth[:2]] == ["happy", "sad"]
    assert accuracy_on_clear(ANSWERED, VOTES) == 0.5
    assert accuracy_on_clear(ANSWERED[2:], VOTES[2:]) is None


def test_the_published_protocol_leaves_out_single_votes_and_knows_contempt():
    crowd = np.full((6, 10), 0.01)
    said = ["happiness", "sadness", "disgust", "contempt", "surprise", "NF"]
    crowd[np.arange(6), [ANSWERS.index(name) for name in said]] = 0.91
    figures = crowd_figures(ANSWERED, VOTES, crowd)
    assert figures.n_majority == 4
    assert figures.majority_accuracy == 0.75
    assert crowd_figures(ANSWERED, VOTES).majority_accuracy is None


def test_figures_of_known_answers():
    figures = crowd_figures(ANSWERED, VOTES)
    assert (figures.n_clear, figures.accuracy, figures.n_voted) == (2, 0.5, 5)
    # Of the expressive ones: happy 0 of 10, angry and disgusted 0 of 10, fearful 0 of 10 said neutral.
    assert (figures.n_expressive, figures.called_neutral) == (3, 0.0)
    assert figures.coverage_at_90 == 0.5


def test_a_strong_expression_that_is_called_neutral_counts_as_lost():
    lost = np.array([answer("neutral"), answer("sad"), answer("neutral"), answer("neutral"), answer("fear")])
    assert crowd_figures(lost, VOTES[:5]).called_neutral == pytest.approx(2 / 3)


def test_answers_with_the_voters_shares_have_no_divergence_and_no_calibration_error():
    shares = emotion_shares(VOTES[:5])
    assert shares[1].tolist() == [0, 0, 0, 0, 0.6, 0, 0.4]
    assert divergence(shares, shares) == pytest.approx(0)
    assert calibration_error(shares, shares) == pytest.approx(0)


def test_divergence_and_calibration_error_of_one_face():
    shares = emotion_shares(np.array([votes(sadness=5, neutral=5)]))
    given = np.array([answer("sad", 0.7)])
    assert divergence(shares, given)[0] == pytest.approx(0.5 * np.log(0.5 / 0.7) + 0.5 * np.log(0.5 / 0.05))
    assert calibration_error(shares, given) == pytest.approx(0.2)


def test_a_person_who_always_agrees_with_the_others_has_no_divergence():
    agreed = np.array([votes(happiness=10), votes(sadness=10)])
    assert person_divergence(agreed, agreed) == pytest.approx(0, abs=1e-6)


def test_a_person_is_measured_by_what_others_say_of_such_images_elsewhere():
    learnt = np.array([votes(sadness=5, neutral=5)])
    # A voter for sad: others say sad 4/9, neutral 5/9; and as much the other way round.
    measured = np.array([votes(sadness=2)])
    assert person_divergence(measured, learnt) == pytest.approx(np.log(9 / 4))


def test_without_a_clear_image_there_are_no_figures():
    with pytest.raises(ValueError, match="more than half agree"):
        crowd_figures(ANSWERED[2:], VOTES[2:])
