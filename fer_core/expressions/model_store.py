"""Which model is live, and the user's own models: promote, roll back, keep, delete.

The live page uses the model named "default". Promoting puts a checked copy of another one in its place:

    models/default/            what is live; where there is none, the shipped "default" is
    models/.history/<time>/    what was live before, the latest name last

Shipped models are never touched.
"""

import re
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from fer_core import paths
from fer_core.errors import ArtifactError, ModelStoreError
from fer_core.expressions.card import CARD_FILE, ModelCard, read_card
from fer_core.expressions.model import load_model
from fer_core.expressions.model_list import LIVE, candidates, live_card, own_folder
from fer_core.private import make_folder

_HISTORY: Final = ".history"
_ARRIVING: Final = ".arriving-"
_KEPT_PAST: Final = 5

_lock = threading.RLock()


def promote(folder: Path) -> ModelCard:
    """Make a copy of the model in `folder` the live one; what was live before can be rolled back to.

    Raises:
        ArtifactError: the model is damaged; what was live stays live.
        ModelStoreError: the copy cannot be written; likewise.
    """
    with _lock:
        own = own_folder() / LIVE
        card = load_model(folder).card  # before anything is copied
        before = live_card()
        if before is not None and before.sha256 == card.sha256 and (not own.exists() or _is_whole(own)):
            return card
        with _arriving(folder) as arriving:
            past = _next_past()
            if own.exists():
                own.rename(past)
            try:
                arriving.rename(own)
            except OSError:
                if past.exists():
                    past.rename(own)
                raise
        _forget_oldest()
        return card


def past_models() -> tuple[ModelCard | None, ...]:
    """What was live before, the latest first; None for the shipped model, which is always last.

    Empty while the shipped model is live. Damaged ones are left out.
    """
    if not (own_folder() / LIVE).exists():
        return ()
    cards = []
    for folder in reversed(_past()):
        try:
            cards.append(read_card(folder))
        except ArtifactError:
            continue
    return (*cards, None)


def roll_back() -> ModelCard:
    """Make the model live again that was so before; what is live now stays among the user's own models.

    Earlier models that turn out to be damaged are skipped.

    Returns:
        The card of what is live now.

    Raises:
        ModelStoreError: the shipped model is live, so there is nothing to go back to, or the disk refuses.
        ArtifactError: there is only the shipped model to go back to, and it is damaged; nothing has changed.
    """
    with _lock:
        own = own_folder() / LIVE
        if not own.exists():
            raise ModelStoreError("The model that came with the program is already live. There is no earlier one.")
        before = next((folder for folder in reversed(_past()) if _is_whole(folder)), None)
        card = load_model(before or paths.SHIPPED_MODELS / LIVE).card
        try:
            _keep_live_copy(own)
            if before is not None:
                before.rename(own)
        except OSError as error:
            raise _disk_error(own, error) from error
        return card


def keep(folder: Path) -> Path:
    """Copy a model, such as a run's, to the user's own ones, so that the live page offers it.

    Returns:
        Its new folder, or the one that holds the same model already.

    Raises:
        ArtifactError: the model is damaged.
        ModelStoreError: the copy cannot be written.
    """
    with _lock:
        card = load_model(folder).card
        known = _own_with_files(card)
        if known is not None:
            return known
        with _arriving(folder) as arriving:
            return arriving.rename(_free_name(card.name))


def delete_model(folder: Path) -> None:
    """Delete one of the user's own models.

    Raises:
        ModelStoreError: it is a shipped one, belongs to a run, or is live.
    """
    with _lock:
        if folder.parent.resolve() != own_folder().resolve() or folder.name.startswith(".") or folder.is_symlink():
            raise ModelStoreError(f"{folder} is not one of your own models. Only those can be deleted.")
        if folder.name == LIVE and _is_whole(folder):
            raise ModelStoreError("This model is live. Use another one for live video first, then delete this one.")
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise _disk_error(folder, error) from error


@contextmanager
def _arriving(source: Path) -> Iterator[Path]:
    """A checked copy of a model folder, beside the user's models; gone at the end unless it was renamed."""
    copy = own_folder() / f"{_ARRIVING}{uuid.uuid4().hex[:8]}"
    try:
        make_folder(copy, exist_ok=False)
        for name in (CARD_FILE, *read_card(source).sha256):  # nothing else that may lie in the folder
            shutil.copyfile(source / name, copy / name)
        load_model(copy)
        yield copy
    except OSError as error:
        raise _disk_error(own_folder(), error) from error
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _is_whole(folder: Path) -> bool:
    try:
        load_model(folder)
    except ArtifactError:
        return False
    return True


def _past() -> list[Path]:
    """Earlier live models, the oldest first."""
    history = own_folder() / _HISTORY
    return sorted(history.iterdir()) if history.is_dir() else []


def _next_past() -> Path:
    history = own_folder() / _HISTORY
    make_folder(history)
    name, past = f"{datetime.now():%Y-%m-%d-%H%M%S-%f}", _past()
    # The newest is the last by name, also where the clock has been set back since.
    return history / (name if not past or name > past[-1].name else f"{past[-1].name}-")


def _forget_oldest() -> None:
    for folder in _past()[:-_KEPT_PAST]:
        shutil.rmtree(folder, ignore_errors=True)


def _keep_live_copy(own: Path) -> None:
    """Move what is live to the user's other models, unless it is among them or damaged; then it goes."""
    card = live_card()
    if card is None or not _is_whole(own) or _own_with_files(card) is not None:
        shutil.rmtree(own)
    else:
        own.rename(_free_name(card.name))


def _own_with_files(card: ModelCard) -> Path | None:
    """The user's model, other than the live copy, that has the same files."""
    for folder in candidates(own_folder()):
        if folder.name != LIVE and _same_files_at(folder, card):
            return folder
    return None


def _same_files_at(folder: Path, card: ModelCard) -> bool:
    try:
        return read_card(folder).sha256 == card.sha256
    except ArtifactError:
        return False


def _free_name(wanted: str) -> Path:
    """A folder name that no model has, shipped or own, made of a card's name."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip(".-_")[:60] or "model"
    taken = {folder.name for models in paths.model_folders() if models.is_dir() for folder in models.iterdir()} | {LIVE}
    number = next(n for n in range(1, 10_000) if (plain if n == 1 else f"{plain}-{n}") not in taken)
    return own_folder() / (plain if number == 1 else f"{plain}-{number}")


def _disk_error(place: Path, error: OSError) -> ModelStoreError:
    reason = error.strerror or error
    return ModelStoreError(
        f"{place} cannot be written: {reason}. Free some space or check the permissions, then try again."
    )
