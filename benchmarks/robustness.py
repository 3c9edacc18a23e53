"""Accuracy on spoiled faces: noise, blur, poor light, compression, bad crops, hidden parts.

    python -m benchmarks.robustness --archive fer2013.csv [--models models/default other/model …] [--json OUT.json]
    python -m benchmarks.robustness --archive fer2013.csv --ferplus fer2013new.csv [--models …]

The first asks for FER2013's labels. The second asks for the live answer, on the images on which most people agree.

Every model sees the same spoiled images (see `benchmarks.corruptions`): FER2013's validation split, PublicTest. A model
that is better on clean images also starts higher on spoiled ones; the relative drop, 1 - accuracy over the clean
accuracy, tells how much of what it can it loses.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from benchmarks.faces import clear_faces, parser_with_archive, validation_faces
from benchmarks.table import print_table
from fer_core.errors import FerError
from fer_core.expressions.model import load_model
from train.archive.reader import LabelledFaces
from train.evaluation.evaluate import Predict, predict_all


@dataclass(frozen=True)
class Robustness:
    """How one model does.

    Attributes:
        model: its name.
        n: images.
        clean: accuracy on the images as they are, 0-1.
        spoiled: corruption to accuracy at strengths 1 to 5.
    """

    model: str
    n: int
    clean: float
    spoiled: Mapping[str, tuple[float, ...]]

    def mean(self, corruption: str) -> float:
        """Accuracy over the strengths, 0-1."""
        return float(np.mean(self.spoiled[corruption]))

    def drop(self, corruption: str) -> float:
        """Share of the clean accuracy that is lost, over the strengths; 0-1, below 0 for a gain."""
        return 1 - self.mean(corruption) / self.clean

    @property
    def mean_drop(self) -> float:
        """Over the corruptions."""
        return float(np.mean([self.drop(name) for name in self.spoiled]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write JSON on request.

    Raises:
        FerError: there is no archive, or a model cannot be loaded.
    """
    parser = parser_with_archive("robustness", __doc__)
    parser.add_argument(
        "--models", nargs="+", default=["default"], metavar="DIR", help="names or folders; default: the shipped model"
    )
    parser.add_argument(
        "--ferplus", type=Path, metavar="CSV", help="FER+'s votes: measure the live answer by them, not by the labels"
    )
    parser.add_argument("--count", type=int, help="so many images, drawn by the seed; default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every accuracy there, too")
    options = parser.parse_args(arguments)
    models = [load_model(name) for name in options.models]
    if options.ferplus:
        faces = clear_faces(options.archive, options.ferplus, count=options.count, seed=options.seed)
        predicts, asked = [model.predict for model in models], "the live answer where most people agree"
    else:
        faces = validation_faces(options.archive, count=options.count, seed=options.seed)
        predicts, asked = [model.predict_labels for model in models], "the answer for FER2013's label"
    names = [Path(name).resolve().name if Path(name).is_dir() else name for name in options.models]
    results = measure(dict(zip(_told_apart(names), predicts, strict=True)), faces, seed=options.seed)
    title = f"Accuracy on spoiled faces, {asked}, FER2013 PublicTest, n = {len(faces):,}, mean over five strengths"
    print_table(title, _header(results), _rows(results))
    if options.json:
        found = [asdict(result) | {"mean_drop": result.mean_drop} for result in results]
        about = {name: {"unit": each.unit, "amounts": each.amounts} for name, each in CORRUPTIONS.items()}
        document = {"asked": asked, "seed": options.seed, "n": len(faces), "corruptions": about, "models": found}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def measure(models: Mapping[str, Predict], faces: LabelledFaces, *, seed: int = 0) -> list[Robustness]:
    """Every model on the same images, clean and spoiled in each way."""
    clean = _accuracies(models, faces)
    spoiled: dict[str, dict[str, list[float]]] = {model: {name: [] for name in CORRUPTIONS} for model in models}
    for name in CORRUPTIONS:
        for strength in STRENGTHS:
            batch = LabelledFaces(corrupt(faces.pixels, name, strength, seed=seed), faces.labels)
            for model, accuracy in _accuracies(models, batch).items():
                spoiled[model][name].append(accuracy)
    return [
        Robustness(model, len(faces), clean[model], {name: tuple(values) for name, values in spoiled[model].items()})
        for model in models
    ]


def _accuracies(models: Mapping[str, Predict], faces: LabelledFaces) -> dict[str, float]:
    return {
        model: float((predict_all(predict, faces).argmax(1) == faces.labels).mean())
        for model, predict in models.items()
    }


def _header(results: Sequence[Robustness]) -> list[str]:
    cells = [cell for each in results for cell in (f"{each.model}: clean", "strengths 1 to 5", "mean", "relative drop")]
    return ["corruption", *cells]


def _rows(results: Sequence[Robustness]) -> list[list[str]]:
    """One row per corruption, and one with the mean drops, each as a ratio to the first model's, too."""
    rows = []
    for name in CORRUPTIONS:
        row = [name]
        for each in results:
            strengths = " ".join(f"{100 * value:.0f}" for value in each.spoiled[name])
            row += [f"{each.clean:.1%}", strengths, f"{each.mean(name):.1%}", f"{each.drop(name):.1%}"]
        rows.append(row)
    last = ["mean relative drop"]
    for each in results:
        ratio = "" if each is results[0] else f"{each.mean_drop / results[0].mean_drop:.2f} times the first"
        last += ["", "", ratio, f"{each.mean_drop:.1%}"]
    return [*rows, last]


def _told_apart(names: Sequence[str]) -> list[str]:
    """The names, with a number where one comes again."""
    return [f"{name} ({names[:i].count(name) + 1})" if name in names[:i] else name for i, name in enumerate(names)]


if __name__ == "__main__":
    try:
        main()
    except FerError as error:
        sys.exit(str(error))
