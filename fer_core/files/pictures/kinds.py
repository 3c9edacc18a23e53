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
    CAMERA_RAW = "camera raw"


HEAD_BYTES: Final = 4096
"""What is read of a file to tell what it is."""

UNREADABLE: Final = frozenset(
    {PictureKind.HEIC, PictureKind.JPEG_XL, PictureKind.EXR, PictureKind.PSD, PictureKind.ICON, PictureKind.CAMERA_RAW}
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
)
_BMP_HEADS: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def kind_of(head: bytes) -> PictureKind | None:
    """The kind of a file that begins with `head`, of `HEAD_BYTES` where it has so many; None for no known picture."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureKind.WEBP
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADS:
        return PictureKind.BMP
    if head[:1] == b"P" and head[1:2] in b"1234567Ff" and head[2:3].isspace():
        return PictureKind.PNM
    if _is_icon(head):
        return PictureKind.ICON
    return _kind_by_brand(head) if head[4:8] == b"ftyp" else None


def _kind_by_brand(head: bytes) -> PictureKind | None:
    """Of the MP4 family, by the brands in the first box; None for a video."""
    if is_avif(head):
        return PictureKind.AVIF
    if is_heic(head):
        return PictureKind.HEIC
    return PictureKind.CAMERA_RAW if is_camera_raw(head) else None


def _is_icon(head: bytes) -> bool:
    """A bare MPEG stream may begin with the same four bytes; the number of icons, up to 255, is no such stream's."""
    return head[:4] == b"\0\0\x01\0" and head[4:5] != b"\0" and head[5:6] == b"\0"


# Photographs and videos share the format of the MP4 family (ISO base media), and often the name's suffix: only the
# brands in the file's first box tell them apart.

HEIC_BRANDS: Final = frozenset(
    {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "mif2", "msf1", "miaf"}
)
"""HEIF pictures. The last four leave the coding open; without an AVIF brand beside them they are taken for HEIC."""
AVIF_BRANDS: Final = frozenset({"avif", "avis"})


def brands(head: bytes) -> tuple[str, ...]:
    """The brands, the main one first; none where the file is of another family.

    Args:
        head: the file's first bytes; brands beyond them are not seen.
    """
    if head[4:8] != b"ftyp":
        return ()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    places = (8, *range(16, end - 3, 4))  # at 12 stands the main brand's version
    return tuple(head[at : at + 4].decode("latin-1") for at in places if len(head) >= at + 4)


def is_avif(head: bytes) -> bool:
    """Whether it is an AVIF picture, still or moving."""
    found = brands(head)
    return bool(found) and (found[0] in AVIF_BRANDS or (found[0] in HEIC_BRANDS and bool(AVIF_BRANDS & set(found))))


def is_heic(head: bytes) -> bool:
    """Whether it is a HEIF picture of another kind than AVIF, mostly HEIC."""
    found = brands(head)
    return bool(found) and found[0] in HEIC_BRANDS and not is_avif(head)


def is_camera_raw(head: bytes) -> bool:
    """Whether it is a camera's raw picture (CR3)."""
    return brands(head)[:1] == ("crx ",)
