"""Where faces come from, and what is to be said when their split is in doubt: test faces never train in silence."""

from collections import Counter
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from train.archive.skips import shown
from train.archive.vocabulary import SplitOfPath

_MOST_PLACES: Final = 100


class Source(IntEnum):
    """Where a face stood, the one to be trusted first: archives often hold the same faces twice.

    Kaggle's own bundle has icml_face_data.csv with all rows and Usage, and train.csv with a part of them without.
    """

    CSV_WITH_USAGE = 0
    CSV = 1
    FOLDERS = 2


class SplitDoubts:
    """Counts faces by place whose split is not plain."""

    def __init__(self) -> None:
        self._in_doubt: dict[Source, Counter[str]] = {source: Counter() for source in Source}
        self._without: dict[Source, Counter[str]] = {source: Counter() for source in Source}
        self._with: set[Source] = set()

    def see(self, source: Source, split: SplitOfPath, place: str) -> None:
        """Note one face."""
        if split.in_doubt:
            _count(self._in_doubt[source], place)
        elif split.split is None:
            _count(self._without[source], place)
        else:
            self._with.add(source)

    def sentences(self, source: Source) -> tuple[str, ...]:
        """What is to be said of the faces of one source."""
        said = []
        doubtful, without = self._in_doubt[source], self._without[source]
        if doubtful:
            said.append(
                f"{doubtful.total()} faces were read as training faces although their path names another split, too "
                f"({_places(doubtful)}). Rename the folders if they are for testing."
            )
        if without and source in self._with:
            said.append(
                f"{without.total()} faces were read as training faces because no name on their path is a split, while "
                f"others have one ({_places(without)}). Put them into train, validation or test if that is wrong."
            )
        return tuple(said)


def _count(counter: Counter[str], place: str) -> None:
    counter[place if place in counter or len(counter) < _MOST_PLACES else "elsewhere"] += 1


def _places(counts: Mapping[str, int]) -> str:
    first = [shown(place, 60) for place in list(counts)[:3]]
    return ", ".join(first) + (" and others" if len(counts) > 3 else "")
