"""report.json of a run: what its exported model does, measured on the LiteRT file that will really run."""

from pathlib import Path

from fer_core.expressions.model import TFLITE_FILE, load_model
from train.archive.reader import Dataset
from train.evaluation.evaluate import evaluate_split, ms_per_face
from train.evaluation.sheets import write_mistakes
from train.evaluation.types import NO_TEST_SPLIT, NOT_ASKED_FOR, STOPPED, ExportedModel, RunReport
from train.export.model_folder import add_metrics, export_run
from train.fitting.prepared import PreparedRun
from train.networks.checkpoints import best_epoch


def report_run(run: PreparedRun, output: Path, *, finished: bool) -> RunReport:
    """Export the best epoch to `output` and describe it.

    Args:
        run: the run; it has an epoch.
        output: the model folder; replaced as a whole.
        finished: whether the run came to its end. A stopped one may be resumed, and the test split is for the end.

    Returns:
        The report. Its test is None unless the run asks for it, the archive has a test split and the run has finished.

    Raises:
        ConfigError: as `train.export.model_folder.export_run`.
    """
    run_dir, dataset = run.folder, run.dataset
    card = export_run(run_dir, dataset, output, name=run_dir.name, votes=run.votes)
    model = load_model(output)
    why_not = _why_no_test(dataset, report_test=run.request.report_test, finished=finished)
    reports = {}
    for split in ("validation",) if why_not else ("validation", "test"):
        reports[split] = evaluate_split(model.predict_labels, dataset, split, temperature=card.label_temperature)
        write_mistakes(run_dir / f"mistakes-{split}.png", dataset[split], reports[split].mistakes)
    if "test" in reports:
        add_metrics(output, reports["test"])
    return RunReport(
        best_epoch=best_epoch(run_dir)[0],
        model=ExportedModel(
            parameters=card.parameters,
            litert_bytes=(output / TFLITE_FILE).stat().st_size,
            litert_weights=card.metrics["validation"]["litert_weights"],
            ms_per_face=round(ms_per_face(model.predict), 3),
            temperature=card.temperature,
            unsure_below=card.unsure_below,
            named_from=card.named_from,
            accuracy_in_training=best_epoch(run_dir)[1],
            accuracy_float32=card.metrics["validation"]["accuracy_float32"],
            accuracy_int8=card.metrics["validation"]["accuracy_int8"],
            mirror_average=card.mirror_average,
        ),
        validation=reports["validation"],
        test=reports.get("test"),
        no_test_because=why_not,
        crowd=card.metrics["validation"].get("crowd"),
    )


def _why_no_test(dataset: Dataset, *, report_test: bool, finished: bool) -> str:
    if not report_test:
        return NOT_ASKED_FOR
    if "test" not in dataset.splits:
        return NO_TEST_SPLIT
    return "" if finished else STOPPED
