"""Read JSON from untrusted files: bounded in size and depth, and with no errors but OSError and ValueError."""

import json
import stat
import unicodedata
from pathlib import Path
from typing import Any, Final

MAX_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 32
MAX_VALUES: Final = 200_000


def read_json(path: Path, *, max_bytes: int = MAX_BYTES) -> Any:
    """What a JSON file in UTF-8 holds, with or without a byte order mark.

    Values nest at most `MAX_DEPTH` deep, so that whatever walks through them later needs no bound of its own. Numbers
    may be infinite or NaN, which Python writes.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no plain file, too large, no JSON, nested too deeply, or has texts that nobody can print.
            The message says what was found, without the path.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would wait for ever
        raise ValueError("something other than a plain file")
    with path.open("rb") as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"more than {max_bytes:,} bytes")
    return parse_json(content)


def parse_json(content: bytes) -> Any:
    """The same for JSON in memory.

    Raises:
        ValueError: see `read_json`.
    """
    try:
        values = json.loads(content.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError(f"values nested more than {MAX_DEPTH} deep") from None
    _check(values)
    return values


def _check(values: Any) -> None:
    """Without recursion, whatever the depth."""
    waiting, count = [(values, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"values nested more than {MAX_DEPTH} deep")
        if count > MAX_VALUES:
            raise ValueError(f"more than {MAX_VALUES:,} values")
        if isinstance(value, str):
            bad = unprintable(value)
            if bad:
                raise ValueError(f"the character {bad} in a text")
        elif isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]


def unprintable(text: str) -> str:
    """The first character that no page or terminal should be given, as "U+001B"; empty where there is none."""
    if text.isascii() and text.isprintable():
        return ""
    # Cs: halves of surrogate pairs, which no encoding takes. Cc: control characters, which steer terminals.
    bad = next((c for c in text if unicodedata.category(c) in ("Cs", "Cc") and c not in "\n\t"), "")
    return f"U+{ord(bad):04X}" if bad else ""
