"""The account of what an archive's reading left out: counted by reason, summed by place, with examples."""

from collections import Counter
from typing import Final

from train.archive.limits import ArchiveLimits
from train.archive.types import NO_FAULT, Skipped, SkippedPlace, SkipReason, SkipSummary
from train.errors import ArchiveError

_MOST_PLACES: Final = 100
OTHER_PLACES: Final = "other places"


class SkipRow(Exception):  # noqa: N818 - a signal between parser and collector, not an error that anyone sees
    """One row or image cannot be used. `place` is what such skips are summed by; empty for what is only counted."""

    def __init__(self, reason: SkipReason, detail: str = "", *, place: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.place = place


class SkipAccount:
    """Counts skips while an archive is read.

    Args:
        name: the archive's, for messages.
    """

    def __init__(self, name: str, limits: ArchiveLimits) -> None:
        self._name = name
        self._limits = limits
        self._by_reason: Counter[SkipReason] = Counter()
        self._examples: list[Skipped] = []
        self._places: Counter[tuple[str, SkipReason]] = Counter()

    def add(self, where: str, reason: SkipReason, detail: str, *, place: str, count: int) -> None:
        """Count something left out; raises ArchiveError when it is more than the limits allow."""
        self._by_reason[reason] += count
        if self._by_reason[reason] <= self._limits.listed_skips or self._by_reason[reason] == count:
            self._examples.append(Skipped(shown(where), reason, shown(detail)))
        if place:
            key = (shown(place), reason)
            known = key in self._places or len(self._places) < _MOST_PLACES
            self._places[key if known else (OTHER_PLACES, reason)] += count
        if self._by_reason.total() > self._limits.skips:
            raise ArchiveError(
                f"{self._name} has more than {self._limits.skips} unusable rows; the last is {self._examples[-1]}. "
                "Check that it is a FER2013 archive."
            )

    def summary(self) -> SkipSummary:
        """All so far."""
        places = tuple(SkippedPlace(place, reason, n) for (place, reason), n in self._places.most_common())
        return SkipSummary(dict(self._by_reason), tuple(self._examples), places)


def reasons_for_people(summary: SkipSummary) -> str:
    """The most frequent reasons and an example, as the middle of a message; empty where nothing was left out."""
    if not summary.by_reason:
        return ""
    counts = sorted(summary.by_reason.items(), key=lambda item: -item[1])
    faces_first = next((e for e in summary.examples if e.reason not in NO_FAULT), summary.examples[0])
    return f" Skipped: {'; '.join(f'{count} {reason}' for reason, count in counts[:3])}. First: {faces_first}."


def shown(text: str, length: int = 120) -> str:
    """`text` from an archive made safe to print: no control characters, no lone surrogates, not too long."""
    if len(text) <= length and text.isprintable():
        return text
    printable = "".join(c if c.isprintable() else "?" for c in text[: length + 1])
    return printable if len(printable) <= length else printable[: length - 1] + "…"
