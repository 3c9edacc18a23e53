"""What a model's accuracy was measured on, and whether two can be compared: only on the same images. No Streamlit."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.formatting import exact_percent
from app.training import child_jobs as training_jobs
from fer_core.expressions.card import ModelCard
from fer_core.expressions.card_checks import is_share
from fer_core.expressions.model_list import Origin, StoredModel

SPLITS: Final = ("validation", "test")
"""In the order in which they are preferred: every model is measured on validation, few on test."""
_ORIGINS: Final[tuple[Origin, ...]] = ("own", "run", "shipped")


@dataclass(frozen=True)
class MeasuredSet:
    """What figures were measured on: an archive, as it was cleaned.

    Attributes:
        name: the archive's file name, without the hash of an upload.
        sha256: of the archive; empty where the card does not say.
        cleaned: cleaning switches, sorted.
    """

    name: str
    sha256: str
    cleaned: tuple[str, ...]

    @property
    def is_same_as(self) -> tuple[str, tuple[str, ...]]:
        """What makes two sets the same, whatever their files are called."""
        return self.sha256 or self.name, self.cleaned

    @property
    def title(self) -> str:
        """Its name, and how it was cleaned."""
        cleaned = ", ".join(switch.replace("_", " ") for switch in self.cleaned)
        return f"{self.name} ({cleaned})" if cleaned else self.name


@dataclass(frozen=True)
class Measurement:
    """One accuracy, and of which images.

    Attributes:
        split: "validation" or "test".
        measured: the archive.
        accuracy: share that is right, 0-1.
        interval_95: its 95 % interval; None where the card does not say.
        faces: how many; 0 where the card does not say.
    """

    split: str
    measured: MeasuredSet
    accuracy: float
    interval_95: tuple[float, float] | None = None
    faces: int = 0

    @property
    def words(self) -> str:
        """The accuracy and the images: "70.7 % of 3,589 validation faces"."""
        return f"{exact_percent(self.accuracy)} of {f'{self.faces:,} ' if self.faces else ''}{self.split} faces"

    def is_comparable(self, other: "Measurement") -> bool:
        """Whether both were measured on the same images."""
        same = self.measured.is_same_as == other.measured.is_same_as and self.faces == other.faces
        return same and self.split == other.split


@dataclass(frozen=True)
class Verdict:
    """How a model does beside the live one.

    Attributes:
        words: a sentence or two, plain text.
        is_better: whether its accuracy is at least as high on the same images, and both answer the same question; None
            where they cannot be compared.
    """

    words: str
    is_better: bool | None


def measured_on(card: ModelCard, split: str) -> MeasuredSet:
    """What the card's figures of a split were measured on, by their own word or else by what the model learnt from."""
    figures: Any = card.metrics.get(split, {})
    told = isinstance(figures, dict) and bool(figures.get("archive_sha256"))
    data: Any = {**figures, "sha256": figures["archive_sha256"]} if told else card.dataset
    source = training_jobs.archive_title(Path(str(data.get("source") or "an unnamed archive")))
    cleaned = data.get("cleaned", ())
    switches = sorted(str(switch) for switch in cleaned) if isinstance(cleaned, list | tuple) else []
    # Training images that are no faces say nothing of the other splits.
    return MeasuredSet(source, str(data.get("sha256", "")), tuple(s for s in switches if s != "drop_not_faces"))


def measurements(card: ModelCard) -> tuple[Measurement, ...]:
    """The accuracies that a card gives, the validation split's first; empty where nothing was measured."""
    found = (_measurement(card, split) for split in SPLITS)
    return tuple(one for one in found if one is not None)


def _measurement(card: ModelCard, split: str) -> Measurement | None:
    figures: Any = card.metrics.get(split, {})
    if not isinstance(figures, dict) or not is_share(figures.get("accuracy")):
        return None
    ends, faces = figures.get("interval_95"), figures.get("n")
    interval = None
    if isinstance(ends, list | tuple) and len(ends) == 2 and all(map(is_share, ends)):
        interval = (float(ends[0]), float(ends[1]))
    count = faces if isinstance(faces, int) else 0
    return Measurement(split, measured_on(card, split), float(figures["accuracy"]), interval, count)


def beside_live(card: ModelCard, live: ModelCard | None) -> Verdict:
    """Compare a model's accuracy with the live model's.

    Args:
        card: of the model.
        live: the live model's; None where it is damaged.
    """
    own = measurements(card)
    if not own:
        return Verdict("Its accuracy was not measured, so it cannot be compared with the live model.", None)
    if live is None:
        return Verdict(f"{own[0].words}. The live model is damaged, so there is nothing to compare with.", None)
    if live.sha256 == card.sha256:
        return Verdict(f"{own[0].words}. This model is live.", True)
    theirs = measurements(live)
    pairs = [(mine, other) for mine in own for other in theirs if mine.is_comparable(other)]
    if not pairs:
        return Verdict(f"{own[0].words}. {_why_not(own[0], theirs, live)}", None)
    mine, other = pairs[0]
    points = round(100 * mine.accuracy, 1) - round(100 * other.accuracy, 1)
    place = f"{abs(points):.1f} points {'above' if points > 0 else 'below'}" if round(points, 1) else "level with"
    words = f"{mine.words}, {place} the live model ({live.name}, {exact_percent(other.accuracy)})."
    if "votes" in live.outputs and "votes" not in card.outputs:
        words += " It answers as the labels would; the live model answers as most people would."
        return Verdict(words, False)
    return Verdict(words, points >= 0)


def _why_not(own: Measurement, theirs: tuple[Measurement, ...], live: ModelCard) -> str:
    if not theirs:
        return f"The accuracy of the live model ({live.name}) was not measured, so they cannot be compared."
    return (
        f"The live model ({live.name}) reaches {theirs[0].words} of {theirs[0].measured.title}, and this one was "
        f"measured on {own.measured.title}: different images, so the two cannot be compared."
    )


def distinct(models: Iterable[StoredModel]) -> tuple[StoredModel, ...]:
    """Each model once, though it is a run's and was kept, too: the kept one stands for both. Damaged ones all stay."""
    by_rank = sorted(models, key=lambda model: _ORIGINS.index(model.origin))
    seen: list[dict[str, str]] = []
    kept = []
    for model in by_rank:
        files = model.card.sha256 if model.card else {}
        if files and files in seen:
            continue
        seen.append(files)
        kept.append(model)
    return tuple(kept)
