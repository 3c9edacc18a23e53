"""One child of a fuzzer: makes inputs and reads them until it is ended. Each line on standard output is JSON.

{"number": 7}                                     is about to be read
{"number": 7, "ended": "read"}                    or "refused"
{"number": 7, "ended": "failed", "words": "…"}    with the error's traceback
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import resource
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any, Final, TextIO

from tests.fuzz import targets

MEMORY_BYTES: Final = 6 << 30
"""Of address space, as threads reserve much that they never use."""


def main() -> None:
    """Run until the parent ends it, or `--count` inputs were read."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--count", type=int)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    # The readers' own output must not be taken for ours.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ["FER_HOME"] = str(options.folder / "home")
    os.environ.pop("DATABASE_URL", None)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    target = targets.load(options.target, options.folder)
    numbers = itertools.count(options.first)
    for number in numbers if options.count is None else itertools.islice(numbers, options.count):
        _try(target, number, options, out)


def case_folder(folder: Path) -> Path:
    """Where the present input is, below a child's folder."""
    return folder / "case"


def _try(target: targets.Target, number: int, options: Any, out: TextIO) -> None:
    case = case_folder(options.folder)
    shutil.rmtree(case, ignore_errors=True)
    case.mkdir(parents=True)
    path = target.make(random.Random(f"{options.target} {options.seed} {number}"), case)
    _say(out, number=number)
    ended, words = "read", ""
    try:
        target.read(path)
    except target.refusals as error:
        ended = "refused"
        if not str(error).strip():
            ended, words = "failed", "the refusal says nothing"
    except Exception:  # noqa: BLE001 - whatever escapes is what the fuzzing looks for
        ended, words = "failed", traceback.format_exc(limit=-6)
    _say(out, number=number, ended=ended, words=words)


def _say(out: TextIO, **values: object) -> None:
    out.write(json.dumps(values) + "\n")
    out.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
    sys.stdout.flush()
