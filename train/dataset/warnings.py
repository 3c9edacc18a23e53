"""What whoever uses a data set should know before: classes without a face, faces passed over, how labels were read."""

from collections.abc import Iterator

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.label_orders import describe_order
from train.archive.label_words import accepted_names, named_emotion, nearest_emotion
from train.archive.skips import OTHER_PLACES
from train.archive.types import Dataset, SkippedPlace, SkipReason

_MOST_PLACES = 8


def warnings_of(dataset: Dataset) -> tuple[str, ...]:
    """What may well be wrong with the data set, a sentence each; empty for one that is as it should be."""
    return (*_missing(dataset), *_passed_over(dataset), *dataset.notes)


def labels_read(dataset: Dataset) -> str:
    """How numbers were read as labels, in a sentence; empty where labels are names."""
    if not dataset.label_order:
        return ""
    return (
        f"Numeric labels were read in {describe_order(dataset.label_order, contempt=False)}. If the numbers are those "
        "of another set, choose its label order."
    )


def _missing(dataset: Dataset) -> Iterator[str]:
    if "train" not in dataset.splits:
        yield f"There are no training faces, only {' and '.join(dataset.splits)}: no network can be trained on them."
    for split, faces in dataset.splits.items():
        counts = np.bincount(faces.labels, minlength=len(EMOTIONS))
        empty = [emotion for emotion, count in zip(EMOTIONS, counts, strict=True) if not count]
        if empty:
            what = (
                "a network trained on it will not know them"
                if split == "train"
                else "figures on it say nothing about them"
            )
            yield f"The {split} split has no face of {', '.join(empty)}: {what}."


def _passed_over(dataset: Dataset) -> Iterator[str]:
    places = dataset.skipped.places
    for place in places[:_MOST_PLACES]:
        yield _sentence(place)
    if len(places) > _MOST_PLACES:
        rest = sum(place.count for place in places[_MOST_PLACES:])
        yield f"{rest} further faces were passed over in {len(places) - _MOST_PLACES} other places."
    contempt = dataset.skipped.by_reason.get(SkipReason.CONTEMPT, 0)
    if contempt:
        yield f"{_faces(contempt)} left out for showing contempt, which is none of the seven emotions."
    if any(place.reason in (SkipReason.NO_EMOTION_FOLDER, SkipReason.WRONG_LABEL) for place in places):
        yield f"Accepted names: {accepted_names()}."


def _sentence(place: SkippedPlace) -> str:
    if place.reason is SkipReason.UNLABELLED:
        return f"{_faces(place.count)} passed over in {place.place}: no folder or cell gives them a label."
    if place.place == OTHER_PLACES:
        return f"{_faces(place.count)} passed over in other places: {place.reason}."
    if place.reason is SkipReason.UNKNOWN_USAGE:
        return (
            f"{_faces(place.count)} passed over: their Usage {place.place!r} is none of Training, PublicTest and "
            "PrivateTest, nor another word for a split."
        )
    folder = place.reason is SkipReason.NO_EMOTION_FOLDER
    word = place.place.rsplit("/", 1)[-1]
    nearest = nearest_emotion(word) if named_emotion(word) is None else None
    hint = f"; {word}: did you mean {nearest}?" if nearest else "."
    where = f"in the folder {place.place}, whose name is" if folder else f"with the label {place.place!r}, which is"
    return f"{_faces(place.count)} passed over {where} no emotion{hint}"


def _faces(count: int) -> str:
    return "1 face was" if count == 1 else f"{count:,} faces were"
