"""Archives within archives, images of other formats, and splits and labels that only some names give."""

import gzip
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.helpers.archive_builders import csv_text, digits, face, folder_files, image, tar_bytes, zip_bytes
from tests.train.archive.test_reader import FOLDERS, ROWS, same_faces
from train.archive.images import decode_face, image_size
from train.archive.limits import ArchiveLimits
from train.archive.reader import Dataset, SkipReason, read_archive
from train.archive.skips import SkipRow
from train.errors import ArchiveError

FILES = folder_files(ROWS, FOLDERS)
RAFDB_OF = {0: 6, 1: 3, 2: 2, 3: 4, 4: 5, 5: 1, 6: 7}


def read(tmp_path: Path, data: bytes, **options: str) -> Dataset:
    path = tmp_path / "upload.bin"
    path.write_bytes(data)
    return read_archive(path, **options)  # type: ignore[arg-type]


def packed(files: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tar_bytes(files))


@pytest.mark.parametrize("outer", [zip_bytes, tar_bytes, packed], ids=["zip", "tar", "tar.gz"])
@pytest.mark.parametrize(
    ("name", "inner"),
    [
        ("fer2013.zip", zip_bytes(FILES)),
        ("data/fer2013.tar", tar_bytes(FILES)),
        ("fer2013.tar.gz", packed(FILES)),
        ("fer2013.tgz", packed({"fer2013.csv": csv_text(ROWS).encode()})),
        ("fer2013.csv.gz", gzip.compress(csv_text(ROWS).encode())),
    ],
)
def test_one_archive_within(
    tmp_path: Path, outer: Callable[[Mapping[str, bytes]], bytes], name: str, inner: bytes
) -> None:
    assert same_faces(read(tmp_path, outer({name: inner, "README.md": b"hi"})))


def test_one_archive_for_each_split(tmp_path: Path) -> None:
    parts = {
        f"{split}.zip": zip_bytes(folder_files([row for row in ROWS if row[2] == usage], {usage: "faces"}))
        for usage, split in (("Training", "train_set"), ("PublicTest", "val"), ("PrivateTest", "test"))
    }
    assert same_faces(read(tmp_path, zip_bytes(parts)))


def test_faces_are_not_read_twice(tmp_path: Path) -> None:
    """Kaggle's bundle has icml_face_data.csv, and the same faces in fer2013.tar.gz."""
    bundle = {"fer2013.tar.gz": packed(FILES), "icml_face_data.csv": csv_text(ROWS).encode()}
    dataset = read(tmp_path, zip_bytes(bundle))
    assert same_faces(dataset)
    assert dataset.skipped.by_reason == {SkipReason.OTHER_FILE: 1}


def rafdb(rows: list[tuple[int, np.ndarray, str]]) -> dict[str, bytes]:
    return {
        f"DATASET/{FOLDERS[usage]}/{RAFDB_OF[label]}/{number}.png": image(pixels)
        for number, (label, pixels, usage) in enumerate(rows)
    }


class TestNumbers:
    def test_folders_of_another_order(self, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match=r"numbers 1-7.*rafdb for RAF-DB's order \(1 surprise"):
            read(tmp_path, zip_bytes(rafdb(ROWS)))
        dataset = read(tmp_path, zip_bytes(rafdb(ROWS)), label_order="rafdb")
        assert same_faces(dataset)
        assert dataset.label_order == "rafdb"

    def test_a_csv_of_another_order(self, tmp_path: Path) -> None:
        text = csv_text([(RAFDB_OF[label], pixels, usage) for label, pixels, usage in ROWS])
        with pytest.raises(ArchiveError, match="numbers 1-7"):
            read(tmp_path, text.encode())
        assert same_faces(read(tmp_path, text.encode(), label_order="rafdb"))

    def test_contempt_is_left_out_and_counted(self, tmp_path: Path) -> None:
        order = [6, 3, 4, 5, 2, 1, 0]  # AffectNet's, as indices into EMOTIONS
        files = {
            f"train/{order.index(label)}/{number}.png": image(pixels) for number, (label, pixels, _) in enumerate(ROWS)
        } | {f"train/7/{number}.png": image(face(900 + number)) for number in range(5)}
        dataset = read(tmp_path, zip_bytes(files), label_order="affectnet")
        assert dataset.skipped.by_reason == {SkipReason.CONTEMPT: 5}
        assert sum(map(len, dataset.splits.values())) == len(ROWS)
        expected = {(pixels.tobytes(), label) for label, pixels, _ in ROWS}
        for part in dataset.splits.values():
            assert {(p.tobytes(), int(n)) for p, n in zip(part.pixels, part.labels, strict=True)} <= expected

    def test_0_to_6_say_how_they_were_read(self, tmp_path: Path) -> None:
        assert read(tmp_path, csv_text(ROWS).encode()).label_order == "fer2013"
        assert read(tmp_path, zip_bytes(FILES)).label_order == ""


