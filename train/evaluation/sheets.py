"""Sheets of face tiles as PNG files, which pages show without decoding an archive."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from fer_core.whole_files import write_whole
from train.archive.reader import SIDE, LabelledFaces
from train.dataset.report import SAMPLES_PER_CLASS
from train.evaluation.figures import Mistake

MISTAKES_PER_ROW = 12


def write_samples(path: Path, faces: LabelledFaces, samples: dict[str, tuple[int, ...]]) -> None:
    """One row per emotion with its sample faces; rows with fewer end in white."""
    cells = [face for rows in samples.values() for face in _row(faces, rows)]
    _write(path, cells, columns=SAMPLES_PER_CLASS)


def write_mistakes(path: Path, faces: LabelledFaces, mistakes: dict[str, tuple[Mistake, ...]]) -> None:
    """The mistaken faces in the order of `mistakes`, row by row; no file where there are none."""
    cells = [faces.pixels[mistake.index] for found in mistakes.values() for mistake in found]
    if cells:
        _write(path, cells, columns=MISTAKES_PER_ROW)


def _row(faces: LabelledFaces, rows: Sequence[int]) -> list[np.ndarray]:
    blank = np.full((SIDE, SIDE), 255, np.uint8)
    return [*(faces.pixels[row] for row in rows), *[blank] * (SAMPLES_PER_CLASS - len(rows))]


def _write(path: Path, cells: Sequence[np.ndarray], *, columns: int) -> None:
    sheet = np.full((-(-len(cells) // columns) * SIDE, columns * SIDE), 255, np.uint8)
    for i, cell in enumerate(cells):
        top, left = i // columns * SIDE, i % columns * SIDE
        sheet[top : top + SIDE, left : left + SIDE] = cell
    encoded, data = cv2.imencode(".png", sheet)
    if not encoded:
        raise ValueError(f"{path.name} could not be encoded as a PNG")
    write_whole(path, data.tobytes())
