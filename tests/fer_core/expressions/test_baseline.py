"""A personal neutral baseline takes away what a resting face shows too much, and nothing else."""

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.simulations import baseline_accuracy
from fer_core.emotions import EMOTIONS
from fer_core.expressions.affect import valence_arousal
from fer_core.expressions.baseline import MAX_FACTOR, USUAL_NEUTRAL, Baseline, affect_rows, check_baseline
from fer_core.expressions.model import load_model
from fer_core.faces.detector import YuNetDetector
from fer_core.files.analyse import analyse_media, pipeline_for
from fer_core.files.media import open_media
from fer_core.results import Doubt, FrameResult
from tests.helpers.faces import fer2013_tiles, make_emotion, make_face, make_result, yunet_file
from train.dataset.ferplus import ANSWERS
from train.evaluation.crowd import clear_emotions

NEUTRAL = EMOTIONS.index("neutral")
PUBLIC_TEST = 3589

shares = st.lists(st.floats(0, 1), min_size=7, max_size=7).filter(lambda s: sum(s) > 0.05)
distributions = shares.map(lambda s: np.array(s) / sum(s))


def baseline_of(row: Sequence[float] | np.ndarray) -> Baseline:
    return Baseline(dict(zip(EMOTIONS, [float(p) for p in row], strict=True)))


def resting(emotion: str, share: float, neutral: float) -> Baseline:
    rest = (1 - share - neutral) / 5
    return Baseline({e: share if e == emotion else neutral if e == "neutral" else rest for e in EMOTIONS})


def still(seconds: float = 5.0, **of_the_face: object) -> list[FrameResult]:
    """A neutral face, ten times a second."""
    face = make_emotion("neutral", share=0.6, **of_the_face)  # type: ignore[arg-type]
    return [make_result(face, at_s=i / 10) for i in range(int(seconds * 10) + 1)]


@given(distributions, distributions, st.floats(0, 1))
def test_corrected_answers_are_probabilities_and_no_less_neutral(rest, answer, strength):
    corrected = baseline_of(rest).correct(answer[None], strength=strength)[0]

    assert corrected.min() >= 0
    assert corrected.sum() == pytest.approx(1)
    assert corrected[NEUTRAL] >= answer[NEUTRAL] - 1e-12


@given(distributions, st.sampled_from(EMOTIONS), st.floats(0.901, 1))
def test_an_answer_of_ninety_percent_keeps_its_label_whatever_the_baseline(rest, emotion, share):
    answer = np.full(7, (1 - share) / 6)
    answer[EMOTIONS.index(emotion)] = share

    corrected = baseline_of(rest).correct(answer[None])[0]

    assert EMOTIONS[corrected.argmax()] == emotion


@given(distributions, st.floats(0.1, 0.6))
def test_the_mean_at_rest_becomes_neutral_unless_the_face_is_refused(other, neutral):
    rest = (1 - neutral) * other + neutral * np.eye(7)[NEUTRAL]
    baseline = baseline_of(rest)
    assume(not baseline.too_strong)

    corrected = baseline.correct(rest[None])[0]

    assert corrected.argmax() == NEUTRAL


def test_a_face_that_rests_as_others_do_is_left_as_it_is():
    answers = np.random.default_rng(3).dirichlet(np.ones(7), 20)

    corrected = Baseline(USUAL_NEUTRAL).correct(answers)

    assert corrected == pytest.approx(answers)


def test_a_sad_looking_rest_takes_from_sad_and_leaves_a_smile():
    baseline = resting("sad", 0.45, 0.4)
    answer = np.array([[0.02, 0.01, 0.02, 0.4, 0.3, 0.1, 0.15]])

    corrected = baseline.correct(answer)[0]

    assert corrected[4] < 0.15
    assert EMOTIONS[corrected.argmax()] == "happy"


