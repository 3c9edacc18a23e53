"""FER+: what ten people each saw in FER2013's images, as a further target beside the labels.

Barsoum et al. (2016, arXiv:1608.01041) had ten people look at every image. Their csv has one row per row of the Kaggle
csv, in its order. The votes are found by an image's content, so that they stay with their images whatever is dropped or
reordered later; identical images share the sum of their votes. Those of training teach; those of validation measure.

A label is never replaced: the test split is labelled as the training split is, and people agree with those labels on
two images of three. The votes are a target of their own. No deep-learning library is imported here.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.content import content_digests
from train.archive.reader import Dataset, LabelledFaces
from train.archive.vocabulary import split_of
from train.errors import ConfigError

ANSWERS: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
"""What a voter could say, in the csv's order; NF means "not a face"."""
DROP_NOT_FACES: Final = "drop_not_faces"

_NOT_A_FACE: Final = ANSWERS.index("NF")
EMOTION_COLUMNS: Final = np.array([4, 5, 6, 1, 3, 2, 0])
"""Where each of EMOTIONS stands among `ANSWERS`."""
_LEAST_AGREEMENT: Final = 0.35  # in the right order 62 % of the labels are the voters' favourite, shifted by a row 18 %
_FEW: Final = 50  # images whose agreement says nothing


@dataclass(frozen=True, eq=False)
class Votes:
    """The votes of a split, by the content of its images.

    Attributes:
        counts: int64 (m, 10), votes for each of `ANSWERS` by different image.
        agreed: the same, summed up without answers that only one person gave (see `without_single_votes`).
        row_of: digest of an image to its row in both.
    """

    counts: np.ndarray
    agreed: np.ndarray
    row_of: dict[bytes, int]

    def counts_for(self, faces: LabelledFaces) -> np.ndarray:
        """int64 (n, 10): the votes for each answer; zeros for an image that nobody voted on."""
        return self._of(faces, self.counts)

    def shares_for(self, faces: LabelledFaces) -> np.ndarray:
        """float32 (n, 10): each answer's share of the votes that more than one person gave.

        Zeros for an image that nobody voted on.
        """
        counts = self._of(faces, self.agreed)
        shares: np.ndarray = (counts / np.maximum(counts.sum(1, keepdims=True), 1)).astype(np.float32)
        return shares

    def _of(self, faces: LabelledFaces, table: np.ndarray) -> np.ndarray:
        if not len(table):
            return np.zeros((len(faces), len(ANSWERS)), np.int64)
        rows = np.array([self.row_of.get(digest, -1) for digest in content_digests(faces.pixels)], np.int64)
        found: np.ndarray = np.where(rows[:, None] >= 0, table[rows], 0)
        return found


def without_single_votes(counts: np.ndarray) -> np.ndarray:
    """The votes without answers that only one person gave, as Barsoum et al. did; all, where nobody agreed.

    Args:
        counts: int (n, k).

    Returns:
        int (n, k).
    """
    shared = np.where(counts > 1, counts, 0)
    kept: np.ndarray = np.where(shared.any(1, keepdims=True), shared, counts)
    return kept


def read_votes(path: Path, dataset: Dataset, *, split: str = "train") -> Votes:
    """Read FER+'s csv and give each training image its votes.

    Args:
        path: the csv (fer2013new.csv), with the columns Usage and those of `ANSWERS`.
        dataset: the archive as it is read, before any cleaning, for the rows go by its order.
        split: "train" or "validation". Of validation there may be none.

    Raises:
        ConfigError: the file is missing or is no such csv, has another number of rows than a split of the archive, or
            its votes speak of other images.
    """
    by_split = _read_rows(path)
    if dataset.made_validation:
        raise ConfigError(
            f"{path.name} has its votes in the row order of the Kaggle csv, which {dataset.source} does not keep. "
            "Pass the csv with the columns emotion,pixels,Usage."
        )
    for name, faces in dataset.splits.items():
        # Of the test split nothing is read but how many rows it has.
        if (name == "train" or name in by_split) and len(by_split.get(name, ())) != len(faces):
            raise ConfigError(
                f"{path.name} has {len(by_split.get(name, ()))} rows for the {name} split, {dataset.source} has "
                f"{len(faces)} images: expected one row per image. Pass the FER+ csv made for this archive."
            )
    if split not in by_split or split not in dataset.splits:
        none = np.zeros((0, len(ANSWERS)), np.int64)
        return Votes(none, none, {})
    voted, counts = dataset[split], by_split[split]
    _check_agreement(counts, voted.labels, path)
    row_of: dict[bytes, int] = {}
    rows = [row_of.setdefault(digest, len(row_of)) for digest in content_digests(voted.pixels)]
    summed, agreed = np.zeros((2, len(row_of), len(ANSWERS)), np.int64)
    np.add.at(summed, rows, counts)
    np.add.at(agreed, rows, without_single_votes(counts))
    return Votes(summed, agreed, row_of)


def without_non_faces(dataset: Dataset, votes: Votes) -> Dataset:
    """The data set without the training images that more than half of the voters called no face.

    Validation and test stay as they are: what is measured on must not depend on how training goes.
    """
    train = dataset["train"]
    keep = votes.shares_for(train)[:, _NOT_A_FACE] <= 0.5
    return replace(
        dataset,
        splits=dataset.splits | {"train": train.take(keep)},
        cleaned=(*dataset.cleaned, DROP_NOT_FACES),
    )


