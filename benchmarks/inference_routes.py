"""One way to run one network, in this process: what `benchmarks.inference` calls as children.

    python -m benchmarks.inference_routes make FOLDER                          writes the networks' files
    python -m benchmarks.inference_routes time FOLDER NETWORK ROUTE REPEATS    prints a `Timing` as JSON

Nothing heavy is imported before it is needed, as its import is part of what is measured.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from fer_core.paths import SHIPPED_MODELS

COUNTS: Final = (1, 4, 8)
SHIPPED: Final = "product"
ROUTES: Final = {
    SHIPPED: "LiteRT, 8 bits, as the product asks it",
    "litert-int8": "LiteRT, 8 bits, one pass",
    "litert-float32": "LiteRT, 32 bits",
    "tf-function": "`tf.function`",
    "keras-predict": "Keras, `model.predict`",
}
_SIDES: Final = {"shipped": 48, "mini_xception": 64}

Run = Callable[[np.ndarray], Any]
"""Takes uint8 (n, side, side, 1)."""


@dataclass(frozen=True)
class Timing:
    """One process's figures: processor seconds and resident bytes until the first answer, times by batch size.

    The batch sizes are text, as JSON makes them.
    """

    load_s: float
    memory_bytes: int
    per_face_ms: dict[str, list[float]]


def make_files(folder: Path) -> None:
    """Write NETWORK.keras, NETWORK-litert-int8.tflite and NETWORK-litert-float32.tflite for both networks."""
    import keras

    from train.architectures import builder
    from train.export.litert import to_litert

    default = SHIPPED_MODELS / "default"
    keras.utils.set_random_seed(0)
    networks = {
        "shipped": keras.models.load_model(default / "model.keras", compile=False),
        "mini_xception": builder("mini_xception")(input_shape=(64, 64, 1), num_classes=7),
    }
    for name, network in networks.items():
        network.save(folder / f"{name}.keras")
        for route, quantised in (("litert-int8", True), ("litert-float32", False)):
            content = to_litert(network, quantised=quantised)
            if (name, route) == ("shipped", "litert-int8"):
                content = (default / "model.tflite").read_bytes()  # the very file that runs live
            (folder / f"{name}-{route}.tflite").write_bytes(content)


def time_route(folder: Path, network: str, route: str, repeats: int) -> Timing:
    """Load, answer once, and time batches of each size."""
    side = _SIDES[network]
    faces = np.random.default_rng(0).integers(0, 256, (max(COUNTS), side, side, 1), np.uint8)
    process = psutil.Process()
    before, started = process.memory_info().rss, time.process_time()
    run = _LOADERS[route](folder, network)
    run(faces[:1])
    load_s, gained = time.process_time() - started, process.memory_info().rss - before
    return Timing(load_s, gained, {str(n): _times_ms(run, faces[:n], repeats) for n in COUNTS})


def _times_ms(run: Run, faces: np.ndarray, repeats: int) -> list[float]:
    times = []
    for i in range(repeats + 10):
        started = time.process_time()
        run(faces)
        if i >= 10:  # warm caches
            times.append(round((time.process_time() - started) * 1000 / len(faces), 4))
    return times


def _product(_: Path, __: str) -> Run:
    from fer_core.expressions.model import load_model

    return load_model(SHIPPED_MODELS / "default").predict


def _litert(route: str) -> Callable[[Path, str], Run]:
    def load(folder: Path, network: str) -> Run:
        from ai_edge_litert.interpreter import Interpreter

        interpreters: dict[int, Any] = {}

        def run(faces: np.ndarray) -> np.ndarray:
            # As in the product: one interpreter per batch size, for resizing plans the graph anew.
            interpreter = interpreters.get(len(faces))
            if interpreter is None:
                path = folder / f"{network}-{route}.tflite"
                interpreter = interpreters[len(faces)] = Interpreter(str(path), num_threads=1)
                interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], faces.shape)
                interpreter.allocate_tensors()
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], faces.astype(np.float32))
            interpreter.invoke()
            answer: np.ndarray = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
            return answer

        return run

    return load


def _keras_model(folder: Path, network: str) -> Any:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras

    return keras.models.load_model(folder / f"{network}.keras", compile=False)


def _tf_function(folder: Path, network: str) -> Run:
    model = _keras_model(folder, network)
    import tensorflow as tf

    compiled = tf.function(lambda faces: model(faces, training=False), reduce_retracing=True)
    return lambda faces: compiled(tf.constant(faces, tf.float32)).numpy()


def _keras_predict(folder: Path, network: str) -> Run:
    model = _keras_model(folder, network)
    return lambda faces: model.predict(faces.astype(np.float32), verbose=0)


_LOADERS: Final[dict[str, Callable[[Path, str], Run]]] = {
    SHIPPED: _product,
    "litert-int8": _litert("litert-int8"),
    "litert-float32": _litert("litert-float32"),
    "tf-function": _tf_function,
    "keras-predict": _keras_predict,
}


def main(arguments: list[str]) -> None:
    """Do one of the two commands."""
    command, folder, *rest = arguments
    if command == "make":
        make_files(Path(folder))
    else:
        network, route, repeats = rest
        print(json.dumps(asdict(time_route(Path(folder), network, route, int(repeats)))))


if __name__ == "__main__":
    main(sys.argv[1:])
