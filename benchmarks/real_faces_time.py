"""How a viewer's labels compare with those of people: shares of time, changes per minute, delays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from benchmarks.real_faces_labels import Stretch, changes
from fer_core.results import FrameResult, Level


@dataclass(frozen=True)
class Shown:
    """What a viewer sees from one result to the next.

    Attributes:
        at_s: since when, in seconds of the clip.
        level: of the face; None where none was found.
        label: the shown emotion; None where it is withheld or there is no face.
    """

    at_s: float
    level: Level | None
    label: str | None


@dataclass(frozen=True)
class Account:
    """Where the time went; all in seconds, sums of several clips likewise.

    Attributes:
        present_s: somebody is to be seen.
        found_s: of it, a face was found.
        empty_s: nobody is to be seen.
        false_s: of it, a face was found.
        labelled_s: people state an expression.
        named_s, leaning_s, unsure_s: of it, at that level; the rest is without a face.
        named_wrong_s, leaning_wrong_s: of these, with a label that people would not give.
        changes: how often another word, or "unsure", replaced the shown one.
        delays_s: for each labelled change of the expression, the time until a right label was shown; None where none
            was shown before the next change or the end.
    """

    present_s: float = 0.0
    found_s: float = 0.0
    empty_s: float = 0.0
    false_s: float = 0.0
    labelled_s: float = 0.0
    named_s: float = 0.0
    leaning_s: float = 0.0
    unsure_s: float = 0.0
    named_wrong_s: float = 0.0
    leaning_wrong_s: float = 0.0
    changes: int = 0
    delays_s: tuple[float | None, ...] = ()

    @property
    def changes_per_min(self) -> float:
        """Of the time with a face; NaN without any."""
        return 60 * self.changes / self.found_s if self.found_s else float("nan")


def total(accounts: Sequence[Account]) -> Account:
    """The sum of all."""
    names = [name for name in Account.__dataclass_fields__ if name != "delays_s"]
    sums = {name: sum(getattr(account, name) for account in accounts) for name in names}
    return Account(**sums, delays_s=tuple(delay for account in accounts for delay in account.delays_s))


def shown_to_viewer(result: FrameResult) -> Shown:
    """The largest face of a result."""
    if not result.faces:
        return Shown(result.captured_at_s, None, None)
    face = result.faces[0]
    return Shown(result.captured_at_s, face.level, face.label)


def account(shown: Sequence[Shown], stretches: Sequence[Stretch]) -> Account:
    """Compare what was shown with what people see.

    Args:
        shown: in order of time; each stands until the next one, the last until the last stretch ends. Nothing is
            shown before the first.
        stretches: of the whole clip, without gaps.
    """
    sums = Account()
    for piece, stretch, seconds in _pieces(shown, stretches):
        sums = _add(sums, piece, stretch, seconds)
    return replace(sums, changes=label_changes(shown), delays_s=delays_s(shown, stretches))


def label_changes(shown: Sequence[Shown]) -> int:
    """How often another word, or "unsure", replaced the shown one while a face was found."""
    return sum(
        None not in (before.level, after.level) and before.label != after.label for before, after in pairwise(shown)
    )


def delays_s(shown: Sequence[Shown], stretches: Sequence[Stretch]) -> tuple[float | None, ...]:
    """For each labelled change, the time until one of the right labels was shown; see `Account.delays_s`."""
    found: list[float | None] = []
    changed = changes(stretches)
    ends_s = [stretch.from_s for stretch in changed[1:]] + [stretches[-1].to_s]
    for stretch, end_s in zip(changed, ends_s, strict=False):
        window = Stretch(stretch.from_s, end_s, stretch.emotions)
        right = (
            max(0.0, piece.at_s - window.from_s)
            for piece, _, _ in _pieces(shown, [window])
            if piece.label in window.emotions
        )
        found.append(next(right, None))
    return tuple(found)


def _pieces(shown: Sequence[Shown], stretches: Sequence[Stretch]) -> Iterator[tuple[Shown, Stretch, float]]:
    """What is shown in which stretch, and for how many seconds, in order of time."""
    if not shown:
        return
    ends_s = [after.at_s for after in shown[1:]] + [max(stretches[-1].to_s, shown[-1].at_s)]
    for stretch in stretches:
        yield Shown(stretch.from_s, None, None), stretch, _overlap_s(stretch, 0.0, shown[0].at_s)
        for piece, end_s in zip(shown, ends_s, strict=True):
            seconds = _overlap_s(stretch, piece.at_s, end_s)
            if seconds > 0:
                yield piece, stretch, seconds


def _overlap_s(stretch: Stretch, from_s: float, to_s: float) -> float:
    return max(0.0, min(stretch.to_s, to_s) - max(stretch.from_s, from_s))


def _add(sums: Account, piece: Shown, stretch: Stretch, seconds: float) -> Account:
    is_found = piece.level is not None
    if not stretch.has_face:
        return replace(sums, empty_s=sums.empty_s + seconds, false_s=sums.false_s + seconds * is_found)
    sums = replace(sums, present_s=sums.present_s + seconds, found_s=sums.found_s + seconds * is_found)
    if not stretch.emotions:
        return sums
    sums = replace(sums, labelled_s=sums.labelled_s + seconds)
    wrong_s = seconds * (piece.label not in stretch.emotions)
    match piece.level:
        case Level.NAMED:
            return replace(sums, named_s=sums.named_s + seconds, named_wrong_s=sums.named_wrong_s + wrong_s)
        case Level.LEANING:
            return replace(sums, leaning_s=sums.leaning_s + seconds, leaning_wrong_s=sums.leaning_wrong_s + wrong_s)
        case Level.UNSURE:
            return replace(sums, unsure_s=sums.unsure_s + seconds)
        case _:
            return sums
