"""CNN with channel and spatial attention (CBAM) after each stage.

Convolutional block attention (Woo et al., 2018, arXiv:1807.06521): which channels matter, from the map's mean and
maximum; then which places matter, from the channels' mean and maximum.
"""

import keras
from keras import layers

from train.architectures._blocks import apply_conv, apply_normalization, classify


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_normalization(inputs, normalization)
    x = apply_conv(x, 64, kernel_size=4, strides=2)
    x = apply_spatial_attention(apply_channel_attention(apply_conv(x, 64)))
    for filters in (128, 256):
        x = layers.MaxPooling2D()(x)
        x = apply_conv(x, filters)
        x = apply_conv(x, filters)
        x = apply_spatial_attention(apply_channel_attention(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="cbam_cnn")


def apply_channel_attention(x: keras.KerasTensor, *, ratio: int = 8) -> keras.KerasTensor:
    """Weigh the channels; one small network judges both the mean and the maximum of the map."""
    channels = x.shape[-1]
    hidden = layers.Dense(channels // ratio, activation="relu")
    judged = layers.Dense(channels)
    mean = judged(hidden(layers.GlobalAveragePooling2D(keepdims=True)(x)))
    peak = judged(hidden(layers.GlobalMaxPooling2D(keepdims=True)(x)))
    weights = layers.Activation("sigmoid")(layers.Add()([mean, peak]))
    return layers.Multiply()([x, weights])


def apply_spatial_attention(x: keras.KerasTensor) -> keras.KerasTensor:
    """Weigh the places, by a 7x7 convolution over the channels' mean and maximum."""
    height, width, channels = x.shape[1:]
    # Pooling over "steps" with the channels as steps: the mean over channels without a custom layer.
    places = layers.Reshape((height * width, channels))(x)
    mean = layers.GlobalAveragePooling1D(data_format="channels_first")(places)
    peak = layers.GlobalMaxPooling1D(data_format="channels_first")(places)
    seen = [layers.Reshape((height, width, 1))(summary) for summary in (mean, peak)]
    weights = layers.Conv2D(1, 7, padding="same", activation="sigmoid")(layers.Concatenate()(seen))
    return layers.Multiply()([x, weights])
