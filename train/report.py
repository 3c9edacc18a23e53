"""report.json of a run: what its exported model does, measured on the LiteRT file that will really run."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from fer_core.model import TFLITE_FILE, load_model
from train.archive import Dataset
from train.checkpoints import best_epoch
from train.evaluate import evaluate, ms_per_face
from train.export import add_metrics, export_run
from train.pictures import write_mistakes
from train.report_types import ExportedModel, RunReport


def make_report(run_dir: Path, dataset: Dataset, output: Path, *, report_test: bool) -> dict[str, Any]:
    """Export the best epoch to `output` and describe it.

    Returns:
        A `RunReport` for JSON; its "test" is None unless it was asked for and the archive has it.
    """
    card = export_run(run_dir, dataset, output, name=run_dir.name)
    model = load_model(output)
    train = dataset["train"]
    reports = {}
    for split in ("validation", "test") if report_test else ("validation",):
        if split in dataset.splits:
            faces = dataset[split]
            reports[split] = evaluate(model.predict, faces, split=split, train=train, temperature=card.temperature)
            write_mistakes(run_dir / f"mistakes-{split}.png", faces, reports[split].mistakes)
    if "test" in reports:
        add_metrics(output, reports["test"])
    found = RunReport(
        best_epoch=best_epoch(run_dir)[0],
        model=ExportedModel(
            parameters=card.parameters,
            litert_bytes=(output / TFLITE_FILE).stat().st_size,
            litert_weights=card.metrics["validation"]["litert_weights"],
            ms_per_face=round(ms_per_face(model.predict), 3),
            temperature=card.temperature,
            unsure_below=card.unsure_below,
        ),
        validation=reports["validation"],
        test=reports.get("test"),
    )
    return asdict(found)
