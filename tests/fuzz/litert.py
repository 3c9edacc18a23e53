"""Model folders with a mutated network, whose card has its right SHA-256: tried, loaded and asked as in live use.

Most mutations change the network's tables and keep the file's form, as LiteRT refuses a broken form at once.
"""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from fer_core.errors import ArtifactError
from fer_core.expressions.model import file_sha256, load_model
from fer_core.paths import SHIPPED_MODELS
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import Target

SHIPPED = SHIPPED_MODELS / "default"


def target(folder: Path) -> Target:
    """The target."""
    return Target(_make, _read, (ArtifactError,))


def _make(rng: random.Random, case: Path) -> Path:
    content = (SHIPPED / "model.tflite").read_bytes()
    content = mutated(rng, content) if rng.random() < 0.2 else _with_other_tables(rng, content)
    (case / "model.tflite").write_bytes(content)
    shutil.copyfile(SHIPPED / "card.json", case / "card.json")
    card = json.loads((case / "card.json").read_text(encoding="utf-8"))
    card["sha256"] = {"model.tflite": file_sha256(case / "model.tflite")}
    (case / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return case


def _with_other_tables(rng: random.Random, content: bytes) -> bytes:
    """The network with one to three fields of its tensors, operators or buffers changed."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    graph = model.subgraphs[0]
    for _ in range(rng.choice((1, 1, 2, 3))):
        table = rng.choice((_tensor, _tensor, _operator, _operator, _options, _buffer, _code, _ends))
        table(rng, model, graph)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _index(rng: random.Random, count: int) -> int:
    return rng.choice((rng.randrange(count), -1, -2, count, 2**31 - 1, -(2**31)))


def _tensor(rng: random.Random, model: Any, graph: Any) -> None:
    tensor = rng.choice(graph.tensors)
    kind = rng.randrange(4)
    if kind == 0 and tensor.shape is not None and len(tensor.shape):
        shape = tensor.shape.copy()
        shape[rng.randrange(len(shape))] = rng.choice((0, -1, 1, 2, 3, 1 << 15, 1 << 20, 2**31 - 1))
        tensor.shape = shape
    elif kind == 1:
        tensor.type = rng.randrange(20)
    elif kind == 2:
        tensor.buffer = rng.choice((0, rng.randrange(len(model.buffers)), len(model.buffers), 2**32 - 1))
    elif tensor.quantization is not None:
        tensor.quantization.scale = np.array([rng.choice((0.0, -1.0, 1e38, float("nan"), 1e-45))], np.float32)


def _operator(rng: random.Random, model: Any, graph: Any) -> None:
    operator = rng.choice(graph.operators)
    kind = rng.randrange(4)
    if kind == 0 and len(operator.inputs):
        inputs = operator.inputs.copy()
        inputs[rng.randrange(len(inputs))] = _index(rng, len(graph.tensors))
        operator.inputs = inputs
    elif kind == 1:
        operator.inputs = operator.inputs[: rng.randrange(len(operator.inputs) + 1)]
    elif kind == 2:
        operator.outputs = np.array([_index(rng, len(graph.tensors))], np.int32)
    else:
        operator.opcodeIndex = rng.choice((*range(len(model.operatorCodes)), len(model.operatorCodes), 2**32 - 1))


def _options(rng: random.Random, model: Any, graph: Any) -> None:
    options = rng.choice(graph.operators).builtinOptions
    if options is None:
        return
    values = {name: value for name, value in vars(options).items() if isinstance(value, int)}
    if values:
        name = rng.choice(list(values))
        setattr(options, name, not values[name] if isinstance(values[name], bool) else rng.choice((0, 1, 2, 100)))


def _buffer(rng: random.Random, model: Any, graph: Any) -> None:
    buffer = rng.choice([buffer for buffer in model.buffers if buffer.data is not None])
    data = np.array(buffer.data, np.uint8)
    if rng.random() < 0.5:
        data = data[: rng.randrange(len(data) + 1)]
    elif len(data) < 64:  # a shape, an axis: read as numbers by their operator
        data = np.frombuffer(rng.randbytes(len(data)), np.uint8)
    buffer.data = data


def _code(rng: random.Random, model: Any, graph: Any) -> None:
    code = rng.choice(model.operatorCodes)
    number = rng.randrange(160)
    code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)


def _ends(rng: random.Random, model: Any, graph: Any) -> None:
    ends = np.array([_index(rng, len(graph.tensors)) for _ in range(rng.choice((0, 1, 1, 2)))], np.int32)
    if rng.random() < 0.5:
        graph.inputs = ends
    else:
        graph.outputs = ends


def _read(folder: Path) -> None:
    model = load_model(folder)
    for count in (1, 3, 8):
        rows = model.predict(np.full((count, 48, 48, 1), 7, np.uint8))
        assert rows.shape == (count, 7)
        assert np.isfinite(rows).all()
        assert np.abs(rows.sum(axis=1) - 1).max() < 0.01
