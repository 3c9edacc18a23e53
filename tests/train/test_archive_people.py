"""File names tell who is shown, and a validation split made out of train keeps each person together."""

from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from tests.train.archive_builders import image, zip_bytes
from train.archive import read_archive
from train.archive_content import content_digests
from train.archive_people import shown_by
from train.dataset_cache import load_dataset
from train.dataset_report import report_on


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("happy/S005_001_00000011.png", "sad/S005_002_00000017.png", "happy/S010_001_00000011.png"),
        ("S005-001-0010.jpg", "S005-007-0003.jpg", "S006-001-0010.jpg"),
        ("KA.AN1.39.tiff", "happy/KA.HA3.31.tiff", "KL.AN1.167.tiff"),
        ("AF01ANS.JPG", "BF01HAFL.JPG", "AM01ANS.JPG"),
        (
            "Rafd090_01_Caucasian_female_angry_frontal.jpg",
            "Rafd045_01_Caucasian_female_sad_left.jpg",
            "Rafd090_02_Caucasian_female_angry_frontal.jpg",
        ),
        ("F0001_AN01WH_F2D.bmp", "F0001_HA02WH_F2D.bmp", "M0001_AN01WH_F2D.bmp"),
        ("01F_AN_C.BMP", "01F_HA_O.BMP", "01M_AN_C.BMP"),
        ("004_o_m_a_a.jpg", "004_o_m_h_b.jpg", "066_y_m_a_a.jpg"),
        ("1001_DFA_ANG_XX-03.png", "1001_IEO_HAP_HI-01.png", "1002_DFA_ANG_XX-03.png"),
        ("01-01-03-01-01-01-12.png", "01-01-05-02-01-01-12_7.png", "01-01-03-01-01-01-13.png"),
        ("subject01.happy.png", "subject01.sad.png", "subject02.happy.png"),
        ("VL/P001/Anger/000.jpeg", "VL/P001/Happiness/003.jpeg", "VL/P002/Anger/000.jpeg"),
    ],
)
def test_the_names_of_known_sets_tell_the_person(one: str, same: str, other: str) -> None:
    first, second, third = (shown_by(PurePosixPath(name)) for name in (one, same, other))
    assert first is not None
    assert third is not None
    assert first.kind == third.kind == "person"
    assert first == second != third


def test_frames_tell_their_sequence() -> None:
    for one, same, other in (
        ("happy/clip12_frame003.png", "happy/clip12_frame017.png", "happy/clip13_frame003.png"),
        ("happy/clip12/frame_003.png", "happy/clip12/frame_004.png", "happy/clip2/frame_003.png"),
        ("happy/happy_03/frame_1.png", "happy/happy_03/frame_2.png", "happy/happy_04/frame_1.png"),
        ("Airheads_000519240_00000005.png", "Airheads_000519240_00000009.png", "Airheads_000519250_00000005.png"),
    ):
        first, second, third = (shown_by(PurePosixPath(name)) for name in (one, same, other))
        assert first is not None
        assert first.kind == "sequence"
        assert first == second != third


@pytest.mark.parametrize(
    "name",
    [
        "train/happy/Training_1206.jpg",
        "train/angry/im0.png",
        "test/PublicTest_90.jpg",
        "3/train_00001_aligned.jpg",
        "happy/image0000006.jpg",
        "happy/frame_003.png",
        "train/frame_003.png",
        "X_train/0_happy/frame_003.png",
        "happy/fer2013-train/frame_003.png",
        "happy/images/frame_003.png",
        "freude/class_3/frame_003.png",
        "happy/00017.png",
        "00/ffhq_12.png",
    ],
)
def test_other_names_tell_nothing(name: str) -> None:
    assert shown_by(PurePosixPath(name)) is None


def sequences(people: int = 30, *, name: str = "{emotion}/S{person:03d}_{sequence:03d}_{frame:08d}.png") -> dict:
    """Three nearly equal frames of each of three expressions of each person, as CK+ has them."""
    rng = np.random.default_rng(0)
    files = {}
    for person in range(people):
        for sequence in range(3):
            emotion = EMOTIONS[(person + 2 * sequence) % 7]
            face = rng.integers(20, 200, (48, 48), np.uint8)
            for frame in range(3):
                place = name.format(emotion=emotion, person=person, sequence=sequence, frame=frame)
                files[place] = image(face + np.uint8(3 * frame))
    return files


