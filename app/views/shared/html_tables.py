"""Small tables and picture grids of the Train and Models pages, as HTML: crisp, calm, readable on a phone."""

import base64
from collections.abc import Mapping, Sequence
from html import escape

import cv2
import numpy as np

from app.formatting import exact_percent, whole_percent
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from train.evaluation.figures import ClassFigures, Mistake

STYLE = """<style>
.fer-scroll {overflow:auto}
.fer-table {border-collapse:collapse; font-size:.88rem; width:100%}
.fer-table th {font-weight:400; opacity:.65; text-align:left; padding:.3rem .9rem .3rem 0; white-space:nowrap}
.fer-table td {padding:.34rem .9rem .34rem 0; border-top:1px solid rgba(128,128,128,.2)}
.fer-table .n {text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap}
.fer-table tr.on td {font-weight:600}
.fer-table i {display:inline-block; width:.7rem; height:.7rem; border-radius:3px; margin-right:.45rem}
.fer-confusion {border-collapse:separate; border-spacing:2px; font-size:.8rem; table-layout:fixed; width:100%;
  max-width:34rem}
.fer-confusion th {font-weight:400; opacity:.75; padding:.15rem .2rem; overflow:hidden; text-overflow:ellipsis}
.fer-confusion th:first-child {width:4.6rem; text-align:right}
.fer-confusion td {text-align:center; height:2rem; border-radius:4px; font-variant-numeric:tabular-nums; padding:0}
.fer-table small {opacity:.7; font-size:.8rem; font-weight:400}
.fer-narrow {max-width:46rem}
.fer-mistakes {display:grid; grid-template-columns:repeat(auto-fit, minmax(19rem, 1fr)); gap:1rem 2rem;
  font-size:.86rem}
.fer-tiles {display:grid; grid-template-columns:repeat(6, 1fr); gap:.4rem; font-size:.72rem; line-height:1.2}
.fer-tiles figure {margin:0; min-width:0}
.fer-tiles img {width:100%; border-radius:5px; display:block; margin-bottom:.15rem}
.fer-faces {display:grid; grid-template-columns:5rem 1fr; gap:.3rem .6rem; align-items:center; font-size:.86rem}
.fer-faces img {width:100%; max-width:32rem; border-radius:6px; display:block}
@media (max-width:640px) {.fer-confusion {font-size:.68rem} .fer-confusion th:first-child {width:3.6rem}}
</style>"""

TILE_PX = 48
MISTAKES_SHOWN = 6


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    chosen: int | None = None,
    lines: int | None = None,
    narrow: bool = False,
) -> str:
    """Rows of plain text; a cell's second line is small.

    Args:
        numbers: columns that are right-aligned.
        chosen: the row that is bold.
        lines: a longer table scrolls within the height of so many rows.
        narrow: keep the numbers near their labels on a wide screen.
    """
    columns = [' class="n"' if i in numbers else "" for i in range(len(head))]
    heads = "".join(f"<th{css}>{escape(cell)}</th>" for css, cell in zip(columns, head, strict=True))
    marks = {chosen: ' class="on"'}
    body = "".join(
        f"<tr{marks.get(i, '')}>"
        + "".join(f"<td{css}>{_cell(cell)}</td>" for css, cell in zip(columns, row, strict=True))
        + "</tr>"
        for i, row in enumerate(rows)
    )
    height = f' style="max-height:{2.1 * (lines + 1):.1f}rem"' if lines else ""
    css = "fer-scroll fer-narrow" if narrow else "fer-scroll"
    return f'{STYLE}<div class="{css}"{height}><table class="fer-table"><tr>{heads}</tr>{body}</table></div>'


def class_table(per_class: Mapping[str, ClassFigures]) -> str:
    """Precision, recall and F1 by emotion."""
    rows = "".join(
        f'<tr><td><i style="background:{EMOTION_COLOURS[name]}"></i>{name.capitalize()}</td>'
        f'<td class="n">{exact_percent(c.precision)}</td><td class="n">{exact_percent(c.recall)}</td>'
        f'<td class="n">{c.f1:.2f}</td>'
        f'<td class="n">{c.support:,}</td></tr>'
        for name, c in per_class.items()
    )
    head = "".join(f'<th class="n">{word}</th>' for word in ("Precision", "Recall", "F1", "Images"))
    body = f'<table class="fer-table"><tr><th></th>{head}</tr>{rows}</table>'
    return f'{STYLE}<div class="fer-scroll fer-narrow">{body}</div>'


def confusion(counts: Sequence[Sequence[int]], *, shares: bool) -> str:
    """The matrix, rows true, as counts or as shares of each row; the shade is the share either way."""
    head = "".join(f'<th title="{name}">{name[:3].capitalize()}</th>' for name in EMOTIONS)
    body = ""
    for name, row in zip(EMOTIONS, counts, strict=True):
        total = max(sum(row), 1)
        cells = "".join(
            f'<td style="background:rgba(47,143,131,{0.04 + 0.76 * count / total:.2f})" '
            f'title="{name} called {called}: {count:,} of {sum(row):,}">'
            + (f"{100 * count / total:.0f}" if shares else f"{count:,}")
            + "</td>"
            for called, count in zip(EMOTIONS, row, strict=True)
        )
        body += f"<tr><th>{name.capitalize()}</th>{cells}</tr>"
    return f'{STYLE}<table class="fer-confusion"><tr><th></th>{head}</tr>{body}</table>'


def sample_faces(sheet: np.ndarray) -> str:
    """A sheet of sample faces, one row per emotion, with the emotions' names beside the rows."""
    rows = ""
    for index, name in enumerate(EMOTIONS):
        strip = sheet[index * TILE_PX : (index + 1) * TILE_PX]
        if strip.size:
            rows += f'<span>{name.capitalize()}</span><img alt="Faces labelled {name}" src="{_data_url(strip)}">'
    return f'{STYLE}<div class="fer-faces">{rows}</div>'


def mistakes(found: Mapping[str, Sequence[Mistake]], sheet: np.ndarray) -> str:
    """The surest few mistakes of each expression with their pictures; the sheet's tiles stand in the same order."""
    per_row = max(1, sheet.shape[1] // TILE_PX)
    blocks, before = "", 0
    for name, own in found.items():
        tiles = ""
        for index, mistake in enumerate(own[:MISTAKES_SHOWN], start=before):
            top, left = index // per_row * TILE_PX, index % per_row * TILE_PX
            tile = sheet[top : top + TILE_PX, left : left + TILE_PX]
            if tile.shape[:2] == (TILE_PX, TILE_PX):
                tiles += (
                    f'<figure><img alt="" src="{_data_url(tile)}">{escape(mistake.predicted.capitalize())}<br>'
                    f"{whole_percent(mistake.confidence)}</figure>"
                )
        before += len(own)
        if tiles:
            blocks += f'<div>Labelled {escape(name)}, called<div class="fer-tiles">{tiles}</div></div>'
    return f'{STYLE}<div class="fer-mistakes">{blocks}</div>'


def _cell(text: str) -> str:
    first, _, second = text.partition("\n")
    return escape(first) + (f"<br><small>{escape(second)}</small>" if second else "")


def _data_url(picture: np.ndarray) -> str:
    """A PNG for an img element."""
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode()
