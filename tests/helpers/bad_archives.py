"""Bad archives, each made by a few lines, with what reading it must come to.

A case is either refused, by one ArchiveError whose text holds the given words, or read with exactly the given skips.
"""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tests.helpers.archive_builders import (
    csv_text,
    digits,
    face,
    faces,
    folder_files,
    image,
    tar_bytes,
    tar_entry,
    zip_bytes,
)
from train.archive.limits import ArchiveLimits
from train.archive.reader import SkipReason

GOOD_ROWS = faces()
_FERPLUS = b"Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
GOOD_CSV = csv_text(GOOD_ROWS).encode()
PIXELS = digits(face(99))
FOLDERS = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
GOOD_FILES = folder_files(GOOD_ROWS, FOLDERS)
GOOD_ZIP = zip_bytes(GOOD_FILES)
GOOD_TAR = tar_bytes(GOOD_FILES)


@dataclass(frozen=True)
class BadArchive:
    """One case.

    Attributes:
        name: of the case.
        data: the file's bytes.
        refused: words that the error must hold; empty when the archive is read nonetheless.
        skips: what must be skipped, by reason, when it is read; all good faces must then be there.
        limits: what it is read under.
    """

    name: str
    data: bytes
    refused: tuple[str, ...] = ()
    skips: Mapping[SkipReason, int] = field(default_factory=dict)
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)


def _refused(name: str, data: bytes, *words: str, **limits: float) -> BadArchive:
    return BadArchive(name, data, words, limits=ArchiveLimits(**limits))  # type: ignore[arg-type]


def _row(name: str, row: str | bytes, reason: SkipReason, **limits: float) -> BadArchive:
    """The good csv and one bad row in its middle."""
    line = row.encode() if isinstance(row, str) else row
    lines = GOOD_CSV.splitlines()
    data = b"\n".join([*lines[:9], line, *lines[9:], b""])
    return BadArchive(f"csv row: {name}", data, skips={reason: 1}, limits=ArchiveLimits(**limits))  # type: ignore[arg-type]


def _zip_with(name: str, files: Mapping[str, bytes], reason: SkipReason, **limits: float) -> BadArchive:
    """The good class folders and further files, each to be skipped for `reason`."""
    data = zip_bytes({**files, **GOOD_FILES})
    return BadArchive(f"zip with {name}", data, skips={reason: len(files)}, limits=ArchiveLimits(**limits))  # type: ignore[arg-type]


def _tar_with(name: str, entry: tarfile.TarInfo, reason: SkipReason) -> BadArchive:
    return BadArchive(f"tar with {name}", tar_bytes(GOOD_FILES, extra=[entry]), skips={reason: 1})


