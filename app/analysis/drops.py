"""What can be said of a file as soon as it is dropped, before its analysis. Imports no Streamlit."""

import codecs
from pathlib import PurePath
from typing import Final

from fer_core.files.containers import VIDEO_SUFFIXES
from fer_core.files.content import foreign_content
from fer_core.files.pictures.kinds import PICTURE_SUFFIXES, UNREADABLE, kind_of
from fer_core.files.pictures.still import unreadable_reason

ACCEPTED: Final = "JPEG, PNG, WebP, AVIF, TIFF and other pictures; MP4, MOV, WebM, MKV and other videos"
"""The formats in words."""
_VIDEO_STARTS: Final = (b"\x1a\x45\xdf\xa3", b"OggS", b"FLV", b"\0\0\x01\xba", b"\0\0\x01\xb3", b"\x30\x26\xb2\x75")
"""Matroska with WebM, Ogg, Flash, MPEG and Windows Media: a video of any name."""


def refusal(name: str, head: bytes) -> str:
    """Why a file is certainly no picture or video that can be read, as the end of a sentence; else empty.

    Args:
        name: of the file.
        head: its first bytes, `HEAD_BYTES` of them where it has so many.
    """
    if not head:
        return "is empty (0 bytes)"
    kind = kind_of(head)
    if kind in UNREADABLE:
        return f"cannot be read: {unreadable_reason(head).removesuffix('.')}"
    if kind is not None:
        return ""
    foreign = foreign_content(head)
    if foreign is not None:
        return f"is {foreign}"
    if _is_text(head):
        return "is a text file"
    is_known = PurePath(name).suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES
    return "" if is_known or _is_video(head) else "is neither a picture nor a video"


def _is_video(head: bytes) -> bool:
    return head[4:8] == b"ftyp" or head[:4] == b"RIFF" or head.startswith(_VIDEO_STARTS)


def _is_text(head: bytes) -> bool:
    """Whether it is words alone; the end of `head` may cut a letter of several bytes."""
    try:
        words = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(letter >= " " or letter in "\t\n\r\f" for letter in words)
