"""Mutations of bytes and of JSON values, each following from a random generator alone."""

import copy
import json
import random
from typing import Any, Final

NUMBERS: Final = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_DEEP: Final = "@deep@"
VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 7, 255, 2**31, 2**63, 10**30, 10**400, 0.5, -0.5, 1e-320, 1e308),
    *(float("nan"), float("inf"), -float("inf"), "", "x", "1", "NaN", "null", "../../x", "/etc/passwd", "C:\\x"),
    *("\0", "\ud800", "\x1b[2J", "é" * 3000, "![x](http://127.0.0.1/x.png)", ":material/home:", "<b>"),
    *([], {}, [[]], {"": {}}, [0] * 500, ["x"], {"a": 1}, _DEEP),
)


def mutated(rng: random.Random, content: bytes) -> bytes:
    """The bytes with one to eight small changes; headers and ends are changed more often than the middle."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        if not changed:
            return bytes(changed)
        _change(rng, changed)
    return bytes(changed)


def _change(rng: random.Random, content: bytearray) -> None:
    at = _place(rng, len(content))
    kind = rng.randrange(8)
    if kind == 0:
        content[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        content[at] = rng.randrange(256)
    elif kind == 2:
        width = rng.choice((1, 2, 4))
        number = rng.choice(NUMBERS) & (1 << 8 * width) - 1
        content[at : at + width] = number.to_bytes(width, rng.choice(("little", "big")))
    elif kind == 3:
        del content[at : at + rng.choice((1, 4, 64, 4096))]
    elif kind == 4:
        content[at:at] = content[at : at + rng.choice((1, 4, 64, 4096))]
    elif kind == 5:
        content[at:at] = rng.randbytes(rng.choice((1, 4, 64)))
    elif kind == 6:
        length = rng.choice((4, 64, 4096))
        content[at : at + length] = bytes(len(content[at : at + length]))
    elif rng.random() < 0.3:
        del content[at:]


def _place(rng: random.Random, size: int) -> int:
    where = rng.random()
    if where < 0.4:
        return rng.randrange(min(size, 512))
    return size - 1 - rng.randrange(min(size, 512)) if where < 0.6 else rng.randrange(size)


def mutated_json(rng: random.Random, values: Any) -> bytes:
    """JSON of the values with one to four of them replaced, removed, doubled or renamed."""
    changed = json.loads(json.dumps(values))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        place = _container(rng, changed)
        if not place:
            continue
        if isinstance(place, dict):
            _change_mapping(rng, place)
        else:
            _change_list(rng, place)
    text = json.dumps(changed).replace(f'"{_DEEP}"', _nested(rng))
    content = text.encode("utf-8", "surrogatepass")
    return mutated(rng, content) if rng.random() < 0.1 else content


def _nested(rng: random.Random) -> str:
    depth = rng.choice((10, 40, 200, 900, 5000))
    return rng.choice(("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth))


def _container(rng: random.Random, values: Any) -> Any:
    """A dictionary or list within the values, shallow ones more often."""
    place = values
    while True:
        parts = list(place.values()) if isinstance(place, dict) else place
        inner = [part for part in parts if isinstance(part, dict | list) and part]
        if not inner or rng.random() < 0.4:
            return place
        place = rng.choice(inner)


def _change_mapping(rng: random.Random, place: dict[str, Any]) -> None:
    key = rng.choice(list(place))
    kind = rng.randrange(6)
    if kind == 0:
        del place[key]
    elif kind == 1:
        place[str(rng.choice(VALUES))[:400]] = place[key]
    elif kind == 2:
        place[key] = [place[key]]
    else:
        place[key] = copy.deepcopy(rng.choice(VALUES))


def _change_list(rng: random.Random, place: list[Any]) -> None:
    at = rng.randrange(len(place))
    kind = rng.randrange(4)
    if kind == 0:
        del place[at]
    elif kind == 1:
        place.insert(at, place[at])
    else:
        place[at] = copy.deepcopy(rng.choice(VALUES))
