"""Two or more sessions, tasks or participants side by side: differences with 95 % intervals.

Samples that follow each other say nearly the same, so intervals that take them as independent are far too narrow.
Here whole blocks of consecutive seconds are drawn: the circular block bootstrap of D. N. Politis and J. P. Romano, A
circular block-resampling procedure for stationary data (1992). A block is twice as long as their later rule finds best
for the variance (D. N. Politis and H. White, Econometric Reviews 23 (2004) 53-70, with the 2009 correction), and at
least a twelfth of the recording, since intervals need longer blocks than variances. Few long blocks make the spread
itself uncertain: the deviations are widened as N. M. Kiefer and T. J. Vogelsang, Econometric Theory 21 (2005)
1130-1164, tabulate for the share of the recording that one block is.

How often such intervals hold the truth, for two sessions of 5 values a second whose correlation falls to 1/e in the
memory named (`python -m benchmarks.statistics`):

    300 s, memory 0.5 s: 95 %    300 s, memory 3 s: 93 %    60 s, memory 1 s: 93 %    naive: 60, 28 and 48 %
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

import numpy as np

from app.formatting import signed
from app.session_statistics.spans import ALWAYS, Range, weigh
from app.session_statistics.summary import STATES, SamplesLike, state_codes
from fer_core.quantiles import STANDARD_NORMAL, student_quantile

FIGURES: Final = (*STATES, "valence", "arousal")
"""What is compared: shares of time of each shown label and of "unsure", 0-1; mean valence and arousal, -1 to 1."""

MOST_BINS: Final = 600
SESSIONS_THAT_VARY: Final = 5
"""From so many sessions on each side, intervals speak of further sessions too."""
LONGEST_SURE_BLOCK: Final = 0.15
FEWEST_SURE_BINS: Final = 30
_Z: Final = STANDARD_NORMAL.inv_cdf(0.975)

Scope = Literal["these recordings", "sessions like these"]


@dataclass(frozen=True)
class Stretch:
    """One session or task, summed into equal bins of time; n of them, those without a face left out.

    Attributes:
        seconds: float64 (n,), time watched in each.
        sums: float64 (n, 10), the integral of each of FIGURES over that time.
    """

    seconds: np.ndarray
    sums: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """Each of FIGURES over the whole time, float64 (10,)."""
        means: np.ndarray = self.sums.sum(axis=0) / self.seconds.sum()
        return means


@dataclass(frozen=True)
class Difference:
    """How one figure differs between two sides.

    Attributes:
        figure: one of FIGURES.
        names: of the two sides.
        values: of the two sides.
        low: of the 95 % interval of the second value less the first.
        high: likewise.
        scope: what the interval speaks of: the expressions in these very recordings, as far as their length tells, or
            sessions like these, which also differ from day to day.
        is_shaky: a recording is too short for how slowly the figure changes, so that the interval may be too narrow.
    """

    figure: str
    names: tuple[str, str]
    values: tuple[float, float]
    low: float
    high: float
    scope: Scope
    is_shaky: bool

    @property
    def change(self) -> float:
        """The second value less the first."""
        return self.values[1] - self.values[0]

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero. Of twenty figures that do not differ, one does so by chance."""
        return self.low > 0 or self.high < 0

    def sentence(self) -> str:
        """In plain words, with the interval."""
        is_share = self.figure in STATES
        what = f"Time shown as {self.figure}" if is_share else self.figure.capitalize()
        unit, scale, digits = (" points", 100, 0) if is_share else ("", 1, 2)
        low, high, change = (signed(v * scale, digits) for v in (self.low, self.high, self.change))
        first, second = self.names
        if self.is_clear:
            direction = "higher" if self.change > 0 else "lower"
            words = f"{what} is {change[1:]}{unit} {direction} for {second} than for {first} ({low} to {high})."
        else:
            words = f"{what}: no clear difference between {first} and {second} ({low} to {high}{unit})."
        return words + (" The recording is short: the true uncertainty is larger." if self.is_shaky else "")


