"""Batches for `fit`: a fixed order per seed and epoch, augmented on the way, with all that they are to teach."""

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any, Final

import keras
import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.reader import LabelledFaces
from train.augmentation.images import mix_pairs
from train.augmentation.pool import augment_all, spoil_all
from train.dataset.ferplus import soften
from train.errors import ConfigError
from train.fitting.losses import class_weights
from train.networks.inputs import one_hot, to_input
from train.settings.training import TrainingConfig
from train.teaching.supervision import Supervision

_CAMERA: Final = 1
"""Chance of its own, so that blur and noise leave all other changes as they are without them."""


class AugmentedBatches(keras.utils.PyDataset):
    """The training split, shuffled and augmented anew each epoch.

    Batch i of epoch e depends on (seed, e, i) alone, so a resumed run sees the same data as an unbroken one.
    The last, smaller batch is left out: its batch-norm statistics would be noisier than the rest.
    Teachers are asked here, on the thread beside the training step, about the very pixels that the student gets, but
    for the camera's blur and noise: what a face shows does not depend on who films it.
    """

    def __init__(
        self,
        faces: LabelledFaces,
        config: TrainingConfig,
        *,
        supervision: Supervision | None = None,
        first_epoch: int = 0,
        keep_views: bool = False,
        **kwargs: Any,
    ) -> None:
        """Prepare the targets.

        Args:
            faces: the training split.
            config: the run's settings.
            supervision: votes and teachers, if there are any.
            first_epoch: to start at.
            keep_views: keep the pixels of teachers' views, 66 MB each, instead of making them again.
            **kwargs: passed on to `keras.utils.PyDataset`.

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
        self._keep_views = keep_views
        self._kept: dict[int, np.ndarray] = {}
        self._begin_epoch(first_epoch)

    def __len__(self) -> int:
        return max(1, len(self._faces) // self._config.batch_size)

    @property
    def images(self) -> int:
        """How many images an epoch has."""
        return min(len(self._faces), len(self) * self._config.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """float32 pixels (n, side, side, 1), targets (n, k) and, with class weights, weights (n,).

        The targets' columns are those that `train.fitting.losses.build_loss` describes.
        """
        return self._batches([index], None)[0]

    def whole_epoch(self, executor: Executor | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All batches of this epoch, augmented in `executor`'s processes; then the next epoch begins.

        Returns:
            Pixels (steps, n, side, side, 1), uint8 where they are whole numbers, else float32; targets float32
            (steps, n, k); weights float32 (steps, n).
        """
        if self._views is not None:  # far quicker than batch by batch
            rows = self._order[: self.images]
            steps = (len(self), -1)
            targets = self._taught_targets(rows)
            pixels = self._view[rows].reshape(*steps, *self._view.shape[1:], 1)
            if self._config.augment.poor_camera:
                pixels = np.stack(self._spoiled(range(len(self)), list(pixels), executor))
            epoch = (
                pixels,
                targets.reshape(*steps, targets.shape[1]),
                self._weights_of(targets).reshape(steps),
            )
        else:
            batches = self._batches(range(len(self)), executor)
            epoch = (
                np.stack([_as_bytes(batch[0]) for batch in batches]),
                np.stack([batch[1] for batch in batches]),
                np.stack([self._weights_of(batch[1]) for batch in batches]),
            )
        self._begin_epoch(self._epoch + 1, executor)
        return epoch

    def on_epoch_end(self) -> None:
        """Keras calls this after each epoch, and once before the first."""
        self._begin_epoch(self._epoch + 1)

    def _batches(self, indices: Sequence[int], executor: Executor | None) -> list[tuple[np.ndarray, ...]]:
        if self._views is not None:
            batches = [self._finished(self._rows(index), self._view[self._rows(index)]) for index in indices]
        else:
            tasks = [
                (self._faces.pixels[self._rows(index)], self._config.augment, self._chance(index)) for index in indices
            ]
            augmented = augment_all(tasks, executor)
            batches = [self._finished(self._rows(i), *made) for i, made in zip(indices, augmented, strict=True)]
        spoiled = self._spoiled(indices, [batch[0] for batch in batches], executor)
        return [(pixels, *batch[1:]) for pixels, batch in zip(spoiled, batches, strict=True)]

    def _spoiled(self, indices: Sequence[int], pixels: list[np.ndarray], executor: Executor | None) -> list[np.ndarray]:
        """The batches as a poor camera would have taken them, if the run asks for that."""
        augment = self._config.augment
        if not augment.poor_camera:
            return pixels
        tasks = [(batch, augment, self._chance(i, _CAMERA)) for i, batch in zip(indices, pixels, strict=True)]
        return spoil_all(tasks, executor)

    def _rows(self, index: int) -> np.ndarray:
        size = self._config.batch_size
        return self._order[index * size : (index + 1) * size]

    def _chance(self, index: int, *more: int) -> np.random.Generator:
        return np.random.default_rng((self._config.seed, self._epoch, index, *more))

    def _finished(
        self, rows: np.ndarray, augmented: np.ndarray, chance: np.random.Generator | None = None
    ) -> tuple[np.ndarray, ...]:
        """The batch of some images from their augmented pixels, mixed by `chance` if there is any."""
        augment = self._config.augment
        pixels, targets = to_input(augmented), self._taught_targets(rows)
        if chance is not None and chance.random() < augment.mixup:
            pixels, targets = mix_pairs(pixels, targets, augment.mixup_alpha, chance)
        if self._teachers is not None:
            targets = np.concatenate([targets, self._teachers.answers(pixels)], axis=1)
        return (pixels, targets) if self._weights is None else (pixels, targets, self._weights_of(targets))

    def _taught_targets(self, rows: np.ndarray) -> np.ndarray:
        """The targets of some images, with what the teachers said of their views."""
        if self._views is None:
            plain: np.ndarray = self._targets[rows]
            return plain
        answers = self._views.answers(rows, self._view_number, self._config.distillation_temperature)
        return np.concatenate([self._targets[rows], answers], axis=1)

    def _weights_of(self, targets: np.ndarray) -> np.ndarray:
        """float32 (n,), 1 without class weights."""
        if self._weights is None:
            return np.ones(len(targets), np.float32)
        weights: np.ndarray = targets[:, : len(EMOTIONS)] @ self._weights
        return weights

    def _begin_epoch(self, epoch: int, executor: Executor | None = None) -> None:
        self._epoch = epoch
        self._order = np.random.default_rng((self._config.seed, epoch)).permutation(len(self._faces))
        if self._views is not None:
            self._view_number = epoch % self._views.count
            kept = self._kept.get(self._view_number)
            self._view = self._views.pixels(self._faces, self._view_number, executor) if kept is None else kept
            if self._keep_views:
                self._kept[self._view_number] = self._view


def _fixed_targets(labels: np.ndarray, config: TrainingConfig, shares: np.ndarray | None) -> np.ndarray:
    """What each image teaches whatever its augmentation: float32 (n, 7), or (n, 17) with the votes."""
    if shares is None:
        if config.ferplus_weight or config.ferplus_softening:
            raise ConfigError("ferplus_weight and ferplus_softening need FER+'s votes. Pass --ferplus fer2013new.csv.")
        return one_hot(labels)
    targets = soften(labels, shares, config.ferplus_softening)
    return np.concatenate([targets, shares], axis=1) if config.ferplus_weight else targets


def _as_bytes(pixels: np.ndarray) -> np.ndarray:
    small = pixels.astype(np.uint8)
    return small if np.array_equal(small, pixels) else pixels