def soften(labels: np.ndarray, shares: np.ndarray, softening: float) -> np.ndarray:
    """Targets between the label and what labels images with such votes have.

    Args:
        labels: int (n,).
        shares: float (n, 10) of `Votes.shares_for`.
        softening: the share of the second, 0-1.

    Returns:
        float32 (n, 7), rows sum to 1; the plain label where nobody voted.
    """
    sharp: np.ndarray = np.eye(len(EMOTIONS), dtype=np.float32)[labels]
    if not softening:
        return sharp
    voted = shares.sum(1) > 0
    soft = np.where(voted[:, None], label_probabilities(shares, fit_labels(shares[voted], labels[voted])), sharp)
    targets: np.ndarray = np.asarray((1 - softening) * sharp + softening * soft, np.float32)
    return targets


def fit_labels(shares: np.ndarray, labels: np.ndarray, *, ridge: float = 1.0, steps: int = 50) -> np.ndarray:
    """Multinomial logistic regression of the label on the votes, by Newton's method.

    Args:
        shares: float (n, 10).
        labels: int (n,).
        ridge: L2 penalty, which also settles what the data leave open (shares sum to 1, so one column is redundant).
        steps: at most; it converges in about ten.

    Returns:
        float64 (11, 7): weights of the answers, then the constant.
    """
    x = _with_constant(shares)
    truth = np.eye(len(EMOTIONS))[labels]
    weights = np.zeros((x.shape[1], len(EMOTIONS)))
    objective = _penalised_likelihood(x, truth, weights, ridge)
    for _ in range(steps):
        p = _softmax(x @ weights)
        gradient = x.T @ (truth - p) - ridge * weights
        step = np.linalg.solve(_curvature(x, p, ridge), gradient.T.ravel()).reshape(gradient.T.shape).T
        size = 1.0
        while (new := _penalised_likelihood(x, truth, weights + size * step, ridge)) < objective and size > 1e-6:
            size /= 2
        weights += size * step
        if new - objective < 1e-9 * abs(objective):
            break
        objective = new
    return weights


def label_probabilities(shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """P(label | votes), float64 (n, 7), from shares (n, 10) and the weights (11, 7) of `fit_labels`."""
    return _softmax(_with_constant(shares) @ weights)


def _read_rows(path: Path) -> dict[str, np.ndarray]:
    """Votes int64 (n, 10) by split, in the file's order."""
    line = 1
    rows: dict[str, list[list[int]]] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = {"Usage", *ANSWERS} - set(reader.fieldnames or ())
            if missing:
                raise ConfigError(
                    f"{path.name} has no column {', '.join(sorted(missing))}: expected FER+'s csv with the columns "
                    f"Usage, Image name, {', '.join(ANSWERS)}. Pass fer2013new.csv."
                )
            for row in reader:
                line = reader.line_num
                split = split_of(row["Usage"] or "")
                if split is None:
                    raise ValueError(f"Usage {row['Usage']!r}")
                rows.setdefault(split, []).append([_count(row[answer]) for answer in ANSWERS])
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}): expected FER+'s csv. Check the path.") from error
    except ConfigError:
        raise  # it is a ValueError, too
    except (ValueError, TypeError, csv.Error) as error:
        raise ConfigError(
            f"{path.name} has an unusable line {line} ({error}): expected a Usage and ten counts. "
            "Download fer2013new.csv again."
        ) from error
    return {split: np.array(counts, np.int64) for split, counts in rows.items()}


def _count(cell: str) -> int:
    count = int(cell)
    if not 0 <= count <= 100:
        raise ValueError(f"{count} votes")
    return count


def _check_agreement(counts: np.ndarray, labels: np.ndarray, path: Path) -> None:
    """Rows in another order have the right number and the wrong votes; only the labels give them away."""
    agreement = float((counts.argmax(1) == EMOTION_COLUMNS[labels]).mean())
    if len(labels) >= _FEW and agreement < _LEAST_AGREEMENT:
        raise ConfigError(
            f"The votes of {path.name} agree with {agreement:.0%} of the archive's labels, expected about 62 %: its "
            "rows belong to other images or are in another order. Pass the FER+ csv made for this archive."
        )


def _with_constant(shares: np.ndarray) -> np.ndarray:
    return np.concatenate([shares.astype(np.float64), np.ones((len(shares), 1))], axis=1)


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    shares: np.ndarray = raised / raised.sum(1, keepdims=True)
    return shares


def _penalised_likelihood(x: np.ndarray, truth: np.ndarray, weights: np.ndarray, ridge: float) -> float:
    likelihood = np.log(np.maximum((_softmax(x @ weights) * truth).sum(1), 1e-300)).sum()
    return float(likelihood - ridge / 2 * (weights**2).sum())


def _curvature(x: np.ndarray, p: np.ndarray, ridge: float) -> np.ndarray:
    """Minus the Hessian (77, 77), class by class."""
    size, classes = x.shape[1], p.shape[1]
    blocks = np.empty((classes, size, classes, size))
    for a in range(classes):
        for b in range(classes):
            blocks[a, :, b, :] = x.T @ (x * (p[:, a] * ((a == b) - p[:, b]))[:, None])
    return blocks.reshape(classes * size, -1) + ridge * np.eye(classes * size)
