"""Every form in which people have FER2013 gives the same faces."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from tests.helpers.archive_builders import csv_text, face, faces, folder_files, image, tar_bytes, zip_bytes
from train.archive.content import content_digests
from train.archive.images import decode_face, image_size
from train.archive.limits import ArchiveLimits
from train.archive.reader import SIDE, Dataset, LabelledFaces, SkipReason, read_archive
from train.errors import ArchiveError, ConfigError

USAGES = ("Training", "PublicTest", "PrivateTest")
ROWS = faces(usages=USAGES)
FOLDERS = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
SPLIT_OF = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
Read = Callable[[bytes], Dataset]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads bytes as an archive, under a name that says nothing about its format."""

    def read_bytes(data: bytes) -> Dataset:
        path = tmp_path / "upload.bin"
        path.write_bytes(data)
        return read_archive(path)

    return read_bytes


def same_faces(dataset: Dataset) -> bool:
    """Whether the data set holds ROWS, in any order within a split."""
    expected = {(SPLIT_OF[usage], label, pixels.tobytes()) for label, pixels, usage in ROWS}
    got = [
        (split, int(label), pixels.tobytes())
        for split, part in dataset.splits.items()
        for pixels, label in zip(part.pixels, part.labels, strict=True)
    ]
    return set(got) == expected and len(got) == len(expected)


@pytest.mark.parametrize(
    "header", ["emotion,pixels,Usage", "emotion, Usage, pixels", " Emotion ,PIXELS,usage", "Usage,pixels,emotion"]
)
def test_csv_with_columns_in_any_order_and_spelling(read: Read, header: str) -> None:
    dataset = read(csv_text(ROWS, header).encode())
    assert same_faces(dataset)
    assert list(dataset.splits) == ["train", "validation", "test"]
    assert dataset.skipped.total == 0
    assert not dataset.made_validation


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace(",", "\t").encode(),
        lambda text: text.replace(",", '","').replace("\n", '"\n"')[:-1].join(['"', ""]).encode(),
        lambda text: text.replace(" ", "  ").encode(),
        lambda text: text.rstrip("\n").encode(),
        lambda text: text.replace("\n", "\n\n").encode(),
        lambda text: text.replace(",Training", ", training ,further,columns").encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: gzip.compress(text[:9999].encode()) + gzip.compress(text[9999:].encode()),
    ],
    ids=["bom", "crlf", "semicolons", "tabs", "quoted", "blanks", "no-end", "blank-lines", "columns", "gz", "gz-parts"],
)
def test_csv_as_programs_write_it(read: Read, change: Callable[[str], bytes]) -> None:
    assert same_faces(read(change(csv_text(ROWS))))


def test_csv_with_names_for_labels(read: Read) -> None:
    text = csv_text(ROWS)
    for label, emotion in enumerate(EMOTIONS):
        text = text.replace(f"\n{label},", f"\n{emotion.upper()},")
    assert same_faces(read(text.encode()))


