"""Two or more models on the same images: is a difference more than chance? Loads no Keras."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Short names of compared models, in their order."""
_CHANCE: Final = 0.05
_RESAMPLES: Final = 2000


@dataclass(frozen=True)
class ComparedPair:
    """One model against another.

    Attributes:
        first: its place among the compared models, from 0.
        second: likewise.
        difference: the first's accuracy minus the second's.
        interval_95: of the difference, by bootstrap over images, both models on the same ones.
        only_first_right: images that the first alone names rightly.
        only_second_right: images that the second alone names rightly.
        p_value: of McNemar's exact test: how likely so uneven a division of these would be by chance.
        p_corrected: the same, corrected by Holm's method for the number of pairs; equal for a single pair.
        recall_difference: emotion to the first's recall minus the second's; emotions without images are left out.
    """

    first: int
    second: int
    difference: float
    interval_95: tuple[float, float]
    only_first_right: int
    only_second_right: int
    p_value: float
    p_corrected: float
    recall_difference: dict[str, float]

    @property
    def is_beyond_chance(self) -> bool:
        """Whether chance alone would hardly make such a difference."""
        return self.p_corrected < _CHANCE


@dataclass(frozen=True)
class Comparison:
    """Models on the same images of one split.

    Attributes:
        n: images.
        models: their names.
        accuracies: of each, 0-1.
        pairs: each model against each one after it.

    Raises:
        ValueError: there are not as many accuracies as models, or the pairs are not theirs.
    """

    n: int
    models: tuple[str, ...]
    accuracies: tuple[float, ...]
    pairs: tuple[ComparedPair, ...]

    def __post_init__(self) -> None:
        wanted = list(combinations(range(len(self.models)), 2))
        if len(self.accuracies) != len(self.models) or [(p.first, p.second) for p in self.pairs] != wanted:
            raise ValueError(f"expected accuracies of {len(self.models)} models and their {len(wanted)} pairs")

    def to_json(self) -> str:
        """As indented JSON."""
        return json.dumps(asdict(self), indent=2)

    def to_text(self) -> str:
        """As lines for a terminal: the models by letter, then each pair."""
        named = zip(LETTERS, self.accuracies, self.models, strict=False)
        lines = [f"{self.n} images", *(f"{letter}  {accuracy:.2%}  {name}" for letter, accuracy, name in named)]
        return "\n".join([*lines, *(line for pair in self.pairs for line in self._lines(pair))])

    def _lines(self, pair: ComparedPair) -> list[str]:
        first, second = LETTERS[pair.first], LETTERS[pair.second]
        low, high = pair.interval_95
        p = f"McNemar p = {pair.p_value:.3g}"
        if len(self.pairs) > 1:
            p += f", {pair.p_corrected:.3g} corrected for {len(self.pairs)} pairs (Holm)"
        classes = ", ".join(f"{name} {100 * value:+.1f}" for name, value in pair.recall_difference.items())
        return [
            "",
            f"{first} - {second}: {100 * pair.difference:+.2f} points "
            f"(95 % interval {100 * low:+.2f} to {100 * high:+.2f})",
            f"only {first} right {pair.only_first_right}, only {second} {pair.only_second_right}; "
            f"{p}: {'more than' if pair.is_beyond_chance else 'within'} chance",
            f"recall, in points: {classes}",
        ]


def compare(answers: Sequence[np.ndarray], labels: np.ndarray, *, models: Sequence[str]) -> Comparison:
    """Compare models' answers to the same images.

    Args:
        answers: of each model, probabilities (n, 7) in the order of EMOTIONS.
        labels: int (n,).
        models: their names.

    Raises:
        ValueError: the answers are not to the same number of images, or to none; or a name is missing.
    """
    counts = {len(given) for given in answers}
    if not len(labels) or counts != {len(labels)} or len(models) != len(answers):
        raise ValueError(
            f"{len(models)} models must answer to the same images, got answers to {sorted(counts)} of {len(labels)}"
        )
    right = [given.argmax(1) == labels for given in answers]
    pairs = [_pair(i, j, right[i], right[j], labels) for i, j in combinations(range(len(answers)), 2)]
    corrected = holm([pair.p_value for pair in pairs])
    return Comparison(
        n=len(labels),
        models=tuple(models),
        accuracies=tuple(float(row.mean()) for row in right),
        pairs=tuple(replace(pair, p_corrected=p) for pair, p in zip(pairs, corrected, strict=True)),
    )


def _pair(
    first: int, second: int, right_first: np.ndarray, right_second: np.ndarray, labels: np.ndarray
) -> ComparedPair:
    gain = right_first.astype(int) - right_second.astype(int)
    only_first, only_second = int((gain == 1).sum()), int((gain == -1).sum())
    p_value = mcnemar_p(only_first, only_second)
    return ComparedPair(
        first=first,
        second=second,
        difference=float(gain.mean()),
        interval_95=_bootstrap_interval(gain),
        only_first_right=only_first,
        only_second_right=only_second,
        p_value=p_value,
        p_corrected=p_value,
        recall_difference={
            name: float(gain[labels == i].mean()) for i, name in enumerate(EMOTIONS) if (labels == i).any()
        },
    )


def mcnemar_p(only_a: int, only_b: int) -> float:
    """McNemar's exact two-sided test (McNemar, 1947): the binomial probability of a division at least so uneven."""
    n, fewer = only_a + only_b, min(only_a, only_b)
    log_half = n * math.log(0.5)
    log_of = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + log_half for k in range(fewer + 1)]
    return min(1.0, 2 * math.fsum(math.exp(value) for value in log_of))


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values of several tests, in their order, so that any false alarm stays as rare as with one test.

    Source: Holm, 1979: the smallest is multiplied by the number of tests, the next by one less, and so on; none gets
    smaller than one before it, nor larger than 1.
    """
    corrected, floor = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = floor
    return corrected


def _bootstrap_interval(gain: np.ndarray) -> tuple[float, float]:
    """Percentiles of the mean over images drawn with replacement (Efron, 1979); the same on every call."""
    # A gain is -1, 0 or 1, so drawing images is drawing how many of each: a multinomial instead of n indices.
    counts = np.array([(gain == value).sum() for value in (-1, 0, 1)])
    drawn = np.random.default_rng(0).multinomial(len(gain), counts / len(gain), _RESAMPLES)
    low, high = np.percentile((drawn[:, 2] - drawn[:, 0]) / len(gain), [2.5, 97.5])
    return float(low), float(high)
