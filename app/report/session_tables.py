"""Tables of sessions as HTML, the same on the page and in a report. All free text is escaped; no Streamlit."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from app.formatting import clock, signed, whole_percent
from app.html_tables import MATRIX_CSS, SHARES_CSS, head_row, matrix, row, share_cell, share_row, swatch, table
from app.session_statistics.comparison import FIGURES, Stretch
from app.session_statistics.summary import STATES, Peak, Spread, Summary
from app.sessions.wording import LEVELS_IN_WORDS
from fer_core.emotions import EMOTIONS
from fer_core.results import Doubt, Level

CSS: Final = f"""{MATRIX_CSS}{SHARES_CSS}
.fer-session th.n {{white-space:normal; overflow-wrap:anywhere; min-width:4.2rem}}
"""
"""What these tables need beside a style of tables: a page's, or a report's."""
TRANSITIONS_EXPLAINED: Final = (
    "How often the expression of the row was followed by that of the column. Unsure time between two expressions is "
    "skipped: happy, then unsure, then sad counts as happy to sad. Gaps and excluded time end the count."
)


def figures(columns: Mapping[str, Summary]) -> str:
    """A column for each session, task or face: shares of its time with bars, and its other figures."""
    shown = list(columns.values())
    rows = "".join(
        share_row(state, [s.label_shares[state] for s in shown], [s.leaning_shares.get(state, 0.0) for s in shown])
        for state in STATES
    )
    rows += level_rows([summary.level_shares for summary in shown])
    rows += row("Seen for", [clock(s.watched_s, tenths=s.watched_s < 600) for s in shown])
    rows += row("Valence", [spread(s.valence) for s in shown])
    rows += row("Arousal", [spread(s.arousal) for s in shown])
    rows += row("Changes of label per minute", [f"{s.flips_per_min:.1f}" for s in shown])
    return _table("Share of the time", _heads(columns), rows)


def level_rows(columns: Sequence[Mapping[Level, float]]) -> str:
    """A row for named and one for leaning time; that of unsure time stands among the shares already."""
    shown = (Level.NAMED, Level.LEANING)
    return "".join(row(LEVELS_IN_WORDS[level], [share_cell(shares[level]) for shares in columns]) for level in shown)


def side_means(sides: Mapping[str, Sequence[Stretch]], levels: Mapping[str, Sequence[Mapping[Level, float]]]) -> str:
    """A column for each side of a comparison: the means over its sessions, each counting the same.

    Args:
        sides: name to its sessions.
        levels: name to the level shares of the same sessions.
    """
    means = {name: np.mean([one.means for one in own], axis=0).tolist() for name, own in sides.items()}
    shares, others = (
        [i for i, figure in enumerate(FIGURES) if (figure in STATES) is wanted] for wanted in (True, False)
    )
    rows = "".join(share_row(FIGURES[i], [values[i] for values in means.values()]) for i in shares)
    rows += level_rows(
        [{level: float(np.mean([one[level] for one in levels[name]])) for level in Level} for name in means]
    )
    for i in others:
        rows += row(FIGURES[i].capitalize(), [signed(values[i]) for values in means.values()])
    rows += row("Sessions", [str(len(own)) for own in sides.values()])
    return _table("Mean share of the time", _heads(means), rows)


def dwell_times(summary: Summary) -> str:
    """How often each label came, and for how long it stayed."""
    rows = "".join(
        row(swatch(state), [str(dwell.times), f"{dwell.median_s:.1f} s", f"{dwell.longest_s:.1f} s"])
        for state, dwell in summary.dwells.items()
        if dwell.times
    )
    return _table("Label", ("Times", "Median", "Longest"), rows)


def doubts(shares: Mapping[Doubt, float]) -> str:
    """Share of the time with each reason to be unsure."""
    rows = "".join(row(escape(doubt.value.capitalize()), [share_cell(share)]) for doubt, share in shares.items())
    return _table("Reason", ("Share of the time",), rows)


def peaks(found: Sequence[Peak]) -> str:
    """The strongest moments."""
    rows = "".join(
        row(swatch(peak.emotion), [clock(peak.at_s, tenths=True), whole_percent(peak.probability)]) for peak in found
    )
    return _table("Expression", ("At", "Probability"), rows)


def transitions(counts: np.ndarray) -> str:
    """The matrix of transitions: rows are the expression before, columns the one after.

    Args:
        counts: int (7, 7) in the order of EMOTIONS.
    """
    return matrix(
        EMOTIONS,
        counts.tolist(),
        cell=lambda count, _: str(count or ""),
        hint=lambda before, after, count, _: f"{before} to {after}: {count}",
    )


def spread(found: Spread | None) -> str:
    """Mean and standard deviation over time: "+0.21 ± 0.30"."""
    return "–" if found is None else f"{signed(found.mean)} ± {found.sd:.2f}"


def _heads(names: Iterable[str]) -> list[str]:
    return [f'<span title="{escape(name)}">{escape(name)}</span>' for name in names]


def _table(corner: str, heads: Sequence[str], rows: str) -> str:
    return table(head_row(corner, heads) + rows, css="fer-shares fer-session")
