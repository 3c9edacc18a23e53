"""Reports on models as lines for a terminal."""

from fer_core.emotions import EMOTIONS
from fer_core.expressions.card import ModelCard
from train.archive.types import Dataset
from train.dataset.folds import FOLD
from train.evaluation.crowd import CrowdFigures
from train.evaluation.types import EvaluationReport


def evaluation_text(e: EvaluationReport) -> str:
    """How a model does on one split, as lines for a terminal."""
    low, high = e.interval_95
    lines = [
        f"{e.split}: {e.n} images" + (f" of {e.source}" if e.source else ""),
        f"accuracy            {e.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})",
        *_duplicates(e),
        f"macro-F1            {e.macro_f1:.4f}{_classes(e)}",
        f"balanced accuracy   {e.balanced_accuracy:.2%}",
        f"NLL {e.nll:.3f}, ECE {e.ece:.3f}" + _calibration(e),
        "",
        f"{'':10}precision  recall     F1      n   confusion (rows true)",
    ]
    for name, counts in zip(EMOTIONS, e.confusion, strict=True):
        c = e.per_class[name]
        row = " ".join(f"{count:4d}" for count in counts)
        lines.append(f"{name:10}{c.precision:9.3f}{c.recall:8.3f}{c.f1:7.3f}{c.support:7d}   {row}")
    lines += ["", "unsure below   kept   right of these"]
    for point in e.coverage_curve[4::2]:
        right = "-" if point.accuracy is None else f"{point.accuracy:.1%}"
        lines.append(f"{point.threshold:12.2f}{point.coverage:7.1%}{right:>17}")
    lines += ["", "most confused"]
    lines += [f"{pair.true} called {pair.predicted}: {pair.n} ({pair.share:.1%})" for pair in e.confused[:5]]
    return "\n".join(lines)


def crowd_text(c: CrowdFigures) -> str:
    """How a model's answers compare with FER+'s votes, as lines for a terminal."""
    lines = [
        f"what people see     {c.accuracy:.2%} right where more than half of ten voters agree (n {c.n_clear}); "
        f"the surest {c.coverage_at_90:.0%} are right in 90 %",
    ]
    if c.majority_accuracy is not None:
        lines.append(f"FER+ protocol       {c.majority_accuracy:.2%} of 8 answers, majority (n {c.n_majority})")
    lines += [
        f"shares of voters    KL {c.kl:.3f}, ECE {c.ece:.3f} (n {c.n_voted})",
        f"lost to neutral     {c.called_neutral:.2%} of the faces that few call neutral (n {c.n_expressive})",
    ]
    return "\n".join(lines)


def _duplicates(e: EvaluationReport) -> list[str]:
    where = f", not in {' or '.join(e.compared_with)}" if e.compared_with else ""
    fresh = _share(e.accuracy_without_duplicates)
    lines = [f"without duplicates  {fresh}  (n {e.n_without_duplicates}{where})"]
    if e.n_without_near_duplicates is not None:
        near = _share(e.accuracy_without_near_duplicates)
        lines.append(f"without near ones   {near}  (n {e.n_without_near_duplicates}, near-identical neither)")
    return lines


def _classes(e: EvaluationReport) -> str:
    if not e.absent:
        return ""
    return (
        f"  (mean over {len(e.macro_f1_over)} emotions that occur or were answered, as scikit-learn counts; "
        f"no images of {', '.join(e.absent)})"
    )


def _calibration(e: EvaluationReport) -> str:
    c = e.calibration
    if c is None:
        return ""
    return f"  (before the temperature {c.temperature:.3f}: NLL {c.nll_before:.3f}, ECE {c.ece_before:.3f})"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def other_archive_remark(card: ModelCard, dataset: Dataset) -> str:
    """A remark, after an empty line, where a model is measured on an archive that it was not trained on; else empty."""
    if card.dataset.get("sha256") == dataset.sha256:
        fold = next((word for word in card.dataset.get("cleaned", ()) if str(word).startswith(FOLD)), None)
        if fold is None or fold in dataset.cleaned:
            return ""
        return (
            f"\n\nThe model was validated on {fold.replace('_', ' ')}, and learnt from the other folds: it knows most "
            f"validation images of {dataset.source}, and these figures are too high."
        )
    other = card.dataset.get("source", "an unnamed archive")
    return f"\n\nThe model learnt from another archive, {other}: duplicates were looked for in {dataset.source} alone."
