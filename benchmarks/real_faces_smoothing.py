"""Ways to add up the views of a face over time: the shipped one against others, on the clips and on made-up films.

    python -m benchmarks.real_faces_smoothing --archive fer2013.csv [--count 500] [--films 200] [--model NAME]

A made-up film is a row of FER2013's validation images (PublicTest), each held for 3 to 8 seconds and looked at eight
times a second, slightly turned, shifted, scaled, lit and noisy, in the same way for about half a second (as far as
the network's answers change from view to view in the clips); then comes a face with another label. Right is the label
of FER2013. The clips are left out where FER_SHARED_DATA names none.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from benchmarks.faces import parser_with_archive, validation_faces
from benchmarks.real_faces_clips import clips_folder, live_settings, percent, results
from benchmarks.real_faces_labels import Stretch, read_labels
from benchmarks.real_faces_time import Account, Shown, account, total
from benchmarks.table import print_table
from fer_core.errors import FerError
from fer_core.expressions.card import ModelCard
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.expressions.smoothing import ProbabilitySmoother, SmoothingSettings
from fer_core.results import Level
from train.archive.reader import LabelledFaces
from train.evaluation.evaluate import Predict
from train.evaluation.figures import expected_calibration_error, reliability_bins

VIEWS_PER_S: Final = 8
"""At 16 results a second, an expression is judged at every second one."""
HELD_S: Final = (3.0, 8.0)
VIEWS: Final = 20
FILM_S: Final = 20.0
IN_TIME_S: Final = 0.7
_FLOOR: Final = 1e-4
"""Below this, answers count as this in a mean of logarithms: one certain view must not decide for all."""

Update = Callable[[np.ndarray, float], np.ndarray]
"""From a view, float (7,), and the seconds since the last one to what is shown of all, float (7,)."""


@dataclass(frozen=True)
class View:
    """One answer of the network, float (7,), at a time in seconds."""

    at_s: float
    row: np.ndarray


@dataclass(frozen=True)
class Film:
    """Views, and what is right in which stretch."""

    views: Sequence[View]
    stretches: Sequence[Stretch]


def log_mean(time_constant_s: float) -> Update:
    """The geometric mean of the views, exponential in time."""
    mean: list[np.ndarray] = []

    def update(row: np.ndarray, elapsed_s: float) -> np.ndarray:
        fresh = np.log(np.maximum(row, _FLOOR))
        mean[:] = [mean[0] + (1 - np.exp(-elapsed_s / time_constant_s)) * (fresh - mean[0]) if mean else fresh]
        powers = np.exp(mean[0] - mean[0].max())
        return np.asarray(powers / powers.sum())

    return update


def forward_filter(leave_per_s: float, views_per_s: float) -> Update:
    """A hidden Markov model's filter; a second of views counts as `views_per_s` independent ones."""
    belief: list[np.ndarray] = []

    def update(row: np.ndarray, elapsed_s: float) -> np.ndarray:
        if belief:
            stays = np.exp(-leave_per_s * elapsed_s)
            expected = stays * belief[0] + (1 - stays) / len(row)
            row = expected * np.maximum(row, _FLOOR) ** min(1.0, views_per_s * elapsed_s)
        belief[:] = [row / row.sum()]
        return belief[0]

    return update


