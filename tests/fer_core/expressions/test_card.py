"""Model cards: written and read again, and refused in words when they are not whole."""

import json
from pathlib import Path

import numpy as np
import pytest

from fer_core.errors import ArtifactError
from fer_core.expressions.card import GoldenSample, read_card
from tests.helpers.faces import make_card


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a whole card."""
    make_card(temperature=0.9).write(tmp_path)
    return tmp_path


def change(folder: Path, **values: object) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_card_is_read_as_it_was_written(folder):
    assert read_card(folder) == make_card(temperature=0.9)


def test_what_a_later_version_adds_is_passed_over(folder):
    change(folder, colour="green")

    assert read_card(folder) == make_card(temperature=0.9)


def test_a_golden_sample_holds_its_tile_and_answer():
    tile = np.arange(48 * 48, dtype=np.uint64).reshape(48, 48).astype(np.uint8)

    golden = GoldenSample.of(tile, np.array([0.123456789, 0.876543211]))

    assert golden.faces().shape == (1, 48, 48, 1)
    assert golden.faces().dtype == np.uint8
    assert (golden.faces()[0, ..., 0] == tile).all()
    assert golden.probabilities == (0.12346, 0.87654)


def refusal(folder: Path) -> ArtifactError:
    with pytest.raises(ArtifactError) as caught:
        read_card(folder)
    error = caught.value
    assert str(folder) in str(error)
    assert error.expected in str(error)
    assert error.found in str(error)
    assert "python -m train export" in error.remedy
    return error


def test_a_missing_folder_and_a_missing_card_are_told_apart(tmp_path):
    assert refusal(tmp_path / "nothing").found == "no such folder"
    assert refusal(tmp_path).found == "no such file"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"not json"])
def test_what_is_no_json_is_said_to_be_none(folder, content):
    (folder / "card.json").write_bytes(content)

    assert "JSON" in refusal(folder).expected


@pytest.mark.parametrize("content", ["[]", "3", "null", '"card"'])
def test_json_that_is_no_card_is_refused(folder, content):
    (folder / "card.json").write_text(content)

    assert "schema version 1" in refusal(folder).expected


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_schema_is_refused(folder, version):
    change(folder, schema_version=version)

    error = refusal(folder)
    assert "schema version 1" in error.expected
    assert error.found == repr(version)


@pytest.mark.parametrize("name", ["labels", "golden", "temperature", "sha256", "input_shape", "crop_geometry"])
def test_a_card_that_lacks_something_is_refused(folder, name):
    path = folder / "card.json"
    values = json.loads(path.read_text())
    del values[name]
    path.write_text(json.dumps(values))

    assert name in refusal(folder).found


@pytest.mark.parametrize("values", [{"labels": 7}, {"golden": None}, {"golden": {}}, {"golden": {"probabilities": []}}])
def test_values_of_another_kind_are_refused(folder, values):
    change(folder, **values)

    assert f"as '{next(iter(values))}' in card.json" in str(refusal(folder))
