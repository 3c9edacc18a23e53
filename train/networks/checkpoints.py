"""Weights files that are whole or not there, and that know which epoch they belong to."""

import errno
import math
import os
import shutil
from pathlib import Path
from typing import Any, Final

import h5py
import keras

from fer_core.whole_files import replacing
from train.errors import ConfigError
from train.runs.files import BEST, CHECKPOINT, PREVIOUS, read_epochs

_EPOCH: Final = "fer_epoch"
_ACCURACY: Final = "fer_validation_accuracy"
_SPARE_BYTES: Final = 4 << 20


def save_weights(
    model: keras.Model, path: Path, *, epoch: int, accuracy: float, keep_old_as: Path | None = None
) -> None:
    """Write weights, and optimizer state if the model is compiled, with the epoch they belong to.

    Written beside the old file, then renamed: a killed process leaves one whole file. The file is not forced to disk,
    which can take half a minute on a busy one; a power cut may cost the newest, for which the one before is kept.
    """
    _require_room(model, path.parent)
    # Keras looks at the end of the name. After an error, a full disk gets the room back for the words that say so.
    with replacing(path, durable=False, temporary_name="new." + path.name) as fresh:
        model.save_weights(fresh)
        with h5py.File(fresh, "a") as file:
            file.attrs[_EPOCH] = epoch
            file.attrs[_ACCURACY] = accuracy
        if keep_old_as is not None and path.exists():
            path.replace(keep_old_as)


def save_checkpoint(model: keras.Model, run_dir: Path, *, epoch: int, accuracy: float) -> None:
    """Write the weights and optimizer state to go on from. The checkpoint before stays beside them."""
    save_weights(model, run_dir / CHECKPOINT, epoch=epoch, accuracy=accuracy, keep_old_as=run_dir / PREVIOUS)


def recover(run_dir: Path) -> list[str]:
    """Put the checkpoint before in the place of a damaged or missing one, and a damaged best aside.

    Returns:
        What was done, as sentences; empty when all is well, or when there is nothing to recover from.
    """
    path, previous, best = run_dir / CHECKPOINT, run_dir / PREVIOUS, run_dir / BEST
    done = []
    if previous.exists() and not _is_whole(path) and _is_whole(previous):
        previous.replace(path)
        epoch = checkpoint_epoch(run_dir)
        done.append(f"The last checkpoint was damaged: training continues from the one before, after epoch {epoch}.")
    if best.exists() and not _is_whole(best):
        best.unlink()
        done.append("The best weights so far were damaged: the best epoch from here on is kept.")
    return done


def _is_whole(path: Path) -> bool:
    try:
        with h5py.File(path, "r") as file:
            file.visititems(_read)
    except (OSError, RuntimeError):
        return False
    return True


def _read(_: str, item: Any) -> None:
    if isinstance(item, h5py.Dataset):
        item[()]


def _require_room(model: keras.Model, folder: Path) -> None:
    """Refuse beforehand: the HDF5 library may crash the process when the disk fills while it writes."""
    optimizer = getattr(model, "optimizer", None)
    kept = [*model.variables, *(optimizer.variables if optimizer is not None else [])]
    needed = sum(4 * math.prod(variable.shape) for variable in kept) + _SPARE_BYTES
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def load_weights(model: keras.Model, path: Path) -> None:
    """Read weights into a model, and optimizer state if it is compiled and built.

    Raises:
        ConfigError: the file is missing, damaged or of another network.
    """
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{path} cannot be read ({str(error).splitlines()[0]}): expected weights of this run. Start a new run; "
            "earlier exports are unaffected."
        ) from error


def checkpoint_epoch(run_dir: Path) -> int:
    """The whole epochs in the checkpoint; 0 where there is none."""
    path = run_dir / CHECKPOINT
    if not path.exists():
        return 0
    epoch = _attribute(path, _EPOCH)
    return len(read_epochs(run_dir)) if epoch is None else int(epoch)  # earlier versions did not write it


def best_epoch(run_dir: Path) -> tuple[int, float]:
    """Epoch and validation accuracy of the best weights; (0, -1.0) where there are none."""
    path = run_dir / BEST
    if not path.exists():
        return 0, -1.0
    epoch, accuracy = _attribute(path, _EPOCH), _attribute(path, _ACCURACY)
    if epoch is not None and accuracy is not None:
        return int(epoch), float(accuracy)
    recorded = max(read_epochs(run_dir), key=lambda metrics: metrics.validation_accuracy, default=None)
    return (recorded.epoch, recorded.validation_accuracy) if recorded else (0, -1.0)


def _attribute(path: Path, name: str) -> Any:
    try:
        with h5py.File(path, "r") as file:
            return file.attrs.get(name)
    except OSError as error:
        raise ConfigError(
            f"{path} is damaged ({str(error).splitlines()[0]}): expected a weights file. Start a new run; "
            "earlier exports are unaffected."
        ) from error
