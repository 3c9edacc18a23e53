"""A person's neutral baseline: five seconds of a resting face, and what they take away from the answers that follow.

Some faces look sad or angry to a network while they rest. FaceReader calls the remedy participant calibration, iMotions
a baseline, OpenFace subtracts a running median. Here the answers stay probabilities:

    p'(k) ∝ p(k) · g(k),   g(k) = min(1, usual odds of k against neutral / this face's odds of k against neutral)

with the odds at rest, so only what the resting face shows more than other neutral faces do is divided away.

- A face whose rest is as neutral as usual is left as it is; no answer becomes less neutral.
- The mean answer at rest, corrected, is led by neutral whenever `check_baseline` accepts it.
- No factor is below 1 / MAX_FACTOR = 1/9, so an answer of 90 % or more keeps its label.

How much that helps is measured in `tests/fer_core/expressions/test_baseline.py` and stated in `docs/decisions.md`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.expressions.affect import VALENCE_AROUSAL
from fer_core.results import Doubt, FaceEmotion, FrameResult

USUAL_NEUTRAL: Final[Mapping[str, float]] = {
    "angry": 0.03,
    "disgust": 0.01,
    "fear": 0.01,
    "happy": 0.10,
    "sad": 0.14,
    "surprise": 0.03,
    "neutral": 0.68,
}
"""The shipped network's mean answer to FER2013's neutral validation images; the tests measure it again."""

MAX_FACTOR: Final = 9.0
"""The most by which an emotion's odds are divided."""

FLOOR: Final = 0.02
"""Added to each share before odds are formed: the ratio of two tiny probabilities says nothing."""


@dataclass(frozen=True)
class Baseline:
    """What a person's face shows at rest.

    It belongs to the network that gave the answers: another one sees the same face otherwise.

    Attributes:
        mean: emotion to mean probability at rest, for all of EMOTIONS, summing to 1.
        samples: answers in that mean; 0 where it was made by hand.
        duration_s: from the first of them to the last.

    Raises:
        ValueError: the mean does not name all emotions, or is no distribution.
    """

    mean: Mapping[str, float]
    samples: int = 0
    duration_s: float = 0.0

    def __post_init__(self) -> None:
        total = sum(self.mean.values())
        if set(self.mean) != set(EMOTIONS) or min(self.mean.values()) < 0 or abs(total - 1) > 1e-3:
            raise ValueError(
                f"a baseline needs a share for each of {', '.join(EMOTIONS)}, summing to 1; got {dict(self.mean)}. "
                "Make it with fer_core.expressions.baseline.check_baseline."
            )

    def factors(self) -> dict[str, float]:
        """Emotion to the factor of its odds against neutral: 1/9 (much at rest) to 1 (no more than usual)."""
        wanted = self._wanted_factors()
        return {emotion: max(1 / MAX_FACTOR, factor) for emotion, factor in wanted.items()}

    @property
    def too_strong(self) -> tuple[str, ...]:
        """Emotions that this face shows too strongly for a neutral one: correcting them would take more than 1/9."""
        return tuple(emotion for emotion, factor in self._wanted_factors().items() if factor < 1 / MAX_FACTOR)

    def correct(self, probabilities: np.ndarray, *, strength: float = 1.0) -> np.ndarray:
        """Take the resting face out of answers.

        Args:
            probabilities: float (n, 7), rows sum to 1, in the order of EMOTIONS.
            strength: 0 changes nothing, 1 corrects in full.

        Returns:
            float64 (n, 7), rows sum to 1; neutral is nowhere smaller than before.

        Raises:
            ValueError: another shape, or a strength outside 0-1.
        """
        if probabilities.ndim != 2 or probabilities.shape[1] != len(EMOTIONS):
            raise ValueError(
                f"probabilities must be (n, {len(EMOTIONS)}), got {probabilities.shape}. Give one row each."
            )
        if not 0 <= strength <= 1:
            raise ValueError(f"strength must be 0 to 1, got {strength}. Use 1 to correct in full.")
        factors = self.factors()
        weighted = probabilities.astype(np.float64) * np.array([factors[e] for e in EMOTIONS]) ** strength
        corrected: np.ndarray = weighted / weighted.sum(axis=1, keepdims=True)
        return corrected

    def correct_face(self, face: FaceEmotion) -> dict[str, float]:
        """One face's probabilities with the rest taken out: emotion to probability, summing to 1."""
        row = np.array([[face.probabilities[emotion] for emotion in EMOTIONS]])
        return dict(zip(EMOTIONS, self.correct(row)[0].tolist(), strict=True))

    def _wanted_factors(self) -> dict[str, float]:
        """The factors before the limit of 1/9."""
        usual_neutral, own_neutral = USUAL_NEUTRAL["neutral"] + FLOOR, self.mean["neutral"] + FLOOR
        return {
            emotion: min(1.0, (USUAL_NEUTRAL[emotion] + FLOOR) / usual_neutral * own_neutral / (own + FLOOR))
            for emotion, own in self.mean.items()
        }


