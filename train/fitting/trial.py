"""How fast this machine trains a network: some steps on noise, timed. What it learns from does not change the time."""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from train.settings.training import TrainingConfig

TRIAL_S: Final = 3.0
"""How long steps are timed, without building and compiling."""
_BATCH: Final = 64
"""Smaller than a run's, so that a slow machine has done a few steps soon; an image takes about as long."""
_FEWEST: Final = 3
_MOST: Final = 64
_VALIDATION: Final = 128


@dataclass(frozen=True)
class Trial:
    """What a network costs to train here, beside whatever else the machine does now.

    Attributes:
        architecture: its file's name.
        images_per_second: training images, once compiled.
        validation_per_second: images that are only looked at, as after each epoch.
        start_s: seconds of building and compiling, once for a run.
    """

    architecture: str
    images_per_second: float
    validation_per_second: float
    start_s: float

    def seconds(self, *, epochs: int, train: int, validation: int) -> float:
        """About how long a run takes, for so many images of each split."""
        epoch_s = train / self.images_per_second + validation / self.validation_per_second
        return self.start_s + epochs * epoch_s


def time_training(architecture: str, *, seconds: float = TRIAL_S) -> Trial:
    """Train some steps with the default settings, as `train.fitting.fit` does, and measure them.

    Raises:
        ConfigError: no such architecture.
    """
    import keras

    from train.archive.types import LabelledFaces
    from train.fitting.batches import AugmentedBatches
    from train.fitting.losses import EmotionAccuracy, build_loss
    from train.fitting.optimizer import build_optimizer
    from train.networks.build import build_network, label_network
    from train.networks.inputs import to_input
    from train.networks.precision import resolve_precision, with_precision

    class Clock(keras.callbacks.Callback):
        """When each step ended; ends training when there are enough."""

        def __init__(self) -> None:
            super().__init__()
            self.ends: list[float] = []

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            self.ends.append(time.monotonic())
            if len(self.ends) >= _FEWEST and self.ends[-1] - self.ends[0] >= seconds:
                self.model.stop_training = True

    config = TrainingConfig(architecture=architecture, batch_size=_BATCH)
    rng = np.random.default_rng(0)
    count = _MOST * config.batch_size
    labels = (np.arange(count) % 7).astype(np.int64)
    faces = LabelledFaces(rng.integers(0, 256, (count, 48, 48), np.uint8), labels)
    began = time.monotonic()
    model = with_precision(label_network(build_network(config)), resolve_precision(config.precision))
    batches = AugmentedBatches(faces, config)
    model.compile(
        optimizer=build_optimizer(config, steps_per_epoch=len(batches), epochs=config.epochs),
        loss=build_loss(config),
        metrics=[EmotionAccuracy(name="accuracy")],
    )
    clock = Clock()
    model.fit(batches, shuffle=False, verbose=0, callbacks=[clock])
    step_s = (clock.ends[-1] - clock.ends[0]) / (len(clock.ends) - 1)
    pixels = to_input(faces.pixels[:_VALIDATION])
    model.predict(pixels, batch_size=_VALIDATION, verbose=0)  # compiles
    looked = time.monotonic()
    model.predict(pixels, batch_size=_VALIDATION, verbose=0)
    return Trial(
        architecture,
        images_per_second=config.batch_size / step_s,
        validation_per_second=_VALIDATION / (time.monotonic() - looked),
        start_s=max(0.0, clock.ends[0] - began - step_s),
    )
