"""Batch normalisation that trains in one pass on TensorFlow.

Keras composes it of a dozen operations, each of which reads and writes the whole map, in float32 even where the network
computes in bfloat16; on processors that was half of the time of a training step (docs/decisions.md). TensorFlow has
one operation for it, forwards and backwards.
"""

from typing import Any

import keras


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer with the same weights and answers; while training on TensorFlow, channels last, as one operation.

    It has the name of Keras' own because weights files are ordered by the names of classes: either reads the other's.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise maps (n, height, width, channels): by the batch while training, else by the running statistics."""
        if not (training and self.trainable and self._is_one_operation(inputs, mask)):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        outputs, mean, variance = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=tf.constant([], tf.float32),
            variance=tf.constant([], tf.float32),
            epsilon=self.epsilon,
            is_training=True,
        )[:3]
        count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
        variance *= (count - 1) / count  # TensorFlow's is the unbiased one; Keras, and what is trained on, divide by n
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1 - self.momentum))
        return outputs

    def _is_one_operation(self, inputs: Any, mask: Any) -> bool:
        return (
            keras.backend.backend() == "tensorflow"
            and mask is None
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and self.scale
            and self.center
            and not self.synchronized
        )
