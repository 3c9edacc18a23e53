"""Graph network over 36 patches of the face, with a learned and an attentive adjacency.

A convolutional trunk gives a 6 x 6 map; its places are the nodes. Two blocks H + dropout(gelu(bn(A H W1 + H W0)))
with A = softmax over each row of (A_static + alpha * Q K' / sqrt(d)): A_static is learned and starts as the grid of
neighbours with mirror edges, as faces are symmetric; alpha is learned and starts at 0. The read-out is the mean of
the nodes beside eight learned prototypes that each attend to nodes. Needs no landmarks.
"""

import keras
import numpy as np
from keras import layers

from train.architectures._blocks import apply_normalization, apply_strided_trunk, classify

SIDE = 6
NODES = SIDE * SIDE
FEATURES = 192
PROTOTYPES = 8
EDGE_LOGIT = 4.0
"""Of an edge that is there at the start, against 0: the ten or so edges of a node then hold 99 % of its row."""


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_strided_trunk(apply_normalization(inputs, normalization))
    x = layers.Reshape((NODES, x.shape[-1]))(x)
    # One bias per node and feature: the dense layer and the learned position in one.
    x = layers.EinsumDense("bnc,cd->bnd", output_shape=(NODES, FEATURES), bias_axes="nd")(x)
    for block in range(2):
        x = apply_graph_block(x, dropout=dropout / 2, name=f"adjacency_{block}")
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), attend_by_prototypes(x)])
    x = layers.Dropout(dropout)(x)
    model = keras.Model(inputs, classify(x, num_classes), name="patch_gcn")
    for block in range(2):
        _, bias = (layer := model.get_layer(f"adjacency_{block}")).get_weights()
        layer.set_weights([np.zeros((1, 1)), (EDGE_LOGIT * grid_with_mirror()).reshape(bias.shape)])
    return model


def apply_graph_block(x: keras.KerasTensor, *, dropout: float, name: str) -> keras.KerasTensor:
    """Mix the features of adjacent nodes and add them to each node's own."""
    query = layers.Dense(FEATURES // 4)(x)
    key = layers.Dense(FEATURES // 4)(x)
    scores = layers.Rescaling((FEATURES // 4) ** -0.5)(layers.Dot(axes=2)([query, key]))
    scores = layers.Reshape((NODES, NODES, 1))(scores)
    # Its kernel is alpha and its bias A_static; `build` sets what they start from.
    logits = layers.EinsumDense("bnmx,xy->bnmy", output_shape=(NODES, NODES, 1), bias_axes="nmy", name=name)(scores)
    adjacency = layers.Softmax(axis=2)(layers.Reshape((NODES, NODES))(logits))
    mixed = layers.Dense(FEATURES, use_bias=False)(layers.Dot(axes=(2, 1))([adjacency, x]))
    own = layers.Dense(FEATURES, use_bias=False)(x)
    update = layers.BatchNormalization(momentum=0.95)(layers.Add()([mixed, own]))
    update = layers.Dropout(dropout)(layers.Activation("gelu")(update))
    return layers.Add()([x, update])


def attend_by_prototypes(x: keras.KerasTensor) -> keras.KerasTensor:
    """Each prototype's mean of the nodes, weighted by how well they match it: (n, 8 * features)."""
    scores = layers.Dense(PROTOTYPES, use_bias=False)(layers.Rescaling(FEATURES**-0.5)(x))
    weights = layers.Softmax(axis=1)(scores)
    return layers.Flatten()(layers.Dot(axes=1)([weights, x]))


def grid_with_mirror() -> np.ndarray:
    """float32 (36, 36): 1 between a node, itself, its eight neighbours and its left-right mirror; else 0."""
    row, column = np.divmod(np.arange(NODES), SIDE)
    near = np.maximum(abs(row[:, None] - row), abs(column[:, None] - column)) <= 1
    mirror = (row[:, None] == row) & (column[:, None] == SIDE - 1 - column)
    adjacency: np.ndarray = (near | mirror).astype(np.float32)
    return adjacency
