from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from train.fitting.losses import EmotionAccuracy, build_loss, class_weights
from train.settings.training import TrainingConfig

PROBABILITIES = np.array([[0.7, 0.1, 0.05, 0.05, 0.04, 0.03, 0.03], [0.2, 0.1, 0.3, 0.1, 0.1, 0.1, 0.1]], np.float32)
TARGETS = np.eye(7, dtype=np.float32)[[0, 3]]
PLAIN = TrainingConfig(label_smoothing=0)


def values(config: TrainingConfig) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(build_loss(config)(TARGETS, PROBABILITIES)))


def test_categorical_crossentropy_is_minus_log_of_the_true_emotion():
    assert values(PLAIN) == pytest.approx(-np.log([0.7, 0.1]), rel=1e-5)


def test_binary_crossentropy_asks_each_emotion_and_sums():
    expected = -(TARGETS * np.log(PROBABILITIES) + (1 - TARGETS) * np.log(1 - PROBABILITIES)).sum(1)
    assert values(replace(PLAIN, loss="binary_crossentropy")) == pytest.approx(expected, rel=1e-4)


def test_focal_loss_leaves_easy_images_aside_and_is_crossentropy_without_gamma():
    focal = replace(PLAIN, loss="focal", focal_gamma=2.0)
    assert values(focal) == pytest.approx(-np.log([0.7, 0.1]) * np.array([0.3, 0.9]) ** 2, rel=1e-4)
    assert values(replace(focal, focal_gamma=0.0)) == pytest.approx(values(PLAIN), rel=1e-5)


def test_label_smoothing_is_that_of_keras_for_every_loss():
    expected = keras.losses.CategoricalCrossentropy(label_smoothing=0.1, reduction=None)(TARGETS, PROBABILITIES)
    assert values(replace(PLAIN, label_smoothing=0.1)) == pytest.approx(np.asarray(expected), rel=1e-5)
    for loss in ("binary_crossentropy", "focal"):
        smooth, sharp = replace(PLAIN, loss=loss, label_smoothing=0.1), replace(PLAIN, loss=loss)
        assert (np.abs(values(smooth) - values(sharp)) > 1e-3).all()


def test_each_loss_is_least_where_the_answer_is_right():
    for loss in ("categorical_crossentropy", "binary_crossentropy", "focal"):
        measure = build_loss(replace(PLAIN, loss=loss))
        right = keras.ops.convert_to_numpy(measure(TARGETS, TARGETS * 0.93 + 0.01))
        assert (right < values(replace(PLAIN, loss=loss))).all()


LABELS = np.repeat(np.arange(6), [400, 40, 400, 800, 400, 400])  # no image of the seventh emotion


def weighted(**settings: Any) -> np.ndarray:
    weights = class_weights(LABELS, TrainingConfig(**settings))
    assert weights is not None
    return weights


@pytest.mark.parametrize("scheme", ["inverse", "effective"])
def test_class_weights_favour_the_rare_and_keep_the_mean_at_one(scheme):
    weights = weighted(class_weights=scheme)
    assert weights[LABELS].mean() == pytest.approx(1, rel=1e-5)
    assert weights[1] > weights[0] > weights[3] > 0
    assert weights[6] == 0


def test_inverse_weights_make_all_emotions_count_alike_and_effective_ones_less_so():
    inverse = weighted(class_weights="inverse")
    effective = weighted(class_weights="effective", effective_beta=0.99)
    assert inverse[1] / inverse[0] == pytest.approx(10, rel=1e-4)
    assert effective[1] / effective[0] == pytest.approx((1 - 0.99**400) / (1 - 0.99**40), rel=1e-4)


def test_without_a_scheme_there_are_no_weights():
    assert class_weights(LABELS, TrainingConfig()) is None


VOTES = np.array([[0.6, 0.4, 0, 0, 0, 0, 0, 0, 0, 0], [0] * 10], np.float32)
CROWD = np.full((2, 10), 0.1, np.float32)
TEACHER = np.array([[0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1]], np.float32)


def taught_values(config: TrainingConfig, targets: list[np.ndarray], outputs: list[np.ndarray]) -> np.ndarray:
    loss = build_loss(config, taught=True)(np.concatenate(targets, 1), np.concatenate(outputs, 1))
    return np.asarray(keras.ops.convert_to_numpy(loss))


def test_the_votes_add_their_crossentropy_and_none_where_nobody_voted():
    config = replace(PLAIN, ferplus_weight=0.5)
    loss = build_loss(config)(np.concatenate([TARGETS, VOTES], 1), np.concatenate([PROBABILITIES, CROWD], 1))
    expected = values(PLAIN) + 0.5 * np.array([-np.log(0.1), 0])
    assert keras.ops.convert_to_numpy(loss) == pytest.approx(expected, rel=1e-5)


def test_teachers_share_the_loss_with_the_labels():
    config = replace(PLAIN, distillation_weight=0.7, distillation_temperature=2.0)
    powered = np.sqrt(PROBABILITIES.astype(np.float64))
    softened = powered / powered.sum(1, keepdims=True)
    divergence = (TEACHER * np.log(TEACHER / softened)).sum(1)
    expected = 0.3 * values(PLAIN) + 0.7 * 4 * divergence
    assert taught_values(config, [TARGETS, TEACHER], [PROBABILITIES]) == pytest.approx(expected, rel=1e-4)


def test_a_student_that_says_what_its_teachers_say_has_nothing_to_learn_from_them():
    config = replace(PLAIN, distillation_weight=1.0, distillation_temperature=3.0)
    powered = PROBABILITIES ** (1 / 3)
    found = taught_values(config, [TARGETS, powered / powered.sum(1, keepdims=True)], [PROBABILITIES])
    assert found == pytest.approx([0, 0], abs=1e-5)


def test_votes_and_teachers_go_together():
    config = replace(PLAIN, ferplus_weight=0.5, distillation_weight=0.7)
    both = taught_values(config, [TARGETS, VOTES, TEACHER], [PROBABILITIES, CROWD])
    without = taught_values(replace(config, ferplus_weight=0.0), [TARGETS, TEACHER], [PROBABILITIES])
    assert both - without == pytest.approx([-0.5 * np.log(0.1), 0], abs=1e-5)


def test_accuracy_looks_at_the_emotions_alone():
    metric = EmotionAccuracy()
    metric.update_state(
        np.concatenate([TARGETS, 9 * CROWD, TEACHER], 1), np.concatenate([PROBABILITIES, 9 * CROWD[:, ::-1]], 1)
    )
    assert float(metric.result()) == 0.5
