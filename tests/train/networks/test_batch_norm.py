"""Batch normalisation in one operation: the same answers, gradients and statistics as Keras' own."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from train.networks.batch_norm import BatchNormalization


def pair(**changes: Any) -> tuple[Any, Any]:
    """Keras' layer and ours, with the same weights that are not those they start with."""
    layers = keras.layers.BatchNormalization(momentum=0.9, **changes), BatchNormalization(momentum=0.9, **changes)
    rng = np.random.default_rng(0)
    for layer in layers:
        layer.build((None, 6, 6, 3))
    weights = [rng.uniform(0.5, 1.5, w.shape) for w in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def maps(dtype: str = "float32") -> Any:
    return tf.cast(np.random.default_rng(1).normal(2, 3, (5, 6, 6, 3)), dtype)


def trained(layer: Any, inputs: Any) -> list[np.ndarray]:
    """Answers, gradients of their squares' sum, and the weights afterwards."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
        loss = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 2 * tf.range(1.0, 4))
    gradients = tape.gradient(loss, [inputs, *layer.trainable_weights])
    return [np.asarray(tf.cast(x, tf.float32)) for x in (outputs, *gradients, *layer.weights)]


def test_training_gives_what_keras_gives():
    keras_own, ours = pair()
    for expected, found in zip(trained(keras_own, maps()), trained(ours, maps()), strict=True):
        assert np.allclose(found, expected, rtol=1e-3, atol=2e-4)


def test_in_half_precision_it_is_as_near_as_that_allows():
    keras_own, ours = pair(dtype="mixed_bfloat16")
    expected, found = trained(keras_own, maps("bfloat16")), trained(ours, maps("bfloat16"))
    assert np.allclose(found[0], expected[0], atol=0.05)
    for e, f in zip(expected[-2:], found[-2:], strict=True):
        assert np.allclose(f, e, rtol=0.01)


@pytest.mark.parametrize("change", ["measuring", "frozen"])
def test_otherwise_it_is_keras_own(change):
    keras_own, ours = pair()
    for layer in (keras_own, ours):
        layer.trainable = change != "frozen"
    before = ours.get_weights()
    training = change == "frozen"
    assert np.array_equal(ours(maps(), training=training), keras_own(maps(), training=training))
    assert all(np.array_equal(a, b) for a, b in zip(before, ours.get_weights(), strict=True))


def test_weights_files_are_exchanged_with_keras_own(tmp_path: Path) -> None:
    def network(kind: type[keras.layers.Layer]) -> keras.Model:
        return keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(3, 1), kind(), keras.layers.Conv2D(2, 1)])

    ours, keras_own = network(BatchNormalization), network(keras.layers.BatchNormalization)
    ours.save_weights(tmp_path / "a.weights.h5")
    keras_own.load_weights(tmp_path / "a.weights.h5")
    assert np.allclose(ours(maps()), keras_own(maps()))
