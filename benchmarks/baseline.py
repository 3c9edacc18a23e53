"""What a personal baseline wins back for simulated people, and what a patch of the occlusion map must cover.

    python -m benchmarks.baseline --archive fer2013.csv [--ferplus fer2013new.csv]

The people are simulated from FER2013's validation split (PublicTest), see `benchmarks.simulations.baseline_accuracy`.
With FER+'s votes, right is what more than half of ten people saw, as the shipped network answers; else the label.
The occlusion map is that of a smiling portrait.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.faces import parser_with_archive, validation_faces
from benchmarks.simulations import baseline_accuracy
from benchmarks.table import print_table
from fer_core.errors import FerError
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.expressions.occlusion import occlusion_map
from fer_core.faces.crops import crop_faces
from fer_core.faces.detector import HaarDetector
from train.dataset.ferplus import read_votes
from train.dataset.for_run import read_once
from train.evaluation.crowd import clear_emotions
from train.evaluation.evaluate import predict_all

SPREADS = (0.0, 0.5, 1.0)
"""Standard deviations of what a simulated person's look adds to the log-probabilities."""
PATCHES_PX = (8, 12, 16, 20, 24)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; the one of the occlusion map, which needs no archive, comes first.

    Raises:
        FerError: there is no archive with a validation split.
    """
    parser = parser_with_archive("baseline", __doc__)
    parser.add_argument("--ferplus", type=Path, metavar="CSV", help="FER+'s votes: fer2013new.csv")
    parser.add_argument("--people", type=int, default=100, help="simulated for each spread; default: 100")
    options = parser.parse_args(arguments)
    model = load_model()
    _print_occlusion(model)
    faces = validation_faces(options.archive)
    answers, truth = predict_all(model.predict, faces).astype(np.float64), faces.labels
    if options.ferplus:
        votes = read_votes(options.ferplus, read_once(options.archive), split="validation").counts_for(faces)
        clear, seen = clear_emotions(votes)
        answers, truth = answers[clear], seen[clear]
    rows = []
    for spread in SPREADS:
        before, after = baseline_accuracy(answers, truth, spread=spread, people=options.people)
        rows.append([f"{spread:.1f}", f"{before:.1%}", f"{after:.1%}"])
    title = f"Accuracy for {options.people} simulated people, FER2013 PublicTest, n = {len(truth):,}"
    print_table(title, ["spread of log-probabilities", "without a baseline", "with a baseline"], rows)


def smiling_tile() -> np.ndarray:
    """The face of a smiling portrait as the network gets it, uint8 (48, 48, 1)."""
    from skimage import data

    portrait = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    tile: np.ndarray = crop_faces(portrait, HaarDetector().detect(portrait)[:1])[0]
    return tile


def _print_occlusion(model: EmotionModel) -> None:
    tile, rows = smiling_tile(), []
    for patch_px in PATCHES_PX:
        occlusion_map(model, tile, "happy", patch_px=patch_px)  # the first call plans the network for this batch size
        started_s = time.process_time()
        drops = occlusion_map(model, tile, "happy", patch_px=patch_px)
        rows.append([patch_px, f"{drops.max():.3f}", f"{(time.process_time() - started_s) * 1000:.0f}"])
    header = ["patch, pixels of 48", "largest drop of happy", "ms of one core"]
    print_table("What covering a part takes from a smile", header, rows)


if __name__ == "__main__":
    try:
        main()
    except FerError as error:
        sys.exit(str(error))
