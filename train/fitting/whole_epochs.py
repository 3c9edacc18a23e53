"""Epochs on a GPU, where Keras runs on PyTorch: a drop-in for `Model.fit` that keeps the GPU busy.

A small network's step takes a GPU less time than Python needs to ask for it. So the images of an epoch are augmented
beforehand, by several processes while the epoch before runs, and moved over at once; and a step is recorded once as a
CUDA graph and then replayed. Data, losses, optimizer, schedules and callbacks mean what they mean in every other run,
and weights, optimizer state and averages stay in the Keras variables (docs/decisions.md).
"""

import logging
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final

import keras
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fer_core.emotions import EMOTIONS
from train.augmentation.pool import augmenting_processes
from train.fitting.batches import AugmentedBatches
from train.fitting.optimizer import MOMENTUM
from train.networks.torch_layers import UnknownLayerError
from train.networks.torch_network import TorchNetwork
from train.settings.training import TrainingConfig

log = logging.getLogger(__name__)

_WARM_UP_STEPS: Final = 3
_SMALLEST: Final = 1e-7


def refusal(model: keras.Model, config: TrainingConfig) -> str:
    """Why a run cannot be trained here but only by Keras' own loop; empty where it can."""
    try:
        TorchNetwork(model)
    except UnknownLayerError as error:
        return f"{error}, which is not written for GPUs"
    if config.optimizer != "sgd" or not config.ema_momentum:
        return "only SGD with averaged weights is written for GPUs"
    if config.loss != "categorical_crossentropy":
        return "only the categorical cross-entropy is written for GPUs"
    return ""


