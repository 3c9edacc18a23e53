"""Tables of evaluations and grids of faces for the Train and Models pages, as HTML."""

import base64
from collections.abc import Mapping, Sequence
from html import escape

import cv2
import numpy as np

from app.formatting import exact_percent, whole_percent
from app.html_tables import STYLE, head_row, matrix, row, swatch, table
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from train.dataset.report import SplitReport
from train.evaluation.figures import ClassFigures, Mistake

_STYLE = f"""{STYLE}<style>
.fer-mistakes {{display:grid; grid-template-columns:repeat(auto-fit, minmax(19rem, 1fr)); gap:1rem 2rem;
  font-size:.86rem}}
.fer-tiles {{display:grid; grid-template-columns:repeat(6, 1fr); gap:.4rem; font-size:.72rem; line-height:1.2}}
.fer-tiles figure {{margin:0; min-width:0}}
.fer-tiles img {{width:100%; border-radius:5px; display:block; margin-bottom:.15rem}}
.fer-table.fer-classes {{table-layout:fixed}}
.fer-table.fer-classes :is(td, th):first-child {{width:6.4rem; white-space:nowrap}}
.fer-table.fer-classes th.n {{text-align:left; white-space:normal}}
.fer-table.fer-classes td.n div {{display:flex; align-items:center; gap:.4rem}}
.fer-table.fer-classes td.n div i {{height:.8rem; margin:0; min-width:2px; flex:0 1 auto}}
.fer-faces {{display:grid; grid-template-columns:5rem 1fr; gap:.3rem .6rem; align-items:center; font-size:.86rem}}
.fer-faces img {{width:100%; max-width:32rem; border-radius:6px; display:block}}
</style>"""
TILE_PX = 48
MISTAKES_SHOWN = 6


def class_bars(splits: Mapping[str, SplitReport]) -> str:
    """How many faces each expression has in each split, as bars with numbers. Each split has its own scale."""
    heads = [f"{name.capitalize()} · {split.faces:,} faces" for name, split in splits.items()]
    most = [max(1, *split.per_class.values()) for split in splits.values()]
    rows = ""
    for emotion in EMOTIONS:
        cells = "".join(
            _bar_cell(EMOTION_COLOURS[emotion], split.per_class.get(emotion, 0), longest)
            for split, longest in zip(splits.values(), most, strict=True)
        )
        rows += f"<tr><td>{swatch(emotion)}</td>{cells}</tr>"
    return _STYLE + table(head_row("Expression", heads) + rows, css="fer-classes")


def _bar_cell(colour: str, count: int, longest: int) -> str:
    # The number stands right of the bar, so that the longest bar leaves room for it.
    width = f"calc({count / longest:.3f} * (100% - 3.2rem))"
    return f'<td class="n"><div><i style="width:{width};background:{colour}"></i>{count:,}</div></td>'


def class_table(per_class: Mapping[str, ClassFigures]) -> str:
    """Precision, recall and F1 by emotion."""
    rows = "".join(
        row(swatch(name), [exact_percent(c.precision), exact_percent(c.recall), f"{c.f1:.2f}", f"{c.support:,}"])
        for name, c in per_class.items()
    )
    return STYLE + table(head_row("", ("Precision", "Recall", "F1", "Images")) + rows, box_css="fer-narrow")


def confusion(counts: Sequence[Sequence[int]], *, shares: bool) -> str:
    """The confusion matrix, rows true, as counts or as shares of each row in per cent."""
    return STYLE + matrix(
        EMOTIONS,
        counts,
        cell=lambda count, total: f"{100 * count / max(total, 1):.0f}" if shares else f"{count:,}",
        hint=lambda name, called, count, total: f"{name} called {called}: {count:,} of {total:,}",
    )


def sample_faces(sheet: np.ndarray) -> str:
    """A sheet of sample faces, one row per emotion, with the emotions' names beside the rows."""
    rows = ""
    for index, name in enumerate(EMOTIONS):
        strip = sheet[index * TILE_PX : (index + 1) * TILE_PX]
        if strip.size:
            rows += f'<span>{name.capitalize()}</span><img alt="Faces labelled {name}" src="{_data_url(strip)}">'
    return f'{_STYLE}<div class="fer-faces">{rows}</div>'


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
            blocks += f'<div>Labelled {escape(name)}, answered<div class="fer-tiles">{tiles}</div></div>'
    return f'{_STYLE}<div class="fer-mistakes">{blocks}</div>'


def _data_url(picture: np.ndarray) -> str:
    """A PNG for an img element."""
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode()
