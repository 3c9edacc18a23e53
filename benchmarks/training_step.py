"""Processor time of a training step, with batch normalisation as one operation and as Keras composes it."""

import os
import statistics
import time
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.table import print_table

BATCH, STEPS, WARM_UP = 128, 10, 3


def main(names: tuple[str, ...] = ("compact_se", "vgg_small")) -> None:
    """Print the table."""
    rows = []
    for name in names:
        ours, keras_own = _seconds(name, one_operation=True), _seconds(name, one_operation=False)
        rows.append([name, f"{ours:.2f}", f"{keras_own:.2f}", f"{keras_own / ours:.1f}"])
    header = ["network", "one operation, s", "Keras' own, s", "ratio"]
    print_table(f"Processor seconds of a training step of {BATCH} images, median of {STEPS}", header, rows)


def _seconds(name: str, *, one_operation: bool) -> float:
    from train.networks.batch_norm import BatchNormalization

    if one_operation:
        return _median_step(name)
    with mock.patch.object(BatchNormalization, "_is_one_operation", return_value=False):
        return _median_step(name)


def _median_step(name: str) -> float:
    from train.fitting.losses import build_loss
    from train.fitting.optimizer import build_optimizer
    from train.networks.build import build_network
    from train.networks.precision import resolve_precision, with_precision
    from train.settings.training import TrainingConfig

    config = TrainingConfig(architecture=name)
    model = with_precision(build_network(config), resolve_precision("auto"))
    model.compile(optimizer=build_optimizer(config, steps_per_epoch=224, epochs=25), loss=build_loss(config))
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (BATCH, 48, 48, 1)).astype(np.float32)
    targets = np.eye(7, dtype=np.float32)[rng.integers(0, 7, BATCH)]
    times = []
    for _ in range(WARM_UP + STEPS):
        began = time.process_time()
        model.train_on_batch(pixels, targets)
        times.append(time.process_time() - began)
    return statistics.median(times[WARM_UP:])


if __name__ == "__main__":
    main()
