"""The clips as a live viewer would get them: each through the whole pipeline, with the Live page's settings."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.live.session import MAX_RESULTS_PER_S
from app.live.types import LiveSettings
from benchmarks.real_faces_labels import read_labels
from benchmarks.real_faces_time import Account, account, shown_to_viewer, total
from benchmarks.table import print_table
from fer_core.expressions.model import EmotionModel
from fer_core.faces.detector import build_detector
from fer_core.files.media import open_media
from fer_core.files.timing import Sampling
from fer_core.pipeline import EmotionPipeline, PipelineSettings
from fer_core.results import FrameResult

SHARED_DATA_VARIABLE: Final = "FER_SHARED_DATA"
HEADER: Final = (
    "clip",
    "seconds with a face",
    "found",
    "labelled, s",
    "named",
    "leaning",
    "unsure",
    "not found",
    "wrong of named",
    "wrong of leaning",
    "label changes a minute",
    "delay after a change, s",
)


def clips_folder() -> Path:
    """Where the clips would be."""
    return Path(os.environ.get(SHARED_DATA_VARIABLE, "")) / "clips"


def print_clips(model: EmotionModel, detector_words: str) -> None:
    """Print the table, or say in a sentence that there are no clips."""
    labels = read_labels()
    paths = [clips_folder() / name for name in labels if (clips_folder() / name).is_file()]
    if not paths:
        print(f"\nThe clips are left out: {SHARED_DATA_VARIABLE} names no folder with clips/{next(iter(labels))}.")
        return
    accounts = {
        path.name: account(
            [shown_to_viewer(result) for result in results(path, model, live_settings())], labels[path.name]
        )
        for path in paths
    }
    rows = [row(name, one) for name, one in accounts.items()]
    print_table(
        f"Clips as a live viewer gets them: {detector_words}, at most {MAX_RESULTS_PER_S:.0f} results a second; "
        "shares of the labelled time",
        HEADER,
        [*rows, row("all", total(list(accounts.values())))],
    )
    for name, one in accounts.items():
        if one.empty_s:
            print(f"\n{name} shows nobody: a face was found in {percent(one.false_s, one.empty_s)} of its time.")


def results(path: Path, model: EmotionModel, settings: PipelineSettings) -> Iterator[FrameResult]:
    """The results for a clip's frames as often as a live viewer gets them, each at its time in the clip.

    Raises:
        FerError: the clip cannot be read, or the detector cannot be used.
    """
    pipeline = EmotionPipeline(build_detector(), model, settings)
    with open_media(path) as media:
        for frame in media.frames(Sampling(fps=MAX_RESULTS_PER_S)):
            yield pipeline.process(frame.frame_bgr, frame.time_s)


def live_settings() -> PipelineSettings:
    """Those of the Live page before anybody changes one."""
    settings = LiveSettings()
    return replace(settings.pipeline, mirrored=settings.mirror)


def row(name: str, one: Account) -> list[str]:
    """A line of the table."""
    missing_s = one.labelled_s - one.named_s - one.leaning_s - one.unsure_s
    return [
        name,
        f"{one.present_s:.1f}",
        percent(one.found_s, one.present_s),
        f"{one.labelled_s:.1f}",
        *(percent(part_s, one.labelled_s) for part_s in (one.named_s, one.leaning_s, one.unsure_s, missing_s)),
        percent(one.named_wrong_s, one.named_s),
        percent(one.leaning_wrong_s, one.leaning_s),
        f"{one.changes_per_min:.1f}" if one.found_s else "–",
        ", ".join("never" if delay_s is None else f"{delay_s:.2f}" for delay_s in one.delays_s) or "–",
    ]


def percent(part: float, whole: float) -> str:
    """`part` of `whole`; a dash of nothing."""
    return f"{part / whole:.1%}" if whole else "–"