def archive(folder: Path, files: dict) -> Path:
    path = folder / "tiles.zip"
    path.write_bytes(zip_bytes(files))
    return path


def test_validation_made_out_of_train_shares_no_person_with_it(tmp_path: Path) -> None:
    files = sequences()
    dataset = read_archive(archive(tmp_path, files))

    assert dataset.split_by == "person"
    person_of = {
        bytes(digest): name.partition("/")[2][:4]
        for name, data in files.items()
        for digest in content_digests(_decoded(data)[None])
    }
    train, validation = (
        {person_of[digest] for digest in content_digests(dataset[split].pixels)} for split in ("train", "validation")
    )
    assert not train & validation
    assert 0.05 < len(dataset["validation"]) / 270 < 0.16
    assert set(dataset["train"].labels) == set(range(7))
    report = report_on(dataset)
    assert [leak.images for leak in report.near_leaks] == [0]
    assert "no person has images in both" in report.to_text()


def test_the_same_images_without_names_share_sequences_and_the_report_counts_them(tmp_path: Path) -> None:
    plain = {f"{name.partition('/')[0]}/{i:05d}.png": data for i, (name, data) in enumerate(sequences().items())}
    dataset = read_archive(archive(tmp_path, plain))

    assert dataset.split_by == "image"
    report = report_on(dataset)
    assert report.near_leaks[0].images > 0.8 * len(dataset["validation"])
    assert "one person's images may stand in both" in report.to_text()


def test_the_division_follows_from_names_and_contents_alone_and_is_cached(tmp_path: Path) -> None:
    files = sequences()
    one = load_dataset(archive(tmp_path, files), tmp_path / "cache")
    again = load_dataset(archive(tmp_path, files), tmp_path / "cache")
    other = read_archive(archive(tmp_path, dict(reversed(files.items()))))

    assert one.split_by == again.split_by == other.split_by == "person"
    chosen = [set(content_digests(dataset["validation"].pixels)) for dataset in (one, again, other)]
    assert chosen[0] == chosen[1] == chosen[2]


def test_people_are_kept_together_in_folders_and_inner_archives_and_under_numbers_too(tmp_path: Path) -> None:
    files = {f"{1 + i % 7}/{name.partition('/')[2]}": data for i, (name, data) in enumerate(sequences().items())}
    for name, data in files.items():
        (tmp_path / "tiles" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tiles" / name).write_bytes(data)
    outer = tmp_path / "outer.zip"
    outer.write_bytes(zip_bytes({"inner.zip": zip_bytes(files)}))

    for path in (tmp_path / "tiles", outer):
        read, cached = (load_dataset(path, tmp_path / "cache", label_order="rafdb") for _ in range(2))
        for dataset in (read, cached):
            assert (dataset.split_by, dataset.label_order) == ("person", "rafdb")
            assert dataset.read == {split: len(faces) for split, faces in dataset.splits.items()}
        assert report_on(read).near_leaks[0].images == 0


def test_few_people_still_give_a_validation_split(tmp_path: Path) -> None:
    dataset = read_archive(archive(tmp_path, sequences(people=2)))
    assert dataset.split_by == "person"
    assert len(dataset["validation"]) == 9


def test_one_person_is_divided_by_image_and_the_report_says_so(tmp_path: Path) -> None:
    dataset = read_archive(archive(tmp_path, sequences(people=1)))
    assert dataset.split_by == "image"
    assert len(dataset["validation"])


def test_an_archive_with_its_own_validation_keeps_it(tmp_path: Path) -> None:
    files = {f"{'val' if i % 3 else 'train'}/{name}": data for i, (name, data) in enumerate(sequences().items())}
    dataset = read_archive(archive(tmp_path, files))
    assert (dataset.made_validation, dataset.split_by) == (False, "")
    assert report_on(dataset).kept_together == ""


def _decoded(data: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE))
