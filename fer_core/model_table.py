"""`python -m fer_core models`: which models there are, how good they are, and which of them is damaged."""

from pathlib import Path

from fer_core.errors import ArtifactError
from fer_core.expressions.card import ModelCard
from fer_core.expressions.card_checks import is_share
from fer_core.expressions.model import load_model
from fer_core.expressions.model_list import candidates
from fer_core.names import shown_name
from fer_core.paths import model_folders

HEAD = ("name", "architecture", "parameters", "accuracy", "created", "folder")


def model_table() -> str:
    """The table as text, and below it a sentence on each damaged model. Each model is loaded, as in use."""
    rows, damaged = [], []
    seen: set[str] = set()
    for folder in _candidates():
        try:
            card = load_model(folder).card
        except ArtifactError as error:
            damaged.append(f"damaged: {error}")
            continue
        hidden = " (hidden by the one above)" if folder.name in seen else ""
        seen.add(folder.name)
        rows.append(_row(folder, card, hidden))
    if not rows and not damaged:
        return f"No models in {' or '.join(str(folder) for folder in model_folders())}. Run: python -m train export"
    return "\n".join([*_aligned([HEAD, *rows]), *damaged])


def _candidates() -> list[Path]:
    """Folders that are, or were meant to be, models: the user's own first, as they hide shipped ones."""
    return [folder for models in model_folders() for folder in candidates(models)]


def _row(folder: Path, card: ModelCard, hidden: str) -> tuple[str, ...]:
    accuracy = ", ".join(
        f"{split} {values['accuracy']:.1%} (n={values.get('n', '?')})"
        for split, values in card.metrics.items()
        if is_share(values.get("accuracy"))
    )
    return (
        shown_name(folder.name),
        card.architecture,
        f"{card.parameters:,}",
        accuracy or "not measured",
        card.created,
        f"{shown_name(folder)}{hidden}",
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
