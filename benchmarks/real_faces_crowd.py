"""What ten people see in FER2013's validation images, against what models answer: FER+'s votes.

    python -m benchmarks.real_faces_crowd --archive fer2013.csv --ferplus fer2013new.csv [--models default OTHER …]

The first table puts models side by side by both yardsticks, the people's and the labels'. The second, for a model that
learnt from votes, shows what another share of the labels in its answer would give.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.faces import ARCHIVE_VARIABLE, MissingFacesError, parser_with_archive
from benchmarks.table import print_table
from fer_core.expressions.model import EmotionModel, load_model
from train.archive.reader import Dataset, LabelledFaces
from train.dataset.ferplus import EMOTION_COLUMNS, read_votes
from train.dataset.for_run import read_once
from train.evaluation.calibrate import fit_temperature
from train.evaluation.crowd import CrowdFigures, crowd_figures, emotion_shares, person_divergence
from train.evaluation.evaluate import found_among, predict_all

SHARES: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
HEADER: Final = (
    "crowd accuracy",
    "surest that are right in 90 %",
    "FER+ protocol, 8 answers",
    "KL to the votes",
    "ECE against the votes",
    "plain expressions called neutral",
    "the labels, by this answer",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the tables.

    Raises:
        FerError: there is no archive or no votes, or a model cannot be loaded.
    """
    parser = parser_with_archive("real_faces_crowd", __doc__)
    parser.add_argument("--ferplus", type=Path, required=True, metavar="CSV", help="FER+'s votes: fer2013new.csv")
    parser.add_argument("--models", nargs="+", default=["default"], metavar="DIR", help="names or folders")
    options = parser.parse_args(arguments)
    if options.archive is None:
        raise MissingFacesError(f"This benchmark needs FER2013's csv. Pass --archive or set {ARCHIVE_VARIABLE}.")
    dataset = read_once(options.archive)
    print_tables(dataset, options.ferplus, options.models)


def print_crowd(archive: Path | None, ferplus: Path | None, model: str) -> None:
    """Print the tables for one model, or say what is missing."""
    if archive is None or ferplus is None:
        print(
            "crowd: left out, as it needs FER2013 and its votes. Pass --archive fer2013.csv --ferplus fer2013new.csv."
        )
        return
    print_tables(read_once(archive), ferplus, [model])


def print_tables(dataset: Dataset, ferplus: Path, models: Sequence[str]) -> None:
    """Print the tables for some models."""
    faces = dataset["validation"]
    votes = read_votes(ferplus, dataset, split="validation").counts_for(faces)
    fresh = ~found_among(faces, dataset["train"])
    rows = []
    for name in models:
        model = load_model(name)
        tiles = faces.pixels[..., None]
        answers, labels = predict_all(model.predict, faces), predict_all(model.predict_labels, faces)
        figures = crowd_figures(answers, votes, model.predict_votes(tiles))
        right = labels.argmax(1) == faces.labels
        rows.append(
            [
                Path(name).name,
                *_cells(figures, answers, faces),
                f"{right.mean():.1%}",
                f"{right[fresh].mean():.1%}",
            ]
        )
    n = crowd_figures(answers, votes).n_clear
    title = f"Validation images (PublicTest): {n:,} on which more than half of ten people agree; {len(faces):,} labels"
    print_table(title, ["model", *HEADER, "label accuracy", "without duplicates"], rows)
    person = person_divergence(votes, read_votes(ferplus, dataset).counts)
    print(f"\nA person against the image's other voters: KL {person:.3f}")
    for name in models:
        model = load_model(name)
        if "votes" in model.card.outputs:
            _print_mixtures(name, model, faces, votes)


def _print_mixtures(name: str, model: EmotionModel, faces: LabelledFaces, votes: np.ndarray) -> None:
    crowd = model.predict_votes(faces.pixels[..., None])
    assert crowd is not None
    labels = predict_all(model.predict_labels, faces) ** model.card.label_temperature
    voted = votes[:, EMOTION_COLUMNS].any(1)
    rows = []
    for share in SHARES:
        mixed = emotion_shares(crowd) ** (1 - share) * labels**share
        temperature = fit_temperature(mixed[voted] / mixed[voted].sum(1, keepdims=True), emotion_shares(votes[voted]))
        answers = mixed ** (1 / temperature)
        answers /= answers.sum(1, keepdims=True)
        rows.append([f"{share:.1f}", *_cells(crowd_figures(answers, votes, crowd), answers, faces)])
    title = f"{Path(name).name}: the share of the labels in the answer, each calibrated by a temperature of its own"
    print_table(title, ["labels' share", *HEADER], rows)


def _cells(figures: CrowdFigures, answers: np.ndarray, faces: LabelledFaces) -> list[str]:
    majority = figures.majority_accuracy
    return [
        f"{figures.accuracy:.1%}",
        f"{figures.coverage_at_90:.0%}",
        "–" if majority is None else f"{majority:.1%}",
        f"{figures.kl:.3f}",
        f"{figures.ece:.3f}",
        f"{figures.called_neutral:.1%}",
        f"{(answers.argmax(1) == faces.labels).mean():.1%}",
    ]


if __name__ == "__main__":
    main()
