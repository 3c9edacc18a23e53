"""How a model's answers compare with what people saw: FER+'s votes, ten people an image (Barsoum et al., 2016).

FER2013's labels are one person's word, and wrong on about a third of the images. Where ten people agree, an answer can
be called right or wrong; where they do not, a good answer says how many would say what.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.dataset.ferplus import ANSWERS, EMOTION_COLUMNS, without_single_votes
from train.evaluation.figures import ECE_BINS

NEUTRAL: Final = EMOTIONS.index("neutral")
_EIGHT: Final = 8
"""Answers of the published protocol: seven emotions and contempt, without "unknown" and "not a face"."""
_SMALLEST: Final = 1e-6
_FEW_NEUTRAL: Final = 0.1


@dataclass(frozen=True)
class CrowdFigures:
    """How answers compare with the votes; shares are 0-1, divergences in nats.

    Attributes:
        n_clear: images on which more than half of the voters agree on one of the seven emotions.
        accuracy: share of them that get that emotion.
        n_majority: images of the published protocol: without single votes, more than half agree on one of 8 answers.
        majority_accuracy: share of them with that answer, of eight; None where the model has no answer for contempt.
        n_voted: images on which somebody voted for one of the seven emotions, which the next three are about.
        kl: mean KL divergence of the answer from the voters' shares of the seven emotions.
        ece: expected calibration error over 15 bins, where the truth is the share of voters who agree with the answer.
        n_expressive: images that less than a tenth of the voters call neutral.
        called_neutral: share of them that the model calls neutral.
        coverage_at_90: the largest share of the clear images, the surest first, of which 90 % are right.
    """

    n_clear: int
    accuracy: float
    n_majority: int
    majority_accuracy: float | None
    n_voted: int
    kl: float
    ece: float
    n_expressive: int
    called_neutral: float
    coverage_at_90: float


def emotion_shares(answers: np.ndarray) -> np.ndarray:
    """The seven emotions' shares of ten answers, in the order of EMOTIONS: (n, 10) to (n, 7), rows sum to 1 or 0."""
    chosen = np.asarray(answers, np.float64)[:, EMOTION_COLUMNS]
    shares: np.ndarray = chosen / np.maximum(chosen.sum(1, keepdims=True), 1e-12)
    return shares


def clear_emotions(votes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where more than half of all voters agree on one of the seven emotions, and on which.

    Args:
        votes: int (n, 10), how many gave each of `ANSWERS`.

    Returns:
        bool (n,), and int (n,) into EMOTIONS, which counts only where the first is true.
    """
    emotions = votes[:, EMOTION_COLUMNS]
    return emotions.max(1) > votes.sum(1) / 2, emotions.argmax(1)


def accuracy_on_clear(probabilities: np.ndarray, votes: np.ndarray) -> float | None:
    """Share of the images with a clear emotion that `probabilities` (n, 7) name so; None where there are none."""
    clear, truth = clear_emotions(votes)
    return float((probabilities.argmax(1) == truth)[clear].mean()) if clear.any() else None


def crowd_figures(probabilities: np.ndarray, votes: np.ndarray, crowd: np.ndarray | None = None) -> CrowdFigures:
    """Compare answers with the votes.

    Args:
        probabilities: float (n, 7), the model's answers, in the order of EMOTIONS.
        votes: int (n, 10), how many gave each of `ANSWERS`.
        crowd: float (n, 10), the model's answers to what voters would say, if it has them.

    Raises:
        ValueError: there is no image with a clear emotion.
    """
    clear, truth = clear_emotions(votes)
    if not clear.any():
        raise ValueError("no image has votes of which more than half agree")
    predicted = probabilities.argmax(1)
    heard = without_single_votes(votes)
    majority = (heard.max(1) > heard.sum(1) / 2) & (heard.argmax(1) < _EIGHT)
    right_of_eight = None if crowd is None else crowd[:, :_EIGHT].argmax(1) == heard.argmax(1)
    voted = votes[:, EMOTION_COLUMNS].sum(1) > 0
    shares = emotion_shares(votes)
    expressive = voted & (votes[:, ANSWERS.index("neutral")] < _FEW_NEUTRAL * votes.sum(1))
    return CrowdFigures(
        n_clear=int(clear.sum()),
        accuracy=float((predicted == truth)[clear].mean()),
        n_majority=int(majority.sum()),
        majority_accuracy=None if right_of_eight is None else float(right_of_eight[majority].mean()),
        n_voted=int(voted.sum()),
        kl=float(divergence(shares[voted], probabilities[voted]).mean()),
        ece=calibration_error(shares[voted], probabilities[voted]),
        n_expressive=int(expressive.sum()),
        called_neutral=float((predicted == NEUTRAL)[expressive].mean()) if expressive.any() else 0.0,
        coverage_at_90=_coverage(probabilities[clear], truth[clear], right=0.9),
    )


def divergence(shares: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """KL(shares || probabilities) of each row, (n, 7) both, in nats: float64 (n,)."""
    gap = np.log(np.maximum(shares, _SMALLEST)) - np.log(np.maximum(probabilities, _SMALLEST))
    found: np.ndarray = (shares * gap).sum(1)
    return found


def calibration_error(shares: np.ndarray, probabilities: np.ndarray) -> float:
    """ECE over 15 equal-width bins of confidence, where the truth is the share of voters who agree with the answer."""
    confidence = probabilities.max(1)
    agreeing = shares[np.arange(len(shares)), probabilities.argmax(1)]
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = [abs((confidence - agreeing)[bins == b].sum()) for b in range(ECE_BINS)]
    return float(sum(gaps) / len(shares))


def person_divergence(votes: np.ndarray, learnt_from: np.ndarray) -> float:
    """Mean KL of what one voter says from what the image's other voters say: what a model is to be held against.

    One person gives one answer and no shares. So the answer stands for what others say, on average, of images that
    somebody called so; that average is taken from other images.

    Args:
        votes: int (n, 10), of the images to measure on.
        learnt_from: int (m, 10), of others.

    Returns:
        In nats, over all voters of all images with two votes and more for one of the seven emotions.
    """
    learnt, own = learnt_from[:, EMOTION_COLUMNS].astype(float), votes[:, EMOTION_COLUMNS].astype(float)
    said = np.zeros((len(EMOTIONS), len(EMOTIONS)))
    for answer in range(len(EMOTIONS)):
        others = _others(learnt, answer)
        kept = others.sum(1) > 0
        weight = learnt[kept, answer][:, None]
        said[answer] = (weight * others[kept] / others[kept].sum(1, keepdims=True)).sum(0) / max(weight.sum(), 1)
    total, voters = 0.0, 0.0
    for answer in range(len(EMOTIONS)):
        others = _others(own, answer)
        kept = (own[:, answer] > 0) & (others.sum(1) > 0)
        shares = others[kept] / others[kept].sum(1, keepdims=True)
        weight = own[kept, answer]
        total += float((weight * divergence(shares, np.tile(said[answer], (len(shares), 1)))).sum())
        voters += float(weight.sum())
    return total / voters


def _others(counts: np.ndarray, answer: int) -> np.ndarray:
    """The votes without one of those for `answer`, (n, 7)."""
    others = counts.copy()
    others[:, answer] = np.maximum(others[:, answer] - 1, 0)
    return others


def _coverage(probabilities: np.ndarray, truth: np.ndarray, *, right: float) -> float:
    order = np.argsort(-probabilities.max(1), kind="stable")
    accuracy = np.cumsum((probabilities.argmax(1) == truth)[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(accuracy >= right)
    return float((good[-1] + 1) / len(order)) if len(good) else 0.0
