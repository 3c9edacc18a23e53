"""What a file of the MP4 family (ISO base media) says it is, from its first bytes.

Photographs and films share this format and often the name's suffix; the brands alone tell them apart.
"""

from typing import Final

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
