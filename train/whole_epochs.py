"""Epochs as single calls, for accelerators: a drop-in for `Model.fit` where Keras runs on JAX.

A small network's step takes an accelerator less time than Python needs to ask for it. So the images of an epoch are
augmented beforehand, by several processes while the epoch before runs, and moved over at once, and all steps are one
compiled loop. Data, losses, optimizer, schedules and callbacks are those of every other run (docs/decisions.md).
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import jax
import keras
import numpy as np

from fer_core.emotions import EMOTIONS
from train.augment_pool import augmenting_processes
from train.data import AugmentedBatches

Loss = Callable[[Any, Any], Any]
_State = tuple[list[Any], list[Any], list[Any]]


def fit_whole_epochs(
    model: keras.Model,
    batches: AugmentedBatches,
    loss: Loss,
    *,
    epochs: int,
    initial_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Train as `model.fit(batches, …, shuffle=False)` does, calling back once per epoch instead of once per batch.

    Args:
        model: compiled with its optimizer, and with that optimizer built where its state was loaded.
        batches: asked for whole epochs, from the one that it stands at.
        loss: of (targets, outputs), one value per image.
        epochs: the number after the last one.
        initial_epoch: the first one.
        callbacks: told of epochs, with "loss" and "accuracy" of the training images, and of each epoch's last batch.
    """
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    told = keras.callbacks.CallbackList(
        list(callbacks), add_history=False, add_progbar=False, model=model, epochs=epochs, steps=len(batches)
    )
    run_epoch = _compiled_epoch(model, loss)
    batches.on_epoch_end()  # as Keras does before the first epoch, so that a seed means the same data here
    model.stop_training = False
    with closing(_epochs_of(batches, epochs - initial_epoch)) as prepared:
        for epoch in range(initial_epoch, epochs):
            if model.stop_training:
                break
            told.on_epoch_begin(epoch)
            state, (losses, right) = run_epoch(_state_of(model), *next(prepared))
            _restore(model, state)
            logs = {"loss": float(np.mean(losses)), "accuracy": float(np.mean(right))}
            told.on_train_batch_end(len(batches) - 1, logs)
            told.on_epoch_end(epoch, logs)


def _compiled_epoch(model: keras.Model, loss: Loss) -> Callable[..., tuple[_State, Any]]:
    optimizer = model.optimizer

    def measure(trainable: list[Any], others: list[Any], pixels: Any, targets: Any, weights: Any) -> tuple[Any, Any]:
        outputs, others, penalties = model.stateless_call(
            trainable, others, keras.ops.cast(pixels, "float32"), training=True, return_losses=True
        )
        value = keras.ops.mean(loss(targets, outputs) * weights) + sum(penalties)
        kinds = slice(0, len(EMOTIONS))
        right = keras.ops.argmax(outputs[:, kinds], -1) == keras.ops.argmax(targets[:, kinds], -1)
        return value, (others, keras.ops.mean(keras.ops.cast(right, "float32")))

    gradient = jax.value_and_grad(measure, has_aux=True)

    def step(state: _State, batch: tuple[Any, Any, Any]) -> tuple[_State, tuple[Any, Any]]:
        trainable, others, slots = state
        (value, (others, right)), gradients = gradient(trainable, others, *batch)
        trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
        return (trainable, others, slots), (value, right)

    def run_epoch(state: _State, pixels: Any, targets: Any, weights: Any) -> Any:
        return jax.lax.scan(step, state, (pixels, targets, weights))

    compiled: Callable[..., tuple[_State, Any]] = jax.jit(run_epoch)
    return compiled


def _state_of(model: keras.Model) -> _State:
    kinds = model.trainable_variables, model.non_trainable_variables, model.optimizer.variables
    return tuple([variable.value for variable in variables] for variables in kinds)  # type: ignore[return-value]


def _restore(model: keras.Model, state: _State) -> None:
    kinds = model.trainable_variables, model.non_trainable_variables, model.optimizer.variables
    for variables, values in zip(kinds, state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _epochs_of(batches: AugmentedBatches, count: int) -> Generator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Whole epochs, each prepared while the one before is used: pixels, targets and weights by step."""
    with augmenting_processes() as executor, ThreadPoolExecutor(1) as ahead:

        def prepare() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return _stacked(batches.whole_epoch(executor))

        coming = ahead.submit(prepare)
        for i in range(count):
            epoch = coming.result()
            if i + 1 < count:
                coming = ahead.submit(prepare)
            yield epoch


def _stacked(steps: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Batches of (pixels, targets[, weights]) as arrays (steps, n, …); whole grey levels travel as bytes."""
    pixels = np.stack([_as_bytes(step[0]) for step in steps])
    targets = np.stack([step[1] for step in steps])
    weights = np.stack([step[2] if len(step) > 2 else np.ones(len(step[1]), np.float32) for step in steps])
    return pixels, targets, weights


def _as_bytes(pixels: np.ndarray) -> np.ndarray:
    small = pixels.astype(np.uint8)
    return small if np.array_equal(small, pixels) else pixels
