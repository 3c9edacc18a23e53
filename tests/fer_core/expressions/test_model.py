"""The model folder's checks, and the contract of `predict`. Of the shipped network no figure is taken for granted."""

import json
import shutil
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.emotions import EMOTIONS
from fer_core.errors import ArtifactError
from fer_core.expressions import vet_child
from fer_core.expressions.card import LABELS_ALONE, WITH_VOTES
from fer_core.expressions.model import (
    EmotionModel,
    _apply_temperature,
    file_sha256,
    find_model,
    list_models,
    load_model,
)
from fer_core.paths import SHIPPED_MODELS

SHIPPED = SHIPPED_MODELS / "default"


def make_folder(folder: Path) -> Path:
    """A model folder of the shipped network without its Keras file."""
    folder.mkdir(parents=True)
    shutil.copy(SHIPPED / "model.tflite", folder)
    (folder / "extra.txt").write_text("listed in the card too")
    shutil.copy(SHIPPED / "card.json", folder)
    names = ("model.tflite", "extra.txt")
    change(folder, sha256={name: file_sha256(folder / name) for name in names})
    return folder


def change(folder: Path, **values: object) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "copy")


@pytest.fixture(scope="module")
def model() -> EmotionModel:
    return load_model(SHIPPED)


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (7, 48, 48, 1), np.uint8)


def refusal(folder: Path) -> ArtifactError:
    """The error of loading the folder, which must say where, what was expected, what was found and what to do."""
    with pytest.raises(ArtifactError) as caught:
        load_model(folder)
    error = caught.value
    assert str(error) == f"{folder}: expected {error.expected}, found {error.found}. {error.remedy}"
    assert error.expected
    assert error.found
    assert error.remedy
    return error


# The folder


def test_a_whole_folder_loads_by_path_as_text_or_path(folder):
    assert load_model(folder).folder == folder
    assert load_model(str(folder)).card.labels == EMOTIONS


def test_the_shipped_network_loads_by_its_name():
    model = load_model("default")

    assert model.folder == SHIPPED
    assert set(model.card.sha256) >= {"model.tflite", "model.keras"}
    assert model.card.metrics["validation"]["n"] == 3589


@pytest.mark.parametrize("name", ["model.tflite", "extra.txt"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()

    error = refusal(folder)

    assert name in error.expected
    assert error.found == "no such file"


@pytest.mark.parametrize("name", ["model.tflite", "extra.txt"])
def test_one_changed_byte_is_found(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    error = refusal(folder)

    assert name in error.expected
    assert "sha256" in error.expected
    # Sixteen digits tell files apart, and leave a sentence that people can read.
    assert error.found == file_sha256(folder / name)[:16]


@pytest.mark.parametrize("temperature", [0, -1, "hot", None, float("inf")])
def test_a_temperature_that_is_none_is_found(folder, temperature):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"temperature": temperature}))

    assert "temperature" in refusal(folder).expected


def test_a_missing_card_and_one_that_is_no_json_are_refused(folder):
    (folder / "card.json").write_text("{broken")
    assert "JSON" in refusal(folder).expected

    (folder / "card.json").unlink()
    assert "card.json" in refusal(folder).expected


def test_another_schema_is_refused(folder):
    change(folder, schema_version=99)

    assert refusal(folder).found == "99"


@pytest.mark.parametrize(
    "labels",
    [[*EMOTIONS[:6], "bored"], list(EMOTIONS[:6]), [*EMOTIONS[:6], "angry"], [*EMOTIONS, "contempt"], []],
)
def test_labels_that_are_not_the_seven_are_refused(folder, labels):
    change(folder, labels=labels)

    error = refusal(folder)

    assert "labels" in error.expected
    assert error.found == str(tuple(labels))


def test_another_order_of_the_labels_is_followed(folder, faces):
    """The card's order is the outputs' meaning, whatever it is."""
    before = load_model(folder).predict(faces)
    change(folder, labels=list(reversed(EMOTIONS)))

    model = load_model(folder)

    assert model.card.labels == tuple(reversed(EMOTIONS))
    assert (model.predict(faces) == before).all()


def test_a_network_for_other_crops_is_refused(folder):
    change(folder, crop_geometry="letterbox-v9")

    error = refusal(folder)

    assert error.found == "letterbox-v9"
    assert "fer2013-v1" in error.expected


def test_a_network_that_answers_otherwise_than_when_it_was_saved_is_refused(folder):
    golden = json.loads((folder / "card.json").read_text())["golden"]
    change(folder, golden=golden | {"probabilities": golden["probabilities"][::-1]})

    assert "golden sample" in refusal(folder).expected


def test_a_golden_answer_of_another_length_is_refused(folder):
    golden = json.loads((folder / "card.json").read_text())["golden"]
    change(folder, golden=golden | {"probabilities": [1.0]})

    assert "golden sample" in refusal(folder).expected


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.999])
def test_a_network_cut_short_is_refused_even_when_the_card_agrees(folder, share):
    path = folder / "model.tflite"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    change(folder, sha256={"model.tflite": file_sha256(path)})

    assert "a LiteRT network" in refusal(folder).expected


def test_a_card_that_does_not_list_the_network_is_refused(folder):
    change(folder, sha256={"extra.txt": file_sha256(folder / "extra.txt")})

    assert "model.tflite" in refusal(folder).expected


def test_a_golden_sample_that_is_no_tile_is_refused(folder):
    golden = json.loads((folder / "card.json").read_text())["golden"]
    change(folder, golden=golden | {"pixels": golden["pixels"][:100]})

    assert "golden sample" in refusal(folder).expected


