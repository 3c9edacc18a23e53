"""The optimizer and its schedules, as `TrainingConfig` asks."""

from collections.abc import Sequence
from typing import Any, Final

import keras

from train.settings.training import TrainingConfig

MOMENTUM: Final = 0.9
ADAMW_DECAY: Final = 100.0
"""AdamW's decay is not multiplied into the gradient, so it takes larger values: 0.05 where SGD takes 5e-4."""
PLATEAU_FACTOR: Final = 0.5


class _WarmAverage:
    """Lets the running average of the weights forget its start: momentum min(m, (1 + t) / (10 + t)) at step t.

    With a constant momentum of 0.998 the random weights of the start still weigh a third after two epochs of FER2013,
    and validation shows chance for as long. As in TensorFlow's ExponentialMovingAverage. The momentum follows from the
    optimizer's own step count, so a checkpoint, also one of an earlier version, holds all that a resumed run needs.
    """

    iterations: Any

    @property
    def ema_momentum(self) -> Any:
        """The momentum at the present step, a float32 scalar."""
        step = keras.ops.cast(self.iterations, "float32")
        return keras.ops.minimum(self.ema_ceiling, (1 + step) / (10 + step))

    @ema_momentum.setter
    def ema_momentum(self, value: float) -> None:
        self.ema_ceiling = value


class AveragedSGD(_WarmAverage, keras.optimizers.SGD):
    """SGD with a warmed-up average of the weights."""


class AveragedAdam(_WarmAverage, keras.optimizers.Adam):
    """Adam with a warmed-up average of the weights."""


class AveragedAdamW(_WarmAverage, keras.optimizers.AdamW):
    """AdamW with a warmed-up average of the weights."""


def build_optimizer(config: TrainingConfig, *, steps_per_epoch: int, epochs: int) -> keras.optimizers.Optimizer:
    """SGD with Nesterov momentum, Adam or AdamW; decay of kernels only; a warmed-up average of the weights.

    Args:
        config: the settings.
        steps_per_epoch: batches per epoch.
        epochs: over which the schedule runs.
    """
    common: dict[str, Any] = {
        "learning_rate": _schedule(config, steps_per_epoch, epochs),
        "global_clipnorm": config.clip_norm,
        "use_ema": config.ema_momentum > 0,
        "ema_momentum": config.ema_momentum or 0.99,
    }
    if config.optimizer == "sgd":
        # Keras shrinks weights by rate * weight_decay directly; L2 passed through momentum shrinks 1 / (1 - m) as much.
        decay = config.weight_decay / (1 - MOMENTUM)
        optimizer = AveragedSGD(momentum=MOMENTUM, nesterov=True, weight_decay=decay or None, **common)
    elif config.optimizer == "adamw":
        optimizer = AveragedAdamW(weight_decay=config.weight_decay * ADAMW_DECAY, **common)
    else:
        optimizer = AveragedAdam(**common)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _schedule(config: TrainingConfig, steps_per_epoch: int, epochs: int) -> Any:
    """A rate by step; for the plateau schedule a plain number, which `plateau_rate` replaces before each epoch."""
    peak = config.peak_learning_rate
    if config.schedule == "plateau":
        return peak
    warmup_steps = round(config.warmup_epochs * steps_per_epoch)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup_steps else peak,
        decay_steps=max(1, epochs * steps_per_epoch - warmup_steps),
        alpha=1.0 if config.schedule == "constant" else 0.0,  # the share of the peak at which the cosine ends
        warmup_target=peak if warmup_steps else None,
        warmup_steps=warmup_steps,
    )


def plateau_rate(config: TrainingConfig, validation_losses: Sequence[float]) -> float:
    """The plateau schedule's rate for the next epoch, from the losses of all epochs before it.

    It follows from the run's record alone, so a resumed run goes on as the unbroken one would.
    """
    rate = config.peak_learning_rate
    best, waited = float("inf"), 0
    for loss in validation_losses:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited >= config.plateau_patience:
            rate, waited = rate * PLATEAU_FACTOR, 0
    return rate * min(1.0, (len(validation_losses) + 1) / (config.warmup_epochs + 1))


def should_stop_early(config: TrainingConfig, validation_accuracies: Sequence[float]) -> bool:
    """Whether `early_stopping` epochs have passed without a better validation accuracy."""
    if not config.early_stopping or not validation_accuracies:
        return False
    best_at = max(range(len(validation_accuracies)), key=lambda i: validation_accuracies[i])
    return len(validation_accuracies) - 1 - best_at >= config.early_stopping
