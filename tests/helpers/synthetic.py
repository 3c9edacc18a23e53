"""Faces drawn by the tests, small enough to train on in seconds."""

from pathlib import Path

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.reader import Dataset, LabelledFaces
from train.dataset.ferplus import ANSWERS

_USAGE = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}


def drawn_faces(count: int, *, seed: int) -> LabelledFaces:
    """`count` faces whose mouth and eyes follow from the emotion, with noise; emotions take turns."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:48, 0:48]
    labels = np.arange(count) % len(EMOTIONS)
    pixels = np.empty((count, 48, 48), np.uint8)
    for i, label in enumerate(labels):
        tile = np.full((48, 48), 90.0 + 15 * label)
        for eye_x in (15, 32):
            tile = np.where((x - eye_x) ** 2 / 12 + (y - 18) ** 2 / (2 + label) < 1, 30, tile)
        mouth = abs(y - 36 + (label - 3) * (x - 24) ** 2 / 60) < 2
        tile = np.where(mouth & (abs(x - 24) < 10), 50, tile)
        pixels[i] = (tile + rng.normal(0, 8, tile.shape)).clip(0, 255)
    return LabelledFaces(pixels, labels.astype(np.int64))


def drawn_dataset(train: int = 64, validation: int = 28, test: int = 28) -> Dataset:
    """A data set of drawn faces; the same on every call."""
    sizes = {"train": train, "validation": validation, "test": test}
    splits = {split: drawn_faces(size, seed=i) for i, (split, size) in enumerate(sizes.items()) if size}
    return Dataset(splits, "0" * 64, "drawn.csv")


def write_archive(path: Path, dataset: Dataset) -> Path:
    """The data set as FER2013's csv."""
    lines = ["emotion,pixels,Usage"]
    for split, faces in dataset.splits.items():
        for pixels, label in zip(faces.pixels, faces.labels, strict=True):
            lines.append(f"{label},{' '.join(map(str, pixels.ravel()))},{_USAGE[split]}")
    path.write_text("\n".join(lines) + "\n")
    return path


def write_ferplus(path: Path, votes: dict[str, np.ndarray]) -> Path:
    """FER+'s csv with these votes, int (n, 10), by split; images that all call no face have no name there."""
    lines = ["Usage,Image name," + ",".join(ANSWERS)]
    for split, counts in votes.items():
        for i, row in enumerate(counts):
            name = "" if row[-1] == row.sum() else f"fer{i:07d}.png"
            lines.append(f"{_USAGE[split]},{name},{','.join(map(str, row))}")
    path.write_text("\n".join(lines) + "\n")
    return path


def drawn_votes(labels: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Ten votes an image, int (n, 10): six for the label, four at random."""
    rng = np.random.default_rng(seed)
    votes = rng.multinomial(4, np.full(len(ANSWERS), 1 / len(ANSWERS)), len(labels))
    votes[np.arange(len(labels)), np.array([4, 5, 6, 1, 3, 2, 0])[labels]] += 6
    return votes