def test_one_face_is_corrected_like_many():
    baseline, face = resting("sad", 0.45, 0.4), make_emotion("sad", share=0.6)

    corrected = baseline.correct_face(face)

    row = np.array([[face.probabilities[emotion] for emotion in EMOTIONS]])
    assert list(corrected.values()) == pytest.approx(baseline.correct(row)[0])
    assert corrected["sad"] < 0.6


def test_strength_goes_from_nothing_to_everything():
    baseline = resting("sad", 0.45, 0.4)
    answer = np.array([[0.02, 0.01, 0.02, 0.1, 0.6, 0.1, 0.15]])

    sad = [baseline.correct(answer, strength=s)[0, 4] for s in (0, 0.5, 1)]

    assert sad[0] == pytest.approx(0.6)
    assert sad[0] > sad[1] > sad[2]


def test_factors_stay_within_their_limits():
    factors = resting("happy", 0.97, 0.005).factors()

    assert min(factors.values()) == pytest.approx(1 / MAX_FACTOR)
    assert max(factors.values()) == factors["neutral"] == 1


def test_many_answers_get_the_same_place_as_one():
    answers = np.random.default_rng(5).dirichlet(np.ones(7), 10)

    places = affect_rows(answers)

    expected = [valence_arousal(dict(zip(EMOTIONS, row.tolist(), strict=True))) for row in answers]
    assert places == pytest.approx(np.array(expected))


@pytest.mark.parametrize("mean", [{"happy": 1.0}, dict.fromkeys(EMOTIONS, 0.5)])
def test_what_is_no_distribution_is_no_baseline(mean):
    with pytest.raises(ValueError, match="check_baseline"):
        Baseline(mean)


@pytest.mark.parametrize(
    ("rows", "strength"), [(np.ones(7) / 7, 1.0), (np.ones((1, 6)) / 6, 1.0), (np.ones((1, 7)), 2)]
)
def test_wrong_shapes_and_strengths_are_refused(rows, strength):
    with pytest.raises(ValueError, match="must be"):
        Baseline(USUAL_NEUTRAL).correct(rows, strength=strength)


def test_five_quiet_seconds_make_a_baseline():
    check = check_baseline(still())

    assert check.problems == ()
    assert check.baseline is not None
    assert (check.baseline.samples, check.baseline.duration_s) == (51, 5.0)
    assert check.baseline.mean["neutral"] == pytest.approx(0.6)


def test_an_undecided_answer_counts():
    assert check_baseline(still(doubts=(Doubt.NOT_CONFIDENT,))).problems == ()


def test_a_blink_of_the_camera_does_no_harm():
    results = still()
    results[20:25] = [make_result(at_s=2 + i / 10) for i in range(5)]

    assert check_baseline(results).problems == ()


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([], "Nothing was recorded"),
        ([make_result(at_s=i / 10) for i in range(50)], "No face"),
        ([make_result(make_emotion(), make_emotion(), at_s=i / 10) for i in range(50)], "More than one face"),
        (still(doubts=(Doubt.TOO_DARK,)), "too dark"),
        (still(doubts=(Doubt.NOT_CONFIDENT, Doubt.TOO_SMALL)), "too small"),
        (still(doubts=(Doubt.BLURRED,)), "blurred"),
        (still(doubts=(Doubt.TURNED_AWAY,)), "turned away"),
        (still(2.0), "Too short"),
        (still()[::5], "Too short: 11 good views"),
        (still()[:25] + [make_result(make_emotion("neutral", face=make_face(track_id=2)), at_s=3.0)] * 20, "lost"),
    ],
)
def test_a_try_that_does_not_count_says_why(results, words):
    (problem,) = check_baseline(results).problems

    assert words in problem


def test_a_smile_is_no_neutral_face():
    check = check_baseline([make_result(make_emotion("happy", share=0.9), at_s=i / 10) for i in range(51)])

    assert check.problems == ("The face looks happy rather than neutral. Relax your face and try again.",)
    assert check.baseline is not None, "who insists may use it; its factors are limited"


