"""Tables of sessions as HTML, the same on the page and in a report. All free text is escaped; no Streamlit."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from app.formatting import clock, signed, whole_percent
from app.statistics.comparison import FIGURES, Stretch
from app.statistics.summary import STATES, Peak, Spread, Summary
from fer_core.emotions import EMOTION_COLOURS
from fer_core.results import Doubt

CSS: Final = """
.fer-session td:not(:first-child), .fer-session th:not(:first-child) {padding-left:.5rem; padding-right:.3rem}
.fer-session td:first-child {white-space:nowrap; width:1%; padding-right:1.2rem}
.fer-session th.n {white-space:normal; overflow-wrap:anywhere; min-width:4.2rem}
.fer-moves {border-collapse:separate; border-spacing:2px; font-size:.8rem; table-layout:fixed; width:100%;
  max-width:34rem}
.fer-moves th {font-weight:400; opacity:.75; padding:.15rem .2rem; overflow:hidden; text-overflow:ellipsis}
.fer-moves th:first-child {width:4.6rem; text-align:right}
.fer-moves td {text-align:center; height:1.9rem; border-radius:4px; font-variant-numeric:tabular-nums; padding:0}
"""
"""Beside the style of `app.views.shared.html_tables`."""


def figures(columns: Mapping[str, Summary]) -> str:
    """A column for each session, task or face: shares of its time with bars, and its other figures."""
    shown = list(columns.values())
    rows = "".join(_share_row(state, [summary.label_shares[state] for summary in shown]) for state in STATES)
    rows += _row("Seen for", [clock(s.watched_s, tenths=s.watched_s < 600) for s in shown])
    rows += _row("Valence", [spread(s.valence) for s in shown])
    rows += _row("Arousal", [spread(s.arousal) for s in shown])
    rows += _row("Changes of label per minute", [f"{s.flips_per_min:.1f}" for s in shown])
    return _table(f"<tr><th>Share of the time</th>{_heads(columns)}</tr>{rows}")


def side_means(sides: Mapping[str, Sequence[Stretch]]) -> str:
    """A column for each side of a comparison: the means over its sessions, each counting the same."""
    means = {name: np.mean([one.means for one in own], axis=0).tolist() for name, own in sides.items()}
    rows = "".join(
        _share_row(figure, [values[i] for values in means.values()])
        if figure in STATES
        else _row(figure.capitalize(), [signed(values[i]) for values in means.values()])
        for i, figure in enumerate(FIGURES)
    )
    rows += _row("Sessions", [str(len(own)) for own in sides.values()])
    return _table(f"<tr><th>Mean share of the time</th>{_heads(means)}</tr>{rows}")


def dwell_times(summary: Summary) -> str:
    """How often each label came, and for how long it stayed."""
    rows = "".join(
        f"<tr><td>{_swatch(state)}</td><td class='n'>{dwell.times}</td><td class='n'>{dwell.median_s:.1f} s</td>"
        f"<td class='n'>{dwell.longest_s:.1f} s</td></tr>"
        for state, dwell in summary.dwells.items()
        if dwell.times
    )
    head = "".join(f'<th class="n">{word}</th>' for word in ("Came", "Median stay", "Longest"))
    return _table(f"<tr><th>Label</th>{head}</tr>{rows}")


def doubts(shares: Mapping[Doubt, float]) -> str:
    """Share of the time with each reason to be unsure."""
    rows = "".join(_row(escape(doubt.value.capitalize()), [_share(share)]) for doubt, share in shares.items())
    return _table(f'<tr><th>Reason</th><th class="n">Share of the time</th></tr>{rows}')


def peaks(found: Sequence[Peak]) -> str:
    """The strongest moments."""
    rows = "".join(
        f"<tr><td>{_swatch(peak.emotion)}</td><td class='n'>{clock(peak.at_s, tenths=True)}</td>"
        f"<td class='n'>{whole_percent(peak.probability)}</td></tr>"
        for peak in found
    )
    head = "".join(f'<th class="n">{word}</th>' for word in ("At", "Probability"))
    return _table(f"<tr><th>Expression</th>{head}</tr>{rows}")


def transitions(counts: np.ndarray) -> str:
    """The matrix: rows are what was shown, columns what came next; the shade is the share of the row."""
    head = "".join(f'<th title="{state}">{state[:3].capitalize()}</th>' for state in STATES)
    body = ""
    for state, row in zip(STATES, counts.tolist(), strict=True):
        total = max(sum(row), 1)
        cells = "".join(
            f'<td style="background:rgba(47,143,131,{0.04 + 0.76 * count / total:.2f})" '
            f'title="{state} to {after}: {count}">{count or ""}</td>'
            for after, count in zip(STATES, row, strict=True)
        )
        body += f"<tr><th>{state.capitalize()}</th>{cells}</tr>"
    return f'<table class="fer-moves"><tr><th></th>{head}</tr>{body}</table>'


def spread(found: Spread | None) -> str:
    """ "+0.21 ± 0.30": mean and standard deviation over time."""
    return "–" if found is None else f"{signed(found.mean)} ± {found.sd:.2f}"


def _heads(names: Iterable[str]) -> str:
    return "".join(f'<th class="n" title="{escape(name)}">{escape(name)}</th>' for name in names)


def _share_row(state: str, shares: Sequence[float]) -> str:
    colour = EMOTION_COLOURS[state]
    cells = "".join(
        f'<td class="n" style="background:linear-gradient(to right, {colour}55 {100 * share:.1f}%, transparent 0)">'
        f"{_share(share)}</td>"
        for share in shares
    )
    return f'<tr class="share"><td>{_swatch(state)}</td>{cells}</tr>'


def _share(share: float) -> str:
    """Small shares are not rounded away."""
    return "–" if not share else "&lt;1 %" if share < 0.005 else whole_percent(share)


def _swatch(state: str) -> str:
    return f'<i style="background:{EMOTION_COLOURS[state]}"></i>{state.capitalize()}'


def _row(head: str, cells: Sequence[str]) -> str:
    return f"<tr><td>{head}</td>" + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>"


def _table(rows: str) -> str:
    return f'<div class="fer-scroll"><table class="fer-table fer-session">{rows}</table></div>'
