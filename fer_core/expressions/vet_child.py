"""Run as a program: try a LiteRT network from standard input, and say in its exit status whether it can be used.

A hostile file may crash the interpreter, which is written in C++, or never end; here that harms nobody. Imports nothing
of this project, so that it starts quickly.
"""

import contextlib
import sys
from typing import Any, Final

SIDE: Final = 48
BATCHES: Final = (1, 2, 4, 8, 16)
"""Batch sizes that live use asks for: eight faces and their mirror images."""
WIDTHS: Final = {7: (7,), 24: (7, 7, 10)}
"""Columns of an answer to the parts that each sum to 1 (`fer_core.expressions.card.OUTPUTS`)."""
MEMORY_BYTES: Final = 3 << 30
PROCESSOR_S: Final = 60
REFUSED: Final = 3
"""Exit status of a network that cannot be used; the sentence is on standard output."""


def limit_resources() -> None:
    """Bound this process' memory and processor time, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def find_problem(content: bytes) -> str:
    """Why the network cannot be used; empty where it can.

    Raises:
        RuntimeError, ValueError, MemoryError: the interpreter's own words.
    """
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    noise = np.random.default_rng(0).integers(0, 256, (max(BATCHES), SIDE, SIDE, 1)).astype(np.float32)
    for size in BATCHES:
        interpreter: Any = Interpreter(model_content=content, num_threads=1)
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            return f"{len(inputs)} inputs and {len(outputs)} outputs instead of one each"
        if inputs[0]["dtype"] is not np.float32 or outputs[0]["dtype"] is not np.float32:
            return "numbers that are not 32-bit floats"
        interpreter.resize_tensor_input(inputs[0]["index"], (size, SIDE, SIDE, 1))
        interpreter.allocate_tensors()
        for faces in (noise[:size], noise[:size] * 0, noise[:size] * 0 + 255):
            interpreter.set_tensor(inputs[0]["index"], faces)
            interpreter.invoke()
            problem = answer_problem(interpreter.get_tensor(outputs[0]["index"]), size)
            if problem:
                return problem
    return ""


def answer_problem(rows: Any, size: int) -> str:
    """Why an answer to `size` faces is none; empty where it is one: finite shares in rows whose parts sum to 1."""
    import numpy as np

    if len(rows.shape) != 2 or rows.shape[0] != size or rows.shape[1] not in WIDTHS:
        return f"an answer of shape {rows.shape} instead of ({size}, 7)"
    if not np.isfinite(rows).all():
        return "answers that are no finite numbers"
    parts = np.split(rows, np.cumsum(WIDTHS[rows.shape[1]])[:-1], axis=1)
    if rows.min() < -1e-3 or max(np.abs(part.sum(axis=1) - 1).max() for part in parts) > 0.02:
        return "answers that are no shares of 1"
    return ""


def main() -> int:
    """Try the network on standard input; returns 0 where it can be used, else `REFUSED` with the reason printed."""
    limit_resources()
    content = sys.stdin.buffer.read()
    try:
        problem = find_problem(content)
    except (RuntimeError, ValueError, MemoryError) as error:
        problem = " ".join(str(error).split())[:300] or type(error).__name__
    print(problem)
    return REFUSED if problem else 0


if __name__ == "__main__":
    sys.exit(main())
