"""The shapes of reports on models: written by `train`, read by pages. Loads no Keras."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.evaluation.figures import ClassFigures, ConfusedPair, CoveragePoint, Mistake, ReliabilityBin

STOPPED: Final = "The run was stopped before its end; the test split is reported once the run has finished."
NO_TEST_SPLIT: Final = "The archive has no test split."
NOT_ASKED_FOR: Final = "A report of the test split was not asked for."


def check_confusion(counts: tuple[tuple[int, ...], ...]) -> None:
    """Raise ValueError unless the matrix has one row and one column for each of EMOTIONS."""
    if {len(counts), *map(len, counts)} != {len(EMOTIONS)}:
        raise ValueError(f"a confusion matrix must be {len(EMOTIONS)} x {len(EMOTIONS)}, got {len(counts)} rows")


@dataclass(frozen=True)
class Calibration:
    """What the temperature does: negative log-likelihood (nats) and ECE without it."""

    temperature: float
    nll_before: float
    ece_before: float


@dataclass(frozen=True)
class EvaluationReport:
    """How a model does on one split.

    Attributes:
        split: "train", "validation" or "test".
        n: images.
        accuracy: share that is right, 0-1.
        interval_95: Wilson's interval for `accuracy`.
        n_without_duplicates: images that do not also stand in one of `compared_with`, byte for byte.
        accuracy_without_duplicates: on these; None where there are none.
        macro_f1: mean of the classes' F1, over `macro_f1_over`: as scikit-learn counts classes.
        balanced_accuracy: mean of the classes' recall, over the classes that occur.
        nll: mean negative log-likelihood, in nats.
        ece: expected calibration error over 15 equal-width bins of confidence.
        per_class: emotion to its figures.
        confusion: counts, rows true, columns predicted, in the order of EMOTIONS.
        calibration: the same without the model's temperature; None where it has none.
        reliability: confidence against accuracy, behind `ece`.
        coverage_curve: what an "unsure" threshold costs and gains.
        confused: the commonest mistakes.
        mistakes: by true emotion, the surest mistakes as indices into the split; empty in a model's card.
        n_without_near_duplicates: images that have no near-identical one in `compared_with` either; None where nobody
            looked (reports of earlier versions).
        accuracy_without_near_duplicates: on these; None where there are none.
        macro_f1_over: the emotions that occur or were answered.
        compared_with: the splits in which duplicates were looked for: those that the model was trained or chosen on.
        source: file name of the archive; empty in reports of earlier versions.
        archive_sha256: of the archive, in hexadecimal; likewise.
        cleaned: cleaning switches applied to it before.

    Raises:
        ValueError: emotions are missing in `per_class`, or `confusion` is not square.
    """

    split: str
    n: int
    accuracy: float
    interval_95: tuple[float, float]
    n_without_duplicates: int
    accuracy_without_duplicates: float | None
    macro_f1: float
    balanced_accuracy: float
    nll: float
    ece: float
    per_class: dict[str, ClassFigures]
    confusion: tuple[tuple[int, ...], ...]
    calibration: Calibration | None
    reliability: tuple[ReliabilityBin, ...]
    coverage_curve: tuple[CoveragePoint, ...]
    confused: tuple[ConfusedPair, ...]
    mistakes: dict[str, tuple[Mistake, ...]] = field(default_factory=dict)
    n_without_near_duplicates: int | None = None
    accuracy_without_near_duplicates: float | None = None
    macro_f1_over: tuple[str, ...] = ()
    compared_with: tuple[str, ...] = ()
    source: str = ""
    archive_sha256: str = ""
    cleaned: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_confusion(self.confusion)
        if tuple(self.per_class) != EMOTIONS:
            raise ValueError(f"figures must be given for {', '.join(EMOTIONS)}, got {', '.join(self.per_class)}")

    @property
    def confusion_shares(self) -> np.ndarray:
        """Float (7, 7): each row of `confusion` as shares of its sum; zeros for an emotion without images."""
        counts = np.array(self.confusion, float)
        shares: np.ndarray = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        return shares

    @property
    def absent(self) -> tuple[str, ...]:
        """Emotions without a single image, of which the figures say nothing."""
        return tuple(name for name, figures in self.per_class.items() if not figures.support)

    @property
    def near_duplicates_share(self) -> float:
        """Share of the images that are identical or near-identical to one that the model has seen; 0 if unknown."""
        return 0.0 if self.n_without_near_duplicates is None else 1 - self.n_without_near_duplicates / self.n

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def to_json(self) -> str:
        """As indented JSON."""
        return json.dumps(self.to_dict(), indent=2)


@dataclass(frozen=True)
class ExportedModel:
    """The network that a run ended with.

    Attributes:
        parameters: number of weights.
        litert_bytes: size of the file that runs live.
        litert_weights: "int8" or "float32".
        ms_per_face: on the machine that trained.
        temperature: applied to the outputs.
        unsure_below: the model's own threshold, 0-1.
        accuracy_in_training: on validation, after the epoch that was kept: averaged weights, one pass. None, as in
            those that follow, in reports of earlier versions.
        accuracy_float32: on validation: exported network, 32-bit weights, one pass.
        accuracy_int8: likewise with 8-bit weights.
        mirror_average: whether an answer is the mean over the face and its mirror image.
        named_from: from which confidence a label is named outright, 0-1; None in reports of earlier versions.
    """

    parameters: int
    litert_bytes: int
    litert_weights: str
    ms_per_face: float
    temperature: float
    unsure_below: float
    accuracy_in_training: float | None = None
    accuracy_float32: float | None = None
    accuracy_int8: float | None = None
    mirror_average: bool | None = None
    named_from: float | None = None

    def accuracies(self, final: float, *, epoch: int) -> tuple[tuple[str, float], ...]:
        """Why a model has several accuracies on one validation split: what each was measured on, from first to last.

        Args:
            final: of the model as it runs.
            epoch: the one that was kept.
        """
        before = (self.accuracy_in_training, self.accuracy_float32, self.accuracy_int8)
        weights, mirrored = self.litert_weights, self.mirror_average
        return accuracy_steps(before, final, epoch=epoch, litert_weights=weights, mirror_average=mirrored)


def accuracy_steps(
    before: Sequence[float | None], final: float, *, epoch: int, litert_weights: str, mirror_average: bool | None
) -> tuple[tuple[str, float], ...]:
    """What each of a model's accuracies on validation was measured on, from training to use, with the accuracy.

    Args:
        before: in training, exported with 32-bit weights, with 8-bit weights; None where one is not known.
        final: of the model as it runs.
        epoch: the one that was kept.
        litert_weights: "int8" or "float32".
        mirror_average: whether it runs on the mirror image, too; None where that is not known.
    """
    passes = {True: ", mean with the mirror image", False: ", one pass", None: ""}[mirror_average]
    words = (
        f"During training, after epoch {epoch}: averaged weights, one pass",
        "Exported with new batch-norm statistics: 32-bit weights, one pass",
        "In 8 bits, one pass",
        f"As it runs: {litert_weights} weights{passes}, calibrated",
    )
    return tuple((what, value) for what, value in zip(words, (*before, final), strict=True) if value is not None)


@dataclass(frozen=True)
class RunReport:
    """report.json of a run.

    Attributes:
        best_epoch: the one that was kept.
        model: what was exported.
        validation: what choices were made on.
        test: None when there is no report of it.
        no_test_because: why there is none, a sentence; empty where there is one, and in reports of earlier versions.
        crowd: how its answers compare with FER+'s votes on validation, the fields of
            `train.evaluation.crowd.CrowdFigures`; None where the run has no votes.
    """

    best_epoch: int
    model: ExportedModel
    validation: EvaluationReport
    test: EvaluationReport | None
    no_test_because: str = ""
    crowd: dict[str, Any] | None = None

    @property
    def accuracies(self) -> tuple[tuple[str, float], ...]:
        """What each accuracy on the validation split was measured on; see `ExportedModel.accuracies`."""
        return self.model.accuracies(self.validation.accuracy, epoch=self.best_epoch)


@dataclass(frozen=True)
class Conversion:
    """A model written in another program's form.

    Attributes:
        form: its name (see train.export.formats.FORMS).
        files: what was written, in the folder or the zip.
        difference: largest difference between its probabilities and the original's, once loaded again.
    """

    form: str
    files: tuple[str, ...]
    difference: float
