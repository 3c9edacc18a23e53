"""Tables as HTML, the same on the pages and in a report. Imports no Streamlit.

Cells and heads are HTML: whoever puts free text into them escapes it. `text_table` takes plain text.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

from app.colours import GREEN, translucent
from app.formatting import noticed_percent, whole_percent
from fer_core.emotions import EMOTION_COLOURS

MATRIX_CSS: Final = """
.fer-matrix {border-collapse:separate; border-spacing:2px; font-size:.8rem; table-layout:fixed; width:100%;
  max-width:34rem}
.fer-matrix th {font-weight:400; opacity:.75; padding:.15rem .2rem; overflow:hidden; text-overflow:ellipsis}
.fer-matrix th:first-child {width:4.6rem; text-align:right}
.fer-matrix td {text-align:center; height:2rem; border-radius:4px; font-variant-numeric:tabular-nums; padding:0}
@media (max-width:640px) {.fer-matrix {font-size:.68rem} .fer-matrix th:first-child {width:3.6rem}}
"""
"""Of `matrix`."""
SHARES_CSS: Final = """
.fer-shares td:not(:first-child), .fer-shares th:not(:first-child) {padding-left:.5rem; padding-right:.3rem}
.fer-shares td:first-child {white-space:nowrap; width:1%; padding-right:1.2rem}
"""
"""Of tables with a row of shares: the class "fer-shares"."""
_CARDS_CSS: Final = """
@media (max-width:640px) {
  .fer-cards th {display:none}
  .fer-cards tr {display:block; padding:.5rem 0; border-top:1px solid rgba(128,128,128,.3)}
  .fer-cards tr:first-child {padding:0; border:0}
  .fer-cards td {display:flow-root; border:0; padding:.12rem 0; overflow-wrap:anywhere}
  .fer-cards td.n {text-align:left; white-space:normal}
  .fer-cards td::before {content:attr(data-label); float:left; width:8.5rem; padding-right:.6rem; opacity:.7;
    font-weight:400}
  .fer-cards td:first-child {font-size:1rem; font-weight:600}
  .fer-cards td:first-child::before {content:none}
  .fer-cards td:empty {display:none}
}
"""
STYLE: Final = f"""<style>
.fer-scroll {{overflow:auto}}
.fer-table {{border-collapse:collapse; font-size:.88rem; width:100%}}
.fer-table th {{font-weight:400; opacity:.65; text-align:left; padding:.3rem .9rem .3rem 0; white-space:nowrap}}
.fer-table td {{padding:.34rem .9rem .34rem 0; border-top:1px solid rgba(128,128,128,.2)}}
.fer-table .n {{text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap}}
.fer-table tr.on td {{font-weight:600}}
.fer-table i {{display:inline-block; width:.7rem; height:.7rem; border-radius:3px; margin-right:.45rem}}
.fer-table small {{opacity:.7; font-size:.8rem; font-weight:400}}
.fer-narrow {{max-width:46rem}}
{MATRIX_CSS}{SHARES_CSS}{_CARDS_CSS}</style>"""
"""What a page's tables need; a report has a style for paper."""
_DEEPEST: Final = 0.7
"""Of a matrix's cells, so that both themes' text can be read on them."""


def table(rows: str, *, css: str = "", box_css: str = "", height_rem: float | None = None) -> str:
    """A table in a box that scrolls where the screen is too narrow.

    Args:
        rows: `head_row` and `row`s.
        css: further classes of the table.
        box_css: further classes of the box.
        height_rem: a longer table scrolls within this height.
    """
    # What scrolls must be reached by keys.
    height = f' style="max-height:{height_rem:.1f}rem" tabindex="0"' if height_rem else ""
    box, own = f"fer-scroll {box_css}".strip(), f"fer-table {css}".strip()
    return f'<div class="{box}"{height}><table class="{own}">{rows}</table></div>'


def head_row(corner: str, heads: Sequence[str]) -> str:
    """The first row: a head on the left, and one above each column of numbers."""
    columns = "".join(f'<th class="n">{head}</th>' for head in heads)
    return f"<tr><th>{corner}</th>{columns}</tr>"


def row(head: str, cells: Sequence[str]) -> str:
    """A head and its numbers."""
    columns = "".join(f'<td class="n">{cell}</td>' for cell in cells)
    return f"<tr><td>{head}</td>{columns}</tr>"