def _csv_rows() -> list[BadArchive]:
    reason = SkipReason
    start, rest = PIXELS.split(" ", 1)
    return [
        _row("a pixel missing", f"3,{rest},Training", reason.PIXEL_COUNT),
        _row("a pixel too many", f"3,{PIXELS} 7,Training", reason.PIXEL_COUNT),
        _row("no pixels", "3,,Training", reason.PIXEL_COUNT),
        _row("a face of 64 x 64", f"3,{' '.join(['9'] * 4096)},Training", reason.PIXEL_COUNT),
        _row("one long number", f"3,{'1' * 8000},Training", reason.PIXEL_COUNT),
        _row("value 256", f"3,256 {rest},Training", reason.OUT_OF_RANGE),
        _row("value 999", f"3,999 {rest},Training", reason.OUT_OF_RANGE),
        _row("value 1000", f"3,1000 {rest},Training", reason.OUT_OF_RANGE),
        _row("value -1", f"3,-1 {rest},Training", reason.OUT_OF_RANGE),
        _row("value of 5000 digits", f"3,{'9' * 5000} {rest},Training", reason.OUT_OF_RANGE),
        _row("a word", f"3,abc {rest},Training", reason.NOT_A_NUMBER),
        _row("a fraction", f"3,12.5 {rest},Training", reason.NOT_A_NUMBER),
        _row("nan", f"3,nan {rest},Training", reason.NOT_A_NUMBER),
        _row("hexadecimal", f"3,0x1F {rest},Training", reason.NOT_A_NUMBER),
        _row("an underscore", f"3,1_0 {rest},Training", reason.NOT_A_NUMBER),
        _row("a lone sign", f"3,- {rest},Training", reason.NOT_A_NUMBER),
        _row("Arabic digits", f"3,\u0661\u0662 {rest},Training", reason.NOT_A_NUMBER),
        _row("NUL among the pixels", f"3,\0 {rest},Training", reason.NOT_A_NUMBER),
        _row("NUL inside a number", f"3,1\0 {rest},Training", reason.NOT_A_NUMBER),
        _row("label 8", f"8,{PIXELS},Training", reason.WRONG_LABEL),
        _row("label -1", f"-1,{PIXELS},Training", reason.WRONG_LABEL),
        _row("label 3.5", f"3.5,{PIXELS},Training", reason.WRONG_LABEL),
        _row("no label", f",{PIXELS},Training", reason.UNLABELLED),
        _row("label nan", f"nan,{PIXELS},Training", reason.UNLABELLED),
        _row("contempt", f"contempt,{PIXELS},Training", reason.CONTEMPT),
        _row("a superscript label", f"\u00b2,{PIXELS},Training", reason.WRONG_LABEL),
        _row("NUL as label", f"\0,{PIXELS},Training", reason.WRONG_LABEL),
        _row("label that is no UTF-8", b"\xff\xfe," + PIXELS.encode() + b",Training", reason.WRONG_LABEL),
        _row("the header again", "emotion,pixels,Usage", reason.WRONG_LABEL),
        _row("another Usage", f"3,{PIXELS},Elsewhere", reason.UNKNOWN_USAGE),
        _row("no Usage", f"3,{PIXELS},", reason.UNKNOWN_USAGE),
        _row("too few pixels divided by commas", f"3,{rest.replace(' ', ',')},Training", reason.UNKNOWN_USAGE),
        _row("a list cut by NumPy", f'3,"[{start} 7 ... 9 3]",Training', reason.PIXEL_COUNT),
        _row("pixels of 0-1", f"3,0.5 {rest},Training", reason.NOT_A_NUMBER),
        _row("two columns", f"3,{PIXELS}", reason.TOO_FEW_COLUMNS),
        _row("cut off within", f"3,{PIXELS[:5000]}", reason.TOO_FEW_COLUMNS),
        _row("an open quote", f'"3,{start}', reason.TOO_FEW_COLUMNS),
        _row("a cell of 3 MB", f"3,{'1 ' * 1_500_000},Training", reason.LINE_TOO_LONG),
        _row("longer than the limit", f"3,{PIXELS} {' ' * 12000},Training", reason.LINE_TOO_LONG, line_bytes=20_000),
    ]


