"""What one pass through a network costs, counted from its layers' shapes."""

import math

import keras


def count_mflops(model: keras.Model) -> float:
    """Millions of floating-point operations for one input; see `ArchitectureInfo.mflops` for what is counted."""
    return 2 * sum(_multiply_adds(layer) for layer in model.layers) / 1e6


def _multiply_adds(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.Model):
        return sum(_multiply_adds(inner) for inner in layer.layers)
    if isinstance(layer, keras.layers.Dot):
        return _product_multiply_adds(layer)
    if not hasattr(layer, "kernel") and not hasattr(layer, "depthwise_kernel"):
        return 0
    places = _places(layer)
    names = ("kernel", "depthwise_kernel", "pointwise_kernel")
    return sum(places * math.prod(getattr(layer, name).shape) for name in names if hasattr(layer, name))


def _places(layer: keras.layers.Layer) -> int:
    """How often the layer's kernel is applied: output pixels, or rows of a dense layer."""
    shape: tuple[int, ...] = layer.output.shape[1:]
    if isinstance(layer, keras.layers.EinsumDense):
        output = layer.equation.split("->")[1]
        kernel = layer.equation.split("->")[0].split(",")[1]
        return math.prod(size for index, size in zip(output[1:], shape, strict=True) if index not in kernel)
    return math.prod(shape[:-1])


def _product_multiply_adds(layer: keras.layers.Dot) -> int:
    first = layer.input[0].shape
    axes = layer.axes if isinstance(layer.axes, int) else layer.axes[0]
    shape: tuple[int, ...] = layer.output.shape[1:]
    return math.prod(shape) * int(first[axes])
