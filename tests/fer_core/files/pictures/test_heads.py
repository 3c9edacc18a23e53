"""Sizes, frames and pages from the heads of pictures, against what Pillow and OpenCV write."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_core.files.pictures.heads import read_head
from fer_core.files.pictures.kinds import PICTURE_SUFFIXES, UNREADABLE, PictureKind, kind_of

WIDTH, HEIGHT = 97, 71  # OpenCV writes no smaller JPEG 2000
PIXELS = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
OPENCV = (".png", ".jpg", ".webp", ".tiff", ".bmp", ".jp2", ".avif", ".ppm", ".pgm", ".pbm", ".pam", ".ras")


def written(ending: str, pixels: np.ndarray = PIXELS) -> bytes:
    if ending in (".pgm", ".pbm"):
        pixels = pixels[..., 0]
    return cv2.imencode(ending, pixels)[1].tobytes()


def several(kind: str, count: int = 4) -> bytes:
    """An animation or a document of so many pictures, none like the other."""
    pictures = [Image.fromarray(np.full((HEIGHT, WIDTH, 3), 40 * i, np.uint8)) for i in range(count)]
    stream = io.BytesIO()
    pictures[0].save(stream, kind, save_all=True, append_images=pictures[1:])
    return stream.getvalue()


@pytest.mark.parametrize("ending", OPENCV)
def test_the_size_is_read_from_the_head(ending):
    head = read_head(written(ending))

    assert head is not None
    assert (head.width, head.height, head.frames, head.pages) == (WIDTH, HEIGHT, 1, 1)


@pytest.mark.parametrize("ending", [".hdr", ".pfm"])
def test_so_is_that_of_pictures_with_fractions(ending):
    head = read_head(written(ending, PIXELS.astype(np.float32) / 255))

    assert head is not None
    assert (head.width, head.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("has_alpha", [True, False])
def test_every_form_of_webp_says_its_size(lossless, has_alpha):
    stream = io.BytesIO()
    Image.fromarray(PIXELS).convert("RGBA" if has_alpha else "RGB").save(stream, "WEBP", lossless=lossless)

    head = read_head(stream.getvalue())

    assert head is not None
    assert (head.width, head.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize(("kind", "frames", "pages"), [("WEBP", 4, 1), ("PNG", 4, 1), ("AVIF", 4, 1), ("TIFF", 1, 4)])
def test_frames_and_pages_are_counted(kind, frames, pages):
    head = read_head(several(kind))

    assert head is not None
    assert (head.frames, head.pages) == (frames, pages)


def test_a_tiff_whose_directories_go_round_is_read_to_its_end():
    entries = struct.pack("<HHII", 256, 4, 1, 10) + struct.pack("<HHII", 257, 4, 1, 20)
    head = read_head(b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + struct.pack("<I", 8))

    assert head is not None
    assert (head.width, head.height, head.pages) == (10, 20, 1)


@pytest.mark.parametrize("ending", [*OPENCV, ".hdr"])
def test_a_head_that_is_cut_off_anywhere_is_no_surprise(ending):
    data = written(ending, PIXELS.astype(np.float32) / 255 if ending == ".hdr" else PIXELS)

    lengths = [*range(min(len(data), 300)), *range(300, len(data), 97)]
    heads = [head for length in lengths if (head := read_head(data[:length]))]

    assert len(heads) < len(lengths), "the shortest have none"
    assert all(head.width > 0 and head.height > 0 for head in heads)


@pytest.mark.parametrize("ending", OPENCV)
def test_a_damaged_head_is_no_surprise(ending):
    generator = np.random.default_rng(7)
    data = np.frombuffer(written(ending), np.uint8)

    heads = []
    for _ in range(300):
        damaged = data.copy()
        damaged[generator.integers(0, min(400, len(data)), 6)] = generator.integers(0, 256, 6)
        heads.append(read_head(damaged.tobytes()))

    assert all(head.width > 0 and head.height > 0 for head in heads if head)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", PictureKind.HEIC),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", PictureKind.HEIC),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", PictureKind.AVIF),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", None),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", None),
        (b"\0\0\0\x0cJXL \r\n\x87\n", PictureKind.JPEG_XL),
        (b"8BPS\0\x01", PictureKind.PSD),
        (b"BMW is no picture", None),
        (b"P6 is a word here", PictureKind.PNM),
        (b"", None),
    ],
)
def test_the_kind_follows_from_the_content(head, kind):
    assert kind_of(head) is kind
    assert read_head(head) is None


def test_what_cannot_be_read_has_no_suffix_among_the_readable():
    assert not {f".{kind.name.lower()}" for kind in UNREADABLE} & PICTURE_SUFFIXES


def test_a_bare_stream_of_mpeg_is_no_icon():
    icon, picture_start = b"\0\0\x01\0\x01\0\x20\x20\0\0", b"\0\0\x01\0\x01\x0f\xff\xf8\0\0"
    assert kind_of(icon) is PictureKind.ICON
    assert kind_of(picture_start) is None
