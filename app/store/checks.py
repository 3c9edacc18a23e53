"""The rules that records keep, from pages and from files alike."""

from datetime import datetime
from pathlib import PurePath
from typing import Final

from app.store.errors import StoreError
from app.store.tables import MAX_NAME

MAX_TEXT: Final = 20_000


def check_name(what: str, name: str) -> str:
    """`name` without spaces around it.

    Raises:
        StoreError: it is empty, too long, or has characters that no name has.
    """
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise StoreError(f"{what} must have 1 to {MAX_NAME} printable characters; got {len(name)}: {name[:40]!r}.")
    return name


def check_text(what: str, text: str) -> str:
    """`text` as it is.

    Raises:
        StoreError: it is too long, or holds a zero byte, which PostgreSQL cannot store.
    """
    if len(text) > MAX_TEXT or "\x00" in text:
        raise StoreError(f"{what} must be text of at most {MAX_TEXT} characters; got {len(text)}.")
    return text


def check_known(what: str, value: str, known: tuple[str, ...]) -> None:
    """Raises StoreError where `value` is none of `known`."""
    if value not in known:
        raise StoreError(f"{what} must be one of {', '.join(known)}; got {value!r}.")


def check_range(what: str, value: float | None, low: float, high: float) -> None:
    """Raises StoreError where `value` is given and not from `low` to `high`."""
    if value is not None and not low <= value <= high:
        raise StoreError(f"{what} must be from {low:g} to {high:g}; got {value!r}.")


def check_zone(moment: datetime | None) -> None:
    """Raises StoreError where a moment is given without a time zone."""
    if moment is not None and moment.tzinfo is None:
        raise StoreError(f"A time must have a time zone; got {moment!r}.")


def check_video_name(name: str) -> None:
    """Raises StoreError unless `name` is a plain file name, with no way out of its folder."""
    if name != PurePath(name).name or name in ("", ".", "..") or "\\" in name or len(name) > MAX_NAME or "\x00" in name:
        raise StoreError(f"A video's name must be a plain file name such as session.mp4; got {name[:60]!r}.")