def test_a_changing_face_is_no_resting_one():
    results = still()
    results[25:] = [make_result(make_emotion("sad", share=0.7), at_s=2.5 + i / 10) for i in range(26)]

    assert "expression changed" in check_baseline(results).problems[0]


@cache
def public_test(data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The shipped network's answers to FER2013's validation images, float64 (n, 7), their labels, and what people see.

    The last two are int (n,); people see -1 where no more than half of them agree.
    """
    tiles = fer2013_tiles(data, PUBLIC_TEST)[..., None]
    model = load_model("default")
    answers = np.concatenate([model.predict(tiles[i : i + 64]) for i in range(0, len(tiles), 64)])
    with (data / "fer2013" / "labels.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["usage"] == "PublicTest"]
    votes = np.array([[int(row[f"ferplus_{answer}"]) for answer in ANSWERS] for row in rows])
    clear, seen = clear_emotions(votes)
    return answers.astype(np.float64), np.array([int(row["emotion"]) for row in rows]), np.where(clear, seen, -1)


@pytest.mark.shared_data
def test_the_usual_neutral_face_is_what_the_constant_says(shared_data):
    answers, labels, _ = public_test(shared_data)

    usual = answers[labels == NEUTRAL].mean(axis=0)

    assert usual == pytest.approx([USUAL_NEUTRAL[emotion] for emotion in EMOTIONS], abs=0.05)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("spread", "at_least", "at_most"), [(0.0, -0.005, 0.005), (0.5, 0.005, 0.025), (1.0, 0.03, 0.055)]
)
def test_it_wins_back_part_of_what_a_persons_look_costs(shared_data, spread, at_least, at_most):
    answers, _, seen = public_test(shared_data)
    before, after = baseline_accuracy(answers[seen >= 0], seen[seen >= 0], spread=spread)

    assert at_least <= after - before <= at_most


def results_of(clip: Path) -> list[FrameResult]:
    with open_media(clip) as media:
        pipeline = pipeline_for(media.info, YuNetDetector(yunet_file()), load_model("default"))
        return [frame.result for frame in analyse_media(media, pipeline)]


def answers_of(results: Sequence[FrameResult]) -> np.ndarray:
    return np.array([[r.faces[0].probabilities[emotion] for emotion in EMOTIONS] for r in results if r.faces])


@pytest.mark.shared_data
def test_a_neutral_face_stays_neutral_and_a_smile_stays_a_smile(shared_data):
    results = results_of(shared_data / "clips" / "neutral_then_happy.mp4")
    start, end = results[0].captured_at_s, results[-1].captured_at_s
    neutral = [r for r in results if r.captured_at_s < start + 0.7]
    smiling = [r for r in results if r.captured_at_s > end - 0.9]
    check = check_baseline(neutral)
    assert check.baseline is not None

    corrected = check.baseline.correct(answers_of(smiling))

    assert [problem[:9] for problem in check.problems] == ["Too short"], "the clip has one neutral second"
    assert EMOTIONS[check.baseline.correct(answers_of(neutral)).mean(axis=0).argmax()] == "neutral"
    assert (corrected.argmax(axis=1) == EMOTIONS.index("happy")).all()


@pytest.mark.shared_data
def test_on_film_a_sad_face_is_refused_a_change_is_noticed_and_an_insisted_on_baseline_spares_the_smile(shared_data):
    results = results_of(shared_data / "clips" / "sad_then_happy.mp4")
    sad, change = ([r for r in results if a <= r.captured_at_s < a + 5] for a in (0, 6))
    smiling = answers_of([r for r in results if r.captured_at_s >= 14])
    check = check_baseline(sad)
    assert check.baseline is not None

    spared = check.baseline.correct(smiling).argmax(axis=1) == smiling.argmax(axis=1)

    assert [problem for problem in check.problems if "sad" in problem]
    assert not [problem for problem in check.problems if "changed" in problem]
    assert [problem for problem in check_baseline(change).problems if "changed" in problem]
    assert spared.all()
