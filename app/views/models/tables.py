"""The tables of a comparison of models, as HTML: each model has a letter and a colour, the same in all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from app.charts.training import MODEL_COLOURS
from app.formatting import exact_percent, signed
from app.html_tables import STYLE, head_row, row, table
from fer_core.colours import ink_on
from fer_core.emotions import EMOTIONS
from train.evaluation.compare import LETTERS, ComparedPair, Comparison
from train.evaluation.types import EvaluationReport

_STYLE = f"""{STYLE}<style>
.fer-key {{display:flex; flex-wrap:wrap; gap:.3rem 1.4rem; font-size:.92rem}}
.fer-letter {{font-weight:700; padding:0 .4em; border-radius:4px}}
.fer-table.fer-versus {{width:auto; min-width:min(100%, 46rem)}}
.fer-table.fer-versus th {{opacity:1}}
.fer-table.fer-versus :is(td, th):last-child {{padding-right:0}}
.fer-versus td small {{display:block; line-height:1.1}}
@media (max-width:640px) {{.fer-table.fer-versus {{font-size:.82rem}}
  .fer-table.fer-versus :is(td, th) {{padding-right:.5rem}}}}
</style>"""


@dataclass(frozen=True)
class _Figure:
    """A row: how to find its value in a report, and how to write the value and its difference to the first model's."""

    label: str
    value: Callable[[EvaluationReport], float | None]
    in_percent: bool = True
    lower_is_better: bool = False

    def words(self, value: float | None) -> str:
        return exact_percent(value) if value is None or self.in_percent else f"{value:.3f}"

    def difference(self, value: float, other: float) -> str:
        return signed(100 * (value - other), 1) if self.in_percent else signed(value - other, 3)


def _recall(name: str) -> _Figure:
    # An emotion without images has no recall.
    return _Figure(f"Recall of {name}", lambda e: e.per_class[name].recall if e.per_class[name].support else None)


_FIGURES = (
    _Figure("Accuracy", lambda e: e.accuracy),
    _Figure("Accuracy without leaks", lambda e: e.accuracy_without_duplicates),
    _Figure("Accuracy without near-duplicates", lambda e: e.accuracy_without_near_duplicates),
    _Figure("Macro-F1", lambda e: e.macro_f1, in_percent=False),
    _Figure("Balanced accuracy", lambda e: e.balanced_accuracy),
    _Figure("Calibration error (ECE)", lambda e: e.ece, lower_is_better=True),
    *(_recall(name) for name in EMOTIONS),
)


def letter(index: int) -> str:
    """A model's letter on its colour."""
    colour = MODEL_COLOURS[index]
    return f'<span class="fer-letter" style="background:{colour}; color:{ink_on(colour)}">{LETTERS[index]}</span>'


def key(titles: Mapping[int, str]) -> str:
    """Which letter stands for which model."""
    parts = "".join(f"<span>{letter(i)}&ensp;{escape(title)}</span>" for i, title in titles.items())
    return f'{_STYLE}<div class="fer-key">{parts}</div>'


def figures(reports: Sequence[EvaluationReport], *, measured_on: Sequence[str] = (), comparable: bool = True) -> str:
    """Figures side by side: the best of each row bold, the difference to the first model small.

    Args:
        reports: a column each.
        measured_on: name of each report's data set, for a row of its own.
        comparable: whether all were measured on the same images; else nothing is bold and there are no differences.
    """
    rows = row("Measured on", [escape(name) for name in measured_on]) if measured_on else ""
    rows += row("Faces", [f"{report.n:,}" for report in reports])
    rows += "".join(_figure_row(figure, reports, comparable=comparable) for figure in _FIGURES)
    return _table([letter(i) for i in range(len(reports))], rows)


def _figure_row(figure: _Figure, reports: Sequence[EvaluationReport], *, comparable: bool) -> str:
    values = [figure.value(report) for report in reports]
    known = [value for value in values if value is not None]
    best = (min if figure.lower_is_better else max)(known, default=None)
    cells = []
    for index, value in enumerate(values):
        words = figure.words(value)
        if comparable and value == best and len(set(known)) > 1:
            words = f"<b>{words}</b>"
        if comparable and index and value is not None and values[0] is not None:
            words += f"<small>{figure.difference(value, values[0])}</small>"
        cells.append(words)
    return row(figure.label, cells)


def pairs(comparison: Comparison) -> str:
    """Each two models on the same images."""
    rows = "".join(_pair_row(pair) for pair in comparison.pairs)
    return _table(("Difference, points", "Only one right", "p"), rows)


def _pair_row(pair: ComparedPair) -> str:
    low, high = (signed(100 * value, 1) for value in pair.interval_95)
    verdict = "significant" if pair.is_beyond_chance else "not significant"
    names = f"{letter(pair.first)} against {letter(pair.second)}"
    return row(
        f"{f'<b>{names}</b>' if pair.is_beyond_chance else names}<small>{verdict}</small>",
        [
            f"{signed(100 * pair.difference, 1)}<small>{low} to {high}</small>",
            f"{pair.only_first_right:,} : {pair.only_second_right:,}",
            p_words(pair.p_corrected),
        ],
    )


def p_words(p: float) -> str:
    """A p-value, no finer than anybody needs."""
    return f"{p:.2g}" if p >= 0.001 else "< 0.001"


def _table(head: Sequence[str], rows: str) -> str:
    return _STYLE + table(head_row("", head) + rows, css="fer-versus")