class TestSplits:
    def test_words_within_names(self, tmp_path: Path) -> None:
        places = {"Training": "train_set", "PublicTest": "Validation Data", "PrivateTest": "fer-test"}
        assert same_faces(read(tmp_path, zip_bytes(folder_files(ROWS, places))))

    def test_split_and_emotion_in_one_name(self, tmp_path: Path) -> None:
        files = {name.replace("/", "_", 1): data for name, data in FILES.items()}
        assert same_faces(read(tmp_path, zip_bytes(files)))

    def test_faces_outside_the_splits_are_told(self, tmp_path: Path) -> None:
        extra = {f"more/happy/{n}.png": image(face(700 + n)) for n in range(4)}
        dataset = read(tmp_path, zip_bytes(FILES | extra))
        (note,) = dataset.notes
        assert note.startswith("4 faces were read as training faces")
        assert "more/happy" in note

    def test_several_splits_in_one_name_are_told(self, tmp_path: Path) -> None:
        files = {f"train_and_test/{name.split('/', 1)[1]}": data for name, data in FILES.items()}
        dataset = read(tmp_path, zip_bytes(files))
        assert "names another split" in dataset.notes[0]

    def test_test_rows_alone_can_be_read(self, tmp_path: Path) -> None:
        rows = [(label, pixels, "PrivateTest") for label, pixels, _ in ROWS]
        dataset = read(tmp_path, csv_text(rows).encode())
        assert list(dataset.splits) == ["test"]
        with pytest.raises(ArchiveError, match="no train split; it has test"):
            dataset["train"]


class TestLeftOut:
    def test_misspelt_folders_are_summed(self, tmp_path: Path) -> None:
        files = {name.replace("/happy/", "/hapy/"): data for name, data in FILES.items()}
        dataset = read(tmp_path, zip_bytes(files))
        assert {place.place: place.count for place in dataset.skipped.places} == {
            "train/hapy": 3,
            "validation/hapy": 3,
            "test/hapy": 3,
        }

    def test_unlabelled_images_beside_good_ones_do_not_count_as_faults(self, tmp_path: Path) -> None:
        unlabelled = {f"unlabelled_test/{n}.png": image(face(800 + n)) for n in range(90)}
        dataset = read(tmp_path, zip_bytes(FILES | unlabelled))
        assert sum(map(len, dataset.splits.values())) == len(ROWS)
        assert dataset.skipped.by_reason == {SkipReason.UNLABELLED: 90}

    def test_rows_without_a_label(self, tmp_path: Path) -> None:
        text = csv_text(ROWS) + f",{digits(face(1))},PrivateTest\n" * 90
        assert read(tmp_path, text.encode()).skipped.by_reason == {SkipReason.UNLABELLED: 90}


class TestFormats:
    @pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".tif", ".pgm"])
    def test_lossless(self, tmp_path: Path, suffix: str) -> None:
        files = {
            name.replace(".png", suffix): image(pixels, suffix)
            for name, (_, pixels, _) in zip(FILES, ROWS, strict=True)
        }
        assert same_faces(read(tmp_path, zip_bytes(files)))

    @pytest.mark.parametrize("suffix", [".webp", ".gif", ".jpeg", ".jp2"])
    def test_lossy(self, suffix: str) -> None:
        pixels = np.tile(np.linspace(20, 230, 96).astype(np.uint8), (96, 1))
        data = image(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), suffix)
        assert image_size(data) == (96, 96)
        found, area = decode_face(data, ArchiveLimits())
        assert area == 96 * 96
        assert np.abs(found.astype(int) - cv2.resize(pixels, (48, 48), interpolation=cv2.INTER_AREA)).mean() < 8

    @pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".webp", ".gif", ".jp2", ".pgm"])
    def test_the_size_is_asked_first_and_damage_is_named(self, suffix: str) -> None:
        data = image(np.zeros((64, 80, 3), np.uint8) if suffix != ".pgm" else np.zeros((64, 80), np.uint8), suffix)
        with pytest.raises(SkipRow) as caught:
            decode_face(data, ArchiveLimits(image_pixels=64 * 79))
        assert caught.value.reason is SkipReason.IMAGE_TOO_LARGE
        for cut in (0, 3, 12, 30):
            with pytest.raises(SkipRow):
                decode_face(data[:cut], ArchiveLimits())

    def test_a_jp2_whose_codestream_is_larger_than_its_header_says(self) -> None:
        data = bytearray(image(np.zeros((48, 48, 3), np.uint8), ".jp2"))
        at = data.index(b"\xff\x4f\xff\x51") + 8
        data[at : at + 8] = struct.pack(">II", 30_000, 30_000)
        with pytest.raises(SkipRow) as caught:
            decode_face(bytes(data), ArchiveLimits())
        assert caught.value.reason is SkipReason.IMAGE_TOO_LARGE

    def test_formats_that_are_not_read_say_what_to_do(self) -> None:
        with pytest.raises(SkipRow) as caught:
            decode_face(b"\0\0\0\x18ftypheic" + bytes(40), ArchiveLimits())
        assert "convert it to png or jpg" in caught.value.detail

    def test_a_gif_of_90_bytes_that_claims_4_gigapixels(self) -> None:
        screen, frame = (65535, 65535, 0, 0, 0), (0, 0, 65535, 65535, 0)
        data = b"GIF89a" + struct.pack("<HHBBB", *screen) + b"," + struct.pack("<HHHHB", *frame)
        with pytest.raises(SkipRow) as caught:
            decode_face(data + b"\x02\x02D\x01\0;", ArchiveLimits())
        assert caught.value.reason is SkipReason.IMAGE_TOO_LARGE
