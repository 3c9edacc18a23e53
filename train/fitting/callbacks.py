"""Keras callbacks of a run: watch each batch, record each epoch."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import keras
import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.reader import LabelledFaces
from train.errors import TrainingError
from train.evaluation.crowd import accuracy_on_clear, emotion_shares
from train.fitting.optimizer import plateau_rate, should_stop_early
from train.networks.build import has_crowd, label_network, seed_dropout
from train.networks.checkpoints import best_epoch, save_checkpoint, save_weights
from train.networks.inputs import to_input
from train.runs.files import BEST, CONFUSION, EpochMetrics, append_epoch, read_epochs, write_json
from train.runs.reporter import RunReporter
from train.runs.stopping import StopRequest
from train.settings.training import TrainingConfig

_VALIDATION_BATCH: Final = 256


class BatchWatcher(keras.callbacks.Callback):
    """After each batch: heartbeat, and the end of training if somebody has asked for it."""

    def __init__(self, reporter: RunReporter, stop: StopRequest, *, images: int) -> None:
        super().__init__()
        self._reporter = reporter
        self._stop = stop
        self._images = images
        self._done = 0
        self._epochs = 0
        self._began, self._first_at, self._last_at = 0.0, 0.0, 0.0

    @property
    def images(self) -> int:
        """Images per epoch."""
        return self._images

    @property
    def broken_off(self) -> bool:
        """Whether the present epoch ended before its last batch."""
        return self._done < int(self.params["steps"])

    @property
    def start_up_s(self) -> float | None:
        """How long what is done once took, such as compiling, if that was in the present epoch; None if unknown."""
        if self._epochs > 1:
            return 0.0
        if self._done < 2 or self._last_at <= self._first_at:
            return None
        step_s = (self._last_at - self._first_at) / (self._done - 1)
        return max(0.0, self._first_at - self._began - step_s)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock and the progress bar of an epoch, which counts from 0."""
        self._done = 0
        self._epochs += 1
        self._began = time.monotonic()
        self._first_at = self._last_at = 0.0
        self._reporter.begin_epoch(batches=int(self.params["steps"]))

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Report the batch, which counts from 0, and end training if somebody asked for that."""
        self._done = batch + 1
        self._last_at = time.monotonic()
        self._first_at = self._first_at or self._last_at
        self._reporter.batch(self._done, images=self._images * self._done // int(self.params["steps"]))
        if self._stop.asked and not self.model.stop_training:
            self._reporter.stage("stopping", state="stopping")
            self.model.stop_training = True


class EpochRecorder(keras.callbacks.Callback):
    """After each whole epoch: measure the averaged weights, append a progress line, save best weights and checkpoint.

    With votes on the validation images, an epoch's score is the mean of both yardsticks: agreement with the labels, and
    with the voters where they agree among themselves. Without, it is the first alone.
    The line comes before the checkpoint, so that a process killed between the two leaves a line too many, which the
    resumed run drops and writes again, never one too few.
    """

    def __init__(
        self,
        network: keras.Model,
        config: TrainingConfig,
        run_dir: Path,
        validation: LabelledFaces,
        reporter: RunReporter,
        watcher: BatchWatcher,
        *,
        start: Sequence[np.ndarray] = (),
        votes: np.ndarray | None = None,
        checkpoint_every_s: float = 0.0,
        predict: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        """Go on from what `run_dir` holds.

        Args:
            network: what is trained, measured and kept; outputs (n, 7), or (n, 7 + 10) with a crowd's head.
            config: the run's settings.
            run_dir: the run's folder.
            validation: to measure on.
            reporter: told of each epoch.
            watcher: knows whether an epoch was broken off.
            start: the weights that training started from, in the network's order, where some of them is to be kept.
            votes: int (n, 10), of the validation images.
            checkpoint_every_s: no more often than this, but always at the end or a stop.
            predict: the network's probabilities for float32 pixels (n, 48, 48, 1), 0-255, quicker than Keras'.
        """
        super().__init__()
        self._predict = predict or partial(network.predict, batch_size=_VALIDATION_BATCH, verbose=0)
        self._start = start
        self._votes = votes if has_crowd(network) else None
        self._checkpoint_every_s = checkpoint_every_s
        self._checkpoint_at_s = -math.inf
        self._network = network
        self._config = config
        self._run_dir = run_dir
        self._reporter = reporter
        self._watcher = watcher
        self._pixels = to_input(validation.pixels)
        self._labels = validation.labels
        self._epochs = read_epochs(run_dir)
        self._best = self._best_so_far()
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Seed dropout by the epoch, which counts from 0, and set the plateau schedule's learning rate."""
        self._began = time.monotonic()
        seed_dropout(self._network, self._config.seed * 10_007 + epoch)
        if self._config.schedule == "plateau":
            rate = plateau_rate(self._config, [metrics.validation_loss for metrics in self._epochs])
            self.model.optimizer.learning_rate = rate

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Measure and record a whole epoch; of one that was broken off nothing is kept.

        Raises:
            TrainingError: the loss is not finite.
        """
        if self._watcher.broken_off:
            self._reporter.end_epoch(None)
            return
        logs = logs or {}
        if not math.isfinite(logs["loss"]):
            raise TrainingError(
                f"The loss of epoch {epoch + 1} is {logs['loss']}: training diverged. Start again with a lower "
                "learning rate or a longer warm-up."
            )
        seconds = time.monotonic() - self._began
        with self._weights_to_be_kept():
            loss, accuracy, crowd_accuracy, confusion = self._validate()
            score = _score(accuracy, crowd_accuracy)
            if score >= self._best:  # of equal epochs the later one, whose average reaches over more
                self._best = score
                save_weights(self._network, self._run_dir / BEST, epoch=epoch + 1, accuracy=accuracy)
        metrics = EpochMetrics(
            epoch=epoch + 1,
            loss=float(logs["loss"]),
            accuracy=float(logs["accuracy"]),
            validation_loss=loss,
            validation_accuracy=accuracy,
            learning_rate=float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
            seconds=seconds,
            images_per_second=self._watcher.images / seconds,
            steady_seconds=self._steady(seconds),
            crowd_accuracy=crowd_accuracy,
        )
        self._record(metrics, confusion)

    def _steady(self, seconds: float) -> float:
        start_up_s = self._watcher.start_up_s
        return 0.0 if start_up_s is None else max(0.0, seconds - start_up_s)

    @contextmanager
    def _weights_to_be_kept(self) -> Iterator[None]:
        """The running average, blended with the start where that is asked for, in place of what training goes on from.

        Batch-norm statistics are blended alike, to measure by; export makes them anew.
        """
        variables = self.model.weights
        training_only = [keras.ops.copy(variable.value) for variable in variables]
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        for variable in self.model.trainable_variables:
            # On JAX the variable now shares its memory with the average, and predicting would free both.
            variable.assign(keras.ops.copy(variable.value))
        if len(self._start):
            share = self._config.start_share
            for variable, start in zip(label_network(self._network).weights, self._start, strict=True):
                variable.assign(share * keras.ops.convert_to_tensor(start) + (1 - share) * variable.value)
        yield
        for variable, value in zip(variables, training_only, strict=True):
            variable.assign(value)

    def _record(self, metrics: EpochMetrics, confusion: np.ndarray) -> None:
        append_epoch(self._run_dir, metrics)
        self._epochs.append(metrics)
        counts = {"epoch": metrics.epoch, "labels": EMOTIONS, "counts": confusion.tolist()}
        write_json(self._run_dir / CONFUSION, counts)
        ends_early = should_stop_early(self._config, [metrics.validation_accuracy for metrics in self._epochs])
        if ends_early:
            self.model.stop_training = True
        if self._is_time_for_a_checkpoint(metrics.epoch):
            save_checkpoint(self.model, self._run_dir, epoch=metrics.epoch, accuracy=metrics.validation_accuracy)
            self._checkpoint_at_s = time.monotonic()
        self._reporter.end_epoch(metrics)
        if ends_early:
            self._reporter.note(f"Stopped early: no better epoch in {self._config.early_stopping}.")

    def _is_time_for_a_checkpoint(self, epoch: int) -> bool:
        last = self.model.stop_training or epoch == int(self.params["epochs"])
        return last or time.monotonic() - self._checkpoint_at_s >= self._checkpoint_every_s

    def _best_so_far(self) -> float:
        """Of the epochs that are still on record: an epoch after the checkpoint is trained again."""
        epoch, _ = best_epoch(self._run_dir)
        known = {metrics.epoch: _score(metrics.validation_accuracy, metrics.crowd_accuracy) for metrics in self._epochs}
        return known.get(epoch, max(known.values(), default=-1.0))

    def _validate(self) -> tuple[float, float, float | None, np.ndarray]:
        """Of the labels: loss in nats and accuracy; the crowd's accuracy; confusion counts (7, 7), rows true."""
        answers = np.asarray(self._predict(self._pixels), np.float64)
        probabilities, crowd_accuracy = answers[:, : len(EMOTIONS)], None
        if self._votes is not None:
            crowd_accuracy = accuracy_on_clear(emotion_shares(answers[:, len(EMOTIONS) :]), self._votes)
        predicted = probabilities.argmax(1)
        likelihood = probabilities[np.arange(len(self._labels)), self._labels]
        confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), int)
        np.add.at(confusion, (self._labels, predicted), 1)
        loss = -np.log(np.clip(likelihood, 1e-9, 1)).mean()
        return float(loss), float((predicted == self._labels).mean()), crowd_accuracy, confusion


def _score(accuracy: float, crowd_accuracy: float | None) -> float:
    return accuracy if crowd_accuracy is None else (accuracy + crowd_accuracy) / 2
