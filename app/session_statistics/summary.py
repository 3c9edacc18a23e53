"""A session or a task in figures: shares, changes, dwell times, spread and strongest moments, all weighted by time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from app.session_statistics.spans import ALWAYS, Range, Weights, weigh
from app.session_statistics.transitions import transitions
from fer_core.emotions import EMOTIONS, UNSURE
from fer_core.results import Doubt, Level

STATES: Final = (*EMOTIONS, UNSURE)
"""What a moment can show, in the order of tables and charts."""


class SamplesLike(Protocol):
    """What is read of the samples of one face; n of them, in the order of time. The store's samples have it."""

    @property
    def time_s(self) -> np.ndarray:
        """Float (n,), seconds since the session's start."""

    @property
    def probabilities(self) -> np.ndarray:
        """Float (n, 7), rows sum to 1, in the order of EMOTIONS."""

    @property
    def label(self) -> np.ndarray:
        """Object (n,), an emotion, or None where the program was unsure."""

    @property
    def leaning(self) -> np.ndarray:
        """Bool (n,), whether the label is only leaning; False without a label."""

    @property
    def valence(self) -> np.ndarray:
        """Float (n,), -1 to 1."""

    @property
    def arousal(self) -> np.ndarray:
        """Float (n,), -1 to 1."""

    @property
    def doubts(self) -> np.ndarray:
        """Int (n,), sums of bits."""


