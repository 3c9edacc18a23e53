"""A card's limits and licence are those of the data that the network learnt from."""

import pytest

from train.dataset.data_sets import inherited_notes, known_set, set_of


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("fer2013.csv", "FER2013"),
        ("0123456789abcdef-FER-2013.zip", "FER2013"),
        ("icml_face_data.csv", "FER2013"),
        ("ck+48.zip", "CK+"),
        ("CKPlus.zip", "CK+"),
        ("my_ck.tar.gz", "CK+"),
        ("ckextended.csv", "CK+"),
        ("jaffe_tiles.zip", "JAFFE"),
        ("rafdb_folders.zip", "RAF-DB"),
        ("RaFD_faces.zip", "RaFD"),
        ("KDEF.zip", "KDEF"),
        ("affectnet-7.zip", "AffectNet"),
    ],
)
def test_a_published_set_is_known_by_its_file_name(source: str, name: str) -> None:
    found = known_set(source, {"train": 10})
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("source", ["faces.zip", "backpack.zip", "clock.csv", "drawn.csv", "commitments.zip", ""])
def test_other_names_tell_nothing(source: str) -> None:
    assert known_set(source, {"train": 900, "validation": 100}) is None


@pytest.mark.parametrize(
    "faces",
    [
        {"train": 28_709, "validation": 3_589, "test": 3_589},
        {"train": 28_709, "validation": 3_589},
        {"train": 25_838, "validation": 2_871, "test": 7_178},
    ],
)
def test_fer2013_is_known_by_its_numbers_too(faces: dict[str, int]) -> None:
    found = known_set("archive.zip", faces)
    assert found is not None
    assert found.name == "FER2013"


def test_of_an_unknown_archive_nothing_is_claimed() -> None:
    notes = inherited_notes({"name": "", "source": "mine.zip"})
    assert "The licence of mine.zip is unknown" in notes["data_licence"]
    assert "unknown" in notes["limits"]
    assert "FER2013" not in notes["limits"] + notes["data_licence"]


def test_what_the_start_learnt_from_is_inherited() -> None:
    before = [{"name": "FER2013", "source": "fer2013.csv"}, {"name": "", "source": "mine.zip"}]
    notes = inherited_notes({"name": "CK+", "source": "ck48.zip", "learnt_before": before})
    assert "posed in a laboratory" in notes["limits"]
    assert "FER2013's labels are noisy" in notes["limits"]
    assert "CK+ is available on request" in notes["data_licence"]
    assert "learnt from FER2013" in notes["data_licence"]
    assert "The licence of mine.zip is unknown" in notes["data_licence"]
    same = inherited_notes({"name": "FER2013", "source": "fer2013.csv", "learnt_before": before[:1]})
    assert same["data_licence"].count("FER2013") == 1


def test_a_card_from_before_sets_had_names_is_known_by_its_source_or_its_rows() -> None:
    for old in ({"source": "fer2013.csv"}, {"source": "a.csv", "rows": {"train": 28_709, "validation": 3_589}}):
        found = set_of(old)
        assert found is not None
        assert found.name == "FER2013"
    assert set_of({"name": "", "source": "fer2013.csv"}) is None
    assert set_of({}) is None
