"""The card beside a video: what it showed, in a few figures and bars, as HTML."""

from typing import Final

from app.analysis.summary import FileSummary
from app.formatting import clock
from app.html_tables import share_cell, stripes
from fer_core.emotions import EMOTION_COLOURS, UNSURE

MOST_BARS: Final = 4
"""Labels with a bar of their own, beside unsure; a rarer one stands in the table of faces."""
MINUTE_S: Final = 60.0
"""Shorter videos are told with tenths."""
_STYLE: Final = """<style>
.fer-card {border:1px solid rgba(128,128,128,.28); border-radius:.6rem; padding:.9rem 1rem 1rem}
.fer-card dl {display:grid; grid-template-columns:repeat(2, 1fr); gap:.7rem 1rem; margin:0; padding:0}
.fer-card dl div {display:flex; flex-direction:column; justify-content:space-between}
.fer-card dt {font-size:.8rem; font-weight:400; opacity:.75}
.fer-card dd {margin:0; font-size:1.3rem; font-weight:600; font-variant-numeric:tabular-nums}
.fer-card div.bars {display:grid; grid-template-columns:5rem 1fr 3rem; gap:.4rem .6rem; align-items:center;
  font-size:.88rem; margin-top:.9rem}
.fer-card div.bars i {display:block; height:.7rem; border-radius:4px}
.fer-card div.bars span.room {background:rgba(128,128,128,.16); border-radius:4px}
.fer-card div.bars b {font-weight:400; text-align:right; font-variant-numeric:tabular-nums}
</style>"""


def html(summary: FileSummary) -> str:
    """Faces, length, frames analysed and the share of unsure; below, the leading labels of all faces together."""
    figures = {
        "Faces": f"{len(summary.faces)}",
        "Length": clock(summary.seconds, tenths=summary.seconds < MINUTE_S),
        "Frames analysed": f"{summary.looks:,}",
        "Unsure": share_cell(summary.shares[UNSURE]),
    }
    tiles = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items())
    bars = "".join(_bar(label, share, summary.leaning(label)) for label, share in summary.leaders[:MOST_BARS])
    if not bars:
        bars = "<span>No label</span>"
    return f'{_STYLE}<div class="fer-card"><dl>{tiles}</dl><div class="bars">{bars}</div></div>'


def _bar(label: str, share: float, leaning: float) -> str:
    """A label, its share as a bar, striped where the program was only leaning to it, and as a number."""
    colour = EMOTION_COLOURS[label]
    named = 100 * (share - leaning) / share
    ground = f"linear-gradient(to right, {colour} {named:.1f}%, transparent 0), {stripes(colour)}"
    return (
        f'<span>{label.capitalize()}</span><span class="room"><i style="width:{max(share, 0.01) * 100:.1f}%;'
        f'background:{ground}"></i></span><b>{share_cell(share)}</b>'
    )
