"""The model card: what a model is, was trained on, can do, and how to check that its files are whole."""

import base64
import json
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.errors import ArtifactError
from fer_core.expressions.card_checks import golden_problem, problem_of
from fer_core.faces.crops import CROP_GEOMETRY, TILE
from fer_core.json_files import read_json
from fer_core.whole_files import write_whole

SCHEMA_VERSION: Final = 1
CARD_FILE: Final = "card.json"
TFLITE_FILE: Final = "model.tflite"
KERAS_FILE: Final = "model.keras"
LABELS_ALONE: Final = ("answer",)
WITH_VOTES: Final = ("answer", "labels", "votes")
OUTPUTS: Final = {LABELS_ALONE: (7,), WITH_VOTES: (7, 7, 10)}
"""What the columns of a network's output may be, and how many columns each part has, which sum to 1:

answer: the emotions that are shown live, in label order;
labels: the emotions as the archive's labels would have them, in label order;
votes: what FER+'s voters would say: neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown,
not a face.
"""
REMEDY: Final = "Restore the folder from the repository, or export the model again with: python -m train export."
_AGAIN: Final = "Export the model again with: python -m train export"


@dataclass(frozen=True)
class GoldenSample:
    """One input and the answer that the model gave to it when it was saved.

    Attributes:
        pixels: base64 of uint8 (48, 48), a drawn pattern, nobody's face.
        probabilities: the answer before the temperature, in label order.
        tolerance: largest difference that different processors may make.
    """

    pixels: str
    probabilities: tuple[float, ...]
    tolerance: float = 0.03

    def faces(self) -> np.ndarray:
        """The input as uint8 (1, 48, 48, 1), grey values 0-255."""
        return np.frombuffer(base64.b64decode(self.pixels), np.uint8).reshape(1, TILE, TILE, 1)

    @classmethod
    def of(cls, tile: np.ndarray, probabilities: np.ndarray) -> "GoldenSample":
        """Make a sample of a model's answer.

        Args:
            tile: uint8 (48, 48), grey values 0-255.
            probabilities: float (n_labels,), the answer before the temperature; rounded to five digits.
        """
        encoded = base64.b64encode(tile.tobytes()).decode()
        return cls(pixels=encoded, probabilities=tuple(round(float(p), 5) for p in probabilities))