SHIPPED: Final = SmoothingSettings()
WAYS: Final[dict[str, tuple[SmoothingSettings, Callable[[], Update] | None]]] = {
    "shipped": (SHIPPED, None),
    "mean, 0.25 s": (replace(SHIPPED, time_constant_s=0.25, max_lag=1), None),
    "mean, 0.5 s": (replace(SHIPPED, time_constant_s=0.5, max_lag=1), None),
    "mean of logarithms, 0.5 s": (replace(SHIPPED, time_constant_s=0), lambda: log_mean(0.5)),
    "filter, leaves 0.3/s, 1 view/s": (replace(SHIPPED, time_constant_s=0), lambda: forward_filter(0.3, 1)),
    "filter, leaves 1/s, 1 view/s": (replace(SHIPPED, time_constant_s=0), lambda: forward_filter(1, 1)),
    "filter, leaves 1/s, 2 views/s": (replace(SHIPPED, time_constant_s=0), lambda: forward_filter(1, 2)),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables.

    Raises:
        FerError: there is no archive, or the model or a file cannot be used.
    """
    parser = parser_with_archive("real_faces_smoothing", __doc__)
    parser.add_argument("--model", default="default", help="a model's name or folder; default: the shipped one")
    parser.add_argument("--count", type=int, default=500, help="so many images, drawn by the seed; default: 500")
    parser.add_argument("--films", type=int, default=200, help="so many made-up films; default: 200")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    model = load_model(options.model)
    faces = validation_faces(options.archive, count=options.count, seed=options.seed)
    if clips := labelled_clips(model):
        _print("The clips", clips, model.card)
    rng = np.random.default_rng(options.seed)
    answers = held_answers(model.predict, faces, rng)
    films = [made_up_film(answers, faces.labels, model.card.labels, rng) for _ in range(options.films)]
    _print(f"{len(films)} made-up films of {FILM_S:.0f} s from {len(faces)} images", films, model.card)


def labelled_clips(model: EmotionModel) -> list[Film]:
    """The network's own answers for the clips that are there."""
    unsmoothed = replace(live_settings(), smoothing=SmoothingSettings(time_constant_s=0, switch_margin=0))
    films = []
    for name, stretches in read_labels().items():
        path = clips_folder() / name
        if path.is_file() and any(stretch.emotions for stretch in stretches):
            faces = [(r.captured_at_s, r.faces[0]) for r in results(path, model, unsmoothed) if r.faces]
            rows = [View(at_s, np.array(list(face.probabilities.values()))) for at_s, face in faces]
            # Between two judgements the last one stands.
            fresh = [i == 0 or not np.array_equal(view.row, rows[i - 1].row) for i, view in enumerate(rows)]
            films.append(Film([view for view, is_fresh in zip(rows, fresh, strict=True) if is_fresh], stretches))
    return films


def held_answers(predict: Predict, faces: LabelledFaces, rng: np.random.Generator) -> np.ndarray:
    """The answers for VIEWS views of each face that follow each other, float (n, VIEWS, 7)."""
    return np.array([predict(_views(face, rng)[..., None]) for face in faces.pixels])


def made_up_film(answers: np.ndarray, labels: np.ndarray, names: Sequence[str], rng: np.random.Generator) -> Film:
    """Faces of changing labels; views are played back and forth."""
    back_and_forth = np.r_[np.arange(VIEWS), np.arange(VIEWS - 2, 0, -1)]
    views: list[View] = []
    stretches: list[Stretch] = []
    label = -1
    while len(views) < FILM_S * VIEWS_PER_S:
        face = rng.choice(np.flatnonzero(labels != label))
        label = labels[face]
        held = back_and_forth[
            (rng.integers(VIEWS) + np.arange(round(rng.uniform(*HELD_S) * VIEWS_PER_S))) % len(back_and_forth)
        ]
        start = len(views)
        views += [View((start + i) / VIEWS_PER_S, answers[face, view]) for i, view in enumerate(held)]
        stretches.append(Stretch(start / VIEWS_PER_S, len(views) / VIEWS_PER_S, frozenset({names[label]})))
    return Film(views, stretches)


def watch(film: Film, way: str, card: ModelCard) -> tuple[list[Shown], np.ndarray]:
    """What is shown of a film, view by view, and the probabilities, float (views, 7)."""
    settings, make = WAYS[way]
    named_from = card.unsure_below if card.named_from is None else card.named_from
    settings = replace(settings, unsure_below=card.unsure_below, named_from=named_from)
    combine = make() if make else None
    smoother = ProbabilitySmoother()
    shown, rows = [], []
    last_s = film.views[0].at_s
    for view in film.views:
        row = combine(view.row, view.at_s - last_s) if combine else view.row
        mean, index = smoother.update(row, view.at_s, settings)
        level = smoother.level(float(mean[index]), settings)
        shown.append(Shown(view.at_s, level, None if level is Level.UNSURE else card.labels[index]))
        rows.append(mean)
        last_s = view.at_s
    return shown, np.array(rows)


def _views(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """VIEWS views of a tile, uint8 (VIEWS, side, side): one wanders into the next."""
    side = len(face)
    kept = np.exp(-1 / (0.6 * VIEWS_PER_S))
    wander = rng.normal(size=5)
    views = np.empty((VIEWS, side, side), np.uint8)
    for i in range(VIEWS):
        wander = kept * wander + np.sqrt(1 - kept**2) * rng.normal(size=5)
        turn, scale, x, y, light = wander * (4.0, 0.04, 0.03 * side, 0.03 * side, 0.05)
        matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), turn, 1 + scale)
        matrix[:, 2] += x, y
        moved = cv2.warpAffine(face, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
        views[i] = np.clip(np.rint(moved * (1 + light) + rng.normal(0, 3, moved.shape)), 0, 255)
    return views


def _print(title: str, films: Sequence[Film], card: ModelCard) -> None:
    rows = []
    for way in WAYS:
        watched = [watch(film, way, card) for film in films]
        accounts = [account(shown, film.stretches) for (shown, _), film in zip(watched, films, strict=True)]
        error = _calibration_error(films, [probabilities for _, probabilities in watched], card.labels)
        rows.append([way, *_cells(total(accounts)), f"{error:.3f}"])
    print_table(
        f"{title}; shares of the labelled time",
        ["way", "named", "leaning", "unsure", "wrong of named", "wrong of leaning", "label changes a minute",
         "median delay, s", f"changes shown within {IN_TIME_S} s", "calibration error"],
        rows,
    )  # fmt: skip


def _cells(one: Account) -> list[str]:
    found = [delay_s for delay_s in one.delays_s if delay_s is not None]
    return [
        *(percent(part_s, one.labelled_s) for part_s in (one.named_s, one.leaning_s, one.unsure_s)),
        percent(one.named_wrong_s, one.named_s),
        percent(one.leaning_wrong_s, one.leaning_s),
        f"{one.changes_per_min:.1f}",
        f"{np.median(found):.2f}" if found else "–",
        percent(sum(delay_s <= IN_TIME_S for delay_s in found), len(one.delays_s)),
    ]


def _calibration_error(films: Iterable[Film], shown: Iterable[np.ndarray], names: Sequence[str]) -> float:
    """Over the views of stretches with one right answer."""
    rows, labels = [], []
    for film, probabilities in zip(films, shown, strict=True):
        for view, row in zip(film.views, probabilities, strict=True):
            right = [s.emotions for s in film.stretches if s.from_s <= view.at_s < s.to_s and len(s.emotions) == 1]
            if right:
                rows.append(row)
                labels.append(names.index(next(iter(right[0]))))
    return expected_calibration_error(reliability_bins(np.array(rows), np.array(labels)))


if __name__ == "__main__":
    try:
        main()
    except FerError as error:
        sys.exit(str(error))
