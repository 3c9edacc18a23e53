"""Pictures of people who all smile, through the path for single pictures."""

import cv2
import numpy as np

from benchmarks.real_faces_clips import SHARED_DATA_VARIABLE, clips_folder
from benchmarks.table import print_table
from fer_core.expressions.model import EmotionModel
from fer_core.faces.detector import build_detector
from fer_core.files.media import open_media
from fer_core.pipeline import STILL, EmotionPipeline
from fer_core.results import FaceEmotion, Level

SEVERAL = "several_faces.jpg"
SEVERAL_PEOPLE = 5
RIGHT = "happy"


def print_pictures(model: EmotionModel, detector_words: str) -> None:
    """Print the table for the pictures that are there, and a sentence for those that are not."""
    rows = []
    path = clips_folder() / SEVERAL
    if path.is_file():
        with open_media(path) as media:
            rows.append(_row(SEVERAL, SEVERAL_PEOPLE, _look(next(media.frames()).frame_bgr, model)))
    else:
        print(f"\n{SEVERAL} is left out: {SHARED_DATA_VARIABLE} names no folder with clips/{SEVERAL}.")
    try:
        from skimage import data
    except ImportError:
        print("\nThe portrait is left out: it comes with scikit-image, which is not installed.")
    else:
        portrait_bgr = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
        rows.append(_row("portrait of scikit-image", 1, _look(portrait_bgr, model)))
    if rows:
        print_table(
            f"Pictures of happy people: {detector_words}",
            ["picture", "people", "found", "named", "leaning", "unsure", "right of named", "right of leaning"],
            rows,
        )


def _look(frame_bgr: np.ndarray, model: EmotionModel) -> tuple[FaceEmotion, ...]:
    return EmotionPipeline(build_detector(), model, STILL, min_hits=1).process(frame_bgr, 0.0).faces


def _row(name: str, people: int, faces: tuple[FaceEmotion, ...]) -> list[object]:
    labels = {level: [face.label for face in faces if face.level is level] for level in Level}
    right = [labels[level].count(RIGHT) for level in (Level.NAMED, Level.LEANING)]
    return [name, people, len(faces), *(len(labels[level]) for level in Level), *right]