@pytest.mark.parametrize(
    "pack", [zip_bytes, tar_bytes, lambda files: gzip.compress(tar_bytes(files))], ids=["zip", "tar", "tar.gz"]
)
class TestPacked:
    def test_csv(self, read: Read, pack: Callable[[dict[str, bytes]], bytes]) -> None:
        files = {"fer2013/README": b"hello", "fer2013/fer2013.csv": csv_text(ROWS).encode(), "fer2013/fer2013.bib": b""}
        dataset = read(pack(files))
        assert same_faces(dataset)
        assert dataset.skipped.by_reason == {SkipReason.OTHER_FILE: 2}

    @pytest.mark.parametrize("prefix", ["", "./", "archive/FER 2013/"])
    def test_class_folders(self, read: Read, pack: Callable[[dict[str, bytes]], bytes], prefix: str) -> None:
        files = {prefix + name: data for name, data in folder_files(ROWS, FOLDERS).items()}
        junk = {"__MACOSX/train/happy/._1.png": b"x", "train/happy/.DS_Store": b"x", "train/sad/Thumbs.db": b"x"}
        dataset = read(pack(files | junk))
        assert same_faces(dataset)
        assert dataset.skipped.total == 0

    def test_folder_names_in_other_words(self, read: Read, pack: Callable[[dict[str, bytes]], bytes]) -> None:
        words = ("Anger", "DISGUSTED", "fearful", "Happiness", "4", "surprised", "Neutral")
        places = {"Training": "Train", "PublicTest": "Public_Test", "PrivateTest": "TEST"}
        files = {
            f"{places[usage]}/{words[label]}/{number}.PNG": image(pixels)
            for number, (label, pixels, usage) in enumerate(ROWS)
        }
        assert same_faces(read(pack(files)))

    def test_folders_written_with_backslashes(self, read: Read, pack: Callable[[dict[str, bytes]], bytes]) -> None:
        files = {name.replace("/", "\\"): data for name, data in folder_files(ROWS, FOLDERS).items()}
        assert same_faces(read(pack(files)))

    def test_split_folder_below_the_class(self, read: Read, pack: Callable[[dict[str, bytes]], bytes]) -> None:
        parts = [(name.split("/"), data) for name, data in folder_files(ROWS, FOLDERS).items()]
        assert same_faces(read(pack({f"{cls}/{split}/{file}": data for (split, cls, file), data in parts})))

    def test_one_csv_per_split(self, read: Read, pack: Callable[[dict[str, bytes]], bytes]) -> None:
        files = {
            f"data/{name}.csv": csv_text([row for row in ROWS if row[2] == usage], "emotion,pixels").encode()
            for name, usage in zip(("train", "val", "test"), USAGES, strict=True)
        }
        assert same_faces(read(pack(files)))

    def test_the_csv_with_usage_wins(self, read: Read, pack: Callable[[dict[str, bytes]], bytes]) -> None:
        training = [row for row in ROWS if row[2] == "Training"]
        bundle = {
            "train.csv": csv_text(training, "emotion,pixels").encode(),
            "test.csv": b"pixels\n1 2 3\n",
            "icml_face_data.csv": csv_text(ROWS, "emotion, Usage, pixels").encode(),
            "images/happy/1.png": image(face(1)),
        }
        dataset = read(pack(bundle))
        assert same_faces(dataset)
        assert dataset.skipped.by_reason == {SkipReason.NO_COLUMNS: 1, SkipReason.OTHER_SOURCE: 2}


class TestImages:
    def test_jpg_is_near_to_its_png(self, read: Read) -> None:
        smooth = [(label, cv2.GaussianBlur(pixels, (0, 0), 3), usage) for label, pixels, usage in ROWS]
        png = read(zip_bytes(folder_files(smooth, FOLDERS)))
        jpg = read(zip_bytes(folder_files(smooth, FOLDERS, ".jpg")))
        for split in png.splits:
            difference = png[split].pixels.astype(int) - jpg[split].pixels
            assert np.abs(difference).mean() < 3

    @pytest.mark.parametrize("shape", [(96, 96), (480, 640), (49, 48), (20, 30), (1, 1), (47, 200)])
    def test_any_size_becomes_48(self, shape: tuple[int, int]) -> None:
        picture = np.full(shape, 77, np.uint8)
        pixels, area = decode_face(image(picture), ArchiveLimits())
        assert pixels.shape == (SIDE, SIDE)
        assert (pixels == 77).all()
        assert area == shape[0] * shape[1]

    def test_shrinking_averages(self) -> None:
        chessboard = (np.indices((480, 480)).sum(axis=0) % 2 * 255).astype(np.uint8)
        pixels, _ = decode_face(image(chessboard), ArchiveLimits())
        assert np.abs(pixels.astype(int) - 127.5).max() <= 1

    def test_colour_becomes_grey_and_alpha_and_depth_go(self) -> None:
        blue_bgr = np.zeros((SIDE, SIDE, 3), np.uint8)
        blue_bgr[..., 0] = 255
        assert (decode_face(image(blue_bgr), ArchiveLimits())[0] == 29).all()
        opaque = np.full((SIDE, SIDE, 4), 200, np.uint8)
        assert (decode_face(image(opaque), ArchiveLimits())[0] == 200).all()
        deep = np.full((SIDE, SIDE), 0x8080, np.uint16)
        assert (decode_face(image(deep), ArchiveLimits())[0] == 0x80).all()

    @pytest.mark.parametrize("suffix", [".png", ".jpg"])
    def test_size_is_read_from_the_header(self, suffix: str) -> None:
        data = image(np.zeros((31, 57), np.uint8), suffix)
        assert image_size(data) == (57, 31)
        assert image_size(data[:15]) is None
        assert image_size(b"BM" + data) is None


