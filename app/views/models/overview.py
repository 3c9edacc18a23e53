"""The models as rows of one table: the live one first, then by accuracy within their data set. Imports no Streamlit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Final

from app.formatting import exact_percent, size_words
from app.training.measured import Measurement, distinct, measurements
from fer_core.expressions.card import ModelCard
from fer_core.expressions.card_checks import is_number
from fer_core.expressions.model import TFLITE_FILE
from fer_core.expressions.model_list import StoredModel
from train.runs.files import REPORT, read_json

HEADS: Final = ("Data set", "Accuracy", "Size", "ms a face", "Date")
STYLE: Final = """<style>
.fer-model {display:grid; grid-template-columns:1.3fr 2fr .8fr .8fr 1fr; gap:.1rem 1rem; font-size:.88rem;
  align-items:baseline}
.fer-model > span {overflow-wrap:anywhere; font-variant-numeric:tabular-nums}
.fer-model small {display:block; font-size:.8rem; opacity:.75}
.fer-model.head {opacity:.75; font-size:.82rem}
[class*="st-key-models_row_"] {border-top:1px solid rgba(128,128,128,.2); padding:.4rem 0 .3rem}
[class*="st-key-models_row_"] [data-testid="stVerticalBlock"] {gap:.1rem}
[class*="st-key-models_open_"] button {min-height:0; padding-top:0; padding-bottom:0}
[class*="st-key-models_open_"] button p {text-align:left; font-weight:600; overflow-wrap:anywhere}
@media (max-width:640px) {
  .st-key-models_head {display:none}
  .fer-model {grid-template-columns:1fr 1fr}
  .fer-model > span::before {content:attr(data-head); display:block; font-size:.76rem; opacity:.75}
}
</style>"""
"""On a phone a row is a card: each value stands below its head."""


@dataclass(frozen=True)
class ModelRow:
    """One model of the table.

    Attributes:
        model: a whole one.
        measured: its accuracies, the validation split's first.
        size_bytes: of the file that runs live; 0 where it cannot be read.
        ms_per_face: measured where its run was trained; None where it was not, or the run is gone.
    """

    model: StoredModel
    measured: tuple[Measurement, ...]
    size_bytes: int
    ms_per_face: float | None

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """A value and a small second line for each of `HEADS`, plain text."""
        card = self.model.card
        first = self.measured[0] if self.measured else None
        return (
            (first.measured.title if first else "–", ""),
            _accuracy_words(self.measured),
            (size_words(self.size_bytes) if self.size_bytes else "–", ""),
            ("–" if self.ms_per_face is None else f"{self.ms_per_face:.2f}", ""),
            (_day(card.created) if card else "–", ""),
        )


def rows_of(models: Iterable[StoredModel]) -> tuple[ModelRow, ...]:
    """The whole ones among the models, each once, in the table's order."""
    models = tuple(models)
    speeds = [(model.card.sha256, _ms_per_face(model)) for model in models if model.card and model.origin == "run"]
    rows = [_row(model, model.card, speeds) for model in distinct(models) if model.card]
    live = next((row for row in rows if row.model.is_live), None)
    live_set = live.measured[0].measured.is_same_as if live and live.measured else None

    def order(row: ModelRow) -> tuple[bool, bool, bool, str, float, str]:
        first = row.measured[0] if row.measured else None
        in_live_set = first is not None and first.measured.is_same_as == live_set
        data_set = f"{first.measured.title} {first.measured.sha256} {first.split}" if first else ""
        accuracy = first.accuracy if first else 0.0
        return not row.model.is_live, first is None, not in_live_set, data_set, -accuracy, row.model.name

    return tuple(sorted(rows, key=order))


def _row(model: StoredModel, card: ModelCard, speeds: Sequence[tuple[dict[str, str], float | None]]) -> ModelRow:
    try:
        size = (model.folder / TFLITE_FILE).stat().st_size
    except OSError:
        size = 0
    speed = next((ms for files, ms in speeds if files == card.sha256 and ms is not None), None)
    return ModelRow(model, measurements(card), size, speed)


def _ms_per_face(model: StoredModel) -> float | None:
    report = read_json(model.folder.parent / REPORT)
    exported = report.get("model") if isinstance(report, dict) else None
    value = exported.get("ms_per_face") if isinstance(exported, dict) else None
    return float(value) if value is not None and is_number(value) else None


def _accuracy_words(measured: Sequence[Measurement]) -> tuple[str, str]:
    if not measured:
        return "–", "not measured"
    first, *rest = measured
    interval = ""
    if first.interval_95 is not None:
        low, high = (100 * end for end in first.interval_95)
        interval = f" ({low:.1f}–{high:.1f})"
    faces = f"{first.faces:,} " if first.faces else ""
    others = "".join(f" · {one.split} {exact_percent(one.accuracy)}" for one in rest)
    return f"{exact_percent(first.accuracy)}{interval}", f"{faces}{first.split} faces{others}"


def _day(created: str) -> str:
    try:
        day = date.fromisoformat(created[:10])
    except ValueError:
        return created
    return f"{day.day} {day:%b %Y}"


def head_html() -> str:
    """The table's heads."""
    return f'{STYLE}<div class="fer-model head">{"".join(f"<span>{head}</span>" for head in HEADS)}</div>'


def row_html(row: ModelRow) -> str:
    """A model's values."""
    cells = "".join(
        f'<span data-head="{head}">{escape(value)}{f"<small>{escape(note)}</small>" if note else ""}</span>'
        for head, (value, note) in zip(HEADS, row.cells, strict=True)
    )
    return f'<div class="fer-model">{cells}</div>'