def _csv_files() -> list[BadArchive]:
    rows = [(label, pixels, "Training") for label, pixels, _ in GOOD_ROWS]
    half_bad = csv_text(rows) + f"9,{PIXELS},Training\n" * (len(rows) + 1)
    named = [
        _refused(f"a {what} file", magic + bytes(600), what)
        for what, magic in {
            "bzip2": b"BZh9",
            "xz": b"\xfd7zXZ\0",
            "7-Zip": b"7z\xbc\xaf\x27\x1c",
            "RAR": b"Rar!\x1a\x07",
            "zstd": b"\x28\xb5\x2f\xfd",
            "single image": b"\x89PNG\r\n\x1a\n",
        }.items()
    ]
    return [
        *named,
        _refused("Parquet", b"PAR1" + bytes(600) + b"PAR1", "is Parquet"),
        _refused("a PDF", b"%PDF-1.7\n", "a PDF document"),
        _refused(
            "a web page after a blank line",
            b"\n<!DOCTYPE html><html><title>Log in</title>",
            "a web page",
            "download it again",
        ),
        _refused("a pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        _refused("CR alone at the ends of lines", GOOD_CSV.replace(b"\n", b"\r"), "carriage return"),
        _refused("an empty file", b"", "is empty"),
        _refused("FER+'s votes", _FERPLUS, "FER+'s votes", "--ferplus"),
        _refused("one byte", b"e", "does not start with the header"),
        _refused("header only", b"emotion,pixels,Usage\n", "no usable face"),
        _refused("no header", GOOD_CSV.split(b"\n", 1)[1], "header emotion,pixels,Usage"),
        _refused("header without pixels", b"emotion,Usage\n3,Training\n", "header emotion,pixels,Usage"),
        _refused("UTF-16", GOOD_CSV.decode().encode("utf-16"), "UTF-16"),
        _refused("a web page", b"<!DOCTYPE html><html>Sign in</html>\n", "a web page", "Log in there"),
        _refused("NULs", bytes(5000), "no usable face"),
        _refused("noise", np.random.default_rng(1).bytes(5000), "header"),
        _refused("escape codes for a header", b"\x1b[2J\x1b]0;x\x07" * 9, "header", "?[2J"),
        _refused("all rows bad", f"emotion,pixels,Usage\n9,{PIXELS},Training\n".encode(), "no usable face", "label"),
        _refused("most rows bad", half_bad.encode(), "mostly unusable", "22 of 43" if len(rows) == 21 else "of"),
        _refused("label 7", GOOD_CSV + f"7,{PIXELS},Training\n".encode(), "numbers 0-7", "label order", "affectnet"),
        _refused("labels 1-6", csv_text([row for row in GOOD_ROWS if row[0]]).encode(), "1-6", "rafdb", "fer2013"),
        _refused("contempt alone", f"emotion,pixels\ncontempt,{PIXELS}\n".encode(), "contempt"),
        _refused("one face", csv_text(GOOD_ROWS[:1]).encode(), "too few faces"),
        _refused("more faces than the limit", GOOD_CSV, "more than 10 faces", faces=10),
        _refused("more skips than the limit", half_bad.encode(), "more than 5 unusable", "label", skips=5),
        _refused("blank lines without end", GOOD_CSV + b"\n" * 5000, "lines", faces=500, skips=500),
        _refused("a file over the limit", GOOD_CSV, "archive_bytes", archive_bytes=1000),
        _refused("one line without end", b"emotion,pixels," + b"x" * 3_000_000, "header"),
        _refused("a csv cut within the header", b"emotion,pix", "header"),
    ]


def _zip_skips() -> list[BadArchive]:
    reason = SkipReason
    png, jpg = image(face(7)), image(np.tile(face(7), (6, 6)), ".jpg")
    cut_pngs = {f"train/happy/{n}.png": png[:n] for n in (9, 20, 60, len(png) // 2)}
    cut_jpgs = {f"train/happy/{n}.jpg": jpg[:n] for n in (3, 30, 200, len(jpg) // 2)}
    greedy = png[:33] + struct.pack(">I4s", 0x7FFFFFFF, b"IDAT") + png[41:]
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x2a"
    scans = jpg[:-2] + scan * 1000 + jpg[-2:]
    others = {"README.txt": b"hi", "train/happy/x.txt": b"RIFF", "a.exe": b"MZ"}
    padded = {"train/sad/x.png": png + bytes(9000)}
    huge = png[:16] + struct.pack(">II", 100_000, 100_000) + png[24:]
    link = zipfile.ZipInfo("train/happy/link.png")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    device = zipfile.ZipInfo("train/happy/null.png")
    device.create_system, device.external_attr = 3, 0o020666 << 16
    cases = [
        _zip_with("../", {"../../etc/cron.d/x.png": png, "train/../../happy/x.png": png}, reason.UNSAFE_NAME),
        _zip_with("an absolute name", {"/train/happy/x.png": png}, reason.UNSAFE_NAME),
        _zip_with("a drive letter", {"C:/train/happy/x.png": png}, reason.UNSAFE_NAME),
        _zip_with("backslashes upwards", {"train\\happy\\..\\..\\..\\x.png": png}, reason.UNSAFE_NAME),
        _zip_with("a text as png", {"train/happy/x.png": b"hello"}, reason.NOT_AN_IMAGE),
        _zip_with("an empty image", {"train/happy/x.png": b""}, reason.NOT_AN_IMAGE),
        _zip_with("a gif as jpg", {"train/happy/x.jpg": b"GIF89a" + bytes(40)}, reason.NOT_AN_IMAGE),
        _zip_with("cut pngs", cut_pngs, reason.NOT_AN_IMAGE),
        _zip_with("cut jpgs", cut_jpgs, reason.NOT_AN_IMAGE),
        _zip_with("NULs as image", {"train/happy/x.png": bytes(3000)}, reason.NOT_AN_IMAGE),
        _zip_with("noise after a png header", {"train/happy/x.png": png[:33] + b"\xa5" * 900}, reason.NOT_AN_IMAGE),
        _zip_with("a png chunk of 2 GB", {"train/sad/x.png": greedy}, reason.NOT_AN_IMAGE),
        _zip_with("a jpg of 1,000 scans", {"train/sad/x.jpg": scans}, reason.IMAGE_TOO_LARGE),
        _zip_with("an image of no width", {"train/sad/x.png": png[:16] + bytes(8) + png[24:]}, reason.NOT_AN_IMAGE),
        _zip_with("10 gigapixels claimed", {"train/happy/x.png": huge}, reason.IMAGE_TOO_LARGE),
        _zip_with("an image over the limit", {"train/sad/x.jpg": jpg}, reason.IMAGE_TOO_LARGE, image_pixels=48 * 49),
        _zip_with("a file over the limit", padded, reason.IMAGE_TOO_LARGE, image_bytes=9000),
        _zip_with("another emotion", {"train/boredom/x.png": png}, reason.NO_EMOTION_FOLDER),
        _zip_with("contempt", {"train/contempt/x.png": png}, reason.CONTEMPT),
        _zip_with("an image in no folder", {"x.png": png, "train/y.png": png}, reason.UNLABELLED),
        _zip_with("a text as webp", {"train/happy/x.webp": b"RIFF", "train/sad/x.tif": b"II*\0"}, reason.NOT_AN_IMAGE),
        _zip_with("other files", others, reason.OTHER_FILE),
        _zip_with("an archive within", {"inner.zip": GOOD_ZIP, "fer2013.tar.gz": GOOD_TAR}, reason.OTHER_FILE),
        _zip_with("a csv of other things", {"submission.csv": b"id,emotion\n1,2\n", "b.csv": b""}, reason.NO_COLUMNS),
    ]
    for what, info in {"a link": link, "a device": device}.items():
        buffer = io.BytesIO(GOOD_ZIP)
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr(info, "/etc/passwd")
        cases.append(BadArchive(f"zip with {what}", buffer.getvalue(), skips={reason.SPECIAL_FILE: 1}))
    return [*cases, *_zip_damage()]


def _zip_damage() -> list[BadArchive]:
    """Zips whose structure is forged or damaged in the one member put before the good ones."""
    stored = zip_bytes({"train/happy/x.png": image(face(7)), **GOOD_FILES}, zipfile.ZIP_STORED)
    flipped = bytearray(stored)
    flipped[200] ^= 1
    misnamed = bytearray(stored)
    misnamed[30:35] = b"TRAIN"
    method = bytearray(stored)
    directory = method.index(b"PK\x01\x02")
    method[directory + 10 : directory + 12] = struct.pack("<H", 9)
    damaged = {SkipReason.DAMAGED: 1}
    csv_zip = bytearray(zip_bytes({"fer2013.csv": GOOD_CSV}))
    csv_zip[len(csv_zip) // 2] ^= 0xFF
    lzma_zip = zip_bytes({"fer2013.csv": GOOD_CSV}, zipfile.ZIP_LZMA)
    encrypted = bytearray(GOOD_ZIP)
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    claims = bytearray(zip_bytes({"fer2013.csv": GOOD_CSV}))
    at = claims.index(b"PK\x01\x02") + 24
    claims[at : at + 4] = struct.pack("<I", 0xFFFFFFF0)
    bomb = zip_bytes({"fer2013.csv": GOOD_CSV + bytes(48 << 20)})
    return [
        BadArchive("zip with a flipped bit in an image", bytes(flipped), skips=damaged),
        BadArchive("zip with another name in the member's header", bytes(misnamed), skips=damaged),
        BadArchive("zip with an image packed by an unknown method", bytes(method), skips=damaged),
        _refused("zip with a csv that does not inflate", bytes(csv_zip), "fer2013.csv", "damaged"),
        _refused("zip with a csv packed by lzma", lzma_zip, "method 14"),
        _refused("encrypted zip", bytes(encrypted), "encrypted", "password"),
        _refused("zip that claims 4 GB", bytes(claims), "total_bytes|ratio"),
        _refused("zip bomb", bomb, "zip bomb"),
        _refused("zip over the total", GOOD_ZIP, "total_bytes", total_bytes=5000),
        _refused("zip of overlapping members", _overlapping(1000), "total_bytes|ratio", total_bytes=10_000_000),
        _refused("zip with too many members", GOOD_ZIP, "more than 10 members", members=10),
        _refused(
            "zip with a long directory", zip_bytes({"a" * 60_000: b"", "b" * 60_000: b""}), "directory", members=1
        ),
        _refused("zip with too many pixels", GOOD_ZIP, "total_pixels", total_pixels=9000),
        _refused("zip cut in half", GOOD_ZIP[: len(GOOD_ZIP) // 2], "damaged or cut off"),
        _refused("zip without its last byte", GOOD_ZIP[:-1], "damaged or cut off"),
        _refused("zip without its beginning", b"PK\x03\x04" + GOOD_ZIP[len(GOOD_ZIP) // 2 :], "damaged|no usable face"),
        _refused("zip that is only a beginning", b"PK\x03\x04", "damaged or cut off"),
        _refused("empty zip", zip_bytes({}), "no usable face"),
        _refused(
            "zip of texts", zip_bytes({"a.txt": b"a", "b.md": b"b"}), "no usable face", "neither a csv nor an image"
        ),
        _refused(
            "zip of zip of zip", zip_bytes({"b.zip": zip_bytes({"a.zip": GOOD_ZIP})}), "no usable face", "two levels"
        ),
        _refused("zip of a large zip", zip_bytes({"a.zip": GOOD_ZIP}), "inner_bytes", "Unpack", inner_bytes=1000),
        _refused("zip of a cut zip", zip_bytes({"a.zip": GOOD_ZIP[:-99]}), "a.zip", "damaged or cut off"),
        _refused("bombs within a zip", zip_bytes({"a.zip": bomb, "b.zip": bomb}), "zip bomb"),
        _refused("zip of wrong folders", zip_bytes({"cat/1.png": image(face(1))}), "no usable face", "cat/1.png"),
        _refused("zip of system files", zip_bytes({"__MACOSX/happy/._1.png": b"x"}), "no usable face"),
        _refused("zip with mostly broken images", _mostly_broken(), "mostly unusable", "not a readable image"),
    ]


def _mostly_broken() -> bytes:
    return zip_bytes(GOOD_FILES | {f"train/happy/b{n}.png": b"?" for n in range(len(GOOD_FILES) + 1)})


def _overlapping(count: int) -> bytes:
    """A zip whose directory names the one member `count` times: each is read from the same bytes."""
    single = zip_bytes({"train/happy/x.csv": GOOD_CSV})
    at, end = single.index(b"PK\x01\x02"), single.index(b"PK\x05\x06")
    directory = single[at:end] * count
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0)
    return single[:at] + directory + tail


def _tars() -> list[BadArchive]:
    reason = SkipReason
    gzipped = gzip.compress(GOOD_TAR)
    wrong_sum = gzipped[:-8] + struct.pack("<I", zlib.crc32(b"other")) + gzipped[-4:]
    second = GOOD_TAR.index(b"train/angry/00001.png")
    broken = bytearray(GOOD_TAR)
    broken[second + 20] ^= 0xFF
    dev, name = tarfile.TarInfo("dev"), "train/happy/x.png"
    dev.type, dev.devmajor, dev.devminor = tarfile.CHRTYPE, 1, 9
    return [
        _tar_with("a symbolic link", tar_entry(name, tarfile.SYMTYPE, "/etc/passwd"), reason.SPECIAL_FILE),
        _tar_with("a hard link", tar_entry(name, tarfile.LNKTYPE, "../../x.png"), reason.SPECIAL_FILE),
        _tar_with("a link to itself", tar_entry(name, tarfile.SYMTYPE, name), reason.SPECIAL_FILE),
        _tar_with("a character device", dev, reason.SPECIAL_FILE),
        _tar_with("a block device", tar_entry(name, tarfile.BLKTYPE), reason.SPECIAL_FILE),
        _tar_with("a pipe", tar_entry(name, tarfile.FIFOTYPE), reason.SPECIAL_FILE),
        _tar_with("an entry of unknown type", tar_entry("train/happy/y.png", b"Z"), reason.SPECIAL_FILE),
        _tar_with("../", tar_entry("../../happy/x.png", tarfile.REGTYPE), reason.UNSAFE_NAME),
        _tar_with("an absolute name", tar_entry("/happy/x.png", tarfile.REGTYPE), reason.UNSAFE_NAME),
        _tar_with("an empty image", tar_entry(name, tarfile.REGTYPE), reason.NOT_AN_IMAGE),
        BadArchive("tar with a sparse file", _sparse() + GOOD_TAR, skips={reason.SPECIAL_FILE: 1}),
        _refused("gzip header alone", gzipped[:10], "damaged or cut off"),
        _refused("gzip of noise", b"\x1f\x8b" + bytes(range(200)), "damaged or cut off"),
        _refused("tar.gz cut in half", gzipped[: len(gzipped) // 2], "damaged or cut off"),
        _refused("tar.gz without its last bytes", gzipped[:-5], "damaged or cut off"),
        _refused("tar.gz with a wrong checksum", wrong_sum, "damaged or cut off", "CRC"),
        _refused("tar.gz with rubbish behind", gzipped + b"rubbish!", "damaged or cut off"),
        _refused("csv.gz cut in half", gzip.compress(GOOD_CSV)[:40_000], "damaged or cut off"),
        _refused("tar cut within a file", GOOD_TAR[: second + 700], "cut off"),
        _refused("tar cut within a header", GOOD_TAR[: second + 100], "cut off"),
        _refused("tar cut between files", GOOD_TAR[:second], "cut off"),
        _refused("tar with a damaged header", bytes(broken), "cut off or damaged"),
        _refused("tar with a negative size", _header(size=-10240) + GOOD_TAR, "damaged|forged|cut off"),
        _refused("tar with a size of an exabyte", _header(size=1 << 60) + GOOD_TAR, "cut off|damaged"),
        _refused("tar with an extended header of a gigabyte", _header(size=1 << 30, kind=b"x") + GOOD_TAR, "forged"),
        _refused("tar with a thousand extended headers", _chained_headers(3000) + GOOD_TAR, "damaged"),
        _refused("tar with a wrong extended header", _extended(b"0 path=x\n") + GOOD_TAR, "damaged"),
        _refused("tar with too many members", GOOD_TAR, "more than 10 members", members=10),
        _refused("tar of nothing", tar_bytes({}), "no usable face"),
        _refused("tar of empty folders", tar_bytes({}, extra=[tar_entry("train", tarfile.DIRTYPE)]), "no usable face"),
        _refused("gzip bomb", gzip.compress(GOOD_CSV + bytes(40 << 20)), "zip bomb"),
        _refused("gzip over the total", gzip.compress(GOOD_CSV), "total_bytes", total_bytes=100_000),
        _refused("gzip in gzip", gzip.compress(gzipped), "header"),
    ]


def _header(*, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A member's header with a valid checksum and a forged size."""
    info = tarfile.TarInfo("train/happy/x.png")
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = b"\xff" * 4 + struct.pack(">q", size) if size < 0 else b"\x80\0\0\0" + struct.pack(">q", size)
    block[156:157] = kind
    block[148:156] = b"%06o\0 " % (256 + sum(block[:148]) + sum(block[156:]))
    return bytes(block)


def _extended(content: bytes) -> bytes:
    return _header(size=len(content), kind=b"x") + content.ljust(512, b"\0")


def _chained_headers(count: int) -> bytes:
    return _extended(b"12 path=abc\n") * count


def _sparse() -> bytes:
    """A GNU sparse member: a terabyte of holes in 512 bytes."""
    block = bytearray(_header(size=0, kind=tarfile.GNUTYPE_SPARSE))
    block[483:495] = b"\x80" + (1 << 40).to_bytes(11, "big")
    block[148:156] = b"%06o\0 " % (256 + sum(block[:148]) + sum(block[156:]))
    return bytes(block)


CASES = [*_csv_rows(), *_csv_files(), *_zip_skips(), *_tars()]
