"""Train several architectures with the same budget on the same data, and print one table.

Each is a run of its own in a child process (see `train.runs.run`), so one that fails does not end the others. Finished
runs are kept, so an interrupted sweep continues where it was.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from train.architectures import describe
from train.jobs.children import run_train
from train.runs.output_folder import refuse_foreign_parent
from train.runs.run import TrainingRun

HEADER: Final = (
    "architecture",
    "accuracy",
    "95 % interval",
    "without duplicates",
    "macro-F1",
    "parameters",
    "MFLOPs",
    "ms per face",
    "s per epoch (quickest)",
    "best epoch",
)


def sweep(archive: Path, output: Path, names: Sequence[str], *, settings: Sequence[str] = ()) -> Iterator[str]:
    """Train what is not finished yet, one after the other.

    Args:
        archive: FER2013 archive.
        output: folder of the run folders, one per architecture.
        names: architectures.
        settings: further arguments of `python -m train fit`, the same for all.

    Raises:
        ConfigError: `output` holds something else than runs.

    Yields:
        The table's lines in Markdown: the head, then one per architecture as it is done.
    """
    refuse_foreign_parent(output)
    yield "| " + " | ".join(HEADER) + " |"
    yield "|" + " --- |" * len(HEADER)
    for name in names:
        run = TrainingRun(output / name)
        if run.report() is None or run.status().state == "stopped":
            # A run that began goes on with its own archive and settings.
            fresh = [] if run.request() else ["--archive", archive, "--architecture", name, *settings]
            run_train(["fit", "--output", run.dir, *fresh])
        yield "| " + " | ".join(_row(name, run)) + " |"


def _row(name: str, run: TrainingRun) -> list[str]:
    report = run.report()
    if report is None:
        return [name, run.status().error or run.status().state, *[""] * (len(HEADER) - 2)]
    figures, info = report["validation"], describe(name)
    low, high = figures["interval_95"]
    fresh = figures["accuracy_without_duplicates"]
    return [
        name,
        f"{figures['accuracy']:.1%}",
        f"{low:.1%} to {high:.1%}",
        "–" if fresh is None else f"{fresh:.1%}",
        f"{figures['macro_f1']:.3f}",
        f"{info.parameters:,}",
        f"{info.mflops:.0f}",
        f"{report['model']['ms_per_face']:.2f}",
        f"{min(epoch.seconds for epoch in run.epochs()):.0f}",  # what else the machine did is in the slower ones
        str(report["best_epoch"]),
    ]
