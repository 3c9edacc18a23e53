"""Batches for `fit`: a fixed order per seed and epoch, augmented on the way, with all that they are to teach."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive import LabelledFaces
from train.augment import augment_batch, mix_pairs
from train.config import TrainingConfig
from train.errors import ConfigError
from train.ferplus import soften
from train.losses import class_weights

if TYPE_CHECKING:  # its teachers' views are made with this module
    from train.supervision import Supervision


class AugmentedBatches(keras.utils.PyDataset):
    """The training split, shuffled and augmented anew each epoch.

    Batch i of epoch e depends on (seed, e, i) alone, so a resumed run sees the same data as an unbroken one.
    The last, smaller batch is left out: its batch-norm statistics would be noisier than the rest.
    Teachers are asked here, on the thread beside the training step, about the very pixels that the student gets.
    """

    def __init__(
        self,
        faces: LabelledFaces,
        config: TrainingConfig,
        *,
        supervision: "Supervision | None" = None,
        first_epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        """Prepare the targets.

        Raises:
            ConfigError: `config` asks for votes that are not there.
        """
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8, **kwargs)
        self._faces = faces
        self._config = config
        self._views = supervision.views if supervision else None
        self._teachers = supervision.teachers if supervision else None
        self._targets = _fixed_targets(faces.labels, config, supervision.shares if supervision else None)
        self._weights = class_weights(faces.labels, config)
        self._epoch = first_epoch
        self._begin_epoch()

    def __len__(self) -> int:
        return max(1, len(self._faces) // self._config.batch_size)

    @property
    def images(self) -> int:
        """How many images an epoch has."""
        return min(len(self._faces), len(self) * self._config.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """float32 pixels (n, side, side, 1), targets (n, k) and, with class weights, weights (n,).

        The targets' columns are those that `train.losses.build_loss` describes.
        """
        size = self._config.batch_size
        augment = self._config.augment
        rows = self._order[index * size : (index + 1) * size]
        rng = np.random.default_rng((self._config.seed, self._epoch, index))
        targets = self._targets[rows]
        if self._views is not None:
            pixels = to_input(self._view[rows])
            answers = self._views.answers(rows, self._view_number, self._config.distillation_temperature)
            targets = np.concatenate([targets, answers], axis=1)
        else:
            pixels = to_input(augment_batch(self._faces.pixels[rows], augment, rng))
            if rng.random() < augment.mixup:
                pixels, targets = mix_pairs(pixels, targets, augment.mixup_alpha, rng)
        if self._teachers is not None:
            targets = np.concatenate([targets, self._teachers.answers(pixels)], axis=1)
        if self._weights is None:
            return pixels, targets
        return pixels, targets, targets[:, : len(EMOTIONS)] @ self._weights

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self._order = np.random.default_rng((self._config.seed, self._epoch)).permutation(len(self._faces))
        if self._views is not None:
            self._view_number = self._epoch % self._views.count
            self._view = self._views.pixels(self._faces, self._view_number)


def _fixed_targets(labels: np.ndarray, config: TrainingConfig, shares: np.ndarray | None) -> np.ndarray:
    """What each image teaches whatever its augmentation: float32 (n, 7), or (n, 17) with the votes."""
    if shares is None:
        if config.ferplus_weight or config.ferplus_softening:
            raise ConfigError("ferplus_weight and ferplus_softening need FER+'s votes. Pass --ferplus fer2013new.csv.")
        return one_hot(labels)
    targets = soften(labels, shares, config.ferplus_softening)
    return np.concatenate([targets, shares], axis=1) if config.ferplus_weight else targets


def to_input(pixels: np.ndarray) -> np.ndarray:
    """uint8 (n, side, side) to the networks' float32 (n, side, side, 1), still 0-255."""
    return pixels[..., None].astype(np.float32)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """int (n,) to float32 (n, 7)."""
    rows: np.ndarray = np.eye(len(EMOTIONS), dtype=np.float32)[labels]
    return rows
