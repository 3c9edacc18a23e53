"""Still pictures: upright whatever their format says, within limits, with a word on what was left out."""

import io
import re
import struct
import subprocess
import sys
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from fer_core import limits
from fer_core.errors import MediaError
from fer_core.files.pictures.still import decode_picture, is_picture_file, read_picture
from tests.helpers import REPOSITORY

QUARTERS = np.zeros((40, 60, 3), np.uint8)  # a colour in each corner, red, green, blue order
QUARTERS[:20, :30], QUARTERS[:20, 30:], QUARTERS[20:, :30], QUARTERS[20:, 30:] = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 255),
)
PNG_START = b"\x89PNG\r\n\x1a\n"


def oriented(kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x112] = orientation
    how: dict[str, Any] = {"tiffinfo": {0x112: orientation}} if kind == "TIFF" else {"exif": exif.tobytes()}
    stream = io.BytesIO()
    Image.fromarray(QUARTERS).save(stream, kind, **how)
    return stream.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_picture_is_turned_as_it_says(kind, orientation):
    stored = Image.fromarray(QUARTERS)
    stored.getexif()[0x112] = orientation
    upright_rgb = np.asarray(ImageOps.exif_transpose(stored)).astype(int)

    frame_bgr = decode_picture(oriented(kind, orientation), "turned").frame_bgr

    assert frame_bgr.shape == upright_rgb.shape
    assert np.abs(frame_bgr[..., ::-1] - upright_rgb).mean() < 20


@pytest.mark.parametrize("ending", [".tiff", ".pfm"])
def test_fractions_from_0_to_1_are_not_black(ending):
    grey = np.full((30, 40, 3), 0.5, np.float32)

    frame_bgr = decode_picture(cv2.imencode(ending, grey)[1].tobytes(), "soft").frame_bgr

    assert frame_bgr.dtype == np.uint8
    assert 120 < frame_bgr.mean() < 135


def test_of_a_document_the_first_page_is_read_and_said_so():
    pages = [Image.fromarray(np.full((30, 40), grey, np.uint8)) for grey in (10, 200, 250)]
    stream = io.BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])

    picture = decode_picture(stream.getvalue(), "scan.tif")

    assert picture.frame_bgr.max() == 10
    assert picture.notes == ("only the first of its 3 pages was read",)


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tiff"])
def test_a_picture_above_the_working_size_is_scaled_down_and_said_so(ending, monkeypatch):
    monkeypatch.setattr(limits, "MAX_WORK_PIXELS", 20_000)
    data = cv2.imencode(ending, np.full((300, 400, 3), 90, np.uint8))[1].tobytes()

    picture = decode_picture(data, "large")

    height, width = picture.frame_bgr.shape[:2]
    assert width * height <= 20_000
    assert abs(width / height - 4 / 3) < 0.02
    assert f"400 x 300 pixels (0 megapixels) and was scaled down to {width} x {height}" in picture.notes[0]


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, extra: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress(bytes((width * 3 + 1) * min(height, 64)))
    return PNG_START + head + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def tiff(width: int, height: int, tile: int | None = None) -> bytes:
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (277, 1)]
    tags += [(273, 8), (278, height), (279, 16)] if tile is None else [(322, tile), (323, tile), (324, 8), (325, 16)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags))
    return b"II*\0" + struct.pack("<I", 24) + bytes(16) + struct.pack("<H", len(tags)) + entries + bytes(4)


def patched(ending: str, mark: bytes, skip: int, form: str, *values: int) -> bytes:
    """A small picture whose head claims more."""
    data = bytearray(cv2.imencode(ending, np.zeros((97, 91, 3), np.uint8))[1].tobytes())
    struct.pack_into(form, data, data.index(mark) + skip, *values)
    return bytes(data)


