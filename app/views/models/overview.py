"""Which models were measured on the same images, and the tables of their figures. Imports no Streamlit."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.formatting import exact_percent
from app.training import child_jobs as training_jobs
from fer_core.expressions.card import ModelCard
from fer_core.expressions.model_list import ORIGINS, StoredModel

_SPLITS = ("validation", "test")


@dataclass(frozen=True)
class MeasuredSet:
    """What figures were measured on: an archive, as it was cleaned.

    Attributes:
        name: the archive's file name, without the hash of an upload.
        sha256: of the archive; empty where the card does not say.
        cleaned: cleaning switches, sorted.
    """

    name: str
    sha256: str
    cleaned: tuple[str, ...]

    @property
    def is_same_as(self) -> tuple[str, tuple[str, ...]]:
        """What makes two sets the same, whatever their files are called."""
        return self.sha256 or self.name, self.cleaned

    @property
    def title(self) -> str:
        """Its name, and how it was cleaned."""
        cleaned = ", ".join(switch.replace("_", " ") for switch in self.cleaned)
        return f"{self.name} ({cleaned})" if cleaned else self.name


@dataclass(frozen=True)
class Overview:
    """A table of the models that were measured on one set, ready to be drawn; see `html_tables.text_table`."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    live: int | None


def measured_on(card: ModelCard, split: str) -> MeasuredSet:
    """What the card's figures of a split were measured on, by their own word or else by what the model learnt from."""
    figures: Any = card.metrics.get(split, {})
    told = isinstance(figures, dict) and bool(figures.get("archive_sha256"))
    data: Any = {**figures, "sha256": figures["archive_sha256"]} if told else card.dataset
    source = training_jobs.archive_title(Path(str(data.get("source") or "an unnamed archive")))
    cleaned = data.get("cleaned", ())
    switches = sorted(str(switch) for switch in cleaned) if isinstance(cleaned, list | tuple) else []
    # Training images that are no faces say nothing of the other splits.
    return MeasuredSet(source, str(data.get("sha256", "")), tuple(s for s in switches if s != "drop_not_faces"))


def by_data_set(models: Sequence[StoredModel]) -> tuple[Overview, ...]:
    """One table for each set that any model was measured on, and a last one for models without figures."""
    sets: dict[Any, MeasuredSet] = {}
    for model in models:
        for split in _SPLITS:
            if model.card and _accuracy(model.card, split) is not None:
                measured = measured_on(model.card, split)
                sets.setdefault(measured.is_same_as, measured)
    titles = [measured.title for measured in sets.values()]
    tables = [_table(models, measured, titles) for measured in sets.values()]
    rest = [m for m in models if m.card and all(_accuracy(m.card, split) is None for split in _SPLITS)]
    if rest:
        rows = tuple((_title(model),) for model in rest)
        title = "Nothing was measured when these were saved" if sets else ""
        tables.append(Overview(title, ("",), rows, (), _live(rest)))
    return tuple(tables)


def _table(models: Sequence[StoredModel], measured: MeasuredSet, titles: Sequence[str]) -> Overview:
    found = [(model, [_on(model, split, measured) for split in _SPLITS]) for model in models]
    shown = [(model, figures) for model, figures in found if any(value is not None for value in figures)]
    title = measured.title
    if titles.count(title) > 1:  # another archive of the same name
        title = f"{title}, SHA-256 {measured.sha256[:8] or 'unknown'}"
    rows = tuple((_title(model), *map(exact_percent, figures)) for model, figures in shown)
    return Overview(title, ("", "Validation", "Test"), rows, (1, 2), _live([model for model, _ in shown]))


def _on(model: StoredModel, split: str, measured: MeasuredSet) -> float | None:
    """A model's accuracy on a split of one set; None where it was not measured there."""
    if model.card is None or measured_on(model.card, split).is_same_as != measured.is_same_as:
        return None
    return _accuracy(model.card, split)


def _accuracy(card: ModelCard, split: str) -> float | None:
    figures: Any = card.metrics.get(split, {})
    value = figures.get("accuracy") if isinstance(figures, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _title(model: StoredModel) -> str:
    card = model.card
    name = f"{model.name} · live" if model.is_live else model.name
    facts = f"{card.architecture}, {card.parameters:,} weights · {card.created}" if card else ""
    return f"{name}\n{ORIGINS[model.origin]} · {facts}"


def _live(models: Sequence[StoredModel]) -> int | None:
    return next((i for i, model in enumerate(models) if model.is_live), None)
