"""Augmentation on the processors that nothing else uses.

A batch takes OpenCV a few milliseconds in many small calls, so threads only wait for each other; processes do not. The
pixels are the same wherever they are made: chance is handed over with them. No deep-learning library is imported here.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Final

import numpy as np

from train.augmentation.images import augment_batch, spoil_batch
from train.settings.augmentation import AugmentConfig

_PROCESSORS_PER_WORKER: Final = 4
"""Several runs often share an accelerator, and each has a pool."""

Chance = np.random.Generator
Task = tuple[np.ndarray, AugmentConfig, Chance]


@contextmanager
def augmenting_processes() -> Iterator[Executor | None]:
    """Processes for `augment_all`, where there are processors to spare; else None."""
    workers = (os.cpu_count() or 1) // _PROCESSORS_PER_WORKER
    if workers < 2:
        yield None
        return
    # "spawn": a fork of a process that drives an accelerator may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        yield executor


def augment_all(tasks: list[Task], executor: Executor | None = None) -> list[tuple[np.ndarray, Chance]]:
    """Augment each batch, with the chance that comes with it; gives pixels, uint8, and the chance afterwards."""
    return list((executor.map if executor else map)(_augment, tasks))


def spoil_all(tasks: list[Task], executor: Executor | None = None) -> list[np.ndarray]:
    """Blur each batch, (n, side, side, 1), and add noise, by the chance that comes with it."""
    return list((executor.map if executor else map)(_spoil, tasks))


def _spoil(task: Task) -> np.ndarray:
    return spoil_batch(*task)


def _augment(task: Task) -> tuple[np.ndarray, Chance]:
    faces, config, chance = task
    return augment_batch(faces, config, chance), chance