@dataclass(frozen=True)
class FaceSamples:
    """Samples of one face, see `SamplesLike`."""

    time_s: np.ndarray
    probabilities: np.ndarray
    label: np.ndarray
    leaning: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    doubts: np.ndarray


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over time; the latter says how lively a face was, not how sure the mean is."""

    mean: float
    sd: float


@dataclass(frozen=True)
class Dwell:
    """How long a label stayed each time it came.

    Attributes:
        times: how often it came.
        median_s: half of the stays were shorter; 0 where it never came.
        longest_s: in seconds; likewise.
    """

    times: int = 0
    median_s: float = 0.0
    longest_s: float = 0.0


@dataclass(frozen=True)
class Peak:
    """The strongest moment of one time that an emotion was strong: it had at least `PEAK_FROM`."""

    at_s: float
    emotion: str
    probability: float


PEAK_FROM: Final = 0.5
"""From this probability on an emotion is more probable than all others together."""
APART_S: Final = 3.0
"""Of one emotion, what is strong again sooner than this is the same expression still."""


@dataclass(frozen=True)
class Summary:
    """A stretch of one face in figures. All shares are of `watched_s`.

    Attributes:
        watched_s: seconds in which the face was seen and counts.
        samples: how many count.
        label_shares: state to share of the time, the last being "unsure"; they sum to 1, or are all 0 without time.
            Named and leaning time of an emotion count alike.
        leaning_shares: emotion to the part of its label share that was only leaning.
        mean_probabilities: emotion to mean probability; they sum to 1, or are all 0 without time.
        valence: None without time.
        arousal: likewise.
        transitions: int64 (7, 7), how often the emotion of the row was followed by that of the column, see
            `app.session_statistics.transitions`.
        flips_per_min: how many of these changes came in a minute.
        dwells: state to how long it stayed.
        peaks: the strongest first, at most ten, without neutral; of each emotion that was strong, its strongest
            is there, and between two of one emotion it was not strong for at least `APART_S`.
    """

    watched_s: float
    samples: int
    label_shares: Mapping[str, float]
    leaning_shares: Mapping[str, float]
    mean_probabilities: Mapping[str, float]
    valence: Spread | None
    arousal: Spread | None
    transitions: np.ndarray
    flips_per_min: float
    dwells: Mapping[str, Dwell]
    peaks: tuple[Peak, ...]

    @property
    def level_shares(self) -> dict[Level, float]:
        """Level to share of the time; they sum to 1, or are all 0 without time."""
        labelled = sum(self.label_shares[emotion] for emotion in EMOTIONS)
        leaning = sum(self.leaning_shares.values())
        return {
            Level.NAMED: max(0.0, labelled - leaning),  # of two equal sums one may be larger by a rounding
            Level.LEANING: leaning,
            Level.UNSURE: self.label_shares[UNSURE],
        }


def one_face(samples: Any, face: int, *, corrected: bool = False) -> FaceSamples:
    """The samples of one face out of the store's, raw or with the baseline taken off.

    Args:
        samples: `app.store.samples.Samples`.
        face: its number.
        corrected: take the corrected values where there are any; samples without a baseline are left out. Labels stay
            those that were shown.
    """
    chosen = samples.face == face
    suffix = "_corrected" if corrected else ""
    probabilities = samples.corrected if corrected else samples.probabilities
    if corrected:
        chosen &= np.isfinite(probabilities[:, 0])
    return FaceSamples(
        time_s=samples.time_s[chosen],
        probabilities=probabilities[chosen],
        label=samples.label[chosen],
        leaning=samples.leaning[chosen],
        valence=getattr(samples, f"valence{suffix}")[chosen],
        arousal=getattr(samples, f"arousal{suffix}")[chosen],
        doubts=samples.doubts[chosen],
    )


def summarise(
    samples: SamplesLike,
    *,
    keep: Sequence[Range] = ALWAYS,
    leave_out: Sequence[Range] = (),
    hold_s: float | None = None,
) -> Summary:
    """The figures of one face; `spans.weigh` tells of the ranges and what a sample stands for."""
    weights = weigh(samples.time_s, keep=keep, leave_out=leave_out, hold_s=hold_s)
    states = state_codes(samples.label)
    watched_s = float(weights.seconds.sum())
    shares = np.bincount(states, weights.seconds, len(STATES)) / (watched_s or 1)
    leaning = np.bincount(states, weights.seconds * samples.leaning, len(STATES)) / (watched_s or 1)
    means = weights.seconds @ samples.probabilities / (watched_s or 1)
    changes = transitions(states, weights.stretch)
    return Summary(
        watched_s=watched_s,
        samples=int((weights.stretch >= 0).sum()),
        label_shares=dict(zip(STATES, shares.tolist(), strict=True)),
        leaning_shares=dict(zip(EMOTIONS, leaning.tolist(), strict=False)),
        mean_probabilities=dict(zip(EMOTIONS, means.tolist(), strict=True)),
        valence=_spread(samples.valence, weights.seconds),
        arousal=_spread(samples.arousal, weights.seconds),
        transitions=changes,
        flips_per_min=float(changes.sum()) / watched_s * 60 if watched_s else 0.0,
        dwells=_dwells(states, weights),
        peaks=_peaks(samples, weights.stretch),
    )


def doubt_shares(samples: SamplesLike, weights: Weights, bits: Mapping[Doubt, int]) -> dict[Doubt, float]:
    """The share of the watched time with each doubt; one moment can have several, or none.

    Args:
        samples: of one face.
        weights: of these samples.
        bits: doubt to its bit, such as `app.store.samples.DOUBT_BITS`.
    """
    watched_s = float(weights.seconds.sum()) or 1.0
    return {doubt: float(weights.seconds[(samples.doubts & bit) > 0].sum()) / watched_s for doubt, bit in bits.items()}


def state_codes(labels: np.ndarray) -> np.ndarray:
    """Labels as places in STATES: object (n,) to int64 (n,), with None as "unsure"."""
    codes = np.full(len(labels), len(EMOTIONS), np.int64)
    for code, emotion in enumerate(EMOTIONS):
        codes[labels == emotion] = code
    return codes


def _spread(values: np.ndarray, seconds: np.ndarray) -> Spread | None:
    total = seconds.sum()
    if not total:
        return None
    mean = float(seconds @ values / total)
    return Spread(mean, float(np.sqrt(seconds @ (values - mean) ** 2 / total)))


def _dwells(states: np.ndarray, weights: Weights) -> dict[str, Dwell]:
    kept = weights.stretch >= 0
    states, stretch, seconds = states[kept], weights.stretch[kept], weights.seconds[kept]
    if not len(states):
        return {state: Dwell() for state in STATES}
    starts = np.flatnonzero(np.append(True, (np.diff(states) != 0) | (np.diff(stretch) != 0)))
    stays_s, which = np.add.reduceat(seconds, starts), states[starts]
    found = {}
    for code, state in enumerate(STATES):
        own = stays_s[which == code]
        found[state] = Dwell(len(own), float(np.median(own)), float(own.max())) if len(own) else Dwell()
    return found


def _peaks(samples: SamplesLike, stretch: np.ndarray, *, most: int = 10) -> tuple[Peak, ...]:
    """The strongest moments: of each emotion its strongest, then the strongest of all others."""
    kept = np.flatnonzero(stretch >= 0)
    times_s, rows = samples.time_s[kept], samples.probabilities[kept]
    firsts, others = [], []
    for column, emotion in enumerate(EMOTIONS):
        if emotion != "neutral":
            found = _peaks_of(emotion, times_s, rows[:, column], most)
            firsts += found[:1]
            others += found[1:]
    chosen = firsts + _by_strength(others)[: most - len(firsts)]
    return tuple(_by_strength(chosen))


def _peaks_of(emotion: str, times_s: np.ndarray, shares: np.ndarray, most: int) -> list[Peak]:
    """The strongest moments of one emotion, one for each time that it was shown, the strongest first."""
    strong = np.flatnonzero(shares >= PEAK_FROM)
    if not len(strong):
        return []
    times_s, shares = times_s[strong], shares[strong]
    # Below the limit or out of view for a moment, it is one expression still.
    starts = np.flatnonzero(np.append(True, np.diff(times_s) >= APART_S))
    which = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(shares))))
    at_top = np.flatnonzero(shares == np.maximum.reduceat(shares, starts)[which])
    tops = at_top[np.unique(which[at_top], return_index=True)[1]]
    best = tops[np.argsort(-shares[tops], kind="stable")][:most]
    return [Peak(float(times_s[place]), emotion, float(shares[place])) for place in best]


def _by_strength(peaks: Sequence[Peak]) -> list[Peak]:
    return sorted(peaks, key=lambda peak: (-peak.probability, peak.at_s))