def share_row(label: str, shares: Sequence[float], leaning: Sequence[float] = ()) -> str:
    """A label with its colour, and each share, 0 to 1, as a number on a bar.

    Args:
        label: one of EMOTIONS, or UNSURE.
        shares: of each column.
        leaning: how much of each share was only leaning to the label: the striped end of its bar. Empty for none.
    """
    cells = "".join(
        _bar_cell(EMOTION_COLOURS[label], share, part)
        for share, part in zip(shares, leaning or [0.0] * len(shares), strict=True)
    )
    return f'<tr class="share"><td>{swatch(label)}</td>{cells}</tr>'


def _bar_cell(colour: str, share: float, leaning: float) -> str:
    named = share - leaning
    bar = f"linear-gradient(to right, {colour}55 {100 * named:.1f}%, transparent 0)"
    title = ""
    if leaning:
        # In CSS a position is a share of the room that the image leaves.
        left = named / (1 - leaning) if leaning < 1 else 0.0
        bar += f", {stripes(colour, behind_text=True)} {100 * left:.1f}% 0 / {100 * leaning:.1f}% 100% no-repeat"
        title = f' title="Named {whole_percent(named)}, probably {whole_percent(leaning)}"'
    return f'<td class="n" style="background:{bar}"{title}>{share_cell(share)}</td>'


def stripes(colour: str, *, behind_text: bool = False) -> str:
    """Stands for time in which a face was only leaning to a label: a CSS image, pale where text stands on it."""
    line, gap, to_px = (f"{colour}66", f"{colour}1a", 6) if behind_text else (colour, "transparent", 4)
    return f"repeating-linear-gradient(135deg, {line} 0 2px, {gap} 2px {to_px}px)"


def share_cell(share: float) -> str:
    """A share in a cell: a dash for none, and small ones are not rounded away."""
    return escape(noticed_percent(share)) if share else "–"


def swatch(label: str) -> str:
    """A label, such as an emotion, after a square of its colour."""
    return f'<i style="background:{EMOTION_COLOURS[label]}"></i>{label.capitalize()}'


def matrix(
    labels: Sequence[str],
    counts: Sequence[Sequence[int]],
    *,
    cell: Callable[[int, int], str],
    hint: Callable[[str, str, int, int], str],
) -> str:
    """A square of counts, such as a confusion matrix; the shade of a cell is its share of the row.

    Args:
        labels: of the rows and columns.
        counts: a row for each label.
        cell: gives what a cell shows, from its count and the sum of its row.
        hint: gives what it shows under the mouse, from its row's label, its column's, its count and the sum.
    """
    head = "".join(f'<th title="{label}">{label[:3].capitalize()}</th>' for label in labels)
    body = ""
    for label, numbers in zip(labels, counts, strict=True):
        total = sum(numbers)
        cells = "".join(
            f'<td style="background:{translucent(GREEN, 0.04 + _DEEPEST * count / max(total, 1))}" '
            f'title="{hint(label, column, count, total)}">{cell(count, total)}</td>'
            for column, count in zip(labels, numbers, strict=True)
        )
        body += f"<tr><th>{label.capitalize()}</th>{cells}</tr>"
    return f'<table class="fer-matrix"><tr><th></th>{head}</tr>{body}</table>'


def text_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    chosen: int | None = None,
    lines: int | None = None,
    narrow: bool = False,
) -> str:
    """A page's table of plain text, with its style; a cell's second line is small.

    On a phone, the rows of a table of three or more columns are cards: the first cell above, the others below it, each
    after its column's head.

    Args:
        head: above each column.
        rows: their cells.
        numbers: columns that are right-aligned.
        chosen: the row that is bold.
        lines: a longer table scrolls within the height of so many rows.
        narrow: keep the numbers near their labels on a wide screen.
    """
    is_cards = len(head) > 2
    columns = [' class="n"' if i in numbers else "" for i in range(len(head))]
    heads = "".join(f"<th{css}>{escape(cell)}</th>" for css, cell in zip(columns, head, strict=True))
    named = [f'{css} data-label="{escape(cell)}"' if is_cards else css for css, cell in zip(columns, head, strict=True)]
    marks: Mapping[int | None, str] = {chosen: ' class="on"'}
    body = "".join(
        f"<tr{marks.get(i, '')}>"
        + "".join(f"<td{attributes}>{_text_cell(cell)}</td>" for attributes, cell in zip(named, cells, strict=True))
        + "</tr>"
        for i, cells in enumerate(rows)
    )
    height_rem = 2.1 * (lines + 1) if lines else None
    return STYLE + table(
        f"<tr>{heads}</tr>{body}",
        css="fer-cards" if is_cards else "",
        box_css="fer-narrow" if narrow else "",
        height_rem=height_rem,
    )


def _text_cell(text: str) -> str:
    first, _, second = text.partition("\n")
    return escape(first) + (f"<br><small>{escape(second)}</small>" if second else "")