def fit_whole_epochs(
    model: keras.Model,
    batches: AugmentedBatches,
    config: TrainingConfig,
    *,
    taught: bool,
    epochs: int,
    initial_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Train as `model.fit(batches, …, shuffle=False)` does, calling back once per epoch instead of once per batch.

    Args:
        model: compiled with its optimizer, and with that optimizer built where its state was loaded.
        batches: asked for whole epochs, from the one that it stands at.
        config: the run's settings, which `refusal` accepts.
        taught: whether the targets end with what teachers say.
        epochs: the number after the last one.
        initial_epoch: the first one.
        callbacks: told of epochs, with "loss" and "accuracy" of the training images, and of each epoch's last batch.
    """
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    trainer = _Trainer(model, config, taught=taught)
    told = keras.callbacks.CallbackList(
        list(callbacks), add_history=False, add_progbar=False, model=model, epochs=epochs, steps=len(batches)
    )
    batches.on_epoch_end()  # as Keras does before the first epoch, so that a seed means the same data here
    model.stop_training = False
    told.on_train_begin()
    with closing(_epochs_of(batches, epochs - initial_epoch)) as prepared:
        for epoch in range(initial_epoch, epochs):
            if model.stop_training:
                break
            told.on_epoch_begin(epoch)
            logs = trainer.run_epoch(*next(prepared))
            told.on_train_batch_end(len(batches) - 1, logs)
            told.on_epoch_end(epoch, logs)
    told.on_train_end()


def _epochs_of(batches: AugmentedBatches, count: int) -> Generator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Whole epochs, each prepared while the one before is used."""
    with augmenting_processes() as executor, ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(batches.whole_epoch, executor)
        for i in range(count):
            epoch = coming.result()
            if i + 1 < count:
                coming = ahead.submit(batches.whole_epoch, executor)
            yield epoch


class _Trainer:
    """Steps of one phase of a run, in place on the variables of a model and its optimizer."""

    def __init__(self, model: keras.Model, config: TrainingConfig, *, taught: bool) -> None:
        torch.backends.cudnn.benchmark = True  # sizes never change, so the quickest algorithm is worth looking for
        self._network = TorchNetwork(model)
        self._optimizer = model.optimizer
        self._loss = torch_loss(config, taught=taught)
        self._clip_norm = config.clip_norm
        variables = model.trainable_variables
        self._weights: list[Tensor] = [variable.value for variable in variables]
        self._device = self._weights[0].device
        self._half = model.layers[1].compute_dtype == "bfloat16"
        # Keras has no public way to ask which weights decay, nor for the averages.
        decayed = [v for v in variables if self._optimizer._use_weight_decay(v)]  # noqa: SLF001
        self._decayed: list[Tensor] = [variable.value for variable in decayed]
        self._momenta: list[Tensor] = [momentum.value for momentum in self._optimizer.momentums]
        averages = self._optimizer._model_variables_moving_average  # noqa: SLF001
        self._averages: list[Tensor] = [mean.value for mean in averages]
        # What a recorded step reads besides the batch: its learning rate, its averages' momentum, and running sums.
        self._rate, self._average_momentum, self._losses, self._right = torch.zeros(4, device=self._device).unbind()
        self._graph: Any = None
        self._can_record = True
        self._batch: tuple[Tensor, ...] = ()

    def run_epoch(self, *epoch: np.ndarray) -> dict[str, float]:
        """Train on pixels (steps, n, side, side, 1), targets (steps, n, k) and weights (steps, n)."""
        steps = len(epoch[0])
        moved = tuple(torch.from_numpy(np.ascontiguousarray(part)).to(self._device) for part in epoch)
        first = int(self._optimizer.iterations.value)
        rates, momenta = self._schedules(first, steps)
        self._losses.zero_()
        self._right.zero_()
        for i in range(steps):
            self._rate.copy_(rates[i])
            self._average_momentum.copy_(momenta[i])
            self._run_step(tuple(part[i] for part in moved), recorded=i >= _WARM_UP_STEPS)
        self._optimizer.iterations.assign(first + steps)
        images = epoch[0].shape[1]
        return {"loss": float(self._losses) / steps, "accuracy": float(self._right) / steps / images}

    def _schedules(self, first: int, steps: int) -> tuple[Tensor, Tensor]:
        """Learning rate and averages' momentum of each step."""
        # The public `learning_rate` is the schedule's value at the present step; here all steps' are needed.
        schedule = self._optimizer._learning_rate  # noqa: SLF001
        with keras.device("cpu"):
            at = [keras.ops.convert_to_tensor(step) for step in range(first, first + steps)]
            rates = [float(schedule(step)) if callable(schedule) else float(schedule.value) for step in at]
        ceiling = self._optimizer.ema_ceiling
        momenta = [min(ceiling, (1 + step) / (10 + step)) if step else 0.0 for step in range(first, first + steps)]
        return torch.tensor(rates, device=self._device), torch.tensor(momenta, device=self._device)

    def _run_step(self, batch: tuple[Tensor, ...], *, recorded: bool) -> None:
        if recorded and self._graph is None and self._device.type == "cuda" and self._can_record:
            self._record(batch)
        if self._graph is None:
            self._step(*batch)
            return
        for own, part in zip(self._batch, batch, strict=True):
            own.copy_(part)
        self._graph.replay()

    def _record(self, batch: tuple[Tensor, ...]) -> None:
        """Record a step without taking it. Where that is refused, steps go on being taken one operation at a time."""
        self._batch = tuple(part.clone() for part in batch)
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        try:
            with torch.cuda.graph(graph):
                self._step(*self._batch)
        except RuntimeError as error:
            log.warning("This GPU's steps cannot be recorded, so small networks train slowly: %s", error)
            self._can_record = False
            torch.cuda.synchronize()
        else:
            self._graph = graph

    def _step(self, pixels: Tensor, targets: Tensor, weights: Tensor) -> None:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half, cache_enabled=False):
            logits = self._network(pixels, training=True)
        loss = (self._loss(targets, logits) * weights).mean()
        gradients = list(torch.autograd.grad(loss, self._weights))
        with torch.no_grad():
            right = logits[0].argmax(-1) == targets[:, : len(EMOTIONS)].argmax(-1)
            self._losses += loss
            self._right += right.sum()
            self._update(gradients)

    def _update(self, gradients: list[Tensor]) -> None:
        """What `train.fitting.optimizer.AveragedSGD` does, for all variables at once."""
        # One kernel for all variables; PyTorch has these operations under no other name.
        norms = torch._foreach_norm(gradients)  # noqa: SLF001
        norm = torch.linalg.vector_norm(torch.stack(norms))
        scale = self._clip_norm / torch.clamp(norm, min=self._clip_norm)
        if self._decayed:
            torch._foreach_mul_(self._decayed, 1 - self._optimizer.weight_decay * self._rate)
        torch._foreach_mul_(gradients, scale * self._rate)
        torch._foreach_mul_(self._momenta, MOMENTUM)
        torch._foreach_sub_(self._momenta, gradients)
        torch._foreach_add_(self._weights, self._momenta, alpha=MOMENTUM)  # Nesterov looks a step ahead
        torch._foreach_sub_(self._weights, gradients)
        torch._foreach_mul_(self._averages, self._average_momentum)
        new_parts = torch._foreach_mul(self._weights, 1 - self._average_momentum)  # noqa: SLF001
        torch._foreach_add_(self._averages, new_parts)


def torch_loss(config: TrainingConfig, *, taught: bool) -> Callable[[Tensor, tuple[Tensor, ...]], Tensor]:
    """`train.fitting.losses.build_loss` for the cross-entropy and logits instead of probabilities.

    Returns:
        A function of targets (n, k) and a tuple of logits, (n, 7) and perhaps (n, 10), to one value per image (n,).
    """
    kinds = len(EMOTIONS)
    smoothing, share, temperature = (
        config.label_smoothing,
        config.distillation_weight,
        config.distillation_temperature,
    )

    def loss(targets: Tensor, logits: tuple[Tensor, ...]) -> Tensor:
        smooth = targets[:, :kinds] * (1 - smoothing) + smoothing / kinds
        value = -(smooth * functional.log_softmax(logits[0], -1)).sum(-1)
        if taught:
            teacher = targets[:, -kinds:]
            distance = teacher * (
                teacher.clamp(min=_SMALLEST).log() - functional.log_softmax(logits[0] / temperature, -1)
            )
            value = (1 - share) * value + share * temperature**2 * distance.sum(-1)
        if config.ferplus_weight:
            crowd = logits[1]
            answers = targets[:, kinds : kinds + crowd.shape[1]]
            value = value - config.ferplus_weight * (answers * functional.log_softmax(crowd, -1)).sum(-1)
        return value

    return loss