def make_stretch(
    samples: SamplesLike,
    *,
    keep: Sequence[Range] = ALWAYS,
    leave_out: Sequence[Range] = (),
    hold_s: float | None = None,
) -> Stretch | None:
    """Sum one face's samples into bins of a second, or longer ones where that makes more than 600.

    Args:
        samples: of one face.
        keep: ranges that count, see `app.session_statistics.spans.weigh`.
        leave_out: ranges that do not.
        hold_s: the longest time that one sample stands for; None takes `usual_hold`.

    Returns:
        None where no time is left.
    """
    seconds = weigh(samples.time_s, keep=keep, leave_out=leave_out, hold_s=hold_s).seconds
    watched_s = float(seconds.sum())
    if not watched_s:
        return None
    kept = seconds > 0
    seconds, time_s = seconds[kept], samples.time_s[kept]
    shown = np.eye(len(STATES))[state_codes(samples.label[kept])]
    values = np.column_stack([shown, samples.valence[kept], samples.arousal[kept]])
    _, bins = np.unique(time_s // max(1.0, watched_s / MOST_BINS), return_inverse=True)
    sums = np.stack([np.bincount(bins, seconds * column) for column in values.T], axis=1)
    return Stretch(np.bincount(bins, seconds), sums)


def compare(sides: Mapping[str, Sequence[Stretch]], *, draws: int = 2000, seed: int = 0) -> tuple[Difference, ...]:
    """Each figure's difference between each two sides.

    With several sessions on a side, each counts the same. Where both sides have five or more, whole sessions are drawn;
    with fewer, nobody can know how much sessions differ, and only the seconds within them are drawn.

    Args:
        sides: name to its sessions or tasks, at least one each.
        draws: of the bootstrap.
        seed: the same gives the same intervals.

    Raises:
        ValueError: fewer than two sides, or one without a session.
    """
    if len(sides) < 2 or not all(sides.values()):
        counts = {name: len(stretches) for name, stretches in sides.items()}
        raise ValueError(f"a comparison needs two or more sides with at least one session each, got {counts}. Add one.")
    generator = np.random.default_rng(seed)
    within = {name: _within(stretches, draws, generator) for name, stretches in sides.items()}
    between = {
        name: _between(stretches, draws, generator)
        for name, stretches in sides.items()
        if len(stretches) >= SESSIONS_THAT_VARY
    }
    values = {name: np.mean([s.means for s in stretches], axis=0) for name, stretches in sides.items()}
    found = []
    for first, second in combinations(sides, 2):
        vary = first in between and second in between
        deviations = between[second] - between[first] if vary else within[second][0] - within[first][0]
        shaky = np.zeros(len(FIGURES), bool) if vary else within[first][1] | within[second][1]
        change = values[second] - values[first]
        # The basic bootstrap: what the draws are off the sample, the sample is off the truth, the other way round.
        low, high = change - np.quantile(deviations, 0.975, axis=0), change - np.quantile(deviations, 0.025, axis=0)
        for i, figure in enumerate(FIGURES):
            pair = float(values[first][i]), float(values[second][i])
            scope: Scope = "sessions like these" if vary else "these recordings"
            found.append(
                Difference(figure, (first, second), pair, float(low[i]), float(high[i]), scope, bool(shaky[i]))
            )
    return tuple(found)


def block_length(values: np.ndarray) -> float:
    """The best mean-square block length of the circular bootstrap for the variance of a mean.

    Politis and White (2004), corrected by A. Patton, D. N. Politis and H. White (2009).

    Args:
        values: float (n,), in the order of time.

    Returns:
        In values, more than 0; 1 where they do not vary.
    """
    n = len(values)
    centred = values - values.mean()
    quiet = max(5, int(np.sqrt(np.log10(n))) + 1)
    furthest = min(n - 1, int(np.ceil(np.sqrt(n))) + quiet)
    covariance = np.array([centred[: n - lag] @ centred[lag:] / n for lag in range(furthest + 1)])
    if n < 10 or covariance[0] < 1e-12:
        return 1.0
    # The first lag after which `quiet` correlations in a row are no more than noise.
    loud = np.abs(covariance[1:] / covariance[0]) >= 2 * np.sqrt(np.log10(n) / n)
    ends = [lag for lag in range(furthest - quiet + 1) if not loud[lag : lag + quiet].any()]
    last = ends[0] if ends else int(np.flatnonzero(loud).max()) + 1
    reach = min(2 * max(last, 1), furthest)
    lags = np.arange(-reach, reach + 1)
    taper = np.minimum(1, 2 * (1 - np.abs(lags) / reach)) * covariance[np.abs(lags)]
    spread, level = float(taper @ np.abs(lags)), float(taper.sum())
    return n / 2 if level <= 0 else max(1.0, (1.5 * (spread / level) ** 2 * n) ** (1 / 3))


def _within(stretches: Sequence[Stretch], draws: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Deviations of drawn means from the mean, float (draws, 10), and which figures are shaky, bool (10,)."""
    total, shaky = np.zeros((draws, len(FIGURES))), np.zeros(len(FIGURES), bool)
    for stretch in stretches:
        # A mean over watched time is a ratio; to first order its error is the mean of these over the mean time.
        errors = (stretch.sums - stretch.seconds[:, None] * stretch.means) / stretch.seconds.mean()
        for i, column in enumerate(errors.T):
            n = len(column)
            shaky[i] |= n < FEWEST_SURE_BINS
            if np.abs(column).max() < 1e-9:  # never shown, or always: nothing to draw
                continue
            wanted = 2 * block_length(column)
            length = int(np.clip(round(max(wanted, n / 12)), 1, max(1, n // 2)))
            total[:, i] += _block_means(column, length, draws, generator) * widening(length / n) / len(stretches)
            shaky[i] |= wanted / n > LONGEST_SURE_BLOCK
    return total, shaky


def _block_means(values: np.ndarray, length: int, draws: int, generator: np.random.Generator) -> np.ndarray:
    """Means of as many drawn blocks as fill the row, float (draws,); the row's ends are joined."""
    n = len(values)
    sums = np.cumsum(np.concatenate([[0.0], values, values[:length]]))
    blocks = (sums[length : length + n] - sums[:n]) / length
    count = max(1, round(n / length))
    means: np.ndarray = blocks[generator.integers(0, n, (draws, count))].mean(axis=1) * np.sqrt(count * length / n)
    return means


def widening(share: float) -> float:
    """How much wider an interval must be when one block is that share of the row (Kiefer and Vogelsang, 2005).

    Their 97.5 % points for Bartlett's kernel, which is what drawing blocks amounts to, over the normal one.
    """
    return (1.96 + 2.9694 * share + 0.416 * share**2 - 0.5324 * share**3) / _Z


def _between(stretches: Sequence[Stretch], draws: int, generator: np.random.Generator) -> np.ndarray:
    """Deviations when whole sessions are drawn, float (draws, 10), widened as Student's t asks for so few."""
    means = np.array([stretch.means for stretch in stretches])
    count = len(means)
    drawn = means[generator.integers(0, count, (draws, count))].mean(axis=1) - means.mean(axis=0)
    factor = student_quantile(0.975, count - 1) / _Z * np.sqrt(count / (count - 1))
    deviations: np.ndarray = drawn * factor
    return deviations
