"""What holds for every archive: only ArchiveError is raised, and faces come back as they went in."""

import gzip
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.helpers.archive_builders import Faces, csv_text, folder_files, image, tar_bytes, zip_bytes
from tests.helpers.bad_archives import GOOD_CSV, GOOD_FILES, GOOD_TAR, GOOD_ZIP
from train.archive.images import decode_face
from train.archive.limits import ArchiveLimits
from train.archive.pixels import PIXELS, parse_pixels
from train.archive.reader import SIDE, Dataset, read_archive
from train.archive.skips import SkipRow, shown
from train.errors import ArchiveError

LIMITS = ArchiveLimits(total_bytes=64 << 20, image_pixels=1_000_000)
COMMON = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WHOLE = {
    "csv": GOOD_CSV[:60_000],
    "zip": GOOD_ZIP,
    "tar": GOOD_TAR,
    "tar.gz": gzip.compress(GOOD_TAR),
    "zipped csv": zip_bytes({"fer2013.csv": GOOD_CSV}),
}
STARTS = st.sampled_from(
    [
        b"",
        b"emotion,pixels,Usage\n",
        b"emotion,pixels\n3,",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b\x08",
        GOOD_TAR[:512],
    ]
)


def read_bytes(data: bytes) -> Dataset | ArchiveError:
    """The data set or the ArchiveError; anything else that is raised fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(data)
        try:
            result: Dataset | ArchiveError = read_archive(path, LIMITS)
        except ArchiveError as error:
            result = error
        assert list(Path(folder).iterdir()) == [path]
    assert isinstance(result, Dataset) or str(result).isprintable()
    return result


@COMMON
@given(start=STARTS, rest=st.binary(max_size=3000))
def test_any_bytes(start: bytes, rest: bytes) -> None:
    assert isinstance(read_bytes(start + rest), ArchiveError)
    assert isinstance(read_bytes(gzip.compress(start + rest)), ArchiveError)


@pytest.mark.parametrize("kind", WHOLE)
@settings(COMMON, max_examples=60)
@given(data=st.data())
def test_damage_anywhere(kind: str, data: st.DataObject) -> None:
    """Overwritten, cut out or cut off: an error or a data set, and never a label or shape out of range."""
    whole = bytearray(WHOLE[kind])
    # Structure lies at the ends and, in tars, at multiples of 512: places that chance alone would rarely hit.
    place = st.one_of(
        st.integers(0, len(whole) - 1),
        st.integers(0, 600),
        st.integers(len(whole) - 3000, len(whole) - 1),
        st.integers(0, len(whole) // 512 - 1).flatmap(lambda block: st.integers(block * 512, block * 512 + 511)),
    )
    for _ in range(data.draw(st.integers(1, 4), label="times")):
        at = min(data.draw(place, label="at"), len(whole))
        piece = data.draw(st.binary(max_size=12), label="piece")
        cut = data.draw(st.sampled_from([len(piece), len(piece), 0, 100, len(whole)]), label="cut")
        whole[at : at + cut] = piece
    result = read_bytes(bytes(whole))
    if isinstance(result, Dataset):
        assert all(len(part) for part in result.splits.values())


@COMMON
@example(names=["7/0"])
@example(names=["7./x"])
@given(names=st.lists(st.text(max_size=40).filter(lambda name: "\0" not in name), unique=True, max_size=6))
def test_any_names_within(names: list[str]) -> None:
    picture = image(np.zeros((SIDE, SIDE), np.uint8))
    files = GOOD_FILES | {f"{name}{suffix}": picture for name in names for suffix in (".png", "/happy/a.png")}
    encodable = {name: data for name, data in files.items() if _is_encodable(name)}
    for data in (zip_bytes(encodable), tar_bytes(encodable)):
        result = read_bytes(data)
        if isinstance(
            result, ArchiveError
        ):  # a folder's number is a label, of which only 0-6 beside names are FER2013's
            assert "labels its faces with the number" in str(result)
            assert any(_NUMBERED_FOLDER.search(name) for name in encodable)
            continue
        assert isinstance(result, Dataset)
        assert all(str(example).isprintable() for example in result.skipped.examples)


_NUMBERED_FOLDER = re.compile(
    r"(^|[/\\])\s*(?:(?:class|label|emotion|expression|category)[ _-]?)?[+-]?\d+(?:\.0*)?\s*[/\\]", re.IGNORECASE
)


def _is_encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


@st.composite
def datasets(draw: st.DrawFn) -> Faces:
    """Different faces with a label and Usage each; train and validation are never empty."""
    cells = st.tuples(st.integers(0, 6), st.sampled_from(["Training", "PublicTest", "PrivateTest"]))
    drawn = [*draw(st.lists(cells, max_size=12)), (draw(st.integers(0, 6)), "Training"), (0, "PublicTest")]
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    top = draw(st.sampled_from([1, 9, 10, 99, 100, 255]))
    return [(label, rng.integers(0, top + 1, (SIDE, SIDE)).astype(np.uint8), usage) for label, usage in drawn]


@settings(COMMON, max_examples=40)
@given(rows=datasets())
def test_every_format_gives_the_same_faces(rows: Faces) -> None:
    files = folder_files(rows, {"Training": "train", "PublicTest": "val", "PrivateTest": "test"})
    text = csv_text(rows).encode()
    # A zip keeps the order of its files; the csv has that of the rows; both are the order given.
    packed = [text, gzip.compress(text), zip_bytes({"a/b.csv": text}), tar_bytes({"b.csv": text})]
    for data in [*packed, zip_bytes(files), tar_bytes(files), gzip.compress(tar_bytes(files))]:
        result = read_bytes(data)
        assert isinstance(result, Dataset)
        for usage, split in {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}.items():
            mine = [(label, pixels) for label, pixels, own in rows if own == usage]
            if not mine:
                assert split not in result.splits
                continue
            assert result[split].labels.tolist() == [label for label, _ in mine]
            assert np.array_equal(result[split].pixels, [pixels for _, pixels in mine])


@settings(COMMON, max_examples=150)
@given(
    values=st.lists(st.integers(0, 300), min_size=1, max_size=40),
    gap=st.sampled_from([" ", "  ", " \t", " 0"]),
    swaps=st.lists(st.tuples(st.integers(0, 9000), st.sampled_from("0 9-+.,x\0\n ")), max_size=3),
)
@example(values=[255], gap=" ", swaps=[])
@example(values=[256], gap=" ", swaps=[])
def test_pixels_are_what_a_plain_parse_says(values: list[int], gap: str, swaps: list[tuple[int, str]]) -> None:
    text = list(gap.join(str(values[i % len(values)]) for i in range(PIXELS)))
    for at, character in swaps:
        text[at % len(text)] = character
    words = "".join(text).replace(",", " ").split()
    plain = all(re.fullmatch(r"[+]?[0-9]+([.]0*)?", word) for word in words)
    valid = plain and len(words) == PIXELS and all(float(word) <= 255 for word in words)
    try:
        parsed = parse_pixels("".join(text).encode())
    except SkipRow:
        assert not valid
    else:
        assert valid
        assert parsed.dtype == np.uint8
        assert parsed.tolist() == [int(float(word)) for word in words]


@COMMON
@given(
    data=st.binary(max_size=400), start=st.sampled_from([0, 8, 16, 33, 100]), suffix=st.sampled_from([".png", ".jpg"])
)
def test_any_image_bytes(data: bytes, start: int, suffix: str) -> None:
    whole = image(np.arange(SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint8), suffix)
    try:
        pixels, area = decode_face(whole[:start] + data + whole[start + len(data) :], LIMITS)
    except SkipRow:
        return
    assert pixels.shape == (SIDE, SIDE)
    assert pixels.dtype == np.uint8
    assert 0 < area <= LIMITS.image_pixels


@given(text=st.text(), length=st.integers(1, 30))
def test_shown_is_printable_and_short(text: str, length: int) -> None:
    assert shown(text, length).isprintable()
    assert len(shown(text, length)) <= length
