"""The models there are, the live one marked and damaged folders named. Only cards are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from fer_core import paths
from fer_core.card import CARD_FILE, ModelCard, read_card
from fer_core.errors import ArtifactError
from fer_core.model import KERAS_FILE, TFLITE_FILE

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
        """What people call it; a damaged one by its folder."""
        return self.card.name if self.card else self.folder.name

    @property
    def can_delete(self) -> bool:
        """Whether `delete_model` takes it."""
        return self.origin == "own" and not self.is_live


def stored_models(run_models: Iterable[Path] = ()) -> tuple[StoredModel, ...]:
    """All models: the user's own, those of training runs, the shipped ones. Only cards are read.

    The live copy stands for itself only where the model that it was copied from is gone.

    Args:
        run_models: model folders of training runs.
    """
    card = live_card()
    live = card.sha256 if card else None
    own = [_look(folder, "own", live) for folder in candidates(own_folder())]
    runs = [_look(folder, "run", live) for folder in run_models if _is_candidate(folder)]
    shipped = [_look(folder, "shipped", live) for folder in candidates(paths.SHIPPED_MODELS)]
    found = [*own, *runs, *shipped]
    has_origin = any(model.is_live and model.folder != live_folder() for model in found)
    return tuple(model for model in found if not (has_origin and model.folder == live_folder() and model.card))


def live_card() -> ModelCard | None:
    """The card of the model that is live; None where it or a file that it names is missing or damaged."""
    return _look(live_folder(), "own", None).card


def own_folder() -> Path:
    """Where the user's own models are."""
    return paths.home() / "models"


def live_folder() -> Path:
    """The model that is live: the user's own default, or else the shipped one."""
    own = own_folder() / LIVE
    return own if own.is_dir() else paths.SHIPPED_MODELS / LIVE


def _look(folder: Path, origin: Origin, live: dict[str, str] | None) -> StoredModel:
    try:
        card = read_card(folder)
    except ArtifactError as error:
        return StoredModel(folder, origin, None, str(error), is_live=folder == live_folder())
    missing = next((name for name in card.sha256 if not (folder / name).is_file()), None)
    if missing:
        problem = f"{folder}: expected {missing}, found no such file. Delete it, or export it again."
        return StoredModel(folder, origin, None, problem, is_live=folder == live_folder())
    return StoredModel(folder, origin, card, "", is_live=card.sha256 == live)


def candidates(models: Path) -> list[Path]:
    """Folders that are, or were meant to be, models."""
    return sorted(folder for folder in models.iterdir() if _is_candidate(folder)) if models.is_dir() else []


def _is_candidate(folder: Path) -> bool:
    names = (CARD_FILE, TFLITE_FILE, KERAS_FILE)
    return not folder.name.startswith(".") and any((folder / name).is_file() for name in names)
