"""Which published data set an archive is, and what a model that learnt from it inherits: limits, and a licence.

An archive is known by its file name, or FER2013 by its numbers of faces. Of any other nothing is claimed. No
deep-learning library is imported here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class KnownSet:
    """A published data set.

    Attributes:
        name: what people call it.
        pattern: found in file names of its archives, in lower case.
        limits: what is known of its labels and faces, one or two sentences.
        licence: of its images, a sentence.
    """

    name: str
    pattern: str
    limits: str
    licence: str


_POSED: Final = "Its expressions are posed in a laboratory, by {}; spontaneous ones look different."
_ON_REQUEST: Final = (
    "{} is available on request, for non-commercial research; check its terms before you share a model."
)
KNOWN_SETS: Final = (
    KnownSet(
        "FER2013",
        r"fer[-_ ]?2013|icml_face_data|facial-expression-recognition-challenge",
        "FER2013's labels are noisy: people agree with them on about 65 % of its images.",
        "FER2013 was collected from web searches for a research challenge (Goodfellow et al., 2013); "
        "the rights to its images are unclear, so check before commercial use.",
    ),
    KnownSet(
        "RAF-DB",
        r"raf[-_ ]?db",
        "RAF-DB's pictures were found on the web and labelled by volunteers (Li et al., 2017).",
        _ON_REQUEST.format("RAF-DB"),
    ),
    KnownSet(
        "AffectNet",
        r"affect[-_ ]?net",
        "AffectNet's pictures were found on the web, each labelled by one person (Mollahosseini et al., 2017).",
        _ON_REQUEST.format("AffectNet"),
    ),
    KnownSet(
        "CK+",
        r"(?<![a-z0-9])ck(?:\+|[-_ ]?plus|[-_ ]?extended|[-_+ ]*48)?(?![a-z0-9])|cohn[-_ ]?kanade",
        _POSED.format("123 people (Lucey et al., 2010), each with several nearly equal frames"),
        _ON_REQUEST.format("CK+"),
    ),
    KnownSet("JAFFE", r"jaffe", _POSED.format("ten Japanese women (Lyons et al., 1998)"), _ON_REQUEST.format("JAFFE")),
    KnownSet(
        "KDEF",
        r"(?<![a-z])kdef",
        _POSED.format("70 amateur actors (Lundqvist et al., 1998)"),
        _ON_REQUEST.format("KDEF"),
    ),
    KnownSet("RaFD", r"rafd|radboud", _POSED.format("67 people (Langner et al., 2010)"), _ON_REQUEST.format("RaFD")),
    KnownSet("Oulu-CASIA", r"oulu", _POSED.format("80 people (Zhao et al., 2011)"), _ON_REQUEST.format("Oulu-CASIA")),
    KnownSet(
        "MMI",
        r"(?<![a-z])mmi(?![a-z])",
        _POSED.format("75 people (Pantic et al., 2005)"),
        _ON_REQUEST.format("MMI"),
    ),
)
FER2013: Final = KNOWN_SETS[0]
_FER2013_TRAINING, _FER2013_OTHERS, _FER2013_ALL = 28_709, {0, 3_589, 7_178}, 35_887
_COMMON: Final = "Expressions are not feelings. {} Nobody has validated this model by age, sex, skin colour or culture."


def known_set(source: str, faces: Mapping[str, int]) -> KnownSet | None:
    """The published set that an archive is; None where neither its name nor its numbers tell.

    Args:
        source: its file name.
        faces: by split, as the archive was read: before any cleaning.
    """
    named = next((each for each in KNOWN_SETS if re.search(each.pattern, source.lower())), None)
    return named or (FER2013 if _has_numbers_of_fer2013(faces) else None)


def _has_numbers_of_fer2013(faces: Mapping[str, int]) -> bool:
    train, validation, test = (faces.get(split, 0) for split in ("train", "validation", "test"))
    if train == _FER2013_TRAINING:
        return validation in _FER2013_OTHERS and test in _FER2013_OTHERS
    if test in _FER2013_OTHERS and train + validation == _FER2013_TRAINING:
        return True  # the archive has no validation split, so a part of train became it
    return train + validation + test == _FER2013_ALL


def set_of(dataset: Mapping[str, Any]) -> KnownSet | None:
    """The published set of a card's "dataset", also of one from before its name was kept."""
    if "name" in dataset:
        return next((each for each in KNOWN_SETS if each.name == dataset["name"]), None)
    rows = dataset.get("rows")
    return known_set(str(dataset.get("source", "")), rows if isinstance(rows, dict) else {})


def inherited_notes(dataset: Mapping[str, Any]) -> dict[str, str]:
    """The card's "limits" and "data_licence" of a model whose card has this "dataset"; what is unknown is called so.

    A "learnt_before" in it names the data sets of the model's start and teachers.
    """
    own = set_of(dataset)
    source = str(dataset.get("source") or "an unnamed archive")
    before = _before(dataset.get("learnt_before", ()), own)
    limits = [
        own.limits if own else f"It is unknown whom the images of {source} show and who labelled them.",
        *(each.limits for each in before.values() if each),
    ]
    licences = [
        own.licence
        if own
        else f"The licence of {source} is unknown to this program. Check it before you use the model.",
        *(
            f"Its starting weights or its teachers learnt from {name}. "
            + (each.licence if each else f"The licence of {name} is unknown to this program.")
            for name, each in before.items()
        ),
    ]
    return {"limits": _COMMON.format(" ".join(limits)), "data_licence": " ".join(licences)}


def _before(learnt: Sequence[Mapping[str, Any]], own: KnownSet | None) -> dict[str, KnownSet | None]:
    """The other sets, by what to call them."""
    found = {}
    for item in learnt:
        known = set_of(item)
        if own is None or known is not own:
            found[known.name if known else str(item.get("source") or "an unnamed archive")] = known
    return found