BOMBS: dict[str, bytes] = {
    "png": png(60_000, 60_000),
    "jpeg": patched(".jpg", b"\xff\xc0", 5, ">HH", 65_000, 65_000),
    "webp": patched(".webp", b"VP8L", 9, "<I", 16_382 | 16_382 << 14),
    "tiff": tiff(100_000, 100_000),
    "tiff with a huge strip": tiff(1_000_000, 4000),
    "tiff with a huge tile": tiff(64, 64, tile=32_000),
    "bmp": patched(".bmp", b"BM", 18, "<ii", 60_000, 60_000),
    "jpeg 2000": patched(".jp2", b"\xff\x4f\xff\x51", 8, ">II", 80_000, 80_000),
    "avif": patched(".avif", b"ispe", 8, ">II", 60_000, 60_000),
    "pnm": b"P6\n# a word\n70000 70000\n255\nabc",
    "pam": b"P7\nWIDTH 70000\nHEIGHT 70000\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nabc",
    "pfm": b"PF\n70000 70000\n-1.0\nabc",
    "radiance": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 40000 +X 40000\nabc",
    "sun raster": struct.pack(">IIIIIIII", 0x59A66A95, 50_000, 50_000, 24, 0, 1, 0, 0),
    "gif": b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(20),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_that_claims_too_much_is_refused_with_its_size(name):
    with pytest.raises(MediaError, match=r"bomb: the picture has \d+ x \d+ pixels \(.*at most \d+ megapixels"):
        decode_picture(BOMBS[name], "bomb")


def test_a_chunk_that_claims_gigabytes_is_refused():
    with pytest.raises(MediaError, match="damaged"):
        decode_picture(png(64, 64, struct.pack(">I", 0x7FFFFFF0) + b"tEXt" + b"abc"), "claim")


def test_a_jpeg_of_a_thousand_passes_is_refused():
    stream = io.BytesIO()
    Image.fromarray(QUARTERS).save(stream, "JPEG", progressive=True)
    data = stream.getvalue()
    last = data.rindex(b"\xff\xda")

    with pytest.raises(MediaError, match="passes"):
        decode_picture(data[:-2] + data[last:-2] * 1000, "scans")


@pytest.mark.slow
def test_refusing_and_unpacking_stay_small_in_memory(tmp_path):
    packed = zlib.compress(bytes(1 << 28), 9)
    for extra in (b"zTXt", b"iCCP"):
        (tmp_path / f"{extra.decode()}.bin").write_bytes(png(64, 64, chunk(extra, b"k\0\0" + packed)))
    for name, data in BOMBS.items():
        (tmp_path / f"{name.replace(' ', '-')}.bin").write_bytes(data)
    program = """
import resource, sys
from pathlib import Path
from fer_core.errors import MediaError
from fer_core.files.media import open_media
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        with open_media(path) as media:
            list(media.frames())
    except MediaError:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )

    assert int(done.stdout) < 100  # MB; each of these took hundreds to thousands


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\x76\x2f\x31\x01", "OpenEXR"),
    ],
)
def test_known_pictures_that_nothing_here_reads_are_named(start, word, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(start + bytes(100))

    assert not is_picture_file(path, path.read_bytes()[:64])
    with pytest.raises(MediaError, match=re.escape(f"{word} pictures cannot be read. Save it as JPEG or PNG.")):
        read_picture(path)


def test_a_file_of_gigabytes_is_not_read_into_memory(tmp_path):
    path = tmp_path / "disk.png"
    with path.open("wb") as stream:
        stream.write(PNG_START)
        stream.truncate(3 << 30)

    with pytest.raises(MediaError, match="3072 MB, at most 512"):
        read_picture(path)


@pytest.mark.parametrize(
    ("kind", "grey"),
    [
        ("TIFF", np.full((30, 40), 0.5, np.float32)),
        ("PPM", np.full((30, 40), 0.5, np.float32)),
        ("TIFF", np.full((30, 40), 128, np.int32)),
        ("TIFF", np.full((30, 40), 128 * 257, np.int32)),
        ("TIFF", np.full((30, 40), 1 << 30, np.int32)),
    ],
)
def test_grey_pictures_of_32_bits_are_read_whatever_part_of_them_is_used(kind, grey):
    stream = io.BytesIO()
    Image.fromarray(grey).save(stream, kind)

    frame_bgr = decode_picture(stream.getvalue(), "grey").frame_bgr

    assert frame_bgr.shape == (30, 40, 3)
    assert frame_bgr.dtype == np.uint8
    assert 60 <= frame_bgr.mean() < 135
