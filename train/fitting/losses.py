"""What training minimises: losses over soft targets, and weights for rare emotions."""

from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np
from keras import ops

from fer_core.emotions import EMOTIONS
from train.dataset.ferplus import ANSWERS
from train.settings.training import TrainingConfig

_EMOTIONS: Final = len(EMOTIONS)


def build_loss(config: TrainingConfig, *, taught: bool = False) -> Callable[[Any, Any], Any]:
    """The loss that `config` asks for, of (targets, outputs), giving one value per image (n,).

    The columns of targets and outputs, both float (n, k), in this order:
        7 emotions: what the image shows, perhaps softly, and the network's probabilities;
        10 answers, with `ferplus_weight`: the voters' shares (all 0 where nobody voted), and the crowd's output;
        7 emotions, where `taught`, of the targets alone: what the teachers say, softened by the temperature.

    Label smoothing (Szegedy et al., 2016, arXiv:1512.00567) is applied here, to each loss on the emotions alike.
    """
    losses = {
        "categorical_crossentropy": categorical_crossentropy,
        "binary_crossentropy": binary_crossentropy,
        "focal": lambda targets, probabilities: focal_crossentropy(targets, probabilities, config.focal_gamma),
    }
    measure = losses[config.loss]
    share, from_teachers, temperature = (
        config.label_smoothing,
        config.distillation_weight,
        config.distillation_temperature,
    )

    def loss(targets: Any, outputs: Any) -> Any:
        targets = ops.cast(targets, outputs.dtype)
        probabilities = outputs[:, :_EMOTIONS]
        value = measure(targets[:, :_EMOTIONS] * (1 - share) + share / _EMOTIONS, probabilities)
        if taught:
            # The square makes up for the gradients, which softening shrinks by as much (Hinton et al., 2015).
            distance = temperature**2 * softened_divergence(targets[:, -_EMOTIONS:], probabilities, temperature)
            value = (1 - from_teachers) * value + from_teachers * distance
        if config.ferplus_weight:
            crowd = slice(_EMOTIONS, _EMOTIONS + len(ANSWERS))
            value = value + config.ferplus_weight * categorical_crossentropy(targets[:, crowd], outputs[:, crowd])
        return value

    return loss


class EmotionAccuracy(keras.metrics.CategoricalAccuracy):
    """Share of the images whose emotion is right, whatever else stands beside the emotions."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch; see `build_loss` for the columns."""
        return super().update_state(y_true[:, :_EMOTIONS], y_pred[:, :_EMOTIONS], sample_weight)


def softened_divergence(teacher: Any, probabilities: Any, temperature: float) -> Any:
    """KL(teacher || softmax(log p / temperature)), in nats: the teacher is softened already."""
    tiny = keras.config.epsilon()
    student = ops.log_softmax(ops.log(ops.maximum(probabilities, tiny)) / temperature, axis=-1)
    return ops.sum(teacher * (ops.log(ops.maximum(teacher, tiny)) - student), axis=-1)


def categorical_crossentropy(targets: Any, probabilities: Any) -> Any:
    """-sum t log p."""
    return ops.categorical_crossentropy(targets, probabilities)


def binary_crossentropy(targets: Any, probabilities: Any) -> Any:
    """Each emotion a yes-or-no question of its own, summed over the emotions.

    Keras' own takes the mean; the sum has gradients as large as the other losses', so that one learning rate suits all.
    """
    return ops.sum(ops.binary_crossentropy(targets, probabilities), axis=-1)


def focal_crossentropy(targets: Any, probabilities: Any, gamma: float) -> Any:
    """-sum t (1 - p)^gamma log p (Lin et al., 2017, arXiv:1708.02002)."""
    probabilities = ops.clip(probabilities, keras.config.epsilon(), 1 - keras.config.epsilon())
    return -ops.sum(targets * ops.power(1 - probabilities, gamma) * ops.log(probabilities), axis=-1)


def class_weights(labels: np.ndarray, config: TrainingConfig) -> np.ndarray | None:
    """How much an image of each emotion counts, so that the mean over the training images is 1.

    Args:
        labels: int (n,), of the training split.
        config: `class_weights` "inverse" weighs by 1 / n of the class; "effective" by (1 - beta) / (1 - beta^n), the
            inverse of the effective number of samples (Cui et al., 2019, arXiv:1901.05555).

    Returns:
        float32 (7,), 0 for an emotion without images; None where all count alike.
    """
    if config.class_weights == "none":
        return None
    counts = np.bincount(labels, minlength=len(EMOTIONS)).astype(np.float64)
    present = counts > 0
    weights = np.zeros(len(EMOTIONS))
    if config.class_weights == "inverse":
        weights[present] = 1 / counts[present]
    else:
        beta = config.effective_beta
        weights[present] = (1 - beta) / (1 - beta ** counts[present])
    scaled: np.ndarray = (weights * counts.sum() / (weights * counts).sum()).astype(np.float32)
    return scaled