@dataclass(frozen=True)
class ModelCard:
    """What card.json holds.

    Attributes:
        name: what people call the model.
        architecture: its file's name in train/architectures.
        labels: emotions in the order of the outputs.
        input_shape: height, width, channels; values 0-255, grey.
        crop_geometry: the crops that it was trained for (fer_core.faces.crops.CROP_GEOMETRY).
        temperature: the outputs are raised to 1 / temperature and normalised again (Guo et al., 2017).
        unsure_below: confidence under which the label is withheld by default, 0-1.
        outputs: what the network's columns are, a key of `OUTPUTS`.
        label_temperature: likewise for the labels' part, where it is one of its own.
        named_from: confidence from which a label is named outright; between both the face is leaning to it. None in
            cards of earlier versions: everything from `unsure_below` is named.
        sha256: of each file in the folder but the card.
        golden: checked at load.
        parameters: number of weights.
        created: date, ISO 8601.
        dataset: name, sha256, rows per split and "class_priors" (emotion to its share of the training split, 0-1) of
            what it was trained on.
        metrics: split to figures ("accuracy", "macro_f1", "n", ...).
        training: the configuration.
        versions: of the packages that made it.
        notes: intended use, limits, licence of the data.
        mirror_average: whether an answer is the mean of the face's and its mirror image's; one more pass, and worth
            about a point of accuracy.
        schema_version: of this file's form.
    """

    name: str
    architecture: str
    labels: tuple[str, ...]
    input_shape: tuple[int, int, int]
    crop_geometry: str
    temperature: float
    unsure_below: float
    sha256: dict[str, str]
    golden: GoldenSample
    parameters: int
    created: str
    dataset: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    mirror_average: bool = False
    named_from: float | None = None
    outputs: tuple[str, ...] = LABELS_ALONE
    label_temperature: float = 1.0
    schema_version: int = SCHEMA_VERSION

    @property
    def network_sha256(self) -> str:
        """SHA-256 of the live network, model.tflite, as 64 hex digits: it tells models apart. Empty where unknown."""
        return self.sha256.get(TFLITE_FILE, "")

    @property
    def class_priors(self) -> np.ndarray | None:
        """Each label's share of the training images, float64 (n_labels,); None where the card does not say."""
        known = self.dataset.get("class_priors")
        if not isinstance(known, dict) or not all(known.get(label) for label in self.labels):
            return None
        return np.array([float(known[label]) for label in self.labels])

    def write(self, folder: Path) -> None:
        """Write card.json into `folder`, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        write_whole(folder / CARD_FILE, json.dumps(asdict(self), indent=2) + "\n")


def read_card(folder: Path) -> ModelCard:
    """Read a model folder's card. It may be a stranger's: every value is checked.

    Raises:
        ArtifactError: it is missing, no JSON, of another schema, or lacks something, or a value is of another kind.
            No other error comes, whatever the file holds.
    """
    values = _checked(folder, _read_values(folder))
    golden = values.pop("golden")
    known = {key: golden[key] for key in ("pixels", "tolerance") if key in golden}
    values["golden"] = GoldenSample(**known, probabilities=tuple(golden["probabilities"]))
    return ModelCard(
        **values | {key: tuple(values[key]) for key in ("labels", "input_shape", "outputs") if key in values}
    )


def usable_card(folder: Path) -> ModelCard:
    """A model folder's card, if it is one of a network that this version can use.

    Raises:
        ArtifactError: it cannot be read, see `read_card`, or it can, but is of another kind of network.
    """
    card = read_card(folder)
    _check_meaning(folder, card)
    return card


def _check_meaning(folder: Path, card: ModelCard) -> None:
    golden = card.golden
    proof = golden_problem(golden.pixels, golden.probabilities, golden.tolerance, len(card.labels))
    shape = (TILE, TILE, 1)
    again = "Train the model again with this version."
    for is_wrong, expected, found, remedy in (
        (sorted(card.labels) != sorted(EMOTIONS), f"labels {EMOTIONS}", str(card.labels), REMEDY),
        (card.input_shape != shape, f"input shape {shape}", str(card.input_shape), REMEDY),
        (not 0.05 <= card.temperature <= 20, "a temperature from 0.05 to 20", repr(card.temperature), REMEDY),
        (
            not 0.05 <= card.label_temperature <= 20,
            "a label temperature from 0.05 to 20",
            repr(card.label_temperature),
            REMEDY,
        ),
        (card.outputs not in OUTPUTS, "outputs that are known", str(card.outputs)[:80], again),
        (card.crop_geometry != CROP_GEOMETRY, f"crop geometry {CROP_GEOMETRY}", card.crop_geometry, again),
        (TFLITE_FILE not in card.sha256, f"{TFLITE_FILE} in the card", "not listed", REMEDY),
        (bool(proof), f"a golden sample of {TILE} x {TILE} pixels and {len(card.labels)} shares", proof, REMEDY),
    ):
        if is_wrong:
            raise ArtifactError(folder, expected=expected, found=found, remedy=remedy)


def _read_values(folder: Path) -> dict[str, Any]:
    try:
        values = read_json(folder / CARD_FILE)
    except FileNotFoundError as error:
        found = "no such file" if folder.is_dir() else "no such folder"
        raise ArtifactError(folder, expected=f"a model folder with {CARD_FILE}", found=found, remedy=_AGAIN) from error
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise ArtifactError(folder, expected=f"a {CARD_FILE} to read", found=found, remedy=_AGAIN) from error
    except (ValueError, MemoryError) as error:
        found = str(error) or "more than fits into memory"
        raise ArtifactError(folder, expected=f"JSON in {CARD_FILE}", found=found, remedy=_AGAIN) from error
    version = values.get("schema_version") if isinstance(values, dict) else None
    if type(version) is not int or version != SCHEMA_VERSION:
        expected = f"schema version {SCHEMA_VERSION} in {CARD_FILE}"
        raise ArtifactError(folder, expected=expected, found=repr(version)[:80], remedy=_AGAIN)
    known: dict[str, Any] = {f.name: values[f.name] for f in fields(ModelCard) if f.name in values}
    return known


def _checked(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    required = [f.name for f in fields(ModelCard) if f.default is MISSING and f.default_factory is MISSING]
    missing = [name for name in required if name not in values]
    if missing:
        expected, found = f"a whole {CARD_FILE}", f"no {', '.join(missing)}"
        raise ArtifactError(folder, expected=expected, found=found, remedy=_AGAIN)
    if (problem := problem_of(values)) is not None:
        raise ArtifactError(folder, expected=f"{problem[0]} in {CARD_FILE}", found=problem[1], remedy=_AGAIN)
    return values
