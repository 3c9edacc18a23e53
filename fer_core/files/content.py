"""Recognise files that are neither pictures nor videos by their first bytes.

Documents and archives hold whole pictures. A video decoder that searches them finds these and takes them for a video.
"""

from typing import Final

_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"{\\rtf", "an RTF document"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"SQLite format 3\0", "a database"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x7fELF", "a program"),
    (b"<svg", "an SVG drawing"),
    (b"<!DOCTYPE html", "a web page"),
    (b"<html", "a web page"),
)
_TAR_MARK_AT: Final = 257


def foreign_content(head: bytes) -> str | None:
    """What it is, with its article; None where it may be a picture or a video.

    Args:
        head: the file's first bytes, 512 of them or more where it has so many.
    """
    text = head.removeprefix(b"\xef\xbb\xbf")
    for start, what in _STARTS:
        if text[: len(start)].lower() == start.lower():
            return what
    return "a tar archive" if head[_TAR_MARK_AT:].startswith(b"ustar") else None