# predict


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 7])
def test_predict_gives_a_distribution_for_each_face(model, faces, count):
    rows = model.predict(faces[:count])

    assert rows.shape == (count, 7)
    assert rows.dtype == np.float32
    assert rows.sum(axis=1) == pytest.approx(np.ones(count), abs=1e-5)
    assert (rows >= 0).all()


def test_a_face_gets_the_same_answer_in_a_batch_and_alone(model, faces):
    together = model.predict(faces)

    alone = np.concatenate([model.predict(face[None]) for face in faces])

    assert alone == pytest.approx(together, abs=1e-4)
    assert np.ptp(together, axis=0).max() > 1e-3, "different faces get different answers"


def test_the_faces_are_not_modified(model, faces):
    before = faces.copy()

    model.predict(faces)

    assert (faces == before).all()


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((48, 48, 1), np.uint8),
        np.zeros((1, 48, 48), np.uint8),
        np.zeros((1, 48, 48, 3), np.uint8),
        np.zeros((1, 64, 64, 1), np.uint8),
        np.zeros((1, 48, 48, 1), np.float32),
        np.zeros((0, 48, 48, 1), np.float64),
    ],
)
def test_another_shape_or_dtype_is_refused_in_words(model, bad):
    with pytest.raises(ValueError, match=r"uint8 \(n, 48, 48, 1\), got .*crop_faces") as caught:
        model.predict(bad)

    assert str(bad.dtype) in str(caught.value)
    assert str(bad.shape) in str(caught.value)


def test_eight_threads_get_the_answers_of_one(model, faces):
    expected = [model.predict(faces[:n]) for n in range(1, 8)]
    barrier = threading.Barrier(8)
    answers: list[list[np.ndarray]] = [[] for _ in range(8)]

    def ask(mine: list[np.ndarray]) -> None:
        barrier.wait()
        for _ in range(5):
            mine.extend(model.predict(faces[:n]) for n in range(1, 8))

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for mine in answers:
        assert len(mine) == 35
        for i, rows in enumerate(mine):
            assert rows == pytest.approx(expected[i % 7], abs=1e-6)


@given(
    logits=st.lists(st.floats(-6, 6), min_size=7, max_size=7),
    temperature=st.floats(0.4, 3),
)
def test_the_temperature_is_the_softmax_of_the_divided_logits(logits, temperature):
    def softmax(values: np.ndarray) -> np.ndarray:
        powers = np.exp(values - values.max())
        result: np.ndarray = powers / powers.sum()
        return result

    found = _apply_temperature(softmax(np.array(logits))[None], temperature)[0]

    assert found == pytest.approx(softmax(np.array(logits) / temperature), abs=1e-5)


def test_the_cards_temperature_is_the_one_that_is_used(folder, faces):
    change(folder, temperature=1.0)
    raw = load_model(folder).predict(faces)
    change(folder, temperature=2.0)

    softer = load_model(folder).predict(faces)

    assert softer == pytest.approx(_apply_temperature(raw, 2.0), abs=1e-5)
    assert (softer.max(axis=1) < raw.max(axis=1)).all()


def test_loading_and_predicting_leaves_tensorflow_alone(model, faces):
    """Whether it was there before is another test's business."""
    before = "tensorflow" in sys.modules

    model.predict(faces)

    assert ("tensorflow" in sys.modules) == before


# Names


@pytest.fixture
def own_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's own models folder, empty."""
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def test_the_users_own_model_hides_a_shipped_one_of_its_name(own_models):
    assert find_model("default") == SHIPPED

    mine = make_folder(own_models / "default")
    change(mine, notes={"whose": "mine"})

    assert find_model("default") == mine
    assert load_model().folder == mine
    assert list_models()["default"].notes == {"whose": "mine"}


def test_models_are_listed_with_their_cards_and_damaged_ones_left_out(own_models):
    make_folder(own_models / "good")
    (make_folder(own_models / "bad") / "card.json").write_text("{")
    (own_models / "no-model").mkdir()

    found = list_models()

    assert set(found) == {"good", "default"}
    assert found["good"].labels == EMOTIONS


def test_a_damaged_own_model_does_not_fall_back_to_another_of_its_name(own_models):
    (make_folder(own_models / "default") / "card.json").write_text("{")

    with pytest.raises(ArtifactError, match=str(own_models)):
        load_model("default")


def test_an_unknown_name_is_answered_with_the_known_ones(own_models):
    make_folder(own_models / "good")

    with pytest.raises(ArtifactError, match=r"nobody: .*there are: default, good"):
        find_model("nobody")


def test_a_path_is_taken_as_it_is(tmp_path):
    assert find_model(tmp_path / "nothing" / "here") == tmp_path / "nothing" / "here"
    with pytest.raises(ArtifactError, match="no such folder"):
        load_model(tmp_path / "nothing" / "here")


def test_outputs_that_the_network_does_not_have_are_refused(folder):
    others = LABELS_ALONE if load_model(folder).card.outputs == WITH_VOTES else WITH_VOTES
    change(folder, outputs=others)
    assert "columns for the outputs" in str(refusal(folder))


def test_an_answer_has_one_part_or_three_that_each_sum_to_1():
    seven, three = np.full((2, 7), 1 / 7), np.concatenate([np.full((2, 14), 1 / 7), np.full((2, 10), 0.1)], axis=1)
    assert vet_child.answer_problem(seven, 2) == ""
    assert vet_child.answer_problem(three, 2) == ""
    assert "no shares of 1" in vet_child.answer_problem(np.full((2, 24), 1 / 24), 2)
    assert "instead of (2, 7)" in vet_child.answer_problem(np.full((2, 17), 1 / 17), 2)
