"""Whether a picture or a frame is small enough to be decoded, by what its head says."""

from fer_core import limits
from fer_core.errors import MediaError
from fer_core.files.pictures.heads import PictureHead
from fer_core.files.pictures.kinds import PictureKind


def check_size(head: PictureHead, name: str) -> None:
    """Refuse a picture that would take too much memory or time.

    Raises:
        MediaError: it is larger than `fer_core.limits` allow.
    """
    at_most = _max_pixels(head)
    if head.pixels > at_most or head.block_pixels > at_most:
        shown = limits.megapixels(head.width, head.height)
        if head.block_pixels > head.pixels:
            shown += f" in pieces of {head.block_pixels // limits.MEGA} megapixels"
        raise MediaError(
            f"{name}: the picture has {shown}; at most {at_most // limits.MEGA} megapixels can be read as {head.kind}. "
            "Save it smaller."
        )
    if head.scans > limits.MAX_JPEG_SCANS:
        raise MediaError(
            f"{name}: the JPEG has {head.scans} passes, at most {limits.MAX_JPEG_SCANS} are read. Save it again."
        )


def _max_pixels(head: PictureHead) -> int:
    if head.kind is PictureKind.JPEG and not head.is_progressive:
        return limits.MAX_SHRUNK_JPEG_PIXELS
    if head.kind is PictureKind.JPEG_2000:
        return limits.MAX_JPEG_2000_PIXELS
    return limits.MAX_PICTURE_PIXELS * 16 // max(16, head.sample_bits)


def check_frame_size(width: int, height: int, name: str) -> None:
    """Refuse frames that would take too much memory.

    Raises:
        MediaError: they are larger than `fer_core.limits` allow.
    """
    if width * height > limits.MAX_FRAME_PIXELS:
        raise MediaError(
            f"{name}: its frames have {limits.megapixels(width, height)}; "
            f"at most {limits.MAX_FRAME_PIXELS // limits.MEGA} megapixels can be read. Convert it to a smaller size."
        )
