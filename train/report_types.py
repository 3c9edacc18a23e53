"""The shapes of reports on models: written by `train`, read by pages. Loads no Keras."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from fer_core.emotions import EMOTIONS
from train.figures import ClassFigures, ConfusedPair, CoveragePoint, Mistake, ReliabilityBin


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
        """float (7, 7): each row of `confusion` as shares of its sum; zeros for an emotion without images."""
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

    def to_text(self) -> str:
        """As lines for a terminal."""
        low, high = self.interval_95
        lines = [
            f"{self.split}: {self.n} images" + (f" of {self.source}" if self.source else ""),
            f"accuracy            {self.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})",
            *self._duplicates_text(),
            f"macro-F1            {self.macro_f1:.4f}{self._classes_text()}",
            f"balanced accuracy   {self.balanced_accuracy:.2%}",
            f"NLL {self.nll:.3f}, ECE {self.ece:.3f}" + self._calibration_text(),
            "",
            f"{'':10}precision  recall     F1      n   confusion (rows true)",
        ]
        for name, counts in zip(EMOTIONS, self.confusion, strict=True):
            c = self.per_class[name]
            row = " ".join(f"{count:4d}" for count in counts)
            lines.append(f"{name:10}{c.precision:9.3f}{c.recall:8.3f}{c.f1:7.3f}{c.support:7d}   {row}")
        lines += ["", "unsure below   kept   right of these"]
        for point in self.coverage_curve[4::2]:
            right = "-" if point.accuracy is None else f"{point.accuracy:.1%}"
            lines.append(f"{point.threshold:12.2f}{point.coverage:7.1%}{right:>17}")
        lines += ["", "most confused"]
        lines += [f"{pair.true} called {pair.predicted}: {pair.n} ({pair.share:.1%})" for pair in self.confused[:5]]
        return "\n".join(lines)

    def _duplicates_text(self) -> list[str]:
        fresh, unlike = self.accuracy_without_duplicates, self.accuracy_without_near_duplicates
        lines = [f"without duplicates  {_share(fresh)}  (n {self.n_without_duplicates})"]
        if self.n_without_near_duplicates is not None:
            lines.append(f"without near ones   {_share(unlike)}  (n {self.n_without_near_duplicates})")
        if self.compared_with:
            where = " or ".join(self.compared_with)
            lines.append(f"                    duplicates: images that also stand in {where}, identical or nearly so")
        return lines

    def _classes_text(self) -> str:
        if not self.absent:
            return ""
        return (
            f"  (mean over {len(self.macro_f1_over)} emotions that occur or were answered, as scikit-learn counts; "
            f"no images of {', '.join(self.absent)})"
        )

    def _calibration_text(self) -> str:
        c = self.calibration
        if c is None:
            return ""
        return f"  (before the temperature {c.temperature:.3f}: NLL {c.nll_before:.3f}, ECE {c.ece_before:.3f})"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


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
    """

    parameters: int
    litert_bytes: int
    litert_weights: str
    ms_per_face: float
    temperature: float
    unsure_below: float


@dataclass(frozen=True)
class RunReport:
    """report.json of a run.

    Attributes:
        best_epoch: the one that was kept.
        model: what was exported.
        validation: what choices were made on.
        test: None when it was not asked for or the archive has none.
    """

    best_epoch: int
    model: ExportedModel
    validation: EvaluationReport
    test: EvaluationReport | None


@dataclass(frozen=True)
class Conversion:
    """A model written in another program's form.

    Attributes:
        form: its name (see train.formats.FORMS).
        files: what was written, in the folder or the zip.
        difference: largest difference between its probabilities and the original's, once loaded again.
    """

    form: str
    files: tuple[str, ...]
    difference: float