class TestMadeValidation:
    training = faces(per_class=40, usages=["Training"])

    def test_is_a_tenth_of_each_class(self, read: Read) -> None:
        dataset = read(csv_text(self.training, "emotion,pixels").encode())
        assert dataset.made_validation
        assert np.bincount(dataset["validation"].labels).tolist() == [4] * 7
        assert np.bincount(dataset["train"].labels).tolist() == [36] * 7
        with pytest.raises(ArchiveError, match="no test split; it has train, validation"):
            dataset["test"]

    def test_does_not_depend_on_order_or_format(self, read: Read) -> None:
        shuffled = random.Random(1).sample(self.training, len(self.training))
        archives = [
            csv_text(self.training).encode(),
            csv_text(shuffled, "pixels,emotion").encode(),
            zip_bytes(folder_files(shuffled, {"Training": "train"})),
            gzip.compress(tar_bytes(folder_files(self.training, {"Training": "fer"}))),
        ]
        chosen = [frozenset(content_digests(read(data)["validation"].pixels)) for data in archives]
        assert len(set(chosen)) == 1

    def test_keeps_identical_images_together_whatever_their_label(self, read: Read) -> None:
        copies = [((label + n) % 7, pixels, usage) for n in range(3) for label, pixels, usage in self.training]
        dataset = read(csv_text(copies).encode())
        train, validation = (set(content_digests(dataset[split].pixels)) for split in ("train", "validation"))
        assert not train & validation
        assert 0.05 < len(dataset["validation"]) / len(copies) < 0.15

    def test_leaves_the_test_split_as_it_is(self, read: Read) -> None:
        rows = [row for row in ROWS if row[2] != "PublicTest"]
        dataset = read(zip_bytes(folder_files(rows, FOLDERS)))
        assert list(dataset.splits) == ["train", "validation", "test"]
        assert len(dataset["test"]) == 21
        assert len(dataset["train"]) + len(dataset["validation"]) == 21


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="No archive at"):
        read_archive(tmp_path / "missing.zip")
    with pytest.raises(ArchiveError, match="no usable face"):
        read_archive(tmp_path)


def test_examples_are_bounded_and_counts_exact(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    path.write_text(csv_text(ROWS) + "9,1 2,Training\n" * 30 + "3,1 2,Training\n" * 2)
    skipped = read_archive(path, ArchiveLimits(listed_skips=5)).skipped
    assert skipped.by_reason == {SkipReason.WRONG_LABEL: 30, SkipReason.PIXEL_COUNT: 2}
    assert skipped.total == skipped.faces == 32
    assert len(skipped.examples) == 7
    assert str(skipped.examples[0]) == "line 65: label is not an emotion (got '9', expected 0-6 or an emotion's name)"
    assert str(skipped.examples[-1]) == "line 96: wrong number of pixels (got 2, expected 2304)"


@pytest.mark.parametrize("values", [{"members": 0}, {"skipped_share": 1.5}, {"ratio": -1}])
def test_limits_refuse_nonsense(values: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        ArchiveLimits(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pixels", "labels"),
    [
        (np.zeros((2, 48, 48), np.float32), np.zeros(2, np.int64)),
        (np.zeros((2, 48, 47), np.uint8), np.zeros(2, np.int64)),
        (np.zeros((2, 48, 48), np.uint8), np.zeros(3, np.int64)),
        (np.zeros((2, 48, 48), np.uint8), np.zeros(2, np.int32)),
        (np.zeros((2, 48, 48), np.uint8), np.array([0, 7])),
    ],
)
def test_labelled_faces_refuse_nonsense(pixels: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="got"):
        LabelledFaces(pixels, labels)