def affect_rows(probabilities: np.ndarray) -> np.ndarray:
    """Valence and arousal of many answers, as `fer_core.expressions.affect.valence_arousal` gives them for one.

    Args:
        probabilities: float (n, 7), rows sum to 1, in the order of EMOTIONS; corrected or not.

    Returns:
        float64 (n, 2): valence and arousal, each -1 to 1.
    """
    places: np.ndarray = probabilities.astype(np.float64) @ np.array([VALENCE_AROUSAL[emotion] for emotion in EMOTIONS])
    return places


@dataclass(frozen=True)
class BaselineLimits:
    """When a resting face counts.

    Attributes:
        min_duration_s: from the first good view to the last: five seconds, less what a slow start costs.
        min_samples: good views in that time: three a second.
        min_good: share of all frames that must be good views of one and the same face, alone.
        max_unsteadiness: mean half L1 distance of the answers from their mean, 0-1. In the video of a sad face that
            becomes happy (`tests/fer_core/expressions/test_baseline.py`), steady seconds stay below 0.1 and the change
            is above 0.2.
    """

    min_duration_s: float = 4.5
    min_samples: int = 15
    min_good: float = 0.8
    max_unsteadiness: float = 0.15


@dataclass(frozen=True)
class BaselineCheck:
    """What became of a try.

    Attributes:
        baseline: None where there is not one good view.
        problems: sentences that say what was wrong and what to do, most basic first; empty when the baseline counts.
    """

    baseline: Baseline | None
    problems: tuple[str, ...]


def check_baseline(results: Sequence[FrameResult], limits: BaselineLimits | None = None) -> BaselineCheck:
    """Make a baseline of a pipeline's results while a person kept a neutral face, and judge it.

    A frame is a good view when it shows one face, the one seen most often, and no doubt about size, light, sharpness or
    turn. "Not confident" does not count against it: an undecided answer is what a baseline is for.

    Args:
        results: oldest first, from when the face had come to rest on: about five seconds.
        limits: what is asked for.
    """
    limits = limits or BaselineLimits()
    seen = Counter(face.face.track_id for result in results for face in result.faces)
    person = seen.most_common(1)[0][0] if seen else None
    good = [(result.captured_at_s, result.faces[0]) for result in results if _is_good(result, person)]
    if not results:
        return BaselineCheck(None, ("Nothing was recorded. Start the camera and try again.",))
    problems = []
    if len(good) < limits.min_good * len(results):
        # The most frequent reason alone: one remedy at a time.
        reasons = Counter(_remedy(result) for result in results if not _is_good(result, person))
        problems.append(reasons.most_common(1)[0][0])
    if not good:
        return BaselineCheck(None, tuple(problems))
    rows = np.array([[face.probabilities[emotion] for emotion in EMOTIONS] for _, face in good])
    mean, duration_s = rows.mean(axis=0), good[-1][0] - good[0][0]
    baseline = Baseline(dict(zip(EMOTIONS, mean.tolist(), strict=True)), len(good), duration_s)
    if not problems and (duration_s < limits.min_duration_s or len(good) < limits.min_samples):
        problems.append(
            f"Too short: {len(good)} good views in {duration_s:.1f} s, {limits.min_samples} in "
            f"{limits.min_duration_s} s are needed. Keep still a little longer."
        )
    if np.abs(rows - mean).sum(axis=1).mean() / 2 > limits.max_unsteadiness:
        problems.append("The expression changed during the recording. Relax your face, hold it, and try again.")
    if baseline.too_strong:
        strongest = max(baseline.too_strong, key=lambda emotion: baseline.mean[emotion])
        problems.append(f"The face looks {strongest} rather than neutral. Relax your face and try again.")
    return BaselineCheck(baseline, tuple(problems))


def _is_good(result: FrameResult, person: int | None) -> bool:
    return len(result.faces) == 1 and result.faces[0].face.track_id == person and not _view_doubts(result.faces[0])


def _view_doubts(face: FaceEmotion) -> list[Doubt]:
    return [doubt for doubt in face.doubts if doubt is not Doubt.NOT_CONFIDENT]


def _remedy(result: FrameResult) -> str:
    """What is wrong with a frame that is not a good view."""
    if not result.faces:
        return "No face was in view. Sit in front of the camera and try again."
    if len(result.faces) > 1:
        return "More than one face was in view. Be alone in the picture and try again."
    doubts = _view_doubts(result.faces[0])
    return _REMEDIES[doubts[0]] if doubts else "The face was lost in between. Keep still and try again."


_REMEDIES: Final = {
    Doubt.TOO_SMALL: "The face was too small. Come closer and try again.",
    Doubt.TOO_DARK: "The face was too dark. Turn towards a light and try again.",
    Doubt.BLURRED: "The picture was blurred. Keep still, clean the lens, and try again.",
    Doubt.TURNED_AWAY: "The face was turned away. Look into the camera and try again.",
}
