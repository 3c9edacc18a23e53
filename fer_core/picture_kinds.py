"""What kind of picture a file is, by its first bytes; its name says nothing here."""

from enum import StrEnum
from typing import Final


class PictureKind(StrEnum):
    """Kinds of pictures, under the names that people know."""

    JPEG = "JPEG"
    PNG = "PNG"
    GIF = "GIF"
    WEBP = "WebP"
    TIFF = "TIFF"
    BMP = "BMP"
    JPEG_2000 = "JPEG 2000"
    AVIF = "AVIF"
    PNM = "PNM"
    HDR = "Radiance HDR"
    SUN_RASTER = "Sun raster"
    HEIC = "HEIC"
    JPEG_XL = "JPEG XL"
    EXR = "OpenEXR"
    PSD = "Photoshop"
    ICON = "icon"


UNREADABLE: Final = frozenset(
    {PictureKind.HEIC, PictureKind.JPEG_XL, PictureKind.EXR, PictureKind.PSD, PictureKind.ICON}
)
"""Known, so that they get a sentence of their own; nothing here decodes them."""

PICTURE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".avifs"}
    | {".jp2", ".j2k", ".pbm", ".pgm", ".ppm", ".pnm", ".pam", ".pfm", ".hdr", ".pic", ".sr", ".ras"}
)
"""Names of pictures that can be read; a folder is searched for them. A file that is named is known by its content."""
UNREADABLE_SUFFIXES: Final = frozenset({".heic", ".heif", ".hif", ".jxl"})
"""Names of photographs that cannot be read. In a folder they are tried, so that each gets its sentence."""
WRITABLE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""Names that a labelled picture may have."""

_STARTS: Final = (
    (b"\xff\xd8\xff", PictureKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureKind.PNG),
    (b"GIF8", PictureKind.GIF),
    (b"II*\0", PictureKind.TIFF),
    (b"MM\0*", PictureKind.TIFF),
    (b"II+\0", PictureKind.TIFF),
    (b"MM\0+", PictureKind.TIFF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", PictureKind.JPEG_2000),
    (b"\xff\x4f\xff\x51", PictureKind.JPEG_2000),
    (b"#?RADIANCE", PictureKind.HDR),
    (b"#?RGBE", PictureKind.HDR),
    (b"\x59\xa6\x6a\x95", PictureKind.SUN_RASTER),
    (b"\0\0\0\x0cJXL \r\n\x87\n", PictureKind.JPEG_XL),
    (b"\xff\x0a", PictureKind.JPEG_XL),
    (b"\x76\x2f\x31\x01", PictureKind.EXR),
    (b"8BPS", PictureKind.PSD),
    (b"\0\0\x01\0", PictureKind.ICON),
)
_BMP_HEADS: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})


def kind_of(head: bytes) -> PictureKind | None:
    """The kind of a file that begins with `head`, of which 64 bytes suffice; None for what is no known picture."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureKind.WEBP
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADS:
        return PictureKind.BMP
    if head[:1] == b"P" and head[1:2] in b"1234567Ff" and head[2:3].isspace():
        return PictureKind.PNM
    return _kind_by_brand(head) if head[4:8] == b"ftyp" else None


def _kind_by_brand(head: bytes) -> PictureKind | None:
    """AVIF or HEIC, by the brands in the first box; None for a film."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return PictureKind.AVIF
    # Films may name a picture's brand as one that they are compatible with; a picture names one first.
    return PictureKind.HEIC if head[8:12] in _HEIC_BRANDS else None
