"""Which models there are: the live one marked, damaged folders named, and all of them as a table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from fer_core import paths
from fer_core.errors import ArtifactError
from fer_core.expressions.card import ModelCard, usable_card
from fer_core.expressions.card_checks import is_share
from fer_core.expressions.model import load_model
from fer_core.expressions.model_files import has_printable_name, is_candidate, missing_file
from fer_core.names import shown_name

LIVE: Final = "default"
"""The live page uses the model of this name."""

Origin = Literal["shipped", "own", "run"]
ORIGINS: Final[dict[Origin, str]] = {"shipped": "came with the program", "own": "yours", "run": "training run"}
"""Each origin in words."""


@dataclass(frozen=True)
class StoredModel:
    """A folder that is, or was meant to be, a model.

    Attributes:
        folder: where it is.
        origin: whether it came with the program, belongs to the user, or lies in a training run.
        card: None when the folder is damaged.
        problem: why, one sentence; else empty.
        is_live: whether the live page uses it.
    """

    folder: Path
    origin: Origin
    card: ModelCard | None
    problem: str
    is_live: bool

    @property
    def name(self) -> str:
        """What people call it; a damaged one by its folder. It can be printed, whatever the folder is called."""
        return self.card.name if self.card else shown_name(self.folder.name)

    @property
    def can_delete(self) -> bool:
        """Whether `fer_core.expressions.model_store.delete_model` takes it: the user's own, and not live."""
        return self.origin == "own" and not self.is_live


def stored_models(
    run_models: Iterable[Path] = (), *, may_see: Callable[[Path], bool] = lambda _: True
) -> tuple[StoredModel, ...]:
    """All models: the user's own, those of training runs, the shipped ones. Only cards are read.

    The live copy stands for itself only where the model that it was copied from is gone.

    Args:
        run_models: model folders of training runs.
        may_see: says of a folder of the user's own models, which several people may share, whether it is shown.
    """
    card = live_card()
    live = card.sha256 if card else None
    own = [_look(folder, "own", live) for folder in candidates(own_folder()) if may_see(folder)]
    runs = [_look(folder, "run", live) for folder in run_models if is_candidate(folder)]
    shipped = [_look(folder, "shipped", live) for folder in candidates(paths.SHIPPED_MODELS)]
    found = [*own, *runs, *shipped]
    has_origin = any(model.is_live and model.folder != live_folder() for model in found)
    return tuple(model for model in found if not (has_origin and model.folder == live_folder() and model.card))


def live_card() -> ModelCard | None:
    """The card of the model that is live; None where it or a file that it names is missing or damaged."""
    return _look(live_folder(), "own", None).card


def own_folder() -> Path:
    """Where the user's own models are: `models` in the data folder. It need not exist."""
    return paths.home() / "models"


def live_folder() -> Path:
    """The model that is live: the user's own default, or else the shipped one."""
    own = own_folder() / LIVE
    return own if own.is_dir() else paths.SHIPPED_MODELS / LIVE


def _look(folder: Path, origin: Origin, live: dict[str, str] | None) -> StoredModel:
    try:
        card = usable_card(folder)
        if not has_printable_name(folder):
            found, remedy = "another encoding or control characters", "Rename the folder."
            raise ArtifactError(folder, expected="a name in UTF-8", found=found, remedy=remedy)
    except ArtifactError as error:
        return StoredModel(folder, origin, None, str(error), is_live=folder == live_folder())
    missing = missing_file(folder, card)
    if missing is not None:
        problem = (
            f"{shown_name(folder)}: expected {missing[0]}, found {missing[1]}. Delete the folder, or export it again."
        )
        return StoredModel(folder, origin, None, problem, is_live=folder == live_folder())
    return StoredModel(folder, origin, card, "", is_live=card.sha256 == live)


def candidates(models: Path) -> list[Path]:
    """Folders that are, or were meant to be, models; none where nobody may look."""
    try:
        return sorted(folder for folder in models.iterdir() if is_candidate(folder))
    except OSError:
        return []


TABLE_HEAD: Final = ("name", "architecture", "parameters", "accuracy", "created", "folder")


def model_table() -> str:
    """All models as a table for a terminal, and below it a sentence on each damaged one.

    The user's own come first, as they hide shipped ones of the same name. Unlike the functions above, this one loads
    each model as it is loaded for use, so that a network that does not work is found.
    """
    rows, damaged = [], []
    seen: set[str] = set()
    for folder in _all_candidates():
        try:
            card = load_model(folder).card
        except ArtifactError as error:
            damaged.append(f"damaged: {error}")
            continue
        hidden = " (hidden by the one above)" if folder.name in seen else ""
        seen.add(folder.name)
        rows.append(_row(folder, card, hidden))
    if not rows and not damaged:
        return (
            f"No models in {' or '.join(str(folder) for folder in paths.model_folders())}. Run: python -m train export"
        )
    return "\n".join([*_aligned([TABLE_HEAD, *rows]), *damaged])


def _all_candidates() -> list[Path]:
    """Folders that are, or were meant to be, models: the user's own first, as they hide shipped ones."""
    return [folder for models in paths.model_folders() for folder in candidates(models)]


def _row(folder: Path, card: ModelCard, hidden: str) -> tuple[str, ...]:
    accuracy = ", ".join(
        f"{split} {values['accuracy']:.1%} (n={values.get('n', '?')}){_by_votes(values)}"
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


def _by_votes(figures: dict[str, Any]) -> str:
    """What the card says of the answers that most of ten people agree on; empty where it says nothing."""
    crowd = figures.get("crowd")
    if not isinstance(crowd, dict) or not is_share(crowd.get("accuracy")):
        return ""
    return f", crowd {crowd['accuracy']:.1%} (n={crowd.get('n_clear', '?')})"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(TABLE_HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
