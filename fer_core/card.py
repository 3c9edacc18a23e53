"""The model card: what a model is, was trained on, can do, and how to check that its files are whole."""

import base64
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.crops import TILE
from fer_core.errors import ArtifactError
from fer_core.files import write_whole

SCHEMA_VERSION: Final = 1
CARD_FILE: Final = "card.json"


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
        """The input as uint8 (1, 48, 48, 1)."""
        return np.frombuffer(base64.b64decode(self.pixels), np.uint8).reshape(1, TILE, TILE, 1)

    @classmethod
    def of(cls, tile: np.ndarray, probabilities: np.ndarray) -> "GoldenSample":
        """From uint8 (48, 48) and float (n_labels,)."""
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
        crop_geometry: the crops that it was trained for (fer_core.crops.CROP_GEOMETRY).
        temperature: the outputs are raised to 1 / temperature and normalised again (Guo et al., 2017).
        unsure_below: confidence under which the label is withheld by default, 0-1.
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
    schema_version: int = SCHEMA_VERSION

    @property
    def class_priors(self) -> np.ndarray | None:
        """Each label's share of the training images, float64 (n_labels,); None where the card does not say."""
        known = self.dataset.get("class_priors")
        if not isinstance(known, dict) or not all(known.get(label) for label in self.labels):
            return None
        return np.array([float(known[label]) for label in self.labels])

    def write(self, folder: Path) -> None:
        """Write card.json into `folder`."""
        write_whole(folder / CARD_FILE, json.dumps(asdict(self), indent=2) + "\n")


def read_card(folder: Path) -> ModelCard:
    """Read a model folder's card.

    Raises:
        ArtifactError: it is missing, no JSON, of another schema, or lacks something.
    """
    path = folder / CARD_FILE
    remedy = "Export the model again with: python -m train export"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        found = "no such file" if folder.is_dir() else "no such folder"
        raise ArtifactError(folder, expected=f"a model folder with {CARD_FILE}", found=found, remedy=remedy) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArtifactError(folder, expected=f"JSON in {CARD_FILE}", found=str(error), remedy=remedy) from error
    version = values.get("schema_version") if isinstance(values, dict) else None
    if version != SCHEMA_VERSION:
        raise ArtifactError(
            folder, expected=f"schema version {SCHEMA_VERSION} in {CARD_FILE}", found=repr(version), remedy=remedy
        )
    try:
        known = {f.name for f in fields(ModelCard)}
        values = {key: value for key, value in values.items() if key in known}
        golden = values.pop("golden")
        values["golden"] = GoldenSample(**golden | {"probabilities": tuple(golden["probabilities"])})
        return ModelCard(**values | {key: tuple(values[key]) for key in ("labels", "input_shape")})
    except (KeyError, TypeError) as error:
        raise ArtifactError(folder, expected=f"a whole {CARD_FILE}", found=f"{error}", remedy=remedy) from error
